//! `replay` by the real binary: real repositories, files of pushes, wrong calls.

mod support {
    pub mod binary;
    pub mod repo;
}

use serde_json::Value as Json;
use support::binary::{run, run_with};
use support::repo::Fixture;

fn json(fixture: &Fixture, arguments: &[&str]) -> Json {
    let words = [&["replay", "--format", "json"], arguments].concat();
    let (code, text, errors) = run(fixture, &words);
    assert!(code == 0 && errors.is_empty(), "{code}: {errors}");
    serde_json::from_str(&text).expect("JSON")
}

fn policy(rules: &str) -> String {
    format!("version: 1\nenvironments:\n  production:\n    soft-mandatory:\n{rules}")
}

/// Six pushes, ten minutes apart from minute 10 on; the third is a merge that brings three commits.
fn busy(rules: &str) -> Fixture {
    let fixture = Fixture::new();
    fixture.write("deploy-rhythm.yml", &policy(rules));
    for (minute, subject) in [(10, "One"), (20, "Two")] {
        fixture.commit(minute, subject);
    }
    fixture.switch("topic");
    fixture.commit(25, "Part");
    fixture.commit(26, "Rest");
    fixture.switch("main");
    fixture.merge(30, "topic");
    for (minute, subject) in [(40, "Four"), (50, "Five"), (60, "Six")] {
        fixture.commit(minute, subject);
    }
    fixture
}

#[test]
fn the_pushes_of_a_repository_are_paced() {
    let fixture = busy("      - min-interval: 25m\n");
    let told = json(&fixture, &[]);
    assert_eq!(told["pushes"], 6);
    let rollouts: Vec<(&str, u64, u64)> = told["rollouts"]
        .as_array()
        .expect("rollouts")
        .iter()
        .map(|one| {
            (
                &one["at"].as_str().expect("at")[11..16],
                one["batch"].as_u64().expect("batch"),
                one["pushes"].as_u64().expect("pushes"),
            )
        })
        .collect();
    // 00:10 goes; 00:35 takes two pushes of four commits along; 01:00 takes the rest, and what comes at that instant.
    assert_eq!(rollouts, [("00:10", 1, 1), ("00:35", 4, 2), ("01:00", 3, 3)]);
    assert_eq!(told["waits"]["longest_seconds"], 20 * 60);
    assert_eq!(told["held"]["min-interval"], 4);
    assert_eq!(told["left_out"], Json::Array(Vec::new()));
}

#[test]
fn a_span_is_what_is_asked_for() {
    let fixture = busy("      - min-interval: 25m\n");
    let until = support::repo::minute(45).to_rfc3339();
    assert_eq!(json(&fixture, &["--since", "20m", "--until", &until])["pushes"], 2);
    assert_eq!(json(&fixture, &["--until", &until])["pushes"], 4);
    let early = json(&fixture, &["--until", "2001-01-01T00:00:00Z"]);
    assert_eq!((&early["pushes"], &early["waits"]["median_seconds"]), (&Json::from(0), &Json::Null));
    let (_, text, _) = run(&fixture, &["replay", "--until", "2001-01-01T00:00:00Z"]);
    assert!(text.contains("nothing was pushed in this span"), "{text}");
}

#[test]
fn a_change_of_the_policy_is_compared_with_the_one_in_force() {
    let fixture = busy("      - min-interval: 25m\n");
    fixture.write("deploy-rhythm.yml", &policy("      - min-interval: 5m\n"));
    let (code, text, errors) = run(&fixture, &["replay", "--against"]);
    assert!(code == 0 && errors.is_empty(), "{errors}");
    assert!(text.contains("in force would have held 4 of 6 pushes; median wait"), "{text}");
    assert!(text.contains("working tree would have held none of 6 pushes"), "{text}");
}

#[test]
fn what_nothing_lets_go_is_said() {
    let fixture = busy("      - batch-size: {max-commits: 2}\n      - required-checks: {contexts: [ci]}\n");
    let told = json(&fixture, &[]);
    assert_eq!(told["left_out"][0], "required-checks");
    assert_eq!((&told["stuck"]["rule"], &told["stuck"]["rejected"]), (&"batch-size".into(), &true.into()));
    assert_eq!(told["stuck"]["pushes"], 4);
    let (_, text, _) = run(&fixture, &["replay"]);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("batch-size refuses what waits from") && text.contains("4 pushes in all"), "{text}");
    assert!(text.contains("required-checks"), "{text}");
}

