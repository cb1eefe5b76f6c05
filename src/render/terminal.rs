//! For people at a terminal: the answer first, then why, then what to do.

use anstyle::{AnsiColor, Style as Paint};

use super::text::{clean, harmless, when, wrap};
use super::{Colour, Detail, Style, advice, blocking, history_line, marked_answer, passing, remedies};
use crate::engine::decision::{Finding, Status, Verdict};
use crate::report::{PolicyKind, Report};

/// How many pieces of evidence a brief report shows for a rule.
const EVIDENCE: usize = 3;

/// A page as it grows.
struct Page<'a> {
    out: String,
    style: &'a Style,
}

impl Page<'_> {
    fn paint(&self, text: &str, paint: Paint) -> String {
        match self.style.colour {
            Colour::Always => format!("{paint}{text}{paint:#}"),
            Colour::Never => text.to_owned(),
        }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    /// Writes text wrapped and indented; the first line begins with `lead`.
    fn paragraph(&mut self, lead: &str, indent: usize, text: &str) {
        let width = self.style.width.clamp(20, 120).saturating_sub(indent);
        for (index, line) in wrap(&harmless(text), width).into_iter().enumerate() {
            let before = if index == 0 { format!("{lead:<indent$}") } else { " ".repeat(indent) };
            self.line(&format!("{before}{line}"));
        }
    }
}

pub(super) fn render(report: &Report, style: &Style) -> String {
    let mut page = Page { out: String::new(), style };
    headline(&mut page, report);
    for (finding, others) in grouped(blocking(report)) {
        page.line("");
        shut(&mut page, finding, &others, report);
    }
    let remedies = remedies(report);
    if !remedies.is_empty() {
        page.line("");
        let heading = page.paint("What to do", Paint::new().bold());
        page.line(&heading);
        for remedy in remedies {
            page.paragraph("  →", 4, &remedy);
        }
    }
    let advice = advice(report);
    if !advice.is_empty() {
        page.line("");
        let heading = page.paint("Advice, which blocks nothing", Paint::new().bold());
        page.line(&heading);
        for finding in advice {
            match style.detail {
                Detail::Brief => {
                    let remedy = finding.remedy.as_deref().filter(|_| finding.status == Status::Unknown);
                    let remedy = remedy.map(|remedy| format!("; {remedy}")).unwrap_or_default();
                    let until = until(finding, report, style);
                    page.paragraph("  ○", 4, &format!("{}: {}{until}{remedy}", finding.rule, finding.message));
                }
                Detail::Full => shut(&mut page, finding, &[], report),
            }
        }
    }
    passes(&mut page, report);
    foot(&mut page, report);
    page.out
}

fn headline(page: &mut Page<'_>, report: &Report) {
    let decision = &report.decision;
    let colour = match decision.verdict {
        Verdict::Approve => AnsiColor::Green,
        Verdict::Hold => AnsiColor::Yellow,
        Verdict::Reject => AnsiColor::Red,
    };
    let words = page.paint(&marked_answer(decision, page.style.zone), colour.on_default().bold());
    let subject = report.subject.as_deref().map(clean).unwrap_or_default();
    page.line(&words);
    let about = format!("  {} ← {} {subject}", clean(&decision.environment), decision.commit.short());
    let width = page.style.width.max(20);
    let cut: String = about.chars().take(width).collect();
    page.line(&cut);
    if let Some(note) = &decision.lane_note {
        page.paragraph("", 2, note);
    }
}

fn until(finding: &Finding, report: &Report, style: &Style) -> String {
    finding.until.map(|until| format!("; until {}", when(until, report.decision.at, style.zone))).unwrap_or_default()
}

