//! `replay`: what a policy would have made of past pushes.

mod json;
mod page;
mod picture;

use std::collections::BTreeSet;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use chrono::{NaiveDate, SubsecRound, TimeDelta};
use clap::{Args, ValueEnum};

use super::question::instant;
use super::{Edge, Outcome};
use crate::engine::duration;
use crate::engine::event::Instant;
use crate::engine::facts::Missing;
use crate::engine::figures::{Figures, figures, ungated};
use crate::engine::lane::LaneRequest;
use crate::engine::pace::Pace;
use crate::engine::replay::{Past, Replay, judgeable, replay};
use crate::engine::rules::RuleId;
use crate::error::Error;
use crate::gather::past::Pushed;
use crate::gather::{Question, Subject};
use crate::sources::git::{Clock, Now, Repo};
use crate::sources::policy::{self, Found, Wanted};
use crate::sources::{files, packs, pushes};

/// The afternoon that this tool began with.
const FOUNDING: &str = include_str!("../../../examples/founding-afternoon.jsonl");

/// What a policy would have made of past pushes: how many rollouts, how long each push would have waited
#[derive(Debug, Args)]
#[command(
    after_help = "Each push asks to be rolled out; what is held waits, and a newer push takes its place. The past before the span \
    is empty.\n\nExamples:\n  deploy-rhythm replay --since 90d\n  \
    deploy-rhythm replay --policy agents --policy sqlite-single-volume\n  \
    deploy-rhythm replay --against                        # the policy in force beside the one being written\n  \
    deploy-rhythm replay --example founding-afternoon\n  \
    deploy-rhythm replay --format json | jq .waits"
)]
pub struct ReplayCommand {
    /// The repository: any directory in it
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,

    /// Judge by this file, or this built-in policy, instead of the one in force; several stand side by side
    #[arg(long, value_name = "FILE|NAME")]
    policy: Vec<PathBuf>,

    /// Set the policy of the working tree beside the one in force on the default branch
    #[arg(long, conflicts_with_all = ["policy", "example", "pushes"])]
    against: bool,

    /// The environment [default: the only one that the policy names, else production]
    #[arg(long, short, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    environment: Option<String>,

    /// Begin so long before the end, or at this date or instant [default: the first push]
    #[arg(long, value_name = "DURATION|TIME", value_parser = since)]
    since: Option<Since>,

    /// End at this instant instead of now, RFC 3339
    #[arg(long, visible_alias = "at", value_name = "TIME", value_parser = instant)]
    until: Option<Instant>,

    /// How long a rollout takes
    #[arg(long, value_name = "DURATION", value_parser = length)]
    rollout_time: Option<TimeDelta>,

    /// Read the pushes from a file instead of the repository: JSON Lines with `at`, `commit`, `commits`; `-` reads standard input
    #[arg(long, value_name = "FILE|-")]
    pushes: Option<PathBuf>,

    /// Replay an example that ships with the tool
    #[arg(long, value_enum, conflicts_with_all = ["pushes", "since"])]
    example: Option<Example>,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
}

/// The outputs of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people at a terminal
    Terminal,
    /// For programs
    Json,
    /// For a comment or a wiki
    Markdown,
}

/// The pasts that ship with the tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Example {
    /// Eleven pushes in two hours, each a rollout onto one volume
    FoundingAfternoon,
}

impl Example {
    /// How long a rollout takes there, or where there is no example.
    pub(super) const fn rollout_time(example: Option<Self>) -> TimeDelta {
        match example {
            // Blue-green, with migrations and the draining of the old generation.
            Some(Self::FoundingAfternoon) => TimeDelta::minutes(15),
            None => TimeDelta::minutes(2),
        }
    }
}

/// Where a span begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum Since {
    Before(TimeDelta),
    At(Instant),
}

impl Since {
    pub(super) fn before(self, end: Instant) -> Instant {
        match self {
            Self::Before(length) => end - length,
            Self::At(instant) => instant,
        }
    }
}

pub(super) fn since(text: &str) -> Result<Since, String> {
    if let Ok(day) = text.parse::<NaiveDate>() {
        return instant(&format!("{day}T00:00:00Z")).map(Since::At);
    }
    match instant(text) {
        Ok(instant) => Ok(Since::At(instant)),
        Err(_) => duration::parse(text).map(Since::Before).map_err(|error| {
            format!("{error}; write a duration (`90d`), a date (`2026-01-31`) or an instant (`2026-01-31T14:00:00Z`)")
        }),
    }
}

pub(super) fn length(text: &str) -> Result<TimeDelta, String> {
    duration::parse(text)
}

/// One policy over the past.
struct Played {
    name: String,
    replay: Replay,
    figures: Figures,
    /// The names of the rules that can hold, by their places.
    rules: Vec<&'static str>,
    left_out: Vec<RuleId>,
}

/// Everything that is told.
struct Shown {
    past: Pushed,
    environment: String,
    from: Instant,
    to: Instant,
    rollout_time: TimeDelta,
    /// Nothing held, for comparison.
    ungated: Figures,
    ungated_replay: Replay,
    played: Vec<Played>,
    notes: Vec<String>,
}

