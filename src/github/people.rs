//! What somebody may do in the repository.

use serde::Deserialize;

use super::ask::{Ask, part};
use super::client::GitHub;
use super::trouble::Trouble;

/// What somebody may do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Permission {
    /// The older name: `admin`, `write`, `read` or `none`.
    pub permission: String,
    /// The role: `admin`, `maintain`, `write`, `triage`, `read`, or one of the organisation's own.
    #[serde(default)]
    pub role_name: Option<String>,
}

impl Permission {
    /// The role.
    #[must_use]
    pub fn role(&self) -> &str {
        self.role_name.as_deref().unwrap_or(&self.permission)
    }
}

impl GitHub {
    /// Who the token says that this is: a job's own is `github-actions[bot]`.
    ///
    /// # Errors
    ///
    /// Fails where it is not to be had.
    pub fn viewer(&self) -> Result<String, Trouble> {
        #[derive(Deserialize)]
        struct Asked {
            viewer: super::Actor,
        }
        let asked: Asked =
            self.query("query{viewer{login}}", &serde_json::json!({}), "who the token is", "metadata: read")?;
        Ok(asked.viewer.login)
    }

    /// What somebody may do; `none` where they are no collaborator.
    ///
    /// # Errors
    ///
    /// Fails where it is not to be had.
    pub fn permission(&self, login: &str) -> Result<Permission, Trouble> {
        let path = self.below(&format!("/collaborators/{}/permission", part(login)));
        let what = "somebody's role";
        match self.ask(&Ask::get(path, what, "metadata: read")) {
            Ok(answer) => answer.read(what),
            Err(Trouble::NotThere { .. }) => Ok(Permission { permission: "none".to_owned(), role_name: None }),
            Err(trouble) => Err(trouble),
        }
    }
}
