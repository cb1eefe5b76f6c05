//! What was read of the tables, and the state that it makes. Pure.

use std::sync::Arc;

use tokio_postgres::Row;

use super::super::chain::{Account, GENESIS};
use super::super::entry::{Kept, Rollouts, read_rollouts};
use super::super::word::Word;
use super::super::{State, Trouble};
use super::schema::FORM;
use super::session::Names;
use crate::engine::event::{Instant, parse_instant};

/// The newest link of an account's chain.
pub(super) struct Head {
    pub account: Account,
    pub number: u64,
    pub at: String,
    pub hash: String,
}

/// What is read at once.
pub(super) struct Loaded {
    pub clock: Instant,
    pub form: String,
    pub born: String,
    /// The rollouts that changed since, and the number of the last change.
    pub rollouts: Vec<String>,
    pub last: i64,
    pub waiting: Vec<String>,
    pub words: Vec<String>,
    pub heads: Vec<Head>,
}

impl Head {
    pub(super) fn of(row: &Row) -> Self {
        let account = Account { repository: row.get(0), environment: row.get(1) };
        let number = u64::try_from(row.get::<_, i64>(2)).unwrap_or_default();
        Self { account, number, at: row.get(3), hash: row.get(4) }
    }
}

impl Loaded {
    /// What was read, as a state.
    ///
    /// # Errors
    ///
    /// Fails where it cannot be understood.
    pub(super) fn state(
        self,
        name: &str,
        mut rollouts: Arc<Rollouts>,
        names: &Names,
    ) -> Result<(State, Vec<Head>), Trouble> {
        let loaded = self;
        if loaded.form != FORM.to_string() {
            return Err(other_form(name, &loaded.form));
        }
        let unreadable = |what: String| {
            Trouble::new(
                format!("the ledger {name} cannot be understood: {what}"),
                "`deploy-rhythm ledger verify` names the place, `ledger export --entries` prints what can be read; nothing is deleted",
            )
        };
        let at = |text: &str| parse_instant(text).ok_or_else(|| unreadable(format!("`{text}` is no instant")));
        let changed = read_rollouts(&loaded.rollouts).map_err(unreadable)?;
        if !changed.is_empty() {
            Arc::make_mut(&mut rollouts).extend(changed);
        }
        let waiting: Result<_, _> = loaded.waiting.iter().map(|body| serde_json::from_str(body)).collect();
        let waiting = waiting.map_err(|error| unreadable(format!("a waiting request in it: {error}")))?;
        let words: Result<Vec<Word>, _> = loaded.words.iter().map(|body| serde_json::from_str(body)).collect();
        let words = words.map_err(|error| unreadable(format!("an override or freeze in it: {error}")))?;
        let words = words.into_iter().map(|word| (word.id.clone(), word)).collect();
        let mut latest = None;
        for head in &loaded.heads {
            latest = latest.max(Some((at(&head.at)?, head.hash.as_str())));
        }
        // Of others' chains nothing is read but what they deployed to a target of this scope.
        let other = |kept: &&Kept| names.as_ref().is_some_and(|(own, _)| !own.contains(&kept.repository));
        let others = rollouts.values().filter(other);
        let others = others.flat_map(|kept| [kept.reserved_at, kept.started_at, kept.finished_at]).flatten().max();
        let clock: Instant = loaded.clock;
        let now = latest.map(|(at, _)| at).max(others).map_or(clock, |last| clock.max(last));
        let behind = Some(now - clock).filter(|behind| !behind.is_zero());
        let length = loaded.heads.iter().map(|head| head.number).sum();
        let newest = (length, latest.map_or(GENESIS, |(_, hash)| hash).to_owned());
        let born = at(&loaded.born)?;
        Ok((State { now, behind, born, rollouts, words, waiting, newest }, loaded.heads))
    }
}

pub(super) fn other_form(name: &str, form: &str) -> Trouble {
    let newer = form.parse::<i64>().is_ok_and(|form| form > FORM);
    match newer {
        true => Trouble::new(
            format!("the ledger {name} has form {form}, written by a newer deploy-rhythm; this one knows form {FORM}"),
            "use the newer deploy-rhythm here too",
        ),
        false => {
            Trouble::new(format!("the ledger {name} has no form that is known: `{form}`"), "name another database")
        }
    }
}
