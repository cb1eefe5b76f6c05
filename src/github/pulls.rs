//! Pull requests, their files, and what reviewers said of them.

use serde::Deserialize;

use super::Actor;
use super::ask::{Ask, part};
use super::client::GitHub;
use super::pages::Paged;
use super::trouble::Trouble;

const READ: &str = "pull-requests: read";

/// A pull request.
#[derive(Clone, Debug, Deserialize)]
pub struct Pull {
    pub number: u64,
    #[serde(default)]
    pub title: Option<String>,
    pub state: String,
    /// Who opened it; none where they are gone.
    #[serde(default)]
    pub user: Option<Actor>,
    pub head: End,
    pub base: End,
    #[serde(default)]
    pub merged_at: Option<String>,
    #[serde(default)]
    pub merge_commit_sha: Option<String>,
    #[serde(default)]
    pub html_url: Option<String>,
}

/// One end of a pull request.
#[derive(Clone, Debug, Deserialize)]
pub struct End {
    pub sha: String,
    #[serde(rename = "ref")]
    pub branch: String,
    /// None where a fork is gone.
    #[serde(default)]
    pub repo: Option<RepoName>,
}

/// The name of a repository.
#[derive(Clone, Debug, Deserialize)]
pub struct RepoName {
    pub full_name: String,
}

impl Pull {
    /// Whether it comes from another repository, or from one that is gone.
    #[must_use]
    pub fn is_fork(&self) -> bool {
        let name = |end: &End| end.repo.as_ref().map(|repo| repo.full_name.to_lowercase());
        name(&self.head).is_none() || name(&self.head) != name(&self.base)
    }
}

/// A file that a pull request changes.
#[derive(Clone, Debug, Deserialize)]
pub struct PullFile {
    pub filename: String,
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    pub previous_filename: Option<String>,
}

/// What a reviewer said.
#[derive(Clone, Debug, Deserialize)]
pub struct Review {
    #[serde(default)]
    pub user: Option<Actor>,
    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`, `PENDING`.
    pub state: String,
    /// The head that was looked at.
    #[serde(default)]
    pub commit_id: Option<String>,
    #[serde(default)]
    pub submitted_at: Option<String>,
}

impl GitHub {
    /// A pull request.
    ///
    /// # Errors
    ///
    /// Fails where there is none of that number.
    pub fn pull(&self, number: u64) -> Result<Pull, Trouble> {
        let what = format!("pull request #{number}");
        self.ask(&Ask::get(self.below(&format!("/pulls/{number}")), &*what, READ))?.read(&what)
    }

    /// The pull requests that a commit belongs to.
    ///
    /// # Errors
    ///
    /// Fails where they do not come whole.
    pub fn pulls_of(&self, commit: &str) -> Result<Vec<Pull>, Trouble> {
        let path = self.below(&format!("/commits/{}/pulls", part(commit)));
        self.list(Ask::get(path, "pull requests of the commit", READ), |page: Vec<Pull>| page)
    }

    /// The files that a pull request changes: GitHub tells at most 3,000.
    ///
    /// # Errors
    ///
    /// Fails where not even a first page comes.
    pub fn pull_files(&self, number: u64) -> Result<Paged<PullFile>, Trouble> {
        let path = self.below(&format!("/pulls/{number}/files"));
        self.pages(Ask::get(path, format!("files of #{number}"), READ), |page: Vec<PullFile>| page, |_| false)
    }

    /// The reviews of a pull request, oldest first.
    ///
    /// # Errors
    ///
    /// Fails where they do not come whole.
    pub fn reviews(&self, number: u64) -> Result<Vec<Review>, Trouble> {
        let path = self.below(&format!("/pulls/{number}/reviews"));
        self.list(Ask::get(path, format!("reviews of #{number}"), READ), |page: Vec<Review>| page)
    }
}
