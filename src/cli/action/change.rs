//! On a pull request: what this change will meet. Judged by the base's policy and governance file, never by its own.

use super::comment;
use super::context::Context;
use super::outputs::{self, Answer, spoken};
use super::say;
use crate::cli::Outcome;
use crate::cli::hook::judge::environments;
use crate::cli::question::report;
use crate::engine::decision::{Decision, Level, Source, Verdict};
use crate::engine::event::CommitId;
use crate::engine::facts::Facts;
use crate::engine::policy::{EnvironmentPolicy, RuleEntry};
use crate::engine::rules::governance::Governance;
use crate::engine::rules::{Rule, RuleId};
use crate::error::Error;
use crate::gather::{Question, Subject};
use crate::ledger::remote::fetch;
use crate::render::change::{Met, page};
use crate::render::summary::Summary;
use crate::render::{Colour, Detail, Format, Style, annotations, remarks_on_lines, render};
use crate::report::Report;
use crate::sources::git::Repo;

/// One environment that the change would be deployed to.
struct Judged {
    policy: EnvironmentPolicy,
    report: Report,
    facts: Facts,
    batch: Option<usize>,
}

pub(super) fn run(context: &Context<'_>) -> Result<Outcome, Error> {
    let number = context.event.pointer("/pull_request/number").and_then(serde_json::Value::as_u64);
    let head = context.told("/pull_request/head/sha").map(CommitId::new);
    let (Some(number), Some(head)) = (number, head) else {
        return Err(Error::usage("`mode: pull-request` needs an event of a pull request, and this is none")
            .hint("let the workflow run `on: pull_request`"));
    };
    let repo = context.checkout()?;
    bring(context, &repo, number, &head)?;
    let question = Question { commit: Some(head.to_string()), ..context.question() };
    let subject = Subject::landed(&question)?;
    let names = match &question.environment {
        Some(name) => vec![name.clone()],
        None => environments(&subject.found.policy),
    };
    let mut met = Vec::new();
    for name in names {
        met.push(judge(context, &subject, &question, (&name, &head))?);
    }
    let mut remarks = Vec::new();
    let base = context.told("/pull_request/base/ref").unwrap_or_default();
    if subject.deploying_branch().is_some_and(|branch| branch != base) {
        remarks.push(format!(
            "this lands on {base}, which is not the default branch: what deploys is judged once it lands there"
        ));
    }
    let Some(worst) = met.iter().max_by_key(|one| rank(&one.report.decision)) else {
        return Err(Error::usage(format!("{} names no environment", subject.found.description)));
    };
    let zone = subject.found.policy.timezone();
    let summaries: Vec<Met<'_>> = met
        .iter()
        .map(|one| Met {
            summary: Summary { report: &one.report, facts: &one.facts, policy: &one.policy, zone, remarks: &[] },
            batch: one.batch,
        })
        .collect();
    let text = page(&summaries, &remarks);
    outputs::summarise(context, &text)?;
    if context.inputs.comment
        && let Err(trouble) = comment::put(context, number, &head, &text)
    {
        // A fork's token may write nothing; the summary has it all.
        remarks.push(format!("no comment was written: {trouble}"));
    }
    let decision = &worst.report.decision;
    let mut answer = Answer {
        verdict: Some(decision.verdict),
        next_approval: decision.next_approval,
        batch_size: worst.batch,
        ..Answer::default()
    };
    answer.report = say::files(context, &worst.report)?;
    answer.write(context)?;
    let style = |width| Style { colour: Colour::Never, width, zone, detail: Detail::Brief };
    let mut log = annotations(&worst.report, decision.verdict, &remarks, &style(usize::MAX));
    log += &remarks_on_lines(&worst.facts);
    let reports = met.iter().map(|one| render(&one.report, Format::Terminal, &style(context.edge.width)));
    log += &spoken(&reports.collect::<Vec<_>>().join("\n"));
    let fails = decision.verdict == Verdict::Reject && context.inputs.enforce;
    Ok(Outcome { text: log, code: if fails { 4 } else { 0 } })
}

/// Brings the head of a pull request: a checkout of the base alone does not have it, nor should it.
fn bring(context: &Context<'_>, repo: &Repo, number: u64, head: &CommitId) -> Result<(), Error> {
    if !repo.contains(head) {
        let place = format!("+refs/pull/{number}/head:refs/remotes/origin/pull/{number}/head");
        fetch(repo.shared_dir(), &[&place]).map_err(|trouble| context.unusable(&trouble))?;
    }
    match repo.contains(head) {
        true => Ok(()),
        false => Err(Error::usage(format!(
            "the head {} of this pull request is not there: it was pushed anew",
            head.short()
        ))
        .hint("the run for the newer head judges it")),
    }
}

/// Judges the change as if it were merged and deployed now.
fn judge(
    context: &Context<'_>,
    subject: &Subject,
    question: &Question,
    (name, head): (&str, &CommitId),
) -> Result<Judged, Error> {
    let mut policy = subject.environment(Some(name))?;
    if !policy.has(RuleId::Governance) {
        // Nobody asked for it, so it only tells.
        let source = Source { file: "built-in:pull-request".to_owned(), line: 1 };
        policy.rules.push(RuleEntry::new(Rule::Governance(Governance::default()), Level::Advisory, source, None));
    }
    let records = subject.records(context.given()?, question, &policy.environment)?;
    let gathered = subject.gather(policy, head.clone(), question.lane, records)?;
    let policy = gathered.policy.clone();
    let (report, facts) = report(subject, gathered);
    let batch = subject.batch_joined(head, &facts);
    Ok(Judged { policy, report, facts, batch })
}

/// How strict a decision is; what time alone does not open is later than any instant.
fn rank(decision: &Decision) -> (Verdict, bool, Option<crate::engine::event::Instant>) {
    (decision.verdict, decision.next_approval.is_none(), decision.next_approval)
}
