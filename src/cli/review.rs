//! `policy review`: rules that are overdue, unexplained, or have held nothing for 180 days.

use std::fmt::Write;

use chrono::TimeDelta;
use clap::Args;

use super::policy::PolicyArgs;
use super::question::QuestionArgs;
use super::{Edge, Outcome};
use crate::engine::account::rollout_facts;
use crate::engine::decision::Gate;
use crate::engine::event::{CommitId, Deployment, Instant};
use crate::engine::facts::{DeployRequest, Facts};
use crate::engine::history::Future;
use crate::engine::lane::LaneRequest;
use crate::engine::policy::{EnvironmentPolicy, Pattern, Policy, RuleEntry};
use crate::engine::rules::RuleId;
use crate::error::Error;
use crate::gather::Subject;
use crate::render::clean;
use crate::sources::foreign::{Columns, columns};

/// After how long without holding anything a rule is idle.
const IDLE: TimeDelta = TimeDelta::days(180);

/// How much further back than its rules look a past rollout is judged by: what is older has long settled.
const SETTLED: TimeDelta = TimeDelta::days(7);

/// The most past rollouts that rules are tried on, the newest.
const MOST: usize = 1_000;

/// Rules overdue for review, unexplained, or idle for 180 days
#[derive(Debug, Args)]
pub(super) struct Review {
    #[command(flatten)]
    policy: PolicyArgs,

    /// The record of deployments that idleness is measured on: as `check --deploys`
    #[arg(long, value_name = "FILE|-|github")]
    deploys: Option<std::path::PathBuf>,

    /// Of CSV, which column holds what: as `check --columns`
    #[arg(long, value_name = "KEY=COLUMN,…", requires = "deploys", value_parser = columns)]
    columns: Option<Columns>,
}

impl Review {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let (_, found) = self.policy.find(edge)?;
        let question = QuestionArgs {
            repo: self.policy.repo.clone(),
            policy: self.policy.policy.clone(),
            deploys: self.deploys.clone(),
            columns: self.columns.clone(),
            ..QuestionArgs::default()
        };
        let (given, question) = (question.given()?, question.question(edge));
        let (mut out, mut count, mut recorded) = (String::new(), 0, false);
        for name in found.policy.patterns().into_iter().map(Pattern::as_str) {
            let Some(environment) = found.policy.environment(name) else { continue };
            let subject = Subject::open(&question)?;
            let mut records =
                subject.records(given.clone(), &question, name)?.map(|records| records.deployments).unwrap_or_default();
            records.sort_by_key(|one| one.started_at);
            recorded |= !records.is_empty();
            for entry in &environment.rules {
                let remarks = remarks(entry, &found.policy, &environment, &records, edge.now);
                count += remarks.len();
                for remark in remarks {
                    let Source { file, line } = Source::of(entry);
                    let _ =
                        writeln!(out, "{}:{line}: {} ({}): {remark}", clean(file), entry.rule.id().name(), clean(name));
                }
            }
        }
        match (count, recorded) {
            (0, true) => {
                out.push_str("every rule is explained, within its review date, and has held something in 180 days\n");
            }
            (0, false) => out.push_str("every rule is explained and within its review date\n"),
            _ => {}
        }
        if !recorded {
            out.push_str("no deployment is recorded, so that nothing can be said about idle rules: `--deploys FILE` gives a record\n");
        }
        Ok(Outcome::done(out))
    }
}

struct Source<'a> {
    file: &'a str,
    line: usize,
}

impl<'a> Source<'a> {
    fn of(entry: &'a RuleEntry) -> Self {
        Self { file: &entry.source.file, line: entry.source.line }
    }
}

fn remarks(
    entry: &RuleEntry,
    policy: &Policy,
    environment: &EnvironmentPolicy,
    records: &[Deployment],
    now: Instant,
) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(day) = entry.review_by.filter(|day| *day < now.date_naive()) {
        let owner = entry.owner.as_deref().map(|owner| format!(", owner {}", clean(owner))).unwrap_or_default();
        remarks.push(format!("overdue: its review was due by {day}{owner}"));
    }
    if entry.because.is_none() {
        remarks.push("unexplained: add `because`, so that whoever is held knows why".to_owned());
    }
    if let Some(0) = held(entry, policy, environment, records, now) {
        remarks.push(
            "idle: it would have held none of the rollouts of the last 180 days, or of the newest 1000".to_owned(),
        );
    }
    remarks
}

/// How many rollouts of the last 180 days a rule would have held; `None` where the record does not tell.
fn held(
    entry: &RuleEntry,
    policy: &Policy,
    environment: &EnvironmentPolicy,
    records: &[Deployment],
    now: Instant,
) -> Option<usize> {
    let told = [
        RuleId::MaxFrequency,
        RuleId::MinInterval,
        RuleId::NoOverlap,
        RuleId::FailureCooldown,
        RuleId::DeploymentWindow,
        RuleId::SoakTime,
    ];
    if !told.contains(&entry.rule.id()) {
        return None;
    }
    let mut past: Vec<&Deployment> = records
        .iter()
        .filter(|one| {
            one.environment == environment.environment && one.started_at > now - IDLE && one.started_at <= now
        })
        .collect();
    if past.is_empty() {
        return None;
    }
    past.sort_by_key(|one| std::cmp::Reverse(one.started_at));
    past.truncate(MOST);
    let would_hold = |asked: &&&Deployment| {
        // A rollout is judged by what was known just before it started.
        let at = asked.started_at;
        let since = at - environment.lookback().deployments - SETTLED;
        let first = records.partition_point(|one| one.started_at <= since);
        let last = records.partition_point(|one| one.started_at <= at);
        let known = records[first.min(last)..last].iter().filter(|one| one.id != asked.id);
        let known: Vec<Deployment> = known.filter(|one| asked.run.is_none() || one.run != asked.run).cloned().collect();
        let accounts = rollout_facts(policy, environment, Ok(known), None, at, Future::Unseen);
        let request = DeployRequest {
            environment: environment.environment.clone(),
            commit: asked.commit.clone().unwrap_or_else(|| CommitId::new("")),
            lane: LaneRequest::Found,
        };
        let facts = Facts {
            rollouts: accounts.rollouts,
            own_rollouts: accounts.own_rollouts,
            elsewhere: accounts.elsewhere,
            ..Facts::unread(request)
        };
        entry.rule.check().gate(&facts, at) != Gate::Open
    };
    Some(past.iter().filter(would_hold).count())
}
