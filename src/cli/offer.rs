//! Which override would lift a hold: told to those who may give it, and to nobody else.

use super::Edge;
use super::caller;
use super::leave::UNLESS_SAID;
use crate::engine::decision::{Level, Verdict};
use crate::engine::duration;
use crate::engine::policy::EnvironmentPolicy;
use crate::gather::{LedgerSource, Question, Subject};
use crate::report::Report;
use crate::sources::git::Clock;

/// The command, where one would help and the caller may give it.
pub(super) fn offer(
    report: &Report,
    subject: &Subject,
    policy: &EnvironmentPolicy,
    question: &Question,
    edge: &Edge,
) -> Option<String> {
    let decision = &report.decision;
    let overrides = policy.overrides.as_ref().filter(|overrides| overrides.lists_cli())?;
    let told = subject.told();
    let left = overrides.per_month.is_none_or(|limit| told.spent < limit);
    let shut =
        |level| decision.findings.iter().any(|finding| finding.level == level && finding.verdict != Verdict::Approve);
    let helps = shut(Level::SoftMandatory) && !shut(Level::HardMandatory) && told.is_readable() && !told.deaf;
    let asks_now = subject.now.clock == Clock::Machine;
    let may = || caller::may(edge, Some(&subject.repo), "override").is_ok();
    (left && helps && asks_now && may()).then(|| {
        // An override counts in the ledger that is asked.
        let ledger = match &question.ledger {
            LedgerSource::Read { named, .. } => named_again(named.as_ref(), edge),
            _ => String::new(),
        };
        format!(
            "deploy-rhythm override --environment {} --commit {}{ledger} --because \"why it cannot wait\" --for {}",
            word(&decision.environment),
            decision.commit,
            duration::show(overrides.expires.unwrap_or(UNLESS_SAID)).replace(' ', "")
        )
    })
}

/// How a command names the ledger again, where the environment does not; an address may hold a password, and is not repeated.
pub(super) fn named_again(ledger: Option<&String>, edge: &Edge) -> String {
    match ledger.filter(|named| edge.surroundings.ledger.as_ref() != Some(*named)) {
        None => String::new(),
        Some(named) if named.contains("://") => " --ledger \"…\"".to_owned(),
        Some(named) => format!(" --ledger {}", word(named)),
    }
}

/// A name as one word of a shell.
fn word(name: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./@:+".contains(letter);
    match !name.starts_with('-') && name.chars().all(plain) {
        true => name.to_owned(),
        false => format!("'{}'", name.replace('\'', "'\\''")),
    }
}
