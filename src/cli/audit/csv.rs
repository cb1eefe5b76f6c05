//! For spreadsheets: nothing that somebody else wrote is a formula there.

use csv::{QuoteStyle, WriterBuilder};

use super::pairs::Row;
use super::{Sheet, word};
use crate::engine::calendar::utc;
use crate::error::Error;
use crate::render::harmless;

const NAMES: [&str; 22] = [
    "pairing",
    "environment",
    "id",
    "commit",
    "revision",
    "started_at",
    "finished_at",
    "outcome",
    "actor",
    "lane",
    "reason",
    "uncommitted",
    "broke_glass",
    "decision",
    "decided_at",
    "verdict",
    "policy",
    "policy_digest",
    "facts_digest",
    "overrides",
    "elsewhere",
    "url",
];

pub(super) fn text(sheet: &Sheet) -> Result<String, Error> {
    // Each field in quotes: what reads them takes no sign in them for its own.
    let mut table = WriterBuilder::new().quote_style(QuoteStyle::Always).from_writer(Vec::new());
    let failed = |error: &dyn std::fmt::Display| Error::failure(format!("the table cannot be written: {error}"));
    table.write_record(NAMES).map_err(|error| failed(&error))?;
    for row in &sheet.rows {
        table.write_record(cells(row)).map_err(|error| failed(&error))?;
    }
    let bytes = table.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}

fn cells(row: &Row) -> [String; 22] {
    let given = |text: &Option<String>| text.clone().unwrap_or_default();
    let decision = row.decision.as_ref();
    let of = |take: fn(&super::pairs::Decision) -> String| decision.map(take).unwrap_or_default();
    let cells = [
        word(&row.pairing),
        row.environment.clone(),
        row.id.clone(),
        given(&row.commit),
        given(&row.revision),
        utc(row.start),
        row.finish.map(utc).unwrap_or_default(),
        word(&row.outcome),
        given(&row.actor),
        row.lane.map(|lane| lane.to_string()).unwrap_or_default(),
        given(&row.reason),
        given(&row.uncommitted),
        row.broke_glass.to_string(),
        of(|decision| decision.id.clone()),
        of(|decision| utc(decision.at)),
        of(|decision| word(&decision.verdict)),
        of(|decision| decision.policy.clone()),
        of(|decision| decision.policy_digest.clone()),
        of(|decision| decision.facts_digest.clone()),
        of(|decision| {
            let each = decision.overrides.iter().map(|lifted| format!("{}: {}", lifted.rule, lifted.by));
            each.collect::<Vec<_>>().join(", ")
        }),
        row.elsewhere.join(" "),
        given(&row.url),
    ];
    cells.map(|cell| plain(&cell))
}

/// What a spreadsheet would take for a formula is told to be text. Where semicolons separate columns, a line begins in no
/// quotes that count there: what follows a semicolon would be a cell of its own.
fn plain(cell: &str) -> String {
    let cell = harmless(cell).replace(';', ",");
    let begins = cell.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\u{fffd}');
    match begins.starts_with(['=', '+', '-', '@', '|', '%', '＝', '＋', '－', '＠']) {
        true => format!("'{cell}"),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn no_cell_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", " =cmd", "\t=1", "\r\n=1", "＝1"] {
            let cell = plain(text);
            assert!(cell.starts_with('\''), "{text:?} is {cell:?}");
            assert!(!cell.contains(['\t', '\r', '\n']), "{cell:?}");
        }
        assert_eq!(plain("fix: a=b"), "fix: a=b");
        assert_eq!(plain("x;=1+1"), "x,=1+1");
    }
}
