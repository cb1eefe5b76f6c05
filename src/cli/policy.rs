//! `policy`: validate, show, schema, test, review.

use std::fmt::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::review::Review;
use super::validate::Validate;
use super::{Edge, Outcome};
use crate::engine::duration;
use crate::engine::lane::Lane;
use crate::engine::policy::{EnvironmentPolicy, Pattern, Policy, schema};
use crate::error::Error;
use crate::gather::{Hub, Named};
use crate::render::clean;
use crate::scenario;
use crate::sources::git::Repo;
use crate::sources::policy::{Found, Wanted, fetch, find_by};
use crate::sources::{files, packs};

/// Validate, show, test and review a policy
#[derive(Debug, Args)]
pub struct PolicyCommand {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check the file: every error with its line and its fix, and what is odd about its windows and freezes
    Validate(Validate),
    /// The resolved policy, with where each rule comes from
    Show(Show),
    /// The JSON Schema of policy files, for editors
    Schema,
    /// Run the scenarios beside the policy
    Test(Test),
    /// Rules overdue for review, unexplained, or idle for 180 days
    Review(Review),
}

/// Which policy is meant.
#[derive(Clone, Debug, Args)]
pub(super) struct PolicyArgs {
    /// The repository whose working tree holds the policy
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub repo: PathBuf,

    /// This file instead of the repository's own
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
}

impl PolicyArgs {
    /// Reads the policy of the working tree, or the file named.
    pub(super) fn find(&self, edge: &Edge) -> Result<(Option<Repo>, Found), Error> {
        let repo = match (Repo::open(&self.repo), &self.policy) {
            (Ok(repo), _) => Some(repo),
            (Err(_), Some(_)) => None,
            (Err(error), None) => return Err(Error::usage(error.to_string())),
        };
        let hub = Hub::new(edge.surroundings.github.clone(), Named::Nowhere);
        let found = find_by(repo.as_ref(), self.policy.as_deref(), Wanted::Draft, &mut |other| hub.fetch(other))?;
        Ok((repo, found))
    }
}

impl PolicyCommand {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        match self.command {
            Command::Validate(command) => command.run(edge),
            Command::Show(command) => command.run(edge),
            Command::Schema => Ok(Outcome::done(format!("{:#}\n", schema()))),
            Command::Test(command) => command.run(edge),
            Command::Review(command) => command.run(edge),
        }
    }
}

/// The resolved policy, with where each rule comes from
#[derive(Debug, Args)]
struct Show {
    #[command(flatten)]
    policy: PolicyArgs,

    /// Only this environment
    #[arg(long, short, value_name = "NAME")]
    environment: Option<String>,

    /// A built-in policy instead, as it is written
    #[arg(long, value_name = "NAME", conflicts_with_all = ["environment", "policy"])]
    built_in: Option<String>,
}

impl Show {
    fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        if let Some(name) = &self.built_in {
            let pack = packs::ALL.into_iter().find(|(known, _)| known == name);
            let (_, text) = pack.ok_or_else(|| {
                Error::usage(format!("there is no built-in policy `{name}`"))
                    .hint(format!("there are {}", packs::names()))
            })?;
            return Ok(Outcome::done(text.to_owned()));
        }
        let (_, found) = self.policy.find(edge)?;
        let policy = &found.policy;
        let names = match &self.environment {
            Some(name) => vec![name.as_str()],
            None => policy.patterns().into_iter().map(Pattern::as_str).collect(),
        };
        let mut out = format!("# {}\n", clean(&found.description));
        if let Some(zone) = policy.timezone() {
            let _ = writeln!(out, "timezone: {zone}");
        }
        for name in names {
            let environment = policy
                .environment(name)
                .ok_or_else(|| Error::usage(format!("the policy names no environment `{name}`")))?;
            show(&mut out, policy, name, &environment);
        }
        Ok(Outcome::done(out))
    }
}

