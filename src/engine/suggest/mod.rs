//! Suggestion: from past pushes and a wish, the loosest policy whose replay fulfils it.
//!
//! Of the candidates that fulfil the wish on the past, the loosest holds the fewest pushes; of those that hold as many, it
//! makes them wait the least in total; of those, it promises the most of the wish by its own rules, whatever comes; of
//! those, it has the fewest rules, with the loosest numbers. Every candidate is judged by a replay of the whole past, so
//! that what is suggested fulfils the wish whatever the search left out.

mod bound;
mod candidate;
mod search;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::TimeDelta;
use chrono_tz::Tz;

pub use bound::{Bound, Contradiction};
pub use candidate::{Candidate, Ground, Part};
use search::{Aim, Search};

use super::event::Instant;
use super::figures::{Waits, figures};
use super::replay::{Past, Replay};

/// One thing that is wished of a rhythm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// No push waits longer for the rollout that contains it.
    LongestWait(TimeDelta),
    /// Nine of ten pushes wait no longer.
    P90Wait(TimeDelta),
    NoOverlap,
    /// At most so many rollouts start in a local day.
    PerDay(usize),
    /// At most so many start in any 60 minutes.
    PerHour(usize),
}

impl Wish {
    /// Its name: the option that states it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LongestWait(_) => "longest-wait",
            Self::P90Wait(_) => "p90-wait",
            Self::NoOverlap => "no-overlap",
            Self::PerDay(_) => "per-day",
            Self::PerHour(_) => "per-hour",
        }
    }

    /// What is measured, in seconds or as a count: it is fulfilled where that is no more than the limit.
    #[must_use]
    pub fn measured(self, measures: &Measures) -> i64 {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        match self {
            Self::LongestWait(_) => whole_seconds(measures.waits.longest),
            Self::P90Wait(_) => whole_seconds(measures.waits.p90),
            Self::NoOverlap => count(measures.overlaps),
            Self::PerDay(_) => count(measures.per_day),
            Self::PerHour(_) => count(measures.per_hour),
        }
    }

    /// The most that may be measured.
    #[must_use]
    pub fn limit(self) -> i64 {
        match self {
            Self::LongestWait(wait) | Self::P90Wait(wait) => wait.num_seconds(),
            Self::NoOverlap => 0,
            Self::PerDay(most) | Self::PerHour(most) => i64::try_from(most).unwrap_or(i64::MAX),
        }
    }

    /// The rule that promises it, whatever comes; none promises how long pushes wait.
    #[must_use]
    pub const fn rule(self) -> Option<Part> {
        match self {
            Self::NoOverlap => Some(Part::NoOverlap),
            Self::PerDay(most) => Some(Part::Daily(most)),
            Self::PerHour(most) => Some(Part::Within(most, TimeDelta::hours(1))),
            Self::LongestWait(_) | Self::P90Wait(_) => None,
        }
    }
}

/// A begun second counts: half a second too long is too long.
fn whole_seconds(length: TimeDelta) -> i64 {
    length.num_seconds() + i64::from(length.subsec_nanos() > 0)
}

/// What a replay comes to, as far as wishes speak of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    pub rollouts: usize,
    /// Pushes that did not go when they came.
    pub held: usize,
    pub waits: Waits,
    /// How long all pushes waited together.
    pub total_wait: TimeDelta,
    /// Pairs of rollouts that ran at once, and for how long.
    pub overlaps: usize,
    pub together: TimeDelta,
    /// The most rollouts that started in one local day, and in any 60 minutes.
    pub per_day: usize,
    pub per_hour: usize,
    /// Something never went.
    pub stuck: bool,
}

