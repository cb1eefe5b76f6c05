//! Deployments that tags record.

use git2::{Commit, Tag};
use regex::Regex;

use super::{GitError, Repo, commit_id, instant, text};
use crate::engine::event::{Deployment, DeploymentState, Environment, Precision};

/// Where the pattern holds the environment's name.
const ENVIRONMENT: &str = "{environment}";

/// The deployments that tags record.
#[derive(Clone, Debug, Default)]
pub struct DeployTags {
    /// Oldest first.
    pub deployments: Vec<Deployment>,
    /// The tags that fit the pattern and record no deployment.
    pub unread: Vec<UnreadTag>,
}

/// A tag that fits the pattern and records no deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadTag {
    pub name: String,
    pub reason: String,
}

impl Repo {
    /// The deployments recorded by tags such as `deploy/{environment}/*`.
    ///
    /// `{environment}` is one part of the name, as short as can be; `*` is anything. Without it, every tag is one of
    /// `environment`.
    ///
    /// # Errors
    /// Where the pattern says nothing, or tags cannot be listed.
    pub fn deploy_tags(&self, pattern: &str, environment: &str) -> Result<DeployTags, GitError> {
        let pattern = expression(pattern)?;
        let references = self.inner.references_glob("refs/tags/*").map_err(GitError::unreadable("list the tags"))?;
        let mut found = DeployTags::default();
        for reference in references {
            let reference = reference.map_err(GitError::unreadable("read a tag"))?;
            let name = text(reference.name_bytes().strip_prefix(b"refs/tags/").unwrap_or_default());
            let Some(captures) = pattern.captures(&name) else { continue };
            let environment = captures.get(1).map_or(environment, |part| part.as_str());
            match reference.peel_to_commit() {
                Ok(commit) => found.deployments.push(deployment(
                    &name,
                    environment.into(),
                    &commit,
                    reference.peel_to_tag().ok().as_ref(),
                )),
                Err(_) => found.unread.push(UnreadTag { name, reason: "it names no commit that is here".to_owned() }),
            }
        }
        found.deployments.sort_by(|left, right| (left.started_at, &left.id).cmp(&(right.started_at, &right.id)));
        Ok(found)
    }
}

fn deployment(name: &str, environment: Environment, commit: &Commit<'_>, tag: Option<&Tag<'_>>) -> Deployment {
    let tagger = tag.and_then(Tag::tagger);
    let (started_at, precision) = match &tagger {
        Some(tagger) => (instant(tagger.when()), Precision::Recorded),
        None => (instant(commit.time()), Precision::Guessed),
    };
    Deployment {
        id: name.into(),
        environment,
        commit: Some(commit_id(commit.id())),
        revision: None,
        state: DeploymentState::Success,
        started_at,
        finished_at: None,
        run: None,
        actor: tagger.map(|tagger| text(tagger.name_bytes()).into()),
        url: None,
        precision,
    }
}

fn expression(pattern: &str) -> Result<Regex, GitError> {
    let bad = |reason| GitError::BadPattern { pattern: pattern.to_owned(), reason };
    if pattern.is_empty() {
        return Err(bad("it is empty; write one such as `deploy/{environment}/*`"));
    }
    if pattern.matches(ENVIRONMENT).count() > 1 {
        return Err(bad("it names the environment twice; write `{environment}` once"));
    }
    let escaped = regex::escape(pattern).replace(&regex::escape(ENVIRONMENT), "([^/]+?)").replace(r"\*", ".*");
    Regex::new(&format!("(?s)^{escaped}$")).map_err(|_| bad("it is too long; write a shorter one"))
}
