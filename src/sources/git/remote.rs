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

    /// The remote that a push goes to where nobody names one.
    #[must_use]
    pub fn push_remote(&self) -> String {
        let branch = self.current_branch().unwrap_or_default();
        let keys =
            [format!("branch.{branch}.pushremote"), "remote.pushdefault".to_owned(), format!("branch.{branch}.remote")];
        keys.iter().find_map(|key| self.configured(key)).unwrap_or_else(|| "origin".to_owned())
    }

    /// The branches of the remote that a push without refspecs moves; `None` stands for several that only git tells.
    #[must_use]
    pub fn push_target(&self) -> Option<String> {
        match self.configured("push.default").as_deref() {
            Some("matching") => None,
            Some("upstream" | "tracking") => {
                let merge = self.configured(&format!("branch.{}.merge", self.current_branch()?))?;
                Some(merge.strip_prefix("refs/heads/").unwrap_or(&merge).to_owned())
            }
            _ => self.current_branch(),
        }
    }

    /// The copy here of a branch of origin.
    #[must_use]
    pub fn remote_tip(&self, branch: &str) -> Option<CommitId> {
        let reference = self.inner.find_reference(&format!("refs/remotes/origin/{branch}")).ok()?;
        reference.peel_to_commit().ok().map(|commit| commit_id(commit.id()))
    }

    /// The address of a remote.
    #[must_use]
    pub fn remote_url(&self, name: &str) -> Option<String> {
        self.inner.find_remote(name).ok()?.url().ok().map(str::to_owned)
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
