//! Exceptions: overrides, freezes, broken glass, and who may claim them.

mod support {
    pub mod ledger;
    pub mod repo;
}

use std::fs::File;
use std::io::{Read, Write};
use std::process::Stdio;

use serde_json::Value as Json;
use support::ledger::{binary, exported, finish, last, output};
use support::repo::Fixture;

/// One rollout an hour, soft; who may is told by what stands beside it.
fn shop(beside: &str) -> Fixture {
    let shop = Fixture::new();
    let rules =
        "    soft-mandatory:\n      - max-frequency: {deploys: 1, per: 1h}\n    hard-mandatory:\n      - no-overlap\n";
    let policy = format!("version: 1\nenvironments:\n  production:\n{rules}{beside}");
    shop.write(".github/deploy-rhythm.yml", &policy);
    shop.commit(1, "First");
    shop
}

const MAY: &str = "    override: {roles: [cli], expires: 2h, per-month: 2}\nhooks: {without-terminal: [ada]}\n";

/// Runs it at a terminal of its own, where somebody types; exit code and what is shown.
fn at_a_terminal(shop: &Fixture, arguments: &[&str], typed: &str) -> (i32, String) {
    let pair = nix::pty::openpty(None, None).expect("a terminal");
    let slave = || Stdio::from(pair.slave.try_clone().expect("a descriptor"));
    let mut command = binary(shop, arguments);
    let child = command.stdin(slave()).stderr(slave()).spawn().expect("it runs");
    drop(command);
    drop(pair.slave);
    let mut master = File::from(pair.master);
    master.write_all(typed.as_bytes()).expect("typed");
    let (code, out, _) = finish(child);
    let mut shown = Vec::new();
    // Linux says that nobody is left by an error.
    let _ = master.read_to_end(&mut shown);
    (code, out + &String::from_utf8_lossy(&shown))
}

fn json(shop: &Fixture, arguments: &[&str]) -> Json {
    let text = output(shop, &[arguments, &["--format", "json"]].concat()).1;
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn id(text: &str) -> &str {
    text.split(':').next().expect("an id")
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn an_override_lifts_soft_rules_once() {
    let shop = shop(MAY);
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let held = json(&shop, &["check"]);
    let command = held["override"].as_str().expect("a command").to_owned();
    assert!(command.starts_with("deploy-rhythm override --environment production --commit "), "{command}");
    let (code, _, error) = output(&shop, &["run", "--", "true"]);
    assert_eq!(code, 3);
    assert!(words(&error).contains("you may override: `deploy-rhythm override"), "{error}");
    let (code, text, error) = output(&shop, &["override", "--because", "checkout fails", "--for", "30m"]);
    assert_eq!(code, 0, "{error}");
    assert!(text.contains("; 1 left this month"), "{text}");
    let lifted = json(&shop, &["check"]);
    assert_eq!((lifted["verdict"].as_str(), lifted["override"].as_str()), (Some("approve"), None), "{lifted}");
    assert!(lifted.to_string().contains("overridden by ada"), "{lifted}");
    assert!(words(&output(&shop, &["status"]).1).contains("by ada: checkout fails (or-"));
    let (code, _, error) = output(&shop, &["override", "--because", "again"]);
    assert_eq!(code, 2);
    assert!(error.contains("covers"), "{error}");
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 3, "it is used up");
    let (code, _, error) = output(&shop, &["override", "revoke", id(&text)]);
    assert_eq!(code, 1);
    assert!(error.contains("is used up by dr-"), "{error}");
    let shown = output(&shop, &["ledger", "show"]).1;
    assert!(shown.contains(", used up by dr-"), "{shown}");
    assert_eq!(output(&shop, &["override", "--because", "second"]).0, 0);
    shop.commit(2, "Second");
    let (code, _, error) = output(&shop, &["override", "--because", "third"]);
    assert_eq!(code, 2);
    assert!(error.contains("this month's overrides are spent: 2 of 2"), "{error}");
    assert!(json(&shop, &["check"])["override"].is_null(), "no budget, no offer");
    assert_eq!(output(&shop, &["ledger", "verify"]).0, 0);
}

#[test]
fn one_override_lets_one_of_many_go() {
    let shop = shop("    override: {roles: [cli]}\nhooks: {without-terminal: [ada]}\n");
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    assert_eq!(output(&shop, &["override", "--because", "now"]).0, 0);
    let all: Vec<_> = (0..8).map(|_| binary(&shop, &["run", "--", "true"]).spawn().expect("it runs")).collect();
    let gone = all.into_iter().map(|child| finish(child).0).filter(|code| *code == 0).count();
    assert_eq!((gone, exported(&shop).len()), (1, 2));
}

#[test]
fn an_override_never_touches_a_hard_rule_nor_another_commit() {
    let shop = shop(MAY);
    let running = output(&shop, &["record", "start"]).1;
    assert!(json(&shop, &["check"])["override"].is_null(), "it would not help");
    assert_eq!(output(&shop, &["override", "--because", "now"]).0, 0);
    let held = json(&shop, &["check"]);
    assert_eq!(held["verdict"], "hold", "{held}");
    assert_eq!(output(&shop, &["record", "finish", running.trim(), "--outcome", "success"]).0, 0);
    shop.commit(2, "Second");
    assert_eq!(json(&shop, &["check"])["verdict"], "hold");
}

#[test]
fn a_revoked_override_gives_its_place_back() {
    let shop = shop("    override: {roles: [cli], per-month: 1}\nhooks: {without-terminal: [ada]}\n");
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let text = output(&shop, &["override", "--because", "now"]).1;
    assert_eq!(output(&shop, &["override", "revoke", id(&text)]).0, 0);
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 3);
    assert_eq!(output(&shop, &["override", "--because", "after all", "--for", "25h"]).0, 2);
    assert_eq!(output(&shop, &["override", "--because", "after all"]).0, 0);
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
}

