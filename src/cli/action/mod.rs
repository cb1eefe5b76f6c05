//! `action`: what `action.yml` calls in a job of GitHub Actions, one file a mode.

mod context;
mod finish;
mod gate;
pub mod inputs;
pub mod outputs;
mod say;
mod start;
mod traps;

use clap::Args;

use super::{Edge, Outcome};
use crate::error::Error;
use crate::ledger::Trouble;
use crate::sources::deployments::Records;
use context::Context;
use gate::{Gate, Strictness};
use inputs::{Inputs, Mode};

/// What the GitHub Action calls in a job
#[derive(Debug, Args)]
#[command(
    after_help = "It reads the inputs (`INPUT_*`) and what the runner tells (`GITHUB_*`) from the environment, as `action.yml` passes them:\n\
    see docs/action.md. In a job call the action; elsewhere use `check`, `run` and `record`."
)]
pub struct Action {}

/// Reads what the job tells, and does what its inputs ask.
///
/// # Errors
///
/// Fails where this is no job of GitHub Actions; every other failure is an answer, with its annotation and its exit code.
pub(super) fn run(edge: &Edge) -> Result<Outcome, Error> {
    let context = Context::of(edge)?;
    let outcome = match Inputs::read(&edge.surroundings.job) {
        Ok(inputs) => answered(&Context { inputs, ..context.clone() }),
        Err(error) => Err(error),
    };
    Ok(outcome.unwrap_or_else(|error| say::fault(&context, &error)))
}

fn answered(context: &Context<'_>) -> Result<Outcome, Error> {
    match context.inputs.mode {
        Mode::Deploy => {
            let mut gate = Gate::open(context)?;
            let judged = gate.ask()?;
            gate.answer(&judged, Strictness::OfGate)
        }
        Mode::Start => start::run(context),
        Mode::Finish => finish::run(context),
        Mode::PullRequest | Mode::Resume | Mode::Comment => {
            Err(Error::usage("this mode is not part of this release").hint("docs/action.md lists the modes"))
        }
    }
}

impl Context<'_> {
    /// A ledger that cannot be used lets nothing go.
    fn unusable(&self, trouble: &Trouble) -> Error {
        let error = Error::from(trouble.clone());
        match self.inputs.ledger.starts_with("git:") {
            true => error.hint("the job needs `permissions: contents: write`, and the input `token` or the credentials that actions/checkout keeps"),
            false => error,
        }
    }

    /// The record of deployments beside the ledger.
    fn given(&self) -> Result<Option<Records>, Error> {
        let arguments = super::question::QuestionArgs {
            deploys: self.inputs.deploys.as_ref().map(|path| self.inputs.folder.join(path)),
            ..super::question::QuestionArgs::default()
        };
        arguments.given()
    }
}
