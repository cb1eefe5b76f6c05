//! How a main clause begins: a command, a prohibition, or a subject whose verb tells.

use super::finite;
use super::mood::Form;
use super::vocabulary::{self as v, STATEMENT, VERB};
use super::words::Word;
use crate::governance::directive::Polarity;

/// Reads the form and the polarity of a main clause.
pub fn form_of(words: &[Word]) -> (Form, Polarity) {
    let Some(first) = words.first() else { return (Form::Fragment, Polarity::Must) };
    let text = first.text.as_str();
    let second = words.get(1).map_or("", |word| word.text.as_str());
    match text {
        "don't" | "never" | "not" if matches!(second, "forget" | "fail" | "neglect" | "omit") => {
            return (Form::Command, Polarity::Must);
        }
        "don't"
            if matches!(second, "hesitate" | "worry" | "need" | "must" | "care" | "have" | "require" | "requires") =>
        {
            return (Form::Permission, Polarity::Must);
        }
        "feel" if second == "free" => return (Form::Permission, Polarity::Must),
        "no" | "not"
            if matches!(second, "need" | "must" | "longer" | "problem" | "matter" | "issue" | "one" | "such") =>
        {
            return (Form::Statement, Polarity::Must);
        }
        "no" => return (no_form(words), Polarity::MustNot),
        "instead" | "rather" => return (Form::Statement, Polarity::Must),
        "never" | "don't" | "mustn't" | "avoid" | "stop" | "refrain" | "shouldn't" | "can't" | "cannot" => {
            return (Form::Command, Polarity::MustNot);
        }
        "refuse" | "decline" if second == "to" => return (Form::Command, Polarity::MustNot),
        "❌" | "🚫" | "⛔" => {
            let tells = words.iter().skip(1).any(|word| matches!(word.text.as_str(), "will" | "won't"));
            return (if tells { Form::Statement } else { Form::Command }, Polarity::MustNot);
        }
        "not" | "without" | "nothing" | "neither" => return (Form::Fragment, Polarity::MustNot),
        "prefer" | "consider" | "try" => {
            return (
                Form::Command,
                if second == "to" && third(words, "avoid") { Polarity::MustNot } else { Polarity::Should },
            );
        }
        "only" if words.get(1).is_some_and(|word| word.classes.any(VERB)) => return (Form::Command, Polarity::Must),
        "be" if matches!(second, "mindful" | "careful" | "conservative" | "cautious") => {
            return (
                if words.iter().any(|word| word.text == "avoid") { Form::Command } else { Form::Permission },
                Polarity::MustNot,
            );
        }
        // "Clear descriptions" names, "clear the cache" commands.
        "clear" if words.get(1).is_some_and(|word| word.classes.any(v::MESSAGE.with(v::COMMIT).with(v::PR))) => {
            return (Form::Fragment, Polarity::Must);
        }
        "have" if matches!(second, "a" | "an" | "the" | "your" | "each" | "every" | "at-least") => {
            return (Form::Command, Polarity::Must);
        }
        "ensure"
            if words
                .iter()
                .skip(1)
                .take(4)
                .any(|word| matches!(word.text.as_str(), "never" | "not" | "don't" | "no")) =>
        {
            return (Form::Command, Polarity::MustNot);
        }
        "ensure" | "✅" => return (Form::Command, Polarity::Must),
        "must" | "should" | "shall" => {
            let never = matches!(second, "never" | "not" | "avoid");
            return (Form::Modal, if never { Polarity::MustNot } else { Polarity::Must });
        }
        _ => {}
    }
    if first.classes.any(VERB) && !is_noun(words) && !is_of_subject(words) {
        return (Form::Command, Polarity::Must);
    }
    finite::read(words)
}

fn third(words: &[Word], text: &str) -> bool {
    words.get(2).is_some_and(|word| word.text == text)
}

