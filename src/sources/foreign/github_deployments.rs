//! `gh api repos/OWNER/REPO/deployments`, with `--paginate` and `--slurp` too: GitHub's REST API, "List deployments". Their
//! statuses are lists of their own; where each stands in its deployment as `statuses`, it is read.

use super::fields::{Fields, deployment};
use super::stream::Entry;
use super::{Foreign, History};
use crate::engine::event::{CommitId, Deployment, DeploymentState, Instant};
use crate::sources::github::life::{Life, state};

/// GitHub answers 30 a page, newest first, and does not say whether there are more.
#[derive(Default)]
pub(super) struct GithubDeployments {
    oldest: Option<Instant>,
    untold: usize,
}

impl Foreign for GithubDeployments {
    fn name(&self) -> &'static str {
        "GitHub deployments"
    }

    fn noun(&self) -> &'static str {
        "deployment"
    }

    fn take(&mut self, entry: &Entry, history: &mut History) -> Result<(), String> {
        let fields = Fields::of(entry);
        let created = fields.required_instant("created_at")?;
        self.oldest = Some(self.oldest.map_or(created, |oldest| oldest.min(created)));
        let mut statuses = Vec::new();
        for status in fields.each("statuses") {
            let name = status.required("state")?;
            statuses.push((status.required_instant("created_at")?, state(&name)?));
        }
        self.untold += usize::from(statuses.is_empty());
        let life = match statuses.is_empty() {
            // Nobody says that it has none: the list does not hold them.
            true => Life { state: DeploymentState::InProgress, start: created, finish: None },
            false => Life::of(created, statuses),
        };
        history.push(Deployment {
            environment: fields.required("environment")?.into(),
            commit: Some(CommitId::new(&fields.required("sha")?)),
            finished_at: life.finish,
            actor: fields.below("creator").text("login").map(Into::into),
            url: fields.text("url").map(Into::into),
            ..deployment(fields.required("id")?, life.state, life.start)
        });
        Ok(())
    }

    fn finish(self: Box<Self>, history: &mut History) {
        history.complete_since = self.oldest;
        if self.untold > 0 {
            history.note(&format!(
                "{} of these deployments come without `statuses`: each counts as started when it was created and as not known to have ended, so no outcome of them is known to `no-overlap`, `min-interval`, `failure-cooldown`, `soak-time` and `batch-size`",
                self.untold
            ));
        }
        history.note("GitHub's times are whole seconds; a deployment begins with its first `in_progress`, else with its first status after those that wait; whether there are older ones than those listed, the list does not say");
    }
}
