//! Facts from a Git repository: nothing is fetched and nothing is written. Only this module knows `git2`.

mod batch;
mod branch;
mod change;
mod commits;
mod compare;
mod error;
mod landings;
mod objects;
mod paths;
mod reach;
mod remote;
mod tags;
mod touched;
mod tree;
mod trunk;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use git2::{ErrorCode, Oid, Repository};

use crate::engine::event::{CommitId, Instant};
use crate::engine::facts::{Known, Missing};

pub use branch::{DefaultBranch, FoundBy};
pub use commits::NoGraph;
pub use error::GitError;
pub use landings::{Clock, Landings, Now};
pub use paths::PathFilter;
pub use tags::{DeployTags, UnreadTag};
pub use tree::{CommitTree, Reach};
pub use trunk::{ReadBy, TrunkHistory};

/// A repository, opened for reading.
pub struct Repo {
    inner: Repository,
    /// The commits whose parents a shallow clone lacks.
    boundary: HashSet<Oid>,
}

impl Repo {
    /// Opens the repository that holds `path`.
    ///
    /// # Errors
    /// Where there is none, or one that another user owns.
    pub fn open(path: &Path) -> Result<Self, GitError> {
        // Git does not hash what it reads either; `git fsck` is the search for damage.
        git2::opts::strict_hash_verification(false);
        let directory =
            Repository::discover_path(path, std::iter::empty::<&Path>()).map_err(|error| open_error(path, error))?;
        let inner = Repository::open(&directory).map_err(|error| open_error(path, error))?;
        #[expect(
            clippy::disallowed_methods,
            reason = "libgit2 does not tell where a shallow clone ends; git's own file does"
        )]
        let listed = std::fs::read_to_string(inner.commondir().join("shallow")).unwrap_or_default();
        let boundary = listed.lines().filter_map(|line| Oid::from_str(line.trim()).ok()).collect();
        Ok(Self { inner, boundary })
    }

    /// The commit that HEAD is on.
    ///
    /// # Errors
    /// Where HEAD is on no commit.
    pub fn head(&self) -> Result<CommitId, GitError> {
        self.resolve("HEAD")
    }

    /// The commit that a revision names, through tags.
    ///
    /// # Errors
    /// Where it names none, or several.
    pub fn resolve(&self, revision: &str) -> Result<CommitId, GitError> {
        let name = || revision.to_owned();
        let object = self.inner.revparse_single(revision).map_err(|error| match error.code() {
            ErrorCode::NotFound => self.unknown(revision),
            ErrorCode::Ambiguous => GitError::AmbiguousRevision { revision: name() },
            ErrorCode::InvalidSpec => GitError::InvalidRevision { revision: name() },
            ErrorCode::Peel => GitError::NotACommit { revision: name() },
            _ if revision.contains('\0') || revision.is_empty() => GitError::InvalidRevision { revision: name() },
            _ => GitError::unreadable(format!("resolve {revision:?}"))(error),
        })?;
        let commit = object.peel_to_commit().map_err(|_| GitError::NotACommit { revision: name() })?;
        Ok(commit_id(commit.id()))
    }

    fn unknown(&self, revision: &str) -> GitError {
        // libgit2 calls a repository empty only where HEAD has the name that this machine gives new branches.
        if self.inner.references().is_ok_and(|mut references| references.next().is_none()) {
            return GitError::NoCommits;
        }
        if (revision.starts_with("HEAD") || revision.starts_with('@'))
            && let Some(branch) = self.unborn_branch()
        {
            return GitError::UnbornHead { branch };
        }
        let hint = if self.is_shallow() {
            "the clone is shallow: run `git fetch --unshallow`".to_owned()
        } else if revision.len() == 40 && Oid::from_str(revision).is_ok() {
            format!("fetch it with `git fetch origin {revision}`")
        } else {
            "check its spelling, or run `git fetch --tags`".to_owned()
        };
        GitError::UnknownRevision { revision: revision.to_owned(), hint }
    }

    fn unborn_branch(&self) -> Option<String> {
        let unborn = self.inner.head().is_err_and(|error| error.code() == ErrorCode::UnbornBranch);
        let head = self.inner.find_reference("HEAD").ok().filter(|_| unborn)?;
        let target = head.symbolic_target_bytes().map(text)?;
        Some(target.strip_prefix("refs/heads/").unwrap_or(&target).to_owned())
    }

    /// Whether the commit is here.
    #[must_use]
    pub fn contains(&self, commit: &CommitId) -> bool {
        self.find(commit).is_some()
    }

    /// Whether the clone lacks the older part of its history.
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        !self.boundary.is_empty()
    }

    /// Whether there is no working tree.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.inner.is_bare()
    }

    /// The working tree's root.
    #[must_use]
    pub fn workdir(&self) -> Option<&Path> {
        self.inner.workdir()
    }

    /// The repository's own directory; a worktree and a submodule have one each.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        self.inner.path()
    }

    /// The directory that all working trees of the repository share.
    #[must_use]
    pub fn shared_dir(&self) -> &Path {
        self.inner.commondir()
    }

    /// The address of the remote `origin`.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        self.inner.find_remote("origin").ok()?.url().ok().map(str::to_owned)
    }

    /// What of the working tree is in no commit, in words; none where all is, or where there is no working tree.
    ///
    /// # Errors
    /// Where it cannot be compared.
    pub fn uncommitted(&self) -> Result<Option<String>, GitError> {
        if self.is_bare() {
            return Ok(None);
        }
        let mut options = git2::StatusOptions::new();
        options.include_untracked(true).recurse_untracked_dirs(false).exclude_submodules(true);
        let found =
            self.inner.statuses(Some(&mut options)).map_err(GitError::unreadable("compare the working tree"))?;
        let first: Vec<String> = found.iter().take(3).map(|entry| text(entry.path_bytes())).collect();
        Ok(match found.len() {
            0 => None,
            count @ 1..=3 => Some(format!("{count} uncommitted: {}", first.join(", "))),
            count => Some(format!("{count} uncommitted: {}, …", first.join(", "))),
        })
    }

    /// When a commit was made, by its committer's clock.
    #[must_use]
    pub fn committed_at(&self, commit: &CommitId) -> Option<Instant> {
        self.find(commit).map(|commit| instant(commit.time()))
    }

    fn find(&self, commit: &CommitId) -> Option<git2::Commit<'_>> {
        let whole = commit.as_str().len() == 40;
        let id = Oid::from_str(commit.as_str()).ok().filter(|_| whole)?;
        self.inner.find_commit(id).ok()
    }

    fn require(&self, commit: &CommitId) -> Known<git2::Commit<'_>> {
        self.find(commit).ok_or_else(|| {
            let remedy = if self.is_shallow() {
                "git fetch --unshallow".to_owned()
            } else {
                format!("git fetch origin {commit}")
            };
            Missing::new(format!("commit {} is not in this repository", commit.short()), remedy)
        })
    }
}

fn open_error(path: &Path, error: git2::Error) -> GitError {
    match error.code() {
        ErrorCode::Owner => GitError::NotOwned { path: root_of(path) },
        ErrorCode::NotFound => GitError::NotARepository { path: path.to_owned() },
        _ if ["object format", "extension", "objectformat"].iter().any(|sign| error.message().contains(sign)) => {
            GitError::Unsupported { path: path.to_owned(), what: error.message().to_owned() }
        }
        _ => GitError::unreadable(format!("open the repository at {}", path.display()))(error),
    }
}

/// The directory that `safe.directory` must name: the working tree's root, or the bare repository.
fn root_of(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let root = whole.ancestors().find(|place| place.join(".git").exists() || place.join("HEAD").is_file());
    root.unwrap_or(&whole).to_owned()
}

fn commit_id(id: Oid) -> CommitId {
    CommitId::new(&id.to_string())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A date that no calendar holds counts as the epoch: the oldest guess delays nothing.
fn instant(time: git2::Time) -> Instant {
    Instant::from_timestamp(time.seconds(), 0).unwrap_or_default()
}
