//! Directives against policies: status by status, with the words that people read.

mod support {
    #[allow(dead_code, reason = "each test file makes what it needs")]
    pub mod governed;
}

use deploy_rhythm::governance::directive::{Directive, Kind, Object, Polarity, Scope};
use deploy_rhythm::governance::terms::Terms;
use deploy_rhythm::governance::{Coverage, Drift, Status, drift};
use serde_json::{Value as Json, json};
use support::governed::{deploys, directive, judged, named, policy, status, today};

fn window(params: &Json) -> Directive {
    directive(Kind::DeployWindow, Object::Deploy, Polarity::Must, "Deploy only so", params)
}

#[test]
fn frequency_is_enforced_stricter_weaker_or_missing() {
    let three = deploys(3, "1h");
    let cases = [
        (
            "    soft-mandatory: [{max-frequency: {deploys: 3, per: 1h}}]\n",
            Status::Enforced,
            "the policy asks at most 3 deploys per 1h",
        ),
        (
            "    soft-mandatory: [{max-frequency: {deploys: 2, per: 1h}}]\n",
            Status::Stricter,
            "the text asks at most 3 deploys per 1h, the policy at most 2 deploys per 1h",
        ),
        (
            "    soft-mandatory: [{max-frequency: {deploys: 10, per: 1h}}]\n",
            Status::Weaker,
            "the text asks at most 3 deploys per 1h, the policy at most 10 deploys per 1h",
        ),
        (
            "    soft-mandatory: [{max-frequency: {deploys: 3, per: day}}]\n",
            Status::Weaker,
            "the text asks at most 3 deploys per 1h, the policy at most 3 deploys per day",
        ),
        (
            "    soft-mandatory: [{min-interval: 1h}]\n",
            Status::Stricter,
            "the text asks at most 3 deploys per 1h, the policy at least 1h since the last start",
        ),
        (
            "    advisory: [{max-frequency: {deploys: 3, per: 1h}}]\n",
            Status::Weaker,
            "the policy only advises it (at most 3 deploys per 1h)",
        ),
        (
            "    advisory: [{max-frequency: {deploys: 9, per: 1h}}]\n",
            Status::Weaker,
            "the text asks at most 3 deploys per 1h, the policy at most 9 deploys per 1h as advice",
        ),
        (
            "    soft-mandatory: [{no-overlap: {}}]\n",
            Status::Missing,
            "the text asks at most 3 deploys per 1h, and the policy nothing of the kind",
        ),
    ];
    for (rules, expected, message) in cases {
        assert_eq!(status(&three, rules), (expected, message.to_owned()), "{rules}");
    }
}

#[test]
fn windows_and_freezes_stand_for_each_other() {
    let friday = window(&json!({"freeze": true, "days": "fri"}));
    let office = "    hard-mandatory: [{deployment-window: {days: mon-thu, from: \"09:00\", to: \"16:00\"}}]\n";
    assert_eq!(status(&friday, office).0, Status::Stricter);
    let hours = window(&json!({"days": "mon-thu", "from": "09:00", "to": "16:00"}));
    assert_eq!(status(&hours, office).0, Status::Enforced);
    assert_eq!(status(&window(&json!({"days": "mon-thu", "from": "10:00"})), office).0, Status::Weaker);
    let december = window(&json!({"freeze": true, "from": "2026-12-20", "to": "2027-01-02"}));
    let freeze = "    soft-mandatory: [{freeze: {from: 2026-12-24, to: 2027-01-01}}]\n";
    assert_eq!(status(&december, freeze).0, Status::Weaker);
    assert_eq!(status(&friday, freeze).0, Status::Missing);
}

#[test]
fn commits_are_judged_where_the_policy_has_the_governance_rule() {
    let format = directive(
        Kind::CommitFormat,
        Object::Commit,
        Polarity::Must,
        "Use conventional commits",
        &json!({"convention": "conventional"}),
    );
    assert_eq!(status(&format, "    soft-mandatory: [governance]\n").0, Status::Enforced);
    assert_eq!(status(&format, "    advisory: [governance]\n").0, Status::Weaker);
    assert_eq!(status(&format, "    advisory: [no-overlap]\n").0, Status::Missing);
    let small =
        directive(Kind::ChangeSize, Object::PullRequest, Polarity::Must, "Keep pull requests small", &json!({}));
    assert_eq!(status(&small, "    soft-mandatory: [governance]\n").0, Status::Unbound);
    let bind = "    soft-mandatory: [{governance: {bind: {change-size: {max-lines: 400}}}}]\n";
    assert_eq!(status(&small, bind).0, Status::Enforced);
    let ask = directive(Kind::ApprovalBefore, Object::Push, Polarity::Must, "Ask before pushing", &json!({}));
    let drift = &judged(&[ask], &policy("    soft-mandatory: [governance]\n"))[0];
    assert_eq!((drift.status, drift.checkable), (Status::Advice, false));
}

