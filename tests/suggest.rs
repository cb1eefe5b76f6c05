//! Suggestions: what is suggested fulfils the wish by a count of its own, and its text is the policy that was judged.

mod support {
    pub mod binary;
    pub mod repo;
}

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use deploy_rhythm::engine::event::{CommitId, Instant, Landing, Precision};
use deploy_rhythm::engine::policy::{EnvironmentPolicy, Fetched, Origin, load};
use deploy_rhythm::engine::replay::{Past, Replay, replay};
use deploy_rhythm::engine::suggest::{Candidate, Contradiction, Ground, Measures, Part, Suggestion, Wish, suggest};
use proptest::prelude::*;
use serde_json::Value as Json;
use support::binary::{run, run_with};
use support::repo::Fixture;

const GROUND: Ground<'_> = Ground { environment: "production", zone: Tz::Europe__Berlin, paths: &[] };

fn instant(minutes: i64) -> Instant {
    // The night in which the clocks are put forward lies within the pushes of the laws.
    let start: DateTime<Utc> = "2026-03-28T06:00:00Z".parse().expect("an instant");
    start + TimeDelta::minutes(minutes)
}

fn landings(minutes: &[i64]) -> Vec<Landing> {
    let landing = |(index, at): (usize, &i64)| Landing {
        commit: CommitId::new(&format!("{index:040x}")),
        subject: String::new(),
        at: instant(*at),
        precision: Precision::Recorded,
        files: Vec::new(),
    };
    minutes.iter().enumerate().map(landing).collect()
}

fn read(candidate: &Candidate) -> EnvironmentPolicy {
    let bytes = candidate.yaml(&GROUND, |part| format!("\"{part}\": why")).into_bytes();
    let top = Fetched { name: "suggested.yml".to_owned(), origin: Origin::File, bytes };
    let policy = load(top, &mut |name| Err(format!("no {name}"))).expect("a valid policy");
    policy.environment("production").expect("production")
}

fn played(candidate: &Candidate, past: Past<'_>, rollout_time: TimeDelta) -> Replay {
    replay(&read(candidate), &BTreeMap::new(), past, rollout_time, |_| {})
}

/// Whether a replay fulfils a wish, counted the slow way.
fn fulfils(past: Past<'_>, replay: &Replay, wish: Wish) -> bool {
    let wait = |push: usize| {
        let rollout = replay.rollouts.iter().find(|rollout| rollout.push >= push);
        rollout.map_or(TimeDelta::MAX, |rollout| rollout.at - past.landings[push].at)
    };
    let waits: Vec<TimeDelta> = (0..past.landings.len()).map(wait).collect();
    let starts: Vec<Instant> = replay.rollouts.iter().map(|rollout| rollout.at).collect();
    let like = |is: &dyn Fn(Instant, Instant) -> bool, most: usize| {
        starts.iter().all(|one| starts.iter().filter(|other| is(*one, **other)).count() <= most)
    };
    match wish {
        Wish::LongestWait(most) => waits.iter().all(|wait| *wait <= most),
        Wish::P90Wait(most) => waits.iter().filter(|wait| **wait <= most).count() * 10 >= waits.len() * 9,
        Wish::NoOverlap => {
            let spans: Vec<_> = replay.rollouts.iter().map(|rollout| (rollout.at, rollout.finished_at)).collect();
            spans.iter().enumerate().all(|(index, one)| spans[index + 1..].iter().all(|two| two.0 >= one.1))
        }
        Wish::PerDay(most) => {
            let day = |at: Instant| at.with_timezone(&GROUND.zone).format("%F").to_string();
            like(&|one, other| day(one) == day(other), most)
        }
        Wish::PerHour(most) => like(&|one, other| one <= other && other < one + TimeDelta::hours(1), most),
    }
}

/// What the reader made of a suggestion is what was meant.
fn same_rules(candidate: &Candidate) {
    let policy = read(candidate);
    assert_eq!(policy.rules.len(), candidate.parts().len());
    for part in candidate.parts() {
        let (id, parameters) = part.rule();
        // Where nothing is said, the reader adds what holds then.
        let meant = |read: &Json| parameters.as_object().expect("a map").iter().all(|(key, one)| &read[key] == one);
        let found = policy.rules.iter().find(|entry| entry.rule.id() == id && meant(&entry.rule.parameters()));
        assert_eq!(found.expect("the rule").because, Some(format!("\"{part}\": why")));
    }
}

