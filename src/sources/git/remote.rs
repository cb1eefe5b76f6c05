//! Where a push goes, and where its hooks lie.

use std::path::PathBuf;

use super::{Repo, commit_id, text};
use crate::engine::event::CommitId;

impl Repo {
    /// The branch that is checked out; none where HEAD is detached.
    #[must_use]
    pub fn current_branch(&self) -> Option<String> {
        let head = self.inner.find_reference("HEAD").ok()?;
        let target = head.symbolic_target_bytes().map(text)?;
        target.strip_prefix("refs/heads/").map(str::to_owned)
    }

    /// A value of git's configuration.
    #[must_use]
    pub fn configured(&self, key: &str) -> Option<String> {
        self.inner.config().ok()?.snapshot().ok()?.get_string(key).ok()
    }

    /// Whether there is a branch of this name here, or a copy of one at a remote that would become it.
    #[must_use]
    pub fn has_branch(&self, name: &str) -> bool {
        self.inner.find_branch(name, git2::BranchType::Local).is_ok() || self.remote_tip(name).is_some()
    }

    /// The remote that a push from a branch goes to where nobody names one.
    #[must_use]
    pub fn push_remote(&self, branch: Option<&str>) -> String {
        let branch = branch.unwrap_or_default();
        let keys =
            [format!("branch.{branch}.pushremote"), "remote.pushdefault".to_owned(), format!("branch.{branch}.remote")];
        keys.iter().find_map(|key| self.configured(key)).unwrap_or_else(|| "origin".to_owned())
    }

    /// What a push without refspecs from a branch moves at the remote; `None` stands for several that only git tells.
    #[must_use]
    pub fn push_target(&self, branch: Option<&str>) -> Option<String> {
        match self.configured("push.default").as_deref() {
            Some("matching") => None,
            Some("upstream" | "tracking") => {
                let merge = self.configured(&format!("branch.{}.merge", branch?))?;
                Some(merge.strip_prefix("refs/heads/").unwrap_or(&merge).to_owned())
            }
            _ => branch.map(str::to_owned),
        }
    }

    /// The refspecs that a remote is pushed with where nobody names one.
    #[must_use]
    pub fn push_refspecs(&self, remote: &str) -> Vec<String> {
        let Ok(remote) = self.inner.find_remote(remote) else { return Vec::new() };
        let Ok(all) = remote.push_refspecs() else { return Vec::new() };
        all.iter().flatten().flatten().map(str::to_owned).collect()
    }

    /// Whether a remote is pushed to as a mirror: every branch.
    #[must_use]
    pub fn is_mirror(&self, remote: &str) -> bool {
        self.configured(&format!("remote.{remote}.mirror"))
            .is_some_and(|value| matches!(&*value, "true" | "yes" | "on" | "1"))
    }

    /// The copy here of a branch of origin.
    #[must_use]
    pub fn remote_tip(&self, branch: &str) -> Option<CommitId> {
        let reference = self.inner.find_reference(&format!("refs/remotes/origin/{branch}")).ok()?;
        reference.peel_to_commit().ok().map(|commit| commit_id(commit.id()))
    }

    /// The address that a push to a remote goes to; an address itself is one, as `url.….insteadOf` has it.
    #[must_use]
    pub fn remote_url(&self, name: &str) -> Option<String> {
        let remote = self.inner.find_remote(name).or_else(|_| self.inner.remote_anonymous(name)).ok()?;
        let push = remote.pushurl().ok().flatten().map(str::to_owned);
        push.or_else(|| remote.url().ok().map(str::to_owned))
    }

    /// The folder that git takes hooks from: `core.hooksPath`, counted from the working tree, else that of all working trees.
    #[must_use]
    pub fn hooks_dir(&self) -> PathBuf {
        let shared = self.inner.commondir().join("hooks");
        let Ok(config) = self.inner.config() else { return shared };
        match config.get_path("core.hooksPath") {
            Ok(path) => self.workdir().unwrap_or(self.git_dir()).join(path),
            Err(_) => shared,
        }
    }
}
