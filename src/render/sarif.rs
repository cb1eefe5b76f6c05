//! SARIF 2.1.0: a result for each finding that does not pass, at its line of the policy.

use serde_json::{Value as Json, json};

use super::text::{clean, uri};
use super::{advice, blocking};
use crate::engine::calendar::utc;
use crate::engine::decision::Finding;
use crate::report::Report;
use crate::sources::policy::PATHS;

pub(super) fn render(report: &Report) -> String {
    let decision = &report.decision;
    let mut rules: Vec<&str> = decision.findings.iter().map(|finding| finding.rule).collect();
    rules.sort_unstable();
    rules.dedup();
    let index = |finding: &Finding| rules.iter().position(|rule| *rule == finding.rule);
    let results: Vec<Json> =
        blocking(report).into_iter().chain(advice(report)).map(|finding| result(finding, index(finding))).collect();
    let asks =
        |rule: &&str| decision.findings.iter().find(|finding| *finding.rule == **rule).map(|finding| &finding.asks);
    let descriptors: Vec<Json> = rules
        .iter()
        .map(|rule| json!({"id": rule, "shortDescription": {"text": clean(asks(rule).map_or("", String::as_str))}, "help": {"text": format!("docs/rules/{rule}.md")}}))
        .collect();
    let value = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "deploy-rhythm", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": descriptors}},
            "results": results,
            "properties": {
                "verdict": decision.verdict,
                "next_approval": decision.next_approval.map(utc),
                "environment": clean(&decision.environment),
                "commit": decision.commit,
            },
        }],
    });
    format!("{value:#}\n")
}

fn result(finding: &Finding, rule: Option<usize>) -> Json {
    let remedy = finding.remedy.as_deref().map(|remedy| format!(" {}", clean(remedy))).unwrap_or_default();
    // GitHub takes no result without a place: a built-in rule is answered for by the file that would say otherwise.
    let elsewhere = finding.source.file.starts_with("built-in:") || finding.source.file.starts_with('/');
    let (file, line) = match elsewhere {
        true => (PATHS[0], 1),
        false => (finding.source.file.as_str(), finding.source.line),
    };
    let because =
        finding.because.as_deref().map(|because| format!(" (because {})", clean(because))).unwrap_or_default();
    json!({
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": if finding.level.is_mandatory() { "error" } else { "note" },
        "message": {"text": format!("{}{because}.{remedy}", clean(&finding.message))},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(file)},
            "region": {"startLine": line},
        }}],
    })
}
