//! `reserve`: a deploy that is about to begin is judged, and its start recorded in the same transaction.

use serde_json::{Value as Json, json};

use super::Mcp;
use super::answer::{Answer, json as decision, words};
use super::arguments::Given;
use crate::cli::offer::named_again;
use crate::cli::place::home;
use crate::cli::question::{RequestArgs, budget};
use crate::cli::run::ask::judge;
use crate::cli::run::request::{self, Request};
use crate::cli::{Edge, outer};
use crate::engine::calendar::utc;
use crate::error::Error;
use crate::gather::Subject;
use crate::ledger::entry::Kept;
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
        return Ok(Answer { text, value: json!({"reservation": null, "part_of": outer.id}) });
    }
    let mut ledger = home.open(edge.clock)?;
    ledger.narrow(home.scope(&account.repository, policy.target.as_deref()));
    let mut request = Request::new(question, None, reason, (ledger.name(), home.own), edge);
    // The server that records is not what deploys.
    request.outlives = true;
    let judged = judge(&mut request, ledger.as_mut())?;
    let mut value = decision(&judged.report);
    let text = if let request::Answer::Go(kept) = &judged.answer {
        let finish = format!("deploy-rhythm record finish {}{}", kept.id, named_again(mcp.ledger.as_ref(), edge));
        value["reservation"] = reservation(kept, &finish);
        started(kept, &finish)
    } else {
        value["reservation"] = Json::Null;
        words(&judged.report, budget(&judged.policy, &judged.report, &judged.facts))
    };
    Ok(Answer { text, value })
}

fn started(kept: &Kept, finish: &str) -> String {
    format!(
        "deploy-rhythm: RESERVED: {id}: {} to {} has started, and counts.\nDeploy now, with DEPLOY_RHYTHM_RUN={id} in its environment: the hooks of git and Kamal let it pass.\n\
        Record its end: `{finish} --outcome success`, or `failure`.",
        clean(&kept.what()),
        clean(&kept.environment),
        id = kept.id,
    )
}

fn reservation(kept: &Kept, finish: &str) -> Json {
    json!({
        "id": kept.id, "started_at": kept.reserved_at.map(utc), "variable": format!("DEPLOY_RHYTHM_RUN={}", kept.id),
        "finish": format!("{finish} --outcome success|failure"),
    })
}
