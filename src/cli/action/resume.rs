//! In a scheduled workflow: starts the newest commit that the gate held, when its time has come.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::context::Context;
use super::outputs::{Answer, spoken};
use super::say::{self, Said};
use crate::cli::Outcome;
use crate::cli::place::home;
use crate::cli::question::report;
use crate::cli::run::job::{is_of, waits_for};
use crate::engine::decision::Verdict;
use crate::engine::event::CommitId;
use crate::engine::facts::Ancestry;
use crate::engine::policy::yaml;
use crate::error::Error;
use crate::gather::{Held, LedgerSource, Question, Subject};
use crate::github::{self, GitHub, WorkflowRun};
use crate::ledger::chain::Account;
use crate::ledger::entry::{Ending, Event, Stage};
use crate::ledger::{Change, Ledger, State, Waiting};
use crate::sources::git::{Clock, Now, Repo};

/// The largest workflow that is read, in bytes.
const LIMIT: usize = 1 << 20;

/// How many of a workflow's newest runs are looked at.
const NEWEST: usize = 50;

/// What is known of the workflow that deploys.
struct Workflow<'a> {
    name: &'a str,
    /// Whether it takes the commit that it is to deploy.
    takes_commit: bool,
}

pub(super) fn run(context: &Context<'_>) -> Result<Outcome, Error> {
    let name = context.inputs.workflow.as_deref().ok_or_else(|| {
        Error::usage("`mode: resume` needs the input `workflow`")
            .hint("name the file that deploys, such as `deploy.yml`")
    })?;
    let repo = context.checkout()?;
    let workflow = workflow(&repo, name)?;
    let question = context.question();
    let subject = Subject::landed(&question)?;
    let policy = subject.environment(question.environment.as_deref())?;
    let home = home(&context.inputs.folder, Some(&context.inputs.ledger), context.edge)?;
    let account = subject.account(home.own, &policy.environment)?;
    let mut ledger = home.open(context.edge.clock).map_err(|trouble| context.unusable(&trouble))?;
    ledger.narrow(home.scope(&account.repository, policy.target.as_deref()));
    let state = ledger.read().map_err(|trouble| context.unusable(&trouble))?;
    let mut remarks = Vec::new();
    let mut newest: Option<(Answer, Judged)> = None;
    for waiting in held(&state, &account) {
        let commit = CommitId::new(&waiting.commit);
        if !repo.contains(&commit) {
            remarks.push(format!("{} waits, and no branch has it any more", commit.short()));
            continue;
        }
        if let Some(by) = shipped(&state, &account, &repo, &commit) {
            leave(context, ledger.as_mut(), &account, &[waiting], &format!("{by} ships it, too"))?;
            continue;
        }
        let judged = judge(context, &question, &state, (ledger.name(), home.own), &commit)?;
        let decision = &judged.report.decision;
        let answer = Answer {
            verdict: Some(decision.verdict),
            next_approval: decision.next_approval,
            batch_size: judged.batch,
            ..Answer::default()
        };
        match decision.verdict {
            Verdict::Approve => {
                let begun = begin(context, &subject, &workflow, &commit)?;
                remarks.push(match &begun {
                    Begun::Now => format!("{name} is begun for {}, which was held", commit.short()),
                    Begun::Already(url) => format!("{name} runs already ({url}): nothing more is begun"),
                });
                if matches!(begun, Begun::Now) {
                    let older: Vec<&Waiting> = held(&state, &account)
                        .into_iter()
                        .filter(|other| {
                            let ships = || repo.ancestry(&CommitId::new(&other.commit), &commit) == Ok(Ancestry::Older);
                            other.id == waiting.id || ships()
                        })
                        .collect();
                    leave(
                        context,
                        ledger.as_mut(),
                        &account,
                        &older,
                        &format!("{name} was begun for {}", commit.short()),
                    )?;
                }
                return judged.tell(context, answer, remarks);
            }
            // The newest whose batch fits goes.
            Verdict::Reject => remarks.push(format!("{} is rejected: the one before it is looked at", commit.short())),
            Verdict::Hold => {
                return judged.tell(context, answer, remarks);
            }
        }
        newest.get_or_insert((answer, judged));
    }
    if let Some((answer, judged)) = newest {
        return judged.tell(context, answer, remarks);
    }
    Answer::default().write(context)?;
    remarks.push("nothing is held".to_owned());
    Ok(Outcome::done(spoken(&format!("{}\n", remarks.join("\n")))))
}

/// What jobs held in an account and no process waits for, the newest first.
fn held<'a>(state: &'a State, account: &Account) -> Vec<&'a Waiting> {
    let left =
        |one: &&Waiting| one.run.is_some() && one.owner.is_none() && waits_for(one, account) && one.is_live(state.now);
    let mut held: Vec<&Waiting> = state.waiting.iter().filter(left).collect();
    held.sort_by_key(|one| std::cmp::Reverse((one.since, one.id.clone())));
    held
}

/// The newest rollout, where it ships a commit.
fn shipped(state: &State, account: &Account, repo: &Repo, commit: &CommitId) -> Option<String> {
    let ships = |kept: &&crate::ledger::entry::Kept| {
        matches!(kept.stage, Stage::Running | Stage::Success) && is_of(kept, account)
    };
    let newest = state.rollouts.values().filter(ships).max_by_key(|kept| kept.started_at)?;
    let ancestry = repo.ancestry(commit, &CommitId::new(newest.commit.as_deref()?));
    matches!(ancestry, Ok(Ancestry::Same | Ancestry::Older)).then(|| newest.id.clone())
}

