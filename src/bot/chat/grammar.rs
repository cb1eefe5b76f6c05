//! The words of one command.

use std::fmt;

use chrono_tz::Tz;

use super::{lines, when};
use crate::engine::event::Instant;
use crate::engine::policy::reader::nearest;

/// The most characters that a comment is read with; GitHub takes no more.
pub const LONGEST_COMMENT: usize = 65_536;

/// The most commands that one comment may hold.
pub const MOST_COMMANDS: usize = 5;

/// The most bytes of a reason, and of a name.
const LONGEST_REASON: usize = 500;
const LONGEST_NAME: usize = 255;

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Status { environment: Option<String> },
    Check { environment: Option<String>, commit: Option<String> },
    Why { environment: Option<String>, commit: Option<String> },
    Queue { environment: Option<String> },
    Override { environment: String, commit: Option<String>, reason: String },
    Freeze { environment: String, until: Instant, reason: String },
    Thaw { environment: String, reason: Option<String> },
    Help,
}

impl Command {
    /// The words of the commands, in the order that help lists them.
    pub const VERBS: [&str; 8] = ["status", "check", "why", "queue", "override", "freeze", "thaw", "help"];

    /// Its word.
    #[must_use]
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Status { .. } => "status",
            Self::Check { .. } => "check",
            Self::Why { .. } => "why",
            Self::Queue { .. } => "queue",
            Self::Override { .. } => "override",
            Self::Freeze { .. } => "freeze",
            Self::Thaw { .. } => "thaw",
            Self::Help => "help",
        }
    }

    /// Whether it only asks.
    #[must_use]
    pub const fn only_asks(&self) -> bool {
        !matches!(self, Self::Override { .. } | Self::Freeze { .. } | Self::Thaw { .. })
    }
}

/// Why a line cannot be followed: one sentence, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub what: String,
    pub fix: String,
}

impl Mistake {
    fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), fix: fix.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}; {}", self.what, self.fix)
    }
}

/// One line that was spoken to the bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its number in the comment, from 1.
    pub line: usize,
    /// What stands behind `/rhythm`, as it was written.
    pub text: String,
    pub command: Result<Command, Mistake>,
}

/// What a comment of that instant says to the bot; local times are those of the zone.
///
/// # Errors
///
/// Fails where the comment is too long or holds too many commands: then none of them counts.
pub fn listen(comment: &str, at: Instant, zone: Tz) -> Result<Vec<Said>, Mistake> {
    if comment.chars().nth(LONGEST_COMMENT).is_some() {
        let what = format!("a comment of more than {LONGEST_COMMENT} characters is not read");
        return Err(Mistake::new(what, "write the command into a comment of its own"));
    }
    let lines = lines::spoken(comment);
    if lines.len() > MOST_COMMANDS {
        let what = format!("this comment holds {} commands, and none was followed", lines.len());
        return Err(Mistake::new(what, format!("write at most {MOST_COMMANDS} into one comment")));
    }
    let said = lines.into_iter().map(|line| {
        let command = parse(line.rest, at, zone);
        Said { line: line.number, text: line.rest.to_owned(), command }
    });
    Ok(said.collect())
}

