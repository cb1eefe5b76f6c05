//! What is in the repository: contents, commits, comparisons, branches, and what was pushed.

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use chrono::{DateTime, Utc};
use git2::Oid;
use serde_json::{Value, json};

use super::git::Held;
use super::routes::{Answer, Ask, Body, Reply, list, missing, refused, shown};
use super::shape;
use super::state::State;

/// The commit that a word of the request names.
pub fn named(state: &mut State, ask: &Ask, name: &str) -> Result<Oid, Answer> {
    state.repo(&ask.repo()).git.resolve(name).ok_or_else(missing)
}

/// What base64 is broken into.
const LINE: usize = 60;

pub fn contents(state: &mut State, ask: &Ask) -> Reply {
    let (repo, path) = (ask.repo(), ask.parameter("path"));
    let name = ask.asked("ref").map_or_else(|| state.repo(&repo).default_branch.clone(), str::to_owned);
    let Some(at) = state.repo(&repo).git.resolve(&name) else {
        return Err(refused(404, &format!("No commit found for the ref {name}")));
    };
    let accepts = |kind: &str| ask.headers.iter().any(|(name, value)| name == "accept" && value.contains(kind));
    let api = format!("{}/repos/{repo}", state.api);
    let web = format!("https://github.com/{repo}");
    let entry = |path: &str, kind: &str, id: Oid, size: usize| {
        let name = path.rsplit('/').next().unwrap_or_default();
        let url = format!("{api}/contents/{path}?ref={name_of}", name_of = super::server::encoded(&name_ref(ask, &at)));
        let (git, html) = (
            format!("{api}/git/{}/{id}", if kind == "dir" { "trees" } else { "blobs" }),
            format!("{web}/{}/{at}/{path}", if kind == "dir" { "tree" } else { "blob" }),
        );
        let raw = if kind == "dir" { Value::Null } else { format!("{web}/raw/{at}/{path}").into() };
        json!({
            "name": name, "path": path, "sha": id.to_string(), "size": size, "type": kind, "url": url,
            "html_url": html, "git_url": git, "download_url": raw,
            "_links": { "self": url, "git": git, "html": html },
        })
    };
    match state.repo(&repo).git.held(at, path).ok_or_else(missing)? {
        Held::File(bytes, _) if accepts("raw") => Ok(Answer {
            status: 200,
            body: Body::Raw("application/vnd.github.raw+json; charset=utf-8", bytes),
            headers: Vec::new(),
        }),
        Held::File(bytes, id) => {
            let mut shape = entry(path, "file", id, bytes.len());
            // Between one and a hundred megabytes, the content is left out.
            let small = bytes.len() <= 1_048_576;
            shape["encoding"] = if small { "base64" } else { "none" }.into();
            shape["content"] = if small { base64(&bytes) } else { String::new() }.into();
            Ok(shown(200, shape))
        }
        Held::Folder(rows) => {
            let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
            Ok(shown(
                200,
                rows.into_iter().map(|(name, kind, id, size)| entry(&below(&name), kind, id, size)).collect(),
            ))
        }
    }
}

fn name_ref(ask: &Ask, at: &Oid) -> String {
    ask.asked("ref").map_or_else(|| at.to_string(), str::to_owned)
}

/// As GitHub writes it: in lines.
fn base64(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let lines = text.as_bytes().chunks(LINE).map(|line| format!("{}\n", String::from_utf8_lossy(line)));
    lines.collect()
}

pub fn commit(state: &mut State, ask: &Ask) -> Reply {
    let repo = ask.repo();
    let Some(id) = state.repo(&repo).git.resolve(ask.parameter("ref")) else {
        return Err(refused(422, &format!("No commit found for SHA: {}", ask.parameter("ref"))));
    };
    let mut shape = shape::commit(state, &repo, id);
    let before = state.repo(&repo).git.find(id).parent_id(0).ok();
    let files = shape::files(state, &repo, before, id);
    let sum = |field: &str| files.iter().filter_map(|file| file[field].as_u64()).sum::<u64>();
    shape["stats"] = json!({ "additions": sum("additions"), "deletions": sum("deletions"), "total": sum("changes") });
    shape["files"] = files.into();
    Ok(shown(200, shape))
}

pub fn commits(state: &mut State, ask: &Ask) -> Reply {
    let repo = ask.repo();
    let name = ask.asked("sha").map_or_else(|| state.repo(&repo).default_branch.clone(), str::to_owned);
    let from = named(state, ask, &name)?;
    let instant = |name: &str| ask.asked(name).and_then(|at| at.parse::<DateTime<Utc>>().ok()).map(|at| at.timestamp());
    let (since, until) = (instant("since"), instant("until"));
    let git = state.repo(&repo).git.again();
    let fits = |id: &Oid| {
        let at = git.find(*id).committer().when().seconds();
        since.is_none_or(|since| at >= since)
            && until.is_none_or(|until| at <= until)
            && ask.asked("path").is_none_or(|path| git.touches(*id, path))
    };
    let found: Vec<Oid> = git.log(from, None).into_iter().filter(fits).collect();
    Ok(list(found.into_iter().map(|id| shape::commit(state, &repo, id)).collect()))
}

/// Commits of a comparison that stand on one page where nobody asks for pages.
const COMPARED: usize = 250;

