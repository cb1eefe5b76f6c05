//! The chain: each entry holds the hash of the one before it, so that no edit goes unseen. Pure.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use serde_json::json;
use sha2::{Digest, Sha256};

use super::entry::{Event, Rollouts, apply};
use super::word::{Words, hear};
use crate::engine::event::{Instant, parse_instant};

/// What stands before the first entry of a chain.
pub const GENESIS: &str = "";

/// One account: a repository and one of its environments. Each has a chain of its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    pub repository: String,
    pub environment: String,
}

impl fmt::Display for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.repository.as_str() {
            "." => out.write_str(&self.environment),
            repository => write!(out, "{} of {repository}", self.environment),
        }
    }
}

/// One link of a chain, as its home stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub account: Account,
    /// Its place in the account's chain, from 1.
    pub number: u64,
    /// RFC 3339, microseconds.
    pub at: String,
    /// The event, as JSON; its bytes are hashed as they are.
    pub body: String,
    pub previous: String,
    pub hash: String,
}

impl Entry {
    /// The link that follows another.
    #[must_use]
    pub fn after(account: Account, head: (u64, &str), at: Instant, event: &Event) -> Self {
        let body = serde_json::to_string(event).unwrap_or_default();
        let mut entry =
            Self { account, number: head.0 + 1, at: stamp(at), body, previous: head.1.to_owned(), hash: String::new() };
        entry.hash = entry.computed();
        entry
    }

    /// The hash that its content has: SHA-256 of a JSON array of its fields, compact, in this order.
    #[must_use]
    pub fn computed(&self) -> String {
        let Self { account, number, at, body, previous, .. } = self;
        let text = json!([1, account.repository, account.environment, number, at, body, previous]).to_string();
        digest(text.as_bytes())
    }

    /// The event that it holds.
    ///
    /// # Errors
    ///
    /// Says what cannot be read.
    pub fn event(&self) -> Result<(Instant, Event), String> {
        let at = parse_instant(&self.at).ok_or_else(|| format!("`{}` is no instant", self.at))?;
        let event = serde_json::from_str(&self.body).map_err(|error| format!("its event cannot be read: {error}"))?;
        Ok((at, event))
    }
}

/// An instant as entries write it.
#[must_use]
pub fn stamp(at: Instant) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

/// SHA-256, in hexadecimal.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// SHA-256 of what a value's `Debug` writes: equal values have equal digests within one version.
#[must_use]
pub fn digest_of(value: &impl fmt::Debug) -> String {
    struct Hasher(Sha256);
    impl Write for Hasher {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.update(text.as_bytes());
            Ok(())
        }
    }
    let mut hasher = Hasher(Sha256::new());
    let _ = write!(hasher, "{value:?}");
    hexadecimal(&hasher.0.finalize())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What a walk along all chains found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Walk {
    /// Each account's length and newest hash.
    pub heads: BTreeMap<Account, (u64, String)>,
    pub entries: u64,
    /// What is wrong, each with its place.
    pub breaks: Vec<String>,
    /// What the entries make of the rollouts.
    pub rollouts: Rollouts,
    /// What they make of the words.
    pub words: Words,
}

/// Walks along entries in the order in which they were written; of several accounts, each chain by itself.
#[must_use]
pub fn walk<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Walk {
    let mut walk = Walk::default();
    for entry in entries {
        walk.entries += 1;
        let place = format!("entry {} of {}", entry.number, entry.account);
        let head = walk.heads.entry(entry.account.clone()).or_insert_with(|| (0, GENESIS.to_owned()));
        if entry.number != head.0 + 1 {
            walk.breaks.push(format!("{place}: the one before it is number {}, so some are missing", head.0));
        }
        if entry.previous != head.1 {
            walk.breaks.push(format!("{place}: it does not follow the entry before it, which was edited or replaced"));
        }
        if entry.computed() != entry.hash {
            walk.breaks.push(format!("{place}: its content was edited: it does not have the hash that it carries"));
        }
        *head = (entry.number, entry.hash.clone());
        match entry.event() {
            Ok((at, event)) => {
                let one = apply(&mut walk.rollouts, at, &event).err();
                let other = hear(&mut walk.words, at, &event).err();
                walk.breaks.extend(one.into_iter().chain(other).map(|why| format!("{place}: {why}")));
            }
            Err(why) => walk.breaks.push(format!("{place}: {why}")),
        }
    }
    walk
}

#[cfg(test)]
mod tests {
    use super::{Account, Entry, GENESIS, walk};
    use crate::engine::event::Instant;
    use crate::ledger::entry::{Ending, Event};

    fn chain(length: u64) -> Vec<Entry> {
        let account = Account { repository: ".".to_owned(), environment: "production".to_owned() };
        let mut entries: Vec<Entry> = Vec::new();
        for number in 0..length {
            let event =
                Event::Ended { request: number.to_string(), ending: Ending::Stopped, because: "a test".to_owned() };
            let head = entries.last().map_or((0, GENESIS), |last| (last.number, last.hash.as_str()));
            entries.push(Entry::after(account.clone(), head, Instant::UNIX_EPOCH, &event));
        }
        entries
    }

    #[test]
    fn an_untouched_chain_is_whole() {
        let found = walk(&chain(5));
        assert_eq!((found.entries, found.breaks), (5, Vec::new()));
    }

    #[test]
    fn each_edit_of_each_entry_is_found() {
        for place in 0..5 {
            let edits: [fn(&mut Entry); 6] = [
                |entry| entry.body = entry.body.replace("a test", "an edit"),
                |entry| entry.at = entry.at.replace("1970", "1971"),
                |entry| entry.account.environment = "staging".to_owned(),
                |entry| entry.number += 1,
                |entry| entry.previous = "0".repeat(64),
                |entry| entry.hash = "0".repeat(64),
            ];
            for edit in edits {
                let mut entries = chain(5);
                edit(&mut entries[place]);
                assert!(!walk(&entries).breaks.is_empty(), "entry {place}");
            }
        }
    }

    #[test]
    fn an_edit_with_its_hash_made_anew_breaks_the_next_link() {
        let mut entries = chain(5);
        entries[2].body = entries[2].body.replace("a test", "an edit");
        entries[2].hash = entries[2].computed();
        assert_eq!(walk(&entries).breaks.len(), 1);
        entries.remove(1);
        assert!(walk(&entries).breaks.len() > 1);
    }
}
