//! The ledger in PostgreSQL: many machines, many repositories. Only this folder names tokio-postgres.
//!
//! Each judgement is one transaction: it takes the locks of its repository and its targets, reads what changed since the last
//! look, judges, and writes. Others wait for it only where they share a lock. The database's clock decides what time it is.

mod address;
mod failure;
mod loaded;
mod schema;
mod session;

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::chain::{Account, Entry, GENESIS};
use super::entry::{Event, Rollouts};
use super::{Change, Ledger, Scope, State, Trouble, Written};
use crate::render::clean;
use failure::Failure;
use loaded::other_form;
use schema::{FORM, Found};
use session::{Names, Session};

pub use address::Address;

/// How long an answer may take: longer than the server lets anybody wait for a lock.
const PATIENCE: Duration = Duration::from_secs(25);

/// How often a judgement begins anew whose connection is lost, or whose scope turns out to be wider.
const ATTEMPTS: u8 = 4;

/// A ledger in a database.
pub struct Postgres {
    address: Address,
    runtime: Runtime,
    /// Whether it is begun where there is none.
    begins: bool,
    session: Option<Session>,
    scope: Scope,
    /// What the last judgement knew: the rollouts of these names, up to this change.
    known: Option<(Names, Arc<Rollouts>, i64)>,
    /// What tells whether something moved.
    seen: Option<String>,
    glances: u8,
    /// Whether a transaction is open that reads one moment.
    reading: bool,
}

/// How an attempt ended.
enum Attempt {
    Done,
    /// What is judged needs the locks of these names too.
    Wider(Lacking),
    /// The connection broke while this was written: it is there, or it is not.
    Unknown {
        written: Box<Written>,
        names: Names,
        failure: Failure,
    },
}

/// Repositories and targets.
type Lacking = (BTreeSet<String>, BTreeSet<String>);

impl Postgres {
    /// Opens a ledger for appending; it is begun where there is none.
    ///
    /// # Errors
    ///
    /// Fails where the database cannot be reached or written, or the ledger is a newer release's.
    pub fn open(address: &Address) -> Result<Self, Trouble> {
        let mut opened = Self::new(address, true)?;
        opened.connect(true).map_err(|failure| failure.told(&address.name()))?;
        Ok(opened)
    }

    /// Opens a ledger for reading; none where there is none.
    ///
    /// # Errors
    ///
    /// Fails where the database cannot be reached or read, or the ledger is a newer release's.
    pub fn open_existing(address: &Address) -> Result<Option<Self>, Trouble> {
        let mut opened = Self::new(address, false)?;
        let found = opened.connect(false).map_err(|failure| failure.told(&address.name()))?;
        Ok(found.then_some(opened))
    }

