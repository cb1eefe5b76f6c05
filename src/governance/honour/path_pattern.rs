//! Patterns of paths as people write them in prose, read as in a `.gitignore`.

/// A pattern such as `.env`, `*.pem`, `dist/` or `db/seeds/**`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    /// The parts between the slashes.
    parts: Vec<String>,
    /// Whether it starts at the root: it has a slash that is not its last character.
    anchored: bool,
    /// Whether only what lies below a folder fits.
    is_folder: bool,
}

/// How many parts a pattern or a path may have and be compared.
const MOST_PARTS: usize = 64;

impl PathPattern {
    /// Reads a pattern; `None` where it is prose, leaves the repository or says nothing.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().trim_matches('`');
        if text.is_empty() || text.contains(char::is_whitespace) || text.starts_with("..") || text.contains('\\') {
            return None;
        }
        let is_folder = text.ends_with('/');
        let inner = text.trim_end_matches('/');
        let anchored = inner.contains('/');
        let inner = inner.strip_prefix("./").unwrap_or(inner).trim_start_matches('/');
        let parts: Vec<String> = inner.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let says_something = parts.iter().any(|part| part.contains(|letter: char| letter.is_alphanumeric()));
        (says_something && parts.len() <= MOST_PARTS).then_some(Self { parts, anchored, is_folder })
    }

    /// Whether a file's path fits: itself, or a folder that it lies in.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let path: Vec<&str> = path.split('/').take(MOST_PARTS).collect();
        let starts = if self.anchored { 0..1 } else { 0..path.len() };
        starts.into_iter().any(|start| {
            let below = &path[start..];
            let longest = if self.is_folder { below.len().saturating_sub(1) } else { below.len() };
            let lengths =
                if self.has_any_depth() { 1..=longest } else { self.parts.len()..=self.parts.len().min(longest) };
            lengths.into_iter().any(|length| parts_fit(&self.parts, &below[..length]))
        })
    }

    /// Whether `**` lets it fit paths of more than one length.
    fn has_any_depth(&self) -> bool {
        self.parts.iter().any(|part| part == "**")
    }

    /// The last part: the file's name, where the pattern names one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.parts.last().map(String::as_str).filter(|_| !self.is_folder)
    }
}

fn parts_fit(pattern: &[String], path: &[&str]) -> bool {
    fits(pattern, path, |part| part == "**", |part, name| text_fits(part, name))
}

/// Whether a text fits a pattern with `*` for any characters and `?` for one.
fn text_fits(pattern: &str, text: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        return pattern == text;
    }
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    fits(&pattern, &text, |letter| *letter == '*', |letter, other| *letter == '?' || letter == other)
}

/// Whether a sequence fits a pattern with stars: on a misfit the last star takes one more, which is never exponential.
fn fits<Piece, Part>(
    pattern: &[Piece],
    text: &[Part],
    is_star: impl Fn(&Piece) -> bool,
    one_fits: impl Fn(&Piece, &Part) -> bool,
) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(piece) if is_star(piece) => {
                star = Some((at, from));
                at += 1;
            }
            Some(piece) if one_fits(piece, &text[from]) => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                at = place + 1;
                from = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(is_star)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_a_gitignore() {
        let table = [
            (".env", ".env", true),
            (".env", "api/.env", true),
            (".env", ".env.local", false),
            ("*.pem", "keys/a.pem", true),
            ("*.pem", "a.pem.txt", false),
            ("dist/", "dist/a.js", true),
            ("dist/", "web/dist/a/b.js", true),
            ("dist/", "dist", false),
            ("node_modules", "node_modules/a/b.js", true),
            ("private/keys", "private/keys/a", true),
            ("private/keys", "a/private/keys/a", false),
            ("/build", "build/a", true),
            ("/build", "a/build/b", false),
            ("./out", "out/a", true),
            ("src/**/*.gen.rs", "src/a/b/c.gen.rs", true),
            ("src/**/*.gen.rs", "src/c.gen.rs", true),
            ("src/**/*.gen.rs", "lib/c.gen.rs", false),
            ("**/secrets.yml", "a/b/secrets.yml", true),
            (".env.*", ".env.local", true),
            ("`a?.txt`", "ab.txt", true),
        ];
        for (pattern, path, fits) in table {
            let pattern = PathPattern::read(pattern).expect("a pattern");
            assert_eq!(pattern.matches(path), fits, "{pattern:?} {path}");
        }
    }

    #[test]
    fn prose_is_no_pattern() {
        for text in ["API keys", "", "  ", "../out", "*", "/", "**"] {
            assert_eq!(PathPattern::read(text), None, "{text}");
        }
    }
}
