//! The rules: a closed list, one file each.

pub mod batch_size;
pub mod deployment_window;
pub mod failure_cooldown;
pub mod fix_chain;
pub mod freeze;
pub mod governance;
pub mod max_frequency;
pub mod min_interval;
pub mod no_overlap;
pub mod push_frequency;
pub mod required_checks;
pub mod soak_time;
pub mod storage_topology;

use std::sync::Arc;

use chrono::TimeDelta;
use chrono_tz::Tz;
use serde_json::{Value as Json, json};

use super::decision::{Evidence, Gate};
use super::event::Instant;
use super::facts::{Facts, Known, Missing};
use super::history::Rollouts;
use super::policy::reader::Problems;
use super::policy::yaml::Yaml;

/// How far back a rule looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lookback {
    /// Into deployments.
    pub deployments: TimeDelta,
    /// Into landings.
    pub landings: TimeDelta,
}

/// The reasons of a rule, in words and in evidence.
#[derive(Clone, Debug, Default)]
pub struct Explanation {
    pub message: String,
    pub remedy: Option<String>,
    pub evidence: Vec<Evidence>,
}

/// What every rule can do.
pub trait Check {
    /// Says whether the rule lets a rollout go at an instant; never opens before its own `until`.
    fn gate(&self, facts: &Facts, at: Instant) -> Gate;

    /// Says why.
    fn explain(&self, facts: &Facts, at: Instant, gate: Gate) -> Explanation;

    /// The rule with its parameters, in words.
    fn asks(&self) -> String;

    /// How far back it looks.
    fn lookback(&self) -> Lookback {
        Lookback::default()
    }

    /// What is left of what it grants, where it grants a number.
    fn budget(&self, _facts: &Facts, _at: Instant) -> Option<Budget> {
        None
    }
}

/// What is left of a number that a rule grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Budget {
    /// More than there is, where it was overdrawn.
    pub used: usize,
    pub left: usize,
    pub of: usize,
}

macro_rules! rules {
    ($($variant:ident, $module:ident, $name:literal;)*) => {
        /// The name of a rule: its key in a policy, its file, its page in the docs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RuleId { $($variant,)* }

        /// A rule with its parameters.
        #[derive(Clone, Debug)]
        pub enum Rule { $($variant($module::$variant),)* }

        impl RuleId {
            /// Every rule.
            pub const ALL: [Self; 13] = [$(Self::$variant,)*];

            /// The name of every rule.
            pub const NAMES: [&'static str; 13] = [$($name,)*];

            /// The kebab-case name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Reads the parameters of a rule.
            pub fn parse(self, yaml: &Yaml, problems: &mut Problems) -> Option<Rule> {
                match self { $(Self::$variant => $module::$variant::parse(yaml, problems).map(Rule::$variant),)* }
            }

            /// The JSON Schema of its parameters.
            #[must_use]
            pub fn schema(self) -> Json {
                match self { $(Self::$variant => $module::$variant::schema(),)* }
            }
        }

        impl Rule {
            /// The name of the rule.
            #[must_use]
            pub const fn id(&self) -> RuleId {
                match self { $(Self::$variant(_) => RuleId::$variant,)* }
            }

            /// Whether all that it lets go, the other lets go too, whatever happened; false where that cannot be decided.
            #[must_use]
            pub fn at_least_as_strict(&self, other: &Self) -> bool {
                match (self, other) {
                    $((Self::$variant(one), Self::$variant(two)) => one.at_least_as_strict(two),)*
                    _ => self.stricter_than_another_kind(other),
                }
            }

            /// Its parameters, as [`RuleId::parse`] reads them; its time zone is the policy's.
            #[must_use]
            pub fn parameters(&self) -> Json {
                match self { $(Self::$variant(rule) => rule.parameters(),)* }
            }

            /// The rule as something that can be asked.
            #[must_use]
            pub fn check(&self) -> &dyn Check {
                match self { $(Self::$variant(rule) => rule,)* }
            }
        }
    };
}

// The closed list: a new rule is its file and its line here, which the compiler asks for.
rules! {
    NoOverlap, no_overlap, "no-overlap";
    MaxFrequency, max_frequency, "max-frequency";
    MinInterval, min_interval, "min-interval";
    FailureCooldown, failure_cooldown, "failure-cooldown";
    PushFrequency, push_frequency, "push-frequency";
    BatchSize, batch_size, "batch-size";
    FixChain, fix_chain, "fix-chain";
    DeploymentWindow, deployment_window, "deployment-window";
    Freeze, freeze, "freeze";
    SoakTime, soak_time, "soak-time";
    RequiredChecks, required_checks, "required-checks";
    Governance, governance, "governance";
    StorageTopology, storage_topology, "storage-topology";
}

impl RuleId {
    /// Finds a rule by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.name() == name)
    }
}