fn wish_of(
    longest: Option<i64>,
    p90: Option<i64>,
    overlap: bool,
    day: Option<usize>,
    hour: Option<usize>,
) -> Vec<Wish> {
    let waits = [
        longest.map(|wait| Wish::LongestWait(TimeDelta::minutes(wait * 10))),
        p90.map(|wait| Wish::P90Wait(TimeDelta::minutes(wait * 10))),
    ];
    let counts = [day.map(Wish::PerDay), hour.map(Wish::PerHour), overlap.then_some(Wish::NoOverlap)];
    waits.into_iter().chain(counts).flatten().collect()
}

fn suggested(minutes: &[i64], wishes: &[Wish]) -> Suggestion {
    let landings = landings(minutes);
    let commits = vec![1; landings.len()];
    let past = Past { landings: &landings, commits: &commits };
    suggest(past, wishes, GROUND, TimeDelta::minutes(15)).expect("a suggestion")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_suggested_fulfils_the_wish(
        gaps in prop::collection::vec(prop_oneof![0..30_i64, 0..400_i64], 1..24),
        commits in prop::collection::vec(0..4_u32, 24),
        longest in prop::option::of(1..40_i64),
        p90 in prop::option::of(1..20_i64),
        overlap in any::<bool>(),
        day in prop::option::of(1..6_usize),
        hour in prop::option::of(1..4_usize),
        rollout in 0..40_i64,
    ) {
        let wishes = wish_of(longest, p90, overlap, day, hour);
        prop_assume!(!wishes.is_empty());
        let minutes: Vec<i64> = gaps.iter().scan(0, |sum, gap| { *sum += gap; Some(*sum) }).collect();
        let landings = landings(&minutes);
        let past = Past { landings: &landings, commits: &commits[..landings.len()] };
        let rollout_time = TimeDelta::minutes(rollout);
        let suggestion = suggest(past, &wishes, GROUND, rollout_time).expect("a suggestion");
        let all = |candidate: &Candidate| {
            let replay = played(candidate, past, rollout_time);
            wishes.iter().all(|wish| fulfils(past, &replay, *wish))
        };
        // What fails by the slow count fails by the quick one, and the other way round.
        prop_assert_eq!(suggestion.at_once.fails(&wishes).is_empty(), all(&Candidate::default()));
        if let Some(chosen) = &suggestion.chosen {
            same_rules(&chosen.candidate);
            prop_assert!(all(&chosen.candidate), "{}", chosen.candidate);
            let strictness = |replay: &Replay| (replay.held_pushes, replay.waits.iter().sum::<TimeDelta>());
            let own = strictness(&played(&chosen.candidate, past, rollout_time));
            prop_assert_eq!(own, (chosen.measures.held, chosen.measures.total_wait));
            for looser in chosen.candidate.looser() {
                let replay = played(&looser, past, rollout_time);
                prop_assert!(!all(&looser) || strictness(&replay) >= own, "{} before {}", looser, chosen.candidate);
            }
            if let Some(looser) = &suggestion.looser {
                prop_assert!(!all(&looser.candidate), "{}", looser.candidate);
            }
            prop_assert!(suggestion.bound.is_none());
        }
        for (given_up, judged) in &suggestion.trade_offs {
            let replay = played(&judged.candidate, past, rollout_time);
            for wish in &wishes {
                prop_assert_eq!(fulfils(past, &replay, *wish), wish != given_up);
            }
            // What no policy can do, none of those tried does.
            if let (Wish::LongestWait(_), Some(bound)) = (given_up, suggestion.bound) {
                prop_assert!(judged.measures.waits.longest >= bound.at_least);
            }
        }
    }

    #[test]
    fn the_quick_count_is_the_slow_one(
        gaps in prop::collection::vec(prop_oneof![0..30_i64, 0..400_i64], 1..40),
        interval in 1..90_i64,
    ) {
        let minutes: Vec<i64> = gaps.iter().scan(0, |sum, gap| { *sum += gap; Some(*sum) }).collect();
        let landings = landings(&minutes);
        let commits = vec![1; landings.len()];
        let past = Past { landings: &landings, commits: &commits };
        let policy = format!("version: 1\nenvironments: {{production: {{advisory: [], soft-mandatory: [{{min-interval: {interval}m}}]}}}}\n");
        let top = Fetched { name: "p.yml".to_owned(), origin: Origin::File, bytes: policy.into_bytes() };
        let policy = load(top, &mut |name| Err(name.to_owned())).expect("valid").environment("production").expect("it");
        let mut replay = replay(&policy, &BTreeMap::new(), past, TimeDelta::minutes(20), |_| {});
        let measures = Measures::of(past, &mut replay, GROUND.zone);
        let tight = |wish: fn(i64) -> Wish, most: i64| {
            fulfils(past, &replay, wish(most)) && (most == 0 || !fulfils(past, &replay, wish(most - 1)))
        };
        let count = |count: usize| i64::try_from(count).expect("few");
        prop_assert!(tight(|most| Wish::PerDay(usize::try_from(most).unwrap_or_default()), count(measures.per_day)));
        prop_assert!(tight(|most| Wish::PerHour(usize::try_from(most).unwrap_or_default()), count(measures.per_hour)));
        prop_assert!(tight(|most| Wish::LongestWait(TimeDelta::seconds(most)), measures.waits.longest.num_seconds()));
        prop_assert!(tight(|most| Wish::P90Wait(TimeDelta::seconds(most)), measures.waits.p90.num_seconds()));
        prop_assert_eq!(measures.overlaps == 0, fulfils(past, &replay, Wish::NoOverlap));
    }
}

