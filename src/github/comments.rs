//! Comments on issues and pull requests.

use serde::Deserialize;
use serde_json::json;

use super::Actor;
use super::ask::Ask;
use super::client::GitHub;
use super::trouble::Trouble;

const READ: &str = "pull-requests: read";
const WRITE: &str = "pull-requests: write";

/// A comment.
#[derive(Clone, Debug, Deserialize)]
pub struct Comment {
    pub id: u64,
    #[serde(default)]
    pub body: Option<String>,
    /// None where its author is gone.
    #[serde(default)]
    pub user: Option<Actor>,
    pub created_at: String,
    #[serde(default)]
    pub updated_at: Option<String>,
    #[serde(default)]
    pub html_url: Option<String>,
}

impl GitHub {
    /// The comments on an issue or a pull request, oldest first.
    ///
    /// # Errors
    ///
    /// Fails where they do not come whole.
    pub fn comments(&self, number: u64) -> Result<Vec<Comment>, Trouble> {
        let path = self.below(&format!("/issues/{number}/comments"));
        self.list(Ask::get(path, format!("comments on #{number}"), READ), |page: Vec<Comment>| page)
    }

    /// One comment, as it is now.
    ///
    /// # Errors
    ///
    /// Fails where it is not to be had.
    pub fn comment(&self, id: u64) -> Result<Comment, Trouble> {
        let what = format!("comment {id}");
        self.ask(&Ask::get(self.below(&format!("/issues/comments/{id}")), &*what, READ))?.read(&what)
    }

    /// Writes a comment.
    ///
    /// # Errors
    ///
    /// Fails where GitHub refuses it, or where nobody knows whether it arrived.
    pub fn create_comment(&self, number: u64, body: &str) -> Result<Comment, Trouble> {
        let (path, what) = (self.below(&format!("/issues/{number}/comments")), format!("a comment on #{number}"));
        self.ask(&Ask::post(path, json!({"body": body}), &*what, WRITE))?.read(&what)
    }

    /// Changes a comment to what it says now.
    ///
    /// # Errors
    ///
    /// Fails where GitHub refuses it.
    pub fn update_comment(&self, id: u64, body: &str) -> Result<Comment, Trouble> {
        let (path, what) = (self.below(&format!("/issues/comments/{id}")), format!("a change of comment {id}"));
        self.ask(&Ask::patch(path, json!({"body": body}), &*what, WRITE))?.read(&what)
    }
}
