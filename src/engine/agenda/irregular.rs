//! What daylight saving does to windows and weekly freezes: those that it skips, shortens or lengthens.

use std::fmt::Write;

use chrono::offset::LocalResult;
use chrono::{NaiveDate, NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use super::{Agenda, weeklies};
use crate::engine::calendar::{Bound, Weekly, days_of, instant_of, zone_name};
use crate::engine::duration;
use crate::engine::event::Instant;
use crate::engine::rules::Rule;

/// How often a local time occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    Once,
    /// It does not exist: clocks are put forward over it.
    Skipped,
    /// It occurs twice: clocks are put back over it.
    Twice,
}

impl Fit {
    fn of(zone: Tz, local: NaiveDateTime) -> Self {
        match zone.from_local_datetime(&local) {
            LocalResult::Single(_) => Self::Once,
            LocalResult::None => Self::Skipped,
            LocalResult::Ambiguous(..) => Self::Twice,
        }
    }
}

/// An occurrence that is not as long as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Irregular {
    /// An index of [`Agenda::rules`].
    pub rule: usize,
    pub weekly: Weekly,
    /// The local day on which it starts.
    pub day: NaiveDate,
    pub starts: Fit,
    pub ends: Fit,
    /// What is left of it.
    pub span: Option<(Instant, Instant)>,
    /// How much longer it is than written; less than nothing where it is shorter.
    pub change: TimeDelta,
    words: String,
}

impl Irregular {
    /// What happens, in words: `02:30 does not exist: opens 03:00 CEST`.
    #[must_use]
    pub fn words(&self) -> &str {
        &self.words
    }

    fn of(rule: usize, opens: bool, weekly: Weekly, zone: Tz, day: NaiveDate) -> Option<Self> {
        let (from, to) = weekly.written(day)?;
        // A whole day is as long as the day.
        if weekly.from.seconds() == 0 && weekly.to.is_midnight_after() {
            return None;
        }
        let (start, end) = (instant_of(zone, from, Bound::Start)?, instant_of(zone, to, Bound::End)?);
        let change = (end - start).max(TimeDelta::zero()) - (to - from);
        if change.is_zero() {
            return None;
        }
        let span = (start < end).then_some((start, end));
        let (starts, ends) = (Fit::of(zone, from), Fit::of(zone, to));
        let mut one = Self { rule, weekly, day, starts, ends, span, change, words: String::new() };
        one.words = one.say(opens, zone);
        Some(one)
    }

    fn say(&self, opens: bool, zone: Tz) -> String {
        let written = format!("{}-{}", self.weekly.from, self.weekly.to);
        let Some((start, end)) = self.span else {
            let verb = if opens { "opens" } else { "begins" };
            return format!("{written} does not exist: never {verb} that day");
        };
        let (begin, finish) = if opens { ("opens", "closes") } else { ("begins", "ends") };
        let local =
            |instant: Instant| format!("{} {}", instant.with_timezone(&zone).format("%H:%M"), zone_name(zone, instant));
        let mut words = String::new();
        for (fit, time, verb, which, instant) in
            [(self.starts, self.weekly.from, begin, "first", start), (self.ends, self.weekly.to, finish, "second", end)]
        {
            let before = if words.is_empty() { "" } else { "; " };
            let _ = match fit {
                Fit::Once => Ok(()),
                Fit::Skipped => write!(words, "{before}{time} does not exist: {verb} {}", local(instant)),
                Fit::Twice => write!(words, "{before}{time} occurs twice: {verb} at the {which}, {}", local(instant)),
            };
        }
        if words.is_empty() {
            let _ = write!(words, "the clocks change within {written}");
        }
        let than = if self.change < TimeDelta::zero() { "shorter" } else { "longer" };
        let (length, change) = (duration::show(end - start), duration::show(self.change.abs()));
        let _ = write!(words, "; {length} long, {change} {than} than written");
        words
    }
}

impl Agenda<'_> {
    /// The occurrences that start between two instants and that daylight saving changes, as far as the other rules leave
    /// them anything to open or shut.
    #[must_use]
    pub fn irregular(&self, from: Instant, to: Instant) -> Vec<Irregular> {
        let mut found = Vec::new();
        for (rule, entry) in self.rules.iter().enumerate() {
            let (weeklies, zone) = weeklies(&entry.rule);
            let opens = matches!(entry.rule, Rule::DeploymentWindow(_));
            for day in days_of(zone, from, to) {
                found.extend(weeklies.iter().filter_map(|weekly| Irregular::of(rule, opens, *weekly, zone, day)));
            }
        }
        let first = |one: &Irregular| {
            let start = one.weekly.written(one.day).and_then(|(start, _)| instant_of(self.zone, start, Bound::Start));
            one.span.map(|(start, _)| start).or(start).unwrap_or(from)
        };
        found.retain(|one| {
            let (start, end) = one.span.unwrap_or_else(|| (first(one), first(one) + TimeDelta::seconds(1)));
            let alone = |by: &[usize]| by.iter().all(|shut| *shut == one.rule);
            from <= start && start < to && self.between(start, end).iter().any(|span| alone(&span.by))
        });
        found.sort_by_key(|one| (first(one), one.rule));
        found
    }
}
