//! `ledger`: what is recorded, whether anybody changed it, and all of it as text.

use std::fmt::Write;
use std::io::Write as _;

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::adopt::Adopt;
use super::anchors::compare;
use super::place::Place;
use super::question::QuestionArgs;
use super::{Edge, Outcome};
use crate::engine::calendar::{second, utc};
use crate::engine::duration;
use crate::engine::event::Instant;
use crate::error::Error;
use crate::gather::Subject;
use crate::ledger::chain::{Entry, Walk, stamp, walk};
use crate::ledger::entry::{Glass, Kept, Stage};
use crate::ledger::word::{What as Says, Word};
use crate::ledger::{Ledger, State};
use crate::render::clean;

/// What is recorded: verify, show, export, adopt
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  deploy-rhythm ledger verify\n  deploy-rhythm ledger show --limit 50\n  deploy-rhythm ledger export > deploys.jsonl"
)]
pub struct LedgerCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Walks along each chain: was an entry edited, taken out or put in?
    Verify(Verify),
    /// The newest rollouts, reservations, and who waits
    Show(Show),
    /// All rollouts as a deploy log, JSON Lines; or each entry as it is stored
    Export(Export),
    /// States that the ledger's record is whole since an instant, and takes over what other sources know from then on
    Adopt(Adopt),
}

#[derive(Debug, Args)]
struct Verify {
    #[command(flatten)]
    place: Place,

    /// Ask GitHub, too: each digest that a deployment's status holds must be in the ledger
    #[arg(long)]
    anchors: bool,
}

#[derive(Debug, Args)]
struct Show {
    #[command(flatten)]
    place: Place,

    /// The most rollouts to show, the newest
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

#[derive(Debug, Args)]
struct Export {
    #[command(flatten)]
    place: Place,

    /// Each entry of the chains instead, decisions too, with its hash
    #[arg(long)]
    entries: bool,
}

impl Place {
    /// Which repository's rollouts are meant; none where the ledger has no others.
    fn repository(&self, edge: &Edge) -> Result<Option<String>, Error> {
        if self.existing(edge)?.own {
            return Ok(None);
        }
        let question = QuestionArgs { repo: self.repo.clone(), ..QuestionArgs::default() };
        Subject::open(&question.question(edge))?.required_name().map(Some)
    }

    fn open(&self, edge: &Edge) -> Result<Box<dyn Ledger>, Error> {
        let home = self.existing(edge)?;
        let empty = || Error::usage(format!("the ledger {} is empty: nothing was ever recorded", home.name()));
        home.open_existing(edge.clock)?.ok_or_else(empty)
    }
}

impl LedgerCommand {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        match self.what {
            What::Verify(asked) => asked.run(edge),
            What::Show(Show { place, limit }) => {
                let mut ledger = place.open(edge)?;
                let state = ledger.read()?;
                Ok(Outcome::done(shown(&state, &ledger.name(), limit)))
            }
            What::Adopt(adopt) => adopt.run(edge),
            What::Export(Export { place, entries }) => {
                let of = if entries { None } else { place.repository(edge)? };
                Ok(export(place.open(edge)?.as_mut(), entries, of.as_deref()))
            }
        }
    }
}

/// A ledger's entries, and what is wrong with them.
pub(super) struct Verified {
    pub(super) entries: Vec<Entry>,
    pub(super) walk: Walk,
    /// When it was begun; none where what it keeps cannot be read, which is a break, too.
    pub(super) born: Option<Instant>,
}

