//! For people: each directive with its line, what was understood and how it stands; then what was not.

use std::fmt::Write;

use super::page::{Page, Row};
use crate::governance::Status;
use crate::governance::directive::Directive;
use crate::governance::honour::Certainty;
use crate::render::{clean, escape, harmless, wrap};

/// How many unrecognised sentences are shown; JSON has them all.
const SHOWN: usize = 20;

/// The mark of a status, so that no colour is needed to tell it.
const fn mark(status: Status) -> &'static str {
    match status {
        Status::Enforced | Status::Stricter => "✔",
        Status::Weaker | Status::Missing | Status::Contradictory => "✘",
        Status::Unbound => "?",
        Status::Advice | Status::Unreachable | Status::Waived => "○",
    }
}

/// What was understood of a directive, in a line.
fn understood(directive: &Directive) -> String {
    let mut words = format!("{} {} of a {}", directive.polarity, directive.kind, directive.object);
    for (key, value) in &directive.params {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let _ = write!(words, ", {key} {value}");
    }
    let scope = &directive.scope;
    let scopes = [("environment", &scope.environment), ("branch", &scope.branch), ("service", &scope.service)];
    let more = [("path", &scope.path), ("actor", &scope.actor), ("if", &scope.condition)];
    for (name, value) in scopes.into_iter().chain(more) {
        if let Some(value) = value {
            let _ = write!(words, "; {name} {value}");
        }
    }
    if let Some(exception) = &directive.exception {
        let _ = write!(words, "; but {exception}");
    }
    words
}

fn coverage(page: &Page) -> String {
    let coverage = &page.coverage;
    format!(
        "{} directives: {} can be checked, {} of them enforced; {} unbound, {} advice; {} more sentences look like one and were not understood",
        coverage.directives,
        coverage.checkable,
        coverage.enforced,
        coverage.unbound,
        coverage.advice,
        page.unrecognised.len()
    )
}

/// A page for a terminal.
pub(super) fn terminal(page: &Page, width: usize) -> String {
    let mut out = String::new();
    let columns = width.clamp(40, 120);
    let paragraph = |out: &mut String, indent: usize, text: &str| {
        for part in wrap(&harmless(text), columns.saturating_sub(indent)) {
            let _ = writeln!(out, "{}{part}", " ".repeat(indent));
        }
    };
    paragraph(&mut out, 0, &coverage(page));
    let mut file = None;
    for row in page.rows.iter().chain(&page.unreachable) {
        if file.replace(&row.directive.place.file) != Some(&row.directive.place.file) {
            let via = match row.directive.place.via.is_empty() {
                true => String::new(),
                false => format!(" (through {})", row.directive.place.via.join(", ")),
            };
            let _ = writeln!(out, "\n{}{}", clean(&row.directive.place.file), clean(&via));
        }
        let Row { directive, drift } = row;
        let rule = drift.rule.map(|rule| format!("  {}", rule.name())).unwrap_or_default();
        let _ = writeln!(
            out,
            "{:>5}  {} {}{rule}  {}",
            directive.place.line,
            mark(drift.status),
            drift.status.name(),
            clean(&directive.id)
        );
        paragraph(&mut out, 9, &format!("“{}”", directive.text));
        paragraph(&mut out, 9, &understood(directive));
        paragraph(&mut out, 9, &drift.message);
        if let Some(expired) = &drift.expired {
            paragraph(&mut out, 9, expired);
        }
    }
    if let Some((span, honoured)) = &page.honoured {
        let _ = writeln!(out, "\n{}: {} not kept", clean(span), honoured.violations.len());
        for violation in &honoured.violations {
            let commit = violation.commit.as_ref().map(|commit| format!("{} ", commit.short())).unwrap_or_default();
            let guess = if violation.certainty == Certainty::Guessed { " (a guess)" } else { "" };
            paragraph(
                &mut out,
                2,
                &format!("✘ {commit}{}{guess}  {}:{}", violation.message, violation.place.file, violation.place.line),
            );
        }
    }
    if !page.unrecognised.is_empty() {
        let _ = writeln!(out, "\nNot understood, though they look like directives");
        for one in page.unrecognised.iter().take(SHOWN) {
            paragraph(&mut out, 2, &format!("{}:{} {}", one.file, one.line, one.text));
        }
        if let Some(more) = page.unrecognised.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            let _ = writeln!(out, "  … and {more} more: `--format json` has them all");
        }
    }
    let unseen: Vec<String> =
        page.files.iter().flat_map(|file| file.unseen.iter().map(move |one| format!("{}: {one}", file.path))).collect();
    if !unseen.is_empty() {
        let _ = writeln!(out, "\nNot seen");
        for one in &unseen {
            paragraph(&mut out, 2, one);
        }
    }
    out.push('\n');
    for note in &page.notes {
        paragraph(&mut out, 0, &format!("note: {note}"));
    }
    paragraph(&mut out, 0, &format!("policy: {}", page.policy));
    out
}

/// A page for comments and job summaries.
pub(super) fn markdown(page: &Page) -> String {
    let mut out = format!("### Governance\n\n{}\n\n", escape(&coverage(page)));
    if !page.rows.is_empty() {
        out.push_str("| Line | Says | Understood | Status |\n| --- | --- | --- | --- |\n");
    }
    for Row { directive, drift } in page.rows.iter().chain(&page.unreachable) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} {}: {} |",
            escape(&format!("{}:{}", directive.place.file, directive.place.line)),
            escape(&directive.text),
            escape(&understood(directive)),
            mark(drift.status),
            drift.status.name(),
            escape(&drift.message)
        );
    }
    if let Some((span, honoured)) = &page.honoured {
        let _ = writeln!(out, "\n**{}: {} not kept**\n", escape(span), honoured.violations.len());
        for violation in &honoured.violations {
            let commit = violation.commit.as_ref().map(|commit| format!("{} ", commit.short())).unwrap_or_default();
            let place = format!("{}:{}", violation.place.file, violation.place.line);
            let _ = writeln!(out, "- {}", escape(&format!("{commit}{} ({place})", violation.message)));
        }
    }
    for note in &page.notes {
        let _ = writeln!(out, "\n- {}", escape(note));
    }
    let _ = writeln!(out, "\nPolicy: {}.", escape(&page.policy));
    out
}
