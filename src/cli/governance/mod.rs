//! `governance`: what the governance files ask for, what was understood, and who enforces it.

mod draft;
mod json;
mod page;
mod sarif;
mod text;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::{Edge, Outcome};
use crate::error::Error;
use page::Page;

/// What CLAUDE.md and its kin ask for, line by line, and who enforces it
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  deploy-rhythm governance\n  deploy-rhythm governance --since 30d            # what the commits of 30 days did not keep\n  deploy-rhythm governance --format json | jq '.directives[] | select(.status == \"missing\")'\n  deploy-rhythm governance init                   # the policy in words, for CLAUDE.md\n  deploy-rhythm governance lock                   # write down what was understood"
)]
pub struct GovernanceCommand {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    show: Show,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write down what was understood, in .github/deploy-rhythm.governance.lock
    Lock(Where),
    /// Print a section for CLAUDE.md that says what the policy asks, in words that are read back
    Init(draft::Init),
}

/// The repository and the policy.
#[derive(Clone, Debug, Args)]
pub(super) struct Where {
    /// The repository, or any folder: its working tree is read
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,

    /// Compare with this policy instead of the working tree's
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// The environment whose rules come first [default: the only one that the policy names, else production]
    #[arg(long, short, value_name = "NAME")]
    environment: Option<String>,
}

#[derive(Debug, Args)]
struct Show {
    #[command(flatten)]
    place: Where,

    /// Judge old commits too: those of so long (30d), or those after a revision
    #[arg(long, value_name = "DURATION|REV")]
    since: Option<String>,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
}

/// The outputs of what was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Terminal,
    Json,
    Markdown,
    Sarif,
}

impl GovernanceCommand {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        match self.command {
            Some(Command::Lock(place)) => draft::lock(&place, edge),
            Some(Command::Init(command)) => command.run(edge),
            None => {
                let page = Page::of(&self.show.place, self.show.since.as_deref(), edge)?;
                Ok(Outcome::done(match self.show.format {
                    Format::Terminal => text::terminal(&page, edge.width),
                    Format::Markdown => text::markdown(&page),
                    Format::Json => json::render(&page),
                    Format::Sarif => sarif::render(&page),
                }))
            }
        }
    }
}
