//! `calendar` by the real binary: what it prints is read back, and a wrong call is told.

mod support {
    pub mod binary;
    pub mod repo;
}

use chrono_tz::Tz;
use deploy_rhythm::engine::event::Instant;
use deploy_rhythm::sources::ics;
use serde_json::Value as Json;
use support::binary::run;
use support::repo::Fixture;

const NOW: &str = "2026-02-04T14:09:00Z";

fn fixture(zone: &str, rules: &str) -> Fixture {
    let fixture = Fixture::new();
    fixture.write(
        "deploy-rhythm.yml",
        &format!("version: 1\ntimezone: {zone}\nenvironments:\n  production:\n    soft-mandatory:\n{rules}"),
    );
    fixture.commit(1, "Begin");
    fixture
}

fn at(text: &str) -> Instant {
    text.parse().expect("an instant")
}

/// Runs `calendar` at an instant, and returns what it prints.
fn calendar(fixture: &Fixture, now: &str, arguments: &[&str]) -> String {
    let (code, text, errors) = run(fixture, &[&["calendar", "--at", now], arguments].concat());
    assert!(code == 0 && errors.is_empty(), "{code}: {errors}");
    text
}

fn json(fixture: &Fixture, now: &str, arguments: &[&str]) -> Json {
    serde_json::from_str(&calendar(fixture, now, &[&["--format", "json"], arguments].concat())).expect("JSON")
}

