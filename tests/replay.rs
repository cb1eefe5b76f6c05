//! Laws of a replay: its schedule satisfies the policy, wastes no opening, loses no push, and sees nothing to come.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;
use deploy_rhythm::engine::decision::Verdict;
use deploy_rhythm::engine::evaluate::evaluate;
use deploy_rhythm::engine::event::{CommitId, Deployment, DeploymentState, Instant, Landing, Precision};
use deploy_rhythm::engine::facts::{Batch, BatchLanding, DeployRequest, Facts, Pushes};
use deploy_rhythm::engine::history::{Future, Rollouts};
use deploy_rhythm::engine::lane::LaneRequest;
use deploy_rhythm::engine::pace::Pace;
use deploy_rhythm::engine::policy::{EnvironmentPolicy, Fetched, Origin, load};
use deploy_rhythm::engine::replay::{Paced, Past, Replay, replay};
use proptest::prelude::*;

const RULES: [&str; 14] = [
    "no-overlap: {drain: 70s}",
    "no-overlap: {}",
    "max-frequency: {deploys: 2, per: 1h}",
    "max-frequency: {deploys: 3, per: day}",
    "min-interval: 30m",
    "min-interval: {after-finish: 20m}",
    "min-interval: {since-start: 7m}",
    "failure-cooldown: 45m",
    "push-frequency: {pushes: 4, per: 1h}",
    "deployment-window: {days: mon-fri, from: \"09:00\", to: \"16:30\"}",
    "freeze: {days: [sun], from: \"01:30\", to: \"03:30\"}",
    "batch-size: {min-commits: 2, max-wait: 2h, max-commits: 9}",
    "batch-size: {max-commits: 6}",
    "fix-chain: {fixes: 3, within: 2h}",
];

/// A Saturday in March 2026, before the clocks of Paris go forward.
const START: i64 = 1_774_656_000;

/// A push: seconds after the one before, commits, whether it looks like a fix.
type Step = (i64, u32, bool);

fn policy(chosen: &[(usize, usize)]) -> EnvironmentPolicy {
    let mut text = String::from("version: 1\ntimezone: Europe/Paris\nenvironments:\n  production:\n");
    for (key, level) in ["hard-mandatory", "soft-mandatory", "advisory"].iter().zip(0..) {
        text.push_str(&format!("    {key}:\n"));
        for (rule, _) in chosen.iter().filter(|(_, chosen)| *chosen == level) {
            text.push_str(&format!("      - {}\n", RULES[*rule]));
        }
    }
    let top = Fetched { name: "policy.yml".into(), origin: Origin::File, bytes: text.into() };
    let policy = load(top, &mut |name| Err(name.to_owned())).expect("a valid policy");
    policy.environment("production").expect("named")
}

fn pushes(steps: &[Step]) -> (Vec<Landing>, Vec<u32>) {
    let mut at = START;
    let landing = |(index, (step, _, fix)): (usize, &Step)| {
        at += step;
        Landing {
            commit: CommitId::new(&format!("p{index}")),
            subject: if *fix { "Fix it" } else { "Change" }.into(),
            at: Instant::from_timestamp(at, 0).expect("an instant"),
            precision: Precision::Recorded,
            files: vec![if index % 3 == 0 { "a" } else { "b" }.to_owned()],
        }
    };
    (steps.iter().enumerate().map(landing).collect(), steps.iter().map(|(_, commits, _)| *commits).collect())
}

fn play(policy: &EnvironmentPolicy, landings: &[Landing], commits: &[u32], takes: TimeDelta) -> Replay {
    replay(policy, &BTreeMap::new(), Past { landings, commits }, takes, |_| {})
}

/// The facts at an instant, made anew from the rollouts that had started and the pushes that had come.
fn facts(landings: &[Landing], commits: &[u32], started: &[&Paced], push: usize, at: Instant) -> Facts {
    let record = |(index, rollout): (usize, &&Paced)| Deployment {
        id: index.to_string().into(),
        environment: "production".into(),
        commit: Some(landings[rollout.push].commit.clone()),
        revision: None,
        state: DeploymentState::Success,
        started_at: rollout.at,
        finished_at: Some(rollout.finished_at),
        run: None,
        actor: None,
        url: None,
        precision: Precision::Recorded,
    };
    let rollouts =
        Arc::new(Rollouts::as_of(started.iter().enumerate().map(record).collect(), at, Future::Unseen, None));
    let shipped = started.iter().filter(|rollout| rollout.finished_at <= at).map(|rollout| rollout.push).max();
    let first = shipped.map_or(0, |push| push + 1);
    let brought = |index: usize| BatchLanding { landing: landings[index].clone(), commits: commits[index] as usize };
    let request = DeployRequest {
        environment: "production".into(),
        commit: landings[push].commit.clone(),
        lane: LaneRequest::Found,
    };
    let known = landings.iter().filter(|landing| landing.at <= at).cloned().collect();
    Facts {
        rollouts: Ok(rollouts.clone()),
        own_rollouts: Ok(rollouts),
        pushes: Ok(Pushes { landings: known, complete_since: None, requested_landed: true }),
        batch: Ok(Batch {
            base: shipped.map(|push| landings[push].commit.clone()),
            landings: (first..=push).map(brought).collect(),
            shipped: landings[..first].to_vec(),
            complete_since: None,
        }),
        ancestry: Ok(None),
        ..Facts::unread(request)
    }
}

