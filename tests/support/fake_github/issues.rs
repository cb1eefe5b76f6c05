//! Issues, their labels and events, and comments, which pull requests share.

use serde_json::{Value, json};

use super::members::association;
use super::routes::{Answer, Ask, Reply, invalid, list, missing, nothing, required, shown};
use super::shape::{node, user};
use super::state::{State, find, find_mut};

/// Characters of a body.
const LONGEST: usize = 65_536;

pub fn all(state: &mut State, ask: &Ask) -> Reply {
    let wanted = ask.asked("state").unwrap_or("open");
    let labels: Vec<&str> = ask.asked("labels").map(|words| words.split(',').collect()).unwrap_or_default();
    let has = |issue: &Value, name: &str| {
        issue["labels"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|label| label["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name)))
    };
    let fits = |issue: &&Value| {
        (wanted == "all" || issue["state"] == wanted)
            && labels.iter().all(|name| has(issue, name))
            && ask.asked("creator").is_none_or(|login| issue["user"]["login"] == login)
            && ask.asked("since").is_none_or(|since| issue["updated_at"].as_str().is_some_and(|at| at >= since))
    };
    let mut found: Vec<Value> = state.repo(&ask.repo()).issues.iter().filter(fits).cloned().collect();
    let by = if ask.asked("sort") == Some("updated") { "updated_at" } else { "created_at" };
    found.sort_by_key(|issue| (issue[by].as_str().map(str::to_owned), issue["number"].as_u64()));
    if ask.asked("direction") != Some("asc") {
        found.reverse();
    }
    Ok(list(found))
}

fn known(state: &mut State, ask: &Ask) -> Result<Value, Answer> {
    find(&state.repo(&ask.repo()).issues, "number", &ask.number("issue_number").into()).cloned().ok_or_else(missing)
}

pub fn one(state: &mut State, ask: &Ask) -> Reply {
    Ok(shown(200, known(state, ask)?))
}

fn body(ask: &Ask, resource: &str) -> Result<(), Answer> {
    if ask.text("body").is_some_and(|text| text.chars().count() > LONGEST) {
        return Err(invalid(resource, "body", "custom", "body is too long (maximum is 65536 characters)"));
    }
    Ok(())
}

pub fn create(state: &mut State, ask: &Ask) -> Reply {
    body(ask, "Issue")?;
    let (repo, at) = (ask.repo(), state.stamp());
    let title = required(ask, "Issue", "title")?.to_owned();
    let number = make_issue(state, &repo, ask.login(), &title, &at);
    find_mut(&mut state.repo(&repo).issues, "number", &number.into()).expect("just made")["body"] =
        ask.body["body"].clone();
    for label in words(&ask.body["labels"]) {
        set_label(state, &repo, number, ask.login(), &label, true, &at);
    }
    find(&state.repo(&repo).issues, "number", &number.into())
        .cloned()
        .map(|issue| shown(201, issue))
        .ok_or_else(missing)
}

/// The next of the numbers that issues and pull requests share.
pub fn make_issue(state: &mut State, repo: &str, login: &str, title: &str, at: &str) -> u64 {
    let id = state.id();
    let who = user(state, login);
    let number = state.repo(repo).issues.len() as u64 + 1;
    let (base, web) = (format!("{}/repos/{repo}", state.api), format!("https://github.com/{repo}/issues/{number}"));
    let api = format!("{base}/issues/{number}");
    let issue = json!({
        "id": id, "node_id": node("I", id), "url": api, "repository_url": base, "labels_url": format!("{api}/labels{{/name}}"),
        "comments_url": format!("{api}/comments"), "events_url": format!("{api}/events"), "html_url": web,
        "number": number, "state": "open", "state_reason": null, "title": title, "body": null, "user": who,
        "labels": [], "assignee": null, "assignees": [], "milestone": null, "locked": false,
        "active_lock_reason": null, "comments": 0, "closed_at": null, "created_at": at, "updated_at": at,
        "author_association": association(state, repo, login), "performed_via_github_app": null, "closed_by": null,
        "timeline_url": format!("{api}/timeline"),
    });
    state.repo(repo).issues.push(issue);
    number
}

fn words(value: &Value) -> Vec<String> {
    let word = |item: &Value| item.as_str().or_else(|| item["name"].as_str()).map(str::to_owned);
    value.as_array().into_iter().flatten().filter_map(word).collect()
}

pub fn update(state: &mut State, ask: &Ask) -> Reply {
    body(ask, "Issue")?;
    let (before, repo, number, at) = (known(state, ask)?, ask.repo(), ask.number("issue_number"), state.stamp());
    if let Some(word) = ask.text("state").filter(|word| before["state"] != *word) {
        set_state(state, &repo, number, ask.login(), word, &at);
    }
    let issue = find_mut(&mut state.repo(&repo).issues, "number", &number.into()).expect("a known issue");
    for field in ["title", "body", "state_reason"] {
        if let Some(value) = ask.body.get(field) {
            issue[field] = value.clone();
        }
    }
    issue["updated_at"] = at.as_str().into();
    if ask.body["labels"].is_array() {
        let (old, new) = (words(&before["labels"]), words(&ask.body["labels"]));
        for (label, on) in old
            .iter()
            .filter(|label| !new.contains(label))
            .map(|label| (label, false))
            .chain(new.iter().map(|label| (label, true)))
        {
            set_label(state, &repo, number, ask.login(), label, on, &at);
        }
    }
    Ok(shown(200, known(state, ask)?))
}

fn event(state: &mut State, repo: &str, number: u64, login: &str, kind: &str, at: &str) -> Value {
    let id = state.id();
    let actor = user(state, login);
    json!({
        "id": id, "node_id": node("EV", id), "url": format!("{}/repos/{repo}/issues/events/{id}", state.api),
        "actor": actor, "event": kind, "commit_id": null, "commit_url": null, "created_at": at,
        "performed_via_github_app": null, "issue_number": number,
    })
}

/// Closes or reopens.
pub fn set_state(state: &mut State, repo: &str, number: u64, login: &str, word: &str, at: &str) {
    let who = user(state, login);
    let mut made = event(state, repo, number, login, if word == "closed" { "closed" } else { "reopened" }, at);
    made["state_reason"] = Value::Null;
    let repository = state.repo(repo);
    repository.issue_events.entry(number).or_default().push(made);
    let closed = word == "closed";
    for list in [&mut repository.issues, &mut repository.pulls] {
        if let Some(issue) = find_mut(list, "number", &number.into()) {
            issue["state"] = word.into();
            issue["closed_at"] = if closed { at.into() } else { Value::Null };
            issue["updated_at"] = at.into();
        }
    }
    let issue = find_mut(&mut repository.issues, "number", &number.into()).expect("an issue");
    issue["closed_by"] = if closed { who } else { Value::Null };
    issue["state_reason"] = if closed { "completed" } else { "reopened" }.into();
}

/// Puts a label on, or takes it off, and writes down who did.
pub fn set_label(state: &mut State, repo: &str, number: u64, login: &str, name: &str, on: bool, at: &str) {
    let issue = find(&state.repo(repo).issues, "number", &number.into()).expect("an issue");
    if words(&issue["labels"]).iter().any(|known| known == name) == on {
        return;
    }
    let label = make_label(state, repo, name);
    let mut made = event(state, repo, number, login, if on { "labeled" } else { "unlabeled" }, at);
    made["label"] = json!({ "name": name, "color": label["color"] });
    let repository = state.repo(repo);
    repository.issue_events.entry(number).or_default().push(made);
    for list in [&mut repository.issues, &mut repository.pulls] {
        if let Some(issue) = find_mut(list, "number", &number.into()) {
            let labels = issue["labels"].as_array_mut().expect("labels");
            labels.retain(|known| known["name"] != name);
            labels.extend(on.then(|| label.clone()));
            issue["updated_at"] = at.into();
        }
    }
}

pub fn make_label(state: &mut State, repo: &str, name: &str) -> Value {
    if let Some(known) = find(&state.repo(repo).labels, "name", &name.into()) {
        return known.clone();
    }
    let id = state.id();
    let url = format!("{}/repos/{repo}/labels/{}", state.api, super::server::encoded(name));
    let label = json!({ "id": id, "node_id": node("LA", id), "url": url, "name": name, "color": "ededed", "default": false, "description": null });
    state.repo(repo).labels.push(label.clone());
    label
}

pub fn events(state: &mut State, ask: &Ask) -> Reply {
    known(state, ask)?;
    let mut found = state.repo(&ask.repo()).issue_events.get(&ask.number("issue_number")).cloned().unwrap_or_default();
    for item in &mut found {
        item.as_object_mut().expect("an event").remove("issue_number");
    }
    Ok(list(found))
}

pub fn labels(state: &mut State, ask: &Ask) -> Reply {
    Ok(list(known(state, ask)?["labels"].as_array().cloned().unwrap_or_default()))
}

pub fn add_labels(state: &mut State, ask: &Ask) -> Reply {
    known(state, ask)?;
    let (repo, number, at) = (ask.repo(), ask.number("issue_number"), state.stamp());
    let sent = if ask.body.is_array() { &ask.body } else { &ask.body["labels"] };
    for label in words(sent) {
        set_label(state, &repo, number, ask.login(), &label, true, &at);
    }
    Ok(shown(200, known(state, ask)?["labels"].clone()))
}

pub fn remove_label(state: &mut State, ask: &Ask) -> Reply {
    let (repo, number, name) = (ask.repo(), ask.number("issue_number"), ask.parameter("name"));
    if !words(&known(state, ask)?["labels"]).iter().any(|known| known == name) {
        return Err(super::routes::refused(404, "Label does not exist"));
    }
    let at = state.stamp();
    set_label(state, &repo, number, ask.login(), name, false, &at);
    Ok(shown(200, known(state, ask)?["labels"].clone()))
}

pub fn all_labels(state: &mut State, ask: &Ask) -> Reply {
    Ok(list(state.repo(&ask.repo()).labels.clone()))
}

pub fn create_label(state: &mut State, ask: &Ask) -> Reply {
    let name = required(ask, "Label", "name")?.to_owned();
    if find(&state.repo(&ask.repo()).labels, "name", &name.as_str().into()).is_some() {
        return Err(invalid("Label", "name", "already_exists", "name already exists"));
    }
    Ok(shown(201, make_label(state, &ask.repo(), &name)))
}

pub fn comments(state: &mut State, ask: &Ask) -> Reply {
    known(state, ask)?;
    let number = ask.number("issue_number");
    let fits = |comment: &&(u64, Value)| comment.0 == number && recent(ask, &comment.1);
    Ok(list(state.repo(&ask.repo()).comments.iter().filter(fits).map(|(_, comment)| comment.clone()).collect()))
}

fn recent(ask: &Ask, comment: &Value) -> bool {
    ask.asked("since").is_none_or(|since| comment["updated_at"].as_str().is_some_and(|at| at >= since))
}

pub fn all_comments(state: &mut State, ask: &Ask) -> Reply {
    let mut found: Vec<Value> = state.repo(&ask.repo()).comments.iter().map(|(_, comment)| comment.clone()).collect();
    found.retain(|comment| recent(ask, comment));
    let by = if ask.asked("sort") == Some("updated") { "updated_at" } else { "created_at" };
    found.sort_by_key(|comment| (comment[by].as_str().map(str::to_owned), comment["id"].as_u64()));
    if ask.asked("direction") == Some("desc") {
        found.reverse();
    }
    Ok(list(found))
}

fn known_comment<'a>(state: &'a mut State, ask: &Ask) -> Result<&'a mut Value, Answer> {
    let id = ask.number("comment_id");
    let comments = &mut state.repo(&ask.repo()).comments;
    comments.iter_mut().map(|(_, comment)| comment).find(|comment| comment["id"] == id).ok_or_else(missing)
}

