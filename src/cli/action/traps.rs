//! Traps of workflows, found in the file that this job comes from: what would deploy though it is held, never deploy at all, or
//! take what waits for what runs.

use serde_json::{Map, Value as Json};

use super::context::Context;
use crate::engine::policy::yaml;
use crate::error::Error;
use crate::sources::files;
use crate::sources::git::Repo;

/// The largest workflow that is read, in bytes.
const LIMIT: u64 = 1 << 20;

/// What was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Traps {
    /// Jobs and steps behind the gate that ask for no verdict: they run though it holds.
    pub unguarded: Vec<String>,
    /// Whether a job of the workflow names an environment: GitHub then records the deployment itself.
    /// Not known where the workflow is not to be seen, or calls another.
    pub names_environment: Option<bool>,
    /// Whether one job alone begins the rollout: what no other can have begun.
    pub begins_once: bool,
    pub remarks: Vec<String>,
}

/// What is said of jobs that nobody can see.
const UNSEEN: &str = "whatever comes after it, in a workflow that this checkout does not show";

/// Looks for traps; in a workflow that is not to be had, anything may come after the gate.
///
/// # Errors
///
/// Fails where the gate's own job names an environment.
pub(super) fn of(context: &Context<'_>, repo: &Repo) -> Result<Traps, Error> {
    let mut traps = Traps::default();
    if context.attempt() > 1 {
        traps.remarks.push(format!(
            "attempt {} of this run: it is judged as a request of its own. Where only failed jobs are run again, the gate's old answer stands: `mode: start` in the rollout job asks anew",
            context.attempt()
        ));
    }
    let Some(workflow) = workflow(context, repo)? else {
        traps.unguarded.push(UNSEEN.to_owned());
        return Ok(traps);
    };
    let jobs = workflow.get("jobs").and_then(Json::as_object).cloned().unwrap_or_default();
    traps.begins_once = begins_once(&jobs);
    let own = context.var("GITHUB_JOB").and_then(|name| Some((name, jobs.get(name)?)));
    let seen = own.is_some() && jobs.values().all(|job| job.get("uses").is_none());
    traps.names_environment = seen.then(|| jobs.values().any(|job| job.get("environment").is_some()));
    for (place, key) in places(&workflow, &jobs) {
        let concurrency = key.get("concurrency");
        if cancels(concurrency) {
            traps.remarks.push(format!(
                "{place} has `cancel-in-progress`: a newer run would kill a rollout halfway; take it out of workflows that deploy"
            ));
        } else if place == "the workflow" && concurrency.is_some() {
            traps.remarks.push(
                "the workflow has `concurrency`: while one run holds its place, GitHub cancels all that wait but the newest, and a run that waits for a reviewer blocks the rest; put `concurrency` on the rollout job, or leave it to the gate"
                    .to_owned(),
            );
        }
    }
    let Some((name, own)) = own else {
        traps.unguarded.push(UNSEEN.to_owned());
        return Ok(traps);
    };
    if own.get("environment").is_some() && context.inputs.mode == super::inputs::Mode::Deploy {
        return Err(Error::usage(format!(
            "the gate's job `{name}` names an `environment`: GitHub takes it for a deployment that runs while it waits"
        ))
        .hint("put the gate into a job of its own, without `environment`, and let the rollout job need it"));
    }
    if context.inputs.ledger.starts_with("git:") && !may_write(own, &workflow) {
        traps.remarks.push(format!(
            "`permissions` give this job no `contents: write`, which the ledger `{}` needs",
            context.inputs.ledger
        ));
    }
    traps.unguarded = unguarded(name, own, &jobs);
    Ok(traps)
}

/// The workflow that this job comes from, as the checkout has it.
fn workflow(context: &Context<'_>, repo: &Repo) -> Result<Option<Json>, Error> {
    let named = context.var("GITHUB_WORKFLOW_REF").and_then(|named| named.split_once('@')).map(|(path, _)| path);
    let path = named.and_then(|path| Some(&path[path.find("/.github/workflows/")? + 1..]));
    let (Some(path), Some(top)) = (path, repo.workdir()) else { return Ok(None) };
    let text = files::read_inside(top, path, LIMIT)?;
    Ok(text.and_then(|text| yaml::parse(&text).ok()).map(|yaml| yaml.json()))
}

/// The workflow and each of its jobs, by what people call them.
fn places<'a>(workflow: &'a Json, jobs: &'a Map<String, Json>) -> Vec<(String, &'a Json)> {
    let jobs = jobs.iter().map(|(name, job)| (format!("the job `{name}`"), job));
    std::iter::once(("the workflow".to_owned(), workflow)).chain(jobs).collect()
}

