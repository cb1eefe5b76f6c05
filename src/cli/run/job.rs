//! A job of a pipeline that asks for a rollout in another job: what it lets go starts at once and outlives its process, and
//! what it holds is remembered, so that another job can start it when its time comes.

use chrono::TimeDelta;

use crate::engine::event::CommitId;
use crate::engine::lane::Lane;
use crate::ledger::chain::Account;
use crate::ledger::entry::{Kept, Stage};
use crate::ledger::{RESERVED_FOR, State, Waiting};

/// How long what a job holds is remembered.
pub(in crate::cli) const REMEMBERED: TimeDelta = TimeDelta::days(7);

/// The job that asks.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Job {
    /// The run of the pipeline with its attempt, `991/2`.
    pub run: String,
    pub url: Option<String>,
}

/// Whether a rollout is an account's.
pub(in crate::cli) fn is_of(kept: &Kept, account: &Account) -> bool {
    kept.repository == account.repository && kept.environment == account.environment
}

/// Whether a request is an account's.
pub(in crate::cli) fn waits_for(waiting: &Waiting, account: &Account) -> bool {
    waiting.repository == account.repository && waiting.environment == account.environment
}

impl Job {
    /// Whether a rollout is of this run, by whatever attempt.
    pub(in crate::cli) fn is_of_run(&self, kept: &Kept) -> bool {
        let run = |name: &str| name.split_once('/').map(|(run, _)| run.to_owned());
        kept.run.as_deref().and_then(run).is_some_and(|own| run(&self.run) == Some(own))
    }

    /// The rollout that this very attempt has started just now: jobs of one run are one rollout. An approval that is older
    /// than a reservation lasts is judged anew.
    pub(super) fn joined(&self, state: &State, account: &Account, commit: &CommitId) -> Option<Kept> {
        let own = |kept: &&Kept| {
            kept.stage == Stage::Running
                && is_of(kept, account)
                && kept.run.as_ref() == Some(&self.run)
                && kept.commit.as_deref() == Some(commit.as_str())
                && kept.started_at.is_some_and(|start| state.now - start <= RESERVED_FOR)
        };
        state.rollouts.values().find(own).cloned()
    }
}

/// What goes instead of a request: which, and what that ships.
pub(super) type Instead = (String, String);

/// The newest rollout, where it ships what is asked for and more: to go after it would take back what it ships.
pub(super) fn overtaken(state: &State, account: &Account, is_older: &impl Fn(&str) -> bool) -> Option<Instead> {
    let ships = |kept: &&Kept| matches!(kept.stage, Stage::Running | Stage::Success) && is_of(kept, account);
    let newest = state.rollouts.values().filter(ships).max_by_key(|kept| kept.started_at)?;
    let commit = newest.commit.as_deref()?;
    (newest.lane != Lane::Rollback && is_older(commit)).then(|| (newest.id.clone(), newest.what()))
}

/// The request that took the place of one that waited: a newer run waits for the same, and more. Whoever took it away has
/// looked that it does; this checkout may not have that commit.
pub(super) fn replaced(state: &State, own: &Waiting) -> Option<Instead> {
    if state.waiting.iter().any(|other| other.id == own.id) {
        return None;
    }
    let account = Account { repository: own.repository.clone(), environment: own.environment.clone() };
    let newer = |other: &&Waiting| other.run.is_some() && waits_for(other, &account);
    let newer = state.waiting.iter().filter(newer).max_by_key(|other| other.since)?;
    Some((newer.id.clone(), CommitId::new(&newer.commit).short().to_owned()))
}

/// The requests of other jobs that one of this commit makes needless.
pub(super) fn needless<'a>(
    state: &'a State,
    account: &'a Account,
    own: &'a str,
    ships: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = &'a Waiting> {
    let older = move |other: &&Waiting| {
        other.run.is_some() && other.id != own && waits_for(other, account) && ships(&other.commit)
    };
    state.waiting.iter().filter(older)
}
