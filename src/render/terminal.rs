//! For people at a terminal: the answer first, then why, then what to do.

use anstyle::{AnsiColor, Style as Paint};

use super::text::{clean, when, wrap};
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
        let width = self.style.width.clamp(40, 120).saturating_sub(indent);
        for (index, line) in wrap(&clean(text), width).into_iter().enumerate() {
            let before = if index == 0 { format!("{lead:<indent$}") } else { " ".repeat(indent) };
            self.line(&format!("{before}{line}"));
        }
    }
}

pub(super) fn render(report: &Report, style: &Style) -> String {
    let mut page = Page { out: String::new(), style };
    headline(&mut page, report);
    for finding in blocking(report) {
        page.line("");
        shut(&mut page, finding, report);
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
                Detail::Brief => page.paragraph(
                    "  ○",
                    4,
                    &format!("{}: {}{}", finding.rule, finding.message, until(finding, report, style)),
                ),
                Detail::Full => shut(&mut page, finding, report),
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
    let width = page.style.width.max(40);
    let cut: String = about.chars().take(width).collect();
    page.line(&cut);
    if let Some(note) = &decision.lane_note {
        page.paragraph("", 2, note);
    }
}

fn until(finding: &Finding, report: &Report, style: &Style) -> String {
    finding.until.map(|until| format!("; until {}", when(until, report.decision.at, style.zone))).unwrap_or_default()
}

/// A finding that does not pass.
fn shut(page: &mut Page<'_>, finding: &Finding, report: &Report) {
    let mark = match (finding.verdict, finding.status) {
        (_, Status::Unknown) => "?",
        (Verdict::Reject, _) => "✘",
        _ => "◼",
    };
    let rule = page.paint(finding.rule, Paint::new().bold());
    let source = page.paint(&clean(&format!("{}:{}", finding.source.file, finding.source.line)), Paint::new().dimmed());
    page.line(&format!("{mark} {rule}  {}  {source}", finding.level.name()));
    page.paragraph("", 2, &format!("{}{}", finding.message, until(finding, report, page.style)));
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
    if let Some(more) = lines.len().checked_sub(shown).filter(|more| *more > 0) {
        page.line(&format!("      … and {more} more: `deploy-rhythm why {}` shows all", finding.rule));
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
        let mut names: Vec<&str> = Vec::new();
        for finding in passing.iter().filter(|finding| finding.status == status) {
            if !names.contains(&finding.rule) {
                names.push(finding.rule);
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