#[test]
fn a_wish_that_a_rule_can_promise_is_promised_where_it_costs_nothing() {
    let calm = suggested(&[0, 60, 1500], &[Wish::NoOverlap, Wish::PerDay(5)]).chosen.expect("a policy");
    assert_eq!(calm.candidate.parts(), [Part::NoOverlap, Part::Daily(5)]);
    assert_eq!((calm.measures.held, calm.promised.len()), (0, 2));
    // Where an interval keeps rollouts apart by itself, the rule stands there all the same: no lane passes it by.
    let minutes: Vec<i64> = (0..60).map(|push| push * 7).collect();
    let apart = suggested(&minutes, &[Wish::NoOverlap, Wish::PerHour(2)]).chosen.expect("a policy");
    assert!(apart.candidate.parts().contains(&Part::NoOverlap), "{}", apart.candidate);
    // How long pushes wait no rule promises: then none is needed.
    let waits = suggested(&[0, 60, 1500], &[Wish::LongestWait(TimeDelta::minutes(5))]).chosen.expect("a policy");
    assert!(waits.candidate.parts().is_empty() && waits.promised.is_empty());
}

#[test]
fn gathering_is_found_where_pushes_come_in_pairs() {
    // Each second push of a pair would wait for the rollout of the first.
    let minutes: Vec<i64> = (0..40).flat_map(|pair| [pair * 60, pair * 60 + 2]).collect();
    let found = suggested(&minutes, &[Wish::NoOverlap, Wish::P90Wait(TimeDelta::minutes(5))]).chosen;
    let found = found.expect("a policy");
    assert!(found.candidate.parts().iter().any(|part| matches!(part, Part::Gather(2, _))), "{}", found.candidate);
    // Only the first pair finds nothing to gather with: nothing ran before.
    assert!(found.measures.waits.p90 <= TimeDelta::minutes(2), "{:?}", found.measures);
}

#[test]
fn what_is_met_while_one_wish_is_given_up_is_no_trade_off() {
    // Straight for all three wishes the search ends beside what fulfils them; without one of them it comes there.
    let landings = landings(&[30, 251, 326, 481, 859, 859, 859, 1098, 1104, 1114, 1128, 1128]);
    let past = Past { landings: &landings, commits: &[0, 3, 0, 3, 0, 2, 1, 0, 0, 0, 0, 1] };
    let wishes = [Wish::P90Wait(TimeDelta::minutes(80)), Wish::PerDay(4), Wish::NoOverlap];
    let found = suggest(past, &wishes, GROUND, TimeDelta::zero()).expect("a suggestion");
    assert!(found.chosen.expect("a policy").fails(&wishes).is_empty() && found.trade_offs.is_empty());
}

#[test]
fn a_contradiction_is_proved_and_the_nearest_is_told() {
    let minutes: Vec<i64> = (0..11).map(|push| push * 60).collect();
    let wishes = [Wish::LongestWait(TimeDelta::minutes(10)), Wish::PerDay(2)];
    let found = suggested(&minutes, &wishes);
    assert!(found.chosen.is_none() && found.looser.is_none());
    let bound = found.bound.expect("a proof");
    let day = instant(0).date_naive();
    assert_eq!(bound.contradiction, Contradiction::Day { day, needed: 11 });
    // Two rollouts carry eleven pushes an hour apart where six of them may share one: five hours.
    assert_eq!(bound.at_least, TimeDelta::hours(5));
    let given_up: Vec<Wish> = found.trade_offs.iter().map(|(wish, _)| *wish).collect();
    assert_eq!(given_up, wishes);
    let nearest = &found.trade_offs[0].1.measures;
    assert!(nearest.per_day <= 2 && nearest.waits.longest >= bound.at_least, "{nearest:?}");
    assert!(found.trade_offs[1].1.measures.waits.longest <= TimeDelta::minutes(10));
}

