//! Directives about branches, their scopes, and those that commits do not judge.

mod support {
    pub mod branch;
    pub mod directives;
    pub mod repo;
}

use deploy_rhythm::governance::directive::{Directive, Kind, Scope};
use deploy_rhythm::governance::honour::{Certainty, Obstacle, Request};
use serde_json::json;
use support::branch::Branch;
use support::directives::{must, must_not};
use support::repo::Fixture;

fn conventional() -> Directive {
    must(Kind::CommitFormat, json!({"convention": "conventional"}))
}

#[test]
fn a_direct_push_is_a_guess() {
    let directive = || must_not(Kind::DirectPush, json!({"branch": "main"}));
    let branch = Branch::new();
    branch.commit("Add a");
    branch.keeps(directive());
    branch.fixture.switch("main");
    branch.fixture.merge(6, "feature/work");
    branch.commit("Add b (#3)");
    branch.keeps(directive());
    let direct = branch.commit("Add c");
    assert_eq!(branch.breaks(directive(), "straight to main"), Certainty::Guessed);
    let violation = &branch.honoured(directive()).violations[0];
    assert_eq!((&violation.commit, violation.landed), (&Some(direct), true));
    let elsewhere = branch.honoured(must_not(Kind::DirectPush, json!({"branch": "release"})));
    assert_eq!((elsewhere.judged.len(), &elsewhere.unjudged[0].obstacle), (0, &Obstacle::Host));
}

#[test]
fn a_push_from_this_clone_is_told() {
    let origin = Fixture::bare();
    let branch = Branch::new();
    let fixture = &branch.fixture;
    fixture.switch("main");
    fixture.git(2, &["remote", "add", "origin", &origin.path.display().to_string()]);
    fixture.git(2, &["push", "--quiet", "origin", "main"]);
    fixture.git(2, &["remote", "set-head", "origin", "main"]);
    branch.commit("Add a");
    let before = branch.honoured_with(
        must_not(Kind::DirectPush, json!({})),
        Request { branch: Some("main".to_owned()), ..Request::default() },
    );
    assert!(before.violations[0].message.contains("push it as a branch") && !before.violations[0].landed);
    fixture.git(3, &["push", "--quiet", "origin", "main"]);
    assert_eq!(branch.breaks(must_not(Kind::DirectPush, json!({})), "pushed from this clone"), Certainty::Told);
}

#[test]
fn branches_are_judged_where_somebody_names_them() {
    let base = || must(Kind::BaseBranch, json!({"base": "develop"}));
    let prefix = || must(Kind::BaseBranch, json!({"prefix": ["feature/<name>", "fix/"]}));
    let branch = Branch::new();
    branch.commit("Add a");
    for directive in [base(), prefix()] {
        assert!(matches!(branch.honoured(directive).unjudged[0].obstacle, Obstacle::Missing(_)));
    }
    let request = |branch: &str, target: &str| Request {
        branch: Some(branch.to_owned()),
        target: Some(target.to_owned()),
        title: None,
    };
    let count = |directive, request| branch.honoured_with(directive, request).violations.len();
    assert_eq!(count(base(), request("feature/a", "develop")), 0);
    assert_eq!(count(base(), request("feature/a", "main")), 1);
    assert_eq!(count(prefix(), request("feature/a", "main")), 0);
    assert_eq!(count(prefix(), request("wip", "main")), 1);
    assert_eq!(count(prefix(), request("dependabot/npm/a", "main")), 0);
    assert_eq!(count(must_not(Kind::BaseBranch, json!({"base": "main"})), request("wip", "main")), 1);
}

#[test]
fn a_scope_and_an_exception_make_a_guess() {
    let branch = Branch::new();
    branch.commit("Add a");
    let excepted = Directive { exception: Some("unless urgent".to_owned()), ..conventional() };
    assert_eq!(branch.breaks(excepted, "Add a"), Certainty::Guessed);
    let on = |branch: &str| Directive {
        scope: Scope { branch: Some(branch.to_owned()), ..Scope::default() },
        ..conventional()
    };
    assert_eq!(branch.breaks(on("release"), "Add a"), Certainty::Guessed);
    let request = Request { target: Some("main".to_owned()), ..Request::default() };
    assert!(branch.honoured_with(on("release"), request.clone()).judged.is_empty());
    assert_eq!(branch.honoured_with(on("main"), request).violations[0].certainty, Certainty::Told);
}

#[test]
fn a_path_leaves_other_commits_out() {
    let branch = Branch::new();
    branch.fixture.write("web/a.js", "\n");
    branch.commit("Add a");
    branch.fixture.write("api/a.rs", "\n");
    branch.commit("Add b");
    let scope = Scope { path: Some("api/".to_owned()), ..Scope::default() };
    branch.breaks(Directive { scope, ..conventional() }, "Add b");
}

#[test]
fn kinds_that_commits_do_not_judge_say_who_does() {
    let branch = Branch::new();
    let table = [
        (Kind::DeployFrequency, Obstacle::Rule),
        (Kind::Batching, Obstacle::Rule),
        (Kind::ForcePush, Obstacle::Host),
        (Kind::HooksBypass, Obstacle::NoTrace),
        (Kind::ChecksBefore, Obstacle::Host),
        (Kind::ApprovalBefore, Obstacle::Host),
        (Kind::DeployPath, Obstacle::Host),
    ];
    for (kind, obstacle) in table {
        let honoured = branch.honoured(must(kind, json!({})));
        assert_eq!((honoured.unjudged[0].obstacle.clone(), honoured.judged.len()), (obstacle, 0), "{kind}");
    }
    for (name, kind) in Kind::ALL {
        let honoured = branch.honoured(must(*kind, json!({})));
        assert!(!honoured.unjudged.is_empty(), "{name} asks nothing and says nothing");
    }
}
