//! Check runs with annotations, commit statuses, and uploaded findings.

use serde_json::{Value, json};

use super::deployments::newest_first;
use super::routes::{Answer, Ask, Reply, invalid, list, listed, missing, refused, required, shown};
use super::shape::{node, small_repository, user};
use super::state::{State, find, find_mut};
use super::tree::named;

const STATUSES: [&str; 6] = ["queued", "in_progress", "completed", "waiting", "requested", "pending"];
const CONCLUSIONS: [&str; 8] =
    ["success", "failure", "neutral", "cancelled", "skipped", "timed_out", "action_required", "stale"];
/// Annotations that one request may bring.
const ANNOTATIONS: usize = 50;
/// Characters of a check's summary and text, and of a comment.
pub const LONGEST: usize = 65_535;

pub fn of_commit(state: &mut State, ask: &Ask) -> Reply {
    let sha = named(state, ask, ask.parameter("ref"))?.to_string();
    let fits = |check: &&Value| {
        check["head_sha"] == sha
            && ask.asked("check_name").is_none_or(|name| check["name"] == name)
            && ask.asked("status").is_none_or(|status| check["status"] == status)
            && ask.asked("app_id").is_none_or(|id| check["app"]["id"].as_u64() == id.parse().ok())
    };
    let mut found: Vec<Value> = state.repo(&ask.repo()).checks.iter().filter(fits).cloned().collect();
    found.reverse();
    if ask.asked("filter") != Some("all") {
        let mut seen: Vec<Value> = Vec::new();
        found.retain(|check| {
            let key = json!([check["name"], check["app"]["id"]]);
            let new = !seen.contains(&key);
            seen.push(key);
            new
        });
    }
    Ok(listed("check_runs", found))
}

fn known(state: &mut State, ask: &Ask) -> Result<Value, Answer> {
    find(&state.repo(&ask.repo()).checks, "id", &ask.number("check_run_id").into()).cloned().ok_or_else(missing)
}

pub fn one(state: &mut State, ask: &Ask) -> Reply {
    Ok(shown(200, known(state, ask)?))
}

pub fn annotations(state: &mut State, ask: &Ask) -> Reply {
    known(state, ask)?;
    Ok(list(state.repo(&ask.repo()).annotations.get(&ask.number("check_run_id")).cloned().unwrap_or_default()))
}

/// What GitHub refuses in the body of a check run.
fn examine(ask: &Ask) -> Result<(), Answer> {
    let bad = |field: &str, message: &str| Err(invalid("CheckRun", field, "invalid", message));
    if ask.text("status").is_some_and(|word| !STATUSES.contains(&word)) {
        return bad("status", "status is not in the list");
    }
    if ask.text("conclusion").is_some_and(|word| !CONCLUSIONS.contains(&word)) {
        return bad("conclusion", "conclusion is not in the list");
    }
    if ask.text("status") == Some("completed") && ask.text("conclusion").is_none() {
        return bad("conclusion", "conclusion is missing for a completed check run");
    }
    let output = &ask.body["output"];
    if output.is_object() && !(output["summary"].is_string() && output["title"].is_string()) {
        return bad("output", "title and summary are needed");
    }
    for field in ["summary", "text"] {
        if output[field].as_str().is_some_and(|text| text.chars().count() > LONGEST) {
            return bad(field, "Only 65535 characters are allowed");
        }
    }
    if output["annotations"].as_array().is_some_and(|all| all.len() > ANNOTATIONS) {
        return bad("annotations", "No more than 50 annotations are allowed");
    }
    if ask.body["actions"].as_array().is_some_and(|all| all.len() > 3) {
        return bad("actions", "No more than 3 actions are allowed");
    }
    Ok(())
}

