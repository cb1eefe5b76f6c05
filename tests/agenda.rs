//! The agenda says what the gates say, at every instant; and what daylight saving does is told as it is.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use deploy_rhythm::engine::agenda::{Agenda, Span, Weight, around};
use deploy_rhythm::engine::calendar::utc;
use deploy_rhythm::engine::decision::Gate;
use deploy_rhythm::engine::event::{CommitId, Instant};
use deploy_rhythm::engine::facts::{Busy, DeployRequest, Facts, Known, Missing};
use deploy_rhythm::engine::lane::LaneRequest;
use deploy_rhythm::engine::policy::{EnvironmentPolicy, Fetched, Origin, load};
use deploy_rhythm::engine::rules::RuleId;
use proptest::prelude::*;

fn at(text: &str) -> Instant {
    text.parse().expect("an instant")
}

/// An environment with these soft-mandatory rules, in a zone.
fn policy(zone: &str, rules: &[String]) -> EnvironmentPolicy {
    let list = rules.iter().map(|rule| format!("      - {rule}")).collect::<Vec<_>>().join("\n");
    let text = format!("version: 1\ntimezone: {zone}\nenvironments:\n  production:\n    soft-mandatory:\n{list}");
    let top = Fetched { name: "policy.yml".into(), origin: Origin::File, bytes: text.clone().into() };
    let policy = load(top, &mut |name| Err(name.to_owned())).unwrap_or_else(|error| panic!("{error}\n{text}"));
    policy.environment("production").expect("named")
}

fn facts(calendar: Known<Busy>) -> Facts {
    let request =
        DeployRequest { environment: "production".into(), commit: CommitId::new("c"), lane: LaneRequest::Found };
    Facts { calendars: BTreeMap::from([("days.ics".to_owned(), calendar)]), ..Facts::unread(request) }
}

/// Whether every window and freeze that may block is open.
fn gates_are_open(policy: &EnvironmentPolicy, facts: &Facts, at: Instant) -> bool {
    let timed = policy.rules.iter().filter(|entry| {
        entry.level.is_mandatory() && [RuleId::DeploymentWindow, RuleId::Freeze].contains(&entry.rule.id())
    });
    timed.map(|entry| entry.rule.check().gate(facts, at)).all(|gate| gate == Gate::Open)
}

const ZONES: [&str; 8] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Tokyo",
    "America/Santiago",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "UTC",
];

/// Times of day that meet the hours in which clocks change more often than others.
fn time() -> impl Strategy<Value = String> {
    prop_oneof![(0..5_u8, 0..6_u8), (0..24_u8, 0..6_u8)].prop_map(|(hour, ten)| format!("{hour:02}:{ten}0"))
}

fn weekly() -> impl Strategy<Value = String> {
    let days = prop::sample::subsequence(vec!["mon", "tue", "wed", "thu", "fri", "sat", "sun"], 1..=7);
    (days, time(), time()).prop_map(|(days, from, to)| {
        let to = if from == to { "24:00" } else { &to };
        format!("{{days: [{}], from: \"{from}\", to: \"{to}\"}}", days.join(", "))
    })
}

fn rule() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::collection::vec(weekly(), 1..4)
            .prop_map(|windows| format!("deployment-window: [{}]", windows.join(", "))),
        weekly().prop_map(|weekly| format!("freeze: {weekly}")),
        (1..29_u8, 0..3_u8).prop_map(|(day, length)| {
            format!("freeze: {{from: 2026-03-{day:02}, to: 2026-03-{:02}}}", (day + length).min(31))
        }),
        (1..28_u8, 0..24_u8).prop_map(|(day, hour)| {
            format!("freeze: {{from: \"2026-04-{day:02}T{hour:02}:00:00.5Z\", to: \"2026-04-28T01:10:00Z\"}}")
        }),
        Just("freeze: {ics: days.ics}".to_owned()),
        Just("min-interval: 5m".to_owned()),
    ]
}

