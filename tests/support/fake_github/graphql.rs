//! GraphQL: the deployments of a repository, by a real executor over `schema.graphql`.

use std::sync::LazyLock;

use apollo_compiler::resolvers::{Execution, FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use serde_json::{Value, json};

use super::deployments::newest_first;
use super::routes::{Answer, lacks, refused, shown};
use super::state::State;

/// What the fake answers, of all that GitHub does.
pub const SCHEMA: &str = include_str!("schema.graphql");

static PARSED: LazyLock<Valid<Schema>> =
    LazyLock::new(|| Schema::parse_and_validate(SCHEMA, "schema.graphql").expect("a valid schema"));

/// Things on one page.
const PAGE: usize = 100;

pub fn answer(state: &mut State, token: Option<&str>, body: &Value) -> Answer {
    if token.is_none() {
        return refused(401, "This endpoint requires you to be authenticated.");
    }
    let Some(query) = body["query"].as_str() else {
        return refused(400, "A query attribute must be specified and must be a string.");
    };
    let document = match ExecutableDocument::parse_and_validate(&PARSED, query, "query") {
        Ok(document) => document,
        Err(errors) => {
            let said: Vec<Value> =
                errors.errors.iter().map(|error| json!({ "message": error.to_json().message })).collect();
            return shown(200, json!({ "errors": said }));
        }
    };
    let variables: JsonMap = serde_json::from_value(body["variables"].clone()).unwrap_or_default();
    let root = Root { state: std::cell::RefCell::new(state), token: token.map(str::to_owned) };
    let execution = Execution::new(&PARSED, &document).raw_variable_values(&variables);
    match execution.execute_sync(&root) {
        Err(error) => shown(200, json!({ "errors": [{ "message": error.message().to_string() }] })),
        Ok(response) => {
            let mut response = serde_json::to_value(response).expect("JSON");
            for error in response["errors"].as_array_mut().into_iter().flatten() {
                classify(error);
            }
            shown(200, response)
        }
    }
}

/// GitHub's word for the kind of an error, which stands before the message until here.
fn classify(error: &mut Value) {
    let message = error["message"].as_str().unwrap_or_default().trim_start_matches("resolver error: ").to_owned();
    if let Some((kind, message)) =
        message.split_once(": ").filter(|(kind, _)| kind.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
    {
        error["type"] = kind.into();
        error["message"] = message.into();
    }
}

struct Root<'a> {
    state: std::cell::RefCell<&'a mut State>,
    token: Option<String>,
}

fn fails<T>(message: String) -> Result<T, FieldError> {
    Err(FieldError { message })
}

impl ObjectValue for Root<'_> {
    fn type_name(&self) -> &'static str {
        "Query"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        let mut state = self.state.borrow_mut();
        if info.field_name() == "rateLimit" {
            let token = self.token.as_ref().and_then(|token| state.tokens.get(token)).expect("a known token");
            let reset = chrono::DateTime::from_timestamp(token.reset, 0).expect("an instant");
            return Ok(resolved(json!({
                "__typename": "RateLimit", "cost": 1, "limit": token.limit, "nodeCount": 1, "remaining": token.remaining,
                "used": token.limit - token.remaining, "resetAt": super::state::shown(reset),
            })));
        }
        if info.field_name() == "nodes" {
            let ids = info.arguments().get("ids").and_then(JsonValue::as_array).cloned().unwrap_or_default();
            let found = ids.iter().map(|id| comment(&state, id.as_str().unwrap_or_default())).collect();
            return Ok(resolved(Value::Array(found)));
        }
        if info.field_name() == "viewer" {
            let login =
                self.token.as_ref().and_then(|token| state.tokens.get(token)).expect("a known token").login.clone();
            return Ok(resolved(json!({"__typename": "User", "login": login})));
        }
        let word = |name: &str| info.arguments().get(name).and_then(JsonValue::as_str).unwrap_or_default().to_owned();
        let name = format!("{}/{}", word("owner"), word("name"));
        if !state.repos.contains_key(&name) {
            return fails(format!("NOT_FOUND: Could not resolve to a Repository with the name '{name}'."));
        }
        let forbidden = lacks(&state, self.token.as_deref(), "deployments=read").is_some();
        Ok(resolved(repository(&mut state, &name, forbidden)))
    }
}

