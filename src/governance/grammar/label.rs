//! A clause whose label is its subject or its object: "**Secrets**: keep out of git".

use super::clause::Clause;
use super::mood::Form;
use super::vocabulary::{self as v, Classes, VERB};

/// What a label may name that a clause is about.
const SUBJECTS: Classes = v::COMMIT
    .with(v::PUSH)
    .with(v::PR)
    .with(v::MERGE)
    .with(v::DEPLOY)
    .with(v::RELEASE)
    .with(v::BRANCH)
    .with(v::MIGRATION)
    .with(v::SECRET)
    .with(v::GENERATED)
    .with(v::VERSION);

/// Whether a fragment asks: "only through CI", "small and focused".
fn firm(clause: &Clause<'_>) -> bool {
    let changes = clause.setting.label.any(v::COMMIT.with(v::PR));
    clause.has(v::NEVER)
        || clause.says(&["only", "required", "mandatory", "always", "must"])
        || changes && clause.words.first().is_some_and(|word| word.classes.any(v::SMALL))
}

/// The clause as a whole sentence, with its label where it belongs.
pub fn whole(clause: &Clause<'_>) -> Option<String> {
    let name = clause.setting.name.trim();
    let short = !name.is_empty() && name.split_whitespace().count() < 4 && clause.words.len() < 16;
    if !short || !clause.setting.label.any(SUBJECTS) || clause.setting.listing || clause.setting.samples {
        return None;
    }
    match clause.mood.form {
        Form::Fragment if firm(clause) => Some(format!("{name} must be {}", clause.text)),
        Form::Command => {
            let stands = |text: &str| matches!(text, "them" | "it" | "ones" | "these" | "those");
            if let Some(word) = clause.words.iter().find(|word| stands(&word.text)) {
                let (before, rest) = clause.text.split_at_checked(word.start)?;
                return Some(format!("{before}{name}{}", rest.get(word.text.len()..)?));
            }
            let verb = clause.words.iter().skip(clause.mood.main).find(|word| word.classes.any(VERB))?;
            let (before, rest) = clause.text.split_at_checked(verb.start + verb.text.len())?;
            Some(format!("{before} {name}{rest}"))
        }
        _ => None,
    }
}