#[test]
fn who_is_not_named_may_not() {
    let nobody = shop("hooks: {without-terminal: [ada]}\n");
    let (code, _, error) = output(&nobody, &["override", "--because", "now"]);
    assert_eq!(code, 2);
    assert!(error.contains("lets nobody override"), "{error}");
    let shop = shop("    override: {roles: [cli]}\n");
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    assert!(json(&shop, &["check"])["override"].is_null());
    for arguments in [
        &["override", "--because", "now"][..],
        &["thaw"],
        &["run", "--lane", "hotfix", "--reason", "now", "--", "true"],
        &["run", "--break-glass", "now", "--confirm", "production", "--", "true"],
        &["ledger", "adopt", "--since", "2026-01-01T00:00:00Z", "--because", "moved"],
    ] {
        let (code, _, error) = output(&shop, arguments);
        assert_eq!(code, 2, "{arguments:?}: {error}");
        assert!(error.contains("a caller without a terminal cannot "), "{error}");
    }
    assert_eq!(exported(&shop).len(), 1);
    let hers = output(&shop, &["record", "start"]).1;
    let theirs = finish(
        binary(&shop, &["record", "finish", hers.trim(), "--outcome", "success"])
            .env("USER", "bob")
            .spawn()
            .expect("it runs"),
    );
    assert_eq!(theirs.0, 2, "{}", theirs.2);
    assert!(theirs.2.contains("cannot settle somebody else's rollout"), "{}", theirs.2);
    assert_eq!(output(&shop, &["record", "finish", hers.trim(), "--outcome", "success"]).0, 0);
    let (code, text) = at_a_terminal(&shop, &["override", "--because", "somebody sits here"], "");
    assert_eq!(code, 0, "{text}");
}

