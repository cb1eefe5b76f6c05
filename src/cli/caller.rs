//! Who calls: some acts are for somebody at a terminal. A guard rail against haste, no lock: a terminal can be pretended.

use super::Edge;
use crate::engine::policy::Policy;
use crate::error::Error;
use crate::ledger::entry::{Kept, Stage};
use crate::ledger::owner::Owner;
use crate::sources::git::Repo;
use crate::sources::policy::{Wanted, find};

/// What the policy may call this caller: an agent by its program, a CI job also by who started it, else the user.
fn names(edge: &Edge) -> Vec<&str> {
    let surroundings = &edge.surroundings;
    match (surroundings.agent, surroundings.ci) {
        (true, _) => vec!["claude-code"],
        (false, true) => ["ci"].into_iter().chain(surroundings.user.as_deref()).collect(),
        (false, false) => surroundings.user.iter().map(String::as_str).collect(),
    }
}

/// Lets an act pass that needs somebody at a terminal, or a caller that the policy in force names: one that the caller
/// brings would name the caller.
///
/// # Errors
///
/// Fails where there is neither.
pub(super) fn may(edge: &Edge, repo: Option<&Repo>, act: &str) -> Result<(), Error> {
    if edge.surroundings.attended {
        return Ok(());
    }
    let found = repo.and_then(|repo| find(Some(repo), None, Wanted::InForce).ok());
    may_by(edge, found.as_ref().map(|found| &found.policy), act)
}

/// As [`may`], by a policy that was found.
///
/// # Errors
///
/// Fails where there is neither.
pub(super) fn may_by(edge: &Edge, policy: Option<&Policy>, act: &str) -> Result<(), Error> {
    let allowed = policy.map(|policy| policy.hooks().without_terminal).unwrap_or_default();
    let named = names(edge).into_iter().any(|name| allowed.iter().any(|one| one == name));
    if edge.surroundings.attended || named {
        return Ok(());
    }
    Err(Error::usage(format!("a caller without a terminal cannot {act}")).hint(
        "ask somebody who sits at one, or whoever keeps the policy to name this caller under `hooks.without-terminal`",
    ))
}

/// Whether a rollout is another's: of another user, or of a `run` that is alive and not above this process.
pub(super) fn is_another_s(kept: &Kept, edge: &Edge) -> bool {
    let runs = matches!(kept.stage, Stage::Reserved | Stage::Running);
    let lives = kept.owner.as_ref().is_some_and(|owner| !owner.has_died() && !Owner::is_above(owner));
    runs && (kept.actor != edge.surroundings.user || lives)
}
