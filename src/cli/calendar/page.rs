//! The page that every output of `calendar` prints, and the words that they share.

use chrono_tz::Tz;

use crate::engine::agenda::{Agenda, Span};
use crate::engine::event::Instant;
use crate::engine::rules::Rule;
use crate::gather::agenda::Timetable;
use crate::sources::policy::Found;

/// What is printed: the days of an agenda between two local midnights.
pub(super) struct Page<'a> {
    pub at: Instant,
    pub days: u64,
    pub from: Instant,
    pub to: Instant,
    pub agenda: &'a Agenda<'a>,
    pub timetable: &'a Timetable,
    pub policy: &'a Found,
}

impl Page<'_> {
    pub(super) const fn zone(&self) -> Tz {
        self.agenda.zone
    }

    pub(super) fn environment(&self) -> &str {
        &self.timetable.policy.environment
    }

    /// The turn that an instant lies in.
    pub(super) fn turn(&self, at: Instant) -> Option<Span> {
        self.agenda.turns().into_iter().find(|turn| turn.from <= at && at < turn.to)
    }

    /// Whether a rule shuts certain dates rather than hours of the week.
    pub(super) fn is_dated(&self, rule: usize) -> bool {
        matches!(&self.agenda.rules[rule].rule, Rule::Freeze(freeze) if freeze.is_dated())
    }

    /// Why a rule shuts a time: its reason, what its calendar calls the days, where it stands.
    pub(super) fn why(&self, rule: usize, from: Instant, to: Instant) -> String {
        let entry = self.agenda.rules[rule];
        let source = format!("{}:{}", entry.source.file, entry.source.line);
        let mut words = entry.rule.id().name().to_owned();
        if let Some(because) = &entry.because {
            words.push_str(&format!(", {because}"));
        }
        if let Rule::Freeze(freeze) = &entry.rule
            && let Some((path, _)) = freeze.calendar()
        {
            match self.timetable.events.get(path) {
                Some(Ok(events)) => {
                    let mut names: Vec<&str> = Vec::new();
                    for event in events.iter().filter(|event| event.from < to && from < event.to) {
                        if !names.contains(&event.title.as_str()) {
                            names.push(&event.title);
                        }
                    }
                    let more = names.len().saturating_sub(NAMES);
                    names.truncate(NAMES);
                    words.push_str(&format!(": {}", names.join(", ")));
                    if more > 0 {
                        words.push_str(&format!(" and {more} more"));
                    }
                }
                Some(Err(missing)) => words.push_str(&format!(", not known: {}", missing.what)),
                None => {}
            }
        }
        format!("{words} ({source})")
    }

    /// Remarks about the policy, and what else the reader should know.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = Vec::new();
        for entry in &self.agenda.advisory {
            let (name, source) = (entry.rule.id().name(), &entry.source);
            notes
                .push(format!("{name} ({}:{}) is advice and shuts nothing: it is not shown", source.file, source.line));
        }
        notes.extend(self.timetable.notes.iter().cloned());
        notes
    }
}

/// How many events of a calendar are named at once.
const NAMES: usize = 5;
