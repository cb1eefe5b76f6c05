//! What is wrong with a file: all of it at once, each with its place, the line shown, and the fix.

use std::fmt;

/// A place in a file, both counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

impl Place {
    /// The beginning of a file.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// One thing that is wrong, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub place: Place,
    pub message: String,
    pub fix: String,
}

impl Problem {
    /// Says what is wrong where, and how to mend it.
    pub fn new(place: Place, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { place, message: message.into(), fix: fix.into() }
    }
}

/// The problems of one file, with the lines that they speak of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileProblems {
    pub file: String,
    pub problems: Vec<Problem>,
    lines: Vec<(usize, String)>,
}

/// How many problems of a file are shown; a file with more has one cause.
const SHOWN: usize = 200;

/// How much of a line is shown.
const WIDTH: usize = 160;

impl FileProblems {
    /// Joins problems with the file that they are in.
    #[must_use]
    pub fn new(file: &str, bytes: &[u8], mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.place);
        problems.dedup();
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(super::yaml::LIMIT)]);
        let wanted = |number: &usize| problems.iter().take(SHOWN).any(|problem| problem.place.line == *number);
        let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line));
        let clean = |line: &str| line.chars().filter(|letter| !letter.is_control()).take(WIDTH).collect();
        let lines = numbered.filter(|(number, _)| wanted(number)).map(|(number, line)| (number, clean(line))).collect();
        Self { file: file.to_owned(), problems, lines }
    }
}

impl fmt::Display for FileProblems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().take(SHOWN).enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            let Place { line, column } = problem.place;
            writeln!(out, "{}:{line}:{column}: {}", self.file, problem.message)?;
            if let Some((_, text)) =
                self.lines.iter().find(|(number, _)| *number == line).filter(|(_, text)| !text.trim().is_empty())
            {
                writeln!(out, "{line:>5} | {text}")?;
                if column <= WIDTH {
                    writeln!(out, "      | {}^", " ".repeat(column - 1))?;
                }
            }
            write!(out, "  fix: {}", problem.fix)?;
        }
        let rest = self.problems.len().saturating_sub(SHOWN);
        if rest > 0 { write!(out, "\n… and {rest} more") } else { Ok(()) }
    }
}
