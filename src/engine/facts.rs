//! The facts that a decision is made of: everything that rules may look at.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::event::{CommitId, Environment, Instant, Landing, Precision};
use super::history::{Rollout, Rollouts};
use super::lane::LaneRequest;

/// A fact that could not be had, and how to get it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    pub what: String,
    pub remedy: String,
}

impl Missing {
    /// Names what is missing and what to do about it.
    pub fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}; {}", self.what, self.remedy)
    }
}

/// A fact, or why it is not known.
pub type Known<T> = Result<T, Missing>;

/// Who asks to deploy what, where.
#[derive(Clone, Debug)]
pub struct DeployRequest {
    pub environment: Environment,
    pub commit: CommitId,
    pub lane: LaneRequest,
}

/// The landings on the default branch, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Pushes {
    pub landings: Vec<Landing>,
    /// Back to when they are complete; `None` is the very beginning.
    pub complete_since: Option<Instant>,
    /// Whether the requested commit has landed on the default branch.
    pub requested_landed: bool,
}

/// One landing of a batch.
#[derive(Clone, Debug)]
pub struct BatchLanding {
    pub landing: Landing,
    /// How many commits of the batch it brought.
    pub commits: usize,
}

/// What the requested rollout would ship.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The commit that the last success shipped; `None` where nothing was ever shipped.
    pub base: Option<CommitId>,
    /// The landings that brought the commits, oldest first.
    pub landings: Vec<BatchLanding>,
    /// The landings before the batch, oldest first, as far back as was walked.
    pub shipped: Vec<Landing>,
    /// Back to when `shipped` is complete; `None` is the very beginning.
    pub complete_since: Option<Instant>,
}

impl Batch {
    /// How many commits it holds.
    #[must_use]
    pub fn size(&self) -> usize {
        self.landings.iter().map(|landing| landing.commits).sum()
    }

    /// The landing with the oldest commit of the batch.
    #[must_use]
    pub fn oldest(&self) -> Option<&Landing> {
        let brought = self.landings.iter().filter(|landing| landing.commits > 0);
        brought.map(|landing| &landing.landing).min_by_key(|landing| landing.at)
    }

    /// The newest landing whose own batch holds at most `limit` commits.
    #[must_use]
    pub fn newest_within(&self, limit: usize) -> Option<&Landing> {
        let mut total = 0;
        let fitting = self.landings.iter().take_while(|landing| {
            total += landing.commits;
            total <= limit
        });
        fitting.last().map(|landing| &landing.landing)
    }
}

/// How the requested commit stands to what runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ancestry {
    /// The requested commit is what runs.
    Same,
    /// The requested commit is strictly older than what runs.
    Older,
    /// It is newer, or on another line.
    Other,
}

/// What a reader of facts outside the engine found, worst first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutsideFinding {
    /// `low`, `medium`, `high` or `critical`.
    #[serde(default)]
    pub level: super::rules::storage_topology::Severity,
    pub message: String,
    #[serde(default)]
    pub place: Option<String>,
}

/// How a check of the requested commit concluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    Success,
    Failure,
    Pending,
}

/// Leave, from somebody allowed to give it, to pass soft-mandatory rules once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Override {
    pub environment: Environment,
    pub commit: CommitId,
    pub reason: String,
    pub author: String,
    pub given_at: Instant,
    pub expires_at: Instant,
}

impl Override {
    /// The rollout that used it up: the first of its commit that started after it was given.
    #[must_use]
    pub fn used_by<'a>(&self, rollouts: &'a Rollouts) -> Option<&'a Rollout> {
        let mut after = rollouts.started_between(self.given_at, Instant::MAX_UTC).iter();
        after.find(|rollout| rollout.commit.as_ref() == Some(&self.commit))
    }
}

/// Spans of time read from a calendar file, sorted.
pub type Busy = Vec<(Instant, Instant)>;

impl Facts {
    /// The facts of a question that needs none of them but those that the caller adds.
    #[must_use]
    pub fn unread(request: DeployRequest) -> Self {
        let unread = || Missing::new("not read", "not needed");
        Self {
            request,
            rollouts: Err(unread()),
            own_rollouts: Err(unread()),
            elsewhere: BTreeMap::new(),
            pushes: Err(unread()),
            batch: Err(unread()),
            ancestry: Err(unread()),
            governance: Err(unread()),
            storage: Err(unread()),
            checks: Err(unread()),
            overrides: Vec::new(),
            calendars: BTreeMap::new(),
        }
    }

    /// The same without what has a guessed instant.
    #[must_use]
    pub fn without_guesses(&self) -> Self {
        let told =
            |known: &Known<Arc<Rollouts>>| known.as_ref().map(|all| Arc::new(all.recorded())).map_err(Clone::clone);
        let recorded = |landing: &Landing| landing.precision == Precision::Recorded;
        let mut facts = self.clone();
        (facts.rollouts, facts.own_rollouts) = (told(&self.rollouts), told(&self.own_rollouts));
        facts.elsewhere = self.elsewhere.iter().map(|(name, known)| (name.clone(), told(known))).collect();
        if let Ok(pushes) = &mut facts.pushes {
            pushes.landings.retain(recorded);
        }
        if let Ok(batch) = &mut facts.batch {
            batch.landings.retain(|landing| recorded(&landing.landing));
            batch.shipped.retain(recorded);
        }
        facts
    }
}

/// Everything that one decision is made of.
#[derive(Clone, Debug)]
pub struct Facts {
    pub request: DeployRequest,
    /// The rollouts to the requested environment's target.
    pub rollouts: Known<Arc<Rollouts>>,
    /// The rollouts of the requested environment alone.
    pub own_rollouts: Known<Arc<Rollouts>>,
    /// The rollouts of environments that rules name.
    pub elsewhere: BTreeMap<Environment, Known<Arc<Rollouts>>>,
    pub pushes: Known<Pushes>,
    pub batch: Known<Batch>,
    /// The requested commit against what runs; `None` where nothing runs.
    pub ancestry: Known<Option<Ancestry>>,
    pub governance: Known<Vec<OutsideFinding>>,
    pub storage: Known<Vec<OutsideFinding>>,
    pub checks: Known<BTreeMap<String, CheckState>>,
    pub overrides: Vec<Override>,
    /// The calendars that freezes name, by path.
    pub calendars: BTreeMap<String, Known<Busy>>,
}
