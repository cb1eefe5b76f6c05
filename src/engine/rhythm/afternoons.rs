//! The worst afternoons: stretches of activity in which rollouts failed or ran into each other.

use std::ops::Range;

use chrono::TimeDelta;

use super::past::{Past, Trunk};
use crate::engine::event::{Instant, Landing};
use crate::engine::history::{Outcome, Rollout};
use crate::engine::metrics::{BURST_LEAST, Burst, Overlap, Stretch, bursts, overlap, stretches};

/// How many are told.
const MOST: usize = 5;

/// The most rollouts, and the most pushes, that one carries along.
const CARRIED: usize = 60;

/// How long one may go on into the next day.
const LONG: TimeDelta = TimeDelta::hours(12);

/// A stretch of activity: it ends when nothing has run or started for as long as the gap.
#[derive(Clone, Debug)]
pub struct Afternoon {
    pub from: Instant,
    pub to: Instant,
    /// The rollouts that started in it, oldest first, at most sixty, each with its end.
    pub rollouts: Vec<(Rollout, Instant)>,
    pub started: usize,
    pub failed: usize,
    /// How many overlapped another one.
    pub overlapped: usize,
    /// How many failed or overlapped another one.
    pub troubled: usize,
    pub overlap: Overlap,
    /// When two or more ran.
    pub stretches: Vec<Stretch>,
    /// The pushes from one gap before it to its end, at most sixty, and when all of them landed.
    pub pushes: Vec<Landing>,
    pub pushed: Vec<Instant>,
}

/// The worst of a span: by rollouts in trouble, by time together, by how many there were.
pub(super) fn worst(past: &Past<'_>) -> Vec<Afternoon> {
    let rollouts = past.rollouts.as_ref().ok().map(|rollouts| past.started(rollouts)).unwrap_or_default();
    let mut ranked: Vec<((usize, TimeDelta, usize), Range<usize>)> = sessions(past, rollouts)
        .into_iter()
        .filter_map(|session| {
            let some = &rollouts[session.clone()];
            let (failed, overlapping) = trouble(past, some);
            let troubled = failed.iter().zip(&overlapping).filter(|(failed, overlaps)| **failed || **overlaps).count();
            let spans: Vec<_> = some.iter().map(|one| past.span_of(one)).collect();
            let worth = troubled > 0 || some.len() >= BURST_LEAST;
            worth.then(|| ((troubled, overlap(&spans).together, some.len()), session))
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    // One failure alone makes no bad afternoon, unless there is no worse.
    let mut first = true;
    ranked.retain(|((troubled, _, started), _)| std::mem::take(&mut first) || *troubled > 1 || *started >= BURST_LEAST);
    ranked.truncate(MOST);
    match past.trunk.as_ref().ok() {
        Some(trunk) if rollouts.is_empty() => busiest(past, trunk),
        trunk => ranked.into_iter().map(|(_, session)| afternoon(past, &rollouts[session], trunk)).collect(),
    }
}

/// Runs of rollouts without a pause longer than the gap; one that goes on for long ends with its day.
fn sessions(past: &Past<'_>, rollouts: &[Rollout]) -> Vec<Range<usize>> {
    let day = |at: Instant| at.with_timezone(&past.zone).date_naive();
    let mut sessions: Vec<Range<usize>> = Vec::new();
    let mut end = Instant::MIN_UTC;
    for (index, rollout) in rollouts.iter().enumerate() {
        let goes_on = |first: &Rollout| {
            rollout.start <= end + past.gap
                && (day(first.start) == day(rollout.start) || rollout.start - first.start <= LONG)
        };
        match sessions.last_mut().filter(|session| goes_on(&rollouts[session.start])) {
            Some(session) => session.end = index + 1,
            None => sessions.push(index..index + 1),
        }
        end = end.max(past.span_of(rollout).1);
    }
    sessions
}

/// For each rollout, by their starts, whether it failed, and whether it overlapped another one.
fn trouble(past: &Past<'_>, rollouts: &[Rollout]) -> (Vec<bool>, Vec<bool>) {
    let spans: Vec<_> = rollouts.iter().map(|one| past.span_of(one)).collect();
    let mut overlapping = vec![false; spans.len()];
    let mut longest: Option<usize> = None;
    for (index, (start, end)) in spans.iter().enumerate().filter(|(_, (start, end))| start < end) {
        if let Some(other) = longest.filter(|other| spans[*other].1 > *start) {
            (overlapping[other], overlapping[index]) = (true, true);
        }
        if longest.is_none_or(|other| spans[other].1 < *end) {
            longest = Some(index);
        }
    }
    (rollouts.iter().map(|one| one.outcome == Outcome::Failure).collect(), overlapping)
}

fn afternoon(past: &Past<'_>, rollouts: &[Rollout], trunk: Option<&Trunk>) -> Afternoon {
    let (failed, overlapping) = trouble(past, rollouts);
    let spans: Vec<_> = rollouts.iter().map(|one| past.span_of(one)).collect();
    let from = spans.first().map_or(past.from, |(start, _)| *start);
    let to = spans.iter().map(|(_, end)| *end).max().unwrap_or(from);
    let (landings, pushed) = trunk.map(|trunk| pushes(trunk, from - past.gap, to)).unwrap_or_default();
    Afternoon {
        from,
        to,
        started: rollouts.len(),
        failed: failed.iter().filter(|failed| **failed).count(),
        overlapped: overlapping.iter().filter(|overlaps| **overlaps).count(),
        troubled: failed.iter().zip(&overlapping).filter(|(failed, overlaps)| **failed || **overlaps).count(),
        overlap: overlap(&spans),
        stretches: stretches(&spans),
        rollouts: rollouts.iter().cloned().zip(spans.into_iter().map(|(_, end)| end)).take(CARRIED).collect(),
        pushes: landings,
        pushed,
    }
}

/// The pushes between two instants, at most as many as are carried, and when there were any.
fn pushes(trunk: &Trunk, from: Instant, to: Instant) -> (Vec<Landing>, Vec<Instant>) {
    let first = trunk.landings.partition_point(|landing| landing.at < from);
    let last = trunk.landings.partition_point(|landing| landing.at <= to).max(first);
    let counted = trunk.landings[first..last].iter().zip(&trunk.commits[first..last]);
    let counted: Vec<&Landing> = counted.filter(|(_, commits)| **commits > 0).map(|(landing, _)| landing).collect();
    let instants = counted.iter().map(|landing| landing.at).collect();
    (counted.into_iter().take(CARRIED).cloned().collect(), instants)
}

/// Where no deployment is recorded, the densest bursts of pushes stand for the worst afternoons.
fn busiest(past: &Past<'_>, trunk: &Trunk) -> Vec<Afternoon> {
    let instants: Vec<Instant> = past.landed(trunk).map(|(landing, _)| landing.at).collect();
    let mut found = bursts(&instants, past.gap, BURST_LEAST);
    found.sort_by_key(|burst| std::cmp::Reverse(burst.size()));
    found.truncate(MOST);
    let tell = |burst: Burst| {
        let (from, to) = (instants[burst.first], instants[burst.last]);
        let (landings, pushed) = pushes(trunk, from, to);
        let (rollouts, stretches) = (Vec::new(), Vec::new());
        Afternoon {
            from,
            to,
            pushes: landings,
            pushed,
            rollouts,
            stretches,
            started: 0,
            failed: 0,
            overlapped: 0,
            troubled: 0,
            overlap: Overlap::default(),
        }
    };
    found.into_iter().map(tell).collect()
}
