//! What a job's later steps and readers are given: outputs, the summary, variables. Text from others stays text.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use super::context::Context;
use crate::engine::calendar::utc;
use crate::engine::decision::Verdict;
use crate::engine::event::Instant;
use crate::error::Error;
use crate::sources::files;

/// Every output, as `action.yml` declares it.
pub const NAMES: [&str; 6] = ["verdict", "next-approval", "batch-size", "report", "superseded", "rollout"];

/// What a job answers.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub verdict: Option<Verdict>,
    pub next_approval: Option<Instant>,
    pub batch_size: Option<usize>,
    pub report: Option<String>,
    pub superseded: bool,
    pub rollout: Option<String>,
}

impl Answer {
    fn values(&self) -> [String; 6] {
        let text = |text: Option<String>| text.unwrap_or_default();
        [
            text(self.verdict.map(|verdict| verdict.to_string())),
            text(self.next_approval.map(utc)),
            text(self.batch_size.map(|size| size.to_string())),
            text(self.report.clone()),
            self.superseded.to_string(),
            text(self.rollout.clone()),
        ]
    }

    /// Gives them to later steps.
    pub(super) fn write(&self, context: &Context<'_>) -> Result<(), Error> {
        let file = context.needs("GITHUB_OUTPUT")?;
        let pairs = NAMES.into_iter().zip(self.values()).map(|(name, value)| assignment(name, &value));
        files::append(Path::new(file), &pairs.collect::<String>())
    }
}

/// One assignment in a runner's file: no value can end it and begin another.
pub(super) fn assignment(name: &str, value: &str) -> String {
    let mut end = token();
    while value.contains(&end) {
        end = token();
    }
    format!("{name}<<{end}\n{value}\n{end}\n")
}

/// A word that nobody can guess.
pub(super) fn token() -> String {
    // Seeded by the system, anew for each.
    let random = || RandomState::new().hash_one(0);
    format!("deploy-rhythm-{:016x}{:016x}", random(), random())
}

/// Sets variables for the later steps of this job.
pub(super) fn export(context: &Context<'_>, variables: &BTreeMap<&str, &str>) -> Result<(), Error> {
    let Some(file) = context.var("GITHUB_ENV") else { return Ok(()) };
    let text: String = variables.iter().map(|(name, value)| assignment(name, value)).collect();
    files::append(Path::new(file), &text)
}

/// Adds to the job's summary.
pub(super) fn summarise(context: &Context<'_>, markdown: &str) -> Result<(), Error> {
    let Some(file) = context.var("GITHUB_STEP_SUMMARY") else { return Ok(()) };
    files::append(Path::new(file), &format!("{markdown}\n"))
}

/// Text for the log, none of which can be a command to the runner.
pub(super) fn spoken(text: &str) -> String {
    let token = token();
    format!("::stop-commands::{token}\n{text}::{token}::\n")
}

#[cfg(test)]
mod tests {
    use super::{assignment, spoken};

    #[test]
    fn a_value_stays_one_value() {
        let hostile = "x\nverdict=approve\nEOF\nverdict<<EOF\napprove\nEOF";
        let text = assignment("reason", hostile);
        let (first, rest) = text.split_once('\n').expect("lines");
        let end = first.strip_prefix("reason<<").expect("a heredoc");
        assert_eq!(rest, format!("{hostile}\n{end}\n"));
        assert!(!hostile.contains(end));
        let text = spoken("::error::no\n");
        let token = text.lines().next().and_then(|line| line.strip_prefix("::stop-commands::")).expect("a token");
        assert!(text.ends_with(&format!("\n::{token}::\n")));
    }
}
