//! What comes out of honouring: violations, what was not judged, and who was left out.

use serde::Serialize;

use crate::engine::event::CommitId;
use crate::engine::facts::Missing;
use crate::governance::directive::Place;

/// How well a violation is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// Git alone cannot tell, or the directive has an exception or a condition that commits do not show.
    Guessed,
    /// The commits say it.
    Told,
}

/// A directive that a change does not keep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The id of the directive.
    pub directive: String,
    /// Where the directive stands.
    pub place: Place,
    /// The commit that breaks it; `None` is what has not landed, as a whole.
    pub commit: Option<CommitId>,
    /// Whether the default branch holds it: nothing mends it there but rewriting that, so it only advises.
    pub landed: bool,
    pub message: String,
    pub certainty: Certainty,
}

/// Why a directive, or a part of it, was not judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Obstacle {
    /// A rule of the policy judges it, from pushes and deployments.
    Rule,
    /// The host alone knows.
    Host,
    /// No record holds it.
    NoTrace,
    /// The directive says nothing that can be measured.
    Unbound,
    /// A fact is not here, and could be.
    Missing(Missing),
}

/// A directive, or a part of one, that was not judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unjudged {
    /// The id of the directive.
    pub directive: String,
    /// Where the directive stands.
    pub place: Place,
    pub obstacle: Obstacle,
    /// The same for people.
    pub why: String,
}

/// A commit that a directive does not mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exclusion {
    /// The id of the directive.
    pub directive: String,
    pub commit: CommitId,
    pub reason: &'static str,
}

/// What honouring found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Honoured {
    pub violations: Vec<Violation>,
    pub unjudged: Vec<Unjudged>,
    pub excluded: Vec<Exclusion>,
    /// The ids of the directives that commits did judge, in part at least, as they come.
    pub judged: Vec<String>,
}
