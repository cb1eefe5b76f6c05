//! The answer: findings with their evidence, and the decision that they make.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::calendar::second;
use super::event::{CommitId, Environment, Instant, Landing, Precision};
use super::facts::Missing;
use super::history::Rollout;
use super::lane::Lane;

/// Go now; not now; not this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Approve,
    Hold,
    Reject,
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Approve => "approve",
            Self::Hold => "hold",
            Self::Reject => "reject",
        })
    }
}

/// How strictly a rule is enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Reported, never blocks.
    Advisory,
    /// May be overridden, with a reason, by those allowed.
    SoftMandatory,
    /// No override.
    HardMandatory,
}

impl Level {
    /// The keys of a policy file, strictest first.
    pub const ALL: [(&'static str, Self); 3] = [
        ("hard-mandatory", Self::HardMandatory),
        ("soft-mandatory", Self::SoftMandatory),
        ("advisory", Self::Advisory),
    ];

    /// The key in a policy file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Advisory => "advisory",
            Self::SoftMandatory => "soft-mandatory",
            Self::HardMandatory => "hard-mandatory",
        }
    }

    /// Whether it may block.
    #[must_use]
    pub const fn is_mandatory(self) -> bool {
        !matches!(self, Self::Advisory)
    }
}

/// What became of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Met,
    NotMet,
    /// The facts to judge it are not there.
    Unknown,
    /// The lane passes it by.
    Skipped,
    /// An override lifts it.
    Overridden,
}

/// What one rule says at one instant, without its reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    Open,
    /// Shut until this instant, at the earliest.
    Until(Instant),
    /// Shut until somebody acts.
    Shut,
    /// Not this: somebody must change something.
    Reject,
    /// Not known; known at the instant given, where time alone brings that.
    Unknown(Option<Instant>),
}

impl Gate {
    /// The verdict that it stands for.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Open => Verdict::Approve,
            Self::Until(_) | Self::Shut | Self::Unknown(_) => Verdict::Hold,
            Self::Reject => Verdict::Reject,
        }
    }

    /// The instant before which it does not open, where there is one.
    #[must_use]
    pub const fn until(self) -> Option<Instant> {
        match self {
            Self::Until(instant) => Some(instant),
            Self::Unknown(instant) => instant,
            Self::Open | Self::Shut | Self::Reject => None,
        }
    }
}

/// One thing that a rule looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Evidence {
    Rollout(Rollout),
    Landing(Landing),
    /// A span of time: an opening, a freeze.
    Span {
        name: String,
        from: Instant,
        to: Instant,
    },
    Missing(Missing),
    Note {
        text: String,
    },
}

impl Evidence {
    /// A remark in words.
    pub fn note(text: impl Into<String>) -> Self {
        Self::Note { text: text.into() }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rollout(rollout) => rollout.fmt(out),
            Self::Landing(landing) => {
                let about = if landing.precision == Precision::Guessed { " (commit date)" } else { "" };
                write!(out, "{} landed {}{about} {}", landing.commit.short(), second(landing.at), landing.subject)
            }
            Self::Span { name, from, to } => write!(out, "{name}: {} to {}", second(*from), second(*to)),
            Self::Missing(missing) => write!(out, "missing: {missing}"),
            Self::Note { text } => out.write_str(text),
        }
    }
}

/// Where a rule stands written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    pub file: String,
    pub line: usize,
}

/// What one rule says about one request.
#[derive(Clone, Debug)]
pub struct Finding {
    pub rule: &'static str,
    /// The rule with its parameters, in words.
    pub asks: String,
    pub level: Level,
    pub verdict: Verdict,
    pub until: Option<Instant>,
    pub status: Status,
    pub message: String,
    /// What opens it, where it is shut.
    pub remedy: Option<String>,
    pub evidence: Vec<Evidence>,
    pub source: Source,
    pub because: Option<String>,
    pub owner: Option<String>,
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub struct Decision {
    pub verdict: Verdict,
    pub next_approval: Option<Instant>,
    pub at: Instant,
    pub environment: Environment,
    pub commit: CommitId,
    pub lane: Lane,
    pub lane_note: Option<String>,
    pub findings: Vec<Finding>,
}
