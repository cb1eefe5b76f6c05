//! Whether a clause asks for something: commands, modals, fragments; and whether it asks or forbids.

use super::command;
use super::vocabulary::{self as v, LEAD, PUNCTUATION, VERB};
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

const SUBORDINATE: [&str; 26] = [
    "because", "if", "when", "whenever", "for", "after", "before", "once", "while", "unless", "in", "on", "during",
    "until", "as", "at", "with", "where", "since", "to", "prior-to", "upon", "from", "within", "by", "given",
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
    let (form, polarity) = command::form_of(rest);
    // "…, so callers never hardcode tokens" tells what follows.
    let follows = words.get(..main).unwrap_or_default().iter().any(|word| word.text == "so")
        && form == Form::Modal
        && !rest.iter().any(|word| matches!(word.text.as_str(), "must" | "should" | "shall" | "mustn't" | "required"));
    let steps = rest.iter().filter(|word| matches!(word.text.as_str(), "→" | "->")).count() > 1;
    let form = if follows || steps { Form::Statement } else { form };
    let polarity = if polarity == Polarity::Must && (says_weakly(rest) || wishes(&words[..main])) {
        Polarity::Should
    } else {
        polarity
    };
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

/// Whether the words before the main part weaken it: "Ideally, keep deploys rare".
fn wishes(leading: &[Word]) -> bool {
    leading.iter().any(|word| matches!(word.text.as_str(), "ideally" | "preferably"))
}

fn says_weakly(words: &[Word]) -> bool {
    let text = |word: &Word| word.text.clone();
    words.iter().any(|word| matches!(word.text.as_str(), "should" | "prefer" | "preferred" | "preferably" | "recommended" | "encouraged" | "ideally" | "consider"))
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
