//! Directives against the resolved policy: who enforces what the text asks for, and who does not.

use serde::Serialize;

use super::contradiction::contradictions;
use super::directive::{Directive, Polarity};
use super::map::{Mapped, Unmapped, map, same_subject, source, speaks_of};
use super::terms::Terms;
use super::words::quoted;
use crate::engine::decision::Source;
use crate::engine::policy::{EnvironmentPolicy, RuleEntry};
use crate::engine::rules::{Rule, RuleId};

/// How a directive stands to the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The policy asks the same.
    Enforced,
    /// The policy asks more.
    Stricter,
    /// The policy asks less, or only advises it.
    Weaker,
    /// The policy does not ask it.
    Missing,
    /// The text lacks something that the policy can give.
    Unbound,
    /// A preference, or nothing that anybody can check.
    Advice,
    /// Another directive asks the opposite.
    Contradictory,
    /// It stands where no reader sees it; whoever loads the files says so.
    Unreachable,
    /// It is let off, with a reason and until a day.
    Waived,
}

impl Status {
    /// Its name in JSON and for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enforced => "enforced",
            Self::Stricter => "stricter",
            Self::Weaker => "weaker",
            Self::Missing => "missing",
            Self::Unbound => "unbound",
            Self::Advice => "advice",
            Self::Contradictory => "contradictory",
            Self::Unreachable => "unreachable",
            Self::Waived => "waived",
        }
    }
}

/// What became of one directive.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    pub status: Status,
    /// The rule that it maps to, where it maps to one.
    pub rule: Option<RuleId>,
    /// Whether a rule of the gate or the commits can tell if it is kept.
    pub checkable: bool,
    /// Why it has its status, with both numbers where two differ.
    pub message: String,
    /// Where the policy's rule stands that was compared.
    pub policy: Option<Source>,
    /// The waiver that ended, where there was one.
    pub expired: Option<String>,
}

/// How many directives stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    pub directives: usize,
    pub checkable: usize,
    /// Those that the policy asks for, or asks more than.
    pub enforced: usize,
    pub unbound: usize,
    pub advice: usize,
}

impl Coverage {
    /// Counts.
    #[must_use]
    pub fn of(drifts: &[Drift]) -> Self {
        let count = |wanted: &[Status]| drifts.iter().filter(|drift| wanted.contains(&drift.status)).count();
        Self {
            directives: drifts.len(),
            checkable: drifts.iter().filter(|drift| drift.checkable).count(),
            enforced: count(&[Status::Enforced, Status::Stricter]),
            unbound: count(&[Status::Unbound]),
            advice: count(&[Status::Advice]),
        }
    }
}

/// Compares each directive with the policy: one answer a directive, in their order.
///
/// The first of the policies is the one judged by. A directive that names an environment is compared with that one's
/// policy only, where it is among those given. Adopted rules count as the policy's: give policies as adopted.
#[must_use]
pub fn drift(directives: &[Directive], policies: &[EnvironmentPolicy], terms: &Terms<'_>) -> Vec<Drift> {
    let contradicted = contradictions(directives);
    let one = |(directive, against): (&Directive, &Option<usize>)| {
        let other = against.and_then(|index| directives.get(index));
        let mut drift = judge(directive, other, policies, terms);
        if let Some(waiver) = terms.waiver(directive) {
            let because = quoted(&waiver.because);
            if terms.waives(directive) {
                drift.status = Status::Waived;
                drift.message = format!("waived until {}: {because}", waiver.until);
            } else {
                drift.expired = Some(format!("its waiver ended on {}: {because}", waiver.until));
            }
        }
        drift
    };
    directives.iter().zip(&contradicted).map(one).collect()
}

impl Drift {
    fn new(status: Status, message: impl Into<String>) -> Self {
        Self { status, rule: None, checkable: true, message: message.into(), policy: None, expired: None }
    }

    fn of_rule(mut self, rule: RuleId, entry: Option<&RuleEntry>) -> Self {
        self.rule = Some(rule);
        self.policy = entry.map(|entry| entry.source.clone());
        self
    }

    /// A directive that stands where no reader sees it: inside a comment, beyond the import depth.
    #[must_use]
    pub fn unreachable(why: &str) -> Self {
        Self { checkable: false, ..Self::new(Status::Unreachable, why) }
    }
}