pub fn compare(state: &mut State, ask: &Ask) -> Reply {
    let (repo, words) = (ask.repo(), ask.parameter("basehead"));
    let (base, head) = words.split_once("...").ok_or_else(missing)?;
    // `owner:branch` names a fork, whose commits the fake keeps with the others.
    let local = |name: &str| name.rsplit(':').next().unwrap_or_default().to_owned();
    let (base, head) = (named(state, ask, &local(base))?, named(state, ask, &local(head))?);
    let git = state.repo(&repo).git.again();
    let Some(fork) = git.merge_base(base, head) else {
        return Err(refused(404, &format!("No common ancestor between {base} and {head}.")));
    };
    let (mut ahead, behind) = (git.log(head, Some(base)), git.log(base, Some(head)).len());
    ahead.reverse();
    let status = match (ahead.len(), behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    };
    let asked = |name: &str| ask.asked(name).and_then(|value| value.parse::<usize>().ok());
    let size = asked("per_page").unwrap_or(COMPARED).clamp(1, COMPARED);
    let page = asked("page").unwrap_or(1).max(1);
    let total = ahead.len();
    let commits: Vec<Value> =
        ahead.iter().skip((page - 1) * size).take(size).map(|id| shape::commit(state, &repo, *id)).collect();
    let files = if page == 1 { shape::files(state, &repo, Some(fork), head) } else { Vec::new() };
    let (api, web) =
        (format!("{}/repos/{repo}/compare/{words}", state.api), format!("https://github.com/{repo}/compare/{words}"));
    let shape = json!({
        "url": api, "html_url": web, "permalink_url": web, "diff_url": format!("{web}.diff"),
        "patch_url": format!("{web}.patch"), "status": status, "ahead_by": total, "behind_by": behind,
        "total_commits": total, "base_commit": shape::commit(state, &repo, base),
        "merge_base_commit": shape::commit(state, &repo, fork), "commits": commits, "files": files,
    });
    let mut answer = shown(200, shape);
    if page * size < total {
        let next = format!("<{api}?per_page={size}&page={}>; rel=\"next\"", page + 1);
        answer.headers.push(("link", next));
    }
    Ok(answer)
}

pub fn branches(state: &mut State, ask: &Ask) -> Reply {
    let api = format!("{}/repos/{}", state.api, ask.repo());
    let row = |(name, id): (String, Oid)| json!({ "name": name, "commit": { "sha": id.to_string(), "url": format!("{api}/commits/{id}") }, "protected": false });
    Ok(list(state.repo(&ask.repo()).git.branches().into_iter().map(row).collect()))
}

pub fn branch(state: &mut State, ask: &Ask) -> Reply {
    let (repo, name) = (ask.repo(), ask.parameter("branch"));
    let found = state.repo(&repo).git.reference(&format!("heads/{name}"));
    let Some((id, _)) = found else { return Err(refused(404, "Branch not found")) };
    let api = format!("{}/repos/{repo}/branches/{name}", state.api);
    Ok(shown(
        200,
        json!({
            "name": name, "commit": shape::commit(state, &repo, id), "protected": false,
            "protection": { "enabled": false, "required_status_checks": { "enforcement_level": "off", "contexts": [], "checks": [] } },
            "protection_url": format!("{api}/protection"),
            "_links": { "self": api, "html": format!("https://github.com/{repo}/tree/{name}") },
        }),
    ))
}

pub fn reference(state: &mut State, ask: &Ask) -> Reply {
    let (repo, name) = (ask.repo(), ask.parameter("ref"));
    let (id, kind) = state.repo(&repo).git.reference(name).ok_or_else(missing)?;
    let api = format!("{}/repos/{repo}/git", state.api);
    let object = json!({ "type": kind, "sha": id.to_string(), "url": format!("{api}/{kind}s/{id}") });
    let shape = json!({ "ref": format!("refs/{name}"), "node_id": shape::node("REF", 1), "url": format!("{api}/refs/{name}"), "object": object });
    Ok(shown(200, shape))
}

pub fn activity(state: &mut State, ask: &Ask) -> Reply {
    let wanted = ask
        .asked("ref")
        .map(|name| if name.starts_with("refs/") { name.to_owned() } else { format!("refs/heads/{name}") });
    let now = state.clock();
    let days = ask.asked("time_period").map(|period| match period {
        "day" => 1,
        "week" => 7,
        "month" => 30,
        "quarter" => 90,
        _ => 365,
    });
    let fits = |item: &&Value| {
        let at = item["timestamp"].as_str().and_then(|at| at.parse::<DateTime<Utc>>().ok());
        wanted.as_ref().is_none_or(|wanted| item["ref"] == *wanted)
            && ask.asked("activity_type").is_none_or(|kind| item["activity_type"] == kind)
            && ask.asked("actor").is_none_or(|login| item["actor"]["login"] == login)
            && days.is_none_or(|days| at.is_some_and(|at| at >= now - chrono::Duration::days(days)))
    };
    let mut found: Vec<Value> = state.repo(&ask.repo()).activity.iter().filter(fits).cloned().collect();
    found.sort_by_key(|item| (item["timestamp"].as_str().map(str::to_owned), item["id"].as_u64()));
    if ask.asked("direction") != Some("asc") {
        found.reverse();
    }
    Ok(Answer { status: 200, body: Body::Cursor(found), headers: Vec::new() })
}

/// Writes down that a ref moved.
pub fn moved(state: &mut State, repo: &str, login: &str, branch: &str, kind: &str, change: (&str, &str), at: &str) {
    let id = state.id();
    let actor = shape::user(state, login);
    let item = json!({
        "id": id, "node_id": shape::node("PSH", id), "before": change.0, "after": change.1,
        "ref": format!("refs/heads/{branch}"), "timestamp": at, "activity_type": kind, "actor": actor,
    });
    state.repo(repo).activity.push(item);
}
