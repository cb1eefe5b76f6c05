//! The ledger on a git remote: for any team without a database. What travels goes through `git`, what is kept through git2.
//!
//! Entries are commits on refs of their own, `refs/deploy-rhythm/ledger/N`, one a volume: its first commit has no parent and a
//! summary of all before, so that whoever comes new fetches one volume, and no ref ever needs to be forced. An append is a push
//! that the remote takes only where its ref still is what was judged: a page that closes its volume is never followed there.

mod book;
mod git;
mod sight;

use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use chrono::{SubsecRound, TimeDelta};
use git2::{Oid, Repository};

use self::book::{Page, Tip, write};
use self::git::{Git, without_secrets};
use self::sight::at;
use super::chain::{Entry, GENESIS, digest};
use super::entry::{Event, Rollouts};
use super::home::name_of;
use super::word::Words;
use super::{Change, Ledger, State, Trouble};
use crate::engine::duration;
use crate::engine::event::Instant;

/// Where the remote keeps the volumes.
const THERE: &str = "refs/deploy-rhythm/ledger/";

/// How often somebody else may be quicker before an append gives up.
const TRIES: u32 = 60;

/// How often a push is repeated whose fate is not known.
const REPEATS: u32 = 3;

/// How often a process asks whether the others of this clone have written.
const QUEUE: u32 = 2000;

/// How long what was seen is judged without another look: the push tells whether it was overtaken.
const RECENT: TimeDelta = TimeDelta::seconds(2);

/// How often the remote is asked whether it moved.
const GLANCE: TimeDelta = TimeDelta::seconds(3);

/// How far a clock may lie behind the newest entry and still approve.
pub const TOLERATED: TimeDelta = TimeDelta::minutes(5);

/// A ledger on a remote.
pub struct Remote {
    name: String,
    git: Git,
    repo: Repository,
    /// Where this clone remembers the volumes that it has seen.
    seen: String,
    clock: fn() -> Instant,
    tip: Option<Tip>,
    /// The remote's volumes at the last look.
    there: BTreeMap<u32, Oid>,
    looked: Option<Instant>,
    glanced: Option<Instant>,
    random: RandomState,
    drawn: u64,
}

/// What became of a push.
enum Fate {
    Taken,
    /// Somebody else was quicker.
    Overtaken,
}

impl Remote {
    /// Opens the ledger on a remote, by the remote's name or an address, for the repository with this git directory.
    ///
    /// # Errors
    ///
    /// Fails where there is no such remote, it cannot be read, or what it has is no ledger that this release knows.
    pub fn open(remote: &str, directory: &Path, clock: fn() -> Instant) -> Result<Self, Trouble> {
        let cannot = |error: git2::Error| {
            Trouble::new(format!("the repository cannot be opened: {}", error.message()), "mend that, then ask again")
        };
        let repo = Repository::open(directory).map_err(cannot)?;
        let mut settings = Vec::new();
        let address = if is_address(remote) {
            remote.to_owned()
        } else {
            settings.push(format!("remote.{remote}.mirror=false"));
            let found = repo.find_remote(remote).ok().and_then(|found| found.url().ok().map(str::to_owned));
            found.ok_or_else(|| {
                Trouble::new(
                    format!("there is no remote `{remote}`, which should keep the ledger"),
                    format!("`git remote add {remote} URL`, or name another one with `--ledger git:REMOTE`"),
                )
            })?
        };
        let mut ledger = Self {
            name: name(remote),
            git: Git { directory: directory.to_owned(), remote: remote.to_owned(), settings },
            repo,
            seen: format!("refs/deploy-rhythm/seen/{}/", &digest(address.as_bytes())[..12]),
            clock,
            tip: None,
            there: BTreeMap::new(),
            looked: None,
            glanced: None,
            random: RandomState::new(),
            drawn: 0,
        };
        if !is_address(remote) {
            ledger.pushes_where_it_reads(&address)?;
        }
        ledger.look()?;
        Ok(ledger)
    }

