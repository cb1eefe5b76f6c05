//! A clause into words: lower case, numbers known, terms of several words joined.

use super::terms;
use super::vocabulary::{self, CODE, Classes, NUMBER, PUNCTUATION};

/// A word of a clause.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// Lower case; of a code span, what stands between the backticks.
    pub text: String,
    pub classes: Classes,
    pub number: Option<f64>,
    /// The byte of the clause at which it starts.
    pub start: usize,
}

/// More words than a clause of prose has.
const MOST: usize = 400;

/// Splits a clause.
pub fn split(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty() && words.len() < MOST) {
        let letter = rest.chars().next().unwrap_or(' ');
        if letter.is_whitespace() {
            at += letter.len_utf8();
        } else if letter == '`' {
            let inner = rest.get(1..).unwrap_or_default();
            let end = inner.find('`').unwrap_or(inner.len());
            words.push(code(inner.get(..end).unwrap_or_default(), at));
            at += end + 2;
        } else {
            let end = rest.find(|letter: char| letter.is_whitespace() || letter == '`').unwrap_or(rest.len());
            chunk(rest.get(..end).unwrap_or_default(), at, &mut words);
            at += end;
        }
    }
    terms::join(&words)
}

/// A word as it stands.
pub fn plain(text: &str, start: usize) -> Word {
    let text = text.to_lowercase();
    let number = terms::number(&text);
    let mut classes = vocabulary::classes(&text);
    if number.is_some() {
        classes = classes.with(NUMBER);
    }
    if !text.chars().any(char::is_alphanumeric) && classes == Classes::default() {
        classes = PUNCTUATION;
    }
    Word { text, classes, number, start }
}

/// Commands that deploy.
const DEPLOYS: &str = "vercel --prod, vercel deploy, netlify deploy, kubectl apply, kubectl delete, helm upgrade, helm install, terraform apply, \
    kamal deploy, fly deploy, wrangler deploy, cdk deploy, gcloud run deploy";

/// A code span: a name keeps its own classes, a command those of its verb and flags.
fn code(inner: &str, start: usize) -> Word {
    let text = inner.trim().to_lowercase();
    let mut classes = CODE;
    let mut parts = text.split_whitespace();
    match (parts.next(), parts.next()) {
        (Some(one), None) => classes = classes.with(vocabulary::classes(one.trim_end_matches(':'))),
        (Some("git"), Some(act)) => classes = classes.with(vocabulary::classes(act)),
        (Some("gh"), Some("pr")) if text.contains("pr create") => classes = classes.with(vocabulary::PR),
        _ => {}
    }
    let git = text.starts_with("git") || text.starts_with(['-', '[']);
    for flag in text.split_whitespace().filter(|part| git && part.starts_with(['-', '['])) {
        classes = classes.with(vocabulary::classes(flag));
    }
    if [
        "prisma migrate",
        "db push",
        "db:migrate",
        "database:migrate",
        "alembic",
        "makemigrations",
        "migrate dev",
        "migrate deploy",
        "migrate reset",
        "migrations/",
    ]
    .iter()
    .any(|part| text.contains(part))
    {
        classes = classes.with(vocabulary::MIGRATION);
    }
    if DEPLOYS.split(", ").any(|part| text.starts_with(part)) {
        classes = classes.with(vocabulary::DEPLOY);
    }
    for (name, class) in [
        ("co-authored-by", vocabulary::TRAILER),
        ("signed-off-by", vocabulary::TRAILER),
        ("assisted-by", vocabulary::TRAILER),
        ("generated-by", vocabulary::TRAILER),
    ] {
        if text.contains(name) {
            classes = classes.with(class);
        }
    }
    Word { text, classes, number: None, start }
}

const OPENING: [char; 11] = ['(', '[', '{', '"', '\'', '“', '‘', '*', '_', '«', '…'];
const CLOSING: [char; 16] = [')', ']', '}', '"', '\'', '”', '’', '*', '_', ',', '.', ';', ':', '!', '?', '…'];

