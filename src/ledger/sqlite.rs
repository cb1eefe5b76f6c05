//! The ledger in a SQLite file: one machine, nothing to set up. Only this file names rusqlite.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::SubsecRound;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use super::chain::{Account, Entry, GENESIS, stamp};
use super::entry::{Rollouts, read_rollouts};
use super::owner::holder;
use super::word::{Word, Words};
use super::{Change, Ledger, State, Trouble, Written};
use crate::engine::event::{Instant, parse_instant};

/// The newest form of the tables that this release knows.
const FORM: i64 = 2;

/// Marks the file as a ledger: "dRhy".
const APPLICATION: i64 = 0x6452_6879;

/// How long somebody else's lock is waited for, unless said.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The steps from one form to the next, forwards only.
const STEPS: [&str; 2] = [
    "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE entries (
        seq INTEGER PRIMARY KEY, repository TEXT NOT NULL, environment TEXT NOT NULL, number INTEGER NOT NULL,
        at TEXT NOT NULL, body TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL,
        UNIQUE (repository, environment, number)
    ) STRICT;
    CREATE TABLE rollouts (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
    CREATE TABLE waiting (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
",
    "CREATE TABLE words (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;",
];

/// A ledger in a file.
pub struct Sqlite {
    path: PathBuf,
    connection: Connection,
    clock: fn() -> Instant,
    /// What the file's own count of changes was at the last look.
    seen: Option<i64>,
    /// The rollouts after the last append, good until somebody else writes.
    known: Option<(i64, Arc<Rollouts>)>,
}

type Read<T> = rusqlite::Result<T>;

impl Sqlite {
    /// Opens a ledger for appending; it is begun where there is none.
    ///
    /// # Errors
    ///
    /// Fails where the file cannot be written, is no ledger, or is a newer release's.
    pub fn open(path: &Path, clock: fn() -> Instant, patience: Duration) -> Result<Self, Trouble> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| {
                Trouble::new(
                    format!("the ledger's folder {} cannot be made: {error}", folder.display()),
                    "make it writable, or name another place with `--ledger PATH`",
                )
            })?;
        }
        if !path.exists() {
            Self::begin(path, clock)?;
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut opened = Self::connect(path, flags, clock, patience)?;
        opened.prepare().map_err(|error| opened.trouble(&error))?;
        Ok(opened)
    }

    /// Begins a ledger beside its place and puts it there whole: an empty file at that place was a ledger once.
    fn begin(path: &Path, clock: fn() -> Instant) -> Result<(), Trouble> {
        let draft = PathBuf::from(format!("{}.{}", path.display(), std::process::id()));
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let begun = Self::connect(&draft, flags, clock, PATIENCE)
            .and_then(|mut draft| draft.prepare().map_err(|error| trouble(path, &error)))
            .and_then(|()| match std::fs::hard_link(&draft, path) {
                Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(Trouble::new(
                    format!("the ledger {} cannot be made: {error}", path.display()),
                    "make its folder writable, or name another place with `--ledger PATH`",
                )),
                _ => Ok(()),
            });
        for rest in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{rest}", draft.display()));
        }
        begun
    }

    /// Opens a ledger for reading; none where there is none.
    ///
    /// # Errors
    ///
    /// Fails where the file cannot be read, is no ledger, or is a newer release's.
    pub fn open_existing(path: &Path, clock: fn() -> Instant, patience: Duration) -> Result<Option<Self>, Trouble> {
        if !path.exists() {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Self::connect(path, flags, clock, patience)?;
        Ok(Some(opened))
    }

    fn connect(path: &Path, flags: OpenFlags, clock: fn() -> Instant, patience: Duration) -> Result<Self, Trouble> {
        let connection = Connection::open_with_flags(path, flags).map_err(|error| trouble(path, &error))?;
        let opened = Self { path: path.to_owned(), connection, clock, seen: None, known: None };
        opened.connection.busy_timeout(patience).map_err(|error| opened.trouble(&error))?;
        opened.refuse()?;
        Ok(opened)
    }

    fn form(&self) -> Read<i64> {
        self.connection.pragma_query_value(None, "user_version", |row| row.get(0))
    }

    /// Refuses what is no ledger, or a newer release's.
    fn refuse(&self) -> Result<(), Trouble> {
        let path = self.path.display();
        // One question is of one instant: somebody may be bringing the file forward.
        let look = "SELECT user_version, application_id, (SELECT count(*) FROM sqlite_schema) \
                    FROM pragma_user_version, pragma_application_id";
        let (form, mark, tables): (i64, i64, i64) = self
            .connection
            .query_row(look, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .map_err(|error| self.trouble(&error))?;
        if mark != APPLICATION && (tables > 0 || form != 0 || mark != 0) {
            return Err(Trouble::new(
                format!("{path} is a database of something else, and is left as it is"),
                "name a file of its own with `--ledger PATH`",
            ));
        }
        if form > FORM {
            return Err(Trouble::new(
                format!(
                    "the ledger {path} has form {form}, written by a newer deploy-rhythm; this one knows form {FORM}"
                ),
                "use the newer deploy-rhythm here too",
            ));
        }
        Ok(())
    }

    /// Sets the file up, and brings an older one forward.
    fn prepare(&mut self) -> Read<()> {
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        let mode: String = self.connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        if mode != "wal" {
            self.begin_log()?;
        }
        if self.form()? == FORM {
            return Ok(());
        }
        let now = stamp((self.clock)());
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let form: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        for step in STEPS.iter().skip(usize::try_from(form).unwrap_or_default()) {
            transaction.execute_batch(step)?;
        }
        transaction.execute("INSERT OR IGNORE INTO meta VALUES ('born', ?1)", [now])?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", FORM)?;
        transaction.commit()
    }

    /// Switches to write-ahead logging: readers and the writer do not wait for each other.
    ///
    /// SQLite does not wait for a lock here, so that several who begin one file together have to ask again.
    fn begin_log(&self) -> Read<()> {
        let pause = Duration::from_millis(20);
        let mut left = 500;
        loop {
            match self.connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0)) {
                Ok(_) => return Ok(()),
                Err(error) if is_busy(&error) && left > 0 => left -= 1,
                Err(error) => return Err(error),
            }
            std::thread::sleep(pause);
        }
    }

    fn trouble(&self, error: &rusqlite::Error) -> Trouble {
        trouble(&self.path, error)
    }

    fn count_of_changes(&self) -> Option<i64> {
        self.connection.pragma_query_value(None, "data_version", |row| row.get(0)).ok()
    }
}

