//! The ledger: what it tells, what becomes of a damaged, foreign or newer one, who edited it.

mod support {
    pub mod ledger;
    pub mod repo;
}

use std::path::PathBuf;
use std::time::Duration;

use deploy_rhythm::engine::event::Instant;
use deploy_rhythm::ledger::chain::Account;
use deploy_rhythm::ledger::entry::{Ending, Event, Kept, Stage};
use deploy_rhythm::ledger::owner::Owner;
use deploy_rhythm::ledger::sqlite::Sqlite;
use deploy_rhythm::ledger::{Change, LEDGER_ID, Ledger, State};
use rusqlite::Connection;
use serde_json::Value as Json;
use support::ledger::{Limits, alone, binary, exported, finish, last, output};
use support::repo::Fixture;

const MANY: Limits = Limits { deploys: 1000, per: 60, drain: 0, stale_after: 3600 };

fn place(shop: &Fixture) -> PathBuf {
    shop.path.join(".git/deploy-rhythm/ledger.sqlite")
}

#[expect(clippy::disallowed_methods, reason = "a test looks at the file itself")]
fn bytes(shop: &Fixture) -> Vec<u8> {
    std::fs::read(place(shop)).expect("a file")
}

#[expect(clippy::disallowed_methods, reason = "a test damages the file itself")]
fn replace(shop: &Fixture, bytes: &[u8]) {
    std::fs::create_dir_all(place(shop).parent().expect("a folder")).expect("a folder");
    std::fs::write(place(shop), bytes).expect("a file");
}

fn edit(shop: &Fixture, sql: &str) {
    Connection::open(place(shop)).expect("it opens").execute_batch(sql).expect("it is edited");
}

#[test]
fn check_and_status_read_a_ledger_and_never_begin_one() {
    let shop = MANY.repository();
    let (code, text, _) = output(&shop, &["check"]);
    assert_eq!(code, 3, "no source is no history: {text}");
    assert!(!shop.path.join(".git/deploy-rhythm").exists());
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let (code, text, _) = output(&shop, &["check"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("1 deployment and 1 push from the repository's ledger"), "{text}");
    let (_, text, _) = output(&shop, &["status"]);
    assert!(text.contains("999 of 1000 left"), "{text}");
    let (_, text, _) = output(&shop, &["history", "--since", "1h"]);
    assert!(text.contains("the repository's ledger"), "{text}");
    // The ledger is no record of what was never deployed through it.
    let named = "version: 1\nenvironments: {staging: {hard-mandatory: [no-overlap: {}]}, pushed: {trigger: push, hard-mandatory: [max-frequency: {deploys: 1, per: 1h}]}}\n";
    shop.write("two.yml", named);
    assert_eq!(output(&shop, &["check", "--policy", "two.yml", "-e", "staging"]).0, 3);
    assert_eq!(output(&shop, &["run", "--policy", "two.yml", "-e", "staging", "--", "true"]).0, 0);
    assert_eq!(output(&shop, &["check", "--policy", "two.yml", "-e", "staging"]).0, 0);
    let (_, text, _) = output(&shop, &["check", "--policy", "two.yml", "-e", "pushed"]);
    assert!(text.contains("each taken for a deploy"), "{text}");
    let (_, log, _) = output(&shop, &["ledger", "export"]);
    shop.write("exported.jsonl", &log);
    assert_eq!(output(&shop, &["check", "--deploys", "exported.jsonl"]).0, 0, "{log}");
}

#[test]
fn a_pipeline_tells_its_own_start_and_end() {
    let shop = MANY.repository();
    let (code, id, error) = output(&shop, &["record", "start", "--run", "991/1"]);
    assert_eq!(code, 0, "{error}");
    let id = id.trim();
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 3, "it runs");
    assert_eq!(output(&shop, &["check", "--run", "991/1"]).0, 0, "the run that asks is left out");
    let (code, _, error) = output(&shop, &["record", "start", "--run", "991/1", "--revision", "sha256:1"]);
    assert_eq!(code, 2, "one run ships one commit: {error}");
    assert_eq!(output(&shop, &["record", "finish", id, "--outcome", "success"]).0, 0);
    let (_, other, _) = output(&shop, &["record", "start", "--revision", "sha256:1"]);
    assert_eq!(output(&shop, &["record", "void", other.trim(), "--because", "it never began"]).0, 0);
    assert_eq!(exported(&shop).len(), 1, "what is void counts nowhere");
    let (code, _, error) = output(&shop, &["record", "finish", "17", "--outcome", "success"]);
    assert_eq!(code, 2);
    assert!(error.contains("has no rollout `17`"), "{error}");
    let (_, text, _) = output(&shop, &["ledger", "show"]);
    assert!(text.contains("recorded without a decision"), "{text}");
    assert_eq!(output(&shop, &["ledger", "verify"]).0, 0);
}

