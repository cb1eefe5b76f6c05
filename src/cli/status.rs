//! `status`: each environment at a glance.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use clap::{Args, ValueEnum};
use serde_json::{Value as Json, json};

use super::question::{QuestionArgs, report};
use super::{Edge, Outcome};
use crate::engine::calendar::utc;
use crate::engine::decision::{Decision, Finding, Status as RuleStatus};
use crate::engine::duration;
use crate::engine::event::{CommitId, Environment, Instant};
use crate::engine::facts::{Facts, Override};
use crate::engine::history::{Outcome as RolloutOutcome, Rollout};
use crate::engine::policy::EnvironmentPolicy;
use crate::engine::rules::{Budget, no_overlap};
use crate::error::Error;
use crate::gather::{Question, Subject, Told};
use crate::ledger::entry::Kept;
use crate::ledger::word::{What, Word};
use crate::render::{clean, harmless, marked_answer, when, wrap};
use crate::sources::deployments::Records;

/// Each environment: budgets left, the next opening, what runs
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    question: QuestionArgs,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Plain::Terminal)]
    format: Plain,
}

/// The formats of commands that print no decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Plain {
    Terminal,
    Json,
}

/// The most environments that are shown at once.
const MOST: usize = 200;

/// One environment at a glance.
struct Glance {
    decision: Decision,
    budgets: Vec<(&'static str, String, Budget)>,
    running: Vec<Rollout>,
    last: Option<Rollout>,
    rules: usize,
    /// The overrides and freezes that are in force.
    words: Vec<Word>,
    overrides: Option<(usize, usize)>,
}

/// Each environment at a glance, and what heads them.
pub(super) struct Seen {
    subject: Subject,
    glances: Vec<Glance>,
    notes: BTreeSet<String>,
    broken: BTreeMap<String, Kept>,
}

impl Status {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let seen = Seen::by(&self.question, edge)?;
        Ok(Outcome::done(match self.format {
            Plain::Json => seen.json(),
            Plain::Terminal => seen.text(edge.width),
        }))
    }
}

impl Seen {
    pub(super) fn by(arguments: &QuestionArgs, edge: &Edge) -> Result<Self, Error> {
        let question = arguments.question(edge);
        let given = arguments.given()?;
        if question.environment.is_none() {
            question.hub.look_everywhere();
        }
        let subject = Subject::open(&question)?;
        Self::of(subject, &question, given)
    }

    /// The same, of a repository and a policy that are found otherwise.
    pub(super) fn of(subject: Subject, question: &Question, given: Option<Records>) -> Result<Self, Error> {
        let given = given.map(|given| subject.settle(given, question));
        let mut glances = Vec::new();
        let mut notes = BTreeSet::new();
        let mut broken = BTreeMap::new();
        for name in names(&subject, given.as_ref(), question)? {
            let policy = subject.environment(Some(&name))?;
            let commit = subject.commit(None)?;
            let records = subject.records(given.clone(), question, &name)?;
            let told = subject.told();
            broken.extend(told.broken.iter().map(|kept| (kept.id.clone(), kept.clone())));
            let gathered = subject.gather(policy, commit, question.lane, records)?;
            let policy = gathered.policy.clone();
            let (report, facts) = report(&subject, gathered);
            notes.extend(report.notes);
            glances.push(glance(report.decision, &policy, &facts, subject.now.instant, &told));
        }
        Ok(Self { subject, glances, notes, broken })
    }

    pub(super) fn text(&self, width: usize) -> String {
        headed(&self.broken, self.subject.now.instant, width)
            + &terminal(&self.glances, &self.notes, &self.subject, width)
    }

    pub(super) fn json(&self) -> String {
        json_of(&self.glances, &self.broken)
    }
}

