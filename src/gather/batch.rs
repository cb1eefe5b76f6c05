//! What a rollout would ship: how far back to walk for it, and what the landings of it hold.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{GLANCE, Subject};
use crate::engine::calendar::utc;
use crate::engine::event::{CommitId, Instant, Landing};
use crate::engine::facts::{Batch, BatchLanding, Facts, Known, Missing};
use crate::engine::history::Rollouts;
use crate::engine::policy::EnvironmentPolicy;
use crate::engine::rules::RuleId;
use crate::engine::rules::fix_chain::newest_fix;
use crate::sources::git::{Landings, PathFilter};

/// What is asked of the batch.
pub(super) struct Asked<'a> {
    pub policy: &'a EnvironmentPolicy,
    pub commit: &'a CommitId,
    /// Whether the commit is on the default branch.
    pub landed: bool,
    /// The commit of the last success.
    pub base: &'a Known<Option<CommitId>>,
    /// How far back the rules look.
    pub since: Instant,
    /// Nothing records deployments: what landed lately stands for the batch.
    pub recent_only: bool,
}

/// The commit of the last success; `None` where a complete history has none.
pub(super) fn base(own: &Known<Arc<Rollouts>>) -> Known<Option<CommitId>> {
    let rollouts = own.as_ref().map_err(Clone::clone)?;
    match (rollouts.last_success().and_then(|rollout| rollout.commit.clone()), rollouts.complete_since) {
        (Some(commit), _) => Ok(Some(commit)),
        (None, None) => Ok(None),
        (None, Some(since)) => Err(Missing::new(
            format!("the last success: the history begins {} and has none", utc(since)),
            "give a longer history: `--deploys FILE` with the whole log",
        )),
    }
}

impl Subject {
    /// The batch of a request, walked back as far as its rules need.
    ///
    /// # Errors
    ///
    /// Names what is missing where the batch cannot be told.
    pub(super) fn batch(
        &self,
        asked: &Asked<'_>,
        trunk: Result<&Landings, &Missing>,
        filter: Option<&PathFilter>,
    ) -> Known<Batch> {
        let chains = asked.policy.has(RuleId::FixChain);
        if !chains && !asked.policy.has(RuleId::BatchSize) {
            return Err(Missing::new("the batch: no rule asks for it", "add `batch-size` or `fix-chain`"));
        }
        let base = asked.base.as_ref().map(Option::as_ref);
        let mut landings = self.line(asked, trunk, base.ok().flatten())?;
        loop {
            let shallow = landings.shallow;
            let mut batch = match (base, asked.recent_only) {
                (_, true) => recent(landings, self.now.instant - GLANCE),
                (Err(missing), false) => return Err(missing.clone()),
                // Nothing was ever shipped: no batch is measured, and the landings are all that a chain of fixes needs.
                (Ok(None), false) if filter.is_none() => recent(landings, Instant::MIN_UTC),
                (Ok(base), false) => self.repo.batch(asked.commit, base, &landings, filter)?,
            };
            self.age_by_landing(&mut batch, asked, trunk)?;
            if !chains {
                return Ok(batch);
            }
            let within = asked.policy.lookback().landings;
            let Some(further) = further(&batch, within, self.now.instant).filter(|_| !shallow) else {
                self.fill_files(&mut batch, within)?;
                return Ok(batch);
            };
            landings = self.landings(asked.commit, further)?;
        }
    }

    /// How many commits a rollout would ship, whatever rules ask; none where that is not known, or nothing was ever shipped.
    #[must_use]
    pub fn batch_size(&self, commit: &CommitId, facts: &Facts) -> Option<usize> {
        self.commits_since(&base(&facts.own_rollouts).ok()??, commit)
    }

    /// How many it would ship if a change were merged: its own commits, and what has landed and was not shipped yet.
    #[must_use]
    pub fn batch_joined(&self, head: &CommitId, facts: &Facts) -> Option<usize> {
        let tip = self.branch_tip()?;
        Some(self.batch_size(tip, facts)? + self.commits_since(tip, head)?)
    }