#[test]
fn every_decision_is_recorded_with_its_digests() {
    let shop = Limits { deploys: 1, ..MANY }.repository();
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 3);
    let (_, text, _) = output(&shop, &["ledger", "export", "--entries"]);
    let entries: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let kinds: Vec<&str> = entries.iter().filter_map(|entry| entry["event"]["kind"].as_str()).collect();
    assert_eq!(kinds, ["decided", "reserved", "started", "finished", "decided"]);
    assert_eq!(entries[0]["event"]["verdict"], "approve");
    assert_eq!(entries[4]["event"]["verdict"], "hold");
    assert_eq!(entries[4]["event"]["report"]["findings"][1]["rule"], "max-frequency");
    assert_eq!(entries[0]["event"]["policy_digest"], entries[4]["event"]["policy_digest"]);
    assert_ne!(entries[0]["event"]["facts_digest"], entries[4]["event"]["facts_digest"]);
    let id = exported(&shop)[0].id.clone();
    for (asked, place) in [(id.as_str(), 0), (entries[4]["event"]["id"].as_str().expect("an id"), 4)] {
        let (code, text, _) = output(&shop, &["why", asked]);
        let mut recorded: Json = serde_json::from_str(&text).expect("JSON");
        recorded["kind"] = "decided".into();
        assert_eq!((code, &recorded), (0, &entries[place]["event"]));
    }
    assert_eq!(output(&shop, &["why", "d-0000000000"]).0, 2);
    for pair in entries.windows(2) {
        assert_eq!(pair[0]["hash"], pair[1]["previous"]);
    }
}

#[test]
fn an_edit_is_found() {
    let edits = [
        "UPDATE entries SET body = replace(body, '\"finished\"', '\"started\"') WHERE seq = 4",
        "UPDATE entries SET at = '2020-01-01T00:00:00.000000Z' WHERE seq = 3",
        "DELETE FROM entries WHERE seq = 3",
        "UPDATE rollouts SET body = replace(body, 'failure', 'success')",
        "DELETE FROM rollouts",
        "DELETE FROM entries WHERE seq = 4",
    ];
    for sql in edits {
        let shop = MANY.repository();
        assert_eq!(output(&shop, &["run", "--", "false"]).0, 1);
        assert_eq!(output(&shop, &["ledger", "verify"]).0, 0);
        edit(&shop, sql);
        let (code, text, _) = output(&shop, &["ledger", "verify"]);
        assert_eq!(code, 1, "{sql}: {text}");
        assert!(text.starts_with('✘'), "{sql}: {text}");
    }
}

#[test]
fn a_damaged_ledger_holds_and_is_left_as_it_is() {
    for policy in [true, false] {
        let shop = MANY.repository();
        if !policy {
            shop.git(2, &["rm", "--quiet", "-r", ".github"]);
            shop.commit(2, "Without");
        }
        for damaged in [&b"this is no database, and was never one, whatever anybody says"[..], &[0x53; 4096]] {
            replace(&shop, damaged);
            let (code, _, error) = output(&shop, &["run", "--", "touch", "started"]);
            assert_eq!(code, 3, "{error}");
            assert!(last(&error).starts_with("not started: held: the ledger "), "{error}");
            let (code, text, _) = output(&shop, &["check"]);
            assert_eq!(code, 3, "{text}");
            assert!(text.contains("is not a database"), "{text}");
            assert_ne!(output(&shop, &["ledger", "verify"]).0, 0);
            assert_eq!(bytes(&shop), damaged);
        }
        assert!(!shop.path.join("started").exists());
    }
}

