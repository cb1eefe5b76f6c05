//! What of a governance file could not be seen, and why: never silently nothing.

use std::fmt;

use serde::Serialize;

/// Why something was not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The path is absolute, climbs out with `..`, or lies in somebody's home.
    OutsideRepository,
    /// There is no such file.
    Missing,
    /// It is imported from further away than readers follow.
    TooDeep,
    /// It is larger than readers load.
    TooLarge,
    /// It is no text.
    Binary,
    /// Some of its bytes are no UTF-8; they were replaced.
    NotUtf8,
    /// It is a symbolic link that leads in a circle.
    LinkLoop,
    /// It is not in English.
    Language,
    /// The tree could not give it.
    Unreadable(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::OutsideRepository => "outside the repository",
            Self::Missing => "missing",
            Self::TooDeep => "beyond the depth of imports",
            Self::TooLarge => "larger than 4 MiB",
            Self::Binary => "binary",
            Self::NotUtf8 => "not UTF-8",
            Self::LinkLoop => "a symbolic link in a circle",
            Self::Language => "not analysed: language",
            Self::Unreadable(why) => why,
        })
    }
}

/// Something that was not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unseen {
    /// The line that asks for it; `None` for the file itself.
    pub line: Option<usize>,
    /// The import as written, the file, or the passage.
    pub what: String,
    pub why: Reason,
}

impl fmt::Display for Unseen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "line {line}: {}: {}", self.what, self.why),
            None => write!(out, "{}: {}", self.what, self.why),
        }
    }
}
