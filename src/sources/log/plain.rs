//! The quick way through a line of a deploy log: a flat object of texts, as nearly every writer makes them.
//!
//! Whatever is less plain (an escape, a number, a nested value, a key that stands twice) is left to `serde_json`, which
//! takes five times as long and decides alone what JSON is.

use std::borrow::Cow;
use std::ops::Range;

use super::line::{Field, Line};

/// Where the value of a key goes.
type Place = for<'line, 'text> fn(&'line mut Line<'text>) -> &'line mut Field<'text>;

/// How the last line was laid out. A writer writes its keys in one order: what stands between two values is compared at once.
#[derive(Default)]
pub(super) struct Layout {
    line: String,
    /// What stands before each value, and where the value goes; keys that nobody asks for go nowhere.
    parts: Vec<(Range<usize>, Option<Place>)>,
    /// Where the last value ends.
    end: usize,
}

impl Layout {
    /// Reads a line, or declines.
    pub(super) fn read<'a>(&mut self, line: &'a str) -> Option<Line<'a>> {
        let mut fields = Line::default();
        if self.again(line, &mut fields).is_some() {
            return Some(fields);
        }
        fields = Line::default();
        let read = self.anew(line, &mut fields);
        if read.is_none() {
            self.parts.clear();
        }
        read.map(|()| fields)
    }

    /// Reads a line that is laid out as the last one.
    fn again<'a>(&self, line: &'a str, fields: &mut Line<'a>) -> Option<()> {
        let (known, bytes) = (self.line.as_bytes(), line.as_bytes());
        let mut at = 0;
        for (before, place) in &self.parts {
            at += bytes.get(at..)?.starts_with(&known[before.clone()]).then_some(before.len())?;
            let end = at + plain_length(&bytes[at..])?;
            if let Some(place) = place {
                *place(fields) = Field::Text(Cow::Borrowed(&line[at..end]));
            }
            at = end;
        }
        (!self.parts.is_empty() && bytes[at..] == known[self.end..]).then_some(())
    }

    /// Reads a line key by key, and remembers how it is laid out.
    fn anew<'a>(&mut self, line: &'a str, fields: &mut Line<'a>) -> Option<()> {
        self.parts.clear();
        let mut cursor = Cursor { line, at: 0 };
        let (mut end, mut only_texts) = (0, true);
        cursor.skip(b'{')?;
        loop {
            let place = place(cursor.text()?);
            cursor.skip(b':')?;
            let value = if cursor.null() {
                only_texts = false;
                Field::Null
            } else {
                let text = cursor.text()?;
                let until = cursor.at - 1;
                self.parts.push((end..until - text.len(), place));
                end = until;
                Field::Text(Cow::Borrowed(text))
            };
            if let Some(place) = place {
                let field = place(fields);
                if !matches!(field, Field::Missing) {
                    return None;
                }
                *field = value;
            }
            if cursor.skip(b',').is_none() {
                break;
            }
        }
        cursor.skip(b'}').filter(|()| cursor.at == line.len())?;
        if only_texts {
            line.clone_into(&mut self.line);
            self.end = end;
        } else {
            self.parts.clear();
        }
        Some(())
    }
}

/// A place in a line.
struct Cursor<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Passes by spaces, and then one sign.
    fn skip(&mut self, sign: u8) -> Option<()> {
        let bytes = self.line.as_bytes();
        while bytes.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        (bytes.get(self.at) == Some(&sign)).then(|| self.at += 1)
    }

    /// Reads a text in quotes, without escapes.
    fn text(&mut self) -> Option<&'a str> {
        self.skip(b'"')?;
        let rest = self.line.as_bytes().get(self.at..)?;
        let length = plain_length(rest)?;
        let text = self.line.get(self.at..self.at + length)?;
        self.at += length;
        self.skip(b'"').map(|()| text)
    }

    /// Passes by a `null`, where one stands.
    fn null(&mut self) -> bool {
        let start = self.at;
        let null = self.skip(b'n').is_some() && self.line.as_bytes()[self.at..].starts_with(b"ull");
        self.at = if null { self.at + 3 } else { start };
        null
    }
}

/// How far a text goes on before a quote, an escape, or what may not stand in a text as it is; eight bytes at a time, since
/// names and instants are too short for a search to pay.
fn plain_length(bytes: &[u8]) -> Option<usize> {
    const EACH: u64 = u64::MAX / 0xff;
    let mut words = bytes.chunks_exact(8);
    for (index, word) in words.by_ref().enumerate() {
        let word = u64::from_le_bytes(word.try_into().ok()?);
        // The lowest byte below a limit is marked by its highest bit; what a borrow marks lies above it.
        let below = |limit: u8, word: u64| word.wrapping_sub(EACH * u64::from(limit)) & !word & (EACH << 7);
        let is = |byte: u8| below(1, word ^ (EACH * u64::from(byte)));
        let ends = below(b' ', word) | is(b'"') | is(b'\\');
        if ends != 0 {
            return Some(index * 8 + ends.trailing_zeros() as usize / 8);
        }
    }
    let rest = words.remainder();
    let length = rest.iter().position(|byte| matches!(byte, 0..b' ' | b'"' | b'\\'))?;
    Some(bytes.len() - rest.len() + length)
}