/// A run of letters between spaces: punctuation off, then parts.
fn chunk(text: &str, start: usize, words: &mut Vec<Word>) {
    if text.starts_with("http") {
        words.push(Word { text: text.to_lowercase(), classes: link_classes(text), number: None, start });
        return;
    }
    if text.starts_with('[')
        && (text.ends_with(']') || ["[skip", "[ci", "[no", "[build"].contains(&text.to_lowercase().as_str()))
    {
        words.push(plain(text, start));
        return;
    }
    let core = text.trim_start_matches(OPENING);
    let opened = text.len() - core.len();
    if opened > 0 {
        words.push(plain(text.get(..opened).unwrap_or_default(), start));
    }
    let inner = core.trim_end_matches(CLOSING);
    if !inner.is_empty() {
        parts(inner, start + opened, words);
    }
    for (at, closing) in core.get(inner.len()..).unwrap_or_default().char_indices() {
        words.push(plain(closing.encode_utf8(&mut [0; 4]), start + opened + inner.len() + at));
    }
}

fn link_classes(text: &str) -> Classes {
    if text.contains("conventionalcommits") { vocabulary::CONVENTIONAL } else { Classes::default() }
}

/// `deploys/day`, `09:00-17:00`, `Mon–Thu`, `30m`, `≥5`: into their parts.
fn parts(text: &str, start: usize, words: &mut Vec<Word>) {
    let lower = text.to_lowercase();
    if vocabulary::classes(&lower) != Classes::default() {
        return words.push(plain(text, start));
    }
    if is_instant(text) {
        return words.push(plain(text, start));
    }
    let (count, rest) = text.split_once('-').unwrap_or((text, ""));
    if terms::number(count).is_some() && vocabulary::classes(rest).any(vocabulary::UNIT) {
        words.push(plain(count, start));
        return words.push(plain(rest, start + count.len() + 1));
    }
    for (separator, wide) in [('/', true), ('=', true), ('–', false), ('-', false), ('+', false)] {
        let Some((left, right)) = text.split_once(separator).filter(|(left, _)| !left.is_empty()) else { continue };
        let between = start + left.len();
        let fits = if wide {
            !text.contains('.') && !left.starts_with(['.', '~', '@']) && text.matches('/').count() < 4
        } else {
            (is_part(left) && (right.is_empty() || is_part(right))) && !is_date(text)
        };
        if fits {
            parts(left, start, words);
            words.push(plain(separator.encode_utf8(&mut [0; 4]), between));
            if !right.is_empty() {
                parts(right, between + separator.len_utf8(), words);
            }
            return;
        }
    }
    let sign = lower.len() - lower.trim_start_matches(['≥', '≤', '>', '<', '=', '~', '≈', '×']).len();
    let (sign, rest) = text.split_at_checked(sign).unwrap_or(("", text));
    if !sign.is_empty() {
        words.push(plain(sign, start));
    }
    let digits = rest.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'.')).count();
    let (number, unit) = rest.split_at_checked(digits).unwrap_or((rest, ""));
    let unit = unit.trim_start_matches('-');
    if digits > 0 && !unit.is_empty() && vocabulary::classes(&unit.to_lowercase()).any(vocabulary::UNIT) {
        words.push(plain(number, start + sign.len()));
        words.push(plain(unit, start + sign.len() + rest.len() - unit.len()));
    } else if !rest.is_empty() {
        words.push(plain(rest, start + sign.len()));
    }
}

/// Whether a text can be one end of a range: a number, a time, a day, a count of something.
fn is_part(text: &str) -> bool {
    let lower = text.to_lowercase();
    text.starts_with(|letter: char| letter.is_ascii_digit())
        || vocabulary::classes(&lower).any(vocabulary::DAY.with(vocabulary::UNIT))
}

fn is_date(text: &str) -> bool {
    text.len() >= 8 && text.matches('-').count() == 2 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// "2026-12-20T18:00:00+01:00".
fn is_instant(text: &str) -> bool {
    text.split_once(['T', 't']).is_some_and(|(date, time)| is_date(date) && date.len() == 10 && time.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::split;

    fn texts(text: &str) -> String {
        split(text).into_iter().map(|word| word.text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ranges_units_and_signs_come_apart() {
        for (text, expected) in [
            ("max 3 deploys/day", "max 3 deploys / day"),
            ("≥5 fixes, 15+ minutes", "≥ 5 fixes , 15 + minutes"),
            ("Mon–Thu 09:00-17:00", "mon - thu 09:00 - 17:00"),
            ("a 30-minute gap of 10min", "a 30 minute gap of 10 min"),
            ("until 2026-12-20 (incl.)", "until 2026-12-20 ( incl . )"),
            ("Do not run `git push --force`", "don't run git push --force"),
            ("No more than one pull request", "at-most one pr"),
        ] {
            assert_eq!(texts(text).replace('–', "-"), expected);
        }
    }
}
