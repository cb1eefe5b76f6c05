//! A passage into sentences; a label at its start is a sentence of its own.

use super::blocks::Passage;

/// A sentence of a passage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentence<'a> {
    pub text: &'a str,
    /// Where it starts in the passage's text.
    pub start: usize,
    /// The label before it: a name, or a rule of its own.
    pub label: Option<&'a str>,
    /// Whether it is itself the label of what follows.
    pub is_label: bool,
}

/// Longer sentences are no prose.
pub const LONGEST: usize = 4_000;

/// Splits a passage.
pub fn split(passage: &Passage) -> Vec<Sentence<'_>> {
    let text = passage.text.as_str();
    let mut sentences = Vec::new();
    let (label, gloss) = label(passage);
    let label = label.filter(|label| !label.is_empty());
    if let Some(label) = label {
        let start = text.len() - text.trim_start().len();
        sentences.push(Sentence { text: label, start, label: None, is_label: true });
    }
    let mut start = gloss;
    let mut add = |start: usize, end: usize| {
        let part = text.get(start..end).unwrap_or_default();
        let lead = part.len() - part.trim_start().len();
        let part = part.trim();
        if !part.is_empty() && part.len() <= LONGEST {
            sentences.push(Sentence { text: part, start: start + lead, label, is_label: false });
        }
    };
    for end in ends(text, gloss) {
        add(start, end);
        start = end;
    }
    add(start, text.len());
    for sentence in &mut sentences {
        relabel(sentence, label);
    }
    sentences
}

/// A later line of a passage may have a label of its own: "Title: …".
fn relabel(sentence: &mut Sentence<'_>, first: Option<&str>) {
    if sentence.is_label || (first.is_some() && sentence.label != first) {
        return;
    }
    if let Some(at) = plain_label(sentence.text) {
        sentence.label = sentence.text.get(..at);
        let rest = sentence.text.get(at + 1..).unwrap_or_default();
        let lead = rest.len() - rest.trim_start().len();
        sentence.start += at + 1 + lead;
        sentence.text = rest.trim();
    }
}

/// Where a short plain label ends: "Branches: …".
fn plain_label(text: &str) -> Option<usize> {
    let at = text.find(": ").filter(|at| *at < 40)?;
    let label = text.get(..at)?;
    (!label.contains(['`', '.', ',', ';', '(']) && label.split_whitespace().count() <= 4).then_some(at)
}

/// The label of a passage and the byte at which its gloss begins.
fn label(passage: &Passage) -> (Option<&str>, usize) {
    let text = passage.text.as_str();
    let clean = |label: &str| label.trim().trim_end_matches([':', '.', '-', '—', '–', '!']).trim_end().len();
    if let Some(bold) = text.get(..passage.label).filter(|bold| !bold.trim().is_empty()) {
        let rest = text.get(passage.label..).unwrap_or_default();
        let after = rest.trim_start();
        let joins =
            after.starts_with([':', '—', '–', '-', '.', '(', '→']) || bold.trim_end().ends_with([':', '.', '!']);
        let one = bold.len() < 120 && !bold.trim_end().trim_end_matches('.').contains(". ");
        if joins && one && !after.is_empty() {
            let skip = if after.starts_with(['(']) { rest.len() - after.len() } else { skipped(rest) };
            let trimmed = bold.trim_start();
            return (trimmed.get(..clean(bold)), passage.label + skip);
        }
        return (None, 0);
    }
    match plain_label(text) {
        Some(at) => (text.trim_start().get(..clean(text.get(..at).unwrap_or_default())), at + 1),
        None => (None, 0),
    }
}

/// The joining punctuation between a label and its gloss.
fn skipped(rest: &str) -> usize {
    rest.len() - rest.trim_start_matches(|letter: char| letter.is_whitespace() || ":—–-.→".contains(letter)).len()
}

/// Words before a full stop that do not end a sentence.
const ABBREVIATIONS: [&str; 20] = [
    "a.m", "p.m", "e.g", "i.e", "eg", "ie", "etc", "vs", "cf", "approx", "max", "min", "no", "fig", "incl", "excl",
    "dept", "resp", "a.k.a", "est",
];

/// Where the sentences of a text end, after a byte.
fn ends(text: &str, from: usize) -> Vec<usize> {
    let mut ends = Vec::new();
    let (mut code, mut parens) = (false, 0_usize);
    for (at, letter) in text.char_indices() {
        match letter {
            '`' => code = !code,
            '\n' => {
                ends.push(at + 1);
                (code, parens) = (false, 0);
            }
            _ if code => {}
            '(' => parens += 1,
            ')' => parens = parens.saturating_sub(1),
            '.' | '!' | '?' | '。' => {
                let after = text.get(at + letter.len_utf8()..).unwrap_or_default();
                let closes = after.trim_start_matches(['"', '”', '\'', ')', '*', '.', '!', '?']);
                let end = text.len() - closes.len();
                let spaced = closes.starts_with(char::is_whitespace) || letter == '。';
                if spaced && parens == 0 && !(letter == '.' && abbreviates(text, at, closes)) {
                    ends.push(end);
                }
            }
            _ => {}
        }
    }
    ends.retain(|end| *end > from);
    ends
}

/// Whether the full stop at a byte belongs to an abbreviation or a number.
fn abbreviates(text: &str, at: usize, after: &str) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let word = before.rsplit(|letter: char| letter.is_whitespace() || letter == '(').next().unwrap_or_default();
    let lower = word.to_lowercase();
    let next = after.trim_start().chars().next();
    let goes_on = next.is_some_and(char::is_lowercase);
    let short = ["e.g", "i.e", "eg", "ie", "vs", "cf", "a.k.a"].contains(&lower.as_str());
    short
        || (ABBREVIATIONS.contains(&lower.as_str()) && (goes_on || next.is_some_and(|next| next.is_ascii_digit())))
        || (goes_on && word.chars().count() <= 2 && !word.is_empty())
        || (word.chars().all(|letter| letter.is_ascii_digit()) && before.len() <= 3)
}
