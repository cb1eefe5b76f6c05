//! `why`: the decision, with each rule's reasoning in full.

use clap::Args;

use super::check::exit_code;
use super::place::existing;
use super::question::RequestArgs;
use super::{Edge, Outcome};
use crate::error::Error;
use crate::ledger::entry::Event;
use crate::ledger::{DECISION_ID, LEDGER_ID};
use crate::render::{Colour, Detail, Format, Style, render};

/// The decision, with each rule's reasoning in full
#[derive(Debug, Args)]
pub struct Why {
    #[command(flatten)]
    request: RequestArgs,

    /// Only this rule; or a past decision as it was recorded: the id of a decision or a rollout in the ledger
    #[arg(value_name = "RULE|ID")]
    rule: Option<String>,
}

impl Why {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        // No rule is named like an id.
        if let Some(id) = self.rule.as_deref().filter(|id| id.starts_with(DECISION_ID) || id.starts_with(LEDGER_ID)) {
            return self.past(id, edge);
        }
        let (mut report, subject) = self.request.judge(edge)?;
        let code = exit_code(&report);
        if let Some(rule) = &self.rule {
            let names: Vec<&str> = report.decision.findings.iter().map(|finding| finding.rule).collect();
            if !names.contains(&rule.as_str()) {
                let error =
                    Error::usage(format!("the policy has no rule `{rule}` for {}", report.decision.environment));
                return Err(error.hint(format!("it has {}", names.join(", "))));
            }
            report.decision.findings.retain(|finding| finding.rule == rule);
        }
        let style = Style {
            colour: Colour::Always,
            width: edge.width,
            zone: subject.found.policy.timezone(),
            detail: Detail::Full,
        };
        Ok(Outcome { text: render(&report, Format::Terminal, &style), code })
    }

    /// A decision as it was recorded, whatever has changed since.
    fn past(&self, id: &str, edge: &Edge) -> Result<Outcome, Error> {
        let question = &self.request.question;
        let home = existing(&question.repo, question.ledger.as_ref(), edge)?;
        let none = || {
            Error::usage(format!("the ledger has no decision for `{id}`"))
                .hint("`deploy-rhythm ledger show` lists the rollouts; those only recorded were not judged")
        };
        let (entries, stopped) = home.open_existing(edge.clock)?.ok_or_else(none)?.entries();
        let (mut decision, mut found) = (id.to_owned(), None);
        // A rollout comes after the decision that let it go.
        for (_, event) in entries.iter().rev().filter_map(|entry| entry.event().ok()) {
            match event {
                // Where the glass was broken there is no reservation.
                Event::Reserved { rollout } | Event::Recorded { rollout } if rollout.id == id => {
                    decision = rollout.decision.unwrap_or_default();
                }
                Event::Decided(decided) if decided.id == decision => found = Some(decided),
                _ => {}
            }
        }
        match (found, stopped) {
            (Some(decided), _) => Ok(Outcome::done(serde_json::to_string_pretty(&decided).unwrap_or_default() + "\n")),
            (None, Some(trouble)) => Err(trouble.into()),
            (None, None) => Err(none()),
        }
    }
}
