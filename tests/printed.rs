//! What the real binary prints, whole: the README's decision, and every command on the same small store.
//!
//! `INSTA_UPDATE=always cargo test --release --test printed` writes the pages anew; read the difference before it lands.

mod support {
    pub mod binary;
    pub mod repo;
}

use support::binary::{run, run_with};
use support::repo::{Fixture, minute};

/// Minutes from the beginning of the fixtures' time to 2026-02-04 00:00.
const DAY: i64 = 34 * 24 * 60;

/// The store that the readme tells of: one volume, two deploys this afternoon.
struct Store {
    fixture: Fixture,
    log: String,
}

impl Store {
    fn new() -> Self {
        let fixture = Fixture::new();
        fixture.write(
            ".github/deploy-rhythm.yml",
            "version: 1\nextends: [sqlite-single-volume]\nenvironments: {production: {}}\n",
        );
        let at = |hours: i64, minutes: i64| DAY + hours * 60 + minutes;
        let cart = fixture.commit(at(12, 40), "Add the cart");
        let search = fixture.commit(at(13, 50), "Add search");
        fixture.commit(at(14, 9), "Change the banner");
        let line = |id: u32, commit: &str, start: i64, minutes: i64| {
            let (start, finish) = (minute(start).to_rfc3339(), minute(start + minutes).to_rfc3339());
            format!(
                r#"{{"id": "{id}", "environment": "production", "commit": "{commit}", "state": "success", "started_at": "{start}", "finished_at": "{finish}", "actor": "alice"}}"#
            ) + "\n"
        };
        let log = line(1, cart.as_str(), at(12, 50), 3) + &line(2, search.as_str(), at(14, 1), 4);
        Self { fixture, log }
    }

    fn says(&self, arguments: &[&str]) -> String {
        let words = [arguments, &["--deploys", "-", "--at", "2026-02-04T14:09:00Z"]].concat();
        let (code, text, errors) = run_with(&self.fixture, &words, &self.log);
        assert!(errors.is_empty(), "{errors}");
        format!("exit code {code}\n\n{text}")
    }
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = include_str!("../README.md");
    let mut blocks = readme.split("```text\n").skip(1).filter_map(|after| Some(after.split_once("```")?.0));
    let (shown, picture) = (blocks.next().expect("the decision"), blocks.next().expect("the picture"));
    let says = Store::new().says(&["check"]);
    let (_, text) = says.split_once("\n\n").expect("a text");
    let (decision, _) = text.split_once("\nhistory:").expect("a foot");
    assert_eq!(shown.trim_end(), decision.trim_end(), "README.md shows another decision");
    let (_, says, _) = run(&Fixture::new(), &["replay", "--example", "founding-afternoon"]);
    let (_, table) = says.split_once("\n\n").expect("a title");
    assert!(table.starts_with(picture), "README.md shows another picture:\n{table}");
}

#[test]
fn every_output_of_a_decision() {
    let store = Store::new();
    for format in ["terminal", "json", "markdown", "github", "sarif"] {
        insta::assert_snapshot!(format!("check-{format}"), store.says(&["check", "--format", format]));
    }
    insta::assert_snapshot!("check-hotfix", store.says(&["check", "--lane", "hotfix"]));
    insta::assert_snapshot!("why", store.says(&["why"]));
    insta::assert_snapshot!("status", store.says(&["status"]));
    insta::assert_snapshot!("status-json", store.says(&["status", "--format", "json"]));
    insta::assert_snapshot!("history", store.says(&["history"]));
}

#[test]
fn a_reject_and_a_rollout_that_runs() {
    let mut store = Store::new();
    store.fixture.write("strict.yml", "version: 1\nenvironments:\n  production:\n    hard-mandatory:\n      - batch-size: {max-commits: 1}\n        because: one at a time\n        owner: platform\n");
    let first = store.log.lines().next().expect("a line").to_owned() + "\n";
    let running = first.replace("\"1\"", "\"3\"").replace("success", "in_progress").replace("T12:50:00", "T14:07:30");
    let (before, _) = running.split_once(", \"finished_at\"").expect("a finish");
    store.log = first.clone() + before + "}\n";
    insta::assert_snapshot!("check-running", store.says(&["check"]));
    insta::assert_snapshot!("status-running", store.says(&["status"]));
    store.log = first;
    insta::assert_snapshot!("check-reject", store.says(&["check", "--policy", "strict.yml"]));
}

