//! `history`: what was read, from where, as a timeline.

use std::fmt::Write;

use chrono::TimeDelta;
use clap::Args;
use serde_json::{Value as Json, json};

use super::question::QuestionArgs;
use super::status::Plain;
use super::{Edge, Outcome};
use crate::engine::account::rollout_facts;
use crate::engine::calendar::{next_second, utc};
use crate::engine::duration;
use crate::engine::event::{CommitId, Instant, Landing, Precision};
use crate::engine::facts::{Known, Missing};
use crate::engine::history::{Outcome as RolloutOutcome, Rollout};
use crate::error::Error;
use crate::gather::{Subject, Told};
use crate::ledger::entry::Kept;
use crate::ledger::word::{What, Word};
use crate::render::{clean, harmless, wrap};

/// What was read, from where, as a timeline
#[derive(Debug, Args)]
pub struct History {
    #[command(flatten)]
    question: QuestionArgs,

    /// How far back
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = length)]
    since: TimeDelta,

    /// The most events to show, the newest
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Plain::Terminal)]
    format: Plain,
}

fn length(text: &str) -> Result<TimeDelta, String> {
    duration::parse(text)
}

/// What happened at one instant.
enum Event<'a> {
    /// A rollout, and the first of those that still ran when it started.
    Start(&'a Rollout, Option<&'a Rollout>),
    Landing(&'a Landing),
    /// What somebody said, and when it was taken back.
    Said(&'a Word),
    Withdrawn(&'a Word, Instant),
    /// The glass was broken.
    Broken(&'a Kept, Instant),
}

impl Event<'_> {
    fn at(&self) -> Instant {
        match self {
            Self::Start(rollout, _) => rollout.start,
            Self::Landing(landing) => landing.at,
            Self::Said(word) => word.at,
            Self::Withdrawn(_, at) | Self::Broken(_, at) => *at,
        }
    }
}

impl History {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let question = self.question.question(edge);
        let subject = Subject::open(&question)?;
        let policy = subject.environment(question.environment.as_deref())?;
        let now = subject.now.instant;
        let since = now - self.since;
        question.hub.reach(since);
        let records = subject.records(self.question.given()?, &question, &policy.environment)?;
        let told = subject.told();
        let listed = records.as_ref().map(|records| records.deployments.clone()).map_err(Clone::clone);
        let complete_since = records.as_ref().ok().and_then(|records| records.complete_since);
        let accounts = rollout_facts(&subject.found.policy, &policy, listed, complete_since, now, subject.future());
        let trunk = subject.trunk(since);
        let cut = trunk.as_ref().ok().filter(|trunk| trunk.shallow).and_then(|trunk| trunk.complete_since);
        let landings = trunk.map(|trunk| trunk.landings);
        let rollouts =
            accounts.rollouts.as_ref().map(|rollouts| rollouts.started_since(since).to_vec()).map_err(Clone::clone);
        let mut sources: Vec<String> = records.as_ref().map(|records| records.sources.clone()).unwrap_or_default();
        sources.push("landings on the default branch".to_owned());
        let notes = records.as_ref().map(|records| records.notes.as_slice()).unwrap_or_default();
        let mut events =
            events(rollouts.as_deref().unwrap_or_default(), landings.as_deref().unwrap_or_default(), since);
        events.extend(words(&told, since, now));
        events.sort_by_key(Event::at);
        let hidden = events.len().saturating_sub(self.limit);
        events.drain(..hidden);
        Ok(Outcome::done(match self.format {
            Plain::Json => {
                let lacking: Vec<&Missing> = [missing(&rollouts), missing(&landings)].into_iter().flatten().collect();
                json_of(&events, &sources, notes, complete_since, &lacking)
            }
            Plain::Terminal => {
                let mut out = timeline(&events, edge.cut, now);
                if hidden > 0 {
                    let _ = writeln!(out, "({hidden} earlier events are not shown: `--limit` shows more)");
                }
                let complete = match (&rollouts, complete_since) {
                    (Err(_), _) => "no deployment is recorded".to_owned(),
                    (Ok(_), None) => "deployments complete".to_owned(),
                    (Ok(_), Some(since)) => format!("deployments complete since {}", next_second(since)),
                };
                let _ = writeln!(
                    out,
                    "read from: {}; {complete}",
                    sources.iter().map(|source| clean(source)).collect::<Vec<_>>().join(", ")
                );
                for line in notes.iter().flat_map(|note| wrap(&harmless(&format!("note: {note}")), edge.width)) {
                    let _ = writeln!(out, "{line}");
                }
                if let Some(cut) = cut.filter(|cut| *cut > since) {
                    let _ = writeln!(
                        out,
                        "missing: pushes before {}: the clone is shallow. Run `git fetch --unshallow` (in a workflow: `fetch-depth: 0`)",
                        utc(cut)
                    );
                }
                for missing in [missing(&rollouts), missing(&landings)].into_iter().flatten() {
                    let text = format!("missing: {missing}");
                    for line in wrap(&harmless(&text), edge.width) {
                        let _ = writeln!(out, "{line}");
                    }
                }
                if landings.is_ok_and(|landings| landings.iter().any(|landing| landing.precision == Precision::Guessed))
                {
                    let _ = writeln!(
                        out,
                        "note: `~` marks instants that are commit dates; commits pushed together look like several pushes"
                    );
                }
                if let Some(reason) = subject.repo.wants_graph() {
                    let text = format!(
                        "note: {reason}. `git commit-graph write --reachable` makes one; `replay` and `report` then read all of history in about a tenth of the time"
                    );
                    for line in wrap(&harmless(&text), edge.width) {
                        let _ = writeln!(out, "{line}");
                    }
                }
                out
            }
        }))
    }
}

fn missing<T>(known: &Known<T>) -> Option<&Missing> {
    known.as_ref().err()
}

fn events<'a>(rollouts: &'a [Rollout], landings: &'a [Landing], since: Instant) -> Vec<Event<'a>> {
    // The longest of those before tells whether any still ran.
    let mut latest: Option<&Rollout> = None;
    let ends = |rollout: &Rollout| rollout.finish.unwrap_or(Instant::MAX_UTC);
    let starts = rollouts.iter().map(|rollout| {
        let overlapped = latest.filter(|other| ends(other) > rollout.start);
        if latest.is_none_or(|other| ends(rollout) > ends(other)) {
            latest = Some(rollout);
        }
        Event::Start(rollout, overlapped)
    });
    let starts: Vec<Event<'a>> = starts.collect();
    let mut events: Vec<Event<'a>> =
        starts.into_iter().chain(landings.iter().filter(|landing| landing.at >= since).map(Event::Landing)).collect();
    events.sort_by_key(Event::at);
    events
}

/// What was said and done beside the rollouts.
fn words(told: &Told, since: Instant, now: Instant) -> Vec<Event<'_>> {
    let said = told.words.iter().map(Event::Said);
    let withdrawn = told.words.iter().filter_map(|word| Some(Event::Withdrawn(word, word.withdrawn_at?)));
    let broken = told.broken.iter().filter_map(|kept| Some(Event::Broken(kept, kept.started_at?)));
    said.chain(withdrawn).chain(broken).filter(|event| (since..=now).contains(&event.at())).collect()
}

