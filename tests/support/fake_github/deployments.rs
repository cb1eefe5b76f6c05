//! Deployments, their statuses, and environments.

use serde_json::{Value, json};

use super::routes::{Answer, Ask, Reply, invalid, list, listed, missing, refused, required, shown};
use super::shape::{node, user};
use super::state::{State, find};

const STATES: [&str; 7] = ["error", "failure", "inactive", "in_progress", "queued", "pending", "success"];

pub fn all(state: &mut State, ask: &Ask) -> Reply {
    let fits = |deployment: &Value| {
        ["sha", "ref", "task", "environment"]
            .iter()
            .all(|field| ask.asked(field).is_none_or(|asked| asked == "none" || deployment[*field] == asked))
    };
    let mut found: Vec<Value> = state.repo(&ask.repo()).deployments.iter().filter(|item| fits(item)).cloned().collect();
    newest_first(&mut found);
    Ok(list(found))
}

/// Newest first; of one second, the later made.
pub fn newest_first(items: &mut [Value]) {
    items.sort_by_key(|item| std::cmp::Reverse((item["created_at"].as_str().map(str::to_owned), item["id"].as_u64())));
}

pub fn one(state: &mut State, ask: &Ask) -> Reply {
    Ok(shown(200, known(state, ask)?))
}

fn known(state: &mut State, ask: &Ask) -> Result<Value, Answer> {
    let id = ask.number("deployment_id").into();
    find(&state.repo(&ask.repo()).deployments, "id", &id).cloned().ok_or_else(missing)
}

pub fn create(state: &mut State, ask: &Ask) -> Reply {
    let name = required(ask, "Deployment", "ref")?.to_owned();
    let repo = ask.repo();
    let Some(sha) = state.repo(&repo).git.resolve(&name).map(|id| id.to_string()) else {
        return Err(refused(422, &format!("No ref found for: {name}")));
    };
    let bad = |(of, status): &(String, Value)| *of == sha && status["state"] != "success";
    if ask.body["required_contexts"].is_null() && state.repo(&repo).statuses.iter().any(bad) {
        return Err(refused(409, &format!("Conflict: Commit status checks failed for {name}.")));
    }
    let (environment, at) = (ask.text("environment").unwrap_or("production"), state.stamp());
    let made = make(state, &repo, ask.login(), environment, &sha, &at);
    let deployment = state.repo(&repo).deployments.last_mut().expect("just made");
    deployment["ref"] = name.into();
    deployment["task"] = ask.text("task").unwrap_or("deploy").into();
    deployment["description"] = ask.body["description"].clone();
    for (field, default) in [
        ("payload", json!({})),
        ("transient_environment", json!(false)),
        ("production_environment", json!(environment == "production")),
    ] {
        deployment[field] = if ask.body[field].is_null() { default } else { ask.body[field].clone() };
    }
    debug_assert_eq!(deployment["id"], made);
    Ok(shown(201, deployment.clone()))
}

/// A deployment, and the environment where it is new.
pub fn make(state: &mut State, repo: &str, login: &str, environment: &str, sha: &str, at: &str) -> u64 {
    let id = state.id();
    let creator = user(state, login);
    let api = format!("{}/repos/{repo}", state.api);
    let deployment = json!({
        "id": id, "node_id": node("DE", id), "sha": sha, "ref": "main", "task": "deploy", "payload": {},
        "original_environment": environment, "environment": environment, "description": null, "creator": creator,
        "created_at": at, "updated_at": at, "url": format!("{api}/deployments/{id}"),
        "statuses_url": format!("{api}/deployments/{id}/statuses"), "repository_url": api,
        "transient_environment": false, "production_environment": environment == "production",
        "performed_via_github_app": null,
    });
    make_environment(state, repo, environment, at);
    state.repo(repo).deployments.push(deployment);
    id
}

pub fn make_environment(state: &mut State, repo: &str, name: &str, at: &str) -> u64 {
    if let Some(known) = find(&state.repo(repo).environments, "name", &name.into()) {
        return known["id"].as_u64().expect("a number");
    }
    let id = state.id();
    let word = super::server::encoded(name);
    let environment = json!({
        "id": id, "node_id": node("EN", id), "name": name, "created_at": at, "updated_at": at,
        "url": format!("{}/repos/{repo}/environments/{word}", state.api),
        "html_url": format!("https://github.com/{repo}/deployments/activity_log?environments_filter={word}"),
        "protection_rules": [], "deployment_branch_policy": null,
    });
    state.repo(repo).environments.push(environment);
    id
}