#[test]
fn what_needs_no_history() {
    let store = Store::new();
    let says = |arguments: &[&str]| {
        let (code, text, errors) = run(&store.fixture, arguments);
        format!("exit code {code}\n\n{text}{errors}")
    };
    insta::assert_snapshot!("help", says(&["--help"]));
    insta::assert_snapshot!("check-help", says(&["check", "--help"]));
    insta::assert_snapshot!("policy-show", says(&["policy", "show"]));
    insta::assert_snapshot!("init-print", says(&["init", "--print"]));
}

#[test]
fn the_calendar_in_every_format() {
    let fixture = Fixture::new();
    fixture.write(
        ".github/deploy-rhythm.yml",
        "version: 1
timezone: Europe/Berlin
extends: [business-hours]
environments:
  production:
    soft-mandatory:
      - deployment-window: [{days: mon-fri, from: \"06:00\", to: \"22:00\"}, {days: sun, from: \"02:30\", to: \"04:00\"}]
        because: somebody is awake
      - freeze: {from: 2025-12-18, to: 2026-01-03, because: year end}
      - freeze: {ics: .github/holidays.ics, because: public holidays}
    advisory:
      - freeze: {days: mon, from: \"09:00\", to: \"10:00\", because: the weekly meeting}
  nights:
    without: [deployment-window]
    soft-mandatory:
      - deployment-window: {days: [sat, sun], from: \"22:00\", to: \"02:30\"}
",
    );
    fixture.write(
        ".github/holidays.ics",
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//EN\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20260403\r\nSUMMARY:Good Friday\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:2\r\nDTSTART;VALUE=DATE:20260406\r\nSUMMARY:Easter Monday\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    );
    fixture.commit(1, "Begin");
    let says = |arguments: &[&str]| {
        let (code, text, errors) = run(&fixture, &[arguments, &["--at", "2026-03-04T14:09:00Z"]].concat());
        assert!(errors.is_empty(), "{errors}");
        format!("exit code {code}\n\n{text}")
    };
    let of = |environment: &str, days: &str, format: &str| {
        says(&["calendar", "--environment", environment, "--days", days, "--format", format])
    };
    insta::assert_snapshot!("calendar-terminal", of("production", "60", "terminal"));
    insta::assert_snapshot!("calendar-markdown", of("production", "60", "markdown"));
    insta::assert_snapshot!("calendar-nights", of("nights", "400", "terminal"));
    insta::assert_snapshot!("calendar-json", of("production", "2", "json"));
    insta::assert_snapshot!("calendar-ics", of("production", "2", "ics").replace('\r', ""));
    insta::assert_snapshot!("policy-validate", says(&["policy", "validate"]));
}

#[test]
fn a_replay() {
    let fixture = Fixture::new();
    let says = |arguments: &[&str]| {
        let (code, text, errors) = run(&fixture, &[&["replay", "--example", "founding-afternoon"], arguments].concat());
        assert!(errors.is_empty(), "{errors}");
        format!("exit code {code}\n\n{text}")
    };
    insta::assert_snapshot!("replay-example", says(&[]));
    let two = ["--policy", "sqlite-single-volume", "--policy", "release-train"];
    insta::assert_snapshot!("replay-two", says(&two));
    insta::assert_snapshot!("replay-markdown", says(&[&two[..], &["--format", "markdown"]].concat()));
    insta::assert_snapshot!("replay-json", says(&["--policy", "sqlite-single-volume", "--format", "json"]));
}

#[test]
fn a_suggestion_in_every_format() {
    let fixture = Fixture::nowhere();
    let says = |arguments: &[&str]| {
        let (code, text, errors) =
            run(&fixture, &[&["suggest", "--example", "founding-afternoon"], arguments].concat());
        format!("exit code {code}\n\n{text}{errors}")
    };
    for format in ["terminal", "markdown", "json", "yaml"] {
        let wish = ["--no-overlap", "--per-day", "4", "--longest-wait", "1h", "--format", format];
        insta::assert_snapshot!(format!("suggest-{format}"), says(&wish));
    }
    insta::assert_snapshot!("suggest-contradiction", says(&["--per-day", "2", "--longest-wait", "10m"]));
}
