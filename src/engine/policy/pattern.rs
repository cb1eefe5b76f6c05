//! Names of environments, exact or with `*`.

use std::fmt;

/// A name in which `*` stands for any letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Wraps a name or a pattern.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Whether it names one environment only.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }

    /// Whether it fits every name.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.0 == "*"
    }

    /// The name or pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it fits a name; names are compared exactly.
    #[must_use]
    pub fn fits(&self, name: &str) -> bool {
        let mut pieces = self.0.split('*');
        let first = pieces.next().unwrap_or_default();
        let Some(mut rest) = name.strip_prefix(first) else { return false };
        let mut last = None;
        for piece in pieces {
            if let Some(middle) = last.replace(piece) {
                let Some(found) = rest.find(middle) else { return false };
                rest = &rest[found + middle.len()..];
            }
        }
        last.map_or(rest.is_empty(), |last| rest.ends_with(last))
    }

    /// How well it fits: an exact name best, then the longer pattern.
    #[must_use]
    pub fn weight(&self) -> (bool, usize) {
        (self.is_exact(), self.0.chars().count())
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn stars_stand_for_any_letters() {
        let cases = [
            ("production", "production", true),
            ("production", "Production", false),
            ("*", "", true),
            ("*-production", "eu-production", true),
            ("*-production", "production", false),
            ("eu-*-live", "eu-1-live", true),
            ("eu-*-live", "eu-live", false),
            ("a*b*a", "aba", true),
            ("a*a", "a", false),
            ("**", "x", true),
        ];
        for (pattern, name, fits) in cases {
            assert_eq!(Pattern::new(pattern).fits(name), fits, "{pattern} {name}");
        }
    }
}
