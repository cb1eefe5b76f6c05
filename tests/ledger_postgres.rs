//! The ledger in a real PostgreSQL server: as in a file, for many repositories, and with the server gone at any moment.
//!
//! `tests/run` starts the server; `tests/stress-ledger 10000 postgres` asks more often.

mod support {
    pub mod ledger;
    pub mod postgres;
    pub mod repo;
    pub mod stress;
}

use std::collections::BTreeSet;

use deploy_rhythm::ledger::chain::Account;
use deploy_rhythm::ledger::entry::{Ending, Event};
use deploy_rhythm::ledger::postgres::{Address, Postgres};
use deploy_rhythm::ledger::{Change, Ledger, Scope, State};
use serde_json::Value as Json;
use support::ledger::{Limits, binary, exported, finish, last, output, until};
use support::postgres::Database;
use support::repo::Fixture;
use support::stress::{crowd, requests};

const MANY: Limits = Limits { deploys: 1000, per: 60, drain: 0, stale_after: 3600 };
const ONE_AN_HOUR: Limits = Limits { deploys: 1, per: 3600, drain: 0, stale_after: 3600 };

#[test]
fn it_keeps_what_a_file_keeps_and_shows_no_password() {
    let Some(database) = Database::new() else { return };
    let shop = database.repository(Limits { deploys: 2, ..MANY }, "app");
    let mut shown = String::new();
    let mut ask = |call: &[&str], code: i32| {
        let (ended, out, error) = output(&shop, call);
        assert_eq!(ended, code, "{call:?}: {out}{error}");
        shown += &out;
        shown += &error;
        out
    };
    assert_eq!(ask(&["ledger", "verify"], 2), "", "nothing but a deploy begins one");
    ask(&["check"], 3);
    assert_eq!(database.sql("SELECT to_regnamespace('deploy_rhythm') IS NULL"), "t");
    ask(&["run", "--", "true"], 0);
    ask(&["run", "--", "sh", "-c", "exit 7"], 7);
    ask(&["run", "--", "touch", "started"], 3);
    assert!(!shop.path.join("started").exists());
    let id = ask(&["record", "start", "--run", "991/1"], 0);
    ask(&["record", "start", "--run", "991/1", "--revision", "sha256:1"], 2);
    ask(&["record", "finish", id.trim(), "--outcome", "success"], 0);
    ask(&["record", "finish", id.trim(), "--outcome", "success"], 1);
    ask(&["record", "void", "dr-0", "--because", "it never was"], 2);
    ask(&["status"], 0);
    ask(&["history", "--since", "1h"], 0);
    let entries = ask(&["ledger", "export", "--entries"], 0);
    let entries: Vec<Json> = entries.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let kinds: Vec<&str> = entries.iter().filter_map(|entry| entry["event"]["kind"].as_str()).collect();
    let run = ["decided", "reserved", "started", "finished"];
    assert_eq!(kinds, [&run[..], &run, &["decided", "recorded", "finished"]].concat());
    let why = ask(&["why", entries[1]["event"]["rollout"]["id"].as_str().expect("an id")], 0);
    let mut why: Json = serde_json::from_str(&why).expect("JSON");
    why["kind"] = "decided".into();
    assert_eq!(why, entries[0]["event"]);
    let states: Vec<String> = exported(&shop).into_iter().map(|one| one.state).collect();
    assert_eq!(states, ["success", "failure", "success"]);
    let text = ask(&["ledger", "verify"], 0);
    assert!(text.contains("production of example.org/shop/app: 11 entries"), "{text}");
    let told = ask(&["check"], 3).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("from ledger postgres://postgres@"), "its name is told: {told}");
    assert!(!shown.contains("not-shown"), "{shown}");
}

#[test]
fn one_slot_is_spent_once_though_all_begin_the_ledger() {
    let Some(database) = Database::new() else { return };
    let shop = database.repository(ONE_AN_HOUR, "app");
    let all: Vec<_> = (0..12).map(|_| binary(&shop, &["run", "--", "true"]).spawn().expect("it runs")).collect();
    let mut codes: Vec<i32> = all.into_iter().map(|child| finish(child).0).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]);
    assert_eq!(exported(&shop).len(), 1);
    assert_eq!(output(&shop, &["ledger", "verify"]).0, 0);
}

#[test]
fn a_crowd_gets_no_more_than_the_policy_allows() {
    let Some(database) = Database::new() else { return };
    let limits = Limits { deploys: 6, per: 1, drain: 0, stale_after: 1 };
    crowd(&database.repository(limits, "app"), limits, requests(240), &[]);
}

