//! GitHub as a source, through the binary, against a GitHub that is held to its own documents.

mod support {
    pub mod brought;
    pub mod fake_github;
    pub mod hubbed;
    pub mod repo;
}

use serde_json::Value;
use support::fake_github::{FakeGitHub, Fault, TOKEN};
use support::hubbed::{Shop, at};

/// Three a day, an hour between them, one at a time.
const POLICY: &str = "version: 1\nhistory: {source: github}\nenvironments:\n  production:\n    hard-mandatory:\n      - max-frequency: {deploys: 3, per: 1d}\n      - min-interval: 1h\n      - no-overlap\n";

fn verdict(shop: &Shop, minute: i64, more: &[&str]) -> (i32, Value) {
    let time = at(minute);
    let words = [&["check", "--format", "json", "--at", &time][..], more].concat();
    let (code, out, err) = shop.run(&words);
    (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{code}: {out}{err}")))
}

fn status<'a>(report: &'a Value, rule: &str) -> &'a str {
    let findings = report["findings"].as_array().expect("findings");
    let finding = findings.iter().find(|finding| finding["rule"] == rule).unwrap_or_else(|| panic!("{rule}: {report}"));
    finding["status"].as_str().expect("a status")
}

#[test]
fn a_hundred_deployments_cost_at_most_three_requests() {
    for (count, most) in [(0, 1), (1, 1), (100, 3), (260, 3)] {
        let shop = Shop::new(POLICY);
        for number in 0..count {
            shop.deployed("production", number * 5, Some(number * 5 + 2));
        }
        let (code, report) = verdict(&shop, 300 * 5, &[]);
        let needed = shop.hub.total();
        assert!(needed <= most, "{count} deployments took {needed} requests");
        assert_eq!(code, if count > 3 { 3 } else { 0 }, "{report}");
        assert_eq!(report["history"]["sources"][0], "GitHub deployments of acme/shop");
    }
}

#[test]
fn what_waits_has_not_started_and_what_started_counts_from_there() {
    let shop = Shop::new(POLICY);
    shop.hub_repo.deploy("production", &shop.sha, &at(0)).status("waiting", &at(0));
    assert_eq!(verdict(&shop, 10, &[]).0, 0);
    // Created at the beginning, approved an hour and a half later.
    shop.hub_repo
        .deploy("production", &shop.sha, &at(0))
        .status("waiting", &at(0))
        .status("queued", &at(89))
        .status("in_progress", &at(90))
        .status("success", &at(95));
    let (code, report) = verdict(&shop, 100, &[]);
    assert_eq!((code, status(&report, "min-interval")), (3, "not-met"));
    assert_eq!(report["next_approval"], at(150));
    assert_eq!(verdict(&shop, 150, &[]).0, 0);
}

#[test]
fn jobs_of_one_run_are_one_rollout_and_a_run_tried_again_is_another() {
    let shop = Shop::new(POLICY);
    for (start, end) in [(0, 4), (1, 6), (3, 5), (70, 75), (140, 141)] {
        shop.in_run("production", 991, start, Some(end));
    }
    let (_, report) = verdict(&shop, 300, &[]);
    assert_eq!(report["history"]["deployments"], 3, "{report}");
    assert_eq!(status(&report, "max-frequency"), "not-met");
    // Whoever asks from inside its own deployment is left out; what has finished stays.
    shop.in_run("production", 992, 299, None);
    let (_, inside) = verdict(&shop, 300, &["--run", "992/1"]);
    assert_eq!((status(&inside, "no-overlap"), &inside["history"]["deployments"]), ("met", &3.into()), "{inside}");
    let (_, outside) = verdict(&shop, 300, &[]);
    assert_eq!(status(&outside, "no-overlap"), "not-met");
}

#[test]
fn nothing_is_approved_for_want_of_data() {
    let short: &[(&str, Fault, &str)] = &[
        ("*", Fault::Status(500), "fails at deployments (500)"),
        ("*", Fault::Status(502), "fails at deployments (502)"),
        ("*", Fault::Truncated, "could not be reached for deployments"),
    ];
    for (route, fault, said) in short {
        let shop = Shop::new(POLICY);
        shop.hub.fault(route, fault.clone(), 100);
        let (code, report) = verdict(&shop, 100, &[]);
        assert_eq!((code, status(&report, "max-frequency")), (3, "unknown"), "{report}");
        assert!(report.to_string().contains(said), "{said}: {report}");
    }
}

