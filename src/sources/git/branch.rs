//! The default branch, and what users should know about their clone.

use git2::ErrorCode;

use super::{Repo, commit_id, text};
use crate::engine::event::{CommitId, Instant};
use crate::engine::facts::{Known, Missing};

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
    /// A local branch called `main`.
    Main,
    /// A local branch called `master`.
    Master,
    /// What is checked out, for want of anything else.
    Head,
}

/// Something about the clone that makes facts older or fewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// Older history is missing; `git fetch --unshallow` brings it.
    Shallow,
    /// HEAD is on no branch.
    DetachedHead,
    /// The default branch is as it was at the last fetch.
    LastFetched { branch: String, at: Instant },
}

impl Repo {
    /// The default branch: origin/HEAD, else `main`, `master`, HEAD.
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
            ("refs/heads/main", FoundBy::Main),
            ("refs/heads/master", FoundBy::Master),
            ("HEAD", FoundBy::Head),
        ];
        let found = candidates.into_iter().find_map(|(name, found_by)| tip_of(name).map(|found| (found, found_by)));
        let ((reference, tip), found_by) =
            found.ok_or_else(|| Missing::new("the repository has no commits yet", "git commit"))?;
        let name = reference.strip_prefix("refs/remotes/").or_else(|| reference.strip_prefix("refs/heads/"));
        let name = name.unwrap_or(&reference).to_owned();
        let fetched_at = if found_by == FoundBy::OriginHead { self.fetched_at() } else { None };
        Ok(DefaultBranch { name, tip, fetched_at, found_by })
    }

    /// The copy of the remote's default branch, whose log knows of pushes made from here.
    pub(super) fn pushed_reference(&self) -> Option<String> {
        let branch = self.default_branch().ok()?;
        Some(match branch.found_by {
            FoundBy::OriginHead => format!("refs/remotes/{}", branch.name),
            _ => format!("refs/remotes/origin/{}", branch.name),
        })
    }

    fn fetched_at(&self) -> Option<Instant> {
        // A worktree fetches into its own FETCH_HEAD, yet moves the same branches.
        let places = [self.inner.commondir(), self.inner.path()];
        let times = places.iter().filter_map(|place| place.join("FETCH_HEAD").metadata().ok()?.modified().ok());
        times.max().map(Instant::from)
    }

    /// What a user should know about this clone.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        if self.is_shallow() {
            notes.push(Note::Shallow);
        }
        let unborn = self.inner.head().is_err_and(|error| error.code() == ErrorCode::UnbornBranch);
        if !unborn && self.inner.head_detached().unwrap_or(false) {
            notes.push(Note::DetachedHead);
        }
        if let Ok(DefaultBranch { name, fetched_at: Some(at), .. }) = self.default_branch() {
            notes.push(Note::LastFetched { branch: name, at });
        }
        notes
    }
}
