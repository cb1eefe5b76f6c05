//! What the commits of the ledger's refs hold: a page each, and a summary of all before its volume. Pure but for git's objects.

use git2::{Oid, Repository};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::engine::event::{Instant, parse_instant};
use crate::ledger::chain::{Account, Entry, GENESIS};
use crate::ledger::entry::{Rollouts, apply};
use crate::ledger::word::{Words, hear};
use crate::ledger::{Waiting, Written};

/// The newest form that this release knows.
const FORM: u32 = 1;

/// The file of a volume's tree.
const SUMMARY: &str = "summary.json";

/// What stands above a page in a commit's message.
const TITLE: &str = "deploy-rhythm: a page of the ledger";

/// The largest object that is read, in bytes.
const LIMIT: usize = 256 << 20;

/// The fewest and the most pages of a volume; between them it is full when its pages outweigh its summary.
const PAGES: (usize, usize) = (64, 1024);

/// What all pages up to one make.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Book {
    form: u32,
    pub volume: u32,
    /// The commit that ended the volume before.
    pub previous: Option<String>,
    pub born: Instant,
    pub rollouts: Rollouts,
    #[serde(default)]
    pub words: Words,
    pub waiting: Vec<Waiting>,
    /// The newest link of each chain: repository, environment, number, hash.
    heads: Vec<(String, String, u64, String)>,
    pub count: u64,
    pub newest: String,
    pub at: Option<Instant>,
}

/// An entry as a page holds it.
type Line = (String, String, u64, String, String, String, String);

/// What one append adds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Page {
    form: u32,
    /// Tells equal pages of two writers apart.
    mark: String,
    entries: Vec<Line>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wait: Option<Waiting>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    leave: Vec<String>,
    /// Whether it is the last of its volume: what follows begins the next.
    #[serde(default)]
    pub closes: bool,
}

#[derive(Deserialize)]
struct Formed {
    form: u32,
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let Formed { form } = serde_json::from_slice(bytes).map_err(|error| format!("it is no ledger: {error}"))?;
    if form > FORM {
        return Err(format!("it has form {form}, written by a newer deploy-rhythm; this one knows form {FORM}"));
    }
    serde_json::from_slice(bytes).map_err(|error| format!("it cannot be read: {error}"))
}

impl Page {
    pub(super) fn new(written: Written, mark: String) -> Self {
        let line = |one: Entry| {
            let Account { repository, environment } = one.account;
            (repository, environment, one.number, one.at, one.body, one.previous, one.hash)
        };
        let entries = written.entries.into_iter().map(line).collect();
        Self { form: FORM, mark, entries, wait: written.wait, leave: written.leave, closes: false }
    }

    pub(super) fn message(&self) -> String {
        format!("{TITLE}\n\n{}\n", serde_json::to_string(self).unwrap_or_default())
    }

    pub(super) fn entries(self) -> impl Iterator<Item = Entry> {
        self.entries.into_iter().map(|(repository, environment, number, at, body, previous, hash)| Entry {
            account: Account { repository, environment },
            number,
            at,
            body,
            previous,
            hash,
        })
    }
}

impl Book {
    pub(super) fn begun(born: Instant) -> Self {
        Self {
            form: FORM,
            volume: 1,
            previous: None,
            born,
            rollouts: Rollouts::new(),
            words: Words::new(),
            waiting: Vec::new(),
            heads: Vec::new(),
            count: 0,
            newest: GENESIS.to_owned(),
            at: None,
        }
    }

    pub(super) fn head(&self, account: &Account) -> (u64, String) {
        let of = |(repository, environment, ..): &&(String, String, u64, String)| {
            *repository == account.repository && *environment == account.environment
        };
        self.heads.iter().find(of).map_or((0, GENESIS.to_owned()), |(.., number, hash)| (*number, hash.clone()))
    }

    /// Adds a page, each entry of which has to follow from what is there.
    fn turn(&mut self, page: Page) -> Result<(), String> {
        let (wait, leave) = (page.wait.clone(), page.leave.clone());
        for entry in page.entries() {
            let (number, hash) = self.head(&entry.account);
            if entry.number != number + 1 || entry.previous != hash || entry.hash != entry.computed() {
                return Err(format!("entry {} of {} does not follow from those before", entry.number, entry.account));
            }
            let (at, event) = entry.event()?;
            apply(&mut self.rollouts, at, &event)?;
            hear(&mut self.words, at, &event)?;
            let Account { repository, environment } = entry.account;
            self.heads.retain(|(one, other, ..)| *one != repository || *other != environment);
            self.heads.push((repository, environment, entry.number, entry.hash.clone()));
            self.count += 1;
            self.at = self.at.max(parse_instant(&entry.at));
            self.newest = entry.hash;
        }
        self.waiting.retain(|one| !leave.contains(&one.id));
        if let Some(wait) = wait {
            self.waiting.retain(|one| one.id != wait.id);
            self.waiting.push(wait);
        }
        Ok(())
    }
}

