//! The figures of a replay: what the pace of a policy comes to.

use chrono::TimeDelta;

use super::event::Instant;
use super::metrics::{BURST_GAP, BURST_LEAST, Burst, Overlap, bursts, overlap, percentile};
use super::replay::{Past, Replay};

/// How long pushes waited for the rollout that contains them; percentiles by nearest rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    pub median: TimeDelta,
    pub p90: TimeDelta,
    pub longest: TimeDelta,
}

/// A burst, and how long after its last push it was live, if ever.
pub type Live = (Burst, Option<TimeDelta>);

/// What a replay comes to.
#[derive(Clone, Debug)]
pub struct Figures {
    pub rollouts: usize,
    /// None where nothing was rolled out.
    pub waits: Option<Waits>,
    pub overlap: Overlap,
    /// The median and the largest batch, in commits.
    pub batches: Option<(u64, u64)>,
    /// The bursts of pushes, and how long after its last push each was live, if ever.
    pub bursts: Vec<Live>,
    /// Of these lengths the median and the longest.
    pub live: Option<(TimeDelta, TimeDelta)>,
}

/// Measures a replay. The waits are put in order where they are: there may be a million.
#[must_use]
pub fn figures(past: Past<'_>, replay: &mut Replay) -> Figures {
    replay.waits.sort_unstable();
    let at = |percent| percentile(&replay.waits, percent);
    let waits = at(50).zip(at(90)).zip(at(100)).map(|((median, p90), longest)| Waits { median, p90, longest });
    let mut batches: Vec<u64> = replay.rollouts.iter().map(|one| one.batch).collect();
    batches.sort_unstable();
    let lives = |last: usize| {
        let rollout = replay.rollouts.partition_point(|rollout| rollout.push < last);
        replay.rollouts.get(rollout).map(|rollout| rollout.finished_at - past.landings[last].at)
    };
    let (bursts, live) = live(past, lives);
    Figures {
        rollouts: replay.rollouts.len(),
        waits,
        overlap: overlap(&replay.rollouts.iter().map(|one| (one.at, one.finished_at)).collect::<Vec<_>>()),
        batches: percentile(&batches, 50).zip(batches.last().copied()),
        bursts,
        live,
    }
}

/// The figures where nothing is held: each push is rolled out when it comes, and those of one instant are one.
#[must_use]
pub fn unheld(past: Past<'_>, rollout_time: TimeDelta) -> Figures {
    let mut batches: Vec<u64> = Vec::new();
    let mut spans: Vec<(Instant, Instant)> = Vec::new();
    for (landing, commits) in past.landings.iter().zip(past.commits) {
        match (spans.last(), batches.last_mut()) {
            (Some((at, _)), Some(batch)) if *at == landing.at => *batch += u64::from(*commits),
            _ => {
                spans.push((landing.at, landing.at + rollout_time));
                batches.push(u64::from(*commits));
            }
        }
    }
    batches.sort_unstable();
    let (bursts, live) = live(past, |_| Some(rollout_time));
    Figures {
        rollouts: spans.len(),
        waits: (!past.landings.is_empty()).then(Waits::default),
        overlap: overlap(&spans),
        batches: percentile(&batches, 50).zip(batches.last().copied()),
        bursts,
        live,
    }
}

/// The bursts of pushes, how long after its last push each was live, and the median and the longest of that.
fn live(past: Past<'_>, live: impl Fn(usize) -> Option<TimeDelta>) -> (Vec<Live>, Option<(TimeDelta, TimeDelta)>) {
    let instants: Vec<Instant> = past.landings.iter().map(|landing| landing.at).collect();
    let bursts = bursts(&instants, BURST_GAP, BURST_LEAST).into_iter();
    let bursts: Vec<Live> = bursts.map(|burst| (burst, live(burst.last))).collect();
    let mut lives: Vec<TimeDelta> = bursts.iter().filter_map(|(_, live)| *live).collect();
    lives.sort_unstable();
    let told = percentile(&lives, 50).zip(lives.last().copied());
    (bursts, told)
}
