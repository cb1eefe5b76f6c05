//! The grammar, sentence by sentence: cadence above all, for there the numbers count.

use serde_json::{Value as Json, json};

use crate::governance::directive::Directive;
use crate::governance::load::{Memory, load};
use crate::governance::reading;

fn directives(text: &str) -> Vec<Directive> {
    reading::read(&load(&Memory::default().file("CLAUDE.md", text), &[])).directives
}

/// What a text says of one kind, as JSON.
fn said(text: &str, kind: &str) -> Vec<Json> {
    let found = directives(text);
    found.iter().filter(|found| found.kind.name() == kind).map(|found| Json::Object(found.params.clone())).collect()
}

/// Compares all cases, and tells every difference at once.
fn hold(cases: &[(&str, &str, Json)]) {
    let mut failures = Vec::new();
    for (text, kind, params) in cases {
        let expected = match params {
            Json::Array(all) => all.clone(),
            one => vec![one.clone()],
        };
        let found = said(text, kind);
        if found != expected {
            let all: Vec<String> = directives(text)
                .iter()
                .map(|found| format!("{} {}", found.kind, Json::Object(found.params.clone())))
                .collect();
            failures.push(format!("{text}\n    expected {kind} {expected:?}\n    found {all:?}"));
        }
    }
    assert!(failures.is_empty(), "{} of {} differ:\n{}", failures.len(), cases.len(), failures.join("\n"));
}

#[test]
fn the_founding_sentence_gives_two_unbound_directives() {
    let text = "# Rules\n\nAvoid rapid-fire pushes to main — each push triggers a full deploy cycle. Batch related changes into fewer commits.";
    let found: Vec<_> = directives(text)
        .into_iter()
        .map(|found| (found.kind.name(), found.place.line, found.bound, found.params.len()))
        .collect();
    assert_eq!(found, [("deploy-frequency", 3, false, 0), ("batching", 3, false, 0)]);
}

#[test]
fn frequencies() {
    let kind = "deploy-frequency";
    hold(&[
        ("No more than 3 production deploys per hour.", kind, json!({"deploys": 3, "per": "1h"})),
        ("- At most two deploys a day", kind, json!({"deploys": 2, "per": "day"})),
        ("- Max 4 deploys/day", kind, json!({"deploys": 4, "per": "day"})),
        ("Deploy at most once per week.", kind, json!({"deploys": 1, "per": "week"})),
        ("Never deploy more than twice a day.", kind, json!({"deploys": 2, "per": "day"})),
        ("Limit deploys to five per month.", kind, json!({"deploys": 5, "per": "month"})),
        ("Deployments are limited to 3 per 10 minutes.", kind, json!({"deploys": 3, "per": "10m"})),
        ("You must not deploy more than 6 times in 24 hours.", kind, json!({"deploys": 6, "per": "1d"})),
        ("**Deploy budget**: maximum of 2 releases every two weeks", kind, json!({"deploys": 2, "per": "14d"})),
        ("Do not push to main more than 4 times an hour.", kind, json!({"pushes": 4, "per": "1h"})),
        ("At most 2 pushes per day to `main`.", kind, json!({"pushes": 2, "per": "1d"})),
        ("Keep pushes to main under 5 per hour.", kind, json!({"pushes": 4, "per": "1h"})),
        ("Throttle deploys: 1 per 10 minutes.", kind, json!({"deploys": 1, "per": "10m"})),
        ("Keep it to one deploy per day.", kind, json!({"deploys": 1, "per": "day"})),
        ("Deploys: 3 per day max.", kind, json!({"deploys": 3, "per": "day"})),
        ("- ≤3 deploys per day", kind, json!({"deploys": 3, "per": "day"})),
        ("Fewer than 4 deploys per hour, please.", kind, json!({"deploys": 3, "per": "1h"})),
        ("Max 2 deploys per session.", kind, json!({"deploys": 2, "per": "session"})),
        ("Only one deploy may happen per hour.", kind, json!({"deploys": 1, "per": "1h"})),
        ("Deploy no more than 3x per day.", kind, json!({"deploys": 3, "per": "day"})),
        ("Do not exceed 10 deploys in any rolling day.", kind, json!({"deploys": 10, "per": "1d"})),
        ("Merge to main at most 5 times a day.", kind, json!({"pushes": 5, "per": "1d"})),
        ("Release no more often than once a week.", kind, json!({"deploys": 1, "per": "week"})),
        ("Deploy to production max once every 30 minutes.", kind, json!({"deploys": 1, "per": "30m"})),
        ("No more than one deployment every 15 minutes.", kind, json!({"deploys": 1, "per": "15m"})),
        (
            "| Rule | Limit |\n|---|---|\n| Deploys | at most 3 deploys per hour |",
            kind,
            json!({"deploys": 3, "per": "1h"}),
        ),
        ("Don't spam production with deploys.", kind, json!({})),
        ("Do not push repeatedly in quick succession.", kind, json!({})),
        ("Avoid frequent deploys.", kind, json!({})),
        ("Minimize deploys to production.", kind, json!({})),
        ("Never deploy too often.", kind, json!({})),
        ("Only one deploy at a time.", kind, json!({})),
        ("We once had 5 deploys per day and it was fine.", kind, json!([])),
        ("The cron job runs 3 times per day.", kind, json!([])),
    ]);
}