fn founding(arguments: &[&str]) -> (i32, String, String) {
    let call = ["suggest", "--example", "founding-afternoon"];
    run(&Fixture::nowhere(), &[&call, arguments].concat())
}

#[test]
fn the_founding_afternoon_as_json() {
    let (code, text, errors) =
        founding(&["--no-overlap", "--per-day", "4", "--longest-wait", "1h", "--format", "json"]);
    assert_eq!(code, 0, "{errors}");
    let json: Json = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["wish"], serde_json::json!({"longest_wait_seconds": 3600, "no_overlap": true, "per_day": 4}));
    assert_eq!(
        (&json["fulfilled"], &json["pushes"], &json["rollout_seconds"]),
        (&true.into(), &11.into(), &900.into())
    );
    assert_eq!(json["suggested"]["fails"], serde_json::json!([]));
    assert_eq!(json["at_once"]["fails"], serde_json::json!(["no-overlap", "per-day"]));
    assert!(!json["looser"]["fails"].as_array().expect("a list").is_empty());
    assert!(json["suggested"]["most_per_day"].as_u64() <= Some(4));
    assert!(json["suggested"]["waits"]["longest_seconds"].as_u64() <= Some(3600));
    assert!(json["impossible"].is_null());

    let (code, text, _) = founding(&["--per-day", "2", "--longest-wait", "10m", "--format", "json"]);
    let json: Json = serde_json::from_str(&text).expect("JSON");
    assert_eq!((code, &json["fulfilled"], &json["policy"]), (0, &false.into(), &Json::Null));
    assert_eq!(json["impossible"]["longest_wait_at_least_seconds"], 54 * 60);
    assert_eq!(json["trade_offs"][0]["nearest_to"], "longest-wait");
}

#[test]
fn the_policy_alone_is_valid_and_replays_as_was_said() {
    let fixture = Fixture::new();
    let wish = ["--no-overlap", "--per-day", "4", "--longest-wait", "1h", "--timezone", "Europe/Paris"];
    let (code, text, errors) = founding(&[&wish[..], &["--format", "yaml"]].concat());
    assert_eq!(code, 0, "{errors}");
    assert!(text.starts_with("# Suggested by `deploy-rhythm suggest` from 11 pushes"), "{text}");
    assert!(text.contains("\ntimezone: Europe/Paris\n"), "{text}");
    fixture.write(".github/deploy-rhythm.yml", &text);
    let (code, said, errors) = run(&fixture, &["policy", "validate"]);
    assert_eq!(code, 0, "{said}{errors}");
    let replayed =
        ["replay", "--example", "founding-afternoon", "--policy", ".github/deploy-rhythm.yml", "--format", "json"];
    let replayed: Json = serde_json::from_str(&run(&fixture, &replayed).1).expect("JSON");
    let json: Json = serde_json::from_str(&founding(&[&wish[..], &["--format", "json"]].concat()).1).expect("JSON");
    assert_eq!(replayed["waits"]["longest_seconds"], json["suggested"]["waits"]["longest_seconds"]);
    assert_eq!(replayed["held_pushes"], json["suggested"]["held_pushes"]);
    assert_eq!(replayed["rollout_count"], json["suggested"]["rollouts"]);

    let (code, text, errors) = founding(&["--per-day", "2", "--longest-wait", "10m", "--format", "yaml"]);
    assert_eq!((code, text.as_str()), (1, ""));
    assert!(errors.contains("none is written"), "{errors}");
}

#[test]
fn a_repository_tells_its_pushes_its_zone_and_its_paths() {
    let fixture = Fixture::new();
    fixture.write(
        ".github/deploy-rhythm.yml",
        "version: 1\ntimezone: Asia/Tokyo\nenvironments:\n  api: {paths: [\"api/**\"]}\n",
    );
    for at in [1, 5, 9, 700] {
        fixture.write("api/main.rs", &format!("// {at}\n"));
        fixture.commit(at, "Change the api");
    }
    fixture.write("web/main.rs", "// web\n");
    fixture.commit(20, "Change the web");
    let until = "2026-01-03T00:00:00Z";
    let call = ["suggest", "--until", until, "--per-day", "2", "--format", "json"];
    let (code, text, errors) = run(&fixture, &call);
    assert_eq!(code, 0, "{errors}");
    let json: Json = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&json["environment"], &json["timezone"]), (&"api".into(), &"Asia/Tokyo".into()));
    // The first commit brings the policy and the api.
    assert_eq!(json["pushes"], 4);
    let policy = json["policy"].as_str().expect("a policy");
    assert!(
        policy.contains("  api:\n    paths: [\"api/**\"]\n") && policy.contains("timezone: Asia/Tokyo"),
        "{policy}"
    );
    assert!(json["notes"].to_string().contains("commit dates"), "{}", json["notes"]);
}

