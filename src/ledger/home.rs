//! Which ledger is meant: `--ledger`, else `DEPLOY_RHYTHM_LEDGER`, else a file in the repository's git directory.

use std::path::{Path, PathBuf};

use super::journal::Journal;
use super::sqlite::{PATIENCE, Sqlite};
use super::{Ledger, Trouble};
use crate::engine::event::Instant;
use crate::error::Error;

/// The ledger's place in the git directory that all worktrees share.
const IN_GIT: &str = "deploy-rhythm/ledger.sqlite";

/// The journal's place there, whichever ledger it is of.
const JOURNAL: &str = "deploy-rhythm/journal.jsonl";

/// What keeps a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A SQLite file.
    File(PathBuf),
}

/// Where a ledger is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    pub place: Place,
    /// Whether it is of this repository alone.
    pub own: bool,
    /// Whether it lies in the repository's git directory, and is gone with it.
    pub inside: bool,
    journal: PathBuf,
}

impl Home {
    /// The home that a name means; without one, the file in the git directory.
    ///
    /// # Errors
    ///
    /// Fails where the name is that of a home which this release does not have.
    pub fn find(named: Option<&str>, git_directory: &Path) -> Result<Self, Error> {
        let journal = git_directory.join(JOURNAL);
        let Some(named) = named else {
            return Ok(Self { place: Place::File(git_directory.join(IN_GIT)), own: true, inside: true, journal });
        };
        let path = match named.split_once(':') {
            Some(("git", _)) => return Err(refused("a ledger on the git remote (`git:…`)")),
            Some(("postgres" | "postgresql", _)) => return Err(refused("a ledger in PostgreSQL (`postgres:…`)")),
            Some(("sqlite", path)) => path.strip_prefix("//").unwrap_or(path),
            _ => named,
        };
        if path.is_empty() {
            return Err(Error::usage("the ledger has no path").hint("write `--ledger PATH` or `--ledger sqlite:PATH`"));
        }
        Ok(Self { place: Place::File(path.into()), own: false, inside: false, journal })
    }

    /// Whether there is something at its place; what that is, opening it tells.
    #[must_use]
    pub fn exists(&self) -> bool {
        match &self.place {
            Place::File(path) => path.exists() || self.journal().rollouts().is_ok_and(|all| !all.is_empty()),
        }
    }

    /// Its name, for people.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.place {
            Place::File(path) => path.display().to_string(),
        }
    }

    /// What happened while it was away.
    #[must_use]
    pub fn journal(&self) -> Journal {
        Journal { path: self.journal.clone(), ledger: self.name() }
    }

    /// Opens it for appending, and tells it what happened while it was away; it is begun where there is none.
    ///
    /// # Errors
    ///
    /// Fails where it cannot be written or is no ledger.
    pub fn open(&self, clock: fn() -> Instant) -> Result<Box<dyn Ledger>, Trouble> {
        let mut ledger = self.begin(clock)?;
        self.journal().flush(ledger.as_mut())?;
        Ok(ledger)
    }

    fn begin(&self, clock: fn() -> Instant) -> Result<Box<dyn Ledger>, Trouble> {
        match &self.place {
            Place::File(path) => Ok(Box::new(Sqlite::open(path, clock, PATIENCE)?)),
        }
    }

    /// Opens it for reading; none where there is none.
    ///
    /// # Errors
    ///
    /// Fails where it cannot be read or is no ledger.
    pub fn open_existing(&self, clock: fn() -> Instant) -> Result<Option<Box<dyn Ledger>>, Trouble> {
        if self.journal().is_pending() && !self.journal().rollouts()?.is_empty() {
            return self.open(clock).map(Some);
        }
        match &self.place {
            Place::File(path) => {
                let found = Sqlite::open_existing(path, clock, PATIENCE)?;
                Ok(found.map(|found| Box::new(found) as Box<dyn Ledger>))
            }
        }
    }
}

fn refused(what: &str) -> Error {
    Error::usage(format!("{what} is not part of this release"))
        .hint("name a file with `--ledger PATH`, or leave it out: the ledger is then in the repository's git directory")
}

/// The name that an address gives a repository: lower-case host and path, without user, scheme, port and `.git`.
#[must_use]
pub fn name_of(url: &str) -> Option<String> {
    let url = url.trim().trim_end_matches('/');
    let rest = match url.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest.to_owned(),
        // `git@host:path`; a path of this machine names nothing that others would know.
        None => match url.split_once(':') {
            Some((host, path)) if !host.contains('/') && host.len() > 1 => format!("{host}/{path}"),
            _ => return None,
        },
    };
    let (host, path) = rest.split_once('/')?;
    let host = host.rsplit('@').next().unwrap_or(host);
    let host = host.split(':').next().unwrap_or(host);
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    (!host.is_empty() && !path.is_empty()).then(|| format!("{host}/{path}").to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn one_repository_has_one_name() {
        for url in [
            "https://example.org/Shop/App.git",
            "ssh://git@example.org:2222/shop/app",
            "git@example.org:shop/app.git",
            "https://user:secret@EXAMPLE.org/shop/app/",
        ] {
            assert_eq!(name_of(url).as_deref(), Some("example.org/shop/app"), "{url}");
        }
        for url in ["/srv/git/app.git", "../app", "file:///srv/app.git", "", "C:/app"] {
            assert_eq!(name_of(url), None, "{url}");
        }
    }
}
