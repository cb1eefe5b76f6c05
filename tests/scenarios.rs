//! Runs every scenario; each rule and each built-in policy has some.

#![expect(clippy::disallowed_methods, reason = "a test reads its own files")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use deploy_rhythm::engine::decision::Status;
use deploy_rhythm::engine::policy::{Fetched, Origin};
use deploy_rhythm::engine::rules::RuleId;
use deploy_rhythm::scenario::{self, Scenario};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "yml")).collect();
    files.sort();
    files
}

fn name(path: &Path) -> String {
    path.file_stem().expect("a name").to_string_lossy().into_owned()
}

fn fetch(wanted: &str) -> Result<Fetched, String> {
    let path = files("policies").into_iter().find(|path| name(path) == wanted);
    let path = path.ok_or_else(|| format!("no built-in policy `{wanted}`"))?;
    let bytes = std::fs::read(&path).expect("a policy");
    Ok(Fetched { name: wanted.to_owned(), origin: Origin::BuiltIn, bytes })
}

/// Every scenario that can be read; what is wrong with the others.
fn scenarios() -> (Vec<Scenario>, Vec<String>) {
    let (mut scenarios, mut unreadable) = (Vec::new(), Vec::new());
    for path in files("tests/scenarios") {
        match scenario::parse(&name(&path), &std::fs::read(&path).expect("a scenario")) {
            Ok(scenario) => scenarios.push(scenario),
            Err(problems) => unreadable.push(problems.to_string()),
        }
    }
    (scenarios, unreadable)
}

#[test]
fn every_scenario_holds() {
    let (scenarios, mut failures) = scenarios();
    assert!(scenarios.len() >= 45, "{} scenarios\n{}", scenarios.len(), failures.join("\n"));
    for scenario in scenarios {
        match scenario.run(None, &mut fetch) {
            Ok(outcomes) => failures.extend(
                outcomes
                    .into_iter()
                    .filter(|outcome| !outcome.failures.is_empty())
                    .map(|outcome| format!("{}\n    {}", outcome.title, outcome.failures.join("\n    "))),
            ),
            Err(error) => failures.push(error),
        }
    }
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_rule_is_met_in_one_scenario_and_not_in_another() {
    let (mut met, mut not_met, mut unknown) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for outcome in scenarios().0.iter().filter_map(|scenario| scenario.run(None, &mut fetch).ok()).flatten() {
        for (rule, status) in outcome.rules {
            match status {
                Status::Met => met.insert(rule),
                Status::NotMet => not_met.insert(rule),
                Status::Unknown => unknown.insert(rule),
                Status::Skipped | Status::Overridden => false,
            };
        }
    }
    let lacking =
        |seen: &BTreeSet<&str>| RuleId::NAMES.into_iter().filter(|rule| !seen.contains(rule)).collect::<Vec<_>>();
    assert_eq!(lacking(&met), [""; 0], "no scenario where these are met");
    assert_eq!(lacking(&not_met), [""; 0], "no scenario where these are not met");
    // A window is a matter of the clock alone.
    assert_eq!(lacking(&unknown), ["deployment-window"], "no scenario where these are unknown");
}

#[test]
fn every_built_in_policy_has_a_scenario() {
    let (scenarios, _) = scenarios();
    for path in files("policies") {
        let pack = name(&path);
        let shown = |policy: &str| policy == pack || policy.contains(&format!("extends: [{pack}]"));
        let found = scenarios.iter().any(|scenario| scenario.policy.as_deref().is_some_and(shown));
        assert!(found, "no scenario shows {pack}");
    }
}

#[test]
fn everything_wrong_is_named_at_once_with_its_place_and_its_fix() {
    let text = r#"scenario: Much is wrong
clock: guessed
known: {pushes: false}
deployments:
  - {at: "2026-02-04T14:00:00Z"}
  - {commit: c1, at: "yesterday"}
  - {commit: c1, at: "2026-02-04T14:00:00Z", took: 1m, state: in_progress}
  - {commit: c1, at: "2026-02-04T14:00:00Z", until: "2026-02-04T13:00:00Z"}
  - {id: one, commit: c1, at: "2026-02-04T14:00:00Z", run: "9"}
  - {id: one, commit: c2, at: "2026-02-04T14:00:00Z", run: "9"}
pushes:
  - {commit: c1, at: "2026-02-04T14:00:00Z"}
ask:
  - {at: "2026-02-04T14:00:00Z", expect: aprove}
  - {at: "2026-02-04T14:00:00Z", expect: {findings: {max-freqency: met, no-overlap: open}, until: soon}}
  - {at: "2026-02-04T14:00:00Z", lane: fast, expect: {}}
"#;
    let problems = scenario::parse("wrong.yml", text.as_bytes()).expect_err("much is wrong");
    let said: Vec<(usize, &str)> =
        problems.problems.iter().map(|problem| (problem.place.line, problem.message.as_str())).collect();
    let expected = [
        (2, "`clock` is never `guessed`"),
        (5, "a deployment of nothing"),
        (6, "`yesterday` is no instant"),
        (7, "a finish beside a state that is not final"),
        (8, "a deployment finishes before it starts"),
        (10, "a second deployment `one`"),
        (10, "run `9` ships two commits"),
        (12, "`pushes` beside `known: {pushes: false}`"),
        (14, "a verdict is never `aprove`"),
        (15, "unknown rule `max-freqency`"),
        (15, "what becomes of a rule is never `open`"),
        (15, "`until` is the text `soon`, not a map of rules"),
        (16, "a lane is never `fast`"),
        (16, "`expect` expects nothing"),
    ];
    assert_eq!(said, expected);
    assert!(problems.problems.iter().all(|problem| !problem.fix.is_empty()));
    assert!(problems.to_string().contains("did you mean `approve`?"), "{problems}");
}
