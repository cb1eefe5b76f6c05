//! Workflows, their runs, what they wait for, and what starts them.

use serde_json::{Value, json};

use super::deployments::newest_first;
use super::routes::{Answer, Ask, Body, Reply, invalid, listed, missing, nothing, refused, required, shown};
use super::shape::{node, small_repository, user};
use super::state::{State, find, find_mut};
use super::tree::named;

pub fn workflows(state: &mut State, ask: &Ask) -> Reply {
    Ok(listed("workflows", state.repo(&ask.repo()).workflows.clone()))
}

pub fn workflow(state: &mut State, ask: &Ask) -> Reply {
    Ok(shown(200, known_workflow(state, ask)?))
}

/// A workflow by its number or by its file's name.
fn known_workflow(state: &mut State, ask: &Ask) -> Result<Value, Answer> {
    let word = ask.parameter("workflow_id");
    let file = format!(".github/workflows/{word}");
    let fits = |workflow: &&Value| workflow["id"].as_u64() == word.parse().ok() || workflow["path"] == file;
    state.repo(&ask.repo()).workflows.iter().find(fits).cloned().ok_or_else(missing)
}

pub fn make_workflow(state: &mut State, repo: &str, file: &str, at: &str) -> Value {
    let path = format!(".github/workflows/{file}");
    if let Some(known) = find(&state.repo(repo).workflows, "path", &path.as_str().into()) {
        return known.clone();
    }
    let id = state.id();
    let web = format!("https://github.com/{repo}");
    let workflow = json!({
        "id": id, "node_id": node("W", id), "name": file.trim_end_matches(".yml"), "path": path, "state": "active",
        "created_at": at, "updated_at": at, "url": format!("{}/repos/{repo}/actions/workflows/{id}", state.api),
        "html_url": format!("{web}/blob/main/{path}"), "badge_url": format!("{web}/workflows/{file}/badge.svg"),
    });
    state.repo(repo).workflows.push(workflow.clone());
    workflow
}

/// Whether an instant is in a range as GitHub's search writes it.
fn within(at: &str, range: &str) -> bool {
    // A day stands for all of itself.
    let at_most = |end: &str| at <= end || at.starts_with(end);
    match range.split_once("..") {
        Some((begin, end)) => (begin == "*" || at >= begin) && (end == "*" || at_most(end)),
        None if range.starts_with(">=") => at >= &range[2..],
        None if range.starts_with("<=") => at_most(&range[2..]),
        None if range.starts_with('>') => at > &range[1..],
        None if range.starts_with('<') => at < &range[1..],
        None => at.starts_with(range),
    }
}

pub fn runs(state: &mut State, ask: &Ask) -> Reply {
    let workflow =
        if ask.parameter("workflow_id").is_empty() { None } else { Some(known_workflow(state, ask)?["id"].clone()) };
    let fits = |run: &&Value| {
        workflow.as_ref().is_none_or(|id| run["workflow_id"] == *id)
            && [("branch", "head_branch"), ("event", "event"), ("head_sha", "head_sha")]
                .iter()
                .all(|(asked, field)| ask.asked(asked).is_none_or(|asked| run[*field] == asked))
            && ask.asked("actor").is_none_or(|login| run["actor"]["login"] == login)
            && ask.asked("status").is_none_or(|word| run["status"] == word || run["conclusion"] == word)
            && ask.asked("created").is_none_or(|range| within(run["created_at"].as_str().unwrap_or_default(), range))
    };
    let mut found: Vec<Value> = state.repo(&ask.repo()).runs.iter().filter(fits).cloned().collect();
    newest_first(&mut found);
    Ok(listed("workflow_runs", found))
}

fn known(state: &mut State, ask: &Ask) -> Result<Value, Answer> {
    find(&state.repo(&ask.repo()).runs, "id", &ask.number("run_id").into()).cloned().ok_or_else(missing)
}

pub fn run(state: &mut State, ask: &Ask) -> Reply {
    Ok(shown(200, known(state, ask)?))
}

pub fn attempt(state: &mut State, ask: &Ask) -> Reply {
    let (now, number) = (known(state, ask)?, ask.number("attempt_number"));
    let earlier = state.repo(&ask.repo()).attempts.get(&ask.number("run_id")).cloned().unwrap_or_default();
    let mut all = earlier.into_iter().chain([now]);
    all.find(|run| run["run_attempt"] == number).map(|run| shown(200, run)).ok_or_else(missing)
}

