//! What GitHub tells beside deployments: runs of a workflow, pushes, checks, policies of others, what does not count.

mod support {
    pub mod brought;
    pub mod fake_github;
    pub mod hubbed;
    pub mod repo;
}

use serde_json::Value;
use support::hubbed::{Shop, at};

fn policy(more: &str) -> String {
    format!("version: 1\nhistory: {{source: github}}\nenvironments:\n  production:\n{more}")
}

fn verdict(shop: &Shop, minute: i64, more: &[&str]) -> (i32, Value) {
    let time = at(minute);
    let words = [&["check", "--format", "json", "--at", &time][..], more].concat();
    let (code, out, err) = shop.run(&words);
    (code, serde_json::from_str(&out).unwrap_or_else(|_| panic!("{code}: {out}{err}")))
}

#[test]
fn runs_of_a_named_workflow_are_the_rollouts_each_attempt_one() {
    let shop = Shop::new(&policy(
        "    deployments: {workflow: deploy.yml, ignore: {creator: \"renovate*\"}}\n    hard-mandatory: [{max-frequency: {deploys: 9, per: 1d}}, no-overlap]\n",
    ));
    let run = |login: &str, start: i64| {
        shop.hub_repo.run("deploy.yml", login, &shop.sha, &at(start)).status("in_progress", &at(start))
    };
    run("ada", 0).ends("success", &at(5));
    run("ada", 10)
        .ends("failure", &at(15))
        .again("bob", &at(20))
        .status("in_progress", &at(20))
        .ends("success", &at(25));
    run("ada", 30).ends("skipped", &at(30));
    run("renovate[bot]", 40).ends("success", &at(45));
    shop.hub_repo.run("other.yml", "ada", &shop.sha, &at(41)).ends("success", &at(45));
    shop.deployed("production", 50, Some(55));
    shop.hub_repo.run("deploy.yml", "ada", &shop.sha, &at(56));
    let (code, report) = verdict(&shop, 60, &[]);
    assert_eq!((code, &report["history"]["deployments"]), (0, &3.into()), "{report}");
    let notes = report["notes"].to_string();
    assert!(notes.contains("1 ignored by the policy") && notes.contains("1 skipped"), "{notes}");
    // Whoever asks from inside the workflow leaves its own run out.
    let own = run("ada", 58).id;
    assert_eq!(verdict(&shop, 60, &[]).0, 3);
    assert_eq!(verdict(&shop, 60, &["--run", &format!("{own}/1")]).0, 0);
    assert_eq!(verdict(&shop, 60, &["--run", &own.to_string()]).0, 0);
}

#[test]
fn what_the_policy_leaves_out_does_not_count_and_is_said() {
    let shop = Shop::new(&policy(
        "    deployments: {task: deploy, ignore: {description: \"*secrets only*\"}}\n    hard-mandatory: [{max-frequency: {deploys: 1, per: 1d}}]\n",
    ));
    let finished = || {
        shop.hub_repo.deploy("production", &shop.sha, &at(0)).status("in_progress", &at(0)).status("success", &at(1))
    };
    finished().change(|one| one["task"] = "deploy:migrations".into());
    finished().change(|one| one["description"] = "a job with secrets only".into());
    let (code, report) = verdict(&shop, 10, &[]);
    assert_eq!(code, 0, "{report}");
    let notes = report["notes"].to_string();
    assert!(notes.contains("1 ignored by the policy, 1 of another task"), "{notes}");
    finished();
    assert_eq!(verdict(&shop, 10, &[]).0, 3);
}

