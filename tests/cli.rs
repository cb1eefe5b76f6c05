//! The real binary, in an environment of its own.

mod support {
    pub mod binary;
    pub mod repo;
}

use serde_json::Value as Json;
use support::binary::{run, run_with};
use support::repo::Fixture;

const POLICY: &str = "version: 1\nenvironments:\n  production:\n    hard-mandatory:\n      - no-overlap: {drain: 70s}\n    soft-mandatory:\n      - max-frequency: {deploys: 2, per: 1h}\n        because: each deploy is a switchover\n";

/// A repository with a policy on `main`, and the log of its deploys.
fn shop() -> (Fixture, String) {
    let fixture = Fixture::new();
    fixture.write(".github/deploy-rhythm.yml", POLICY);
    let ids: Vec<_> = ["Add cart", "Add search", "Add tax"]
        .iter()
        .zip(1..)
        .map(|(subject, at)| fixture.commit(at, subject))
        .collect();
    let line = |id: u32, commit: &str, start: &str, finish: &str| {
        format!(
            r#"{{"id": "{id}", "environment": "production", "commit": "{commit}", "state": "success", "started_at": "2026-01-01T{start}Z", "finished_at": "2026-01-01T{finish}Z", "actor": "alice"}}"#
        ) + "\n"
    };
    let log = line(1, ids[0].as_str(), "10:00:00", "10:02:00") + &line(2, ids[1].as_str(), "10:20:00", "10:22:00");
    (fixture, log)
}

#[test]
fn exit_codes_tell_the_verdict() {
    let (fixture, log) = shop();
    let check = |at: &str| run_with(&fixture, &["check", "--deploys", "-", "--at", at], &log);
    let (code, text, _) = check("2026-01-01T10:30:00Z");
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("HOLD until 11:00 UTC (in 30m)"), "{text}");
    assert!(text.contains("because each deploy is a switchover"), "{text}");
    assert!(text.contains(".github/deploy-rhythm.yml:7"), "{text}");
    assert!(!text.contains('\u{1b}'), "colour without a terminal");
    assert_eq!(check("2026-01-01T11:00:00Z").0, 0);
    let reject = "version: 1\nenvironments: {production: {soft-mandatory: [{batch-size: {max-commits: 1}}]}}\n";
    fixture.write("strict.yml", reject);
    let first_only = log.lines().next().expect("a line").to_owned();
    let (code, text, _) = run_with(
        &fixture,
        &["check", "--deploys", "-", "--policy", "strict.yml", "--at", "2026-01-01T12:00:00Z"],
        &first_only,
    );
    assert_eq!(code, 4, "{text}");
    assert!(text.contains("the newest commit whose batch fits"), "{text}");
}