/// Walks along a ledger's chains and holds what is kept against what its entries say.
pub(super) fn verified(ledger: &mut dyn Ledger) -> Verified {
    // What is appended meanwhile is not looked at: the state is that of one instant, and so are its entries.
    let state = ledger.read();
    let (mut entries, stopped) = ledger.entries();
    if let Ok(state) = &state
        && let Some(newest) = entries.iter().rposition(|entry| entry.hash == state.newest.1)
    {
        entries.truncate(newest + 1);
    }
    let mut found = walk(&entries);
    if let Some(trouble) = stopped {
        found.breaks.push(format!("after {} entries: {trouble}", entries.len()));
    }
    let born = match state {
        Err(trouble) => {
            found.breaks.push(trouble.to_string());
            None
        }
        Ok(state) => {
            let ids = state.rollouts.keys().chain(found.rollouts.keys());
            let mut differing: Vec<&String> =
                ids.filter(|id| state.rollouts.get(*id) != found.rollouts.get(*id)).collect();
            differing.sort();
            differing.dedup();
            let ids = state.words.keys().chain(found.words.keys());
            let mut words: Vec<&String> = ids.filter(|id| state.words.get(*id) != found.words.get(*id)).collect();
            words.sort();
            words.dedup();
            let named = differing.iter().map(|id| format!("rollout {id}"));
            let named = named.chain(words.iter().map(|id| (*id).clone()));
            found.breaks.extend(named.map(|name| format!("{name}: what is kept of it is not what its entries say")));
            Some(state.born)
        }
    };
    Verified { entries, walk: found, born }
}

impl Verify {
    fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let verified = verified(self.place.open(edge)?.as_mut());
        let mut found = verified.walk;
        let mut anchored = String::new();
        if self.anchors {
            let anchors = compare(&self.place, edge, &verified.entries)?;
            let older = if anchors.cut { "; older deployments were not looked at" } else { "" };
            anchored =
                format!("{} digests at GitHub, {} of them in no entry{older}\n", anchors.found, anchors.missing.len());
            found.breaks.extend(anchors.missing);
        }
        let mut outcome = told(&found);
        outcome.text.push_str(&anchored);
        Ok(outcome)
    }
}

fn told(found: &Walk) -> Outcome {
    let mut text = String::new();
    for place in &found.breaks {
        let _ = writeln!(text, "✘ {}", clean(place));
    }
    for (account, (length, head)) in &found.heads {
        let _ = writeln!(text, "{}: {length} entries, the newest {head}", clean(&account.to_string()));
    }
    let whole = found.breaks.is_empty();
    let _ = match whole {
        true => writeln!(text, "✔ {} entries, each follows from the one before", found.entries),
        false => writeln!(
            text,
            "✘ the ledger was changed by something other than deploy-rhythm, or is damaged; nothing is deleted"
        ),
    };
    Outcome { text, code: u8::from(!whole) }
}

fn shown(state: &State, name: &str, limit: usize) -> String {
    let mut out = String::new();
    let at = |kept: &Kept| kept.started_at.or(kept.reserved_at);
    let mut all: Vec<&Kept> = state.rollouts.values().collect();
    all.sort_by_key(|kept| std::cmp::Reverse((at(kept), kept.id.clone())));
    for kept in all.iter().take(limit) {
        let when = at(kept).map(second).unwrap_or_default();
        let took = match (kept.stage, kept.started_at, kept.finished_at) {
            (Stage::Running, Some(start), _) => format!(" for {}", duration::glance(state.now - start)),
            (Stage::Reserved, ..) if !kept.holds_place(state.now) => ", expired".to_owned(),
            (_, Some(start), Some(end)) => format!(", took {}", duration::glance(end - start)),
            _ => String::new(),
        };
        let exit = kept.exit.filter(|exit| *exit != 0).map(|exit| format!(", exit code {exit}")).unwrap_or_default();
        let by = kept.actor.as_deref().map(|actor| format!(", by {actor}")).unwrap_or_default();
        let judged = if kept.decision.is_none() { ", recorded without a decision" } else { "" };
        let delay = match (kept.told_at, kept.started_at) {
            (Some(told), Some(start)) => format!(", told {} late", duration::glance(told - start)),
            _ => String::new(),
        };
        let broken = match &kept.glass {
            Some(Glass { seen_at: None, .. }) => ", the glass broken, not acknowledged",
            Some(_) => ", the glass broken, acknowledged",
            None => "",
        };
        let lane = match kept.lane {
            crate::engine::lane::Lane::Normal => String::new(),
            lane => format!(", {lane}"),
        };
        let why = kept.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let text = format!(
            "{} {when} {} to {}: {}{took}{exit}{by}{lane}{judged}{delay}{broken}{why}",
            kept.id,
            kept.what(),
            kept.environment,
            kept.stage.name()
        );
        let _ = writeln!(out, "{}", clean(&text));
    }
    if all.len() > limit {
        let _ = writeln!(out, "({} earlier rollouts are not shown: `--limit` shows more)", all.len() - limit);
    }
    let mut words: Vec<&Word> = state.words.values().collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.at));
    for word in words.iter().take(limit) {
        let _ = writeln!(out, "{}", clean(&said(word, state)));
    }
    for waiting in state.waiting.iter().filter(|waiting| waiting.is_live(state.now)) {
        let since = duration::glance(state.now - waiting.since);
        let text = format!("{} waits for {since}: {:.8} to {}", waiting.id, waiting.commit, waiting.environment);
        let _ = writeln!(out, "{}", clean(&text));
    }
    let _ = writeln!(
        out,
        "{} rollout{} in {}, begun {}",
        all.len(),
        if all.len() == 1 { "" } else { "s" },
        clean(name),
        second(state.born)
    );
    out
}