/// "No pushes to main" forbids, "no team is notified" states.
fn no_form(words: &[Word]) -> Form {
    let states = words.iter().take(8).any(|word| word.classes.any(STATEMENT) && !word.classes.any(v::CHECK));
    let needless =
        words.iter().take(8).any(|word| matches!(word.text.as_str(), "needed" | "necessary" | "required" | "exist"));
    let modal = words.iter().take(12).any(|word| matches!(word.text.as_str(), "may" | "must" | "should" | "can"));
    if (states || needless) && !modal { Form::Statement } else { Form::Command }
}

/// Verbs whose object may be a clause of its own: "ensure the tests are green".
const OF_CLAUSES: [&str; 37] = [
    "ensure",
    "verify",
    "confirm",
    "check",
    "make",
    "note",
    "remember",
    "assume",
    "say",
    "state",
    "explain",
    "know",
    "see",
    "treat",
    "validate",
    "document",
    "mention",
    "show",
    "expect",
    "require",
    "guarantee",
    "assert",
    "tell",
    "consider",
    "let",
    "keep",
    "ask",
    "prove",
    "demonstrate",
    "disclose",
    "declare",
    "indicate",
    "watch",
    "wait",
    "do",
    "double-check",
    "report",
];

/// Whether a word that could be a verb begins the subject of a later one: "default credentials are stored in", "build output
/// has to".
fn is_of_subject(words: &[Word]) -> bool {
    if words.first().is_some_and(|first| OF_CLAUSES.contains(&first.text.as_str())) {
        return false;
    }
    for (at, pair) in words.windows(2).enumerate().skip(1).take(7) {
        let [word, next] = pair else { return false };
        match word.text.as_str() {
            "is" | "are" | "was" | "were" | "has" | "have" | "will" | "isn't" | "aren't" | "must" | "should"
            | "can" | "cannot" | "may" => return true,
            "that" | "which" | "who" | "if" | "when" | "whenever" | "where" | "whether" | "so" | "because"
            | "until" | "unless" | "before" | "after" | "while" | "as" | "how" | "what" | "whatever" | "why"
            | "you" | "we" | "it" | "they" | "i" | "once" | "whose" | "than" | "but" | "then" | "since" => {
                return false;
            }
            "," if next.classes.any(VERB) => {}
            // "Lint and typecheck are mandatory".
            "and" | "or" if next.classes.any(VERB) => {
                return words
                    .get(at + 2)
                    .is_some_and(|verb| matches!(verb.text.as_str(), "is" | "are" | "must" | "should"));
            }
            "to" if next.classes.any(VERB) => return false,
            _ if word.classes.any(v::PUNCTUATION) && word.text != "/" && word.text != "-" => return false,
            _ => {}
        }
    }
    false
}

/// Words after which a word that could be a verb is part of a name, or the subject.
const HEADS: &str = "message messages format style title titles hook hooks history naming body size window windows freeze frequency \
    budget limit branch branches process notes policy convention conventions command commands script scripts steps \
    workflow workflows status checklist guidelines rules requests subject subjects author authors log gate gates is \
    must should are has will can may requires file files failures prefix prefixes type types scope scopes trailer \
    trailers cadence throttle interval pipeline server target agent agents sha hash hygiene discipline descriptions \
    description boundaries names";

/// Whether a word that can be a verb stands as a noun: "commit messages", "release branch", "tests pass".
fn is_noun(words: &[Word]) -> bool {
    let ambiguous = words.first().is_some_and(|first| {
        first.classes.any(
            v::COMMIT
                .with(v::PUSH)
                .with(v::MERGE)
                .with(v::RELEASE)
                .with(v::DEPLOY)
                .with(v::BRANCH)
                .with(v::CHECK)
                .with(v::VERSION)
                .with(v::NAMING)
                .with(v::CHANGE)
                .with(v::AMEND)
                .with(v::APPROVE),
        )
    });
    let next = words.get(1).map_or("", |word| word.text.as_str());
    ambiguous && (HEADS.split(' ').any(|head| head == next) || next == ":" || (next == "pass" || next == "passes"))
}