/// Findings of which several say the same: the first, with the rules of the others.
fn grouped(findings: Vec<&Finding>) -> Vec<(&Finding, Vec<&'static str>)> {
    let mut groups: Vec<(&Finding, Vec<&'static str>)> = Vec::new();
    for finding in findings {
        let same = |first: &Finding| {
            first.status == Status::Unknown && finding.status == Status::Unknown && first.message == finding.message
        };
        match groups.iter_mut().find(|(first, _)| same(first)) {
            Some((_, others)) => others.push(finding.rule),
            None => groups.push((finding, Vec::new())),
        }
    }
    groups
}

/// A finding that does not pass, and the rules that say the same.
fn shut(page: &mut Page<'_>, finding: &Finding, others: &[&str], report: &Report) {
    let mark = match (finding.verdict, finding.status) {
        (_, Status::Unknown) => "?",
        (Verdict::Reject, _) => "✘",
        _ => "◼",
    };
    let rule = page.paint(finding.rule, Paint::new().bold());
    let source = page.paint(&clean(&format!("{}:{}", finding.source.file, finding.source.line)), Paint::new().dimmed());
    page.line(&format!("{mark} {rule}  {}  {source}", finding.level.name()));
    page.paragraph("", 2, &format!("{}{}", finding.message, until(finding, report, page.style)));
    if !others.is_empty() {
        page.paragraph("", 2, &format!("so it is for {}", others.join(", ")));
    }
    if let Some(because) = &finding.because {
        page.paragraph("", 2, &format!("because {because}"));
    }
    evidence(page, finding);
}

fn evidence(page: &mut Page<'_>, finding: &Finding) {
    let shown = match page.style.detail {
        Detail::Brief => EVIDENCE,
        Detail::Full => usize::MAX,
    };
    // What is missing is said by the message and the remedy already.
    let lines: Vec<String> = match (finding.status, page.style.detail) {
        (Status::Unknown, Detail::Brief) => Vec::new(),
        _ => finding.evidence.iter().map(ToString::to_string).collect(),
    };
    for line in lines.iter().take(shown) {
        page.paragraph("    ·", 6, line);
    }
    if lines.len() > shown {
        page.line(&format!("      … `deploy-rhythm why {}` shows all", finding.rule));
    }
}

fn passes(page: &mut Page<'_>, report: &Report) {
    let passing = passing(report);
    if passing.is_empty() {
        return;
    }
    page.line("");
    if page.style.detail == Detail::Full {
        for finding in passing {
            let rule = page.paint(finding.rule, Paint::new().bold());
            let source =
                page.paint(&clean(&format!("{}:{}", finding.source.file, finding.source.line)), Paint::new().dimmed());
            let status = match finding.status {
                Status::Skipped => "skipped",
                Status::Overridden => "overridden",
                _ => "passes",
            };
            page.line(&format!("✔ {rule}  {status}  {}  {source}", finding.level.name()));
            page.paragraph("", 2, &format!("{}: {}", finding.asks, finding.message));
            evidence(page, finding);
        }
        return;
    }
    for (status, words) in [(Status::Met, "passes"), (Status::Skipped, "skipped"), (Status::Overridden, "overridden")] {
        let mut names: Vec<String> = Vec::new();
        for finding in passing.iter().filter(|finding| finding.status == status) {
            // Where another finding of that rule is shut, the parameters tell which one passes.
            let shut = |other: &&Finding| other.rule == finding.rule && other.verdict != Verdict::Approve;
            let name = match report.decision.findings.iter().any(|other| shut(&other)) {
                true => format!("{} ({})", finding.rule, finding.asks),
                false => finding.rule.to_owned(),
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if !names.is_empty() {
            page.paragraph("✔", 2, &format!("{words}: {}", names.join(", ")));
        }
    }
}

fn foot(page: &mut Page<'_>, report: &Report) {
    page.line("");
    for note in &report.notes {
        page.paragraph("note:", 9, note);
    }
    page.paragraph("history:", 9, &history_line(report));
    let kind = match report.policy_kind {
        PolicyKind::Written => String::new(),
        PolicyKind::Default => " (`deploy-rhythm policy show --built-in default` prints it)".to_owned(),
    };
    page.paragraph("policy:", 9, &format!("{}{kind}", report.policy));
    page.paragraph("at:", 9, &report.decision.at.format("%Y-%m-%dT%H:%M:%SZ").to_string());
}
