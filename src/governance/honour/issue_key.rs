//! Keys of issues in messages: `#12`, `GH-12`, `ABC-123`, or a link.

/// Prefixes that samples use for "your project": any project's key fits them.
const SAMPLES: [&str; 14] =
    ["ABC", "XYZ", "XXX", "FOO", "KEY", "PROJ", "PROJECT", "JIRA", "TICKET", "ISSUE", "TASK", "ID", "TEAM", "PREFIX"];

/// Words with a number that name standards and not issues.
const STANDARDS: [&str; 12] = ["AES", "CVE", "CWE", "EIP", "GPT", "ISO", "MD", "PEP", "RFC", "SHA", "TLS", "UTF"];

/// Which keys fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssueKey {
    /// A number, a project's key or a link to an issue.
    Any,
    /// `#12`.
    Number,
    /// `ABC-123` of any project.
    AnyProject,
    /// `SHOP-123`: the prefix, in capitals.
    Project(String),
}

impl IssueKey {
    /// Reads a sample such as `ABC-123`, `[SHOP-XXX]` or `#123`; `None` where it is none.
    #[must_use]
    pub fn read(sample: &str) -> Option<Self> {
        let sample = sample.trim().trim_matches(['[', ']', '(', ')', '<', '>', '{', '}', '`', ':']);
        if sample.eq_ignore_ascii_case("any") {
            return Some(Self::Any);
        }
        if sample.starts_with('#') {
            return Some(Self::Number);
        }
        let (prefix, number) = sample.split_once('-')?;
        let is_number =
            !number.is_empty() && number.chars().all(|letter| letter.is_ascii_digit() || "#XxNn".contains(letter));
        let named = matches!(number.to_ascii_lowercase().as_str(), "number" | "id" | "nnn");
        if !is_prefix(prefix) || !(is_number || named) {
            return None;
        }
        let prefix = prefix.to_ascii_uppercase();
        Some(if SAMPLES.contains(&prefix.as_str()) { Self::AnyProject } else { Self::Project(prefix) })
    }

    /// Whether a text holds a key that fits.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        match self {
            Self::Any => has_number(text) || has_link(text) || has_project_key(text, None),
            Self::Number => has_number(text) || has_link(text),
            Self::AnyProject => has_project_key(text, None),
            Self::Project(prefix) => has_project_key(text, Some(prefix)),
        }
    }

    /// The same for people.
    #[must_use]
    pub fn named(&self) -> String {
        match self {
            Self::Any => "#123 or ABC-123".to_owned(),
            Self::Number => "#123".to_owned(),
            Self::AnyProject => "ABC-123".to_owned(),
            Self::Project(prefix) => format!("{prefix}-123"),
        }
    }
}

fn is_prefix(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_digit())
}

fn has_number(text: &str) -> bool {
    text.split('#').skip(1).any(starts_with_digit)
}

fn has_link(text: &str) -> bool {
    text.split("/issues/").skip(1).any(starts_with_digit)
}

fn has_project_key(text: &str, wanted: Option<&str>) -> bool {
    let words = text.split(|letter: char| !(letter.is_alphanumeric() || letter == '-' || letter == '_'));
    words.into_iter().any(|word| {
        let Some((prefix, number)) = word.split_once('-') else { return false };
        let number = number.split('-').next().unwrap_or_default();
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let fits = match wanted {
            Some(wanted) => prefix.eq_ignore_ascii_case(wanted),
            None => prefix.len() > 1 && prefix == prefix.to_ascii_uppercase() && !STANDARDS.contains(&prefix),
        };
        is_number && is_prefix(prefix) && fits
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_and_texts() {
        let table = [
            ("ABC-123", "SHOP-7: add", true),
            ("ABC-123", "use UTF-8 and SHA-256", false),
            ("ABC-123", "add #7", false),
            ("SHOP-123", "fix it [shop-7]", true),
            ("SHOP-XXX", "OTHER-7: add", false),
            ("[PROJ-NNN]", "feature SHOP-7-basket", true),
            ("#123", "fixes #7", true),
            ("#123", "see https://example.org/a/b/issues/7", true),
            ("#123", "heading # one", false),
        ];
        for (sample, text, found) in table {
            assert_eq!(IssueKey::read(sample).map(|key| key.is_in(text)), Some(found), "{sample} in {text}");
        }
        for sample in ["an issue", "", "ABC", "ABC-", "é-1"] {
            assert_eq!(IssueKey::read(sample), None, "{sample}");
        }
        assert!(IssueKey::Any.is_in("GH-7"));
    }
}