pub fn comment(state: &mut State, ask: &Ask) -> Reply {
    Ok(shown(200, known_comment(state, ask)?.clone()))
}

pub fn create_comment(state: &mut State, ask: &Ask) -> Reply {
    known(state, ask)?;
    body(ask, "IssueComment")?;
    let text = required(ask, "IssueComment", "body")?.to_owned();
    let at = state.stamp();
    make_comment(state, &ask.repo(), ask.number("issue_number"), ask.login(), &text, &at);
    Ok(shown(201, state.repo(&ask.repo()).comments.last().expect("just made").1.clone()))
}

pub fn make_comment(state: &mut State, repo: &str, number: u64, login: &str, text: &str, at: &str) -> u64 {
    let id = state.id();
    let who = user(state, login);
    let association = association(state, repo, login);
    let api = format!("{}/repos/{repo}/issues", state.api);
    let issue = find_mut(&mut state.repo(repo).issues, "number", &number.into()).expect("an issue");
    issue["comments"] = (issue["comments"].as_u64().unwrap_or_default() + 1).into();
    let comment = json!({
        "id": id, "node_id": node("IC", id), "url": format!("{api}/comments/{id}"), "issue_url": format!("{api}/{number}"),
        "html_url": format!("{}#issuecomment-{id}", issue["html_url"].as_str().unwrap_or_default()),
        "user": who, "body": text, "created_at": at, "updated_at": at, "author_association": association,
        "performed_via_github_app": null,
    });
    state.repo(repo).comments.push((number, comment));
    id
}

