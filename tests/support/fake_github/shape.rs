//! How GitHub shows the things that stand inside others: people, repositories, commits, errors.

use git2::Oid;
use serde_json::{Value, json};

use super::state::{State, shown};

const DOCS: &str = "https://docs.github.com/rest";

/// An opaque id of an object.
pub fn node(kind: &str, id: u64) -> String {
    format!("{kind}_kwDO{id:08X}")
}

pub fn user(state: &mut State, login: &str) -> Value {
    let id = state.user_id(login);
    let bot = login.ends_with("[bot]");
    let api = format!("{}/users/{login}", state.api).replace("[bot]", "%5Bbot%5D");
    json!({
        "login": login, "id": id, "node_id": node(if bot { "BOT" } else { "U" }, id),
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{id}?v=4"), "gravatar_id": "",
        "url": api, "html_url": format!("https://github.com/{}", login.trim_end_matches("[bot]")),
        "followers_url": format!("{api}/followers"), "following_url": format!("{api}/following{{/other_user}}"),
        "gists_url": format!("{api}/gists{{/gist_id}}"), "starred_url": format!("{api}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{api}/subscriptions"), "organizations_url": format!("{api}/orgs"),
        "repos_url": format!("{api}/repos"), "events_url": format!("{api}/events{{/privacy}}"),
        "received_events_url": format!("{api}/received_events"),
        "type": if bot { "Bot" } else { "User" }, "site_admin": false, "user_view_type": "public",
    })
}

/// A repository as it stands inside other things.
pub fn small_repository(state: &mut State, full_name: &str) -> Value {
    let (owner, name) = full_name.split_once('/').expect("owner/name");
    let owner = user(state, owner);
    let api = format!("{}/repos/{full_name}", state.api);
    let repository = state.repo(full_name);
    let mut shape = json!({
        "id": repository.id, "node_id": node("R", repository.id), "name": name, "full_name": full_name,
        "private": repository.private, "owner": owner, "html_url": format!("https://github.com/{full_name}"),
        "description": "A shop", "fork": false, "url": api,
    });
    for (field, end) in [
        ("archive_url", "{archive_format}{/ref}"),
        ("assignees_url", "assignees{/user}"),
        ("blobs_url", "git/blobs{/sha}"),
        ("branches_url", "branches{/branch}"),
        ("collaborators_url", "collaborators{/collaborator}"),
        ("comments_url", "comments{/number}"),
        ("commits_url", "commits{/sha}"),
        ("compare_url", "compare/{base}...{head}"),
        ("contents_url", "contents/{+path}"),
        ("contributors_url", "contributors"),
        ("deployments_url", "deployments"),
        ("downloads_url", "downloads"),
        ("events_url", "events"),
        ("forks_url", "forks"),
        ("git_commits_url", "git/commits{/sha}"),
        ("git_refs_url", "git/refs{/sha}"),
        ("git_tags_url", "git/tags{/sha}"),
        ("hooks_url", "hooks"),
        ("issue_comment_url", "issues/comments{/number}"),
        ("issue_events_url", "issues/events{/number}"),
        ("issues_url", "issues{/number}"),
        ("keys_url", "keys{/key_id}"),
        ("labels_url", "labels{/name}"),
        ("languages_url", "languages"),
        ("merges_url", "merges"),
        ("milestones_url", "milestones{/number}"),
        ("notifications_url", "notifications{?since,all,participating}"),
        ("pulls_url", "pulls{/number}"),
        ("releases_url", "releases{/id}"),
        ("stargazers_url", "stargazers"),
        ("statuses_url", "statuses/{sha}"),
        ("subscribers_url", "subscribers"),
        ("subscription_url", "subscription"),
        ("tags_url", "tags"),
        ("teams_url", "teams"),
        ("trees_url", "git/trees{/sha}"),
    ] {
        shape[field] = format!("{api}/{end}").into();
    }
    shape
}

