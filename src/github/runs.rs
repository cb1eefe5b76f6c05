//! Runs of workflows, and how one is begun.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::Actor;
use super::ask::{Ask, part};
use super::client::GitHub;
use super::pages::Paged;
use super::trouble::Trouble;

const READ: &str = "actions: read";
const WRITE: &str = "actions: write";

/// A run of a workflow: its newest attempt, or the one that was asked for.
#[derive(Clone, Debug, Deserialize)]
pub struct WorkflowRun {
    pub id: u64,
    #[serde(default)]
    pub run_number: Option<u64>,
    #[serde(default)]
    pub run_attempt: Option<u64>,
    pub head_sha: String,
    #[serde(default)]
    pub head_branch: Option<String>,
    #[serde(default)]
    pub event: Option<String>,
    /// `queued`, `waiting`, `pending`, `requested`, `in_progress`, `completed`.
    #[serde(default)]
    pub status: Option<String>,
    #[serde(default)]
    pub conclusion: Option<String>,
    /// When its first attempt was asked for.
    pub created_at: String,
    #[serde(default)]
    pub updated_at: Option<String>,
    /// When this attempt began.
    #[serde(default)]
    pub run_started_at: Option<String>,
    #[serde(default)]
    pub actor: Option<Actor>,
    #[serde(default)]
    pub html_url: Option<String>,
    #[serde(default)]
    pub workflow_id: Option<u64>,
}

#[derive(Deserialize)]
struct Page {
    workflow_runs: Vec<WorkflowRun>,
}

impl GitHub {
    /// Runs of a workflow, by its file's name or its number, newest first, until there are enough.
    ///
    /// # Errors
    ///
    /// Fails where not even a first page comes.
    pub fn workflow_runs(
        &self,
        workflow: &str,
        filter: &[(&str, &str)],
        enough: impl FnMut(&[WorkflowRun]) -> bool,
    ) -> Result<Paged<WorkflowRun>, Trouble> {
        let path = self.below(&format!("/actions/workflows/{}/runs", part(workflow)));
        let ask = Ask::get(path, format!("runs of {workflow}"), READ).with(filter);
        self.pages(ask, |page: Page| page.workflow_runs, enough)
    }

    /// One attempt of a run.
    ///
    /// # Errors
    ///
    /// Fails where it is not to be had.
    pub fn run_attempt(&self, run: u64, attempt: u64) -> Result<WorkflowRun, Trouble> {
        let what = format!("attempt {attempt} of run {run}");
        self.ask(&Ask::get(self.below(&format!("/actions/runs/{run}/attempts/{attempt}")), &*what, READ))?.read(&what)
    }

    /// A run, by its newest attempt.
    ///
    /// # Errors
    ///
    /// Fails where it is not to be had.
    pub fn run(&self, run: u64) -> Result<WorkflowRun, Trouble> {
        let what = format!("run {run}");
        self.ask(&Ask::get(self.below(&format!("/actions/runs/{run}")), &*what, READ))?.read(&what)
    }

    /// Begins a run of a workflow on a branch or a tag.
    ///
    /// # Errors
    ///
    /// Fails where GitHub refuses it, or where nobody knows whether it began.
    pub fn dispatch(&self, workflow: &str, reference: &str, inputs: &Json) -> Result<(), Trouble> {
        let path = self.below(&format!("/actions/workflows/{}/dispatches", part(workflow)));
        let body = json!({"ref": reference, "inputs": inputs});
        self.ask(&Ask::post(path, body, format!("a run of {workflow}"), WRITE)).map(drop)
    }
}
