//! For programs; the schema is docs/audit.schema.json.

use serde_json::json;

use super::pairs::Pairing;
use super::{Sheet, word};
use crate::engine::calendar::utc;

pub(super) fn text(sheet: &Sheet) -> String {
    let counts: serde_json::Map<_, _> =
        Pairing::ALL.into_iter().map(|pairing| (word(&pairing), sheet.count(pairing).into())).collect();
    let value = json!({
        "schema_version": 1,
        "span": {"from": sheet.from.map(utc), "until": utc(sheet.until)},
        "counts": counts,
        "ledger_is_whole": sheet.whole,
        "others_complete_since": sheet.complete_since.map(utc),
        "sources": sheet.sources,
        "notes": sheet.notes,
        "deployments": sheet.rows,
    });
    format!("{value:#}\n")
}
