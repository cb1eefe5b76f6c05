//! To what a clause is limited.

use super::clause::Clause;
use super::vocabulary as v;
use crate::governance::directive::{Kind, Scope};

/// Reads the scope of a clause for a directive of a kind.
pub fn scope(clause: &Clause<'_>, kind: Kind) -> Scope {
    let mut scope = Scope { environment: environment(clause), condition: condition(clause), ..Scope::default() };
    if !matches!(kind, Kind::BaseBranch | Kind::CommitFormat | Kind::Trailers) {
        scope.branch = clause.words.iter().find(|word| word.classes.any(v::MAIN)).map(|word| word.text.clone());
    }
    let services = ["service", "worker", "executor", "app", "application", "package", "repo", "repository", "project"];
    let each = clause.words.windows(2).find(|pair| matches!(pair, [per, unit] if matches!(per.text.as_str(), "per" | "each" | "every") && services.contains(&unit.text.as_str())));
    scope.service = each.and_then(|pair| pair.last()).map(|word| format!("each {}", word.text));
    let path = clause.words.iter().find(|word| {
        word.classes.any(v::CODE) && word.text.contains('/') && !word.text.contains(' ') && !word.classes.any(v::MAIN)
    });
    if matches!(kind, Kind::Secrets | Kind::Migration | Kind::ChangeSize) {
        scope.path = path.map(|word| word.text.clone());
    }
    let agents = |words: &[super::words::Word]| {
        words.iter().any(|word| {
            matches!(word.text.as_str(), "agent" | "agents" | "bot" | "bots" | "claude" | "copilot" | "assistant")
        })
    };
    let subject = clause.words.get(..clause.words.len().min(clause.mood.main + 3)).unwrap_or_default();
    if agents(subject) && kind != Kind::Trailers {
        scope.actor = Some("agents".to_owned());
    }
    scope
}

/// The environment that a clause names; of "staging before production" the last.
fn environment(clause: &Clause<'_>) -> Option<String> {
    let named = clause
        .words
        .iter()
        .rev()
        .find(|word| word.classes.any(v::ENVIRONMENT) && !word.classes.any(v::CODE.with(v::TRUNKISH)));
    let deploys = clause.about(v::DEPLOY.with(v::RELEASE).with(v::PUSH).with(v::MIGRATION));
    named.filter(|_| deploys).map(|word| match word.text.as_str() {
        "prod" | "live" => "production".to_owned(),
        "stage" => "staging".to_owned(),
        text => text.to_owned(),
    })
}

/// The condition that opens a clause, in its own words.
fn condition(clause: &Clause<'_>) -> Option<String> {
    let (from, to) = clause.mood.condition;
    let start = clause.words.get(from).filter(|_| to > from)?;
    let end = clause.words.get(to).map_or(clause.text.len(), |word| word.start);
    let text = clause.text.get(start.start..end)?.trim().trim_end_matches([',', ':']).replace('`', "");
    let conditional = matches!(
        start.text.as_str(),
        "if" | "when" | "whenever" | "for" | "in" | "unless" | "while" | "where" | "once" | "after"
    );
    conditional.then_some(text)
}
