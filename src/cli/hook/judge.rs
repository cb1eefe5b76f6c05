//! Judges what a hook stands in front of: a push in every environment, a deploy in one.

use std::path::Path;

use crate::cli::question::{QuestionArgs, budget, report};
use crate::cli::{Edge, outer};
use crate::engine::decision::Verdict;
use crate::engine::event::CommitId;
use crate::engine::lane::LaneRequest;
use crate::engine::policy::Policy;
use crate::engine::rules::Budget;
use crate::error::Error;
use crate::gather::push::Pushing;
use crate::gather::{Gathered, Question, Subject};
use crate::ledger::home::Home;
use crate::report::Report;

/// A judgement that lets nothing go, with what is left of the budget that holds it.
pub(super) struct Refusal {
    pub report: Report,
    pub budget: Option<Budget>,
}

/// What a hook asks, of any directory of the repository.
pub(super) fn question(edge: &Edge, repo: &Path) -> Question {
    let repo = repo.to_owned();
    QuestionArgs { repo, policy: None, deploys: None, columns: None, environment: None, ledger: None, at: None }
        .question(edge)
}

/// The environments that a push is judged in: those named, else the one that is meant where nobody says.
pub(in crate::cli) fn environments(policy: &Policy) -> Vec<String> {
    let names: Vec<String> = policy.exact_names().into_iter().map(str::to_owned).collect();
    let default = policy.default_environment();
    match names.is_empty() {
        // Patterns alone name no environment that a push could be meant for.
        true => policy.environment(&default).map(|_| default.to_string()).into_iter().collect(),
        false => names,
    }
}

/// Judges a push; the strictest refusal of all environments, the latest of those that only hold.
pub(super) fn push(
    edge: &Edge,
    question: &Question,
    subject: &Subject,
    pushing: &Pushing,
) -> Result<Option<Refusal>, Error> {
    let mut worst: Option<Refusal> = None;
    for name in environments(&subject.found.policy) {
        if let Some(commit) = &pushing.commit
            && is_inside(edge, subject, &name, commit)?
        {
            continue;
        }
        let policy = subject.environment(Some(&name))?;
        // Before the first push there was none to count.
        if pushing.is_new && !pushing.deploys && policy.trigger.is_none() {
            continue;
        }
        let refusal = judged(subject, subject.gather_push(policy, question, pushing)?);
        // What time alone does not open is later than any instant.
        let rank = |Refusal { report: Report { decision, .. }, .. }: &Refusal| {
            (decision.verdict, decision.next_approval.is_none(), decision.next_approval)
        };
        if let Some(refusal) = refusal.filter(|one| worst.as_ref().is_none_or(|worst| rank(one) > rank(worst))) {
            worst = Some(refusal);
        }
    }
    Ok(worst)
}

/// Judges a deploy to one environment, as `check` would.
pub(super) fn deploy(
    edge: &Edge,
    repo: &Path,
    environment: Option<&str>,
    commit: Option<&str>,
    lane: LaneRequest,
) -> Result<Option<Refusal>, Error> {
    let question = Question { lane, ..question(edge, repo) };
    let subject = Subject::open(&question)?;
    let policy = subject.environment(environment)?;
    let commit = subject.commit(commit)?;
    if is_inside(edge, &subject, &policy.environment, &commit)? {
        return Ok(None);
    }
    let records = subject.records(None, &question, &policy.environment)?;
    let gathered = subject.gather(policy, commit, lane, records)?;
    Ok(judged(&subject, gathered))
}

/// Whether this is a part of a rollout that was let go.
fn is_inside(edge: &Edge, subject: &Subject, environment: &str, commit: &CommitId) -> Result<bool, Error> {
    let home = Home::find(edge.surroundings.ledger.as_deref(), subject.repo.shared_dir())?;
    Ok(outer::find(edge, &home, subject, environment, commit)??.is_some())
}

fn judged(subject: &Subject, gathered: Gathered) -> Option<Refusal> {
    let policy = gathered.policy.clone();
    let (report, facts) = report(subject, gathered);
    if report.decision.verdict == Verdict::Approve {
        return None;
    }
    let budget = budget(&policy, &report, &facts);
    Some(Refusal { report, budget })
}