#[test]
fn a_freeze_holds_until_it_is_thawed() {
    let shop = shop(MAY);
    assert_eq!(output(&shop, &["freeze", "--for", "2h"]).0, 2, "no reason");
    assert_eq!(output(&shop, &["freeze", "--until", "2020-01-01T00:00:00Z", "--because", "late"]).0, 2);
    assert_eq!(output(&shop, &["freeze", "--for", "400d", "--because", "long"]).0, 2);
    assert_eq!(output(&shop, &["freeze", "--for", "2h", "--because", "restore"]).0, 0);
    let (code, _, error) = output(&shop, &["run", "--", "true"]);
    assert_eq!(code, 3);
    assert!(error.contains("restore (ada until "), "{error}");
    assert!(last(&error).ends_with(": freeze"), "{error}");
    assert!(output(&shop, &["status"]).1.contains("frozen until "));
    assert_eq!(output(&shop, &["run", "--lane", "hotfix", "--reason", "now", "--", "true"]).0, 3, "hotfixes too");
    let history = json(&shop, &["history", "--since", "1h"]);
    assert!(history["events"].as_array().expect("events").iter().any(|event| event["kind"] == "freeze"), "{history}");
    assert_eq!(output(&shop, &["override", "--because", "the restore needs it"]).0, 0);
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0, "a soft rule");
    assert_eq!(output(&shop, &["thaw", "--because", "done"]).0, 0);
    assert_eq!(output(&shop, &["thaw"]).0, 2, "nothing is frozen");
    let held = json(&shop, &["check"]);
    assert!(held["findings"].as_array().expect("findings").iter().all(|finding| finding["rule"] != "freeze"), "{held}");
    assert_eq!(output(&shop, &["ledger", "verify"]).0, 0);
}

#[test]
fn broken_glass_runs_counts_and_heads_status_until_acknowledged() {
    let shop = shop(MAY);
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let wrong = ["run", "--break-glass", "it burns", "--confirm", "staging", "--", "touch", "started"];
    assert_eq!(output(&shop, &wrong).0, 2);
    let (code, text) = at_a_terminal(&shop, &["run", "--break-glass", "it burns", "--", "touch", "started"], "prod\n");
    assert_eq!(code, 2, "{text}");
    assert!(!shop.path.join("started").exists());
    let typed = ["run", "--break-glass", "it burns", "--", "sh", "-c", "exit 7"];
    let (code, text) = at_a_terminal(&shop, &typed, "production\n");
    assert_eq!(code, 7, "{text}");
    assert!(text.contains("the verdict stands: hold (max-frequency)"), "{text}");
    let all = exported(&shop);
    assert_eq!((all.len(), all[1].state.as_str()), (2, "failure"));
    let status = output(&shop, &["status"]).1;
    assert!(status.starts_with("✘ glass broken: "), "{status}");
    assert!(words(&status).contains("1 of 2 overrides left"), "{status}");
    assert_eq!(json(&shop, &["status"])["broken_glass"][0]["glass"]["verdict"], "hold");
    assert_eq!(output(&shop, &["record", "acknowledge", &all[0].id]).0, 1, "that broke no glass");
    assert_eq!(output(&shop, &["record", "acknowledge", &all[1].id]).0, 0);
    assert!(!output(&shop, &["status"]).1.contains("glass"));
    assert_eq!(output(&shop, &["ledger", "verify"]).0, 0);
}

#[test]
fn a_policy_may_forbid_to_break_the_glass() {
    let shop = shop("    break-glass: false\nhooks: {without-terminal: [ada]}\n");
    let asks = ["run", "--break-glass", "it burns", "--confirm", "production", "--", "touch", "started"];
    let (code, _, error) = output(&shop, &asks);
    assert_eq!(code, 4);
    assert!(last(&error).starts_with("not started: rejected: "), "{error}");
    assert!(!shop.path.join("started").exists());
}

#[test]
fn broken_glass_is_remembered_until_the_ledger_is_back() {
    let shop = shop(MAY);
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let place = shop.path.join(".git/deploy-rhythm/ledger.sqlite");
    let aside = shop.path.join(".git/aside.sqlite");
    std::fs::rename(&place, &aside).expect("moved");
    // A folder stands where the ledger was: it cannot be opened.
    std::fs::create_dir(&place).expect("a folder");
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 3);
    let (code, _, error) =
        output(&shop, &["run", "--break-glass", "it burns", "--confirm", "production", "--", "true"]);
    assert_eq!(code, 0, "{error}");
    assert!(error.contains("until the ledger can be told"), "{error}");
    assert!(output(&shop, &["status"]).1.starts_with("✘ glass broken: "));
    assert!(shop.path.join(".git/deploy-rhythm/journal.jsonl").metadata().expect("a journal").len() > 0);
    std::fs::remove_dir(&place).expect("gone");
    std::fs::rename(&aside, &place).expect("back");
    // Many come back at once, and it is told once.
    let all: Vec<_> = (0..6).map(|_| binary(&shop, &["check"]).spawn().expect("it runs")).collect();
    assert!(all.into_iter().all(|child| finish(child).0 == 3), "it counts");
    let all = exported(&shop);
    assert_eq!((all.len(), all[1].state.as_str()), (2, "success"));
    assert!(all[1].finish.is_some());
    assert_eq!(shop.path.join(".git/deploy-rhythm/journal.jsonl").metadata().expect("a journal").len(), 0);
    assert!(output(&shop, &["status"]).1.starts_with("✘ glass broken: "));
    assert_eq!(output(&shop, &["ledger", "verify"]).0, 0);
}