/// Of the newest attempt, of a certain one, or of all.
pub fn jobs(state: &mut State, ask: &Ask) -> Reply {
    let newest = known(state, ask)?["run_attempt"].clone();
    let mut found = state.repo(&ask.repo()).jobs.get(&ask.number("run_id")).cloned().unwrap_or_default();
    let certain = ask.number("attempt_number");
    found.retain(|job| match certain {
        0 => ask.asked("filter") == Some("all") || job["run_attempt"] == newest,
        certain => job["run_attempt"] == certain,
    });
    Ok(listed("jobs", found))
}

/// A run of a workflow, queued.
pub fn make_run(state: &mut State, repo: &str, login: &str, file: &str, sha: &str, event: &str, at: &str) -> u64 {
    let workflow = make_workflow(state, repo, file, at);
    let id = state.id();
    let (actor, small) = (user(state, login), small_repository(state, repo));
    let (api, web) = (format!("{}/repos/{repo}/actions/runs/{id}", state.api), format!("https://github.com/{repo}"));
    let (subject, tree) = state.repo(repo).git.resolve(sha).map_or_else(Default::default, |id| {
        let git = &state.repo(repo).git;
        let found = git.find(id);
        (
            String::from_utf8_lossy(found.message_bytes()).lines().next().unwrap_or_default().to_owned(),
            found.tree_id().to_string(),
        )
    });
    let branch = state.repo(repo).default_branch.clone();
    let number = 1 + state.repo(repo).runs.iter().filter(|run| run["workflow_id"] == workflow["id"]).count();
    let who = json!({ "name": login, "email": format!("{login}@users.noreply.github.com") });
    let run = json!({
        "id": id, "node_id": node("WFR", id), "name": workflow["name"], "head_branch": branch, "head_sha": sha,
        "path": workflow["path"], "display_title": subject, "run_number": number, "event": event, "status": "queued",
        "conclusion": null, "workflow_id": workflow["id"], "check_suite_id": id, "check_suite_node_id": node("CS", id),
        "url": api, "html_url": format!("{web}/actions/runs/{id}"), "pull_requests": [], "created_at": at,
        "updated_at": at, "run_started_at": at, "actor": actor, "triggering_actor": actor, "run_attempt": 1,
        "referenced_workflows": [], "jobs_url": format!("{api}/jobs"), "logs_url": format!("{api}/logs"),
        "check_suite_url": format!("{}/repos/{repo}/check-suites/{id}", state.api),
        "artifacts_url": format!("{api}/artifacts"), "cancel_url": format!("{api}/cancel"),
        "rerun_url": format!("{api}/rerun"), "previous_attempt_url": null, "workflow_url": workflow["url"],
        "head_commit": { "id": sha, "tree_id": tree, "message": subject, "timestamp": at, "author": who, "committer": who },
        "repository": small, "head_repository": small,
    });
    state.repo(repo).runs.push(run);
    id
}

pub fn dispatch(state: &mut State, ask: &Ask) -> Reply {
    let (workflow, repo) = (known_workflow(state, ask)?, ask.repo());
    let name = required(ask, "WorkflowDispatch", "ref")?.to_owned();
    let branch = name.trim_start_matches("refs/heads/").to_owned();
    let Ok(id) = named(state, ask, &name) else {
        return Err(refused(422, &format!("No ref found for: {name}")));
    };
    let file = workflow["path"].as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default().to_owned();
    let at = state.stamp();
    let run = make_run(state, &repo, ask.login(), &file, &id.to_string(), "workflow_dispatch", &at);
    find_mut(&mut state.repo(&repo).runs, "id", &run.into()).expect("just made")["head_branch"] = branch.into();
    if ask.body["return_run_details"] == true {
        let (api, web) = (
            format!("{}/repos/{repo}/actions/runs/{run}", state.api),
            format!("https://github.com/{repo}/actions/runs/{run}"),
        );
        return Ok(shown(200, json!({ "workflow_run_id": run, "run_url": api, "html_url": web })));
    }
    Ok(nothing(204))
}

pub fn repository_dispatch(state: &mut State, ask: &Ask) -> Reply {
    required(ask, "RepositoryDispatch", "event_type")?;
    if ask.body["client_payload"].as_object().is_some_and(|payload| payload.len() > 10) {
        return Err(invalid(
            "RepositoryDispatch",
            "client_payload",
            "custom",
            "No more than 10 properties are allowed",
        ));
    }
    state.repo(&ask.repo()).dispatches.push(ask.body.clone());
    Ok(nothing(204))
}