#[test]
fn a_fault_that_passes_is_waited_for() {
    let shop = Shop::new(POLICY);
    shop.hub.fault("/graphql", Fault::Status(502), 1);
    shop.hub.fault("/graphql", Fault::Truncated, 1);
    assert_eq!(verdict(&shop, 100, &[]).0, 0);
    assert_eq!(shop.hub.count("/graphql"), 3);
}

#[test]
fn pages_that_do_not_come_leave_the_rest_unknown() {
    let shop = Shop::new(&POLICY.replace("per: 1d", "per: 7d"));
    for number in 0..150 {
        shop.deployed("production", number * 60, Some(number * 60 + 2));
    }
    shop.hub.fault_after(1, "/graphql", Fault::Status(500), 100);
    let (code, report) = verdict(&shop, 160 * 60, &[]);
    assert_eq!(code, 3);
    assert_eq!(report["history"]["complete_since"], at(50 * 60), "{report}");
    assert!(report.to_string().contains("did not give all of its pages"), "{report}");
}

#[test]
fn each_trouble_names_what_is_missing_and_the_fix() {
    let shop = Shop::new(POLICY);
    shop.hub.expire(TOKEN);
    let (code, report) = verdict(&shop, 100, &[]);
    assert_eq!(code, 3);
    assert!(report.to_string().contains("it has expired, was revoked"), "{report}");
    assert!(!report.to_string().contains(TOKEN));

    let shop = Shop::new(POLICY);
    shop.hub_repo.private();
    shop.hub.permit(&["contents=read", "metadata=read"]);
    let (code, report) = verdict(&shop, 100, &[]);
    assert_eq!(code, 3);
    assert!(report.to_string().contains("give the token `deployments: read`"), "{report}");

    let mut shop = Shop::new(POLICY);
    shop.hub.allow("acme/gone");
    let (code, report) = verdict(&shop, 100, &["--deploys", "github:acme/gone"]);
    assert_eq!(code, 3);
    assert!(report.to_string().contains("GitHub has no"), "{report}");

    let shop = Shop::new(POLICY);
    shop.hub.remaining(TOKEN, 0, 4_102_444_800);
    let (code, report) = verdict(&shop, 100, &[]);
    assert_eq!(code, 3);
    assert!(report.to_string().contains("rate limit is reached until 2100-01-01T00:00:00Z"), "{report}");
}

#[test]
fn without_graphql_rest_tells_the_same() {
    let shop = Shop::new(POLICY);
    for minute in [0, 70, 140] {
        shop.deployed("production", minute, Some(minute + 5));
    }
    shop.deployed("staging", 10, Some(20));
    let by_graphql = verdict(&shop, 300, &[]).1;
    let by_rest = shop.without_token(|| verdict(&shop, 300, &[])).1;
    assert_eq!(by_rest["findings"], by_graphql["findings"]);
    assert!(by_rest["history"]["sources"][0].as_str().is_some_and(|source| source.ends_with("(by REST)")), "{by_rest}");
}

#[test]
fn an_enterprise_is_asked_at_its_own_addresses() {
    let shop = Shop::at(FakeGitHub::enterprise(), POLICY);
    shop.deployed("production", 0, Some(5));
    assert_eq!(verdict(&shop, 30, &[]).0, 3);
}

#[test]
fn statuses_that_do_not_come_with_their_deployment_are_asked_for() {
    let shop = Shop::new(POLICY);
    let mut one = shop.hub_repo.deploy("production", &shop.sha, &at(0)).status("in_progress", &at(90));
    for second in 0..60 {
        one = one.status("in_progress", &format!("2026-01-01T01:31:{second:02}Z"));
    }
    one.status("success", &at(95));
    let (_, report) = verdict(&shop, 100, &[]);
    assert_eq!(report["next_approval"], at(150), "{report}");
    assert_eq!(shop.hub.count("/deployments/{deployment_id}/statuses"), 1);
}

