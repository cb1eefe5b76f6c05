//! One rollout is one rollout: what is called from inside one belongs to it, and records nothing of its own.

use super::Edge;
use crate::engine::event::{CommitId, Instant};
use crate::error::Error;
use crate::gather::Subject;
use crate::ledger::chain::Account;
use crate::ledger::entry::{Kept, Stage};
use crate::ledger::home::Home;
use crate::ledger::owner::Owner;
use crate::ledger::{State, Trouble};

/// What this call is a part of: the rollout that `DEPLOY_RHYTHM_RUN` names, where it is alive, ships this commit to this
/// environment, and the process that started it stands above this one. A value that was copied, made up or kept from before
/// names none.
fn of(state: &State, named: Option<&str>, account: &Account, commit: &CommitId) -> Option<Kept> {
    let kept = state.rollouts.get(named?)?;
    (ships(kept, account, commit) && is_alive(kept, state.now)).then(|| kept.clone())
}

fn ships(kept: &Kept, account: &Account, commit: &CommitId) -> bool {
    kept.repository == account.repository
        && kept.environment == account.environment
        && kept.commit.as_deref() == Some(commit.as_str())
}

/// Whether a rollout is under way, and this process is a part of it.
fn is_alive(kept: &Kept, now: Instant) -> bool {
    let under_way = kept.stage == Stage::Running || kept.holds_place(now);
    // `record start` names no process: its pipeline is known by the id alone.
    under_way && kept.owner.as_ref().is_none_or(Owner::is_above)
}

/// The rollout of `run` that this process is a part of, whatever it ships: only that `run` tells how it ends.
pub(super) fn of_run<'a>(state: &'a State, named: Option<&str>) -> Option<&'a Kept> {
    state.rollouts.get(named?).filter(|kept| kept.owner.is_some() && is_alive(kept, state.now))
}

/// The same, looked up where the ledger is; none where there is no ledger.
///
/// # Errors
///
/// Fails where a ledger is there and cannot be read, or where it is of several repositories and nothing names this one.
pub(super) fn find(
    edge: &Edge,
    home: &Home,
    subject: &Subject,
    environment: &str,
    commit: &CommitId,
) -> Result<Result<Option<Kept>, Trouble>, Error> {
    let Some(named) = edge.surroundings.run.as_deref() else { return Ok(Ok(None)) };
    let account = subject.account(home.own, environment)?;
    // Where the glass was broken while the ledger was away, only the journal knows of it.
    let noted = home.journal().rollouts().unwrap_or_default();
    let inside = |kept: &Kept| kept.id == named && ships(kept, &account, commit) && is_alive(kept, (edge.clock)());
    if let Some(kept) = noted.into_iter().find(inside) {
        return Ok(Ok(Some(kept)));
    }
    let read = home.open_existing(edge.clock).and_then(|found| found.map(|mut ledger| ledger.read()).transpose());
    Ok(read.map(|state| of(&state?, Some(named), &account, commit)))
}