impl Measures {
    /// Measures a replay; days are those of a time zone.
    #[must_use]
    pub fn of(past: Past<'_>, replay: &mut Replay, zone: Tz) -> Self {
        let figures = figures(past, replay);
        let starts: Vec<Instant> = replay.rollouts.iter().map(|rollout| rollout.at).collect();
        let day = |at: &Instant| at.with_timezone(&zone).date_naive();
        let within_hour = |last: usize| {
            let first = starts[..last].partition_point(|start| *start + TimeDelta::hours(1) <= starts[last]);
            last + 1 - first
        };
        Self {
            rollouts: starts.len(),
            held: replay.held_pushes,
            waits: figures.waits.unwrap_or_default(),
            total_wait: replay.waits.iter().sum(),
            overlaps: figures.overlap.pairs,
            together: figures.overlap.together,
            per_day: starts.chunk_by(|one, two| day(one) == day(two)).map(<[Instant]>::len).max().unwrap_or_default(),
            per_hour: (0..starts.len()).map(within_hour).max().unwrap_or_default(),
            stuck: replay.stuck.is_some(),
        }
    }
}

/// A candidate, and what its replay comes to.
#[derive(Clone, Debug)]
pub struct Judged {
    pub candidate: Candidate,
    pub measures: Measures,
    /// The wishes that its own rules promise, whatever comes.
    pub promised: Vec<Wish>,
}

impl Judged {
    /// The wishes that it fails.
    #[must_use]
    pub fn fails(&self, wishes: &[Wish]) -> Vec<Wish> {
        let failed = |wish: &&Wish| self.measures.stuck || wish.measured(&self.measures) > wish.limit();
        wishes.iter().filter(failed).copied().collect()
    }

    /// How strict it is: the loosest comes first.
    fn strictness(&self) -> (usize, TimeDelta, Reverse<usize>, usize, &Candidate) {
        let rules = self.candidate.parts().len();
        (self.measures.held, self.measures.total_wait, Reverse(self.promised.len()), rules, &self.candidate)
    }
}

/// What a history and a wish come to.
#[derive(Clone, Debug)]
pub struct Suggestion {
    /// No rule: every push goes at once.
    pub at_once: Judged,
    /// The loosest candidate that fulfils all wishes.
    pub chosen: Option<Judged>,
    /// Of those one step looser than the chosen one that fail, the nearest.
    pub looser: Option<Judged>,
    /// Where nothing was found: for each wish, the candidate that comes nearest to it and fulfils all others.
    pub trade_offs: Vec<(Wish, Judged)>,
    /// Where nothing was found, and no policy could do it.
    pub bound: Option<Bound>,
    /// How many candidates were replayed.
    pub tried: usize,
}

/// Looks for the loosest policy that fulfils all wishes on a past that holds a push.
///
/// # Errors
///
/// Says why no policy can be written for this environment.
pub fn suggest(
    past: Past<'_>,
    wishes: &[Wish],
    ground: Ground<'_>,
    rollout_time: TimeDelta,
) -> Result<Suggestion, String> {
    let mut search = Search::new(past, wishes, ground, rollout_time)?;
    let at_once = search.at_once()?;
    let fulfilling = |search: &mut Search<'_>| search.best(Aim::All).filter(|best| best.fails(wishes).is_empty());
    let mut chosen = fulfilling(&mut search);
    let mut trade_offs: Vec<(Wish, Judged)> = Vec::new();
    if chosen.is_none() {
        for (place, wish) in wishes.iter().enumerate() {
            let best = search.best(Aim::Without(place));
            let others = |best: &Judged| !best.fails(wishes).iter().any(|failed| failed != wish);
            trade_offs.extend(best.filter(others).map(|best| (*wish, best)));
        }
        // On the way to one wish without the others may lie what fulfils them all.
        chosen = fulfilling(&mut search);
    }
    let looser = chosen.as_ref().and_then(|chosen| search.nearest_looser(chosen));
    let mut bound = None;
    if chosen.is_some() {
        trade_offs.clear();
    } else {
        let pushes: Vec<Instant> = past.landings.iter().map(|landing| landing.at).collect();
        bound = bound::bound(&pushes, wishes, ground.zone, rollout_time);
    }
    Ok(Suggestion { at_once, chosen, looser, trade_offs, bound, tried: search.tried() })
}

/// The calendars of a policy that names none.
const NO_CALENDARS: BTreeMap<String, super::facts::Known<super::facts::Busy>> = BTreeMap::new();