pub fn cancel(state: &mut State, ask: &Ask) -> Reply {
    if known(state, ask)?["status"] == "completed" {
        return Err(refused(409, "Cannot cancel a workflow run that is completed."));
    }
    settle(state, &ask.repo(), ask.number("run_id"), "completed", Some("cancelled"));
    Ok(shown(202, json!({})))
}

/// A run goes on, or ends.
pub fn settle(state: &mut State, repo: &str, run: u64, status: &str, conclusion: Option<&str>) {
    let at = state.stamp();
    let run = find_mut(&mut state.repo(repo).runs, "id", &run.into()).expect("a run");
    run["status"] = status.into();
    run["conclusion"] = conclusion.into();
    run["updated_at"] = at.into();
}

pub fn pending(state: &mut State, ask: &Ask) -> Reply {
    known(state, ask)?;
    let waiting = state.repo(&ask.repo()).pending.get(&ask.number("run_id")).cloned().unwrap_or_default();
    Ok(Answer { status: 200, body: Body::Json(waiting.into()), headers: Vec::new() })
}

pub fn approvals(state: &mut State, ask: &Ask) -> Reply {
    known(state, ask)?;
    let run = ask.number("run_id");
    let said = &state.repo(&ask.repo()).reviews_of_runs;
    Ok(shown(
        200,
        said.iter()
            .filter(|(of, review)| *of == run && review["environments"].is_array())
            .map(|(_, review)| review.clone())
            .collect(),
    ))
}

/// The environments of a run that wait and fit; none is an error.
fn waiting(state: &mut State, ask: &Ask, fits: impl Fn(&Value) -> bool) -> Result<Vec<Value>, Answer> {
    known(state, ask)?;
    let all = state.repo(&ask.repo()).pending.get(&ask.number("run_id")).cloned().unwrap_or_default();
    let found: Vec<Value> = all.into_iter().map(|pending| pending["environment"].clone()).filter(fits).collect();
    if found.is_empty() { Err(refused(422, "No pending deployment requests to approve or reject")) } else { Ok(found) }
}

/// What was said ends the wait: the run goes on, or it has failed.
fn decide(state: &mut State, ask: &Ask, environments: &[Value], approved: bool) {
    let (repo, run) = (ask.repo(), ask.number("run_id"));
    let left = state.repo(&repo).pending.get_mut(&run).map_or(0, |all| {
        all.retain(|pending| !environments.contains(&pending["environment"]));
        all.len()
    });
    match (approved, left) {
        (false, _) => settle(state, &repo, run, "completed", Some("failure")),
        (true, 0) => settle(state, &repo, run, "in_progress", None),
        _ => {}
    }
}

/// A reviewer's word.
pub fn review(state: &mut State, ask: &Ask) -> Reply {
    for field in ["environment_ids", "state", "comment"] {
        if ask.body[field].is_null() {
            return Err(invalid("PendingDeployments", field, "missing_field", &format!("{field} is missing")));
        }
    }
    let ids = ask.body["environment_ids"].as_array().cloned().unwrap_or_default();
    let environments = waiting(state, ask, |environment| ids.contains(&environment["id"]))?;
    decide(state, ask, &environments, ask.text("state") == Some("approved"));
    let who = user(state, ask.login());
    let review = json!({ "state": ask.body["state"], "comment": ask.body["comment"], "environments": environments, "user": who });
    let repo = ask.repo();
    state.repo(&repo).reviews_of_runs.push((ask.number("run_id"), review));
    let names: Vec<&Value> = environments.iter().map(|environment| &environment["name"]).collect();
    let made = state.repo(&repo).deployments.iter().filter(|deployment| names.contains(&&deployment["environment"]));
    Ok(shown(200, made.cloned().collect()))
}

/// A protection rule's word; without a state it is a remark.
pub fn judge(state: &mut State, ask: &Ask) -> Reply {
    let name = required(ask, "DeploymentProtectionRule", "environment_name")?.to_owned();
    let word = ask.text("state");
    if !ask.body["state"].is_null() && !matches!(word, Some("approved" | "rejected")) {
        return Err(invalid("DeploymentProtectionRule", "state", "invalid", "state is not approved or rejected"));
    }
    if word.is_none() && ask.text("comment").is_none() {
        return Err(invalid("DeploymentProtectionRule", "comment", "missing_field", "comment is missing"));
    }
    let environments = waiting(state, ask, |environment| environment["name"] == name)?;
    if let Some(word) = word {
        decide(state, ask, &environments, word == "approved");
    }
    state.repo(&ask.repo()).reviews_of_runs.push((ask.number("run_id"), ask.body.clone()));
    Ok(nothing(204))
}
