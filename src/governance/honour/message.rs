//! A commit's message: its subject, its body and its trailers, as `git interpret-trailers` reads them.

/// How many bytes of a message are kept from its beginning and, where it is longer, from its end.
const KEPT: (usize, usize) = (24 * 1024, 8 * 1024);

/// A whole message, within bounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    text: String,
    cut: bool,
}

/// A line such as `Signed-off-by: Ada <ada@example.org>` in the last paragraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trailer<'message> {
    pub key: &'message str,
    pub value: &'message str,
}

impl Message {
    /// Reads the bytes of a message; what is no text is replaced, and the middle of a very long one left out.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let (first, last) = KEPT;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        if bytes.len() <= first + last {
            return Self { text: text(bytes), cut: false };
        }
        Self { text: format!("{}\n{}", text(&bytes[..first]), text(&bytes[bytes.len() - last..])), cut: true }
    }

    /// The text that was kept.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the middle is missing: what is not found may be there.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    /// The first line that is not blank.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.lines().next().unwrap_or_default().trim()
    }

    /// What follows the subject, its leading blank lines included.
    pub fn after_subject(&self) -> impl Iterator<Item = &str> {
        self.lines().skip(1)
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.lines().skip_while(|line| line.trim().is_empty())
    }

    /// The trailers of the last paragraph; none where that is the subject, or prose.
    ///
    /// As Git has it, every line must be one, or a quarter of them where one is `Signed-off-by` or the note of a cherry-pick.
    #[must_use]
    pub fn trailers(&self) -> Vec<Trailer<'_>> {
        let lines: Vec<&str> = self.lines().collect();
        let end = lines.iter().rposition(|line| !line.trim().is_empty()).map_or(0, |last| last + 1);
        let Some(blank) = lines[..end].iter().rposition(|line| line.trim().is_empty()) else { return Vec::new() };
        let paragraph = &lines[blank + 1..end];
        let mut found = Vec::new();
        let (mut counted, mut other, mut made_by_git) = (0, 0, false);
        let mut continues = false;
        for line in paragraph {
            if line.starts_with(char::is_whitespace) {
                other += usize::from(!continues);
                continue;
            }
            let trailer = trailer(line);
            let is_note = line.starts_with("(cherry picked from commit ");
            made_by_git = made_by_git || is_note || line.starts_with("Signed-off-by: ");
            continues = trailer.is_some();
            counted += usize::from(trailer.is_some() || is_note);
            other += usize::from(trailer.is_none() && !is_note);
            found.extend(trailer);
        }
        let is_block = other == 0 || (made_by_git && counted * 3 >= other);
        if is_block { found } else { Vec::new() }
    }

    /// Lines anywhere that read like a trailer: a squash leaves those of its parts in the middle.
    pub fn trailer_lines(&self) -> impl Iterator<Item = Trailer<'_>> {
        self.after_subject().filter_map(|line| trailer(line.trim_start_matches([' ', '\t', '*', '-', '>'])))
    }
}

/// Reads `Key: value`; the key is made of letters, digits and hyphens.
fn trailer(line: &str) -> Option<Trailer<'_>> {
    let (key, value) = line.split_once(':')?;
    let key = key.trim_end();
    let is_key = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_key.then(|| Trailer { key, value: value.trim() })
}

/// The number that a host's squash puts behind a title, ` (#12)`, and the title before it.
#[must_use]
pub fn without_request_number(subject: &str) -> Option<&str> {
    let (title, number) = subject.trim_end().strip_suffix(')')?.rsplit_once("(#")?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| title.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        Message::read(text.as_bytes()).trailers().iter().map(|trailer| trailer.key.to_owned()).collect()
    }

    #[test]
    fn trailers_stand_in_the_last_paragraph() {
        assert_eq!(keys("Add a\n\nWhy: it helps\n\nSigned-off-by: Ada\nRefs: #1\n"), ["Signed-off-by", "Refs"]);
        assert_eq!(keys("fix: it\n"), Vec::<String>::new());
        assert_eq!(keys("Add a\n\nprose\nand: a colon\n"), Vec::<String>::new());
        assert_eq!(keys("Add a\n\nprose here\nSigned-off-by: Ada\n"), ["Signed-off-by"]);
        assert_eq!(keys("Add a\n\nRefs: #1\n continued\n"), ["Refs"]);
        assert_eq!(keys("\n\nAdd a\r\n\r\nRefs: #1\r\n"), ["Refs"]);
    }

    #[test]
    fn a_long_message_keeps_its_trailers() {
        let text = format!("Add a\n\n{}\n\nRefs: #1\n", "é".repeat(40_000));
        let message = Message::read(text.as_bytes());
        assert!(message.is_cut());
        assert_eq!((message.subject(), message.trailers().len()), ("Add a", 1));
    }

    #[test]
    fn a_squash_names_its_pull_request() {
        assert_eq!(without_request_number("Add a (#12)"), Some("Add a"));
        assert_eq!(without_request_number("Add a (#x)"), None);
        assert_eq!(without_request_number("Add a #12"), None);
    }
}
