//! What nobody else remembers: who waits, what is reserved, which rollouts started and finished, what was decided.
//!
//! Whatever its home, a ledger is changed in one way: somebody looks at its state, judges, and appends. A home with a lock
//! judges once, under it; one without (a ref of a remote) judges again where somebody else appended meanwhile. The home
//! judges what time it is. Each repository and environment has one account and one chain of hashes.

pub mod chain;
pub mod entry;
pub mod home;
mod instant;
pub mod journal;
pub mod owner;
pub mod postgres;
pub mod remote;
pub mod sqlite;
mod trouble;
pub mod word;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::engine::event::{Deployment, Instant};
use chain::{Account, Entry};
use entry::{Event, Kept, Rollouts, apply};
use owner::Owner;
use word::{Word, Words, hear};

pub use trouble::Trouble;

/// How the ids of a ledger's own rollouts begin.
pub use crate::engine::event::LEDGER_ID;

/// How the ids of decisions begin.
pub const DECISION_ID: &str = "d-";

/// How long a reservation lasts that does not start.
pub const RESERVED_FOR: TimeDelta = TimeDelta::minutes(10);

/// A request that waits for its turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    pub id: String,
    pub repository: String,
    pub environment: String,
    pub commit: String,
    pub since: Instant,
    /// When it gives up.
    pub until: Instant,
    /// When it expects to go; none where it does not know.
    pub next: Option<Instant>,
    pub owner: Option<Owner>,
    /// The run of the pipeline that asked for it, where another job starts it: it may wait without a process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

impl Waiting {
    /// Whether somebody still waits there.
    #[must_use]
    pub fn is_live(&self, now: Instant) -> bool {
        now < self.until && !self.owner.as_ref().is_some_and(Owner::has_died)
    }
}

/// What a ledger knows, at one instant of its own clock.
#[derive(Clone, Debug)]
pub struct State {
    /// The home's clock, read under its lock; never before the newest entry.
    pub now: Instant,
    /// How far the clock lies behind the newest entry, where it runs backwards.
    pub behind: Option<TimeDelta>,
    /// When the ledger was begun.
    pub born: Instant,
    /// Shared: a judgement looks at thousands, and changes one.
    pub rollouts: Arc<Rollouts>,
    /// Overrides, freezes, and since when the record is whole.
    pub words: Words,
    pub waiting: Vec<Waiting>,
    /// The newest entry of all: its place and its hash.
    pub newest: (u64, String),
}

impl State {
    /// An id that nothing in the ledger has: begun with `kind`, made of the newest entry and the instant.
    #[must_use]
    pub fn fresh_id(&self, kind: &str) -> String {
        let seed = format!("{kind} {} {} {} {}", self.newest.0, self.newest.1, self.now, std::process::id());
        format!("{kind}{}", &chain::digest(seed.as_bytes())[..10])
    }

    /// The records that rules look at, for one repository; none names the ledger of one repository alone.
    ///
    /// What another repository deploys to a target that both name counts as a rollout of unknown content.
    #[must_use]
    pub fn deployments(
        &self,
        repository: Option<&str>,
        environment: &str,
        target: Option<&str>,
        now: Instant,
    ) -> Vec<Deployment> {
        let of = |kept: &Kept| {
            let mut deployment = kept.deployment(now)?;
            if repository.is_none_or(|own| own == kept.repository) {
                return Some(deployment);
            }
            if target.is_none() || target != kept.target.as_deref() {
                return None;
            }
            deployment.revision = Some(format!("{} {}", kept.repository, kept.what()).into());
            // Two repositories may well number their runs alike.
            let run = kept.run.as_ref().unwrap_or(&kept.id);
            deployment.run = Some(format!("{} {run}", kept.repository).into());
            (deployment.commit, deployment.environment) = (None, environment.into());
            Some(deployment)
        };
        self.rollouts.values().filter_map(of).collect()
    }

    /// The reservations whose process died before they started.
    pub fn orphans(&self) -> impl Iterator<Item = &Kept> {
        let orphan = |kept: &&Kept| kept.holds_place(self.now) && kept.owner.as_ref().is_some_and(Owner::has_died);
        self.rollouts.values().filter(orphan)
    }
}

