//! Which request goes where. Templates are those of GitHub's own document.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::state::State;
use super::{actions, checks, deployments, issues, members, pulls, shape, tree};

/// A request that has found its route.
pub struct Ask {
    pub parameters: BTreeMap<&'static str, String>,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Value,
    /// Whose token it carries; nobody's where it carries none.
    pub login: Option<String>,
}

impl Ask {
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// The repository, as `owner/name`.
    pub fn repo(&self) -> String {
        format!("{}/{}", self.parameter("owner"), self.parameter("repo"))
    }

    /// A number of the path; nothing has the number zero.
    pub fn number(&self, name: &str) -> u64 {
        self.parameter(name).parse().unwrap_or_default()
    }

    pub fn asked(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    pub fn text(&self, field: &str) -> Option<&str> {
        self.body[field].as_str()
    }

    pub fn login(&self) -> &str {
        self.login.as_deref().unwrap_or("ghost")
    }
}

/// What is said to a request.
pub struct Answer {
    pub status: u16,
    pub body: Body,
    pub headers: Vec<(&'static str, String)>,
}

pub enum Body {
    Json(Value),
    /// One of many pages, and the field that holds it, beside a count, where it is not the whole body.
    List(Option<&'static str>, Vec<Value>),
    /// Pages that name where they begin instead of numbers: by the id of the last thing.
    Cursor(Vec<Value>),
    Raw(&'static str, Vec<u8>),
    Nothing,
}

/// What was asked for, or why not.
pub type Reply = Result<Answer, Answer>;

pub fn shown(status: u16, body: Value) -> Answer {
    Answer { status, body: Body::Json(body), headers: Vec::new() }
}

pub fn list(items: Vec<Value>) -> Answer {
    Answer { status: 200, body: Body::List(None, items), headers: Vec::new() }
}

pub fn listed(field: &'static str, items: Vec<Value>) -> Answer {
    Answer { status: 200, body: Body::List(Some(field), items), headers: Vec::new() }
}

pub fn nothing(status: u16) -> Answer {
    Answer { status, body: Body::Nothing, headers: Vec::new() }
}

pub fn refused(status: u16, message: &str) -> Answer {
    shown(status, shape::error(status, message))
}

pub fn missing() -> Answer {
    refused(404, "Not Found")
}

pub fn invalid(resource: &str, field: &str, code: &str, message: &str) -> Answer {
    shown(422, shape::invalid(resource, field, code, message))
}

/// A text that the body must have.
pub fn required<'a>(ask: &'a Ask, resource: &str, field: &str) -> Result<&'a str, Answer> {
    ask.text(field).ok_or_else(|| invalid(resource, field, "missing_field", &format!("{field} is missing")))
}

pub struct Route {
    pub method: &'static str,
    pub template: &'static str,
    /// The permission that it needs, such as `checks=write`; none for what every token may see.
    pub permission: &'static str,
    pub handler: fn(&mut State, &Ask) -> Reply,
}

const fn route(
    method: &'static str,
    template: &'static str,
    permission: &'static str,
    handler: fn(&mut State, &Ask) -> Reply,
) -> Route {
    Route { method, template, permission, handler }
}

macro_rules! routes {
    ($($method:ident $template:literal $permission:literal $handler:path;)*) => {
        &[$(route(stringify!($method), $template, $permission, $handler)),*]
    };
}

/// The first that fits counts.
const ROUTES: &[Route] = routes! {
    GET "/user" "" members::user;
    GET "/users/{username}" "" members::somebody;
    GET "/rate_limit" "" members::rate_limit;
    GET "/orgs/{org}/teams/{team_slug}/memberships/{username}" "members=read" members::team;
    GET "/repos/{owner}/{repo}" "" members::repository;
    GET "/repos/{owner}/{repo}/collaborators/{username}/permission" "" members::permission;
    GET "/repos/{owner}/{repo}/contents/{path}" "contents=read" tree::contents;
    GET "/repos/{owner}/{repo}/compare/{basehead}" "contents=read" tree::compare;
    GET "/repos/{owner}/{repo}/branches" "contents=read" tree::branches;
    GET "/repos/{owner}/{repo}/branches/{branch}" "contents=read" tree::branch;
    GET "/repos/{owner}/{repo}/git/ref/{ref}" "contents=read" tree::reference;
    GET "/repos/{owner}/{repo}/activity" "contents=read" tree::activity;
    GET "/repos/{owner}/{repo}/commits" "contents=read" tree::commits;
    GET "/repos/{owner}/{repo}/commits/{ref}/check-runs" "checks=read" checks::of_commit;
    GET "/repos/{owner}/{repo}/commits/{ref}/status" "statuses=read" checks::combined;
    GET "/repos/{owner}/{repo}/commits/{ref}/statuses" "statuses=read" checks::statuses;
    GET "/repos/{owner}/{repo}/commits/{commit_sha}/pulls" "pull_requests=read" pulls::of_commit;
    GET "/repos/{owner}/{repo}/commits/{ref}" "contents=read" tree::commit;
    POST "/repos/{owner}/{repo}/statuses/{sha}" "statuses=write" checks::create_status;
    POST "/repos/{owner}/{repo}/check-runs" "checks=write" checks::create;
    GET "/repos/{owner}/{repo}/check-runs/{check_run_id}" "checks=read" checks::one;
    PATCH "/repos/{owner}/{repo}/check-runs/{check_run_id}" "checks=write" checks::update;
    GET "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations" "checks=read" checks::annotations;
    GET "/repos/{owner}/{repo}/deployments" "deployments=read" deployments::all;
    POST "/repos/{owner}/{repo}/deployments" "deployments=write" deployments::create;
    GET "/repos/{owner}/{repo}/deployments/{deployment_id}" "deployments=read" deployments::one;
    GET "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses" "deployments=read" deployments::statuses;
    POST "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses" "deployments=write" deployments::create_status;
    GET "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses/{status_id}" "deployments=read" deployments::status;
    GET "/repos/{owner}/{repo}/environments" "actions=read" deployments::environments;
    GET "/repos/{owner}/{repo}/environments/{environment_name}" "actions=read" deployments::environment;
    GET "/repos/{owner}/{repo}/environments/{environment_name}/deployment_protection_rules" "actions=read" deployments::rules;
    GET "/repos/{owner}/{repo}/actions/workflows" "actions=read" actions::workflows;
    GET "/repos/{owner}/{repo}/actions/workflows/{workflow_id}" "actions=read" actions::workflow;
    GET "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs" "actions=read" actions::runs;
    POST "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches" "actions=write" actions::dispatch;
    GET "/repos/{owner}/{repo}/actions/runs" "actions=read" actions::runs;
    GET "/repos/{owner}/{repo}/actions/runs/{run_id}" "actions=read" actions::run;
    GET "/repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}" "actions=read" actions::attempt;
    GET "/repos/{owner}/{repo}/actions/runs/{run_id}/attempts/{attempt_number}/jobs" "actions=read" actions::jobs;
    GET "/repos/{owner}/{repo}/actions/runs/{run_id}/jobs" "actions=read" actions::jobs;
    GET "/repos/{owner}/{repo}/actions/runs/{run_id}/approvals" "actions=read" actions::approvals;
    POST "/repos/{owner}/{repo}/actions/runs/{run_id}/cancel" "actions=write" actions::cancel;
    GET "/repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments" "actions=read" actions::pending;
    POST "/repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments" "deployments=write" actions::review;
    POST "/repos/{owner}/{repo}/actions/runs/{run_id}/deployment_protection_rule" "deployments=write" actions::judge;
    POST "/repos/{owner}/{repo}/dispatches" "contents=write" actions::repository_dispatch;
    GET "/repos/{owner}/{repo}/pulls" "pull_requests=read" pulls::all;
    GET "/repos/{owner}/{repo}/pulls/{pull_number}" "pull_requests=read" pulls::one;
    GET "/repos/{owner}/{repo}/pulls/{pull_number}/files" "pull_requests=read" pulls::files;
    GET "/repos/{owner}/{repo}/pulls/{pull_number}/commits" "pull_requests=read" pulls::commits;
    GET "/repos/{owner}/{repo}/pulls/{pull_number}/reviews" "pull_requests=read" pulls::reviews;
    GET "/repos/{owner}/{repo}/issues" "issues=read" issues::all;
    POST "/repos/{owner}/{repo}/issues" "issues=write" issues::create;
    GET "/repos/{owner}/{repo}/issues/comments" "issues=read" issues::all_comments;
    GET "/repos/{owner}/{repo}/issues/comments/{comment_id}" "issues=read" issues::comment;
    PATCH "/repos/{owner}/{repo}/issues/comments/{comment_id}" "issues=write" issues::edit_comment;
    DELETE "/repos/{owner}/{repo}/issues/comments/{comment_id}" "issues=write" issues::delete_comment;
    POST "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions" "issues=write" issues::react;
    GET "/repos/{owner}/{repo}/issues/{issue_number}" "issues=read" issues::one;
    PATCH "/repos/{owner}/{repo}/issues/{issue_number}" "issues=write" issues::update;
    GET "/repos/{owner}/{repo}/issues/{issue_number}/comments" "issues=read" issues::comments;
    POST "/repos/{owner}/{repo}/issues/{issue_number}/comments" "issues=write" issues::create_comment;
    GET "/repos/{owner}/{repo}/issues/{issue_number}/events" "issues=read" issues::events;
    GET "/repos/{owner}/{repo}/issues/{issue_number}/timeline" "issues=read" issues::events;
    GET "/repos/{owner}/{repo}/issues/{issue_number}/labels" "issues=read" issues::labels;
    POST "/repos/{owner}/{repo}/issues/{issue_number}/labels" "issues=write" issues::add_labels;
    DELETE "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}" "issues=write" issues::remove_label;
    GET "/repos/{owner}/{repo}/labels" "issues=read" issues::all_labels;
    POST "/repos/{owner}/{repo}/labels" "issues=write" issues::create_label;
    POST "/repos/{owner}/{repo}/code-scanning/sarifs" "security_events=write" checks::upload;
    GET "/repos/{owner}/{repo}/code-scanning/sarifs/{sarif_id}" "security_events=read" checks::uploaded;
};

/// Parameters that slashes may stand in.
const WIDE: [&str; 4] = ["path", "ref", "basehead", "branch"];

/// The route of a request, and the words of its path.
pub fn find(method: &str, path: &str) -> Option<(&'static Route, BTreeMap<&'static str, String>)> {
    let words: Vec<&str> = path.trim_start_matches('/').trim_end_matches('/').split('/').collect();
    ROUTES.iter().filter(|route| route.method == method).find_map(|route| {
        let parts: Vec<&'static str> = route.template[1..].split('/').collect();
        let mut found = BTreeMap::new();
        fit(&parts, &words, &mut found).then_some((route, found))
    })
}

fn fit(parts: &[&'static str], words: &[&str], found: &mut BTreeMap<&'static str, String>) -> bool {
    let (Some(part), Some(word)) = (parts.first(), words.first()) else {
        // The root of a repository is a path of no words.
        return words.is_empty() && (parts.is_empty() || parts == ["{path}"]);
    };
    let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
        return part == word && fit(&parts[1..], &words[1..], found);
    };
    let most = if WIDE.contains(&name) { words.len() } else { 1 };
    (1..=most).any(|count| {
        let fits = fit(&parts[1..], &words[count..], found);
        if fits {
            found.insert(name, percent_decode_str(&words[..count].join("/")).decode_utf8_lossy().into_owned());
        }
        fits
    })
}

/// What the token lacks for a route, if it lacks anything.
pub fn lacks(state: &State, token: Option<&str>, needs: &str) -> Option<Answer> {
    let token = state.tokens.get(token?)?;
    let (name, level) = needs.split_once('=')?;
    let permissions = token.permissions.as_ref()?;
    let held = permissions.get(name).map_or("none", String::as_str);
    if held == "write" || held == level {
        return None;
    }
    let whose = if token.login.ends_with("[bot]") { "integration" } else { "personal access token" };
    let mut answer = refused(403, &format!("Resource not accessible by {whose}"));
    answer.headers.push(("x-accepted-github-permissions", needs.to_owned()));
    Some(answer)
}

/// The count and the page of a list that does not stand alone.
pub fn wrapped(field: &str, total: usize, page: &[Value]) -> Value {
    json!({ "total_count": total, field: page })
}
