//! The `@path` imports of a text.

use crate::governance::document::Mask;

/// An import as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    pub line: usize,
    /// Its path, escapes undone.
    pub path: String,
}

/// Endings that make a missing path an import rather than a mention or a package.
const ENDINGS: [&str; 10] = [".md", ".mdx", ".mdc", ".txt", ".rst", ".json", ".yml", ".yaml", ".toml", ".adoc"];

impl Import {
    /// Whether it can only be meant as a path, though nothing is there.
    pub fn is_meant(&self) -> bool {
        let path = self.path.to_lowercase();
        ["./", "../", "/", "~/"].iter().any(|start| path.starts_with(start))
            || ENDINGS.iter().any(|ending| path.ends_with(ending))
    }
}

/// Finds what a text imports: `@` after a space or at a line's start, outside code and comments.
pub fn find(text: &str, mask: &Mask) -> Vec<Import> {
    let mut imports = Vec::new();
    let bytes = text.as_bytes();
    for at in memchr::memchr_iter(b'@', bytes) {
        let starts = at == 0 || bytes.get(at - 1).is_some_and(u8::is_ascii_whitespace);
        if !starts || mask.hides(at) {
            continue;
        }
        let path = path_at(text.get(at + 1..).unwrap_or_default());
        if !path.is_empty() {
            imports.push(Import { line: mask.line(at), path });
        }
    }
    imports
}

/// The path that a text begins with; a space in it is written `\ `.
fn path_at(text: &str) -> String {
    /// Longer names are no paths.
    const LONGEST: usize = 1024;
    let mut path = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek() == Some(&' ') => path.extend(letters.next()),
            letter if letter.is_whitespace() || path.len() > LONGEST => break,
            letter => path.push(letter),
        }
    }
    let end = path.trim_end_matches(['.', ',', ';', ':', ')', ']', '!', '?', '"', '\'', '*', '_', '>']).len();
    path.truncate(end);
    // A fragment names a heading of the file.
    path.split('#').next().unwrap_or_default().to_owned()
}