/// Days of the calendar, from the first of March 2026.
fn calendar() -> impl Strategy<Value = Known<Busy>> {
    let busy = prop::collection::btree_set(0..60_i64, 0..6).prop_map(|days| {
        let start = at("2026-03-01T00:00:00Z");
        days.into_iter().map(|day| (start + TimeDelta::days(day), start + TimeDelta::hours(day * 24 + 23))).collect()
    });
    prop_oneof![9 => busy.prop_map(Ok), 1 => Just(Err(Missing::new("the calendar", "add it")))]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn an_instant_is_open_exactly_if_the_gates_are(
        zone in 0..ZONES.len(),
        rules in prop::collection::vec(rule(), 0..5),
        calendar in calendar(),
        begin in 0..40_i64,
        tried in prop::collection::vec(0..40 * 86_400_i64, 20),
    ) {
        let (policy, facts) = (policy(ZONES[zone], &rules), facts(calendar));
        let from = at("2026-03-01T12:34:56Z") + TimeDelta::days(begin);
        let to = from + TimeDelta::days(40);
        let agenda = Agenda::of(&policy, &facts, from, to).expect("few bounds");
        prop_assert_eq!(agenda.spans.first().map(|span| span.from), Some(from));
        prop_assert_eq!(agenda.spans.last().map(|span| span.to), Some(to));
        prop_assert!(agenda.spans.iter().all(|span| span.from < span.to));
        for pair in agenda.spans.windows(2) {
            prop_assert_eq!(pair[0].to, pair[1].from);
            prop_assert_ne!(&pair[0].by, &pair[1].by);
        }
        for pair in agenda.turns().windows(2) {
            prop_assert_ne!(pair[0].is_open(), pair[1].is_open());
        }
        let mut instants: Vec<Instant> = tried.iter().map(|second| from + TimeDelta::seconds(*second)).collect();
        for span in &agenda.spans {
            let (second, middle) = (TimeDelta::seconds(1), span.from + (span.to - span.from) / 2);
            instants.extend([span.from, middle, span.to - TimeDelta::nanoseconds(1), span.to - second]);
        }
        for instant in instants.into_iter().filter(|instant| from <= *instant && *instant < to) {
            let span = agenda.spans.iter().find(|span| span.from <= instant && instant < span.to).expect("covered");
            prop_assert_eq!(span.is_open(), gates_are_open(&policy, &facts, instant), "{} in {:?}", instant, span);
            for (index, entry) in agenda.rules.iter().enumerate() {
                let shut = entry.rule.check().gate(&facts, instant) != Gate::Open;
                prop_assert_eq!(span.by.contains(&index), shut, "rule {} at {}", index, instant);
            }
        }
    }

    #[test]
    fn an_occurrence_is_irregular_exactly_if_its_length_is_not_the_written_one(zone in 0..ZONES.len(), window in weekly()) {
        let (policy, facts) = (policy(ZONES[zone], &[format!("deployment-window: {window}")]), facts(Ok(Vec::new())));
        let (from, to) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
        let agenda = Agenda::of(&policy, &facts, from, to).expect("few bounds");
        for one in agenda.irregular(from, to) {
            let (start, end) = one.weekly.written(one.day).expect("an occurrence");
            let left = one.span.map_or(TimeDelta::zero(), |(from, to)| to - from);
            prop_assert_eq!(left - (end - start), one.change);
            prop_assert!(!one.change.is_zero());
            prop_assert_eq!(one.span, one.weekly.on(agenda.zone, one.day));
        }
        // And the other way round: every other occurrence is as long as it is written, or a whole day.
        let told: Vec<_> = agenda.irregular(from, to).into_iter().map(|one| one.day).collect();
        // Where clocks skip the midnight between two days that end and begin there, both are one turn of more than a day.
        let one_day = |span: &&Span| span.to - span.from <= TimeDelta::hours(25);
        let turns = agenda.turns();
        for span in turns.iter().filter(one_day).filter(|span| span.is_open() && span.from > from && span.to < to) {
            let local = |instant: Instant| instant.with_timezone(&agenda.zone).naive_local();
            // What ends as the clocks change ends before they do.
            let second = TimeDelta::seconds(1);
            let (start, end) = (local(span.from), local(span.to - second) + second);
            let whole = start.time() == NaiveTime::MIN && end.time() == NaiveTime::MIN;
            let regular = whole || end - start == span.to - span.from;
            let near = |day: &NaiveDate| start.date() <= *day + TimeDelta::days(1) && *day <= end.date();
            prop_assert!(regular || told.iter().any(near), "{} in {}", window, ZONES[zone]);
        }
        if ["UTC", "Asia/Tokyo"].contains(&ZONES[zone]) {
            prop_assert!(agenda.irregular(from, to).is_empty());
        }
    }
}

/// What daylight saving does to one window in 2026: on which day, what is left, in which words.
fn told(zone: &str, window: &str) -> Vec<String> {
    let (policy, facts) = (policy(zone, &[format!("deployment-window: {window}")]), facts(Ok(Vec::new())));
    let (from, to) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    let agenda = Agenda::of(&policy, &facts, from, to).expect("few bounds");
    let left = |(from, to)| format!("{}/{}", utc(from), utc(to));
    let all = agenda.irregular(from, to).into_iter();
    all.map(|one| format!("{} {}: {}", one.day, one.span.map_or("nothing".into(), left), one.words())).collect()
}

