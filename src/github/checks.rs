//! What checks say of a commit: check runs, and the older commit statuses.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::ask::{Ask, part};
use super::client::GitHub;
use super::trouble::Trouble;

/// A check run: the newest of its name and app.
#[derive(Clone, Debug, Deserialize)]
pub struct CheckRun {
    #[serde(default)]
    pub id: Option<u64>,
    pub name: String,
    /// `queued`, `in_progress`, `completed`, …
    pub status: String,
    /// `success`, `failure`, `neutral`, `skipped`, …; none until it is completed.
    #[serde(default)]
    pub conclusion: Option<String>,
}

/// The newest status of one context.
#[derive(Clone, Debug, Deserialize)]
pub struct CommitStatus {
    pub context: String,
    /// `success`, `failure`, `error`, `pending`.
    pub state: String,
}

/// A check run to be written, concluded.
#[derive(Clone, Debug, Default)]
pub struct NewCheckRun {
    pub name: String,
    pub head_sha: String,
    /// `success`, `failure`, `neutral`, …
    pub conclusion: String,
    pub title: String,
    /// Markdown, at most 65,535 characters.
    pub summary: String,
    /// The first 50 are written.
    pub annotations: Vec<Annotation>,
}

/// A remark on a line.
#[derive(Clone, Debug, Default)]
pub struct Annotation {
    pub path: String,
    pub line: usize,
    /// `notice`, `warning`, `failure`.
    pub level: String,
    pub message: String,
}

/// How many annotations one request may carry.
const ANNOTATIONS: usize = 50;

impl GitHub {
    /// The newest check runs on a commit, one of each name and app.
    ///
    /// # Errors
    ///
    /// Fails where they do not come whole.
    pub fn check_runs(&self, commit: &str) -> Result<Vec<CheckRun>, Trouble> {
        #[derive(Deserialize)]
        struct Page {
            check_runs: Vec<CheckRun>,
        }
        let ask = Ask::get(self.below(&format!("/commits/{}/check-runs", part(commit))), "check runs", "checks: read");
        self.list(ask.with(&[("filter", "latest")]), |page: Page| page.check_runs)
    }

    /// The newest status of each context on a commit.
    ///
    /// # Errors
    ///
    /// Fails where they do not come whole.
    pub fn commit_statuses(&self, commit: &str) -> Result<Vec<CommitStatus>, Trouble> {
        #[derive(Deserialize)]
        struct Page {
            statuses: Vec<CommitStatus>,
        }
        let ask =
            Ask::get(self.below(&format!("/commits/{}/status", part(commit))), "commit statuses", "statuses: read");
        self.list(ask, |page: Page| page.statuses)
    }

    /// Writes a check run; its id.
    ///
    /// # Errors
    ///
    /// Fails where GitHub refuses it.
    pub fn create_check_run(&self, new: &NewCheckRun) -> Result<u64, Trouble> {
        #[derive(Deserialize)]
        struct Created {
            id: u64,
        }
        let annotation = |one: &Annotation| -> Json {
            json!({
                "path": one.path, "start_line": one.line, "end_line": one.line,
                "annotation_level": one.level, "message": one.message,
            })
        };
        let annotations: Vec<Json> = new.annotations.iter().take(ANNOTATIONS).map(annotation).collect();
        let body = json!({
            "name": new.name, "head_sha": new.head_sha, "status": "completed", "conclusion": new.conclusion,
            "output": {"title": new.title, "summary": new.summary, "annotations": annotations},
        });
        let what = "a check run";
        let created: Created =
            self.ask(&Ask::post(self.below("/check-runs"), body, what, "checks: write"))?.read(what)?;
        Ok(created.id)
    }
}
