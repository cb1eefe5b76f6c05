//! Laws of the judgement, by random histories and policies.

use chrono::{DateTime, TimeDelta, Utc};
use deploy_rhythm::engine::account::rollout_facts;
use deploy_rhythm::engine::decision::{Decision, Level, Status, Verdict};
use deploy_rhythm::engine::evaluate::evaluate;
use deploy_rhythm::engine::event::{CommitId, Deployment, DeploymentState, Instant, Landing, Precision};
use deploy_rhythm::engine::facts::{Batch, BatchLanding, DeployRequest, Facts, Missing, Override, Pushes};
use deploy_rhythm::engine::history::Future;
use deploy_rhythm::engine::lane::{Lane, LaneRequest};
use deploy_rhythm::engine::policy::{Fetched, Origin, Policy, load};
use proptest::prelude::*;

/// Time goes in steps, so that events meet each other's bounds often.
const STEP: TimeDelta = TimeDelta::minutes(5);

fn instant(step: i64) -> Instant {
    let start: DateTime<Utc> = "2026-03-28T20:00:00Z".parse().expect("instant");
    start + STEP * i32::try_from(step).expect("few steps")
}

fn deployments() -> impl Strategy<Value = Vec<Deployment>> {
    let one = (0..200_i64, 0..12_i64, 0..5_usize, 0..4_u8, prop::option::of(0..4_u8));
    prop::collection::vec(one, 0..14).prop_map(|many| {
        let numbered = many.into_iter().enumerate();
        numbered
            .map(|(index, (start, length, state, commit, run))| {
                let state = [
                    DeploymentState::Success,
                    DeploymentState::Failure,
                    DeploymentState::InProgress,
                    DeploymentState::Inactive,
                    DeploymentState::Queued,
                ][state];
                Deployment {
                    id: index.to_string().into(),
                    environment: "production".into(),
                    commit: Some(CommitId::new(&format!("c{commit}"))),
                    revision: None,
                    state,
                    started_at: instant(start),
                    finished_at: (state.is_final() && length < 11).then(|| instant(start + length)),
                    run: run.map(|run| format!("{commit}-{run}").into()),
                    actor: None,
                    url: None,
                    precision: Precision::Recorded,
                }
            })
            .collect()
    })
}

const RULES: [&str; 11] = [
    "no-overlap: {drain: 10m, stale-after: 2h}",
    "no-overlap: {}",
    "max-frequency: {deploys: 2, per: 1h}",
    "max-frequency: {deploys: 3, per: day}",
    "min-interval: 30m",
    "min-interval: {after-finish: 20m}",
    "failure-cooldown: 45m",
    "push-frequency: {pushes: 2, per: 1h}",
    "deployment-window: {days: mon-fri, from: \"09:00\", to: \"16:30\"}",
    "freeze: {days: [sun], from: \"01:30\", to: \"03:30\"}",
    "batch-size: {min-commits: 2, max-wait: 2h, max-commits: 6}",
];

/// The chosen rules, each at its level: 0 hard-mandatory, 1 soft-mandatory, 2 advisory.
fn policy(chosen: &[(usize, usize)]) -> Policy {
    let mut text = String::from("version: 1\ntimezone: Europe/Paris\nenvironments:\n  production:\n");
    for (key, level) in ["hard-mandatory", "soft-mandatory", "advisory"].iter().zip(0..) {
        text.push_str(&format!("    {key}:\n"));
        for (rule, _) in chosen.iter().filter(|(_, chosen)| *chosen == level) {
            text.push_str(&format!("      - {}\n", RULES[*rule]));
        }
    }
    let top = Fetched { name: "policy.yml".into(), origin: Origin::File, bytes: text.into() };
    load(top, &mut |name| Err(name.to_owned())).expect("a valid policy")
}

fn rules() -> impl Strategy<Value = Vec<(usize, usize)>> {
    prop::collection::vec((0..RULES.len(), 0..3_usize), 1..5)
}

