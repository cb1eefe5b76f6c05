//! For programs: every span, with the rules that shut it.

use serde_json::{Value as Json, json};

use super::page::Page;
use crate::engine::agenda::{Agenda, Irregular, Remark, Span};
use crate::engine::calendar::utc;
use crate::engine::policy::RuleEntry;

pub(super) fn render(page: &Page<'_>) -> String {
    let agenda = page.agenda;
    let rule = |entry: &&RuleEntry| {
        json!({
            "rule": entry.rule.id().name(),
            "level": entry.level,
            "asks": entry.rule.check().asks(),
            "because": entry.because,
            "owner": entry.owner,
            "source": entry.source,
        })
    };
    let span = |span: Span| {
        let state = if span.is_open() { "open" } else { "shut" };
        json!({"state": state, "from": utc(span.from), "to": utc(span.to), "by": span.by})
    };
    let value = json!({
        "schema_version": 1,
        "environment": page.environment(),
        "at": utc(page.at),
        "from": utc(page.from),
        "to": utc(page.to),
        "days": page.days,
        "timezone": page.zone().name(),
        "policy": page.policy.description,
        "rules": agenda.rules.iter().map(rule).collect::<Vec<_>>(),
        "spans": agenda.between(page.from, page.to).into_iter().map(span).collect::<Vec<_>>(),
        "irregular": agenda.irregular(page.from, page.to).iter().map(irregular).collect::<Vec<_>>(),
        "remarks": remarks(agenda, &agenda.remarks(&page.timetable.facts, page.at)),
        "notes": page.notes(),
    });
    format!("{value:#}\n")
}

fn irregular(one: &Irregular) -> Json {
    json!({
        "rule": one.rule,
        "day": one.day.to_string(),
        "from": one.weekly.from.to_string(),
        "to": one.weekly.to.to_string(),
        "starts": one.starts,
        "ends": one.ends,
        "span": one.span.map(|(from, to)| json!({"from": utc(from), "to": utc(to)})),
        "change_seconds": one.change.num_seconds(),
        "text": one.words(),
    })
}

fn remarks(agenda: &Agenda<'_>, remarks: &[Remark]) -> Json {
    let remark = |one: &Remark| json!({"weight": one.weight, "rule": one.rule, "text": one.text, "source": agenda.source(one.rule)});
    remarks.iter().map(remark).collect()
}
