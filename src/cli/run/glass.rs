//! `--break-glass`: always runs, leaves the verdict as it stands, and is remembered even where the ledger is away.

use std::io::{BufRead, Read, Write};

use super::ask::{Failed, judge, rules};
use super::child::{self, Signals};
use super::request::{Answer, Request};
use super::watch::Watch;
use super::{Edge, NotStarted, Run, home};
use crate::cli::caller;
use crate::engine::decision::Verdict;
use crate::error::Error;
use crate::gather::Subject;
use crate::ledger::chain::{Account, digest};
use crate::ledger::entry::{Event, Glass, Kept, Stage};
use crate::ledger::home::Home;
use crate::ledger::journal::NO_NAME;
use crate::ledger::{Change, LEDGER_ID, Ledger, Trouble};
use crate::sources::{packs, policy};

impl Run {
    /// Runs whatever the verdict is.
    pub(super) fn break_glass(
        &self,
        reason: &str,
        edge: &Edge,
        watch: &mut Watch<'_>,
    ) -> Result<Result<u8, NotStarted>, Error> {
        let (question, given) = self.asked().question_with_log(edge)?;
        let home = home(&self.repo, self.ledger.as_ref(), edge)?;
        let (subject, readable) = match Subject::open(&question) {
            Ok(subject) => (subject, true),
            Err(error) => {
                // An emergency does not wait for a policy to be mended.
                let subject = Subject::open_with(&question, |_| policy::built_in(packs::DEFAULT))?;
                watch.say(&format!("note: the policy cannot be read, so nothing judges: {}", error.message));
                (subject, false)
            }
        };
        let rules_of = subject.environment(question.environment.as_deref())?;
        let commit = subject.commit(question.commit.as_deref())?;
        let environment = rules_of.environment.to_string();
        if !rules_of.break_glass {
            let why = format!(
                "rejected: {} says `break-glass: false` for {environment}: nobody breaks the glass",
                subject.found.description
            );
            return Ok(Err(NotStarted { why, code: 4 }));
        }
        caller::may(edge, Some(&subject.repo), "break the glass")?;
        self.confirmed(&environment, edge)?;
        let name = &self.command[0];
        if !child::exists(name, edge.surroundings.path.as_deref()) {
            let why = format!("there is no command {}", name.display());
            return Ok(Err(NotStarted { why, code: 127 }));
        }
        let signals = Signals::catch()?;
        let home = home.of(subject.repository());
        let repository = subject.repository().unwrap_or_else(|| NO_NAME.to_owned());
        let account = Account { repository, environment };
        // What is not in the ledger is dated here, and has no decision.
        let now = (edge.clock)();
        let seed = format!("{now} {} {commit}", std::process::id());
        let unjudged = Kept {
            target: rules_of.target.as_deref().map(str::to_owned),
            commit: Some(commit.to_string()),
            reason: Some(reason.to_owned()),
            actor: edge.surroundings.user.clone(),
            owner: crate::ledger::owner::Owner::this(),
            started_at: Some(now),
            glass: Some(Glass::default()),
            ..Kept::new(format!("{LEDGER_ID}{}", &digest(seed.as_bytes())[..10]), &account, Stage::Running)
        };
        let mut opened = open(&home, &account, edge);
        if let Ok(ledger) = &mut opened {
            ledger.narrow(home.scope(&account.repository, unjudged.target.as_deref()));
        }
        // The ledger's clock dates what the ledger takes.
        let only_recorded = |ledger: &mut dyn Ledger| {
            let recorded = |now| Kept { started_at: Some(now), ..unjudged.clone() };
            ledger
                .append(&mut |state| {
                    Change::of(account.clone(), Event::Recorded { rollout: Box::new(recorded(state.now)) })
                })
                .map(|()| None)
        };
        let judged = match &mut opened {
            Ok(ledger) if !readable => only_recorded(ledger.as_mut()),
            Ok(ledger) => {
                let place = (ledger.name(), home.own);
                let mut request = Request::new(question, given, Some(reason.to_owned()), place, edge);
                request.glass = true;
                match judge(&mut request, ledger.as_mut()) {
                    Ok(judged) => Ok(Some(judged)),
                    Err(Failed::Trouble(trouble)) => Err(trouble),
                    // What cannot be judged is recorded all the same.
                    Err(Failed::Error(error)) => {
                        watch.say(&format!("note: it could not be judged: {}", error.message));
                        only_recorded(ledger.as_mut())
                    }
                }
            }
            Err(trouble) => Err(trouble.clone()),
        };
        let (kept, account) = match judged {
            Ok(Some(judged)) => {
                let said = match judged.report.decision.verdict {
                    Verdict::Approve => "approve: the glass need not have been broken".to_owned(),
                    verdict => format!("{verdict} ({})", rules(&judged)),
                };
                watch.say(&format!("deploy-rhythm: the glass is broken; the verdict stands: {said}"));
                match judged.answer {
                    Answer::Go(kept) => (*kept, judged.account),
                    _ => (unjudged, account),
                }
            }
            Ok(None) => (unjudged, account),
            Err(trouble) => {
                watch.say(&format!("warning: {trouble}"));
                let event = Event::Recorded { rollout: Box::new(unjudged.clone()) };
                match home.journal().note(&account, &event) {
                    Ok(()) => watch.say(&format!(
                        "deploy-rhythm: the glass is broken; {} is kept in {} until the ledger can be told",
                        unjudged.id,
                        home.journal().path.display()
                    )),
                    Err(trouble) => watch.say(&format!("warning: nothing records this rollout: {trouble}")),
                }
                opened = Err(trouble);
                (unjudged, account)
            }
        };
        let mut ledger = opened.ok();
        let mut tell = |event: Event| remember(&home, &mut ledger, &account, event, edge);
        Ok(self.deploy(&kept, &mut tell, signals, watch))
    }

