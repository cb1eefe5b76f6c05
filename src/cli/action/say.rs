//! A decision, told in a job: outputs, annotations, the log, the summary, the files that were asked for.

use chrono_tz::Tz;

use super::context::Context;
use super::outputs::{self, Answer, spoken};
use crate::cli::Outcome;
use crate::engine::decision::Verdict;
use crate::engine::facts::Facts;
use crate::engine::policy::EnvironmentPolicy;
use crate::error::Error;
use crate::render::summary::{Summary, summary};
use crate::render::{Colour, Detail, Format, Style, annotations, escape, problem, render};
use crate::report::Report;
use crate::sources::files;

/// What there is to tell.
pub(super) struct Said<'a> {
    pub report: &'a Report,
    pub facts: &'a Facts,
    pub policy: &'a EnvironmentPolicy,
    pub zone: Option<Tz>,
    /// What the job answers; a request that was superseded is held.
    pub verdict: Verdict,
    pub remarks: Vec<String>,
}

/// Tells it everywhere, and ends with an exit code.
pub(super) fn all(context: &Context<'_>, said: &Said<'_>, mut answer: Answer, code: u8) -> Result<Outcome, Error> {
    let style = |width| Style { colour: Colour::Never, width, zone: said.zone, detail: Detail::Brief };
    answer.report = files(context, said.report)?;
    answer.write(context)?;
    outputs::summarise(
        context,
        &summary(&Summary {
            report: said.report,
            facts: said.facts,
            policy: said.policy,
            zone: said.zone,
            remarks: &said.remarks,
        }),
    )?;
    let mut text = annotations(said.report, said.verdict, &said.remarks, &style(usize::MAX));
    text += &spoken(&render(said.report, Format::Terminal, &style(context.edge.width)));
    Ok(Outcome { text, code })
}

/// Writes a decision into files: as JSON for later steps, as SARIF where that was asked for. Answers where the first one is.
pub(super) fn files(context: &Context<'_>, report: &Report) -> Result<Option<String>, Error> {
    if let Some(path) = &context.inputs.sarif {
        let name = path.to_string_lossy();
        files::replace(&context.inputs.folder, &name, &render(report, Format::Sarif, &Style::plain()))?;
    }
    let Some(path) = context.scratch(&format!("{}.json", outputs::token())) else { return Ok(None) };
    files::create(&path, &render(report, Format::Json, &Style::plain()))?;
    Ok(Some(path.display().to_string()))
}

/// What kept a job from an answer: nothing goes.
pub(super) fn fault(context: &Context<'_>, error: &Error) -> Outcome {
    // Where this cannot be written either, the exit code tells it.
    let _ = Answer { verdict: Some(Verdict::Hold), ..Answer::default() }.write(context);
    let hints: Vec<String> = error.hints.iter().map(|hint| format!("- {}", escape(hint))).collect();
    let told = format!("### ⛔ Not judged\n\n{}\n\n{}\n", escape(&error.message), hints.join("\n"));
    let _ = outputs::summarise(context, &told);
    let message = format!("{}. {}", error.message, error.hints.join(". "));
    let text = format!("{}{}", problem(&message), spoken(&format!("{error}\n")));
    Outcome { text, code: error.exit_code() }
}
