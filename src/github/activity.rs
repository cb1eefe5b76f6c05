//! What was pushed to a branch, and when: GitHub's own record, force pushes and merges among it.

use serde::Deserialize;

use super::Actor;
use super::ask::Ask;
use super::client::GitHub;
use super::pages::Paged;
use super::trouble::Trouble;

/// One change of a branch.
#[derive(Clone, Debug, Deserialize)]
pub struct Activity {
    /// Where the branch was; zeros where it began.
    #[serde(default)]
    pub before: String,
    /// Where it is since; zeros where it ended.
    pub after: String,
    pub timestamp: String,
    /// `push`, `force_push`, `pr_merge`, `merge_queue_merge`, `branch_creation`, `branch_deletion`.
    pub activity_type: String,
    #[serde(default)]
    pub actor: Option<Actor>,
}

impl GitHub {
    /// What changed a branch, newest first, until there is enough.
    ///
    /// # Errors
    ///
    /// Fails where not even a first page comes.
    pub fn activity(&self, branch: &str, enough: impl FnMut(&[Activity]) -> bool) -> Result<Paged<Activity>, Trouble> {
        let ask = Ask::get(self.below("/activity"), format!("pushes to {branch}"), "contents: read");
        self.pages(ask.with(&[("ref", &format!("refs/heads/{branch}"))]), |page: Vec<Activity>| page, enough)
    }
}
