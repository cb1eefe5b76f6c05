//! Overrides that live in comments: read where they stand whenever they may count, never taken from a reply.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::bound::{Bound, Place, bound};
use super::people::{Named, is_person};
use crate::bot::chat::{self, Command};
use crate::engine::calendar::{Unit, utc};
use crate::engine::event::{CommitId, Instant, parse_instant};
use crate::engine::facts::Override;
use crate::engine::policy::{ChatSettings, EnvironmentPolicy, OverridePolicy};
use crate::github::{Comment, GitHub, Trouble};
use crate::render::clean;
use crate::sources::git::Clock;

/// How long one lasts where the policy does not say.
const UNLESS_SAID: TimeDelta = TimeDelta::hours(1);

/// What is listened for.
pub struct Listening<'a> {
    pub policy: &'a EnvironmentPolicy,
    pub settings: ChatSettings,
    pub zone: Tz,
    pub now: Instant,
    pub clock: Clock,
}

/// An override as somebody wrote it whom the policy names, and what it is about where it has not run out.
#[derive(Clone, Debug)]
pub struct Spoken {
    pub comment: u64,
    pub by: String,
    pub reason: String,
    pub at: Instant,
    pub until: Instant,
    /// The commit, or why none is meant.
    pub bound: Result<Bound, String>,
}

/// What was heard, oldest first, and why other words do not count.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    pub overrides: Vec<Spoken>,
    pub notes: Vec<String>,
    /// When the month began that their number is counted by.
    month: Instant,
}

/// Why an override does not count, for people.
fn note(comment: u64, by: &str, why: &str) -> String {
    format!("the override of comment {comment} by {} does not count: {why}", clean(by))
}

/// How long an override lasts.
fn lasts(overrides: &OverridePolicy) -> TimeDelta {
    overrides.expires.unwrap_or(UNLESS_SAID)
}

/// Reads the overrides of an environment: by people whom the policy names now, unedited, on a pull request or in the one
/// issue, since the month began or as far back as one lasts.
///
/// # Errors
///
/// Fails where the comments do not come whole, or where it is not told who may, what was edited, or which commit is meant.
pub fn read(hub: &GitHub, listening: &Listening<'_>) -> Result<Heard, Trouble> {
    let month = Unit::Month.around(listening.zone, listening.now).map_or(listening.now, |(first, _)| first);
    let mut heard = Heard { month, ..Heard::default() };
    let Some(overrides) = &listening.policy.overrides else { return Ok(heard) };
    let Some(named) = Named::new(hub, Some(overrides)) else { return Ok(heard) };
    let lasts = lasts(overrides);
    let since = month.min(listening.now - lasts);
    let mut found: Vec<Words> = Vec::new();
    for comment in hub.comments_since(&utc(since))?.all("the comments of the month")? {
        let at = parse_instant(&comment.created_at).filter(|at| *at >= since && *at <= listening.now);
        found.extend(at.into_iter().flat_map(|at| asked(&comment, at, listening)));
    }
    found.sort_by_key(|words| (words.at, words.comment.id));
    let edited = edited(hub, &found)?;
    for words in found {
        let (id, at) = (words.comment.id, words.at);
        let by = words.comment.user.as_ref().map(|user| user.login.clone()).unwrap_or_default();
        let live = at + lasts > listening.now;
        let place = place(&words.comment, listening.settings);
        let why = match (unheard(&words.comment), place) {
            (Some(why), _) => Some(why.to_owned()),
            (None, _) if edited.contains(&id) => Some(EDITED.to_owned()),
            (None, None) => {
                Some("it stands neither on a pull request nor in the issue that the policy names".to_owned())
            }
            (None, Some(_)) => (!named.may(&by)?).then(|| format!("the policy names {}", named.words())),
        };
        let (Some(place), None) = (place, &why) else {
            heard.notes.extend(why.filter(|_| live).map(|why| note(id, &by, &why)));
            continue;
        };
        let bound = match live {
            true => bound(hub, place, words.commit.as_deref(), at)?,
            false => Err("it has run out".to_owned()),
        };
        heard.overrides.push(Spoken { comment: id, by, reason: words.reason, at, until: at + lasts, bound });
    }
    Ok(heard)
}

