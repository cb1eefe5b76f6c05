//! `run`: judge, take the slot, run the command, record what became of it.

pub(super) mod ask;
mod child;
mod glass;
pub(super) mod job;
mod others;
pub(super) mod request;
mod watch;

use std::ffi::OsString;
use std::path::PathBuf;

use chrono::TimeDelta;
use clap::Args;

use super::place::home;
use super::question::{LaneName, QuestionArgs, RequestArgs};
use super::{Edge, Outcome, caller, outer};
use crate::engine::duration;
use crate::error::Error;
use crate::gather::Subject;
use crate::ledger::entry::{Event, Kept, Stage};
use crate::ledger::{Change, Trouble};
use crate::sources::foreign::{Columns, columns};
use ask::{Failed, ask};
use child::{NoEnd, Signals};
use request::Request;
use watch::Watch;

/// Judge, take the slot, run the command, record what became of it
#[derive(Debug, Args)]
#[command(
    after_help = "Exits with the command's own code (128 + N where signal N ended it). Where nothing started: 3 held, 4 rejected, \
    5 superseded, 126 or 127 where the command cannot be run; the last line on standard error then begins `not started:`.\n\n\
    Examples:\n  deploy-rhythm run --environment production -- kamal deploy\n  deploy-rhythm run --wait 45m -- make deploy\n  \
    deploy-rhythm run --lane hotfix --reason \"the checkout fails\" -- kamal deploy"
)]
pub struct Run {
    /// The repository: any directory in it
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,

    /// Judge by this file, or this built-in policy, instead of the policy on the default branch
    #[arg(long, value_name = "FILE|NAME")]
    policy: Option<PathBuf>,

    /// A record of earlier deployments, beside the ledger: as `check --deploys`
    #[arg(long, value_name = "FILE|github")]
    deploys: Option<PathBuf>,

    /// Of CSV, which column holds what: as `check --columns`
    #[arg(long, value_name = "KEY=COLUMN,…", requires = "deploys", value_parser = columns)]
    columns: Option<Columns>,

    /// The ledger: a SQLite file, `git:origin` or `postgres://…` [default: `DEPLOY_RHYTHM_LEDGER`, else a file in the git directory]
    #[arg(long, value_name = "PATH")]
    ledger: Option<String>,

    /// The environment [default: the only one that the policy names, else production]
    #[arg(long, short, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    environment: Option<String>,

    /// The commit to deploy: an id, a tag, a branch [default: HEAD, judged anew where it moves]
    #[arg(long, value_name = "REV")]
    commit: Option<String>,

    /// The lane to ask for [default: normal; a rollback is recognised]
    #[arg(long, value_name = "LANE")]
    lane: Option<LaneName>,

    /// Why: recorded; a hotfix needs one
    #[arg(long, value_name = "TEXT", value_parser = super::record::reason)]
    reason: Option<String>,

    /// Wait this long for the first instant that approves
    #[arg(long, value_name = "DURATION", value_parser = wait)]
    wait: Option<TimeDelta>,

    /// Run whatever the verdict is, for this reason: it is recorded, counts, and heads `status` until acknowledged
    #[arg(long, value_name = "REASON", value_parser = super::record::reason, conflicts_with_all = ["wait", "lane", "reason", "policy"])]
    break_glass: Option<String>,

    /// The environment's name, so that nobody has to type it to break the glass
    #[arg(long, value_name = "NAME", requires = "break_glass")]
    confirm: Option<String>,

    /// The command, and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

fn wait(text: &str) -> Result<TimeDelta, String> {
    let wait = duration::parse(text)?;
    if wait <= TimeDelta::days(7) { Ok(wait) } else { Err("the longest wait is 7d".to_owned()) }
}

/// Nothing was started: the last line on standard error, and the exit code.
struct NotStarted {
    why: String,
    code: u8,
}

impl Run {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let mut watch = Watch::new(edge);
        Ok(match self.go(edge, &mut watch)? {
            Ok(code) => Outcome { text: String::new(), code },
            Err(NotStarted { why, code }) => {
                watch.say(&format!("not started: {why}"));
                Outcome { text: String::new(), code }
            }
        })
    }

