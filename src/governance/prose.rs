//! A policy as sentences for CLAUDE.md, in words that are read back to the same rules.
//!
//! The forms, one sentence a rule. `D` is a whole number of seconds, minutes or hours ("90 minutes"; a span of one is
//! "per hour", "per minute"); `DAYS` are named in full, three and more in a row as "Monday to Thursday"; `PLURALS` are
//! "Fridays", "Saturdays and Sundays"; times are `HH:MM` in the policy's zone, dates ISO, instants RFC 3339.
//!
//! | rule | sentence |
//! |---|---|
//! | `max-frequency {deploys, per: D}` | At most N deploys per D to ENV. |
//! | `max-frequency {deploys, per: day}` (`week`, `month`) | At most N deploys per day to ENV. |
//! | `min-interval {since-start}` | Wait at least D between deploys. |
//! | `min-interval {after-finish}` | Wait at least D after a deploy finishes before the next one. |
//! | `push-frequency {pushes, per: D}` | At most N pushes per D. |
//! | `batch-size {min-commits}` | Batch at least A commits into one deploy. |
//! | `batch-size {min-commits, max-wait}` | Batch at least A commits into one deploy, or wait at most D. |
//! | `batch-size {max-commits}` | At most B commits in one deploy. |
//! | `batch-size {min-commits, max-commits}` | Batch A to B commits into one deploy. |
//! | `batch-size {min-commits, max-commits, max-wait}` | Batch A to B commits into one deploy, or wait at most D. |
//! | `fix-chain {fixes, within}` | Fewer than N fixes of the same files within D. |
//! | `deployment-window {days, from, to}` | Deploy only DAYS between HH:MM and HH:MM. |
//! | `deployment-window {from, to}` | Deploy only between HH:MM and HH:MM. |
//! | `freeze {days, from, to}` | No deploys on PLURALS from HH:MM to HH:MM. |
//! | `freeze {from, to}`, daily | No deploys from HH:MM to HH:MM. |
//! | `freeze {from, to}`, dated | No deploys from DATE to DATE. |
//!
//! A count of one has its noun in the singular ("At most 1 deploy per hour"). An advisory rule's sentence begins with
//! "Prefer": "Prefer at most …", "Prefer fewer than …", "Prefer no deploys …", "Prefer to wait …", "Prefer to batch …", "Prefer to
//! deploy only …".
//!
//! No sentence have: several windows in one rule, freezes by a calendar file, and `min-commits: 1` (it holds nothing).

use serde_json::{Map, Value as Json};

use crate::engine::calendar::DaySet;
use crate::engine::duration;
use crate::engine::policy::{EnvironmentPolicy, RuleEntry};
use crate::engine::rules::{Rule, RuleId};

/// The names of days, Monday first.
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Writes the section of one environment: a heading and a list of sentences; empty where the policy has none of them.
#[must_use]
pub fn prose(policy: &EnvironmentPolicy) -> String {
    let mut sentences: Vec<String> = Vec::new();
    for entry in &policy.rules {
        if let Some(sentence) = sentence(entry, &policy.environment).filter(|sentence| !sentences.contains(sentence)) {
            sentences.push(sentence);
        }
    }
    if sentences.is_empty() {
        return String::new();
    }
    let zone = policy.timezone.map(|zone| format!("Times of day are those of {zone}.\n\n")).unwrap_or_default();
    format!("## Deploys to {}\n\n{zone}- {}\n", policy.environment, sentences.join("\n- "))
}

/// The sentence of one rule, where it has one.
#[must_use]
pub fn sentence(entry: &RuleEntry, environment: &str) -> Option<String> {
    let plain = plain(&entry.rule, environment)?;
    if entry.level.is_mandatory() {
        return Some(plain);
    }
    let verb = ["Wait", "Batch", "Deploy"].into_iter().any(|verb| plain.starts_with(verb));
    let mut letters = plain.chars();
    let first = letters.next()?.to_ascii_lowercase();
    Some(format!("Prefer {}{first}{}", if verb { "to " } else { "" }, letters.as_str()))
}