    fn new(address: &Address, begins: bool) -> Result<Self, Trouble> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| {
            Trouble::new(
                format!("the ledger {} cannot be reached: {error}", address.name()),
                "mend that, then ask again",
            )
        })?;
        Ok(Self {
            address: address.clone(),
            runtime,
            begins,
            session: None,
            scope: Scope::All,
            known: None,
            seen: None,
            glances: 0,
            reading: false,
        })
    }

    /// Connects, and brings the tables forward where that is asked for; tells whether there is a ledger.
    fn connect(&mut self, begin: bool) -> Result<bool, Failure> {
        (self.session, self.reading) = (None, false);
        let client = block(&self.runtime, Session::connect(&self.address))?;
        let look = async {
            match schema::look(&client).await? {
                Found::Nothing if begin => schema::prepare(&client).await,
                Found::Form(form) if begin && form < FORM => schema::prepare(&client).await,
                found => Ok(found),
            }
        };
        let name = self.address.name();
        match block(&self.runtime, async { look.await.map_err(Failure::from) })? {
            Found::Nothing => return Ok(false),
            Found::Form(FORM) => {}
            Found::Form(form) => return Err(other_form(&name, &form.to_string()).into()),
            Found::Foreign => {
                return Err(Trouble::new(
                    format!("the schema deploy_rhythm of {name} is of something else, and is left as it is"),
                    "name a database of its own",
                )
                .into());
            }
        }
        self.session = Some(block(&self.runtime, Session::prepared(client))?);
        Ok(true)
    }

    fn ready(&mut self) -> Result<(), Failure> {
        if self.session.as_ref().is_none_or(|session| session.client.is_closed()) {
            // Whoever cannot connect is told so at once.
            let name = self.address.name();
            self.connect(self.begins).map_err(|failure| failure.told(&name))?;
        }
        Ok(())
    }

    fn ask<T>(&mut self, what: impl AsyncFnOnce(&Session) -> Result<T, Failure>) -> Result<T, Failure> {
        let gone = || Trouble::new("the connection to the ledger is gone", "ask again");
        let answer = block(&self.runtime, what(self.session.as_ref().ok_or_else(gone)?));
        // Of a connection that is lost nothing more is asked.
        self.session.take_if(|_| answer.as_ref().is_err_and(Failure::is_lost));
        answer
    }

    /// Ends what is open, without a trace.
    fn give_up(&mut self) {
        self.reading = false;
        let rolled_back = self.ask(async |session| Ok(session.client.batch_execute("ROLLBACK").await?));
        if rolled_back.is_err() {
            self.session = None;
        }
    }

    /// The scope as the tables know it.
    fn names(&mut self) -> Result<Names, Failure> {
        Ok(match self.scope.clone() {
            Scope::All => None,
            Scope::Of { repositories, targets } => Some((repositories, targets)),
            Scope::Rollout(id) => {
                let whose = self.ask(async |session| Ok(session.whose(&id).await?))?;
                let (repository, target) = whose.unwrap_or_default();
                Some((BTreeSet::from([repository]), target.into_iter().collect()))
            }
        })
    }

    /// One judgement, up to its end or to where it has to begin anew.
    fn attempt(
        &mut self,
        judge: &mut dyn FnMut(&State) -> Change,
        wider: Option<&Lacking>,
    ) -> Result<Attempt, Failure> {
        let mut names = self.names()?;
        if let (Some((repositories, targets)), Some(wider)) = (&mut names, wider) {
            repositories.extend(wider.0.iter().cloned());
            targets.extend(wider.1.iter().cloned());
        }
        let (rollouts, since) = match self.known.take() {
            Some((of, rollouts, last)) if of == names => (rollouts, last),
            _ => (Arc::default(), 0),
        };
        let loaded = self.ask(async |session| session.load(&names, since, true, true).await)?;
        let last = loaded.last;
        let (mut state, heads) = loaded.state(&self.address.name(), rollouts, &names)?;
        let change = judge(&state);
        if change.is_empty() {
            self.seen = self.ask(async |session| Ok(session.moved(&names).await?))?;
            self.give_up();
            self.known = Some((names, state.rollouts, last));
            return Ok(Attempt::Done);
        }
        if let Some(wider) = lacking(&names, &change, &state.rollouts) {
            return Ok(Attempt::Wider(wider));
        }
        let newest = |account: &Account| {
            let head = heads.iter().find(|head| head.account == *account);
            Ok(head.map_or((0, GENESIS.to_owned()), |head| (head.number, head.hash.clone())))
        };
        let written = state.write(change, newest)?;
        match self.ask(async |session| session.store(&written, &names).await) {
            Ok(seen) => {
                (self.seen, self.known) = (seen, Some((names, state.rollouts, last)));
                Ok(Attempt::Done)
            }
            Err(failure) if failure.is_lost() => Ok(Attempt::Unknown { written: Box::new(written), names, failure }),
            Err(failure) => Err(failure),
        }
    }

    /// Whether what was written when the connection broke is there; asked when nobody can still be writing it.
    fn is_there(&mut self, written: &Written, names: &Names) -> Result<bool, Failure> {
        self.session = None;
        self.ready()?;
        // What is no entry may be written twice.
        let Some(entry) = written.entries.last() else { return Ok(false) };
        let there = self.ask(async |session| {
            session.load(names, i64::MAX, true, true).await?;
            Ok(session.is_written(entry).await?)
        });
        self.give_up();
        there
    }

    fn told(&mut self, failure: Failure) -> Trouble {
        let name = self.address.name();
        if !failure.is_locked() {
            return failure.told(&name);
        }
        let names = self.names().unwrap_or_default();
        let holder = self.ask(async |session| Ok(session.holder(&names).await?)).ok().flatten();
        let by =
            holder.map_or_else(|| "somebody who has let go since".to_owned(), |holder| clean(&holder).into_owned());
        Trouble::new(format!("the ledger {name} is locked by {by}"), "wait for it to end, then ask again")
    }
}

