//! The door to GitHub, through the library: patience, bounds, and what is never sent twice.

mod support {
    pub mod brought;
    pub mod fake_github;
}

use std::time::Duration;

use deploy_rhythm::github::{Annotation, GitHub, Limits, NewCheckRun, NewStatus, Repository, Settings, Token, Trouble};
use serde_json::json;
use support::fake_github::{FakeGitHub, Fault, Repo, TOKEN};

const NOON: &str = "2026-01-05T12:00:00Z";

fn door(hub: &FakeGitHub, limits: Limits) -> GitHub {
    let settings = Settings {
        api: Some(hub.url()),
        graphql: Some(hub.graphql_url()),
        token: Some(Token::new(TOKEN)),
        limits,
        ..Settings::default()
    };
    GitHub::new(&settings, Repository::parse("acme/shop").expect("a name")).expect("a door")
}

/// Hardly any pause, and little patience.
fn quick() -> Limits {
    Limits {
        answer: Duration::from_secs(10),
        pause: Duration::from_millis(1),
        patience: Duration::from_secs(3),
        ..Limits::default()
    }
}

/// A server that answers everything with one text, and tells what it was asked first.
fn saying(answer: String) -> (String, std::thread::JoinHandle<String>) {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut bytes = [0; 4096];
        let count = stream.read(&mut bytes).expect("a request");
        stream.write_all(answer.as_bytes()).expect("an answer");
        String::from_utf8_lossy(&bytes[..count]).into_owned()
    });
    (address, heard)
}

fn shop(hub: &FakeGitHub) -> (Repo, String) {
    let shop = hub.repo("acme/shop");
    let sha = shop.commit("main", "ada", "Open the shop", NOON, &[("README.md", "A shop\n")]);
    (shop, sha)
}

#[test]
fn what_only_reads_is_asked_again() {
    let hub = FakeGitHub::start();
    let (_, sha) = shop(&hub);
    for fault in [Fault::Status(500), Fault::Status(503), Fault::Truncated, Fault::Dropped, Fault::Lost] {
        hub.fault("/commits/{ref}/check-runs", fault, 2);
        let before = hub.total();
        assert!(door(&hub, quick()).check_runs(&sha).expect("checks").is_empty());
        assert_eq!(hub.total() - before, 3);
    }
    let door = door(&hub, quick());
    hub.fault("/commits/{ref}/check-runs", Fault::Status(502), 100);
    assert_eq!(
        door.check_runs(&sha).expect_err("a failure"),
        Trouble::Failing { what: "check runs".to_owned(), status: 502 }
    );
}

#[test]
fn what_may_have_been_done_is_never_done_twice() {
    for fault in [Fault::Lost, Fault::Status(502), Fault::Truncated] {
        let hub = FakeGitHub::start();
        let (shop, _) = shop(&hub);
        let issue = shop.issue("ada", "Freeze", "", NOON);
        hub.fault("POST /issues/{issue_number}/comments", fault, 1);
        assert!(door(&hub, quick()).create_comment(issue, "hello").is_err());
        assert_eq!(hub.count("POST /issues/{issue_number}/comments"), 1);
    }
    // A limit says that nothing was done.
    let hub = FakeGitHub::start();
    let (shop, _) = shop(&hub);
    let issue = shop.issue("ada", "Freeze", "", NOON);
    hub.fault("POST /issues/{issue_number}/comments", Fault::SecondaryLimit(Some(1)), 1);
    let door = door(&hub, quick());
    door.create_comment(issue, "hello").expect("a comment");
    assert_eq!(shop.comments(issue).len(), 1);
}

#[test]
fn a_limit_that_ends_too_late_is_told_with_its_end() {
    let hub = FakeGitHub::start();
    let (_, sha) = shop(&hub);
    let door = door(&hub, quick());
    hub.fault("*", Fault::PrimaryLimit(3600), 1);
    let trouble = door.check_runs(&sha).expect_err("a limit");
    assert!(matches!(trouble, Trouble::RateLimited { until: Some(_), secondary: false }), "{trouble}");
    hub.remaining(TOKEN, 5000, 4_102_444_800);
    hub.fault("*", Fault::SecondaryLimit(Some(3600)), 1);
    let trouble = door.check_runs(&sha).expect_err("a limit");
    assert!(matches!(trouble, Trouble::RateLimited { secondary: true, .. }), "{trouble}");
    assert_eq!(hub.total(), 2);
}