/// The newest page that is known, and what all pages make.
#[derive(Clone)]
pub(super) struct Tip {
    pub commit: Oid,
    pub book: Book,
    pub closed: bool,
    tree: Oid,
    pages: usize,
    /// Bytes of its pages, and of its summary.
    weights: (usize, usize),
}

/// Reads a volume up to a commit, from what is known already where that is a part of it.
pub(super) fn load(repo: &Repository, commit: Oid, known: Option<&Tip>) -> Result<Tip, String> {
    let (mut pages, base) = back(repo, commit, known.map(|tip| tip.commit))?;
    let mut tip = if let (true, Some(known)) = (base, known) {
        known.clone()
    } else {
        let tree = repo.find_commit(commit).map_err(said)?.tree_id();
        let book = summary(repo, tree)?;
        Tip { commit, weights: (0, book.1), book: book.0, closed: false, tree, pages: 0 }
    };
    while let Some((message, page)) = pages.pop() {
        tip.weights.0 += message;
        tip.pages += 1;
        tip.closed = page.closes;
        tip.book.turn(page)?;
    }
    tip.commit = commit;
    Ok(tip)
}

/// The entries of a volume, and the commit that ended the one before.
pub(super) fn volume(repo: &Repository, commit: Oid) -> Result<(Vec<Entry>, Option<String>), String> {
    let (pages, _) = back(repo, commit, None)?;
    let tree = repo.find_commit(commit).map_err(said)?.tree_id();
    let previous = summary(repo, tree)?.0.previous;
    Ok((pages.into_iter().rev().flat_map(|(_, page)| page.entries()).collect(), previous))
}

/// Pages with their weights, from the newest back to the first or to one that is known.
type Pages = (Vec<(usize, Page)>, bool);

fn back(repo: &Repository, from: Oid, until: Option<Oid>) -> Result<Pages, String> {
    let mut pages = Vec::new();
    let mut next = Some(from);
    while let Some(id) = next {
        if Some(id) == until {
            return Ok((pages, true));
        }
        bounded(repo, id)?;
        let commit = repo.find_commit(id).map_err(said)?;
        let message = commit.message_raw_bytes();
        let title = [TITLE.as_bytes(), b"\n\n"].concat();
        let text = message.strip_prefix(&title[..]).ok_or("a commit of it is no page of a ledger")?;
        pages.push((message.len(), read(text)?));
        if pages.len() > 100 * PAGES.1 {
            return Err("it has too many pages".to_owned());
        }
        next = commit.parent_ids().next();
    }
    Ok((pages, false))
}

fn summary(repo: &Repository, tree: Oid) -> Result<(Book, usize), String> {
    let tree = repo.find_tree(tree).map_err(said)?;
    let file = tree.get_name(SUMMARY).ok_or("a commit of it has no summary")?;
    bounded(repo, file.id())?;
    let blob = repo.find_blob(file.id()).map_err(said)?;
    Ok((read(blob.content())?, blob.content().len()))
}

fn bounded(repo: &Repository, id: Oid) -> Result<(), String> {
    let (size, _) = repo.odb().and_then(|odb| odb.read_header(id)).map_err(said)?;
    if size > LIMIT { Err("an object of it is too large".to_owned()) } else { Ok(()) }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn said(error: git2::Error) -> String {
    error.message().to_owned()
}

/// Writes a page as a commit that follows the tip, or begins the next volume; nothing refers to it yet.
pub(super) fn write(repo: &Repository, tip: Option<&Tip>, born: Instant, mut page: Page) -> Result<Tip, String> {
    let mut next = match tip {
        Some(tip) if !tip.closed => tip.clone(),
        _ => {
            let mut book = tip.map_or_else(|| Book::begun(born), |tip| tip.book.clone());
            if let Some(tip) = tip {
                (book.volume, book.previous) = (book.volume + 1, Some(tip.commit.to_string()));
            }
            let text = serde_json::to_vec(&book).map_err(|error| error.to_string())?;
            let blob = repo.blob(&text).map_err(said)?;
            let mut tree = repo.treebuilder(None).map_err(said)?;
            tree.insert(SUMMARY, blob, 0o100_644).map_err(said)?;
            let tree = tree.write().map_err(said)?;
            Tip { commit: Oid::ZERO_SHA1, weights: (0, text.len()), book, closed: false, tree, pages: 0 }
        }
    };
    next.pages += 1;
    let (pages, summary) = next.weights;
    page.closes = next.pages >= PAGES.1 || (next.pages >= PAGES.0 && pages >= summary);
    next.closed = page.closes;
    let message = page.message();
    next.weights.0 += message.len();
    let when = git2::Time::new(born.timestamp(), 0);
    let who = git2::Signature::new("deploy-rhythm", "deploy-rhythm@localhost", &when).map_err(said)?;
    let tree = repo.find_tree(next.tree).map_err(said)?;
    let parent = tip.filter(|tip| !tip.closed).map(|tip| repo.find_commit(tip.commit)).transpose().map_err(said)?;
    let parents: Vec<_> = parent.iter().collect();
    next.book.turn(page)?;
    next.commit = repo.commit(None, &who, &who, &message, &tree, &parents).map_err(said)?;
    Ok(next)
}
