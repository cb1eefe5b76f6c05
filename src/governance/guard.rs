//! What a change takes away from the directives of a governance file.

use super::directive::Directive;
use super::map::{own_rule, source};
use super::words::{change, quoted};
use crate::engine::decision::Source;
use serde_json::{Map, Value as Json};

/// What became of something that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// It is not asked any more.
    Removed,
    /// Less is asked.
    Weakened,
    /// Other words stand in its place, and nobody can tell whether they ask as much.
    Reworded,
}

/// One thing that the base asks and the head does not, or not as much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weakening {
    pub loss: Loss,
    /// The id of the directive, or the name of the rule.
    pub subject: String,
    /// Where the base has it.
    pub source: Source,
    /// What changed, with both numbers: "deploys per hour 3 -> 10".
    pub words: String,
}

/// Compares the directives of two versions; adding and moving takes nothing away, nor does a stricter number.
#[must_use]
pub fn weakenings(base: &[Directive], head: &[Directive]) -> Vec<Weakening> {
    let mut seen: Vec<&Directive> = Vec::new();
    let mut found = Vec::new();
    for old in base {
        // Copies of one sentence in several files are one directive.
        if seen.iter().any(|known| known.id == old.id && known.params == old.params) {
            continue;
        }
        seen.push(old);
        let mut losses = head.iter().filter(|new| new.id == old.id).map(|new| weaker(old, new)).peekable();
        let loss = match losses.peek() {
            None => gone(old, base, head),
            // Where one of several copies asks as much, it is still asked.
            Some(_) => losses.reduce(Option::and).flatten(),
        };
        if let Some((loss, words)) = loss {
            found.push(Weakening { loss, subject: old.id.clone(), source: source(old), words });
        }
    }
    found
}

/// The kinds and ids that a policy requires and no directive has.
#[must_use]
pub fn absent<'a>(required: &'a [String], directives: &[Directive]) -> Vec<&'a str> {
    let there = |name: &str| directives.iter().any(|one| one.id == name || one.kind.name() == name);
    required.iter().map(String::as_str).filter(|name| !there(name)).collect()
}

/// What is lost where no directive has the id any more: nothing, where another asks the same.
fn gone(old: &Directive, base: &[Directive], head: &[Directive]) -> Option<(Loss, String)> {
    let is_alike = |new: &&Directive| {
        (new.kind, new.object, new.polarity, &new.scope) == (old.kind, old.object, old.polarity, &old.scope)
    };
    // Only parameters tell whether other words ask as much; without any, the words must be the same.
    let tells = |new: &Directive| new.text == old.text || (!old.params.is_empty() && new.bound == old.bound);
    let mut best: Option<(Loss, String)> = None;
    for new in head.iter().filter(is_alike) {
        let is_new = !base.iter().any(|known| known.id == new.id);
        match weaker(old, new) {
            None if tells(new) => return None,
            Some(weakened) if is_new && tells(new) => best = Some(weakened),
            _ if is_new && best.is_none() => {
                best = Some((Loss::Reworded, format!("{} -> {}", quoted(&old.text), quoted(&new.text))));
            }
            _ => {}
        }
    }
    Some(best.unwrap_or_else(|| (Loss::Removed, format!("removed: {}", quoted(&old.text)))))
}

/// What a directive lost against its older self.
fn weaker(old: &Directive, new: &Directive) -> Option<(Loss, String)> {
    if old.bound && !new.bound {
        let words = format!("{}; now it names no number", change(&old.params, &new.params));
        return Some((Loss::Weakened, words));
    }
    if new.exception.is_some() && new.exception != old.exception {
        let exception = new.exception.as_deref().unwrap_or_default();
        return Some((Loss::Weakened, format!("now with an exception: {}", quoted(exception))));
    }
    let holds = match (own_rule(old), own_rule(new)) {
        (Some(old), Some(new)) => new.at_least_as_strict(&old),
        _ => asks_as_much(&old.params, &new.params),
    };
    (!holds).then(|| (Loss::Weakened, change(&old.params, &new.params)))
}

/// Whether parameters that no rule knows ask no less: nothing is missing, limits are no looser, lists no shorter.
fn asks_as_much(old: &Map<String, Json>, new: &Map<String, Json>) -> bool {
    old.iter().all(|(key, old)| match (old, new.get(key)) {
        (_, None) => false,
        (Json::Number(old), Some(Json::Number(new))) if key.starts_with("max-") => new.as_f64() <= old.as_f64(),
        (Json::Number(old), Some(Json::Number(new))) if key.starts_with("min-") => new.as_f64() >= old.as_f64(),
        (Json::Array(old), Some(Json::Array(new))) => old.iter().all(|item| new.contains(item)),
        (old, Some(new)) => old == new,
    })
}
