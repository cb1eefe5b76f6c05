//! The independent emulator and our own fake agree on what both know; and GitHub's examples are there to be used.

mod support {
    pub mod asking;
    pub mod brought;
    pub mod emulate;
    pub mod fake_github;
}

use serde_json::{Value, json};
use support::asking::Asking;
use support::brought;
use support::emulate::{ADA, EVE, Emulate};
use support::fake_github::FakeGitHub;

/// What happens to a repository of `ada`, and what is seen of it.
fn conversation(ada: &Asking, eve: &Asking) -> Vec<Value> {
    let repo = "/repos/ada/shop";
    let sha = ada.get(&format!("{repo}/git/ref/heads/main")).body["object"]["sha"].clone();
    let issue = ada.post(&format!("{repo}/issues"), &json!({ "title": "Freeze", "labels": [] })).body["number"].clone();
    let comment = eve.post(&format!("{repo}/issues/{issue}/comments"), &json!({ "body": "/rhythm status" }));
    let place = format!("{repo}/issues/comments/{}", comment.body["id"]);
    let edited = eve.patch(&place, &json!({ "body": "/rhythm why" }));
    let comments = ada.get(&format!("{repo}/issues/{issue}/comments?per_page=1")).body;
    let closed = ada.patch(&format!("{repo}/issues/{issue}"), &json!({ "state": "closed" }));
    let check =
        ada.post(&format!("{repo}/check-runs"), &json!({ "name": "rhythm", "head_sha": sha, "status": "in_progress" }));
    let done = ada.patch(
        &format!("{repo}/check-runs/{}", check.body["id"]),
        &json!({ "status": "completed", "conclusion": "success" }),
    );
    let checks = ada.get(&format!("{repo}/commits/{}/check-runs", sha.as_str().expect("a commit"))).body;
    let role = ada.get(&format!("{repo}/collaborators/ada/permission"));
    let nobody = ada.get(&format!("{repo}/collaborators/nobody/permission"));
    let refused = ada.post(&format!("{repo}/check-runs"), &json!({ "head_sha": sha }));
    vec![
        json!([comment.status, comment.body["user"]["login"], comment.body["body"]]),
        json!([edited.status, edited.body["body"]]),
        json!([comments[0]["body"], comments[0]["user"]["login"]]),
        json!([closed.status, closed.body["state"]]),
        json!([check.status, check.body["status"], check.body["conclusion"]]),
        json!([done.status, done.body["status"], done.body["conclusion"]]),
        json!([checks["total_count"], checks["check_runs"][0]["name"]]),
        json!([role.status, role.body["role_name"]]),
        json!([nobody.status, refused.status]),
    ]
}

/// A pull request of `eve` to add a till.
const TITLE: &str = "Add a till";

/// The emulator takes a branch and a pull request by requests, as GitHub would.
fn open_theirs(ada: &Asking, eve: &Asking) {
    let repo = "/repos/ada/shop";
    let sha = ada.get(&format!("{repo}/git/ref/heads/main")).body["object"]["sha"].clone();
    let made = ada.post(&format!("{repo}/git/refs"), &json!({ "ref": "refs/heads/till", "sha": sha }));
    assert_eq!(made.status, 201);
    let file = json!({ "message": TITLE, "content": "Mgo=", "branch": "till" });
    assert_eq!(ada.ask("PUT", &format!("{repo}/contents/till.rs"), Some(&file)).expect("an answer").status, 201);
    let pull = json!({ "title": TITLE, "head": "till", "base": "main" });
    assert_eq!(eve.post(&format!("{repo}/pulls"), &pull).status, 201);
}

fn open_ours(hub: &FakeGitHub) {
    let shop = hub.repo("ada/shop");
    shop.branch("till", "main").commit("till", "ada", TITLE, "2026-01-05T10:00:00Z", &[("till.rs", "2\n")]);
    shop.pull("eve", TITLE, "till", "2026-01-05T10:00:00Z");
}

/// What is seen of that pull request.
fn seen(ada: &Asking) -> Vec<Value> {
    let repo = "/repos/ada/shop";
    let all = ada.get(&format!("{repo}/pulls?state=open&head=ada:till")).body;
    let number = &all[0]["number"];
    let one = ada.get(&format!("{repo}/pulls/{number}")).body;
    let comments = format!("{repo}/issues/{number}/comments");
    let comment = ada.post(&comments, &json!({ "body": "It could ship at noon." }));
    let file = ada.get(&format!("{repo}/contents/till.rs?ref=till")).body;
    vec![
        json!([all.as_array().map(Vec::len), number, one["title"], one["state"], one["user"]["login"]]),
        json!([
            one["head"]["ref"],
            one["head"]["label"],
            one["base"]["ref"],
            one["merged"],
            one["draft"],
            one["merged_at"]
        ]),
        json!([one["head"]["sha"].is_string(), one["head"]["repo"]["full_name"]]),
        json!([comment.status, ada.get(&comments).body[0]["body"]]),
        json!([file["type"], file["encoding"], file["size"], file["content"].as_str().map(str::trim)]),
        json!(ada.get(&format!("{repo}/pulls/99")).status),
    ]
}

#[test]
fn the_fake_and_the_emulator_say_the_same() {
    let Some(emulate) = Emulate::start() else { return };
    let (ada, eve) = (Asking::at(emulate.url.clone(), ADA), Asking::at(emulate.url.clone(), EVE));
    let theirs = conversation(&ada, &eve);
    open_theirs(&ada, &eve);
    let mut hub = FakeGitHub::start();
    hub.allow("POST /repos/ada/shop/check-runs: body");
    hub.token(ADA, "ada", &[]);
    hub.token(EVE, "eve", &[]);
    hub.repo("ada/shop").commit("main", "ada", "Initial commit", "2026-01-05T09:00:00Z", &[("README.md", "# shop")]);
    let ask = |token| Asking::of(&hub).with(token);
    let ours = conversation(&ask(ADA), &ask(EVE));
    assert_eq!(ours, theirs);
    open_ours(&hub);
    assert_eq!(seen(&ask(ADA)), seen(&ada));
    assert_eq!(ours[0], json!([201, "eve", "/rhythm status"]));
}

#[test]
fn github_has_an_example_of_what_it_sends() {
    let Some(created) = brought::payload("issue_comment", "created") else {
        return brought::skipped("GitHub's examples of webhooks");
    };
    assert_eq!((&created["action"], created["comment"]["body"].is_string()), (&json!("created"), true));
    let all =
        [("pull_request", "opened"), ("deployment_status", "created"), ("push", ""), ("workflow_run", "completed")];
    for (event, action) in all {
        let payload = brought::payload(event, action).expect("brought");
        assert!(payload["repository"]["full_name"].is_string(), "{event} {action}");
    }
}
