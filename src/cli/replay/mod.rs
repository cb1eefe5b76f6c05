//! `replay`: what a policy would have made of past pushes.

mod json;
mod page;
mod picture;

use std::collections::BTreeSet;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use chrono::{SubsecRound, TimeDelta};
use chrono_tz::Tz;
use clap::{Args, ValueEnum};

use super::progress::Progress;
use super::span::{Moment, Since, moment, since};
use super::{Edge, Outcome};
use crate::engine::calendar::utc;
use crate::engine::duration;
use crate::engine::event::{Instant, Landing};
use crate::engine::facts::Missing;
use crate::engine::figures::{Figures, figures, unheld};
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

/// What happened on it.
const STORY: &str = "a small store kept its database on one volume; each push set off a rollout in which the old and the \
    new generation had the files open together; where two rollouts ran at once, payments went through whose orders are in no database";

/// What a policy would have made of past pushes: how many rollouts, how long each push would have waited
#[derive(Debug, Args)]
#[command(
    after_help = "Each push asks to be rolled out; what is held waits, and a newer push takes its place. Every rollout succeeds; the past \
    before the span is empty, and what waits at its end is still let go. *overlap* is the time during which two rollouts run \
    at once; *held* are the pushes that do not go when they come, and several rules may hold one.\n\nExamples:\n  deploy-rhythm replay --since 90d\n  \
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

    /// Where it begins: a length of time before its end, a date, an instant, or `all`
    #[arg(long, value_name = "SPAN", default_value = "all", value_parser = since)]
    since: Since,

    /// Where it ends, a date or an instant: nothing later is seen [default: now]
    #[arg(long, visible_alias = "at", value_name = "TIME", value_parser = moment)]
    until: Option<Moment>,

    /// How long a rollout takes [default: 2m; 15m in the example]
    #[arg(long, value_name = "DURATION", value_parser = length)]
    rollout_time: Option<TimeDelta>,

    /// Read the pushes from a file instead of the repository, JSON Lines: `at` and `commit`, optional `commits`, `subject`,
    /// `files`; `-` reads standard input
    #[arg(long, value_name = "FILE|-")]
    pushes: Option<PathBuf>,

    /// Replay an example that ships with the tool
    #[arg(long, value_enum, conflicts_with = "pushes")]
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

pub(super) fn length(text: &str) -> Result<TimeDelta, String> {
    duration::parse(text)
}

/// How many pushes each rule held, the one that held most first.
pub(super) fn held<'a>(rules: &[&'a str], replay: &Replay) -> Vec<(&'a str, usize)> {
    let mut held: Vec<(&str, usize)> = Vec::new();
    // A rule may stand in a policy several times: what any of them held at least one of them did.
    for (rule, count) in rules.iter().zip(&replay.held).filter(|(_, count)| **count > 0) {
        match held.iter_mut().find(|(name, _)| name == rule) {
            Some((_, known)) => *known = (*known).max(*count),
            None => held.push((rule, *count)),
        }
    }
    held.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    held
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
    unheld: Figures,
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
        let without_repo = self.example.is_some() || self.pushes.is_some();
        let repo = (!without_repo)
            .then(|| Repo::open(&self.repo).map_err(|error| Error::usage(error.to_string())))
            .transpose()?;
        let policies = self.policies(repo.as_ref())?;
        let zone = policies.first().and_then(|(_, found)| found.policy.timezone()).unwrap_or(Tz::UTC);
        let end = self.until.map(|until| until.end(zone)).transpose()?;
        let end = end.unwrap_or_else(|| edge.now.trunc_subsecs(0));
        let begin = self.since.start(end, zone)?;
        if begin.is_some_and(|begin| begin > end) {
            return Err(Error::usage("the span ends before it begins").hint("check `--since` and `--until`"));
        }
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
        let mut judged = Vec::new();
        let mut notes = Vec::new();
        for (name, found) in policies {
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
        let progress = Progress::new();
        progress.stage("reading pushes", None);
        let mut past = match judged.first() {
            Some((_, Some(subject), _)) => subject.past(begin).map_err(missing)?,
            // An example lies where it lies.
            _ => told(self.pushes.as_deref(), begin, (self.until.is_some() || self.example.is_none()).then_some(end))?,
        };
        for (_, subject, policy) in &judged {
            if let Some(subject) = subject {
                progress.stage("pushes looked at", Some(past.landings.len()));
                subject.within_paths(&mut past, &policy.paths, |_| progress.step()).map_err(missing)?;
                progress.stage("subjects read", Some(past.landings.len()));
                subject.tell_fixes(&mut past, policy, |_| progress.step()).map_err(missing)?;
            }
        }
        notes.append(&mut past.notes);
        notes.extend(self.example.map(|_| STORY.to_owned()));
        let mut seen = BTreeSet::new();
        notes.retain(|note| seen.insert(note.clone()));

        let first = past.landings.first().map_or(end, |landing| landing.at);
        let last = past.landings.last().map_or(end, |landing| landing.at);
        let to = if self.until.is_some() || !without_repo { end } else { last };
        let rollout_time = self.rollout_time.unwrap_or_else(|| Example::rollout_time(self.example));
        let span = Past { landings: &past.landings, commits: &past.commits };
        let environment = judged.first().map(|(_, _, policy)| policy.environment.to_string()).unwrap_or_default();
        // What is read from a repository is read whole; a file may say less.
        let told = |push: &Landing| !push.subject.is_empty() && (!push.is_fix_like() || !push.files.is_empty());
        let fixes_are_told = !without_repo || past.landings.iter().all(told);
        let unheld = unheld(span, rollout_time);
        let mut played = Vec::new();
        for (name, subject, policy) in judged {
            let calendars = subject.map(|subject| subject.past_calendars(&policy, first, last)).unwrap_or_default();
            let (policy, left_out) = judgeable(policy, &calendars, fixes_are_told);
            progress.stage("pushes replayed", Some(past.landings.len()));
            let mut replay = replay(&policy, &calendars, span, rollout_time, |arrived| progress.at(arrived));
            let rules = Pace::of(&policy).rules().iter().map(|entry| entry.rule.id().name()).collect();
            let figures = figures(span, &mut replay);
            played.push(Played { name, replay, figures, rules, left_out });
        }
        if let [one, two] = &played[..]
            && self.against
            && one.replay.rollouts == two.replay.rollouts
        {
            notes.push("of this past both policies make the same".to_owned());
        }
        let from = begin.unwrap_or(first);
        Ok(Shown { past, environment, from, to, rollout_time, unheld, played, notes })
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
    if let Some(end) = end {
        let later = past.landings.iter().filter(|landing| landing.at > end).count();
        if later > 0 {
            past.notes.push(format!("pushes later than {} are left out: {later}; see `--until`", utc(end)));
        }
    }
    if let Some(newest) = past.landings.last().filter(|newest| begin.is_some_and(|begin| newest.at < begin)) {
        past.notes.push(format!("the newest push is of {}", utc(newest.at)));
    }
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
