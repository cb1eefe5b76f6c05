//! How fast a deploy log is read, and how long one judgement takes.
//!
//! `cargo bench --bench judge`: a million lines; then one evaluation over them.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use deploy_rhythm::engine::account::rollout_facts;
use deploy_rhythm::engine::evaluate::evaluate;
use deploy_rhythm::engine::event::{CommitId, Instant};
use deploy_rhythm::engine::facts::{DeployRequest, Facts, Missing};
use deploy_rhythm::engine::history::Future;
use deploy_rhythm::engine::lane::LaneRequest;
use deploy_rhythm::engine::policy::{Fetched, Origin, load};
use deploy_rhythm::sources::log;

const LINES: u32 = 1_000_000;

/// A deploy every ten minutes.
fn text() -> String {
    let start: Instant = "2000-01-01T00:00:00Z".parse().expect("an instant");
    let mut text = String::new();
    for line in 0..LINES {
        let at = start + chrono::TimeDelta::minutes(10) * i32::try_from(line).expect("few lines");
        let end = at + chrono::TimeDelta::minutes(2);
        text.push_str(&format!(
            r#"{{"id": "{line}", "environment": "production", "commit": "{line:040x}", "state": "success", "started_at": "{}", "finished_at": "{}", "run": "{line}", "actor": "alice"}}"#,
            at.format("%Y-%m-%dT%H:%M:%SZ"),
            end.format("%Y-%m-%dT%H:%M:%SZ"),
        ));
        text.push('\n');
    }
    text
}

fn judge(criterion: &mut Criterion) {
    let text = text();
    let mut group = criterion.benchmark_group("deploy log");
    group.sample_size(10).throughput(Throughput::Elements(LINES.into()));
    group.bench_function("read a million lines", |bencher| bencher.iter(|| log::parse("log", text.as_bytes())));
    group.finish();

    let records = log::parse("log", text.as_bytes()).expect("a valid log");
    let at = records.last().expect("a line").started_at;
    let policy = "version: 1\nenvironments:\n  production:\n    hard-mandatory: [no-overlap]\n    soft-mandatory:\n      - max-frequency: {deploys: 3, per: 1h}\n      - min-interval: {after-finish: 15m}\n      - failure-cooldown: 15m\n";
    let top = Fetched { name: "policy.yml".into(), origin: Origin::File, bytes: policy.into() };
    let policy = load(top, &mut |name| Err(name.to_owned())).expect("a valid policy");
    let environment = policy.environment("production").expect("named");
    let accounts = rollout_facts(&policy, &environment, Ok(records), None, at, Future::Unseen);
    let missing = || Missing::new("not read", "not needed");
    let facts = Facts {
        request: DeployRequest {
            environment: "production".into(),
            commit: CommitId::new("c"),
            lane: LaneRequest::Found,
        },
        rollouts: accounts.rollouts,
        own_rollouts: accounts.own_rollouts,
        elsewhere: accounts.elsewhere,
        pushes: Err(missing()),
        batch: Err(missing()),
        ancestry: Ok(None),
        governance: Err(missing()),
        storage: Err(missing()),
        checks: Err(missing()),
        overrides: Vec::new(),
        calendars: std::collections::BTreeMap::new(),
    };
    criterion.bench_function("one evaluation over a million rollouts", |bencher| {
        bencher.iter(|| evaluate(&environment, &facts, at));
    });
}

criterion_group!(benches, judge);
criterion_main!(benches);
