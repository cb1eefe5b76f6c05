//! The quick way through a line of a deploy log: a flat object of texts, as nearly every writer makes them.
//!
//! Whatever is less plain (an escape, a number, a nested value, a key that stands twice) is left to `serde_json`, which
//! takes five times as long and decides alone what JSON is.

use std::borrow::Cow;

use super::{Field, Line};

/// Reads a line, or declines.
pub(super) fn read(line: &str) -> Option<Line<'_>> {
    // No text may hold a control character as it is; looking at all bytes at once is the quick way to know.
    if line.bytes().map(|byte| u8::from(byte < b' ')).fold(0, |any, one| any | one) != 0 {
        return None;
    }
    let mut cursor = Cursor { line, at: 0 };
    cursor.skip(b'{')?;
    let mut read = Line::default();
    loop {
        let key = cursor.text()?;
        cursor.skip(b':')?;
        let value = match cursor.null() {
            true => Field::Null,
            false => Field::Text(Cow::Borrowed(cursor.text()?)),
        };
        if let Some(field) = field(&mut read, key) {
            if !matches!(field, Field::Missing) {
                return None;
            }
            *field = value;
        }
        if cursor.skip(b',').is_none() {
            cursor.skip(b'}')?;
            return (cursor.at == line.len()).then_some(read);
        }
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
        let end = self.at + memchr::memchr2(b'"', b'\\', rest)?;
        let text = self.line.get(self.at..end)?;
        self.at = end;
        self.skip(b'"').map(|()| text)
    }

    /// Passes by a `null`, where one stands.
    fn null(&mut self) -> bool {
        let rest = self.line.as_bytes().get(self.at..).unwrap_or_default().trim_ascii_start();
        let null = rest.starts_with(b"null");
        if null {
            self.at = self.line.len() - rest.len() + 4;
        }
        null
    }
}

fn field<'line, 'a>(line: &'line mut Line<'a>, key: &str) -> Option<&'line mut Field<'a>> {
    Some(match key {
        "id" => &mut line.id,
        "environment" => &mut line.environment,
        "commit" => &mut line.commit,
        "revision" => &mut line.revision,
        "state" => &mut line.state,
        "started_at" => &mut line.started_at,
        "finished_at" => &mut line.finished_at,
        "run" => &mut line.run,
        "actor" => &mut line.actor,
        "url" => &mut line.url,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Field, Line};

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
            if let Some(read) = super::read(&line) {
                let known: Line<'_> = serde_json::from_str(&line).expect("it is JSON");
                prop_assert_eq!(fields(&read), fields(&known));
            }
        }
    }

    #[test]
    fn a_usual_line_is_read_the_quick_way() {
        let line = r#"{"id": "17", "environment":"production" , "commit": null, "note": "x"}"#;
        assert!(super::read(line).is_some());
    }
}