#[test]
fn record_void_takes_a_deployment_out_and_back() {
    let shop = Shop::new(
        &(policy("    hard-mandatory: [{max-frequency: {deploys: 1, per: 400d}}]\n")
            + "hooks: {without-terminal: [ada]}\n"),
    );
    let one =
        shop.hub_repo.deploy("production", &shop.sha, &at(0)).status("in_progress", &at(0)).status("success", &at(1));
    let id = one.id.to_string();
    let as_ada = |words: &[&str]| {
        let output = shop.command(words).env("USER", "ada").output().expect("it runs");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr),
        )
    };
    let check = || as_ada(&["check", "--at", "2027-01-01T00:00:00Z"]);
    assert_eq!(check().0, Some(3));
    let void = |more: &[&str]| as_ada(&[&["record", "void", "--because", "it shipped nothing"][..], more].concat());
    assert_eq!(void(&["999999"]).0, Some(2));
    let stranger = shop.run(&["record", "void", &id, "--because", "no"]);
    assert_eq!(stranger.0, 2, "{}", stranger.2);
    let (code, said) = void(&[&id]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = check();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!("{id} does not count: taken out by ada: it shipped nothing")), "{said}");
    let (_, history) = as_ada(&["history", "--at", "2027-01-01T00:00:00Z", "--since", "400d"]);
    assert!(history.contains("does not count"), "{history}");
    assert_eq!(void(&[&id, "--undo"]).0, Some(0));
    assert_eq!(check().0, Some(3));
}

#[test]
fn required_checks_are_asked_of_github() {
    let shop = Shop::new(&policy("    hard-mandatory: [{required-checks: {contexts: [test, ci/build]}}]\n"));
    let met = || verdict(&shop, 60, &[]).1["findings"][0]["status"].clone();
    assert_eq!(met(), "not-met");
    shop.hub_repo.check("test", &shop.sha, Some("success"), &at(1));
    shop.hub_repo.status("ci/build", &shop.sha, "pending", &at(1));
    assert_eq!(met(), "not-met");
    shop.hub_repo.status("ci/build", &shop.sha, "success", &at(2));
    assert_eq!(met(), "met");
    // Another of the same name hides nothing.
    shop.hub_repo.check("test", &shop.sha, Some("failure"), &at(3));
    assert_eq!(met(), "not-met");
}

#[test]
fn pushes_count_as_github_recorded_them_force_pushes_too() {
    let shop = Shop::new(
        "version: 1\nhistory: {source: github, pushes: github}\nenvironments:\n  production:\n    trigger: push\n    hard-mandatory: [{push-frequency: {pushes: 3, per: 1h}}]\n",
    );
    let held = |minute| verdict(&shop, minute, &[]).1["findings"][0]["status"].clone();
    // Three commits in one push are one push.
    shop.hub_repo.moved("main", "ada", "push", (&shop.sha, &shop.sha), &at(10));
    assert_eq!(held(20), "met");
    for minute in [12, 14] {
        shop.hub_repo.force_push("main", "eve", &shop.sha, &at(minute));
    }
    shop.hub_repo.moved("main", "ada", "pr_merge", (&shop.sha, &shop.sha), &at(16));
    shop.hub_repo.moved("other", "ada", "push", (&shop.sha, &shop.sha), &at(17));
    assert_eq!(held(20), "not-met");
    assert_eq!(held(90), "met");
}

/// A policy of the organisation, at its commit.
fn organisation(shop: &Shop, text: &str) -> String {
    let policies = shop.hub.repo("acme/policies");
    let sha = policies.commit("main", "ada", "Rules", &at(0), &[("prod.yml", text)]);
    format!("acme/policies/prod.yml@{sha}")
}

const RULES: &str = "version: 1\nenvironments:\n  \"*\":\n    hard-mandatory:\n      - max-frequency: {deploys: 1, per: 1d}\n    override: {people: [ada]}\n";

#[test]
fn a_policy_of_others_is_fetched_once_and_judged() {
    let shop = Shop::new("version: 1\n");
    let name = organisation(&shop, RULES);
    shop.fixture.write(
        ".github/deploy-rhythm.yml",
        &format!("version: 1\nextends: {name}\nhistory: {{source: github}}\nenvironments: {{production: {{}}}}\n"),
    );
    shop.fixture.commit(1, "Follow");
    shop.deployed("production", 0, Some(5));
    let (code, report) = verdict(&shop, 60, &[]);
    assert_eq!(code, 3, "{report}");
    let source = report["findings"][0]["source"]["file"].as_str().expect("a file");
    assert!(source.starts_with("acme/policies/prod.yml@"), "{source}");
    verdict(&shop, 60, &[]);
    assert_eq!(shop.hub.count("/contents/{path}"), 1);
    // What is not to be had is no policy, and never a looser one.
    shop.fixture.write(".github/deploy-rhythm.yml", &format!("version: 1\nextends: {}0\n", &name[..name.len() - 1]));
    shop.fixture.commit(2, "Follow nothing");
    let (code, out, err) = shop.run(&["check"]);
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.contains("is not to be had"), "{err}");
}