/// A word in a line, without its instant.
fn word_line(word: &Word) -> String {
    let what = match &word.what {
        What::Override { commit, until } => format!("override {} until {}", CommitId::new(commit).short(), utc(*until)),
        What::Freeze { until } => format!("freeze   until {}", utc(*until)),
        What::Complete { since } => format!("adopt    the record is complete since {}", utc(*since)),
        What::Void { deployment } => format!("void     {} does not count", clean(deployment)),
    };
    clean(&format!("{what} by {}: {} ({})", word.author(), word.because, word.id)).into_owned()
}

fn timeline(events: &[Event<'_>], cut: Option<usize>, now: Instant) -> String {
    let mut out = String::new();
    let mut day = None;
    let mut last: Option<Instant> = None;
    for event in events {
        let at = event.at();
        if day.replace(at.date_naive()) != Some(at.date_naive()) {
            let _ = writeln!(out, "{}", at.format("%a %Y-%m-%d (UTC)"));
        } else if let Some(gap) = last.map(|last| at - last).filter(|gap| *gap >= TimeDelta::hours(1)) {
            let _ = writeln!(out, "    … {}", duration::glance(gap));
        }
        last = Some(at);
        let line = match event {
            Event::Start(rollout, overlapped) => start_line(rollout, *overlapped, now),
            Event::Said(word) => format!(" {}  {}", at.format("%H:%M:%S"), word_line(word)),
            Event::Withdrawn(word, _) => {
                let by = word.withdrawn_by.as_deref().unwrap_or("somebody");
                let name = if matches!(word.what, What::Freeze { .. }) { "thaw    " } else { "revoke  " };
                clean(&format!(" {}  {name} {} by {by}", at.format("%H:%M:%S"), word.id)).into_owned()
            }
            Event::Broken(kept, _) => {
                let why = kept.reason.as_deref().unwrap_or_default();
                let text =
                    format!(" {}  GLASS    broken for {}, not acknowledged: {why}", at.format("%H:%M:%S"), kept.id);
                clean(&text).into_owned()
            }
            Event::Landing(landing) => {
                let mark = if landing.precision == Precision::Guessed { '~' } else { ' ' };
                format!(
                    "{mark}{}  push     {}  {}",
                    at.format("%H:%M:%S"),
                    landing.commit.short(),
                    clean(&landing.subject)
                )
            }
        };
        let columns = cut.map_or(usize::MAX, |columns| columns.max(40));
        let _ = writeln!(out, "{}", line.chars().take(columns).collect::<String>());
    }
    if events.is_empty() {
        out.push_str("nothing happened in that time\n");
    }
    out
}

fn start_line(rollout: &Rollout, overlapped: Option<&Rollout>, now: Instant) -> String {
    let mark = if rollout.precision == Precision::Guessed { '~' } else { ' ' };
    let length = rollout.finish.unwrap_or(now) - rollout.start;
    // One block a minute, so that long rollouts look long; at most ten.
    let blocks = usize::try_from(length.num_minutes()).unwrap_or(0).clamp(1, 10);
    let state = match (rollout.outcome, rollout.finish_unrecorded) {
        (RolloutOutcome::Running, _) => format!("running for {}", duration::glance(length)),
        (RolloutOutcome::Failure, _) => format!("FAILED after {}", duration::glance(length)),
        (RolloutOutcome::Success, true) => "success, finish not recorded".to_owned(),
        (RolloutOutcome::Success, false) => format!("success in {}", duration::glance(length)),
    };
    let actor = rollout.actor.as_deref().map(|actor| format!(" by {}", clean(actor))).unwrap_or_default();
    let overlap = match overlapped {
        Some(first) => format!("  OVERLAPS {}", clean(&first.id)),
        None => String::new(),
    };
    let (time, what) = (rollout.start.format("%H:%M:%S"), clean(rollout.what()).into_owned());
    format!(
        "{mark}{time}  rollout  {what}  {} to {} {state}{actor}{overlap}",
        "█".repeat(blocks),
        clean(&rollout.environment)
    )
}

fn json_of(
    events: &[Event<'_>],
    sources: &[String],
    notes: &[String],
    complete_since: Option<Instant>,
    missing: &[&Missing],
) -> String {
    let event = |event: &Event<'_>| -> Json {
        match event {
            Event::Start(rollout, overlapped) => {
                let overlaps = overlapped.map(|other| &*other.id);
                json!({"kind": "rollout", "at": utc(rollout.start), "rollout": rollout, "overlaps": overlaps})
            }
            Event::Said(word) => json!({"kind": word.kind(), "at": utc(word.at), "word": word}),
            Event::Withdrawn(word, at) => json!({"kind": "withdrawn", "at": utc(*at), "word": word}),
            Event::Broken(kept, at) => json!({"kind": "broken-glass", "at": utc(*at), "rollout": kept}),
            Event::Landing(landing) => json!({"kind": "push", "at": utc(landing.at), "push": landing}),
        }
    };
    let events: Vec<Json> = events.iter().map(event).collect();
    let value = json!({"schema_version": 1, "complete_since": complete_since.map(utc), "missing": missing, "sources": sources, "notes": notes, "events": events});
    format!("{value:#}\n")
}
