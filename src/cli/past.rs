//! The past that `replay` and `suggest` look at: which one is asked for, and the pushes of those that are no repository.

use std::io::BufReader;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{SubsecRound, TimeDelta};
use chrono_tz::Tz;
use clap::{Args, ValueEnum};

use super::Edge;
use super::span::{Moment, Since, moment, since};
use crate::engine::calendar::utc;
use crate::engine::duration;
use crate::engine::event::Instant;
use crate::engine::lane::LaneRequest;
use crate::error::Error;
use crate::gather::past::Pushed;
use crate::gather::{LedgerSource, Question};
use crate::sources::git::{Clock, Now};
use crate::sources::{files, pushes};

/// The afternoon that this tool began with.
const FOUNDING: &str = include_str!("../../examples/founding-afternoon.jsonl");

/// Which past, and how long its rollouts take.
#[derive(Debug, Args)]
pub(super) struct PastArgs {
    /// The repository: any directory in it
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub repo: PathBuf,

    /// The environment [default: the only one that the policy names, else production]
    #[arg(long, short, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub environment: Option<String>,

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

    /// Take an example that ships with the tool
    #[arg(long, value_enum, conflicts_with = "pushes")]
    pub example: Option<Example>,
}

/// The pasts that ship with the tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Example {
    /// Eleven pushes in two hours, each a rollout onto one volume
    FoundingAfternoon,
}

/// A span: where it begins, if not where the past does, and where it ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub begin: Option<Instant>,
    pub end: Instant,
    /// Whether somebody said where it ends.
    pub end_is_asked: bool,
}

impl PastArgs {
    /// The span that is asked for; days are those of a time zone.
    pub(super) fn span(&self, zone: Tz, edge: &Edge) -> Result<Span, Error> {
        let asked = self.until.map(|until| until.end(zone)).transpose()?;
        let end = asked.unwrap_or_else(|| edge.now.trunc_subsecs(0));
        let begin = self.since.start(end, zone)?;
        if begin.is_some_and(|begin| begin > end) {
            return Err(Error::usage("the span ends before it begins").hint("check `--since` and `--until`"));
        }
        Ok(Span { begin, end, end_is_asked: asked.is_some() })
    }

    /// Whether the pushes come from elsewhere than a repository.
    pub(super) const fn without_repo(&self) -> bool {
        self.example.is_some() || self.pushes.is_some()
    }

    /// How long a rollout takes.
    pub(super) fn rollout_time(&self) -> TimeDelta {
        self.rollout_time.unwrap_or(match self.example {
            // Blue-green, with migrations and the draining of the old generation.
            Some(Example::FoundingAfternoon) => TimeDelta::minutes(15),
            None => TimeDelta::minutes(2),
        })
    }

    /// What is asked of the repository.
    pub(super) fn question(&self, span: Span) -> Question {
        let clock = if span.end_is_asked { Clock::Asked } else { Clock::Machine };
        Question {
            repo: self.repo.clone(),
            policy: None,
            environment: self.environment.clone(),
            commit: None,
            lane: LaneRequest::Found,
            run: None,
            ledger: LedgerSource::Unread,
            hub: Arc::default(),
            now: Now { instant: span.end, clock },
        }
    }

    /// The pushes of a file or, where none is named, of the example.
    pub(super) fn told(&self, span: Span) -> Result<Pushed, Error> {
        let (landings, commits) = match &self.pushes {
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
        // An example lies where it lies.
        let end = (span.end_is_asked || self.example.is_none()).then_some(span.end);
        let is_later = |at: Instant| end.is_some_and(|end| at > end);
        let is_earlier = |at: Instant| span.begin.is_some_and(|begin| at < begin);
        let later = past.landings.iter().filter(|landing| is_later(landing.at)).count();
        if later > 0 {
            past.notes.push(format!("pushes later than {} are left out: {later}; see `--until`", utc(span.end)));
        }
        if let Some(newest) = past.landings.last().filter(|newest| is_earlier(newest.at)) {
            past.notes.push(format!("the newest push is of {}", utc(newest.at)));
        }
        past.retain(|landing| !is_later(landing.at) && !is_earlier(landing.at));
        Ok(past)
    }
}

pub(super) fn length(text: &str) -> Result<TimeDelta, String> {
    duration::parse(text)
}
