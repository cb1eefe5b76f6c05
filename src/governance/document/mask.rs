//! Which bytes of a text are code or comments, and which line a byte is on.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

/// Where the lines of a text begin.
#[derive(Clone, Debug)]
pub struct Lines(Vec<usize>);

impl Lines {
    /// Finds the lines of a text.
    pub fn of(text: &str) -> Self {
        Self(std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1)).collect())
    }

    /// The 1-based line of a byte.
    pub fn line(&self, at: usize) -> usize {
        self.0.partition_point(|start| *start <= at)
    }
}

/// The parts of a text that its readers do not take for prose.
#[derive(Clone, Debug)]
pub struct Mask {
    hidden: Vec<Range<usize>>,
    lines: Lines,
}

impl Mask {
    /// Finds code spans, code blocks and HTML.
    pub fn of(text: &str) -> Self {
        let events = Parser::new_ext(text, Options::empty()).into_offset_iter();
        let hidden = events.filter_map(|(event, range)| match event {
            Event::Code(_) | Event::InlineHtml(_) | Event::Start(Tag::CodeBlock(_) | Tag::HtmlBlock) => Some(range),
            _ => None,
        });
        Self { hidden: hidden.collect(), lines: Lines::of(text) }
    }

    /// Whether a byte is hidden.
    pub fn hides(&self, at: usize) -> bool {
        // Ranges come in order and do not overlap.
        let next = self.hidden.partition_point(|range| range.start <= at);
        next.checked_sub(1).and_then(|last| self.hidden.get(last)).is_some_and(|range| range.contains(&at))
    }

    /// The 1-based line of a byte.
    pub fn line(&self, at: usize) -> usize {
        self.lines.line(at)
    }
}