    /// How many commits lead to one and not to another.
    fn commits_since(&self, base: &CommitId, commit: &CommitId) -> Option<usize> {
        let since = self.repo.committed_at(base)?.min(self.now.instant);
        let landings = self.landings(commit, since).ok()?;
        self.repo.batch(commit, Some(base), &landings, None).ok().map(|batch| batch.size())
    }

    /// The landings that lead to the requested commit, as far back as the rules look from the last success.
    fn line(&self, asked: &Asked<'_>, trunk: Result<&Landings, &Missing>, base: Option<&CommitId>) -> Known<Landings> {
        let since = asked.since;
        let shipped_at = base.and_then(|base| self.repo.committed_at(base));
        let needed =
            shipped_at.map_or(since, |shipped| shipped.min(self.now.instant) - (self.now.instant - since)).min(since);
        match trunk {
            Ok(trunk)
                if asked.landed
                    && needed >= since
                    && trunk.landings.last().is_some_and(|last| last.commit == *asked.commit) =>
            {
                Ok(trunk.clone())
            }
            _ => self.landings(asked.commit, needed),
        }
    }

    /// Gives commits that came to the default branch inside a merge the instant of that merge.
    fn age_by_landing(&self, batch: &mut Batch, asked: &Asked<'_>, trunk: Result<&Landings, &Missing>) -> Known<()> {
        // A commit of the branch's own line has its own landings below it already.
        let Some(trunk) = trunk.ok().filter(|trunk| asked.landed && !trunk.holds(asked.commit)) else { return Ok(()) };
        if self.repo.landing_of(asked.commit, trunk)?.is_none() {
            return Ok(());
        }
        for BatchLanding { landing, .. } in &mut batch.landings {
            if trunk.holds(&landing.commit) {
                continue;
            }
            if let Some(merge) = self.repo.landing_of(&landing.commit, trunk)? {
                (landing.at, landing.precision) = (merge.at.min(self.now.instant), merge.precision);
            }
        }
        Ok(())
    }

    /// Names the files of the landings that a chain of fixes may link.
    fn fill_files(&self, batch: &mut Batch, lookback: TimeDelta) -> Known<()> {
        let Some(newest) = newest_fix(batch).map(|landing| landing.at) else { return Ok(()) };
        let all = batch.shipped.iter_mut().chain(batch.landings.iter_mut().map(|landing| &mut landing.landing));
        for landing in all.filter(|landing| landing.is_fix_like() && landing.at >= newest - lookback) {
            let files = self.repo.files(&landing.commit);
            landing.files = files.map_err(|error| Missing::new(error.to_string(), "git fetch --refetch"))?;
        }
        Ok(())
    }
}

/// How far back the landings must reach for a chain of fixes that they do not show whole.
///
/// The chain ends at the batch's newest fix. Where nothing was ever shipped that may be any commit: the walk goes twice as
/// far each time, until it finds one.
fn further(batch: &Batch, within: TimeDelta, now: Instant) -> Option<Instant> {
    let known = batch.complete_since?;
    let needed = match newest_fix(batch) {
        Some(newest) => newest.at.checked_sub_signed(within)?,
        None if batch.base.is_none() && batch.shipped.is_empty() => now.checked_sub_signed((now - known) * 2)?,
        None => return None,
    };
    (needed < known).then_some(needed)
}

/// What landed after an instant, as a batch that begins there.
fn recent(landings: Landings, since: Instant) -> Batch {
    // What is asked for is there, whatever its date says: it counts as landing now.
    let later = landings.later.into_iter().map(|landing| Landing { at: landings.now, ..landing });
    let (shipped, fresh): (Vec<Landing>, Vec<Landing>) =
        landings.landings.into_iter().chain(later).partition(|landing| landing.at <= since);
    let fresh = fresh.into_iter().map(|landing| BatchLanding { landing, commits: 1 }).collect();
    Batch { base: None, landings: fresh, shipped, complete_since: landings.complete_since }
}
