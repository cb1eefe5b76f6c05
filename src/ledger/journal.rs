//! What happened while the ledger was away: JSON Lines in the git directory, until the next command that opens it.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::chain::Account;
use super::entry::{Event, Kept, Stage};
use super::{Change, Ledger, State, Trouble};

/// The largest journal that is read, in bytes.
const LIMIT: u64 = 16 * 1024 * 1024;

/// A journal beside the default ledger; each line says of which ledger it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    pub path: PathBuf,
    /// The name of the ledger that it waits for.
    pub ledger: String,
    pub unnamed: Unnamed,
}

/// What becomes of events of a repository that nothing named when they happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unnamed {
    /// The ledger is of this repository alone.
    IsThis,
    /// It has a name by now.
    IsCalled(String),
    /// A ledger of several repositories could not tell whose they are.
    Waits,
}

/// How a repository without a name is called.
pub const NO_NAME: &str = ".";

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    ledger: String,
    repository: String,
    environment: String,
    event: Event,
}

impl Journal {
    /// Adds an event, and waits until it is on the disk.
    ///
    /// # Errors
    ///
    /// Fails where the file cannot be written.
    pub fn note(&self, account: &Account, event: &Event) -> Result<(), Trouble> {
        let line = Line {
            ledger: self.ledger.clone(),
            repository: account.repository.clone(),
            environment: account.environment.clone(),
            event: event.clone(),
        };
        let write = || -> std::io::Result<()> {
            if let Some(folder) = self.path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
            file.lock()?;
            let before = file.metadata()?.len();
            let text = serde_json::to_string(&line)? + "\n";
            let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
            // Half a line would keep those after it from being read.
            written.inspect_err(|_| drop(file.set_len(before)))
        };
        write().map_err(|error| self.trouble(&error.to_string()))
    }

    /// The rollouts that wait in it.
    ///
    /// # Errors
    ///
    /// Fails where it is there and cannot be read.
    pub fn rollouts(&self) -> Result<Vec<Kept>, Trouble> {
        let Some(mut file) = self.open(false)? else { return Ok(Vec::new()) };
        let mut found: Vec<Kept> = Vec::new();
        for (_, event) in self.lines(&mut file)?.0 {
            match event {
                Event::Recorded { rollout } => found.push(*rollout),
                Event::Finished { id, stage, at, .. } => {
                    if let Some(kept) = found.iter_mut().find(|kept| kept.id == id) {
                        (kept.stage, kept.finished_at) = (stage, at);
                    }
                }
                Event::Void { id, .. } => found.retain(|kept| kept.id != id),
                _ => {}
            }
        }
        Ok(found)
    }

    /// Whether something in it waits for this ledger.
    ///
    /// # Errors
    ///
    /// Fails where it is there and cannot be read.
    pub fn waits(&self) -> Result<bool, Trouble> {
        if !self.is_pending() {
            return Ok(false);
        }
        let Some(mut file) = self.open(false)? else { return Ok(false) };
        Ok(!self.lines(&mut file)?.0.is_empty())
    }

    /// Whether something in it waits for a ledger.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.path.metadata().is_ok_and(|data| data.len() > 0)
    }

    /// Moves what waits for this ledger into it, once: what the ledger has already is not told again.
    ///
    /// # Errors
    ///
    /// Fails where the journal cannot be read or emptied, or the ledger cannot be written.
    pub fn flush(&self, ledger: &mut dyn Ledger) -> Result<(), Trouble> {
        if !self.is_pending() {
            return Ok(());
        }
        let Some(mut file) = self.open(true)? else { return Ok(()) };
        let (own, others) = self.lines(&mut file)?;
        if own.is_empty() {
            return Ok(());
        }
        ledger.append(&mut |state| fresh(state, &own))?;
        let mut empty = || -> std::io::Result<()> {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            file.write_all(others.as_bytes())?;
            file.sync_all()
        };
        empty().map_err(|error| self.trouble(&error.to_string()))
    }

    /// The file, locked, until it is dropped; none where there is none.
    fn open(&self, write: bool) -> Result<Option<File>, Trouble> {
        let file = match OpenOptions::new().read(true).write(write).open(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            opened => opened.and_then(|file| if write { file.lock() } else { file.lock_shared() }.map(|()| file)),
        };
        file.map(Some).map_err(|error| self.trouble(&error.to_string()))
    }

    /// The events for this ledger, and the lines that are for others.
    fn lines(&self, file: &mut File) -> Result<(Vec<(Account, Event)>, String), Trouble> {
        let mut text = String::new();
        file.take(LIMIT + 1).read_to_string(&mut text).map_err(|error| self.trouble(&error.to_string()))?;
        if text.len() as u64 > LIMIT {
            return Err(self.trouble(&format!("it has more than {LIMIT} bytes")));
        }
        let (mut own, mut others) = (Vec::new(), String::new());
        for (index, line) in text.lines().enumerate() {
            let read: Line =
                serde_json::from_str(line).map_err(|error| self.trouble(&format!("line {}: {error}", index + 1)))?;
            match (read.ledger == self.ledger, self.name_of(&read.repository)) {
                (true, Some(repository)) => {
                    let event = match read.event {
                        Event::Recorded { mut rollout } => {
                            rollout.repository.clone_from(&repository);
                            Event::Recorded { rollout }
                        }
                        other => other,
                    };
                    own.push((Account { repository, environment: read.environment }, event));
                }
                _ => others.extend([line, "\n"]),
            }
        }
        Ok((own, others))
    }

    /// What the ledger calls a repository; none where it cannot yet.
    fn name_of(&self, repository: &str) -> Option<String> {
        match &self.unnamed {
            Unnamed::IsCalled(name) if repository == NO_NAME => Some(name.clone()),
            Unnamed::Waits if repository == NO_NAME => None,
            _ => Some(repository.to_owned()),
        }
    }

    fn trouble(&self, why: &str) -> Trouble {
        Trouble::new(
            format!(
                "the journal {} of what happened while the ledger was away cannot be used: {why}",
                self.path.display()
            ),
            "mend that, or put the file aside by hand and tell the ledger with `deploy-rhythm record start`; nothing is deleted",
        )
    }
}

/// The events that the ledger does not have yet.
fn fresh(state: &State, events: &[(Account, Event)]) -> Change {
    let told: Vec<&str> = events.iter().filter_map(|(_, event)| recorded(event)).collect();
    let runs = |id: &str| match state.rollouts.get(id) {
        Some(kept) => kept.stage == Stage::Running,
        None => told.contains(&id),
    };
    let is_new = |event: &Event| match event {
        Event::Recorded { rollout } => !state.rollouts.contains_key(&rollout.id),
        Event::Finished { id, .. } | Event::Void { id, .. } => runs(id),
        _ => false,
    };
    Change { events: events.iter().filter(|(_, event)| is_new(event)).cloned().collect(), ..Change::default() }
}

fn recorded(event: &Event) -> Option<&str> {
    match event {
        Event::Recorded { rollout } => Some(&rollout.id),
        _ => None,
    }
}
