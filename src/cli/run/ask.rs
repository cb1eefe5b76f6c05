//! Asking until there is an answer: judged under the ledger's lock, again when something may have changed, until no time is left.

use std::time::Duration;

use chrono::TimeDelta;

use super::NotStarted;
use super::child::{self, Signals};
use super::request::{Answer, Judged, Request};
use super::watch::Watch;
use crate::cli::Edge;
use crate::error::Error;
use crate::ledger::chain::Account;
use crate::ledger::entry::{Ending, Event, Kept};
use crate::ledger::{Change, Ledger, Trouble};
use crate::render::{Colour, Detail, Format, Style, render};

/// How often a waiting request looks whether something happened.
const GLANCE: Duration = Duration::from_millis(100);

/// How long a waiting request goes without being judged anew: HEAD, the policy and other sources may change too.
const RENEWAL: TimeDelta = TimeDelta::seconds(5);

/// Asks until there is an answer, or no more time.
pub(super) fn ask(
    request: &mut Request<'_>,
    ledger: &mut dyn Ledger,
    signals: &mut Signals,
    watch: &mut Watch<'_>,
) -> Result<Result<(Box<Kept>, Account), NotStarted>, Failed> {
    let edge = request.edge;
    loop {
        let judged = judge(request, ledger)?;
        for remark in &judged.remarks {
            watch.say(&format!("note: {remark}"));
        }
        let give_up = |ledger: &mut dyn Ledger, request: &Request<'_>, ending, because: &str| {
            let Some(waiting) = &request.memory.waiting else { return };
            let id = waiting.id.clone();
            let event = Event::Ended { request: id.clone(), ending, because: because.to_owned() };
            let change = Change { leave: vec![id], ..Change::of(judged.account.clone(), event) };
            // Where it cannot be said, the place is free once its process is gone.
            let _ = ledger.append(&mut |_| change.clone());
        };
        match judged.answer {
            Answer::Go(kept) => return Ok(Ok((kept, judged.account))),
            Answer::Superseded { by, commit } => {
                return Ok(Err(NotStarted {
                    why: format!("superseded by {by}, which ships {commit} and this with it"),
                    code: 5,
                }));
            }
            Answer::Rejected => {
                say_report(&judged, edge);
                return Ok(Err(NotStarted { why: format!("rejected: {}", rules(&judged)), code: 4 }));
            }
            Answer::Held | Answer::Behind(_) => {}
        }
        let out_of_time = request.deadline.is_none_or(|deadline| (edge.clock)() >= deadline);
        if out_of_time {
            say_report(&judged, edge);
            give_up(ledger, request, Ending::TimedOut, "it waited as long as it was told to");
            let next =
                judged.report.decision.next_approval.map(|next| {
                    format!(" until {}", crate::render::when(next, judged.report.decision.at, judged.zone))
                });
            let why = format!("held{}: {}", next.unwrap_or_default(), rules(&judged));
            return Ok(Err(NotStarted { why, code: 3 }));
        }
        if let Some(signal) = pause(request, &judged, ledger, signals, watch) {
            give_up(ledger, request, Ending::Stopped, child::signal_name(signal));
            let why = format!("stopped by {} while waiting; its place is given back", child::signal_name(signal));
            return Ok(Err(NotStarted { why, code: u8::try_from(128 + signal).unwrap_or(1) }));
        }
    }
}

/// Waits until something may have changed; answers with the signal that came meanwhile.
fn pause(
    request: &Request<'_>,
    judged: &Judged,
    ledger: &mut dyn Ledger,
    signals: &mut Signals,
    watch: &mut Watch<'_>,
) -> Option<i32> {
    let clock = request.edge.clock;
    let renewal = clock() + RENEWAL;
    let next = match judged.answer {
        // In the ledger's time, whose clock may be another.
        Answer::Held => {
            let decision = &judged.report.decision;
            decision.next_approval.map(|next| clock() + (next - decision.at))
        }
        // The one that passes goes at once, or not at all.
        _ => Some(clock() + TimeDelta::milliseconds(200)),
    };
    let until = [next, request.deadline].into_iter().flatten().fold(renewal, Ord::min);
    loop {
        if let Some(signal) = signals.came() {
            return Some(signal);
        }
        let now = clock();
        watch.show(judged, now);
        if now >= until || ledger.has_moved() {
            return None;
        }
        std::thread::sleep((until - now).to_std().unwrap_or_default().min(GLANCE));
    }
}

/// Why there is no answer.
pub(in crate::cli) enum Failed {
    Trouble(Trouble),
    Error(Error),
}

impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Trouble(trouble) => trouble.into(),
            Failed::Error(error) => error,
        }
    }
}

pub(in crate::cli) fn judge(request: &mut Request<'_>, ledger: &mut dyn Ledger) -> Result<Judged, Failed> {
    request.look().map_err(Failed::Error)?;
    let mut judged = None;
    // A home that somebody else was quicker at asks again: nothing of the answer before it happened.
    let before = request.memory.clone();
    let appended = ledger.append(&mut |state| {
        request.memory = before.clone();
        match request.judge(state) {
            Ok((answer, change)) => {
                judged = Some(Ok(answer));
                change
            }
            Err(error) => {
                judged = Some(Err(error));
                Change::default()
            }
        }
    });
    appended.map_err(Failed::Trouble)?;
    let unasked = || Failed::Trouble(Trouble::new("the ledger did not ask for a judgement", "ask again"));
    judged.ok_or_else(unasked)?.map_err(Failed::Error)
}

pub(in crate::cli) fn rules(judged: &Judged) -> String {
    use crate::engine::decision::Verdict;
    let findings = &judged.report.decision.findings;
    let binding = findings.iter().filter(|one| one.level.is_mandatory() && one.verdict != Verdict::Approve);
    let mut rules: Vec<&str> = binding.map(|finding| finding.rule).collect();
    rules.dedup();
    match rules.is_empty() {
        true => "a newer request that contains this one goes first".to_owned(),
        false => rules.join(", "),
    }
}

fn say_report(judged: &Judged, edge: &Edge) {
    use std::io::Write;
    let style = Style { colour: Colour::Always, width: edge.width, zone: judged.zone, detail: Detail::Brief };
    let mut out = anstream::stderr();
    let clear = if edge.surroundings.watched { "\r\x1b[2K" } else { "" };
    let _ = write!(out, "{clear}{}", render(&judged.report, Format::Terminal, &style));
}
