//! DORA's measures of software delivery, as far as deployments and landings tell them.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};
use rustc_hash::FxHashSet;

use super::Lengths;
use super::past::{Line, Past};
use crate::engine::event::{Instant, Precision};
use crate::engine::history::{Outcome, Rollout};

/// How soon after a success a rollout of nothing but fixes looks like its repair.
pub const FIX_WITHIN: TimeDelta = TimeDelta::hours(1);

/// The most landings of such a rollout that are read.
const FIXES_READ: usize = 10;

/// How often deploys succeed.
#[derive(Clone, Debug, PartialEq)]
pub struct Frequency {
    pub successes: usize,
    /// From when on they are counted: the span's beginning, or that of the record, where that is later.
    pub since: Instant,
    pub per_week: f64,
    /// How many local days had one.
    pub days: usize,
    /// From one start to the next.
    pub between: Option<Lengths>,
}

/// From landing to the finish of the first success that contains it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadTimes {
    pub times: Option<Lengths>,
    /// How many of the landings have a commit date for an instant.
    pub guessed: usize,
    /// Landings that no success contains yet; not known where a success may have shipped them before the record began.
    pub waiting: Option<usize>,
    /// Successes whose commit is no landing of the default branch.
    pub unplaced: usize,
    /// Landings dated after the finish of what shipped them: left out.
    pub backwards: usize,
}

/// Deploys that needed somebody at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instability {
    /// Rollouts that ended, well or badly.
    pub finished: usize,
    pub failed: usize,
    /// Successes after which an older commit, that had succeeded before, was rolled out again.
    pub rolled_back: usize,
    /// Successes followed within [`FIX_WITHIN`] by nothing but fixes: a guess by subjects, not part of the rate.
    pub fixed_forward: usize,
}

/// From a failure's finish to that of the next success; failures in a row are one case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveryTimes {
    pub times: Option<Lengths>,
    /// Whether the last one is not over.
    pub open: bool,
}

/// The four measures.
#[derive(Clone, Debug, PartialEq)]
pub struct Dora {
    pub frequency: Option<Frequency>,
    pub lead: Option<LeadTimes>,
    pub instability: Instability,
    pub recovery: RecoveryTimes,
}

pub(super) fn measure(past: &Past<'_>, line: &Line<'_>, complete_since: Option<Instant>) -> Dora {
    let (instability, rolled_back) = instability(past, line);
    Dora {
        frequency: frequency(past, line, complete_since),
        lead: lead(past, line, complete_since),
        recovery: recovery(past, line, &rolled_back),
        instability,
    }
}

fn frequency(past: &Past<'_>, line: &Line<'_>, complete_since: Option<Instant>) -> Option<Frequency> {
    let began = line.rollouts.first()?.start;
    let since = past.from.max(complete_since.unwrap_or(began));
    let successes: Vec<&&Rollout> = line
        .rollouts
        .iter()
        .filter(|one| one.outcome == Outcome::Success && past.holds(one.start) && one.start >= since)
        .collect();
    let days: BTreeSet<NaiveDate> =
        successes.iter().map(|one| one.start.with_timezone(&past.zone).date_naive()).collect();
    let between = successes.windows(2).map(|two| two[1].start - two[0].start).collect();
    // A rate over less than a day would promise what nobody saw.
    let length = (past.to - since).max(TimeDelta::days(1));
    #[expect(clippy::cast_precision_loss, reason = "counts and seconds lie far below 2^52")]
    let per_week = successes.len() as f64 * TimeDelta::weeks(1).num_seconds() as f64 / length.num_seconds() as f64;
    Some(Frequency { successes: successes.len(), since, per_week, days: days.len(), between: Lengths::of(between) })
}

