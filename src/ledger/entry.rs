//! What a ledger holds: events, and the rollouts that they make.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::chain::Account;
use super::instant;
use super::owner::Owner;
use super::word::Word;
use crate::engine::decision::Verdict;
use crate::engine::event::{CommitId, Deployment, DeploymentState, Environment, Instant, Precision};
use crate::engine::lane::Lane;

/// Where a rollout of the ledger stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Approved, not started: it holds its slot until it expires.
    Reserved,
    Running,
    Success,
    Failure,
    /// Its slot was given back before it started.
    GivenBack,
    /// Recorded by mistake: it never touched the environment.
    Void,
}

impl Stage {
    /// The word for people and programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Running => "running",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::GivenBack => "given back",
            Self::Void => "void",
        }
    }
}

/// One rollout that the ledger knows, from its reservation on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub id: String,
    /// The repository, host and path; `.` where nothing names it and the ledger is its own.
    pub repository: String,
    pub environment: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    pub lane: Lane,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The run of the pipeline that deploys, where that is not the ledger's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The decision that let it go; none where it was only recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// What of the working tree was in no commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dirty: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    pub stage: Stage,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "instant::read")]
    pub reserved_at: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "instant::read")]
    pub expires_at: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "instant::read")]
    pub started_at: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "instant::read")]
    pub finished_at: Option<Instant>,
    /// The command's own exit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<i32>,
    /// When it was told, where that is later than its start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Instant>,
    /// It started whatever the verdict was; none where it was let go, or only recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub glass: Option<Glass>,
}

/// That somebody broke the glass, and who has seen it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Glass {
    /// The verdict as it stood; none where it could not be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_by: Option<String>,
}

impl Kept {
    /// A rollout of which no more is known.
    #[must_use]
    pub fn new(id: String, account: &Account, stage: Stage) -> Self {
        Self {
            id,
            repository: account.repository.clone(),
            environment: account.environment.clone(),
            target: None,
            commit: None,
            revision: None,
            lane: Lane::Normal,
            reason: None,
            actor: None,
            url: None,
            run: None,
            decision: None,
            dirty: None,
            owner: None,
            stage,
            reserved_at: None,
            expires_at: None,
            started_at: None,
            finished_at: None,
            exit: None,
            told_at: None,
            glass: None,
        }
    }

    /// Whether it holds a slot without having started.
    #[must_use]
    pub fn holds_place(&self, now: Instant) -> bool {
        self.stage == Stage::Reserved && self.expires_at.is_none_or(|end| now < end)
    }

    /// The record that rules look at; none where it holds no slot.
    ///
    /// A reservation counts as starting at every instant judged until it starts: it may start then, and no later approval
    /// can come closer to it than the rules allow.
    #[must_use]
    pub fn deployment(&self, now: Instant) -> Option<Deployment> {
        let state = match self.stage {
            Stage::Reserved if self.holds_place(now) => DeploymentState::InProgress,
            Stage::Running => DeploymentState::InProgress,
            Stage::Success => DeploymentState::Success,
            Stage::Failure => DeploymentState::Failure,
            Stage::Reserved | Stage::GivenBack | Stage::Void => return None,
        };
        let started_at = match self.stage {
            Stage::Reserved => self.reserved_at?.max(now),
            _ => self.started_at?,
        };
        let text = |text: &Option<String>| text.as_deref().map(Arc::from);
        Some(Deployment {
            id: self.id.as_str().into(),
            environment: Environment::from(self.environment.as_str()),
            commit: self.commit.as_deref().map(CommitId::new),
            revision: text(&self.revision),
            state,
            started_at,
            finished_at: self.finished_at,
            run: text(&self.run).or_else(|| Some(self.id.as_str().into())),
            actor: text(&self.actor),
            url: text(&self.url),
            precision: Precision::Recorded,
        })
    }

    /// What it ships, for people.
    #[must_use]
    pub fn what(&self) -> String {
        match (&self.commit, &self.revision) {
            (Some(commit), _) => CommitId::new(commit).short().to_owned(),
            (None, Some(revision)) => revision.clone(),
            (None, None) => "?".to_owned(),
        }
    }
}

/// How a request ended that was let go by nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// It waited as long as it was told to.
    TimedOut,
    /// Somebody stopped it.
    Stopped,
    /// One whose commit contains its commit took its place.
    Superseded,
}

/// A judgement, as it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    pub id: String,
    /// The request that it judges; one that waits is judged several times.
    pub request: String,
    pub commit: String,
    pub lane: Lane,
    pub verdict: Verdict,
    pub policy: String,
    /// SHA-256 of the resolved policy of the environment.
    pub policy_digest: String,
    /// SHA-256 of all facts that it rests on.
    pub facts_digest: String,
    /// What `check --format json` would have printed.
    pub report: serde_json::Value,
}

