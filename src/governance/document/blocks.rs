//! The blocks of a Markdown text: paragraphs, list items and table cells become passages.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::mask::Lines;

/// What kind of block a passage is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    #[default]
    Paragraph,
    Item,
    Cell,
    Heading,
}

/// A block of prose. Emphasis is removed, code spans keep their backticks.
#[derive(Clone, Debug, Default)]
pub struct Passage {
    pub place: Place,
    pub text: String,
    /// The headings above it, outermost first.
    pub headings: Vec<String>,
    /// The texts that lead in to the lists around it, outermost first; of a cell, its column's header.
    pub leads: Vec<String>,
    /// The byte at which a bold label at its start ends; 0 where there is none.
    pub label: usize,
    /// Whether it is an item to tick off.
    pub task: bool,
    /// Whether it is an item of a numbered list.
    pub step: bool,
    /// The byte at which a link at its start ends; 0 where there is none.
    pub link: usize,
    /// The first cell of its row.
    pub row: Option<String>,
    /// Whether a list or code follows that it leads in to.
    pub leads_in: bool,
    /// Byte in `text` -> line, in order.
    marks: Vec<(usize, usize)>,
}

impl Passage {
    /// Whether it tells what stands in the document that it links to: "[Guide](guide.md): how …".
    pub fn refers(&self) -> bool {
        let rest = self.text.get(self.link..).unwrap_or_default().trim_start();
        self.link > 0 && rest.starts_with([':', '-', '–', '—'])
    }

    /// The line of a byte of its text.
    pub fn line(&self, at: usize) -> usize {
        let next = self.marks.partition_point(|(start, _)| *start <= at);
        self.marks.get(next.saturating_sub(1)).map_or(1, |(_, line)| *line)
    }
}

/// A block-level HTML comment, which readers never see.
#[derive(Clone, Debug)]
pub struct Comment {
    pub line: usize,
    pub text: String,
}

/// Reads a text into its passages and comments.
pub fn read(text: &str) -> (Vec<Passage>, Vec<Comment>) {
    let mut walk = Walk { lines: Some(Lines::of(text)), ..Walk::default() };
    let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        walk.take(event, range.start);
    }
    walk.flush();
    (walk.passages, walk.comments)
}

#[derive(Default)]
struct Walk {
    lines: Option<Lines>,
    passages: Vec<Passage>,
    comments: Vec<Comment>,
    headings: Vec<(HeadingLevel, String)>,
    /// The lead of each list around, empty where it has none.
    leads: Vec<String>,
    /// Whether each list around is numbered.
    numbered: Vec<bool>,
    /// What the next list or code belongs to: the last passage, while nothing else came between.
    before: Option<usize>,
    open: Option<Passage>,
    /// How many levels of bold are open, and where in the passage the outermost began.
    strong: usize,
    strong_from: usize,
    /// The soft break right before the outermost bold span, and whether that span may be a label.
    soft: Option<usize>,
    /// Where in the passage the last link began.
    link_from: usize,
    struck: usize,
    code: usize,
    html: Option<(usize, String)>,
    table: Table,
}

#[derive(Default)]
struct Table {
    in_head: bool,
    header: Vec<String>,
    row: Option<String>,
    column: usize,
}

