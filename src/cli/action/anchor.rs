//! The outcome of a rollout at GitHub, with the decision's digest: a copy of the chain's link that no one who can write the
//! ledger alone can change.

use super::context::Context;
use super::inputs::Ended;
use super::traps;
use crate::github::{NewStatus, Trouble};
use crate::ledger::Ledger;
use crate::ledger::entry::{Event, Kept, Stage};
use crate::sources::git::Repo;

/// How the description of a deployment status begins that holds the digest of a decision.
pub const ANCHOR: &str = "deploy-rhythm sha256:";

/// Writes a deployment and its status, where the workflow names no environment, of which GitHub keeps a record itself. What
/// goes wrong is a remark: the ledger is what counts.
pub(super) fn put(context: &Context<'_>, ledger: &mut dyn Ledger, id: &str, ended: Ended) -> Option<String> {
    let settings = &context.edge.surroundings.github;
    if ended == Ended::Skipped || settings.token.is_none() {
        return None;
    }
    let repo = Repo::open(&context.inputs.folder).ok()?;
    if traps::of(context, &repo).is_ok_and(|traps| traps.names_environment != Some(false)) {
        return None;
    }
    let kept = ledger.read().ok()?.rollouts.get(id).filter(|kept| kept.stage == Stage::Running).cloned()?;
    let digest = digest(ledger, &kept)?;
    let told = tell(context, &kept, &digest, ended);
    told.err().map(|trouble| format!("GitHub has no record of this rollout: {trouble}"))
}

/// The hash of the entry that decided a rollout.
fn digest(ledger: &mut dyn Ledger, kept: &Kept) -> Option<String> {
    let decision = kept.decision.as_ref()?;
    let (entries, _) = ledger.entries();
    let decided = entries.iter().rev().find(|entry| match entry.event() {
        Ok((_, Event::Decided(decided))) => decided.id == *decision,
        _ => false,
    });
    decided.map(|entry| entry.hash.clone())
}

fn tell(context: &Context<'_>, kept: &Kept, digest: &str, ended: Ended) -> Result<(), Trouble> {
    let (Some(commit), hub) = (&kept.commit, context.github()?) else { return Ok(()) };
    let payload = serde_json::json!({"rollout": kept.id, "decision": kept.decision});
    let deployment =
        hub.create_deployment(commit, &kept.environment, &format!("deploy-rhythm {}", kept.id), &payload)?;
    let status = NewStatus {
        state: if ended == Ended::Success { "success" } else { "failure" }.to_owned(),
        description: format!("{ANCHOR}{digest}"),
        log_url: kept.url.clone(),
        ..NewStatus::default()
    };
    hub.create_deployment_status(deployment, &status).map(drop)
}