fn leave(
    context: &Context<'_>,
    ledger: &mut dyn Ledger,
    account: &Account,
    held: &[&Waiting],
    because: &str,
) -> Result<(), Error> {
    let ended = |one: &&Waiting| {
        let (request, ending) = (one.id.clone(), Ending::Superseded);
        (account.clone(), Event::Ended { request, ending, because: because.to_owned() })
    };
    let change = Change {
        events: held.iter().map(ended).collect(),
        leave: held.iter().map(|one| one.id.clone()).collect(),
        ..Change::default()
    };
    ledger.append(&mut |_| change.clone()).map_err(|trouble| context.unusable(&trouble))
}

/// A judgement that takes no slot: the gate of the run that is begun does.
struct Judged {
    report: crate::report::Report,
    facts: crate::engine::facts::Facts,
    policy: crate::engine::policy::EnvironmentPolicy,
    zone: Option<chrono_tz::Tz>,
    batch: Option<usize>,
}

fn judge(
    context: &Context<'_>,
    question: &Question,
    state: &State,
    (name, own): (String, bool),
    commit: &CommitId,
) -> Result<Judged, Error> {
    let held = Held { state: state.clone(), name, own, ci: context.edge.surroundings.ci };
    let question = Question {
        commit: Some(commit.to_string()),
        ledger: LedgerSource::Held(Arc::new(held)),
        now: Now { instant: state.now, clock: Clock::Machine },
        ..question.clone()
    };
    let subject = Subject::landed(&question)?;
    let policy = subject.environment(question.environment.as_deref())?;
    let records = subject.records(context.given()?, &question, &policy.environment)?;
    let gathered = subject.gather(policy, commit.clone(), question.lane, records)?;
    let (policy, zone) = (gathered.policy.clone(), subject.found.policy.timezone());
    let (report, facts) = report(&subject, gathered);
    let batch = subject.batch_size(commit, &facts);
    Ok(Judged { report, facts, policy, zone, batch })
}

impl Judged {
    fn tell(&self, context: &Context<'_>, answer: Answer, remarks: Vec<String>) -> Result<Outcome, Error> {
        let verdict = self.report.decision.verdict;
        let said =
            Said { report: &self.report, facts: &self.facts, policy: &self.policy, zone: self.zone, verdict, remarks };
        say::all(context, &said, answer, 0)
    }
}

/// Reads the workflow that is to be begun, as the default branch has it.
fn workflow<'a>(repo: &Repo, name: &'a str) -> Result<Workflow<'a>, Error> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if !name.chars().all(plain) {
        return Err(Error::usage(format!("the input `workflow` is `{name}`: it is no file's name"))
            .hint("name the file alone, such as `deploy.yml`"));
    }
    let branch = repo.default_branch()?;
    let path = format!(".github/workflows/{name}");
    let text = repo.read_at(&branch.tip, &path, LIMIT).map_err(|error| Error::failure(error.to_string()))?;
    let text = text.ok_or_else(|| Error::usage(format!("{} has no {path}", branch.name)))?;
    let json = yaml::parse(&text)
        .map_err(|problem| Error::usage(format!("{path} cannot be read: {}", problem.message)))?
        .json();
    let on = json.get("on").unwrap_or(&Json::Null);
    let begins = on == "workflow_dispatch"
        || on.get("workflow_dispatch").is_some()
        || on.as_array().is_some_and(|all| all.iter().any(|one| one == "workflow_dispatch"));
    if !begins {
        return Err(Error::usage(format!(
            "{path} does not run `on: workflow_dispatch`, so that no other workflow can begin it"
        ))
        .hint("add `workflow_dispatch: {inputs: {commit: {type: string}}}` under its `on`"));
    }
    Ok(Workflow { name, takes_commit: on.pointer("/workflow_dispatch/inputs/commit").is_some() })
}

enum Begun {
    Now,
    /// One is under way: its gate decides.
    Already(String),
}

/// Begins a run of the workflow for a commit, unless one is under way.
fn begin(context: &Context<'_>, subject: &Subject, workflow: &Workflow<'_>, commit: &CommitId) -> Result<Begun, Error> {
    let hub = context.github()?;
    if let Some(run) = under_way(&hub, workflow.name)? {
        return Ok(Begun::Already(run.html_url.unwrap_or_else(|| format!("run {}", run.id))));
    }
    let inputs = match workflow.takes_commit {
        true => json!({"commit": commit.as_str()}),
        false if subject.branch_tip() == Some(commit) => json!({}),
        false => {
            return Err(Error::usage(format!(
                "{} takes no input `commit`, and {} is not the tip of the default branch any more",
                workflow.name,
                commit.short()
            ))
            .hint(
                "add `workflow_dispatch: {inputs: {commit: {type: string}}}` under its `on`, and check that commit out",
            ));
        }
    };
    let branch = subject.deploying_branch().unwrap_or("main");
    hub.dispatch(workflow.name, branch, &inputs)?;
    Ok(Begun::Now)
}

fn under_way(hub: &GitHub, workflow: &str) -> Result<Option<WorkflowRun>, github::Trouble> {
    let runs = hub.workflow_runs(workflow, &[], |runs| runs.len() >= NEWEST)?;
    let open = |run: &WorkflowRun| run.status.as_deref().is_some_and(|status| status != "completed");
    Ok(runs.items.into_iter().find(open))
}