#[test]
fn a_preference_is_never_missing() {
    let three = Directive { polarity: Polarity::Should, ..deploys(3, "1h") };
    assert_eq!(status(&three, "    advisory: [{max-frequency: {deploys: 3, per: 1h}}]\n").0, Status::Enforced);
    assert_eq!(status(&three, "    soft-mandatory: [{max-frequency: {deploys: 9, per: 1h}}]\n").0, Status::Advice);
    assert_eq!(status(&three, "    soft-mandatory: [no-overlap]\n").0, Status::Advice);
}

#[test]
fn an_environment_is_compared_with_its_own_policy() {
    let text = "version: 1\nenvironments:\n  staging:\n    soft-mandatory: [{max-frequency: {deploys: 9, per: 1h}}]\n  production:\n    soft-mandatory: [{max-frequency: {deploys: 3, per: 1h}}]\n";
    let policies = [named(text, "staging"), named(text, "production")];
    let scoped = |environment: &str| {
        let scope = Scope { environment: Some(environment.into()), ..Scope::default() };
        let one = Directive { scope, ..deploys(3, "1h") };
        drift(&[one], &policies, &Terms::of(&policies[0], &[], today())).remove(0)
    };
    assert_eq!(scoped("production").status, Status::Enforced);
    assert_eq!(scoped("prod").status, Status::Enforced);
    assert_eq!(scoped("staging").status, Status::Weaker);
    assert_eq!(scoped("canary").message, "the policy names no environment `canary`");
    assert_eq!(drift(&[deploys(3, "1h")], &policies, &Terms::of(&policies[0], &[], today()))[0].status, Status::Weaker);
}

#[test]
fn what_the_gate_does_not_tell_apart_is_advice_unless_the_policy_asks_it_of_all() {
    let scope = Scope { service: Some("api".into()), ..Scope::default() };
    let one = Directive { scope, ..deploys(3, "1h") };
    assert_eq!(status(&one, "    soft-mandatory: [{max-frequency: {deploys: 2, per: 1h}}]\n").0, Status::Stricter);
    let (advice, why) = status(&one, "    soft-mandatory: [{governance: {adopt: true}}]\n");
    assert_eq!(advice, Status::Advice);
    assert_eq!(why, "it holds for one service only (api), which the gate does not tell apart");
}

#[test]
fn what_no_rule_counts_is_advice_unless_its_id_is_bound() {
    let one = directive(
        Kind::DeployFrequency,
        Object::Deploy,
        Polarity::Must,
        "Deploy once a session",
        &json!({"deploys": 1, "per": "session"}),
    );
    let (advice, why) = status(&one, "    advisory: [no-overlap]\n");
    assert_eq!(advice, Status::Advice);
    assert!(
        why.starts_with("no rule of the gate says the same: `per` of max-frequency: `session` is not a duration"),
        "{why}"
    );
    let bind = format!(
        "    soft-mandatory:\n      - max-frequency: {{deploys: 1, per: 4h}}\n      - governance: {{bind: {{{}: {{deploys: 1, per: 4h}}}}}}\n",
        one.id
    );
    assert_eq!(status(&one, &bind).0, Status::Enforced);
    let by_kind = bind.replace(&one.id, "deploy-frequency");
    assert_eq!(status(&one, &by_kind).0, Status::Advice, "a kind's binding never replaces what the text says");
}

