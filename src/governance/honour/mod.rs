//! Directives against what commits really did; pure, one file a family.
//!
//! - [`change`]: what a change did, filled by whoever reads the repository; [`message`] and [`conventional`] read messages.
//! - [`finding`]: what comes out: violations, what was not judged and why, who was left out and why.
//! - [`hearing`]: one directive judged; [`exclusions`] says whom directives do not mean, [`params`] what they ask.
//! - the families: [`commit_format`], [`trailers`], [`ci_skip`], [`direct_push`], [`base_branch`], [`change_size`],
//!   [`secrets`], [`migration`], [`release`]; [`elsewhere`] names who judges the other kinds.

pub mod base_branch;
pub mod change;
pub mod change_size;
pub mod ci_skip;
pub mod commit_format;
pub mod conventional;
pub mod direct_push;
pub mod elsewhere;
pub mod exclusions;
pub mod finding;
pub mod hearing;
pub mod issue_key;
pub mod message;
pub mod migration;
pub mod params;
pub mod path_pattern;
pub mod release;
pub mod secrets;
pub mod trailers;

pub use change::{Arrival, Change, ChangedPath, Commit, Depth, Lines, Paths, Person, Request, Touch};
pub use finding::{Certainty, Exclusion, Honoured, Obstacle, Unjudged, Violation};
pub use message::Message;

use super::directive::{Directive, Kind};
use hearing::Hearing;

/// Judges a change by each directive on its own: one more directive never takes a violation away.
#[must_use]
pub fn honour(directives: &[Directive], change: &Change) -> Honoured {
    let mut honoured = Honoured::default();
    for directive in directives {
        let mut hearing = Hearing::new(directive, change, &mut honoured);
        if let Some(judge) = judge_of(directive.kind) {
            if hearing.applies() {
                judge(&mut hearing);
                hearing.close();
            }
        } else {
            elsewhere::name(&mut hearing);
        }
    }
    honoured
}

/// The family that judges a kind; `None` where commits do not tell.
fn judge_of(kind: Kind) -> Option<fn(&mut Hearing<'_>)> {
    match kind {
        Kind::CommitFormat => Some(commit_format::judge),
        Kind::Trailers => Some(trailers::judge),
        Kind::CiSkip => Some(ci_skip::judge),
        Kind::DirectPush => Some(direct_push::judge),
        Kind::BaseBranch => Some(base_branch::judge),
        Kind::ChangeSize => Some(change_size::judge),
        Kind::Secrets => Some(secrets::judge),
        Kind::Migration => Some(migration::judge),
        Kind::Release => Some(release::judge),
        Kind::DeployFrequency
        | Kind::DeployInterval
        | Kind::DeployWindow
        | Kind::Batching
        | Kind::FixChain
        | Kind::ForcePush
        | Kind::HooksBypass
        | Kind::ChecksBefore
        | Kind::ApprovalBefore
        | Kind::DeployPath => None,
    }
}
