//! Facts that meet: the policy, the landings and the deploy log of real repositories, judged by the real binary.

mod support {
    pub mod binary;
    pub mod repo;
}

use serde_json::Value as Json;
use support::binary::{run, run_with};
use support::repo::{Fixture, minute};

/// Runs `check --format json` with a deploy log, and returns its exit code and what it says.
fn check(fixture: &Fixture, log: &str, arguments: &[&str]) -> (i32, Json) {
    let words = [&["check", "--format", "json", "--deploys", "-"], arguments].concat();
    let (code, text, errors) = run_with(fixture, &words, log);
    (code, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{errors}")))
}

fn policy(rule: &str) -> String {
    format!("version: 1\nenvironments: {{production: {{soft-mandatory: [{rule}]}}}}\n")
}

fn shipped(commit: &str, at: i64) -> String {
    let (start, finish) = (minute(at).to_rfc3339(), minute(at + 2).to_rfc3339());
    format!(
        r#"{{"id": "{at}", "environment": "production", "commit": "{commit}", "state": "success", "started_at": "{start}", "finished_at": "{finish}"}}"#
    ) + "\n"
}

fn finding<'a>(json: &'a Json, rule: &str) -> &'a Json {
    let findings = json["findings"].as_array().expect("findings");
    findings.iter().find(|finding| finding["rule"] == rule).unwrap_or_else(|| panic!("no {rule} in {json}"))
}

fn says(json: &Json, rule: &str) -> String {
    finding(json, rule)["message"].as_str().expect("a message").to_owned()
}

#[test]
fn the_remotes_copy_of_the_default_branch_has_the_policy_not_the_change() {
    let source = Fixture::new();
    source.write("deploy-rhythm.yml", &policy("{max-frequency: {deploys: 1, per: 1h}}"));
    let base = source.commit(1, "Add the policy");
    source.git(0, &["switch", "--quiet", "--create", "change"]);
    source.write("deploy-rhythm.yml", "version: 1\nenvironments: {production: {}}\n");
    source.commit(2, "Loosen the policy");
    // What a workflow checks out: the change alone, detached, and no origin/HEAD.
    let fixture = Fixture::new();
    fixture.git(0, &["remote", "add", "origin", source.path.to_str().expect("a path")]);
    fixture.git(0, &["fetch", "--quiet", "origin"]);
    fixture.git(0, &["checkout", "--quiet", "--detach", "origin/change"]);
    let (code, json) = check(&fixture, &shipped(base.as_str(), 10), &["--at", "2026-01-01T00:20:00Z"]);
    assert_eq!((code, json["verdict"].as_str()), (3, Some("hold")), "{json}");
    // Where nothing names the default branch, HEAD stands for it, loudly.
    fixture.git(0, &["update-ref", "-d", "refs/remotes/origin/main"]);
    let (_, text, _) = run(&fixture, &["check"]);
    assert!(text.contains("no default branch was found"), "{text}");
}

#[test]
fn a_commit_inside_a_merge_ages_from_the_merge() {
    let fixture = Fixture::new();
    let base = fixture.commit(1, "Begin");
    fixture.write("deploy-rhythm.yml", &policy("{batch-size: {min-commits: 9, max-wait: 1h}}"));
    fixture.commit(2, "Add the policy");
    fixture.git(0, &["switch", "--quiet", "--create", "side"]);
    fixture.commit(60, "One");
    fixture.commit(90, "Two");
    fixture.git(0, &["switch", "--quiet", "main"]);
    fixture.git(100, &["merge", "--quiet", "--no-ff", "--no-edit", "side"]);
    let at = ["--commit", "side", "--at", "2026-01-01T01:45:00Z"];
    let (_, json) = check(&fixture, &shipped(base.as_str(), 3), &at);
    // The policy's commit landed itself, at 00:02; the others came with the merge at 01:40.
    assert!(says(&json, "batch-size").contains("3 commits since"), "{json}");
    fixture.write("side.yml", &policy("{batch-size: {min-commits: 9, max-wait: 1h}}"));
    let first = fixture.git(0, &["rev-parse", "main~1"]);
    let (_, json) = check(&fixture, &shipped(&first, 3), &at);
    assert_eq!(json["next_approval"], "2026-01-01T02:40:00Z", "{json}");
}