#[test]
fn daylight_saving_is_told_as_it_falls() {
    let cases: [(&str, &str, &[&str]); 8] = [
        (
            "Europe/Berlin",
            "{days: [sun], from: \"02:30\", to: \"04:00\"}",
            &[
                "2026-03-29 2026-03-29T01:00:00Z/2026-03-29T02:00:00Z: 02:30 does not exist: opens 03:00 CEST; 1h long, 30m shorter than written",
                "2026-10-25 2026-10-25T00:30:00Z/2026-10-25T03:00:00Z: 02:30 occurs twice: opens at the first, 02:30 CEST; 2h 30m long, 1h longer than written",
            ],
        ),
        (
            "Europe/Berlin",
            "{days: [sun], from: \"02:10\", to: \"02:50\"}",
            &[
                "2026-03-29 nothing: 02:10-02:50 does not exist: never opens that day",
                "2026-10-25 2026-10-25T00:10:00Z/2026-10-25T01:50:00Z: 02:10 occurs twice: opens at the first, 02:10 CEST; 02:50 occurs twice: closes at the second, 02:50 CET; 1h 40m long, 1h longer than written",
            ],
        ),
        // The day is that of the start: the night of the change begins on Saturday.
        (
            "America/New_York",
            "{days: [sat], from: \"22:00\", to: \"06:00\"}",
            &[
                "2026-03-07 2026-03-08T03:00:00Z/2026-03-08T10:00:00Z: the clocks change within 22:00-06:00; 7h long, 1h shorter than written",
                "2026-10-31 2026-11-01T02:00:00Z/2026-11-01T11:00:00Z: the clocks change within 22:00-06:00; 9h long, 1h longer than written",
            ],
        ),
        (
            "Australia/Lord_Howe",
            "{days: [sun], from: \"01:50\", to: \"02:20\"}",
            &[
                "2026-04-05 2026-04-04T14:50:00Z/2026-04-04T15:50:00Z: 01:50 occurs twice: opens at the first, 01:50 UTC+11; 1h long, 30m longer than written",
                "2026-10-04 2026-10-03T15:20:00Z/2026-10-03T15:30:00Z: 02:20 does not exist: closes 02:30 UTC+11; 10m long, 20m shorter than written",
            ],
        ),
        ("Asia/Tokyo", "{from: \"00:00\", to: \"06:00\"}", &[]),
        // A whole day is as long as the day.
        ("Europe/Berlin", "{from: \"00:00\", to: \"24:00\"}", &[]),
        ("Europe/Berlin", "{days: [sat, sun], from: \"03:00\", to: \"24:00\"}", &[]),
        (
            "America/Santiago",
            "{days: [sun], from: \"00:00\", to: \"02:00\"}",
            &[
                "2026-09-06 2026-09-06T04:00:00Z/2026-09-06T05:00:00Z: 00:00 does not exist: opens 01:00 UTC-03; 1h long, 1h shorter than written",
            ],
        ),
    ];
    for (zone, window, expected) in cases {
        assert_eq!(told(zone, window), expected, "{zone} {window}");
    }
}

#[test]
fn what_another_rule_shuts_anyway_is_not_told() {
    let rules = |freeze: &str| {
        ["deployment-window: {days: [sun], from: \"02:30\", to: \"04:00\"}".to_owned(), format!("freeze: {freeze}")]
    };
    let count = |freeze| {
        let (policy, facts) = (policy("Europe/Berlin", &rules(freeze)), facts(Ok(Vec::new())));
        let (from, to) = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
        Agenda::of(&policy, &facts, from, to).expect("few bounds").irregular(from, to).len()
    };
    assert_eq!(count("{from: 2026-03-20, to: 2026-03-31}"), 1);
    assert_eq!(count("{from: 2026-04-20, to: 2026-04-22}"), 2);
}

/// The remarks about rules at an instant: weight, rule, text.
fn remarks(rules: &[&str], calendar: Known<Busy>) -> Vec<(Weight, usize, String)> {
    let rules: Vec<String> = rules.iter().map(|rule| (*rule).to_owned()).collect();
    let (policy, facts) = (policy("Europe/Berlin", &rules), facts(calendar));
    let now = at("2026-02-04T14:00:00Z");
    let (from, to) = around(policy.timezone.expect("a zone"), now).expect("a span");
    let agenda = Agenda::of(&policy, &facts, from, to).expect("few bounds");
    agenda.remarks(&facts, now).into_iter().map(|one| (one.weight, one.rule, one.text)).collect()
}

