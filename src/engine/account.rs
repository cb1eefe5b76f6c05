//! The account of an environment: which rollouts count for it, and which for its target.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::{Deployment, Environment, Instant};
use super::facts::Known;
use super::history::{Future, Rollouts};
use super::policy::{EnvironmentPolicy, Policy};
use super::rules::Rule;

/// The rollouts that the rules of one environment look at.
#[derive(Clone, Debug)]
pub struct RolloutFacts {
    /// Those to the environment's target, from every environment that names it.
    pub rollouts: Known<Arc<Rollouts>>,
    /// Those to the environment itself.
    pub own_rollouts: Known<Arc<Rollouts>>,
    /// Those to the environments that rules name.
    pub elsewhere: BTreeMap<Environment, Known<Arc<Rollouts>>>,
}

/// Sorts records into accounts, as they were known at `now`.
#[must_use]
pub fn rollout_facts(
    policy: &Policy,
    environment: &EnvironmentPolicy,
    records: Known<Vec<Deployment>>,
    complete_since: Option<Instant>,
    now: Instant,
    future: Future,
) -> RolloutFacts {
    let records = match records {
        Ok(records) => records,
        Err(missing) => {
            let elsewhere = named(environment).map(|name| (name, Err(missing.clone()))).collect();
            return RolloutFacts { rollouts: Err(missing.clone()), own_rollouts: Err(missing.clone()), elsewhere };
        }
    };
    let account = |records: Vec<Deployment>| Ok(Arc::new(Rollouts::as_of(records, now, future, complete_since)));
    let some = |counts: &dyn Fn(&Environment) -> bool| {
        account(records.iter().filter(|record| counts(&record.environment)).cloned().collect())
    };
    let is_own = |name: &Environment| *name == environment.environment;
    let elsewhere = named(environment).map(|name| (name.clone(), some(&|other| *other == name))).collect();
    // An environment's target is looked up once, however many records name it.
    let mut targets: BTreeMap<Environment, bool> = BTreeMap::new();
    if let Some(target) = &environment.target {
        for record in &records {
            if !targets.contains_key(&record.environment) {
                targets.insert(record.environment.clone(), policy.target(&record.environment).as_ref() == Some(target));
            }
        }
    }
    let counts = |name: &Environment| is_own(name) || targets.get(name).copied().unwrap_or_default();
    let shared = targets.iter().any(|(name, shared)| *shared && !is_own(name));
    let own_only = shared.then(|| some(&is_own));
    // The largest account comes last: its records move, and are not copied.
    let mut records = records;
    records.retain(|record| counts(&record.environment));
    let rollouts: Known<Arc<Rollouts>> = account(records);
    RolloutFacts { own_rollouts: own_only.unwrap_or_else(|| rollouts.clone()), rollouts, elsewhere }
}

/// The environments that rules name.
fn named(environment: &EnvironmentPolicy) -> impl Iterator<Item = Environment> + '_ {
    environment.rules.iter().filter_map(|entry| match &entry.rule {
        Rule::SoakTime(soak) => Some(soak.environment.clone()),
        _ => None,
    })
}