#[test]
fn a_fix_outside_the_paths_is_no_link_of_a_chain() {
    let fixture = Fixture::new();
    let base = fixture.commit(1, "Begin");
    for folder in ["api", "web"] {
        std::fs::create_dir(fixture.path.join(folder)).expect("a folder");
    }
    fixture.write("api/b", "1");
    fixture.commit(2, "fix one");
    fixture.write("api/b", "2");
    fixture.write("web/a", "2");
    fixture.commit(3, "fix two");
    let text = "version: 1\nenvironments:\n  production:\n    paths: [web/**]\n    soft-mandatory:\n      - fix-chain: {fixes: 2, within: 2h}\n";
    fixture.write("web.yml", text);
    let (code, json) =
        check(&fixture, &shipped(base.as_str(), 1), &["--policy", "web.yml", "--at", "2026-01-01T00:10:00Z"]);
    assert_eq!(code, 0, "{json}");
    assert!(says(&json, "fix-chain").contains("a chain of 1"), "{json}");
}

#[test]
fn a_requested_commit_that_is_dated_later_counts_as_landing_now() {
    let fixture = Fixture::new();
    fixture.write("push.yml", &policy("{push-frequency: {pushes: 1, per: 1h}}, {fix-chain: {fixes: 2, within: 2h}}"));
    let ids = [fixture.commit(0, "Begin"), fixture.commit(60, "fix total"), fixture.commit(120, "fix total again")];
    let at = ["--policy", "push.yml", "--at", "2026-01-01T01:30:00Z"];
    for log in ["\n".to_owned(), shipped(ids[0].as_str(), 1)] {
        let (code, json) = check(&fixture, &log, &at);
        assert_eq!(code, 4, "{json}");
        assert_eq!(finding(&json, "push-frequency")["until"], "2026-01-01T02:00:00Z", "{json}");
        assert_eq!(finding(&json, "fix-chain")["status"], "not-met", "{json}");
    }
}

#[test]
fn a_chain_is_found_however_old_where_nothing_was_shipped() {
    let fixture = Fixture::new();
    fixture.write("fix.yml", &policy("{fix-chain: {fixes: 2, within: 2h}}"));
    for at in [0, 30] {
        fixture.write("total.rb", &at.to_string());
        fixture.commit(at, "fix total");
    }
    for at in 1..=150 {
        fixture.commit(60 + at, "Add more");
    }
    let (code, json) = check(&fixture, "\n", &["--policy", "fix.yml", "--at", "2026-03-01T00:00:00Z"]);
    assert_eq!((code, finding(&json, "fix-chain")["status"].as_str()), (4, Some("not-met")), "{json}");
}

#[test]
fn records_of_nothing_and_of_elsewhere_are_said() {
    let fixture = Fixture::new();
    let commit = fixture.commit(1, "Begin");
    let (_, text, _) = run_with(&fixture, &["check", "--deploys", "-"], "");
    assert!(text.contains("standard input is empty: it says that nothing was ever deployed"), "{text}");
    let elsewhere = shipped(commit.as_str(), 2).replace("\"production\"", "\"prod\"");
    let (_, text, _) = run_with(&fixture, &["check", "--deploys", "-"], &elsewhere);
    assert!(text.contains("no deployment to `production` is recorded: the record names `prod`"), "{text}");
}

#[test]
fn a_leap_second_is_the_second_after_it() {
    let fixture = Fixture::new();
    let commit = fixture.commit(1, "Begin");
    fixture.write("interval.yml", &policy("{min-interval: 15m}"));
    let log = shipped(commit.as_str(), 2)
        .replace("2026-01-01T00:02:00+00:00", "2026-01-01T13:50:60Z")
        .replace("2026-01-01T00:04:00+00:00", "2026-01-01T13:52:00Z");
    let (code, json) = check(&fixture, &log, &["--policy", "interval.yml", "--at", "2026-01-01T14:05:59Z"]);
    assert_eq!((code, json["next_approval"].as_str()), (3, Some("2026-01-01T14:06:00Z")), "{json}");
}

#[test]
fn a_change_does_not_bring_its_own_record_of_deployments() {
    let fixture = Fixture::new();
    fixture.write("deploy-rhythm.yml", &policy("{max-frequency: {deploys: 1, per: 1h}}"));
    let base = fixture.commit(1, "Add the policy");
    fixture.write("deploys.jsonl", &shipped(base.as_str(), 10));
    fixture.commit(2, "Keep the log");
    let check = || run(&fixture, &["check", "--at", "2026-01-01T00:20:00Z"]);
    assert_eq!(check().0, 3, "{}", check().1);
    fixture.git(0, &["switch", "--quiet", "--create", "change"]);
    fixture.write("deploys.jsonl", "");
    fixture.commit(3, "Forget the log");
    let (code, text, _) = check();
    assert_eq!((code, text.contains("this change brings deploys.jsonl")), (3, true), "{text}");
    // What the deployer appends in its own tree, uncommitted, is the record.
    fixture.git(0, &["switch", "--quiet", "main"]);
    fixture.write("deploys.jsonl", &shipped(base.as_str(), -100));
    assert_eq!(check().0, 0, "{}", check().1);
}
