//! A repository may tighten the policy of others that it extends, never loosen it.

use std::collections::BTreeSet;

use crate::engine::policy::yaml::{self, Value, Yaml};
use crate::engine::policy::{HistorySettings, Pattern, Policy};
use crate::error::Error;
use crate::governance::{Weakening, policy_weakenings};

/// Refuses a policy that loosens what it extends of others.
///
/// # Errors
///
/// Names each key that loosens something, with its line, and what it takes away.
pub(super) fn refuse(policy: &Policy, bytes: &[u8]) -> Result<(), Error> {
    let others = policy.abroad();
    if others.is_empty() {
        return Ok(());
    }
    let written = yaml::parse(bytes).ok();
    let mut said = BTreeSet::new();
    for other in others {
        let patterns = policy.patterns().into_iter().chain(other.patterns());
        let names: BTreeSet<&str> = patterns.map(Pattern::as_str).collect();
        for name in names {
            let Some(old) = other.environment(name) else { continue };
            let Some(new) = policy.environment(name) else { continue };
            for loss in policy_weakenings(&old, &new) {
                said.insert(sentence(policy, other, written.as_ref(), Some(name), key_of(&loss), &loss.words));
            }
            if old.counting.is_some() && old.counting != new.counting {
                let words = "what counts as a deployment is changed";
                said.insert(sentence(policy, other, written.as_ref(), Some(name), "deployments", words));
            }
        }
        if other.history() != HistorySettings::default() && other.history() != policy.history() {
            let words = "where deployments are recorded is changed";
            said.insert(sentence(policy, other, written.as_ref(), None, "history", words));
        }
        let (asked, own) = (other.hooks(), policy.hooks());
        if !asked.without_terminal.is_empty()
            && own.without_terminal.iter().any(|one| !asked.without_terminal.contains(one))
        {
            let words = "another caller may act without a terminal";
            said.insert(sentence(policy, other, written.as_ref(), None, "hooks", words));
        }
    }
    if said.is_empty() {
        return Ok(());
    }
    let all: Vec<String> = said.into_iter().collect();
    Err(Error::usage(format!("the policy cannot be used\n{}", all.join("\n")))
        .hint("take the key out or tighten it; who may loosen is whoever keeps the policy that is extended"))
}

/// The key of an environment that takes something away.
fn key_of(loss: &Weakening) -> &str {
    match loss.subject.as_str() {
        key @ ("lanes" | "target" | "trigger" | "paths" | "break-glass" | "override") => key,
        // Rules are added, and only one key takes them away.
        _ => "without",
    }
}

fn sentence(
    policy: &Policy,
    other: &Policy,
    written: Option<&Yaml>,
    environment: Option<&str>,
    key: &str,
    words: &str,
) -> String {
    let line = written.and_then(|top| line(top, environment, key)).unwrap_or(1);
    let of = environment.map(|name| format!(" for `{name}`")).unwrap_or_default();
    format!("{}:{line}: `{key}` loosens {}{of}: {words}", policy.name, other.name)
}

/// The line of a key of an environment, or of the file; that of `extends` where it stands in another file.
fn line(top: &Yaml, environment: Option<&str>, key: &str) -> Option<usize> {
    let own = match environment {
        Some(name) => entry(entry(top, "environments")?.1, name).and_then(|(_, layer)| entry(layer, key)),
        None => entry(top, key),
    };
    own.or_else(|| entry(top, "extends")).map(|(line, _)| line)
}

fn entry<'a>(yaml: &'a Yaml, key: &str) -> Option<(usize, &'a Yaml)> {
    let Value::Map(entries) = &yaml.value else { return None };
    entries.iter().find(|(known, _)| known.text == key).map(|(known, value)| (known.place.line, value))
}
