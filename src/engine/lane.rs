//! Lanes: which rules a hotfix or a rollback passes by, and how a rollback is recognised.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::facts::{Ancestry, Facts};
use super::rules::RuleId;

/// The lane that a request takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    Normal,
    Hotfix,
    Rollback,
}

impl Lane {
    /// Every lane by its name.
    pub const ALL: [(&'static str, Self); 3] =
        [("normal", Self::Normal), ("hotfix", Self::Hotfix), ("rollback", Self::Rollback)];

    /// The rules that it passes by where a policy does not say otherwise.
    #[must_use]
    pub fn default_skips(self) -> BTreeSet<RuleId> {
        match self {
            Self::Normal => BTreeSet::new(),
            Self::Hotfix => BTreeSet::from([
                RuleId::MaxFrequency,
                RuleId::MinInterval,
                RuleId::PushFrequency,
                RuleId::FixChain,
                RuleId::BatchSize,
                RuleId::DeploymentWindow,
                RuleId::FailureCooldown,
            ]),
            Self::Rollback => RuleId::ALL.into_iter().filter(|rule| *rule != RuleId::NoOverlap).collect(),
        }
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Normal => "normal",
            Self::Hotfix => "hotfix",
            Self::Rollback => "rollback",
        })
    }
}

/// The lane that was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LaneRequest {
    /// Nobody asked: a rollback is recognised by itself.
    #[default]
    Found,
    /// Somebody asked.
    Asked(Lane),
}

/// The lane that a request gets, and a remark for the reader where one is due.
#[must_use]
pub fn choose(facts: &Facts) -> (Lane, Option<String>) {
    let asked = match facts.request.lane {
        LaneRequest::Asked(Lane::Rollback) => true,
        LaneRequest::Asked(lane) => return (lane, None),
        LaneRequest::Found => false,
    };
    let older = match &facts.ancestry {
        Ok(Some(Ancestry::Older)) => true,
        Ok(Some(Ancestry::Same)) if asked => {
            return refused("the requested commit is what runs: a redeploy is a normal request");
        }
        Ok(None) if asked => return refused("nothing is known to run here, so nothing can be rolled back"),
        Ok(Some(Ancestry::Other)) if asked => return refused("the requested commit is not an ancestor of what runs"),
        Err(missing) if asked => return refused(&missing.to_string()),
        _ => false,
    };
    if !older {
        return (Lane::Normal, None);
    }
    let succeeded = facts.own_rollouts.as_ref().is_ok_and(|rollouts| rollouts.has_succeeded(&facts.request.commit));
    match (succeeded, asked) {
        (true, _) => {
            (Lane::Rollback, Some("rollback: the commit succeeded here before and is older than what runs".to_owned()))
        }
        (false, true) => (
            Lane::Rollback,
            Some("rollback asked for: the commit is older than what runs; no success of it here is known".to_owned()),
        ),
        (false, false) => (Lane::Normal, None),
    }
}

fn refused(why: &str) -> (Lane, Option<String>) {
    (Lane::Normal, Some(format!("not a rollback, judged as a normal request: {why}")))
}
