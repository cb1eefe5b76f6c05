//! The law of strictness: what the stricter rule lets go, the other lets go too, by random rules and histories.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use deploy_rhythm::engine::decision::Gate;
use deploy_rhythm::engine::event::{CommitId, Deployment, DeploymentState, Instant, Landing, Precision};
use deploy_rhythm::engine::facts::{Batch, BatchLanding, CheckState, DeployRequest, Facts, OutsideFinding, Pushes};
use deploy_rhythm::engine::history::{Future, Rollouts};
use deploy_rhythm::engine::lane::{Lane, LaneRequest};
use deploy_rhythm::engine::policy::reader::Problems;
use deploy_rhythm::engine::policy::yaml;
use deploy_rhythm::engine::rules::storage_topology::Severity;
use deploy_rhythm::engine::rules::{Rule, RuleId};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde_json::Value as Json;

/// The pairs tried; each is asked at several instants of its history.
const PAIRS: u32 = 20_000;

/// Steps of five minutes, so that events meet bounds often; the clocks change twice among them.
fn instant(step: i64) -> Instant {
    let spring: DateTime<Utc> = "2026-03-28T20:00:00Z".parse().expect("instant");
    let autumn: DateTime<Utc> = "2026-10-24T20:00:00Z".parse().expect("instant");
    let from = if step < 200 { spring } else { autumn - TimeDelta::minutes(5 * 200) };
    from + TimeDelta::minutes(5) * i32::try_from(step).expect("few steps")
}

/// Reads a rule, its local times in a zone.
fn rule(id: RuleId, text: &str, zone: Tz) -> Rule {
    let yaml = yaml::parse(format!("rule: {text}").as_bytes()).expect("YAML");
    let yaml::Value::Map(entries) = yaml.value else { panic!("a map") };
    let mut problems = Problems::default();
    let mut rule = id.parse(&entries[0].1, &mut problems).unwrap_or_else(|| panic!("{text}: {problems:?}"));
    if let Some(bound) = rule.zone() {
        *bound = Some(zone);
    }
    rule
}

const DAYS: [&str; 6] = ["mon-sun", "mon-fri", "sat-sun", "sun", "[sat, sun, mon]", "[mon, sat]"];
const TIMES: [&str; 9] = ["00:00", "00:30", "01:00", "02:00", "02:30", "03:00", "09:00", "22:00", "24:00"];

fn weekly() -> impl Strategy<Value = String> {
    (0..DAYS.len(), 0..TIMES.len() - 1, 1..TIMES.len()).prop_map(|(days, from, to)| {
        let to = if to == from { TIMES.len() - 1 } else { to };
        format!("{{days: {}, from: \"{}\", to: \"{}\"}}", DAYS[days], TIMES[from], TIMES[to])
    })
}

/// A duration of a few steps, one of hours among them, or so.
fn length() -> impl Strategy<Value = String> {
    prop_oneof![5 => (1..12_u32).prop_map(|steps| format!("{}m", steps * 5)), 1 => (1..30_u32).prop_map(|hours| format!("{hours}h"))]
}

