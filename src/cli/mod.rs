//! The command line: one file a subcommand.

pub mod action;
mod adopt;
mod anchors;
mod audit;
mod calendar;
mod caller;
mod check;
mod freeze;
mod generate;
mod governance;
mod history;
mod hook;
mod init;
mod judged;
mod leave;
mod ledger;
mod mcp;
mod offer;
mod outer;
mod past;
mod place;
mod policy;
mod progress;
mod question;
mod record;
mod replay;
mod report;
mod review;
mod run;
mod span;
mod spot;
mod status;
mod suggest;
mod validate;
mod void;
mod why;
mod workflows;

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::{Parser, Subcommand};

use crate::engine::event::Instant;
use crate::error::Error;

pub use question::QuestionArgs;

/// What the outside tells once: the clock, the environment and the terminal's width.
#[derive(Clone, Debug)]
pub struct Edge {
    pub now: Instant,
    /// The clock itself, for what waits, and for a ledger, whose clock is read under its lock.
    pub clock: fn() -> Instant,
    /// What the environment says.
    pub surroundings: Surroundings,
    /// Columns to wrap at.
    pub width: usize,
    /// Columns to cut single lines at; none where no terminal shows them.
    pub cut: Option<usize>,
}

/// What the environment says.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that the environment says or does not")]
pub struct Surroundings {
    /// `DEPLOY_RHYTHM_LEDGER`: the ledger, where no argument names it.
    pub ledger: Option<String>,
    /// `CI` is set: the disk is gone when the job ends.
    pub ci: bool,
    /// Who runs this.
    pub user: Option<String>,
    /// `DEPLOY_RHYTHM_RUN`: the rollout that this is a part of, by its own word.
    pub run: Option<String>,
    /// Whether somebody sits at a terminal: standard input or standard error is one, and no agent runs this.
    pub attended: bool,
    /// Whether an agent runs this: `CLAUDECODE` is set.
    pub agent: bool,
    /// What Kamal tells its hooks.
    pub kamal: Kamal,
    /// `GITHUB_*`, `RUNNER_*` and `INPUT_*`: what a job tells its steps, and the inputs of the action.
    pub job: BTreeMap<String, String>,
    /// Where GitHub is, and who asks it.
    pub github: crate::github::Settings,
    /// Where commands are looked for.
    pub path: Option<OsString>,
    /// Whether standard error is a terminal.
    pub watched: bool,
    /// Whether somebody sits at a terminal: standard input and standard error are one.
    pub terminal: bool,
}

/// What Kamal tells its hooks: `KAMAL_COMMAND`, `KAMAL_VERSION`, `KAMAL_DESTINATION`, `KAMAL_PERFORMER`.
#[derive(Clone, Debug, Default)]
pub struct Kamal {
    pub command: Option<String>,
    pub version: Option<String>,
    pub destination: Option<String>,
    pub performer: Option<String>,
}

/// What a command answers: the text for standard output, and the exit code.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub text: String,
    pub code: u8,
}

impl Outcome {
    /// An answer that is no decision.
    #[must_use]
    pub const fn done(text: String) -> Self {
        Self { text, code: 0 }
    }
}

const TEMPLATE: &str = "\
{about}

{usage-heading} {usage}

Ask:
  check        May this commit be deployed now? Approve, hold until T, or reject
  why          The same, with each rule's reasoning in full
  status       Each environment: budgets left, the next opening, what runs
  history      What was read, from where, as a timeline
  calendar     When windows and freezes are open: the days to come
  replay       What a policy would have made of past pushes
  report       A picture of it: bursts, overlaps, batches, DORA's measures, the worst afternoons
  suggest      From past pushes and a wish, the loosest policy that fulfils it
  init         Write a commented policy fitted to this repository

Deploy:
  run          Judge, take the slot, run the command, record what became of it
  record       Tell the ledger of a rollout that does not go through `run`
  ledger       verify, show, export, adopt what is recorded
  hook         What the hooks call that `init --hook` writes
  mcp          Answer agents, by the Model Context Protocol
  audit        Every deployment with its decision, those without one first
  override     Let one rollout of one commit pass soft-mandatory rules
  freeze       Let nothing go until an instant
  thaw         End what `freeze` began

Keep the policy:
  policy       validate, show, schema, test, review
  governance   What CLAUDE.md asks for, line by line, and who enforces it

Set up:
  action       What the GitHub Action calls in a job
  completions  Completions for your shell
  man          The manual page

Options:
{options}
{after-help}";

const EXAMPLES: &str = "
Examples:
  deploy-rhythm check                              # may HEAD be deployed to production now?
  deploy-rhythm check --environment staging --commit v1.4.0
  deploy-rhythm check --at 2026-12-24T15:00:00Z    # may I deploy on Christmas Eve?
  kamal audit | deploy-rhythm check --deploys -    # judge by what Kamal did
  deploy-rhythm check --format json | jq -r .next_approval

Exit codes: 0 approve, 3 hold, 4 reject; 2 a wrong call or a bad policy; 1 any other failure.";

/// Judges the rhythm of deploys: approve, hold until T, or reject.
#[derive(Debug, Parser)]
#[command(name = "deploy-rhythm", version, about, help_template = TEMPLATE, after_help = EXAMPLES, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(check::Check),
    Why(why::Why),
    Status(status::Status),
    History(history::History),
    Replay(replay::ReplayCommand),
    Suggest(suggest::SuggestCommand),
    Calendar(calendar::Calendar),
    Report(report::Report),
    Init(init::Init),
    Run(run::Run),
    Record(record::Record),
    Ledger(ledger::LedgerCommand),
    Audit(audit::Audit),
    Hook(hook::HookCommand),
    Mcp(mcp::Mcp),
    Override(leave::Override),
    Freeze(freeze::Freeze),
    Thaw(freeze::Thaw),
    Governance(governance::GovernanceCommand),
    Policy(policy::PolicyCommand),
    Action(action::Action),
    Completions(generate::Completions),
    Man(generate::Man),
}

impl Cli {
    /// Runs the command that was given.
    ///
    /// # Errors
    ///
    /// Fails where the call is wrong, the policy is bad, or something outside fails.
    pub fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        match self.command {
            Command::Check(command) => command.run(edge),
            Command::Why(command) => command.run(edge),
            Command::Status(command) => command.run(edge),
            Command::History(command) => command.run(edge),
            Command::Replay(command) => command.run(edge),
            Command::Suggest(command) => command.run(edge),
            Command::Calendar(command) => command.run(edge),
            Command::Report(command) => command.run(edge),
            Command::Init(command) => command.run(),
            Command::Run(command) => command.run(edge),
            Command::Record(command) => command.run(edge),
            Command::Ledger(command) => command.run(edge),
            Command::Audit(command) => command.run(edge),
            Command::Hook(command) => command.run(edge),
            Command::Mcp(command) => command.run(edge),
            Command::Override(command) => command.run(edge),
            Command::Freeze(command) => command.run(edge),
            Command::Thaw(command) => command.run(edge),
            Command::Governance(command) => command.run(edge),
            Command::Policy(command) => command.run(edge),
            Command::Action(_) => action::run(edge),
            Command::Completions(command) => Ok(command.run()),
            Command::Man(command) => command.run(),
        }
    }
}