impl Ledger for Sqlite {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn read(&mut self) -> Result<State, Trouble> {
        self.seen = self.count_of_changes();
        let clock = self.clock;
        let path = self.path.clone();
        let look = |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            load(&transaction, clock, None)
        };
        look(&mut self.connection).map_err(|error| trouble(&path, &error))?.map_err(|what| unreadable(&path, &what))
    }

    fn append(&mut self, judge: &mut dyn FnMut(&State) -> Change) -> Result<(), Trouble> {
        let path = &self.path;
        let failed = |error: rusqlite::Error| trouble(path, &error);
        let seen = self.connection.pragma_query_value(None, "data_version", |row| row.get(0)).ok();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        // Under the lock this number stands still; this connection's own appends do not change it.
        let moved: i64 = transaction.pragma_query_value(None, "data_version", |row| row.get(0)).map_err(failed)?;
        let known = self.known.take().filter(|(at, _)| *at == moved).map(|(_, rollouts)| rollouts);
        let state = load(&transaction, self.clock, known).map_err(failed)?.map_err(|what| unreadable(path, &what))?;
        let change = judge(&state);
        self.seen = seen;
        if change.is_empty() {
            self.known = Some((moved, state.rollouts));
            return Ok(());
        }
        let mut state = state;
        let written = state.write(change, |account| head(&transaction, account).map_err(failed))?;
        store(&transaction, &written).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        self.known = Some((moved, state.rollouts));
        Ok(())
    }

    fn has_moved(&mut self) -> bool {
        let now = self.count_of_changes();
        now.is_none() || now != self.seen
    }

    fn entries(&mut self) -> (Vec<Entry>, Option<Trouble>) {
        let mut entries = Vec::new();
        let mut read = || -> Read<()> {
            let mut all = self.connection.prepare(
                "SELECT repository, environment, number, at, body, previous, hash FROM entries ORDER BY seq",
            )?;
            let mut rows = all.query([])?;
            while let Some(row) = rows.next()? {
                let account = Account { repository: row.get(0)?, environment: row.get(1)? };
                let number = u64::try_from(row.get::<_, i64>(2)?).unwrap_or_default();
                let (at, body, previous, hash) = (row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?);
                entries.push(Entry { account, number, at, body, previous, hash });
            }
            Ok(())
        };
        let stopped = read().err().map(|error| self.trouble(&error));
        (entries, stopped)
    }
}

