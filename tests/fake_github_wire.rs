//! The fake GitHub on the wire: pages, entity tags, faults, GraphQL, and a judge that hears.

mod support {
    pub mod asking;
    pub mod brought;
    pub mod fake_github;
}

use std::time::Duration;

use apollo_compiler::ast;
use serde_json::{Value, json};
use support::asking::Asking;
use support::brought;
use support::fake_github::{FakeGitHub, Fault, Repo, SCHEMA, TOKEN};

const NINE: &str = "2026-01-05T09:00:00Z";
const PATH: &str = "/repos/acme/shop/deployments";

/// A shop with as many deployments, a minute apart.
fn deployed(hub: &FakeGitHub, count: u32) -> (Repo, String) {
    hub.now("2026-01-06T00:00:00Z");
    let shop = hub.repo("acme/shop");
    let sha = shop.commit("main", "ada", "Open the shop", NINE, &[("a", "1")]);
    for minute in 0..count {
        let at = |second: u32| format!("2026-01-05T{:02}:{:02}:{second:02}Z", 10 + minute / 60, minute % 60);
        let environment = if minute % 2 == 0 { "production" } else { "staging" };
        shop.deploy(environment, &sha, &at(0)).status("in_progress", &at(1)).status("success", &at(2));
    }
    (shop, sha)
}

#[test]
fn pages_follow_each_other_to_the_end() {
    let hub = FakeGitHub::start();
    let (shop, sha) = deployed(&hub, 70);
    let ask = Asking::of(&hub);
    let (mut next, mut seen) = (Some(format!("{PATH}?environment=production&per_page=10")), Vec::new());
    while let Some(path) = next {
        let page = ask.get(&path);
        seen.extend(
            page.body.as_array().expect("a list").iter().map(|deployment| deployment["created_at"].to_string()),
        );
        next = page.link("next").map(str::to_owned);
        assert_eq!(next.is_none(), page.link("last").is_none());
    }
    assert_eq!((seen.len(), hub.count("GET /repos/{owner}/{repo}/deployments")), (35, 4));
    assert!(seen.is_sorted_by(|newer, older| newer > older), "{seen:?}");
    assert_eq!(ask.get(PATH).body.as_array().map(Vec::len), Some(30));
    assert_eq!(ask.get(&format!("{PATH}?per_page=100")).body.as_array().map(Vec::len), Some(70));
    assert_eq!(ask.get(&format!("{PATH}?page=9")).body, json!([]));

    for minute in 1..=4 {
        shop.moved("main", "ada", "push", (&sha, &sha), &format!("2026-01-05T09:0{minute}:00Z"));
    }
    let first = ask.get("/repos/acme/shop/activity?per_page=2");
    let second = ask.get(first.link("next").expect("more"));
    let third = ask.get(second.link("next").expect("more"));
    assert_eq!((third.link("next"), &third.body[0]["activity_type"]), (None, &json!("branch_creation")));
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let hub = FakeGitHub::start();
    let (shop, sha) = deployed(&hub, 1);
    let ask = Asking::of(&hub);
    let tag = ask.get(PATH).header("etag").expect("a tag").to_owned();
    let again = ask.saying("if-none-match", &tag);
    let same = again.get(PATH);
    assert_eq!((same.status, &same.body), (304, &json!("")));
    shop.deploy("production", &sha, NINE);
    assert_eq!(again.get(PATH).status, 200);
}

#[test]
fn faults_come_when_they_are_asked_for_and_pass() {
    let hub = FakeGitHub::start();
    deployed(&hub, 5);
    let ask = Asking::of(&hub);
    hub.fault_after(1, "/deployments", Fault::Status(502), 2);
    let statuses: Vec<u16> = (0..4).map(|_| ask.get(PATH).status).collect();
    assert_eq!(statuses, [200, 502, 502, 200]);

    hub.fault("/deployments", Fault::SecondaryLimit(Some(7)), 1);
    let slower = ask.get(PATH);
    assert_eq!((slower.status, slower.header("retry-after")), (403, Some("7")));
    hub.fault("/deployments", Fault::Html, 1);
    assert!(ask.get(PATH).body.as_str().is_some_and(|page| page.starts_with("<html>")));
    hub.fault("/deployments", Fault::Body(200, json!([{ "id": 1 }])), 1);
    assert_eq!(ask.get(PATH).body, json!([{ "id": 1 }]));

    for fault in [Fault::Truncated, Fault::Dropped] {
        hub.fault("/deployments", fault.clone(), 1);
        assert!(ask.ask("GET", PATH, None).is_err(), "{fault:?}");
        assert_eq!(ask.get(PATH).status, 200, "{fault:?}");
    }
    for fault in [Fault::Hang, Fault::Slow(60_000)] {
        hub.fault("/deployments", fault.clone(), 1);
        assert!(ask.waiting(Duration::from_millis(200)).ask("GET", PATH, None).is_err(), "{fault:?}");
    }
    // A lost answer has happened; a dropped request has not.
    let body = json!({ "ref": "main", "required_contexts": [] });
    for (fault, count) in [(Fault::Dropped, 5), (Fault::Lost, 6)] {
        hub.fault("POST /deployments", fault.clone(), 1);
        assert!(ask.ask("POST", PATH, Some(&body)).is_err(), "{fault:?}");
        assert_eq!(ask.get(PATH).body.as_array().map(Vec::len), Some(count), "{fault:?}");
    }
    hub.fault("*", Fault::PrimaryLimit(60), 1);
    let (limited, after) = (ask.get(PATH), ask.get(PATH));
    assert_eq!((limited.status, limited.header("x-ratelimit-remaining")), (403, Some("0")));
    assert_eq!(after.status, 403);
    hub.now("2026-01-06T00:01:00Z");
    assert_eq!(ask.get(PATH).status, 200);
}

