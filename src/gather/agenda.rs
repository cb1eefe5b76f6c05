//! Gathers what an agenda is made of: the windows and freezes of an environment, and the calendars that they name.

use super::Subject;
use super::calendars::{self, Events};
use crate::engine::event::{CommitId, Instant};
use crate::engine::facts::{DeployRequest, Facts};
use crate::engine::lane::LaneRequest;
use crate::engine::policy::EnvironmentPolicy;
use crate::sources::git::Repo;
use crate::sources::policy::Home;

/// What an agenda is made of.
pub struct Timetable {
    pub policy: EnvironmentPolicy,
    /// Nothing but the calendars: windows and freezes ask for no other fact.
    pub facts: Facts,
    /// The events of those calendars, for their names.
    pub events: Events,
    pub notes: Vec<String>,
}

impl Timetable {
    /// Reads the calendars of a policy, around an instant.
    #[must_use]
    pub fn of(repo: Option<&Repo>, home: &Home, policy: EnvironmentPolicy, at: Instant) -> Self {
        let events = calendars::around(repo, home, &policy, at);
        let request = DeployRequest {
            environment: policy.environment.clone(),
            commit: CommitId::new(""),
            lane: LaneRequest::Found,
        };
        let facts = Facts { calendars: calendars::busy(&events), ..Facts::unread(request) };
        Self { policy, facts, events, notes: Vec::new() }
    }
}

impl Subject {
    /// The timetable of an environment, with what its governance file asks for.
    #[must_use]
    pub fn timetable(&self, policy: EnvironmentPolicy) -> Timetable {
        let mut notes = self.found.notes.clone();
        let (policy, _) = self.adopt(policy, &mut notes);
        notes.extend(self.branch_note());
        let timetable = Timetable::of(Some(&self.repo), &self.found.home, policy, self.now.instant);
        Timetable { notes, ..timetable }
    }
}