/// A rule of a kind, as its parameters.
fn of(id: RuleId) -> BoxedStrategy<(RuleId, String)> {
    let text = match id {
        RuleId::NoOverlap => (length(), length()).prop_map(|(drain, stale)| format!("{{drain: {drain}, stale-after: {stale}}}")).boxed(),
        RuleId::MaxFrequency => {
            let per = prop_oneof![3 => length(), 1 => Just("day".to_owned()), 1 => Just("week".to_owned()), 1 => Just("month".to_owned())];
            (1..4_usize, per).prop_map(|(deploys, per)| format!("{{deploys: {deploys}, per: {per}}}")).boxed()
        }
        RuleId::MinInterval => prop_oneof![length().prop_map(|length| format!("{{since-start: {length}}}")), length().prop_map(|length| format!("{{after-finish: {length}}}"))].boxed(),
        RuleId::FailureCooldown => length().boxed(),
        RuleId::PushFrequency => (1..4_usize, length()).prop_map(|(pushes, per)| format!("{{pushes: {pushes}, per: {per}}}")).boxed(),
        RuleId::BatchSize => (1..6_usize, 0..4_usize, length(), 0..4_u8).prop_map(|(least, more, wait, shape)| match shape {
            0 => format!("{{min-commits: {least}}}"),
            1 => format!("{{max-commits: {}}}", least + more),
            2 => format!("{{min-commits: {least}, max-wait: {wait}}}"),
            _ => format!("{{min-commits: {least}, max-commits: {}, max-wait: {wait}}}", least + more),
        }).boxed(),
        RuleId::FixChain => (1..4_usize, length()).prop_map(|(fixes, within)| format!("{{fixes: {fixes}, within: {within}}}")).boxed(),
        RuleId::DeploymentWindow => prop::collection::vec(weekly(), 1..3).prop_map(|windows| format!("[{}]", windows.join(", "))).boxed(),
        RuleId::Freeze => prop_oneof![
            3 => weekly(),
            1 => (27..30_u32, 0..2_u32).prop_map(|(from, more)| format!("{{from: 2026-03-{from}, to: 2026-03-{}}}", from + more)),
            1 => (18..23_u32, 0..3_u32).prop_map(|(from, more)| format!("{{from: \"2026-03-28T{from}:00:00Z\", to: 2026-03-{}}}", 29 + more.min(2))),
        ].boxed(),
        RuleId::SoakTime => (prop::sample::select(vec!["staging", "canary"]), length()).prop_map(|(place, length)| format!("{{in: {place}, for: {length}}}")).boxed(),
        RuleId::RequiredChecks => prop::sample::subsequence(vec!["build", "lint", "test"], 1..4).prop_map(|names| format!("{{contexts: [{}]}}", names.join(", "))).boxed(),
        RuleId::StorageTopology => prop::sample::select(vec!["low", "medium", "high", "critical"]).prop_map(|level| format!("{{fail-on: {level}}}")).boxed(),
        RuleId::Governance => (0..3_usize, any::<bool>(), 1..4_usize)
            .prop_map(|(weakening, adopt, pushes)| {
                let weakening = ["advise", "hold", "reject"][weakening];
                format!("{{adopt: {adopt}, on-weakening: {weakening}, bind: {{rapid-fire: {{pushes: {pushes}, per: 1h}}}}}}")
            })
            .boxed(),
    };
    text.prop_map(move |text| (id, text)).boxed()
}

fn zone() -> impl Strategy<Value = Tz> {
    prop_oneof![4 => Just(Tz::Europe__Paris), 1 => Just(Tz::UTC), 1 => Just(Tz::America__New_York)]
}

/// Two rules of one kind, or of two kinds that speak of the same thing.
fn pair() -> impl Strategy<Value = (Rule, Rule)> {
    let across = [
        (RuleId::MaxFrequency, RuleId::MinInterval),
        (RuleId::MinInterval, RuleId::MaxFrequency),
        (RuleId::MinInterval, RuleId::NoOverlap),
        (RuleId::DeploymentWindow, RuleId::Freeze),
        (RuleId::Freeze, RuleId::DeploymentWindow),
        (RuleId::Freeze, RuleId::DeploymentWindow),
        (RuleId::Freeze, RuleId::DeploymentWindow),
    ];
    let kinds: Vec<(RuleId, RuleId)> = RuleId::ALL.into_iter().map(|id| (id, id)).chain(across).collect();
    let texts = prop::sample::select(kinds).prop_flat_map(|(one, two)| (of(one), of(two)));
    (texts, zone(), zone(), prop::bool::weighted(0.8)).prop_map(|((one, two), zone, other, same)| {
        (rule(one.0, &one.1, zone), rule(two.0, &two.1, if same { zone } else { other }))
    })
}

