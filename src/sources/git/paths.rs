//! Which files a service of a monorepo is made of.

use regex::Regex;

use super::GitError;

/// Patterns of paths, of which one must match: `api/**`, `*.rb`, `api/`.
///
/// As in Git, a pattern with a wildcard and no slash matches at any depth, every other one from the root, and a
/// pattern that names a directory matches all below it. `*` stays within one directory, `**` does not.
#[derive(Clone, Debug)]
pub struct PathFilter(Regex);

impl PathFilter {
    /// Reads the patterns.
    ///
    /// # Errors
    /// Where there is none, or one that is empty, leaves the repository or is an exclusion.
    pub fn new<Pattern: AsRef<str>>(patterns: &[Pattern]) -> Result<Self, GitError> {
        let branches: Vec<String> =
            patterns.iter().map(|pattern| expression(pattern.as_ref())).collect::<Result<_, _>>()?;
        if branches.is_empty() {
            return Err(bad("", "there is no pattern; write one such as `api/**`"));
        }
        let whole = format!("(?s)^(?:{})(?:/.*)?$", branches.join("|"));
        Regex::new(&whole).map(Self).map_err(|_| {
            bad(
                &patterns.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", "),
                "it is too long; write fewer or shorter ones",
            )
        })
    }

    /// Whether one of the patterns matches a path.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

fn bad(pattern: &str, reason: &'static str) -> GitError {
    GitError::BadPattern { pattern: pattern.to_owned(), reason }
}

fn expression(pattern: &str) -> Result<String, GitError> {
    if pattern.starts_with('!') {
        return Err(bad(pattern, "exclusions are not supported; list what belongs to the service"));
    }
    let trimmed = pattern.strip_prefix("./").or_else(|| pattern.strip_prefix('/')).unwrap_or(pattern);
    let trimmed = trimmed.trim_end_matches('/');
    if trimmed.is_empty() {
        return Err(bad(pattern, "it is empty; write `**` for every file"));
    }
    if trimmed.split('/').any(|part| part == "..") {
        return Err(bad(pattern, "it leaves the repository; write it relative to the root, without `..`"));
    }
    let anywhere = !pattern.contains('/') && trimmed.contains(['*', '?']);
    let start = if anywhere { "(?:.*/)?" } else { "" };
    Ok(format!("{start}{}", wildcards(trimmed)))
}

fn wildcards(pattern: &str) -> String {
    let mut expression = String::new();
    let mut rest = pattern;
    while let Some(letter) = rest.chars().next() {
        let (piece, length) = if rest.starts_with("**/") {
            ("(?:.*/)?".to_owned(), 3)
        } else if rest.starts_with("**") {
            (".*".to_owned(), 2)
        } else if letter == '*' {
            ("[^/]*".to_owned(), 1)
        } else if letter == '?' {
            ("[^/]".to_owned(), 1)
        } else {
            (regex::escape(&rest[..letter.len_utf8()]), letter.len_utf8())
        };
        expression.push_str(&piece);
        rest = &rest[length..];
    }
    expression
}
