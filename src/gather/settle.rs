//! What another deployer's list leaves unsaid: which environment, and which commit an abbreviation means.

use std::collections::HashMap;

use super::{Question, Subject};
use crate::engine::event::{CommitId, Environment};
use crate::render::clean;
use crate::sources::deployments::Records;
use crate::sources::foreign::UNNAMED;

/// How many digits the whole id of a commit has: SHA-1, SHA-256.
const WHOLE: [usize; 2] = [40, 64];

impl Subject {
    /// Settles it: the environment is the one that is asked for; a commit is the one that the repository knows by that
    /// beginning, or only a name.
    #[must_use]
    pub fn settle(&self, mut given: Records, question: &Question) -> Records {
        if !std::mem::take(&mut given.foreign) {
            return given;
        }
        // What is complete at no instant that is known is not complete now.
        given.complete_since = given.complete_since.map(|since| since.min(self.now.instant));
        let asked = || self.found.policy.default_environment();
        let environment = question.environment.as_deref().map_or_else(asked, Environment::from);
        let mut commits: HashMap<CommitId, Option<CommitId>> = HashMap::new();
        let (mut unnamed, mut unknown) = (false, 0);
        for deployment in &mut given.deployments {
            if *deployment.environment == *UNNAMED {
                unnamed = true;
                deployment.environment = environment.clone();
            }
            let Some(short) = deployment.commit.take_if(|commit| !WHOLE.contains(&commit.as_str().len())) else {
                continue;
            };
            let found = || self.repo.resolve(short.as_str()).ok().filter(|id| id.as_str().starts_with(short.as_str()));
            deployment.commit.clone_from(commits.entry(short.clone()).or_insert_with(found));
            if deployment.commit.is_none() {
                unknown += 1;
                deployment.revision.get_or_insert_with(|| short.as_str().into());
            }
        }
        if unnamed {
            given.notes.push(format!("it names no environment: {} is meant", clean(&environment)));
        }
        if unknown > 0 {
            given
                .notes
                .push(format!("{unknown} of its names look like commits, and the repository has none of that name"));
        }
        given
    }
}
