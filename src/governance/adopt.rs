//! Directives as rules: what the text asks for is judged by the same code as a written rule, and cites its line.

use super::contradiction::contradictions;
use super::directive::{Directive, Polarity};
use super::map::{Numbers, entry, map, speaks_of};
use super::terms::Terms;
use crate::engine::decision::Level;
use crate::engine::policy::{EnvironmentPolicy, RuleEntry};

/// What policy directives are added to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A file that somebody wrote: it says itself whether directives are adopted.
    Written,
    /// The built-in default, since there is no file: directives with numbers of their own take the place of its advice.
    BuiltIn,
}

/// Adds the directives that are bound to a policy, as rules.
///
/// They are soft-mandatory, advisory where the text only prefers. Left out is what is waived, contradicted by what forbids it, scoped to
/// another environment, or limited to a part that the gate does not tell apart.
#[must_use]
pub fn adopt(
    directives: &[Directive],
    policy: &EnvironmentPolicy,
    terms: &Terms<'_>,
    basis: Basis,
) -> EnvironmentPolicy {
    let mut adopting = policy.clone();
    if basis == Basis::Written && !terms.settings.adopt {
        return adopting;
    }
    let contradicted = contradictions(directives);
    // Of two that contradict each other the one that forbids stays: asking for the opposite must not switch it off.
    let stays =
        |directive: &Directive, against: Option<usize>| against.is_none() || directive.polarity == Polarity::MustNot;
    let uncontested = directives.iter().zip(contradicted).filter(|(directive, against)| stays(directive, *against));
    let adopted: Vec<RuleEntry> =
        uncontested.filter_map(|(directive, _)| adopted(directive, policy, terms, basis)).collect();
    if basis == Basis::BuiltIn {
        let taken = |entry: &RuleEntry| adopted.iter().any(|one| one.rule.id() == entry.rule.id());
        adopting.rules.retain(|entry| entry.level.is_mandatory() || !taken(entry));
    }
    adopting.rules.extend(adopted);
    adopting
}

/// One directive as a rule, where it becomes one.
fn adopted(directive: &Directive, policy: &EnvironmentPolicy, terms: &Terms<'_>, basis: Basis) -> Option<RuleEntry> {
    if !speaks_of(directive, &policy.environment) || terms.waives(directive) {
        return None;
    }
    let mapped = map(directive, policy, terms.settings).ok()?;
    let told = mapped.numbers == Numbers::Text || basis == Basis::Written;
    let level = match directive.polarity {
        Polarity::Should => Level::Advisory,
        Polarity::Must | Polarity::MustNot => Level::SoftMandatory,
    };
    (told && mapped.limit.is_none()).then(|| entry(directive, mapped.rule, level))
}