    /// Whether the environment's name was given, or is typed now.
    fn confirmed(&self, environment: &str, edge: &Edge) -> Result<(), Error> {
        let typed = match &self.confirm {
            Some(name) => name.clone(),
            None if edge.surroundings.terminal => {
                let mut out = anstream::stderr();
                let _ = write!(out, "This breaks the glass. Type the environment's name to go on: ")
                    .and_then(|()| out.flush());
                let mut line = String::new();
                let read = std::io::stdin().lock().take(1000).read_line(&mut line);
                read.map_err(|error| Error::failure(format!("the terminal cannot be read: {error}")))?;
                line
            }
            None => {
                return Err(Error::usage("breaking the glass wants the environment's name")
                    .hint(format!("add `--confirm {environment}`, or type it at a terminal")));
            }
        };
        match typed.trim() == environment {
            true => Ok(()),
            false => Err(Error::usage(format!("that is not the environment's name: `{environment}` was meant"))
                .hint("nothing was started")),
        }
    }
}

/// Opens the ledger; one of several repositories is told nothing of one that has no name: nobody would find it again.
fn open(home: &Home, account: &Account, edge: &Edge) -> Result<Box<dyn Ledger>, Trouble> {
    match account.repository == NO_NAME && !home.own {
        true => Err(Trouble::new(
            format!("the ledger {} may be of several repositories, and nothing names this one", home.name()),
            "write `repository: example.org/shop/app` into the policy, or add the remote `origin`",
        )),
        false => home.open(edge.clock),
    }
}

/// Tells the ledger, opened anew where it was away; where it stays away, the journal.
fn remember(
    home: &Home,
    ledger: &mut Option<Box<dyn Ledger>>,
    account: &Account,
    event: Event,
    edge: &Edge,
) -> Result<(), Trouble> {
    if ledger.is_none() {
        *ledger = open(home, account, edge).ok();
        if let Some(ledger) = ledger {
            ledger.narrow(home.scope(&account.repository, None));
        }
    }
    let change = Change::of(account.clone(), event.clone());
    if let Some(ledger) = ledger
        && ledger.append(&mut |_| change.clone()).is_ok()
    {
        return Ok(());
    }
    let event = match event {
        Event::Finished { id, stage, exit, by, .. } => {
            Event::Finished { id, stage, exit, by, at: Some((edge.clock)()) }
        }
        other => other,
    };
    home.journal().note(account, &event)
}
