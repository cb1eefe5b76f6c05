//! The account that a word is about, and its ledger.

use std::path::PathBuf;

use clap::Args;

use super::question::QuestionArgs;
use super::{Edge, run};
use crate::engine::policy::EnvironmentPolicy;
use crate::error::Error;
use crate::gather::{Question, Subject};
use crate::ledger::chain::Account;
use crate::ledger::home::Home;

/// Which repository, which environment, which ledger; the policy is the one in force.
#[derive(Debug, Args)]
pub(super) struct Spot {
    /// The repository: any directory in it
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,

    /// The ledger: a SQLite file [default: `DEPLOY_RHYTHM_LEDGER`, else a file in the git directory]
    #[arg(long, value_name = "PATH")]
    ledger: Option<String>,

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
            repo: self.repo.clone(),
            policy: None,
            deploys: None,
            columns: None,
            environment: self.environment.clone(),
            ledger: self.ledger.clone(),
            at: None,
        }
        .question(edge);
        let home = run::home(&self.repo, self.ledger.as_ref(), edge)?;
        let subject = Subject::open(&question)?;
        let policy = subject.environment(question.environment.as_deref())?;
        let repository = match home.own {
            true => subject.repository().unwrap_or_else(|| ".".to_owned()),
            false => subject.required_name()?,
        };
        let account = Account { repository, environment: policy.environment.to_string() };
        Ok(Found { question, subject, policy, account, home })
    }
}

impl Found {
    /// The repository whose words count: all, where the ledger is its own.
    pub(super) fn repository(&self) -> Option<&str> {
        Some(self.account.repository.as_str()).filter(|_| !self.home.own)
    }
}