impl Ledger for Postgres {
    fn name(&self) -> String {
        self.address.name()
    }

    fn narrow(&mut self, scope: Scope) {
        self.scope = scope;
    }

    fn read(&mut self) -> Result<State, Trouble> {
        let begin = !self.reading;
        let mut read = || {
            self.ready()?;
            let names = self.names()?;
            let loaded = self.ask(async |session| session.load(&names, 0, false, begin).await)?;
            Ok(loaded.state(&self.address.name(), Arc::default(), &names)?.0)
        };
        let state = read();
        self.give_up();
        state.map_err(|failure| self.told(failure))
    }

    fn append(&mut self, judge: &mut dyn FnMut(&State) -> Change) -> Result<(), Trouble> {
        let mut wider = None;
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            let attempt = match self.ready() {
                Ok(()) => {
                    if self.reading {
                        self.give_up();
                    }
                    self.attempt(judge, wider.as_ref())
                }
                Err(failure) => Err(failure),
            };
            let widened = matches!(attempt, Ok(Attempt::Wider(_)));
            let failure = match attempt {
                Ok(Attempt::Done) => return Ok(()),
                Ok(Attempt::Wider(names)) => {
                    wider = Some(names);
                    Failure::Trouble(Trouble::new("the policy's targets change while this is judged", "ask again"))
                }
                Ok(Attempt::Unknown { written, names, failure }) => match self.is_there(&written, &names) {
                    Ok(true) => return Ok(()),
                    Ok(false) => failure,
                    Err(failure) => {
                        let Trouble { what, remedy } = failure.told(&self.address.name());
                        let what = format!("{what}; whether the last entry is written is not known");
                        return Err(Trouble::new(what, remedy));
                    }
                },
                Err(failure) => failure,
            };
            self.give_up();
            if left == 0 || !(widened || failure.is_passing()) {
                return Err(self.told(failure));
            }
        }
    }

    fn has_moved(&mut self) -> bool {
        // Whoever waits looks ten times a second; to ask the server thrice is enough.
        self.glances = (self.glances + 1) % 3;
        if self.glances != 0 {
            return false;
        }
        let moved = self.names().and_then(|names| self.ask(async |session| Ok(session.moved(&names).await?)));
        moved.is_err() || moved.is_ok_and(|now| now != self.seen)
    }

    fn entries(&mut self) -> (Vec<Entry>, Option<Trouble>) {
        let mut entries = Vec::new();
        let mut read = || -> Result<(), Failure> {
            self.ready()?;
            // What is read next is of the same moment.
            self.ask(async |session| Ok(session.client.batch_execute(schema::BEGIN_READING).await?))?;
            self.reading = true;
            let mut after = 0;
            while let Some((more, last)) = self.ask(async |session| Ok(session.entries(after).await?))? {
                entries.extend(more);
                after = last;
            }
            Ok(())
        };
        let stopped = read().err();
        (entries, stopped.map(|failure| self.told(failure)))
    }
}

/// The names that a change needs beyond those that it was judged under.
fn lacking(names: &Names, change: &Change, rollouts: &Rollouts) -> Option<Lacking> {
    let (own, own_targets) = names.as_ref()?;
    let (mut repositories, mut targets) = (BTreeSet::new(), BTreeSet::new());
    for (account, event) in &change.events {
        repositories.insert(account.repository.clone());
        let target = match event {
            Event::Reserved { rollout } | Event::Recorded { rollout } => rollout.target.clone(),
            Event::Started { id }
            | Event::Finished { id, .. }
            | Event::GivenBack { id, .. }
            | Event::Void { id, .. } => rollouts.get(id).and_then(|kept| kept.target.clone()),
            _ => None,
        };
        targets.extend(target);
    }
    repositories.extend(change.wait.iter().map(|wait| wait.repository.clone()));
    let covered = repositories.is_subset(own) && targets.is_subset(own_targets);
    (!covered).then_some((repositories, targets))
}

fn block<T>(runtime: &Runtime, what: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    runtime.block_on(async { tokio::time::timeout(PATIENCE, what).await.unwrap_or(Err(Failure::Silence)) })
}
