//! At the head of a rollout job: is what the gate let go still good? Where it is not, the gate is asked anew.
//!
//! GitHub runs failed jobs again without the gate, and lets a job wait for a runner or a reviewer for days.

use std::collections::BTreeMap;

use super::context::Context;
use super::gate::{Gate, Strictness};
use super::outputs::{self, Answer, spoken};
use crate::cli::Outcome;
use crate::cli::run::job::is_of;
use crate::engine::decision::Verdict;
use crate::error::Error;
use crate::ledger::entry::{Event, Kept, Stage};
use crate::ledger::{Change, RESERVED_FOR};

pub(super) fn run(context: &Context<'_>) -> Result<Outcome, Error> {
    let mut gate = Gate::open(context)?;
    let (run, account) = (context.job()?.run, gate.account.clone());
    let named = context.inputs.rollout.as_deref();
    let asked = gate.asked()?;
    let begins_once = gate.begins_once();
    let mut good: Option<Kept> = None;
    let appended = gate.ledger.append(&mut |state| {
        good = None;
        let Some(kept) = named.and_then(|id| state.rollouts.get(id)) else { return Change::default() };
        let own = kept.stage == Stage::Running && is_of(kept, &account) && kept.run.as_ref() == Some(&run);
        // What the gate let go is one commit, whatever a branch names meanwhile.
        if !own || kept.commit.as_deref() != Some(asked.as_str()) {
            return Change::default();
        }
        if kept.started_at.is_some_and(|start| state.now - start <= RESERVED_FOR) {
            good = Some(kept.clone());
            return Change::default();
        }
        // Another job of this run may be at it: what really goes counts.
        if !begins_once {
            return Change::default();
        }
        let because = "its job began too long after the gate: judged anew".to_owned();
        Change::of(account.clone(), Event::Void { id: kept.id.clone(), because, by: None })
    });
    appended.map_err(|trouble| context.unusable(&trouble))?;
    if let Some(kept) = good {
        let answer = Answer { verdict: Some(Verdict::Approve), rollout: Some(kept.id.clone()), ..Answer::default() };
        answer.write(context)?;
        export(context, &kept.id)?;
        let text = format!("{} goes: {} to {}\n", kept.id, kept.what(), kept.environment);
        return Ok(Outcome::done(spoken(&text)));
    }
    let judged = gate.ask()?;
    let outcome = gate.answer(&judged, Strictness::OfRollout)?;
    if let crate::cli::run::request::Answer::Go(kept) = &judged.answer {
        export(context, &kept.id)?;
    }
    Ok(outcome)
}

/// Makes what later steps call a part of this rollout: hooks, `run` and `record` pass.
fn export(context: &Context<'_>, id: &str) -> Result<(), Error> {
    let mut variables = BTreeMap::from([("DEPLOY_RHYTHM_RUN", id)]);
    // An address may hold a password.
    if context.inputs.ledger.starts_with("git:") && !context.inputs.ledger.contains("://") {
        variables.insert("DEPLOY_RHYTHM_LEDGER", &context.inputs.ledger);
    }
    outputs::export(context, &variables)
}