#[test]
fn no_answer_ends_with_patience() {
    let hub = FakeGitHub::start();
    let (_, sha) = shop(&hub);
    let door = door(&hub, Limits { answer: Duration::from_millis(50), ..quick() });
    hub.fault("*", Fault::Hang, 100);
    assert_eq!(door.check_runs(&sha).expect_err("silence"), Trouble::Silent { what: "check runs".to_owned() });
}

#[test]
fn a_page_that_is_none_and_one_without_end_are_no_answers() {
    let hub = FakeGitHub::start();
    let (shop, sha) = shop(&hub);
    let html = door(&hub, quick());
    hub.fault("*", Fault::Html, 1);
    assert!(matches!(html.check_runs(&sha).expect_err("a page"), Trouble::NotUnderstood { .. }));
    let issue = shop.issue("ada", "Freeze", "", NOON);
    shop.comment(issue, "ada", &"x".repeat(5000), NOON);
    let bounded = door(&hub, Limits { bytes: 1000, ..quick() });
    assert!(matches!(bounded.comments(issue).expect_err("too much"), Trouble::TooLarge { .. }));
    assert_eq!(door(&hub, quick()).comments(issue).expect("comments").len(), 1);
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let hub = FakeGitHub::start();
    let (shop, _) = shop(&hub);
    let issue = shop.issue("ada", "Freeze", "", NOON);
    for number in 0..120 {
        shop.comment(issue, "ada", &format!("{number}"), NOON);
    }
    let door = door(&hub, quick());
    let first = door.comments(issue).expect("comments");
    let again = door.comments(issue).expect("comments");
    assert_eq!((first.len(), again.len()), (120, 120));
    let unchanged = hub.requests().iter().filter(|exchange| exchange.status == 304).count();
    assert_eq!(unchanged, 2);
}

#[test]
fn what_the_token_may_not_names_the_permission() {
    let hub = FakeGitHub::start();
    let (shop, sha) = shop(&hub);
    shop.private();
    hub.permit(&["contents=read", "metadata=read"]);
    let door = door(&hub, quick());
    for (trouble, permission) in [
        (door.check_runs(&sha).map(drop), "checks: read"),
        (door.commit_statuses(&sha).map(drop), "statuses: read"),
        (door.deployments(None, |_| true).map(drop), "deployments: read"),
        (door.workflow_runs("deploy.yml", &[], |_| true).map(drop), "actions: read"),
        (door.pulls_of(&sha).map(drop), "pull-requests: read"),
        (door.create_deployment(&sha, "production", "", &json!({})).map(drop), "deployments: write"),
    ] {
        let trouble = trouble.expect_err(permission);
        assert!(trouble.to_string().contains(permission), "{permission}: {trouble}");
    }
}

#[test]
fn what_is_written_stands_there() {
    let hub = FakeGitHub::start();
    let (shop, sha) = shop(&hub);
    shop.workflow("deploy.yml").branch("feature", "main");
    let door = door(&hub, quick());
    let id = door.create_deployment(&sha, "production", "by hand", &json!({"decision": "d-1"})).expect("a deployment");
    let status = NewStatus { state: "success".to_owned(), description: "é".repeat(200), ..NewStatus::default() };
    door.create_deployment_status(id, &status).expect("a status");
    let statuses = door.deployment_statuses(id).expect("statuses");
    assert_eq!((statuses.len(), &*statuses[0].state), (1, "success"));
    assert_eq!(statuses[0].description.as_deref().map(|text| text.chars().count()), Some(140));

    let tip = shop.commit("feature", "eve", "Rename", NOON, &[("a.txt", "1")]);
    let number = shop.pull("eve", "Rename", "feature", NOON);
    let comment = door.create_comment(number, "hello").expect("a comment");
    door.update_comment(comment.id, "hello again").expect("a change");
    assert_eq!(door.comment(comment.id).expect("it").body.as_deref(), Some("hello again"));
    let pull = door.pull(number).expect("a pull request");
    assert_eq!((pull.head.sha == tip, pull.is_fork()), (true, false));
    assert_eq!(door.pulls_of(&tip).expect("pull requests").len(), 1);
    assert_eq!(door.pull_files(number).expect("files").items.len(), 1);
    let compared = door.compare(&sha, &tip).expect("a comparison");
    assert_eq!((&*compared.status, compared.ahead_by), ("ahead", 1));

    let annotation = Annotation { path: "a.txt".into(), line: 1, level: "warning".into(), message: "late".into() };
    let check = NewCheckRun {
        name: "rhythm".into(),
        head_sha: tip.clone(),
        conclusion: "neutral".into(),
        title: "held".into(),
        summary: "until Monday".into(),
        annotations: vec![annotation; 60],
    };
    door.create_check_run(&check).expect("a check run");
    assert_eq!(door.check_runs(&tip).expect("checks")[0].conclusion.as_deref(), Some("neutral"));

    door.dispatch("deploy.yml", "main", &json!({"sha": sha})).expect("a run");
    let runs = door.workflow_runs("deploy.yml", &[("status", "queued")], |_| false).expect("runs");
    assert_eq!(runs.items.len(), 1);
    assert_eq!(door.run(runs.items[0].id).expect("it").id, runs.items[0].id);
    shop.role("ada", "maintain");
    assert_eq!(door.permission("ada").expect("a role").role(), "maintain");
    assert_eq!(door.permission("nobody").expect("a role").role(), "none");
}