#[test]
fn days_of_a_span_are_those_of_the_policys_zone() {
    let fixture = Fixture::new();
    fixture
        .write("deploy-rhythm.yml", "version: 1\ntimezone: Europe/Paris\nenvironments: {production: {advisory: []}}\n");
    fixture.git(0, &["add", "."]);
    // Paris is an hour ahead: 2026-01-02 begins there at 23:00 of the day before.
    for (at, subject) in [(22 * 60, "Before"), (23 * 60 + 30, "First"), (46 * 60, "Last"), (47 * 60 + 30, "After")] {
        fixture.commit(at, subject);
    }
    let call = ["suggest", "--since", "2026-01-02", "--until", "2026-01-02", "--per-day", "2", "--format", "json"];
    let told = |more: &[&str]| -> Json {
        let (code, text, errors) = run(&fixture, &[&call, more].concat());
        assert_eq!(code, 0, "{errors}");
        serde_json::from_str(&text).expect("JSON")
    };
    let json = told(&[]);
    assert_eq!(
        (&json["span"]["from"], &json["span"]["to"], &json["pushes"]),
        (&"2026-01-01T23:00:00Z".into(), &"2026-01-02T23:00:00Z".into(), &2.into())
    );
    assert_eq!(told(&["--timezone", "UTC"])["span"]["from"], "2026-01-02T00:00:00Z");
}

#[test]
fn names_from_outside_stay_names() {
    let pushes = "{\"at\": \"2026-02-04T14:00:00Z\", \"commit\": \"a\"}\n{\"at\": \"2026-02-04T14:01:00Z\", \"commit\": \"b\"}\n";
    let fixture = Fixture::nowhere();
    let call = |environment: &str, format: &str| {
        let words = ["suggest", "--pushes", "-", "--no-overlap", "--environment", environment, "--format", format];
        run_with(&fixture, &words, pushes)
    };
    let (code, text, errors) = call("a\": {} # ```\\ @team", "yaml");
    assert_eq!(code, 0, "{errors}");
    fixture.write("p.yml", &text);
    let (code, said, errors) = run(&fixture, &["policy", "validate", "--policy", "p.yml"]);
    assert_eq!(code, 0, "{text}{said}{errors}");
    assert!(said.contains("a\": {} # ```\\ @team: 1 rules"), "{said}");
    let markdown = call("@team <b>", "markdown").1;
    let prose: String = markdown.split("```").step_by(2).collect();
    assert!(!prose.contains("@team") && !prose.contains("<b>"), "{markdown}");
    let (code, _, errors) = call("a\u{1b}[31m", "terminal");
    assert_eq!(code, 2);
    assert!(errors.contains("control characters"), "{errors}");
}

#[test]
fn wrong_calls_exit_with_two_and_say_the_fix() {
    let cases: [(&[&str], &str); 11] = [
        (&[], "--longest-wait"),
        (&["--longest-wait", "-5m"], "--longest-wait"),
        (&["--longest-wait", "5"], "is not a duration"),
        (&["--longest-wait", "9999d"], "longer than"),
        (&["--per-day", "0"], "0 is not in 1..=1000"),
        (&["--per-day", "-1"], "--per-day"),
        (&["--per-hour", "1001"], "1001 is not in 1..=1000"),
        (&["--per-day", "2", "--timezone", "Europe/Pariss"], "is no time zone"),
        (&["--no-overlap", "--rollout-time", "7h"], "longer than 6h"),
        (&["--no-overlap", "--pushes", "-"], "cannot be used with"),
        (&["--no-overlap", "--format", "sarif"], "possible values"),
    ];
    for (arguments, expected) in cases {
        let (code, out, error) = founding(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {error}");
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
    let (code, out, error) = run_with(&Fixture::nowhere(), &["suggest", "--no-overlap", "--pushes", "-"], "");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(error.contains("nothing was pushed"), "{error}");
}
