//! `action`: what `action.yml` calls in a job of GitHub Actions, one file a mode.

mod anchor;
mod change;
mod chat;
mod comment;
mod context;
mod finish;
mod gate;
pub mod inputs;
pub mod outputs;
mod resume;
mod say;
mod start;
mod traps;

pub(super) use anchor::ANCHOR;

use clap::Args;

use super::{Edge, Outcome};
use crate::error::Error;
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
        Mode::PullRequest => change::run(context),
        Mode::Resume => resume::run(context),
        Mode::Comment => chat::run(context),
    }
}
