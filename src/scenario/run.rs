//! Runs a scenario: its history is a straight line of landings.

use std::collections::BTreeMap;

use super::parse::{Ask, Moment, Scenario};
use crate::engine::account::rollout_facts;
use crate::engine::calendar::utc;
use crate::engine::decision::{Decision, Finding, Status};
use crate::engine::evaluate::evaluate;
use crate::engine::event::{CommitId, Instant};
use crate::engine::facts::{Ancestry, Batch, BatchLanding, DeployRequest, Facts, Known, Missing, Pushes};
use crate::engine::policy::{EnvironmentPolicy, Fetched, Origin, Policy, load};

/// What became of one question.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The scenario and the question's line.
    pub title: String,
    /// What differs from what is expected; empty where it passes.
    pub failures: Vec<String>,
    /// The rules judged, each with whether it was met; for coverage.
    pub rules: Vec<(&'static str, Status)>,
}

impl Scenario {
    /// Asks every question; `tested` is the policy for scenarios that name none.
    ///
    /// # Errors
    ///
    /// Fails where the policy cannot be had or does not name the environment.
    pub fn run(
        &self,
        tested: Option<&Policy>,
        fetch: &mut dyn FnMut(&str) -> Result<Fetched, String>,
    ) -> Result<Vec<Outcome>, String> {
        let own = self.policy.as_deref().map(|policy| self.own_policy(policy, fetch)).transpose()?;
        let policy = own
            .as_ref()
            .or(tested)
            .ok_or_else(|| format!("{}: no policy to test: name one with `policy:`", self.name))?;
        self.ask.iter().map(|ask| self.answer(ask, policy)).collect()
    }

    fn own_policy(
        &self,
        policy: &str,
        fetch: &mut dyn FnMut(&str) -> Result<Fetched, String>,
    ) -> Result<Policy, String> {
        let top = match policy.contains('\n') {
            true => Fetched { name: format!("{} (its policy)", self.name), origin: Origin::File, bytes: policy.into() },
            false => fetch(policy)?,
        };
        load(top, fetch).map_err(|error| error.to_string())
    }

    fn answer(&self, ask: &Ask, policy: &Policy) -> Result<Outcome, String> {
        let name = ask.environment.clone().unwrap_or_else(|| policy.default_environment().to_string());
        let environment = policy
            .environment(&name)
            .ok_or_else(|| format!("{}:{}: the policy names no environment `{name}`", self.name, ask.line))?;
        let decision = evaluate(&environment, &self.facts(ask, policy, &environment), ask.at);
        let rules = decision.findings.iter().map(|finding| (finding.rule, finding.status)).collect();
        Ok(Outcome {
            title: format!("{} ({}:{})", self.title, self.name, ask.line),
            failures: differences(ask, &decision),
            rules,
        })
    }

    fn facts(&self, ask: &Ask, policy: &Policy, environment: &EnvironmentPolicy) -> Facts {
        let unknown =
            |what: &str| Missing::new(format!("{what}: the scenario does not tell"), "add it to the scenario");
        let records = self.deployments.clone().ok_or_else(|| unknown("the deployments"));
        let accounts = rollout_facts(policy, environment, &records, self.complete_since, ask.at, self.future);
        let landed: Known<Vec<&BatchLanding>> = match &self.pushes {
            Some(pushes) => Ok(pushes.iter().filter(|push| push.landing.at <= ask.at).collect()),
            None => Err(unknown("the pushes")),
        };
        let base = accounts
            .own_rollouts
            .as_ref()
            .map(|rollouts| rollouts.last_success().and_then(|rollout| rollout.commit.clone()));
        let base = base.map_err(Clone::clone);
        let batch =
            landed.clone().and_then(|landed| Ok(batch(&landed, &ask.commit, base.clone()?, self.complete_since)));
        let ancestry = landed.clone().and_then(|landed| Ok(base?.map(|base| ancestry(&landed, &ask.commit, &base))));
        let pushes = landed.map(|landed| Pushes {
            requested_landed: landed.iter().any(|push| push.landing.commit == ask.commit),
            landings: landed.into_iter().map(|push| push.landing.clone()).collect(),
            complete_since: self.complete_since,
        });
        Facts {
            request: DeployRequest {
                environment: environment.environment.clone(),
                commit: ask.commit.clone(),
                lane: ask.lane,
            },
            rollouts: accounts.rollouts,
            own_rollouts: accounts.own_rollouts,
            elsewhere: accounts.elsewhere,
            pushes,
            batch,
            ancestry,
            governance: self.governance.clone().ok_or_else(|| unknown("the governance file")),
            storage: self.storage.clone().ok_or_else(|| unknown("the deploy configuration")),
            checks: self.checks.clone().ok_or_else(|| unknown("the checks")),
            overrides: self.overrides.clone(),
            calendars: BTreeMap::new(),
        }
    }
}

