//! For comments and job summaries: text from outside never becomes markup, a mention or a link.

use std::fmt::Write;

use super::text::{escape, when};
use super::{Style, advice, answer, blocking, history_line, passing, remedies};
use crate::engine::decision::{Finding, Verdict};
use crate::report::Report;

/// The most characters of a page: GitHub refuses a comment of more than 65,536.
const LONGEST: usize = 60_000;

pub(super) fn render(report: &Report, style: &Style) -> String {
    let decision = &report.decision;
    let mark = match decision.verdict {
        Verdict::Approve => "✅",
        Verdict::Hold => "⏸️",
        Verdict::Reject => "⛔",
    };
    let mut out = String::new();
    let _ = writeln!(out, "### {mark} {}\n", answer(decision, style.zone));
    let subject = report.subject.as_deref().map(escape).unwrap_or_default();
    let _ = writeln!(out, "**{}** ← `{}` {subject}\n", escape(&decision.environment), plain(decision.commit.short()));
    if let Some(note) = &decision.lane_note {
        let _ = writeln!(out, "{}\n", escape(note));
    }
    let (blocking, advice) = (blocking(report), advice(report));
    if !(blocking.is_empty() && advice.is_empty()) {
        out.push_str("| Rule | Level | Says | Until |\n| --- | --- | --- | --- |\n");
        for finding in blocking.iter().chain(&advice) {
            row(&mut out, finding, report, style);
        }
        out.push('\n');
    }
    let remedies = remedies(report);
    if !remedies.is_empty() {
        out.push_str("**What to do**\n\n");
        for remedy in remedies {
            let _ = writeln!(out, "- {}", escape(&remedy));
        }
        out.push('\n');
    }
    details(&mut out, &blocking, &advice);
    let names: Vec<&str> = passing(report).into_iter().map(|finding| finding.rule).collect();
    if !names.is_empty() {
        let _ = writeln!(out, "Passes: {}\n", names.join(", "));
    }
    for note in &report.notes {
        let _ = writeln!(out, "- {}", escape(note));
    }
    let _ = writeln!(out, "\nHistory: {}. Policy: {}.", escape(&history_line(report)), escape(&report.policy));
    match out.char_indices().nth(LONGEST) {
        Some((end, _)) => {
            format!("{}\n\n… cut here: the whole decision is in the output of `deploy-rhythm why`.\n", &out[..end])
        }
        None => out,
    }
}

/// Text inside a code span: nothing that could end it.
fn plain(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')).collect()
}

fn row(out: &mut String, finding: &Finding, report: &Report, style: &Style) {
    let until =
        finding.until.map_or_else(|| "somebody acts".to_owned(), |until| when(until, report.decision.at, style.zone));
    let because =
        finding.because.as_deref().map(|because| format!("<br>because {}", escape(because))).unwrap_or_default();
    let _ = writeln!(
        out,
        "| {} | {} | {}{because} | {} |",
        finding.rule,
        finding.level.name(),
        escape(&finding.message),
        escape(&until)
    );
}

fn details(out: &mut String, blocking: &[&Finding], advice: &[&Finding]) {
    let shown: Vec<&&Finding> = blocking.iter().chain(advice).filter(|finding| !finding.evidence.is_empty()).collect();
    if shown.is_empty() {
        return;
    }
    out.push_str("<details><summary>Evidence</summary>\n\n");
    for finding in shown {
        let _ = writeln!(
            out,
            "**{}** ({})\n",
            finding.rule,
            escape(&format!("{}:{}", finding.source.file, finding.source.line))
        );
        for evidence in &finding.evidence {
            let _ = writeln!(out, "- {}", escape(&evidence.to_string()));
        }
        out.push('\n');
    }
    out.push_str("</details>\n\n");
}