fn deployments() -> impl Strategy<Value = Vec<Deployment>> {
    let one =
        (0..400_i64, 0..12_i64, 0..5_usize, 0..3_u8, prop::sample::select(vec!["production", "staging", "canary"]));
    prop::collection::vec(one, 0..24).prop_map(|many| {
        let states = [
            DeploymentState::Success,
            DeploymentState::Failure,
            DeploymentState::InProgress,
            DeploymentState::Inactive,
            DeploymentState::Queued,
        ];
        let numbered = many.into_iter().enumerate();
        let record =
            |(index, (start, length, state, commit, environment)): (usize, (i64, i64, usize, u8, &str))| Deployment {
                id: index.to_string().into(),
                environment: environment.into(),
                commit: Some(CommitId::new(&format!("c{commit}"))),
                revision: None,
                state: states[state],
                started_at: instant(start),
                finished_at: (states[state].is_final() && length < 11)
                    .then(|| instant(start) + TimeDelta::minutes(5 * length)),
                run: None,
                actor: None,
                url: None,
                precision: Precision::Recorded,
            };
        numbered.map(record).collect()
    })
}

/// What a history is made of, before an instant is chosen.
#[derive(Clone, Debug)]
struct History {
    records: Vec<Deployment>,
    landings: Vec<(i64, bool, u8, usize)>,
    batch: usize,
    landed: bool,
    cut: Option<i64>,
    checks: Vec<usize>,
    worst: Option<usize>,
    at: i64,
}

fn history() -> impl Strategy<Value = History> {
    let landing = (0..400_i64, any::<bool>(), 0..3_u8, 1..3_usize);
    let landings = prop::collection::vec(landing, 0..10);
    let checks = prop::collection::vec(0..3_usize, 3);
    (
        deployments(),
        landings,
        0..6_usize,
        any::<bool>(),
        prop::option::weighted(0.3, 0..400_i64),
        checks,
        prop::option::of(0..4_usize),
        0..420_i64,
    )
        .prop_map(|(records, landings, batch, landed, cut, checks, worst, at)| History {
            records,
            landings,
            batch,
            landed,
            cut,
            checks,
            worst,
            at,
        })
}