/// A repository as it stands alone.
pub fn repository(state: &mut State, full_name: &str) -> Value {
    let mut shape = small_repository(state, full_name);
    let web = format!("https://github.com/{full_name}");
    let stamp = state.stamp();
    let repository = state.repo(full_name);
    let open = repository.issues.iter().filter(|issue| issue["state"] == "open").count();
    let more = json!({
        "clone_url": format!("{web}.git"), "git_url": format!("git://github.com/{full_name}.git"),
        "ssh_url": format!("git@github.com:{full_name}.git"), "svn_url": web, "mirror_url": null, "homepage": null,
        "default_branch": repository.default_branch, "visibility": if repository.private { "private" } else { "public" },
        "forks": 0, "forks_count": 0, "has_issues": true, "has_projects": true, "has_wiki": false, "has_pages": false,
        "has_downloads": true, "has_discussions": false, "language": "Rust", "archived": false, "disabled": false,
        "open_issues": open, "open_issues_count": open, "license": null, "pushed_at": stamp, "created_at": stamp,
        "updated_at": stamp, "size": 1, "stargazers_count": 0, "watchers": 0, "watchers_count": 0, "network_count": 0,
        "subscribers_count": 0, "allow_forking": true, "is_template": false, "topics": [],
        "web_commit_signoff_required": false,
    });
    merge(&mut shape, more);
    shape
}

/// Adds fields to an object.
pub fn merge(shape: &mut Value, more: Value) {
    if let (Value::Object(shape), Value::Object(more)) = (shape, more) {
        shape.extend(more);
    }
}

fn signature(who: &git2::Signature<'_>) -> Value {
    let at = chrono::DateTime::from_timestamp(who.when().seconds(), 0).expect("an instant");
    json!({ "name": who.name().ok(), "email": who.email().ok(), "date": shown(at) })
}

/// Who wrote a commit, where the address tells.
fn writer(state: &mut State, who: &git2::Signature<'_>) -> Value {
    let login = who.email().ok().and_then(|email| email.strip_suffix("@users.noreply.github.com")).map(str::to_owned);
    login.map_or(Value::Null, |login| user(state, &login))
}

pub fn commit(state: &mut State, full_name: &str, id: Oid) -> Value {
    let git = state.repo(full_name).git.again();
    let found = git.find(id);
    let api = format!("{}/repos/{full_name}", state.api);
    let web = format!("https://github.com/{full_name}/commit");
    let (author, committer) = (found.author(), found.committer());
    let parents: Vec<Value> = found
            .parent_ids()
            .map(|id| json!({ "sha": id.to_string(), "url": format!("{api}/commits/{id}"), "html_url": format!("{web}/{id}") }))
            .collect();
    json!({
        "sha": id.to_string(), "node_id": node("C", 1), "url": format!("{api}/commits/{id}"),
        "html_url": format!("{web}/{id}"), "comments_url": format!("{api}/commits/{id}/comments"),
        "commit": {
            "author": signature(&author), "committer": signature(&committer),
            "message": String::from_utf8_lossy(found.message_bytes()).trim_end(), "comment_count": 0,
            "tree": { "sha": found.tree_id().to_string(), "url": format!("{api}/git/trees/{}", found.tree_id()) },
            "url": format!("{api}/git/commits/{id}"),
            "verification": { "verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null },
        },
        "author": writer(state, &author), "committer": writer(state, &committer), "parents": parents,
    })
}

/// Changed files with their addresses.
pub fn files(state: &mut State, full_name: &str, before: Option<Oid>, after: Oid) -> Vec<Value> {
    let api = format!("{}/repos/{full_name}", state.api);
    let mut files = state.repo(full_name).git.changes(before, after);
    for file in &mut files {
        let name = file["filename"].as_str().unwrap_or_default().to_owned();
        file["blob_url"] = format!("https://github.com/{full_name}/blob/{after}/{name}").into();
        file["raw_url"] = format!("https://github.com/{full_name}/raw/{after}/{name}").into();
        file["contents_url"] = format!("{api}/contents/{name}?ref={after}").into();
    }
    files
}

/// An error's body.
pub fn error(status: u16, message: &str) -> Value {
    json!({ "message": message, "documentation_url": DOCS, "status": status.to_string() })
}

/// The body of a request that cannot be processed.
pub fn invalid(resource: &str, field: &str, code: &str, message: &str) -> Value {
    json!({
        "message": "Validation Failed", "documentation_url": DOCS, "status": "422",
        "errors": [{ "resource": resource, "field": field, "code": code, "message": message }],
    })
}