impl Rule {
    /// Strictness between rules of two kinds, where both speak of the same thing.
    fn stricter_than_another_kind(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::MaxFrequency(one), Self::MinInterval(two)) => {
                one.as_interval().is_some_and(|interval| interval.at_least_as_strict(two))
            }
            (Self::MinInterval(one), Self::MaxFrequency(two)) => two.allows_all_after(one),
            (Self::MinInterval(one), Self::NoOverlap(two)) => two.allows_all_after(one),
            (Self::DeploymentWindow(one), Self::Freeze(two)) => two.allows_all_within(one),
            (Self::Freeze(one), Self::DeploymentWindow(two)) => two.allows_all_outside(one),
            _ => false,
        }
    }

    /// Whether nothing ever passes both it and another.
    #[must_use]
    pub fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::BatchSize(one), Self::BatchSize(two)) => one.excludes(two) || two.excludes(one),
            (Self::DeploymentWindow(one), Self::DeploymentWindow(two)) => one.excludes(two),
            (Self::DeploymentWindow(window), Self::Freeze(freeze))
            | (Self::Freeze(freeze), Self::DeploymentWindow(window)) => freeze.hides(window),
            _ => false,
        }
    }

    /// The time zone that its local times are in, where it speaks of any.
    pub const fn zone(&mut self) -> Option<&mut Option<Tz>> {
        match self {
            Self::MaxFrequency(rule) => rule.zone(),
            Self::DeploymentWindow(rule) => Some(&mut rule.zone),
            Self::Freeze(rule) => rule.zone(),
            _ => None,
        }
    }
}

/// The longest rollout that a cut history is trusted to show from its finish backwards.
const LONGEST_ROLLOUT: TimeDelta = TimeDelta::hours(6);

/// Closes a gate that looks open where the history does not reach back far enough to say so.
fn as_far_as_known(gate: Gate, rollouts: &Rollouts, at: Instant, lookback: TimeDelta) -> Gate {
    let Some(since) = rollouts.complete_since.filter(|since| *since > at - lookback) else { return gate };
    let known_at = since + lookback;
    match gate {
        Gate::Open => Gate::Unknown(Some(known_at)),
        Gate::Until(until) => Gate::Until(until.max(known_at)),
        other => other,
    }
}

/// The explanation of a fact that is missing.
fn not_known(missing: &Missing) -> Explanation {
    Explanation {
        message: format!("not known: {}", missing.what),
        remedy: Some(missing.remedy.clone()),
        evidence: vec![Evidence::Missing(missing.clone())],
    }
}

/// The explanation of a history that does not reach back far enough.
fn cut_short(rollouts: &Rollouts, lookback: TimeDelta) -> Explanation {
    let since = rollouts.complete_since.map(super::calendar::utc).unwrap_or_default();
    let what = format!("deployments before {since}: the rule looks back {}", super::duration::show(lookback));
    not_known(&Missing::new(what, "give a longer history: `--deploys FILE` with the whole log, or the host's own file"))
}

/// Explains a rule about rollouts, unless they are not known.
fn about_rollouts(
    known: &Known<Arc<Rollouts>>,
    gate: Gate,
    lookback: TimeDelta,
    explain: impl FnOnce(&Rollouts) -> Explanation,
) -> Explanation {
    match known {
        Err(missing) => not_known(missing),
        Ok(rollouts) if matches!(gate, Gate::Unknown(_)) => cut_short(rollouts, lookback),
        Ok(rollouts) => explain(rollouts),
    }
}

/// A count with its noun.
fn counted(count: usize, noun: &str) -> String {
    let plural = if noun.ends_with("sh") { "es" } else { "s" };
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}{plural}") }
}

/// The most pieces of evidence that one finding carries; the message has the full count.
const MOST_EVIDENCE: usize = 50;

/// The newest pieces of evidence, newest first.
fn newest<'a, T: Clone + 'a>(
    items: impl DoubleEndedIterator<Item = &'a T>,
    wrap: impl Fn(T) -> Evidence,
) -> Vec<Evidence> {
    items.rev().take(MOST_EVIDENCE).cloned().map(wrap).collect()
}

fn duration_schema(description: &str) -> Json {
    json!({"type": "string", "pattern": "^\\s*([0-9]+d\\s*)?([0-9]+h\\s*)?([0-9]+m\\s*)?([0-9]+s\\s*)?$", "minLength": 2, "description": description, "examples": ["15m", "1h 30m"]})
}

fn count_schema(description: &str) -> Json {
    json!({"type": "integer", "minimum": 1, "maximum": 1_000_000, "description": description})
}

fn map_schema(required: &[&str], properties: &Json) -> Json {
    json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties})
}

fn days_schema() -> Json {
    let day = json!({"type": "string", "description": "mon … sun, or a range such as mon-fri"});
    json!({"oneOf": [day, {"type": "array", "minItems": 1, "items": day}], "description": "the days on which it starts; every day unless said"})
}

fn time_schema(description: &str) -> Json {
    json!({"type": "string", "pattern": "^([01][0-9]|2[0-4]):[0-5][0-9](:[0-5][0-9])?$", "description": description})
}