fn facts(policy: &Policy, records: &[Deployment], landings: &[i64], at: Instant, overrides: Vec<Override>) -> Facts {
    let environment = policy.environment("production").expect("named");
    let accounts = rollout_facts(policy, &environment, Ok(records.to_vec()), None, at, Future::Unseen);
    let mut sorted: Vec<i64> = landings.to_vec();
    sorted.sort_unstable();
    let landing = |(index, step): (usize, &i64)| Landing {
        commit: CommitId::new(&format!("p{index}")),
        subject: "Change".into(),
        at: instant(*step),
        precision: Precision::Recorded,
        files: Vec::new(),
    };
    let landings: Vec<Landing> = sorted.iter().enumerate().map(landing).filter(|landing| landing.at <= at).collect();
    let brought =
        landings.iter().rev().take(3).rev().cloned().map(|landing| BatchLanding { landing, commits: 1 }).collect();
    let missing = || Missing::new("not told", "tell");
    Facts {
        request: DeployRequest {
            environment: "production".into(),
            commit: CommitId::new("c9"),
            lane: LaneRequest::Asked(Lane::Normal),
        },
        rollouts: accounts.rollouts,
        own_rollouts: accounts.own_rollouts,
        elsewhere: accounts.elsewhere,
        pushes: Ok(Pushes { landings, complete_since: None, requested_landed: true }),
        batch: Ok(Batch {
            base: Some(CommitId::new("base")),
            landings: brought,
            shipped: Vec::new(),
            complete_since: None,
        }),
        ancestry: Ok(None),
        governance: Err(missing()),
        storage: Err(missing()),
        checks: Err(missing()),
        overrides,
        calendars: std::collections::BTreeMap::new(),
    }
}

