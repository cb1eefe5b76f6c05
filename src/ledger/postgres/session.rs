//! One connection: what is asked of it, in as few journeys as it takes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use futures_util::future::{join, join3, join5, try_join_all};
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};

use super::super::Written;
use super::super::chain::{Account, Entry};
use super::super::entry::Kept;
use super::address::Address;
use super::failure::Failure;
use super::loaded::{Head, Loaded};
use super::schema::{self, ALL};

/// What is looked at, as the tables know it; all where there is nothing.
pub(super) type Names = Option<(BTreeSet<String>, BTreeSet<String>)>;

/// A connection, and its statements.
pub(super) struct Session {
    pub client: Client,
    statements: FxHashMap<&'static str, Statement>,
}

type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// The locks of a scope, in the order in which everybody takes them.
pub(super) fn keys(names: &(BTreeSet<String>, BTreeSet<String>)) -> Vec<i64> {
    let key = |kind: &str, name: &str| {
        let digest = Sha256::digest(format!("deploy-rhythm {kind} {name}").as_bytes());
        digest.iter().take(8).fold(0_i64, |key, byte| (key << 8) | i64::from(*byte))
    };
    let of = |kind: &'static str, names: &BTreeSet<String>| -> Vec<i64> {
        names.iter().map(|name| key(kind, name)).collect()
    };
    let mut keys = [of("repository", &names.0), of("target", &names.1)].concat();
    keys.sort_unstable();
    keys
}

