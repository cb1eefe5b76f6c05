//! The arguments that every question takes, and the question that they make.

use std::io::BufReader;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use chrono::Datelike;
use clap::{Args, ValueEnum};

use super::Edge;
use super::offer::offer;
use crate::engine::evaluate::evaluate;
use crate::engine::event::{Instant, parse_instant};
use crate::engine::facts::Facts;
use crate::engine::lane::{Lane, LaneRequest};
use crate::engine::policy::EnvironmentPolicy;
use crate::engine::rules::Budget;
use crate::error::Error;
use crate::gather::{Gathered, Hub, LedgerSource, Named, Question, Subject};
use crate::github::Repository;
use crate::report::Report;
use crate::sources::deployments::{self, Records};
use crate::sources::files;
use crate::sources::foreign::{Columns, columns};
use crate::sources::git::{Clock, Now};

/// The lane to ask for.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LaneName {
    Normal,
    Hotfix,
    Rollback,
}

/// The arguments of a question.
#[derive(Clone, Debug, Default, Args)]
pub struct QuestionArgs {
    /// The repository: any directory in it
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub repo: PathBuf,

    /// Judge by this file, or this built-in policy, instead of the policy on the default branch
    #[arg(long, value_name = "FILE|NAME")]
    pub policy: Option<PathBuf>,

    /// The record of deployments: JSON Lines, the text of `kamal audit`, CSV, or the JSON of helm, kubectl, argocd, heroku, fly
    /// or gh; `-` reads standard input; `github` or `github:OWNER/NAME` asks GitHub
    #[arg(long, value_name = "FILE|-|github")]
    pub deploys: Option<PathBuf>,

    /// Of CSV, which column holds what: `started=Deployed at,commit=SHA,state==success,timezone=Europe/Paris`
    #[arg(long, value_name = "KEY=COLUMN,…", requires = "deploys", value_parser = columns)]
    pub columns: Option<Columns>,

    /// The environment [default: the only one that the policy names, else production]
    #[arg(long, short, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub environment: Option<String>,

    /// The ledger: a SQLite file, `git:origin` or `postgres://…` [default: `DEPLOY_RHYTHM_LEDGER`, else a file in the git directory, where there is one]
    #[arg(long, value_name = "PATH")]
    pub ledger: Option<String>,

    /// Judge as of this instant instead of now, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = instant)]
    pub at: Option<Instant>,
}

/// What is asked about: a commit, in a lane.
#[derive(Clone, Debug, Args)]
pub struct RequestArgs {
    #[command(flatten)]
    pub question: QuestionArgs,

    /// The commit to deploy: an id, a tag, a branch [default: HEAD]
    #[arg(long, value_name = "REV")]
    pub commit: Option<String>,

    /// The lane to ask for [default: normal; a rollback is recognised]
    #[arg(long, value_name = "LANE")]
    pub lane: Option<LaneName>,

    /// Leave this run out of the history: the job that asks from inside its own deployment
    #[arg(long, value_name = "ID")]
    pub run: Option<String>,
}

pub(super) fn instant(text: &str) -> Result<Instant, String> {
    let instant = parse_instant(text)
        .ok_or_else(|| "write an instant such as 2026-12-24T15:00:00Z or 2026-12-24T16:00:00+01:00".to_owned())?;
    if (1971..=9000).contains(&instant.year()) {
        Ok(instant)
    } else {
        Err("the year must lie between 1971 and 9000".to_owned())
    }
}

impl QuestionArgs {
    /// Whether `--deploys` names standard input.
    fn reads_input(&self) -> bool {
        self.deploys.as_ref().is_some_and(|path| path.as_os_str() == "-")
    }

    /// What `--deploys` says of GitHub; nothing where it names a file.
    fn named_hub(&self) -> Named {
        match self.deploys.as_ref().and_then(|path| path.to_str()) {
            Some("github") => Named::Here,
            Some(text) => {
                text.strip_prefix("github:").map_or(Named::Nowhere, |name| Named::Repository(name.to_owned()))
            }
            None => Named::Nowhere,
        }
    }

    /// GitHub, as these arguments name it.
    pub(super) fn hub(&self, edge: &Edge) -> Arc<Hub> {
        Arc::new(Hub::new(edge.surroundings.github.clone(), self.named_hub()))
    }

    /// Reads the record that `--deploys` names.
    pub(super) fn given(&self) -> Result<Option<Records>, Error> {
        let Some(path) = self.deploys.as_ref().filter(|_| self.named_hub() == Named::Nowhere) else {
            if self.columns.is_some() {
                return Err(Error::usage("`--columns` is for CSV, and GitHub answers with none").hint("leave it out"));
            }
            if let Named::Repository(name) = self.named_hub() {
                Repository::parse(&name)?;
            }
            return Ok(None);
        };
        if self.reads_input() {
            let input = BufReader::with_capacity(files::PIECE, std::io::stdin().lock());
            return deployments::from_text("standard input", input, self.columns.as_ref()).map(Some);
        }
        let name = path.display().to_string();
        let missing =
            || Error::usage(format!("there is no deploy log at {name}")).hint("check the path that `--deploys` names");
        let file = files::open(path)?.ok_or_else(missing)?;
        deployments::from_file(&name, &file, self.columns.as_ref()).map(Some)
    }