fn judge(policy: &Policy, facts: &Facts, at: Instant) -> Decision {
    evaluate(&policy.environment("production").expect("named"), facts, at)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_order_of_records_is_irrelevant(records in deployments(), rules in rules(), at in 0..220_i64) {
        let (policy, at) = (policy(&rules), instant(at));
        let mut backwards = records.clone();
        backwards.reverse();
        let one = judge(&policy, &facts(&policy, &records, &[], at, Vec::new()), at);
        let two = judge(&policy, &facts(&policy, &backwards, &[], at, Vec::new()), at);
        prop_assert_eq!((one.verdict, one.next_approval), (two.verdict, two.next_approval));
        let messages = |decision: &Decision| decision.findings.iter().map(|finding| (finding.verdict, finding.until)).collect::<Vec<_>>();
        prop_assert_eq!(messages(&one), messages(&two));
    }

    #[test]
    fn another_mandatory_rule_never_makes_a_verdict_milder(records in deployments(), rules in rules(), more in (0..RULES.len(), 0..2_usize), landings in prop::collection::vec(0..220_i64, 0..6), at in 0..220_i64) {
        let at = instant(at);
        let fewer = policy(&rules);
        let before = judge(&fewer, &facts(&fewer, &records, &landings, at, Vec::new()), at);
        let mut all = rules.clone();
        all.push(more);
        let stricter = policy(&all);
        let after = judge(&stricter, &facts(&stricter, &records, &landings, at, Vec::new()), at);
        prop_assert!(after.verdict >= before.verdict);
        match (before.next_approval, after.next_approval) {
            (Some(before), Some(after)) => prop_assert!(after >= before),
            (None, Some(after)) => prop_assert!(false, "opens at {after} although a milder policy never does"),
            (_, None) => {}
        }
    }

    #[test]
    fn nothing_before_the_next_approval_approves_and_it_does(records in deployments(), rules in rules(), landings in prop::collection::vec(0..220_i64, 0..6), at in 0..220_i64) {
        let (policy, at) = (policy(&rules), instant(at));
        // What is known stays what was known at the first instant: nothing else happens.
        let facts = facts(&policy, &records, &landings, at, Vec::new());
        let decision = judge(&policy, &facts, at);
        prop_assert_eq!(decision.verdict == Verdict::Approve, decision.next_approval == Some(at));
        // Every bound lies on a step, so trying each step and the second before it is trying all.
        let end = decision.next_approval.unwrap_or(at + TimeDelta::days(8));
        let mut instant = at;
        while instant < end {
            for tried in [instant, (instant + STEP - TimeDelta::seconds(1)).min(end - TimeDelta::seconds(1))] {
                prop_assert!(judge(&policy, &facts, tried).verdict != Verdict::Approve, "approves at {tried}, before {end}");
            }
            instant += STEP;
        }
        if let Some(next) = decision.next_approval {
            prop_assert_eq!(judge(&policy, &facts, next).verdict, Verdict::Approve);
        }
    }

    #[test]
    fn judging_at_an_instant_sees_what_was_known_then(records in deployments(), rules in rules(), at in 0..220_i64) {
        let (policy, at) = (policy(&rules), instant(at));
        // What was known then, written out: later starts gone, later finishes not there yet.
        let known: Vec<Deployment> = records.iter().filter(|record| record.started_at <= at).cloned().map(|mut record| {
            if record.finished_at.is_some_and(|finish| finish > at) {
                record.finished_at = None;
                record.state = DeploymentState::InProgress;
            }
            record
        }).collect();
        let one = judge(&policy, &facts(&policy, &records, &[], at, Vec::new()), at);
        let two = judge(&policy, &facts(&policy, &known, &[], at, Vec::new()), at);
        prop_assert_eq!((one.verdict, one.next_approval), (two.verdict, two.next_approval));
        let said = |decision: &Decision| decision.findings.iter().map(|finding| finding.message.clone()).collect::<Vec<_>>();
        prop_assert_eq!(said(&one), said(&two));
    }

    #[test]
    fn an_override_never_touches_a_hard_rule(records in deployments(), rules in rules(), at in 0..220_i64) {
        let (policy, at) = (policy(&rules), instant(at));
        let leave = Override {
            environment: "production".into(),
            commit: CommitId::new("c9"),
            reason: "because".into(),
            author: "alice".into(),
            given_at: at - TimeDelta::minutes(1),
            expires_at: at + TimeDelta::hours(1),
        };
        let without = judge(&policy, &facts(&policy, &records, &[], at, Vec::new()), at);
        let with = judge(&policy, &facts(&policy, &records, &[], at, vec![leave]), at);
        for (before, after) in without.findings.iter().zip(&with.findings) {
            match before.level {
                Level::SoftMandatory => prop_assert_eq!(after.verdict, Verdict::Approve),
                Level::HardMandatory | Level::Advisory => {
                    prop_assert_eq!(before.verdict, after.verdict);
                    prop_assert!(after.status != Status::Overridden);
                }
            }
        }
    }

    #[test]
    fn no_rule_opens_before_its_own_until(records in deployments(), rules in rules(), landings in prop::collection::vec(0..220_i64, 0..6), at in 0..220_i64) {
        let (policy, at) = (policy(&rules), instant(at));
        let facts = facts(&policy, &records, &landings, at, Vec::new());
        let decision = judge(&policy, &facts, at);
        for (index, finding) in decision.findings.iter().enumerate() {
            let Some(until) = finding.until else { continue };
            prop_assert!(until > at);
            let mut instant = at;
            while instant < until {
                prop_assert!(judge(&policy, &facts, instant).findings[index].verdict != Verdict::Approve, "{} opens at {instant}, before {until}", finding.rule);
                instant += STEP * 3;
            }
        }
    }
}

proptest! {
    #[test]
    fn no_policy_makes_the_reader_panic(text in "(version: 1\n)?(.|\n){0,200}") {
        let top = Fetched { name: "policy.yml".into(), origin: Origin::File, bytes: text.into_bytes() };
        let _ = load(top, &mut |name| Err(name.to_owned()));
    }

    #[test]
    fn no_deploy_log_makes_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = deploy_rhythm::sources::log::parse("log", bytes.as_slice());
        let _ = deploy_rhythm::sources::kamal_audit::parse("audit", &bytes, deploy_rhythm::sources::kamal_audit::Extent::Tail);
    }
}
