//! `reserve`: a deploy that is about to begin is judged, and its start recorded in the same transaction.

use super::Mcp;
use super::answer::{Answer, json, words};
use super::arguments::Given;
use crate::cli::place::home;
use crate::cli::question::RequestArgs;
use crate::cli::run::ask::judge_and;
use crate::cli::run::request::{self, Request};
use crate::cli::{Edge, outer};
use crate::engine::calendar::utc;
use crate::error::Error;
use crate::gather::Subject;
use crate::ledger::entry::{Event, Kept};
use crate::render::clean;

/// Reserves, or says why not.
///
/// # Errors
///
/// Fails where there is no such environment or commit, or the ledger cannot be written.
pub(super) fn reserve(mcp: &Mcp, given: Given, edge: &Edge) -> Result<Answer, Error> {
    let Given { environment, commit, lane, reason, .. } = given;
    let question = RequestArgs { question: mcp.question(environment), commit, lane, run: None }.question(edge);
    let home = home(&mcp.repo, mcp.ledger.as_ref(), edge)?;
    let subject = Subject::open(&question)?;
    let policy = subject.environment(question.environment.as_deref())?;
    let commit = subject.commit(question.commit.as_deref())?;
    let account = subject.account(home.own, &policy.environment)?;
    if let Some(outer) = outer::find(edge, &home, &subject, &policy.environment, &commit)?? {
        let text = format!("deploy-rhythm: a part of {}: nothing is recorded.", outer.id);
        return Ok(Answer { text, value: serde_json::json!({"reservation": null, "part_of": outer.id}) });
    }
    let mut ledger = home.open(edge.clock)?;
    ledger.narrow(home.scope(&account.repository, policy.target.as_deref()));
    let mut request = Request::new(question, None, reason, (ledger.name(), home.own), edge);
    let judged = judge_and(&mut request, ledger.as_mut(), &|judged, change| {
        let request::Answer::Go(kept) = &judged.answer else { return };
        for (_, event) in &mut change.events {
            if let Event::Reserved { rollout } = event {
                // The server that records is not what deploys.
                rollout.owner = None;
            }
        }
        change.events.push((judged.account.clone(), Event::Started { id: kept.id.clone() }));
    })?;
    let mut value = json(&judged.report);
    let text = if let request::Answer::Go(kept) = &judged.answer {
        value["reservation"] = reservation(mcp, kept);
        started(mcp, kept)
    } else {
        value["reservation"] = serde_json::Value::Null;
        words(&judged.report, judged.budget)
    };
    Ok(Answer { text, value })
}

fn started(mcp: &Mcp, kept: &Kept) -> String {
    let (id, end) = (&kept.id, end(mcp, &kept.id));
    format!(
        "deploy-rhythm: RESERVED: {id}: {} to {} has started, and counts.\nDeploy now, with DEPLOY_RHYTHM_RUN={id} in its environment: the hooks of git and Kamal let it pass.\n\
        Record its end: `{end} --outcome success`, or `failure`.",
        clean(&kept.what()),
        clean(&kept.environment),
    )
}

fn reservation(mcp: &Mcp, kept: &Kept) -> serde_json::Value {
    serde_json::json!({
        "id": kept.id, "started_at": kept.reserved_at.map(utc), "variable": format!("DEPLOY_RHYTHM_RUN={}", kept.id),
        "finish": format!("{} --outcome success|failure", end(mcp, &kept.id)),
    })
}

/// The command that records the end; an address may hold a password, and is not repeated.
fn end(mcp: &Mcp, id: &str) -> String {
    let ledger = if mcp.ledger.is_some() { " --ledger …" } else { "" };
    format!("deploy-rhythm record finish {id}{ledger}")
}