    /// What is pushed has to arrive where it is read: else everybody who pushes elsewhere has a ledger of their own.
    fn pushes_where_it_reads(&self, address: &str) -> Result<(), Trouble> {
        let said = self.git.run(&["remote", "get-url", "--push", "--all"], &[])?;
        let same = |push: &str| push == address || (name_of(push).is_some() && name_of(push) == name_of(address));
        match said.ok && said.out.lines().count() == 1 && said.out.lines().all(same) {
            true => Ok(()),
            false => Err(Trouble::new(
                format!("the remote `{}` pushes to another address than it reads, or to several", self.git.remote),
                "name the one that keeps the ledger: `--ledger git:URL`",
            )),
        }
    }

    /// Opens it where the remote has one.
    ///
    /// # Errors
    ///
    /// As [`Remote::open`].
    pub fn open_existing(remote: &str, directory: &Path, clock: fn() -> Instant) -> Result<Option<Self>, Trouble> {
        let opened = Self::open(remote, directory, clock)?;
        Ok(opened.tip.is_some().then_some(opened))
    }

    fn state(&self) -> State {
        // Entries are written to the microsecond: what is judged is what is written.
        let clock = (self.clock)().trunc_subsecs(6);
        let Some(Tip { book, .. }) = &self.tip else {
            let newest = (0, GENESIS.to_owned());
            let (rollouts, waiting) = (Rollouts::new(), Vec::new());
            return State {
                now: clock,
                behind: None,
                born: clock,
                rollouts: Arc::new(rollouts),
                words: Words::new(),
                waiting,
                newest,
            };
        };
        let now = book.at.map_or(clock, |last| clock.max(last));
        State {
            now,
            behind: Some(now - clock).filter(|behind| !behind.is_zero()),
            born: book.born,
            rollouts: Arc::new(book.rollouts.clone()),
            words: book.words.clone(),
            waiting: book.waiting.clone(),
            newest: (book.count, book.newest.clone()),
        }
    }

    /// Pushes a page, and finds out what became of it: what the remote has counts, not what was heard.
    fn push(&mut self, next: &Tip) -> Result<Fate, Trouble> {
        let number = next.book.volume;
        let place = at(THERE, number);
        let before = self.there.get(&number).copied();
        let lease = format!("--force-with-lease={place}:{}", before.map(|id| id.to_string()).unwrap_or_default());
        let quiet =
            ["push", "--porcelain", "--no-verify", "--no-signed", "--no-follow-tags", "--recurse-submodules=no"];
        let call = [&quiet[..], &[&lease]].concat();
        let mut trouble = None;
        for turn in 0..REPEATS {
            let said = self.git.run(&call, &[&format!("{}:{place}", next.commit)])?;
            let now = (self.clock)();
            if said.ok {
                self.remember(number, next.commit);
                self.there.insert(number, next.commit);
                (self.tip, self.looked, self.glanced) = (Some(next.clone()), Some(now), Some(now));
                return Ok(Fate::Taken);
            }
            match self.look() {
                Ok(()) if self.there.get(&number).is_some_and(|id| self.contains(*id, next.commit)) => {
                    return Ok(Fate::Taken);
                }
                Ok(()) if self.there.get(&number).copied() != before => return Ok(Fate::Overtaken),
                Ok(()) if said.is_refused() => {
                    return Err(Trouble::new(
                        format!("{} did not take an entry: {}", self.name, said.why()),
                        format!("allow this user to push `{THERE}*` there (no hook, no protection of that ref)"),
                    ));
                }
                Ok(()) => trouble = Some(format!("{} did not take an entry: {}", self.name, said.why())),
                Err(met) => trouble = Some(format!("whether {} took an entry is not known: {}", self.name, met.what)),
            }
            self.pause(turn);
        }
        let what = trouble.unwrap_or_else(|| format!("{} did not take an entry", self.name));
        Err(Trouble::new(
            what,
            "see that `git push` reaches it; `deploy-rhythm ledger show` then tells what is recorded",
        ))
    }

    /// Waits a little, at random, longer each time.
    fn pause(&mut self, turn: u32) {
        let most = (20_u64 << turn.min(6)).min(1000);
        thread::sleep(Duration::from_millis(self.random() % most));
    }