/// The newest push that waits at an instant and whose batch fits.
fn candidate(landings: &[Landing], commits: &[u32], started: &[&Paced], most: usize, at: Instant) -> Option<usize> {
    let waiting = started.iter().map(|rollout| rollout.push + 1).max().unwrap_or(0);
    let shipped = started.iter().filter(|rollout| rollout.finished_at <= at).map(|rollout| rollout.push + 1).max();
    let came = landings.iter().filter(|landing| landing.at <= at).count();
    let size =
        |push: usize| -> usize { commits[shipped.unwrap_or(0)..=push].iter().map(|commits| *commits as usize).sum() };
    // Before the first success no batch is measured.
    (waiting..came).filter(|push| shipped.is_none() || *push == waiting || size(*push) <= most).max()
}

fn approves(policy: &EnvironmentPolicy, facts: &Facts, at: Instant) -> bool {
    evaluate(policy, facts, at).verdict == Verdict::Approve
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let gap = prop_oneof![3 => 0..90_i64, 4 => 60..2_400_i64, 1 => 3_600..200_000_i64];
    prop::collection::vec((gap, 1..5_u32, any::<bool>()), 1..40)
}

fn rules() -> impl Strategy<Value = Vec<(usize, usize)>> {
    prop::collection::vec((0..RULES.len(), 0..3_usize), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_schedule_satisfies_its_policy(chosen in rules(), steps in steps(), takes in 0..2_000_i64) {
        let (policy, (landings, commits)) = (policy(&chosen), pushes(&steps));
        let played = play(&policy, &landings, &commits, TimeDelta::seconds(takes));
        for (index, rollout) in played.rollouts.iter().enumerate() {
            let started: Vec<&Paced> = played.rollouts[..index].iter().collect();
            let facts = facts(&landings, &commits, &started, rollout.push, rollout.at);
            prop_assert!(approves(&policy, &facts, rollout.at), "rollout {index} of {:?}", played.rollouts);
            prop_assert!(landings[rollout.push].at <= rollout.at);
            let earlier = played.rollouts[..index].iter().collect::<Vec<_>>();
            let most = Pace::of(&policy).most_together();
            prop_assert_eq!(Some(rollout.push), candidate(&landings, &commits, &earlier, most, rollout.at));
            let batch: usize = facts.batch.map(|batch| batch.size()).unwrap_or_default();
            prop_assert_eq!(rollout.batch, batch as u64);
        }
    }

    #[test]
    fn every_push_is_in_one_rollout_or_said_to_be_stuck(chosen in rules(), steps in steps(), takes in 0..2_000_i64) {
        let (policy, (landings, commits)) = (policy(&chosen), pushes(&steps));
        let played = play(&policy, &landings, &commits, TimeDelta::seconds(takes));
        let mut next = 0;
        for rollout in &played.rollouts {
            prop_assert_eq!(rollout.first, next);
            next = rollout.push + 1;
        }
        prop_assert_eq!(played.waits.len(), next);
        prop_assert_eq!(played.stuck.map(|stuck| stuck.first), (next < landings.len()).then_some(next));
    }

    /// By brute force: at no instant at which something happens, and at no full minute, may one go that does not.
    #[test]
    fn no_opening_is_wasted(chosen in rules(), steps in steps(), takes in 1..2_000_i64) {
        let (policy, (landings, commits)) = (policy(&chosen), pushes(&steps));
        let played = play(&policy, &landings, &commits, TimeDelta::seconds(takes));
        let most = Pace::of(&policy).most_together();
        let last = landings.last().map_or(START, |landing| landing.at.timestamp());
        let mut instants: Vec<i64> = landings.iter().map(|landing| landing.at.timestamp()).collect();
        instants.extend(played.rollouts.iter().flat_map(|one| [one.finished_at.timestamp(), one.at.timestamp() - 1]));
        instants.extend((START..last.min(START + 400_000)).step_by(600));
        for at in instants.into_iter().filter_map(|second| Instant::from_timestamp(second, 0)) {
            let started: Vec<&Paced> = played.rollouts.iter().take_while(|rollout| rollout.at <= at).collect();
            if let Some(push) = candidate(&landings, &commits, &started, most, at) {
                let facts = facts(&landings, &commits, &started, push, at);
                prop_assert!(!approves(&policy, &facts, at), "{push} may go at {at}: {:?}", played.rollouts);
            }
        }
    }

    #[test]
    fn nothing_to_come_is_seen(chosen in rules(), steps in steps(), takes in 0..2_000_i64, cut in 1..40_usize) {
        let (policy, (landings, commits)) = (policy(&chosen), pushes(&steps));
        let takes = TimeDelta::seconds(takes);
        let cut = cut.min(landings.len());
        let whole = play(&policy, &landings, &commits, takes);
        let part = play(&policy, &landings[..cut], &commits[..cut], takes);
        let until = landings.get(cut).map_or(Instant::MAX_UTC, |landing| landing.at);
        let before = |replay: &Replay| -> Vec<Paced> {
            replay.rollouts.iter().copied().filter(|rollout| rollout.at < until).collect()
        };
        prop_assert_eq!(before(&whole), before(&part));
    }
}