    fn go(&self, edge: &Edge, watch: &mut Watch<'_>) -> Result<Result<u8, NotStarted>, Error> {
        if matches!(self.lane, Some(LaneName::Hotfix)) && self.reason.is_none() {
            return Err(Error::usage("a hotfix needs its reason").hint("add `--reason \"what is broken\"`"));
        }
        if self.deploys.as_ref().is_some_and(|path| path.as_os_str() == "-") {
            return Err(Error::usage("standard input is the command's").hint("give `--deploys` a file"));
        }
        if let Some(reason) = &self.break_glass {
            return self.break_glass(reason, edge, watch);
        }
        let (question, given) = self.asked().question_with_log(edge)?;
        // What is wrong with the call is said before a ledger is begun.
        let home = home(&self.repo, self.ledger.as_ref(), edge)?;
        let subject = Subject::open(&question)?;
        let policy = subject.environment(question.environment.as_deref())?;
        let commit = subject.commit(question.commit.as_deref())?;
        if matches!(self.lane, Some(LaneName::Hotfix)) {
            caller::may(edge, Some(&subject.repo), "claim a hotfix")?;
        }
        let account = subject.account(home.own, &policy.environment)?;
        let home = home.of(subject.repository());
        let scope = home.scope(&account.repository, policy.target.as_deref());
        let name = &self.command[0];
        if !child::exists(name, edge.surroundings.path.as_deref()) {
            let why = format!("there is no command {}", name.display());
            return Ok(Err(NotStarted { why, code: 127 }));
        }
        let outer = match outer::find(edge, &home, &subject, &policy.environment, &commit)? {
            Ok(outer) => outer,
            Err(trouble) => return Ok(Err(held_by(&trouble))),
        };
        let mut signals = Signals::catch()?;
        if let Some(Kept { id, .. }) = outer {
            watch.say(&format!("deploy-rhythm: a part of {id}: nothing is recorded"));
            return Ok(match signals.run(&self.command, &id) {
                Ok(status) => Ok(child::code(status)),
                Err(NoEnd::Unstarted(error)) => Err(self.not_run(&error)),
                Err(NoEnd::Unknown(_)) => Ok(1),
            });
        }
        let mut ledger = match home.open(edge.clock) {
            Ok(ledger) => ledger,
            Err(trouble) => return Ok(Err(held_by(&trouble))),
        };
        ledger.narrow(scope);
        let place = (ledger.name(), home.own);
        let mut request = Request::new(question, given, self.reason.clone(), place, edge);
        request.deadline = self.wait.map(|wait| (edge.clock)() + wait);
        let (kept, account) = match ask(&mut request, ledger.as_mut(), &mut signals, watch) {
            Ok(Ok(place)) => place,
            Ok(Err(not_started)) => return Ok(Err(not_started)),
            Err(Failed::Trouble(trouble)) => return Ok(Err(held_by(&trouble))),
            Err(Failed::Error(error)) => return Err(error),
        };
        let mut tell = |event: Event| ledger.append(&mut |_| Change::of(account.clone(), event.clone()));
        Ok(self.deploy(&kept, &mut tell, signals, watch))
    }

    fn asked(&self) -> RequestArgs {
        RequestArgs {
            question: QuestionArgs {
                repo: self.repo.clone(),
                policy: self.policy.clone(),
                deploys: self.deploys.clone(),
                columns: self.columns.clone(),
                environment: self.environment.clone(),
                ledger: self.ledger.clone(),
                ..QuestionArgs::default()
            },
            commit: self.commit.clone(),
            lane: self.lane,
            run: None,
        }
    }

    fn not_run(&self, error: &std::io::Error) -> NotStarted {
        let code = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
        NotStarted { why: format!("{} cannot be run: {error}", self.command[0].display()), code }
    }

    /// Starts the command, and records its start and its end.
    fn deploy(
        &self,
        kept: &Kept,
        tell: &mut dyn FnMut(Event) -> Result<(), Trouble>,
        mut signals: Signals,
        watch: &mut Watch<'_>,
    ) -> Result<u8, NotStarted> {
        let id = &kept.id;
        if let Some(signal) = signals.came() {
            let because = child::signal_name(signal).to_owned();
            let _ = tell(match kept.stage {
                Stage::Reserved => Event::GivenBack { id: id.clone(), because },
                _ => Event::Void { id: id.clone(), because, by: None },
            });
            let why = format!("stopped by {}; its place is given back", child::signal_name(signal));
            return Err(NotStarted { why, code: u8::try_from(128 + signal).unwrap_or(1) });
        }
        // The start is recorded first: whatever happens next, nobody takes the environment for untouched.
        if kept.stage == Stage::Reserved {
            tell(Event::Started { id: id.clone() }).map_err(|trouble| held_by(&trouble))?;
        }
        let unstarted = |why: String,
                         code,
                         tell: &mut dyn FnMut(Event) -> Result<(), Trouble>,
                         watch: &mut Watch<'_>| {
            if let Err(trouble) = tell(Event::Void { id: id.clone(), because: why.clone(), by: None }) {
                watch.say(&format!("warning: {trouble}; then `deploy-rhythm record void {id} --because \"not run\"`"));
            }
            Err(NotStarted { why, code })
        };
        if let Some(signal) = signals.came() {
            let why = format!("stopped by {} before the command was run", child::signal_name(signal));
            return unstarted(why, u8::try_from(128 + signal).unwrap_or(1), tell, watch);
        }
        watch.say(&format!("deploy-rhythm: {id} starts: {} to {}", kept.what(), kept.environment));
        let status = match signals.run(&self.command, id) {
            Ok(status) => status,
            Err(NoEnd::Unstarted(error)) => {
                let NotStarted { why, code } = self.not_run(&error);
                return unstarted(why, code, tell, watch);
            }
            Err(NoEnd::Unknown(error)) => {
                watch.say(&format!(
                    "warning: nobody knows how the command ended ({error}), so {id} counts as running: when it has ended, `deploy-rhythm record finish {id} --outcome success|failure`"
                ));
                return Ok(1);
            }
        };
        let code = child::code(status);
        let stage = if status.success() { Stage::Success } else { Stage::Failure };
        if let Err(trouble) =
            tell(Event::Finished { id: id.clone(), stage, exit: Some(code.into()), by: None, at: None })
        {
            watch.say(&format!(
                "warning: the end of {id} is not recorded, and it counts as running: {trouble}; then `deploy-rhythm record finish {id} --outcome {}`",
                stage.name()
            ));
        }
        Ok(code)
    }
}

fn held_by(trouble: &Trouble) -> NotStarted {
    NotStarted { why: format!("held: {trouble}"), code: 3 }
}