/// One thing that happened; entries of the chain are made of these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Event {
    Decided(Box<Decided>),
    Reserved {
        rollout: Box<Kept>,
    },
    /// A reservation became a rollout.
    Started {
        id: String,
    },
    /// A rollout that nobody asked leave for is told.
    Recorded {
        rollout: Box<Kept>,
    },
    Finished {
        id: String,
        stage: Stage,
        exit: Option<i32>,
        by: Option<String>,
        /// When it ended, where that is told later.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Instant>,
    },
    GivenBack {
        id: String,
        because: String,
    },
    Void {
        id: String,
        because: String,
        by: Option<String>,
    },
    Ended {
        request: String,
        ending: Ending,
        because: String,
    },
    /// Somebody has seen that the glass was broken.
    Acknowledged {
        id: String,
        by: Option<String>,
        because: Option<String>,
    },
    /// An override, a freeze, or since when the record is whole.
    Said {
        word: Box<Word>,
    },
    /// An override is revoked, a freeze thawed.
    Withdrawn {
        id: String,
        by: Option<String>,
        because: Option<String>,
    },
}

/// The rollouts of a ledger by their ids.
pub type Rollouts = BTreeMap<String, Kept>;

/// Reads rollouts as their home keeps them.
///
/// # Errors
///
/// Says what cannot be read.
pub fn read_rollouts(bodies: &[String]) -> Result<Vec<(String, Kept)>, String> {
    let one = |body: &String| serde_json::from_str(body).map(|kept: Kept| (kept.id.clone(), kept));
    bodies.iter().map(one).collect::<Result<_, _>>().map_err(|error| format!("a rollout in it: {error}"))
}

/// Applies an event; returns the id of the rollout that it changes.
///
/// # Errors
///
/// Says in one sentence why it cannot happen.
pub fn apply(rollouts: &mut Rollouts, at: Instant, event: &Event) -> Result<Option<String>, String> {
    let id = match event {
        Event::Decided(_) | Event::Ended { .. } | Event::Said { .. } | Event::Withdrawn { .. } => return Ok(None),
        Event::Reserved { rollout } | Event::Recorded { rollout } => {
            if rollouts.contains_key(&rollout.id) {
                return Err(format!("{} is in the ledger already", rollout.id));
            }
            rollouts.insert(rollout.id.clone(), (**rollout).clone());
            return Ok(Some(rollout.id.clone()));
        }
        Event::Started { id }
        | Event::Finished { id, .. }
        | Event::GivenBack { id, .. }
        | Event::Void { id, .. }
        | Event::Acknowledged { id, .. } => id,
    };
    let kept = rollouts.get_mut(id).ok_or_else(|| format!("the ledger has no rollout {id}"))?;
    kept.change(at, event)?;
    Ok(Some(id.clone()))
}

impl Kept {
    fn change(&mut self, at: Instant, event: &Event) -> Result<(), String> {
        let is = self.stage.name();
        let id = &self.id;
        match event {
            Event::Started { .. } | Event::GivenBack { .. } if self.stage != Stage::Reserved => {
                return Err(format!("{id} is no reservation: it is {is}"));
            }
            Event::Started { .. } if !self.holds_place(at) => {
                return Err(format!("the reservation {id} has expired"));
            }
            Event::Finished { .. } if self.stage != Stage::Running => {
                return Err(format!("{id} does not run: it is {is}"));
            }
            Event::Void { .. } if !matches!(self.stage, Stage::Reserved | Stage::Running) => {
                return Err(format!("{id} is over ({is}), and stays that"));
            }
            Event::Started { .. } => (self.stage, self.started_at) = (Stage::Running, Some(at)),
            Event::Finished { stage, exit, at: told, .. } => {
                // What is told late ended neither before it started nor after it was told.
                let end = told.map_or(at, |told| told.min(at).max(self.started_at.unwrap_or(told)));
                (self.stage, self.finished_at, self.exit) = (*stage, Some(end), *exit);
            }
            Event::Acknowledged { by, .. } => match &mut self.glass {
                Some(glass) if glass.seen_at.is_none() => (glass.seen_at, glass.seen_by) = (Some(at), by.clone()),
                Some(_) => return Err(format!("{id} is acknowledged already")),
                None => return Err(format!("{id} broke no glass: there is nothing to acknowledge")),
            },
            Event::GivenBack { .. } => self.stage = Stage::GivenBack,
            Event::Void { .. } => self.stage = Stage::Void,
            Event::Decided(_)
            | Event::Reserved { .. }
            | Event::Recorded { .. }
            | Event::Ended { .. }
            | Event::Said { .. }
            | Event::Withdrawn { .. } => {}
        }
        Ok(())
    }
}
