//! A closed grammar: one file a family, over words that one table knows.

mod across;
mod approval;
mod batching;
mod branch;
mod bypass;
mod checks;
mod clause;
mod command;
mod description;
mod exception;
mod finite;
mod fix_chain;
mod frequency;
mod history;
mod interval;
mod label;
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

pub use across::across;
pub use clause::{Clause, Found};
pub use exception::exception;
pub use mood::Form;
pub use scope::scope;
pub use setting::{CORE, Setting, WATCHED};
pub use vocabulary::{APPROVE, MAIN, NEARBY, PERSON, SMALL};

use super::directive::Kind;

/// Reads a clause by every family; the list is closed.
pub fn read(clause: &Clause<'_>) -> Vec<Found> {
    let mut found = rhythm(clause);
    if let Some(text) = times_of_label(clause) {
        let windows = window::read(&Clause::new(&text, clause.setting));
        if windows.iter().any(|window| window.bound) {
            found.retain(|found| found.kind != Kind::DeployWindow);
            found.extend(windows);
        }
    }
    if found.is_empty() && names_a_limit(clause) {
        // "| Commits per deploy | max 10 |": the label says what is limited.
        let whole = format!("{}: {}", clause.setting.name, clause.text);
        found = rhythm(&Clause::new(&whole, clause.setting));
        found.retain(|found| found.bound);
    }
    if clause.setting.approval && !clause.forbids() {
        // "Ask first: force pushes" asks for a person's word and for nothing else.
        found.extend(approval::asked(clause));
        return found;
    }
    let of = |kinds: &[Kind]| found.iter().any(|found| kinds.contains(&found.kind));
    let cadence = of(&[Kind::DeployWindow, Kind::DeployFrequency, Kind::DeployInterval]);
    let batches = of(&[Kind::Batching]);
    let says_batch = batches && clause.has(vocabulary::BATCH);
    let waits = clause.words.get(clause.mood.main).is_some_and(|word| word.classes.any(vocabulary::WAIT));
    let timed = of(&[Kind::DeployWindow, Kind::DeployFrequency]) || waits && of(&[Kind::DeployInterval]);
    // A branch in a sentence about cadence is its scope.
    found.extend(branch::read(clause).into_iter().filter(|_| !cadence || clause.has(vocabulary::DIRECT)));
    found.extend(history::read(clause));
    let trailers = trailers::read(clause);
    let trailed = trailers.is_some();
    // "Never add X in commit messages" is about X.
    let message = message::read(clause).filter(|found| trailers.is_none() || found.params.contains_key("convention"));
    found.extend(message.or_else(|| description::read(clause).filter(|_| trailers.is_none())));
    found.extend(trailers);
    found.extend(bypass::read(clause));
    // "Never bundle changes into one commit" is about what goes together.
    let unrelated = clause.says(&["unrelated"]);
    let sized = size::read(clause).filter(|found| !batches || found.kind != Kind::Batching);
    found.extend(
        sized.filter(|found| !says_batch || unrelated || found.params.keys().any(|key| key.starts_with("max"))),
    );
    found.extend(checks::read(clause));
    found.extend(approval::read(clause));
    // "No deploys from a Friday on" is no way to deploy.
    found.extend(path::read(clause).filter(|_| !timed));
    found.extend(migration::read(clause));
    found.extend(secrets::read(clause));
    // "Published history" is no release.
    let rewrites = found.iter().any(|found| found.kind == Kind::ForcePush);
    found.extend(release::read(clause).filter(|_| !cadence && !trailed && !rewrites));
    if found.is_empty() {
        found.extend(
            checks::task(clause)
                .or_else(|| release::step(clause))
                .or_else(|| message::under(clause))
                .or_else(|| message::types(clause)),
        );
    }
    if found.is_empty()
        && let Some(whole) = label::whole(clause)
    {
        let bare = Setting { name: String::new(), label: vocabulary::Classes::default(), ..clause.setting.clone() };
        found = read(&Clause::new(&whole, &bare));
    }
    found
}

/// Whether a text is the name of a branch that others start from.
pub fn names_a_branch(text: &str) -> bool {
    vocabulary::classes(text).any(vocabulary::TRUNKISH)
}

/// A clause whose label says when: "Friday: no deploys after 15:00".
fn times_of_label(clause: &Clause<'_>) -> Option<String> {
    let label = clause.setting.label;
    let dated = label.any(vocabulary::DAY) || label.any(vocabulary::NUMBER) && clause.setting.name.contains(['-', ':']);
    let silent = !clause.has(vocabulary::DAY) && clause.words.len() < 20 && clause.setting.name.len() < 40;
    (dated && silent && clause.forbids())
        .then(|| format!("{} {}", clause.text.trim_end_matches(['.', '!']), clause.setting.name))
}

/// Whether a clause is the value of what its label names: a number without a verb.
fn names_a_limit(clause: &Clause<'_>) -> bool {
    let acts = vocabulary::DEPLOY
        .with(vocabulary::PUSH)
        .with(vocabulary::RELEASE)
        .with(vocabulary::MERGE)
        .with(vocabulary::WAIT)
        .with(vocabulary::FREEZE);
    let short = clause.words.len() < 12 && clause.setting.name.len() < 80;
    short
        && (clause.setting.label.any(acts.with(vocabulary::BATCH))
            || clause.has(acts) && !clause.setting.name.is_empty())
        && clause.mood.form == Form::Fragment
        && clause.words.iter().any(|word| word.classes.any(vocabulary::NUMBER))
}

/// What a clause says about rhythm.
fn rhythm(clause: &Clause<'_>) -> Vec<Found> {
    let mut found = window::read(clause);
    let frequency = frequency::read(clause);
    // A number of days or a day of the week is read once.
    let interval = if frequency.is_some() { None } else { interval::read(clause) };
    let chain = if frequency.as_ref().is_some_and(|found| found.bound) || interval.is_some() {
        None
    } else {
        fix_chain::read(clause)
    };
    let frequency = frequency.filter(|found| !found.params.is_empty() || chain.is_none());
    // "Batch commits to reduce deploys" is about what goes together.
    let batches = clause.words.get(clause.mood.main).is_some_and(|word| word.classes.any(vocabulary::BATCH));
    let frequency = frequency.filter(|found| !(batches && found.params.is_empty()));
    let counted_work = frequency.as_ref().is_some_and(|found| !found.bound && !found.params.is_empty());
    let chained = chain.as_ref().is_some_and(|found| found.bound);
    let free = (frequency.is_none() || counted_work) && !chained;
    let batching = if free { batching::read(clause) } else { None };
    // "One push per feature, not after each commit" is about what goes together.
    let frequency = frequency.filter(|_| batching.is_none());
    // "Commits per deploy: 2-6" names no hours.
    let counts = batching.as_ref().is_some_and(|found| found.bound);
    if counts
        && !clause.setting.windows
        && !clause.has(vocabulary::DAY)
        && !clause.words.iter().any(|word| word.text.len() > 2 && word.text.contains(':'))
    {
        found.retain(|window| window.kind != Kind::DeployWindow);
    }
    found.extend(frequency);
    found.extend(interval);
    found.extend(chain);
    found.extend(batching);
    found
}

#[cfg(test)]
mod tests;
