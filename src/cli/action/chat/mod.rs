//! Mode `comment`: a comment that holds commands is heard, followed and answered, once.
//!
//! What the payload tells is where to look: who wrote what is read again from GitHub, and so is what they may.

mod acts;
mod asks;

use std::sync::Arc;

use serde_json::Value as Json;

use super::context::Context;
use super::outputs::{self, spoken};
use crate::bot::chat::{self, Answer, Command, Mark, Reply, Said};
use crate::cli::Outcome;
use crate::engine::event::{Instant, parse_instant};
use crate::error::Error;
use crate::gather::{Hub, Question, Subject};
use crate::github::{Actor, Comment, GitHub, Trouble};
use crate::sources::github::bound::Place;
use crate::sources::github::overrides::unheard;
use crate::sources::github::people::{Named, is_person};

/// A comment that is heard: who says what, where and when.
struct Desk<'a> {
    context: &'a Context<'a>,
    question: Question,
    subject: Subject,
    hub: Arc<Hub>,
    id: u64,
    /// The issue or the pull request that it is on.
    number: u64,
    place: Place,
    by: String,
    at: Instant,
}

/// What is left to do with a comment.
enum Heard<'a> {
    /// Nothing: why.
    Silence(&'static str),
    /// To say why nothing of it is followed.
    Refusal(Box<Desk<'a>>, &'static str),
    Words(Box<Desk<'a>>, String),
}

/// Hears the comment of the event.
pub(super) fn run(context: &Context<'_>) -> Result<Outcome, Error> {
    let (desk, answers) = match Desk::open(context)? {
        Heard::Silence(why) => return Ok(Outcome::done(spoken(&format!("nothing to do: {why}\n")))),
        Heard::Refusal(desk, why) => {
            let answer = Answer::new("", Mark::Refused, format!("this comment is not heard: {why}"));
            (desk, (vec![answer], None))
        }
        Heard::Words(desk, body) => {
            let answers = desk.answers(&body);
            (desk, answers)
        }
    };
    let (answers, fault) = answers;
    let markdown = Reply { comment: desk.id, is_last: fault.is_none(), answers }.markdown();
    desk.ask(|hub| hub.create_comment(desk.number, &markdown))?;
    outputs::Answer::default().write(context)?;
    outputs::summarise(context, &markdown)?;
    match fault {
        Some(error) => Err(error),
        None => Ok(Outcome::done(spoken(&markdown))),
    }
}

impl<'a> Desk<'a> {
    fn open(context: &'a Context<'a>) -> Result<Heard<'a>, Error> {
        let event = context.needs("GITHUB_EVENT_NAME")?;
        let wrong = |why: &str| {
            Error::usage(format!("mode `comment` answers comments: {why}"))
                .hint("start the workflow `on: issue_comment: types: [created]`")
        };
        if event != "issue_comment" {
            return Err(wrong("this job was not started by one"));
        }
        let told: Result<Comment, _> = serde_json::from_value(context.event["comment"].clone());
        let told = told.map_err(|_| wrong("the event's payload holds none"))?;
        let number = context.event["issue"]["number"].as_u64();
        let number = number.ok_or_else(|| wrong("the event's payload names no issue"))?;
        let at = parse_instant(&told.created_at).ok_or_else(|| wrong("the event's payload does not date it"))?;
        if context.told("/action") != Some("created") {
            return Ok(Heard::Silence("only new comments are heard"));
        }
        let body = told.body.as_deref().unwrap_or_default();
        if chat::listen(body, at, chrono_tz::Tz::UTC).is_ok_and(|said| said.is_empty()) {
            return Ok(Heard::Silence("the comment holds no command"));
        }
        match &told.user {
            Some(user) if is_person(user) => {}
            _ => return Ok(Heard::Silence("the comment is not by a person")),
        }
        context.checkout()?;
        let question = context.question();
        let (subject, hub) = (Subject::landed(&question)?, Arc::clone(&question.hub));
        let is_pull = !matches!(context.event["issue"]["pull_request"], Json::Null);
        let place = if is_pull { Place::Pull(number) } else { Place::Issue };
        let mut desk = Self { context, question, subject, hub, id: told.id, number, place, by: String::new(), at };
        let comment = match desk.ask(|hub| hub.comment(told.id)) {
            Ok(comment) => comment,
            Err(Trouble::NotThere { .. }) => return Ok(Heard::Silence("the comment is gone")),
            Err(trouble) => return Err(trouble.into()),
        };
        let own = desk.ask(GitHub::viewer)?;
        let is_own = |user: Option<&Actor>| user.is_some_and(|user| user.login.eq_ignore_ascii_case(&own));
        if is_own(comment.user.as_ref()) {
            return Ok(Heard::Silence("the comment is this token's own"));
        }
        let marker = chat::reply_marker(told.id);
        let answers = |one: &Comment| {
            is_own(one.user.as_ref()) && one.body.as_deref().is_some_and(|body| body.starts_with(&marker))
        };
        if desk.ask(|hub| hub.comments(number))?.iter().any(answers) {
            return Ok(Heard::Silence("the comment is answered already"));
        }
        desk.by = comment.user.as_ref().map(|user| user.login.clone()).unwrap_or_default();
        let desk = Box::new(desk);
        if let Some(why) = unheard(&comment) {
            return Ok(Heard::Refusal(desk, why));
        }
        Ok(match comment.body == told.body {
            true => Heard::Words(desk, comment.body.unwrap_or_default()),
            false => Heard::Refusal(desk, "it was edited: write a new comment"),
        })
    }

    fn ask<T>(&self, ask: impl FnOnce(&GitHub) -> Result<T, Trouble>) -> Result<T, Trouble> {
        self.hub.ask(self.subject.repository().as_deref(), ask)
    }

    /// An answer to each command, and the first fault that kept one from being followed.
    fn answers(&self, body: &str) -> (Vec<Answer>, Option<Error>) {
        let said = match chat::listen(body, self.at, self.subject.zone()) {
            Ok(said) => said,
            Err(mistake) => return (vec![Answer::new("", Mark::Refused, mistake.to_string())], None),
        };
        let (mut answers, mut fault) = (Vec::new(), None);
        for said in said {
            answers.push(self.answer(&said).unwrap_or_else(|error| {
                let answer = refused(&said, &error);
                fault.get_or_insert(error);
                answer
            }));
        }
        (answers, fault)
    }

    fn answer(&self, said: &Said) -> Result<Answer, Error> {
        let command = match &said.command {
            Ok(command) => command,
            Err(mistake) => {
                let near = format!("{mistake} (line {})", said.line);
                return Ok(Answer::new(&said.text, Mark::Refused, near));
            }
        };
        if command.only_asks() && !self.may_ask()? {
            let says =
                format!("{} may not ask here: that takes write access, or a role that the policy names", self.by);
            return Ok(Answer::new(&said.text, Mark::Refused, says));
        }
        let answer = match command {
            Command::Help => Ok(Answer::new(&said.text, Mark::Told, "these are the commands:").page(chat::help())),
            Command::Status { environment } => self.status(said, environment.as_deref()),
            Command::Check { environment, commit } => self.check(said, environment.as_deref(), commit.as_deref()),
            Command::Why { environment, commit } => self.why(said, environment.as_deref(), commit.as_deref()),
            Command::Queue { environment } => self.queue(said, environment.as_deref()),
            Command::Override { environment, commit, reason } => {
                self.give(said, environment, commit.as_deref(), reason)
            }
            Command::Freeze { environment, until, reason } => self.freeze(said, environment, *until, reason),
            Command::Thaw { environment, .. } => self.thaw(said, environment),
        };
        if !command.only_asks() {
            // What was read before is not what is so now.
            self.hub.forget();
        }
        match answer {
            // What the words got wrong is answered; nothing else failed.
            Err(error) if error.exit_code() == 2 => Ok(refused(said, &error)),
            answer => answer,
        }
    }

    /// Whether they may ask: whoever may write, and whom the policy names for any environment.
    fn may_ask(&self) -> Result<bool, Trouble> {
        let policy = &self.subject.found.policy;
        self.ask(|hub| {
            if matches!(hub.permission(&self.by)?.permission.as_str(), "admin" | "write") {
                return Ok(true);
            }
            for pattern in policy.patterns() {
                let overrides = policy.environment(pattern.as_str()).and_then(|one| one.overrides);
                let named = Named::new(hub, overrides.as_ref());
                if let Some(named) = named
                    && named.may(&self.by)?
                {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }
}

fn refused(said: &Said, error: &Error) -> Answer {
    let answer = Answer::new(&said.text, Mark::Refused, error.message.clone());
    error.hints.iter().fold(answer, |answer, hint| answer.note(hint.clone()))
}