#[test]
fn chains_of_fixes_are_found_by_the_files_they_touch() {
    let fixture = Fixture::new();
    fixture.write("deploy-rhythm.yml", &policy("      - fix-chain: {fixes: 2, within: 2h}\n"));
    for (minute, subject, file) in
        [(10, "Add a", "a"), (20, "Fix a", "a"), (30, "Fix b", "b"), (40, "Fix a again", "a"), (50, "Add c", "c")]
    {
        fixture.commit_file(minute, subject, file);
    }
    let told = json(&fixture, &[]);
    assert_eq!(told["rollouts"].as_array().map(Vec::len), Some(3), "{told}");
    assert_eq!((&told["stuck"]["rule"], &told["stuck"]["pushes"]), (&"fix-chain".into(), &2.into()));
}

#[test]
fn pushes_come_from_a_file_too() {
    let fixture = Fixture::new();
    let pushes = "{\"at\": \"2026-02-04T14:00:00Z\", \"commit\": \"a\"}\n{\"at\": \"2026-02-04T14:01:00Z\", \"commit\": \"b\", \"commits\": 4}\n";
    let arguments = ["replay", "--pushes", "-", "--policy", "continuous", "--format", "json"];
    let (code, text, errors) = run_with(&fixture, &arguments, pushes);
    assert!(code == 0 && errors.is_empty(), "{errors}");
    let told: Json = serde_json::from_str(&text).expect("JSON");
    assert_eq!(told["rollouts"][1]["at"], "2026-02-04T14:02:00Z");
    assert_eq!(told["rollouts"][1]["batch"], 4);
    assert_eq!(told["waits"]["longest_seconds"], 60);
}

#[test]
fn a_wrong_call_is_told() {
    let fixture = busy("      - min-interval: 25m\n");
    for (arguments, said) in [
        (&["--policy", "nonesuch"][..], "built-in"),
        (&["--pushes", "nowhere.jsonl"], "there is no file of pushes"),
        (&["--since", "soon"], "write a length"),
        (&["--rollout-time=-2m"], "--rollout-time"),
        (&["--environment", "mars"], "names no environment `mars`"),
        (&["--example", "founding-afternoon", "--pushes", "-"], "cannot be used with"),
    ] {
        let (code, text, errors) = run(&fixture, &[&["replay"], arguments].concat());
        assert!(code == 2 && text.is_empty() && errors.contains(said), "{arguments:?}: {code} {errors}");
    }
    let (code, _, errors) = run_with(&fixture, &["replay", "--pushes", "-"], "\n{\"at\": 7}\n");
    assert!(code == 2 && errors.contains("standard input:2: not a push"), "{errors}");
}

#[test]
fn before_the_first_success_no_batch_is_measured() {
    let fixture = Fixture::new();
    fixture.write("p.yml", &policy("      - batch-size: {max-commits: 3}\n"));
    let pushes = "{\"at\": \"2026-03-02T10:00:00Z\", \"commit\": \"aaaa\", \"commits\": 3}\n{\"at\": \"2026-03-02T10:00:00Z\", \"commit\": \"bbbb\", \"commits\": 2}\n";
    for takes in ["0s", "2m"] {
        let words = ["replay", "--pushes", "-", "--policy", "p.yml", "--format", "json", "--rollout-time", takes];
        let (_, text, errors) = run_with(&fixture, &words, pushes);
        let told: Json = serde_json::from_str(&text).expect(&errors);
        let rollouts = told["rollouts"].as_array().expect("rollouts");
        assert_eq!((rollouts.len(), &rollouts[0]["batch"], &told["held_pushes"]), (1, &5.into(), &0.into()), "{told}");
    }
}

#[test]
fn a_rollout_without_length_is_over_when_it_starts() {
    let fixture = Fixture::new();
    fixture.write("p.yml", &policy("      - batch-size: {max-commits: 3}\n"));
    let line = |at: &str, commit: &str, commits: u32| {
        format!("{{\"at\": \"2026-03-02T{at}:00Z\", \"commit\": \"{commit}\", \"commits\": {commits}}}\n")
    };
    let pushes = line("09:00", "9999", 1) + &line("10:00", "aaaa", 3) + &line("10:00", "bbbb", 2);
    let words = ["replay", "--pushes", "-", "--policy", "p.yml", "--format", "json", "--rollout-time", "0s"];
    let (_, text, errors) = run_with(&fixture, &words, &pushes);
    let told: Json = serde_json::from_str(&text).expect(&errors);
    let batches: Vec<&Json> = told["rollouts"].as_array().expect("rollouts").iter().map(|one| &one["batch"]).collect();
    assert_eq!((batches, &told["held_pushes"]), (vec![&1.into(), &3.into(), &2.into()], &0.into()), "{told}");
}