const DEPLOYMENTS: &str = "query($owner: String!, $name: String!, $after: String, $environments: [String!]) {
    repository(owner: $owner, name: $name) {
        deployments(first: 4, after: $after, environments: $environments, orderBy: {field: CREATED_AT, direction: DESC}) {
            totalCount
            nodes {
                databaseId task environment commitOid payload createdAt
                by: creator { __typename login }
                commit { messageHeadline }
                statuses(first: 100) { nodes { state createdAt logUrl } }
                latestStatus { state }
            }
            pageInfo { hasNextPage endCursor }
        }
    }
    rateLimit { remaining }
}";

fn query(ask: &Asking, text: &str, variables: &Value) -> Value {
    let said = ask.post("/graphql", &json!({ "query": text, "variables": variables }));
    assert_eq!(said.status, 200);
    said.body
}

#[test]
fn deployments_come_by_graphql_page_by_page() {
    let hub = FakeGitHub::start();
    let (_, sha) = deployed(&hub, 11);
    let ask = Asking::at(hub.graphql_url().trim_end_matches("/graphql").to_owned(), TOKEN);
    let mut variables = json!({ "owner": "acme", "name": "shop", "environments": ["production"] });
    let mut seen = Vec::new();
    loop {
        let data = query(&ask, DEPLOYMENTS, &variables)["data"].take();
        let mut page = data["repository"]["deployments"].clone();
        assert_eq!(page["totalCount"], 6);
        seen.append(page["nodes"].as_array_mut().expect("a list"));
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        variables["after"] = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!((seen.len(), hub.count("/graphql")), (6, 2));
    let newest = &seen[0];
    assert_eq!(newest["createdAt"], "2026-01-05T10:10:00Z");
    assert_eq!(newest["by"], json!({ "__typename": "Bot", "login": "github-actions" }));
    assert_eq!((&newest["commitOid"], &newest["commit"]["messageHeadline"]), (&json!(sha), &json!("Open the shop")));
    let states = |order: [&str; 2]| {
        let data = query(&ask, DEPLOYMENTS, &variables);
        let statuses = &data["data"]["repository"]["deployments"]["nodes"][0]["statuses"]["nodes"];
        assert_eq!([&statuses[0]["state"], &statuses[1]["state"]], order);
    };
    states(["SUCCESS", "IN_PROGRESS"]);
    hub.edit(|state| state.statuses_oldest_first = true);
    states(["IN_PROGRESS", "SUCCESS"]);
}

#[test]
fn graphql_refuses_as_github_does() {
    let mut hub = FakeGitHub::enterprise();
    hub.allow("query: ");
    hub.allow("variables: ");
    deployed(&hub, 1);
    let ask = Asking::at(hub.graphql_url().trim_end_matches("/graphql").to_owned(), TOKEN);
    assert!(hub.graphql_url().ends_with("/api/graphql") && hub.url().ends_with("/api/v3"));
    assert_eq!(Asking::of(&hub).get(PATH).status, 200);
    let within = |inner: &str| format!("{{ repository(owner: \"acme\", name: \"shop\") {{ {inner} }} }}");
    for (text, word, kind) in [
        (within("nonsense"), "nonsense", Value::Null),
        (within("deployments { totalCount }"), "`first` or `last`", json!("MISSING_PAGINATION_BOUNDARIES")),
        (within("deployments(first: 101) { totalCount }"), "101 records", json!("EXCESSIVE_PAGINATION")),
        ("{ repository(owner: \"acme\", name: \"none\") { id } }".to_owned(), "acme/none", json!("NOT_FOUND")),
        ("query($name: String!) { repository(owner: \"acme\", name: $name) { id } }".to_owned(), "name", Value::Null),
        ("{ repository(".to_owned(), "", Value::Null),
    ] {
        let said = query(&ask, &text, &json!({}));
        assert!(said["errors"].to_string().contains(word), "{text}: {said}");
        assert_eq!(said["errors"][0]["type"], kind, "{text}: {said}");
    }
    hub.permit(&["contents=read"]);
    let said = query(&ask, &within("deployments(first: 1) { totalCount }"), &json!({}));
    assert_eq!((&said["errors"][0]["type"], &said["data"]["repository"]), (&json!("FORBIDDEN"), &Value::Null));
    hub.remaining(TOKEN, 0, 1_767_657_660);
    assert_eq!(query(&ask, &within("id"), &json!({}))["errors"][0]["type"], "RATE_LIMITED");
    assert_eq!(ask.with("nope").post("/graphql", &json!({ "query": "{ rateLimit { cost } }" })).status, 401);
}

#[test]
fn the_judge_hears_what_github_does_not_document() {
    if brought::file("@octokit/openapi", "generated/api.github.com.json").is_none() {
        return brought::skipped("the judge of the fake GitHub");
    }
    let mut hub = FakeGitHub::start();
    let (shop, sha) = deployed(&hub, 1);
    let ask = Asking::of(&hub);
    let heard = |part: &str| {
        let found = hub.complaints();
        assert!(found.len() == 1 && found[0].contains(part), "{part}: {found:?}");
        hub.edit(|state| state.record.clear());
    };
    ask.get(&format!("{PATH}?enviroment=production"));
    heard("no parameter \"enviroment\"");
    ask.get(&format!("{PATH}?per_page=many"));
    heard("per_page = \"many\"");
    ask.get("/repos/acme/shop/actions/runs?status=bogus");
    heard("status = \"bogus\"");
    ask.post(PATH, &json!({ "ref": "main", "enviroment": "production" }));
    heard("no field \"enviroment\"");
    ask.post(&format!("{PATH}/1/statuses"), &json!({ "state": "done" }));
    heard("\"done\" is not one of");
    ask.post("/repos/acme/shop/check-runs", &json!({ "name": 5, "head_sha": sha }));
    heard("body at /name");
    ask.get("/repos/acme/shop/no-such-thing");
    heard("no such route");
    shop.deploy("production", &sha, NINE).change(|deployment| deployment["sha"] = 5.into());
    ask.get(PATH);
    heard("answer 200 at ");
    hub.edit(|state| state.repo("acme/shop").deployments.pop());
    query(&ask, "{ repository(owner: \"acme\", name: \"shop\") { nonsense } }", &json!({}));
    heard("nonsense");
    query(&ask, "query($name: String!) { repository(owner: \"acme\", name: $name) { id } }", &json!({ "name": 5 }));
    heard("variables: ");
    hub.fault("/deployments", Fault::Body(200, json!("anything")), 1);
    ask.get(PATH);
    assert_eq!(hub.complaints(), [""; 0]);
    ask.get(&format!("{PATH}?enviroment=production"));
    let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| hub.judge()));
    assert!(judged.is_err());
    hub.allow("enviroment");
    hub.judge();
}

