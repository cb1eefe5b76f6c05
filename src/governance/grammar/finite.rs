//! What the first modal or finite verb of a clause says.

use super::mood::Form;
use super::vocabulary::{self as v, PUNCTUATION, STATEMENT};
use super::words::Word;
use crate::governance::directive::Polarity;

/// What the first modal or finite verb says.
pub fn read(words: &[Word]) -> (Form, Polarity) {
    let subject = words.first().map_or("", |word| word.text.as_str());
    let pronoun = matches!(
        subject,
        "they"
            | "we"
            | "it"
            | "this"
            | "these"
            | "those"
            | "such"
            | "i"
            | "there"
            | "it's"
            | "that's"
            | "they're"
            | "there's"
            | "we're"
            | "i'm"
    );
    let (form, polarity) = finite_form(words);
    if is_machine(words) && form != Form::Permission {
        return (Form::Statement, Polarity::Must);
    }
    let tells = form == Form::Fragment && (pronoun || third_person(words));
    (if tells { Form::Statement } else { form }, polarity)
}

/// Whether what acts is a tool and not the reader: "hooks run the linter", "the job must skip forks". That it passes is
/// asked of the reader.
fn is_machine(words: &[Word]) -> bool {
    const TOOLS: [&str; 29] = [
        "hook",
        "hooks",
        "ci",
        "ci/cd",
        "workflow",
        "workflows",
        "job",
        "jobs",
        "action",
        "actions",
        "bot",
        "bots",
        "script",
        "scripts",
        "pipeline",
        "pipelines",
        "linter",
        "formatter",
        "husky",
        "github",
        "automation",
        "runner",
        "server",
        "worker",
        "dependabot",
        "renovate",
        "commitlint",
        "lint-staged",
        "tool",
    ];
    let Some(at) = words.iter().take(5).position(|word| TOOLS.contains(&word.text.as_str())) else { return false };
    let before = words.get(..at).unwrap_or_default();
    let of =
        |word: &Word| matches!(word.text.as_str(), "with" | "to" | "of" | "in" | "for" | "on" | "from" | "by" | "at");
    if before.iter().any(|word| word.classes.any(PUNCTUATION.with(v::NEVER).with(v::BEFORE)) || of(word)) {
        return false;
    }
    let mut rest = words.get(at + 1..).unwrap_or_default().iter().filter(|word| !ADVERBS.contains(&word.text.as_str()));
    let Some(verb) = rest.next() else { return false };
    let next = rest.next();
    if verb.classes.any(v::MODAL) || matches!(verb.text.as_str(), "mustn't" | "shouldn't" | "can't" | "never") {
        return next.is_some_and(|next| next.text != "be" && !next.classes.any(v::PASS));
    }
    verb.classes.any(v::VERB) && next.is_some() && !verb.classes.any(v::PASS.with(v::CHECK).with(v::CHANGE))
}

const ADVERBS: [&str; 6] = ["automatically", "also", "then", "always", "only", "now"];

/// "Merges the branch": a third person without its subject.
fn third_person(words: &[Word]) -> bool {
    let first = words.first().map_or("", |word| word.text.as_str());
    let second = words.get(1).map_or("", |word| word.text.as_str());
    let tells = words.first().is_some_and(|word| {
        word.classes.any(STATEMENT) && !word.classes.any(v::CHECK.with(v::CHANGE).with(v::PR).with(v::PASS))
    });
    first.ends_with('s')
        && !first.ends_with("ss")
        && words.len() > 1
        && (tells && !matches!(second, "must" | "should" | "are" | "is" | "of" | ":")
            || matches!(second, "the" | "a" | "an" | "your" | "this" | "each" | "its"))
}

