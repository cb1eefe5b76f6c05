//! The ledger on a git remote: for any team without a database. What travels goes through `git`, what is kept through git2.
//!
//! Entries are commits on refs of their own, `refs/deploy-rhythm/ledger/N`, one a volume: its first commit has no parent and a
//! summary of all before, so that whoever comes new fetches one volume, and no ref ever needs to be forced. An append is a push
//! that the remote takes only where its ref still is what was judged: a page that closes its volume is never followed there.

mod book;
mod git;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::thread;
use std::time::Duration;

use chrono::{SubsecRound, TimeDelta};
use git2::{Oid, Repository};

use self::book::{Page, Tip, load, volume, write};
use self::git::{Git, without_secrets};
use super::chain::{Entry, GENESIS, digest};
use super::entry::{Event, Rollouts};
use super::{Change, Ledger, State, Trouble};
use crate::engine::duration;
use crate::engine::event::Instant;

/// Where the remote keeps the volumes.
const THERE: &str = "refs/deploy-rhythm/ledger/";

/// How often somebody else may be quicker before an append gives up.
const TRIES: u32 = 60;

/// How often a push is repeated whose fate is not known.
const REPEATS: u32 = 3;

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
        ledger.look()?;
        Ok(ledger)
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

    /// Asks the remote where its volumes end.
    fn list(&self) -> Result<BTreeMap<u32, Oid>, Trouble> {
        let said = self.git.run(&["ls-remote", "--refs"], &[&format!("{THERE}*")])?;
        if !said.ok {
            return Err(Trouble::new(format!("{} cannot be read: {}", self.name, said.why()), said.remedy()));
        }
        let mut there = BTreeMap::new();
        for line in said.out.lines() {
            let read = line.split_once('\t').and_then(|(id, place)| {
                let number: u32 = place.strip_prefix(THERE)?.parse().ok()?;
                (place == at(THERE, number) && number > 0).then_some((number, Oid::from_str(id).ok()?))
            });
            let (number, id) = read.ok_or_else(|| self.unreadable("it has a ref there that is no volume"))?;
            there.insert(number, id);
        }
        Ok(there)
    }

    /// The newest volume that this clone has seen, and where it ended.
    fn seen(&self) -> Option<(u32, Oid)> {
        let refs = self.repo.references_glob(&format!("{}*", self.seen)).ok()?;
        let kept =
            refs.flatten().filter_map(|one| Some((one.name().ok()?.rsplit('/').next()?.parse().ok()?, one.target()?)));
        kept.chain(self.tip.as_ref().map(|tip| (tip.book.volume, tip.commit))).max_by_key(|(number, id)| {
            // Of one volume, what this process has seen itself.
            (*number, self.tip.as_ref().is_some_and(|tip| tip.commit == *id))
        })
    }

    /// Brings what is known up to what the remote has.
    fn look(&mut self) -> Result<(), Trouble> {
        // What was seen is read first: what comes after may be newer, and never older.
        let seen = self.seen();
        let there = self.list()?;
        let now = (self.clock)();
        let newest = there.last_key_value().map(|(number, id)| (*number, *id));
        let Some((newest, id)) = newest else {
            return match seen {
                Some((number, _)) => Err(self.gone(number, "is not there any more")),
                None => {
                    (self.tip, self.there, self.looked, self.glanced) = (None, there, Some(now), Some(now));
                    Ok(())
                }
            };
        };
        let first = seen.map_or(newest, |(number, _)| number);
        if let Some(missing) = (first..=newest.max(first)).find(|number| !there.contains_key(number)) {
            return Err(self.gone(missing, "is not there any more"));
        }
        let known = |number: &u32, id: &Oid| {
            let kept = self.repo.refname_to_id(&at(&self.seen, *number)).ok();
            kept == Some(*id) || self.tip.as_ref().is_some_and(|tip| tip.commit == *id)
        };
        let needed: Vec<String> = (first..=newest)
            .filter(|number| there.get(number).is_some_and(|id| !known(number, id)))
            .map(|number| at(THERE, number))
            .collect();
        if !needed.is_empty() {
            self.fetch(&needed, seen.map(|(_, id)| id))?;
        }
        if let Some((number, before)) = seen
            && let Some(id) = there.get(&number)
            && !self.contains(*id, before)
        {
            return Err(self.gone(number, "does not contain any more what this clone has seen of it"));
        }
        for number in first + 1..=newest {
            let of = |number: u32| there.get(&number).copied().unwrap_or(Oid::ZERO_SHA1);
            let (_, previous) = volume(&self.repo, of(number)).map_err(|what| self.unreadable(&what))?;
            if previous != Some(of(number - 1).to_string()) {
                return Err(self.gone(number, "does not follow from the volume before it"));
            }
        }
        let tip = load(&self.repo, id, self.tip.as_ref()).map_err(|what| self.unreadable(&what))?;
        if tip.book.volume != newest {
            return Err(self.unreadable(&format!("volume {newest} says that it is {}", tip.book.volume)));
        }
        self.tip = Some(tip);
        for (number, id) in there.range(first..) {
            self.remember(*number, *id);
        }
        (self.there, self.looked, self.glanced) = (there, Some(now), Some(now));
        Ok(())
    }

    fn fetch(&self, places: &[String], have: Option<Oid>) -> Result<(), Trouble> {
        let have = have.map(|id| format!("--negotiation-tip={id}"));
        // Nothing of the repository's own history is in a ledger: where nothing of that is here, nothing is offered.
        let mut call = match have {
            Some(_) => vec!["fetch"],
            None => vec!["-c", "fetch.negotiationAlgorithm=noop", "fetch"],
        };
        call.extend(have.as_deref());
        let quiet = ["--no-tags", "--no-prune", "--no-write-fetch-head", "--no-recurse-submodules", "--no-filter"];
        call.extend(quiet);
        call.extend(["--no-auto-gc", "--refmap=", "--quiet"]);
        let places: Vec<&str> = places.iter().map(String::as_str).collect();
        let said = self.git.run(&call, &places)?;
        match said.ok {
            true => Ok(()),
            false => Err(Trouble::new(format!("{} cannot be fetched: {}", self.name, said.why()), said.remedy())),
        }
    }

    /// Whether a commit is another, or comes after it.
    fn contains(&self, newer: Oid, older: Oid) -> bool {
        newer == older || self.repo.graph_descendant_of(newer, older).unwrap_or(false)
    }

    /// Keeps what was seen from being tidied away, and remembers it. Another process may do the same: then it has.
    fn remember(&self, number: u32, id: Oid) {
        let place = at(&self.seen, number);
        let _ = match self.repo.refname_to_id(&place) {
            Ok(before) if before == id || !self.contains(id, before) => return,
            Ok(before) => self.repo.reference_matching(&place, id, true, before, "ledger"),
            Err(_) => self.repo.reference(&place, id, false, "ledger"),
        };
    }

    fn state(&self) -> State {
        // Entries are written to the microsecond: what is judged is what is written.
        let clock = (self.clock)().trunc_subsecs(6);
        let Some(Tip { book, .. }) = &self.tip else {
            let newest = (0, GENESIS.to_owned());
            let (rollouts, waiting) = (Rollouts::new(), Vec::new());
            return State { now: clock, behind: None, born: clock, rollouts, waiting, newest };
        };
        let now = book.at.map_or(clock, |last| clock.max(last));
        State {
            now,
            behind: Some(now - clock).filter(|behind| !behind.is_zero()),
            born: book.born,
            rollouts: book.rollouts.clone(),
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

    fn unreadable(&self, what: &str) -> Trouble {
        Trouble::new(
            format!("the ledger {} cannot be understood: {what}", self.name),
            "use the newest deploy-rhythm; `ledger verify` names the place, `ledger export --entries` prints what can be read",
        )
    }

    fn gone(&self, number: u32, what: &str) -> Trouble {
        let (seen, place) = (at(&self.seen, number), at(THERE, number));
        let remote = without_secrets(&self.git.remote);
        Trouble::new(
            format!("the ledger {} was deleted or replaced: {place} {what}", self.name),
            format!(
                "put it back, `git push --force {remote} '{}*:{THERE}*'`; if that was meant, forget it in this clone: `git update-ref -d {seen}`",
                self.seen
            ),
        )
    }
}

/// The place of a volume.
fn at(under: &str, number: u32) -> String {
    format!("{under}{number:06}")
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
    /// Looks at the remote, unless it just did.
    fn look_again(&mut self) -> Result<(), Trouble> {
        let now = (self.clock)();
        match self.looked.is_some_and(|before| before <= now && now < before + RECENT) {
            true => Ok(()),
            false => self.look(),
        }
    }

    /// Every entry: the volumes before the newest are fetched where they are not here.
    fn read_all(&mut self, entries: &mut Vec<Entry>) -> Result<(), Trouble> {
        let there = self.list()?;
        let missing: Vec<(u32, Oid)> = there
            .iter()
            .filter(|(number, id)| self.repo.refname_to_id(&at(&self.seen, **number)).ok() != Some(**id))
            .map(|(number, id)| (*number, *id))
            .collect();
        let places: Vec<String> = missing.iter().map(|(number, _)| at(THERE, *number)).collect();
        if !places.is_empty() {
            self.fetch(&places, self.seen().map(|(_, id)| id))?;
        }
        for (number, id) in missing {
            self.remember(number, id);
        }
        let mut before: Option<(u32, Oid)> = None;
        for (number, id) in there {
            let (of_volume, previous) = volume(&self.repo, id).map_err(|what| self.unreadable(&what))?;
            let follows = match before {
                None => number == 1 && previous.is_none(),
                Some((last, end)) => number == last + 1 && previous == Some(end.to_string()),
            };
            entries.extend(of_volume);
            if !follows {
                return Err(self.gone(number, "does not follow from the volume before it"));
            }
            before = Some((number, id));
        }
        Ok(())
    }
}
