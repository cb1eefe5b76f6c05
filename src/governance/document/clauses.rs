//! A sentence into clauses, each of which may be a rule of its own.

/// Where a clause begins inside a sentence, without the words that join it: the joint and how much of it is dropped.
const JOINTS: &[(&str, usize)] = &[
    ("; ", 2),
    (" — ", 5),
    ("—", 3),
    (" – ", 5),
    (" - ", 3),
    (" -- ", 4),
    (", not ", 2),
    (" (not ", 2),
    (", never ", 2),
    (" (never ", 2),
    (" and never ", 5),
    (" but never ", 5),
    (", don't ", 2),
    (", do not ", 2),
    (" and don't ", 5),
    (" and do not ", 5),
    (" but don't ", 5),
    (" but do not ", 5),
    (" and avoid ", 5),
    (", avoid ", 2),
    (", always ", 2),
    (" and always ", 5),
    (", only ", 2),
    (", then ", 2),
    (", and must ", 6),
    (", no ", 2),
    (" (no ", 2),
    (", but ", 6),
    (": ", 2),
    (", so ", 2),
];

/// A clause of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clause<'a> {
    pub text: &'a str,
    /// Where it starts in the sentence.
    pub start: usize,
}

/// Splits a sentence; code spans are never split.
pub fn split(sentence: &str) -> Vec<Clause<'_>> {
    let mut clauses = Vec::new();
    let mut start = 0;
    let mut at = 0;
    let mut code = false;
    while let Some(letter) = sentence.get(at..).and_then(|rest| rest.chars().next()) {
        let joint = if code { None } else { joint(sentence, at, letter) };
        code ^= letter == '`';
        match joint {
            Some(dropped) if at > start => {
                clauses.push((start, at));
                start = at + dropped;
                at = start;
            }
            _ => at += letter.len_utf8(),
        }
    }
    clauses.push((start, sentence.len()));
    let clean = |(start, end): (usize, usize)| {
        let text = sentence.get(start..end)?;
        let lead = text.len() - text.trim_start().len();
        let text = text.trim().trim_end_matches([';', ',']);
        (text.chars().any(char::is_alphanumeric)).then_some(Clause { text, start: start + lead })
    };
    clauses.into_iter().filter_map(clean).collect()
}

/// How many bytes the joint at a byte drops, where one is.
fn joint(sentence: &str, at: usize, letter: char) -> Option<usize> {
    if !matches!(letter, ';' | '—' | ' ' | ',' | ':') {
        return None;
    }
    let rest = sentence.as_bytes().get(at..)?;
    let fits = |joint: &str| rest.get(..joint.len()).is_some_and(|start| start.eq_ignore_ascii_case(joint.as_bytes()));
    let (joint, dropped) = JOINTS.iter().find(|(joint, _)| fits(joint))?;
    // A subordinate opening keeps its main clause: "If it fails, do not push".
    // "Run: `make`" is one clause, "Not accepted: a human must review" are two.
    if limits_the_same(sentence.get(at..)?) {
        return None;
    }
    if matches!(*joint, " — " | " – " | " - ") && is_range(sentence, at, at + joint.len()) {
        return None;
    }
    // "`.env` is local; never commit it" is one rule.
    if points_back(sentence.get(at + dropped..)?) {
        return None;
    }
    // "Run the tests, then commit" is one rule.
    let after = sentence.get(at + dropped..)?.trim_end_matches(['.', ' ']);
    if *joint == ", then " && ["then commit", "then push"].iter().any(|act| after.eq_ignore_ascii_case(act)) {
        return None;
    }
    let colon = *joint == ": ";
    if colon && sentence.get(at + 2..).is_some_and(|rest| rest.starts_with('`') || rest.split_whitespace().count() < 4)
    {
        return None;
    }
    let before = sentence.get(..at)?;
    let main = colon || joint.starts_with(", ");
    (!main || !opens_with_condition(before) && (colon || !lists_conditions(before))).then_some(*dropped)
}

/// Whether a dash stands between two dates, hours or days: "2026-12-20 – 2027-01-03".
fn is_range(sentence: &str, from: usize, to: usize) -> bool {
    let end = |word: &str| {
        const NAMES: [&str; 19] = [
            "mon", "tue", "wed", "thu", "fri", "sat", "sun", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug",
            "sep", "oct", "nov", "dec",
        ];
        let lower = word.to_lowercase();
        word.starts_with(|letter: char| letter.is_ascii_digit())
            || NAMES.iter().any(|name| lower.starts_with(name) && lower.len() < 11)
    };
    let before = sentence.get(..from).and_then(|text| text.split_whitespace().next_back());
    let after = sentence.get(to..).and_then(|text| text.split_whitespace().next());
    before.zip(after).is_some_and(|(before, after)| end(before) && end(after))
}

/// Whether what follows a joint speaks of what stands before it: "never commit it".
fn points_back(rest: &str) -> bool {
    let mut words = rest.split(|letter: char| !letter.is_ascii_alphabetic() && letter != '\'');
    let mut next = || words.by_ref().find(|word| !word.is_empty()).unwrap_or_default().to_ascii_lowercase();
    let (first, second) = match (next(), next()) {
        (so, first) if so == "so" => (first, next()),
        both => both,
    };
    let verb = match (first.as_str(), second.as_str()) {
        ("never" | "don't", _) => second,
        ("do", "not") => next(),
        _ => return false,
    };
    matches!(verb.as_str(), "commit" | "push" | "stage" | "check" | "hardcode" | "bypass" | "skip" | "disable")
        && matches!(next().as_str(), "it" | "them" | "these")
}

/// Whether what follows a joint limits what stands before it: ", but never longer than a day".
fn limits_the_same(rest: &str) -> bool {
    const LIMITS: [&str; 6] = ["never longer", "never later", "no longer", "no later", "not longer", "at most"];
    let rest = rest.trim_start_matches([',', ' ']);
    let rest = rest.strip_prefix("but ").or_else(|| rest.strip_prefix("and ")).unwrap_or(rest);
    LIMITS.iter().any(|limit| rest.starts_with(limit))
}

/// Words that open a condition, a place or a time.
const OPENERS: [&str; 22] = [
    "from",
    "between",
    "ideally",
    "preferably",
    "if",
    "when",
    "whenever",
    "for",
    "after",
    "before",
    "once",
    "while",
    "unless",
    "in",
    "on",
    "during",
    "until",
    "as",
    "at",
    "with",
    "where",
    "except",
];

/// Whether a text so far is one condition of several members: "If it is a copy, a trifle, or cannot be tested".
fn lists_conditions(text: &str) -> bool {
    let start = text.rfind([';', '—']).map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let lower = text.get(start..).unwrap_or(text).trim_start().to_ascii_lowercase();
    let opens = ["if ", "when ", "unless "].iter().any(|opener| lower.starts_with(opener));
    let last = lower.rsplit(", ").next().unwrap_or_default();
    opens && lower.contains(", ") && (last.starts_with("or ") || last.starts_with("and "))
}

/// Whether a text so far is only a condition, place or time.
fn opens_with_condition(text: &str) -> bool {
    let start = text.rfind([';', '—']).map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let text = text.get(start..).unwrap_or(text);
    let first = text.trim_start().split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
    !text.contains(',') && OPENERS.iter().any(|opener| opener.eq_ignore_ascii_case(first))
}
