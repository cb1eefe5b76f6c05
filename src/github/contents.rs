//! Files at a commit, and how two commits stand to one another.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use super::address::Repository;
use super::ask::{Ask, part};
use super::client::GitHub;
use super::trouble::Trouble;

const READ: &str = "contents: read";

/// How a commit stands to another.
#[derive(Clone, Debug, Deserialize)]
pub struct Comparison {
    /// `identical`, `ahead`, `behind`, `diverged`: the head, seen from the base.
    pub status: String,
    #[serde(default)]
    pub ahead_by: usize,
    #[serde(default)]
    pub behind_by: usize,
}

impl GitHub {
    /// How `head` stands to `base`.
    ///
    /// # Errors
    ///
    /// Fails where one of them is not there.
    pub fn compare(&self, base: &str, head: &str) -> Result<Comparison, Trouble> {
        let path = self.below(&format!("/compare/{}...{}", part(base), part(head)));
        let ask = Ask::get(path, "a comparison of two commits", READ).with(&[("per_page", "1")]);
        self.ask(&ask)?.read(&ask.what)
    }

    /// A file of any repository, at a commit.
    ///
    /// # Errors
    ///
    /// Fails where it is not there, or is no file.
    pub fn file_at(&self, repository: &Repository, path: &str, commit: &str) -> Result<Vec<u8>, Trouble> {
        #[derive(Deserialize)]
        struct Contents {
            #[serde(default)]
            encoding: String,
            #[serde(default)]
            content: String,
        }
        let parts: Vec<String> = path.split('/').map(part).collect();
        let at = format!("/repos/{}/{}/contents/{}", repository.owner, repository.name, parts.join("/"));
        let what = format!("{repository}/{path} at {commit}");
        let ask = Ask::get(at, &*what, READ).with(&[("ref", commit)]);
        let contents: Contents = self.ask(&ask)?.read(&what)?;
        let unread = |why: &str| Trouble::NotUnderstood { what: what.clone(), why: why.to_owned() };
        if contents.encoding != "base64" {
            return Err(unread("it is no file, or one of more than a megabyte"));
        }
        let digits: String = contents.content.split_ascii_whitespace().collect();
        BASE64_STANDARD.decode(digits).map_err(|error| unread(&error.to_string()))
    }
}
