//! Runs of a workflow as rollouts: each attempt is one.

use super::rollouts::{Asked, Seen, WAITED, instant, unread};
use crate::engine::event::{CommitId, Deployment, DeploymentState, Environment, Instant, Precision, parse_instant};
use crate::engine::policy::Counting;
use crate::github::{GitHub, Trouble, WorkflowRun};
use crate::render::clean;

/// How many earlier attempts are asked for.
const MORE: usize = 100;

/// What a run's status and conclusion say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Stands(DeploymentState),
    NotStarted,
    /// It was skipped, or failed before it began.
    NeverBegan,
}

/// Reads a status and a conclusion.
///
/// # Errors
///
/// Says what is missing or not known.
pub fn fate(status: &str, conclusion: Option<&str>) -> Result<Fate, String> {
    Ok(match (status, conclusion) {
        ("completed", Some("success" | "neutral")) => Fate::Stands(DeploymentState::Success),
        ("completed", Some("failure" | "timed_out")) => Fate::Stands(DeploymentState::Failure),
        ("completed", Some("cancelled" | "stale" | "action_required")) => Fate::Stands(DeploymentState::Error),
        ("completed", Some("skipped" | "startup_failure")) => Fate::NeverBegan,
        ("completed", None) => return Err("`conclusion` is missing".to_owned()),
        ("completed", Some(other)) => return Err(format!("`conclusion` is `{other}`, which is not known")),
        ("in_progress", _) => Fate::Stands(DeploymentState::InProgress),
        ("queued" | "requested" | "waiting" | "pending", _) => Fate::NotStarted,
        (other, _) => return Err(format!("`status` is `{other}`, which is not known")),
    })
}

/// Reads the runs of one environment's workflow.
pub(super) fn read(
    hub: &GitHub,
    asked: &Asked<'_>,
    environment: &Environment,
    workflow: &str,
    counting: &Counting,
    seen: &mut Seen,
) -> Result<(), Trouble> {
    let edge = asked.since - WAITED;
    let looks_for = asked.shipped.as_ref() == Some(environment);
    let succeeded = |run: &WorkflowRun| run.conclusion.as_deref() == Some("success");
    let enough = |all: &[WorkflowRun]| {
        let covered = all.last().and_then(|run| parse_instant(&run.created_at)).is_some_and(|at| at <= edge);
        covered && (!looks_for || all.iter().any(succeeded))
    };
    let paged = hub.workflow_runs(workflow, &[], enough)?;
    seen.notes
        .extend(paged.cut.map(|trouble| format!("GitHub did not give all runs of {}: {trouble}", clean(workflow))));
    let (mut oldest, mut more) = (Instant::MAX_UTC, 0);
    for run in paged.items {
        oldest = oldest.min(instant(&run.created_at, "the creation of a run")?);
        if counting.ignore.fits(None, run.actor.as_ref().map(|actor| actor.login.as_str()), None) {
            seen.leave_out("ignored by the policy");
            continue;
        }
        // Whatever becomes of the last attempt, those before it have deployed.
        for attempt in 1..run.run_attempt.unwrap_or(1) {
            more += 1;
            if more > MORE {
                return Err(unread(&format!("runs of {} were tried again too often", clean(workflow))));
            }
            take(&hub.run_attempt(run.id, attempt)?, environment, asked.run, seen)?;
        }
        take(&run, environment, asked.run, seen)?;
    }
    seen.cut((!paged.whole).then_some(oldest));
    seen.sources.push(format!("GitHub runs of {} in {}", clean(workflow), hub.repository()));
    Ok(())
}

fn take(run: &WorkflowRun, environment: &Environment, asked: Option<&str>, seen: &mut Seen) -> Result<(), Trouble> {
    let status = clean(run.status.as_deref().unwrap_or_default());
    let conclusion = run.conclusion.as_deref().map(clean);
    let state = match fate(&status, conclusion.as_deref()).map_err(|why| unread(&why))? {
        Fate::Stands(state) => state,
        Fate::NotStarted => return Ok(()),
        Fate::NeverBegan => {
            seen.leave_out("skipped, or failed before they began");
            return Ok(());
        }
    };
    let start = instant(run.run_started_at.as_deref().unwrap_or(&run.created_at), "the start of a run")?;
    let ended = run.updated_at.as_deref().filter(|_| state.is_final());
    let ended = ended.map(|at| instant(at, "the end of a run")).transpose()?;
    let (id, attempt) = (run.id.to_string(), run.run_attempt.unwrap_or(1));
    // Whoever asks from inside may know the run alone.
    let name = match asked.filter(|asked| *asked == id && !state.is_final()) {
        Some(asked) => asked.to_owned(),
        None => format!("{id}/{attempt}"),
    };
    let text = |text: &str| clean(text).into_owned().into();
    seen.deployments.push(Deployment {
        id: format!("{id}/{attempt}").into(),
        environment: environment.clone(),
        commit: Some(CommitId::new(&clean(&run.head_sha))),
        revision: None,
        state,
        started_at: start,
        finished_at: ended.filter(|end| *end >= start),
        run: Some(name.into()),
        actor: run.actor.as_ref().map(|actor| text(&actor.login)),
        url: run.html_url.as_deref().map(text),
        precision: Precision::Recorded,
    });
    Ok(())
}