#[test]
fn an_unreadable_ledger_may_hold_a_freeze() {
    let shop = Fixture::new();
    let open = "version: 1\nenvironments: {production: {soft-mandatory: [deployment-window: {from: \"00:00\", to: \"24:00\"}]}}\ntimezone: UTC\n";
    shop.write("deploy-rhythm.yml", open);
    shop.commit(1, "First");
    assert_eq!(output(&shop, &["check"]).0, 0);
    std::fs::create_dir_all(shop.path.join(".git/deploy-rhythm/ledger.sqlite")).expect("a folder");
    let (code, text, _) = output(&shop, &["check"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("freeze"), "{text}");
}

#[test]
fn landings_before_the_first_rollout_still_count() {
    let shop = Fixture::new();
    let rules = "[max-frequency: {deploys: 2, per: 400d}]";
    let policy = format!("version: 1\nenvironments: {{production: {{trigger: push, hard-mandatory: {rules}}}}}\n");
    shop.write("deploy-rhythm.yml", &policy);
    shop.commit(1, "First");
    shop.commit(2, "Second");
    shop.commit(3, "Third");
    let at = ["--at", "2026-01-01T01:00:00Z"];
    assert_eq!(output(&shop, &[&["check"][..], &at].concat()).0, 3, "two landings count, the third is asked for");
    // A second environment's commit would never be a landing of its own: the ledger begins with the newest commit.
    let id = output(&shop, &["record", "start"]).1;
    assert_eq!(output(&shop, &["record", "finish", id.trim(), "--outcome", "success"]).0, 0);
    let after = json(&shop, &["check"]);
    assert_eq!(after["verdict"], "hold", "{after}");
    assert_eq!(after["history"]["deployments"], 3, "{after}");
}

#[test]
fn a_start_told_late_is_bounded() {
    let shop = shop(MAY);
    let ago = |minutes: i64| (now() - chrono::TimeDelta::minutes(minutes)).to_rfc3339();
    assert_eq!(output(&shop, &["record", "start", "--at", &ago(-10)]).0, 2, "to come");
    assert_eq!(output(&shop, &["record", "start", "--at", &ago(61)]).0, 2, "too long ago");
    let (code, id, error) = output(&shop, &["record", "start", "--at", &ago(20)]);
    assert_eq!(code, 0, "{error}");
    let start = exported(&shop)[0].start;
    assert!(now() - start >= chrono::TimeDelta::minutes(20));
    assert!(output(&shop, &["ledger", "show"]).1.contains("told 20m late"));
    let (code, _, error) = output(&shop, &["record", "start", "--at", &ago(30)]);
    assert_eq!(code, 2);
    assert!(error.contains("cannot be told before it"), "{error}");
    assert_eq!(output(&shop, &["record", "void", id.trim(), "--because", "a test"]).0, 0);
    assert_eq!(output(&shop, &["record", "start", "--at", &ago(30)]).0, 0);
}

#[expect(clippy::disallowed_methods, reason = "the binary's clock is the machine's")]
fn now() -> deploy_rhythm::engine::event::Instant {
    chrono::Utc::now()
}

#[test]
fn adopt_moves_a_deploy_log_into_the_ledger() {
    let shop = shop(MAY);
    let commit = shop.id("HEAD").to_string();
    let line = |id: &str, minute: i64, state: &str| {
        let at = (now() - chrono::TimeDelta::minutes(minute)).to_rfc3339();
        format!(
            "{{\"id\": \"{id}\", \"environment\": \"production\", \"commit\": \"{commit}\", \"state\": \"{state}\", \"started_at\": \"{at}\"}}\n"
        )
    };
    let log = line("1", 600, "success") + &line("2", 30, "failure") + &line("3", 20, "queued");
    shop.write("deploys.jsonl", &log);
    shop.commit(2, "Log");
    let since = (now() - chrono::TimeDelta::minutes(120)).to_rfc3339();
    let adopt = ["ledger", "adopt", "--since", &since, "--because", "we deploy through run now"];
    let (code, text, error) = output(&shop, &adopt);
    assert_eq!(code, 0, "{error}");
    assert!(text.contains("1 rollout moved into it from deploy log deploys.jsonl"), "{text}");
    assert!(output(&shop, &adopt).1.contains("0 rollouts moved"), "once");
    shop.git(3, &["rm", "--quiet", "deploys.jsonl"]);
    shop.commit(3, "The ledger has it");
    let held = json(&shop, &["check"]);
    assert_eq!((held["verdict"].as_str(), held["history"]["deployments"].as_u64()), (Some("hold"), Some(1)), "{held}");
    let complete = held["history"]["complete_since"].as_str().expect("an instant");
    assert_eq!(
        complete.parse::<deploy_rhythm::engine::event::Instant>().expect("an instant").timestamp() / 60,
        since.parse::<deploy_rhythm::engine::event::Instant>().expect("an instant").timestamp() / 60
    );
    let future = (now() + chrono::TimeDelta::minutes(120)).to_rfc3339();
    assert_eq!(output(&shop, &["ledger", "adopt", "--since", &future, "--because", "no"]).0, 2);
    assert_eq!(output(&shop, &["ledger", "verify"]).0, 0);
}

#[test]
fn what_is_inside_a_broken_glass_passes_while_the_ledger_is_away() {
    let shop = shop("hooks: {without-terminal: [ada]}\n");
    let commit = shop.id("HEAD");
    shop.git(2, &["remote", "add", "origin", "https://example.org/shop"]);
    shop.write("ledger", "no folder");
    let tool = env!("CARGO_BIN_EXE_deploy-rhythm");
    let inside = format!(
        "{tool} run --ledger ledger/l.sqlite -- echo nested && KAMAL_VERSION={commit} KAMAL_COMMAND=deploy DEPLOY_RHYTHM_LEDGER=ledger/l.sqlite {tool} hook kamal pre-deploy && echo through"
    );
    let arguments =
        ["run", "--ledger", "ledger/l.sqlite", "--break-glass", "now", "--confirm", "production", "--", "sh", "-c"];
    let (code, text, error) = output(&shop, &[&arguments[..], &[&inside]].concat());
    assert_eq!((code, text.as_str()), (0, "nested\nthrough\n"), "{error}");
    // Outside it holds.
    assert_eq!(output(&shop, &["run", "--ledger", "ledger/l.sqlite", "--", "true"]).0, 3);
}

#[test]
fn a_draft_that_cannot_be_read_lifts_nothing() {
    let shop = shop("    break-glass: false\nhooks: {without-terminal: [ada]}\n");
    shop.write("deploy-rhythm.yml", &"#".repeat(5 << 20));
    let (code, _, error) =
        output(&shop, &["run", "--break-glass", "now", "--confirm", "production", "--", "touch", "ran"]);
    assert_eq!(code, 4, "{error}");
    assert!(!shop.path.join("ran").exists());
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0, "the policy in force is there");
}

#[test]
fn a_broken_glass_that_never_ran_is_spent_by_nobody() {
    let shop = shop("    override: {roles: [cli], per-month: 2}\nhooks: {without-terminal: [ada]}\n");
    shop.write("x", "not executable");
    assert_eq!(output(&shop, &["run", "--break-glass", "now", "--confirm", "production", "--", "./x"]).0, 126);
    let text = output(&shop, &["status"]).1;
    assert!(!text.contains("glass broken") && text.contains("2 of 2 overrides left"), "{text}");
}