#[test]
fn what_loosens_a_policy_of_others_is_refused_with_its_line() {
    let shop = Shop::new("version: 1\n");
    let name = organisation(&shop, RULES);
    let judged = |own: &str| {
        let text = format!("version: 1\nextends: {name}\nenvironments:\n  production:\n{own}");
        shop.fixture.write("own.yml", &text);
        let (code, out, err) = shop.run(&["policy", "validate", "--policy", "own.yml"]);
        (code, out + &err)
    };
    assert_eq!(judged("    hard-mandatory: [{min-interval: 1h}]\n").0, 0);
    assert_eq!(judged("    without: [min-interval]\n").0, 0);
    for (own, said) in [
        ("    without: [max-frequency]\n", "own.yml:5: `without` loosens acme/policies/prod.yml@"),
        ("    override: {people: [ada, eve]}\n", "own.yml:5: `override` loosens"),
        ("    advisory: []\n    lanes: {hotfix: {skip: [max-frequency, no-overlap]}}\n", "own.yml:6: `lanes` loosens"),
        ("    paths: [docs/**]\n", "own.yml:5: `paths` loosens"),
    ] {
        let (code, text) = judged(own);
        assert_eq!(code, 2, "{own}{text}");
        assert!(text.contains(said), "{said}: {text}");
    }
    let (code, out, err) = {
        shop.fixture.write("own.yml", "version: 1\nextends: acme/policies/prod.yml@main\n");
        shop.run(&["policy", "validate", "--policy", "own.yml"])
    };
    assert!(code == 2 && (out + &err).contains("40 hexadecimal digits"));
}

#[test]
fn a_weakening_has_its_lawful_way() {
    let shop = Shop::new(&policy(
        "    override: {people: [ada], roles: [maintain]}\n    hard-mandatory: [governance, no-overlap]\n",
    ));
    shop.fixture.write("CLAUDE.md", "# Deploys\n\n- Never force push to main.\n");
    shop.fixture.commit(1, "Govern");
    shop.fixture.git(0, &["switch", "--quiet", "--create", "loose"]);
    shop.fixture.write("CLAUDE.md", "# Deploys\n\n- Be kind.\n");
    shop.fixture.commit(2, "Loosen");
    shop.hub_repo.take(&shop.fixture.path);
    let governed = || {
        let (_, report) = verdict(&shop, 60, &["--commit", "loose"]);
        let findings = report["findings"].as_array().expect("findings").clone();
        let finding = findings.into_iter().find(|finding| finding["rule"] == "governance").expect("governance");
        (finding["verdict"].as_str().expect("a verdict").to_owned(), finding.to_string())
    };
    let (before, text) = governed();
    assert_eq!(before, "hold", "{text}");
    let number = shop.hub_repo.pull("eve", "Loosen", "loose", &at(3));
    shop.hub_repo.role("bob", "write").role("mia", "maintain");
    // The author, somebody unnamed, and an approval of something else are none.
    for who in ["eve", "bob"] {
        shop.hub_repo.review(number, who, "APPROVED", &at(4));
    }
    assert_eq!(governed().0, "hold");
    shop.hub_repo.review(number, "mia", "APPROVED", &at(5));
    let (verdict, text) = governed();
    assert_eq!(verdict, "approve", "{text}");
    assert!(text.contains("mia in #") && text.contains("approved exactly this commit"), "{text}");
    shop.hub_repo.review(number, "mia", "DISMISSED", &at(6));
    assert_eq!(governed().0, "hold");
}
