//! What happened: commits, landings and deployments, in the words of GitHub's Deployments API.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A point in time, UTC.
pub type Instant = DateTime<Utc>;

/// How the ids of the rollouts begin that the ledger records itself.
pub const LEDGER_ID: &str = "dr-";

/// Reads an instant, RFC 3339; a leap second is the second after it.
#[must_use]
pub fn parse_instant(text: &str) -> Option<Instant> {
    let instant = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    // chrono keeps 23:59:60 as a nanosecond count past the second, which no comparison of spans expects.
    match instant.timestamp_subsec_nanos().checked_sub(1_000_000_000) {
        Some(nanos) => Instant::from_timestamp(instant.timestamp() + 1, nanos),
        None => Some(instant),
    }
}

/// The full id of a commit, as the source wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct CommitId(Arc<str>);

impl CommitId {
    /// Wraps an id; case is folded, since ids are hexadecimal.
    #[must_use]
    pub fn new(id: &str) -> Self {
        // Without a way out of the loop, the bytes are looked at many at once.
        if id.bytes().fold(false, |any, byte| any | byte.is_ascii_uppercase()) {
            return Self(id.to_ascii_lowercase().into());
        }
        Self(id.into())
    }

    /// The whole id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight characters, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.char_indices().nth(8).map_or(&*self.0, |(end, _)| &self.0[..end])
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// The name of an environment, compared exactly.
pub type Environment = Arc<str>;

/// The state of a deployment record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeploymentState {
    Queued,
    Pending,
    Waiting,
    InProgress,
    Success,
    Failure,
    Error,
    /// A success that was superseded.
    Inactive,
}

impl DeploymentState {
    /// Every state, in the order a deployment passes them.
    pub const ALL: [(&'static str, Self); 8] = [
        ("queued", Self::Queued),
        ("pending", Self::Pending),
        ("waiting", Self::Waiting),
        ("in_progress", Self::InProgress),
        ("success", Self::Success),
        ("failure", Self::Failure),
        ("error", Self::Error),
        ("inactive", Self::Inactive),
    ];

    /// Whether the deployment has touched its environment.
    #[must_use]
    pub const fn has_started(self) -> bool {
        !matches!(self, Self::Queued | Self::Pending | Self::Waiting)
    }

    /// Whether nothing more happens to it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Success | Self::Failure | Self::Error | Self::Inactive)
    }

    /// Whether it ended badly.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Failure | Self::Error)
    }
}

/// How well an instant is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Recorded by whoever did it.
    Recorded,
    /// Guessed, from a commit date for example.
    Guessed,
}

/// One record of a deployment, as its source has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    pub id: Arc<str>,
    pub environment: Environment,
    pub commit: Option<CommitId>,
    /// What was deployed where no commit names it: an image digest, a configuration release.
    pub revision: Option<Arc<str>>,
    pub state: DeploymentState,
    pub started_at: Instant,
    pub finished_at: Option<Instant>,
    /// One attempt of one run: records of the same environment and run are one rollout.
    pub run: Option<Arc<str>>,
    pub actor: Option<Arc<str>>,
    pub url: Option<Arc<str>>,
    pub precision: Precision,
}

impl Deployment {
    /// Whether records name their runs, by the look of the first.
    #[must_use]
    pub fn name_runs<'a>(records: impl IntoIterator<Item = &'a Self>) -> bool {
        records.into_iter().take(100).any(|record| record.run.is_some())
    }
}

/// One landing on a branch: a merge, a squash or a direct push.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Landing {
    pub commit: CommitId,
    pub subject: String,
    pub at: Instant,
    pub precision: Precision,
    /// The files it changed against its first parent; empty where nobody asked.
    #[serde(skip)]
    pub files: Vec<String>,
}

impl Landing {
    /// Whether the subject reads like a fix of something that landed before.
    #[must_use]
    pub fn is_fix_like(&self) -> bool {
        is_fix_like(&self.subject)
    }
}

/// Whether a subject reads like a fix of something that landed before.
#[must_use]
pub fn is_fix_like(subject: &str) -> bool {
    let subject = subject.to_lowercase();
    let mut words = subject.split(|letter: char| !letter.is_alphanumeric());
    ["fix", "hotfix", "revert"].iter().any(|start| subject.starts_with(start))
        || words.any(|word| matches!(word, "fix" | "fixes" | "fixed"))
}
