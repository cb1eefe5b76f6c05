//! `mcp`: for any agent that speaks the Model Context Protocol: the questions of the command line as tools.

mod answer;
mod arguments;
mod reserve;
mod server;
mod tool;

use std::path::PathBuf;

use clap::Args;

use super::question::QuestionArgs;
use super::{Edge, Outcome};
use crate::error::Error;
use crate::sources::git::Repo;

/// Answer agents on standard input and output, by the Model Context Protocol
#[derive(Clone, Debug, Args)]
#[command(after_help = "Standard output is the protocol's alone. Ends with 0 when standard input is closed.\n\n\
    Examples:\n  claude mcp add deploy-rhythm -- deploy-rhythm mcp\n  deploy-rhythm mcp --repo ~/shop --ledger git:origin --allow-reserve")]
pub struct Mcp {
    /// The repository: any directory in it
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,

    /// Judge by this file, or this built-in policy, instead of the policy on the default branch
    #[arg(long, value_name = "FILE|NAME")]
    policy: Option<PathBuf>,

    /// The ledger: a SQLite file, `git:origin` or `postgres://…` [default: `DEPLOY_RHYTHM_LEDGER`, else a file in the git directory]
    #[arg(long, value_name = "PATH")]
    ledger: Option<String>,

    /// Offer the tool `reserve`, which takes a slot; without it, nothing can be written
    #[arg(long)]
    allow_reserve: bool,
}

impl Mcp {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        // A wrong folder is said now, to whoever sets this up, and not at every call.
        Repo::open(&self.repo).map_err(|error| Error::usage(error.to_string()))?;
        let mut edge = edge.clone();
        // Whoever calls has no terminal, though the server may have been started at one.
        (edge.surroundings.attended, edge.surroundings.terminal, edge.surroundings.agent) = (false, false, true);
        server::serve(self, edge)?;
        Ok(Outcome::done(String::new()))
    }

    /// What every tool asks, about an environment.
    fn question(&self, environment: Option<String>) -> QuestionArgs {
        let (repo, policy, ledger) = (self.repo.clone(), self.policy.clone(), self.ledger.clone());
        QuestionArgs { repo, policy, environment, ledger, ..QuestionArgs::default() }
    }
}