/// The state of the ledger inside a transaction; the inner error says what of it cannot be understood.
fn load(
    transaction: &Transaction<'_>,
    clock: fn() -> Instant,
    known: Option<Arc<Rollouts>>,
) -> Read<Result<State, String>> {
    let newest: Option<(i64, String, String)> = transaction
        .query_row("SELECT seq, hash, at FROM entries ORDER BY seq DESC LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let born: String = transaction.query_row("SELECT value FROM meta WHERE key = 'born'", [], |row| row.get(0))?;
    let bodies = |sql: &str| -> Read<Vec<String>> {
        transaction.prepare_cached(sql)?.query_map([], |row| row.get(0))?.collect()
    };
    let rollouts = known.is_none().then(|| bodies("SELECT body FROM rollouts")).transpose()?.unwrap_or_default();
    let waiting = bodies("SELECT body FROM waiting ORDER BY rowid")?;
    // A ledger of the form before, which is only read here, has no such table.
    let form: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let said = if form < 2 { Vec::new() } else { bodies("SELECT body FROM words")? };
    // Entries are written to the microsecond: what is judged is what is written.
    let clock = clock().trunc_subsecs(6);
    Ok((|| {
        let at = |text: &str| parse_instant(text).ok_or_else(|| format!("`{text}` is no instant"));
        let last = newest.as_ref().map(|(.., last)| at(last)).transpose()?;
        let now = last.map_or(clock, |last| clock.max(last));
        let rollouts = match known {
            Some(known) => known,
            None => Arc::new(Rollouts::from_iter(read_rollouts(&rollouts)?)),
        };
        let mut words = Words::new();
        for body in said {
            let one: Word =
                serde_json::from_str(&body).map_err(|error| format!("an override or freeze in it: {error}"))?;
            words.insert(one.id.clone(), one);
        }
        let waiting: Result<_, _> = waiting.iter().map(|body| serde_json::from_str(body)).collect();
        Ok(State {
            now,
            behind: Some(now - clock).filter(|behind| !behind.is_zero()),
            born: at(&born)?,
            rollouts,
            words,
            waiting: waiting.map_err(|error| format!("a waiting request in it: {error}"))?,
            newest: newest
                .map_or((0, GENESIS.to_owned()), |(seq, hash, _)| (u64::try_from(seq).unwrap_or_default(), hash)),
        })
    })())
}

/// The newest link of an account's chain.
fn head(transaction: &Transaction<'_>, account: &Account) -> Read<(u64, String)> {
    let newest =
        "SELECT number, hash FROM entries WHERE repository = ?1 AND environment = ?2 ORDER BY number DESC LIMIT 1";
    let found = transaction
        .prepare_cached(newest)?
        .query_row(params![account.repository, account.environment], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))
        .optional()?;
    let number = |number: i64| u64::try_from(number).unwrap_or_default();
    Ok(found.map_or((0, GENESIS.to_owned()), |(place, hash)| (number(place), hash)))
}

fn store(transaction: &Transaction<'_>, written: &Written) -> Read<()> {
    let mut put = transaction.prepare_cached("INSERT INTO entries VALUES (NULL, ?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for Entry { account, number, at, body, previous, hash } in &written.entries {
        let number = i64::try_from(*number).unwrap_or(i64::MAX);
        put.execute(params![account.repository, account.environment, number, at, body, previous, hash])?;
    }
    let mut keep = transaction
        .prepare_cached("INSERT INTO rollouts VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET body = excluded.body")?;
    for kept in &written.rollouts {
        keep.execute(params![kept.id, serde_json::to_string(kept).unwrap_or_default()])?;
    }
    for word in &written.words {
        let put = "INSERT INTO words VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET body = excluded.body";
        transaction.execute(put, params![word.id, serde_json::to_string(word).unwrap_or_default()])?;
    }
    for id in &written.leave {
        transaction.execute("DELETE FROM waiting WHERE id = ?1", [id])?;
    }
    if let Some(wait) = &written.wait {
        let put = "INSERT INTO waiting VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET body = excluded.body";
        transaction.execute(put, params![wait.id, serde_json::to_string(wait).unwrap_or_default()])?;
    }
    Ok(())
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn unreadable(path: &Path, what: &str) -> Trouble {
    Trouble::new(
        format!("the ledger {} cannot be understood: {what}", path.display()),
        "`deploy-rhythm ledger verify` names the place, `ledger export --entries` prints what can be read; nothing is deleted",
    )
}

/// What an error of SQLite means, in one sentence.
fn trouble(path: &Path, error: &rusqlite::Error) -> Trouble {
    let name = path.display();
    let (what, remedy) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            let beside = PathBuf::from(format!("{name}-shm"));
            // The lock of a writer is byte 120 of the shared index; one of the whole file is that of its pending byte.
            let held = holder(&beside, 120).or_else(|| holder(path, 0x4000_0000));
            let by = held.unwrap_or_else(|| "somebody (this system does not tell who)".to_owned());
            (format!("the ledger {name} is locked by {by}"), "wait for it to end, then ask again")
        }
        Some(ErrorCode::ReadOnly) => {
            (format!("the ledger {name} cannot be written: it is read-only"), "make the file and its folder writable")
        }
        Some(ErrorCode::DiskFull) => {
            (format!("the ledger {name} cannot be written: the disk is full"), "make room, then ask again")
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => (
            format!("the ledger {name} cannot be opened: {error}"),
            "make the file and its folder readable and writable",
        ),
        Some(ErrorCode::DatabaseCorrupt) => (
            format!("the ledger {name} is damaged: {error}"),
            "`deploy-rhythm ledger export` prints what can be read; put the file aside by hand; nothing is deleted",
        ),
        Some(ErrorCode::NotADatabase) => (
            format!("the ledger {name} is not a database, or its beginning is damaged"),
            "name the right file with `--ledger PATH`, or put this one aside by hand; nothing is deleted",
        ),
        _ => (format!("the ledger {name} cannot be used: {error}"), "mend that, then ask again"),
    };
    Trouble::new(what, remedy)
}
