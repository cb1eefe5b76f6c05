//! `heroku releases --json`: what the Platform API answers, as src/commands/releases/index.ts prints it.

use super::fields::{Fields, commit_in, deployment, known_since};
use super::stream::Entry;
use super::{Foreign, History};
use crate::engine::event::{Deployment, DeploymentState, Instant};

/// Heroku numbers the releases of an app from 1, and prints 15 unless told otherwise.
#[derive(Default)]
pub(super) struct Heroku {
    numbers: Vec<(u64, Option<Instant>)>,
}

impl Foreign for Heroku {
    fn name(&self) -> &'static str {
        "heroku releases"
    }

    fn take(&mut self, entry: &Entry, history: &mut History) -> Result<(), String> {
        let fields = Fields::of(entry);
        let number = fields.number("version").ok_or("`version` is missing")?;
        let start = fields.required_instant("created_at")?;
        self.numbers.push((number, Some(start)));
        let state = match fields.text("status").as_deref() {
            // Releases from before there were release commands have none.
            None | Some("succeeded") => DeploymentState::Success,
            Some("failed") => DeploymentState::Failure,
            Some("expired") => DeploymentState::Error,
            Some("pending") => DeploymentState::InProgress,
            Some(other) => return Err(format!("`status` is `{other}`, which Heroku does not say")),
        };
        let description = fields.text("description");
        let commit = fields.below("slug").text("commit").or_else(|| {
            let deployed = description.as_deref()?.strip_prefix("Deploy ")?;
            Some(deployed.to_owned())
        });
        let finish = fields.instant("updated_at")?.filter(|finish| state.is_final() && *finish >= start);
        history.push(Deployment {
            commit: commit.as_deref().and_then(commit_in),
            revision: Some(description.unwrap_or_else(|| format!("v{number}")).into()),
            finished_at: finish,
            actor: fields.below("user").text("email").map(Into::into),
            ..deployment(format!("v{number}"), state, start)
        });
        Ok(())
    }

    fn finish(self: Box<Self>, history: &mut History) {
        history.complete_since = known_since(self.numbers, 1);
        history.note("a release of Heroku begins when its build is done; changes of config vars and add-ons are releases too, and count");
    }
}
