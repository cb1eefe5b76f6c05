//! A push before it lands: the branch as the remote has it, and the push as one landing now.

use super::{Gathered, Question, Subject};
use crate::engine::event::CommitId;
use crate::engine::facts::Missing;
use crate::engine::policy::{EnvironmentPolicy, Trigger};
use crate::engine::rules::RuleId;
use crate::error::Error;

/// A push that is judged.
#[derive(Clone, Debug)]
pub struct Pushing {
    /// What would land; none where only the host knows.
    pub commit: Option<CommitId>,
    /// Whether the remote has the branch already.
    pub is_new: bool,
    /// Whether the remote itself deploys what lands.
    pub deploys: bool,
}

/// The rules that judge a push in an environment which it does not deploy to.
const OF_PUSHES: [RuleId; 2] = [RuleId::PushFrequency, RuleId::FixChain];

/// The rules that look at what a commit holds.
const OF_CONTENT: [RuleId; 6] = [
    RuleId::FixChain,
    RuleId::BatchSize,
    RuleId::Governance,
    RuleId::RequiredChecks,
    RuleId::SoakTime,
    RuleId::StorageTopology,
];

impl Subject {
    /// The name of the branch that deploys, without its remote.
    #[must_use]
    pub fn deploying_branch(&self) -> Option<&str> {
        let name = &self.branch.as_ref().ok()?.name;
        Some(name.strip_prefix("origin/").unwrap_or(name))
    }

    /// The commit that the branch is at, as far as it is known here.
    #[must_use]
    pub fn branch_tip(&self) -> Option<&CommitId> {
        self.branch.as_ref().ok().map(|branch| &branch.tip)
    }

    /// Takes the branch for being where the remote says that it is.
    pub fn take_branch_at(&mut self, tip: CommitId) {
        if let Ok(branch) = &mut self.branch {
            branch.tip = tip;
            self.walked.take();
        }
    }

    /// Gathers what judges a push: every rule where landing deploys, else those about pushes.
    ///
    /// # Errors
    ///
    /// Fails where a source is there and cannot be read.
    pub fn gather_push(
        &self,
        mut policy: EnvironmentPolicy,
        question: &Question,
        pushing: &Pushing,
    ) -> Result<Gathered, Error> {
        let whole = pushing.deploys || policy.trigger == Some(Trigger::Push);
        let records = match whole {
            true => self.records(None, question, &policy.environment)?,
            // A push begins where the one before it ended, whatever was deployed.
            false => Err(Missing::new("deployments", "no rule of a push asks for them")),
        };
        policy.trigger = Some(Trigger::Push);
        let commit = match (&pushing.commit, self.branch_tip()) {
            (Some(commit), _) => commit.clone(),
            (None, Some(tip)) => tip.clone(),
            (None, None) => self.commit(None)?,
        };
        let mut gathered = self.gather(policy, commit, question.lane, records)?;
        if let Ok(pushes) = &mut gathered.facts.pushes {
            pushes.requested_landed = false;
            if pushing.is_new {
                pushes.landings.clear();
                pushes.complete_since = None;
            }
        }
        gathered.policy.rules.retain(|entry| {
            let id = entry.rule.id();
            (whole || OF_PUSHES.contains(&id)) && (pushing.commit.is_some() || !OF_CONTENT.contains(&id))
        });
        Ok(gathered)
    }
}