pub fn edit_comment(state: &mut State, ask: &Ask) -> Reply {
    body(ask, "IssueComment")?;
    let (text, at) = (required(ask, "IssueComment", "body")?.to_owned(), state.stamp());
    let comment = known_comment(state, ask)?;
    comment["body"] = text.into();
    comment["updated_at"] = at.as_str().into();
    let shape = comment.clone();
    state.repo(&ask.repo()).edits.insert(ask.number("comment_id"), at);
    Ok(shown(200, shape))
}

pub fn delete_comment(state: &mut State, ask: &Ask) -> Reply {
    known_comment(state, ask)?;
    let id = ask.number("comment_id");
    state.repo(&ask.repo()).comments.retain(|(_, comment)| comment["id"] != id);
    Ok(nothing(204))
}

pub fn react(state: &mut State, ask: &Ask) -> Reply {
    known_comment(state, ask)?;
    let word = required(ask, "Reaction", "content")?.to_owned();
    let (id, at) = (state.id(), state.stamp());
    let who = user(state, ask.login());
    let reaction = json!({ "id": id, "node_id": node("REA", id), "user": who, "content": word, "created_at": at });
    state.repo(&ask.repo()).reactions.push((ask.number("comment_id"), reaction.clone()));
    Ok(shown(201, reaction))
}