impl Session {
    /// Connects; the rest of the connection lives on the runtime.
    pub(super) async fn connect(address: &Address) -> Result<Client, Failure> {
        if address.is_plain() {
            let (client, connection) = address.config.connect(tokio_postgres::NoTls).await?;
            tokio::spawn(connection);
            return Ok(client);
        }
        let (client, connection) = address.config.connect(address.connector()?).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Prepares its statements, all in one journey.
    pub(super) async fn prepared(client: Client) -> Result<Self, Failure> {
        let all = try_join_all(schema::STATEMENTS.iter().map(|text| client.prepare(text))).await?;
        Ok(Self { statements: schema::STATEMENTS.into_iter().zip(all).collect(), client })
    }

    async fn ask(&self, text: &'static str, parameters: Parameters<'_>) -> Result<Vec<Row>, Error> {
        match self.statements.get(text) {
            Some(statement) => self.client.query(statement, parameters).await,
            None => self.client.query(text, parameters).await,
        }
    }

    /// Reads what changed since; under the locks of a scope that is judged, without any where it is only looked at.
    pub(super) async fn load(&self, names: &Names, since: i64, locks: bool, begin: bool) -> Result<Loaded, Failure> {
        let keys = names.as_ref().map(keys).unwrap_or_default();
        let repositories: Option<Vec<&str>> = names.as_ref().map(|(all, _)| all.iter().map(String::as_str).collect());
        let targets: Vec<&str> = names.iter().flat_map(|(_, all)| all).map(String::as_str).collect();
        let begin = async {
            match (begin, locks) {
                (false, _) => Ok(()),
                (true, true) => self.client.batch_execute(schema::BEGIN).await,
                (true, false) => self.client.batch_execute(schema::BEGIN_READING).await,
            }
        };
        let lock = async {
            match (locks, names) {
                (false, _) => Ok(()),
                (true, None) => self.ask(schema::LOCK_ALONE, &[&ALL]).await.map(drop),
                (true, Some(_)) => {
                    let (all, each) =
                        join(self.ask(schema::LOCK_SHARED, &[&ALL]), self.ask(schema::LOCK_EACH, &[&keys])).await;
                    all.and(each).map(drop)
                }
            }
        };
        let clock = self.ask(schema::CLOCK, &[]);
        let rollouts = async {
            match &repositories {
                None => self.ask(schema::EVERY_ROLLOUT, &[&since]).await,
                Some(own) => self.ask(schema::ROLLOUTS, &[own, &targets, &since]).await,
            }
        };
        let own: [&(dyn ToSql + Sync); 1] = [&repositories];
        let (waiting, heads) = (self.ask(schema::WAITING, &own), self.ask(schema::HEADS, &own));
        let words = self.ask(schema::WORDS, &own);
        // They set out together, in this order; each begins when the one before it is done.
        let ((opened, locked), (clock, rollouts, waiting, words, heads)) =
            join(join(begin, lock), join5(clock, rollouts, waiting, words, heads)).await;
        opened?;
        locked?;
        let (clock, rollouts, waiting, words, heads) = (clock?, rollouts?, waiting?, words?, heads?);
        let (micros, form, born) = match clock.first() {
            Some(row) => (row.get(0), row.get::<_, Option<String>>(1), row.get::<_, Option<String>>(2)),
            None => (0, None, None),
        };
        Ok(Loaded {
            clock: DateTime::from_timestamp_micros(micros).unwrap_or_default(),
            form: form.unwrap_or_default(),
            born: born.unwrap_or_default(),
            last: rollouts.iter().map(|row| row.get(0)).max().unwrap_or(since),
            rollouts: rollouts.iter().map(|row| row.get(1)).collect(),
            waiting: waiting.iter().map(|row| row.get(0)).collect(),
            words: words.iter().map(|row| row.get(0)).collect(),
            heads: heads.iter().map(Head::of).collect(),
        })
    }

    /// Writes all of it and commits, in one journey; answers with what tells whether something moves from then on.
    pub(super) async fn store(&self, written: &Written, names: &Names) -> Result<Option<String>, Failure> {
        let Written { entries, rollouts, words, wait, leave } = written;
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let numbers = |all: &[&Entry]| -> Vec<i64> { all.iter().map(|one| number(one.number)).collect() };
        let texts = |all: &[&Entry], of: fn(&Entry) -> &str| -> Vec<String> {
            all.iter().map(|one| of(one).to_owned()).collect()
        };
        let all: Vec<&Entry> = entries.iter().collect();
        let newest: BTreeMap<&Account, &Entry> = entries.iter().map(|one| (&one.account, one)).collect();
        let newest: Vec<&Entry> = newest.into_values().collect();
        let of = |kept: fn(&Kept) -> &str| -> Vec<&str> { rollouts.iter().map(kept).collect() };
        let targets: Vec<Option<&str>> = rollouts.iter().map(|kept| kept.target.as_deref()).collect();
        let bodies: Vec<String> = rollouts.iter().map(|kept| serde_json::to_string(kept).unwrap_or_default()).collect();
        let repositories = |all: &[&Entry]| texts(all, |one| &one.account.repository);
        let environments = |all: &[&Entry]| texts(all, |one| &one.account.environment);
        let put_entries: [&(dyn ToSql + Sync); 7] = [
            &repositories(&all),
            &environments(&all),
            &numbers(&all),
            &texts(&all, |one| &one.at),
            &texts(&all, |one| &one.body),
            &texts(&all, |one| &one.previous),
            &texts(&all, |one| &one.hash),
        ];
        let put_heads: [&(dyn ToSql + Sync); 5] = [
            &repositories(&newest),
            &environments(&newest),
            &numbers(&newest),
            &texts(&newest, |one| &one.at),
            &texts(&newest, |one| &one.hash),
        ];
        let put_rollouts: [&(dyn ToSql + Sync); 4] =
            [&of(|kept| &kept.id), &of(|kept| &kept.repository), &targets, &bodies];
        let put_words: [&(dyn ToSql + Sync); 3] = [
            &words.iter().map(|word| word.id.as_str()).collect::<Vec<_>>(),
            &words.iter().map(|word| word.repository.as_str()).collect::<Vec<_>>(),
            &words.iter().map(|word| serde_json::to_string(word).unwrap_or_default()).collect::<Vec<_>>(),
        ];
        let waits: Option<(&str, &str, String)> = wait
            .as_ref()
            .map(|one| (one.id.as_str(), one.repository.as_str(), serde_json::to_string(one).unwrap_or_default()));
        let put_wait = async {
            match &waits {
                Some((id, repository, body)) => self.ask(schema::PUT_WAITING, &[id, repository, body]).await,
                None => Ok(Vec::new()),
            }
        };
        let gone: [&(dyn ToSql + Sync); 1] = [leave];
        // Whoever has got a slot does not look whether something moves.
        let moved = async {
            match rollouts.is_empty() {
                true => self.moved(names).await,
                false => Ok(None),
            }
        };
        let said = self.put(words.is_empty(), schema::PUT_WORDS, &put_words);
        let writes = join5(
            self.put(entries.is_empty(), schema::PUT_ENTRIES, &put_entries),
            self.put(entries.is_empty(), schema::PUT_HEADS, &put_heads),
            self.put(rollouts.is_empty(), schema::PUT_ROLLOUTS, &put_rollouts),
            self.put(leave.is_empty(), schema::LEAVE, &gone),
            put_wait,
        );
        // Where a statement fails, COMMIT gives everything back.
        let (writes, said, (seen, committed)) =
            join3(writes, said, join(moved, self.client.batch_execute("COMMIT"))).await;
        for write in [writes.0, writes.1, writes.2, writes.3, writes.4, said] {
            write?;
        }
        let seen = seen?;
        committed?;
        Ok(seen)
    }

    async fn put(&self, nothing: bool, text: &'static str, parameters: Parameters<'_>) -> Result<Vec<Row>, Error> {
        match nothing {
            true => Ok(Vec::new()),
            false => self.ask(text, parameters).await,
        }
    }

    /// A text that changes whenever something in the scope does.
    pub(super) async fn moved(&self, names: &Names) -> Result<Option<String>, Error> {
        let Some((repositories, targets)) = names else { return Ok(None) };
        let (repositories, targets): (Vec<&str>, Vec<&str>) =
            (repositories.iter().map(String::as_str).collect(), targets.iter().map(String::as_str).collect());
        let rows = self.ask(schema::MOVED, &[&repositories, &targets]).await?;
        Ok(rows.first().map(|row| row.get(0)))
    }

    /// Whether an entry is there; asked under the locks of its scope, when nobody can still be writing it.
    pub(super) async fn is_written(&self, entry: &Entry) -> Result<bool, Error> {
        let Account { repository, environment } = &entry.account;
        let number = i64::try_from(entry.number).unwrap_or(i64::MAX);
        Ok(!self.ask(schema::IS_WRITTEN, &[repository, environment, &number, &entry.hash]).await?.is_empty())
    }

    /// The repository of a rollout, and its target.
    pub(super) async fn whose(&self, id: &str) -> Result<Option<(String, Option<String>)>, Error> {
        let rows = self.ask(schema::WHOSE, &[&id]).await?;
        Ok(rows.first().map(|row| (row.get(0), row.get(1))))
    }

    /// The entries after one, so many at a time, and the place of the last.
    pub(super) async fn entries(&self, after: i64) -> Result<Option<(Vec<Entry>, i64)>, Error> {
        let rows = self.ask(schema::ENTRIES, &[&after]).await?;
        let entry = |row: &Row| Entry {
            account: Account { repository: row.get(0), environment: row.get(1) },
            number: u64::try_from(row.get::<_, i64>(2)).unwrap_or_default(),
            at: row.get(3),
            body: row.get(4),
            previous: row.get(5),
            hash: row.get(6),
        };
        Ok(rows.last().map(|last| (rows.iter().map(entry).collect(), last.get(7))))
    }

    /// Who has a lock of this scope.
    pub(super) async fn holder(&self, names: &Names) -> Result<Option<String>, Error> {
        let mut wanted = names.as_ref().map(keys).unwrap_or_default();
        wanted.push(ALL);
        Ok(self.ask(schema::HOLDER, &[&wanted]).await?.first().map(|row| row.get(0)))
    }
}