fn position(landed: &[&BatchLanding], commit: &CommitId) -> Option<usize> {
    landed.iter().position(|push| push.landing.commit == *commit)
}

fn batch(
    landed: &[&BatchLanding],
    commit: &CommitId,
    base: Option<CommitId>,
    complete_since: Option<Instant>,
) -> Batch {
    let end = position(landed, commit).map_or(landed.len(), |place| place + 1);
    let start = base.as_ref().and_then(|base| position(landed, base)).map_or(0, |place| place + 1).min(end);
    Batch {
        base,
        landings: landed[start..end].iter().map(|push| (*push).clone()).collect(),
        shipped: landed[..start].iter().map(|push| push.landing.clone()).collect(),
        complete_since,
    }
}

fn ancestry(landed: &[&BatchLanding], commit: &CommitId, base: &CommitId) -> Ancestry {
    match (position(landed, commit), position(landed, base)) {
        _ if commit == base => Ancestry::Same,
        (Some(commit), Some(base)) if commit < base => Ancestry::Older,
        _ => Ancestry::Other,
    }
}

fn differences(ask: &Ask, decision: &Decision) -> Vec<String> {
    let expect = &ask.expect;
    let mut failures = Vec::new();
    let mut compare = |what: &str, expected: Option<String>, got: String| {
        if let Some(expected) = expected.filter(|expected| *expected != got) {
            failures.push(format!("{what}: expected {expected}, got {got}"));
        }
    };
    let shown = |instant: Option<Instant>| instant.map_or_else(|| "none".to_owned(), utc);
    let wanted = |moment: Moment| match moment {
        Moment::None => shown(None),
        Moment::At(instant) => utc(instant),
    };
    compare("verdict", expect.verdict.clone(), decision.verdict.to_string());
    compare("next-approval", expect.next_approval.map(wanted), shown(decision.next_approval));
    compare("lane", expect.lane.clone(), decision.lane.to_string());
    let of = |rule: &str| decision.findings.iter().filter(|finding| finding.rule == rule).collect::<Vec<&Finding>>();
    for (rule, status) in &expect.findings {
        let got: Vec<String> = of(rule).iter().map(|finding| status_name(finding.status).to_owned()).collect();
        if !got.contains(status) {
            compare(
                rule,
                Some(status.clone()),
                if got.is_empty() { "no such rule".to_owned() } else { got.join(", ") },
            );
        }
    }
    for (rule, until) in &expect.until {
        let got: Vec<String> = of(rule).iter().map(|finding| shown(finding.until)).collect();
        if !got.contains(&wanted(*until)) {
            compare(&format!("until of {rule}"), Some(wanted(*until)), got.join(", "));
        }
    }
    let said = || {
        decision
            .findings
            .iter()
            .map(|finding| format!("{} {}", finding.message, finding.remedy.as_deref().unwrap_or_default()))
    };
    for part in &expect.says {
        let note = decision.lane_note.as_deref().is_some_and(|note| note.contains(part));
        let evidence = decision
            .findings
            .iter()
            .flat_map(|finding| &finding.evidence)
            .any(|evidence| evidence.to_string().contains(part));
        if !(note || evidence || said().any(|text| text.contains(part))) {
            compare("says", Some(format!("`{part}`")), said().collect::<Vec<_>>().join("; "));
        }
    }
    if !failures.is_empty() {
        for finding in decision.findings.iter().filter(|finding| finding.status != Status::Met) {
            failures.push(format!("  {} {}: {}", finding.rule, status_name(finding.status), finding.message));
        }
    }
    failures
}

const fn status_name(status: Status) -> &'static str {
    match status {
        Status::Met => "met",
        Status::NotMet => "not-met",
        Status::Unknown => "unknown",
        Status::Skipped => "skipped",
        Status::Overridden => "overridden",
    }
}