    fn random(&mut self) -> u64 {
        self.drawn += 1;
        self.random.hash_one((self.drawn, std::process::id()))
    }
}

/// Brings refs of origin up to date, with the same credentials and the same care.
///
/// # Errors
///
/// Fails where origin cannot be read.
pub fn fetch(directory: &Path, refspecs: &[&str]) -> Result<(), Trouble> {
    let (remote, settings) = ("origin".to_owned(), Vec::new());
    let git = Git { directory: directory.to_owned(), remote, settings };
    let said = git.run(&["fetch", "--quiet", "--no-tags"], refspecs)?;
    match said.ok {
        true => Ok(()),
        false => Err(Trouble::new(format!("origin cannot be fetched from: {}", said.why()), said.remedy())),
    }
}

/// Whether it is an address, and not the name of a remote.
#[must_use]
pub fn is_address(remote: &str) -> bool {
    remote.contains([':', '/', '\\'])
}

/// What the ledger on a remote is called, without secrets.
#[must_use]
pub fn name(remote: &str) -> String {
    format!("git:{}", without_secrets(remote))
}

impl Ledger for Remote {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn read(&mut self) -> Result<State, Trouble> {
        self.look_again()?;
        Ok(self.state())
    }

    fn append(&mut self, judge: &mut dyn FnMut(&State) -> Change) -> Result<(), Trouble> {
        let _queue = self.queue();
        self.look_again()?;
        for turn in 0..TRIES {
            let mut state = self.state();
            let change = judge(&state);
            if change.is_empty() {
                return Ok(());
            }
            let approves = change.events.iter().any(|(_, event)| matches!(event, Event::Reserved { .. }));
            if let Some(behind) = state.behind.filter(|behind| approves && *behind > TOLERATED) {
                return Err(Trouble::new(
                    format!(
                        "this machine's clock lies {} behind the newest entry of {}",
                        duration::show(behind),
                        self.name
                    ),
                    "set it by a time server; if that entry's machine was ahead, wait until time has caught up",
                ));
            }
            let tip = self.tip.clone();
            let head = |account: &_| Ok(tip.as_ref().map_or((0, GENESIS.to_owned()), |tip| tip.book.head(account)));
            let written = state.write(change, head)?;
            let mark = format!("{:016x}{:016x}", self.random(), self.random());
            let next = write(&self.repo, tip.as_ref(), state.now, Page::new(written, mark)).map_err(|what| {
                Trouble::new(
                    format!("an entry of {} cannot be written here: {what}", self.name),
                    "mend that, then ask again",
                )
            })?;
            match self.push(&next)? {
                Fate::Taken => return Ok(()),
                Fate::Overtaken => self.pause(turn),
            }
        }
        Err(Trouble::new(
            format!("others were quicker {TRIES} times to write to {}", self.name),
            "ask again when fewer ask at once",
        ))
    }

    fn has_moved(&mut self) -> bool {
        let now = (self.clock)();
        if self.glanced.is_some_and(|before| before <= now && now < before + GLANCE) {
            return false;
        }
        self.glanced = Some(now);
        // Where it cannot be told, the next judgement asks again, and says what is wrong.
        let moved = self.list().is_ok_and(|there| there != self.there);
        if moved {
            self.looked = None;
        }
        moved
    }

    fn entries(&mut self) -> (Vec<Entry>, Option<Trouble>) {
        let mut entries = Vec::new();
        let stopped = self.read_all(&mut entries).err();
        (entries, stopped)
    }
}

impl Remote {
    /// Waits until the other processes of this clone have written: they need not race each other. The push alone keeps order,
    /// so that whoever has waited long enough, or cannot wait here, goes on without.
    fn queue(&self) -> Option<File> {
        let folder = self.git.directory.join("deploy-rhythm");
        std::fs::create_dir_all(&folder).ok()?;
        let file = File::options().create(true).append(true).open(folder.join("remote.lock")).ok()?;
        for _ in 0..QUEUE {
            match file.try_lock() {
                Ok(()) => return Some(file),
                Err(std::fs::TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(5)),
                Err(std::fs::TryLockError::Error(_)) => return None,
            }
        }
        None
    }
}
