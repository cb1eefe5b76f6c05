//! The tables of a ledger in PostgreSQL, in a schema of their own, and how they come about.

use tokio_postgres::{Client, Error};

/// The newest form of the tables that this release knows.
pub(super) const FORM: i64 = 1;

/// The lock of everything: "dRhy". Each judgement shares it; to change the tables takes it alone.
pub(super) const ALL: i64 = 0x6452_6879;

/// The steps from one form to the next, forwards only.
///
/// `change` tells what came since the last look. Whoever may write a row holds the lock of its repository or target, so that
/// in the scope of one lock the numbers come in the order in which they are seen.
const STEPS: [&str; 1] = ["
    CREATE TABLE deploy_rhythm.meta (key text PRIMARY KEY, value text NOT NULL);
    CREATE SEQUENCE deploy_rhythm.changes;
    CREATE TABLE deploy_rhythm.entries (
        seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, repository text NOT NULL, environment text NOT NULL,
        number bigint NOT NULL, at text NOT NULL, body text NOT NULL, previous text NOT NULL, hash text NOT NULL,
        UNIQUE (repository, environment, number)
    );
    CREATE TABLE deploy_rhythm.heads (
        repository text NOT NULL, environment text NOT NULL, number bigint NOT NULL, at text NOT NULL, hash text NOT NULL,
        PRIMARY KEY (repository, environment)
    );
    CREATE TABLE deploy_rhythm.rollouts (
        id text PRIMARY KEY, repository text NOT NULL, target text, change bigint NOT NULL, body text NOT NULL
    );
    CREATE INDEX ON deploy_rhythm.rollouts (repository, change);
    CREATE INDEX ON deploy_rhythm.rollouts (target, change) WHERE target IS NOT NULL;
    CREATE TABLE deploy_rhythm.waiting (
        id text PRIMARY KEY, repository text NOT NULL, seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY, change bigint NOT NULL,
        body text NOT NULL
    );
    CREATE INDEX ON deploy_rhythm.waiting (repository);
    CREATE TABLE deploy_rhythm.words (id text PRIMARY KEY, repository text NOT NULL, body text NOT NULL);
    CREATE INDEX ON deploy_rhythm.words (repository);
"];

/// What is in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    /// Tables of this form.
    Form(i64),
    /// A schema of this name that is no ledger.
    Foreign,
}

/// Looks what is there.
pub(super) async fn look(client: &Client) -> Result<Found, Error> {
    let place = client
        .query_one(
            "SELECT to_regclass('deploy_rhythm.meta') IS NOT NULL,
                EXISTS (SELECT FROM pg_catalog.pg_class WHERE relnamespace = to_regnamespace('deploy_rhythm'))",
            &[],
        )
        .await?;
    match (place.get(0), place.get(1)) {
        (false, false) => Ok(Found::Nothing),
        (false, true) => Ok(Found::Foreign),
        (true, _) => {
            let form = client.query_opt("SELECT value FROM deploy_rhythm.meta WHERE key = 'form'", &[]).await?;
            Ok(form.and_then(|row| row.get::<_, String>(0).parse().ok()).map_or(Found::Foreign, Found::Form))
        }
    }
}

/// Begins the tables or brings them forward, alone and in one transaction; what is newer or foreign stays as it is.
pub(super) async fn prepare(client: &Client) -> Result<Found, Error> {
    client.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await?;
    client.execute("SELECT pg_advisory_xact_lock($1)", &[&ALL]).await?;
    let found = look(client).await?;
    let from = match found {
        Found::Nothing => 0,
        Found::Form(form) if form < FORM => usize::try_from(form).unwrap_or_default(),
        _ => {
            client.batch_execute("ROLLBACK").await?;
            return Ok(found);
        }
    };
    // Where somebody made the schema, no right to make one is needed.
    let made = client.query_one("SELECT to_regnamespace('deploy_rhythm') IS NOT NULL", &[]).await?;
    if !made.get::<_, bool>(0) {
        client.batch_execute("CREATE SCHEMA deploy_rhythm").await?;
    }
    for step in &STEPS[from..] {
        client.batch_execute(step).await?;
    }
    let born = "INSERT INTO deploy_rhythm.meta
        VALUES ('born', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'))
        ON CONFLICT (key) DO NOTHING";
    client.batch_execute(born).await?;
    let form =
        "INSERT INTO deploy_rhythm.meta VALUES ('form', $1) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    client.execute(form, &[&FORM.to_string()]).await?;
    client.batch_execute("COMMIT").await?;
    Ok(Found::Form(FORM))
}

/// The statements of a session; each is prepared once.
pub(super) const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
pub(super) const BEGIN_READING: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
pub(super) const LOCK_ALONE: &str = "SELECT pg_advisory_xact_lock($1)";
pub(super) const LOCK_SHARED: &str = "SELECT pg_advisory_xact_lock_shared($1)";
/// In the order of the array: two who want the same locks never wait for each other.
pub(super) const LOCK_EACH: &str = "SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS wanted (key)";
pub(super) const CLOCK: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
    (SELECT value FROM deploy_rhythm.meta WHERE key = 'form'), (SELECT value FROM deploy_rhythm.meta WHERE key = 'born')";
pub(super) const ROLLOUTS: &str = "SELECT change, body FROM deploy_rhythm.rollouts
    WHERE (repository = ANY ($1::text[]) AND change > $3) OR (target = ANY ($2::text[]) AND change > $3)";
pub(super) const EVERY_ROLLOUT: &str = "SELECT change, body FROM deploy_rhythm.rollouts WHERE change > $1";
pub(super) const WAITING: &str =
    "SELECT body FROM deploy_rhythm.waiting WHERE $1::text[] IS NULL OR repository = ANY ($1) ORDER BY seq";
pub(super) const WORDS: &str = "SELECT body FROM deploy_rhythm.words WHERE $1::text[] IS NULL OR repository = ANY ($1)";
pub(super) const HEADS: &str = "SELECT repository, environment, number, at, hash FROM deploy_rhythm.heads
    WHERE $1::text[] IS NULL OR repository = ANY ($1)";
pub(super) const MOVED: &str = "SELECT concat(
    (SELECT max(change) FROM deploy_rhythm.rollouts WHERE repository = ANY ($1::text[])), ' ',
    (SELECT max(change) FROM deploy_rhythm.rollouts WHERE target = ANY ($2::text[])), ' ',
    (SELECT concat(count(*), ' ', max(change)) FROM deploy_rhythm.waiting WHERE repository = ANY ($1)), ' ',
    (SELECT sum(number) FROM deploy_rhythm.heads WHERE repository = ANY ($1)))";
