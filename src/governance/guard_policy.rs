//! What a change takes away from the policy of an environment.

use serde_json::Map;

use super::guard::{Loss, Weakening};
use super::map::same_subject;
use super::words::change;
use crate::engine::decision::Source;
use crate::engine::lane::Lane;
use crate::engine::policy::{EnvironmentPolicy, OverridePolicy, RuleEntry};

/// Compares the policies of one environment in two versions, rule by rule, and what lets rules be passed by.
#[must_use]
pub fn policy_weakenings(base: &EnvironmentPolicy, head: &EnvironmentPolicy) -> Vec<Weakening> {
    let mut found: Vec<Weakening> = base.rules.iter().filter_map(|old| rule(old, head)).collect();
    let file = base.rules.first().map_or("the policy", |entry| entry.source.file.as_str());
    let mut add = |subject: &str, words: String| {
        let source = Source { file: file.to_owned(), line: 1 };
        found.push(Weakening { loss: Loss::Weakened, subject: subject.to_owned(), source, words });
    };
    for (_, lane) in Lane::ALL {
        let more: Vec<&str> = head.skips(lane).difference(base.skips(lane)).map(|rule| rule.name()).collect();
        if !more.is_empty() {
            add("lanes", format!("the {lane} lane now skips {}", more.join(", ")));
        }
    }
    let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "none".to_owned());
    if base.target.is_some() && base.target != head.target {
        add("target", format!("target {} -> {}", name(&base.target), name(&head.target)));
    }
    if base.trigger.is_some() && head.trigger.is_none() {
        add("trigger", "landings are no longer judged as deploys: trigger push -> none".to_owned());
    }
    // Without paths everything counts: dropping them all takes nothing away.
    let kept = !base.paths.is_empty() && base.paths.iter().all(|path| head.paths.contains(path));
    if !head.paths.is_empty() && !kept {
        let old = if base.paths.is_empty() { "all".to_owned() } else { base.paths.join(", ") };
        add("paths", format!("paths {old} -> {}", head.paths.join(", ")));
    }
    if !base.break_glass && head.break_glass {
        add("break-glass", "the glass may be broken: break-glass false -> true".to_owned());
    }
    for words in overrides(base.overrides.as_ref(), head.overrides.as_ref()) {
        add("override", words);
    }
    found
}

/// What a rule lost: nothing, where the head has one as strict at a level as high.
fn rule(old: &RuleEntry, head: &EnvironmentPolicy) -> Option<Weakening> {
    let stricter = |new: &&RuleEntry| new.rule.at_least_as_strict(&old.rule);
    let highest = head.rules.iter().filter(stricter).max_by_key(|new| new.level);
    if highest.is_some_and(|new| new.level >= old.level) {
        return None;
    }
    let name = old.rule.id().name();
    let near = head.rules.iter().find(|new| same_subject(&new.rule, &old.rule));
    let (loss, words) = match (highest, near) {
        (Some(new), _) => (Loss::Weakened, format!("{name}: {} -> {}", old.level.name(), new.level.name())),
        (None, Some(new)) => (Loss::Weakened, difference(old, new)),
        (None, None) => (Loss::Removed, format!("removed: {}", old.rule.check().asks())),
    };
    Some(Weakening { loss, subject: name.to_owned(), source: old.source.clone(), words })
}

/// How two rules of one kind differ, in their parameters; where those are no map, as what they ask.
fn difference(old: &RuleEntry, new: &RuleEntry) -> String {
    let keys = |entry: &RuleEntry| entry.rule.parameters().as_object().cloned().unwrap_or_else(Map::new);
    let words = change(&keys(old), &keys(new));
    match words.is_empty() {
        true => format!("{} -> {}", old.rule.check().asks(), new.rule.check().asks()),
        false => words,
    }
}

/// What became easier to override; without a word about it, nobody is named who may.
fn overrides(base: Option<&OverridePolicy>, head: Option<&OverridePolicy>) -> Vec<String> {
    let nobody = OverridePolicy::default();
    let (base, Some(head)) = (base.unwrap_or(&nobody), head) else { return Vec::new() };
    let more = |old: &[String], new: &[String]| -> Vec<String> {
        new.iter().filter(|name| !old.contains(name)).cloned().collect()
    };
    let mut words = Vec::new();
    for (who, names) in [("role", more(&base.roles, &head.roles)), ("person", more(&base.people, &head.people))] {
        words.extend(names.into_iter().map(|name| format!("another {who} may override: {name}")));
    }
    let longer = base.expires.is_some_and(|old| head.expires.is_none_or(|new| new > old));
    if longer {
        words.push("overrides last longer".to_owned());
    }
    if let Some(old) = base.per_month
        && head.per_month.is_none_or(|new| new > old)
    {
        let new = head.per_month.map_or_else(|| "no limit".to_owned(), |new| new.to_string());
        words.push(format!("overrides per month {old} -> {new}"));
    }
    words
}