pub fn create(state: &mut State, ask: &Ask) -> Reply {
    examine(ask)?;
    let name = required(ask, "CheckRun", "name")?.to_owned();
    let sha = required(ask, "CheckRun", "head_sha")?.to_owned();
    if state.repo(&ask.repo()).git.resolve(&sha).is_none() {
        return Err(refused(422, &format!("No commit found for SHA: {sha}")));
    }
    let at = state.stamp();
    let id = make(state, &ask.repo(), &name, &sha, &at);
    apply(state, ask, id);
    find(&state.repo(&ask.repo()).checks, "id", &id.into()).cloned().map(|check| shown(201, check)).ok_or_else(missing)
}

pub fn update(state: &mut State, ask: &Ask) -> Reply {
    examine(ask)?;
    known(state, ask)?;
    apply(state, ask, ask.number("check_run_id"));
    Ok(shown(200, known(state, ask)?))
}

/// A queued check run.
pub fn make(state: &mut State, repo: &str, name: &str, sha: &str, at: &str) -> u64 {
    let id = state.id();
    let owner = user(state, "github");
    let api = format!("{}/repos/{repo}/check-runs/{id}", state.api);
    let web = format!("https://github.com/{repo}/runs/{id}");
    let check = json!({
        "id": id, "node_id": node("CR", id), "head_sha": sha, "name": name, "url": api, "html_url": web,
        "details_url": web, "external_id": "", "status": "queued", "conclusion": null, "started_at": at,
        "completed_at": null, "check_suite": { "id": id }, "pull_requests": [],
        "output": { "title": null, "summary": null, "text": null, "annotations_count": 0, "annotations_url": format!("{api}/annotations") },
        "app": {
            "id": 15368, "client_id": "Iv1.05c79e9ad1f6bdfa", "slug": "github-actions", "node_id": node("A", 15368),
            "owner": owner, "name": "GitHub Actions", "description": "", "external_url": "https://help.github.com",
            "html_url": "https://github.com/apps/github-actions", "created_at": at, "updated_at": at,
            "permissions": { "checks": "write" }, "events": [],
        },
    });
    state.repo(repo).checks.push(check);
    id
}

/// Takes what the body says into a check run.
fn apply(state: &mut State, ask: &Ask, id: u64) {
    let (repo, at) = (ask.repo(), state.stamp());
    let blob = format!("https://github.com/{repo}/blob");
    let sent = ask.body["output"]["annotations"].as_array().cloned().unwrap_or_default();
    let notes = state.repo(&repo).annotations.entry(id).or_default();
    notes.extend(sent.into_iter().map(|note| {
        let mut shape = json!({ "blob_href": blob });
        for field in [
            "path",
            "start_line",
            "end_line",
            "start_column",
            "end_column",
            "annotation_level",
            "title",
            "message",
            "raw_details",
        ] {
            shape[field] = note[field].clone();
        }
        shape
    }));
    let count = notes.len();
    let check = find_mut(&mut state.repo(&repo).checks, "id", &id.into()).expect("a check run");
    for field in ["name", "details_url", "external_id", "status", "conclusion", "started_at", "completed_at"] {
        if let Some(value) = ask.body.get(field) {
            check[field] = value.clone();
        }
    }
    if !check["conclusion"].is_null() {
        check["status"] = "completed".into();
        if check["completed_at"].is_null() {
            check["completed_at"] = at.into();
        }
    }
    for field in ["title", "summary", "text"] {
        if let Some(value) = ask.body["output"].get(field) {
            check["output"][field] = value.clone();
        }
    }
    check["output"]["annotations_count"] = count.into();
}

/// Statuses of a commit, newest first.
fn of(state: &mut State, ask: &Ask) -> Result<(String, Vec<Value>), Answer> {
    let sha = named(state, ask, ask.parameter("ref"))?.to_string();
    let all = state.repo(&ask.repo()).statuses.iter().filter(|(of, _)| *of == sha);
    let mut found: Vec<Value> = all.map(|(_, status)| status.clone()).collect();
    newest_first(&mut found);
    Ok((sha, found))
}

