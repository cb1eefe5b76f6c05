//! Whether a clause asks for something: commands, modals, fragments; and whether it asks or forbids.

use super::vocabulary::{self as v, LEAD, PUNCTUATION, STATEMENT, VERB};
use super::words::Word;
use crate::governance::directive::Polarity;

/// The form in which a clause speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// "Run the tests", "Never push".
    Command,
    /// "Tests must pass".
    Modal,
    /// No verb that tells: "Max 3 deploys per day".
    Fragment,
    /// "CI runs the tests".
    Statement,
    /// "You may push".
    Permission,
}

/// How a clause speaks, and where its main part starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mood {
    pub form: Form,
    pub polarity: Polarity,
    /// The first word after conditions and leading words.
    pub main: usize,
    /// Where a condition before the main part starts and ends, in words; equal where there is none.
    pub condition: (usize, usize),
}

impl Mood {
    /// Whether the clause by itself asks for something.
    pub fn asks(self) -> bool {
        matches!(self.form, Form::Command | Form::Modal)
    }
}

const SUBORDINATE: [&str; 25] = [
    "if", "when", "whenever", "for", "after", "before", "once", "while", "unless", "in", "on", "during", "until", "as",
    "at", "with", "where", "since", "to", "prior-to", "upon", "from", "within", "by", "given",
];

/// Reads the mood of a clause.
pub fn read(words: &[Word]) -> Mood {
    let mut main = skip_leading(words, 0);
    let begin = main;
    for _ in 0..2 {
        let each_time = words.get(main + 1).is_some_and(|word| word.text == "time");
        if !each_time && !words.get(main).is_some_and(|word| SUBORDINATE.contains(&word.text.as_str())) {
            break;
        }
        let Some(next) = after_condition(words, main) else { break };
        main = skip_leading(words, next);
    }
    let condition = (begin, if main > begin { main } else { begin });
    let rest = words.get(main..).unwrap_or_default();
    let (form, polarity) = form_of(rest);
    let polarity = if polarity == Polarity::Must && says_weakly(rest) { Polarity::Should } else { polarity };
    Mood { form, polarity, main, condition }
}

fn skip_leading(words: &[Word], mut at: usize) -> usize {
    while let Some(word) = words.get(at) {
        let next_is_verb = words.get(at + 1).is_some_and(starts);
        let punctuation = word.classes.any(PUNCTUATION) && !word.classes.any(v::NEVER);
        let leads =
            word.classes.any(LEAD) && (!word.classes.any(v::AGENT.with(VERB)) || next_is_verb) && at + 1 < words.len();
        if !punctuation && !leads {
            break;
        }
        at += 1;
    }
    at
}

/// Whether a word can open a command.
fn starts(word: &Word) -> bool {
    word.classes.any(VERB.with(v::NEVER)) || ["must", "always", "should"].contains(&word.text.as_str())
}

/// Where the main part starts after a condition: past the comma after which something is asked, else at the asking word.
fn after_condition(words: &[Word], from: usize) -> Option<usize> {
    let commas: Vec<usize> = (from..words.len())
        .filter(|at| words.get(*at).is_some_and(|word| matches!(word.text.as_str(), "," | ":")))
        .collect();
    let asks = |at: &&usize| {
        let next = skip_leading(words, **at + 1);
        words.get(next).is_some_and(is_opening) && !continues_list(words, **at)
    };
    if let Some(comma) = commas.iter().find(asks).or_else(|| commas.first()) {
        return Some(comma + 1);
    }
    let opens = |at: &usize| {
        words.get(*at).is_some_and(|word| {
            ["run", "ensure", "verify", "always", "never", "don't", "please", "must"].contains(&word.text.as_str())
        })
    };
    (from + 2..words.len()).find(opens)
}

/// "Before pushing, merging, or tagging, run": the comma is one of a list.
fn continues_list(words: &[Word], comma: usize) -> bool {
    words.get(comma + 1).is_some_and(|word| ["or", "and"].contains(&word.text.as_str()))
        && words.get(comma + 2).is_none_or(|word| !word.classes.any(VERB) || word.text.ends_with("ing"))
}