/// An override, a freeze or an adoption in a line.
fn said(word: &Word, state: &State) -> String {
    let what = match &word.what {
        Says::Override { commit, until } => {
            format!("override of {commit:.8} to {} until {}", word.environment, utc(*until))
        }
        Says::Freeze { until } => format!("freeze of {} until {}", word.environment, utc(*until)),
        Says::Void { deployment } => format!("{} does not count", clean(deployment)),
        Says::Complete { since } => format!("record of {} complete since {}", word.environment, utc(*since)),
    };
    let fate = match (word.withdrawn_at, word.used_by(&state.rollouts, state.now)) {
        (Some(at), _) => {
            format!(", taken back {} by {}", second(at), word.withdrawn_by.as_deref().unwrap_or("somebody"))
        }
        (None, Some(kept)) => format!(", used up by {}", kept.id),
        (None, None) if word.is_live(state.now) => String::new(),
        (None, None) => ", over".to_owned(),
    };
    format!("{} {} {what}, by {}{fate}: {}", word.id, second(word.at), word.author(), word.because)
}

/// One rollout as a line of a deploy log.
fn line(kept: &Kept) -> Option<Json> {
    let state = match kept.stage {
        Stage::Running => "in_progress",
        Stage::Success => "success",
        Stage::Failure => "failure",
        Stage::Reserved | Stage::GivenBack | Stage::Void => return None,
    };
    Some(json!({
        "id": kept.id, "environment": kept.environment, "commit": kept.commit, "revision": kept.revision, "state": state,
        "started_at": kept.started_at.map(stamp), "finished_at": kept.finished_at.map(stamp),
        "run": kept.run.as_ref().unwrap_or(&kept.id), "actor": kept.actor, "url": kept.url,
    }))
}

fn export(ledger: &mut dyn Ledger, whole: bool, of: Option<&str>) -> Outcome {
    let mut text = String::new();
    let (entries, stopped) = ledger.entries();
    if whole {
        for Entry { account, number, at, body, previous, hash } in &entries {
            let event = serde_json::from_str::<Json>(body).unwrap_or_else(|_| Json::String(body.clone()));
            let line = json!({
                "repository": account.repository, "environment": account.environment, "number": number, "at": at,
                "event": event, "previous": previous, "hash": hash,
            });
            let _ = writeln!(text, "{line}");
        }
    } else {
        // Rollouts are made of the entries: what can be read of a damaged ledger is still told.
        let rollouts = walk(&entries).rollouts;
        let mut all: Vec<&Kept> = rollouts.values().collect();
        all.sort_by_key(|kept| (kept.started_at, &kept.id));
        // A deploy log is of one repository.
        let own = all.into_iter().filter(|kept| of.is_none_or(|name| name == kept.repository));
        for line in own.filter_map(line) {
            let _ = writeln!(text, "{line}");
        }
    }
    let Some(trouble) = stopped else { return Outcome::done(text) };
    let _ = writeln!(anstream::stderr(), "error: {trouble}; {} entries could be read", entries.len());
    Outcome { text, code: 1 }
}