pub(super) const PUT_ENTRIES: &str = "INSERT INTO deploy_rhythm.entries
    (repository, environment, number, at, body, previous, hash)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[])";
pub(super) const PUT_HEADS: &str = "INSERT INTO deploy_rhythm.heads
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[])
    ON CONFLICT (repository, environment) DO UPDATE SET number = excluded.number, at = excluded.at, hash = excluded.hash";
/// An id that is another repository's already is not taken from it: the missing name fails the transaction.
pub(super) const PUT_ROLLOUTS: &str = "INSERT INTO deploy_rhythm.rollouts
    SELECT id, repository, target, nextval('deploy_rhythm.changes'), body
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS kept (id, repository, target, body)
    ON CONFLICT (id) DO UPDATE SET change = excluded.change, body = excluded.body,
        repository = CASE rollouts.repository WHEN excluded.repository THEN excluded.repository END";
pub(super) const PUT_WAITING: &str = "INSERT INTO deploy_rhythm.waiting (id, repository, change, body)
    VALUES ($1, $2, nextval('deploy_rhythm.changes'), $3)
    ON CONFLICT (id) DO UPDATE SET change = excluded.change, body = excluded.body";
/// As above: what is another repository's is not taken from it.
pub(super) const PUT_WORDS: &str = "INSERT INTO deploy_rhythm.words
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS said (id, repository, body)
    ON CONFLICT (id) DO UPDATE SET body = excluded.body,
        repository = CASE words.repository WHEN excluded.repository THEN excluded.repository END";
pub(super) const LEAVE: &str = "DELETE FROM deploy_rhythm.waiting WHERE id = ANY ($1::text[])";
pub(super) const WHOSE: &str = "SELECT repository, target FROM deploy_rhythm.rollouts WHERE id = $1";
pub(super) const IS_WRITTEN: &str = "SELECT FROM deploy_rhythm.entries
    WHERE repository = $1 AND environment = $2 AND number = $3 AND hash = $4";
pub(super) const ENTRIES: &str = "SELECT repository, environment, number, at, body, previous, hash, seq
    FROM deploy_rhythm.entries WHERE seq > $1 ORDER BY seq LIMIT 2000";
/// Who has one of these locks; whoever has it alone comes first.
pub(super) const HOLDER: &str = "SELECT concat('process ', pid, ' of the server (', application_name,
        ') for ', usename, coalesce(' from ' || host(client_addr), ''))
    FROM pg_catalog.pg_locks JOIN pg_catalog.pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid <> pg_backend_pid()
        AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
        AND ((classid::bigint << 32) | objid::bigint) = ANY ($1::bigint[])
    ORDER BY mode = 'ExclusiveLock' DESC, xact_start LIMIT 1";
/// What each session needs.
pub(super) const STATEMENTS: [&str; 20] = [
    LOCK_ALONE,
    LOCK_SHARED,
    LOCK_EACH,
    CLOCK,
    ROLLOUTS,
    EVERY_ROLLOUT,
    WAITING,
    WORDS,
    HEADS,
    MOVED,
    PUT_ENTRIES,
    PUT_HEADS,
    PUT_ROLLOUTS,
    PUT_WAITING,
    PUT_WORDS,
    LEAVE,
    WHOSE,
    IS_WRITTEN,
    ENTRIES,
    HOLDER,
];
