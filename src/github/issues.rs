//! Issues, and who put a label on them.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::Actor;
use super::ask::Ask;
use super::client::GitHub;
use super::trouble::Trouble;

const READ: &str = "issues: read";
const WRITE: &str = "issues: write";

/// An issue; a pull request is one, too.
#[derive(Clone, Debug, Deserialize)]
pub struct Issue {
    pub number: u64,
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub body: Option<String>,
    /// Who opened it; none where they are gone.
    #[serde(default)]
    pub user: Option<Actor>,
    #[serde(default)]
    pub pull_request: Option<Json>,
    #[serde(default)]
    pub labels: Vec<LabelName>,
}

impl Issue {
    /// Whether it has a label.
    #[must_use]
    pub fn has(&self, label: &str) -> bool {
        self.labels.iter().any(|one| one.name.eq_ignore_ascii_case(label))
    }
}

/// Something that happened to an issue.
#[derive(Clone, Debug, Deserialize)]
pub struct IssueEvent {
    /// `labeled`, `unlabeled`, `closed`, …
    pub event: String,
    /// Who did it; none where they are gone.
    #[serde(default)]
    pub actor: Option<Actor>,
    pub created_at: String,
    #[serde(default)]
    pub label: Option<LabelName>,
}

/// The name of a label.
#[derive(Clone, Debug, Deserialize)]
pub struct LabelName {
    pub name: String,
}

impl GitHub {
    /// The open issues with a label, without pull requests.
    ///
    /// # Errors
    ///
    /// Fails where they do not come whole.
    pub fn open_issues(&self, label: &str) -> Result<Vec<Issue>, Trouble> {
        let ask = Ask::get(self.below("/issues"), format!("issues labelled {label}"), READ);
        let mut all = self.list(ask.with(&[("state", "open"), ("labels", label)]), |page: Vec<Issue>| page)?;
        all.retain(|issue| issue.pull_request.is_none());
        Ok(all)
    }

    /// What happened to an issue, oldest first.
    ///
    /// # Errors
    ///
    /// Fails where it does not come whole.
    pub fn issue_events(&self, number: u64) -> Result<Vec<IssueEvent>, Trouble> {
        let path = self.below(&format!("/issues/{number}/events"));
        self.list(Ask::get(path, format!("the events of issue {number}"), READ), |page: Vec<IssueEvent>| page)
    }

    /// Opens an issue with one label.
    ///
    /// # Errors
    ///
    /// Fails where GitHub refuses it, or where nobody knows whether it arrived.
    pub fn create_issue(&self, title: &str, body: &str, label: &str) -> Result<Issue, Trouble> {
        let what = "a new issue";
        let body = json!({"title": title, "body": body, "labels": [label]});
        self.ask(&Ask::post(self.below("/issues"), body, what, WRITE))?.read(what)
    }

    /// Closes an issue.
    ///
    /// # Errors
    ///
    /// Fails where GitHub refuses it.
    pub fn close_issue(&self, number: u64) -> Result<Issue, Trouble> {
        let what = format!("the end of issue {number}");
        let body = json!({"state": "closed", "state_reason": "completed"});
        self.ask(&Ask::patch(self.below(&format!("/issues/{number}")), body, &*what, WRITE))?.read(&what)
    }
}
