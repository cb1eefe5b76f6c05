//! `check`: may this commit be deployed now?

use clap::Args;

use super::question::RequestArgs;
use super::{Edge, Outcome};
use crate::engine::decision::Verdict;
use crate::error::Error;
use crate::render::{Colour, Detail, Format, Style, render};
use crate::report::Report;

/// May this commit be deployed now? Approve, hold until T, or reject
#[derive(Debug, Args)]
#[command(
    after_help = "Exits 0 approve, 3 hold, 4 reject; 2 for a wrong call or a bad policy; 1 for any other failure.\n\n\
    Examples:\n  deploy-rhythm check --environment staging\n  deploy-rhythm check --lane hotfix\n  kamal audit | deploy-rhythm check --deploys -"
)]
pub struct Check {
    #[command(flatten)]
    request: RequestArgs,

    /// How to print the decision
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
}

impl Check {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let (report, subject) = self.request.judge(edge)?.at_the_end();
        let zone = subject.found.policy.timezone();
        let style = Style { colour: Colour::Always, width: edge.width, zone, detail: Detail::Brief };
        Ok(Outcome { text: render(&report, self.format, &style), code: exit_code(&report) })
    }
}

/// The exit code of a decision.
pub(super) const fn exit_code(report: &Report) -> u8 {
    match report.decision.verdict {
        Verdict::Approve => 0,
        Verdict::Hold => 3,
        Verdict::Reject => 4,
    }
}
