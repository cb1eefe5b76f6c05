//! `commit-format`: the convention of messages, the length of subjects, a reference to an issue, the language.

use super::change::Commit;
use super::conventional::{Flaw, read, read_subject};
use super::exclusions::from_form;
use super::finding::{Certainty, Obstacle};
use super::hearing::Hearing;
use super::issue_key::IssueKey;
use super::message::{Message, without_request_number};
use crate::governance::directive::Object;

/// What one directive asks of a message.
struct Asked<'directive> {
    convention: Option<Convention>,
    types: Vec<&'directive str>,
    scope: bool,
    max_subject: Option<usize>,
    issue: Option<(IssueKey, Wanted)>,
    english: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Convention {
    Conventional,
    /// Anything but conventional.
    Plain,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Yes,
    No,
}

/// Judges each message.
pub(super) fn judge(hearing: &mut Hearing<'_>) {
    let Some(asked) = read_params(hearing) else { return };
    match hearing.directive.object {
        Object::PullRequest | Object::Merge => judge_title(hearing, &asked),
        _ => judge_messages(hearing, &asked),
    }
}

fn judge_messages(hearing: &mut Hearing<'_>, asked: &Asked<'_>) {
    for commit in hearing.commits() {
        if let Some(reason) = from_form(commit) {
            hearing.exclude(commit, reason);
            continue;
        }
        for (certainty, message) in flaws(&commit.message, asked, Some(commit)) {
            hearing.violated(Some(commit), certainty, message);
        }
    }
}

fn judge_title(hearing: &mut Hearing<'_>, asked: &Asked<'_>) {
    let Some(title) = &hearing.change.request.title else {
        let why = "the title of a pull request is the host's, and nobody gave it";
        hearing.unjudged(Obstacle::Host, why);
        return;
    };
    hearing.units();
    for (certainty, message) in flaws(&Message::read(title.as_bytes()), asked, None) {
        hearing.violated(None, certainty, format!("the title {title:?}: {message}"));
    }
}

fn read_params<'case>(hearing: &mut Hearing<'case>) -> Option<Asked<'case>> {
    let params = hearing.params;
    let convention = params.text("convention").map(|name| match name.to_ascii_lowercase().as_str() {
        "none" => Ok(Convention::Plain),
        "conventional" if params.forbids() => Ok(Convention::Plain),
        "conventional" => Ok(Convention::Conventional),
        other => Err(format!("the convention {other:?} is not known here")),
    });
    let convention = match convention.transpose() {
        Ok(convention) => convention,
        Err(why) => {
            hearing.unjudged(Obstacle::Unbound, why);
            None
        }
    };
    let key = match params.text("issue") {
        Some(sample) => IssueKey::read(sample).or_else(|| {
            hearing
                .unjudged(Obstacle::Unbound, format!("{sample:?} is no key of an issue; write one such as `ABC-123`"));
            None
        }),
        None => params.asks("issue").then_some(IssueKey::Any),
    };
    let issue = key.map(|key| (key, if params.forbids() { Wanted::No } else { Wanted::Yes }));
    let language = params.text("language");
    let english = language.is_some_and(|name| matches!(name.to_ascii_lowercase().as_str(), "en" | "english"));
    if let Some(language) = language {
        let why = format!(
            "no dictionary is asked whether a message is in {language}; other scripts than Latin are seen for English"
        );
        hearing.unjudged(Obstacle::NoTrace, why);
    }
    if params.asks("mood") {
        hearing.unjudged(Obstacle::NoTrace, "the mood of a verb is a matter of language, and is not judged");
    }
    let asked = Asked {
        types: params.texts("types"),
        scope: params.asks("scope") && convention == Some(Convention::Conventional),
        max_subject: params.number("max-subject"),
        convention,
        issue,
        english,
    };
    let says_something = convention.is_some() || asked.max_subject.is_some() || asked.issue.is_some();
    if !says_something && language.is_none() && !params.asks("mood") {
        hearing.unjudged(Obstacle::Unbound, "it names no convention, length or issue that a message could be held to");
    }
    (says_something || english).then_some(asked)
}

