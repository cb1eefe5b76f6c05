//! What is said while a request waits: a countdown on a terminal, a line a minute elsewhere.

use std::io::Write;

use chrono::TimeDelta;

use super::request::{Answer, Judged};
use crate::cli::Edge;
use crate::engine::decision::Verdict;
use crate::engine::event::{CommitId, Instant};
use crate::render::{clean, harmless, marked_answer};

/// How often a line is written where no terminal shows it.
const EACH: TimeDelta = TimeDelta::minutes(1);

/// Says what a request waits for.
pub(super) struct Watch<'a> {
    edge: &'a Edge,
    said: Option<Instant>,
    /// The line that stands, and that the next one replaces.
    open: Option<String>,
}

impl<'a> Watch<'a> {
    pub(super) const fn new(edge: &'a Edge) -> Self {
        Self { edge, said: None, open: None }
    }

    /// Shows how it stands.
    pub(super) fn show(&mut self, judged: &Judged, now: Instant) {
        let watched = self.edge.surroundings.watched;
        if !watched && self.said.is_some_and(|said| now - said < EACH) {
            return;
        }
        self.said = Some(now);
        let line = line(judged, now);
        let mut out = anstream::stderr();
        if watched {
            let cut: String = line.chars().take(self.edge.width.saturating_sub(1)).collect();
            if self.open.as_ref() != Some(&cut) {
                let _ = write!(out, "\r\x1b[2K{cut}").and_then(|()| out.flush());
                self.open = Some(cut);
            }
        } else {
            let _ = writeln!(out, "{line}");
        }
    }

    /// Writes a line of its own.
    pub(super) fn say(&mut self, text: &str) {
        let mut out = anstream::stderr();
        if self.open.take().is_some() {
            let _ = write!(out, "\r\x1b[2K");
        }
        let _ = writeln!(out, "{}", harmless(text));
    }
}

/// The answer, counted from now, and the rules that bind.
fn line(judged: &Judged, now: Instant) -> String {
    if let Answer::Behind(commit) = &judged.answer {
        return format!("lets {} pass, a newer request that contains this one", clean(CommitId::new(commit).short()));
    }
    let mut decision = judged.report.decision.clone();
    decision.at = now;
    let binding = decision.findings.iter().filter(|one| one.level.is_mandatory() && one.verdict != Verdict::Approve);
    let mut rules: Vec<&str> = binding.map(|finding| finding.rule).collect();
    rules.dedup();
    format!("{}: {}", marked_answer(&decision, judged.zone), rules.join(", "))
}