    /// What the arguments ask.
    pub(super) fn question(&self, edge: &Edge) -> Question {
        Question {
            repo: self.repo.clone(),
            policy: self.policy.clone(),
            environment: self.environment.clone(),
            commit: None,
            lane: LaneRequest::Found,
            run: None,
            ledger: LedgerSource::Read {
                named: named_ledger(self.ledger.as_ref(), edge),
                ci: edge.surroundings.ci,
                clock: edge.clock,
            },
            hub: self.hub(edge),
            now: Now {
                instant: self.at.unwrap_or(edge.now),
                clock: if self.at.is_some() { Clock::Asked } else { Clock::Machine },
            },
        }
    }
}

/// The ledger that is named: by the argument, else by the environment.
pub(super) fn named_ledger(argument: Option<&String>, edge: &Edge) -> Option<String> {
    argument.or(edge.surroundings.ledger.as_ref()).cloned()
}

impl RequestArgs {
    pub(super) fn question(&self, edge: &Edge) -> Question {
        let lane = match self.lane {
            None => LaneRequest::Found,
            Some(LaneName::Normal) => LaneRequest::Asked(Lane::Normal),
            Some(LaneName::Hotfix) => LaneRequest::Asked(Lane::Hotfix),
            Some(LaneName::Rollback) => LaneRequest::Asked(Lane::Rollback),
        };
        Question { commit: self.commit.clone(), lane, run: self.run.clone(), ..self.question.question(edge) }
    }

    /// What is asked, and the record that `--deploys` names.
    pub(super) fn question_with_log(&self, edge: &Edge) -> Result<(Question, Option<Records>), Error> {
        Ok((self.question(edge), self.question.given()?))
    }

    /// Gathers the facts and judges them.
    pub(super) fn judge(&self, edge: &Edge) -> Result<Judgement, Error> {
        let question = self.question(edge);
        // A long log and a long walk take the same few milliseconds: side by side. The log stays on this thread, whose heap
        // grows in larger steps.
        let walk = || {
            let subject = Subject::open(&question)?;
            let policy = subject.environment(question.environment.as_deref())?;
            let commit = subject.commit(question.commit.as_deref())?;
            subject.walk_ahead(&policy);
            Ok::<_, Error>((subject, policy, commit))
        };
        let (walked, given) = match self.question.reads_input() {
            // Nobody waits for the end of an input to hear that the call is wrong.
            true => (Ok(walk()?), self.question.given()),
            false => thread::scope(|scope| {
                let walking = scope.spawn(walk);
                let given = self.question.given();
                (walking.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), given)
            }),
        };
        let ((subject, policy, commit), given) = (walked?, given?);
        let records = subject.records(given, &question, &policy.environment)?;
        let gathered = subject.gather(policy, commit, question.lane, records)?;
        let policy = gathered.policy.clone();
        let (mut report, facts) = report(&subject, gathered);
        report.offer = offer(&report, &subject, &policy, &question, edge);
        Ok(Judgement { report, subject, policy, facts })
    }
}

/// A report, and what it was made from.
pub(super) struct Judgement {
    pub report: Report,
    pub subject: Subject,
    pub policy: EnvironmentPolicy,
    facts: Facts,
}

impl Judgement {
    /// The report, where the process ends soon: to take a million records apart takes longer than to judge them.
    pub(super) fn at_the_end(self) -> (Report, Subject) {
        std::mem::forget(self.facts);
        (self.report, self.subject)
    }

    /// What is left of the budget of the rule that holds it, where it has one.
    pub(super) fn budget(&self) -> Option<Budget> {
        budget(&self.policy, &self.report, &self.facts)
    }
}

/// What is left of the budget of the rule that holds a decision, where it has one.
pub(super) fn budget(policy: &EnvironmentPolicy, report: &Report, facts: &Facts) -> Option<Budget> {
    let decision = &report.decision;
    let holding = policy
        .rules
        .iter()
        .zip(&decision.findings)
        .find(|(_, finding)| finding.level.is_mandatory() && finding.verdict == decision.verdict);
    holding.and_then(|(entry, _)| entry.rule.check().budget(facts, decision.at))
}

/// Judges gathered facts.
pub(super) fn report(subject: &Subject, gathered: Gathered) -> (Report, Facts) {
    let Gathered { policy, facts, subject: title, history, notes } = gathered;
    let decision = evaluate(&policy, &facts, subject.now.instant);
    let report = Report {
        decision,
        subject: title,
        policy: subject.found.description.clone(),
        policy_kind: subject.found.kind,
        history,
        notes,
        offer: None,
    };
    (report, facts)
}
