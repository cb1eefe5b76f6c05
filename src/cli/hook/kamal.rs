//! Kamal's hooks: `pre-deploy` inside its lock judges and records the start, `post-deploy` records the end.

use std::path::Path;
use std::sync::Arc;

use super::judge::question;
use super::say;
use crate::cli::place::home;
use crate::cli::question::budget;
use crate::cli::run::request::{Answer, Judged, Request};
use crate::cli::{Edge, Kamal, Outcome, outer};
use crate::engine::event::CommitId;
use crate::engine::lane::{Lane, LaneRequest};
use crate::error::Error;
use crate::gather::{Question, Subject};
use crate::ledger::chain::Account;
use crate::ledger::entry::{Event, Kept, Rollouts, Stage, apply};
use crate::ledger::owner::Owner;
use crate::ledger::{Change, Scope, State};
use crate::render::refusal::{Later, Refused, refusal};

/// How the runs begin that these hooks record.
const RUN: &str = "kamal ";

/// What Kamal deploys, where to.
struct Deploy {
    question: Question,
    commit: CommitId,
    account: Account,
    scope: Scope,
    /// It is a part of a `run`.
    inside: bool,
}

impl Deploy {
    fn told(edge: &Edge) -> Result<Self, Error> {
        let Kamal { command, version, destination, .. } = &edge.surroundings.kamal;
        let version = version.as_deref().ok_or_else(|| {
            Error::usage("KAMAL_VERSION is not set: this is for Kamal's hooks")
                .hint("elsewhere: `deploy-rhythm run -- …`")
        })?;
        // A dirty tree is `<commit>_uncommitted_<hex>`.
        let revision = version.split_once("_uncommitted_").map_or(version, |(commit, _)| commit);
        let lane = match command.as_deref() {
            Some("rollback") => LaneRequest::Asked(Lane::Rollback),
            _ => LaneRequest::Found,
        };
        let mut question = Question { lane, environment: destination.clone(), ..question(edge, Path::new(".")) };
        let subject = Subject::open(&question)?;
        let policy = subject.environment(question.environment.as_deref())?;
        let commit = subject.commit(Some(revision)).map_err(|error| {
            error.hint("Kamal's version is taken for a commit; where it is none, deploy with `deploy-rhythm run -- kamal deploy`")
        })?;
        question.commit = Some(commit.to_string());
        let home = home(&question.repo, None, edge)?;
        let account = subject.account(home.own, &policy.environment)?;
        let scope = home.scope(&account.repository, policy.target.as_deref());
        let inside = outer::find(edge, &home, &subject, &policy.environment, &commit)?;
        let inside = inside.is_ok_and(|outer| outer.is_some());
        Ok(Self { question, commit, account, scope, inside })
    }
}

/// Judges inside Kamal's lock; an approval is a rollout that has started.
pub(super) fn before(edge: &Edge) -> Result<Outcome, Error> {
    let Deploy { question, account, scope, inside, .. } = Deploy::told(edge)?;
    if inside {
        return Ok(Outcome::done(String::new()));
    }
    let home = home(&question.repo, None, edge)?;
    let mut ledger = home.open(edge.clock)?;
    ledger.narrow(scope);
    let caller = Owner::caller();
    let mut request = Request::new(question, None, None, (ledger.name(), home.own), edge);
    request.look()?;
    let unasked = request.memory.clone();
    let mut answer: Option<Result<Judged, Error>> = None;
    let mut ended = Vec::new();
    ledger.append(&mut |state| {
        // A home that somebody else was quicker at asks again: only the last judgement counts.
        request.memory = unasked.clone();
        let (state, events) = without_dead(state, &account);
        ended.clear();
        match request.judge(&state) {
            Ok((judged, mut change)) => {
                if let Answer::Go(kept) = &judged.answer {
                    start(&mut change, &kept.id, &account, caller.as_ref(), edge);
                }
                ended.extend(events.iter().map(|(_, event)| event.clone()));
                change.events.splice(0..0, events);
                answer = Some(Ok(judged));
                change
            }
            Err(error) => {
                answer = Some(Err(error));
                Change::default()
            }
        }
    })?;
    for event in ended {
        if let Event::Finished { id, .. } = event {
            say(&format!("deploy-rhythm: {id} never came to post-deploy, and its Kamal has ended: recorded as failed"));
        }
    }
    let Some(Judged { answer, report, remarks, policy, facts, .. }) = answer.transpose()? else {
        return Ok(Outcome::done(String::new()));
    };
    for remark in remarks {
        say(&format!("note: {remark}"));
    }
    if let Answer::Go(kept) = answer {
        say(&format!("deploy-rhythm: {} starts: {} to {}", kept.id, kept.what(), kept.environment));
        return Ok(Outcome::done(String::new()));
    }
    let Kamal { command, destination, .. } = &edge.surroundings.kamal;
    let to = destination.as_ref().map(|name| format!(" -d {name}")).unwrap_or_default();
    let command = format!("kamal {}{to}", command.as_deref().unwrap_or("deploy"));
    let budget = budget(&policy, &report, &facts);
    say(&refusal(&report, &Refused { what: "this Kamal deploy", later: Later::Behind(Some(&command)), budget }));
    Ok(Outcome { text: String::new(), code: 1 })
}

