//! Which ledger is meant: `--ledger`, else `DEPLOY_RHYTHM_LEDGER`, else a file in the repository's git directory.

use std::path::{Path, PathBuf};

use super::journal::{Journal, Unnamed};
use super::postgres::{Address, Postgres};
use super::remote::{self, Remote};
use super::sqlite::{PATIENCE, Sqlite};
use super::{Ledger, Scope, Trouble};
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
    /// A git remote, by its name or address, of the repository with this git directory.
    Remote { remote: String, directory: PathBuf },
    /// A PostgreSQL database.
    Postgres(Box<Address>),
}

/// Where a ledger is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    pub place: Place,
    /// Whether it is of this repository alone.
    pub own: bool,
    /// Whether it lies in the repository's git directory, and is gone with it.
    pub inside: bool,
    /// What it calls this repository, where that is known.
    name_here: Option<String>,
    journal: PathBuf,
}

impl Home {
    /// The home that a name means; without one, the file in the git directory.
    ///
    /// # Errors
    ///
    /// Fails where the name is that of a home which this release does not have, or an address that cannot be read.
    pub fn find(named: Option<&str>, git_directory: &Path) -> Result<Self, Error> {
        let journal = git_directory.join(JOURNAL);
        let Some(named) = named else {
            return Ok(Self {
                place: Place::File(git_directory.join(IN_GIT)),
                own: true,
                inside: true,
                name_here: None,
                journal,
            });
        };
        let kind = named.split_once(':').map(|(kind, rest)| (kind.to_ascii_lowercase(), rest));
        let path = match &kind {
            Some((kind, remote)) if kind == "git" => {
                if remote.is_empty() || remote.starts_with('-') || remote.contains(char::is_control) {
                    return Err(Error::usage("the ledger names no remote").hint("write `--ledger git:origin`"));
                }
                let place = Place::Remote { remote: (*remote).to_owned(), directory: git_directory.to_owned() };
                // An address may be that of a repository which keeps the ledger of several.
                return Ok(Self { place, own: !remote::is_address(remote), inside: false, name_here: None, journal });
            }
            Some((kind, _)) if kind == "postgres" || kind == "postgresql" => {
                let place = Place::Postgres(Box::new(Address::read(named)?));
                return Ok(Self { place, own: false, inside: false, name_here: None, journal });
            }
            Some((kind, path)) if kind == "sqlite" => path.strip_prefix("//").unwrap_or(path),
            // What looks like an address is none of a file; and SQLite itself takes some names for ledgers that do not last.
            Some((kind, _)) if kind.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter)) => {
                return Err(Error::usage(format!("there is no kind of ledger `{kind}:`"))
                    .hint("name a file with `--ledger PATH`; one with a colon in its name with `--ledger ./PATH`"));
            }
            _ => named,
        };
        if path.is_empty() {
            return Err(Error::usage("the ledger has no path").hint("write `--ledger PATH` or `--ledger sqlite:PATH`"));
        }
        let path = std::path::absolute(path)
            .map_err(|error| Error::usage(format!("the ledger {path} has no place: {error}")))?;
        Ok(Self { place: Place::File(path), own: false, inside: false, name_here: None, journal })
    }

    /// Whether there is something at its place; what that is, opening it tells.
    #[must_use]
    pub fn exists(&self) -> bool {
        match &self.place {
            Place::File(path) => path.exists() || self.journal().waits().is_ok_and(|waits| waits),
            // Only the other side knows.
            Place::Remote { .. } | Place::Postgres(_) => true,
        }
    }

    /// Its name, for people.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.place {
            Place::File(path) => path.display().to_string(),
            Place::Remote { remote, .. } => remote::name(remote),
            Place::Postgres(address) => address.name(),
        }
    }

    /// What one repository's judgements look at; a ledger of its own is read whole.
    #[must_use]
    pub fn scope(&self, repository: &str, target: Option<&str>) -> Scope {
        if self.own { Scope::All } else { Scope::of(repository, target) }
    }

    /// The same, of a repository that is called so.
    #[must_use]
    pub fn of(self, repository: Option<String>) -> Self {
        Self { name_here: repository, ..self }
    }

    /// What happened while it was away.
    #[must_use]
    pub fn journal(&self) -> Journal {
        let unnamed = match (self.own, &self.name_here) {
            (true, _) => Unnamed::IsThis,
            (false, Some(name)) => Unnamed::IsCalled(name.clone()),
            (false, None) => Unnamed::Waits,
        };
        Journal { path: self.journal.clone(), ledger: self.name(), unnamed }
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
            Place::Remote { remote, directory } => Ok(Box::new(Remote::open(remote, directory, clock)?)),
            Place::Postgres(address) => Ok(Box::new(Postgres::open(address)?)),
        }
    }

    /// Opens it for reading; none where there is none.
    ///
    /// # Errors
    ///
    /// Fails where it cannot be read or is no ledger.
    pub fn open_existing(&self, clock: fn() -> Instant) -> Result<Option<Box<dyn Ledger>>, Trouble> {
        if self.journal().waits()? {
            return self.open(clock).map(Some);
        }
        match &self.place {
            Place::File(path) => {
                let found = Sqlite::open_existing(path, clock, PATIENCE)?;
                Ok(found.map(|found| Box::new(found) as Box<dyn Ledger>))
            }
            Place::Remote { remote, directory } => {
                let found = Remote::open_existing(remote, directory, clock)?;
                Ok(found.map(|found| Box::new(found) as Box<dyn Ledger>))
            }
            Place::Postgres(address) => {
                let found = Postgres::open_existing(address)?;
                Ok(found.map(|found| Box::new(found) as Box<dyn Ledger>))
            }
        }
    }
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