pub fn statuses(state: &mut State, ask: &Ask) -> Reply {
    known(state, ask)?;
    let known = state.repo(&ask.repo()).deployment_statuses.get(&ask.number("deployment_id")).cloned();
    let mut found = known.unwrap_or_default();
    newest_first(&mut found);
    Ok(list(found))
}

pub fn status(state: &mut State, ask: &Ask) -> Reply {
    let all =
        state.repo(&ask.repo()).deployment_statuses.get(&ask.number("deployment_id")).cloned().unwrap_or_default();
    find(&all, "id", &ask.number("status_id").into()).cloned().map(|status| shown(200, status)).ok_or_else(missing)
}

pub fn create_status(state: &mut State, ask: &Ask) -> Reply {
    let (deployment, repo) = (known(state, ask)?, ask.repo());
    let word = required(ask, "DeploymentStatus", "state")?;
    if !STATES.contains(&word) {
        return Err(invalid("DeploymentStatus", "state", "invalid", "state is not in the list"));
    }
    if ask.text("description").is_some_and(|text| text.chars().count() > 140) {
        let message = "description is too long (maximum is 140 characters)";
        return Err(invalid("DeploymentStatus", "description", "custom", message));
    }
    let (id, at) = (ask.number("deployment_id"), state.stamp());
    if word == "success" && ask.body["auto_inactive"] != false {
        retire(state, &repo, ask.login(), &deployment, &at);
    }
    add_status(state, &repo, ask.login(), id, word, &at);
    let made = state.repo(&repo).deployment_statuses.get_mut(&id).and_then(|all| all.last_mut()).expect("just made");
    for field in ["description", "log_url", "environment_url"] {
        made[field] = ask.text(field).unwrap_or_default().into();
    }
    made["target_url"] = made["log_url"].clone();
    if let Some(environment) = ask.text("environment") {
        made["environment"] = environment.into();
    }
    Ok(shown(201, made.clone()))
}

/// Earlier deployments to the same environment that stand become inactive.
fn retire(state: &mut State, repo: &str, login: &str, by: &Value, at: &str) {
    let same = |other: &Value| {
        other["environment"] == by["environment"] && other["id"] != by["id"] && other["transient_environment"] != true
    };
    let others: Vec<u64> = state
        .repo(repo)
        .deployments
        .iter()
        .filter(|other| same(other))
        .filter_map(|other| other["id"].as_u64())
        .collect();
    for id in others {
        let stands = state
            .repo(repo)
            .deployment_statuses
            .get(&id)
            .and_then(|all| all.last())
            .is_some_and(|last| last["state"] == "success");
        if stands {
            add_status(state, repo, login, id, "inactive", at);
        }
    }
}

pub fn add_status(state: &mut State, repo: &str, login: &str, deployment: u64, word: &str, at: &str) {
    let id = state.id();
    let creator = user(state, login);
    let api = format!("{}/repos/{repo}", state.api);
    let known = state.repo(repo).deployments.iter_mut().find(|known| known["id"] == deployment).expect("a deployment");
    known["updated_at"] = at.into();
    let status = json!({
        "id": id, "node_id": node("DES", id), "state": word, "creator": creator, "description": "",
        "environment": known["environment"], "target_url": "", "log_url": "", "environment_url": "",
        "created_at": at, "updated_at": at, "url": format!("{api}/deployments/{deployment}/statuses/{id}"),
        "deployment_url": format!("{api}/deployments/{deployment}"), "repository_url": api,
        "performed_via_github_app": null,
    });
    state.repo(repo).deployment_statuses.entry(deployment).or_default().push(status);
}

pub fn environments(state: &mut State, ask: &Ask) -> Reply {
    Ok(listed("environments", state.repo(&ask.repo()).environments.clone()))
}

pub fn environment(state: &mut State, ask: &Ask) -> Reply {
    let name = ask.parameter("environment_name").into();
    find(&state.repo(&ask.repo()).environments, "name", &name)
        .cloned()
        .map(|found| shown(200, found))
        .ok_or_else(missing)
}

pub fn rules(state: &mut State, ask: &Ask) -> Reply {
    environment(state, ask)?;
    let rules = state.repo(&ask.repo()).protection_rules.get(ask.parameter("environment_name")).cloned();
    Ok(listed("custom_deployment_protection_rules", rules.unwrap_or_default()))
}
