//! `completions` and `man`: what the command line tells about itself.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Outcome};
use crate::error::Error;

/// Completions for your shell
#[derive(Debug, Args)]
#[command(
    after_help = "Example: deploy-rhythm completions bash > ~/.local/share/bash-completion/completions/deploy-rhythm"
)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> Outcome {
        let mut bytes = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "deploy-rhythm", &mut bytes);
        Outcome::done(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The manual page, or that of a command
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  deploy-rhythm man > deploy-rhythm.1 && man ./deploy-rhythm.1\n  deploy-rhythm man check > deploy-rhythm-check.1"
)]
pub struct Man {
    /// The command; for one of `policy`: `policy validate`
    command: Vec<String>,
}

impl Man {
    pub(super) fn run(&self) -> Result<Outcome, Error> {
        let mut command = Cli::command();
        command.build();
        for word in &self.command {
            let found = command.find_subcommand(word).cloned();
            command = found.ok_or_else(|| Error::usage(format!("there is no command `{word}`")))?;
        }
        let mut bytes = Vec::new();
        let page = clap_mangen::Man::new(command);
        page.render(&mut bytes).map_err(|error| Error::failure(format!("cannot write the manual: {error}")))?;
        Ok(Outcome::done(String::from_utf8_lossy(&bytes).into_owned()))
    }
}
