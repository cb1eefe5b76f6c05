//! For programs: a frozen shape of its own, with a version; its schema is `docs/check.schema.json`.

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::engine::calendar::utc;
use crate::engine::decision::{Evidence, Finding, Level, Source, Status, Verdict};
use crate::engine::duration::glance;
use crate::engine::lane::Lane;
use crate::report::{NextSteps, Report};

#[derive(Serialize)]
struct Root<'a> {
    schema_version: u32,
    verdict: Verdict,
    next_approval: Option<String>,
    at: String,
    environment: &'a str,
    commit: &'a str,
    subject: Option<&'a str>,
    lane: Lane,
    lane_note: Option<&'a str>,
    policy: &'a str,
    findings: Vec<One<'a>>,
    next_steps: Option<Json>,
    history: History<'a>,
    notes: &'a [String],
    #[serde(rename = "override")]
    offer: Option<&'a str>,
}

#[derive(Serialize)]
struct One<'a> {
    rule: &'a str,
    level: Level,
    verdict: Verdict,
    until: Option<String>,
    status: Status,
    asks: &'a str,
    message: &'a str,
    remedy: Option<&'a str>,
    because: Option<&'a str>,
    owner: Option<&'a str>,
    evidence: Vec<Json>,
    source: &'a Source,
}

#[derive(Serialize)]
struct History<'a> {
    complete_since: Option<String>,
    deployments: usize,
    pushes: usize,
    sources: &'a [String],
}

pub(super) fn render(report: &Report) -> String {
    let decision = &report.decision;
    let root = Root {
        schema_version: 1,
        verdict: decision.verdict,
        next_approval: decision.next_approval.map(utc),
        at: utc(decision.at),
        environment: &decision.environment,
        commit: decision.commit.as_str(),
        subject: report.subject.as_deref(),
        lane: decision.lane,
        lane_note: decision.lane_note.as_deref(),
        policy: &report.policy,
        findings: decision.findings.iter().map(one).collect(),
        next_steps: report.next_steps().as_ref().map(next_steps),
        history: History {
            complete_since: report.history.complete_since.map(utc),
            deployments: report.history.deployments,
            pushes: report.history.pushes,
            sources: &report.history.sources,
        },
        notes: &report.notes,
        offer: report.offer.as_deref(),
    };
    let mut text = serde_json::to_string_pretty(&root).unwrap_or_default();
    text.push('\n');
    text
}

fn next_steps(steps: &NextSteps) -> Json {
    json!({
        "not_before": steps.not_before.map(utc),
        "in": steps.wait.map(glance),
        "rules": steps.rules,
        "meanwhile": steps.meanwhile,
        "later": steps.later.as_ref().map(|later| format!("{later}COMMAND")),
        "ask": steps.ask,
    })
}

fn one(finding: &Finding) -> One<'_> {
    One {
        rule: finding.rule,
        level: finding.level,
        verdict: finding.verdict,
        until: finding.until.map(utc),
        status: finding.status,
        asks: &finding.asks,
        message: &finding.message,
        remedy: finding.remedy.as_deref(),
        because: finding.because.as_deref(),
        owner: finding.owner.as_deref(),
        evidence: finding.evidence.iter().map(evidence).collect(),
        source: &finding.source,
    }
}

fn evidence(evidence: &Evidence) -> Json {
    let text = evidence.to_string();
    match evidence {
        Evidence::Rollout(rollout) => json!({
            "kind": "rollout", "text": text, "id": rollout.id, "environment": rollout.environment, "commit": rollout.commit,
            "revision": rollout.revision, "started_at": utc(rollout.start), "finished_at": rollout.finish.map(utc),
            "finish_unrecorded": rollout.finish_unrecorded, "outcome": rollout.outcome, "run": rollout.run,
            "actor": rollout.actor, "url": rollout.url, "clock_ahead": rollout.clock_ahead,
        }),
        Evidence::Landing(landing) => json!({
            "kind": "push", "text": text, "commit": landing.commit, "subject": landing.subject, "at": utc(landing.at),
            "precision": landing.precision,
        }),
        Evidence::Span { name, from, to } => {
            json!({"kind": "span", "text": text, "name": name, "from": utc(*from), "to": utc(*to)})
        }
        Evidence::Missing(missing) => {
            json!({"kind": "missing", "text": text, "what": missing.what, "remedy": missing.remedy})
        }
        Evidence::Note { .. } => json!({"kind": "note", "text": text}),
    }
}