fn lead(past: &Past<'_>, line: &Line<'_>, complete_since: Option<Instant>) -> Option<LeadTimes> {
    let trunk = past.trunk.as_ref().ok()?;
    let (mut lead, mut times) = (LeadTimes::default(), Vec::new());
    let mut shipped: Option<usize> = None;
    for index in line.successes() {
        let rollout = line.rollouts[index];
        let (Some(place), Some(finish)) = (line.places[index], rollout.finish) else {
            lead.unplaced += usize::from(past.holds(rollout.start));
            continue;
        };
        // What the first success recorded contains may have been shipped before the record began.
        let Some(before) = shipped.replace(shipped.map_or(place, |before| before.max(place))) else { continue };
        if !past.holds(rollout.start) {
            continue;
        }
        let batch = before + 1..=place;
        let landings = trunk.landings.get(batch.clone()).unwrap_or_default();
        for (landing, commits) in landings.iter().zip(trunk.commits.get(batch).unwrap_or_default()) {
            let time = finish - landing.at;
            if *commits == 0 {
                continue;
            }
            if time < TimeDelta::zero() {
                lead.backwards += 1;
                continue;
            }
            lead.guessed += usize::from(landing.precision == Precision::Guessed);
            times.push(time);
        }
    }
    // Where nothing ever succeeded, every landing waits.
    let is_whole = complete_since.is_none() && trunk.complete_since.is_none() && line.successes().is_empty();
    let first = shipped.map(|shipped| shipped + 1).or(is_whole.then_some(0));
    let waiting = first.and_then(|first| trunk.commits.get(first..));
    lead.waiting = waiting.map(|commits| commits.iter().filter(|commits| **commits > 0).count());
    lead.times = Lengths::of(times);
    Some(lead)
}

/// Counts failures and what was rolled back; the indices of the latter.
fn instability(past: &Past<'_>, line: &Line<'_>) -> (Instability, FxHashSet<usize>) {
    let ended = line.rollouts.iter().filter(|one| past.holds(one.start) && one.outcome != Outcome::Running);
    let mut found = Instability::default();
    for rollout in ended {
        found.finished += 1;
        found.failed += usize::from(rollout.outcome == Outcome::Failure);
    }
    let (mut rolled_back, mut followed) = (FxHashSet::default(), FxHashSet::default());
    let mut fixed = FxHashSet::default();
    let mut succeeded = FxHashSet::default();
    let mut finished = line.successes().into_iter().peekable();
    for (index, rollout) in line.rollouts.iter().enumerate() {
        while let Some(one) = finished.next_if(|one| line.rollouts[*one].finish <= Some(rollout.start)) {
            succeeded.extend(line.rollouts[one].commit.as_ref());
        }
        let Some(ran) = line.before[index] else { continue };
        let (Some(base), Some(place)) = (line.places[ran], line.places[index]) else { continue };
        let is_counted = past.holds(line.rollouts[ran].start);
        if place < base {
            if is_counted && rollout.commit.as_ref().is_some_and(|commit| succeeded.contains(commit)) {
                rolled_back.insert(ran);
            }
        } else if is_counted && followed.insert(ran) && repairs(past, line, index) {
            fixed.insert(ran);
        }
    }
    found.rolled_back = rolled_back.len();
    found.fixed_forward = fixed.difference(&rolled_back).count();
    (found, rolled_back)
}

/// Whether a rollout follows what ran closely, and ships nothing but fixes.
fn repairs(past: &Past<'_>, line: &Line<'_>, index: usize) -> bool {
    let (Some(ran), Some(batch), Ok(trunk)) = (line.before[index], line.batch(index), &past.trunk) else {
        return false;
    };
    let finish = line.rollouts[ran].finish.unwrap_or(past.to);
    let landings = trunk.landings.get(batch).unwrap_or_default();
    line.rollouts[index].start - finish <= FIX_WITHIN
        && (1..=FIXES_READ).contains(&landings.len())
        && landings.iter().all(|landing| (past.is_fix)(&landing.commit))
}

fn recovery(past: &Past<'_>, line: &Line<'_>, rolled_back: &FxHashSet<usize>) -> RecoveryTimes {
    let mut ended: Vec<(Instant, usize)> =
        line.rollouts.iter().enumerate().filter_map(|(index, one)| Some((one.finish?, index))).collect();
    ended.sort_unstable();
    let (mut times, mut broken): (Vec<TimeDelta>, Option<(Instant, bool)>) = (Vec::new(), None);
    for (finish, index) in ended {
        let rollout = line.rollouts[index];
        let counts = past.holds(rollout.start);
        match rollout.outcome {
            Outcome::Running => {}
            Outcome::Failure => broken = broken.or(Some((finish, counts))),
            Outcome::Success => {
                let over = broken.take().filter(|(_, counts)| *counts);
                times.extend(over.map(|(since, _)| finish - since));
                if rolled_back.contains(&index) {
                    broken = Some((finish, counts));
                }
            }
        }
    }
    RecoveryTimes { times: Lengths::of(times), open: broken.is_some_and(|(_, counts)| counts) }
}