/// The environments to show: the one asked for, else those named, and those deployed to that a pattern fits.
fn names(subject: &Subject, given: Option<&Records>, question: &Question) -> Result<BTreeSet<Environment>, Error> {
    if let Some(asked) = &question.environment {
        return Ok(BTreeSet::from([asked.as_str().into()]));
    }
    let policy = &subject.found.policy;
    let mut names: BTreeSet<Environment> = policy.exact_names().into_iter().map(Environment::from).collect();
    let mut recorded = BTreeSet::new();
    if let Some(given) = given {
        recorded.extend(given.deployments.iter().map(|one| one.environment.clone()));
    } else {
        let found = subject.records(None, question, &policy.default_environment())?;
        recorded.extend(found.into_iter().flat_map(|found| found.deployments).map(|one| one.environment));
    }
    names.extend(recorded.into_iter().filter(|name| policy.environment(name).is_some()));
    if names.is_empty() {
        names.insert(policy.default_environment());
    }
    if names.len() > MOST {
        return Err(Error::usage(format!(
            "there are {} environments, more than the {MOST} that are shown",
            names.len()
        ))
        .hint("name one with `--environment`"));
    }
    Ok(names)
}

fn glance(decision: Decision, policy: &EnvironmentPolicy, facts: &Facts, at: Instant, told: &Told) -> Glance {
    // What is not known has no budget that could be told.
    let known =
        policy.rules.iter().zip(&decision.findings).filter(|(_, finding)| finding.status != RuleStatus::Unknown);
    let budgets = known.filter_map(|(entry, finding)| {
        let budget = entry.rule.check().budget(facts, at)?;
        Some((entry.rule.id().name(), finding.asks.clone(), budget))
    });
    let rollouts = facts.rollouts.as_ref().ok();
    Glance {
        budgets: budgets.collect(),
        running: rollouts.map_or_else(Vec::new, |rollouts| rollouts.running().cloned().collect()),
        last: rollouts.and_then(|rollouts| rollouts.finished().next().cloned()),
        rules: policy.rules.len(),
        words: told.words.iter().filter(|word| word.is_live(at) && !is_spent(word, facts)).cloned().collect(),
        overrides: policy.overrides.as_ref().and_then(|one| Some((told.spent, one.per_month?))),
        decision,
    }
}

/// Whether an override is used up, or says what is no matter of now.
fn is_spent(word: &Word, facts: &Facts) -> bool {
    let used = |leave: Override| facts.own_rollouts.as_ref().is_ok_and(|rollouts| leave.used_by(rollouts).is_some());
    word.leave().map_or(matches!(word.what, What::Complete { .. } | What::Void { .. }), used)
}