#[test]
fn what_can_be_read_of_a_damaged_ledger_is_told() {
    let shop = MANY.repository();
    for _ in 0..12 {
        assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    }
    edit(&shop, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;");
    let mut damaged = bytes(&shop);
    let from = damaged.len() - 3 * 4096;
    damaged[from..].fill(0xff);
    replace(&shop, &damaged);
    let (code, _, _) = output(&shop, &["ledger", "verify"]);
    assert_eq!(code, 1);
    let (code, text, error) = output(&shop, &["ledger", "export", "--entries"]);
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("entries could be read"), "{error}");
    assert!(!text.is_empty());
}

#[test]
fn foreign_and_newer_databases_are_refused_untouched() {
    for sql in [
        "CREATE TABLE orders (id); INSERT INTO orders VALUES (17);",
        "PRAGMA application_id = 1683122297; PRAGMA user_version = 99; CREATE TABLE entries (seq);",
    ] {
        let shop = MANY.repository();
        replace(&shop, b"");
        edit(&shop, sql);
        let before = bytes(&shop);
        let (code, _, error) = output(&shop, &["run", "--", "touch", "started"]);
        assert_eq!(code, 3, "{error}");
        let says = if sql.contains("99") { "written by a newer deploy-rhythm" } else { "a database of something else" };
        assert!(last(&error).contains(says), "{error}");
        assert_eq!(output(&shop, &["check"]).0, 3);
        assert_eq!(bytes(&shop), before);
    }
}

#[test]
fn where_nothing_can_be_written_nothing_starts() {
    let shop = MANY.repository();
    shop.git(0, &["remote", "add", "origin", "https://example.org/shop/app"]);
    shop.write("file", "no folder");
    let (code, _, error) = output(&shop, &["run", "--ledger", "file/ledger.sqlite", "--", "touch", "started"]);
    assert_eq!(code, 3, "{error}");
    assert!(last(&error).contains("cannot be made"), "{error}");
    // A file that may not grow stands for a full disk.
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let script =
        format!("trap '' XFSZ; ulimit -f 1; exec {} run -- touch started", env!("CARGO_BIN_EXE_deploy-rhythm"));
    let full = alone(&shop, "bash", &["-c", &script]).output().expect("bash");
    let error = String::from_utf8_lossy(&full.stderr);
    assert_eq!(full.status.code(), Some(3), "{error}");
    assert!(last(&error).starts_with("not started: held: the ledger "), "{error}");
    assert!(!shop.path.join("started").exists());
    assert_eq!(output(&shop, &["ledger", "verify"]).0, 0);
}

#[test]
fn who_holds_the_lock_is_named() {
    let shop = MANY.repository();
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let holder = Connection::open(place(&shop)).expect("it opens");
    holder.execute_batch("BEGIN IMMEDIATE").expect("a lock");
    let clock = || Instant::UNIX_EPOCH;
    let mut ledger = Sqlite::open(&place(&shop), clock, Duration::from_millis(50)).expect("it opens");
    let trouble = ledger.append(&mut |_| Change::default()).expect_err("locked");
    assert!(trouble.what.contains("is locked by process "), "{trouble}");
    assert!(trouble.what.contains(&std::process::id().to_string()), "{trouble}");
}

/// Reserves a slot as `run` would, for a process.
fn reserve(shop: &Fixture, owner: Option<&Owner>, until: &str) {
    let clock = || "2026-01-02T00:00:00Z".parse().expect("an instant");
    let mut ledger = Sqlite::open(&place(shop), clock, Duration::from_secs(10)).expect("it opens");
    let commit = shop.id("HEAD").to_string();
    let account = Account { repository: ".".to_owned(), environment: "production".to_owned() };
    ledger
        .append(&mut |state| {
            let kept = Kept {
                commit: Some(commit.clone()),
                actor: Some("ada".to_owned()),
                owner: owner.cloned(),
                reserved_at: Some(state.now),
                expires_at: Some(until.parse().expect("an instant")),
                ..Kept::new(state.fresh_id(LEDGER_ID), &account, Stage::Reserved)
            };
            Change::of(account.clone(), Event::Reserved { rollout: Box::new(kept) })
        })
        .expect("appended");
}

