//! Conventional commits, by the grammar of version 1.0.0.

use super::message::Message;

/// The types that projects use beside `feat` and `fix`; the grammar itself allows any.
pub const USUAL_TYPES: [&str; 12] =
    ["build", "chore", "ci", "deps", "docs", "feat", "fix", "perf", "refactor", "revert", "style", "test"];

/// What a conventional message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conventional<'message> {
    pub kind: &'message str,
    pub scope: Option<&'message str>,
    /// By `!` before the colon, or by a footer.
    pub breaking: bool,
    pub description: &'message str,
}

/// Where a message leaves the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("no `type: ` stands before the description")]
    NoType,
    #[error("the type is not one word")]
    BadType,
    #[error("the scope is empty or not closed")]
    BadScope,
    #[error("a space is missing after the colon")]
    NoSpace,
    #[error("the description is missing")]
    NoDescription,
    #[error("a blank line is missing before the body")]
    NoBlankLine,
}

impl Conventional<'_> {
    /// Whether the type is one that projects use, and not a word that happens to stand before a colon.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        USUAL_TYPES.iter().any(|usual| self.kind.eq_ignore_ascii_case(usual))
    }
}

/// Reads the subject alone, a title for example.
///
/// # Errors
/// Where it leaves the grammar.
pub fn read_subject(subject: &str) -> Result<Conventional<'_>, Flaw> {
    let (head, text) = split_head(subject)?;
    let breaking = head.ends_with('!');
    let head = head.strip_suffix('!').unwrap_or(head);
    let (kind, scope) = match head.split_once('(') {
        Some((kind, scope)) => (kind, Some(scope.strip_suffix(')').ok_or(Flaw::BadScope)?)),
        None => (head, None),
    };
    if kind.is_empty() {
        return Err(Flaw::NoType);
    }
    if kind.contains(|letter: char| letter.is_whitespace() || matches!(letter, ')' | '!')) {
        return Err(Flaw::BadType);
    }
    if scope.is_some_and(|scope| scope.trim().is_empty() || scope.contains(['(', ')'])) {
        return Err(Flaw::BadScope);
    }
    let description = text.trim();
    match (description.is_empty(), text.starts_with(' ')) {
        (true, _) => Err(Flaw::NoDescription),
        (false, false) => Err(Flaw::NoSpace),
        (false, true) => Ok(Conventional { kind, scope, breaking, description }),
    }
}

/// Reads a whole message.
///
/// # Errors
/// Where it leaves the grammar.
pub fn read(message: &Message) -> Result<Conventional<'_>, Flaw> {
    let found = read_subject(message.subject())?;
    if message.after_subject().next().is_some_and(|line| !line.trim().is_empty()) {
        return Err(Flaw::NoBlankLine);
    }
    let is_breaking =
        |line: &str| ["BREAKING CHANGE: ", "BREAKING-CHANGE: "].iter().any(|start| line.starts_with(start));
    Ok(Conventional { breaking: found.breaking || message.after_subject().any(is_breaking), ..found })
}

/// The part before the colon; a scope may hold colons of its own.
fn split_head(subject: &str) -> Result<(&str, &str), Flaw> {
    let colon = subject.find(':').ok_or(Flaw::NoType)?;
    let scope = subject.find('(').filter(|open| *open < colon);
    let from = match scope {
        Some(open) => open + subject[open..].find(')').ok_or(Flaw::BadScope)?,
        None => 0,
    };
    let colon = from + subject[from..].find(':').ok_or(Flaw::NoType)?;
    Ok((&subject[..colon], &subject[colon + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message::read(text.as_bytes())
    }

    #[test]
    fn what_the_grammar_takes() {
        let table: [(&str, &str, Option<&str>, bool, &str); 14] = [
            ("feat: add a", "feat", None, false, "add a"),
            ("feat(api): add a", "feat", Some("api"), false, "add a"),
            ("feat!: drop a", "feat", None, true, "drop a"),
            ("feat(api)!: drop a", "feat", Some("api"), true, "drop a"),
            ("FIX: it", "FIX", None, false, "it"),
            ("revert: let us never speak of it", "revert", None, false, "let us never speak of it"),
            ("chore(release): 1.2.3", "chore", Some("release"), false, "1.2.3"),
            ("fix(a b, c): it", "fix", Some("a b, c"), false, "it"),
            ("fix(crate::module): it", "fix", Some("crate::module"), false, "it"),
            ("docs:  two spaces", "docs", None, false, "two spaces"),
            ("feat: add a\n\nBREAKING CHANGE: b is gone", "feat", None, true, "add a"),
            ("feat: add a\n\nbody\n\nBREAKING-CHANGE: b is gone", "feat", None, true, "add a"),
            ("feat: add a\n\nno breaking change: here", "feat", None, false, "add a"),
            ("fix: größer\n\nbody", "fix", None, false, "größer"),
        ];
        for (text, kind, scope, breaking, description) in table {
            let message = message(text);
            assert_eq!(read(&message), Ok(Conventional { kind, scope, breaking, description }), "{text}");
        }
    }

    #[test]
    fn what_the_grammar_refuses() {
        let table = [
            ("", Flaw::NoType),
            ("add a", Flaw::NoType),
            (": add a", Flaw::NoType),
            ("(api): add a", Flaw::NoType),
            ("add a thing: now", Flaw::BadType),
            ("feat !: add a", Flaw::BadType),
            ("feat (api): add a", Flaw::BadType),
            ("feat!!: add a", Flaw::BadType),
            ("feat(): add a", Flaw::BadScope),
            ("feat(api: add a", Flaw::BadScope),
            ("feat(api)x: add a", Flaw::BadScope),
            ("feat((api)): add a", Flaw::BadScope),
            ("feat:add a", Flaw::NoSpace),
            ("feat(api):", Flaw::NoDescription),
            ("feat:  ", Flaw::NoDescription),
            ("Revert \"feat: add a\"", Flaw::BadType),
            ("feat: add a\nbody at once", Flaw::NoBlankLine),
        ];
        for (text, flaw) in table {
            assert_eq!(read(&message(text)), Err(flaw), "{text}");
        }
    }
}
