//! The default branch, and how old the copy of it is.

use super::{Repo, commit_id, text};
use crate::engine::event::{CommitId, Instant};
use crate::engine::facts::{Ancestry, Known, Missing};

/// The branch that deploys come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultBranch {
    /// `origin/main` for example; `HEAD` where it is detached.
    pub name: String,
    pub tip: CommitId,
    /// When the remote was last asked, where the branch is a copy of a remote's.
    pub fetched_at: Option<Instant>,
    pub found_by: FoundBy,
}

/// What named the default branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundBy {
    /// The remote's own default, `origin/HEAD`.
    OriginHead,
    /// A branch called `main` or `master`: the remote's copy, else the local one.
    Name,
    /// What is checked out, for want of anything else.
    Head,
}

impl Repo {
    /// The default branch: origin/HEAD, else `main`, `master`, HEAD; of a name the remote's copy, which nobody moves by
    /// committing here, before the local branch.
    ///
    /// # Errors
    /// Where the repository has no commit on any of them.
    pub fn default_branch(&self) -> Known<DefaultBranch> {
        let tip_of = |name: &str| {
            let reference = self.inner.find_reference(name).ok()?.resolve().ok()?;
            let tip = commit_id(reference.peel_to_commit().ok()?.id());
            Some((text(reference.name_bytes()), tip))
        };
        let candidates = [
            ("refs/remotes/origin/HEAD", FoundBy::OriginHead),
            ("refs/remotes/origin/main", FoundBy::Name),
            ("refs/remotes/origin/master", FoundBy::Name),
            ("refs/heads/main", FoundBy::Name),
            ("refs/heads/master", FoundBy::Name),
            ("HEAD", FoundBy::Head),
        ];
        let found = candidates.into_iter().find_map(|(name, found_by)| tip_of(name).map(|found| (found, found_by)));
        let ((reference, tip), found_by) =
            found.ok_or_else(|| Missing::new("the repository has no commits yet", "git commit"))?;
        let name = reference.strip_prefix("refs/remotes/").or_else(|| reference.strip_prefix("refs/heads/"));
        let name = name.unwrap_or(&reference).to_owned();
        let fetched_at = if reference.starts_with("refs/remotes/") { self.fetched_at() } else { None };
        Ok(DefaultBranch { name, tip, fetched_at, found_by })
    }

    /// Says which of origin's branches is the default one, as a clone would: a job's checkout does not.
    ///
    /// # Errors
    ///
    /// Fails where there is no copy of that branch here, or the reference cannot be written.
    pub fn set_default_branch(&self, name: &str) -> Known<()> {
        let target = format!("refs/remotes/origin/{name}");
        self.inner
            .find_reference(&target)
            .and_then(|_| self.inner.reference_symbolic("refs/remotes/origin/HEAD", &target, true, "deploy-rhythm"))
            .map(drop)
            .map_err(|error| {
                Missing::new(
                    format!("the branch origin/{name}: {}", error.message()),
                    format!("git fetch origin {name}"),
                )
            })
    }

    /// Whether HEAD, which is not on the default branch, has a file otherwise than that.
    #[must_use]
    pub fn change_brings(&self, path: &str) -> bool {
        let (Ok(head), Ok(branch)) = (self.head(), self.default_branch()) else { return false };
        let id = |commit: &CommitId| {
            self.commit(commit).ok()?.tree().ok()?.get_path(path.as_ref()).ok().map(|entry| entry.id())
        };
        let brought = id(&head).filter(|id_of_head| id(&branch.tip) != Some(*id_of_head));
        // An older commit of the branch itself is no change to it.
        brought.is_some() && head != branch.tip && !matches!(self.ancestry(&head, &branch.tip), Ok(Ancestry::Older))
    }

    /// The copy of the remote's default branch, whose log knows of pushes made from here.
    pub(super) fn pushed_reference(&self) -> Option<String> {
        let branch = self.default_branch().ok()?;
        let name = branch.name.strip_prefix("origin/").unwrap_or(&branch.name);
        Some(format!("refs/remotes/origin/{name}"))
    }

    fn fetched_at(&self) -> Option<Instant> {
        // A worktree fetches into its own FETCH_HEAD, yet moves the same branches.
        let places = [self.inner.commondir(), self.inner.path()];
        let times = places.iter().filter_map(|place| place.join("FETCH_HEAD").metadata().ok()?.modified().ok());
        times.max().map(Instant::from)
    }
}