impl ReplayCommand {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let shown = self.play(edge)?;
        Ok(Outcome::done(match self.format {
            Format::Terminal => page::terminal(&shown, edge),
            Format::Markdown => page::markdown(&shown),
            Format::Json => json::json(&shown),
        }))
    }

    fn play(&self, edge: &Edge) -> Result<Shown, Error> {
        let end = self.until.unwrap_or(edge.now.trunc_subsecs(0));
        let begin = self.since.map(|since| since.before(end));
        let clock = if self.until.is_some() { Clock::Asked } else { Clock::Machine };
        let question = Question {
            repo: self.repo.clone(),
            policy: None,
            environment: self.environment.clone(),
            commit: None,
            lane: LaneRequest::Found,
            run: None,
            now: Now { instant: end, clock },
        };
        let without_repo = self.example.is_some() || self.pushes.is_some();
        let repo = (!without_repo)
            .then(|| Repo::open(&self.repo).map_err(|error| Error::usage(error.to_string())))
            .transpose()?;
        let mut judged = Vec::new();
        let mut notes = Vec::new();
        for (name, found) in self.policies(repo.as_ref())? {
            let policy = found.environment(self.environment.as_deref())?;
            notes.extend(found.notes.clone());
            if without_repo {
                judged.push((name, None, policy));
                continue;
            }
            // Each policy adopts by itself what the governance file says, and has its own calendars.
            let subject = Subject::open_with(&question, |_| Ok(found))?;
            let policy = subject.with_adopted(policy, &mut notes);
            judged.push((name, Some(subject), policy));
        }
        let mut past = match judged.first() {
            Some((_, Some(subject), _)) => subject.past(begin).map_err(missing)?,
            // An example lies where it lies.
            _ => told(self.pushes.as_deref(), begin, self.until.or(self.example.is_none().then_some(end)))?,
        };
        for (_, subject, policy) in &judged {
            if let Some(subject) = subject {
                subject.within_paths(&mut past, &policy.paths, |_| {}).map_err(missing)?;
                subject.tell_fixes(&mut past, policy, |_| {}).map_err(missing)?;
            }
        }
        notes.append(&mut past.notes);
        let mut seen = BTreeSet::new();
        notes.retain(|note| seen.insert(note.clone()));

        let first = past.landings.first().map_or(end, |landing| landing.at);
        let last = past.landings.last().map_or(end, |landing| landing.at);
        let to = if self.until.is_some() || !without_repo { end } else { last };
        let rollout_time = self.rollout_time.unwrap_or_else(|| Example::rollout_time(self.example));
        let span = Past { landings: &past.landings, commits: &past.commits };
        let environment = judged.first().map(|(_, _, policy)| policy.environment.to_string()).unwrap_or_default();
        let mut played = Vec::new();
        for (name, subject, policy) in judged {
            let calendars = subject.map(|subject| subject.past_calendars(&policy, first, last)).unwrap_or_default();
            let (policy, left_out) = judgeable(policy, &calendars);
            let replay = replay(&policy, &calendars, span, rollout_time, |_| {});
            let rules = Pace::of(&policy).rules().iter().map(|entry| entry.rule.id().name()).collect();
            let figures = figures(span, &replay);
            played.push(Played { name, replay, figures, rules, left_out });
        }
        let ungated_replay = ungated(span, rollout_time);
        let ungated = figures(span, &ungated_replay);
        let from = begin.unwrap_or(first);
        Ok(Shown { past, environment, from, to, rollout_time, ungated, ungated_replay, played, notes })
    }

    /// The policies to judge by, each with its name.
    fn policies(&self, repo: Option<&Repo>) -> Result<Vec<(String, Found)>, Error> {
        if !self.policy.is_empty() {
            let named = |named: &PathBuf| Ok((named.display().to_string(), named_policy(repo, named)?));
            return self.policy.iter().map(named).collect();
        }
        if self.example.is_some() {
            return packs::ALL.into_iter().map(|(name, _)| Ok((name.to_owned(), policy::built_in(name)?))).collect();
        }
        let in_force = policy::find(repo, None, Wanted::InForce)?;
        if !self.against {
            return Ok(vec![(in_force.description.clone(), in_force)]);
        }
        let draft = policy::find(repo, None, Wanted::Draft)?;
        if draft.description == in_force.description {
            return Err(Error::usage(format!("there is one policy only: {}", draft.description))
                .hint("`--against` sets the policy of the working tree beside the one on the default branch"));
        }
        Ok(vec![("in force".to_owned(), in_force), ("working tree".to_owned(), draft)])
    }
}

/// The pushes of a file or, where none is named, of the example.
pub(super) fn told(file: Option<&Path>, begin: Option<Instant>, end: Option<Instant>) -> Result<Pushed, Error> {
    let (landings, commits) = match file {
        Some(path) if path.as_os_str() == "-" => pushes::parse("standard input", std::io::stdin().lock())?,
        Some(path) => {
            let name = path.display().to_string();
            let none = || {
                Error::usage(format!("there is no file of pushes at {name}"))
                    .hint("check the path that `--pushes` names")
            };
            let file = files::open(path)?.ok_or_else(none)?;
            pushes::parse(&name, BufReader::with_capacity(files::PIECE, file))?
        }
        None => pushes::parse("the example", FOUNDING.as_bytes())?,
    };
    let mut past = Pushed { landings, commits, ..Pushed::default() };
    past.retain(|landing| end.is_none_or(|end| landing.at <= end) && begin.is_none_or(|begin| landing.at >= begin));
    Ok(past)
}

/// A policy by its file or, where there is none, by its built-in name.
fn named_policy(repo: Option<&Repo>, named: &Path) -> Result<Found, Error> {
    match named.to_str().filter(|name| packs::find(name).is_some()) {
        Some(name) if !named.exists() => policy::built_in(name),
        _ if named.exists() => policy::find(repo, Some(named), Wanted::InForce),
        _ => policy::find(repo, Some(named), Wanted::InForce)
            .map_err(|error| error.hint(format!("or name a built-in policy: {}", packs::names()))),
    }
}

pub(super) fn missing(missing: Missing) -> Error {
    Error::failure(format!("not known: {}", missing.what)).hint(missing.remedy)
}