/// Whether an unknown word reads as a verb in the third person: "belongs to the captain".
fn unknown_verb(words: &[Word], at: usize) -> bool {
    let Some(word) = words.get(at).filter(|word| word.classes == v::Classes::default()) else { return false };
    let text = word.text.as_str();
    let ends = text.len() > 3 && text.ends_with('s') && !["ss", "us", "is", "'s"].iter().any(|end| text.ends_with(end));
    let next = words.get(at + 1).map_or("", |word| word.text.as_str());
    ends && matches!(
        next,
        "the"
            | "a"
            | "an"
            | "to"
            | "no"
            | "any"
            | "its"
            | "it"
            | "your"
            | "that"
            | "only"
            | "all"
            | "into"
            | "directly"
            | "them"
            | "on"
    )
}

/// The same, of the verb alone.
fn finite_form(words: &[Word]) -> (Form, Polarity) {
    let mut relative = 0_usize;
    let mut aside = false;
    // "PRs that change the API require a note": past the verb of the relative clause the main one comes.
    let mut told = false;
    for (at, word) in words.iter().enumerate() {
        if word.classes.any(PUNCTUATION) && at > 0 {
            aside = (aside || word.text.starts_with('(')) && word.text != ")";
        }
        if aside {
            continue;
        }
        let next = words.get(at + 1);
        match word.text.as_str() {
            "that" | "which" | "who" | "where" | "if" | "when" | "whose" | "because" | "why" | "how" | "what"
            | "whether"
                if at > 0 =>
            {
                relative = 4;
                told = matches!(word.text.as_str(), "that" | "which");
            }
            "requires" | "require" | "needs" | "need" if told && relative > 0 && relative < 4 => {
                return (Form::Modal, Polarity::Must);
            }
            "don't" if next.is_some_and(|next| matches!(next.text.as_str(), "must" | "need" | "require")) => {
                return (Form::Statement, Polarity::Must);
            }
            "don't" if !addressed(words, at) => return (Form::Statement, Polarity::Must),
            "need" if next.is_some_and(|next| next.text == "not") => return (Form::Permission, Polarity::Must),
            // "The site will not rebuild" tells; "will not be merged" refuses.
            "won't" if next.is_some_and(|next| next.text != "be") && relative == 0 && at > 0 => {
                return (Form::Statement, Polarity::Must);
            }
            "mustn't" | "shouldn't" | "can't" | "cannot" | "never" | "don't" | "won't" if at > 0 => {
                return (Form::Modal, Polarity::MustNot);
            }
            "will"
                if relative == 0
                    && next.is_some_and(|next| next.text == "be")
                    && words.get(at + 2).is_some_and(|verb| {
                        matches!(verb.text.as_str(), "rejected" | "closed" | "declined" | "reverted")
                    }) =>
            {
                return (Form::Modal, Polarity::MustNot);
            }
            "must" | "should" | "shall" | "always" | "ought" => {
                let never = next.is_some_and(|next| matches!(next.text.as_str(), "never" | "not" | "avoid"));
                return (Form::Modal, if never { Polarity::MustNot } else { Polarity::Must });
            }
            "may" | "can" | "might" | "could" if relative == 0 => {
                let only = words.iter().skip(at).take(6).any(|word| word.text == "only")
                    || words.iter().take(at).any(|word| matches!(word.text.as_str(), "only" | "no"));
                let negated = words
                    .iter()
                    .take(at)
                    .any(|word| matches!(word.text.as_str(), "no" | "nothing" | "none" | "nobody"));
                let polarity = if negated { Polarity::MustNot } else { Polarity::Must };
                return (if only { Form::Modal } else { Form::Permission }, polarity);
            }
            "is" | "are" | "be" | "isn't" | "aren't" => {
                if let Some(polarity) = verdict(words, at) {
                    return (Form::Modal, polarity);
                }
                let near = words.get(at + 1..words.len().min(at + 4)).unwrap_or_default();
                if near.iter().any(|word| {
                    matches!(
                        word.text.as_str(),
                        "allowed" | "permitted" | "fine" | "ok" | "okay" | "optional" | "welcome"
                    )
                }) {
                    return (Form::Permission, Polarity::Must);
                }
                if relative == 0 {
                    return stated(words, at);
                }
            }
            "go" | "goes" | "land" if next.is_some_and(|next| matches!(next.text.as_str(), "through" | "via")) => {
                return (Form::Modal, Polarity::Must);
            }
            "go" | "goes" if at == 1 && words.first().is_some_and(|first| first.classes.any(v::PR)) => {
                return (Form::Modal, Polarity::Must);
            }
            // "Refactors go in their own PR", "all work happens on branches".
            "go" | "goes" | "land" | "lands" | "happen" | "happens" | "stay" | "stays" | "carry" | "carries"
                if relative == 0 && is_process(words) && next.is_some_and(leads_on) =>
            {
                return (Form::Modal, Polarity::Must);
            }
            "belong" | "belongs" if next.is_some_and(|next| matches!(next.text.as_str(), "in" | "into" | "on")) => {
                return (Form::Modal, Polarity::Must);
            }
            "happen" | "happens" | "go" | "goes" | "come" | "comes" if is_only(words, at) => {
                return (Form::Modal, Polarity::Must);
            }
            // "Every change ships with a note" asks.
            "ships" | "comes" | "goes" | "has" | "carries" | "follows" | "starts" | "targets" | "references"
                if relative == 0
                    && words.first().is_some_and(|first| matches!(first.text.as_str(), "every" | "each")) =>
            {
                return (Form::Modal, Polarity::Must);
            }
            "get" | "gets" if next.is_some_and(|next| matches!(next.text.as_str(), "its" | "their")) => {
                return (Form::Modal, Polarity::Must);
            }
            "required" | "mandatory" | "needed" if demands(words, at) => return (Form::Modal, Polarity::Must),
            "forbidden" | "prohibited" | "disallowed" | "banned" => return (Form::Modal, Polarity::MustNot),
            "requires" | "require" | "needs" | "need" if (at > 0 || word.text == "requires") && relative == 0 => {
                return (Form::Modal, Polarity::Must);
            }
            _ if relative == 0 && at > 0 && unknown_verb(words, at) => return (Form::Statement, Polarity::Must),
            _ if word.classes.any(STATEMENT) && relative == 0 && at > 0 && !noun_here(words, at) => {
                return stated(words, at);
            }
            _ => {}
        }
        relative = relative.saturating_sub(1);
    }
    (Form::Fragment, Polarity::Must)
}

