//! Prose that is read back: a policy as sentences, and the sentences as the same rules.

mod support {
    #[allow(dead_code, reason = "each test file makes what it needs")]
    pub mod governed;
    pub mod spoken;
}

use deploy_rhythm::engine::rules::RuleId;
use deploy_rhythm::governance::prose;
use proptest::prelude::*;
use regex::Regex;
use serde_json::{Value as Json, json};
use support::governed::policy;
use support::spoken::{rule, spoken};

/// Reads a sentence by the forms that `prose` documents, and by nothing else.
fn read(sentence: &str) -> Option<(RuleId, Json)> {
    let length = "([0-9]+) (hour|minute|second)s?";
    let time = "([0-9]{2}:[0-9]{2})";
    let captured = |pattern: &str| -> Option<Vec<String>> {
        let pattern = Regex::new(&format!("^{pattern}$")).expect("a pattern");
        let found = pattern.captures(sentence)?;
        Some(
            found
                .iter()
                .skip(1)
                .map(|group| group.map(|group| group.as_str().to_owned()).unwrap_or_default())
                .collect(),
        )
    };
    let number = |text: &str| text.parse::<u32>().expect("a number");
    let duration = |number: &str, unit: &str| format!("{}{}", if number.is_empty() { "1" } else { number }, &unit[..1]);
    let per = |number: &str, unit: &str| {
        if ["day", "week", "month"].contains(&unit) { unit.to_owned() } else { duration(number, unit) }
    };
    if let Some(found) =
        captured("At most ([0-9]+) deploys? per (?:([0-9]+) )?(hour|minute|second|day|week|month)s? to production\\.")
    {
        return Some((RuleId::MaxFrequency, json!({"deploys": number(&found[0]), "per": per(&found[1], &found[2])})));
    }
    if let Some(found) = captured("At most ([0-9]+) push(?:es)? per (?:([0-9]+) )?(hour|minute|second)s?\\.") {
        return Some((RuleId::PushFrequency, json!({"pushes": number(&found[0]), "per": per(&found[1], &found[2])})));
    }
    if let Some(found) = captured(&format!("Wait at least {length} between deploys\\.")) {
        return Some((RuleId::MinInterval, json!({"since-start": duration(&found[0], &found[1])})));
    }
    if let Some(found) = captured(&format!("Wait at least {length} after a deploy finishes before the next one\\.")) {
        return Some((RuleId::MinInterval, json!({"after-finish": duration(&found[0], &found[1])})));
    }
    if let Some(found) = captured("At most ([0-9]+) commits? in one deploy\\.") {
        return Some((RuleId::BatchSize, json!({"max-commits": number(&found[0])})));
    }
    if let Some(found) = captured(&format!(
        "Batch (?:at least )?([0-9]+)(?: to ([0-9]+))? commits? into one deploy(?:, or wait at most {length})?\\."
    )) {
        let mut keys = json!({"min-commits": number(&found[0])});
        if !found[1].is_empty() {
            keys["max-commits"] = number(&found[1]).into();
        }
        if !found[2].is_empty() {
            keys["max-wait"] = duration(&found[2], &found[3]).into();
        }
        return Some((RuleId::BatchSize, keys));
    }
    if let Some(found) = captured(&format!("Fewer than ([0-9]+) fix(?:es)? of the same files within {length}\\.")) {
        return Some((RuleId::FixChain, json!({"fixes": number(&found[0]), "within": duration(&found[1], &found[2])})));
    }
    if let Some(found) = captured(&format!("Deploy only (?:(.+) )?between {time} and {time}\\.")) {
        return Some((RuleId::DeploymentWindow, weekly(&found)));
    }
    if let Some(found) = captured(&format!("No deploys (?:on (.+) )?from {time} to {time}\\.")) {
        return Some((RuleId::Freeze, weekly(&found)));
    }
    let found = captured("No deploys from ([0-9]{4}-[0-9TZ:+-]+) to ([0-9]{4}-[0-9TZ:+-]+)\\.")?;
    Some((RuleId::Freeze, json!({"from": found[0], "to": found[1]})))
}

fn weekly(found: &[String]) -> Json {
    let mut keys = json!({"from": found[1], "to": found[2]});
    let short = |day: &str| day[..3].to_lowercase();
    if let Some((first, last)) = found[0].split_once(" to ") {
        keys["days"] = format!("{}-{}", short(first), short(last)).into();
    } else if !found[0].is_empty() {
        keys["days"] = found[0].replace(" and ", ", ").split(", ").map(short).collect();
    }
    keys
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) })]

    #[test]
    fn a_policy_in_prose_reads_back_to_the_same_rules(rules in prop::collection::vec(spoken(), 1..6)) {
        let lines: Vec<String> = rules.iter().map(|(id, keys)| format!("      - {{{}: {keys}}}\n", id.name())).collect();
        let text = prose(&policy(&format!("    soft-mandatory:\n{}", lines.concat())));
        let mut read: Vec<(RuleId, Json)> = text.lines().filter_map(|line| line.strip_prefix("- ")).map(|line| read(line).unwrap_or_else(|| panic!("{line}"))).collect();
        for (id, keys) in &rules {
            let wanted = rule(*id, keys);
            let same = |(other, keys): &(RuleId, Json)| other == id && rule(*other, keys).parameters() == wanted.parameters();
            prop_assert!(read.iter().any(same), "{wanted:?} is not in\n{text}");
        }
        read.retain(|(id, keys)| !rules.iter().any(|(other, wanted)| id == other && rule(*id, keys).parameters() == rule(*other, wanted).parameters()));
        prop_assert!(read.is_empty(), "{read:?} was never asked");
    }
}

#[test]
fn prose_reads_as_people_write() {
    let policy = policy(
        "    soft-mandatory:\n      - max-frequency: {deploys: 3, per: 1h}\n      - min-interval: {after-finish: 10m}\n      - push-frequency: {pushes: 2, per: 30m}\n      - batch-size: {min-commits: 3, max-wait: 2h}\n      - fix-chain: {fixes: 3, within: 2h}\n      - deployment-window: {days: mon-thu, from: \"09:00\", to: \"16:00\"}\n      - freeze: {days: fri, from: \"15:00\", to: \"24:00\"}\n      - no-overlap\n      - freeze: {from: 2026-12-24, to: 2027-01-01}\n    advisory:\n      - min-interval: 5m\n      - freeze: {days: sat, from: \"01:00\", to: \"02:00\"}\n",
    );
    assert_eq!(
        prose(&policy),
        "## Deploys to production\n\nTimes of day are those of Europe/Paris.\n\n- At most 3 deploys per hour to production.\n- Wait at least 10 minutes after a deploy finishes before the next one.\n- At most 2 pushes per 30 minutes.\n- Batch at least 3 commits into one deploy, or wait at most 2 hours.\n- Fewer than 3 fixes of the same files within 2 hours.\n- Deploy only Monday to Thursday between 09:00 and 16:00.\n- No deploys on Fridays from 15:00 to 24:00.\n- No deploys from 2026-12-24 to 2027-01-01.\n- Prefer to wait at least 5 minutes between deploys.\n- Prefer no deploys on Saturdays from 01:00 to 02:00.\n"
    );
    assert_eq!(prose(&support::governed::policy("    advisory: [no-overlap]\n")), "");
}
