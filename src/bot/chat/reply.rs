//! Replies as data, and as Markdown that no text from outside can turn into anything else.

use std::fmt::Write;

use crate::render::escape;

/// The most characters of a reply: GitHub refuses a comment of more than 65,536.
const LONGEST: usize = 60_000;

/// How an answer ends, said in words too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is done.
    Done,
    /// It was only asked.
    Told,
    /// It is not done.
    Refused,
}

/// Markdown of the project's own renderers, in which text from outside is escaped already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page(String);

impl Page {
    /// Takes a page that a renderer of the project wrote.
    #[must_use]
    pub const fn ours(markdown: String) -> Self {
        Self(markdown)
    }
}

/// What is answered to one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The line that it answers, without the word that begins it.
    pub said: String,
    pub mark: Mark,
    /// Who, what, until when: one sentence of plain text.
    pub says: String,
    /// What else there is to say, plain text.
    pub notes: Vec<String>,
    pub page: Option<Page>,
}

impl Answer {
    /// An answer of one sentence.
    #[must_use]
    pub fn new(said: &str, mark: Mark, says: impl Into<String>) -> Self {
        Self { said: said.to_owned(), mark, says: says.into(), notes: Vec::new(), page: None }
    }

    /// The same, with something else to say.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The same, with a page below.
    #[must_use]
    pub fn page(mut self, page: Page) -> Self {
        self.page = Some(page);
        self
    }
}

/// The reply to one comment: one, however often the comment is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The number of the comment that it answers.
    pub comment: u64,
    /// Whether there is nothing left to do; else a job that is run again answers anew.
    pub is_last: bool,
    pub answers: Vec<Answer>,
}

/// The hidden words by which the reply to a comment is found again.
#[must_use]
pub fn reply_marker(comment: u64) -> String {
    format!("<!-- deploy-rhythm: reply to comment {comment} -->")
}

impl Reply {
    /// Writes it as GitHub's Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = match self.is_last {
            true => format!("{}\n\n", reply_marker(self.comment)),
            false => String::new(),
        };
        for answer in &self.answers {
            if self.answers.len() > 1 {
                let _ = writeln!(out, "> rhythm: {}\n", inside(&answer.said));
            }
            let mark = match answer.mark {
                Mark::Done => "✅ Done:",
                Mark::Told => "ℹ️",
                Mark::Refused => "⛔ Not done:",
            };
            let _ = writeln!(out, "{mark} {}\n", inside(&answer.says));
            for note in &answer.notes {
                let _ = writeln!(out, "- {}", inside(note));
            }
            if !answer.notes.is_empty() {
                out.push('\n');
            }
            if let Some(Page(page)) = &answer.page {
                let _ = writeln!(out, "{}\n", page.trim_end());
            }
        }
        match out.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}\n\n… cut here.\n", &out[..end]),
            None => out,
        }
    }
}

/// Text from outside behind a mark of ours: not even its beginning marks anything up.
fn inside(text: &str) -> String {
    let text = escape(text.trim());
    let plain = text.starts_with(char::is_alphabetic);
    if plain { text } else { format!("&#8288;{text}") }
}
