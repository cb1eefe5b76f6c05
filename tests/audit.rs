//! The audit: every deployment with its decision, through the real binary.

mod support {
    pub mod ledger;
    pub mod repo;
}

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use deploy_rhythm::engine::decision::Verdict;
use deploy_rhythm::engine::event::Instant;
use deploy_rhythm::engine::lane::Lane;
use deploy_rhythm::ledger::chain::Account;
use deploy_rhythm::ledger::entry::{Decided, Event, Glass, Kept, Stage};
use deploy_rhythm::ledger::sqlite::Sqlite;
use deploy_rhythm::ledger::{Change, Ledger};
use rusqlite::Connection;
use serde_json::{Value as Json, json};
use support::ledger::{Limits, exported, output};
use support::repo::Fixture;

const MANY: Limits = Limits { deploys: 1000, per: 60, drain: 0, stale_after: 3600 };
const PLACE: &str = ".git/deploy-rhythm/ledger.sqlite";

/// Runs `audit --format json`, which must fit its schema: exit code and answer.
fn audit(shop: &Fixture, options: &[&str]) -> (i32, Json) {
    let (code, text, error) = output(shop, &[["audit", "--format", "json"].as_slice(), options].concat());
    let answer: Json = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{error}"));
    let schema: Json = serde_json::from_str(include_str!("../docs/audit.schema.json")).expect("a schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(&answer).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?} in {answer:#}");
    (code, answer)
}

fn column(answer: &Json, key: &str) -> Vec<String> {
    let rows = answer["deployments"].as_array().expect("deployments").iter();
    rows.map(|row| row[key].as_str().unwrap_or("-").to_owned()).collect()
}

fn later(instant: DateTime<Utc>, seconds: i64) -> String {
    (instant + TimeDelta::seconds(seconds)).to_rfc3339()
}

#[expect(clippy::disallowed_methods, reason = "the ledger's clock")]
fn clock() -> Instant {
    Utc::now()
}

fn account() -> Account {
    Account { repository: ".".to_owned(), environment: "production".to_owned() }
}

/// Some hours before.
fn earlier() -> Instant {
    clock() - TimeDelta::hours(5)
}

/// Appends events to the repository's own ledger, as `run` would.
fn append(shop: &Fixture, events: &[Event]) {
    append_at(clock, shop, events);
}

fn append_at(clock: fn() -> Instant, shop: &Fixture, events: &[Event]) {
    let mut ledger = Sqlite::open(&shop.path.join(PLACE), clock, Duration::from_secs(5)).expect("a ledger");
    let events: Vec<_> = events.iter().map(|event| (account(), event.clone())).collect();
    ledger.append(&mut |_| Change { events: events.clone(), ..Change::default() }).expect("appended");
}

/// A decision and the rollout that followed it.
fn decided(id: &str, verdict: Verdict) -> [Event; 3] {
    let decided = Decided {
        id: format!("d-{id}"),
        request: format!("r-{id}"),
        commit: "c".repeat(40),
        lane: Lane::Normal,
        verdict,
        policy: "policy.yml".to_owned(),
        policy_digest: "1".repeat(64),
        facts_digest: "2".repeat(64),
        report: json!({"findings": []}),
    };
    let kept = Kept {
        commit: Some("c".repeat(40)),
        decision: Some(decided.id.clone()),
        reserved_at: Some(clock()),
        ..Kept::new(format!("dr-{id}"), &account(), Stage::Reserved)
    };
    let id = kept.id.clone();
    [Event::Decided(Box::new(decided)), Event::Reserved { rollout: Box::new(kept) }, Event::Started { id }]
}

