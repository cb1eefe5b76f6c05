//! For people: a page for a terminal, and one in Markdown.

use std::fmt::Write;

use super::Sheet;
use super::pairs::{Pairing, Row};
use crate::engine::calendar::second;
use crate::engine::decision::Verdict;
use crate::engine::history::Outcome;
use crate::engine::lane::Lane;
use crate::render::{clean, escape, harmless, wrap};

/// The most characters of a page in Markdown: GitHub refuses a comment of more than 65,536.
const LONGEST: usize = 60_000;

/// How many digits of a policy's digest tell it from others, for people.
const DIGITS: usize = 12;

/// What was looked at, and what was found.
fn summary(sheet: &Sheet) -> String {
    let from = sheet.from.map_or_else(|| "the beginning".to_owned(), second);
    let counts = Pairing::ALL.map(|pairing| (sheet.count(pairing), pairing.words()));
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}")).collect();
    let found = if counts.is_empty() { "no deployment".to_owned() } else { counts.join(", ") };
    format!("{from} to {}: {found}", second(sheet.until))
}

fn outcome(row: &Row) -> &'static str {
    match row.outcome {
        Outcome::Running => "running",
        Outcome::Success => "succeeded",
        Outcome::Failure => "failed",
    }
}

/// What let it go, in words; nothing where nothing did.
fn decided(row: &Row) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(decision) = &row.decision {
        let verdict = match decision.verdict {
            Verdict::Approve => "approve",
            Verdict::Hold => "hold",
            Verdict::Reject => "reject",
        };
        let digest: String = decision.policy_digest.chars().take(DIGITS).collect();
        parts.push(format!("{verdict} by {} at {}", decision.id, second(decision.at)));
        parts.push(format!("policy {} ({digest})", decision.policy));
        parts.extend(decision.overrides.iter().map(|lifted| format!("{}: {}", lifted.rule, lifted.by)));
    }
    parts.extend(row.lane.filter(|lane| *lane != Lane::Normal).map(|lane| format!("lane {lane}")));
    parts.extend(row.reason.as_ref().map(|reason| format!("because {reason}")));
    parts.extend(row.broke_glass.then(|| "the glass was broken: it went whatever the verdict".to_owned()));
    parts.extend(row.uncommitted.as_ref().map(|what| format!("with what is in no commit: {what}")));
    parts
}

pub(super) fn terminal(sheet: &Sheet, width: usize) -> String {
    let mut out = String::new();
    let mut say = |indent: usize, text: &str| {
        for (index, line) in wrap(&harmless(text), width.saturating_sub(indent).max(40)).iter().enumerate() {
            let deeper = if index == 0 { indent } else { indent + 2 };
            let _ = writeln!(out, "{}{line}", " ".repeat(deeper));
        }
    };
    say(0, &summary(sheet));
    let mut group = None;
    for row in &sheet.rows {
        if group.replace(row.pairing) != Some(row.pairing) {
            let mark = match row.pairing {
                Pairing::NotInLedger | Pairing::AgainstDecision => "✘",
                Pairing::NoDecision | Pairing::BeforeLedger => "?",
                Pairing::Overridden | Pairing::Approved => "✔",
            };
            say(0, &format!("{mark} {} ({})", row.pairing.words(), sheet.count(row.pairing)));
        }
        let by = row.actor.as_deref().map(|actor| format!(", by {}", clean(actor))).unwrap_or_default();
        let (environment, what) = (clean(&row.environment).into_owned(), clean(&row.what()).into_owned());
        say(2, &format!("{} {environment} ← {what} {}{by}, {}", second(row.start), outcome(row), clean(&row.id)));
        for part in decided(row) {
            say(6, &clean(&part));
        }
        if !row.elsewhere.is_empty() {
            say(6, &clean(&format!("recorded elsewhere as {}", row.elsewhere.join(", "))));
        }
    }
    for note in &sheet.notes {
        say(0, &format!("note: {note}"));
    }
    say(0, &format!("read from: {}", sources(sheet)));
    out
}

fn sources(sheet: &Sheet) -> String {
    if sheet.sources.is_empty() { "nothing".to_owned() } else { sheet.sources.join(", ") }
}

pub(super) fn markdown(sheet: &Sheet) -> String {
    let mut out = format!("### Deployments and their decisions\n\n{}\n\n", escape(&summary(sheet)));
    let mut end = String::new();
    for note in &sheet.notes {
        let _ = writeln!(end, "- {}", escape(note));
    }
    let _ = writeln!(end, "\nRead from: {}.", escape(&sources(sheet)));
    if !sheet.rows.is_empty() {
        out.push_str("| | Started | Environment | What | By | Outcome | Decision |\n| --- | --- | --- | --- | --- | --- | --- |\n");
    }
    for (index, row) in sheet.rows.iter().enumerate() {
        let mut line = String::new();
        let by = escape(row.actor.as_deref().unwrap_or_default());
        let decision: Vec<String> = decided(row).iter().map(|part| escape(part)).collect();
        let what = format!("{} ({})", escape(&row.what()), escape(&row.id));
        let _ = writeln!(
            line,
            "| {} | {} | {} | {what} | {by} | {} | {} |",
            row.pairing.words(),
            second(row.start),
            escape(&row.environment),
            outcome(row),
            decision.join("<br>")
        );
        if out.chars().count() + line.chars().count() + end.chars().count() > LONGEST {
            let _ = write!(out, "\n… and {} more: `--format csv` has them all.\n", sheet.rows.len() - index);
            break;
        }
        out.push_str(&line);
    }
    out.push('\n');
    out.push_str(&end);
    out
}
