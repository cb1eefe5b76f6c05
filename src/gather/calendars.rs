//! The calendar files that freezes name.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use crate::engine::calendar::HORIZON;
use crate::engine::event::Instant;
use crate::engine::facts::{Busy, Known, Missing};
use crate::engine::policy::EnvironmentPolicy;
use crate::engine::rules::Rule;
use crate::sources::git::Repo;
use crate::sources::ics::{self, Event};
use crate::sources::policy::Home;

/// The events of the calendars that an environment's freezes name, by path.
pub type Events = BTreeMap<String, Known<Vec<Event>>>;

/// A freeze that touches one that is asked about may lie so far off.
const SPARE: TimeDelta = TimeDelta::days(2);

/// The events as far ahead as judging looks.
pub(super) fn ahead(repo: Option<&Repo>, home: &Home, policy: &EnvironmentPolicy, at: Instant) -> Events {
    read(repo, home, policy, &[(at - SPARE, at + HORIZON + SPARE)])
}

/// The same, with those of the 400 days before and of 400 days more, as far as these can be had: to tell when a freeze
/// began, and whether a calendar ends.
pub(super) fn around(repo: Option<&Repo>, home: &Home, policy: &EnvironmentPolicy, at: Instant) -> Events {
    let (from, to) = (at - SPARE, at + HORIZON + SPARE);
    read(repo, home, policy, &[(from, to), (from - HORIZON, from), (to, to + HORIZON)])
}

/// The events from an instant to as far after another as judging looks.
pub(super) fn between(
    repo: Option<&Repo>,
    home: &Home,
    policy: &EnvironmentPolicy,
    from: Instant,
    to: Instant,
) -> Events {
    read(repo, home, policy, &[(from, to + HORIZON + SPARE)])
}

/// The spans that the events cover.
pub(super) fn busy(events: &Events) -> BTreeMap<String, Known<Busy>> {
    let joined = |known: &Known<Vec<Event>>| known.as_ref().map(|events| ics::joined(events)).map_err(Clone::clone);
    events.iter().map(|(path, known)| (path.clone(), joined(known))).collect()
}

/// Reads the calendars between the instants given: what cannot be had for the first is missing, the others add what they can.
fn read(repo: Option<&Repo>, home: &Home, policy: &EnvironmentPolicy, reaches: &[(Instant, Instant)]) -> Events {
    let mut calendars = BTreeMap::new();
    for entry in &policy.rules {
        let Rule::Freeze(freeze) = &entry.rule else { continue };
        let Some((path, zone)) = freeze.calendar().filter(|(path, _)| !calendars.contains_key(*path)) else { continue };
        let missing = |why: String| {
            Missing::new(
                format!("the calendar {path}: {why}"),
                "put a valid calendar file there, on the default branch",
            )
        };
        let events = match home.read(repo, path) {
            Ok(Some(bytes)) => {
                let text = String::from_utf8_lossy(&bytes);
                ics::events(path, &text, zone, reaches).map_err(|error| missing(error.to_string()))
            }
            Ok(None) => Err(missing("there is no such file".to_owned())),
            Err(error) => Err(missing(error.message)),
        };
        calendars.insert(path.to_owned(), events);
    }
    calendars
}