#[test]
fn every_deployment_is_paired_and_the_unpaired_come_first() {
    let shop = MANY.repository();
    // Who asks for a hotfix here has no terminal.
    shop.write(".github/deploy-rhythm.yml", &format!("{}hooks: {{without-terminal: [ada]}}\n", MANY.policy()));
    shop.commit(2, "Let ada ask");
    assert_eq!(output(&shop, &["run", "--lane", "hotfix", "--reason", "=1+1 | @team <b>", "--", "sleep", "1.1"]).0, 0);
    assert_eq!(output(&shop, &["record", "start", "--revision", "sha256:1", "--run", "77/1"]).0, 0);
    let kept = exported(&shop);
    let (run, told) = (&kept[0], &kept[1]);
    let end = run.finish.expect("an end");
    let log = [
        // The rollout of `run` as another tool saw it: by its commit and its time; and by its time alone.
        json!({"id": "same", "environment": "production", "commit": run.commit, "state": "success", "started_at": later(run.start, 1)}),
        json!({"id": "within", "environment": "production", "commit": null, "revision": "chart-2", "state": "success", "started_at": later(run.start, 0)}),
        // A tag that was set a little later; and what ran after it, of the same commit.
        json!({"id": "tag", "environment": "production", "commit": run.commit, "state": "success", "started_at": later(end, 60)}),
        json!({"id": "again", "environment": "production", "commit": run.commit, "state": "success", "started_at": later(end, 60), "finished_at": later(end, 90)}),
        // That of `record` by its run.
        json!({"id": "by run", "environment": "production", "commit": null, "revision": "x", "state": "in_progress", "started_at": later(told.start, 30), "run": "77/1"}),
        // The same commit long before, and in another environment: nobody asked.
        json!({"id": "before", "environment": "production", "commit": run.commit, "state": "failure", "started_at": later(run.start, -7200), "finished_at": later(run.start, -7000)}),
        json!({"id": "elsewhere", "environment": "staging", "commit": run.commit, "state": "success", "started_at": later(run.start, 1), "actor": "=HYPERLINK(\"http://example.org\")"}),
        json!({"id": "not begun", "environment": "staging", "commit": run.commit, "state": "queued", "started_at": later(run.start, 1)}),
    ];
    let log: Vec<String> = log.iter().map(Json::to_string).collect();
    shop.write("log.jsonl", &log.join("\n"));
    let options = ["--since", "1d", "--until", &later(told.start, 3600), "--deploys", "log.jsonl"];
    let (code, answer) = audit(&shop, &options);
    assert_eq!(code, 0);
    let pairings = ["not-in-ledger", "not-in-ledger", "no-decision", "before-ledger", "approved"];
    assert_eq!(column(&answer, "pairing"), pairings);
    assert_eq!(column(&answer, "id"), ["elsewhere", "again", &told.id, "before", &run.id]);
    let rows = &answer["deployments"];
    assert_eq!(rows[2]["elsewhere"], json!(["by run"]));
    let mut elsewhere: Vec<&str> =
        rows[4]["elsewhere"].as_array().expect("ids").iter().filter_map(Json::as_str).collect();
    elsewhere.sort_unstable();
    assert_eq!(elsewhere, ["same", "tag", "within"]);
    assert_eq!((&rows[4]["lane"], &rows[4]["reason"]), (&json!("hotfix"), &json!("=1+1 | @team <b>")));
    assert_eq!(answer["ledger_is_whole"], true);
    assert_eq!(answer["counts"]["not-in-ledger"], 2);
    // The decision is the one that `why` prints.
    let (_, text, _) = output(&shop, &["why", &run.id]);
    let recorded: Json = serde_json::from_str(&text).expect("JSON");
    for key in ["id", "verdict", "policy", "policy_digest", "facts_digest"] {
        assert_eq!(rows[4]["decision"][key], recorded[key], "{key}");
    }
    let (_, staging) = audit(&shop, &[options.as_slice(), &["--environment", "staging"]].concat());
    assert_eq!(column(&staging, "id"), ["elsewhere"]);

    // Nothing that others wrote is a formula, markup or an escape code.
    let (code, table, error) = output(&shop, &[["audit", "--format", "csv"].as_slice(), &options].concat());
    assert_eq!(code, 0, "{error}");
    assert_eq!(table.lines().count(), 6);
    assert!(table.starts_with("\"pairing\",\"environment\",\"id\","), "{table}");
    assert!(table.contains("\"'=HYPERLINK(\"\"http://example.org\"\")\""), "{table}");
    assert!(table.contains("\"'=1+1 | @team <b>\""), "{table}");
    assert!(error.contains("note: the ledger was begun"), "{error}");
    let (_, page, _) = output(&shop, &[["audit", "--format", "markdown"].as_slice(), &options].concat());
    assert!(page.contains(r"because \=1\+1 \| \@"), "{page}");
    assert!(!page.contains("<b>") && !page.contains(" @team"), "{page}");
    let (_, text, _) = output(&shop, &[["audit"].as_slice(), &options].concat());
    for part in [
        "✘ not in the ledger (2)",
        "? recorded without a decision (1)",
        "✔ approved (1)",
        "lane hotfix",
        "recorded elsewhere as",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn what_an_override_lifted_is_told_and_what_went_against_a_decision() {
    let shop = Fixture::new();
    let may = "    soft-mandatory:\n      - max-frequency: {deploys: 1, per: 1h}\n    override: {roles: [cli]}\n";
    let hooks = "hooks: {without-terminal: [ada]}\n";
    shop.write(".github/deploy-rhythm.yml", &format!("version: 1\nenvironments:\n  production:\n{may}{hooks}"));
    shop.commit(1, "First");
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 3);
    assert_eq!(output(&shop, &["override", "--because", "the shop is down; =1+1", "--for", "30m"]).0, 0);
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    append(&shop, &decided("0000000002", Verdict::Hold));
    let mut lost = decided("0000000004", Verdict::Approve);
    lost.rotate_left(1);
    append(&shop, &lost[..2]);
    let (_, answer) = audit(&shop, &["--since", "all"]);
    assert_eq!(column(&answer, "pairing"), ["no-decision", "against-decision", "overridden", "approved"]);
    let overrides = answer["deployments"][2]["decision"]["overrides"].as_array().expect("overrides");
    assert_eq!(overrides.len(), 1, "{answer:#}");
    assert_eq!(overrides[0]["rule"], "max-frequency");
    let by = overrides[0]["by"].as_str().expect("by whom");
    assert!(by.starts_with("overridden by ada (or-") && by.contains("): the shop is down; =1+1; until "), "{by}");
    assert_eq!(answer["deployments"][3]["decision"]["overrides"], json!([]));
    let notes = answer["notes"].to_string();
    assert!(notes.contains("what was deployed past the ledger is not seen: the deployments: no deploy log"), "{notes}");
    let (_, text, _) = output(&shop, &["audit", "--since", "all"]);
    assert!(text.contains("max-frequency: overridden by ada (or-"), "{text}");
    assert!(text.contains("policy policy.yml (111111111111)"), "{text}");
    // Where a semicolon separates columns, no cell that it would begin is a formula.
    let (_, table, _) = output(&shop, &["audit", "--since", "all", "--format", "csv"]);
    assert!(table.contains("): the shop is down, =1+1, until ") && !table.contains(';'), "{table}");
}

#[test]
fn a_rollout_that_never_finished_claims_what_is_near_alone() {
    let shop = MANY.repository();
    append_at(earlier, &shop, &decided("0000000001", Verdict::Approve));
    let start = exported(&shop)[0].start;
    let other = |id: &str, commit: Option<String>, seconds| {
        let revision = commit.is_none().then_some("chart-2");
        json!({"id": id, "environment": "production", "commit": commit, "revision": revision, "state": "success", "started_at": later(start, seconds)}).to_string()
    };
    let commit = Some("c".repeat(40));
    let log = [
        other("near", commit.clone(), 60),
        other("within", None, 90),
        other("hours later", commit, 7200),
        other("chart later", None, 7300),
    ];
    shop.write("log.jsonl", &log.join("\n"));
    let (_, answer) = audit(&shop, &["--since", "1d", "--deploys", "log.jsonl"]);
    assert_eq!(column(&answer, "id"), ["hours later", "chart later", "dr-0000000001"]);
    assert_eq!(column(&answer, "pairing"), ["not-in-ledger", "not-in-ledger", "approved"]);
    assert_eq!(answer["deployments"][2]["elsewhere"], json!(["near", "within"]));
}

#[test]
fn broken_glass_and_what_was_adopted_are_told() {
    let shop = MANY.repository();
    shop.write(".github/deploy-rhythm.yml", &format!("{}hooks: {{without-terminal: [ada]}}\n", MANY.policy()));
    shop.commit(2, "Let ada ask");
    let glass = ["run", "--break-glass", "it burns", "--confirm", "production", "--", "true"];
    assert_eq!(output(&shop, &glass).0, 0);
    let told = |id: &str, started_at: Instant, glass: Option<Glass>| Event::Recorded {
        rollout: Box::new(Kept {
            revision: Some("chart-2".to_owned()),
            started_at: Some(started_at),
            glass,
            ..Kept::new(id.to_owned(), &account(), Stage::Running)
        }),
    };
    append(
        &shop,
        &[
            told("dr-0000000001", earlier(), None),
            // The ledger was away, and nobody judged.
            told("dr-0000000002", earlier(), Some(Glass::default())),
            told("dr-0000000003", clock(), None),
        ],
    );
    let (_, answer) = audit(&shop, &["--since", "1d"]);
    assert_eq!(column(&answer, "pairing"), ["no-decision", "before-ledger", "against-decision", "approved"]);
    let rows = answer["deployments"].as_array().expect("rows");
    assert_eq!(column(&answer, "id")[..3], ["dr-0000000003", "dr-0000000001", "dr-0000000002"]);
    let broke: Vec<&Json> = rows.iter().map(|row| &row["broke_glass"]).collect();
    assert_eq!(broke, [false, false, true, true]);
    for format in ["terminal", "markdown"] {
        let text = output(&shop, &["audit", "--since", "1d", "--format", format]).1;
        assert_eq!(text.matches("the glass was broken").count(), 2, "{text}");
    }
    let table = output(&shop, &["audit", "--since", "1d", "--format", "csv"]).1;
    let mut table = csv::Reader::from_reader(table.as_bytes());
    let at = table.headers().expect("names").iter().position(|name| name == "broke_glass").expect("a column");
    let cells: Vec<String> = table.records().map(|row| row.expect("a row")[at].to_owned()).collect();
    assert_eq!(cells, ["false", "false", "true", "true"]);
}

#[test]
fn a_ledger_whose_newest_entry_is_gone_is_not_whole() {
    let shop = MANY.repository();
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let edit = "DELETE FROM entries WHERE seq = (SELECT max(seq) FROM entries)";
    Connection::open(shop.path.join(PLACE)).expect("it opens").execute_batch(edit).expect("edited");
    assert_eq!(output(&shop, &["ledger", "verify"]).0, 1);
    let (code, answer) = audit(&shop, &["--since", "1d"]);
    assert_eq!((code, &answer["ledger_is_whole"]), (1, &Json::Bool(false)));
    assert!(answer["notes"].to_string().contains("`deploy-rhythm ledger verify` names"), "{answer}");
    // What is kept and cannot be read is no less said.
    let edit = "UPDATE rollouts SET body = 'x'";
    Connection::open(shop.path.join(PLACE)).expect("it opens").execute_batch(edit).expect("edited");
    assert_eq!(output(&shop, &["ledger", "verify"]).0, 1);
    let (code, answer) = audit(&shop, &["--since", "1d"]);
    assert_eq!((code, &answer["ledger_is_whole"]), (1, &Json::Bool(false)));
}

#[test]
fn an_edited_ledger_is_said() {
    let shop = MANY.repository();
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    assert_eq!(audit(&shop, &["--since", "1d"]).0, 0);
    let edit = "UPDATE entries SET body = replace(body, 'approve', 'hold')";
    Connection::open(shop.path.join(PLACE)).expect("it opens").execute_batch(edit).expect("edited");
    let (code, answer) = audit(&shop, &["--since", "1d"]);
    assert_eq!((code, &answer["ledger_is_whole"]), (1, &Json::Bool(false)));
    assert!(answer["notes"].to_string().contains("`deploy-rhythm ledger verify` names"), "{answer}");
}

#[test]
fn without_a_ledger_nothing_has_a_decision() {
    let shop = MANY.repository();
    let commit = shop.id("HEAD");
    shop.write("kept.csv", &format!("started_at,state,commit,actor\n2026-01-01T23:30:00Z,success,{commit},ada\n2026-01-02T09:00:00Z,success,{commit},ada\n"));
    let read = |options: &[&str]| audit(&shop, &[["--deploys", "kept.csv"].as_slice(), options].concat()).1;
    let answer = read(&["--since", "all"]);
    assert_eq!(column(&answer, "pairing"), ["not-in-ledger", "not-in-ledger"]);
    assert_eq!(answer["ledger_is_whole"], Json::Null);
    assert!(answer["notes"].to_string().contains("there is no ledger"), "{answer}");
    assert!(!shop.path.join(".git/deploy-rhythm").exists(), "a question begins none");
    // A day ends with its end, in the policy's time zone.
    assert_eq!(column(&read(&["--since", "2026-01-01", "--until", "2026-01-01"]), "id"), ["line 2"]);
    shop.write("paris.yml", "version: 1\ntimezone: Europe/Paris\n");
    let paris = read(&["--since", "2026-01-02", "--until", "2026-01-02", "--policy", "paris.yml"]);
    assert_eq!(column(&paris, "id"), ["line 2", "line 3"]);
    for (options, complaint) in [
        (["--since", "2026-01-03", "--until", "2026-01-01"].as_slice(), "the span ends before it begins"),
        (&[], "--since"),
        (&["--since", "yesterday"], "write a length such as 90d"),
        (&["--since", "1d", "--ledger", "gone.sqlite"], "there is no such ledger"),
    ] {
        let (code, out, error) = output(&shop, &[["audit"].as_slice(), options].concat());
        assert_eq!((code, out.as_str()), (2, ""), "{error}");
        assert!(error.contains(complaint), "{complaint} in {error}");
    }
}

#[test]
fn a_shared_ledger_tells_of_this_repository_alone() {
    let (shop, other) = (MANY.repository(), MANY.repository());
    let ledger = shop.beside("shared.sqlite").display().to_string();
    for (fixture, name) in [(&shop, "shop"), (&other, "other")] {
        fixture.git(2, &["remote", "add", "origin", &format!("https://example.org/{name}/app.git")]);
        assert_eq!(output(fixture, &["run", "--ledger", &ledger, "--", "true"]).0, 0);
    }
    let (_, answer) = audit(&shop, &["--since", "1d", "--ledger", &ledger]);
    assert_eq!(column(&answer, "pairing"), ["approved"]);
}
