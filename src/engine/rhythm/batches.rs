//! How many commits go together.

use super::past::{Line, Past};
use crate::engine::event::{CommitId, Instant};
use crate::engine::metrics::percentile;

/// Classes of sizes: the least of each, and what it is called.
pub const CLASSES: [(u32, &str); 8] =
    [(1, "1"), (2, "2"), (3, "3–5"), (6, "6–10"), (11, "11–20"), (21, "21–50"), (51, "51–100"), (101, "over 100")];

/// The sizes of batches, in commits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    pub cases: usize,
    pub median: Option<u32>,
    pub p90: Option<u32>,
    /// The largest, with its instant and its commit.
    pub largest: Option<(u32, Instant, CommitId)>,
    /// How many fall into each of [`CLASSES`].
    pub classes: [usize; CLASSES.len()],
    /// Rollouts that shipped nothing new: redeploys and rollbacks.
    pub nothing_new: usize,
    /// Rollouts whose batch is not known: the first one recorded, and commits that are no landing of the default branch.
    pub unknown: usize,
}

impl Sizes {
    pub(super) fn of(mut batches: Vec<(u32, Instant, CommitId)>) -> Self {
        batches.sort_by_key(|(size, ..)| *size);
        let sizes: Vec<u32> = batches.iter().map(|(size, ..)| *size).collect();
        let mut classes = [0; CLASSES.len()];
        for size in &sizes {
            let class = CLASSES.partition_point(|(least, _)| least <= size);
            classes[class.saturating_sub(1)] += 1;
        }
        Self {
            cases: sizes.len(),
            median: percentile(&sizes, 50),
            p90: percentile(&sizes, 90),
            largest: batches.pop(),
            classes,
            ..Self::default()
        }
    }
}

/// The batches of the rollouts that started in the span.
pub(super) fn of_rollouts(past: &Past<'_>, line: &Line<'_>) -> Sizes {
    let Ok(trunk) = &past.trunk else {
        let unknown = line.rollouts.iter().filter(|one| past.holds(one.start)).count();
        return Sizes { unknown, ..Sizes::default() };
    };
    let (mut sized, mut nothing_new, mut unknown) = (Vec::new(), 0, 0);
    for (index, rollout) in line.rollouts.iter().enumerate().filter(|(_, one)| past.holds(one.start)) {
        let Some((batch, commit)) = line.batch(index).zip(rollout.commit.as_ref()) else {
            unknown += 1;
            continue;
        };
        // Redeploys and rollbacks end before they begin.
        let size: u32 = trunk.commits.get(batch).map_or(0, |commits| commits.iter().sum());
        if size == 0 {
            nothing_new += 1;
        } else {
            sized.push((size, rollout.start, commit.clone()));
        }
    }
    Sizes { nothing_new, unknown, ..Sizes::of(sized) }
}
