//! The report: a decision with what it rests on; every output renders this one value.

use crate::engine::decision::Decision;
use crate::engine::event::Instant;

/// What the history of a decision was.
#[derive(Clone, Debug, Default)]
pub struct HistorySummary {
    /// Back to when deployments are complete; `None` is the very beginning, or nothing was found.
    pub complete_since: Option<Instant>,
    /// How many rollouts to the environment's target were read.
    pub deployments: usize,
    /// How many landings were read.
    pub pushes: usize,
    /// Where it came from, in words.
    pub sources: Vec<String>,
}

/// Whether a decision blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// A file that somebody wrote.
    Written,
    /// The built-in default, since there is no file.
    Default,
}

/// A decision and what it rests on.
#[derive(Clone, Debug)]
pub struct Report {
    pub decision: Decision,
    /// The subject of the requested commit, as its author wrote it.
    pub subject: Option<String>,
    /// What the policy is called, with where it was read: `.github/deploy-rhythm.yml at origin/main`.
    pub policy: String,
    pub policy_kind: PolicyKind,
    pub history: HistorySummary,
    /// Remarks for the reader: what is approximate, what differs, how old the last fetch is.
    pub notes: Vec<String>,
    /// The command that would override, for those who may.
    pub offer: Option<String>,
}
