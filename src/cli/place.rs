//! Which ledger a call means, and of which account.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Edge;
use super::question::named_ledger;
use crate::error::Error;
use crate::ledger::home::{Home, name_of};
use crate::sources::git::Repo;
use crate::sources::policy::{self, Wanted};

/// A repository, and where its ledger is.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The repository: any directory in it
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub repo: PathBuf,

    /// The ledger: a SQLite file, `git:origin` or `postgres://…` [default: `DEPLOY_RHYTHM_LEDGER`, else a file in the git directory]
    #[arg(long, value_name = "PATH")]
    pub ledger: Option<String>,
}

impl Place {
    /// The home of a call that changes the ledger.
    pub(super) fn home(&self, edge: &Edge) -> Result<Home, Error> {
        home(&self.repo, self.ledger.as_ref(), edge)
    }

    /// The home of a ledger that is there already.
    pub(super) fn existing(&self, edge: &Edge) -> Result<Home, Error> {
        existing(&self.repo, self.ledger.as_ref(), edge)
    }
}

fn find(repo: &Path, named: Option<&String>, edge: &Edge) -> Result<Home, Error> {
    let repo = Repo::open(repo).map_err(|error| Error::usage(error.to_string()))?;
    let home = Home::find(named_ledger(named, edge).as_deref(), repo.shared_dir())?;
    Ok(if home.own { home } else { home.of(name_here(&repo)) })
}

/// What a ledger that others share calls this repository: what waits for a name in the journal is told to it by that.
fn name_here(repo: &Repo) -> Option<String> {
    let found = policy::find(Some(repo), None, Wanted::InForce).ok();
    let written = found.and_then(|found| found.policy.repository().map(str::to_owned));
    written.or_else(|| repo.origin().as_deref().and_then(name_of))
}

/// The home of a call that changes the ledger.
pub(super) fn home(repo: &Path, named: Option<&String>, edge: &Edge) -> Result<Home, Error> {
    let home = find(repo, named, edge)?;
    if home.inside && edge.surroundings.ci {
        return Err(Error::usage("this is a CI job (`CI` is set), and a ledger in its checkout is gone when it ends")
            .hint("keep it on the git remote, `--ledger git:origin` or DEPLOY_RHYTHM_LEDGER (the job needs the right to push)")
            .hint("or name a PostgreSQL database, or a file on a disk that stays and that all jobs share: `--ledger PATH`"));
    }
    Ok(home)
}

/// The home of a ledger that is there already.
pub(super) fn existing(repo: &Path, named: Option<&String>, edge: &Edge) -> Result<Home, Error> {
    let home = find(repo, named, edge)?;
    match home.exists() {
        true => Ok(home),
        false => Err(Error::usage(format!("there is no ledger at {}", home.name()))
            .hint("the first `deploy-rhythm run` or `record start` begins it")),
    }
}
