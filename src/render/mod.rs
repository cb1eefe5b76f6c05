//! A report as text: one file an output. Nothing is printed here.

pub mod change;
mod github;
mod json;
mod markdown;
pub mod refusal;
pub mod report;
mod sarif;
pub mod summary;
mod terminal;
mod text;

use chrono_tz::Tz;
use clap::ValueEnum;

use crate::engine::calendar::next_second;
use crate::engine::decision::{Decision, Evidence, Finding, Status, Verdict};
use crate::engine::facts::Facts;
use crate::report::Report;

pub use text::{clean, escape, harmless, uri, when, wrap};

/// The outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people at a terminal
    Terminal,
    /// For programs; the schema is docs/check.schema.json
    Json,
    /// For comments and job summaries
    Markdown,
    /// Annotations of a GitHub workflow
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// Whether to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    Always,
    Never,
}

/// How much to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    Brief,
    /// Each rule's reasoning, passing ones too.
    Full,
}

/// How to write for a terminal.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    pub colour: Colour,
    /// Columns.
    pub width: usize,
    /// The zone of local times; UTC unless said.
    pub zone: Option<Tz>,
    pub detail: Detail,
}

impl Style {
    /// For programs: no colour, no width.
    #[must_use]
    pub const fn plain() -> Self {
        Self { colour: Colour::Never, width: usize::MAX, zone: None, detail: Detail::Full }
    }
}

/// Writes a report; the text ends with a line's end.
#[must_use]
pub fn render(report: &Report, format: Format, style: &Style) -> String {
    match format {
        Format::Terminal => terminal::render(report, style),
        Format::Json => json::render(report),
        Format::Markdown => markdown::render(report, style),
        Format::Github => github::render(report, style),
        Format::Sarif => sarif::render(report),
    }
}

/// The annotations of a job: what it answers, and what was found beside the decision.
#[must_use]
pub fn annotations(report: &Report, verdict: Verdict, remarks: &[String], style: &Style) -> String {
    github::of_job(report, verdict, remarks, style)
}

/// What should be known about a job, as an annotation.
#[must_use]
pub fn warning(message: &str) -> String {
    github::warning(message)
}

/// What was found about the governance of a change, each at the line that it breaks.
#[must_use]
pub fn remarks_on_lines(facts: &Facts) -> String {
    github::on_lines(facts)
}

/// What kept a job from an answer, as an annotation.
#[must_use]
pub fn problem(message: &str) -> String {
    github::problem(message)
}

/// The answer in words: `HOLD until 16:42 UTC (in 1h 20m)`.
fn answer(decision: &Decision, zone: Option<Tz>) -> String {
    let until = decision.next_approval.map(|until| when(until, decision.at, zone));
    match (decision.verdict, running(decision), until) {
        (Verdict::Approve, ..) => "APPROVE".to_owned(),
        (Verdict::Hold, Some(id), Some(until)) => format!("HOLD until deploy {id} finishes, {until} at the latest"),
        (Verdict::Hold, Some(id), None) => format!("HOLD until deploy {id} finishes"),
        (Verdict::Hold, None, Some(until)) => format!("HOLD until {until}"),
        (Verdict::Hold, None, None) => "HOLD until somebody acts".to_owned(),
        (Verdict::Reject, ..) => "REJECT".to_owned(),
    }
}

/// The rollout whose finish the gate waits for, where nothing else is in the way that only a person can move.
fn running(decision: &Decision) -> Option<String> {
    let blocking = decision.findings.iter().filter(|finding| {
        finding.level.is_mandatory() && finding.verdict != Verdict::Approve && finding.status != Status::Unknown
    });
    let waits = |finding: &Finding| match finding.evidence.first() {
        Some(Evidence::Rollout(rollout)) if rollout.finish.is_none() => Some(rollout.id.to_string()),
        _ => None,
    };
    let (mut id, mut others) = (None, false);
    for finding in blocking {
        match waits(finding) {
            Some(running) if ["no-overlap", "min-interval"].contains(&finding.rule) => id = id.or(Some(running)),
            _ => others = others || finding.until.is_none(),
        }
    }
    id.filter(|_| !others).map(|id| clean(&id).into_owned())
}

/// The answer with its mark, so that no colour is needed to tell it.
#[must_use]
pub fn marked_answer(decision: &Decision, zone: Option<Tz>) -> String {
    let mark = match decision.verdict {
        Verdict::Approve => "✔",
        Verdict::Hold => "◼",
        Verdict::Reject => "✘",
    };
    format!("{mark} {}", answer(decision, zone))
}

/// The findings that block, strictest first.
fn blocking(report: &Report) -> Vec<&Finding> {
    let mut blocking: Vec<&Finding> = report
        .decision
        .findings
        .iter()
        .filter(|finding| finding.level.is_mandatory() && finding.verdict != Verdict::Approve)
        .collect();
    blocking.sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
    blocking
}

/// The advisory findings that do not pass.
fn advice(report: &Report) -> Vec<&Finding> {
    report
        .decision
        .findings
        .iter()
        .filter(|finding| !finding.level.is_mandatory() && finding.verdict != Verdict::Approve)
        .collect()
}

/// The findings that pass.
fn passing(report: &Report) -> Vec<&Finding> {
    report.decision.findings.iter().filter(|finding| finding.verdict == Verdict::Approve).collect()
}

/// What to do, each act once.
fn remedies(report: &Report) -> Vec<String> {
    let mut remedies: Vec<String> = Vec::new();
    let mut blocking = blocking(report);
    let timed = blocking.iter().filter(|finding| finding.until.is_some()).count();
    // Several rules each name their own time: what counts is when the last of them lets it go.
    if timed > 1 && timed == blocking.len() {
        if let Some(next) = report.decision.next_approval {
            remedies.push(format!("ask again at {}: it may go then, if nothing else happens", next_second(next)));
            blocking.retain(|finding| running_rule(finding));
        } else {
            let never = "no instant of the next 400 days suits all of these at once: change the policy (windows in one list are alternatives; two rules must both be open)";
            remedies.push(never.to_owned());
            blocking.clear();
        }
    }
    for remedy in blocking.into_iter().filter_map(|finding| finding.remedy.clone()) {
        if !remedies.contains(&remedy) {
            remedies.push(remedy);
        }
    }
    remedies.extend(report.offer.as_ref().map(|command| format!("if it cannot wait, you may override: `{command}`")));
    remedies
}

/// Whether a finding waits for a rollout that runs: then there is more to do than to wait.
fn running_rule(finding: &Finding) -> bool {
    matches!(finding.evidence.first(), Some(Evidence::Rollout(rollout)) if rollout.finish.is_none())
}

/// What the history was, in a line.
fn history_line(report: &Report) -> String {
    let history = &report.history;
    if history.sources.is_empty() {
        return "no history was found".to_owned();
    }
    let complete =
        history.complete_since.map(|since| format!(", complete since {}", next_second(since))).unwrap_or_default();
    let count = |count: usize, noun: &str, end: &str| {
        if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}{end}") }
    };
    let (deployments, pushes) = (count(history.deployments, "deployment", "s"), count(history.pushes, "push", "es"));
    format!("{deployments} and {pushes} from {}{complete}", history.sources.join(", "))
}
