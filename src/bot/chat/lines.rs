//! The lines of a comment that are spoken to the bot.

use pulldown_cmark::{Event, Options, Parser, Tag};

/// What a line begins with.
pub const WORD: &str = "/rhythm";

/// Elements that hold nothing.
const VOID: [&str; 6] = ["br", "hr", "img", "input", "source", "wbr"];

/// One line that begins with the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number, from 1.
    pub number: usize,
    /// What stands behind the word.
    pub rest: &'a str,
}

/// The lines that begin with the command and stand in the comment's own plain text: no quote, list, table, code or HTML.
pub fn spoken(comment: &str) -> Vec<Line<'_>> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH
        | Options::ENABLE_GFM;
    let (mut lines, mut depth, mut elements, mut in_text) = (Vec::new(), 0_usize, 0_usize, false);
    for (event, range) in Parser::new_ext(comment, options).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                depth += 1;
                if depth == 1 {
                    // A line above a row of dashes is a heading, which nobody means who signs below a command.
                    in_text = matches!(tag, Tag::Paragraph | Tag::Heading { .. });
                }
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Html(html) | Event::InlineHtml(html) => elements = open_elements(elements, &html),
            Event::Text(_) if in_text && depth == 1 && elements == 0 => lines.extend(line(comment, range.start)),
            _ => {}
        }
    }
    lines
}

/// The line that text begins, where it begins one and the command begins it.
fn line(comment: &str, start: usize) -> Option<Line<'_>> {
    let (before, after) = comment.split_at_checked(start)?;
    let indent = before.rfind(['\n', '\r']).map_or(before, |end| &before[end + 1..]);
    if indent.len() > 3 || !indent.bytes().all(|byte| byte == b' ') {
        return None;
    }
    let text = after.split(['\n', '\r']).next().unwrap_or_default();
    let (word, rest) = text.split_at_checked(WORD.len())?;
    let is_word = word.eq_ignore_ascii_case(WORD) && (rest.is_empty() || rest.starts_with(char::is_whitespace));
    is_word.then(|| Line { number: before.matches('\n').count() + 1, rest: rest.trim() })
}

/// How many elements are open behind a piece of HTML.
fn open_elements(mut open: usize, html: &str) -> usize {
    for tag in html.split('<').skip(1) {
        let (closes, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
        let holds = !name.is_empty() && !VOID.contains(&name.to_ascii_lowercase().as_str());
        match (holds, closes) {
            (true, true) => open = open.saturating_sub(1),
            (true, false) if !tag.split('>').next().is_some_and(|tag| tag.ends_with('/')) => open += 1,
            _ => {}
        }
    }
    open
}