#[test]
fn what_is_left_out_is_no_fault_and_what_is_needed_is_named() {
    let asked = |body: &str| {
        let (address, _) = saying(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()));
        let settings = Settings { api: Some(format!("http://{address}")), limits: quick(), ..Settings::default() };
        GitHub::new(&settings, Repository::parse("acme/shop").expect("a name")).expect("a door")
    };
    let run =
        asked(r#"{"id":1,"head_sha":"a","created_at":"2026-01-05T12:00:00Z","new":{"er":1}}"#).run(1).expect("a run");
    assert_eq!((run.run_attempt, run.status, run.actor), (None, None, None));
    let pull = r#"{"number":1,"state":"open","user":null,"head":{"sha":"a","ref":"x","repo":null},"base":{"sha":"b","ref":"main"}}"#;
    assert!(asked(pull).pull(1).expect("a pull request").is_fork());
    let said = asked(r#"{"id":1,"created_at":"2026-01-05T12:00:00Z"}"#).run(1).expect_err("no commit").to_string();
    assert!(said.contains("head_sha"), "{said}");
    assert!(asked("null").run(1).is_err());
}

#[test]
fn the_token_goes_nowhere_else() {
    let elsewhere = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let other = elsewhere.local_addr().expect("an address");
    let (address, heard) = saying(format!(
        "HTTP/1.1 301 Moved Permanently\r\nlocation: http://{other}/repositories/7\r\ncontent-length: 0\r\n\r\n"
    ));
    let settings = Settings {
        api: Some(format!("http://{address}")),
        token: Some(Token::new(TOKEN)),
        limits: quick(),
        ..Settings::default()
    };
    let door = GitHub::new(&settings, Repository::parse("acme/shop").expect("a name")).expect("a door");
    let trouble = door.pull(7).expect_err("an address elsewhere");
    assert!(trouble.to_string().contains("an address elsewhere"), "{trouble}");
    let heard = heard.join().expect("a request").to_lowercase();
    for header in ["authorization: bearer", "user-agent: deploy-rhythm/", "x-github-api-version: 2022-11-28"] {
        assert!(heard.contains(header), "{header}: {heard}");
    }
    elsewhere.set_nonblocking(true).expect("a listener");
    assert!(elsewhere.accept().is_err(), "nobody was asked there");
}

#[test]
fn a_proxy_is_asked_for_a_tunnel_and_sees_no_token() {
    let (proxy, heard) = saying("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n".to_owned());
    let settings = Settings {
        api: Some("https://git.example.org/api/v3".to_owned()),
        token: Some(Token::new(TOKEN)),
        proxy: Some(format!("http://{proxy}")),
        limits: Limits { patience: Duration::ZERO, ..quick() },
        ..Settings::default()
    };
    let door = GitHub::new(&settings, Repository::parse("acme/shop").expect("a name")).expect("a door");
    assert!(matches!(door.pull(7), Err(Trouble::Unreachable { .. })));
    let heard = heard.join().expect("a request");
    assert!(heard.starts_with("CONNECT git.example.org:443 HTTP/1.1"), "{heard}");
    assert!(!heard.contains(TOKEN));
}