const OFFICE: &str = "deployment-window: {days: mon-fri, from: \"09:00\", to: \"10:00\"}";

#[test]
fn what_never_opens_names_who_keeps_it_shut() {
    let cases: [(&[&str], usize, &str); 7] = [
        (&[OFFICE, "freeze: {days: mon-fri, from: \"08:00\", to: \"11:00\"}"], 1, "covers every opening"),
        (&["freeze: {from: 2026-01-01, to: 2029-01-01}"], 0, "covers every opening"),
        (
            &[OFFICE, "deployment-window: {days: [sat], from: \"09:00\", to: \"10:00\"}"],
            1,
            "together with deployment-window (policy.yml:6)",
        ),
        (
            &[
                OFFICE,
                "freeze: {days: mon-tue, from: \"08:00\", to: \"11:00\"}",
                "freeze: {days: wed-fri, from: \"08:00\", to: \"11:00\"}",
            ],
            2,
            "together with deployment-window (policy.yml:6), freeze (policy.yml:7)",
        ),
        (
            &[
                "deployment-window: [{days: mon, from: \"09:00\", to: \"10:00\"}, {days: sat, from: \"09:00\", to: \"10:00\"}]",
                "freeze: {days: sat, from: \"00:00\", to: \"24:00\"}",
            ],
            0,
            "the window `sat 09:00-10:00` never opens in the next 400 days: freeze (policy.yml:7) is shut then",
        ),
        (
            &["freeze: {from: \"00:00\", to: \"12:00\"}", "freeze: {from: \"12:00\", to: \"24:00\"}"],
            1,
            "together with freeze (policy.yml:6)",
        ),
        (&["freeze: {from: \"00:00\", to: \"24:00\"}"], 0, "covers every opening"),
    ];
    for (rules, rule, text) in cases {
        match &remarks(rules, Ok(Vec::new()))[..] {
            [(Weight::Warning, found, said)] => {
                assert!(*found == rule && said.contains(text), "{rules:?}: {found} {said}");
            }
            other => panic!("{rules:?}: {other:?}"),
        }
    }
    assert_eq!(remarks(&[OFFICE], Ok(Vec::new())), []);
}

#[test]
fn freezes_that_are_over_and_calendars_that_end_are_noted() {
    let only = |rules: &[&str], calendar: Known<Busy>| match &remarks(rules, calendar)[..] {
        [(weight, _, text)] => (*weight, text.clone()),
        other => panic!("{other:?}"),
    };
    let (weight, text) = only(&[OFFICE, "freeze: {from: 2025-12-18, to: 2026-01-03}"], Ok(Vec::new()));
    assert!(weight == Weight::Note && text.contains("over since 2026-01-03T23:00:00Z"), "{text}");
    let day = |text: &str| (at(text), at(text) + TimeDelta::days(1));
    let ics = &[OFFICE, "freeze: {ics: days.ics}"][..];
    let (weight, text) = only(ics, Ok(vec![day("2026-05-01T00:00:00Z")]));
    assert!(weight == Weight::Note && text.contains("names nothing after 2026-05-02T00:00:00Z"), "{text}");
    let (_, text) = only(ics, Ok(vec![day("2025-05-01T00:00:00Z")]));
    assert!(text.contains("freezes nothing in the next 400 days"), "{text}");
    let far = Ok(vec![day("2026-05-01T00:00:00Z"), day("2027-05-01T00:00:00Z")]);
    assert_eq!(remarks(ics, far), []);
    // What cannot be read is said, and nothing is concluded from it.
    let (weight, text) = only(ics, Err(Missing::new("the calendar days.ics: torn", "mend it")));
    assert!(weight == Weight::Warning && text.contains("days.ics: torn; mend it"), "{text}");
}

#[test]
fn more_than_can_be_listed_is_refused() {
    let windows: Vec<String> = (0..24)
        .flat_map(|hour| {
            [0, 20, 40]
                .map(|minute| format!("{{from: \"{hour:02}:{minute:02}\", to: \"{hour:02}:{:02}\"}}", minute + 5))
        })
        .collect();
    let policy = policy("Europe/Berlin", &[format!("deployment-window: [{}]", windows.join(", "))]);
    let (from, to) = around(policy.timezone.expect("a zone"), at("2026-02-04T14:00:00Z")).expect("a span");
    assert!(Agenda::of(&policy, &facts(Ok(Vec::new())), from, to).is_err());
}
