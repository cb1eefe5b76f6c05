//! Directives that cannot both be kept: of one kind and object, where their scopes meet.

use super::directive::{Directive, Kind, Polarity, Scope};
use super::map::{demands_each, own_rule};
use crate::engine::rules::Rule;

/// For each directive, the first other that contradicts it, by its index.
#[must_use]
pub fn contradictions(directives: &[Directive]) -> Vec<Option<usize>> {
    let rules: Vec<Option<Rule>> = directives.iter().map(own_rule).collect();
    let against = |one: usize, two: usize| {
        one != two
            && meet(&directives[one], &directives[two])
            && (opposite(&directives[one], &directives[two]) || exclude(rules[one].as_ref(), rules[two].as_ref()))
    };
    (0..directives.len()).map(|one| (0..directives.len()).find(|two| against(one, *two))).collect()
}

/// Whether two directives speak of the same thing, and there is something that both speak of.
fn meet(one: &Directive, two: &Directive) -> bool {
    one.kind == two.kind && one.object == two.object && overlap(&one.scope, &two.scope)
}

/// Whether scopes overlap; of two different conditions nobody knows whether they ever hold together.
fn overlap(one: &Scope, two: &Scope) -> bool {
    let fits = |one: &Option<String>, two: &Option<String>| one.is_none() || two.is_none() || one == two;
    fits(&one.environment, &two.environment)
        && fits(&one.branch, &two.branch)
        && fits(&one.service, &two.service)
        && fits(&one.path, &two.path)
        && fits(&one.actor, &two.actor)
        && one.condition == two.condition
}

/// Whether one demands what the other forbids.
///
/// Limits with numbers never do ("at most 3" may stand as a must or as a must-not): only their numbers count. For other
/// kinds both must speak of the same thing in the same parameters: "work on a branch" and "never push to main" agree.
fn opposite(one: &Directive, two: &Directive) -> bool {
    let opposed =
        matches!((sense(one), sense(two)), (Polarity::Must, Polarity::MustNot) | (Polarity::MustNot, Polarity::Must));
    let of_cadence = matches!(one.kind, Kind::DeployFrequency | Kind::Batching);
    let alike = match of_cadence {
        true => !one.bound && !two.bound,
        false => one.params == two.params && !one.params.is_empty() && !is_limit(one.kind),
    };
    opposed && alike && one.exception.is_none() && two.exception.is_none()
}

/// Whether it is for or against: "not after each commit" is for batches, as "batch your commits" is.
fn sense(directive: &Directive) -> Polarity {
    match directive.polarity {
        Polarity::Must if demands_each(directive) => Polarity::MustNot,
        Polarity::MustNot if demands_each(directive) => Polarity::Must,
        polarity => polarity,
    }
}

/// Whether directives of a kind limit a number, whatever their polarity.
const fn is_limit(kind: Kind) -> bool {
    matches!(kind, Kind::DeployInterval | Kind::DeployWindow | Kind::FixChain | Kind::ChangeSize)
}

fn exclude(one: Option<&Rule>, two: Option<&Rule>) -> bool {
    one.zip(two).is_some_and(|(one, two)| one.excludes(two))
}
