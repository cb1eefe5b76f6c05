//! The report: a decision with what it rests on; every output renders this one value.

use chrono::TimeDelta;

use crate::engine::decision::{Decision, Verdict};
use crate::engine::duration;
use crate::engine::event::Instant;

/// What the history of a decision was.
#[derive(Clone, Debug, Default)]
pub struct HistorySummary {
    /// Back to when deployments are complete; `None` is the very beginning, or nothing was found.
    pub complete_since: Option<Instant>,
    /// How many rollouts to the environment's target were read.
    pub deployments: usize,
    /// How many landings were read.
    pub pushes: usize,
    /// Where it came from, in words.
    pub sources: Vec<String>,
}

/// Whether a decision blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// A file that somebody wrote.
    Written,
    /// The built-in default, since there is no file.
    Default,
}

/// A decision and what it rests on.
#[derive(Clone, Debug)]
pub struct Report {
    pub decision: Decision,
    /// The subject of the requested commit, as its author wrote it.
    pub subject: Option<String>,
    /// What the policy is called, with where it was read: `.github/deploy-rhythm.yml at origin/main`.
    pub policy: String,
    pub policy_kind: PolicyKind,
    pub history: HistorySummary,
    /// Remarks for the reader: what is approximate, what differs, how old the last fetch is.
    pub notes: Vec<String>,
    /// The command that would override, for those who may.
    pub offer: Option<String>,
}

/// What may be done about a decision that does not approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextSteps {
    /// The earliest instant at which it may go, where time alone opens it.
    pub not_before: Option<Instant>,
    pub wait: Option<TimeDelta>,
    /// The rules that hold it, each once.
    pub rules: Vec<&'static str>,
    pub meanwhile: &'static str,
    /// The command for later; nothing where waiting opens nothing.
    pub later: Option<String>,
    /// Whom to ask.
    pub ask: Vec<String>,
}

/// How much longer than expected a wait should last: somebody else may go first.
const MARGIN: TimeDelta = TimeDelta::minutes(5);

impl Report {
    /// What may be done meanwhile, later, and whom to ask; none where the decision is *approve*.
    #[must_use]
    pub fn next_steps(&self) -> Option<NextSteps> {
        let decision = &self.decision;
        if decision.verdict == Verdict::Approve {
            return None;
        }
        let holding = || {
            let mandatory = decision.findings.iter().filter(|finding| finding.level.is_mandatory());
            mandatory.filter(|finding| finding.verdict != Verdict::Approve)
        };
        let (mut rules, mut ask): (Vec<&str>, Vec<String>) = (Vec::new(), Vec::new());
        for finding in holding() {
            if !rules.contains(&finding.rule) {
                rules.push(finding.rule);
            }
            ask.extend(finding.owner.clone().filter(|owner| !ask.contains(owner)));
        }
        if ask.is_empty() {
            ask.push(format!("whoever keeps {}", self.policy));
        }
        let not_before = decision.next_approval.filter(|_| decision.verdict == Verdict::Hold);
        let wait = not_before.map(|next| next - decision.at);
        let later = wait.map(|wait| wait + MARGIN).filter(|wait| *wait <= TimeDelta::days(7)).map(|wait| {
            let minutes = (wait.num_seconds() + 59) / 60;
            let wait = duration::show(TimeDelta::minutes(minutes)).replace(' ', "");
            format!("deploy-rhythm run --environment {} --wait {wait} -- ", decision.environment)
        });
        let meanwhile = "commits, branches and pull requests; nothing here holds them";
        Some(NextSteps { not_before, wait, rules, meanwhile, later, ask })
    }
}