#[test]
fn json_fits_its_schema() {
    let (fixture, log) = shop();
    let (code, text, _) =
        run_with(&fixture, &["check", "--deploys", "-", "--at", "2026-01-01T10:21:00Z", "--format", "json"], &log);
    assert_eq!(code, 3);
    let json: Json = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["verdict"], "hold");
    assert_eq!(json["next_approval"], "2026-01-01T16:21:10Z");
    assert_eq!(json["schema_version"], 1);
    let schema: Json = serde_json::from_str(include_str!("../docs/check.schema.json")).expect("a schema");
    let schema = jsonschema::validator_for(&schema).expect("a valid schema");
    let errors: Vec<String> = schema.iter_errors(&json).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn every_format_is_written() {
    let (fixture, log) = shop();
    let formatted = |format: &str| {
        run_with(&fixture, &["check", "--deploys", "-", "--at", "2026-01-01T10:30:00Z", "--format", format], &log).1
    };
    assert!(formatted("markdown").starts_with("### ⏸️ HOLD until"));
    assert!(formatted("github").lines().all(|line| line.starts_with("::")));
    let sarif: Json = serde_json::from_str(&formatted("sarif")).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(sarif["runs"][0]["results"][0]["ruleId"], "max-frequency");
    assert_eq!(sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"], 7);
}

#[test]
fn outside_text_is_no_markup_and_no_command() {
    let fixture = Fixture::new();
    fixture.write(
        ".github/deploy-rhythm.yml",
        "version: 1\nenvironments: {production: {soft-mandatory: [{push-frequency: {pushes: 1, per: 30d}}]}}\n",
    );
    fixture.commit(1, "One @team | <b>\u{1b}[31m");
    fixture.commit(2, "Two ::error::x");
    let formatted = |format: &str| run(&fixture, &["check", "--at", "2026-01-02T00:00:00Z", "--format", format]);
    let markdown = formatted("markdown").1;
    assert!(!markdown.contains("@team") && !markdown.contains("<b>"), "{markdown}");
    assert!(formatted("github").1.lines().all(|line| line.starts_with("::error ")));
    assert!(!formatted("terminal").1.contains('\u{1b}'));
}

#[test]
fn wrong_calls_exit_with_two_and_say_the_fix() {
    let (fixture, log) = shop();
    let cases: [(&[&str], &str); 8] = [
        (&["check", "--environment", "prodution"], "names no environment `prodution`"),
        (&["check", "--commit", "no-such-branch"], "no-such-branch"),
        (&["check", "--policy", "gone.yml"], "there is no policy at gone.yml"),
        (&["check", "--deploys", "gone.jsonl"], "there is no deploy log at gone.jsonl"),
        (&["check", "--at", "tomorrow"], "write an instant such as"),
        (&["check", "--repo", "/"], "not in a Git repository"),
        (&["check", "--lane", "fast"], "possible values"),
        (&["why", "no-such-rule"], "the policy has no rule"),
    ];
    for (arguments, expected) in cases {
        let (code, out, error) = run_with(&fixture, arguments, &log);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {error}");
        assert!(error.contains(expected), "{arguments:?}: {error}");
    }
}

#[test]
fn a_bad_log_names_each_line_and_judges_nothing() {
    let (fixture, log) = shop();
    let bad = format!(
        "{log}\nnot json\n{{\"id\": \"3\"}}\n{}",
        log.lines().next().expect("a line").replace("success", "done")
    );
    let (code, out, error) = run_with(&fixture, &["check", "--deploys", "-"], &bad);
    assert_eq!((code, out.as_str()), (2, ""));
    for expected in [":4: not a JSON object", ":5: `environment` is missing", ":6: `state` is `done`"] {
        assert!(error.contains(expected), "{expected} in {error}");
    }
    let twice = log.clone() + &log;
    let (code, _, error) = run_with(&fixture, &["check", "--deploys", "-"], &twice);
    assert_eq!(code, 2);
    assert!(error.contains(":3: the id `1` stands in line 1 already"), "{error}");
}

#[test]
fn a_bad_policy_shows_every_error_with_its_line_and_its_fix() {
    let (fixture, _) = shop();
    // Each line with what is said of it; all are said at once.
    let cases = [
        ("repository: https://GitHub.com/Shop/App.git", "write `github.com/shop/app`"),
        ("history: {tags: \"{environment}/{environment}\"}", "is no pattern of tags"),
        ("environments:", ""),
        ("  production:", ""),
        ("    paths: [\"[\"]", "`[` is no pattern of paths"),
        ("    override: {expires: 0s}", "is zero, which asks for nothing"),
        ("    soft-mandatory:", ""),
        ("      - min-interval: 5m", ""),
        ("        becuase: we said so", "did you mean `because`?"),
        ("      - freeze: {ics: /etc/passwd}", "`/etc/passwd` leaves the repository"),
        ("      - batch-size: {min-commits: 5, max-commits: 4}", "no batch could pass"),
        ("      - batch-size: {min-commits: 5, max-commits: 4, max-wait: 1h}", ""),
    ];
    let text = format!("version: 1\n{}\n", cases.map(|(line, _)| line).join("\n"));
    fixture.write("many.yml", &text);
    let (_, _, error) = run(&fixture, &["policy", "validate", "--policy", "many.yml"]);
    for (index, (line, expected)) in cases.iter().enumerate() {
        let place = format!("many.yml:{}:", index + 2);
        assert_eq!(error.contains(&place), !expected.is_empty(), "{line} in\n{error}");
        assert!(error.contains(expected), "{expected} in\n{error}");
    }
    let bad = "version: 1\ntimezone: Europe/Pariss\nenvironments:\n  production:\n    hard-mandatory:\n      - max-frequencyy: {deploys: 3, per: 1h}\n      - max-frequency: {deploys: 0, per: -5m}\n    advisory:\n      - deployment-window: {from: \"09:00\", to: \"09:00\"}\n    colour: red\n";
    fixture.write("bad.yml", bad);
    let (code, _, error) = run(&fixture, &["policy", "validate", "--policy", "bad.yml"]);
    assert_eq!(code, 2);
    for expected in [
        "bad.yml:2:11: unknown time zone",
        "did you mean `Europe/Paris`?",
        "bad.yml:6:9: unknown rule `max-frequencyy`",
        "did you mean `max-frequency`?",
        "bad.yml:7:34:",
        "bad.yml:7:42:",
        "bad.yml:9:28:",
        "unknown key `colour`",
        "    10 |     colour: red",
    ] {
        assert!(error.contains(expected.trim_start()), "{expected} in\n{error}");
    }
}

#[test]
fn hostile_policies_get_one_clear_error() {
    let (fixture, _) = shop();
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (name, inner) in ["b", "c", "d", "e", "f", "g", "h"].iter().zip(["a", "b", "c", "d", "e", "f", "g"]) {
        bomb.push_str(&format!(
            "{name}: &{name} [*{inner}, *{inner}, *{inner}, *{inner}, *{inner}, *{inner}, *{inner}]\n"
        ));
    }
    let cases = [
        ("x".repeat(10 * 1024 * 1024).into_bytes(), "larger than"),
        (format!("version: {}1{}", "[".repeat(500), "]".repeat(500)).into_bytes(), "policy cannot be used"),
        (bomb.into_bytes(), "policy cannot be used"),
        (b"version: 1\nversion: 1\n".to_vec(), "`version` stands in line 1 already"),
        (b"version: 1\nx: &x {a: *x}\n".to_vec(), "an alias stands inside what it repeats"),
        (b"version: 1\n---\nversion: 1\n".to_vec(), "a second document begins here"),
        (b"version: 1\n\tenvironments: {}\n".to_vec(), "indent with spaces"),
        (b"version: 1\ntimezone: \xff\n".to_vec(), "not UTF-8"),
        (b"version: 2\n".to_vec(), "reads `version: 1`"),
        (b"- a\n- b\n".to_vec(), "not a map of keys"),
    ];
    for (bytes, expected) in cases {
        fixture.write_bytes("hostile.yml", &bytes);
        let (code, _, error) = run(&fixture, &["check", "--policy", "hostile.yml"]);
        assert_eq!(code, 2, "{expected}: {error}");
        assert!(
            error.to_lowercase().contains(&expected.to_lowercase()),
            "{expected} in {}",
            &error[..error.len().min(500)]
        );
    }
    fixture.write_bytes("windows.yml", ("\u{feff}".to_owned() + &POLICY.replace('\n', "\r\n")).as_bytes());
    assert_eq!(run(&fixture, &["policy", "validate", "--policy", "windows.yml"]).0, 0);
}

#[test]
fn the_policy_comes_from_the_default_branch() {
    let (fixture, log) = shop();
    fixture.git(10, &["switch", "--quiet", "--create", "change"]);
    fixture.write(".github/deploy-rhythm.yml", "version: 1\nenvironments: {production: {}}\n");
    fixture.commit(11, "Loosen the gate");
    let (code, text, _) = run_with(&fixture, &["check", "--deploys", "-", "--at", "2026-01-01T10:30:00Z"], &log);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("the working tree has another policy"), "{text}");
    assert!(text.contains("deploy-rhythm.yml at main"), "{text}");
}

