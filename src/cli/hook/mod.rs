//! `hook`: what the hooks call that `init --hook` writes.

mod agent;
mod deployers;
mod guarded;
pub(super) mod install;
pub(super) mod judge;
mod kamal;
mod moves;
mod push;
mod shell;
mod wrappers;

use clap::{Args, Subcommand, ValueEnum};

use super::{Edge, Outcome};
use crate::error::Error;

/// What the hooks call that `init --hook` writes
#[derive(Debug, Args)]
pub struct HookCommand {
    #[command(subcommand)]
    of: Of,
}

#[derive(Debug, Subcommand)]
enum Of {
    /// Before git pushes: reads the refs from standard input; exit code 1 stops the push
    PrePush {
        /// The name of the remote
        #[arg(value_name = "REMOTE")]
        remote: String,

        /// Its address
        #[arg(value_name = "URL")]
        url: String,
    },
    /// Inside Kamal's lock, and after its deploy: reads `KAMAL_*`; exit code 1 stops the deploy
    Kamal {
        #[arg(value_name = "HOOK")]
        hook: KamalHook,
    },
    /// Before a tool call of Claude Code: reads it as JSON from standard input; exit code 2 stops it
    ClaudeCode,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum KamalHook {
    PreDeploy,
    PostDeploy,
}

impl HookCommand {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        match self.of {
            Of::PrePush { remote, url } => push::run(edge, &remote, &url),
            Of::Kamal { hook: KamalHook::PreDeploy } => kamal::before(edge),
            Of::Kamal { hook: KamalHook::PostDeploy } => Ok(kamal::after(edge)),
            Of::ClaudeCode => Ok(agent::run(edge)),
        }
    }
}

/// Says something beside the answer.
fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(anstream::stderr(), "{text}");
}
