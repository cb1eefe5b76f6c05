//! The report on what really happened: one story, written as a page, a picture, Markdown, JSON or for a terminal.

mod afternoon;
mod chart;
mod heat;
mod json;
mod markdown;
mod page;
mod svg;
mod terminal;
mod timeline;
mod words;

use std::collections::BTreeMap;

use clap::ValueEnum;

use crate::engine::event::CommitId;
use crate::engine::rhythm::{BudgetUse, Rhythm};

/// The shapes that a report comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shape {
    /// A short summary
    Terminal,
    /// A page that loads nothing from elsewhere
    Html,
    /// One picture
    Svg,
    /// For pull requests and job summaries, with Mermaid charts
    Markdown,
    /// For programs; the shape is told in docs/report.md
    Json,
}

impl Shape {
    /// The shape that a file's name asks for.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
            "html" | "htm" => Some(Self::Html),
            "svg" => Some(Self::Svg),
            "md" | "markdown" => Some(Self::Markdown),
            "json" => Some(Self::Json),
            "txt" => Some(Self::Terminal),
            _ => None,
        }
    }
}

/// What a policy would have made of a past: sentences, and figures with their names.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Judged {
    pub sentences: Vec<String>,
    pub figures: Vec<(String, String)>,
}

/// A rhythm, and everything that is told with it.
#[derive(Clone, Debug)]
pub struct Story {
    pub rhythm: Rhythm,
    /// What the repository is called.
    pub name: String,
    pub budgets: Vec<BudgetUse>,
    /// The subjects of the commits that are named.
    pub subjects: BTreeMap<CommitId, String>,
    pub policy: String,
    pub sources: Vec<String>,
    pub notes: Vec<String>,
    /// What the policy would have made of it, where somebody looked.
    pub judged: Option<Judged>,
}

impl Story {
    /// The subject of a commit, where it is known.
    fn subject(&self, commit: &CommitId) -> &str {
        self.subjects.get(commit).map_or("", String::as_str)
    }
}

/// Writes a report; the text ends with a line's end.
#[must_use]
pub fn render(story: &Story, shape: Shape, width: usize) -> String {
    match shape {
        Shape::Terminal => terminal::render(story, width),
        Shape::Html => page::render(story),
        Shape::Svg => chart::picture(story),
        Shape::Markdown => markdown::render(story),
        Shape::Json => json::render(story),
    }
}
