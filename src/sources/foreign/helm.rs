//! `helm history RELEASE -o json`: `releaseInfo` in pkg/cmd/history.go.

use super::fields::{Fields, commit_in, deployment, known_since};
use super::stream::Entry;
use super::{Foreign, History};
use crate::engine::event::{Deployment, DeploymentState, Instant};

/// Helm numbers the revisions of a release from 1, and keeps the last 10 unless told otherwise.
#[derive(Default)]
pub(super) struct Helm {
    numbers: Vec<(u64, Option<Instant>)>,
}

impl Foreign for Helm {
    fn name(&self) -> &'static str {
        "helm history"
    }

    fn take(&mut self, entry: &Entry, history: &mut History) -> Result<(), String> {
        let fields = Fields::of(entry);
        let number = fields.number("revision").ok_or("`revision` is missing")?;
        // LastDeployed: written when the install, the upgrade or the rollback begins.
        let start = fields.required_instant("updated")?;
        let status = fields.required("status")?;
        self.numbers.push((number, Some(start)));
        let state = match status.as_str() {
            "deployed" => DeploymentState::Success,
            "superseded" | "uninstalled" | "uninstalling" => DeploymentState::Inactive,
            "failed" => DeploymentState::Failure,
            "pending-install" | "pending-upgrade" | "pending-rollback" => DeploymentState::InProgress,
            "unknown" => DeploymentState::Error,
            other => return Err(format!("`status` is `{other}`, which helm does not say")),
        };
        let chart = fields.required("chart")?;
        let version = fields.text("app_version");
        history.push(Deployment {
            commit: version.as_deref().and_then(commit_in),
            revision: Some(version.map_or(chart.clone(), |version| format!("{chart} ({version})")).into()),
            ..deployment(number.to_string(), state, start)
        });
        Ok(())
    }

    fn finish(self: Box<Self>, history: &mut History) {
        history.complete_since = known_since(self.numbers, 1);
        history.note("helm tells when a release began, and not when it ended");
    }
}