#[test]
fn a_reservation_holds_until_it_is_given_back_or_expires() {
    let shop = MANY.repository();
    let this = Owner::this();
    reserve(&shop, this.as_ref(), "2026-01-02T00:10:00Z");
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0, "it has expired");
    reserve(&shop, this.as_ref(), "2100-01-01T00:00:00Z");
    let (code, text, _) = output(&shop, &["check"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("is reserved by ada"), "{text}");
    let (_, text, _) = output(&shop, &["ledger", "show"]);
    let reserved = text.lines().find(|line| line.contains(": reserved")).expect("a line");
    let held = reserved.split(' ').next().expect("an id");
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 3);
    let give_back = ["record", "void", held, "--because", "not needed"];
    let another = finish(binary(&shop, &give_back).env("USER", "grace").spawn().expect("it runs"));
    assert_eq!(another.0, 2, "it is ada's, and nobody sits at a terminal: {another:?}");
    assert_eq!(output(&shop, &give_back).0, 0);
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    // A process that is gone starts nothing any more.
    let gone = std::process::Command::new("true").spawn().and_then(|mut child| child.wait().map(|_| child.id()));
    let pid = gone.ok().and_then(|pid| i32::try_from(pid).ok()).expect("it ran");
    let gone = this.map(|this| Owner { pid, ..this });
    reserve(&shop, gone.as_ref(), "2100-01-01T00:00:00Z");
    let (code, text, _) = output(&shop, &["check"]);
    assert_eq!(code, 3, "{text}");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("its process has died"), "{text}");
    let (code, _, error) = output(&shop, &["run", "--", "true"]);
    assert_eq!(code, 0, "{error}");
    assert!(error.contains("is given back: its process died before it started"), "{error}");
    assert_eq!(output(&shop, &["ledger", "verify"]).0, 0);
}

#[test]
fn a_clock_that_runs_backwards_frees_no_slot() {
    let shop = Limits { deploys: 1, per: 5, ..MANY }.repository();
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    // The newest entry is of tomorrow: nothing counts as later than that.
    let clock = || "2100-01-01T00:00:00Z".parse().expect("an instant");
    let mut ledger = Sqlite::open(&place(&shop), clock, Duration::from_secs(10)).expect("it opens");
    let account = |state: &State| {
        let kept = state.rollouts.values().next().expect("one").clone();
        Account { repository: kept.repository, environment: kept.environment }
    };
    let event = Event::Ended { request: "q-1".to_owned(), ending: Ending::Stopped, because: "a test".to_owned() };
    ledger.append(&mut |state| Change::of(account(state), event.clone())).expect("appended");
    drop(ledger);
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let (code, _, error) = output(&shop, &["run", "--", "true"]);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains("behind the ledger's newest entry"), "{error}");
    let later = finish(binary(&shop, &["ledger", "verify"]).spawn().expect("it runs"));
    assert_eq!(later.0, 0, "{}", later.1);
}

#[test]
fn what_others_deploy_to_a_shared_target_counts_and_makes_no_record() {
    let policy = "version: 1\nenvironments: {production: {target: host, hard-mandatory: [no-overlap, max-frequency: {deploys: 2, per: 1h}]}}\n";
    let shops = ["one", "two"].map(|name| {
        let shop = Fixture::new();
        shop.write(".github/deploy-rhythm.yml", policy);
        shop.commit(1, "First");
        shop.git(0, &["remote", "add", "origin", &format!("https://example.org/{name}")]);
        shop
    });
    let ledger = shops[0].beside("shared.sqlite").display().to_string();
    let ask =
        |shop: &Fixture, words: &[&str], more: &[&str]| output(shop, &[words, &["--ledger", &ledger], more].concat());
    assert_eq!(ask(&shops[1], &["run"], &["--", "true"]).0, 0);
    let (code, text, _) = ask(&shops[0], &["check"], &[]);
    assert_eq!(code, 3, "nothing tells what this repository deployed: {text}");
    assert!(text.contains("not known"), "{text}");
    assert_eq!(ask(&shops[0], &["ledger", "export"], &[]).1, "", "a deploy log is of one repository");
    assert_eq!(ask(&shops[1], &["ledger", "export"], &[]).1.lines().count(), 1);
    // Runs of the same number are two rollouts.
    for shop in &shops {
        let id = ask(shop, &["record", "start"], &["--run", "17"]).1;
        assert_eq!(ask(shop, &["record", "finish", id.trim(), "--outcome", "success"], &[]).0, 0);
    }
    let (code, _, error) = ask(&shops[0], &["run"], &["--", "true"]);
    assert_eq!(code, 3, "three rollouts of the host: {error}");
}