#[test]
fn without_a_policy_the_default_advises_and_says_so() {
    let fixture = Fixture::new();
    for at in 0..8 {
        fixture.write("a.css", &at.to_string());
        fixture.commit(at, "fix: again");
    }
    let (code, text, _) = run(&fixture, &["check", "--at", "2026-01-01T00:10:00Z"]);
    assert_eq!(code, 0, "{text}");
    for expected in [
        "no policy file",
        "no record of deployments was found",
        "Advice",
        "push-frequency: 8 pushes",
        "fix-chain: a chain of 8",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    let (code, _, error) = run(&Fixture::new(), &["check"]);
    assert_eq!(code, 2);
    assert!(error.contains("no commits yet"), "{error}");
}

#[test]
fn a_written_rule_without_any_source_holds_and_names_the_remedies() {
    let (fixture, _) = shop();
    let (code, text, _) = run(&fixture, &["check"]);
    assert_eq!(code, 3);
    assert!(
        text.contains("HOLD until somebody acts")
            && text.contains("--deploys FILE")
            && text.contains("git tag -m deploy deploy/production/"),
        "{text}"
    );
}

#[test]
fn deploy_tags_and_logs_are_found_and_joined() {
    let (fixture, log) = shop();
    fixture.git(620, &["tag", "--annotate", "--message", "x", "deploy/production/one"]);
    let (code, text, _) = run(&fixture, &["check", "--at", "2026-01-01T10:30:00Z"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("1 deployment and") && text.contains("tags deploy/{environment}/*"), "{text}");
    fixture.write("deploys.jsonl", &log);
    let (code, text, _) = run(&fixture, &["check", "--at", "2026-01-01T10:30:00Z"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("3 deployments and"), "{text}");
}

#[test]
fn status_and_history_show_what_was_read() {
    let (fixture, log) = shop();
    let (code, text, _) = run_with(&fixture, &["status", "--deploys", "-", "--at", "2026-01-01T10:21:00Z"], &log);
    assert_eq!(code, 0);
    for expected in ["production   ◼ HOLD", "0 of 2 left", "running for 1m", "to settle it"] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    let (_, text, _) = run_with(&fixture, &["history", "--deploys", "-", "--at", "2026-01-01T12:00:00Z"], &log);
    assert!(text.contains("10:00:00  rollout") && text.contains("push") && text.contains("Add cart"), "{text}");
    let (_, text, _) =
        run_with(&fixture, &["history", "--deploys", "-", "--at", "2026-01-01T12:00:00Z", "--format", "json"], &log);
    let json: Json = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["events"].as_array().map(Vec::len), Some(5));
}

#[test]
fn init_writes_a_valid_policy_once() {
    let fixture = Fixture::new();
    fixture.write("config/database.yml", "production:\n  adapter: sqlite3\n");
    fixture.write("CLAUDE.md", "# Shop\n");
    fixture.commit(1, "Begin");
    let (code, text, _) = run(&fixture, &["init"]);
    assert_eq!(code, 0, "{text}");
    let (code, text, _) = run(&fixture, &["policy", "show"]);
    assert_eq!(code, 0);
    assert!(text.contains("built-in:sqlite-single-volume") && text.contains("built-in:agents"), "{text}");
    let (code, _, error) = run(&fixture, &["init"]);
    assert_eq!(code, 2);
    assert!(error.contains("exists already"), "{error}");
}

#[test]
fn policy_test_runs_the_users_scenarios() {
    let (fixture, _) = shop();
    let scenario = |expect: &str| {
        format!(
            "scenario: Two an hour\ndeployments:\n  - {{commit: c1, at: \"2026-02-04T14:00:00Z\", took: 1m}}\n  - {{commit: c2, at: \"2026-02-04T14:20:00Z\", took: 1m}}\nask:\n  - {{at: \"2026-02-04T14:30:00Z\", expect: {expect}}}\n"
        )
    };
    fixture.write(".github/deploy-rhythm/two.yml", &scenario("hold"));
    let (code, text, _) = run(&fixture, &["policy", "test"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("1 passed, 0 failed"), "{text}");
    fixture.write(".github/deploy-rhythm/two.yml", &scenario("approve"));
    let (code, text, _) = run(&fixture, &["policy", "test"]);
    assert_eq!(code, 1);
    assert!(text.contains("verdict: expected approve, got hold"), "{text}");
}

#[test]
fn policy_review_names_what_is_overdue_unexplained_and_idle() {
    let (fixture, log) = shop();
    fixture.write("old.yml", "version: 1\nenvironments:\n  production:\n    advisory:\n      - min-interval: 1s\n        review-by: 2026-01-01\n        owner: ops\n");
    fixture.write("log.jsonl", &log.replace("2026-01-01", "2026-11-01"));
    let (code, text, _) = run(&fixture, &["policy", "review", "--policy", "old.yml", "--deploys", "log.jsonl"]);
    assert_eq!(code, 0);
    for expected in ["old.yml:5: min-interval (production): overdue", "owner ops", "unexplained"] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
}

#[test]
fn help_shows_the_five_that_matter_first() {
    let fixture = Fixture::new();
    let (code, text, _) = run(&fixture, &["--help"]);
    assert_eq!(code, 0);
    let places: Vec<usize> = ["check ", "why ", "status ", "history ", "init ", "policy ", "completions ", "man "]
        .iter()
        .map(|name| text.find(&format!("  {name}")).unwrap_or_else(|| panic!("{name} in {text}")))
        .collect();
    assert!(places.is_sorted());
    assert!(run(&fixture, &["completions", "bash"]).1.contains("deploy-rhythm"));
    assert!(run(&fixture, &["man"]).1.contains(".TH"));
}
