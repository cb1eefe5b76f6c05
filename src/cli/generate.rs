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

/// The manual page
#[derive(Debug, Args)]
#[command(after_help = "Example: deploy-rhythm man > deploy-rhythm.1 && man ./deploy-rhythm.1")]
pub struct Man {}

impl Man {
    pub(super) fn run() -> Result<Outcome, Error> {
        let mut bytes = Vec::new();
        let page = clap_mangen::Man::new(Cli::command());
        page.render(&mut bytes).map_err(|error| Error::failure(format!("cannot write the manual: {error}")))?;
        Ok(Outcome::done(String::from_utf8_lossy(&bytes).into_owned()))
    }
}
