//! What people said on GitHub of an environment: overrides in comments, freezes as issues.

use std::sync::Arc;

use super::{Subject, Told};
use crate::engine::calendar::utc;
use crate::engine::decision::{Level, Source};
use crate::engine::event::{CommitId, Instant};
use crate::engine::facts::{Ancestry, Known, Missing, Override};
use crate::engine::history::{Rollout, Rollouts};
use crate::engine::policy::{EnvironmentPolicy, RuleEntry};
use crate::engine::rules::Rule;
use crate::engine::rules::freeze::Freeze;
use crate::render::clean;
use crate::sources::github::bound::Bound;
use crate::sources::github::freezes::Frozen;
use crate::sources::github::overrides::Listening;

impl Subject {
    /// Whether words on GitHub count: the policy says so, and the record is not a file that somebody gave.
    fn hears(&self, told: &Told) -> bool {
        self.found.policy.chat().is_some() && !told.deaf
    }

    /// What is listened for on GitHub.
    #[must_use]
    pub fn listening<'a>(&self, policy: &'a EnvironmentPolicy) -> Listening<'a> {
        let settings = self.found.policy.chat().unwrap_or_default();
        Listening { policy, settings, zone: self.zone(), now: self.now.instant, clock: self.now.clock }
    }

    /// The freezes that are open issues, as rules that stand on GitHub instead of a policy; an override may lift them.
    /// Where GitHub does not tell them, nobody knows that there is none.
    pub(super) fn hub_freezes(
        &self,
        policy: &EnvironmentPolicy,
        told: &Told,
        notes: &mut Vec<String>,
    ) -> Vec<RuleEntry> {
        if !self.hears(told) {
            return Vec::new();
        }
        match self.hub.freezes(self.repository().as_deref(), &self.listening(policy)) {
            Ok(frost) => {
                notes.extend(frost.notes);
                let frozen = frost.freezes.iter().map(frozen);
                let unclear = frost
                    .unclear
                    .into_iter()
                    .map(|(issue, missing)| entry(Freeze::unknown(missing), &format!("issue-{issue}"), None));
                frozen.chain(unclear).collect()
            }
            Err(trouble) => vec![entry(Freeze::unknown(Missing::from(trouble)), "issues", None)],
        }
    }

    /// The overrides that stand in comments and are about a commit. Where GitHub does not tell them, there is none.
    pub(super) fn hub_overrides(
        &self,
        policy: &EnvironmentPolicy,
        commit: &CommitId,
        (shipped, rollouts): (&Known<Option<CommitId>>, &Known<Arc<Rollouts>>),
        told: &Told,
        notes: &mut Vec<String>,
    ) -> Vec<Override> {
        if !self.hears(told) {
            return Vec::new();
        }
        match self.hub.overrides(self.repository().as_deref(), &self.listening(policy)) {
            Ok(heard) => {
                let of_batch = |other: &str| self.ships(&CommitId::new(other), commit, shipped);
                // One override is one rollout, as whichever of its two commits it went; by this one, the engine sees.
                let is_used = |bound: &Bound, since: Instant| {
                    let ships = |one: &Rollout| {
                        one.commit.as_ref().is_some_and(|one| one != commit && bound.fits(one.as_str()))
                    };
                    rollouts.as_ref().is_ok_and(|all| all.started_since(since).iter().any(ships))
                };
                let (facts, said) = heard.about(policy, commit, (self.now.instant, told.spent), &of_batch, &is_used);
                notes.extend(said);
                facts
            }
            Err(trouble) => {
                notes.push(format!("overrides in comments do not count, since they cannot be read: {trouble}"));
                Vec::new()
            }
        }
    }

    /// Whether a commit is of the batch that a rollout ships.
    fn ships(&self, one: &CommitId, commit: &CommitId, shipped: &Known<Option<CommitId>>) -> bool {
        let within = |one: &CommitId, other: &CommitId| {
            matches!(self.repo.ancestry(one, other), Ok(Ancestry::Older | Ancestry::Same))
        };
        let before = shipped.as_ref().ok().and_then(Option::as_ref).is_some_and(|base| within(one, base));
        within(one, commit) && !before
    }
}

fn frozen(frozen: &Frozen) -> RuleEntry {
    let (issue, by) = (frozen.issue, clean(&frozen.by));
    let (freeze, until) = match frozen.until {
        Some(until) => (Freeze::between(frozen.from, until), format!(" until {}", utc(until))),
        None => {
            (Freeze::standing(frozen.from, format!("close issue {issue}, or wait until somebody does")), String::new())
        }
    };
    let because = format!("{} ({by}{until}, issue {issue})", frozen.because);
    entry(freeze, &format!("issue-{issue}"), Some(because))
}

fn entry(freeze: Freeze, place: &str, because: Option<String>) -> RuleEntry {
    let source = Source { file: format!("github:{place}"), line: 1 };
    RuleEntry::new(Rule::Freeze(freeze), Level::SoftMandatory, source, because)
}