fn place(key: &str) -> Option<Place> {
    Some(match key {
        "id" => |line| &mut line.id,
        "environment" => |line| &mut line.environment,
        "commit" => |line| &mut line.commit,
        "revision" => |line| &mut line.revision,
        "state" => |line| &mut line.state,
        "started_at" => |line| &mut line.started_at,
        "finished_at" => |line| &mut line.finished_at,
        "run" => |line| &mut line.run,
        "actor" => |line| &mut line.actor,
        "url" => |line| &mut line.url,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::line::{Field, Line};
    use super::Layout;

    fn fields<'a>(line: &Line<'a>) -> Vec<Option<String>> {
        let told = |field: &Field<'a>| match field {
            Field::Missing => Some("missing".to_owned()),
            Field::Null => None,
            Field::Text(text) => Some(format!("text {text}")),
            Field::Other(what) => Some((*what).to_owned()),
        };
        [&line.id, &line.environment, &line.commit, &line.revision, &line.state]
            .into_iter()
            .chain([&line.started_at, &line.finished_at, &line.run, &line.actor, &line.url])
            .map(told)
            .collect()
    }

    /// Reads lines one after another, and holds each that is read against what JSON says.
    fn reads_as_json(lines: &[String]) -> Result<usize, TestCaseError> {
        let mut layout = Layout::default();
        let mut count = 0;
        for line in lines {
            let Some(read) = layout.read(line) else { continue };
            let known: Line<'_> = serde_json::from_str(line)
                .map_err(|error| TestCaseError::fail(format!("{line} is not JSON: {error}")))?;
            prop_assert_eq!(fields(&read), fields(&known));
            count += 1;
        }
        Ok(count)
    }

    proptest! {
        #[test]
        fn what_it_reads_is_what_json_says(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "\"id\"", "\"run\"", "\"actor\"", "\"other\"", "\"é\"", "\"\"", "\"a\\\"b\"", "\"\\u0041\"", ":", ":",
                    ",", ",", "null", "nul", "1", "true", "[]", "{", "}", "{}", " ", "\t", "\"", "\\", "\u{1}",
                ]),
                0..14,
            ),
            whole in any::<bool>(),
        ) {
            let middle = parts.concat();
            let line = if whole { format!("{{{middle}}}") } else { middle };
            reads_as_json(&[line.clone(), line])?;
        }

        #[test]
        fn lines_laid_out_alike_are_read_as_json(
            keys in prop::sample::subsequence(vec!["id", "note", "run", "state", "actor", "id", "url"], 1..6),
            lines in prop::collection::vec(prop::collection::vec(0..12_usize, 6), 1..6),
            space in prop::sample::select(vec!["", " ", "  "]),
        ) {
            const VALUES: [&str; 12] = [
                "\"1\"", "\"a value of more than eight bytes\"", "\"\"", "null", "7", "\"é, two\"", "\"a\\\"b\"", "\"c\u{2}d\"",
                "\"eight by\"", "\"1\"", "\"x\",\"id\":\"y\"", "\"1\" ",
            ];
            let line = |values: &Vec<usize>| {
                let pairs = keys.iter().zip(values).map(|(key, value)| format!("\"{key}\":{space}{}", VALUES[*value]));
                format!("{{{}}}", pairs.collect::<Vec<_>>().join(&format!(",{space}")))
            };
            reads_as_json(&lines.iter().map(line).collect::<Vec<_>>())?;
        }
    }

    #[test]
    fn a_usual_line_is_read_the_quick_way() {
        let first = r#"{"id": "17", "environment":"production" , "commit": null, "note": "x"}"#;
        let (second, third) = (r#"{"id": "18", "commit": "abc"}"#, r#"{"id": "19", "commit": "abcdefghijk"}"#);
        let lines = [first, second, third, third, first, r#"{"id": "20", "commit": 7}"#, second];
        let read = reads_as_json(&lines.map(str::to_owned)).expect("as JSON");
        assert_eq!(read, lines.len() - 1, "all but the number");
        let mut layout = Layout::default();
        assert!(layout.again(third, &mut Line::default()).is_none());
        layout.read(second);
        assert!(layout.again(third, &mut Line::default()).is_some());
    }
}
