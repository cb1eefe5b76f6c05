//! `calendar`: when windows and freezes let an environment be deployed to, day by day.

mod days;
mod ics;
mod json;
mod page;
mod text;

use std::path::PathBuf;

use chrono::Days;
use clap::{Args, ValueEnum};

use super::question::{QuestionArgs, instant};
use super::{Edge, Outcome};
use crate::engine::agenda::{Agenda, around};
use crate::engine::calendar::{HORIZON, start_of_day};
use crate::engine::event::Instant;
use crate::error::Error;
use crate::gather::Subject;
use page::Page;

/// When windows and freezes are open: the days to come, daylight saving and holidays included
#[derive(Debug, Args)]
#[command(after_help = "Windows and freezes alone are shown; `deploy-rhythm check` asks the other rules too.\n\n\
    Examples:\n  deploy-rhythm calendar\n  deploy-rhythm calendar --environment staging --days 14\n  \
    deploy-rhythm calendar --format ics > deploys.ics     # publish it: calendars subscribe to the file\n  \
    deploy-rhythm calendar --format json | jq '.spans[] | select(.state == \"shut\")'")]
pub struct Calendar {
    /// The repository: any directory in it
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,

    /// Read this file, or this built-in policy, instead of the policy on the default branch
    #[arg(long, value_name = "FILE|NAME")]
    policy: Option<PathBuf>,

    /// The environment [default: the only one that the policy names, else production]
    #[arg(long, short, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    environment: Option<String>,

    /// Begin on the day of this instant instead of today, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,

    /// How many local days, at most 400 [default: 60; 400 as JSON and as iCalendar]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=HORIZON.num_days().unsigned_abs()))]
    days: Option<u64>,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
}

/// The outputs of an agenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people at a terminal
    Terminal,
    /// For programs
    Json,
    /// For comments and job summaries
    Markdown,
    /// iCalendar (RFC 5545), for calendars to subscribe to
    Ics,
}

impl Format {
    /// How many days are shown unless said.
    const fn days(self) -> u64 {
        match self {
            Self::Terminal | Self::Markdown => 60,
            Self::Json | Self::Ics => 400,
        }
    }
}

impl Calendar {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let question = QuestionArgs {
            repo: self.repo,
            policy: self.policy,
            environment: self.environment,
            at: self.at,
            ..QuestionArgs::default()
        }
        .question(edge);
        let subject = Subject::open(&question)?;
        let policy = subject.environment(question.environment.as_deref())?;
        let timetable = subject.timetable(policy);
        let (at, zone) = (subject.now.instant, timetable.policy.timezone.unwrap_or(chrono_tz::Tz::UTC));
        let beyond = || Error::usage("the calendar ends there: ask about an earlier instant");
        let (from, to) = around(zone, at).ok_or_else(beyond)?;
        let agenda = Agenda::of(&timetable.policy, &timetable.facts, from, to).map_err(|error| {
            Error::usage(format!("the policy of {} cannot be listed: {error}", timetable.policy.environment))
                .hint("join windows and freezes that follow each other")
        })?;
        let first = at.with_timezone(&zone).date_naive();
        let days = self.days.unwrap_or(self.format.days());
        let last = first.checked_add_days(Days::new(days)).ok_or_else(beyond)?;
        let page = Page {
            at,
            days,
            from: start_of_day(zone, first).ok_or_else(beyond)?,
            to: start_of_day(zone, last).ok_or_else(beyond)?,
            agenda: &agenda,
            timetable: &timetable,
            policy: &subject.found,
        };
        Ok(Outcome::done(match self.format {
            Format::Terminal => text::terminal(&page, edge.width),
            Format::Markdown => text::markdown(&page),
            Format::Json => json::render(&page),
            Format::Ics => ics::render(&page),
        }))
    }
}