impl Walk {
    fn take(&mut self, event: Event<'_>, at: usize) {
        match event {
            Event::Start(tag) => self.start(&tag, at),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.html.is_none() => self.text(&text, at),
            Event::Html(html) | Event::Text(html) => {
                if let Some((_, text)) = &mut self.html {
                    text.push_str(&html);
                }
            }
            Event::Code(code) if code.contains('`') => self.text(&format!("`{}`", code.replace('`', "'")), at),
            Event::Code(code) => self.text(&format!("`{code}`"), at),
            Event::SoftBreak => {
                let end = self.open.as_ref().map(|open| open.text.len());
                self.text(" ", at);
                self.soft = end;
            }
            Event::HardBreak => self.text("\n", at),
            Event::InlineHtml(html) if html.starts_with("<br") => self.text("\n", at),
            Event::Rule => self.before = None,
            Event::TaskListMarker(_) => {
                if let Some(open) = &mut self.open {
                    open.task = true;
                }
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, at: usize) {
        match tag {
            Tag::Paragraph => self.begin(),
            Tag::Heading { .. } => {
                self.flush();
                self.begin_as(Place::Heading);
            }
            Tag::List(first) => {
                self.flush();
                self.numbered.push(first.is_some());
                let lead = self.before.and_then(|index| self.passages.get_mut(index)).filter(|passage| leads(passage));
                self.leads.push(lead.map_or_else(String::new, |passage| {
                    passage.leads_in = true;
                    last_sentence(&passage.text).to_owned()
                }));
                self.before = None;
            }
            Tag::Item => self.begin_as(Place::Item),
            Tag::BlockQuote(_) => self.flush(),
            Tag::CodeBlock(_) => {
                self.flush();
                if let Some(passage) = self.before.and_then(|index| self.passages.get_mut(index)) {
                    passage.leads_in |= passage.text.trim_end().ends_with(':');
                }
                self.code += 1;
            }
            Tag::HtmlBlock => {
                self.flush();
                self.html = Some((at, String::new()));
            }
            Tag::Table(_) => {
                self.flush();
                self.table = Table::default();
            }
            Tag::TableHead => self.table.in_head = true,
            Tag::TableRow => (self.table.column, self.table.row) = (0, None),
            Tag::TableCell => self.begin_as(Place::Cell),
            Tag::Strong => {
                if self.strong == 0 {
                    self.strong_from = self.open.as_ref().map_or(0, |open| open.text.len());
                    self.soft = self.soft.filter(|at| at + 1 == self.strong_from);
                }
                self.strong += 1;
            }
            Tag::Strikethrough => self.struck += 1,
            Tag::Link { .. } => self.link_from = self.open.as_ref().map_or(0, |open| open.text.len()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => self.end_heading(level),
            TagEnd::Paragraph | TagEnd::Item => self.flush(),
            TagEnd::List(_) => {
                self.flush();
                self.numbered.pop();
                self.leads.pop();
                self.before = None;
            }
            TagEnd::CodeBlock => {
                self.code = self.code.saturating_sub(1);
                self.before = None;
            }
            TagEnd::HtmlBlock => self.end_html(),
            TagEnd::Table => {
                self.flush();
                self.table = Table::default();
                self.before = None;
            }
            TagEnd::TableHead => self.table.in_head = false,
            TagEnd::TableCell => self.end_cell(),
            TagEnd::Strong => self.end_strong(),
            TagEnd::Link => self.end_link(),
            TagEnd::Strikethrough => self.struck = self.struck.saturating_sub(1),
            _ => {}
        }
    }

    fn begin(&mut self) {
        if self.open.as_ref().is_none_or(|open| !open.text.trim().is_empty()) {
            self.begin_as(if self.leads.is_empty() { Place::Paragraph } else { Place::Item });
        }
    }

    fn begin_as(&mut self, place: Place) {
        self.flush();
        let step = place == Place::Item && self.numbered.last() == Some(&true);
        self.open = Some(Passage { place, step, ..Passage::default() });
    }

    fn text(&mut self, text: &str, at: usize) {
        if self.code > 0 || self.struck > 0 {
            return;
        }
        if self.open.is_none() {
            self.begin();
        }
        let line = self.lines.as_ref().map_or(1, |lines| lines.line(at));
        if self.strong == 0 && text.starts_with([':', '—', '–']) {
            self.begin_line();
        }
        if self.strong == 0 {
            self.soft = None;
        }
        if let Some(open) = &mut self.open {
            let start = open.text.len();
            open.marks.push((start, line));
            open.text.push_str(text);
        }
    }

    /// A bold span that starts the passage is its label.
    fn end_strong(&mut self) {
        self.strong = self.strong.saturating_sub(1);
        if self.open.as_ref().is_some_and(|open| open.text.ends_with(':')) {
            self.begin_line();
        }
        let Some(open) = self.open.as_mut().filter(|open| open.label == 0 && self.strong == 0) else { return };
        let before = open.text.get(..self.strong_from).unwrap_or_default();
        if !before.contains(char::is_alphanumeric) {
            open.label = open.text.len();
        }
    }

    fn end_link(&mut self) {
        let from = self.link_from;
        let Some(open) = &mut self.open else { return };
        if !open.text.get(..from).unwrap_or_default().contains(char::is_alphanumeric) {
            open.link = open.text.len();
        }
    }

    /// A bold label at the start of a source line begins a line of its own.
    fn begin_line(&mut self) {
        let (Some(at), Some(open)) = (self.soft.take(), &mut self.open) else { return };
        if open.text.get(at..=at) == Some(" ") {
            open.text.replace_range(at..=at, "\n");
        }
    }

    fn end_heading(&mut self, level: HeadingLevel) {
        let Some(passage) = self.open.take() else { return };
        self.headings.retain(|(above, _)| *above < level);
        let headings = self.headings.iter().map(|(_, text)| text.clone()).collect();
        self.headings.push((level, passage.text.trim().to_owned()));
        self.passages.push(Passage { headings, ..passage });
        self.before = None;
    }

    fn end_cell(&mut self) {
        let Some(passage) = self.open.as_mut() else { return };
        if self.table.in_head {
            let text = passage.text.trim().to_owned();
            self.table.header.push(text);
            self.open = None;
        } else {
            passage.leads.extend(self.table.header.get(self.table.column).cloned());
            passage.row.clone_from(&self.table.row);
            self.table.row.get_or_insert_with(|| passage.text.trim().to_owned());
            self.table.column += 1;
            self.flush();
        }
    }

    /// Comments are kept apart; lines between tags are prose.
    fn end_html(&mut self) {
        let Some((at, html)) = self.html.take() else { return };
        let line = self.lines.as_ref().map_or(1, |lines| lines.line(at));
        let mut rest = html.as_str();
        let mut passed = 0;
        while let Some((before, inner, after)) = comment(rest) {
            self.between_tags(before, line + passed);
            passed += before.matches('\n').count();
            self.comments.push(Comment { line: line + passed, text: inner.to_owned() });
            passed += inner.matches('\n').count();
            rest = after;
        }
        self.between_tags(rest, line + passed);
        self.before = None;
    }

    fn between_tags(&mut self, text: &str, first: usize) {
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('<') {
                let marks = vec![(0, first + index)];
                self.open = Some(Passage { text: line.to_owned(), marks, ..Passage::default() });
                self.flush();
            }
        }
    }

    fn flush(&mut self) {
        let Some(mut passage) = self.open.take() else { return };
        if passage.text.trim().is_empty() {
            // An item's own paragraph follows its start.
            return;
        }
        passage.headings = self.headings.iter().map(|(_, text)| text.clone()).collect();
        let own = std::mem::take(&mut passage.leads);
        passage.leads = self.leads.iter().filter(|lead| !lead.is_empty()).cloned().chain(own).collect();
        self.before = Some(self.passages.len());
        self.passages.push(passage);
    }
}

/// The text before the first comment, the comment's inside, and the text after it.
fn comment(html: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = html.split_once("<!--")?;
    let (inner, after) = rest.split_once("-->").unwrap_or((rest, ""));
    Some((before, inner, after))
}

/// Whether a passage leads in to the list after it.
fn leads(passage: &Passage) -> bool {
    let text = passage.text.trim_end();
    let bold = passage.label + 2 >= text.len() && text.len() < 80;
    text.ends_with(':') || (passage.place == Place::Item && text.len() < 120) || bold
}

fn last_sentence(text: &str) -> &str {
    let text = text.trim();
    let start = text.rmatch_indices(". ").next().map_or(0, |(at, _)| at + 2);
    text.get(start..).unwrap_or(text)
}
