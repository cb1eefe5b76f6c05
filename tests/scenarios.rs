//! Runs every scenario; each rule and each built-in policy has some.

#![expect(clippy::disallowed_methods, reason = "a test reads its own files")]

use std::collections::BTreeSet;
use std::path::Path;

use deploy_rhythm::engine::decision::Status;
use deploy_rhythm::engine::rules::RuleId;
use deploy_rhythm::scenario;
use deploy_rhythm::sources::packs;

fn fetch(name: &str) -> Result<deploy_rhythm::engine::policy::Fetched, String> {
    packs::find(name).ok_or_else(|| format!("no built-in policy `{name}`"))
}

#[test]
fn every_scenario_holds_and_every_rule_has_some() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("scenarios").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    assert!(files.len() >= 40, "{} scenarios", files.len());
    let (mut failures, mut met, mut not_met, mut texts) = (Vec::new(), BTreeSet::new(), BTreeSet::new(), String::new());
    for file in files {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let bytes = std::fs::read(&file).expect("a scenario");
        texts.push_str(&String::from_utf8_lossy(&bytes));
        let scenario = scenario::parse(&name, &bytes).unwrap_or_else(|problems| panic!("{problems}"));
        let outcomes = scenario.run(None, &mut fetch).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!outcomes.is_empty(), "{name} asks nothing");
        for outcome in outcomes {
            for (rule, status) in outcome.rules {
                match status {
                    Status::Met => met.insert(rule),
                    Status::NotMet => not_met.insert(rule),
                    _ => false,
                };
            }
            if !outcome.failures.is_empty() {
                failures.push(format!("{}\n    {}", outcome.title, outcome.failures.join("\n    ")));
            }
        }
    }
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
    for rule in RuleId::NAMES {
        assert!(
            met.contains(rule) && not_met.contains(rule),
            "no scenario where {rule} is met, or none where it is not"
        );
    }
    for (name, _) in packs::ALL {
        assert!(
            texts.contains(&format!("policy: {name}\n")) || texts.contains(&format!("extends: [{name}]")),
            "no scenario shows {name}"
        );
    }
}