/// Whether the subject is work in general: "changes", "everything", "new entries".
fn is_process(words: &[Word]) -> bool {
    let process = v::CHANGE.with(v::COMMIT).with(v::PR).with(v::MERGE).with(v::RELEASE).with(v::VERSION);
    let first = words.first().map_or("", |word| word.text.as_str());
    let named = words.iter().take(3).any(|word| {
        word.classes.any(process) || matches!(word.text.as_str(), "everything" | "development" | "entries" | "data")
    });
    named && !matches!(first, "the" | "a" | "an" | "this" | "that" | "your")
}

/// Whether a word says where or how something goes.
fn leads_on(word: &Word) -> bool {
    matches!(
        word.text.as_str(),
        "in" | "into"
            | "on"
            | "onto"
            | "through"
            | "via"
            | "to"
            | "at"
            | "out"
            | "under"
            | "a"
            | "an"
            | "their"
            | "its"
            | "off"
    )
}

/// Whether a verb is limited: "happens only through", "happens from main only".
fn is_only(words: &[Word], at: usize) -> bool {
    let near = words.get(at + 1..words.len().min(at + 3)).unwrap_or_default();
    near.iter().chain(words.last()).any(|word| word.text == "only")
}

/// Whether "required" asks rather than qualifies a noun: "a review is required", not "the required checks".
fn demands(words: &[Word], at: usize) -> bool {
    let next = words.get(at + 1).map_or("", |word| word.text.as_str());
    let before = at.checked_sub(1).and_then(|before| words.get(before)).map_or("", |word| word.text.as_str());
    !matches!(before, "the" | "all" | "any" | "a" | "no" | "when" | "if" | "as")
        && matches!(
            next,
            "" | "before" | "for" | "to" | "by" | "on" | "in" | "from" | "." | "," | "with" | "at" | ")" | ":" | "per"
        )
}

