//! Argo CD's history of an application: `status.history` of `argocd app get APP -o json` (`argocd app history` prints no
//! JSON), of `kubectl get application APP -o json`, or that list alone; `RevisionHistory` in
//! pkg/apis/application/v1alpha1/types.go.

use super::fields::{Fields, commit_in, deployment, known_since};
use super::stream::Entry;
use super::{Foreign, History};
use crate::engine::calendar::utc;
use crate::engine::event::{CommitId, Deployment, DeploymentState, Instant, Precision};

/// Argo CD numbers the syncs of an application that succeeded from 0, and keeps the last 10 unless told otherwise.
#[derive(Default)]
pub(super) struct Argo {
    application: Option<String>,
    numbers: Vec<(u64, Option<Instant>)>,
}

impl Argo {
    fn sync(&mut self, fields: Fields<'_>, history: &mut History) -> Result<(), String> {
        let number = fields.number("id").ok_or("`id` is missing")?;
        let finish = fields.required_instant("deployedAt")?;
        let start = fields.instant("deployStartedAt")?.filter(|start| *start <= finish);
        self.numbers.push((number, Some(start.unwrap_or(finish))));
        let (commit, revision) = shipped(fields);
        let by = fields.below("initiatedBy");
        history.push(Deployment {
            commit,
            revision,
            finished_at: Some(finish),
            actor: by.text("username").map(Into::into),
            precision: if start.is_some() { Precision::Recorded } else { Precision::Guessed },
            ..deployment(number.to_string(), DeploymentState::Success, start.unwrap_or(finish))
        });
        Ok(())
    }

    /// The latest sync, where the history has none of it: it runs, it failed, or it was one of some resources alone.
    fn latest(fields: Fields<'_>, history: &mut History) -> Result<(), String> {
        let Some(phase) = fields.text("phase") else { return Ok(()) };
        let asked = fields.below("operation").below("sync");
        if asked.get("dryRun").and_then(serde_json::Value::as_bool) == Some(true) {
            return Ok(());
        }
        let state = match phase.as_str() {
            "Succeeded" if asked.each("resources").next().is_none() => return Ok(()),
            "Succeeded" => DeploymentState::Success,
            "Running" | "Terminating" => DeploymentState::InProgress,
            "Failed" => DeploymentState::Failure,
            "Error" => DeploymentState::Error,
            other => return Err(format!("`status.operationState.phase` is `{other}`, which Argo CD does not say")),
        };
        let start = fields.required_instant("startedAt")?;
        let (commit, revision) = shipped(fields.below("syncResult"));
        history.push(Deployment {
            commit,
            revision: revision.or_else(|| Some("a sync without a revision".into())),
            finished_at: fields.instant("finishedAt")?.filter(|finish| state.is_final() && *finish >= start),
            actor: fields.below("operation").below("initiatedBy").text("username").map(Into::into),
            ..deployment(format!("sync@{}", utc(start)), state, start)
        });
        Ok(())
    }
}

/// What a sync ships: one revision, or those of several sources.
fn shipped(fields: Fields<'_>) -> (Option<CommitId>, Option<std::sync::Arc<str>>) {
    if let Some(revision) = fields.text("revision") {
        return (commit_in(&revision), Some(revision.into()));
    }
    let all = fields.get("revisions").and_then(serde_json::Value::as_array);
    let all: Vec<&str> = all.into_iter().flatten().filter_map(serde_json::Value::as_str).collect();
    match all.as_slice() {
        [] => (None, None),
        [one] => (commit_in(one), Some((*one).into())),
        // Which of them is this repository's, nothing says.
        several => (None, Some(crate::render::clean(&several.join(" ")).into())),
    }
}

impl Foreign for Argo {
    fn name(&self) -> &'static str {
        "Argo CD history"
    }

    fn noun(&self) -> &'static str {
        "sync"
    }

    fn take(&mut self, entry: &Entry, history: &mut History) -> Result<(), String> {
        let fields = Fields::of(entry);
        if entry.contains_key("deployedAt") {
            return self.sync(fields, history);
        }
        let name = fields.below("metadata").required("name")?;
        if self.application.as_ref().is_some_and(|known| *known != name) {
            return Err(format!("this is another application, {name}: give one at a time"));
        }
        self.application = Some(name);
        let (status, before) = (fields.below("status"), history.deployments.len());
        for sync in status.each("history") {
            self.sync(sync, history)?;
        }
        Self::latest(status.below("operationState"), history)?;
        // The application is no sync: those in it are.
        history.seen = history.seen - 1 + history.deployments.len() - before;
        Ok(())
    }

    fn finish(self: Box<Self>, history: &mut History) {
        history.complete_since = known_since(self.numbers, 0);
        history.note("Argo CD keeps syncs that succeeded; of those that failed it tells the latest alone, and others are not counted");
    }
}
