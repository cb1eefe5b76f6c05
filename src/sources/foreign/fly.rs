//! `fly releases --json`: `Release` of fly-go, whose fields have Go's names (internal/command/apps/releases.go in flyctl).

use super::fields::{Fields, commit_in, deployment, known_since};
use super::stream::Entry;
use super::{Foreign, History};
use crate::engine::event::{Deployment, DeploymentState, Instant};

/// Fly numbers the releases of an app from 1, and prints the last 25.
#[derive(Default)]
pub(super) struct Fly {
    numbers: Vec<(u64, Option<Instant>)>,
}

impl Foreign for Fly {
    fn name(&self) -> &'static str {
        "fly releases"
    }

    fn take(&mut self, entry: &Entry, history: &mut History) -> Result<(), String> {
        let fields = Fields::of(entry);
        let number = fields.number("Version").ok_or("`Version` is missing")?;
        let start = fields.required_instant("CreatedAt")?;
        self.numbers.push((number, Some(start)));
        let state = match fields.required("Status")?.to_lowercase().as_str() {
            "complete" | "completed" | "succeeded" | "success" => DeploymentState::Success,
            "failed" | "dead" => DeploymentState::Failure,
            "interrupted" | "cancelled" | "canceled" => DeploymentState::Error,
            "running" | "pending" => DeploymentState::InProgress,
            other => return Err(format!("`Status` is `{other}`, which is not known")),
        };
        let image = fields.text("ImageRef");
        let user = fields.below("User");
        history.push(Deployment {
            commit: image.as_deref().and_then(commit_in),
            revision: Some(image.or_else(|| fields.text("Description")).unwrap_or_else(|| format!("v{number}")).into()),
            actor: user.text("Email").or_else(|| user.text("Name")).map(Into::into),
            ..deployment(format!("v{number}"), state, start)
        });
        Ok(())
    }

    fn finish(self: Box<Self>, history: &mut History) {
        history.complete_since = known_since(self.numbers, 1);
        history.note("fly tells when a release began, and not when it ended");
    }
}
