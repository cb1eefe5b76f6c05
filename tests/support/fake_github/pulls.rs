//! Pull requests: their commits and files are those of the repository behind them.

use git2::Oid;
use serde_json::{Value, json};

use super::issues::make_issue;
use super::members::association;
use super::routes::{Answer, Ask, Reply, list, missing, shown};
use super::shape::{self, merge, node, user};
use super::state::{State, find};

pub fn all(state: &mut State, ask: &Ask) -> Reply {
    let wanted = ask.asked("state").unwrap_or("open");
    let fits = |pull: &&Value| {
        (wanted == "all" || pull["state"] == wanted)
            && ask.asked("base").is_none_or(|base| pull["base"]["ref"] == base)
            && ask.asked("head").is_none_or(|head| pull["head"]["label"] == head)
    };
    let mut found: Vec<Value> = state.repo(&ask.repo()).pulls.iter().filter(fits).cloned().collect();
    let by = if ask.asked("sort") == Some("updated") { "updated_at" } else { "created_at" };
    found.sort_by_key(|pull| (pull[by].as_str().map(str::to_owned), pull["number"].as_u64()));
    if ask.asked("direction") != Some("asc") {
        found.reverse();
    }
    Ok(list(found.into_iter().map(simple).collect()))
}

/// What only one pull request alone shows.
const ALONE: [&str; 12] = [
    "additions",
    "changed_files",
    "comments",
    "commits",
    "deletions",
    "mergeable",
    "mergeable_state",
    "merged",
    "maintainer_can_modify",
    "merged_by",
    "review_comments",
    "rebaseable",
];

fn simple(mut pull: Value) -> Value {
    if let Some(fields) = pull.as_object_mut() {
        fields.retain(|name, _| !ALONE.contains(&name.as_str()));
    }
    pull
}

fn known(state: &mut State, ask: &Ask) -> Result<Value, Answer> {
    find(&state.repo(&ask.repo()).pulls, "number", &ask.number("pull_number").into()).cloned().ok_or_else(missing)
}

/// Where the pull request left its base, and its head.
fn span(state: &mut State, repo: &str, pull: &Value) -> Option<(Oid, Oid)> {
    let git = &state.repo(repo).git;
    let head = git.resolve(pull["head"]["sha"].as_str()?)?;
    let base = git.resolve(pull["base"]["sha"].as_str()?)?;
    Some((git.merge_base(base, head)?, head))
}

pub fn one(state: &mut State, ask: &Ask) -> Reply {
    let (mut pull, repo, number) = (known(state, ask)?, ask.repo(), ask.number("pull_number"));
    let (begin, head) = span(state, &repo, &pull).ok_or_else(missing)?;
    let files = state.repo(&repo).git.changes(Some(begin), head);
    let sum = |field: &str| files.iter().filter_map(|file| file[field].as_u64()).sum::<u64>();
    let comments = state.repo(&repo).comments.iter().filter(|(of, _)| *of == number).count();
    let commits = state.repo(&repo).git.log(head, Some(begin)).len();
    let (additions, deletions, changed) = (sum("additions"), sum("deletions"), files.len());
    for (field, count) in
        [("comments", comments), ("commits", commits), ("changed_files", changed), ("review_comments", 0)]
    {
        pull[field] = count.into();
    }
    pull["additions"] = additions.into();
    pull["deletions"] = deletions.into();
    Ok(shown(200, pull))
}

pub fn files(state: &mut State, ask: &Ask) -> Reply {
    let (pull, repo) = (known(state, ask)?, ask.repo());
    let (begin, head) = span(state, &repo, &pull).ok_or_else(missing)?;
    Ok(list(shape::files(state, &repo, Some(begin), head)))
}

pub fn commits(state: &mut State, ask: &Ask) -> Reply {
    let (pull, repo) = (known(state, ask)?, ask.repo());
    let (begin, head) = span(state, &repo, &pull).ok_or_else(missing)?;
    let mut ids = state.repo(&repo).git.log(head, Some(begin));
    ids.reverse();
    Ok(list(ids.into_iter().map(|id| shape::commit(state, &repo, id)).collect()))
}

pub fn reviews(state: &mut State, ask: &Ask) -> Reply {
    known(state, ask)?;
    Ok(list(state.repo(&ask.repo()).pull_reviews.get(&ask.number("pull_number")).cloned().unwrap_or_default()))
}