pub fn statuses(state: &mut State, ask: &Ask) -> Reply {
    Ok(list(of(state, ask)?.1))
}

pub fn combined(state: &mut State, ask: &Ask) -> Reply {
    let (sha, all) = of(state, ask)?;
    let mut latest: Vec<Value> = Vec::new();
    for status in all {
        if !latest.iter().any(|known| known["context"] == status["context"]) {
            latest.push(status);
        }
    }
    let any =
        |words: &[&str]| latest.iter().any(|status| words.contains(&status["state"].as_str().unwrap_or_default()));
    let word = if any(&["failure", "error"]) {
        "failure"
    } else if any(&["pending"]) || latest.is_empty() {
        "pending"
    } else {
        "success"
    };
    let repository = small_repository(state, &ask.repo());
    let api = format!("{}/repos/{}/commits/{sha}", state.api, ask.repo());
    Ok(shown(
        200,
        json!({
            "state": word, "sha": sha, "total_count": latest.len(), "statuses": latest, "repository": repository,
            "commit_url": api, "url": format!("{api}/status"),
        }),
    ))
}

pub fn create_status(state: &mut State, ask: &Ask) -> Reply {
    let sha = ask.parameter("sha").to_owned();
    let word = required(ask, "Status", "state")?.to_owned();
    if !["error", "failure", "pending", "success"].contains(&word.as_str()) {
        return Err(invalid("Status", "state", "custom", "state is not in the list"));
    }
    if state.repo(&ask.repo()).git.resolve(&sha).is_none() {
        return Err(refused(422, &format!("No commit found for SHA: {sha}")));
    }
    let at = state.stamp();
    let context = ask.text("context").unwrap_or("default");
    let mut status = make_status(state, &ask.repo(), ask.login(), &sha, context, &word, &at);
    status["description"] = ask.body["description"].clone();
    status["target_url"] = ask.body["target_url"].clone();
    state.repo(&ask.repo()).statuses.last_mut().expect("just made").1 = status.clone();
    Ok(shown(201, status))
}

pub fn make_status(
    state: &mut State,
    repo: &str,
    login: &str,
    sha: &str,
    context: &str,
    word: &str,
    at: &str,
) -> Value {
    let id = state.id();
    let creator = user(state, login);
    let status = json!({
        "id": id, "node_id": node("SC", id), "state": word, "context": context, "description": null,
        "target_url": null, "avatar_url": creator["avatar_url"], "creator": creator, "created_at": at, "updated_at": at,
        "url": format!("{}/repos/{repo}/statuses/{sha}", state.api),
    });
    state.repo(repo).statuses.push((sha.to_owned(), status.clone()));
    status
}

pub fn upload(state: &mut State, ask: &Ask) -> Reply {
    for field in ["commit_sha", "ref", "sarif"] {
        required(ask, "Sarif", field)?;
    }
    if !ask.text("ref").is_some_and(|name| name.starts_with("refs/")) {
        return Err(refused(400, "ref must be a full ref"));
    }
    let number = state.id();
    let id = format!("{number:08x}-0000-1000-8000-000000000000");
    let mut kept = ask.body.clone();
    kept["id"] = id.clone().into();
    let repo = ask.repo();
    state.repo(&repo).sarifs.push(kept);
    let url = format!("{}/repos/{repo}/code-scanning/sarifs/{id}", state.api);
    Ok(shown(202, json!({ "id": id, "url": url })))
}

pub fn uploaded(state: &mut State, ask: &Ask) -> Reply {
    let id = ask.parameter("sarif_id");
    find(&state.repo(&ask.repo()).sarifs, "id", &id.into()).ok_or_else(missing)?;
    let url = format!("{}/repos/{}/code-scanning/analyses?sarif_id={id}", state.api, ask.repo());
    Ok(shown(200, json!({ "processing_status": "complete", "analyses_url": url, "errors": null })))
}
