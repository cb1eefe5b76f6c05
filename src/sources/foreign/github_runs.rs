//! `gh run list --json …`: `RunFields` in pkg/cmd/run/shared/shared.go of gh.

use std::collections::BTreeSet;

use super::fields::{Fields, deployment, known_since};
use super::stream::Entry;
use super::{Foreign, History};
use crate::engine::event::{CommitId, Deployment, DeploymentState, Instant, Precision};
use crate::sources::github::{Fate, fate};

/// What to ask gh for.
const ASK: &str = "`gh run list --workflow deploy.yml --limit 1000 --json attempt,conclusion,createdAt,databaseId,headSha,number,startedAt,status,updatedAt,url,workflowName`";

/// gh lists 20 runs unless told otherwise, newest first; a workflow numbers its runs from 1.
#[derive(Default)]
pub(super) struct GithubRuns {
    workflows: BTreeSet<String>,
    numbers: Vec<(u64, Option<Instant>)>,
    unnumbered: bool,
    oldest: Option<Instant>,
    /// The latest start of a run with attempts that are not told.
    hidden: Option<Instant>,
    tried_again: usize,
}

impl Foreign for GithubRuns {
    fn name(&self) -> &'static str {
        "gh run list"
    }

    fn noun(&self) -> &'static str {
        "run"
    }

    fn take(&mut self, entry: &Entry, history: &mut History) -> Result<(), String> {
        let fields = Fields::of(entry);
        let lacking = |what: String| format!("{what}: ask for {ASK}");
        let id = fields.required("databaseId").map_err(lacking)?;
        let commit = fields.required("headSha").map_err(lacking)?;
        let status = fields.required("status").map_err(lacking)?;
        let attempt = fields.number("attempt").ok_or_else(|| lacking("`attempt` is missing".to_owned()))?;
        let (created, started) = (fields.instant("createdAt")?, fields.instant("startedAt")?);
        let start = started.or(created).ok_or_else(|| lacking("`startedAt` is missing".to_owned()))?;
        self.workflows.extend(fields.text("workflowName"));
        if self.workflows.len() > 1 {
            let names: Vec<&str> = self.workflows.iter().map(String::as_str).collect();
            return Err(format!(
                "these are runs of several workflows ({}), and nothing says which of them deploys: ask for {ASK}",
                names.join(", ")
            ));
        }
        match fields.number("number") {
            Some(number) => self.numbers.push((number, Some(created.unwrap_or(start)))),
            None => self.unnumbered = true,
        }
        self.oldest = Some(self.oldest.map_or(start, |oldest| oldest.min(start)));
        let one = |number: u64, state, start| Deployment {
            commit: Some(CommitId::new(&commit)),
            run: Some(format!("{id}/{number}").into()),
            url: fields.text("url").map(Into::into),
            ..deployment(format!("{id}/{number}"), state, start)
        };
        // Whatever becomes of the last attempt, those before it have deployed.
        if attempt > 1 {
            self.tried_again += 1;
            let first = created.filter(|created| *created <= start);
            if let Some(created) = first {
                history.push(Deployment { precision: Precision::Guessed, ..one(1, DeploymentState::Failure, created) });
            }
            if started.is_none() || first.is_none() || attempt > 2 {
                self.hidden = self.hidden.max(Some(started.unwrap_or(Instant::MAX_UTC)));
            }
        }
        let state = match fate(&status, fields.text("conclusion").as_deref()).map_err(lacking)? {
            Fate::Stands(state) => state,
            Fate::NeverBegan => {
                history.leave_out("skipped, or failed before they began");
                return Ok(());
            }
            Fate::NotStarted => {
                history.leave_out("not started");
                return Ok(());
            }
        };
        let finish = fields.instant("updatedAt")?.filter(|finish| state.is_final() && *finish >= start);
        history.push(Deployment { finished_at: finish, ..one(attempt, state, start) });
        Ok(())
    }

    fn finish(self: Box<Self>, history: &mut History) {
        let listed = if self.unnumbered { self.oldest } else { known_since(self.numbers, 1) };
        history.complete_since = listed.max(self.hidden);
        if self.workflows.is_empty() {
            history.note(
                "every run is taken for a deployment: without `workflowName` nothing says of which workflow it is",
            );
        }
        if self.tried_again > 0 {
            history.note("gh tells the last attempt of a run: its first is taken for one that failed and began when the run was created");
        }
        history.note("GitHub's times are whole seconds; a run ends when it was last updated");
    }
}