#[test]
fn intervals() {
    let kind = "deploy-interval";
    hold(&[
        ("Wait at least 30 minutes between deploys.", kind, json!({"since-start": "30m"})),
        ("- Leave an hour between production deploys", kind, json!({"since-start": "1h"})),
        ("Deploys must be at least 45 min apart.", kind, json!({"since-start": "45m"})),
        ("Space deploys at least two hours apart.", kind, json!({"since-start": "2h"})),
        ("Minimum 15 minutes between pushes to main", kind, json!({"since-start": "15m"})),
        ("Wait 10 minutes after a deploy before starting another.", kind, json!({"after-finish": "10m"})),
        ("After each deploy, wait 10 minutes.", kind, json!({"after-finish": "10m"})),
        (
            "After a deploy finishes, wait at least half an hour before the next one.",
            kind,
            json!({"after-finish": "30m"}),
        ),
        ("Never deploy within 20 minutes of the previous deploy.", kind, json!({"since-start": "20m"})),
        (
            "Do not deploy again until 90 seconds have passed since the last deploy.",
            kind,
            json!({"since-start": "1m 30s"}),
        ),
        ("Monitor for 15+ minutes after each deployment.", kind, json!({"after-finish": "15m"})),
        ("Allow 5-10 minutes between consecutive deployments.", kind, json!({"since-start": "5m"})),
        ("Deploy cooldown: 1.5 hours between releases", kind, json!({"since-start": "1h 30m"})),
        ("Soak for 24 hours in staging before deploying to production.", kind, json!({"in": "staging", "for": "1d"})),
        (
            "Keep every change on staging for at least 2 days before deploying it to production.",
            kind,
            json!({"in": "staging", "for": "2d"}),
        ),
        ("Don't deploy more often than every 30 minutes.", kind, json!({"since-start": "30m"})),
        ("Pause 1h between merges to `main`.", kind, json!({"since-start": "1h"})),
        ("Wait for the previous deploy to finish before pushing again.", kind, json!({})),
        ("Always leave some time between deploys.", kind, json!({})),
        ("Let each deploy settle before the next.", kind, json!({})),
        ("The deploy takes 10 minutes.", kind, json!([])),
        ("Set the timeout to 30 minutes for deploys.", kind, json!([])),
    ]);
}

