//! `why`: the decision, with each rule's reasoning in full.

use clap::Args;

use super::check::exit_code;
use super::question::RequestArgs;
use super::{Edge, Outcome};
use crate::error::Error;
use crate::render::{Colour, Detail, Format, Style, render};

/// The decision, with each rule's reasoning in full
#[derive(Debug, Args)]
pub struct Why {
    #[command(flatten)]
    request: RequestArgs,

    /// Only this rule
    #[arg(value_name = "RULE")]
    rule: Option<String>,
}

impl Why {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
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
}
