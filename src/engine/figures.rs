//! The figures of a replay: what the pace of a policy comes to.

use chrono::TimeDelta;

use super::event::Instant;
use super::metrics::{Overlap, bursts, overlap, percentile};
use super::replay::{Paced, Past, Replay};

/// Pushes that follow one another so closely are one burst, if there are so many.
pub const BURST_GAP: TimeDelta = TimeDelta::minutes(15);
pub const BURST_LEAST: usize = 3;

/// How long pushes waited for the rollout that contains them; percentiles by nearest rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    pub median: TimeDelta,
    pub p90: TimeDelta,
    pub longest: TimeDelta,
}

/// What a replay comes to.
#[derive(Clone, Debug)]
pub struct Figures {
    /// None where nothing was rolled out.
    pub waits: Option<Waits>,
    pub overlap: Overlap,
    /// The median and the largest batch, in commits.
    pub batches: Option<(u64, u64)>,
    /// How many bursts of pushes there were, and how long after its last push each was live: median and longest.
    pub bursts: usize,
    pub live: Option<(TimeDelta, TimeDelta)>,
}

/// Measures a replay.
#[must_use]
pub fn figures(past: Past<'_>, replay: &Replay) -> Figures {
    let mut waits = replay.waits.clone();
    waits.sort_unstable();
    let at = |percent| percentile(&waits, percent);
    let waits = at(50).zip(at(90)).zip(at(100)).map(|((median, p90), longest)| Waits { median, p90, longest });
    let spans: Vec<(Instant, Instant)> = replay.rollouts.iter().map(|one| (one.at, one.finished_at)).collect();
    let mut batches: Vec<u64> = replay.rollouts.iter().map(|one| one.batch).collect();
    batches.sort_unstable();
    let instants: Vec<Instant> = past.landings.iter().map(|landing| landing.at).collect();
    let bursts = bursts(&instants, BURST_GAP, BURST_LEAST);
    let live = |last: usize| {
        let rollout = replay.rollouts.partition_point(|rollout| rollout.push < last);
        replay.rollouts.get(rollout).map(|rollout| rollout.finished_at - instants[last])
    };
    let mut lives: Vec<TimeDelta> = bursts.iter().filter_map(|burst| live(burst.last)).collect();
    lives.sort_unstable();
    Figures {
        waits,
        overlap: overlap(&spans),
        batches: percentile(&batches, 50).zip(batches.last().copied()),
        bursts: bursts.len(),
        live: percentile(&lives, 50).zip(lives.last().copied()),
    }
}

/// What happens where nothing is held: each push is rolled out when it comes.
#[must_use]
pub fn ungated(past: Past<'_>, rollout_time: TimeDelta) -> Replay {
    let rollout = |push: usize| {
        let at = past.landings[push].at;
        let batch = u64::from(past.commits[push]);
        Paced { at, finished_at: at + rollout_time, push, first: push, batch }
    };
    let pushes = past.landings.len();
    Replay {
        rollouts: (0..pushes).map(rollout).collect(),
        waits: vec![TimeDelta::zero(); pushes],
        held: Vec::new(),
        held_pushes: 0,
        stuck: None,
    }
}
