//! What a report is measured on.

use std::sync::Arc;

use chrono::TimeDelta;
use chrono_tz::Tz;
use rustc_hash::FxHashMap;

use super::STALE;
use crate::engine::event::{CommitId, Environment, Instant, Landing};
use crate::engine::facts::Known;
use crate::engine::history::{Outcome, Rollout, Rollouts};

/// The landings on the default branch since its beginning, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Trunk {
    pub landings: Vec<Landing>,
    /// How many commits each one brought; none where it touches no path of the environment, and is no push to it.
    pub commits: Vec<u32>,
    pub complete_since: Option<Instant>,
}

/// A past, and the span of it that is looked at.
pub struct Past<'a> {
    pub environment: Environment,
    pub zone: Tz,
    pub from: Instant,
    /// Nothing later is known.
    pub to: Instant,
    /// The longest pause inside a burst.
    pub gap: TimeDelta,
    /// Those to the environment's target, since their record begins.
    pub rollouts: Known<Arc<Rollouts>>,
    pub trunk: Known<Trunk>,
    /// Whether the subject of a landing reads like a fix; asked of few.
    pub is_fix: &'a dyn Fn(&CommitId) -> bool,
}

impl Past<'_> {
    /// Whether an instant lies in the span; its end counts.
    pub(super) fn holds(&self, at: Instant) -> bool {
        self.from <= at && at <= self.to
    }

    /// The rollouts that started in the span.
    pub(super) fn started<'r>(&self, rollouts: &'r Rollouts) -> &'r [Rollout] {
        let since = rollouts.started_since(self.from);
        &since[..since.partition_point(|one| one.start <= self.to)]
    }

    /// Whether a rollout went to the environment itself, and not to another that shares its target.
    pub(super) fn is_own(&self, rollout: &Rollout) -> bool {
        rollout.environment == self.environment
    }

    /// When a rollout ran; one whose finish nobody recorded is empty, one that never finished ends when it is stale.
    pub(super) fn span_of(&self, rollout: &Rollout) -> (Instant, Instant) {
        (rollout.start, rollout.finish.unwrap_or_else(|| self.to.min(rollout.start + STALE)))
    }

    /// The first landing that measuring looks at: what a rollout of the span shipped may have landed long before it.
    #[must_use]
    pub fn first_landing(&self, lookback: TimeDelta) -> usize {
        let Ok(trunk) = &self.trunk else { return 0 };
        let since = self.from - lookback.max(self.gap);
        let near = trunk.landings.partition_point(|landing| landing.at < since);
        let Ok(rollouts) = &self.rollouts else { return near };
        let line = Line::of(self, rollouts);
        let inside = (0..line.rollouts.len()).filter(|index| self.holds(line.rollouts[*index].start));
        let bases = inside.filter_map(|index| line.base(index));
        // Whatever landed after the last that was shipped waits: all, where nothing was.
        let shipped = line.successes().into_iter().filter_map(|index| line.places[index]).max();
        bases.chain(shipped.or(Some(0))).fold(near, usize::min)
    }

    /// The pushes of the span, each with its commits.
    pub fn landed<'t>(&self, trunk: &'t Trunk) -> impl Iterator<Item = (&'t Landing, u32)> {
        let first = trunk.landings.partition_point(|landing| landing.at < self.from);
        let last = trunk.landings.partition_point(|landing| landing.at <= self.to).max(first);
        let commits = trunk.commits[first..last].iter().copied();
        trunk.landings[first..last].iter().zip(commits).filter(|(_, commits)| *commits > 0)
    }
}

/// The rollouts to the environment itself, each with its place on the default branch and with what ran as it started.
pub(super) struct Line<'a> {
    pub rollouts: Vec<&'a Rollout>,
    /// The index of the landing that each one ships up to; none where its commit is no landing.
    pub places: Vec<Option<usize>>,
    /// The success with the latest finish before each one started.
    pub before: Vec<Option<usize>>,
}

impl<'a> Line<'a> {
    pub(super) fn of(past: &Past<'_>, rollouts: &'a Rollouts) -> Self {
        let rollouts: Vec<&Rollout> = rollouts.all().iter().filter(|one| past.is_own(one)).collect();
        let mut places: FxHashMap<&CommitId, Option<usize>> =
            rollouts.iter().filter_map(|one| Some((one.commit.as_ref()?, None))).collect();
        for (index, landing) in past.trunk.iter().flat_map(|trunk| trunk.landings.iter().enumerate()) {
            if let Some(place) = places.get_mut(&landing.commit) {
                *place = Some(index);
            }
        }
        let place = |one: &&Rollout| one.commit.as_ref().and_then(|commit| places.get(commit).copied().flatten());
        let successes = by_finish(&rollouts);
        let mut finished = 0;
        let before = rollouts.iter().map(|one| {
            while successes.get(finished).is_some_and(|next| rollouts[*next].finish <= Some(one.start)) {
                finished += 1;
            }
            // What finishes as it starts may be itself: no finish was recorded.
            successes[..finished].iter().rev().copied().find(|other| !std::ptr::eq(rollouts[*other], *one))
        });
        Self { before: before.collect(), places: rollouts.iter().map(place).collect(), rollouts }
    }

    /// Where what ran before a rollout stands.
    pub(super) fn base(&self, index: usize) -> Option<usize> {
        self.before[index].and_then(|before| self.places[before])
    }

    /// The landings that a rollout shipped, where that is known: those after what ran, up to its own.
    pub(super) fn batch(&self, index: usize) -> Option<std::ops::RangeInclusive<usize>> {
        Some(self.base(index)? + 1..=self.places[index]?)
    }

    /// The successes by their finishes.
    pub(super) fn successes(&self) -> Vec<usize> {
        by_finish(&self.rollouts)
    }
}

fn by_finish(rollouts: &[&Rollout]) -> Vec<usize> {
    let succeeded = |index: &usize| rollouts[*index].outcome == Outcome::Success;
    let mut successes: Vec<usize> = (0..rollouts.len()).filter(succeeded).collect();
    successes.sort_by_key(|index| rollouts[*index].finish);
    successes
}