#[test]
fn local_time_needs_a_zone_and_pushes_need_a_trigger() {
    let daily = deploys(3, "day");
    let no_zone = named("version: 1\nenvironments:\n  production:\n    advisory: [no-overlap]\n", "production");
    let drift = &judged(std::slice::from_ref(&daily), &no_zone)[0];
    assert_eq!(drift.status, Status::Unbound, "{drift:?}");
    let mut own = daily;
    own.params.insert("timezone".into(), "Europe/Berlin".into());
    assert_eq!(judged(&[own], &no_zone)[0].status, Status::Missing);
    let friday = Directive { object: Object::Merge, ..window(&json!({"freeze": true, "days": "fri"})) };
    assert_eq!(status(&friday, "    advisory: [no-overlap]\n").0, Status::Advice);
    assert_eq!(status(&friday, "    trigger: push\n    advisory: [no-overlap]\n").0, Status::Missing);
    let soak = directive(
        Kind::DeployInterval,
        Object::Deploy,
        Polarity::Must,
        "Soak a day",
        &json!({"in": "staging", "for": "1d"}),
    );
    assert_eq!(status(&soak, "    soft-mandatory: [{soak-time: {in: staging, for: 2d}}]\n").0, Status::Stricter);
    let apart = directive(
        Kind::DeployInterval,
        Object::Push,
        Polarity::Must,
        "Wait between pushes",
        &json!({"since-start": "10m"}),
    );
    assert_eq!(status(&apart, "    soft-mandatory: [{push-frequency: {pushes: 1, per: 10m}}]\n").0, Status::Enforced);
}

#[test]
fn contradictions_need_one_subject_and_scopes_that_meet() {
    let must = directive(Kind::Batching, Object::Deploy, Polarity::Must, "Batch changes", &json!({}));
    let never = directive(Kind::Batching, Object::Deploy, Polarity::MustNot, "Never batch changes", &json!({}));
    let of_commits = Directive { object: Object::Commit, ..never.clone() };
    let least = directive(Kind::Batching, Object::Deploy, Polarity::Must, "Batch at least", &json!({"min-commits": 5}));
    let ceiling = directive(Kind::Batching, Object::Deploy, Polarity::MustNot, "At most", &json!({"max-commits": 3}));
    let office = window(&json!({"days": "mon-fri", "from": "09:00", "to": "17:00"}));
    let week = Directive { id: "2".into(), ..window(&json!({"freeze": true, "days": "mon-fri"})) };
    let branch =
        directive(Kind::DirectPush, Object::Push, Polarity::Must, "Work on a branch", &json!({"branch": "main"}));
    let no_push = Directive {
        polarity: Polarity::MustNot,
        params: json!({"branches": ["main"]}).as_object().cloned().expect("map"),
        ..branch.clone()
    };
    let limits = [deploys(3, "1h"), Directive { polarity: Polarity::MustNot, ..deploys(5, "1h") }];
    let elsewhere =
        Directive { scope: Scope { environment: Some("staging".into()), ..Scope::default() }, ..ceiling.clone() };
    let here =
        Directive { scope: Scope { environment: Some("production".into()), ..Scope::default() }, ..least.clone() };
    let cases: [(&str, [&Directive; 2], bool); 7] = [
        ("opposite", [&must, &never], true),
        ("another object", [&must, &of_commits], false),
        ("numbers", [&least, &ceiling], true),
        ("window and freeze", [&office, &week], true),
        ("they agree", [&branch, &no_push], false),
        ("two limits", [&limits[0], &limits[1]], false),
        ("scopes apart", [&here, &elsewhere], false),
    ];
    for (name, [one, two], expected) in cases {
        let found = judged(&[one.clone(), two.clone()], &policy("    advisory: [no-overlap]\n"));
        let contradictory = found.iter().all(|drift| drift.status == Status::Contradictory);
        assert_eq!(contradictory, expected, "{name}: {found:?}");
    }
}

#[test]
fn coverage_counts() {
    let ask = directive(Kind::ApprovalBefore, Object::Push, Polarity::Must, "Ask before pushing", &json!({}));
    let rapid =
        directive(Kind::DeployFrequency, Object::Push, Polarity::MustNot, "Avoid rapid-fire pushes", &json!({}));
    let policy = policy("    soft-mandatory: [{max-frequency: {deploys: 2, per: 1h}}]\n");
    let coverage = Coverage::of(&judged(&[deploys(3, "1h"), ask, rapid], &policy));
    assert_eq!(coverage, Coverage { directives: 3, checkable: 2, enforced: 1, unbound: 1, advice: 1 });
    assert_eq!(Drift::unreachable("inside a comment").status.name(), "unreachable");
}
