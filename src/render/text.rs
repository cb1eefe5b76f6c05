//! Text from outside, made harmless: for a terminal, and for Markdown.

use std::borrow::Cow;

use chrono_tz::Tz;

use crate::engine::calendar::not_before;
use crate::engine::duration;
use crate::engine::event::Instant;

/// How much of one outside text is shown.
const LONGEST: usize = 300;

/// Takes out what could steer a terminal or turn text around, and cuts what is too long.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    match harmless(text) {
        short if short.chars().nth(LONGEST).is_none() => short,
        long => Cow::Owned(long.chars().take(LONGEST).chain(['…']).collect()),
    }
}

/// Takes out what could steer a terminal or turn text around, whatever its length; a line's end becomes a space.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    let plain = |letter: char| match letter {
        '\n' | '\t' => ' ',
        _ if is_hostile(letter) => '\u{fffd}',
        _ => letter,
    };
    if text.chars().any(is_hostile) {
        Cow::Owned(text.trim_end().chars().map(plain).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Control characters, and those that turn the direction of text or hide in it.
fn is_hostile(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
}

/// Makes text from outside plain in GitHub's Markdown: no markup, mention, reference, link or HTML survives.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let clean = clean(text);
    let mut before = ' ';
    let mut letters = clean.chars().peekable();
    while let Some(letter) = letters.next() {
        let in_number = before.is_ascii_digit() && letters.peek().is_some_and(char::is_ascii_digit);
        before = letter;
        match letter {
            // A time of day is no scheme and no emoji, and people copy it.
            ':' if in_number => out.push(letter),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A joiner after the sign keeps GitHub from reading a name, a number or a scheme behind it.
            '@' | '#' | ':' => {
                out.push('\\');
                out.push(letter);
                out.push_str("&#8288;");
            }
            '.' if ends_with(&out, "www") => out.push_str(".&#8288;"),
            // `GH-1` is a reference to an issue, as `#1` is.
            '-' if ends_with(&out, "gh") => out.push_str("-&#8288;"),
            // These mark nothing up inside a line.
            '.' | ',' | ';' | '(' | ')' | '/' | '-' | '\'' | '"' | '%' | '?' => out.push(letter),
            _ if letter.is_ascii_punctuation() => {
                out.push('\\');
                out.push(letter);
            }
            _ => out.push(letter),
        }
    }
    out
}

/// Whether a text ends with letters of which GitHub makes a link, by what follows them.
fn ends_with(text: &str, letters: &str) -> bool {
    let start = text.len().checked_sub(letters.len());
    start.and_then(|start| text.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(letters))
}

/// A path as a relative reference: everything that is no plain letter of a path is written in percent.
#[must_use]
pub fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_' | b'~');
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// An instant to wait for, for a person: the time, never too early, the date where it is another day, and how far off it is.
#[must_use]
pub fn when(instant: Instant, now: Instant, zone: Option<Tz>) -> String {
    let zone = zone.unwrap_or(Tz::UTC);
    let (whole, today) = (not_before(instant), now.with_timezone(&zone).date_naive());
    let local = whole.with_timezone(&zone);
    let seconds = if whole.timestamp() % 60 == 0 { "%H:%M" } else { "%H:%M:%S" };
    let day = if local.date_naive() == today { "" } else { "%a %Y-%m-%d " };
    format!("{} (in {})", local.format(&format!("{day}{seconds} %Z")), duration::glance(instant - now))
}

/// Breaks text into lines of at most `width` columns, at spaces.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    use unicode_width::UnicodeWidthStr;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{clean, escape, wrap};
    use proptest::prelude::*;

    #[test]
    fn hostile_text_becomes_plain() {
        assert_eq!(clean("a\u{1b}[31mred\u{202e}"), "a\u{fffd}[31mred\u{fffd}");
        let escaped = escape("@team #12 GH-12 <b>|x| `y` https://example.org [z](w) ::error::");
        for mark in ["@t", "#1", "H-1", "<b", "://", "[z](", "::"] {
            assert!(!escaped.contains(mark), "{mark} in {escaped}");
        }
    }

    #[test]
    fn long_words_stand_alone() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
    }

    proptest! {
        #[test]
        fn no_markup_survives(text in ".{0,80}") {
            let escaped = escape(&text);
            let mut before = ' ';
            for letter in escaped.chars() {
                let opens = matches!(letter, '<' | '>' | '|' | '`' | '*' | '_' | '[' | ']' | '@' | '~');
                prop_assert!(!opens || before == '\\', "{letter} in {escaped}");
                prop_assert!(!letter.is_control());
                before = if before == '\\' && letter == '\\' { ' ' } else { letter };
            }
        }
    }
}