fn cancels(concurrency: Option<&Json>) -> bool {
    let cancel = concurrency.and_then(|concurrency| concurrency.get("cancel-in-progress"));
    // An expression may say yes.
    cancel.is_some_and(|cancel| cancel != &Json::Bool(false))
}

/// Whether the permissions that are written down let a job push; where none are, the repository's settings decide.
fn may_write(job: &Json, workflow: &Json) -> bool {
    let Some(permissions) = job.get("permissions").or_else(|| workflow.get("permissions")) else { return true };
    match permissions {
        Json::String(all) => all == "write-all",
        permissions => permissions.get("contents").is_some_and(|contents| contents == "write"),
    }
}

/// Whether a condition asks for the gate's verdict.
fn asks(part: &Json) -> bool {
    part.get("if").and_then(Json::as_str).is_some_and(|condition| condition.contains("verdict"))
}

/// The mode of a step that uses this action.
fn mode(step: &Json) -> Option<&str> {
    let uses = step.get("uses").and_then(Json::as_str)?;
    let mode = step.pointer("/with/mode").and_then(Json::as_str).unwrap_or("deploy");
    (uses.contains("deploy-rhythm") || uses == "./").then_some(mode)
}

fn steps(job: &Json) -> &[Json] {
    job.get("steps").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Whether one job alone has `mode: start`, once: of a matrix, each part begins the same rollout.
fn begins_once(jobs: &Map<String, Json>) -> bool {
    let mut beginning = jobs.values().filter(|job| steps(job).iter().any(|step| mode(step) == Some("start")));
    let first = beginning.next();
    first.is_some_and(|job| job.pointer("/strategy/matrix").is_none()) && beginning.next().is_none()
}

/// What would run though the gate holds: jobs that need it, and the later steps of its own job.
fn unguarded(name: &str, own: &Json, jobs: &Map<String, Json>) -> Vec<String> {
    let needs = |job: &Json| match job.get("needs") {
        Some(Json::String(one)) => one == name,
        Some(Json::Array(all)) => all.iter().any(|one| one == name),
        _ => false,
    };
    let names = jobs.iter().filter(|(_, job)| needs(job) && !asks(job)).map(|(name, _)| format!("the job `{name}`"));
    let mut found: Vec<String> = names.collect();
    let steps = steps(own);
    let Some(gate) = steps.iter().position(|step| mode(step) == Some("deploy")) else {
        found.push(UNSEEN.to_owned());
        return found;
    };
    let later = steps.iter().enumerate().skip(gate + 1).filter(|(_, step)| !asks(step));
    let name_of = |(at, step): (usize, &Json)| match step.get("name").and_then(Json::as_str) {
        Some(name) => format!("the step `{name}`"),
        None => format!("step {} of this job", at + 1),
    };
    found.extend(later.map(name_of));
    found
}

#[cfg(test)]
mod tests {
    use super::{Json, cancels, may_write, unguarded, yaml};

    fn json(text: &str) -> Json {
        yaml::parse(text.as_bytes()).expect("YAML").json()
    }

    #[test]
    fn what_asks_for_no_verdict_is_named() {
        let jobs = json(
            "gate: {steps: [{uses: a/deploy-rhythm@v1}]}\nship: {needs: gate, if: \"needs.gate.outputs.verdict == 'approve'\"}\ntell: {needs: [gate, ship]}\nother: {needs: ship}",
        );
        let jobs = jobs.as_object().expect("a map");
        assert_eq!(unguarded("gate", &jobs["gate"], jobs), ["the job `tell`"]);
        let alone = json(
            "gate: {steps: [{uses: actions/checkout@v5}, {uses: a/deploy-rhythm@v1, id: g}, {run: make, name: Ship}, {run: x, if: \"steps.g.outputs.verdict == 'approve'\"}, {run: y}]}",
        );
        let alone = alone.as_object().expect("a map");
        assert_eq!(unguarded("gate", &alone["gate"], alone), ["the step `Ship`", "step 5 of this job"]);
    }

    #[test]
    fn permissions_of_the_job_come_before_those_of_the_workflow() {
        let workflow = json("permissions: {contents: write}");
        assert!(may_write(&json("steps: []"), &workflow));
        assert!(!may_write(&json("permissions: {}"), &workflow));
        assert!(!may_write(&json("permissions: read-all"), &workflow));
        assert!(may_write(&json("permissions: write-all"), &json("permissions: {}")));
        assert!(may_write(&json("steps: []"), &json("on: push")));
    }

    #[test]
    fn an_expression_may_cancel() {
        let of = |text: &str| cancels(Some(&json(text)));
        assert!(
            of("{group: x, cancel-in-progress: true}") && of("{group: x, cancel-in-progress: \"${{ github.x }}\"}")
        );
        assert!(!of("{group: x, cancel-in-progress: false}") && !of("{group: x}"));
    }
}
