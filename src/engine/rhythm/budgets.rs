//! How much of what rules grant was used, at most.

use super::week::{Counts, hour_of};
use crate::engine::event::Instant;
use crate::engine::facts::Facts;
use crate::engine::policy::EnvironmentPolicy;
use crate::engine::rules::RuleId;
use chrono_tz::Tz;

/// The use of one rule's budget, counted at each event that draws on it, that event included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetUse {
    pub rule: &'static str,
    /// The rule in words.
    pub asks: String,
    /// What it grants.
    pub of: usize,
    /// At how many events it was looked at.
    pub events: usize,
    /// At how many it was overdrawn.
    pub over: usize,
    /// The most that was used, and the first time that it was.
    pub peak: Option<(usize, Instant)>,
    /// The most that was used in each hour of each weekday; nought where nothing drew on it.
    pub week: Counts,
}

/// The use of every budget that a policy grants, in a span.
#[must_use]
pub fn uses(policy: &EnvironmentPolicy, facts: &Facts, zone: Tz, from: Instant, to: Instant) -> Vec<BudgetUse> {
    let inside = |at: &Instant| from <= *at && *at <= to;
    let starts = facts.rollouts.iter().flat_map(|rollouts| rollouts.all()).map(|one| one.start).filter(inside);
    let starts: Vec<Instant> = starts.collect();
    let landings = facts.pushes.iter().flat_map(|pushes| &pushes.landings).map(|one| one.at).filter(inside);
    let landings: Vec<Instant> = landings.collect();
    let mut all: Vec<BudgetUse> = Vec::new();
    for entry in &policy.rules {
        let (check, rule) = (entry.rule.check(), entry.rule.id());
        let events = if rule == RuleId::PushFrequency { &landings } else { &starts };
        let Some(of) = check.budget(facts, to).map(|budget| budget.of) else { continue };
        let mut found = BudgetUse {
            rule: rule.name(),
            asks: check.asks(),
            of,
            events: events.len(),
            over: 0,
            peak: None,
            week: Counts::default(),
        };
        for at in events {
            let used = check.budget(facts, *at).map_or(0, |budget| budget.used);
            found.over += usize::from(used > of);
            if found.peak.is_none_or(|(most, _)| most < used) {
                found.peak = Some((used, *at));
            }
            let (day, hour) = hour_of(*at, zone);
            let cell = &mut found.week[day][hour];
            *cell = used.max(*cell);
        }
        if !all.iter().any(|other| (other.rule, &other.asks) == (found.rule, &found.asks)) {
            all.push(found);
        }
    }
    all
}
