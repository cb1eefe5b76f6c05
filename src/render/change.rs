//! What a change will meet, for a comment and a job's summary: each environment in a line, then in full.

use std::fmt::Write;

use super::summary::{Summary, summary};
use super::{escape, when};
use crate::engine::decision::Verdict;

/// The most characters of a page: GitHub refuses a comment of more than 65,536.
const LONGEST: usize = 60_000;

/// One environment that the change would be deployed to.
pub struct Met<'a> {
    pub summary: Summary<'a>,
    /// How many commits would ship with it, itself included.
    pub batch: Option<usize>,
}

/// How many findings about governance are listed.
const MOST: usize = 20;

/// What was found about the governance of the change, once for all environments.
fn governance(met: &[Met<'_>]) -> String {
    let mut said: Vec<String> = Vec::new();
    for finding in met.iter().filter_map(|one| one.summary.facts.governance.as_ref().ok()).flatten() {
        let place = finding.place.as_deref().map(|place| format!("`{}` ", code(place))).unwrap_or_default();
        let line = format!("- {place}{}\n", escape(&finding.message));
        if !said.contains(&line) {
            said.push(line);
        }
    }
    let more = said.len().saturating_sub(MOST);
    said.truncate(MOST);
    if more > 0 {
        said.push(format!("- and {more} more, in the job's log\n"));
    }
    if said.is_empty() { String::new() } else { format!("\n**Governance of the change**\n\n{}", said.concat()) }
}

/// A place inside a code span: nothing that could end it.
fn code(place: &str) -> String {
    place.chars().filter(|letter| letter.is_alphanumeric() || "-_./: ".contains(*letter)).take(200).collect()
}

/// Writes it as GitHub's Markdown.
#[must_use]
pub fn page(met: &[Met<'_>], remarks: &[String]) -> String {
    let mut out = String::from("### If this were merged now\n\n");
    for remark in remarks {
        let _ = writeln!(out, "> [!WARNING]\n> {}\n", escape(remark));
    }
    out.push_str("| Environment | It could ship | Batch |\n| --- | --- | --- |\n");
    for Met { summary, batch } in met {
        let decision = &summary.report.decision;
        let ships = match (decision.verdict, decision.next_approval) {
            (Verdict::Approve, _) => "✅ at once".to_owned(),
            (Verdict::Hold, Some(next)) => format!("⏸️ from {}", escape(&when(next, decision.at, summary.zone))),
            (Verdict::Hold, None) => "⏸️ once somebody acts".to_owned(),
            (Verdict::Reject, _) => "⛔ not like this".to_owned(),
        };
        let batch = batch.map_or_else(
            || "not known".to_owned(),
            |size| {
                let end = if size == 1 { "" } else { "s" };
                format!("{size} commit{end}")
            },
        );
        let _ = writeln!(out, "| {} | {ships} | {batch} |", escape(&decision.environment));
    }
    out.push_str(&governance(met));
    for Met { summary: one, .. } in met {
        let name = escape(&one.report.decision.environment);
        let whole = summary(one);
        let room = LONGEST.saturating_sub(out.chars().count());
        let part = match met.len() {
            1 => format!("\n{whole}"),
            _ => format!("\n<details><summary>{name}</summary>\n\n{whole}\n</details>\n"),
        };
        if part.chars().count() > room {
            let _ = writeln!(out, "\n{name}: too long to stand here; the job's log has it.");
        } else {
            out.push_str(&part);
        }
    }
    out
}
