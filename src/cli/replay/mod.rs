//! `replay`: what a policy would have made of past pushes.

mod json;
mod page;
mod picture;

use std::collections::BTreeSet;
use std::path::PathBuf;

use chrono::TimeDelta;
use chrono_tz::Tz;
use clap::{Args, ValueEnum};

use super::past::{PastArgs, Span};
use super::progress::Progress;
use super::{Edge, Outcome};
use crate::engine::event::{Instant, Landing};
use crate::engine::figures::{Figures, figures, unheld};
use crate::engine::pace::Pace;
use crate::engine::policy::EnvironmentPolicy;
use crate::engine::replay::{Past, Replay, judgeable, replay};
use crate::engine::rules::RuleId;
use crate::error::Error;
use crate::gather::Subject;
use crate::gather::past::{ALL_COUNT, Pushed};
use crate::sources::git::{PathFilter, Repo};
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

/// A policy, and the repository that it is in force in, where there is one.
struct Judge {
    name: String,
    subject: Option<Subject>,
    policy: EnvironmentPolicy,
}

impl Judge {
    fn play(self, past: Past<'_>, span: (Instant, Instant), takes: TimeDelta, progress: &Progress) -> Played {
        // What is read from a repository is read whole; a file may say less.
        let told = |push: &Landing| !push.subject.is_empty() && (!push.is_fix_like() || !push.files.is_empty());
        let fixes_are_told = self.subject.is_some() || past.landings.iter().all(told);
        let calendars = self.subject.map(|subject| subject.past_calendars(&self.policy, span.0, span.1));
        let calendars = calendars.unwrap_or_default();
        let (policy, left_out) = judgeable(self.policy, &calendars, fixes_are_told);
        let mut replay = replay(&policy, &calendars, past, takes, |arrived| progress.at(arrived));
        let rules = Pace::of(&policy).rules().iter().map(|entry| entry.rule.id().name()).collect();
        let figures = figures(past, &mut replay);
        Played { name: self.name, replay, figures, rules, left_out }
    }
}

/// Leaves out the pushes of a file that touch none of an environment's paths, as far as the file tells.
fn touching(past: &mut Pushed, paths: &[String]) -> Result<(), Error> {
    if paths.is_empty() || past.landings.is_empty() {
        return Ok(());
    }
    let untold = past.landings.iter().filter(|push| push.files.is_empty()).count();
    if untold > 0 {
        past.notes.push(format!(
            "the policy has `paths`, and {untold} of {} pushes do not tell their `files`: all pushes are judged, whatever they touch",
            past.landings.len()
        ));
        return Ok(());
    }
    let filter = PathFilter::new(paths).map_err(|error| Error::usage(error.to_string()))?;
    past.retain(|push| push.files.iter().any(|file| filter.matches(file)));
    past.notes.push(ALL_COUNT.to_owned());
    Ok(())
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
        let zone = policies.first().and_then(|(_, found)| found.policy.timezone()).unwrap_or(Tz::UTC);
        let asked = self.past.span(zone, edge)?;
        let mut notes = Vec::new();
        let judges = self.judges(policies, asked, &mut notes)?;
        let progress = Progress::new();
        let mut past = self.pushes(&judges, asked, &progress)?;
        notes.append(&mut past.notes);
        notes.extend(self.past.example.map(|_| STORY.to_owned()));
        let mut seen = BTreeSet::new();
        notes.retain(|note| seen.insert(note.clone()));

        let first = past.landings.first().map_or(asked.end, |landing| landing.at);
        let last = past.landings.last().map_or(asked.end, |landing| landing.at);
        let to = if asked.end_is_asked || !without_repo { asked.end } else { last };
        let rollout_time = self.past.rollout_time();
        let span = Past { landings: &past.landings, commits: &past.commits };
        let environment = judges.first().map(|judge| judge.policy.environment.to_string()).unwrap_or_default();
        let unheld = unheld(span, rollout_time);
        let play = |judge: Judge| {
            progress.stage("pushes replayed", Some(span.landings.len()));
            judge.play(span, (first, last), rollout_time, &progress)
        };
        let played: Vec<Played> = judges.into_iter().map(play).collect();
        if let [one, two] = &played[..]
            && self.against
            && one.replay.rollouts == two.replay.rollouts
        {
            notes.push("of this past both policies make the same".to_owned());
        }
        let from = asked.begin.unwrap_or(first);
        Ok(Shown { past, environment, from, to, rollout_time, unheld, played, notes })
    }

    /// Makes the policies ready to judge: each adopts by itself what the governance file says.
    fn judges(
        &self,
        policies: Vec<(String, Found)>,
        asked: Span,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Judge>, Error> {
        let mut judges: Vec<Judge> = Vec::new();
        for (name, found) in policies {
            let policy = found.environment(self.past.environment.as_deref())?;
            notes.extend(found.notes.clone());
            if judges.first().is_some_and(|first| first.policy.paths != policy.paths) {
                return Err(Error::usage(format!("`{name}` has other `paths`: other pushes are its own"))
                    .hint("replay policies with other `paths` one by one"));
            }
            let subject = (!self.past.without_repo())
                .then(|| Subject::open_with(&self.past.question(asked), |_| Ok(found)))
                .transpose()?;
            let policy = match &subject {
                Some(subject) => subject.with_adopted(policy, notes),
                None => policy,
            };
            judges.push(Judge { name, subject, policy });
        }
        Ok(judges)
    }

    /// The pushes of the span, with what the judges look at.
    fn pushes(&self, judges: &[Judge], asked: Span, progress: &Progress) -> Result<Pushed, Error> {
        let Some((subject, policy)) = judges.first().and_then(|one| Some((one.subject.as_ref()?, &one.policy))) else {
            let mut past = self.past.told(asked)?;
            if let Some(judge) = judges.first() {
                touching(&mut past, &judge.policy.paths)?;
            }
            return Ok(past);
        };
        progress.stage("reading pushes", None);
        let mut past = subject.past(asked.begin)?;
        progress.stage("pushes looked at", Some(past.landings.len()));
        subject.within_paths(&mut past, &policy.paths, |_| progress.step())?;
        for judge in judges {
            progress.stage("subjects read", Some(past.landings.len()));
            subject.tell_fixes(&mut past, &judge.policy, |_| progress.step())?;
        }
        Ok(past)
    }

    /// The policies to judge by, each with its name.
    fn policies(&self, repo: Option<&Repo>) -> Result<Vec<(String, Found)>, Error> {
        if !self.policy.is_empty() {
            let named =
                |named: &PathBuf| Ok((named.display().to_string(), policy::find(repo, Some(named), Wanted::InForce)?));
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
