//! Patterns over words: the notation that the families are written in.
//!
//! `batch|@batch` one of several words or classes, `word?` optional, `..3` up to three words of any kind,
//! `#` a number, which is captured, `^` the start of the main clause, `$` the end, `!word` not followed by the word.

use super::vocabulary::{self, Classes, NUMBER};
use super::words::Word;

#[derive(Clone, Debug)]
enum Element {
    One { words: Vec<&'static str>, classes: Classes, optional: bool },
    Not { words: Vec<&'static str>, classes: Classes },
    Gap(usize),
    Number,
    Start,
    End,
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    elements: Vec<Element>,
    /// What a text must have of each element that is not optional.
    needs: Vec<Summary>,
}

/// What words have, in a few bits: enough to tell that a pattern cannot fit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Summary {
    classes: Classes,
    /// One bit of 64 for each word.
    words: u64,
}

impl Summary {
    /// Sums up words.
    pub fn of(words: &[Word]) -> Self {
        words.iter().fold(Self::default(), |all, word| Self {
            classes: all.classes.with(word.classes),
            words: all.words | bit(&word.text),
        })
    }

    const fn may_have(self, need: Self) -> bool {
        self.classes.any(need.classes) || self.words & need.words != 0
    }
}

/// The bit of a word: FNV-1a, folded.
fn bit(word: &str) -> u64 {
    let hash = word.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    1 << ((hash ^ (hash >> 15)) & 63)
}

/// Where a pattern fits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    pub start: usize,
    pub end: usize,
    /// The words that are its numbers.
    pub numbers: Vec<usize>,
}

impl Pattern {
    /// Compiles a pattern; a class that does not exist never fits.
    pub fn new(text: &'static str) -> Self {
        let elements: Vec<Element> = text.split_whitespace().map(element).collect();
        let needs = elements.iter().filter_map(|element| match element {
            Element::One { words, classes, optional: false } => {
                Some(Summary { classes: *classes, words: words.iter().fold(0, |bits, word| bits | bit(word)) })
            }
            Element::Number => Some(Summary { classes: NUMBER, words: 0 }),
            _ => None,
        });
        Self { needs: needs.collect(), elements }
    }

    /// The first place where it fits; `main` is where the main clause starts.
    pub fn find(&self, words: &[Word], main: usize, summary: Summary) -> Option<Match> {
        if !self.needs.iter().all(|need| summary.may_have(*need)) {
            return None;
        }
        (0..words.len()).find_map(|start| {
            let mut numbers = Vec::new();
            let end = fit(&self.elements, words, start, main, &mut numbers)?;
            Some(Match { start, end, numbers })
        })
    }
}

/// Compiles a list of patterns once.
macro_rules! patterns {
    ($($(#[$doc:meta])* $name:ident = [$($text:literal),* $(,)?];)*) => {
        $($(#[$doc])* static $name: std::sync::LazyLock<Vec<$crate::governance::grammar::pattern::Pattern>> =
            std::sync::LazyLock::new(|| vec![$($crate::governance::grammar::pattern::Pattern::new($text)),*]);)*
    };
}
pub(crate) use patterns;

fn element(text: &'static str) -> Element {
    match text {
        "#" => return Element::Number,
        "^" => return Element::Start,
        "$" => return Element::End,
        _ => {}
    }
    if let Some(most) = text.strip_prefix("..") {
        return Element::Gap(most.parse().unwrap_or(0));
    }
    if let Some(rest) = text.strip_prefix('!').filter(|rest| !rest.is_empty()) {
        let (words, classes) = alternatives(rest);
        return Element::Not { words, classes };
    }
    let (text, optional) = match text.strip_suffix('?') {
        Some(rest) if !rest.is_empty() => (rest, true),
        _ => (text, false),
    };
    let (words, classes) = alternatives(text);
    Element::One { words, classes, optional }
}

fn alternatives(text: &'static str) -> (Vec<&'static str>, Classes) {
    let mut words = Vec::new();
    let mut classes = Classes::default();
    for part in text.split('|') {
        match part.strip_prefix('@').filter(|name| !name.is_empty()) {
            Some(name) => classes = classes.with(vocabulary::named(name).unwrap_or_default()),
            None => words.push(part),
        }
    }
    (words, classes)
}

/// Where the rest of a pattern ends when it starts at a word.
fn fit(elements: &[Element], words: &[Word], at: usize, main: usize, numbers: &mut Vec<usize>) -> Option<usize> {
    let Some((element, rest)) = elements.split_first() else { return Some(at) };
    let is = |word: &Word, texts: &[&str], classes: Classes| {
        word.classes.any(classes) || texts.contains(&word.text.as_str())
    };
    match element {
        Element::One { words: texts, classes, optional } => {
            let here = words.get(at).is_some_and(|word| is(word, texts, *classes));
            let taken = if here { fit(rest, words, at + 1, main, numbers) } else { None };
            taken.or_else(|| if *optional { fit(rest, words, at, main, numbers) } else { None })
        }
        Element::Not { words: texts, classes } => {
            let here = words.get(at).is_some_and(|word| is(word, texts, *classes));
            if here { None } else { fit(rest, words, at, main, numbers) }
        }
        Element::Gap(most) => (at..=words.len().min(at + most)).find_map(|next| fit(rest, words, next, main, numbers)),
        Element::Number => {
            words.get(at).filter(|word| word.classes.any(NUMBER))?;
            numbers.push(at);
            let end = fit(rest, words, at + 1, main, numbers);
            if end.is_none() {
                numbers.pop();
            }
            end
        }
        Element::Start => (at == main).then(|| fit(rest, words, at, main, numbers)).flatten(),
        Element::End => ends(words, at).then(|| fit(rest, words, at, main, numbers)).flatten(),
    }
}

/// Whether a text ends at a word: a full stop may follow.
fn ends(words: &[Word], at: usize) -> bool {
    at >= words.len()
        || at + 1 == words.len() && matches!(words.get(at).map(|word| word.text.as_str()), Some("." | "!"))
}

#[cfg(test)]
mod tests {
    use super::{Element, Pattern, Summary};
    use crate::governance::grammar::words;

    #[test]
    fn patterns_fit_words_classes_gaps_and_numbers() {
        let words = words::split("at most 3 production deploys per hour");
        let summary = Summary::of(&words);
        let found = Pattern::new("at-most # ..2 @deploy per @unit").find(&words, 0, summary).expect("fits");
        assert_eq!((found.start, found.end, found.numbers), (0, 6, vec![1]));
        assert!(Pattern::new("# !production ..2 @deploy").find(&words, 0, summary).is_none());
        assert!(Pattern::new("^ at-most a? #").find(&words, 0, summary).is_some());
        assert!(Pattern::new("hour $").find(&words, 0, summary).is_some());
        assert!(matches!(Pattern::new("@nonsense").elements[0], Element::One { classes, .. } if classes.0 == 0));
    }
}
