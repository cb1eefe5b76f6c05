//! When a deployment began and ended, by the statuses that GitHub has of it: one answer, however they were read.

use crate::engine::event::{DeploymentState, Instant};

/// When a deployment began, how it stands, and when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    pub state: DeploymentState,
    pub start: Instant,
    pub finish: Option<Instant>,
}

/// A state by GitHub's name of it.
///
/// # Errors
///
/// Says which name is not known.
pub fn state(name: &str) -> Result<DeploymentState, String> {
    let known = DeploymentState::ALL.into_iter().find(|(known, _)| *known == name);
    known.map(|(_, state)| state).ok_or_else(|| format!("the state `{name}` of a status is not known"))
}

impl Life {
    /// A deployment begins with its first `in_progress`, else with the first status after those that wait; one that only
    /// waits has not begun, and neither has one without any status: GitHub calls it pending.
    #[must_use]
    pub fn of(created: Instant, mut statuses: Vec<(Instant, DeploymentState)>) -> Self {
        // Of one second, what follows in the order of states came later.
        statuses.sort_by_key(|(at, state)| (*at, *state as u8));
        let started = || statuses.iter().filter(|(_, state)| state.has_started());
        let ends = |state: DeploymentState| state.is_final() && state != DeploymentState::Inactive;
        let ended = statuses.iter().rev().find(|(_, state)| ends(*state)).copied();
        // What is queued again has run before; what is inactive has ended before, well or badly.
        let last = started().next_back().or(statuses.last());
        let state = match (last, ended) {
            (Some((_, DeploymentState::Inactive)), Some((_, ended))) => ended,
            (Some((_, state)), _) => *state,
            (None, _) => DeploymentState::Pending,
        };
        let began = started().find(|(_, state)| *state == DeploymentState::InProgress).or_else(|| started().next());
        let start = began.map_or(created, |(at, _)| *at);
        let finish = ended.map(|(at, _)| at).filter(|finish| state.is_final() && *finish >= start);
        Self { state, start, finish }
    }
}

#[cfg(test)]
mod tests {
    use super::{DeploymentState, Instant, Life, state};

    fn at(seconds: i64) -> Instant {
        Instant::from_timestamp(seconds, 0).expect("an instant")
    }

    fn of(statuses: &[(i64, &str)]) -> (DeploymentState, i64, Option<i64>) {
        let statuses = statuses.iter().map(|(seconds, name)| (at(*seconds), state(name).expect("a state"))).collect();
        let life = Life::of(at(0), statuses);
        (life.state, life.start.timestamp(), life.finish.map(|finish| finish.timestamp()))
    }

    #[test]
    fn it_begins_when_it_is_in_progress_and_never_while_it_waits() {
        use DeploymentState::{Failure, InProgress, Inactive, Pending, Success, Waiting};
        for (statuses, life) in [
            (&[][..], (Pending, 0, None)),
            (&[(1, "queued"), (2, "waiting")], (Waiting, 0, None)),
            (&[(1, "waiting"), (9, "queued"), (10, "in_progress")], (InProgress, 10, None)),
            (&[(1, "waiting"), (10, "in_progress"), (20, "success")], (Success, 10, Some(20))),
            (&[(1, "pending"), (20, "success")], (Success, 20, Some(20))),
            (&[(10, "in_progress"), (20, "success"), (50, "inactive")], (Success, 10, Some(20))),
            (&[(10, "in_progress"), (20, "failure"), (50, "inactive")], (Failure, 10, Some(20))),
            (&[(10, "in_progress"), (50, "inactive")], (Inactive, 10, None)),
            (&[(10, "in_progress"), (20, "success"), (30, "in_progress")], (InProgress, 10, None)),
            (&[(10, "success"), (10, "in_progress")], (Success, 10, Some(10))),
            (&[(20, "success"), (10, "in_progress"), (1, "waiting")], (Success, 10, Some(20))),
        ] {
            assert_eq!(of(statuses), life, "{statuses:?}");
        }
        assert!(state("paused").is_err());
    }
}