#[test]
fn what_is_not_known_is_said() {
    let source = busy("      - min-interval: 25m\n");
    let shallow = Fixture::clone_of(&source.path, &["--depth=3"]);
    let told = json(&shallow, &[]);
    let notes = told["notes"].to_string();
    assert!(notes.contains("the clone is shallow") && notes.contains("commit dates"), "{notes}");
    let fixture = Fixture::new();
    fixture.write("p.yml", &policy("      - fix-chain: {fixes: 2, within: 2h}\n"));
    let pushes = "{\"at\": \"2026-03-02T10:00:00Z\", \"commit\": \"aaaa\", \"subject\": \"Fix it\"}\n{\"at\": \"2999-03-02T10:00:00Z\", \"commit\": \"bbbb\"}\n";
    let words = ["replay", "--pushes", "-", "--policy", "p.yml", "--format", "json"];
    let (_, text, errors) = run_with(&fixture, &words, pushes);
    let told: Json = serde_json::from_str(&text).expect(&errors);
    assert_eq!((&told["left_out"][0], &told["pushes"]), (&"fix-chain".into(), &1.into()));
    assert!(told["notes"].to_string().contains("are left out: 1"), "{told}");
    let (code, _, errors) = run(&source, &["replay", "--since", "2030-01-01", "--until", "2029-01-01T00:00:00Z"]);
    assert!(code == 2 && errors.contains("ends before it begins"), "{errors}");
}

#[test]
fn several_rules_of_one_name_hold_a_push_once() {
    let fixture = busy("      - min-interval: 25m\n      - min-interval: {after-finish: 24m}\n");
    let told = json(&fixture, &[]);
    assert_eq!(told["held"]["min-interval"], told["held_pushes"], "{told}");
}

#[test]
fn policies_of_other_paths_are_not_compared() {
    let fixture = busy("      - min-interval: 25m\n");
    fixture.write("other.yml", "version: 1\nenvironments: {production: {paths: [\"api/**\"], advisory: []}}\n");
    let words = ["replay", "--policy", "deploy-rhythm.yml", "--policy", "other.yml"];
    let (code, _, errors) = run(&fixture, &words);
    assert!(code == 2 && errors.contains("`other.yml` has other `paths`"), "{errors}");
}

#[test]
fn pushes_of_a_file_are_those_that_touch_the_paths() {
    let fixture = Fixture::new();
    fixture.write("api.yml", "version: 1\nenvironments: {production: {paths: [\"api/**\"], advisory: []}}\n");
    let told = |pushes: &str| -> Json {
        let words = ["replay", "--pushes", "-", "--policy", "api.yml", "--format", "json"];
        let (code, text, errors) = run_with(&fixture, &words, pushes);
        assert_eq!(code, 0, "{errors}");
        serde_json::from_str(&text).expect("JSON")
    };
    let push = |hour: u32, files: &str| {
        format!("{{\"at\": \"2026-02-04T{hour}:00:00Z\", \"commit\": \"c{hour}\", \"files\": {files}}}\n")
    };
    let (api, docs) = (push(14, "[\"api/a.rb\", \"b.md\"]"), push(15, "[\"docs/api/a.md\"]"));
    let json = told(&format!("{api}{docs}"));
    assert_eq!((&json["pushes"], &json["rollouts"][0]["commit"]), (&1.into(), &"c14".into()));
    assert!(json["notes"].to_string().contains("all commits are counted"), "{json}");
    let json = told(&format!("{api}{docs}{}", push(16, "null")));
    assert_eq!(json["pushes"], 3);
    assert!(json["notes"].to_string().contains("1 of 3 pushes do not tell their `files`"), "{json}");
}

#[test]
fn pushes_of_one_instant_are_one_where_nothing_is_held() {
    let fixture = Fixture::new();
    let line = |commit: &str| format!("{{\"at\": \"2026-02-04T14:00:00Z\", \"commit\": \"{commit}\"}}\n");
    let words = ["replay", "--pushes", "-", "--policy", "continuous", "--format", "json"];
    let (_, text, errors) = run_with(&fixture, &words, &(line("a") + &line("b")));
    let told: Json = serde_json::from_str(&text).expect(&errors);
    assert_eq!((&told["unheld"]["rollout_count"], &told["rollout_count"]), (&1.into(), &1.into()), "{told}");
}
