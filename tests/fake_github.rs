//! The fake GitHub itself: what it answers is what GitHub documents, and what it refuses is what GitHub refuses.

mod support {
    pub mod asking;
    pub mod brought;
    pub mod fake_github;
}

use serde_json::{Value, json};
use support::asking::Asking;
use support::fake_github::{FakeGitHub, Repo, TOKEN};

const NINE: &str = "2026-01-05T09:00:00Z";
const TEN: &str = "2026-01-05T10:00:00Z";
const NOON: &str = "2026-01-05T12:00:00Z";

/// A shop with something of everything.
fn shop(hub: &FakeGitHub) -> (Repo, String, String) {
    hub.now(NOON);
    let shop = hub.repo("acme/shop");
    shop.role("ada", "maintain").role("bob", "write");
    let first = shop.commit("main", "ada", "Open the shop", NINE, &[("README.md", "A shop\n"), ("src/cart.rs", "1\n")]);
    let second = shop.commit("main", "bob", "Add a till", TEN, &[("src/till.rs", "2\n")]);
    (shop, first, second)
}

#[test]
fn every_list_and_every_thing_is_shown_as_github_documents_it() {
    let hub = FakeGitHub::start();
    let (shop, first, second) = shop(&hub);
    shop.deploy("production", &first, NINE).status("in_progress", NINE).status("success", TEN);
    shop.deploy("production", &second, TEN).by_run(7).status("waiting", TEN);
    shop.protect("production", "rhythm");
    shop.branch("feature", "main");
    let third = shop.commit("feature", "eve", "Rename the cart", NOON, &[("src/cart.rs", "1\n2\n")]);
    shop.force_push("feature", "eve", &third, NOON);
    let run = shop.run("deploy.yml", "ada", &second, TEN).status("in_progress", TEN).ends("failure", TEN);
    let run = run.again("bob", NOON).job("deploy", "waiting", None, NOON).waits_for("production", NOON).id;
    let check = shop.check("test", &second, Some("success"), TEN);
    shop.status("ci/build", &second, "pending", TEN);
    let pull = shop.pull("eve", "Rename", "feature", NOON);
    shop.review(pull, "ada", "APPROVED", NOON);
    let issue = shop.issue("ada", "Freeze", "until Monday", NINE);
    shop.label(issue, "ada", "deploy-freeze", NINE)
        .unlabel(issue, "bob", "deploy-freeze", TEN)
        .close(issue, "bob", NOON);
    let comment = shop.comment(pull, "ada", "/rhythm status", NOON);
    hub.team("acme", "releases", &["ada"]);
    let ask = Asking::of(&hub);
    let repo = "/repos/acme/shop";
    for path in [
        "/rate_limit".to_owned(),
        "/users/ada".to_owned(),
        "/orgs/acme/teams/releases/memberships/ada".to_owned(),
        repo.to_owned(),
        format!("{repo}/collaborators/ada/permission"),
        format!("{repo}/collaborators/eve/permission"),
        format!("{repo}/contents/README.md"),
        format!("{repo}/contents/src?ref={first}"),
        format!("{repo}/contents/"),
        format!("{repo}/compare/{first}...feature"),
        format!("{repo}/branches"),
        format!("{repo}/branches/main"),
        format!("{repo}/git/ref/heads/feature"),
        format!("{repo}/activity?ref=main&per_page=1"),
        format!("{repo}/commits?sha=feature&per_page=2"),
        format!("{repo}/commits/{third}"),
        format!("{repo}/commits/main/check-runs?filter=latest"),
        format!("{repo}/commits/main/status"),
        format!("{repo}/commits/main/statuses"),
        format!("{repo}/commits/{third}/pulls"),
        format!("{repo}/check-runs/{check}"),
        format!("{repo}/check-runs/{check}/annotations"),
        format!("{repo}/deployments?environment=production"),
        format!("{repo}/environments"),
        format!("{repo}/environments/production"),
        format!("{repo}/environments/production/deployment_protection_rules"),
        format!("{repo}/actions/workflows"),
        format!("{repo}/actions/workflows/deploy.yml"),
        format!("{repo}/actions/workflows/deploy.yml/runs?status=waiting&created=2026-01-01..2026-02-01"),
        format!("{repo}/actions/runs?branch=main"),
        format!("{repo}/actions/runs/{run}"),
        format!("{repo}/actions/runs/{run}/attempts/1"),
        format!("{repo}/actions/runs/{run}/jobs?filter=latest"),
        format!("{repo}/actions/runs/{run}/attempts/2/jobs"),
        format!("{repo}/actions/runs/{run}/approvals"),
        format!("{repo}/actions/runs/{run}/pending_deployments"),
        format!("{repo}/pulls?state=all"),
        format!("{repo}/pulls/{pull}"),
        format!("{repo}/pulls/{pull}/files"),
        format!("{repo}/pulls/{pull}/commits"),
        format!("{repo}/pulls/{pull}/reviews"),
        format!("{repo}/issues?state=all&labels=deploy-freeze"),
        format!("{repo}/issues/{issue}"),
        format!("{repo}/issues/{issue}/events"),
        format!("{repo}/issues/{issue}/timeline"),
        format!("{repo}/issues/{issue}/labels"),
        format!("{repo}/issues/{pull}/comments"),
        format!("{repo}/issues/comments"),
        format!("{repo}/issues/comments/{comment}"),
        format!("{repo}/labels"),
    ] {
        let answer = ask.get(&path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert!(answer.header("x-github-request-id").is_some(), "{path}");
    }
    for deployment in ask.get(&format!("{repo}/deployments")).body.as_array().expect("a list") {
        let id = &deployment["id"];
        assert_eq!(ask.get(&format!("{repo}/deployments/{id}")).body["sha"], deployment["sha"]);
        assert_eq!(ask.get(&format!("{repo}/deployments/{id}/statuses")).status, 200);
    }
}

#[test]
fn what_is_written_is_there_to_be_read() {
    let hub = FakeGitHub::start();
    let (shop, first, second) = shop(&hub);
    shop.workflow("deploy.yml");
    let ask = Asking::of(&hub);
    let repo = "/repos/acme/shop";
    let post = |path: &str, body: Value| ask.post(&format!("{repo}{path}"), &body);

    let old = post("/deployments", json!({ "ref": first, "environment": "production" }));
    let new = post("/deployments", json!({ "ref": "main", "environment": "production", "payload": { "digest": "1" } }));
    assert_eq!((old.status, new.status, &new.body["sha"]), (201, 201, &json!(second)));
    for deployment in [&old, &new] {
        let status = json!({ "state": "success", "description": "went out" });
        assert_eq!(post(&format!("/deployments/{}/statuses", deployment.body["id"]), status).status, 201);
    }
    let states = ask.get(&format!("{repo}/deployments/{}/statuses", old.body["id"])).body;
    assert_eq!((&states[0]["state"], &states[1]["state"]), (&json!("inactive"), &json!("success")));

    assert_eq!(
        post("/actions/workflows/deploy.yml/dispatches", json!({ "ref": "main", "inputs": { "sha": second } })).status,
        204
    );
    let runs = ask.get(&format!("{repo}/actions/workflows/deploy.yml/runs")).body;
    assert_eq!((&runs["total_count"], &runs["workflow_runs"][0]["event"]), (&json!(1), &json!("workflow_dispatch")));
    assert_eq!(post("/dispatches", json!({ "event_type": "rhythm", "client_payload": { "sha": second } })).status, 204);

    let note = json!({ "path": "src/till.rs", "start_line": 1, "end_line": 1, "annotation_level": "warning", "message": "late" });
    let output = json!({ "title": "Hold", "summary": "until noon", "annotations": [note] });
    let check =
        post("/check-runs", json!({ "name": "rhythm", "head_sha": second, "status": "in_progress", "output": output }));
    let path = format!("{repo}/check-runs/{}", check.body["id"]);
    assert_eq!(ask.patch(&path, &json!({ "conclusion": "neutral" })).body["status"], "completed");
    assert_eq!(ask.get(&format!("{path}/annotations")).body[0]["message"], "late");
    assert_eq!(post(&format!("/statuses/{second}"), json!({ "state": "failure", "context": "ci" })).status, 201);
    assert_eq!(ask.get(&format!("{repo}/commits/{second}/status")).body["state"], "failure");

    let issue = post("/issues", json!({ "title": "Freeze", "labels": ["deploy-freeze"] })).body["number"].clone();
    let comment = post(&format!("/issues/{issue}/comments"), json!({ "body": "/rhythm help" }));
    let path = format!("{repo}/issues/comments/{}", comment.body["id"]);
    assert_eq!(ask.post(&format!("{path}/reactions"), &json!({ "content": "eyes" })).status, 201);
    hub.now("2026-01-05T12:00:01Z");
    assert_eq!(ask.patch(&path, &json!({ "body": "/rhythm why" })).body["updated_at"], "2026-01-05T12:00:01Z");
    assert_eq!(shop.comments(1), [("github-actions[bot]".to_owned(), "/rhythm why".to_owned())]);
    assert_eq!(ask.delete(&path).status, 204);
    assert_eq!(ask.get(&path).status, 404);
    assert_eq!(post(&format!("/issues/{issue}/labels"), json!({ "labels": ["seen"] })).body[1]["name"], "seen");
    assert_eq!(ask.delete(&format!("{repo}/issues/{issue}/labels/deploy-freeze")).body[0]["name"], "seen");
    assert_eq!(
        ask.patch(&format!("{repo}/issues/{issue}"), &json!({ "state": "closed" })).body["closed_by"]["login"],
        "github-actions[bot]"
    );
    let events = ask.get(&format!("{repo}/issues/{issue}/events")).body;
    let kinds: Vec<&Value> = events.as_array().expect("a list").iter().map(|event| &event["event"]).collect();
    assert_eq!(kinds, ["labeled", "labeled", "unlabeled", "closed"]);

    let sarif = json!({ "commit_sha": second, "ref": "refs/heads/main", "sarif": "H4sIAAAA" });
    let id = post("/code-scanning/sarifs", sarif).body["id"].as_str().expect("an id").to_owned();
    assert_eq!(ask.get(&format!("{repo}/code-scanning/sarifs/{id}")).body["processing_status"], "complete");
}

#[test]
fn a_run_waits_until_its_rule_or_its_reviewer_has_spoken() {
    let mut hub = FakeGitHub::start();
    hub.allow("state");
    let (shop, _, second) = shop(&hub);
    let ask = Asking::of(&hub);
    let run = |id: u64| format!("/repos/acme/shop/actions/runs/{id}");
    let waits = || shop.run("deploy.yml", "ada", &second, TEN).waits_for("production", TEN).id;
    let (one, other, third) = (waits(), waits(), waits());
    let rule = |id: u64, body: &Value| ask.post(&format!("{}/deployment_protection_rule", run(id)), body).status;
    assert_eq!(rule(one, &json!({ "environment_name": "production", "comment": "soon" })), 204);
    assert_eq!(ask.get(&run(one)).body["status"], "waiting");
    assert_eq!(rule(one, &json!({ "environment_name": "production", "state": "maybe", "comment": "" })), 422);
    assert_eq!(rule(one, &json!({ "environment_name": "staging", "state": "approved", "comment": "" })), 422);
    assert_eq!(rule(one, &json!({ "environment_name": "production", "state": "approved", "comment": "now" })), 204);
    assert_eq!(ask.get(&run(one)).body["status"], "in_progress");
    assert_eq!(rule(other, &json!({ "environment_name": "production", "state": "rejected", "comment": "no" })), 204);
    assert_eq!(ask.get(&run(other)).body["conclusion"], "failure");
    let pending = ask.get(&format!("{}/pending_deployments", run(third))).body;
    let review = json!({ "environment_ids": [pending[0]["environment"]["id"]], "state": "approved", "comment": "go" });
    assert_eq!(ask.post(&format!("{}/pending_deployments", run(third)), &review).status, 200);
    assert_eq!(ask.get(&run(third)).body["status"], "in_progress");
    assert_eq!(ask.get(&format!("{}/approvals", run(third))).body[0]["comment"], "go");
    assert_eq!(ask.post(&format!("{}/cancel", run(third)), &json!({})).status, 202);
    assert_eq!(ask.post(&format!("{}/cancel", run(third)), &json!({})).status, 409);
    assert_eq!(hub.bodies("/deployment_protection_rule").len(), 5);
}

#[test]
fn bad_requests_are_refused_as_github_refuses_them() {
    let mut hub = FakeGitHub::start();
    hub.allow("body");
    let (shop, _, second) = shop(&hub);
    shop.issue("ada", "Freeze", "", NINE);
    let ask = Asking::of(&hub);
    let long = "x".repeat(65_537);
    let notes =
        vec![json!({ "path": "a", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m" }); 51];
    for (path, body, status) in [
        ("/deployments", json!({}), 422),
        ("/deployments", json!({ "ref": "no-such-branch" }), 422),
        ("/check-runs", json!({ "head_sha": second }), 422),
        ("/check-runs", json!({ "name": "a", "head_sha": second, "status": "completed" }), 422),
        ("/check-runs", json!({ "name": "a", "head_sha": second, "conclusion": "bogus" }), 422),
        (
            "/check-runs",
            json!({ "name": "a", "head_sha": second, "output": { "title": "t", "summary": "s", "annotations": notes } }),
            422,
        ),
        ("/issues/1/comments", json!({ "body": long }), 422),
        ("/issues/1/comments", json!({}), 422),
        ("/issues/2/comments", json!({ "body": "x" }), 404),
        ("/dispatches", json!({}), 422),
        ("/actions/workflows/none.yml/dispatches", json!({ "ref": "main" }), 404),
    ] {
        let answer = ask.post(&format!("/repos/acme/shop{path}"), &body);
        assert_eq!(answer.status, status, "{path} {body}");
        assert!(answer.body["message"].is_string(), "{path} {body}");
    }
    shop.status("ci", &second, "failure", TEN);
    assert_eq!(ask.post("/repos/acme/shop/deployments", &json!({ "ref": "main" })).status, 409);
    assert_eq!(
        ask.post("/repos/acme/shop/deployments", &json!({ "ref": "main", "required_contexts": [] })).status,
        201
    );
    assert_eq!(ask.get("/repos/acme/none").status, 404);
}

#[test]
fn tokens_are_known_have_permissions_and_run_out() {
    let hub = FakeGitHub::start();
    let (shop, _, _) = shop(&hub);
    let path = "/repos/acme/shop/deployments";
    let ask = Asking::of(&hub);
    assert_eq!(ask.with("nope").get(path).status, 401);
    assert_eq!(ask.anonymous().get(path).status, 200);
    shop.private();
    assert_eq!(ask.anonymous().get(path).status, 404);
    hub.permit(&["deployments=read"]);
    assert_eq!(ask.get(path).status, 200);
    let refused = ask.post(path, &json!({ "ref": "main" }));
    assert_eq!((refused.status, refused.header("x-accepted-github-permissions")), (403, Some("deployments=write")));
    assert_eq!(ask.get("/user").status, 403);
    hub.token("ghp_ada", "ada", &[]);
    assert_eq!(ask.with("ghp_ada").get("/user").body["login"], "ada");
    hub.expire("ghp_ada");
    assert_eq!(ask.with("ghp_ada").get("/user").status, 401);
    hub.remaining(TOKEN, 1, 1_767_614_460);
    assert_eq!(ask.get(path).header("x-ratelimit-remaining"), Some("0"));
    let spent = ask.get(path);
    assert_eq!((spent.status, spent.header("x-ratelimit-reset")), (403, Some("1767614460")));
    assert_eq!(hub.edit(|state| state.tokens[TOKEN].remaining), 0);
    hub.now("2026-01-05T12:01:00Z");
    assert_eq!(ask.get(path).status, 200);
}
