//! The door to GitHub: what is asked of its API, and what is missing where it does not answer. One file a subject; `client`
//! alone names octocrab.
//!
//! Answers are read leniently, by models of our own: GitHub and its emulators leave fields out. Nothing here judges.

mod activity;
mod address;
mod answer;
mod ask;
mod checks;
mod client;
mod comments;
mod contents;
mod deployments;
mod graphql;
mod issues;
mod limits;
mod pages;
mod people;
mod pulls;
mod runs;
mod trouble;

pub use activity::Activity;
pub use address::{Repository, Settings, Token};
pub use checks::{Annotation, CheckRun, CommitStatus, NewCheckRun};
pub use client::GitHub;
pub use comments::Comment;
pub use contents::Comparison;
pub use deployments::{Deployment, DeploymentPage, DeploymentStatus, NewStatus};
pub use issues::{Issue, IssueEvent};
pub use limits::Limits;
pub use pages::Paged;
pub use people::Permission;
pub use pulls::{Pull, PullFile, Review};
pub use runs::WorkflowRun;
pub use trouble::Trouble;

use serde::Deserialize;

/// Somebody, or a bot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Actor {
    pub login: String,
    /// `User`, `Bot` or `Organization`, where it is told.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
}
