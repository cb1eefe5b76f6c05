//! For programs: the fixed shape, version 1.

use serde_json::{Value as Json, json};

use super::page::{Page, Row};

pub(super) fn render(page: &Page) -> String {
    let files: Vec<Json> = page
        .files
        .iter()
        .map(|file| {
            let unseen: Vec<Json> = file
                .unseen
                .iter()
                .map(|one| json!({"line": one.line, "what": one.what, "why": one.why.to_string()}))
                .collect();
            json!({"path": file.path, "via": file.via, "unseen": unseen})
        })
        .collect();
    let mut value = json!({
        "schema_version": 1,
        "files": files,
        "directives": page.rows.iter().map(directive).collect::<Vec<_>>(),
        "unreachable": page.unreachable.iter().map(directive).collect::<Vec<_>>(),
        "unrecognised": page.unrecognised,
        "coverage": page.coverage,
        "policy": page.policy,
        "notes": page.notes,
    });
    if let Some((span, honoured)) = &page.honoured {
        value["honoured"] = json!({
            "span": span,
            "violations": honoured.violations,
            "unjudged": honoured.unjudged,
            "judged": honoured.judged,
        });
    }
    format!("{value:#}\n")
}

fn directive(row: &Row) -> Json {
    let (directive, drift) = (&row.directive, &row.drift);
    let also: Vec<Json> = directive.also.iter().map(|place| json!({"file": place.file, "line": place.line})).collect();
    json!({
        "id": directive.id,
        "file": directive.place.file,
        "line": directive.place.line,
        "text": directive.text,
        "heading": directive.place.heading.join(" > "),
        "via": directive.place.via,
        "also": also,
        "kind": directive.kind,
        "object": directive.object,
        "polarity": directive.polarity,
        "scope": directive.scope,
        "params": directive.params,
        "bound": directive.bound,
        "exception": directive.exception,
        "status": drift.status,
        "checkable": drift.checkable,
        "message": drift.message,
        "rule": drift.rule.map(crate::engine::rules::RuleId::name),
        "policy": drift.policy,
        "waiver_ended": drift.expired,
    })
}