#[test]
fn without_a_name_nothing_asks_the_network() {
    let shop = Shop::new(&POLICY.replace("history: {source: github}\n", ""));
    shop.deployed("production", 0, None);
    for words in [
        &["check"][..],
        &["status"],
        &["history"],
        &["why"],
        &["policy", "validate"],
        &["report"],
        &["audit", "--since", "90d"],
    ] {
        shop.run(words);
        assert_eq!(shop.hub.total(), 0, "{words:?}");
    }
    assert_eq!(verdict(&shop, 10, &["--deploys", "github"]).0, 3);
    assert_eq!(verdict(&shop, 10, &["--deploys", "github:acme/shop"]).0, 3);
    assert_eq!(shop.run(&["check", "--deploys", "github", "--columns", "started=x"]).0, 2);
    assert_eq!(shop.run(&["check", "--deploys", "github:acme"]).0, 2);
}

#[test]
fn status_history_and_audit_tell_what_github_records() {
    let shop = Shop::new(POLICY);
    shop.deployed("production", 0, Some(5));
    shop.deployed("production", 30, None);
    let (_, status, _) = shop.run(&["status", "--at", &at(40)]);
    assert!(status.contains("running for 10m"), "{status}");
    let (_, history, _) = shop.run(&["history", "--at", &at(40)]);
    assert!(history.contains("read from: GitHub deployments of acme/shop"), "{history}");
    assert_eq!(history.matches("rollout").count(), 2, "{history}");
    let (code, audit, complaint) = shop.run(&["audit", "--since", "400d", "--format", "json"]);
    assert_eq!(code, 0, "{complaint}");
    assert!(audit.contains("GitHub deployments of acme/shop"), "{audit}");
}

#[test]
fn run_asks_github_before_it_takes_the_slot() {
    let shop = Shop::new(POLICY);
    let run = || {
        let mut command = shop.command(&["run", "--", "true"]);
        let output = command.env("PATH", std::env::var_os("PATH").expect("a path")).output().expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    #[expect(clippy::disallowed_methods, reason = "a ledger judges by the clock")]
    let now = chrono::Utc::now();
    let running = now - chrono::Duration::minutes(5);
    let running = running.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let one = shop.hub_repo.deploy("production", &shop.sha, &running).status("in_progress", &running);
    let (code, said) = run();
    assert_eq!(code, Some(3), "{said}");
    assert_eq!(shop.hub.total(), 1);
    one.change(|one| one["environment"] = "elsewhere".into());
    let (code, said) = run();
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn where_landing_deploys_a_github_that_does_not_tell_is_no_absence_of_a_record() {
    let shop = Shop::new(&POLICY.replace("  production:\n", "  production:\n    trigger: push\n"));
    shop.hub.fault("/graphql", Fault::Status(401), 100);
    let (code, report) = verdict(&shop, 10_000, &[]);
    assert_eq!((code, status(&report, "no-overlap")), (3, "unknown"), "{report}");
}

#[test]
fn freezes_of_the_ledger_hold_whatever_becomes_of_github() {
    let window = "version: 1\ntimezone: UTC\nenvironments:\n  production:\n    hard-mandatory:\n      - deployment-window: [{days: mon-sun, from: \"00:00\", to: \"24:00\"}]\n";
    let shop = Shop::new(window);
    let asked = ["check", "--format", "json", "--deploys", "github"];
    let (code, out, err) = shop.run(&asked);
    assert_eq!(code, 0, "{out}{err}");
    let (code, out, err) = shop.run(&["freeze", "--environment", "production", "--for", "2h", "--because", "restore"]);
    assert_eq!(code, 0, "{out}{err}");
    assert_eq!(shop.run(&asked).0, 3);
    shop.hub.fault("/graphql", Fault::Status(401), 100);
    let (code, out, err) = shop.run(&asked);
    assert_eq!(code, 3, "{out}{err}");
    assert!(out.contains("\"freeze\""), "{out}{err}");
}

#[test]
fn a_ledger_is_not_whole_by_what_github_does_not_tell() {
    let shop = Shop::new(&format!("{POLICY}hooks: {{without-terminal: [ada]}}\n"));
    shop.hub.fault("/graphql", Fault::Status(401), 100);
    let adopt = ["ledger", "adopt", "--environment", "production", "--since", &at(0), "--because", "from here on"];
    let output = shop.command(&adopt).env("USER", "ada").output().expect("it runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && error.contains("GitHub"), "{error}");
    assert_eq!(verdict(&shop, 10, &[]).0, 3);
}