/// What heads everything else until somebody has seen it.
fn headed(broken: &BTreeMap<String, Kept>, now: Instant, width: usize) -> String {
    let mut out = String::new();
    for kept in broken.values() {
        let ago = kept.started_at.map(|start| duration::glance(now - start)).unwrap_or_default();
        let by = kept.actor.as_deref().unwrap_or("somebody");
        let verdict = kept.glass.as_ref().and_then(|glass| glass.verdict);
        let verdict = verdict.map_or_else(|| "not to be had".to_owned(), |verdict| verdict.to_string());
        let text = format!(
            "✘ glass broken: {} shipped {} to {} {ago} ago, by {by}: {}; the verdict was {verdict}",
            kept.id,
            kept.what(),
            kept.environment,
            kept.reason.as_deref().unwrap_or_default()
        );
        line(&mut out, 0, width, &text);
        line(&mut out, 2, width, &format!("once somebody has looked: `deploy-rhythm record acknowledge {}`", kept.id));
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// An override or a freeze in a line.
fn said(word: &Word, at: Instant, zone: Option<chrono_tz::Tz>) -> String {
    let what = match &word.what {
        What::Override { commit, until } => {
            format!("override of {}, until {}", CommitId::new(commit).short(), when(*until, at, zone))
        }
        What::Freeze { until } => format!("frozen until {}", when(*until, at, zone)),
        What::Complete { since } => format!("complete since {}", utc(*since)),
        What::Void { deployment } => format!("{deployment} does not count"),
    };
    format!("{what}, by {}: {} ({})", word.author(), word.because, word.id)
}

/// Writes a line, broken at the width; what follows its first line stands a little further in.
fn line(out: &mut String, indent: usize, width: usize, text: &str) {
    let columns = width.clamp(40, 120).saturating_sub(indent);
    for (index, part) in wrap(&harmless(text), columns).iter().enumerate() {
        let deeper = if index == 0 { indent } else { indent + 2 };
        let _ = writeln!(out, "{}{part}", " ".repeat(deeper));
    }
}

fn terminal(glances: &[Glance], notes: &BTreeSet<String>, subject: &Subject, width: usize) -> String {
    let zone = subject.found.policy.timezone();
    let mut out = String::new();
    for glance in glances {
        let decision = &glance.decision;
        let _ = writeln!(out, "{}   {}", clean(&decision.environment), marked_answer(decision, zone));
        let shut =
            decision.findings.iter().filter(|finding| !matches!(finding.status, RuleStatus::Met | RuleStatus::Skipped));
        // One cause is said once, for all the rules that it keeps from knowing.
        let mut causes: Vec<(&Finding, Vec<&str>)> = Vec::new();
        for finding in shut {
            let same = |first: &Finding| {
                (first.status, first.level.is_mandatory(), &first.message)
                    == (RuleStatus::Unknown, finding.level.is_mandatory(), &finding.message)
            };
            match causes.iter_mut().find(|(first, _)| same(first)) {
                Some((_, rules)) => rules.push(finding.rule),
                None => causes.push((finding, vec![finding.rule])),
            }
        }
        for (finding, rules) in causes {
            let level = if finding.level.is_mandatory() { "" } else { " (advice)" };
            let until =
                finding.until.map(|until| format!(", until {}", when(until, decision.at, zone))).unwrap_or_default();
            line(&mut out, 2, width, &format!("◼ {}{level}: {}{until}", rules.join(", "), finding.message));
        }
        for (rule, asks, Budget { left, of, .. }) in &glance.budgets {
            line(&mut out, 2, width, &format!("{left} of {of} left: {rule}, {asks}"));
        }
        for word in &glance.words {
            line(&mut out, 2, width, &said(word, decision.at, zone));
        }
        if let Some((spent, of)) = glance.overrides {
            line(&mut out, 2, width, &format!("{} of {of} overrides left this month", of.saturating_sub(spent)));
        }
        for rollout in &glance.running {
            let age = duration::glance(decision.at - rollout.start);
            // A rule that lets it count as finished has said so by passing.
            let settled = decision.findings.iter().any(|finding| {
                finding.rule == "no-overlap" && finding.status == RuleStatus::Met && rollout.start < decision.at
            });
            if settled {
                line(&mut out, 2, width, &format!("never finished, and counts as finished: {rollout}"));
                continue;
            }
            line(&mut out, 2, width, &format!("running for {age}: {rollout}"));
            line(&mut out, 4, width, &format!("to settle it: {}", no_overlap::settle(rollout)));
        }
        if let Some(last) = &glance.last {
            let ended = if last.outcome == RolloutOutcome::Failure { "failed" } else { "succeeded" };
            let ago = duration::glance(decision.at - last.finish.unwrap_or(last.start));
            let _ = writeln!(out, "  last: {} {ended} {ago} ago", clean(last.what()));
        }
        if glance.rules == 0 {
            let _ = writeln!(out, "  no rule judges this environment");
        }
        out.push('\n');
    }
    for note in notes {
        line(&mut out, 0, width, &format!("note: {note}"));
    }
    let _ = writeln!(out, "policy: {}", clean(&subject.found.description));
    out
}

fn json_of(glances: &[Glance], broken: &BTreeMap<String, Kept>) -> String {
    let environment = |glance: &Glance| {
        let decision = &glance.decision;
        let budgets: Vec<Json> = glance
            .budgets
            .iter()
            .map(|(rule, asks, budget)| json!({"rule": rule, "asks": asks, "left": budget.left, "of": budget.of}))
            .collect();
        let running: Vec<Json> = glance
            .running
            .iter()
            .map(|rollout| json!({"id": rollout.id, "commit": rollout.commit, "started_at": utc(rollout.start), "age_seconds": (decision.at - rollout.start).num_seconds(), "actor": rollout.actor}))
            .collect();
        json!({
            "environment": decision.environment,
            "verdict": decision.verdict,
            "next_approval": decision.next_approval.map(utc),
            "commit": decision.commit,
            "budgets": budgets,
            "running": running,
            "words": glance.words,
            "overrides": glance.overrides.map(|(spent, of)| json!({"left": of.saturating_sub(spent), "of": of})),
        })
    };
    let at = glances.first().map(|glance| utc(glance.decision.at));
    let value = json!({"schema_version": 1, "at": at, "broken_glass": broken.values().collect::<Vec<_>>(), "environments": glances.iter().map(environment).collect::<Vec<_>>()});
    format!("{value:#}\n")
}
