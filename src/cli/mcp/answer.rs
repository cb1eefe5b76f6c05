//! What a tool answers: a few words for whoever asks, and the same as JSON.

use serde_json::{Map, Value as Json};

use super::Mcp;
use super::arguments::Given;
use super::reserve;
use super::tool::Tool;
use crate::cli::Edge;
use crate::cli::question::{QuestionArgs, RequestArgs};
use crate::cli::status::Seen;
use crate::cli::why::{Reasons, Why, in_full, recorded};
use crate::engine::decision::Verdict;
use crate::engine::rules::Budget;
use crate::error::Error;
use crate::ledger::{DECISION_ID, LEDGER_ID};
use crate::render::refusal::{Later, Refused, refusal};
use crate::render::{Colour, Format, Style, clean, render};
use crate::report::Report;

/// The columns that texts are broken at: agents read them too, and people read what agents read.
const WIDTH: usize = 100;

/// An answer.
pub(super) struct Answer {
    pub text: String,
    pub value: Json,
}

/// Answers a call as of now.
///
/// # Errors
///
/// Fails where an argument is wrong, or the question cannot be answered.
pub(super) fn answer(mcp: &Mcp, edge: &Edge, tool: Tool, call: &Map<String, Json>) -> Result<Answer, Error> {
    let mut edge = edge.clone();
    edge.now = (edge.clock)();
    let given = Given::read(tool.arguments(), call)?;
    match tool {
        Tool::Check => check(&asked(mcp, given), &edge),
        Tool::Status => status(mcp, given, &edge),
        Tool::Why => why(mcp, given, &edge),
        Tool::Reserve => reserve::reserve(mcp, given, &edge),
    }
}

fn asked(mcp: &Mcp, given: Given) -> RequestArgs {
    let question = QuestionArgs { at: given.at, ..mcp.question(given.environment) };
    RequestArgs { question, commit: given.commit, lane: given.lane, run: None }
}

fn check(request: &RequestArgs, edge: &Edge) -> Result<Answer, Error> {
    let judgement = request.judge(edge)?;
    Ok(Answer { text: words(&judgement.report, judgement.budget()), value: json(&judgement.report) })
}

fn status(mcp: &Mcp, given: Given, edge: &Edge) -> Result<Answer, Error> {
    let seen = Seen::by(&QuestionArgs { at: given.at, ..mcp.question(given.environment) }, edge)?;
    Ok(Answer { text: seen.text(WIDTH), value: parsed(&seen.json()) })
}

fn why(mcp: &Mcp, mut given: Given, edge: &Edge) -> Result<Answer, Error> {
    let id = given.id.take();
    let others = [given.environment.is_some(), given.commit.is_some(), given.rule.is_some()];
    if id.is_some() && (given.lane.is_some() || given.at.is_some() || others.contains(&true)) {
        return Err(Error::usage("`id` names a past decision whole").hint("leave the other arguments out"));
    }
    let rule = id.or(given.rule.take());
    let is_id = |rule: &String| [DECISION_ID, LEDGER_ID].iter().any(|start| rule.starts_with(start));
    if given.rule.as_ref().is_some_and(is_id) {
        return Err(Error::usage("`rule` is the id of a past decision").hint("give it as `id`, alone"));
    }
    Ok(match (Why { request: asked(mcp, given), rule }).reasons(edge)? {
        Reasons::Now(judgement) => Answer {
            text: in_full(&judgement.report, &judgement.subject, Colour::Never, WIDTH),
            value: json(&judgement.report),
        },
        Reasons::Past(decided) => {
            let text = recorded(&decided);
            Answer { value: parsed(&text), text }
        }
    })
}

/// A decision in a few words: a refusal as hooks say it.
pub(super) fn words(report: &Report, budget: Option<Budget>) -> String {
    let decision = &report.decision;
    if decision.verdict != Verdict::Approve {
        return refusal(report, &Refused { what: "this deploy", later: Later::Behind(None), budget });
    }
    let mut advice: Vec<&str> = Vec::new();
    for finding in decision.findings.iter().filter(|finding| finding.verdict != Verdict::Approve) {
        if !advice.contains(&finding.rule) {
            advice.push(finding.rule);
        }
    }
    let advice = match advice.is_empty() {
        true => String::new(),
        false => format!("\nAdvice, which holds nothing: {}; `why` says more.", advice.join(", ")),
    };
    format!(
        "deploy-rhythm: APPROVE: {} may be deployed to {} ({}).{advice}\nNothing is reserved: deploy behind `deploy-rhythm run`, which judges again.",
        decision.commit.short(),
        clean(&decision.environment),
        decision.lane,
    )
}

/// The decision as `check --format json` prints it.
pub(super) fn json(report: &Report) -> Json {
    parsed(&render(report, Format::Json, &Style::plain()))
}

fn parsed(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_default()
}
