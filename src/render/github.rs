//! Annotations of a GitHub workflow: no text from outside can begin a command of its own.

use std::fmt::Write;

use super::text::clean;
use super::{Style, advice, answer, blocking};
use crate::engine::decision::{Finding, Verdict};
use crate::report::Report;

pub(super) fn render(report: &Report, style: &Style) -> String {
    let decision = &report.decision;
    let mut out = String::new();
    let command = if decision.verdict == Verdict::Approve { "notice" } else { "error" };
    let headline = format!("{} {} ← {}", answer(decision, style.zone), decision.environment, decision.commit.short());
    let _ = writeln!(out, "::{command} title=deploy-rhythm::{}", data(&headline));
    for finding in blocking(report) {
        annotate(&mut out, "error", finding);
    }
    for finding in advice(report) {
        annotate(&mut out, "warning", finding);
    }
    out
}

fn annotate(out: &mut String, command: &str, finding: &Finding) {
    let remedy = finding.remedy.as_deref().map(|remedy| format!(" What to do: {remedy}")).unwrap_or_default();
    let because = finding.because.as_deref().map(|because| format!(" (because {because})")).unwrap_or_default();
    let message = data(&format!("{}{because}.{remedy}", finding.message));
    // A built-in rule stands in no file of the repository.
    let place = match finding.source.file.starts_with("built-in:") {
        true => String::new(),
        false => format!("file={},line={},", property(&finding.source.file), finding.source.line),
    };
    let _ = writeln!(out, "::{command} {place}title={}::{message}", property(finding.rule));
}

/// Escapes the message of a command.
fn data(text: &str) -> String {
    text.split('\n').map(|line| clean(line).replace('%', "%25")).collect::<Vec<_>>().join("%0A")
}

/// Escapes a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