fn is_opening(word: &Word) -> bool {
    starts(word)
        || word.classes.any(v::MODAL.with(v::CODE))
        || ["you", "all", "the", "every", "it"].contains(&word.text.as_str())
}

fn form_of(words: &[Word]) -> (Form, Polarity) {
    let Some(first) = words.first() else { return (Form::Fragment, Polarity::Must) };
    let text = first.text.as_str();
    let second = words.get(1).map_or("", |word| word.text.as_str());
    match text {
        "don't" | "never" | "not" if matches!(second, "forget" | "fail" | "neglect" | "omit") => {
            return (Form::Command, Polarity::Must);
        }
        "don't" if matches!(second, "hesitate" | "worry" | "need" | "must" | "care" | "have") => {
            return (Form::Permission, Polarity::Must);
        }
        "no" | "not"
            if matches!(second, "need" | "must" | "longer" | "problem" | "matter" | "issue" | "one" | "such") =>
        {
            return (Form::Statement, Polarity::Must);
        }
        "no" => return (no_form(words), Polarity::MustNot),
        "instead" | "rather" => return (Form::Statement, Polarity::Must),
        "never" | "don't" | "mustn't" | "avoid" | "stop" | "refrain" | "shouldn't" | "can't" | "cannot" | "❌"
        | "🚫" | "⛔" => {
            return (Form::Command, Polarity::MustNot);
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
    if first.classes.any(VERB) && !is_noun(words) {
        return (Form::Command, Polarity::Must);
    }
    finite(words)
}

fn third(words: &[Word], text: &str) -> bool {
    words.get(2).is_some_and(|word| word.text == text)
}

/// "No pushes to main" forbids, "no team is notified" states.
fn no_form(words: &[Word]) -> Form {
    let states = words.iter().take(8).any(|word| word.classes.any(STATEMENT) && !word.classes.any(v::CHECK));
    let modal = words.iter().take(12).any(|word| matches!(word.text.as_str(), "may" | "must" | "should" | "can"));
    if states && !modal { Form::Statement } else { Form::Command }
}

/// Whether a word that can be a verb stands as a noun: "commit messages", "release branch", "tests pass".
fn is_noun(words: &[Word]) -> bool {
    const HEADS: [&str; 80] = [
        "message",
        "messages",
        "format",
        "style",
        "title",
        "titles",
        "hook",
        "hooks",
        "history",
        "naming",
        "body",
        "size",
        "window",
        "windows",
        "freeze",
        "frequency",
        "budget",
        "limit",
        "branch",
        "branches",
        "process",
        "notes",
        "policy",
        "convention",
        "conventions",
        "command",
        "commands",
        "script",
        "scripts",
        "steps",
        "workflow",
        "workflows",
        "status",
        "checklist",
        "guidelines",
        "rules",
        "requests",
        "subject",
        "subjects",
        "author",
        "authors",
        "log",
        "gate",
        "gates",
        "is",
        "must",
        "should",
        "are",
        "has",
        "will",
        "can",
        "may",
        "requires",
        "file",
        "files",
        "failures",
        "prefix",
        "prefixes",
        "type",
        "types",
        "scope",
        "scopes",
        "trailer",
        "trailers",
        "cadence",
        "throttle",
        "interval",
        "pipeline",
        "server",
        "target",
        "agent",
        "agents",
        "sha",
        "hash",
        "hygiene",
        "discipline",
        "descriptions",
        "description",
        "boundaries",
        "names",
    ];
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
    ambiguous && (HEADS.contains(&next) || next == ":" || (next == "pass" || next == "passes"))
}

/// What the first modal or finite verb says.
fn finite(words: &[Word]) -> (Form, Polarity) {
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
    let tells = form == Form::Fragment && (pronoun || third_person(words));
    (if tells { Form::Statement } else { form }, polarity)
}

/// "Merges the branch": a third person without its subject.
fn third_person(words: &[Word]) -> bool {
    let first = words.first().map_or("", |word| word.text.as_str());
    let second = words.get(1).map_or("", |word| word.text.as_str());
    first.ends_with('s')
        && !first.ends_with("ss")
        && matches!(second, "the" | "a" | "an" | "your" | "this" | "each" | "its")
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

fn finite_form(words: &[Word]) -> (Form, Polarity) {
    let mut relative = 0_usize;
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1);
        match word.text.as_str() {
            "that" | "which" | "who" | "where" | "if" | "when" | "whose" | "because" if at > 0 => relative = 4,
            "don't" if next.is_some_and(|next| matches!(next.text.as_str(), "must" | "need" | "require")) => {
                return (Form::Statement, Polarity::Must);
            }
            "don't" if !addressed(words, at) => return (Form::Statement, Polarity::Must),
            "mustn't" | "shouldn't" | "can't" | "cannot" | "never" | "don't" | "won't" if at > 0 => {
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
            "required" | "mandatory" | "needed" if demands(words, at) => return (Form::Modal, Polarity::Must),
            "forbidden" | "prohibited" | "disallowed" | "banned" => return (Form::Modal, Polarity::MustNot),
            "requires" | "require" | "needs" | "need" if at > 0 && relative == 0 => {
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
    let asked = words.windows(2).skip(at).find_map(|pair| match pair {
        [joins, modal] if matches!(joins.text.as_str(), "and" | "but" | ",") => match modal.text.as_str() {
            "must" | "should" => Some(Polarity::Must),
            "mustn't" | "shouldn't" | "never" => Some(Polarity::MustNot),
            _ => None,
        },
        _ => None,
    });
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
    near.iter().find_map(|word| match word.text.as_str() {
        "only" | "required" | "mandatory" | "expected" | "obligatory" | "needed" if !negated => Some(Polarity::Must),
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

fn says_weakly(words: &[Word]) -> bool {
    let text = |word: &Word| word.text.clone();
    words.iter().any(|word| matches!(word.text.as_str(), "should" | "prefer" | "preferably" | "recommended" | "ideally" | "consider"))
        || words.windows(2).any(|pair| matches!(pair, [when, possible] if text(when) == "when" && matches!(text(possible).as_str(), "possible" | "applicable" | "appropriate")))
}

#[cfg(test)]
mod tests {
    use super::{Form, read};
    use crate::governance::directive::Polarity::{self, Must, MustNot, Should};
    use crate::governance::grammar::words::split;

    #[test]
    fn clauses_ask_forbid_state_and_allow() {
        let cases: [(&str, Form, Polarity); 22] = [
            ("Run the tests before pushing", Form::Command, Must),
            ("Please always run the tests", Form::Command, Must),
            ("Never push to main", Form::Command, MustNot),
            ("Do not forget to tag", Form::Command, Must),
            ("If the build is red, do not deploy", Form::Command, MustNot),
            ("Before committing, run `make`", Form::Command, Must),
            ("Tests must pass", Form::Modal, Must),
            ("Commits should be small", Form::Modal, Should),
            ("PRs that touch the API must be reviewed", Form::Modal, Must),
            ("Force pushes are not allowed", Form::Modal, MustNot),
            ("A review is required", Form::Modal, Must),
            ("Deploys are forbidden on Fridays", Form::Modal, MustNot),
            ("CI runs the tests on every push", Form::Statement, Must),
            ("The hook checks the message", Form::Statement, Must),
            ("You may push to your own branch", Form::Permission, Must),
            ("Don't worry about the changelog", Form::Permission, Must),
            ("No need to tag", Form::Statement, Must),
            ("Max 3 deploys per day", Form::Fragment, Must),
            ("No direct pushes to main", Form::Command, MustNot),
            ("Commit messages in English", Form::Fragment, Must),
            ("Deploys may only happen on Monday", Form::Modal, Must),
            ("Try to avoid deploying late", Form::Command, MustNot),
        ];
        for (text, form, polarity) in cases {
            let mood = read(&split(text));
            assert_eq!((mood.form, mood.polarity), (form, polarity), "{text}");
        }
    }
}
