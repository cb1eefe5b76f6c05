//! A closed grammar: one file a family, over words that one table knows.

mod approval;
mod batching;
mod branch;
mod bypass;
mod checks;
mod clause;
mod command;
mod exception;
mod finite;
mod fix_chain;
mod frequency;
mod history;
mod interval;
mod message;
mod migration;
mod moments;
mod mood;
mod path;
mod pattern;
mod quantity;
mod release;
mod scope;
mod secrets;
mod setting;
mod size;
mod terms;
mod times;
mod trailers;
mod vocabulary;
mod window;
mod words;

pub use clause::{Clause, Found};
pub use exception::exception;
pub use mood::Form;
pub use scope::scope;
pub use setting::{CORE, Setting, WATCHED};
pub use vocabulary::{APPROVE, PERSON};

use crate::governance::directive::Kind;

/// Reads a clause by every family; the list is closed.
pub fn read(clause: &Clause<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    let window = window::read(clause);
    let frequency = frequency::read(clause);
    // A number of days or a day of the week is read once.
    let interval = if frequency.is_some() { None } else { interval::read(clause) };
    let chain = if frequency.as_ref().is_some_and(|found| found.bound) || interval.is_some() {
        None
    } else {
        fix_chain::read(clause)
    };
    let frequency = frequency.filter(|found| !found.params.is_empty() || chain.is_none());
    let counted_work = frequency.as_ref().is_some_and(|found| !found.bound && !found.params.is_empty());
    let batching = if frequency.is_none() || counted_work { batching::read(clause) } else { None };
    // "One push per feature, not after each commit" is about what goes together.
    let frequency = frequency.filter(|_| batching.is_none());
    let batches = batching.is_some();
    let batched = batches && clause.has(vocabulary::BATCH);
    let cadence = !window.is_empty() || frequency.is_some() || interval.is_some();
    found.extend(window);
    found.extend(frequency);
    found.extend(interval);
    found.extend(chain);
    found.extend(batching);
    // A branch in a sentence about cadence is its scope.
    found.extend(branch::read(clause).into_iter().filter(|_| !cadence || clause.has(vocabulary::DIRECT)));
    found.extend(history::read(clause));
    let trailers = trailers::read(clause);
    let trailed = trailers.is_some();
    // "Never add X in commit messages" is about X.
    found.extend(message::read(clause).filter(|found| trailers.is_none() || found.params.contains_key("convention")));
    found.extend(trailers);
    found.extend(bypass::read(clause));
    // "Never bundle changes into one commit" is about what goes together.
    let sized = size::read(clause).filter(|found| !batches || found.kind != Kind::Batching);
    found.extend(sized.filter(|found| !batched || found.params.keys().any(|key| key.starts_with("max"))));
    found.extend(checks::read(clause));
    found.extend(approval::read(clause));
    found.extend(path::read(clause));
    found.extend(migration::read(clause));
    found.extend(secrets::read(clause));
    found.extend(release::read(clause).filter(|_| !cadence && !trailed));
    found
}

#[cfg(test)]
mod tests;