pub fn of_commit(state: &mut State, ask: &Ask) -> Reply {
    let repo = ask.repo();
    let id = super::tree::named(state, ask, ask.parameter("commit_sha"))?;
    let all = state.repo(&repo).pulls.clone();
    let mut found = Vec::new();
    for pull in all {
        let merged = pull["merge_commit_sha"] == id.to_string() && !pull["merged_at"].is_null();
        let within = span(state, &repo, &pull)
            .is_some_and(|(begin, head)| state.repo(&repo).git.log(head, Some(begin)).contains(&id));
        if merged || within {
            found.push(simple(pull));
        }
    }
    Ok(list(found))
}

/// A side of a pull request.
fn side(state: &mut State, of: &str, branch: &str, sha: &str) -> Value {
    let owner = of.split('/').next().unwrap_or_default();
    let who = user(state, owner);
    json!({ "label": format!("{owner}:{branch}"), "ref": branch, "sha": sha, "user": who, "repo": shape::repository(state, of) })
}

/// An open pull request; the head is a branch of a repository, which may be a fork.
pub fn make(state: &mut State, repo: &str, login: &str, title: &str, head: (&str, &str, &str), at: &str) -> u64 {
    let number = make_issue(state, repo, login, title, at);
    let id = state.id();
    let (from, branch, sha) = head;
    let base_branch = state.repo(repo).default_branch.clone();
    let base_sha = state.repo(repo).git.resolve(&base_branch).expect("a base").to_string();
    let (head, base) = (side(state, from, branch, sha), side(state, repo, &base_branch, &base_sha));
    let who = user(state, login);
    let (api, web) = (format!("{}/repos/{repo}", state.api), format!("https://github.com/{repo}/pull/{number}"));
    let link = |href: String| json!({ "href": href });
    let links = json!({
        "self": link(format!("{api}/pulls/{number}")), "html": link(web.clone()),
        "issue": link(format!("{api}/issues/{number}")), "comments": link(format!("{api}/issues/{number}/comments")),
        "review_comments": link(format!("{api}/pulls/{number}/comments")),
        "review_comment": link(format!("{api}/pulls/comments{{/number}}")),
        "commits": link(format!("{api}/pulls/{number}/commits")), "statuses": link(format!("{api}/statuses/{sha}")),
    });
    let mut pull = json!({
        "id": id, "node_id": node("PR", id), "number": number, "state": "open", "locked": false, "title": title,
        "user": who, "body": null, "created_at": at, "updated_at": at, "closed_at": null, "merged_at": null,
        "merge_commit_sha": null, "assignee": null, "assignees": [], "requested_reviewers": [], "requested_teams": [],
        "labels": [], "milestone": null, "draft": false, "head": head, "base": base, "auto_merge": null,
        "author_association": association(state, repo, login), "active_lock_reason": null,
        "url": format!("{api}/pulls/{number}"), "html_url": web, "diff_url": format!("{web}.diff"),
        "patch_url": format!("{web}.patch"), "issue_url": format!("{api}/issues/{number}"),
        "commits_url": format!("{api}/pulls/{number}/commits"),
        "review_comments_url": format!("{api}/pulls/{number}/comments"),
        "review_comment_url": format!("{api}/pulls/comments{{/number}}"),
        "comments_url": format!("{api}/issues/{number}/comments"), "statuses_url": format!("{api}/statuses/{sha}"),
        "_links": links,
    });
    merge(
        &mut pull,
        json!({
            "merged": false, "mergeable": true, "rebaseable": true, "mergeable_state": "clean", "merged_by": null,
            "maintainer_can_modify": false,
        }),
    );
    let repository = state.repo(repo);
    repository.git.point(&format!("refs/pull/{number}/head"), sha);
    repository.pulls.push(pull);
    let issue = repository.issues.last_mut().expect("just made");
    issue["pull_request"] = json!({
        "url": format!("{api}/pulls/{number}"), "html_url": web, "diff_url": format!("{web}.diff"),
        "patch_url": format!("{web}.patch"), "merged_at": null,
    });
    issue["html_url"] = web.into();
    number
}

/// A review of the head that the pull request has at that moment.
pub fn review(state: &mut State, repo: &str, number: u64, login: &str, word: &str, at: &str) {
    let pull = find(&state.repo(repo).pulls, "number", &number.into()).expect("a pull request").clone();
    let id = state.id();
    let who = user(state, login);
    let web = format!("https://github.com/{repo}/pull/{number}#pullrequestreview-{id}");
    let review = json!({
        "id": id, "node_id": node("PRR", id), "user": who, "body": "", "state": word, "html_url": web,
        "pull_request_url": pull["url"], "submitted_at": at, "commit_id": pull["head"]["sha"],
        "author_association": association(state, repo, login),
        "_links": { "html": { "href": web }, "pull_request": { "href": pull["url"] } },
    });
    state.repo(repo).pull_reviews.entry(number).or_default().push(review);
}