#[test]
fn a_history_that_is_cut_stays_cut_beside_a_new_ledger() {
    let shop = Limits { deploys: 3, per: 30 * 86_400, drain: 0, stale_after: 60 }.repository();
    #[expect(clippy::disallowed_methods, reason = "as far back as a real history")]
    let tenth = chrono::Utc::now() - chrono::TimeDelta::days(10);
    let release = serde_json::json!([{"revision": 5, "updated": tenth.to_rfc3339(), "status": "deployed",
        "chart": "app-1.0.0", "app_version": "1", "description": "Upgrade complete"}]);
    shop.write("helm.json", &release.to_string());
    assert_eq!(output(&shop, &["check", "--deploys", "helm.json"]).0, 3);
    let (code, _, error) = output(&shop, &["run", "--deploys", "helm.json", "--", "true"]);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains("not known"), "{error}");
}

#[test]
fn broken_glass_of_a_repository_without_a_name_waits_for_one() {
    let mut shop = Fixture::new();
    let policy =
        "version: 1\nhooks: {without-terminal: [ada]}\nenvironments:\n  production: {advisory: [no-overlap]}\n";
    shop.write(".github/deploy-rhythm.yml", policy);
    shop.commit(1, "First");
    shop.ledger = Some(shop.beside("shared.sqlite").display().to_string());
    let asks = ["run", "--break-glass", "it burns", "--confirm", "production", "--", "touch", "started"];
    let (code, _, error) = output(&shop, &asks);
    assert_eq!((code, shop.path.join("started").exists()), (0, true), "{error}");
    assert!(error.contains("nothing names this one") && error.contains("until the ledger can be told"), "{error}");
    // Another repository of the same ledger hears nothing of it.
    let mut other = Fixture::clone_of(&shop.path, &[]);
    other.git(0, &["remote", "set-url", "origin", "https://example.org/other.git"]);
    other.ledger.clone_from(&shop.ledger);
    assert_eq!(output(&other, &["run", "--", "true"]).0, 0);
    assert!(output(&other, &["status"]).1.starts_with("production"));
    assert_eq!(output(&shop, &["status"]).0, 2);
    shop.git(0, &["remote", "add", "origin", "https://example.org/shop.git"]);
    // Whatever opens the ledger first tells it.
    assert_eq!(exported(&shop).len(), 1);
    for _ in 0..2 {
        assert!(output(&shop, &["status"]).1.starts_with("✘ glass broken: "));
        assert!(output(&other, &["status"]).1.starts_with("production"));
    }
    let shown = output(&shop, &["ledger", "export", "--entries"]).1;
    assert!(shown.contains("example.org/shop\"") && !shown.contains("\"repository\":\".\""), "{shown}");
    let all = exported(&shop);
    assert_eq!((all.len(), all[0].state.as_str()), (1, "success"));
    assert_eq!(output(&shop, &["ledger", "verify"]).0, 0);
}

#[test]
fn people_are_told_whole_seconds() {
    let shop = Limits { deploys: 1, per: 3600, drain: 0, stale_after: 3600 }.repository();
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    assert_eq!(output(&shop, &["freeze", "--for", "2h", "--because", "restore"]).0, 0);
    for arguments in [&["why"][..], &["status"], &["history"], &["ledger", "show"], &["audit", "--since", "1h"]] {
        let (_, text, _) = output(&shop, arguments);
        let part = text.split(|letter: char| !(letter.is_ascii_digit() || "-:.TZ".contains(letter)));
        let parts: Vec<&str> = part.filter(|part| part.len() > 18 && part.contains('T')).collect();
        assert!(parts.iter().all(|part| !part.contains('.')), "{arguments:?}: {parts:?}");
    }
    let (_, text, _) = output(&shop, &["why"]);
    assert!(text.contains("wait until 20") || text.contains("ask again at 20"), "{text}");
}
