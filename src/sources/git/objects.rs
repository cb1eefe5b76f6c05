//! What commits hold: subjects, files and changes.

use std::ops::ControlFlow;

use git2::{Commit, ObjectType, Oid, Tree};

use super::{GitError, PathFilter, Repo, text};
use crate::engine::event::CommitId;

/// How many changed files of one commit are listed.
const FILES: usize = 10_000;

/// The mode of a symbolic link in a tree.
pub(super) const LINK: i32 = 0o120_000;

impl Repo {
    /// The first line of a commit's message.
    #[must_use]
    pub fn subject(&self, commit: &CommitId) -> Option<String> {
        self.find(commit).map(|commit| subject(&commit))
    }

    /// A file's content at a commit; `None` where that has no such file. One relative symbolic link is followed.
    ///
    /// # Errors
    /// Where the path leaves the repository, is no file, or holds more than `limit_bytes`.
    pub fn read_at(&self, commit: &CommitId, path: &str, limit_bytes: usize) -> Result<Option<Vec<u8>>, GitError> {
        let tree = self.commit(commit)?.tree().map_err(GitError::unreadable("read a commit's tree"))?;
        let asked = normal_path("", path).filter(|_| !path.split('/').any(|part| part == ".."));
        let asked = asked.ok_or_else(|| GitError::UnsafePath { path: path.to_owned() })?;
        let Some((id, mode)) = self.entry(&tree, &asked)? else { return Ok(None) };
        if mode != LINK {
            return self.content(id, path, limit_bytes).map(Some);
        }
        let target = text(&self.content(id, path, limit_bytes)?);
        let folder = asked.rsplit_once('/').map_or("", |(folder, _)| folder);
        let target = normal_path(folder, &target).ok_or_else(|| GitError::UnsafePath { path: path.to_owned() })?;
        match self.entry(&tree, &target)? {
            Some((id, mode)) if mode != LINK => self.content(id, path, limit_bytes).map(Some),
            _ => Err(GitError::NotAFile { path: path.to_owned() }),
        }
    }

    fn entry(&self, tree: &Tree<'_>, path: &str) -> Result<Option<(Oid, i32)>, GitError> {
        match tree.get_path(path.as_ref()) {
            Ok(entry) if entry.kind() == Some(ObjectType::Blob) => Ok(Some((entry.id(), entry.filemode()))),
            Ok(_) => Err(GitError::NotAFile { path: path.to_owned() }),
            Err(error) if error.code() == git2::ErrorCode::NotFound && self.inner.odb().is_ok() => Ok(None),
            Err(error) => Err(GitError::unreadable(format!("look for {path}"))(error)),
        }
    }

    pub(super) fn content(&self, id: Oid, path: &str, limit: usize) -> Result<Vec<u8>, GitError> {
        let header = self.inner.odb().and_then(|objects| objects.read_header(id));
        let (size, _) = header.map_err(GitError::unreadable(format!("read {path}")))?;
        if size > limit {
            return Err(GitError::TooLarge { path: path.to_owned(), size, limit });
        }
        let blob = self.inner.find_blob(id).map_err(GitError::unreadable(format!("read {path}")))?;
        Ok(blob.content().to_vec())
    }

    /// The files that a commit changed against its first parent, sorted, at most 10,000.
    ///
    /// # Errors
    /// Where the commit, or a folder of it, is not here.
    pub fn files(&self, commit: &CommitId) -> Result<Vec<String>, GitError> {
        let mut files = Vec::new();
        self.changes(&self.commit(commit)?, &mut |touched| {
            files.push(text(touched.path));
            if files.len() < FILES { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        files.sort_unstable();
        Ok(files)
    }

    /// Whether a commit changed a file that the filter names, against its first parent.
    ///
    /// # Errors
    /// Where the commit, or a folder of it, is not here.
    pub fn touches(&self, commit: &CommitId, paths: &PathFilter) -> Result<bool, GitError> {
        self.commit(commit).and_then(|commit| self.touched(&commit, paths))
    }

    pub(super) fn touched(&self, commit: &Commit<'_>, paths: &PathFilter) -> Result<bool, GitError> {
        let mut touched = false;
        self.changes(commit, &mut |file| {
            touched = paths.matches(&text(file.path));
            if touched { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(touched)
    }

    /// A commit's parents; none where a shallow clone ends.
    pub(super) fn parents(&self, commit: &Commit<'_>) -> Vec<Oid> {
        if self.boundary.contains(&commit.id()) { Vec::new() } else { commit.parent_ids().collect() }
    }

    pub(super) fn commit(&self, commit: &CommitId) -> Result<Commit<'_>, GitError> {
        self.find(commit).ok_or_else(|| self.unknown(commit.as_str()))
    }
}

pub(super) fn subject(commit: &Commit<'_>) -> String {
    commit.summary_bytes().map(text).unwrap_or_default()
}

/// Joins a path to a folder of the tree; `None` where it leaves the tree or names its root.
fn normal_path(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains(['\\', '\0']) {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    if parts.is_empty() { None } else { Some(parts.join("/")) }
}
