//! `why`: the decision, with each rule's reasoning in full.

use clap::Args;

use super::check::exit_code;
use super::place::existing;
use super::question::{Judgement, RequestArgs};
use super::{Edge, Outcome};
use crate::error::Error;
use crate::gather::Subject;
use crate::ledger::entry::{Decided, Event};
use crate::ledger::{DECISION_ID, LEDGER_ID};
use crate::render::{Colour, Detail, Format, Style, render};
use crate::report::Report;

/// The decision, with each rule's reasoning in full
#[derive(Debug, Args)]
pub struct Why {
    #[command(flatten)]
    pub request: RequestArgs,

    /// Only this rule; or a past decision as it was recorded: the id of a decision or a rollout in the ledger
    #[arg(value_name = "RULE|ID")]
    pub rule: Option<String>,
}

/// What is told: a decision of now, or one of the past as it was recorded.
pub(super) enum Reasons {
    Now(Box<Judgement>),
    Past(Box<Decided>),
}

impl Why {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let (report, subject) = match self.reasons(edge)? {
            Reasons::Past(decided) => return Ok(Outcome::done(recorded(&decided))),
            Reasons::Now(judgement) => judgement.at_the_end(),
        };
        Ok(Outcome { text: in_full(&report, &subject, Colour::Always, edge.width), code: exit_code(&report) })
    }

    /// Judges, or looks up what was judged.
    pub(super) fn reasons(&self, edge: &Edge) -> Result<Reasons, Error> {
        // No rule is named like an id.
        if let Some(id) = self.rule.as_deref().filter(|id| id.starts_with(DECISION_ID) || id.starts_with(LEDGER_ID)) {
            return self.past(id, edge).map(Reasons::Past);
        }
        let mut judgement = self.request.judge(edge)?;
        if let Some(rule) = &self.rule {
            let decision = &mut judgement.report.decision;
            let names: Vec<&str> = decision.findings.iter().map(|finding| finding.rule).collect();
            if !names.contains(&rule.as_str()) {
                let error = Error::usage(format!("the policy has no rule `{rule}` for {}", decision.environment));
                return Err(error.hint(format!("it has {}", names.join(", "))));
            }
            decision.findings.retain(|finding| finding.rule == rule);
        }
        Ok(Reasons::Now(Box::new(judgement)))
    }

    /// A decision as it was recorded, whatever has changed since.
    fn past(&self, id: &str, edge: &Edge) -> Result<Box<Decided>, Error> {
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
            (Some(decided), _) => Ok(decided),
            (None, Some(trouble)) => Err(trouble.into()),
            (None, None) => Err(none()),
        }
    }
}

/// A decision with each rule's reasoning, for people.
pub(super) fn in_full(report: &Report, subject: &Subject, colour: Colour, width: usize) -> String {
    let style = Style { colour, width, zone: subject.found.policy.timezone(), detail: Detail::Full };
    render(report, Format::Terminal, &style)
}

/// A decision as the ledger has it.
pub(super) fn recorded(decided: &Decided) -> String {
    serde_json::to_string_pretty(decided).unwrap_or_default() + "\n"
}
