//! SARIF 2.1.0: a result for each directive that nobody enforces, at its line of the governance file.

use serde_json::{Value as Json, json};

use super::page::{Page, Row};
use crate::governance::Status;
use crate::render::{clean, uri};

pub(super) fn render(page: &Page) -> String {
    let worth = |row: &&Row| !matches!(row.drift.status, Status::Enforced | Status::Stricter | Status::Advice);
    let results = page.rows.iter().chain(&page.unreachable).filter(worth).map(result);
    let violations = page.honoured.iter().flat_map(|(_, honoured)| &honoured.violations).map(|violation| {
        let commit = violation.commit.as_ref().map(|commit| format!("{} ", commit.short())).unwrap_or_default();
        let level = if violation.landed { "note" } else { "error" };
        at("not-kept", level, &format!("{commit}{}", violation.message), &violation.place.file, violation.place.line)
    });
    let value = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "deploy-rhythm", "semanticVersion": env!("CARGO_PKG_VERSION")}},
            "results": results.chain(violations).collect::<Vec<_>>(),
        }],
    });
    format!("{value:#}\n")
}

fn result(row: &Row) -> Json {
    let (directive, drift) = (&row.directive, &row.drift);
    let level = match drift.status {
        Status::Weaker | Status::Missing | Status::Contradictory => "warning",
        _ => "note",
    };
    let text = format!("{}: {} (“{}”)", drift.status.name(), drift.message, directive.text);
    at(directive.kind.name(), level, &text, &directive.place.file, directive.place.line)
}

fn at(rule: &str, level: &str, text: &str, file: &str, line: usize) -> Json {
    json!({
        "ruleId": rule,
        "level": level,
        "message": {"text": clean(text)},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(file)}, "region": {"startLine": line}}}],
    })
}
