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
    records: &Known<Vec<Deployment>>,
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
    let account = |counts: &dyn Fn(&Environment) -> bool| {
        Ok(Arc::new(Rollouts::as_of(
            records.iter().filter(|record| counts(&record.environment)),
            now,
            future,
            complete_since,
        )))
    };
    let own: Known<Arc<Rollouts>> = account(&|name| *name == environment.environment);
    let shared = environment.target.as_ref().map(|target| {
        // An environment's target is looked up once, however many records name it.
        let mut targets: BTreeMap<Environment, bool> = BTreeMap::new();
        for record in records {
            if !targets.contains_key(&record.environment) {
                targets.insert(record.environment.clone(), policy.target(&record.environment).as_ref() == Some(target));
            }
        }
        account(&|name| *name == environment.environment || targets.get(name).copied().unwrap_or_default())
    });
    let elsewhere = named(environment).map(|name| (name.clone(), account(&|other| *other == name))).collect();
    RolloutFacts { rollouts: shared.unwrap_or_else(|| own.clone()), own_rollouts: own, elsewhere }
}

/// The environments that rules name.
fn named(environment: &EnvironmentPolicy) -> impl Iterator<Item = Environment> + '_ {
    environment.rules.iter().filter_map(|entry| match &entry.rule {
        Rule::SoakTime(soak) => Some(soak.environment.clone()),
        _ => None,
    })
}