/// What is wrong with a message; `commit` is absent for a title, which has no body.
fn flaws(message: &Message, asked: &Asked<'_>, commit: Option<&Commit>) -> Vec<(Certainty, String)> {
    let mut flaws = Vec::new();
    let subject = message.subject();
    let subject = without_request_number(subject).unwrap_or(subject);
    if let Some(convention) = asked.convention {
        let read = if commit.is_some() { read(message) } else { read_subject(subject) };
        let flaw = match (convention, read) {
            (Convention::Conventional, Err(flaw)) => Some(format!("{} is not conventional: {flaw}", quoted(subject))),
            (Convention::Conventional, Ok(found)) => off_the_list(found.kind, found.scope, asked),
            // The grammar takes any word before a colon; a prefix such as `net: ` is no convention.
            (Convention::Plain, Ok(found)) => is_conventional(found.kind, found.is_usual(), asked)
                .then(|| format!("{} follows conventional commits", quoted(subject))),
            (Convention::Plain, Err(Flaw::NoBlankLine)) => read_subject(subject)
                .ok()
                .filter(|found| is_conventional(found.kind, found.is_usual(), asked))
                .map(|_| format!("{} follows conventional commits", quoted(subject))),
            (Convention::Plain, Err(_)) => None,
        };
        flaws.extend(flaw.map(|flaw| (Certainty::Told, flaw)));
    }
    let length = subject.chars().count();
    if let Some(most) = asked.max_subject.filter(|most| length > *most) {
        flaws.push((
            Certainty::Told,
            format!("the subject has {length} characters, {most} are allowed: {}", quoted(subject)),
        ));
    }
    flaws.extend(asked.issue.as_ref().and_then(|(key, wanted)| issue_flaw(message, subject, key, *wanted)));
    if asked.english && is_mostly_not_latin(message.text()) {
        flaws.push((Certainty::Guessed, format!("{} is not in English by its script", quoted(subject))));
    }
    flaws
}

fn off_the_list(kind: &str, scope: Option<&str>, asked: &Asked<'_>) -> Option<String> {
    if !asked.types.is_empty() && !asked.types.iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        return Some(format!("the type {kind:?} is not one of {}", asked.types.join(", ")));
    }
    (asked.scope && scope.is_none()).then(|| format!("the type {kind:?} has no scope"))
}

fn is_conventional(kind: &str, usual: bool, asked: &Asked<'_>) -> bool {
    usual || asked.types.iter().any(|known| known.eq_ignore_ascii_case(kind))
}

/// `subject` lacks the number of the pull request: that is no issue.
fn issue_flaw(message: &Message, subject: &str, key: &IssueKey, wanted: Wanted) -> Option<(Certainty, String)> {
    let found = key.is_in(subject) || message.after_subject().any(|line| key.is_in(line));
    let unsure = if message.is_cut() { Certainty::Guessed } else { Certainty::Told };
    match (wanted, found) {
        (Wanted::Yes, false) => Some((unsure, format!("{} names no issue such as {}", quoted(subject), key.named()))),
        (Wanted::No, true) => Some((Certainty::Told, format!("{} names an issue", quoted(subject)))),
        _ => None,
    }
}

fn is_mostly_not_latin(text: &str) -> bool {
    let letters = || text.chars().filter(|letter| letter.is_alphabetic());
    let other = letters().filter(|letter| u32::from(*letter) >= 0x250).count();
    other * 2 > letters().count()
}

/// A subject for people: one line, never longer than a screen's.
pub(super) fn quoted(subject: &str) -> String {
    const MOST: usize = 80;
    if subject.chars().count() <= MOST {
        return format!("{subject:?}");
    }
    format!("{:?}", subject.chars().take(MOST - 1).chain(['…']).collect::<String>())
}
