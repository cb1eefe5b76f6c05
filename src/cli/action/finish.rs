//! After a rollout: what became of it, told to the ledger once.

use super::anchor;
use super::context::Context;
use super::inputs::Ended;
use super::outputs::{Answer, spoken, summarise};
use crate::cli::Outcome;
use crate::cli::place::existing;
use crate::cli::run::job::Job;
use crate::error::Error;
use crate::ledger::chain::Account;
use crate::ledger::entry::{Event, Kept, Stage};
use crate::ledger::{Change, Scope};
use crate::render::{escape, warning};

pub(super) fn run(context: &Context<'_>) -> Result<Outcome, Error> {
    let ended = context.inputs.outcome.ok_or_else(|| {
        Error::usage("`mode: finish` needs the input `outcome`")
            .hint("in the rollout job write `outcome: ${{ job.status }}`, in a job after it `outcome: ${{ needs.JOB.result }}`")
    })?;
    let Some(id) = context.inputs.rollout.clone() else {
        Answer::default().write(context)?;
        return Ok(Outcome::done(spoken("no rollout was let go: there is nothing to record\n")));
    };
    let home = existing(&context.inputs.folder, Some(&context.inputs.ledger), context.edge)?;
    let mut ledger = home.open(context.edge.clock).map_err(|trouble| context.unusable(&trouble))?;
    ledger.narrow(Scope::Rollout(id.clone()));
    let job = context.job()?;
    let mut told = Err(Error::usage(format!("the ledger {} has no rollout `{id}`", ledger.name()))
        .hint("give `rollout` the output of the step that let it go: `${{ needs.gate.outputs.rollout }}`"));
    // Nothing is told to GitHub of what is no rollout of this run.
    let state = ledger.read().map_err(|trouble| context.unusable(&trouble))?;
    if let Some(kept) = state.rollouts.get(&id) {
        tell(kept, ended, &job, context)?;
    }
    // GitHub's record is written while the rollout still runs in the ledger: the two are one rollout.
    let remark = anchor::put(context, ledger.as_mut(), &id, ended);
    let appended = ledger.append(&mut |state| {
        let Some(kept) = state.rollouts.get(&id) else { return Change::default() };
        let (said, event) = match tell(kept, ended, &job, context) {
            Ok(both) => both,
            Err(error) => {
                told = Err(error);
                return Change::default();
            }
        };
        told = Ok(said);
        let account = Account { repository: kept.repository.clone(), environment: kept.environment.clone() };
        event.map_or_else(Change::default, |event| Change::of(account, event))
    });
    appended.map_err(|trouble| context.unusable(&trouble))?;
    let said = told?;
    Answer { rollout: Some(id), ..Answer::default() }.write(context)?;
    summarise(context, &format!("{}\n", escape(&said)))?;
    let warning = remark.map(|remark| warning(&remark)).unwrap_or_default();
    Ok(Outcome::done(warning + &spoken(&format!("{said}\n"))))
}

/// What is recorded of a rollout's end, and the words for it; nothing where it is recorded already.
fn tell(kept: &Kept, ended: Ended, job: &Job, context: &Context<'_>) -> Result<(String, Option<Event>), Error> {
    if !job.is_of_run(kept) {
        return Err(Error::usage(format!("{} is no rollout of this run", kept.id))
            .hint("a job settles its own rollouts; for another's use `deploy-rhythm record finish` at a terminal"));
    }
    let (id, by) = (kept.id.clone(), context.edge.surroundings.user.clone());
    let what = format!("{} ({} to {})", kept.id, kept.what(), kept.environment);
    let event = match (kept.stage, ended) {
        (Stage::Running, Ended::Skipped) => Event::Void { id, because: "its job was skipped".to_owned(), by },
        (Stage::Running, Ended::Success) => Event::Finished { id, stage: Stage::Success, exit: None, by, at: None },
        (Stage::Running, Ended::Failure) => Event::Finished { id, stage: Stage::Failure, exit: None, by, at: None },
        (Stage::Success, Ended::Failure) => {
            return Err(Error::usage(format!("{what} was recorded as succeeded before, and now as failed"))
                .hint("where several jobs make one rollout, run `mode: finish` once, in a job that needs them all; settle this one with `deploy-rhythm record finish` at a terminal"));
        }
        (stage, _) => return Ok((format!("{what} is over already: {}", stage.name()), None)),
    };
    let became = match ended {
        Ended::Success => "succeeded",
        Ended::Failure => "failed",
        Ended::Skipped => "never began: its place is given back",
    };
    Ok((format!("{what} {became}"), Some(event)))
}
