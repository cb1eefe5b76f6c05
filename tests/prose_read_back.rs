//! The law of prose: a policy as sentences of CLAUDE.md, read and mapped, gives the same rules at the same levels.

mod support {
    #[allow(dead_code, reason = "each test file makes what it needs")]
    pub mod governed;
    pub mod spoken;
}

use deploy_rhythm::engine::decision::Level;
use deploy_rhythm::engine::policy::EnvironmentPolicy;
use deploy_rhythm::engine::rules::RuleId;
use deploy_rhythm::governance::adopt::{Basis, adopt};
use deploy_rhythm::governance::directive::Directive;
use deploy_rhythm::governance::load::{Memory, load};
use deploy_rhythm::governance::terms::Terms;
use deploy_rhythm::governance::{map, prose, reading};
use proptest::prelude::*;
use serde_json::Value as Json;
use support::governed::policy;
use support::spoken::{rule, spoken};

/// The directives that a text is read to.
fn directives(text: &str) -> Vec<Directive> {
    reading::read(&load(&Memory::default().file("CLAUDE.md", text), &[])).directives
}

/// A rule as it is compared: its name, its parameters, and whether it only advises.
type Seen = (RuleId, Json, bool);

/// The rules that directives are adopted as, each with what was said.
fn adopted(directives: &[Directive], bare: &EnvironmentPolicy) -> Vec<Seen> {
    let today = chrono::NaiveDate::from_ymd_opt(2026, 11, 25).expect("a day");
    let adopting = adopt(directives, bare, &Terms::of(bare, &[], today), Basis::Written);
    let own = |entry: &&deploy_rhythm::engine::policy::RuleEntry| entry.rule.id() != RuleId::Governance;
    adopting
        .rules
        .iter()
        .filter(own)
        .map(|entry| (entry.rule.id(), entry.rule.parameters(), entry.level == Level::Advisory))
        .collect()
}

/// The rules that directives map to one by one: those that contradict each other too.
fn mapped(directives: &[Directive], bare: &EnvironmentPolicy) -> Vec<Seen> {
    let advises = |directive: &Directive| directive.polarity.name() == "should";
    directives
        .iter()
        .map(|directive| {
            let mapped = map::map(directive, bare, deploy_rhythm::governance::terms::settings(bare))
                .unwrap_or_else(|why| panic!("{why:?}: {directive:?}"));
            assert_eq!(mapped.limit, None, "{directive:?}");
            (mapped.rule.id(), mapped.rule.parameters(), advises(directive))
        })
        .collect()
}

/// A policy that adopts what the file says.
fn bare() -> EnvironmentPolicy {
    policy("    trigger: push\n    soft-mandatory:\n      - governance: {adopt: true}\n")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn a_policy_in_prose_is_read_to_the_same_rules(rules in prop::collection::vec((spoken(), any::<bool>()), 1..6)) {
        let rules: Vec<_> = rules.into_iter().map(|((id, keys), weak)| (id, keys, weak)).collect();
        let level = |weak: bool| rules.iter().filter(move |(.., other)| *other == weak).fold(String::new(), |all, (id, keys, _)| all + &format!("      - {{{}: {keys}}}\n", id.name()));
        let (firm, weak) = (level(false), level(true));
        let mut yaml = String::from("    trigger: push\n");
        if !firm.is_empty() { yaml.push_str(&format!("    soft-mandatory:\n{firm}")); }
        if !weak.is_empty() { yaml.push_str(&format!("    advisory:\n{weak}")); }
        let text = prose(&policy(&yaml));
        let found = directives(&text);
        let read = mapped(&found, &bare());
        let wanted: Vec<Seen> = rules.iter().map(|(id, keys, weak)| (*id, rule(*id, keys).parameters(), *weak)).collect();
        for rule in &wanted {
            prop_assert!(read.contains(rule), "{rule:?} is not in\n{text}\n{read:?}");
        }
        for rule in &read {
            prop_assert!(wanted.contains(rule), "{rule:?} was never asked\n{text}");
        }
        // What is adopted is what the text says, but for what contradicts itself.
        for rule in adopted(&found, &bare()) {
            prop_assert!(wanted.contains(&rule), "{rule:?} was adopted\n{text}");
        }
    }
}
