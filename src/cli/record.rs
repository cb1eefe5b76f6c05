//! `record`: tells the ledger of a rollout that does not go through `run`.

use std::path::PathBuf;

use chrono::TimeDelta;
use clap::{Args, Subcommand, ValueEnum};

use super::place::Place;
use super::question::{QuestionArgs, instant};
use super::void::Void;
use super::{Edge, Outcome, caller, outer};
use crate::engine::calendar::{next_second, utc};
use crate::engine::event::{CommitId, Instant};
use crate::error::Error;
use crate::gather::{Subject, is_unseen};
use crate::ledger::chain::Account;
use crate::ledger::entry::{Event, Kept, Stage};
use crate::ledger::{Change, LEDGER_ID, Scope, State};
use crate::sources::git::Repo;

/// Tell the ledger of a rollout that does not go through `run`
#[derive(Debug, Args)]
#[command(
    after_help = "What is recorded is a fact: it is not judged. Ask `deploy-rhythm check` before, or deploy through `run`.\n\n\
    Examples:\n  id=$(deploy-rhythm record start --environment production)\n  deploy-rhythm record finish \"$id\" --outcome success\n  \
    deploy-rhythm record void dr-0123456789 --because \"the job never began\""
)]
pub struct Record {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A rollout starts now; prints its id
    Start(Start),
    /// A rollout has ended now
    Finish(Finish),
    /// A rollout never touched its environment, a reservation is given back, or a deployment at GitHub does not count
    Void(Void),
    /// Somebody has seen that the glass was broken
    Acknowledge(Acknowledge),
}

#[derive(Debug, Args)]
struct Start {
    #[command(flatten)]
    place: Place,

    /// Read this policy instead of the one on the default branch
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// The environment [default: the only one that the policy names, else production]
    #[arg(long, short, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    environment: Option<String>,

    /// The commit that is deployed: an id, a tag, a branch [default: HEAD]
    #[arg(long, value_name = "REV")]
    commit: Option<String>,

    /// What is deployed where no commit names it: an image digest, a configuration release
    #[arg(long, value_name = "TEXT", conflicts_with = "commit", value_parser = reason)]
    revision: Option<String>,

    /// The run of the pipeline; records of one run are one rollout
    #[arg(long, value_name = "ID", value_parser = reason)]
    run: Option<String>,

    /// Where to look at it
    #[arg(long, value_name = "URL", value_parser = reason)]
    url: Option<String>,

    /// Why
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: Option<String>,

    /// When it started, where that is told late: RFC 3339, in the last hour, not before what the ledger let go since
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,
}

#[derive(Debug, Args)]
struct Finish {
    #[command(flatten)]
    place: Place,

    /// The id that `record start`, `run` or `status` names
    #[arg(value_name = "ID")]
    id: String,

    /// How it ended
    #[arg(long, value_name = "OUTCOME")]
    outcome: Ended,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Ended {
    Success,
    Failure,
}

#[derive(Debug, Args)]
struct Acknowledge {
    #[command(flatten)]
    place: Place,

    /// The id that `status` names
    #[arg(value_name = "ID")]
    id: String,

