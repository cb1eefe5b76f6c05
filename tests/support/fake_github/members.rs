//! Who is who, and who may do what.

use serde_json::{Value, json};

use super::routes::{Ask, Reply, missing, refused, shown};
use super::shape;
use super::state::State;

pub fn user(state: &mut State, ask: &Ask) -> Reply {
    let Some(login) = ask.login.clone() else { return Err(refused(401, "Requires authentication")) };
    if login.ends_with("[bot]") {
        return Err(refused(403, "Resource not accessible by integration"));
    }
    Ok(shown(200, alone(state, &login)))
}

pub fn somebody(state: &mut State, ask: &Ask) -> Reply {
    let login = ask.parameter("username");
    if state.users.contains_key(login) { Ok(shown(200, alone(state, login))) } else { Err(missing()) }
}

/// Somebody as they stand alone.
fn alone(state: &mut State, login: &str) -> Value {
    let mut shape = shape::user(state, login);
    let stamp = state.stamp();
    let more = json!({
        "name": login, "company": null, "blog": "", "location": null, "email": null, "hireable": null, "bio": null,
        "twitter_username": null, "public_repos": 1, "public_gists": 0, "followers": 0, "following": 0,
        "created_at": stamp, "updated_at": stamp,
    });
    shape::merge(&mut shape, more);
    shape
}

pub fn rate_limit(state: &mut State, ask: &Ask) -> Reply {
    let token = state.tokens.values().find(|token| Some(&token.login) == ask.login.as_ref());
    let (limit, remaining, reset) = token.map_or((60, 60, 0), |token| (token.limit, token.remaining, token.reset));
    let rate = json!({ "limit": limit, "remaining": remaining, "used": limit - remaining, "reset": reset });
    Ok(shown(200, json!({ "resources": { "core": rate, "search": rate, "graphql": rate }, "rate": rate })))
}

pub fn repository(state: &mut State, ask: &Ask) -> Reply {
    Ok(shown(200, shape::repository(state, &ask.repo())))
}

/// The role as GitHub called it before there were five of them.
fn legacy(role: &str) -> &str {
    match role {
        "maintain" => "write",
        "triage" => "read",
        other => other,
    }
}

pub fn permission(state: &mut State, ask: &Ask) -> Reply {
    let login = ask.parameter("username");
    if !state.users.contains_key(login) {
        return Err(refused(404, &format!("{login} is not a user")));
    }
    let repository = state.repo(&ask.repo());
    let default = if repository.private { "none" } else { "read" };
    let role = repository.roles.get(login).cloned().unwrap_or_else(|| default.to_owned());
    let rank = ["none", "read", "triage", "write", "maintain", "admin"].iter().position(|known| *known == role);
    let at_least = |needed| rank.unwrap_or(1) >= needed;
    let mut who = shape::user(state, login);
    who["permissions"] = json!({
        "admin": at_least(5), "maintain": at_least(4), "push": at_least(3), "triage": at_least(2), "pull": at_least(1),
    });
    who["role_name"] = role.clone().into();
    Ok(shown(200, json!({ "permission": legacy(&role), "user": who, "role_name": role })))
}

pub fn team(state: &mut State, ask: &Ask) -> Reply {
    let (org, slug, login) = (ask.parameter("org"), ask.parameter("team_slug"), ask.parameter("username"));
    let members = state.teams.get(&(org.to_owned(), slug.to_owned())).ok_or_else(missing)?;
    if !members.iter().any(|member| member == login) {
        return Err(missing());
    }
    let url = format!("{}/organizations/1/team/1/memberships/{login}", state.api);
    Ok(shown(200, json!({ "state": "active", "role": "member", "url": url })))
}

/// How somebody stands to the repository.
pub fn association(state: &mut State, repo: &str, login: &str) -> Value {
    let owner = repo.split('/').next().unwrap_or_default();
    let known = state.repo(repo).roles.contains_key(login);
    if login == owner {
        "OWNER"
    } else if known {
        "COLLABORATOR"
    } else {
        "NONE"
    }
    .into()
}
