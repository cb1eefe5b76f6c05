//! `trailers`: lines that messages must carry, or must not.

use super::exclusions::from_services;
use super::finding::{Certainty, Obstacle};
use super::hearing::Hearing;
use super::message::Message;

/// How tools write in prose what `Generated-by` says as a trailer.
const GENERATED: [&str; 2] = ["Generated with [", "🤖 Generated"];

/// What a directive names: a trailer, one with a word in its value, or words anywhere in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named<'directive> {
    Trailer { key: &'directive str, word: &'directive str },
    Words(&'directive str),
}

impl<'directive> Named<'directive> {
    fn read(text: &'directive str) -> Self {
        let is_key =
            |key: &str| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        match text.split_once(':') {
            Some((key, word)) if is_key(key.trim()) => {
                let word = word.trim();
                // `Signed-off-by: Name <email>` shows a form: no name is asked.
                let is_form = word.contains(['<', '[', '{']);
                Self::Trailer { key: key.trim(), word: if is_form { "" } else { word } }
            }
            _ if is_key(text) => Self::Trailer { key: text, word: "" },
            _ => Self::Words(text),
        }
    }

    /// A forbidden line counts wherever it stands; a required one only where Git reads trailers.
    fn is_in(self, message: &Message) -> bool {
        match self {
            Self::Trailer { key, word } => {
                let phrased = key.eq_ignore_ascii_case("Generated-by") && word.is_empty();
                (phrased && GENERATED.iter().any(|words| has_words(message.text(), words)))
                    || message.trailer_lines().any(|line| fits(line.key, line.value, key, word))
            }
            Self::Words(words) => has_words(message.text(), words),
        }
    }

    fn is_trailer_of(self, message: &Message) -> bool {
        match self {
            Self::Trailer { key, word } => {
                message.trailers().iter().any(|trailer| fits(trailer.key, trailer.value, key, word))
            }
            Self::Words(_) => self.is_in(message),
        }
    }

    fn shown(self) -> String {
        match self {
            Self::Trailer { key, word: "" } => format!("{key}:"),
            Self::Trailer { key, word } => format!("{key}: {word}"),
            Self::Words(words) => format!("{words:?}"),
        }
    }
}

/// Judges each message.
pub(super) fn judge(hearing: &mut Hearing<'_>) {
    let params = hearing.params;
    let mut forbidden = params.texts("forbid");
    let mut required = params.texts("require");
    let by_polarity = ["trailer", "trailers", "name"].into_iter().flat_map(|key| params.texts(key));
    if params.forbids() { &mut forbidden } else { &mut required }.extend(by_polarity);
    if params.forbids() {
        forbidden.append(&mut required);
    }
    if forbidden.is_empty() && required.is_empty() {
        hearing.unjudged(Obstacle::Unbound, "it names no trailer");
        return;
    }
    for commit in hearing.commits() {
        let message = &commit.message;
        for named in forbidden.iter().map(|text| Named::read(text)).filter(|named| named.is_in(message)) {
            hearing.violated(Some(commit), Certainty::Told, format!("the message carries {}", named.shown()));
        }
        if required.is_empty() {
            continue;
        }
        // Nobody signs off what git or a service writes; what is forbidden is forbidden there too.
        if let Some(reason) = excused(commit) {
            hearing.exclude(commit, reason);
            continue;
        }
        let certainty = if message.is_cut() { Certainty::Guessed } else { Certainty::Told };
        for named in required.iter().map(|text| Named::read(text)).filter(|named| !named.is_trailer_of(message)) {
            hearing.violated(Some(commit), certainty, format!("the message carries no {}", named.shown()));
        }
    }
}

fn excused(commit: &super::Commit) -> Option<&'static str> {
    if commit.is_merge() { super::exclusions::from_form(commit) } else { from_services(commit) }
}

fn fits(key: &str, value: &str, wanted: &str, word: &str) -> bool {
    key.eq_ignore_ascii_case(wanted) && (word.is_empty() || has_words(value, word))
}

/// Whether a text holds words, whatever their case; a letter right before or after them makes another word.
fn has_words(text: &str, words: &str) -> bool {
    let (text, words) = (text.to_lowercase(), words.to_lowercase());
    let is_inside = |place: usize| {
        let before = text[..place].chars().next_back();
        let after = text[place + words.len()..].chars().next();
        let glued = |outside: Option<char>, inside: Option<char>| {
            outside.is_some_and(char::is_alphanumeric) && inside.is_some_and(char::is_alphanumeric)
        };
        glued(before, words.chars().next()) || glued(after, words.chars().next_back())
    };
    !words.is_empty() && text.match_indices(&words).any(|(place, _)| !is_inside(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_directive_names() {
        let table = [
            ("Co-authored-by", "a\n\nCo-Authored-By: Ada", true),
            ("Co-authored-by: Claude", "a\n\nCo-authored-by: Claude Code <x@y>", true),
            ("Co-authored-by: Claude", "a\n\nCo-authored-by: Claudette", false),
            ("Co-authored-by: Name <email>", "a\n\nCo-authored-by: Ada", true),
            ("Generated with", "a\n\n🤖 Generated with [a tool]", true),
            ("Generated-by", "a\n\n🤖 Generated with [a tool](x)", true),
            ("Generated-by", "Generated with care", false),
            ("Generated by", "a\n\nregenerated bytes", false),
            ("Generated-by", "a\n\n* part\n\nGenerated-by: x\n\n* part", true),
            ("Co-authored-by", "Drop Co-authored-by: from messages", false),
        ];
        for (named, text, found) in table {
            assert_eq!(Named::read(named).is_in(&Message::read(text.as_bytes())), found, "{named} in {text}");
        }
    }
}
