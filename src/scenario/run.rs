//! Runs a scenario: asks its questions, and says how the answers differ from those expected.

use super::ask::{Ask, Expected, Moment, STATUSES};
use super::parse::Scenario;
use crate::engine::calendar::utc;
use crate::engine::decision::{Decision, Finding, Status};
use crate::engine::evaluate::evaluate;
use crate::engine::event::Instant;
use crate::engine::policy::{Fetched, Origin, Policy, load};
use crate::engine::rules::RuleId;

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
            failures: differences(&ask.expect, &decision),
            rules,
        })
    }
}

/// Says what differs, and then what the rules that are not met say.
fn differences(expect: &Expected, decision: &Decision) -> Vec<String> {
    let mut failures = Vec::new();
    let mut compare = |what: &str, expected: Option<String>, got: Vec<String>| {
        if let Some(expected) = expected.filter(|expected| !got.contains(expected)) {
            let got = if got.is_empty() { "no such rule".to_owned() } else { got.join(", ") };
            failures.push(format!("{what}: expected {expected}, got {got}"));
        }
    };
    compare("verdict", expect.verdict.map(|verdict| verdict.to_string()), vec![decision.verdict.to_string()]);
    compare("next-approval", expect.next_approval.map(wanted), vec![shown(decision.next_approval)]);
    compare("lane", expect.lane.map(|lane| lane.to_string()), vec![decision.lane.to_string()]);
    let of = |rule: RuleId| decision.findings.iter().filter(move |finding| finding.rule == rule.name());
    for (rule, status) in &expect.findings {
        let got = of(*rule).map(|finding| status_name(finding.status).to_owned()).collect();
        compare(rule.name(), Some(status_name(*status).to_owned()), got);
    }
    for (rule, until) in &expect.until {
        let got = of(*rule).map(|finding| shown(finding.until)).collect();
        compare(&format!("until of {}", rule.name()), Some(wanted(*until)), got);
    }
    let said: Vec<String> = decision.lane_note.iter().cloned().chain(decision.findings.iter().map(words)).collect();
    for part in expect.says.iter().filter(|part| !said.iter().any(|text| text.contains(*part))) {
        failures.push(format!("says: expected `{part}`, got {}", said.join("; ")));
    }
    if !failures.is_empty() {
        for finding in decision.findings.iter().filter(|finding| finding.status != Status::Met) {
            failures.push(format!("  {} {}: {}", finding.rule, status_name(finding.status), finding.message));
        }
    }
    failures
}

/// Everything that a finding says.
fn words(finding: &Finding) -> String {
    let evidence = finding.evidence.iter().map(ToString::to_string);
    let all = std::iter::once(finding.message.clone())
        .chain(finding.because.clone())
        .chain(finding.remedy.clone())
        .chain(evidence);
    all.collect::<Vec<_>>().join("; ")
}

fn shown(instant: Option<Instant>) -> String {
    instant.map_or_else(|| "none".to_owned(), utc)
}

fn wanted(moment: Moment) -> String {
    match moment {
        Moment::None => shown(None),
        Moment::At(instant) => utc(instant),
    }
}

fn status_name(status: Status) -> &'static str {
    STATUSES.iter().find(|(_, known)| *known == status).map_or("unknown", |(name, _)| name)
}
