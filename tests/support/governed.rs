//! Directives and policies made by hand.

use chrono::NaiveDate;
use deploy_rhythm::engine::policy::{EnvironmentPolicy, Fetched, Origin, load};
use deploy_rhythm::governance::directive::{Directive, Kind, Object, Place, Polarity, Scope};
use deploy_rhythm::governance::terms::Terms;
use deploy_rhythm::governance::{Drift, Status, drift};
use serde_json::Value as Json;

/// A directive of CLAUDE.md: bound where it has parameters, its id made of its text without the numbers.
pub fn directive(kind: Kind, object: Object, polarity: Polarity, text: &str, params: &Json) -> Directive {
    let words: String = text.chars().filter(|letter| letter.is_alphabetic() || *letter == ' ').collect();
    let params = params.as_object().cloned().unwrap_or_default();
    Directive {
        id: format!("{kind}-{object}-{polarity}-1-{}", words.to_lowercase().replace(' ', "-")),
        place: Place { file: "CLAUDE.md".into(), line: 7, ..Place::default() },
        text: text.to_owned(),
        kind,
        object,
        polarity,
        scope: Scope::default(),
        bound: !params.is_empty(),
        params,
        exception: None,
        also: Vec::new(),
    }
}

/// "No more than 3 production deploys per hour", or another number.
pub fn deploys(count: usize, per: &str) -> Directive {
    let text = format!("No more than {count} deploys per {per}");
    let params = serde_json::json!({"deploys": count, "per": per});
    directive(Kind::DeployFrequency, Object::Deploy, Polarity::Must, &text, &params)
}

/// The policy of production, its rules given as lines under its levels.
pub fn policy(rules: &str) -> EnvironmentPolicy {
    let text = format!("version: 1\ntimezone: Europe/Paris\nenvironments:\n  production:\n{rules}");
    named(&text, "production")
}

/// The policy of an environment, from the text of a file.
pub fn named(text: &str, environment: &str) -> EnvironmentPolicy {
    let top = Fetched { name: "policy.yml".into(), origin: Origin::File, bytes: text.as_bytes().to_vec() };
    let policy = load(top, &mut |name| Err(name.to_owned())).unwrap_or_else(|error| panic!("{error}"));
    policy.environment(environment).expect("named")
}

/// The day on which tests judge.
pub fn today() -> NaiveDate {
    "2026-11-25".parse().expect("a date")
}

/// Directives against one policy, nothing waived.
pub fn judged(directives: &[Directive], policy: &EnvironmentPolicy) -> Vec<Drift> {
    drift(directives, std::slice::from_ref(policy), &Terms::of(policy, &[], today()))
}

/// How one directive stands to rules, with the words.
pub fn status(one: &Directive, rules: &str) -> (Status, String) {
    let drift = judged(std::slice::from_ref(one), &policy(rules)).remove(0);
    (drift.status, drift.message)
}