#[test]
fn who_waits_goes_when_the_slot_opens_and_gives_its_place_back() {
    let Some(database) = Database::new() else { return };
    let shop = database.repository(Limits { per: 2, ..ONE_AN_HOUR }, "app");
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    assert_eq!(output(&shop, &["run", "--wait", "20s", "--", "true"]).0, 0);
    let slow = binary(&shop, &["run", "--wait", "20s", "--", "sh", "-c", "touch ready; sleep 30"]);
    let mut slow = { slow }.spawn().expect("it runs");
    until("it runs", || shop.path.join("ready").exists());
    let waits = binary(&shop, &["run", "--wait", "1h", "--", "true"]).spawn().expect("it runs");
    until("it waits", || output(&shop, &["ledger", "show"]).1.contains(" waits for "));
    assert_eq!(database.sql("SELECT count(*) FROM deploy_rhythm.waiting"), "1");
    let sent = std::process::Command::new("kill").args(["-INT", &waits.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
    assert_eq!(finish(waits).0, 130);
    assert_eq!(database.sql("SELECT count(*) FROM deploy_rhythm.waiting"), "0");
    slow.kill().expect("it is killed");
    slow.wait().expect("it is gone");
    let (code, text, _) = output(&shop, &["check"]);
    assert_eq!(code, 3);
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("still counts as running, but the process that recorded it has died"), "{text}");
}

/// One that ended, for a repository: something to append.
fn ended(repository: &str) -> Change {
    let account = Account { repository: repository.to_owned(), environment: "production".to_owned() };
    Change::of(
        account,
        Event::Ended { request: "q-1".to_owned(), ending: Ending::Stopped, because: "a test".to_owned() },
    )
}

fn open(database: &Database, scope: Scope, more: &str) -> Postgres {
    let address = Address::read(&database.address("postgres", more)).expect("an address");
    let mut ledger = Postgres::open(&address).expect("it opens");
    ledger.narrow(scope);
    ledger
}

#[test]
fn only_those_who_share_something_wait_for_each_other() {
    let Some(database) = Database::new() else { return };
    let impatient = "&options=-c%20lock_timeout%3D200ms";
    let scopes = [
        (Scope::of("b", Some("attic")), false),
        (Scope::of("b", None), false),
        (Scope::of("a", None), true),
        (Scope::of("b", Some("cellar")), true),
        (Scope::All, true),
    ];
    let mut first = open(&database, Scope::of("a", Some("cellar")), "");
    let mut others: Vec<_> =
        scopes.into_iter().map(|(scope, waits)| (open(&database, scope.clone(), impatient), scope, waits)).collect();
    first
        .append(&mut |_: &State| {
            for (other, scope, waits) in &mut others {
                let repository = if *scope == Scope::of("a", None) { "a" } else { "b" };
                let appended = other.append(&mut |_| ended(repository));
                assert_eq!(appended.is_err(), *waits, "{scope:?}: {appended:?}");
                if let Err(trouble) = appended {
                    assert!(trouble.what.contains("is locked by process "), "{trouble}");
                    assert!(trouble.what.contains("(deploy-rhythm) for postgres"), "{trouble}");
                }
            }
            ended("a")
        })
        .expect("appended");
    // What a judgement turns out to need is locked before it counts.
    let mut narrow = open(&database, Scope::of("a", None), "");
    let mut asked = 0;
    narrow
        .append(&mut |_| {
            asked += 1;
            ended("c")
        })
        .expect("appended");
    assert_eq!(asked, 2);
}

#[test]
fn what_another_repository_deploys_to_a_target_counts_here() {
    let Some(database) = Database::new() else { return };
    let policy = "version: 1\nenvironments: {production: {target: host, hard-mandatory: [no-overlap: {}]}}\n";
    let shops: Vec<Fixture> = ["one", "two"].into_iter().map(|name| database.repository(MANY, name)).collect();
    for shop in &shops {
        shop.write(".github/deploy-rhythm.yml", policy);
        shop.commit(2, "Shared");
    }
    let (_, id, _) = output(&shops[0], &["record", "start"]);
    let (code, _, error) = output(&shops[1], &["run", "--", "true"]);
    assert_eq!(code, 3, "{error}");
    assert!(error.contains("example.org/shop/one"), "{error}");
    assert_eq!(output(&shops[0], &["record", "finish", id.trim(), "--outcome", "success"]).0, 0);
    assert_eq!(output(&shops[1], &["run", "--", "true"]).0, 0);
    let all: Vec<_> = (0..6)
        .flat_map(|_| &shops)
        .map(|shop| binary(shop, &["run", "--wait", "30s", "--", "sleep", "0.05"]).spawn())
        .collect();
    for child in all {
        let (code, _, error) = finish(child.expect("it runs"));
        assert!([0, 5].contains(&code), "{code}: {error}");
    }
    assert_eq!(Limits { deploys: 1000, ..MANY }.complaints(&exported(&shops[0])), Vec::<String>::new());
    assert_eq!(output(&shops[0], &["ledger", "verify"]).0, 0);
}

#[test]
fn a_lost_connection_loses_nothing_and_writes_nothing_twice() {
    let Some(database) = Database::new() else { return };
    let mut shop = database.repository(MANY, "app");
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let proxy = database.proxy(&shop);
    shop.ledger = Some(proxy.address(&database));
    let mut went = 1;
    for (text, after) in [
        ("REPEATABLE READ", false),
        ("READ COMMITTED", false),
        ("COMMIT\0", false),
        ("COMMIT\0", true),
        ("\"kind\":\"reserved\"", false),
    ] {
        proxy.cut_at(text, after);
        let call =
            if text.starts_with("REPEAT") { &["check"][..] } else { &["run", "--", "sh", "-c", "echo x >> ran"] };
        let (code, out, error) = output(&shop, call);
        assert!(!proxy.is_set(), "{text}: it was never sent");
        if call.len() == 1 {
            assert_eq!(code, 3, "{out}{error}");
            continue;
        }
        assert_eq!(code, 0, "{text}: {error}");
        went += 1;
        assert_eq!(exported(&shop).len(), went, "{text} {after}");
    }
    assert_eq!(shop.path.join("ran").metadata().expect("it ran").len(), 8);
    assert_eq!(output(&shop, &["ledger", "verify"]).0, 0);
    // The server goes while the command runs: its end is told later.
    let child =
        binary(&shop, &["run", "--", "sh", "-c", "touch ready; while [ ! -e gone ]; do sleep 0.05; done; exit 7"]);
    let child = { child }.spawn().expect("it runs");
    until("it runs", || shop.path.join("ready").exists());
    proxy.stop();
    shop.write("gone", "");
    let (code, _, error) = finish(child);
    assert_eq!(code, 7, "{error}");
    assert!(error.contains("is not recorded, and it counts as running: the ledger postgres://"), "{error}");
    let (code, _, error) = output(&shop, &["run", "--", "touch", "started"]);
    assert_eq!(code, 3, "{error}");
    assert!(last(&error).contains("cannot be reached"), "{error}");
    let (code, text, _) = output(&shop, &["check"]);
    assert_eq!(code, 3, "{text}");
    assert!(!shop.path.join("started").exists());
    shop.ledger = Some(database.address("postgres", ""));
    let id = &exported(&shop).last().expect("one").id.clone();
    assert_eq!(output(&shop, &["record", "finish", id, "--outcome", "failure"]).0, 0);
    assert_eq!(output(&shop, &["ledger", "verify"]).0, 0);
}

#[test]
fn newer_and_foreign_schemas_are_refused_untouched() {
    let Some(database) = Database::new() else { return };
    let shop = database.repository(MANY, "app");
    database.sql("CREATE SCHEMA deploy_rhythm; CREATE TABLE deploy_rhythm.orders (id int)");
    let (code, _, error) = output(&shop, &["run", "--", "touch", "started"]);
    assert_eq!(code, 3);
    assert!(last(&error).contains("is of something else"), "{error}");
    database.sql("DROP TABLE deploy_rhythm.orders");
    let mut long = open(&database, Scope::of("a", None), "");
    long.append(&mut |_| ended("a")).expect("a schema that is there is used");
    database.sql("UPDATE deploy_rhythm.meta SET value = '99' WHERE key = 'form'");
    let count = "SELECT count(*) FROM deploy_rhythm.entries";
    let before = database.sql(count);
    assert!(long.append(&mut |_| ended("a")).expect_err("newer").what.contains("has form 99"));
    let (code, _, error) = output(&shop, &["run", "--", "touch", "started"]);
    assert_eq!(code, 3);
    assert!(last(&error).contains("written by a newer deploy-rhythm"), "{error}");
    assert_eq!(output(&shop, &["check"]).0, 3);
    assert_eq!(database.sql(count), before);
    assert!(!shop.path.join("started").exists());
}

#[test]
fn the_rights_that_the_page_lists_are_enough_and_needed() {
    let Some(database) = Database::new() else { return };
    let mut shop = database.repository(MANY, "app");
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let page = include_str!("../docs/ledger.md");
    let (_, grants) = page.split_once("```sql\n").expect("a list");
    let (grants, _) = grants.split_once("```").expect("its end");
    let role = |name: &str| grants.replace("deployer", &format!("{}_{name}", database.name));
    for name in ["deployer", "reader", "nobody"] {
        database.sql(&format!("CREATE ROLE {}_{name} LOGIN", database.name));
    }
    database.sql(&role("deployer").replace("auditor", &format!("{}_reader", database.name)));
    let mut ask = |user: &str, call: &[&str]| {
        shop.ledger = Some(database.address(&format!("{}_{user}", database.name), ""));
        output(&shop, call)
    };
    assert_eq!(ask("deployer", &["run", "--", "true"]).0, 0);
    assert_eq!(ask("deployer", &["freeze", "--for", "1h", "--because", "a test"]).0, 0);
    assert_eq!(ask("deployer", &["ledger", "verify"]).0, 0);
    assert_eq!(ask("reader", &["check"]).0, 3, "it is frozen");
    assert_eq!(ask("reader", &["ledger", "verify"]).0, 0);
    for user in ["reader", "nobody"] {
        let (code, _, error) = ask(user, &["run", "--", "touch", "started"]);
        assert_eq!(code, 3);
        assert!(last(&error).contains("permission denied"), "{error}");
        assert!(last(&error).contains("the rights that docs/ledger.md lists"), "{error}");
    }
    assert!(!shop.path.join("started").exists());
}

#[test]
fn the_database_s_time_never_runs_backwards() {
    let Some(database) = Database::new() else { return };
    let shop = database.repository(ONE_AN_HOUR, "app");
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let mut ledger = open(&database, Scope::of("example.org/shop/app", None), "");
    let state = ledger.read().expect("it is read");
    assert_eq!(state.behind, None);
    let told: i64 = database.sql("SELECT (extract(epoch FROM now()) * 1000000)::bigint").parse().expect("a number");
    assert!((told - state.now.timestamp_micros()).abs() < 60_000_000, "{}", state.now);
    database.sql("UPDATE deploy_rhythm.heads SET at = '2100-01-01T00:00:00.000000Z'");
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let (code, _, error) = output(&shop, &["run", "--", "true"]);
    assert_eq!(code, 3, "time stands still");
    assert!(error.contains("behind the ledger's newest entry"), "{error}");
}

#[test]
fn an_edit_is_found() {
    let Some(database) = Database::new() else { return };
    let shop = database.repository(MANY, "app");
    for _ in 0..2 {
        assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    }
    let edits = BTreeSet::from([
        "UPDATE deploy_rhythm.entries SET body = replace(body, '\"started\"', '\"void\"')",
        "DELETE FROM deploy_rhythm.entries WHERE number = 3",
        "DELETE FROM deploy_rhythm.entries WHERE number > 4",
        "UPDATE deploy_rhythm.rollouts SET body = replace(body, 'success', 'failure')",
    ]);
    for edit in edits {
        let copy = Database::new().expect("a server");
        database.sql(&format!("DROP DATABASE {0}", copy.name));
        let template = format!("CREATE DATABASE {} TEMPLATE {}", copy.name, database.name);
        Database { name: "postgres".to_owned(), folder: copy.folder.clone(), port: copy.port.clone() }.sql(&template);
        let mut shop = database.repository(MANY, "app");
        shop.ledger = Some(copy.address("postgres", ""));
        assert_eq!(output(&shop, &["ledger", "verify"]).0, 0);
        copy.sql(edit);
        let (code, text, _) = output(&shop, &["ledger", "verify"]);
        assert_eq!(code, 1, "{edit}: {text}");
    }
}

#[test]
fn a_server_proves_who_it_is_where_that_is_asked_for() {
    let Some(database) = Database::new() else { return };
    let mut shop = database.repository(MANY, "app");
    let certificate = std::env::var_os("DEPLOY_RHYTHM_TEST_CERTIFICATE").expect("a certificate");
    let certificate = certificate.to_str().expect("UTF-8");
    for (host, asked, code) in [
        ("localhost", String::new(), 0),
        ("localhost", "&sslmode=disable".to_owned(), 0),
        ("localhost", "&sslmode=require".to_owned(), 0),
        ("127.0.0.1", "&sslmode=require".to_owned(), 0),
        ("localhost", format!("&sslmode=verify-full&sslrootcert={certificate}"), 0),
        ("127.0.0.1", format!("&sslmode=verify-full&sslrootcert={certificate}"), 3),
        ("localhost", "&sslmode=verify-full".to_owned(), 3),
        ("localhost", "&sslmode=verify-full&sslrootcert=/no/file".to_owned(), 3),
        ("localhost", "&sslmode=verify-ca".to_owned(), 2),
    ] {
        let url = format!(
            "postgres://postgres:not-shown@{host}:{}/{}?{}",
            database.port,
            database.name,
            asked.trim_start_matches('&')
        );
        shop.ledger = Some(url);
        let (ended, _, error) = output(&shop, &["run", "--", "true"]);
        assert_eq!(ended, code, "{host} {asked}: {error}");
        assert!(!error.contains("not-shown"), "{error}");
    }
}
