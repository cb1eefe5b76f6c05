//! Freezes that are open issues: labelled by somebody whom the policy names, or opened by `/rhythm freeze`.

use super::overrides::{Listening, unheard};
use super::people::{Named, is_person};
use crate::bot::chat::{self, Command};
use crate::engine::event::{Instant, parse_instant};
use crate::engine::facts::Missing;
use crate::github::{Comment, GitHub, Issue, Trouble};
use crate::render::clean;
use crate::sources::git::Clock;

/// The label of an issue that is a freeze.
pub const LABEL: &str = "deploy-freeze";

/// A freeze in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    pub issue: u64,
    pub by: String,
    pub from: Instant,
    /// When it ends; until the issue is closed, where nobody said.
    pub until: Option<Instant>,
    pub because: String,
    /// Whether it is about this environment alone.
    pub alone: bool,
}

/// What was heard.
#[derive(Clone, Debug, Default)]
pub struct Frost {
    pub freezes: Vec<Frozen>,
    /// Issues of which nobody can tell what they freeze.
    pub unclear: Vec<(u64, Missing)>,
    pub notes: Vec<String>,
}

/// The hidden words by which an issue names the comment that asked for it.
#[must_use]
pub fn marker(comment: u64) -> String {
    format!("<!-- deploy-rhythm: freeze by comment {comment} -->")
}

/// The comment that asked for an issue.
#[must_use]
pub fn comment_of(issue: &Issue) -> Option<u64> {
    let (_, rest) = issue.body.as_deref()?.split_once("<!-- deploy-rhythm: freeze by comment ")?;
    rest.split_once(" -->")?.0.parse().ok()
}

/// Reads the freezes of an environment.
///
/// # Errors
///
/// Fails where the issues do not come whole, or a role is not to be had.
pub fn read(hub: &GitHub, listening: &Listening<'_>) -> Result<Frost, Trouble> {
    let mut frost = Frost::default();
    let named = Named::new(hub, listening.policy.overrides.as_ref());
    for issue in hub.open_issues(LABEL)? {
        let events = hub.issue_events(issue.number)?;
        let labels = |event: &&crate::github::IssueEvent| {
            event.event == "labeled" && event.label.as_ref().is_some_and(|label| label.name.eq_ignore_ascii_case(LABEL))
        };
        let labelled = events.iter().rev().find(labels);
        let who = labelled.and_then(|event| event.actor.clone());
        let from = labelled.and_then(|event| parse_instant(&event.created_at));
        let (Some(who), Some(from)) = (who, from) else {
            frost.unclear.push((issue.number, unclear(&issue, "GitHub does not tell who labelled it")));
            continue;
        };
        // A clock that is behind GitHub's sees what is there already.
        if from > listening.now && listening.clock == Clock::Asked {
            continue;
        }
        let from = from.min(listening.now);
        let may = |login: &str| named.as_ref().map_or(Ok(false), |named| named.may(login));
        let own = issue.user.as_ref().is_some_and(|user| user.login == who.login);
        // A bot has the key of whoever keeps the repository; what it does for others, it says.
        let (named_now, is_bot) = (may(&who.login)?, !is_person(&who));
        let number = issue.number;
        match comment_of(&issue).filter(|_| own) {
            Some(id) => match asked(hub, &issue, id, from, listening)? {
                Ok(Some(frozen)) if named_now || is_bot || may(&frozen.by)? => frost.freezes.push(frozen),
                Err(why) if named_now || is_bot => frost.unclear.push((number, unclear(&issue, why))),
                Ok(_) | Err(_) => {}
            },
            None if named_now => {
                let because = clean(issue.title.as_deref().unwrap_or_default()).into_owned();
                frost.freezes.push(Frozen { issue: number, by: who.login, from, until: None, because, alone: false });
            }
            None if is_bot => {
                frost.unclear.push((number, unclear(&issue, "a bot labelled it, and it names no comment")));
            }
            None => {
                let who = clean(&who.login);
                let whom = named.as_ref().map_or_else(|| "nobody".to_owned(), Named::words);
                frost
                    .notes
                    .push(format!("issue {number} is no freeze: {who} labelled it, and the policy names {whom}"));
            }
        }
    }
    Ok(frost)
}

fn unclear(issue: &Issue, why: &str) -> Missing {
    let number = issue.number;
    Missing::new(format!("what issue {number} freezes: {why}"), format!("close issue {number}, or freeze anew"))
}

/// What a comment asked for, where the issue was opened and labelled for it; nothing where that is over or about another
/// environment. Whoever asked was allowed to when a bot opened the issue: it stands until it is closed.
fn asked(
    hub: &GitHub,
    issue: &Issue,
    id: u64,
    from: Instant,
    listening: &Listening<'_>,
) -> Result<Result<Option<Frozen>, &'static str>, Trouble> {
    let comment = match hub.comment(id) {
        Ok(comment) => comment,
        Err(Trouble::NotThere { .. }) => return Ok(Err("the comment that asked for it is gone")),
        Err(trouble) => return Err(trouble),
    };
    if let Some(why) = unheard(&comment) {
        return Ok(Err(why));
    }
    let Some((environment, until, because)) = freeze_in(&comment, issue, listening) else {
        return Ok(Err("the comment that it names asks for no freeze"));
    };
    let ours = environment == *listening.policy.environment && listening.now < until;
    let by = comment.user.map(|user| user.login).unwrap_or_default();
    Ok(Ok(ours.then_some(Frozen { issue: issue.number, by, from, until: Some(until), because, alone: true })))
}

/// The freeze that a comment asks for; of several, the one whose environment the issue's title names.
fn freeze_in(comment: &Comment, issue: &Issue, listening: &Listening<'_>) -> Option<(String, Instant, String)> {
    let at = parse_instant(&comment.created_at)?;
    let said = chat::listen(comment.body.as_deref()?, at, listening.zone).ok()?;
    let mut freezes = said.into_iter().filter_map(|said| match said.command {
        Ok(Command::Freeze { environment, until, reason }) => Some((environment, until, reason)),
        _ => None,
    });
    freezes.find(|(environment, until, _)| issue.title.as_deref() == Some(&title(environment, *until)))
}

/// The title of an issue that freezes an environment.
#[must_use]
pub fn title(environment: &str, until: Instant) -> String {
    format!("Deploy freeze: {} until {}", clean(environment), crate::engine::calendar::utc(until))
}