impl Heard {
    /// Those that count beside so many that are spent elsewhere, with how many are spent then; why others do not.
    #[must_use]
    pub fn counted(&self, overrides: &OverridePolicy, spent: usize) -> (Vec<&Spoken>, usize, Vec<String>) {
        let (mut counted, mut spent, mut notes) = (Vec::new(), spent, Vec::new());
        for spoken in &self.overrides {
            if spoken.at >= self.month {
                if overrides.per_month.is_some_and(|limit| spent >= limit) {
                    notes.push(note(spoken.comment, &spoken.by, "this month's overrides are spent"));
                    continue;
                }
                spent += 1;
            }
            counted.push(spoken);
        }
        (counted, spent, notes)
    }

    /// Those that are about a commit at an instant, as facts; `of_batch` tells whether another commit is shipped with it.
    #[must_use]
    pub fn about(
        &self,
        policy: &EnvironmentPolicy,
        commit: &CommitId,
        (now, spent): (Instant, usize),
        of_batch: &dyn Fn(&str) -> bool,
        is_used: &dyn Fn(&Bound, Instant) -> bool,
    ) -> (Vec<Override>, Vec<String>) {
        let mut facts = Vec::new();
        let Some(overrides) = &policy.overrides else { return (facts, self.notes.clone()) };
        let (counted, _, said) = self.counted(overrides, spent);
        let mut notes = [self.notes.clone(), said].concat();
        for spoken in counted.into_iter().filter(|spoken| now < spoken.until) {
            let why = match &spoken.bound {
                Ok(bound) if !bound.fits(commit.as_str()) => continue,
                Ok(bound) if !bound.ships_with(commit.as_str(), of_batch) => "its pull request is not of this batch",
                Err(why) => why,
                Ok(bound) => {
                    // GitHub tells whole seconds: a rollout of the same one may be the one that used it up.
                    let given_at = spoken.at - TimeDelta::microseconds(1);
                    if is_used(bound, given_at) {
                        notes.push(note(
                            spoken.comment,
                            &spoken.by,
                            "its rollout went as the other commit that it is about",
                        ));
                        continue;
                    }
                    facts.push(Override {
                        environment: policy.environment.clone(),
                        commit: commit.clone(),
                        reason: spoken.reason.clone(),
                        author: format!("{} (comment {})", clean(&spoken.by), spoken.comment),
                        given_at,
                        expires_at: spoken.until,
                    });
                    continue;
                }
            };
            notes.push(note(spoken.comment, &spoken.by, why));
        }
        (facts, notes)
    }
}

/// What a comment asks for.
struct Words {
    comment: Comment,
    at: Instant,
    commit: Option<String>,
    reason: String,
}

/// The overrides of the environment that a comment asks for.
fn asked(comment: &Comment, at: Instant, listening: &Listening<'_>) -> Vec<Words> {
    let body = comment.body.as_deref().unwrap_or_default();
    let said = chat::listen(body, at, listening.zone).unwrap_or_default();
    let ours = said.into_iter().filter_map(|said| match said.command {
        Ok(Command::Override { environment, commit, reason }) if *environment == *listening.policy.environment => {
            Some(Words { comment: comment.clone(), at, commit, reason })
        }
        _ => None,
    });
    ours.collect()
}

const EDITED: &str = "it was edited: write a new comment";

/// Why a comment is not heard, whatever it says.
#[must_use]
pub fn unheard(comment: &Comment) -> Option<&'static str> {
    match &comment.user {
        Some(user) if !is_person(user) => Some("it is not by a person"),
        None => Some("its author is gone"),
        _ if comment.performed_via_github_app.is_some() => Some("an app wrote it in somebody's name"),
        _ if !comment.is_unedited() => Some(EDITED),
        _ => None,
    }
}

/// The comments that were edited, by the one place where GitHub tells it even of the first second.
fn edited(hub: &GitHub, found: &[Words]) -> Result<BTreeSet<u64>, Trouble> {
    let asked: Vec<&Comment> = found.iter().map(|words| &words.comment).filter(|one| unheard(one).is_none()).collect();
    hub.edited(&asked)
}

/// Where a comment stands, if overrides may stand there.
fn place(comment: &Comment, settings: ChatSettings) -> Option<Place> {
    let number = comment.issue()?;
    let is_pull = comment.html_url.as_deref().is_some_and(|url| url.contains(&format!("/pull/{number}#")));
    match is_pull {
        true => Some(Place::Pull(number)),
        false => (settings.issue == Some(number)).then_some(Place::Issue),
    }
}
