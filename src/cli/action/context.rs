//! Where a job runs: what the runner tells in `GITHUB_*`, the event's payload, and the checkout made ready to be judged.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::inputs::Inputs;
use crate::cli::Edge;
use crate::cli::question::QuestionArgs;
use crate::cli::run::job::Job;
use crate::error::Error;
use crate::gather::Question;
use crate::github::{self, GitHub};
use crate::ledger::Trouble;
use crate::ledger::remote::fetch;
use crate::sources::deployments::Records;
use crate::sources::files;
use crate::sources::git::{FoundBy, Repo};

/// The largest payload of an event that is read, in bytes: GitHub sends at most 25 MB.
const LIMIT: u64 = 32 << 20;

/// A job, and what it was asked.
#[derive(Clone)]
pub(super) struct Context<'a> {
    pub inputs: Inputs,
    pub edge: &'a Edge,
    pub event: Json,
    pub vars: &'a BTreeMap<String, String>,
}

impl<'a> Context<'a> {
    /// The job that this process is a step of; its inputs are read by themselves, so that a wrong one can be answered.
    pub(super) fn of(edge: &'a Edge) -> Result<Self, Error> {
        let vars = &edge.surroundings.job;
        let event = match vars.get("GITHUB_EVENT_PATH") {
            Some(path) => files::read(Path::new(path), LIMIT)?.unwrap_or_default(),
            None => Vec::new(),
        };
        // A payload that is none tells nothing; what needs it says so.
        let event = serde_json::from_slice(&event).unwrap_or(Json::Null);
        let context = Self { inputs: Inputs::default(), edge, event, vars };
        context.needs("GITHUB_OUTPUT")?;
        Ok(context)
    }

    /// What the runner says.
    pub(super) fn var(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str)
    }

    /// What the runner has to say.
    pub(super) fn needs(&self, name: &str) -> Result<&str, Error> {
        self.var(name).ok_or_else(|| {
            Error::usage(format!("{name} is not set: this is no job of GitHub Actions"))
                .hint("elsewhere use `deploy-rhythm check`, `run` and `record`")
        })
    }

    /// A text of the event's payload.
    pub(super) fn told(&self, place: &str) -> Option<&str> {
        self.event.pointer(place).and_then(Json::as_str).filter(|text| !text.is_empty())
    }

    /// Which attempt of its run this is.
    pub(super) fn attempt(&self) -> u32 {
        self.var("GITHUB_RUN_ATTEMPT").and_then(|attempt| attempt.parse().ok()).unwrap_or(1)
    }

    /// The run that this job is of, as rollouts name it.
    pub(super) fn job(&self) -> Result<Job, Error> {
        let run = self.needs("GITHUB_RUN_ID")?;
        let whole = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !whole(run) {
            return Err(Error::usage("GITHUB_RUN_ID is no number").hint("leave it as the runner sets it"));
        }
        let url = match (self.var("GITHUB_SERVER_URL"), self.var("GITHUB_REPOSITORY")) {
            (Some(server), Some(repository)) => Some(format!("{server}/{repository}/actions/runs/{run}")),
            _ => None,
        };
        Ok(Job { run: format!("{run}/{}", self.attempt()), url })
    }

    /// Where a file for later steps may lie.
    pub(super) fn scratch(&self, name: &str) -> Option<PathBuf> {
        self.var("RUNNER_TEMP").map(|folder| Path::new(folder).join(name))
    }

    /// What is asked of the checkout.
    pub(super) fn question(&self) -> Question {
        let commit = self.inputs.commit.clone();
        Question { commit, lane: self.inputs.lane, ..self.arguments().question(self.edge) }
    }

    /// The inputs as the arguments of a question.
    fn arguments(&self) -> QuestionArgs {
        let place = |path: &PathBuf| match path.to_str() {
            Some(name) if name == "github" || name.starts_with("github:") => path.clone(),
            _ => self.inputs.folder.join(path),
        };
        QuestionArgs {
            repo: self.inputs.folder.clone(),
            policy: self.inputs.policy.clone(),
            deploys: self.inputs.deploys.as_ref().map(place),
            environment: self.inputs.environment.clone(),
            ledger: Some(self.inputs.ledger.clone()),
            ..QuestionArgs::default()
        }
    }

    /// The record of deployments beside the ledger.
    pub(super) fn given(&self) -> Result<Option<Records>, Error> {
        self.arguments().given()
    }

    /// GitHub, as this job's token may ask it.
    pub(super) fn github(&self) -> Result<GitHub, github::Trouble> {
        let settings = &self.edge.surroundings.github;
        GitHub::new(settings, settings.repository(None, None)?)
    }

    /// A ledger that cannot be used lets nothing go.
    pub(super) fn unusable(&self, trouble: &Trouble) -> Error {
        let error = Error::from(trouble.clone());
        match self.inputs.ledger.starts_with("git:") {
            true => error.hint("the job needs `permissions: contents: write`, and the input `token` or the credentials that actions/checkout keeps"),
            false => error,
        }
    }

    /// Brings the branches up to date: what other jobs deployed meanwhile may be newer than this checkout.
    pub(super) fn fetch(&self, repo: &Repo) -> Result<(), Error> {
        fetch(repo.shared_dir(), &["+refs/heads/*:refs/remotes/origin/*"]).map_err(|trouble| self.unusable(&trouble))
    }

    /// The checkout, whole and with its default branch named: what is judged by must not depend on what is checked out.
    pub(super) fn checkout(&self) -> Result<Repo, Error> {
        let whole = "give actions/checkout `fetch-depth: 0`";
        let repo = Repo::open(&self.inputs.folder).map_err(|error| {
            Error::usage(error.to_string()).hint(format!("check the repository out before this step, and {whole}"))
        })?;
        if repo.is_shallow() {
            return Err(Error::usage(
                "the checkout is shallow: batches, landings and governance cannot be told from it, so nothing is judged",
            )
            .hint(whole));
        }
        self.fetch(&repo)?;
        if let Some(branch) = self.told("/repository/default_branch") {
            repo.set_default_branch(branch).map_err(|missing| Error::usage(missing.what).hint(whole))?;
        }
        if repo.default_branch()?.found_by == FoundBy::Head {
            return Err(Error::usage("the checkout does not tell which branch is the default one").hint(whole));
        }
        Ok(repo)
    }
}