/// The spans of one state in the JSON, joined where they touch.
fn spans(json: &Json, state: &str) -> Vec<(Instant, Instant)> {
    let all = json["spans"].as_array().expect("spans").iter().filter(|span| span["state"] == state);
    let bound = |span: &Json, key: &str| at(span[key].as_str().expect("an instant"));
    let mut joined: Vec<(Instant, Instant)> = Vec::new();
    for span in all {
        let (from, to) = (bound(span, "from"), bound(span, "to"));
        match joined.last_mut() {
            Some((_, last)) if *last == from => *last = to,
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// The events of a calendar file, by their text.
fn events(text: &str) -> Vec<&str> {
    text.split("BEGIN:VEVENT\r\n").skip(1).map(|event| event.split("END:VEVENT").next().expect("an end")).collect()
}

/// What our own reader makes of the events that are opaque, or not.
fn read_back(text: &str, kind: &str, from: Instant, to: Instant) -> Vec<(Instant, Instant)> {
    let kept = events(text).into_iter().filter(|event| event.contains(&format!("TRANSP:{kind}\r\n")));
    let kept = kept.map(|event| format!("BEGIN:VEVENT\r\n{event}END:VEVENT\r\n")).collect::<Vec<_>>().concat();
    let file = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{kept}END:VCALENDAR\r\n");
    let events = ics::events("out.ics", &file, Tz::UTC, &[(from, to)]).expect("a calendar");
    ics::joined(&events).into_iter().map(|(start, end)| (start.max(from), end.min(to))).collect()
}

/// The lines of an event, unfolded, that begin with a key.
fn values(text: &str, key: &str) -> Vec<String> {
    let unfolded = text.replace("\r\n ", "");
    let lines = unfolded.split("\r\n").filter_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    lines.map(str::to_owned).collect()
}

const NIGHTS: &str = "      - deployment-window: [{days: mon-fri, from: \"09:00\", to: \"16:00\"}, {days: [sat, sun], from: \"22:00\", to: \"02:30\"}]\n      - freeze: {from: 2026-12-18, to: 2027-01-03, because: \"year end; back, on \\\"Monday\\\" \\\\ 4 – ничего не выкладываем до конца каникул, совсем ничего\"}\n";

#[test]
fn what_is_exported_is_read_back_to_the_same_spans() {
    for zone in ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo"] {
        let fixture = fixture(zone, NIGHTS);
        let (json, text) = (json(&fixture, NOW, &[]), calendar(&fixture, NOW, &["--format", "ics"]));
        let (from, to) = (at(json["from"].as_str().expect("from")), at(json["to"].as_str().expect("to")));
        let (open, shut) = (spans(&json, "open"), spans(&json, "shut"));
        assert!(open.len() > 300, "{zone}: {} openings", open.len());
        assert_eq!(read_back(&text, "TRANSPARENT", from, to), open, "{zone}");
        assert_eq!(read_back(&text, "OPAQUE", from, to), shut, "{zone}");
    }
}

#[test]
fn an_export_keeps_to_the_letter_of_icalendar() {
    let text = calendar(&fixture("Europe/Berlin", NIGHTS), NOW, &["--format", "ics"]);
    assert!(text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:") && text.ends_with("END:VCALENDAR\r\n"));
    for line in text.split("\r\n") {
        assert!(line.len() <= 75 && !line.contains(['\n', '\r']), "{} octets: {line}", line.len());
    }
    for event in events(&text) {
        for key in ["UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "TRANSP"] {
            assert_eq!(values(event, key).len(), 1, "{key} in {event}");
        }
        assert_eq!(values(event, "DTSTAMP"), ["20260204T140900Z"]);
        assert!(values(event, "DTSTART")[0] < values(event, "DTEND")[0], "{event}");
    }
    let mut names = values(&text, "UID");
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    let summaries = values(&text, "SUMMARY");
    assert!(
        summaries.iter().any(|summary| summary.contains(r#"year end\; back\, on "Monday" \\ 4 – ничего"#)),
        "{summaries:?}"
    );
}

#[test]
fn an_event_has_the_same_name_on_every_day_that_it_is_asked_for() {
    let fixture = fixture("Europe/Berlin", NIGHTS);
    // In the middle of the long freeze too, whose beginning is past then.
    for (one, two) in [(NOW, "2026-02-05T03:00:00Z"), ("2026-12-21T12:00:00Z", "2026-12-29T12:00:00Z")] {
        let events_of = |now: &str| {
            let text = calendar(&fixture, now, &["--format", "ics", "--days", "90"]);
            let named = events(&text).into_iter().map(|event| (values(event, "UID"), values(event, "DTSTART")));
            named.collect::<Vec<_>>()
        };
        let (before, after) = (events_of(one), events_of(two));
        assert!(before.contains(&after[0]), "{:?} is not in {one}", after[0]);
        let shared = after.iter().filter(|event| before.contains(event)).count();
        assert!(shared + 25 > after.len(), "{shared} of {}", after.len());
    }
    let text = calendar(&always(), NOW, &["--format", "ics"]);
    assert_eq!(values(&text, "UID"), ["always-open-production@deploy-rhythm"]);
}

/// A policy that never shuts.
fn always() -> Fixture {
    fixture("UTC", "      - no-overlap: {}\n")
}

#[test]
fn the_calendar_is_that_of_the_gate() {
    let fixture = fixture("Europe/Berlin", NIGHTS);
    let json = json(&fixture, NOW, &["--days", "120"]);
    for span in json["spans"].as_array().expect("spans").iter().step_by(9) {
        let from = span["from"].as_str().expect("an instant");
        let (code, _, errors) = run(&fixture, &["check", "--at", from]);
        let expected = if span["state"] == "open" { 0 } else { 3 };
        assert_eq!(code, expected, "{from}: {errors}");
    }
}

#[test]
fn what_the_governance_file_forbids_is_shut() {
    let fixture = Fixture::new();
    fixture.write("CLAUDE.md", "# Shop\n\nNever deploy on Fridays.\n");
    fixture.write(
        "deploy-rhythm.yml",
        "version: 1\ntimezone: UTC\nenvironments: {production: {hard-mandatory: [governance: {adopt: true}]}}\n",
    );
    fixture.commit(1, "Begin");
    let text = calendar(&fixture, NOW, &["--days", "14"]);
    assert!(text.contains("CLAUDE.md:3") && !text.contains("Fri 00:00"), "{text}");
    assert!(text.contains("Mon-Thu, Sat-Sun 00:00-24:00"), "{text}");
}

#[test]
fn hostile_text_stays_text() {
    let rules =
        "      - freeze: {from: 2026-02-05, to: 2026-02-06, because: \"a\\e[31mb\\r\\nEND:VEVENT\\r\\nX: <b>@all\"}\n";
    let fixture = fixture("UTC", rules);
    for format in ["terminal", "markdown", "ics"] {
        let text = calendar(&fixture, NOW, &["--format", format]);
        assert!(!text.contains('\u{1b}') && !text.contains("\nX:") && text.contains("31mb"), "{text}");
        assert_eq!(text.matches("\nEND:VEVENT").count(), events(&text).len());
        assert!(format != "markdown" || !text.contains("<b>"), "{text}");
    }
}

#[test]
fn a_wrong_call_is_told() {
    let fixture = fixture("Europe/Berlin", NIGHTS);
    let cases: [(&[&str], &str); 6] = [
        (&["--days", "0"], "1..=400"),
        (&["--days", "401"], "1..=400"),
        (&["--days", "many"], "invalid"),
        (&["--at", "tomorrow"], "write an instant such as"),
        (&["--environment", "moon"], "names no environment `moon`"),
        (&["--policy", "nowhere.yml"], "there is no policy at nowhere.yml"),
    ];
    for (arguments, expected) in cases {
        let (code, text, errors) = run(&fixture, &[&["calendar"], arguments].concat());
        assert!(code == 2 && text.is_empty() && errors.contains(expected), "{arguments:?}: {code} {errors}");
    }
    for now in ["1971-01-01T00:00:00Z", "9000-12-31T23:00:00Z"] {
        assert!(calendar(&fixture, now, &["--days", "400"]).contains("Mon-Fri 09:00-16:00"), "{now}");
    }
}

#[test]
fn validate_tells_what_is_odd_and_still_passes() {
    let rules = "      - deployment-window: {days: [sun], from: \"02:10\", to: \"02:50\"}\n      - freeze: {from: 2025-12-18, to: 2026-01-03}\n      - freeze: {ics: nowhere.ics}\n";
    let fixture = fixture("Europe/Berlin", &format!("{rules}  staging:\n    soft-mandatory:\n{rules}"));
    let (code, text, _) = run(&fixture, &["policy", "validate", "--at", NOW]);
    assert_eq!(code, 0, "{text}");
    for expected in [
        "deploy-rhythm.yml:7: note: freeze (production): it is over since 2026-01-03T23:00:00Z",
        "deploy-rhythm.yml:8: warning: freeze (production): not known, and shut until it is: the calendar nowhere.ics: there is no such file",
        "deploy-rhythm.yml:12: note: freeze (staging): it is over",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    fixture.write(
        "nowhere.ics",
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:soon\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    );
    let (_, text, _) = run(&fixture, &["policy", "validate", "--at", NOW]);
    assert!(text.contains("`soon` is no date"), "{text}");
    fixture.write("nowhere.ics", "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20260501\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    let (_, text, _) = run(&fixture, &["policy", "validate", "--at", NOW]);
    for expected in [
        "nowhere.ics names nothing after 2026-05-01T22:00:00Z",
        "deploy-rhythm.yml:6: note: deployment-window (production): Sun 2026-03-29: 02:10-02:50 does not exist: never opens that day",
        "Sun 2026-10-25: 02:10 occurs twice",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
}
