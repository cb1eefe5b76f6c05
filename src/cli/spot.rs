//! The account that a word is about, and its ledger.

use clap::Args;

use super::Edge;
use super::place::Place;
use super::question::QuestionArgs;
use crate::engine::policy::EnvironmentPolicy;
use crate::error::Error;
use crate::gather::{Question, Subject};
use crate::ledger::chain::Account;
use crate::ledger::home::Home;
use crate::ledger::{Ledger, Trouble};

/// Which repository, which environment, which ledger; the policy is the one in force.
#[derive(Debug, Args)]
pub(super) struct Spot {
    #[command(flatten)]
    place: Place,

    /// The environment [default: the only one that the policy names, else production]
    #[arg(long, short, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    environment: Option<String>,
}

/// All that it names.
pub(super) struct Found {
    pub question: Question,
    pub subject: Subject,
    pub policy: EnvironmentPolicy,
    pub account: Account,
    pub home: Home,
}

impl Spot {
    pub(super) fn find(&self, edge: &Edge) -> Result<Found, Error> {
        let question = QuestionArgs {
            repo: self.place.repo.clone(),
            environment: self.environment.clone(),
            ledger: self.place.ledger.clone(),
            ..QuestionArgs::default()
        }
        .question(edge);
        let home = self.place.home(edge)?;
        let subject = Subject::open(&question)?;
        let policy = subject.environment(question.environment.as_deref())?;
        let account = subject.account(home.own, &policy.environment)?;
        Ok(Found { question, subject, policy, account, home })
    }
}

impl Found {
    /// Its ledger, for this account.
    pub(super) fn open(&self, edge: &Edge) -> Result<Box<dyn Ledger>, Trouble> {
        let mut ledger = self.home.open(edge.clock)?;
        ledger.narrow(self.home.scope(&self.account.repository, self.policy.target.as_deref()));
        Ok(ledger)
    }

    /// The repository whose words count: all, where the ledger is its own.
    pub(super) fn repository(&self) -> Option<&str> {
        Some(self.account.repository.as_str()).filter(|_| !self.home.own)
    }
}