/// A statement, unless it goes on to ask: "is generated and must not be edited".
fn stated(words: &[Word], at: usize) -> (Form, Polarity) {
    const JOINS: [&str; 7] = ["and", "but", ",", ";", "—", "-", "so"];
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    let asked = (at..words.len()).find_map(|at| match text(at + 1) {
        _ if !JOINS.contains(&text(at)) => None,
        "must" | "should" if matches!(text(at + 2), "never" | "not") => Some(Polarity::MustNot),
        "must" | "should" => Some(Polarity::Must),
        "mustn't" | "shouldn't" | "never" | "don't" => Some(Polarity::MustNot),
        _ => None,
    });
    // "Every commit made by an agent needs a trailer" asks of every one.
    let every = matches!(text(0), "every" | "each" | "any" | "all")
        && words.iter().skip(at).any(|word| matches!(word.text.as_str(), "needs" | "need" | "requires" | "require"));
    let asked = asked.or_else(|| every.then_some(Polarity::Must));
    asked.map_or((Form::Statement, Polarity::Must), |polarity| (Form::Modal, polarity))
}

/// Whether "don't" speaks to the reader: "you don't", "…, don't"; "forks don't get secrets" states.
fn addressed(words: &[Word], at: usize) -> bool {
    const READERS: [&str; 12] =
        ["you", "agents", "agent", "claude", "we", "please", "always", "and", "but", "or", "then", "so"];
    let before = at.checked_sub(1).and_then(|before| words.get(before));
    before.is_none_or(|word| {
        READERS.contains(&word.text.as_str()) || word.classes.any(PUNCTUATION.with(v::PR).with(v::COMMIT))
    })
}

/// "is required", "are not allowed", "isn't permitted".
fn verdict(words: &[Word], at: usize) -> Option<Polarity> {
    let negated = words.get(at).is_some_and(|word| matches!(word.text.as_str(), "isn't" | "aren't"));
    let near = words.get(at + 1..words.len().min(at + 5))?;
    // "Secrets are never committed", "is not to be edited".
    let text = |at: usize| near.get(at).map_or("", |word| word.text.as_str());
    match (text(0), text(1)) {
        ("never", next) if next.ends_with("ed") || next == "to" => return Some(Polarity::MustNot),
        ("not" | "never", "to") if text(2) == "be" => return Some(Polarity::MustNot),
        ("to", "be") => return Some(if negated { Polarity::MustNot } else { Polarity::Must }),
        _ => {}
    }
    near.iter().find_map(|word| match word.text.as_str() {
        "only" | "always" | "required" | "mandatory" | "expected" | "obligatory" | "needed" | "encouraged"
        | "recommended" | "preferred"
            if !negated =>
        {
            Some(Polarity::Must)
        }
        "forbidden" | "prohibited" | "disallowed" | "banned" => Some(Polarity::MustNot),
        "allowed" | "permitted" | "acceptable" | "accepted"
            if negated || near.iter().any(|word| matches!(word.text.as_str(), "not" | "never")) =>
        {
            Some(Polarity::MustNot)
        }
        "allowed" | "permitted"
            if near.iter().any(|word| word.text == "only") || words.iter().take(at).any(|word| word.text == "only") =>
        {
            Some(Polarity::Must)
        }
        _ => None,
    })
}

/// Whether a form that can state is a plural noun here: after an article, an adjective or a number.
fn noun_here(words: &[Word], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| words.get(before));
    before.is_some_and(|before| {
        matches!(
            before.text.as_str(),
            "the" | "a" | "all" | "any" | "of" | "to" | "and" | "or" | "no" | "production" | "multiple" | "max"
        ) || before.classes.any(v::NUMBER)
    })
}