fn judge(directive: &Directive, other: Option<&Directive>, policies: &[EnvironmentPolicy], terms: &Terms<'_>) -> Drift {
    let spoken_of = match &directive.scope.environment {
        Some(_) => policies.iter().find(|policy| speaks_of(directive, &policy.environment)),
        None => policies.first(),
    };
    let Some(policy) = spoken_of.or(policies.first()) else {
        return Drift::new(Status::Missing, "there is no policy");
    };
    let mapped = map(directive, policy, terms.settings);
    if let Some(other) = other {
        let Source { file, line } = source(other);
        let message = format!("{file}:{line} asks the opposite: {}", quoted(&other.text));
        let rule = mapped.as_ref().ok().map(|mapped| mapped.rule.id());
        let checkable = !matches!(mapped, Err(Unmapped::Advice(_)));
        return Drift { rule, checkable, ..Drift::new(Status::Contradictory, message) };
    }
    match mapped {
        Err(Unmapped::Advice(why)) => Drift { checkable: false, ..Drift::new(Status::Advice, why) },
        Err(Unmapped::Unbound(why)) => Drift::new(Status::Unbound, why),
        Err(Unmapped::Commits) => of_commits(directive, policy),
        Ok(mapped) if spoken_of.is_none() => {
            let name = directive.scope.environment.as_deref().unwrap_or_default();
            let drift = Drift::new(Status::Missing, format!("the policy names no environment `{name}`"));
            drift.of_rule(mapped.rule.id(), None)
        }
        Ok(mapped) => of_rule(directive, &mapped, policy),
    }
}

/// A directive that commits are judged by: the policy's `governance` rule makes that count.
fn of_commits(directive: &Directive, policy: &EnvironmentPolicy) -> Drift {
    let all = policy.rules.iter().filter(|entry| entry.rule.id() == RuleId::Governance);
    let entry = all.max_by_key(|entry| entry.level);
    let mandatory = entry.is_some_and(|entry| entry.level.is_mandatory());
    let prefers = directive.polarity == Polarity::Should;
    let drift = match entry {
        Some(_) if mandatory || prefers => Drift::new(Status::Enforced, "new commits are judged by it"),
        None if prefers => Drift::new(Status::Advice, "a preference, and the policy has no `governance` rule"),
        Some(_) => Drift::new(Status::Weaker, "new commits are judged by it, and the policy only advises"),
        None => Drift::new(Status::Missing, "the policy has no `governance` rule: nothing blocks what breaks it"),
    };
    match entry {
        Some(entry) => drift.of_rule(RuleId::Governance, Some(entry)),
        None => drift,
    }
}

/// A directive that is a rule of the gate, against the rules of a policy.
fn of_rule(directive: &Directive, mapped: &Mapped, policy: &EnvironmentPolicy) -> Drift {
    let (rule, id) = (&mapped.rule, mapped.rule.id());
    let prefers = directive.polarity == Polarity::Should;
    let holds = |entry: &&RuleEntry| entry.rule.at_least_as_strict(rule);
    let counts = |entry: &&RuleEntry| prefers || entry.level.is_mandatory();
    let enforcing = policy.rules.iter().filter(holds).filter(counts);
    // The strictest of them speaks for all.
    let strictest = enforcing.reduce(|one, two| if one.rule.at_least_as_strict(&two.rule) { one } else { two });
    if let Some(entry) = strictest {
        let drift = match rule.at_least_as_strict(&entry.rule) {
            true => Drift::new(Status::Enforced, format!("the policy asks {}", asks(&entry.rule))),
            false => Drift::new(Status::Stricter, both(rule, entry)),
        };
        return drift.of_rule(id, Some(entry));
    }
    if let Some(limit) = &mapped.limit {
        return Drift::new(Status::Advice, limit.clone()).of_rule(id, None);
    }
    let highest = |wanted: &dyn Fn(&Rule) -> bool| {
        policy.rules.iter().filter(|entry| wanted(&entry.rule)).max_by_key(|entry| entry.level)
    };
    let advised = highest(&|other| other.at_least_as_strict(rule));
    let weaker = highest(&|other| is_near(other, rule) && rule.at_least_as_strict(other));
    let other = highest(&|other| same_subject(other, rule));
    let (entry, message) = match (advised, weaker.or(other)) {
        (Some(entry), _) => (Some(entry), format!("the policy only advises it ({})", asks(&entry.rule))),
        (None, Some(entry)) => (Some(entry), both(rule, entry)),
        (None, None) => (None, format!("the text asks {}, and the policy nothing of the kind", asks(rule))),
    };
    let status = match entry {
        _ if prefers => Status::Advice,
        Some(_) => Status::Weaker,
        None => Status::Missing,
    };
    Drift::new(status, message).of_rule(id, entry)
}

/// Whether a weaker rule is of a kind that the directive would recognise as its own.
fn is_near(entry: &Rule, rule: &Rule) -> bool {
    entry.id() == rule.id() || matches!((entry.id(), rule.id()), (RuleId::MaxFrequency, RuleId::MinInterval))
}

fn asks(rule: &Rule) -> String {
    rule.check().asks()
}

fn both(rule: &Rule, entry: &RuleEntry) -> String {
    let level = if entry.level.is_mandatory() { "" } else { " as advice" };
    format!("the text asks {}, the policy {}{level}", asks(rule), asks(&entry.rule))
}
