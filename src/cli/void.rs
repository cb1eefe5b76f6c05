//! `record void`: what does not count, of the ledger's own rollouts and of what GitHub records.

use std::path::PathBuf;

use chrono::TimeDelta;
use clap::Args;

use super::place::Place;
use super::question::QuestionArgs;
use super::record::reason;
use super::{Edge, Outcome, caller};
use crate::error::Error;
use crate::gather::Subject;
use crate::ledger::chain::Account;
use crate::ledger::entry::Event;
use crate::ledger::word::{VOID_ID, What, Word};
use crate::ledger::{Change, LEDGER_ID, State};
use crate::render::clean;

/// How far back a deployment is looked for, at least.
const BACK: TimeDelta = TimeDelta::days(30);

#[derive(Debug, Args)]
pub(super) struct Void {
    #[command(flatten)]
    place: Place,

    /// The id that `record start`, `run`, `status` or `check` names; with GitHub as the source, that of a deployment there
    #[arg(value_name = "ID")]
    id: String,

    /// Why it does not count
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    because: String,

    /// Of a deployment at GitHub, its environment [default: the only one that the policy names, else production]
    #[arg(long, short, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    environment: Option<String>,

    /// Where it is recorded, where the policy does not say so: `github` or `github:OWNER/NAME`
    #[arg(long, value_name = "github", value_parser = hub)]
    deploys: Option<PathBuf>,

    /// It counts after all
    #[arg(long)]
    undo: bool,
}

fn hub(text: &str) -> Result<PathBuf, String> {
    match text == "github" || text.starts_with("github:") {
        true => Ok(text.into()),
        false => {
            Err("a line of a log is taken out of the log itself: write `github` or `github:OWNER/NAME`".to_owned())
        }
    }
}

impl Void {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let asked = QuestionArgs {
            repo: self.place.repo.clone(),
            deploys: self.deploys.clone(),
            environment: self.environment.clone(),
            ledger: self.place.ledger.clone(),
            ..QuestionArgs::default()
        };
        let question = asked.question(edge);
        let outside = match Subject::open(&question) {
            _ if self.id.starts_with(LEDGER_ID) => None,
            Ok(subject) => Some(subject).filter(|subject| subject.asks_hub(&question.hub)),
            // What is about GitHub alone needs the policy.
            Err(error) if self.deploys.is_some() || self.undo => return Err(error),
            Err(_) => None,
        };
        let Some(subject) = outside else {
            if self.undo {
                return Err(Error::usage("what the ledger itself voids stays void").hint("record a rollout anew"));
            }
            let by = edge.surroundings.user.clone();
            let event = Event::Void { id: self.id.clone(), because: self.because, by };
            return self.place.settle(edge, &self.id, &event);
        };
        let policy = subject.environment(self.environment.as_deref())?;
        let act = if self.undo { "let it count again" } else { "take a deployment out of the count" };
        caller::may(edge, Some(&subject.repo), act)?;
        if !self.undo {
            question.hub.reach(edge.now - BACK);
            let records = subject.hub_records(&question, &policy.environment);
            let records = records.map_err(|missing| Error::failure(missing.what).hint(missing.remedy))?;
            let mut own = records.deployments.iter().filter(|one| one.environment == policy.environment);
            if !own.any(|one| *one.id == *self.id) {
                let (id, name) = (clean(&self.id), clean(&policy.environment));
                let error =
                    Error::usage(format!("GitHub tells of no deployment `{id}` to `{name}`, or of none so late"));
                return Err(error.hint("`deploy-rhythm history --format json` lists them with their ids"));
            }
        }
        let home = self.place.home(edge)?;
        let account = subject.account(home.own, &policy.environment)?;
        let mut ledger = home.open(edge.clock)?;
        ledger.narrow(home.scope(&account.repository, policy.target.as_deref()));
        let mut said = Err(Error::failure("the ledger did not ask what to write"));
        ledger.append(&mut |state| {
            let (change, answer) = self.change(state, &account, edge);
            said = answer;
            change
        })?;
        said.map(Outcome::done)
    }

    /// What is written, and what is said about it.
    fn change(&self, state: &State, account: &Account, edge: &Edge) -> (Change, Result<String, Error>) {
        let about = |word: &&Word| {
            let same = matches!(&word.what, What::Void { deployment } if *deployment == self.id);
            same && word.account() == *account && word.stands(state.now)
        };
        let known = state.words.values().find(about);
        let by = edge.surroundings.user.clone();
        match (known, self.undo) {
            (Some(word), true) => {
                let because = Some(self.because.clone());
                let event = Event::Withdrawn { id: word.id.clone(), by, because };
                (Change::of(account.clone(), event), Ok(format!("{}: {} counts again\n", word.id, clean(&self.id))))
            }
            (None, true) => {
                let error = Error::usage(format!("`{}` was not taken out of the count", clean(&self.id)));
                (Change::default(), Err(error.hint("`deploy-rhythm ledger show` lists what was")))
            }
            (Some(word), false) => {
                (Change::default(), Ok(format!("{}: {} does not count already\n", word.id, clean(&self.id))))
            }
            (None, false) => {
                let word = Word {
                    id: state.fresh_id(VOID_ID),
                    repository: account.repository.clone(),
                    environment: account.environment.clone(),
                    by,
                    because: self.because.clone(),
                    at: state.now,
                    what: What::Void { deployment: self.id.clone() },
                    withdrawn_at: None,
                    withdrawn_by: None,
                };
                let said = format!("{}: {} does not count\n", word.id, clean(&self.id));
                (Change::of(account.clone(), Event::Said { word: Box::new(word) }), Ok(said))
            }
        }
    }
}
