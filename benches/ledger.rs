//! How long a reservation takes, by the rollouts in the ledger: lock, load, judge, append, and the disk's word for it.
//!
//! `cargo bench --bench ledger`: on the disk that holds `target`.

use std::path::{Path, PathBuf};

use chrono::TimeDelta;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use deploy_rhythm::engine::account::rollout_facts;
use deploy_rhythm::engine::decision::Verdict;
use deploy_rhythm::engine::evaluate::evaluate;
use deploy_rhythm::engine::event::{CommitId, Environment, Instant};
use deploy_rhythm::engine::facts::{DeployRequest, Facts};
use deploy_rhythm::engine::history::Future;
use deploy_rhythm::engine::lane::{Lane, LaneRequest};
use deploy_rhythm::engine::policy::{Fetched, Origin, Policy, load};
use deploy_rhythm::ledger::chain::Account;
use deploy_rhythm::ledger::entry::{Event, Kept, Stage};
use deploy_rhythm::ledger::sqlite::{PATIENCE, Sqlite};
use deploy_rhythm::ledger::{Change, LEDGER_ID, Ledger, RESERVED_FOR, State};

const POLICY: &str = "version: 1\nenvironments: {production: {hard-mandatory: [no-overlap: {}, max-frequency: {deploys: 3, per: 1h}]}}\n";

fn clock() -> Instant {
    Instant::UNIX_EPOCH + TimeDelta::days(20_000)
}

fn account() -> Account {
    Account { repository: ".".to_owned(), environment: "production".to_owned() }
}

fn kept(ledger: &State, stage: Stage, at: Instant) -> Kept {
    let started = (stage == Stage::Success).then_some(at);
    Kept {
        id: ledger.fresh_id(LEDGER_ID),
        repository: ".".to_owned(),
        environment: "production".to_owned(),
        target: None,
        commit: Some("4f2c".repeat(10)),
        revision: None,
        lane: Lane::Normal,
        reason: None,
        actor: Some("ada".to_owned()),
        url: None,
        run: None,
        decision: None,
        dirty: None,
        owner: None,
        stage,
        reserved_at: Some(at),
        expires_at: Some(at + RESERVED_FOR),
        started_at: started,
        finished_at: started,
        exit: None,
        told_at: None,
        glass: None,
    }
}

/// A ledger of so many rollouts, one a day.
fn filled(folder: &Path, count: i64) -> PathBuf {
    let path = folder.join(format!("of-{count}.sqlite"));
    let mut ledger = Sqlite::open(&path, clock, PATIENCE).expect("it opens");
    let recorded = |state: &State, day: i64| {
        let at = clock() - TimeDelta::days(count - day);
        let rollout = Kept { id: format!("{LEDGER_ID}{day:010}"), ..kept(state, Stage::Success, at) };
        (account(), Event::Recorded { rollout: Box::new(rollout) })
    };
    ledger
        .append(&mut |state| Change {
            events: (0..count).map(|day| recorded(state, day)).collect(),
            ..Change::default()
        })
        .expect("appended");
    path
}

fn reserve(ledger: &mut Sqlite, policy: &Policy) {
    let production = policy.environment(&Environment::from("production")).expect("named");
    ledger
        .append(&mut |state| {
            let records = state.deployments(None, "production", None, state.now);
            let accounts = rollout_facts(policy, &production, Ok(records), None, state.now, Future::ClocksDisagree);
            let commit = CommitId::new(&"4f2c".repeat(10));
            let request = DeployRequest { environment: "production".into(), commit, lane: LaneRequest::Found };
            let mut facts = Facts::unread(request);
            (facts.rollouts, facts.own_rollouts) = (accounts.rollouts, accounts.own_rollouts);
            assert_eq!(evaluate(&production, &facts, state.now).verdict, Verdict::Approve);
            let rollout = Box::new(kept(state, Stage::Reserved, state.now));
            Change::of(account(), Event::Reserved { rollout })
        })
        .expect("appended");
}

fn ledger(criterion: &mut Criterion) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let top = Fetched { name: "policy".into(), origin: Origin::File, bytes: POLICY.into() };
    let policy = load(top, &mut |_| Err("none".to_owned())).expect("a policy");
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
                    reserve(&mut ledger, &policy);
                    // To close it is no part of it.
                    ledger
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, ledger);
criterion_main!(benches);
