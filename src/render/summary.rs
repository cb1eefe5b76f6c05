//! The summary of a job, and the body of a comment: the decision, a timeline of the rollouts around it, what is left of budgets.

use std::fmt::Write;

use chrono::{SubsecRound, TimeDelta};
use chrono_tz::Tz;

use super::{Colour, Detail, Format, Style, escape, render, when};
use crate::engine::decision::{Status, Verdict};
use crate::engine::event::Instant;
use crate::engine::facts::Facts;
use crate::engine::history::{Outcome, Rollout};
use crate::engine::policy::EnvironmentPolicy;
use crate::report::Report;

/// How much of the past the timeline shows, at least.
const SPAN: TimeDelta = TimeDelta::hours(6);

/// How many rollouts it shows at most: the newest.
const MOST: usize = 12;

/// How far ahead an opening still stands in the timeline.
const AHEAD: TimeDelta = TimeDelta::hours(48);

/// A decision, and what it was made of.
pub struct Summary<'a> {
    pub report: &'a Report,
    pub facts: &'a Facts,
    pub policy: &'a EnvironmentPolicy,
    pub zone: Option<Tz>,
    /// What was found beside the decision.
    pub remarks: &'a [String],
}

/// Writes it as GitHub's Markdown.
#[must_use]
pub fn summary(summary: &Summary<'_>) -> String {
    let Summary { report, facts, policy, zone, remarks } = summary;
    let style = Style { colour: Colour::Never, width: usize::MAX, zone: *zone, detail: Detail::Brief };
    let mut out = String::new();
    for remark in *remarks {
        let _ = writeln!(out, "> [!WARNING]\n> {}\n", escape(remark));
    }
    out.push_str(&render(report, Format::Markdown, &style));
    let budgets = budgets(policy, report, facts);
    if !budgets.is_empty() {
        let _ = write!(out, "\n| Budget | Left |\n| --- | --- |\n{budgets}");
    }
    out.push_str(&timeline(report, facts, *zone));
    out
}

/// What is left of each budget; a line of a table each.
fn budgets(policy: &EnvironmentPolicy, report: &Report, facts: &Facts) -> String {
    let findings = &report.decision.findings;
    // What is not known has no budget that could be told.
    let known = policy.rules.iter().zip(findings).filter(|(_, finding)| finding.status != Status::Unknown);
    let lines = known.filter_map(|(entry, finding)| {
        let budget = entry.rule.check().budget(facts, report.decision.at)?;
        let asks = escape(&finding.asks);
        Some(format!("| {}: {asks} | {} of {} |\n", entry.rule.id().name(), budget.left, budget.of))
    });
    lines.collect()
}

/// The rollouts around the decision, and when the gate opens, as a diagram that GitHub draws.
///
/// Nothing in it is text from others: ids of commits, and words of this tool.
fn timeline(report: &Report, facts: &Facts, zone: Option<Tz>) -> String {
    let decision = &report.decision;
    let Ok(rollouts) = &facts.rollouts else { return String::new() };
    let now = decision.at;
    let recent = |rollout: &&Rollout| now - rollout.finish.unwrap_or(now) <= SPAN && rollout.start <= now;
    let mut shown: Vec<&Rollout> = rollouts.all().iter().filter(recent).collect();
    shown.drain(..shown.len().saturating_sub(MOST));
    let next = decision.next_approval.filter(|next| decision.verdict == Verdict::Hold && *next - now <= AHEAD);
    if shown.is_empty() && next.is_none() {
        return String::new();
    }
    let zone = zone.unwrap_or(Tz::UTC);
    // Drawn in whatever zone the reader is: what is written without one reads as it stands.
    let at = |instant: Instant| instant.trunc_subsecs(0).with_timezone(&zone).format("%Y-%m-%dT%H:%M:%S").to_string();
    let mut out = format!(
        "\n```mermaid\ngantt\n  title Rollouts and the next opening ({zone})\n  todayMarker off\n  dateFormat YYYY-MM-DDTHH:mm:ss\n  axisFormat %H:%M\n  section Rollouts\n"
    );
    for rollout in shown {
        let (class, word) = match rollout.outcome {
            Outcome::Success => ("done", "succeeded"),
            Outcome::Failure => ("crit", "failed"),
            Outcome::Running => ("active", "runs"),
        };
        let end = rollout.finish.unwrap_or(now).max(rollout.start + TimeDelta::minutes(1));
        let _ = writeln!(out, "  {} {word} :{class}, {}, {}", name(rollout), at(rollout.start), at(end));
    }
    let _ = writeln!(out, "  section Now\n  {} asks :milestone, {}, 0d", decision.commit.short(), at(now));
    if let Some(next) = next {
        let _ = writeln!(out, "  held :active, {}, {}", at(now), at(next));
        let _ = writeln!(out, "  opens :milestone, {}, 0d", at(next));
    }
    out.push_str("```\n");
    if let Some(next) = next {
        let _ = writeln!(out, "\nNext opening: {}.", escape(&when(next, now, Some(zone))));
    }
    out
}

/// What a rollout ships, in letters that no diagram reads as its own.
fn name(rollout: &Rollout) -> String {
    let plain = |letter: &char| letter.is_ascii_alphanumeric();
    let name: String = rollout.what().chars().filter(plain).take(8).collect();
    if name.is_empty() { "a rollout".to_owned() } else { name }
}
