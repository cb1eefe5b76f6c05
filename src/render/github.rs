//! Annotations of a GitHub workflow: no text from outside can begin a command of its own.

use std::fmt::Write;

use super::text::clean;
use super::{Style, advice, answer, blocking};
use crate::engine::decision::{Finding, Verdict};
use crate::engine::facts::Facts;
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

/// The annotations of a job: a hold is no error there, and what was found beside the decision is told, too.
pub(super) fn of_job(report: &Report, verdict: Verdict, remarks: &[String], style: &Style) -> String {
    let decision = &report.decision;
    let mut out = String::new();
    let (headline, command) = match verdict {
        Verdict::Approve => ("notice", "notice"),
        Verdict::Hold => ("notice", "warning"),
        Verdict::Reject => ("error", "error"),
    };
    // Where the job answers otherwise than the decision, a remark says why.
    if verdict == decision.verdict {
        let answer = format!("{} {} ← {}", answer(decision, style.zone), decision.environment, decision.commit.short());
        let _ = writeln!(out, "::{headline} title=deploy-rhythm::{}", data(&answer));
        for finding in blocking(report) {
            annotate(&mut out, command, finding);
        }
    }
    out.extend(remarks.iter().map(|remark| warning(remark)));
    for finding in advice(report) {
        annotate(&mut out, "notice", finding);
    }
    out
}

/// Findings about governance at their places; GitHub shows ten of a kind.
pub(super) fn on_lines(facts: &Facts) -> String {
    let mut out = String::new();
    for finding in facts.governance.iter().flatten() {
        let Some((file, line)) = finding.place.as_deref().and_then(|place| place.rsplit_once(':')) else { continue };
        if line.parse::<u32>().is_ok() {
            let place = format!("file={},line={line}", property(file));
            let _ = writeln!(out, "::notice {place},title=governance::{}", data(&finding.message));
        }
    }
    out
}

/// Something that should be known.
pub(super) fn warning(message: &str) -> String {
    format!("::warning title=deploy-rhythm::{}\n", data(message))
}

/// Something that kept a job from an answer.
pub(super) fn problem(message: &str) -> String {
    format!("::error title=deploy-rhythm::{}\n", data(message))
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