/// The reservation starts at once, and is Kamal's.
fn start(change: &mut Change, id: &str, account: &Account, caller: Option<&Owner>, edge: &Edge) {
    for (_, event) in &mut change.events {
        if let Event::Reserved { rollout } = event {
            rollout.owner = caller.cloned();
            rollout.run = Some(format!("{RUN}{id}"));
            if let Some(performer) = &edge.surroundings.kamal.performer {
                rollout.actor = Some(performer.clone());
            }
        }
    }
    change.events.push((account.clone(), Event::Started { id: id.to_owned() }));
}

fn is_kamal_s(kept: &Kept, account: &Account) -> bool {
    kept.stage == Stage::Running
        && kept.repository == account.repository
        && kept.environment == account.environment
        && kept.run.as_deref().is_some_and(|run| run.starts_with(RUN))
}

/// Whoever holds Kamal's lock is the only one that deploys: a rollout whose Kamal has ended without its post-deploy failed.
fn without_dead(state: &State, account: &Account) -> (State, Vec<(Account, Event)>) {
    let mut state = state.clone();
    let dead = |kept: &&Kept| is_kamal_s(kept, account) && kept.owner.as_ref().is_some_and(Owner::has_died);
    let ids: Vec<String> = state.rollouts.values().filter(dead).map(|kept| kept.id.clone()).collect();
    let by = Some("kamal pre-deploy".to_owned());
    let events: Vec<Event> = ids
        .into_iter()
        .map(|id| Event::Finished { id, stage: Stage::Failure, exit: None, by: by.clone(), at: None })
        .collect();
    let rollouts: &mut Rollouts = Arc::make_mut(&mut state.rollouts);
    let events = events.into_iter().filter(|event| apply(rollouts, state.now, event).is_ok());
    let events = events.map(|event| (account.clone(), event)).collect();
    (state, events)
}

/// Records the end; a deploy that has succeeded is never called failed because that could not be written.
pub(super) fn after(edge: &Edge) -> Outcome {
    if let Err(error) = record_end(edge) {
        say(&format!("deploy-rhythm: the end of this deploy is not recorded: {}", error.message));
        for hint in error.hints {
            say(&format!("  hint: {hint}"));
        }
    }
    Outcome::done(String::new())
}

fn record_end(edge: &Edge) -> Result<(), Error> {
    let Deploy { question, commit, account, scope, inside } = Deploy::told(edge)?;
    if inside {
        return Ok(());
    }
    let mut ledger = home(&question.repo, None, edge)?.open(edge.clock)?;
    ledger.narrow(scope);
    let caller = Owner::caller();
    let mut known = false;
    ledger.append(&mut |state| {
        let own = |kept: &&Kept| {
            is_kamal_s(kept, &account)
                && kept.commit.as_deref() == Some(commit.as_str())
                && (kept.owner == caller || kept.owner.is_none())
        };
        let newest = state.rollouts.values().filter(own).max_by_key(|kept| kept.started_at);
        known = newest.is_some();
        let finished = |kept: &Kept| Event::Finished {
            id: kept.id.clone(),
            stage: Stage::Success,
            exit: None,
            at: None,
            by: edge.surroundings.kamal.performer.clone(),
        };
        newest.map(|kept| Change::of(account.clone(), finished(kept))).unwrap_or_default()
    })?;
    match known {
        true => Ok(()),
        false => Err(Error::failure("its pre-deploy recorded no start")
            .hint("`deploy-rhythm status` shows what runs, and how to settle it")),
    }
}
