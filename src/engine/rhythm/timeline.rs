//! What happened, step by step: hours, days, weeks, months, quarters or years, so that they can be drawn side by side.

use chrono::{Datelike, Days, Months, NaiveDate, TimeDelta};
use chrono_tz::Tz;
use serde::Serialize;

use super::past::Past;
use crate::engine::calendar::start_of_day;
use crate::engine::event::Instant;
use crate::engine::history::Outcome;
use crate::engine::metrics::stretches;

/// The most steps that are drawn side by side.
const MOST: i64 = 130;

/// The length of a step, by the local calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Step {
    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// One of them, in words.
    #[must_use]
    pub const fn one(self) -> &'static str {
        match self {
            Self::Hour => "an hour",
            Self::Day => "a day",
            Self::Week => "a week",
            Self::Month => "a month",
            Self::Quarter => "a quarter",
            Self::Year => "a year",
        }
    }

    fn fitting(length: TimeDelta) -> Self {
        match length.num_days() {
            0..3 => Self::Hour,
            days if days <= MOST => Self::Day,
            days if days <= MOST * 7 => Self::Week,
            days if days <= MOST * 30 => Self::Month,
            days if days <= MOST * 91 => Self::Quarter,
            _ => Self::Year,
        }
    }

    /// The first day of the step that holds a day.
    fn first(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Hour | Self::Day => Some(day),
            Self::Week => day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday()))),
            Self::Month => day.with_day(1),
            Self::Quarter => day.with_day(1)?.with_month((day.month() - 1) / 3 * 3 + 1),
            Self::Year => NaiveDate::from_ymd_opt(day.year(), 1, 1),
        }
    }

    fn next(self, day: NaiveDate) -> Option<NaiveDate> {
        match self {
            Self::Hour | Self::Day => day.succ_opt(),
            Self::Week => day.checked_add_days(Days::new(7)),
            Self::Month => day.checked_add_months(Months::new(1)),
            Self::Quarter => day.checked_add_months(Months::new(3)),
            Self::Year => day.checked_add_months(Months::new(12)),
        }
    }
}

/// What happened in one step; what is not recorded there is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bin {
    pub from: Instant,
    pub pushes: Option<usize>,
    pub commits: Option<u64>,
    pub rollouts: Option<Started>,
}

/// The rollouts that started in one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Started {
    pub succeeded: usize,
    pub failed: usize,
    pub running: usize,
    /// For how long two or more ran at once.
    pub together: TimeDelta,
}

impl Started {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> usize {
        self.succeeded + self.failed + self.running
    }
}

/// The steps of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    pub step: Step,
    pub bins: Vec<Bin>,
}

/// The beginnings of the steps that touch a span.
fn beginnings(step: Step, zone: Tz, from: Instant, to: Instant) -> Vec<Instant> {
    let mut day = step.first(from.with_timezone(&zone).date_naive());
    let mut found = Vec::new();
    while let Some((begin, this)) =
        day.and_then(|day| Some((start_of_day(zone, day)?, day))).filter(|(begin, _)| *begin <= to)
    {
        day = step.next(this);
        if step == Step::Hour {
            let end = day.and_then(|day| start_of_day(zone, day)).unwrap_or(begin);
            let hours = (0..).map(|hour| begin + TimeDelta::hours(hour)).take_while(|at| *at < end && *at <= to);
            found.extend(hours);
        } else {
            found.push(begin);
        }
    }
    // One that begins as the span ends holds nothing but that instant, which the one before it takes in.
    found.pop_if(|begin| *begin == to && from < to);
    // Those that are over before the span begins.
    let over = found.partition_point(|begin| *begin <= from).saturating_sub(1);
    found.drain(..over);
    found
}

pub(super) fn timeline(past: &Past<'_>) -> Timeline {
    let step = Step::fitting(past.to - past.from);
    let beginnings = beginnings(step, past.zone, past.from, past.to);
    let end_of = |index: usize| beginnings.get(index + 1).copied().unwrap_or(past.to);
    // A step counts as recorded where the record begins before it ends.
    let recorded = |index: usize, since: Option<Instant>| since.is_none_or(|since| since < end_of(index));
    let mut bins: Vec<Bin> = beginnings
        .iter()
        .enumerate()
        .map(|(index, from)| {
            let pushed = past.trunk.as_ref().is_ok_and(|trunk| recorded(index, trunk.complete_since));
            let deployed = past.rollouts.as_ref().is_ok_and(|rollouts| recorded(index, rollouts.complete_since));
            Bin {
                from: *from,
                pushes: pushed.then_some(0),
                commits: pushed.then_some(0),
                rollouts: deployed.then(Started::default),
            }
        })
        .collect();
    let place = |at: Instant| beginnings.partition_point(|begin| *begin <= at).checked_sub(1);
    for (landing, commits) in past.trunk.iter().flat_map(|trunk| past.landed(trunk)) {
        let Some(bin) = place(landing.at).and_then(|place| bins.get_mut(place)) else { continue };
        bin.pushes = bin.pushes.map(|count| count + 1);
        bin.commits = bin.commits.map(|count| count + u64::from(commits));
    }
    let Ok(rollouts) = &past.rollouts else { return Timeline { step, bins } };
    let started = past.started(rollouts);
    for rollout in started {
        let bin = place(rollout.start).and_then(|place| bins.get_mut(place)?.rollouts.as_mut());
        let Some(bin) = bin else { continue };
        match rollout.outcome {
            Outcome::Success => bin.succeeded += 1,
            Outcome::Failure => bin.failed += 1,
            Outcome::Running => bin.running += 1,
        }
    }
    let spans: Vec<_> = started.iter().map(|one| past.span_of(one)).collect();
    for stretch in stretches(&spans) {
        let mut from = stretch.start;
        while let Some(place) = place(from).filter(|_| from < stretch.end) {
            let end = if place + 1 < beginnings.len() { end_of(place).min(stretch.end) } else { stretch.end };
            if let Some(bin) = bins[place].rollouts.as_mut() {
                bin.together += end - from;
            }
            from = end;
        }
    }
    Timeline { step, bins }
}