fn plain(rule: &Rule, environment: &str) -> Option<String> {
    let parameters = rule.parameters();
    let keys = parameters.as_object()?;
    match rule.id() {
        RuleId::MaxFrequency => {
            Some(format!("At most {} per {} to {environment}.", count(keys, "deploys", "deploy")?, per(keys)?))
        }
        RuleId::PushFrequency => Some(format!("At most {} per {}.", count(keys, "pushes", "push")?, per(keys)?)),
        RuleId::MinInterval => {
            if let Some(length) = length(keys, "since-start") {
                return Some(format!("Wait at least {length} between deploys."));
            }
            let length = length(keys, "after-finish")?;
            Some(format!("Wait at least {length} after a deploy finishes before the next one."))
        }
        RuleId::BatchSize => batch(keys),
        RuleId::FixChain => {
            let fixes = count(keys, "fixes", "fix")?;
            Some(format!("Fewer than {fixes} of the same files within {}.", length(keys, "within")?))
        }
        RuleId::DeploymentWindow => window(keys),
        RuleId::Freeze => freeze(keys),
        _ => None,
    }
}

fn batch(keys: &Map<String, Json>) -> Option<String> {
    let wait = length(keys, "max-wait").map(|wait| format!(", or wait at most {wait}")).unwrap_or_default();
    let most = count(keys, "max-commits", "commit");
    match (keys.get("min-commits").filter(|least| least.as_u64() != Some(1)), most) {
        (Some(least), Some(most)) => Some(format!("Batch {least} to {most} into one deploy{wait}.")),
        (Some(_), None) => {
            let least = count(keys, "min-commits", "commit")?;
            Some(format!("Batch at least {least} into one deploy{wait}."))
        }
        (None, most) => Some(format!("At most {} in one deploy.", most?)),
    }
}

fn window(keys: &Map<String, Json>) -> Option<String> {
    let (from, to) = (text(keys, "from")?, text(keys, "to")?);
    let days = days(keys).map(|days| format!("{} ", span_of(&days))).unwrap_or_default();
    Some(format!("Deploy only {days}between {from} and {to}."))
}

fn freeze(keys: &Map<String, Json>) -> Option<String> {
    let (from, to) = (text(keys, "from")?, text(keys, "to")?);
    let plurals = |days: Vec<usize>| -> Vec<String> { days.into_iter().map(|day| format!("{}s", DAYS[day])).collect() };
    let days = days(keys).map(|days| format!("on {} ", listed(&plurals(days)))).unwrap_or_default();
    Some(format!("No deploys {days}from {from} to {to}."))
}

/// The days of a weekly span; `None` where it names none.
fn days(keys: &Map<String, Json>) -> Option<Vec<usize>> {
    let names: Vec<&str> = match keys.get("days")? {
        Json::Array(items) => items.iter().filter_map(Json::as_str).collect(),
        other => vec![other.as_str()?],
    };
    let mut days = DaySet::NONE;
    names.into_iter().all(|name| days.add(name)).then(|| days.numbers().collect())
}

/// Days in words: a run of three and more by its ends, others one by one.
fn span_of(days: &[usize]) -> String {
    match days {
        [first, .., last] if days.len() > 2 && last - first + 1 == days.len() => {
            format!("{} to {}", DAYS[*first], DAYS[*last])
        }
        _ => listed(&days.iter().map(|day| DAYS[*day].to_owned()).collect::<Vec<_>>()),
    }
}

fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn text<'a>(keys: &'a Map<String, Json>, key: &str) -> Option<&'a str> {
    keys.get(key).and_then(Json::as_str)
}

/// A count with its noun, in the singular for one.
fn count(keys: &Map<String, Json>, key: &str, noun: &str) -> Option<String> {
    let count = keys.get(key)?.as_u64()?;
    let plural = if noun.ends_with("sh") || noun.ends_with('x') { "es" } else { "s" };
    Some(if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}{plural}") })
}

/// What things are counted per: a calendar unit, or a duration without the number one.
fn per(keys: &Map<String, Json>) -> Option<String> {
    let per = text(keys, "per")?;
    if ["day", "week", "month"].contains(&per) {
        return Some(per.to_owned());
    }
    let length = length(keys, "per")?;
    Some(length.strip_prefix("1 ").map(str::to_owned).unwrap_or(length))
}

/// A duration in its largest unit that divides it; not days, which would read as the calendar's.
fn length(keys: &Map<String, Json>, key: &str) -> Option<String> {
    let seconds = duration::parse(text(keys, key)?).ok()?.num_seconds();
    let units = [("hour", 3_600), ("minute", 60), ("second", 1)];
    let (unit, worth) = units.into_iter().find(|(_, worth)| seconds % worth == 0)?;
    let number = seconds / worth;
    Some(if number == 1 { format!("1 {unit}") } else { format!("{number} {unit}s") })
}
