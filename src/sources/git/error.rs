//! What can go wrong with a repository, each with the way out.

use std::path::PathBuf;

/// Why a repository does not give what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no repository.
    #[error("{} is not in a Git repository; name one with `--repo DIR`, or create one with `git init`", .path.display())]
    NotARepository { path: PathBuf },
    /// The repository belongs to another user.
    #[error("the repository {0} belongs to another user; trust it with `git config --global --add safe.directory {0}`", .path.display())]
    NotOwned { path: PathBuf },
    /// The repository is kept in a way that libgit2 does not read.
    #[error("the repository {} is kept in a way that is not read ({what}): SHA-256 objects and reftables are not supported", .path.display())]
    Unsupported { path: PathBuf, what: String },
    /// The repository is empty.
    #[error("the repository has no commits yet; make the first one with `git commit`")]
    NoCommits,
    /// HEAD names a branch that does not exist.
    #[error("HEAD is on branch {branch}, which has no commits yet; commit to it, or name another revision")]
    UnbornHead { branch: String },
    /// Nothing has that name.
    #[error("there is no revision {revision:?} in this repository; {hint}")]
    UnknownRevision { revision: String, hint: String },
    /// A prefix fits several objects.
    #[error("{revision:?} is ambiguous; write more characters of the id")]
    AmbiguousRevision { revision: String },
    /// The name is no name.
    #[error("{revision:?} cannot be read as a revision; name a branch, a tag or a commit id")]
    InvalidRevision { revision: String },
    /// The name is one of something else.
    #[error("{revision:?} is not a commit; name a branch, a tag of a commit or a commit id")]
    NotACommit { revision: String },
    /// The path leaves the repository.
    #[error("the path {path:?} leaves the repository; write it relative to the repository's root, without `..`")]
    UnsafePath { path: String },
    /// The path is a directory, a submodule or a link to one.
    #[error("{path} is not a regular file at that commit; name a file, or commit one there")]
    NotAFile { path: String },
    /// The file is bigger than its reader takes.
    #[error("{path} has {size} bytes and {limit} are allowed; make it smaller")]
    TooLarge { path: String, size: usize, limit: usize },
    /// A pattern says nothing.
    #[error("the pattern {pattern:?} cannot be used: {reason}")]
    BadPattern { pattern: String, reason: &'static str },
    /// Git's own objects cannot be read.
    #[error("cannot {act}: {}; look for damage with `git fsck`", .source.message())]
    Unreadable { act: String, source: git2::Error },
}

impl GitError {
    pub(super) fn unreadable(act: impl Into<String>) -> impl FnOnce(git2::Error) -> Self {
        let act = act.into();
        move |source| Self::Unreadable { act, source }
    }
}
