//! A refusal in a few lines, for whoever must act on it now: a person at a push, an agent before a command.

use std::fmt::Write;

use super::{answer, clean};
use crate::engine::calendar::next_second;
use crate::engine::decision::{Decision, Verdict};
use crate::engine::duration::glance;
use crate::engine::rules::Budget;
use crate::report::Report;

/// The longest refusal, in characters.
pub const LONGEST: usize = 599;

/// How it is done later.
#[derive(Clone, Copy, Debug)]
pub enum Later<'a> {
    /// The same again: a push.
    Again,
    /// This command behind `run`; none where not all of it is known.
    Behind(Option<&'a str>),
}

/// The longest command that is said again, in characters: a part of one is another.
const COMMAND: usize = 80;

/// What was refused, and how to do it later.
#[derive(Clone, Debug)]
pub struct Refused<'a> {
    /// `this push to main`, for example.
    pub what: &'a str,
    pub later: Later<'a>,
    /// What is left of the budget of the first rule that holds it.
    pub budget: Option<Budget>,
}

/// Says verdict, rule, instant, what may go on, what to do later and whom to ask; no way round.
#[must_use]
pub fn refusal(report: &Report, refused: &Refused<'_>) -> String {
    let decision = &report.decision;
    let Some(steps) = report.next_steps() else { return String::new() };
    let mut out =
        format!("deploy-rhythm: {}: {} ({}).", verdict(decision), short(refused.what, 70), decision.environment);
    let holding =
        decision.findings.iter().find(|finding| finding.level.is_mandatory() && finding.verdict == decision.verdict);
    if let Some(finding) = holding {
        let _ = write!(out, "\n{}: {}.", finding.rule, short(finding.message.trim_end_matches('.'), 150));
    }
    if let Some(budget) = refused.budget {
        let _ = write!(out, " Left: {} of {}.", budget.left, budget.of);
    }
    if steps.rules.len() > 1 {
        let _ = write!(out, " Rules: {}.", short(&steps.rules.join(", "), 60));
    }
    let _ = write!(out, "\nMeanwhile: {}.", steps.meanwhile);
    let later = match (steps.not_before, refused.later, &steps.later) {
        (Some(_), Later::Behind(command), Some(run)) => {
            match command.filter(|text| text.chars().count() <= COMMAND && clean(text) == *text) {
                Some(command) => format!("`{run}{command}`"),
                None => format!("the same behind `{run}…`"),
            }
        }
        (Some(next), ..) => format!("the same again after {}", next_second(next)),
        (None, ..) if decision.verdict == Verdict::Reject => {
            "waiting does not open it: change what is named above".to_owned()
        }
        (None, ..) => "the same again once that is settled".to_owned(),
    };
    let _ = write!(out, "\nLater: {later}.\nAsk: {}.", short(&steps.ask.join(", "), 60));
    // Each part is cut and made harmless; the whole can be too long only where names are.
    out.chars().take(LONGEST).collect()
}

fn verdict(decision: &Decision) -> String {
    match (decision.verdict, decision.next_approval) {
        (Verdict::Hold, Some(next)) => format!("HOLD until {} (in {})", next_second(next), glance(next - decision.at)),
        _ => answer(decision, None),
    }
}

/// Text from outside, cut.
fn short(text: &str, longest: usize) -> String {
    let text = clean(text);
    match text.chars().nth(longest) {
        None => text.into_owned(),
        Some(_) => text.chars().take(longest - 1).chain(['…']).collect(),
    }
}