/// What a judgement appends.
#[derive(Clone, Debug, Default)]
pub struct Change {
    pub events: Vec<(Account, Event)>,
    /// A request that waits, new or changed.
    pub wait: Option<Waiting>,
    /// Requests that wait no longer.
    pub leave: Vec<String>,
}

impl Change {
    /// Whether there is nothing to append.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.wait.is_none() && self.leave.is_empty()
    }

    /// Appends one event.
    #[must_use]
    pub fn of(account: Account, event: Event) -> Self {
        Self { events: vec![(account, event)], ..Self::default() }
    }
}

/// What a home writes for a change, in one step.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// In the order in which they happened, each the next link of its account's chain.
    pub entries: Vec<Entry>,
    /// The rollouts that they made or changed.
    pub rollouts: Vec<Kept>,
    /// The words that they said or took back.
    pub words: Vec<Word>,
    pub wait: Option<Waiting>,
    pub leave: Vec<String>,
}

impl State {
    /// What a home that was in this state writes for a change; `head` tells the newest link of an account's chain.
    ///
    /// # Errors
    ///
    /// Fails where an event cannot happen, or a head cannot be read.
    pub fn write(
        &mut self,
        change: Change,
        mut head: impl FnMut(&Account) -> Result<(u64, String), Trouble>,
    ) -> Result<Written, Trouble> {
        let mut heads: BTreeMap<Account, (u64, String)> = BTreeMap::new();
        let mut written = Written { wait: change.wait, leave: change.leave, ..Written::default() };
        let (mut changed, mut said) = (BTreeSet::new(), BTreeSet::new());
        for (account, event) in change.events {
            let cannot = |why| Trouble::new(why, "`deploy-rhythm ledger show` lists what the ledger knows");
            changed.extend(apply(Arc::make_mut(&mut self.rollouts), self.now, &event).map_err(cannot)?);
            said.extend(hear(&mut self.words, self.now, &event).map_err(cannot)?);
            let newest = match heads.remove(&account) {
                Some(newest) => newest,
                None => head(&account)?,
            };
            let entry = Entry::after(account, (newest.0, &newest.1), self.now, &event);
            heads.insert(entry.account.clone(), (entry.number, entry.hash.clone()));
            written.entries.push(entry);
        }
        written.rollouts = changed.iter().filter_map(|id| self.rollouts.get(id)).cloned().collect();
        written.words = said.iter().filter_map(|id| self.words.get(id)).cloned().collect();
        Ok(written)
    }
}

/// What judgements look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// All that the ledger holds.
    #[default]
    All,
    /// These repositories, and what others deploy to these targets.
    Of { repositories: BTreeSet<String>, targets: BTreeSet<String> },
    /// The repository of a rollout, and its target.
    Rollout(String),
}

impl Scope {
    /// One repository, and what others deploy to a target.
    #[must_use]
    pub fn of(repository: &str, target: Option<&str>) -> Self {
        let targets = target.into_iter().map(str::to_owned).collect();
        Self::Of { repositories: BTreeSet::from([repository.to_owned()]), targets }
    }
}

/// A home of the ledger.
pub trait Ledger {
    /// Where it is, for people.
    fn name(&self) -> String;

    /// Tells what the next judgements look at; a home of many repositories then reads and locks no more than that.
    fn narrow(&mut self, _scope: Scope) {}

    /// What it knows now.
    ///
    /// # Errors
    ///
    /// Fails where the home cannot be read.
    fn read(&mut self) -> Result<State, Trouble>;

    /// Shows `judge` the state and appends what it answers, as one step that nobody else comes between.
    ///
    /// A home that somebody else was quicker at asks `judge` again: only its last answer counts.
    ///
    /// # Errors
    ///
    /// Fails where the home cannot be written, or an event cannot happen; then nothing is appended.
    fn append(&mut self, judge: &mut dyn FnMut(&State) -> Change) -> Result<(), Trouble>;

    /// Whether somebody else may have appended since the last look.
    fn has_moved(&mut self) -> bool;

    /// Every entry, in the order in which they were written, and what kept the rest from being read.
    fn entries(&mut self) -> (Vec<Entry>, Option<Trouble>);
}