/// Every type, field, argument and word of the fake's schema is one of GitHub's.
#[test]
fn the_schema_of_the_fake_is_a_part_of_githubs() {
    let Some(text) = brought::text("@octokit/graphql-schema", "schema.graphql") else {
        return brought::skipped("the schema of the fake GitHub");
    };
    let whole = ast::Document::parse(text, "github").expect("GitHub's schema");
    let part = ast::Document::parse(SCHEMA, "fake").expect("a schema");
    let lines = |definition: &ast::Definition| -> Vec<String> {
        let field = |field: &ast::FieldDefinition| {
            let arguments: Vec<String> = field.arguments.iter().map(|argument| plain(argument)).collect();
            format!("{}({}): {}", field.name, arguments.join(", "), field.ty)
        };
        match definition {
            ast::Definition::ObjectTypeDefinition(found) => found.fields.iter().map(|known| field(known)).collect(),
            ast::Definition::InterfaceTypeDefinition(found) => found.fields.iter().map(|known| field(known)).collect(),
            ast::Definition::InputObjectTypeDefinition(found) => {
                found.fields.iter().map(|known| plain(known)).collect()
            }
            ast::Definition::EnumTypeDefinition(found) => {
                found.values.iter().map(|known| known.value.to_string()).collect()
            }
            _ => Vec::new(),
        }
    };
    let mut compared = 0;
    for definition in &part.definitions {
        let Some(name) = definition.name() else { continue };
        let kind = std::mem::discriminant(definition);
        let mut all = whole.definitions.iter();
        let known = all.find(|known| known.name() == Some(name) && std::mem::discriminant(*known) == kind);
        let known = known.unwrap_or_else(|| panic!("GitHub has no {name}"));
        let known = lines(known);
        for line in lines(definition) {
            assert!(known.contains(&line), "{name}: {line} is not among {known:?}");
            compared += 1;
        }
    }
    assert!(compared > 90, "{compared}");
}

fn plain(argument: &ast::InputValueDefinition) -> String {
    let default = argument.default_value.as_ref().map(|value| format!(" = {}", value.serialize().no_indent()));
    format!("{}: {}{}", argument.name, argument.ty, default.unwrap_or_default())
}