fn parse(text: &str, now: Instant, zone: Tz) -> Result<Command, Mistake> {
    let mut words = Words(text);
    let Some(word) = words.next() else { return Ok(Command::Help) };
    let verb = word.to_ascii_lowercase();
    let command = match verb.as_str() {
        "status" => Command::Status { environment: words.name()? },
        "queue" => Command::Queue { environment: words.name()? },
        "check" => Command::Check { environment: words.name()?, commit: words.commit()? },
        "why" => Command::Why { environment: words.name()?, commit: words.commit()? },
        "override" => Command::Override {
            environment: words.environment(&verb)?,
            commit: words.commit()?,
            reason: words.reason()?.ok_or_else(|| {
                Mistake::new("an override needs its reason", "write `/rhythm override ENVIRONMENT what cannot wait`")
            })?,
        },
        "freeze" => {
            let environment = words.environment(&verb)?;
            let fix = "write `/rhythm freeze ENVIRONMENT until tomorrow 09:00 REASON`";
            let keyword = words.next().unwrap_or_default().to_ascii_lowercase();
            let until = match keyword.as_str() {
                "until" => when::until(&mut words, now, zone),
                "for" => when::lasts(&mut words, now),
                _ => return Err(Mistake::new("a freeze needs its end", fix)),
            };
            let until = until.map_err(|what| Mistake::new(format!("the freeze has no end: {what}"), fix))?;
            let reason = words.reason()?.ok_or_else(|| Mistake::new("a freeze needs its reason", fix))?;
            Command::Freeze { environment, until, reason }
        }
        "thaw" => Command::Thaw { environment: words.environment(&verb)?, reason: words.reason()? },
        "help" => return Ok(Command::Help),
        _ => {
            let fix = nearest(&verb, &Command::VERBS).map_or_else(
                || format!("the commands are {}", Command::VERBS.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Mistake::new(format!("there is no command `{}`", shortened(word)), fix));
        }
    };
    match words.next() {
        Some(word) => {
            let what = format!("`{}` is too much behind `{verb}`", shortened(word));
            Err(Mistake::new(what, format!("leave it out, or see what `/rhythm help` says of `{verb}`")))
        }
        None => Ok(command),
    }
}

/// What is left of a line.
pub struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    /// The next word; quotes and backticks hold words together.
    pub fn next(&mut self) -> Option<&'a str> {
        let (word, rest) = split(self.0)?;
        self.0 = rest;
        Some(word)
    }

    /// What the next word means; where it means nothing, it stays.
    pub fn next_if<T>(&mut self, read: impl FnOnce(&'a str) -> Option<T>) -> Option<T> {
        let (word, rest) = split(self.0)?;
        let meaning = read(word)?;
        self.0 = rest;
        Some(meaning)
    }

    fn name(&mut self) -> Result<Option<String>, Mistake> {
        match self.next() {
            Some(name) if name.len() > LONGEST_NAME => {
                let what = format!("the name of the environment has more than {LONGEST_NAME} bytes");
                Err(Mistake::new(what, "write a name that the policy has"))
            }
            name => Ok(name.map(str::to_owned)),
        }
    }

    fn environment(&mut self, verb: &str) -> Result<String, Mistake> {
        let missing =
            || Mistake::new(format!("`{verb}` needs an environment"), format!("write `/rhythm {verb} production …`"));
        self.name()?.ok_or_else(missing)
    }

    /// An id of a commit, where the next word is one.
    fn commit(&mut self) -> Result<Option<String>, Mistake> {
        let Some((word, rest)) = split(self.0) else { return Ok(None) };
        let is_hex = (7..=64).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hex {
            return Ok(None);
        }
        // `defaced` is a word and may be an id: which of the two is not ours to guess.
        if word.len() < 40 && !word.contains(|letter: char| letter.is_ascii_digit()) {
            let what = format!("`{word}` may be a word or a commit");
            return Err(Mistake::new(what, "write the whole id of the commit, or another word"));
        }
        self.0 = rest;
        Ok(Some(word.to_ascii_lowercase()))
    }

    /// The rest of the line.
    fn reason(&mut self) -> Result<Option<String>, Mistake> {
        let text = std::mem::take(&mut self.0).trim();
        match text {
            "" => Ok(None),
            _ if text.len() > LONGEST_REASON => {
                let what = format!("the reason has more than {LONGEST_REASON} bytes");
                Err(Mistake::new(what, "write a shorter one"))
            }
            _ if text.contains(char::is_control) => {
                Err(Mistake::new("the reason holds control characters", "write plain text"))
            }
            _ => Ok(Some(text.to_owned())),
        }
    }
}

/// The first word of a text, and the rest.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let quoted = ['"', '`'].into_iter().find_map(|mark| {
        let (inner, rest) = text.strip_prefix(mark)?.split_once(mark)?;
        let whole = !inner.trim().is_empty() && (rest.is_empty() || rest.starts_with(char::is_whitespace));
        whole.then_some((inner.trim(), rest))
    });
    let plain = || match text.find(char::is_whitespace) {
        _ if text.is_empty() => None,
        Some(end) => Some(text.split_at(end)),
        None => Some((text, "")),
    };
    quoted.or_else(plain)
}

/// A word that is repeated to its author.
fn shortened(word: &str) -> String {
    let mut letters = word.chars();
    let start: String = letters.by_ref().take(40).collect();
    if letters.next().is_some() { format!("{start}…") } else { start }
}