    /// What was found
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    because: Option<String>,
}

/// How late a start may be told.
const TOLD_LATE: TimeDelta = TimeDelta::hours(1);

/// The longest text of a reason, in bytes.
const LONGEST: usize = 500;

/// Reads a reason: one line of text.
pub(super) fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text {
        "" => Err("it is empty".to_owned()),
        _ if text.len() > LONGEST => Err(format!("it has more than {LONGEST} bytes")),
        _ if text.contains(char::is_control) => Err("write it in one line, without control characters".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

impl Record {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        match self.what {
            What::Start(start) => start.run(edge),
            What::Finish(Finish { place, id, outcome }) => {
                let stage = match outcome {
                    Ended::Success => Stage::Success,
                    Ended::Failure => Stage::Failure,
                };
                let by = edge.surroundings.user.clone();
                place.settle(edge, &id, &Event::Finished { id: id.clone(), stage, exit: None, by, at: None })
            }
            What::Void(void) => void.run(edge),
            What::Acknowledge(Acknowledge { place, id, because }) => {
                let by = edge.surroundings.user.clone();
                place.settle(edge, &id, &Event::Acknowledged { id: id.clone(), by, because })
            }
        }
    }
}

impl Place {
    /// Appends the end of a rollout that the ledger knows.
    pub(super) fn settle(&self, edge: &Edge, id: &str, event: &Event) -> Result<Outcome, Error> {
        let found = self.existing(edge)?;
        let mut ledger = found.open(edge.clock)?;
        ledger.narrow(Scope::Rollout(id.to_owned()));
        let mut known = false;
        let state = ledger.read()?;
        // `run` records the end of its own rollout, when it has ended.
        if outer::of_run(&state, edge.surroundings.run.as_deref()).is_some_and(|own| own.id == id) {
            return Ok(Outcome::done(String::new()));
        }
        let voids = matches!(event, Event::Void { .. });
        // To say that a broken glass never was takes as much as to acknowledge it.
        let acknowledges =
            matches!(event, Event::Acknowledged { .. }) || (voids && state.rollouts.get(id).is_some_and(is_unseen));
        if state.rollouts.get(id).is_some_and(|kept| acknowledges || caller::is_another_s(kept, edge)) {
            let act = if acknowledges { "acknowledge it" } else { "settle somebody else's rollout" };
            caller::may(edge, Repo::open(&self.repo).ok().as_ref(), act)?;
        }
        ledger.append(&mut |state| match state.rollouts.get(id) {
            Some(Kept { repository, environment, .. }) => {
                known = true;
                let account = Account { repository: repository.clone(), environment: environment.clone() };
                Change::of(account, event.clone())
            }
            None => Change::default(),
        })?;
        match known {
            true => Ok(Outcome::done(String::new())),
            false => Err(Error::usage(format!("the ledger {} has no rollout `{id}`", ledger.name()))
                .hint("`deploy-rhythm ledger show` lists them; what another source records is settled there")),
        }
    }
}

impl Start {
    fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let question = QuestionArgs {
            repo: self.place.repo.clone(),
            policy: self.policy,
            environment: self.environment,
            ledger: self.place.ledger.clone(),
            ..QuestionArgs::default()
        }
        .question(edge);
        let home = self.place.home(edge)?;
        let subject = Subject::open(&question)?;
        let policy = subject.environment(question.environment.as_deref())?;
        let commit = match &self.revision {
            Some(_) => None,
            None => Some(subject.commit(self.commit.as_deref())?.to_string()),
        };
        let account = subject.account(home.own, &policy.environment)?;
        let dirty = match self.commit.is_none() && self.revision.is_none() {
            true => subject.repo.uncommitted().map_err(|error| Error::failure(error.to_string()))?,
            false => None,
        };
        if let Some(commit) = &commit
            && let Some(outer) = outer::find(edge, &home, &subject, &policy.environment, &CommitId::new(commit))??
        {
            // What it is a part of is recorded already.
            return Ok(Outcome::done(format!("{}\n", outer.id)));
        }
        let mut kept = Kept {
            target: policy.target.as_deref().map(str::to_owned),
            commit,
            revision: self.revision,
            reason: self.reason,
            actor: edge.surroundings.user.clone(),
            url: self.url,
            run: self.run,
            dirty,
            // The process that records is not the one that deploys.
            ..Kept::new(String::new(), &account, Stage::Running)
        };
        let mut ledger = home.open(edge.clock)?;
        ledger.narrow(home.scope(&kept.repository, kept.target.as_deref()));
        let (mut clash, mut refused) = (None, None);
        ledger.append(&mut |state| {
            (kept.id, kept.started_at) = (state.fresh_id(LEDGER_ID), Some(self.at.unwrap_or(state.now)));
            kept.told_at = self.at.map(|_| state.now);
            refused = self.at.and_then(|at| too_early(state, &account, at));
            if refused.is_some() {
                return Change::default();
            }
            // Records of one run are one rollout, which ships one commit.
            let same = |other: &&Kept| {
                kept.run.as_ref() == Some(other.run.as_ref().unwrap_or(&other.id))
                    && !matches!(other.stage, Stage::Void | Stage::GivenBack)
                    && other.environment == kept.environment
                    && other.repository == kept.repository
            };
            clash = state.rollouts.values().filter(same).find(|other| other.commit != kept.commit).map(Kept::what);
            match clash {
                Some(_) => Change::default(),
                None => Change::of(account.clone(), Event::Recorded { rollout: Box::new(kept.clone()) }),
            }
        })?;
        if let Some(refused) = refused {
            return Err(refused);
        }
        match clash {
            None => Ok(Outcome::done(format!("{}\n", kept.id))),
            Some(other) => Err(Error::usage(format!("this run is recorded with another commit: {other}"))
                .hint("a run names one attempt, such as `991/2`")),
        }
    }
}

/// Why a start cannot be told as late as that: an earlier start may count less.
fn too_early(state: &State, account: &Account, at: Instant) -> Option<Error> {
    if at > state.now {
        return Some(Error::usage(format!("{} is still to come", utc(at))).hint("leave `--at` out: it starts now"));
    }
    let without = "leave `--at` out: it is then dated now, which holds others longer, never shorter";
    if state.now - at > TOLD_LATE {
        let error = Error::usage(format!("{} is more than an hour ago", utc(at)));
        return Some(error.hint(without).hint("a history from elsewhere is moved by `deploy-rhythm ledger adopt`"));
    }
    let own = |kept: &&Kept| kept.repository == account.repository && kept.environment == account.environment;
    let counts = |kept: &Kept| match kept.stage {
        Stage::Reserved => kept.reserved_at.filter(|_| kept.holds_place(state.now)),
        Stage::Running | Stage::Success | Stage::Failure => kept.started_at,
        Stage::GivenBack | Stage::Void => None,
    };
    let newest = state.rollouts.values().filter(own).filter_map(counts).max()?;
    (at < newest).then(|| {
        Error::usage(format!(
            "a rollout that started at {} is recorded already: this one cannot be told before it",
            next_second(newest)
        ))
        .hint(without)
    })
}
