//! `gh api repos/OWNER/REPO/deployments`, with `--paginate` and `--slurp` too: GitHub's REST API, "List deployments". Their
//! statuses are lists of their own; where each stands in its deployment as `statuses`, it is read.

use super::fields::{Fields, deployment};
use super::stream::Entry;
use super::{Foreign, History};
use crate::engine::event::{CommitId, Deployment, DeploymentState, Instant};

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
            let known = DeploymentState::ALL.into_iter().find(|(known, _)| *known == name);
            let (_, state) = known.ok_or_else(|| format!("the state `{name}` of a status is not known"))?;
            statuses.push((status.required_instant("created_at")?, state));
        }
        // Of one second, what follows in the order of states came later.
        statuses.sort_by_key(|(at, state)| (*at, *state as u8));
        self.untold += usize::from(statuses.is_empty());
        let ends = |state: DeploymentState| state.is_final() && state != DeploymentState::Inactive;
        let ended = statuses.iter().rev().find(|(_, state)| ends(*state)).copied();
        // What is queued again has run before; what is inactive has ended before, well or badly.
        let last = statuses.iter().rev().find(|(_, state)| state.has_started()).or(statuses.last());
        let state = match (last, ended) {
            (Some((_, DeploymentState::Inactive)), Some((_, ended))) => ended,
            (Some((_, state)), _) => *state,
            (None, _) => DeploymentState::InProgress,
        };
        let began = statuses.iter().find(|(_, state)| *state == DeploymentState::InProgress).map(|(at, _)| *at);
        let start = began.unwrap_or(created);
        history.push(Deployment {
            environment: fields.required("environment")?.into(),
            commit: Some(CommitId::new(&fields.required("sha")?)),
            finished_at: ended.map(|(at, _)| at).filter(|finish| state.is_final() && *finish >= start),
            actor: fields.below("creator").text("login").map(Into::into),
            url: fields.text("url").map(Into::into),
            ..deployment(fields.required("id")?, state, start)
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
        history.note("GitHub's times are whole seconds; a deployment begins with its first `in_progress`, else when it was created; whether there are older ones than those listed, the list does not say");
    }
}
