//! Comments on issues and pull requests.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::Actor;
use super::ask::Ask;
use super::client::GitHub;
use super::pages::Paged;
use super::trouble::Trouble;

const READ: &str = "pull-requests: read";
const WRITE: &str = "pull-requests: write";

const EDITS: &str = "query($ids:[ID!]!){nodes(ids:$ids){... on IssueComment{id lastEditedAt}}}";

/// How many things one question may name.
const NODES: usize = 100;

#[derive(Deserialize)]
struct Nodes {
    nodes: Vec<Option<Edit>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Edit {
    id: String,
    last_edited_at: Option<String>,
}

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
    /// The address of the issue or pull request that it is on; its last word is the number.
    #[serde(default)]
    pub issue_url: Option<String>,
    /// Its name in GraphQL.
    #[serde(default)]
    pub node_id: Option<String>,
    /// The app that wrote it in somebody's name.
    #[serde(default)]
    pub performed_via_github_app: Option<Json>,
}

impl Comment {
    /// The number of the issue or the pull request that it is on.
    #[must_use]
    pub fn issue(&self) -> Option<u64> {
        self.issue_url.as_deref()?.rsplit('/').next()?.parse().ok()
    }

    /// Whether it says what it said when it was written, as far as GitHub tells.
    #[must_use]
    pub fn is_unedited(&self) -> bool {
        self.updated_at.as_deref() == Some(&*self.created_at)
    }
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

    /// The comments on all issues and pull requests that were written or changed since an instant, newest first.
    ///
    /// # Errors
    ///
    /// Fails where not even a first page comes.
    pub fn comments_since(&self, since: &str) -> Result<Paged<Comment>, Trouble> {
        let ask = Ask::get(self.below("/issues/comments"), "the comments of the month", READ);
        let ask = ask.with(&[("since", since), ("sort", "created"), ("direction", "desc")]);
        self.pages(ask, |page: Vec<Comment>| page, |_| false)
    }

    /// Those of some comments that were edited, within the second in which they were written, too; one that GitHub does not
    /// tell of counts as edited.
    ///
    /// # Errors
    ///
    /// Fails where GitHub does not tell.
    pub fn edited(&self, comments: &[&Comment]) -> Result<BTreeSet<u64>, Trouble> {
        let mut edited: BTreeSet<u64> = comments.iter().map(|one| one.id).collect();
        let named: Vec<(u64, &str)> =
            comments.iter().filter_map(|one| Some((one.id, one.node_id.as_deref()?))).collect();
        for some in named.chunks(NODES) {
            let ids: Vec<&str> = some.iter().map(|(_, id)| *id).collect();
            let answer: Nodes = self.query(EDITS, &json!({"ids": ids}), "the edits of comments", READ)?;
            let unedited = answer.nodes.into_iter().flatten().filter(|node| node.last_edited_at.is_none());
            for node in unedited {
                edited.retain(|id| !some.contains(&(*id, &node.id)));
            }
        }
        Ok(edited)
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
