//! GitHub's record of what landed on a branch: each push, force pushes among them, and the very instant of it.

use crate::engine::event::{CommitId, Instant, Landing, Precision};
use crate::github::{Activity, GitHub, Trouble};
use crate::render::clean;

/// The pushes to a branch, oldest first, and since when they are complete.
#[derive(Clone, Debug, Default)]
pub struct Pushed {
    pub landings: Vec<Landing>,
    pub complete_since: Option<Instant>,
}

/// Reads the pushes to a branch since an instant; their subjects are for the repository to tell.
///
/// # Errors
///
/// Fails where there is no record, or one that cannot be read.
pub fn read(hub: &GitHub, branch: &str, since: Instant) -> Result<Pushed, Trouble> {
    let at = |one: &Activity| super::rollouts::instant(&one.timestamp, "a push");
    let covered = |all: &[Activity]| all.last().and_then(|one| at(one).ok()).is_some_and(|oldest| oldest <= since);
    let paged = hub.activity(branch, covered)?;
    let mut landings = Vec::new();
    let mut oldest = Instant::MAX_UTC;
    for one in &paged.items {
        let at = at(one)?;
        oldest = oldest.min(at);
        if matches!(one.activity_type.as_str(), "push" | "force_push" | "pr_merge" | "merge_queue_merge") {
            landings.push(Landing {
                commit: CommitId::new(&clean(&one.after)),
                subject: String::new(),
                at,
                precision: Precision::Recorded,
                files: Vec::new(),
            });
        }
    }
    landings.sort_by_key(|landing| landing.at);
    Ok(Pushed { landings, complete_since: (!paged.whole).then_some(oldest) })
}