/// A comment by its name, or nothing.
fn comment(state: &State, id: &str) -> Value {
    let mut all = state.repos.values().flat_map(|repo| repo.comments.iter().map(move |(_, one)| (repo, one)));
    let Some((repo, one)) = all.find(|(_, one)| one["node_id"] == id) else { return Value::Null };
    let edited = one["id"].as_u64().and_then(|id| repo.edits.get(&id));
    json!({
        "__typename": "IssueComment", "id": id, "databaseId": one["id"], "body": one["body"],
        "createdAt": one["created_at"], "lastEditedAt": edited,
    })
}

/// A repository with all that a query may ask of it.
fn repository(state: &mut State, name: &str, forbidden: bool) -> Value {
    let oldest_first = state.statuses_oldest_first;
    let repository = state.repo(name);
    let mut shape = json!({
        "__typename": "Repository", "databaseId": repository.id, "id": super::shape::node("R", repository.id),
        "isPrivate": repository.private, "name": name.rsplit('/').next(), "nameWithOwner": name,
        "defaultBranchRef": reference(&repository.default_branch),
    });
    let small = shape.clone();
    let deployments: Vec<Value> = repository
        .deployments
        .iter()
        .map(|known| {
            let mut statuses = known["id"].as_u64().and_then(|id| repository.deployment_statuses.get(&id)).cloned().unwrap_or_default();
            newest_first(&mut statuses);
            let latest = statuses.first().map(status);
            if oldest_first {
                statuses.reverse();
            }
            let word = latest.as_ref().map_or("PENDING".into(), |latest| latest["state"].clone());
            let sha = known["sha"].as_str().unwrap_or_default();
            json!({
                "__typename": "Deployment", "databaseId": known["id"], "id": known["node_id"], "commitOid": sha,
                "commit": commit(repository, sha), "createdAt": known["created_at"], "updatedAt": known["updated_at"],
                "creator": actor(&known["creator"]), "description": known["description"],
                "environment": known["environment"], "latestEnvironment": known["environment"],
                "originalEnvironment": known["original_environment"], "task": known["task"], "repository": small,
                // As text within text, whether it was text or an object.
                "payload": known["payload"].to_string(), "ref": known["ref"].as_str().map(reference),
                "latestStatus": latest, "state": if word == "SUCCESS" { "ACTIVE".into() } else { word },
                "statuses": { "__typename": "DeploymentStatusConnection", "items": statuses.iter().map(status).collect::<Vec<_>>() },
            })
        })
        .collect();
    shape["deployments"] =
        if forbidden { Value::Null } else { json!({ "__typename": "DeploymentConnection", "items": deployments }) };
    shape
}

fn reference(name: &str) -> Value {
    json!({ "__typename": "Ref", "id": format!("REF_{name}"), "name": name, "prefix": "refs/heads/" })
}

fn actor(user: &Value) -> Value {
    let Some(login) = user["login"].as_str() else { return Value::Null };
    let (kind, login) = login.strip_suffix("[bot]").map_or(("User", login), |login| ("Bot", login));
    let path = format!("/{login}");
    json!({
        "__typename": kind, "databaseId": user["id"], "id": user["node_id"], "login": login, "resourcePath": path,
        "url": format!("https://github.com{path}"),
    })
}

fn commit(repository: &super::state::Repository, sha: &str) -> Value {
    let Some(id) = repository.git.resolve(sha) else { return Value::Null };
    let found = repository.git.find(id);
    let message = String::from_utf8_lossy(found.message_bytes()).trim_end().to_owned();
    let at = |time: git2::Time| {
        super::state::shown(chrono::DateTime::from_timestamp(time.seconds(), 0).expect("an instant"))
    };
    json!({
        "__typename": "Commit", "id": format!("C_{sha}"), "oid": sha, "messageHeadline": message.lines().next(),
        "message": message, "committedDate": at(found.committer().when()), "authoredDate": at(found.author().when()),
    })
}

