//! How long a reservation takes, by the rollouts in the ledger: lock, load, judge, append, and the disk's word for it.
//!
//! `cargo bench --bench ledger`: on the disk that holds `target`. `FSYNC=on tests/with-postgres cargo bench --bench ledger`
//! tells, too, how many reservations a second one PostgreSQL server takes from 16 clients that stay connected.

use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use chrono::TimeDelta;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use deploy_rhythm::engine::account::rollout_facts;
use deploy_rhythm::engine::decision::Verdict;
use deploy_rhythm::engine::evaluate::evaluate;
use deploy_rhythm::engine::event::{CommitId, Environment, Instant};
use deploy_rhythm::engine::facts::{DeployRequest, Facts};
use deploy_rhythm::engine::history::Future;
use deploy_rhythm::engine::lane::LaneRequest;
use deploy_rhythm::engine::policy::{Fetched, Origin, Policy, load};
use deploy_rhythm::ledger::chain::Account;
use deploy_rhythm::ledger::entry::{Event, Kept, Stage};
use deploy_rhythm::ledger::postgres::{Address, Postgres};
use deploy_rhythm::ledger::sqlite::{PATIENCE, Sqlite};
use deploy_rhythm::ledger::{Change, LEDGER_ID, Ledger, RESERVED_FOR, Scope, State};

const POLICY: &str = "version: 1\nenvironments: {production: {hard-mandatory: [no-overlap: {}, max-frequency: {deploys: 3, per: 1h}]}}\n";

fn clock() -> Instant {
    Instant::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn account(repository: &str) -> Account {
    Account { repository: repository.to_owned(), environment: "production".to_owned() }
}

fn kept(ledger: &State, repository: &str, stage: Stage, at: Instant) -> Kept {
    let started = (stage == Stage::Success).then_some(at);
    Kept {
        commit: Some("4f2c".repeat(10)),
        actor: Some("ada".to_owned()),
        reserved_at: Some(at),
        expires_at: Some(at + RESERVED_FOR),
        started_at: started,
        finished_at: started,
        ..Kept::new(ledger.fresh_id(LEDGER_ID), &account(repository), stage)
    }
}

/// A ledger of so many rollouts, one a day.
fn filled(folder: &Path, count: i64) -> PathBuf {
    let path = folder.join(format!("of-{count}.sqlite"));
    fill(&mut Sqlite::open(&path, clock, PATIENCE).expect("it opens"), ".", count);
    path
}

fn fill(ledger: &mut dyn Ledger, repository: &str, count: i64) {
    let recorded = |state: &State, day: i64| {
        let at = state.now - TimeDelta::days(count - day);
        let id = format!("{LEDGER_ID}{repository}{day:010}");
        let rollout = Kept { id, ..kept(state, repository, Stage::Success, at) };
        (account(repository), Event::Recorded { rollout: Box::new(rollout) })
    };
    ledger
        .append(&mut |state| Change {
            events: (0..count).map(|day| recorded(state, day)).collect(),
            ..Change::default()
        })
        .expect("appended");
}

fn reserve(ledger: &mut dyn Ledger, repository: &str, policy: &Policy) {
    let production = policy.environment(&Environment::from("production")).expect("named");
    ledger
        .append(&mut |state| {
            let records = state.deployments(Some(repository), "production", None, state.now);
            let accounts = rollout_facts(policy, &production, Ok(records), None, state.now, Future::ClocksDisagree);
            let commit = CommitId::new(&"4f2c".repeat(10));
            let request = DeployRequest { environment: "production".into(), commit, lane: LaneRequest::Found };
            let mut facts = Facts::unread(request);
            (facts.rollouts, facts.own_rollouts) = (accounts.rollouts, accounts.own_rollouts);
            assert_eq!(evaluate(&production, &facts, state.now).verdict, Verdict::Approve);
            let rollout = Box::new(kept(state, repository, Stage::Reserved, state.now));
            Change::of(account(repository), Event::Reserved { rollout })
        })
        .expect("appended");
}

fn read(policy: &str) -> Policy {
    let top = Fetched { name: "policy".into(), origin: Origin::File, bytes: policy.into() };
    load(top, &mut |_| Err("none".to_owned())).expect("a policy")
}

/// How many reservations a second clients get that ask without a pause, each for a repository of 200 rollouts or all for one.
#[expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a measurement takes time, and is told")]
fn clients(_: &mut Criterion) {
    const CLIENTS: u64 = 16;
    const SPAN: Duration = Duration::from_secs(5);
    let Some(address) = std::env::var_os("DEPLOY_RHYTHM_TEST_POSTGRES").and_then(|address| address.into_string().ok())
    else {
        return;
    };
    let address = Address::read(&address).expect("an address");
    let policy = read(
        "version: 1\nenvironments: {production: {hard-mandatory: [max-frequency: {deploys: 1000000, per: 1h}]}}\n",
    );
    for (round, each) in [true, true, true, true, true, false, false, false].into_iter().enumerate() {
        let start = Barrier::new(usize::try_from(CLIENTS).unwrap_or_default());
        let ask = |client: u64| {
            let repository = format!("{round}-{}", if each { client } else { 0 });
            let mut ledger = Postgres::open(&address).expect("it opens");
            ledger.narrow(Scope::of(&repository, None));
            if each || client == 0 {
                fill(&mut ledger, &repository, 200);
            }
            start.wait();
            let (begun, mut taken) = (std::time::Instant::now(), 0);
            while begun.elapsed() < SPAN {
                reserve(&mut ledger, &repository, &policy);
                taken += 1;
            }
            taken
        };
        let taken: u64 = thread::scope(|scope| {
            let ask = &ask;
            let all: Vec<_> = (0..CLIENTS).map(|client| scope.spawn(move || ask(client))).collect();
            all.into_iter().map(|one| one.join().expect("it ends")).sum()
        });
        let of = if each { "a repository each" } else { "one repository" };
        println!("PostgreSQL, {CLIENTS} clients, {of}: {} reservations a second", taken / SPAN.as_secs());
    }
}

fn ledger(criterion: &mut Criterion) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let policy = read(POLICY);
    let mut number = 0;
    let mut group = criterion.benchmark_group("a durable reservation");
    for count in [200, 2_000] {
        let path = filled(folder.path(), count);
        group.bench_function(format!("among {count} rollouts"), |bencher| {
            bencher.iter_batched(
                || {
                    number += 1;
                    let copy = folder.path().join(format!("{number}.sqlite"));
                    std::fs::copy(&path, &copy).expect("a copy");
                    Sqlite::open(&copy, clock, PATIENCE).expect("it opens")
                },
                |mut ledger| {
                    reserve(&mut ledger, ".", &policy);
                    // To close it is no part of it.
                    ledger
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, ledger, clients);
criterion_main!(benches);
