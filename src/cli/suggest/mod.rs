//! `suggest`: from past pushes and a wish, the loosest policy that fulfils it.

mod json;
mod page;
mod words;

use chrono::TimeDelta;
use chrono_tz::Tz;
use clap::{ArgGroup, Args, ValueEnum, value_parser};

use super::past::{PastArgs, Span, length};
use super::progress::Progress;
use super::{Edge, Outcome};
use crate::engine::event::{Instant, Precision};
use crate::engine::replay::Past;
use crate::engine::suggest::{Candidate, Ground, Suggestion, Wish, suggest};
use crate::error::Error;
use crate::gather::Subject;
use crate::gather::past::Pushed;
use crate::render::harmless;
use crate::sources::git::Repo;
use crate::sources::policy::{self, Found, Wanted};

/// The most pushes that are looked at: each candidate replays all of them.
const MOST_PUSHES: usize = 250_000;

/// The longest rollout: `no-overlap` takes one that runs for longer to be over.
const LONGEST_ROLLOUT: TimeDelta = TimeDelta::hours(6);

/// Below so many pushes, what fits them may fit by chance.
const FEW: usize = 100;

/// From past pushes and a wish, the loosest policy that fulfils it
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("wish").required(true).multiple(true),
    after_help = "The loosest policy holds the fewest past pushes, then makes them wait the least in total. It is found by \
    replaying many; what is suggested fulfils the wish on this past, and only its rules promise anything about the \
    future. A wish that nothing fulfils is answered too (exit code 0), except with `--format yaml`: then nothing is \
    printed and the exit code is 1.\n\nExamples:\n  \
    deploy-rhythm suggest --no-overlap --longest-wait 1h --since 90d\n  \
    deploy-rhythm suggest --per-day 3 --timezone Europe/Paris --format yaml > suggested.yml\n  \
    deploy-rhythm suggest --example founding-afternoon --no-overlap --per-day 4 --longest-wait 1h"
)]
pub struct SuggestCommand {
    /// No push waits longer than this until the rollout that contains it starts
    #[arg(long, group = "wish", value_name = "DURATION", value_parser = length)]
    longest_wait: Option<TimeDelta>,

    /// Nine of ten pushes wait no longer than this
    #[arg(long, group = "wish", value_name = "DURATION", value_parser = length)]
    p90_wait: Option<TimeDelta>,

    /// No two rollouts run at once
    #[arg(long, group = "wish")]
    no_overlap: bool,

    /// At most so many rollouts start in a local day
    #[arg(long, group = "wish", value_name = "N", value_parser = value_parser!(u16).range(1..=1_000))]
    per_day: Option<u16>,

    /// At most so many rollouts start in any 60 minutes
    #[arg(long, group = "wish", value_name = "N", value_parser = value_parser!(u16).range(1..=1_000))]
    per_hour: Option<u16>,

    /// The time zone of local days [default: the one of the policy in force, else UTC]
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    timezone: Option<Tz>,

    #[command(flatten)]
    past: PastArgs,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
}

/// The outputs of a suggestion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people at a terminal
    Terminal,
    /// For programs
    Json,
    /// For a comment or a wiki
    Markdown,
    /// The policy alone, with the reason as comments
    Yaml,
}

fn zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| {
        format!("`{text}` is no time zone: write an IANA name such as `Europe/Paris`, `America/New_York` or `UTC`")
    })
}

/// Everything that is told.
struct Shown {
    past: Pushed,
    wishes: Vec<Wish>,
    environment: String,
    zone: Tz,
    paths: Vec<String>,
    from: Instant,
    to: Instant,
    rollout_time: TimeDelta,
    suggestion: Suggestion,
    notes: Vec<String>,
}

/// Where pushes come to, and what the policy in force says about that.
struct Place {
    past: Pushed,
    environment: String,
    paths: Vec<String>,
    notes: Vec<String>,
}

impl Shown {
    fn yaml(&self, candidate: &Candidate) -> String {
        let ground = Ground { environment: &self.environment, zone: self.zone, paths: &self.paths };
        candidate.yaml(&ground, |part| words::because(part, &self.wishes))
    }
}