#[test]
fn windows() {
    let kind = "deploy-window";
    let freeze = |days: &str, from: &str, to: &str| json!({"freeze": true, "days": days, "from": from, "to": to});
    let window = |days: &str, from: &str, to: &str| json!({"days": days, "from": from, "to": to});
    hold(&[
        ("No deploys on Fridays after 3pm.", kind, freeze("fri", "15:00", "24:00")),
        ("Never deploy on weekends.", kind, freeze("sat-sun", "00:00", "24:00")),
        ("Do not deploy after 16:30 on Thursday", kind, freeze("thu", "16:30", "24:00")),
        ("No Friday deploys.", kind, freeze("fri", "00:00", "24:00")),
        ("Don't push to main on Friday or Saturday.", kind, freeze("fri-sat", "00:00", "24:00")),
        ("Deploy only Monday to Thursday between 9:00 and 16:00.", kind, window("mon-thu", "09:00", "16:00")),
        ("Only deploy Mon–Thu, 9am–4pm.", kind, window("mon-thu", "09:00", "16:00")),
        ("Deploys are only allowed on Tuesdays from 10 to 12.", kind, window("tue", "10:00", "12:00")),
        ("Deploy window: Mon-Fri 09:00-17:00", kind, window("mon-fri", "09:00", "17:00")),
        ("Deploys must happen before 4pm.", kind, json!({"from": "00:00", "to": "16:00"})),
        ("Never deploy outside 09:00-17:00.", kind, json!({"from": "09:00", "to": "17:00"})),
        ("No deploys between 22:00 and 06:00.", kind, json!({"freeze": true, "from": "22:00", "to": "06:00"})),
        ("No deploys after 5 PM.", kind, json!({"freeze": true, "from": "17:00", "to": "24:00"})),
        (
            "No deploys after 15:00 on Friday or on weekends.",
            kind,
            json!([freeze("fri", "15:00", "24:00"), freeze("sat-sun", "00:00", "24:00")]),
        ),
        (
            "No deploys from Friday 16:00 until Monday 08:00.",
            kind,
            json!([
                freeze("fri", "16:00", "24:00"),
                freeze("sat-sun", "00:00", "24:00"),
                freeze("mon", "00:00", "08:00")
            ]),
        ),
        (
            "Deploys are forbidden on Mondays and Wednesdays.",
            kind,
            json!({"freeze": true, "days": ["mon", "wed"], "from": "00:00", "to": "24:00"}),
        ),
        (
            "Deploy freeze from 2026-12-20 to 2027-01-03.",
            kind,
            json!({"freeze": true, "from": "2026-12-20", "to": "2027-01-03"}),
        ),
        (
            "Code freeze: December 20, 2026 through January 3, 2027",
            kind,
            json!({"freeze": true, "from": "2026-12-20", "to": "2027-01-03"}),
        ),
        (
            "No deploys between 21.9.2026 and 25.9.2026.",
            kind,
            json!({"freeze": true, "from": "2026-09-21", "to": "2026-09-25"}),
        ),
        (
            "NEVER deploy between 02:00 and 06:00 UTC.",
            kind,
            json!({"freeze": true, "from": "02:00", "to": "06:00", "timezone": "UTC"}),
        ),
        (
            "Only deploy on weekdays from 10:00 to 14:00 Europe/Paris.",
            kind,
            json!({"days": "mon-fri", "from": "10:00", "to": "14:00", "timezone": "Europe/Paris"}),
        ),
        ("## Do NOT\n\n- deploy on Fridays", kind, freeze("fri", "00:00", "24:00")),
        (
            "No deploys between 5pm Friday and 9am Monday.",
            kind,
            json!([
                freeze("fri", "17:00", "24:00"),
                freeze("sat-sun", "00:00", "24:00"),
                freeze("mon", "00:00", "09:00")
            ]),
        ),
        ("Stop deploying at 4 PM on Thursdays.", kind, freeze("thu", "16:00", "24:00")),
        ("No deploys at 16:00.", kind, json!([])),
        ("Merges to main are not allowed on Fridays.", kind, freeze("fri", "00:00", "24:00")),
        ("Ship on Tuesdays only.", kind, window("tue", "00:00", "24:00")),
        ("If the change touches billing, never deploy it on a Friday.", kind, freeze("fri", "00:00", "24:00")),
        ("Never deploy on Friday afternoons.", kind, json!({})),
        ("Never deploy during peak traffic.", kind, json!({})),
        ("Do not deploy during a declared incident.", kind, json!({})),
        ("No deploys before a holiday.", kind, json!({})),
        ("Last Friday's deploy at 15:00 broke the site.", kind, json!([])),
        ("The nightly job starts at 02:00 UTC.", kind, json!([])),
    ]);
}

#[test]
fn batches() {
    let kind = "batching";
    hold(&[
        ("Batch at least 3 fixes before each deploy.", kind, json!({"min-commits": 3})),
        ("- Deploys carry a minimum of four commits", kind, json!({"min-commits": 4})),
        ("- 3-5 features per deploy", kind, json!({"min-commits": 3, "max-commits": 5})),
        ("No more than 10 commits per deploy.", kind, json!({"max-commits": 10})),
        ("Never ship more than eight commits in one deploy.", kind, json!({"max-commits": 8})),
        ("Accumulate ≥5 changes before pushing.", kind, json!({"min-commits": 5})),
        ("Max 6 commits per push", kind, json!({"max-commits": 6})),
        ("Do not deploy after every commit.", kind, json!({"per": "change"})),
        ("Don't push after each small change.", kind, json!({"per": "change"})),
        ("Deploy once at the end.", kind, json!({})),
        ("Group your changes into one push.", kind, json!({})),
        ("Bundle small fixes into a single release.", kind, json!({})),
        ("Push after each commit, not in batches.", kind, json!({"per": "change"})),
        ("Always push after every change.", kind, json!({"per": "change"})),
        ("Combine several fixes into one deploy.", kind, json!({})),
        ("Push once per feature rather than after each commit.", kind, json!({})),
        ("One deploy at the end of the session.", kind, json!({})),
        ("Batch your commits before pushing.", kind, json!({})),
        (
            "Wait until there are at least 4 changes before deploying, but never longer than 24 hours.",
            kind,
            json!({"min-commits": 4, "max-wait": "1d"}),
        ),
        ("Deploy early and often.", kind, json!({"per": "change"})),
        ("Batch state updates in one render.", kind, json!([])),
        ("The queue batches messages into one request.", kind, json!([])),
    ]);
}

#[test]
fn chains_of_fixes() {
    let kind = "fix-chain";
    hold(&[
        ("No more than 3 fix commits within 10 minutes.", kind, json!({"fixes": 4, "within": "10m"})),
        ("After two failed fixes in an hour, stop and revert the push.", kind, json!({"fixes": 2, "within": "1h"})),
        ("Stop after 3 consecutive fix commits within 15 minutes.", kind, json!({"fixes": 3, "within": "15m"})),
        ("At most 3 hotfixes to production within 30 minutes.", kind, json!({"fixes": 4, "within": "30m"})),
        ("Never debug on production by pushing.", kind, json!({})),
    ]);
}
