//! The facts of a scenario: its history is a straight line of landings.

use std::collections::BTreeMap;

use super::ask::Ask;
use super::parse::Scenario;
use crate::engine::account::rollout_facts;
use crate::engine::calendar::utc;
use crate::engine::event::{CommitId, Instant, Landing, Precision};
use crate::engine::facts::{Ancestry, Batch, BatchLanding, DeployRequest, Facts, Known, Missing, Pushes};
use crate::engine::history::Rollouts;
use crate::engine::policy::{EnvironmentPolicy, Policy};

/// The landings that had happened when the question is asked.
struct Line<'a> {
    landed: Vec<&'a BatchLanding>,
    /// Back to when they are told; `None` is the very beginning.
    complete_since: Option<Instant>,
    at: Instant,
}

impl Scenario {
    /// What is known when a question is asked.
    pub(super) fn facts(&self, ask: &Ask, policy: &Policy, environment: &EnvironmentPolicy) -> Facts {
        let records = self.deployments.as_ref().map(|records| {
            let told = records.iter().filter(|record| self.complete_since.is_none_or(|cut| record.started_at >= cut));
            told.cloned().collect()
        });
        let records = records.ok_or_else(|| untold("deployments"));
        let accounts = rollout_facts(policy, environment, records, self.complete_since, ask.at, self.future);
        let line = self.line(ask.at);
        let newest = line.as_ref().ok().and_then(|line| line.landed.last());
        let commit = ask.commit.clone().or_else(|| newest.map(|push| push.landing.commit.clone()));
        let commit = commit.unwrap_or_else(|| CommitId::new("head"));
        let base = accounts.own_rollouts.as_ref().map_err(Clone::clone).and_then(|rollouts| base(rollouts));
        let ancestry = match (&line, &base) {
            (_, Ok(None)) => Ok(None),
            (Ok(line), Ok(Some(base))) => line.ancestry(&commit, base).map(Some),
            (Err(missing), _) | (_, Err(missing)) => Err(missing.clone()),
        };
        let batch = match (&line, &base) {
            (Ok(line), Ok(base)) => line.batch(&commit, base.as_ref()),
            (Err(missing), _) | (_, Err(missing)) => Err(missing.clone()),
        };
        Facts {
            pushes: line.map(|line| line.pushes(&commit)),
            request: DeployRequest { environment: environment.environment.clone(), commit, lane: ask.lane },
            rollouts: accounts.rollouts,
            own_rollouts: accounts.own_rollouts,
            elsewhere: accounts.elsewhere,
            batch,
            ancestry,
            governance: self.governance.clone().ok_or_else(|| untold("governance")),
            storage: self.storage.clone().ok_or_else(|| untold("storage")),
            checks: self.checks.clone().ok_or_else(|| untold("checks")),
            overrides: self.overrides.clone(),
            calendars: BTreeMap::new(),
        }
    }

    fn line(&self, at: Instant) -> Known<Line<'_>> {
        let pushes = self.pushes.as_ref().ok_or_else(|| untold("pushes"))?;
        let told = |push: &&BatchLanding| {
            push.landing.at <= at && self.complete_since.is_none_or(|cut| push.landing.at >= cut)
        };
        Ok(Line { landed: pushes.iter().filter(told).collect(), complete_since: self.complete_since, at })
    }
}

fn untold(key: &str) -> Missing {
    Missing::new(format!("the scenario does not tell its `{key}`"), format!("add `{key}` to the scenario"))
}

/// The commit of the last success; `None` where a complete history has none.
fn base(rollouts: &Rollouts) -> Known<Option<CommitId>> {
    match (rollouts.last_success(), rollouts.complete_since) {
        (None, Some(since)) => Err(Missing::new(
            format!("the last success: the history begins {} and has none", utc(since)),
            "give an earlier `complete-since`, with what was deployed since",
        )),
        (last, _) => Ok(last.and_then(|rollout| rollout.commit.clone())),
    }
}

impl Line<'_> {
    fn position(&self, commit: &CommitId) -> Option<usize> {
        self.landed.iter().position(|push| push.landing.commit == *commit)
    }

    /// Where a commit that was deployed stands in the line.
    fn deployed(&self, commit: &CommitId) -> Known<usize> {
        self.position(commit).ok_or_else(|| {
            Missing::new(format!("{commit}, which was deployed, is no push of the scenario"), "add it to `pushes`")
        })
    }

    fn ancestry(&self, commit: &CommitId, base: &CommitId) -> Known<Ancestry> {
        if commit == base {
            return Ok(Ancestry::Same);
        }
        let runs = self.deployed(base)?;
        Ok(if self.position(commit).is_some_and(|place| place < runs) { Ancestry::Older } else { Ancestry::Other })
    }

    /// The landings after what runs, up to the requested commit; one that has not landed lies upon the newest.
    fn batch(&self, commit: &CommitId, base: Option<&CommitId>) -> Known<Batch> {
        let place = self.position(commit);
        let end = place.map_or(self.landed.len(), |place| place + 1);
        let start = match base {
            Some(base) if base == commit => end,
            Some(base) => (self.deployed(base)? + 1).min(end),
            None => 0,
        };
        let mut landings: Vec<BatchLanding> = self.landed[start..end].iter().map(|push| (*push).clone()).collect();
        if place.is_none() && !self.landed.is_empty() && base != Some(commit) {
            landings.push(BatchLanding { landing: self.unlanded(commit), commits: 1 });
        }
        let shipped = self.landed[..start].iter().map(|push| push.landing.clone()).collect();
        Ok(Batch { base: base.cloned(), landings, shipped, complete_since: self.complete_since })
    }

    fn unlanded(&self, commit: &CommitId) -> Landing {
        let (commit, subject, files) = (commit.clone(), String::new(), Vec::new());
        Landing { commit, subject, at: self.at, precision: Precision::Guessed, files }
    }

    fn pushes(&self, commit: &CommitId) -> Pushes {
        Pushes {
            requested_landed: self.landed.is_empty() || self.position(commit).is_some(),
            landings: self.landed.iter().map(|push| push.landing.clone()).collect(),
            complete_since: self.complete_since,
        }
    }
}