impl SuggestCommand {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let shown = self.look(edge)?;
        Ok(Outcome::done(match self.format {
            Format::Terminal => page::terminal(&shown, edge.width),
            Format::Markdown => page::markdown(&shown),
            Format::Json => json::json(&shown),
            Format::Yaml => page::yaml(&shown).ok_or_else(|| {
                Error::failure("no policy was found that fulfils the wish, so none is written")
                    .hint("the same call without `--format yaml` shows what comes nearest")
            })?,
        }))
    }

    fn wishes(&self) -> Vec<Wish> {
        let waits = [self.longest_wait.map(Wish::LongestWait), self.p90_wait.map(Wish::P90Wait)];
        let counts =
            [self.per_day.map(|most| Wish::PerDay(most.into())), self.per_hour.map(|most| Wish::PerHour(most.into()))];
        waits
            .into_iter()
            .flatten()
            .chain(self.no_overlap.then_some(Wish::NoOverlap))
            .chain(counts.into_iter().flatten())
            .collect()
    }

    fn look(&self, edge: &Edge) -> Result<Shown, Error> {
        let rollout_time = self.past.rollout_time();
        if rollout_time > LONGEST_ROLLOUT {
            return Err(Error::usage("`--rollout-time` is longer than 6h")
                .hint("`no-overlap` takes a rollout that runs for longer to be over: look at shorter ones"));
        }
        let without_repo = self.past.without_repo();
        // Days are those of a zone, which the policy in force may name.
        let in_force = (!without_repo).then(|| self.in_force()).transpose()?;
        let zone = self.timezone.or_else(|| in_force.as_ref().and_then(|found| found.policy.timezone()));
        let zone = zone.unwrap_or(Tz::UTC);
        let span = self.past.span(zone, edge)?;
        let Place { mut past, environment, paths, mut notes } = match in_force {
            None => self.told(span)?,
            Some(found) => self.read(span, found)?,
        };
        if harmless(&environment) != environment.as_str() {
            return Err(Error::usage("the name of the environment holds control characters"));
        }
        let (Some(first), Some(last)) = (past.landings.first(), past.landings.last()) else {
            return Err(Error::failure("nothing was pushed in this span: there is no past to suggest from")
                .hint("take a longer span with `--since`, or pushes from a file with `--pushes`"));
        };
        if past.landings.len() > MOST_PUSHES {
            return Err(Error::usage(format!(
                "{} pushes are more than the {MOST_PUSHES} that are looked at",
                past.landings.len()
            ))
            .hint("take a shorter span with `--since 365d`"));
        }
        let from = span.begin.unwrap_or(first.at);
        let to = if span.end_is_asked || !without_repo { span.end } else { last.at };
        notes.append(&mut past.notes);
        if past.landings.iter().any(|landing| landing.precision == Precision::Guessed) {
            notes.push(
                "the instants of pushes are commit dates: git alone does not tell when a commit was pushed".to_owned(),
            );
        }
        if past.landings.len() < FEW {
            let few = words::pushes(past.landings.len());
            notes.push(format!("what fits {few} may fit them by chance: of a longer past, the answer is surer"));
        }
        let wishes = self.wishes();
        let pushes = Past { landings: &past.landings, commits: &past.commits };
        let ground = Ground { environment: &environment, zone, paths: &paths };
        let progress = Progress::new();
        progress.stage("trying policies", None);
        let suggestion = suggest(pushes, &wishes, ground, rollout_time).map_err(Error::usage)?;
        Ok(Shown { past, wishes, environment, zone, paths, from, to, rollout_time, suggestion, notes })
    }

    fn in_force(&self) -> Result<Found, Error> {
        let repo = Repo::open(&self.past.repo).map_err(|error| Error::usage(error.to_string()))?;
        policy::find(Some(&repo), None, Wanted::InForce)
    }

    /// The pushes of a file or an example.
    fn told(&self, span: Span) -> Result<Place, Error> {
        Ok(Place {
            past: self.past.told(span)?,
            environment: self.past.environment.clone().unwrap_or_else(|| "production".to_owned()),
            paths: Vec::new(),
            notes: Vec::new(),
        })
    }

    /// The pushes of a repository; of its policy, what says which of them count.
    fn read(&self, span: Span, found: Found) -> Result<Place, Error> {
        let subject = Subject::open_with(&self.past.question(span), |_| Ok(found))?;
        let in_force = subject.environment(self.past.environment.as_deref())?;
        let mut past = subject.past(span.begin)?;
        subject.within_paths(&mut past, &in_force.paths, |_| {})?;
        Ok(Place { past, environment: in_force.environment.to_string(), paths: in_force.paths, notes: Vec::new() })
    }
}