impl History {
    fn facts(&self, at: Instant) -> Facts {
        let cut = self.cut.map(instant).filter(|cut| *cut <= at);
        let account = |name: &str| {
            let records = self.records.iter().filter(|record| &*record.environment == name).cloned().collect();
            Ok(Arc::new(Rollouts::as_of(records, at, Future::Unseen, cut)))
        };
        let mut sorted = self.landings.clone();
        sorted.sort_unstable();
        let brought: Vec<BatchLanding> = sorted
            .iter()
            .enumerate()
            .filter(|(_, (step, ..))| instant(*step) <= at)
            .map(|(index, (step, fix, file, commits))| BatchLanding {
                landing: Landing {
                    commit: CommitId::new(&format!("p{index}")),
                    subject: if *fix { "Fix it".into() } else { "Change it".into() },
                    at: instant(*step),
                    precision: Precision::Recorded,
                    files: vec![format!("f{file}")],
                },
                commits: *commits,
            })
            .collect();
        let all: Vec<Landing> = brought.iter().map(|brought| brought.landing.clone()).collect();
        let shipped = brought.len().saturating_sub(self.batch);
        let states = [CheckState::Success, CheckState::Failure, CheckState::Pending];
        let checks = ["build", "lint", "test"]
            .into_iter()
            .zip(&self.checks)
            .map(|(name, state)| (name.to_owned(), states[*state]));
        let levels = [Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
        let finding = |level: usize| OutsideFinding { level: levels[level], message: "bad".into(), place: None };
        Facts {
            request: DeployRequest {
                environment: "production".into(),
                commit: CommitId::new("c1"),
                lane: LaneRequest::Asked(Lane::Normal),
            },
            rollouts: account("production"),
            own_rollouts: account("production"),
            elsewhere: ["staging", "canary"].map(|name| (name.into(), account(name))).into(),
            pushes: Ok(Pushes { landings: all.clone(), complete_since: cut, requested_landed: self.landed }),
            batch: Ok(Batch {
                base: Some(CommitId::new("base")),
                landings: brought[shipped..].to_vec(),
                shipped: all[..shipped].to_vec(),
                complete_since: cut,
            }),
            ancestry: Ok(None),
            governance: Ok(Vec::new()),
            storage: Ok(self.worst.map(finding).into_iter().collect()),
            checks: Ok(checks.collect()),
            overrides: Vec::new(),
            calendars: BTreeMap::new(),
        }
    }
}

/// How often pairs of two kinds were decided, and what came of it.
#[derive(Default)]
struct Tally {
    pairs: usize,
    stricter: usize,
    /// Instants at which the stricter was open, so that the law said something.
    open: usize,
    /// Pairs decided false for which a history shows that they are.
    refuted: usize,
    undecided: usize,
}

#[test]
fn what_passes_the_stricter_passes_the_other() {
    let mut tallies: BTreeMap<(RuleId, RuleId), Tally> = BTreeMap::new();
    let mut runner =
        TestRunner::new_with_rng(ProptestConfig::with_cases(PAIRS), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let mut histories = Vec::new();
    for _ in 0..PAIRS {
        let new_tree = |runner: &mut TestRunner| (pair(), history()).new_tree(runner).expect("a pair").current();
        let ((one, two), history) = new_tree(&mut runner);
        histories.push(history);
        let tally = tallies.entry((one.id(), two.id())).or_default();
        let stricter = one.at_least_as_strict(&two);
        tally.pairs += 1;
        tally.stricter += usize::from(stricter);
        let mut refuted = false;
        // The newest history and some of those before it, each as known at an instant and judged there and later.
        for history in histories.iter().rev().take(12) {
            let known = instant(history.at);
            let facts = history.facts(known);
            for later in [0, 1, 3, 12, 100, 300] {
                let at = known + TimeDelta::minutes(5 * later);
                if one.check().gate(&facts, at) == Gate::Open {
                    let open = two.check().gate(&facts, at) == Gate::Open;
                    assert!(
                        open || !stricter,
                        "{one:?}\n is said to be as strict as\n{two:?}\nbut is open at {at} where the other is {:?}\n{history:#?}",
                        two.check().gate(&facts, at)
                    );
                    tally.open += usize::from(stricter);
                    refuted |= !open;
                }
            }
        }
        tally.refuted += usize::from(!stricter && refuted);
        tally.undecided += usize::from(!stricter && !refuted);
    }
    let mut stricter = 0;
    for ((one, two), tally) in &tallies {
        println(&format!(
            "{:>18} {:<18} pairs {:5}  stricter {:5}  open {:6}  refuted {:5}  neither {:5}",
            one.name(),
            two.name(),
            tally.pairs,
            tally.stricter,
            tally.open,
            tally.refuted,
            tally.undecided
        ));
        stricter += tally.stricter;
        assert!(tally.stricter >= 15, "{one:?} {two:?}: only {} pairs decided true", tally.stricter);
        assert!(tally.open >= 300, "{one:?} {two:?}: the stricter was open {} times", tally.open);
    }
    assert!(stricter >= 4_500, "{stricter} pairs decided true");
}

#[expect(clippy::print_stdout, reason = "the counts are the test's own report")]
fn println(line: &str) {
    println!("{line}");
}

proptest! {
    #[test]
    fn a_rule_is_as_strict_as_itself_and_reads_its_own_parameters((one, _) in pair()) {
        prop_assert!(one.at_least_as_strict(&one));
        let read = rule(one.id(), &one.parameters().to_string(), Tz::UTC);
        let mut same = one.clone();
        if let Some(zone) = same.zone() {
            *zone = Some(Tz::UTC);
        }
        prop_assert!(read.at_least_as_strict(&same) && same.at_least_as_strict(&read), "{:?} {:?}", read, same);
        prop_assert_eq!(read.parameters(), one.parameters());
        prop_assert!(one.parameters() != Json::Null);
    }

    #[test]
    fn strictness_goes_on((one, two) in pair(), (three, _) in pair()) {
        if one.at_least_as_strict(&two) && two.at_least_as_strict(&three) && one.id() == three.id() {
            prop_assert!(one.at_least_as_strict(&three));
        }
    }
}
