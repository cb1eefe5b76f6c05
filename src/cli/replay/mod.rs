//! `replay`: what a policy would have made of past pushes.

mod json;
mod page;
mod picture;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use chrono_tz::Tz;
use clap::{Args, ValueEnum};

use super::past::{PastArgs, missing};
use super::progress::Progress;
use super::{Edge, Outcome};
use crate::engine::event::{Instant, Landing};
use crate::engine::figures::{Figures, figures, unheld};
use crate::engine::pace::Pace;
use crate::engine::replay::{Past, Replay, judgeable, replay};
use crate::engine::rules::RuleId;
use crate::error::Error;
use crate::gather::Subject;
use crate::gather::past::Pushed;
use crate::sources::git::Repo;
use crate::sources::packs;
use crate::sources::policy::{self, Found, Wanted};

/// What happened on the founding afternoon.
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
    #[command(flatten)]
    past: PastArgs,

    /// Judge by this file, or this built-in policy, instead of the one in force; several stand side by side
    #[arg(long, value_name = "FILE|NAME")]
    policy: Vec<PathBuf>,

    /// Set the policy of the working tree beside the one in force on the default branch
    #[arg(long, conflicts_with_all = ["policy", "example", "pushes"])]
    against: bool,

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

/// How many pushes each rule held, the one that held most first.
pub(super) fn held<'a>(rules: &[&'a str], replay: &Replay) -> Vec<(&'a str, usize)> {
    let held = rules.iter().zip(&replay.held).filter(|(_, count)| **count > 0);
    let mut held: Vec<(&str, usize)> = held.map(|(rule, count)| (*rule, *count)).collect();
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
        let without_repo = self.past.without_repo();
        // Pushes of a file are judged by the policy of the repository, where there is one.
        let repo = match (Repo::open(&self.past.repo), without_repo) {
            (Err(error), false) => return Err(Error::usage(error.to_string())),
            (opened, _) => opened.ok().filter(|_| self.past.example.is_none()),
        };
        let policies = self.policies(repo.as_ref())?;
        if let Some(other) = self.differing_paths(&policies)? {
            return Err(Error::usage(format!("`{other}` has other `paths`: other pushes are its own"))
                .hint("replay policies with other `paths` one by one"));
        }
        let zone = policies.first().and_then(|(_, found)| found.policy.timezone()).unwrap_or(Tz::UTC);
        let asked = self.past.span(zone, edge)?;
        let question = self.past.question(asked);
        let mut judged = Vec::new();
        let mut notes = Vec::new();
        for (name, found) in policies {
            let policy = found.environment(self.past.environment.as_deref())?;
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
            Some((_, Some(subject), policy)) => {
                let mut past = subject.past(asked.begin).map_err(missing)?;
                progress.stage("pushes looked at", Some(past.landings.len()));
                subject.within_paths(&mut past, &policy.paths, |_| progress.step()).map_err(missing)?;
                past
            }
            _ => self.past.told(asked)?,
        };
        for (_, subject, policy) in &judged {
            if let Some(subject) = subject {
                progress.stage("subjects read", Some(past.landings.len()));
                subject.tell_fixes(&mut past, policy, |_| progress.step()).map_err(missing)?;
            }
        }
        notes.append(&mut past.notes);
        notes.extend(self.past.example.map(|_| STORY.to_owned()));
        let mut seen = BTreeSet::new();
        notes.retain(|note| seen.insert(note.clone()));

        let first = past.landings.first().map_or(asked.end, |landing| landing.at);
        let last = past.landings.last().map_or(asked.end, |landing| landing.at);
        let to = if asked.end_is_asked || !without_repo { asked.end } else { last };
        let rollout_time = self.past.rollout_time();
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
        let from = asked.begin.unwrap_or(first);
        Ok(Shown { past, environment, from, to, rollout_time, unheld, played, notes })
    }

    /// The first policy whose `paths` are not those of the first of all.
    fn differing_paths<'a>(&self, policies: &'a [(String, Found)]) -> Result<Option<&'a str>, Error> {
        let asked = self.past.environment.as_deref();
        let mut paths: Option<Vec<String>> = None;
        for (name, found) in policies {
            let own = found.environment(asked)?.paths;
            if *paths.get_or_insert_with(|| own.clone()) != own {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    /// The policies to judge by, each with its name.
    fn policies(&self, repo: Option<&Repo>) -> Result<Vec<(String, Found)>, Error> {
        if !self.policy.is_empty() {
            let named = |named: &PathBuf| Ok((named.display().to_string(), named_policy(repo, named)?));
            return self.policy.iter().map(named).collect();
        }
        if self.past.example.is_some() {
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

/// A policy by its file or, where there is none, by its built-in name.
fn named_policy(repo: Option<&Repo>, named: &Path) -> Result<Found, Error> {
    match named.to_str().filter(|name| packs::find(name).is_some()) {
        Some(name) if !named.exists() => policy::built_in(name),
        _ if named.exists() => policy::find(repo, Some(named), Wanted::InForce),
        _ => policy::find(repo, Some(named), Wanted::InForce)
            .map_err(|error| error.hint(format!("or name a built-in policy: {}", packs::names()))),
    }
}