fn status(known: &Value) -> Value {
    let link = |field: &str| known[field].as_str().filter(|link| !link.is_empty()).map(str::to_owned);
    json!({
        "__typename": "DeploymentStatus", "id": known["node_id"], "createdAt": known["created_at"],
        "updatedAt": known["updated_at"], "creator": actor(&known["creator"]), "description": known["description"],
        "environment": known["environment"], "environmentUrl": link("environment_url"), "logUrl": link("log_url"),
        "state": known["state"].as_str().unwrap_or_default().to_uppercase(),
    })
}

/// An object whose fields are all known.
struct Thing(Value);

fn resolved<'a>(value: Value) -> ResolvedValue<'a> {
    match value {
        Value::Object(ref fields) if fields.contains_key("__typename") => ResolvedValue::object(Thing(value)),
        Value::Array(items) => ResolvedValue::list(items.into_iter().map(resolved)),
        other => ResolvedValue::Leaf(serde_json::from_value(other).expect("JSON")),
    }
}

impl ObjectValue for Thing {
    fn type_name(&self) -> &str {
        self.0["__typename"].as_str().expect("a type")
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Result<ResolvedValue<'a>, FieldError> {
        let name = info.field_name();
        let Some(value) = self.0.get(name) else { return Err(self.unknown_field_error(info)) };
        if name == "deployments" && value.is_null() {
            return fails("FORBIDDEN: Resource not accessible by integration".to_owned());
        }
        match value["items"].as_array() {
            Some(items) => connection(name, items.clone(), &value["__typename"], info.arguments()).map(resolved),
            None => Ok(resolved(value.clone())),
        }
    }
}

/// The page of a connection that was asked for; cursors are places in the list.
fn connection(name: &str, mut items: Vec<Value>, kind: &Value, asked: &JsonMap) -> Result<Value, FieldError> {
    let asked = serde_json::to_value(asked).expect("JSON");
    if let Some(names) = asked["environments"].as_array() {
        items.retain(|item| names.contains(&item["latestEnvironment"]));
    }
    if name == "deployments" {
        items.sort_by_key(|item| (item["createdAt"].as_str().map(str::to_owned), item["databaseId"].as_u64()));
        if asked["orderBy"]["direction"] == "DESC" {
            items.reverse();
        }
    }
    let count = |side: &str| asked[side].as_u64().and_then(|count| usize::try_from(count).ok());
    let (first, last) = (count("first"), count("last"));
    if first.is_none() && last.is_none() {
        return fails(format!(
            "MISSING_PAGINATION_BOUNDARIES: You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        ));
    }
    if let Some(count) = first.into_iter().chain(last).find(|count| *count > PAGE) {
        return fails(format!(
            "EXCESSIVE_PAGINATION: Requesting {count} records on the `{name}` connection exceeds the `first` limit of {PAGE} records."
        ));
    }
    let place = |side: &str| asked[side].as_str().map(|cursor| cursor.trim_start_matches("cursor:").parse::<usize>());
    let bad = |side: &str| FieldError {
        message: format!("INVALID_CURSOR_ARGUMENTS: `{}` does not appear to be a valid cursor.", asked[side]),
    };
    let after = place("after").transpose().map_err(|_| bad("after"))?.map_or(0, |at| at + 1);
    let before = place("before").transpose().map_err(|_| bad("before"))?.unwrap_or(items.len());
    let (mut begin, mut end) = (after.min(items.len()), before.min(items.len()));
    end = first.map_or(end, |count| end.min(begin + count)).max(begin);
    begin = last.map_or(begin, |count| begin.max(end.saturating_sub(count)));
    let cursor = |at: usize| format!("cursor:{at}");
    let page = items[begin..end].to_vec();
    let edge = kind.as_str().unwrap_or_default().replace("Connection", "Edge");
    let edges: Vec<Value> =
        (begin..end).map(|at| json!({ "__typename": edge, "cursor": cursor(at), "node": items[at] })).collect();
    Ok(json!({
        "__typename": kind, "totalCount": items.len(), "nodes": page, "edges": edges,
        "pageInfo": {
            "__typename": "PageInfo", "hasNextPage": end < items.len(), "hasPreviousPage": begin > 0,
            "startCursor": (begin < end).then(|| cursor(begin)), "endCursor": (begin < end).then(|| cursor(end - 1)),
        },
    }))
}