fn show(out: &mut String, _policy: &Policy, name: &str, environment: &EnvironmentPolicy) {
    let _ = writeln!(out, "\n{}", clean(name));
    for entry in &environment.rules {
        let source = format!("{}:{}", entry.source.file, entry.source.line);
        let _ = writeln!(
            out,
            "  {:<14}  {:<17}  {}",
            entry.level.name(),
            entry.rule.id().name(),
            clean(&entry.rule.check().asks())
        );
        let _ = writeln!(out, "  {:<14}  {:<17}  from {}", "", "", clean(&source));
        for (key, value) in [("because", &entry.because), ("owner", &entry.owner)] {
            if let Some(value) = value {
                let _ = writeln!(out, "  {:<14}  {:<17}  {key}: {}", "", "", clean(value));
            }
        }
        if let Some(day) = entry.review_by {
            let _ = writeln!(out, "  {:<14}  {:<17}  review by {day}", "", "");
        }
    }
    for (lane_name, lane) in Lane::ALL.into_iter().skip(1) {
        let skips: Vec<&str> = environment.skips(lane).iter().map(|rule| rule.name()).collect();
        let _ = writeln!(
            out,
            "  {lane_name} skips {}",
            if skips.is_empty() { "nothing".to_owned() } else { skips.join(", ") }
        );
    }
    if let Some(target) = &environment.target {
        let _ = writeln!(out, "  target {}", clean(target));
    }
    if environment.trigger.is_some() {
        let _ = writeln!(out, "  deployed by landing (trigger: push)");
    }
    if !environment.paths.is_empty() {
        let _ = writeln!(out, "  paths {}", clean(&environment.paths.join(", ")));
    }
    if !environment.break_glass {
        let _ = writeln!(out, "  nobody may break the glass");
    }
    if let Some(overrides) = &environment.overrides {
        let who: Vec<String> =
            overrides.roles.iter().map(|role| format!("role {role}")).chain(overrides.people.iter().cloned()).collect();
        let expires =
            overrides.expires.map(|length| format!(", expiring after {}", duration::show(length))).unwrap_or_default();
        let month = overrides.per_month.map(|count| format!(", {count} a month")).unwrap_or_default();
        let _ = writeln!(out, "  override by {}{expires}{month}", clean(&who.join(", ")));
    }
}

/// Run the scenarios beside the policy
#[derive(Debug, Args)]
#[command(after_help = "Scenarios are looked for in `.github/deploy-rhythm/*.yml`, then `deploy-rhythm/*.yml`.\n\
    Exits 0 when all pass, 1 when one fails, 2 when one cannot be read.")]
struct Test {
    #[command(flatten)]
    policy: PolicyArgs,

    /// Scenario files [default: those beside the policy]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Test {
    fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let (repo, found) = self.policy.find(edge)?;
        let files = if self.files.is_empty() { beside(repo.as_ref())? } else { self.files };
        if files.is_empty() {
            return Err(Error::usage("there are no scenarios to run")
                .hint("write one in .github/deploy-rhythm/NAME.yml (docs/scenarios.md shows how), or name the files"));
        }
        let (mut out, mut passed, mut failed) = (String::new(), 0, 0);
        for file in files {
            let name = file.display().to_string();
            let bytes = files::read(&file, 1024 * 1024)?
                .ok_or_else(|| Error::usage(format!("there is no scenario at {name}")))?;
            let scenario = scenario::parse(&name, &bytes)
                .map_err(|problems| Error::usage(format!("the scenario cannot be read\n{problems}")))?;
            let mut get = |wanted: &str| fetch(repo.as_ref(), &found.home, wanted);
            let outcomes = scenario.run(Some(&found.policy), &mut get).map_err(Error::usage)?;
            for outcome in outcomes {
                let mark = if outcome.failures.is_empty() { "✔ pass" } else { "✘ FAIL" };
                let _ = writeln!(out, "{mark}  {}", clean(&outcome.title));
                for failure in &outcome.failures {
                    let _ = writeln!(out, "        {}", clean(failure));
                }
                if outcome.failures.is_empty() { passed += 1 } else { failed += 1 }
            }
        }
        let _ = writeln!(out, "{passed} passed, {failed} failed");
        Ok(Outcome { text: out, code: u8::from(failed > 0) })
    }
}

fn beside(repo: Option<&Repo>) -> Result<Vec<PathBuf>, Error> {
    let Some(top) = repo.and_then(Repo::workdir) else { return Ok(Vec::new()) };
    for folder in [".github/deploy-rhythm", "deploy-rhythm"] {
        let folder = top.join(folder);
        let names = files::ending_with(&folder, ".yml")?;
        if !names.is_empty() {
            return Ok(names.into_iter().map(|name| folder.join(name)).collect());
        }
    }
    Ok(Vec::new())
}
