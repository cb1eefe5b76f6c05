//! The GitHub Action where it speaks to GitHub: the comment on a pull request, runs that are begun, outcomes that are told.

mod support {
    pub mod brought;
    pub mod fake_github;
    pub mod ledger;
    pub mod repo;
    pub mod runner;
    pub mod shop;
}

use serde_json::{Value, json};
use support::fake_github::{FakeGitHub, Fault, Repo, TOKEN};
use support::ledger::{exported_from, output};
use support::repo::Fixture;
use support::runner::{Job, Used};
use support::shop::{ALONE, ORIGIN, PACED, WORKFLOW, checkout_of, push, shop_at};

/// A workflow that another may begin, and that names no environment.
const BEGUN: &str = "on:\n  push:\n  workflow_dispatch: {inputs: {commit: {type: string}}}\njobs:\n  gate: {runs-on: x, steps: []}\n  ship: {needs: gate, if: needs.gate.outputs.verdict == 'approve', runs-on: x}\n";

/// A GitHub with the shop on it, and a clone of that.
fn hub(policy: &str, workflow: &str) -> (FakeGitHub, Repo, Fixture) {
    let hub = FakeGitHub::start();
    let repo = hub.repo("acme/shop");
    let work = shop_at(&repo.path(), policy, workflow);
    (hub, repo, work)
}

/// A job of it, with the job's own token.
fn job(hub: &FakeGitHub, checkout: &Fixture, run: &str) -> Job {
    let mut job = Job::of(checkout)
        .var("GITHUB_API_URL", &hub.url())
        .var("GITHUB_GRAPHQL_URL", &hub.graphql_url())
        .var("GITHUB_RUN_ID", run);
    TOKEN.clone_into(&mut job.token);
    job
}

/// A pull request whose branch has one commit more than `main`.
fn pull(repo: &Repo, work: &Fixture, subject: &str, files: &[(&str, &str)]) -> (u64, String) {
    work.switch("change");
    for (name, content) in files {
        work.write(name, content);
    }
    let head = work.commit(5, subject).to_string();
    work.git(5, &["push", "--quiet", "--force", "origin", "change"]);
    work.switch("main");
    (repo.pull("mallory", "A change", "change", "2026-01-01T06:00:00Z"), head)
}

fn judged(hub: &FakeGitHub, repo: &Repo, (number, head): (u64, &str), inputs: &[(&str, &str)]) -> Used {
    let made = checkout_of(&repo.path(), head);
    let mut job = job(hub, &made, "300").var("GITHUB_EVENT_NAME", "pull_request").var("GITHUB_SHA", head);
    job.event(&opened(number, head));
    job.uses(&[&[("mode", "pull-request")], inputs].concat())
}

/// What GitHub sends of a pull request: its own example where that was brought, else what is read of it alone.
fn opened(number: u64, head: &str) -> Value {
    let bare = json!({"action": "opened", "pull_request": {"head": {}, "base": {}}, "repository": {}});
    let mut event = support::brought::payload("pull_request", "opened").unwrap_or(bare);
    event["repository"]["default_branch"] = "main".into();
    event["pull_request"]["number"] = number.into();
    event["pull_request"]["head"]["sha"] = head.into();
    event["pull_request"]["base"]["ref"] = "main".into();
    event
}

#[test]
fn one_comment_says_what_a_change_will_meet_and_is_written_anew() {
    let (hub, repo, work) = hub(PACED, WORKFLOW);
    let (number, head) = pull(&repo, &work, "Add <b>x</b> @ada /rhythm override", &[]);
    // Somebody else's comment may look the same: it is not touched.
    repo.comment(number, "mallory", "<!-- deploy-rhythm pull-request -->\nHello", "2026-01-01T06:01:00Z");
    let used = judged(&hub, &repo, (number, &head), &[]);
    assert_eq!((used.code, used.output("verdict")), (0, "approve"), "{}", used.log);
    let comments = repo.comments(number);
    assert_eq!(comments.len(), 2, "{}", used.log);
    assert_eq!((comments.len(), comments[1].0.as_str()), (2, "github-actions[bot]"), "{comments:?}");
    let body = &comments[1].1;
    assert!(body.contains("| production | ✅ at once |"), "{body}");
    assert!(!body.contains("<b>") && !body.contains("@ada"), "{body}");
    assert!(!body.lines().any(|line| line.starts_with("/rhythm")));
    // The slot is spent: the same comment says so.
    let made = checkout_of(&repo.path(), "origin/main");
    assert_eq!(job(&hub, &made, "1").uses(&[]).output("verdict"), "approve");
    let used = judged(&hub, &repo, (number, &head), &[]);
    assert_eq!((used.code, used.output("verdict")), (0, "hold"), "{}", used.log);
    let comments = repo.comments(number);
    assert_eq!(comments.len(), 2);
    assert!(comments[1].1.contains("| production | ⏸️"), "{}", comments[1].1);
    assert!(comments[0].1.ends_with("Hello"));
    assert_eq!(exported_from(&work, &ORIGIN).len(), 1, "a pull request takes no slot");
    // A head that is no longer says nothing.
    repo.push_to_pull(number, &work.id("main").to_string(), "2026-01-01T07:00:00Z");
    let before = repo.comments(number);
    judged(&hub, &repo, (number, &head), &[("environment", "production")]);
    assert_eq!(repo.comments(number), before);
}

#[test]
fn a_change_is_judged_by_the_base_and_told_what_it_weakens() {
    let (hub, repo, work) = hub(PACED, WORKFLOW);
    work.write("CLAUDE.md", "# Rules\n\n- Never force-push to main.\n- Deploy at most once an hour.\n");
    push(&work, 2, "Govern");
    let loose = [
        (".github/deploy-rhythm.yml", "version: 1\nenvironments: {production: {}}\n"),
        ("CLAUDE.md", "# Rules\n\n- Deploy as often as you like.\n"),
    ];
    let (number, head) = pull(&repo, &work, "Loosen", &loose);
    let made = checkout_of(&repo.path(), "origin/main");
    assert_eq!(job(&hub, &made, "1").uses(&[]).output("verdict"), "approve");
    let used = judged(&hub, &repo, (number, &head), &[]);
    assert_eq!((used.code, used.output("verdict")), (0, "hold"), "its own policy would let it go: {}", used.log);
    let body = &repo.comments(number)[0].1;
    assert!(body.contains("takes away from what governs it"), "{body}");
    assert!(body.contains("max\\-frequency") || body.contains("max-frequency"), "{body}");
    assert!(!used.annotations("notice").is_empty(), "{}", used.log);
    // A policy that rejects what weakens it ends red where it is to be enforced.
    let strict = PACED.replace("hooks:", "      - governance: {on-weakening: reject}\nhooks:");
    work.write(".github/deploy-rhythm.yml", &strict);
    push(&work, 3, "Enforce");
    let (enforced, advised) = (&[][..], &[("enforce", "false"), ("comment", "false")][..]);
    let count = repo.comments(number).len();
    assert_eq!(judged(&hub, &repo, (number, &head), advised).code, 0);
    let used = judged(&hub, &repo, (number, &head), enforced);
    assert_eq!((used.code, used.output("verdict")), (4, "reject"), "{}", used.log);
    assert_eq!(repo.comments(number).len(), count);
}

#[test]
fn a_fork_whose_token_may_write_nothing_still_gets_its_summary() {
    let (hub, repo, work) = hub(ALONE, WORKFLOW);
    let (number, head) = pull(&repo, &work, "From afar", &[]);
    hub.permit(&["contents=read", "pull_requests=read", "metadata=read"]);
    let used = judged(&hub, &repo, (number, &head), &[]);
    assert_eq!((used.code, used.output("verdict")), (0, "approve"), "{}", used.log);
    assert!(repo.comments(number).is_empty());
    assert!(used.summary.contains("If this were merged now"));
    assert!(used.annotations("warning")[0].contains("no comment was written"), "{}", used.log);
    // The base alone is checked out: the head is brought, and nothing of it is run.
    let made = checkout_of(&repo.path(), "origin/main");
    made.git(0, &["update-ref", "-d", "refs/remotes/origin/change"]);
    let no_pull = job(&hub, &made, "9").uses(&[("mode", "pull-request")]);
    assert_eq!((no_pull.code, no_pull.output("verdict")), (2, "hold"));
}

#[test]
fn a_github_that_fails_costs_the_comment_alone() {
    let (hub, repo, work) = hub(ALONE, WORKFLOW);
    let (number, head) = pull(&repo, &work, "Change", &[]);
    for fault in [Fault::Status(500), Fault::Truncated] {
        hub.fault("/issues/{issue_number}/comments", fault, 4);
        let used = judged(&hub, &repo, (number, &head), &[]);
        assert_eq!((used.code, used.output("verdict")), (0, "approve"), "{}", used.log);
        assert!(used.annotations("warning")[0].contains("no comment was written"), "{}", used.log);
    }
    hub.expire(TOKEN);
    let used = judged(&hub, &repo, (number, &head), &[]);
    assert_eq!((used.code, used.output("verdict")), (0, "approve"), "{}", used.log);
    assert!(!used.log.contains(TOKEN), "no token is shown");
    assert!(repo.comments(number).is_empty());
}

#[test]
fn titles_and_files_without_end_fit_into_a_comment() {
    let (hub, repo, work) = hub(ALONE, WORKFLOW);
    let rules: Vec<String> =
        (0..800).map(|at| format!("- Never commit the file secret-{at}.txt to the repository.\n")).collect();
    work.write("CLAUDE.md", &format!("# Rules\n\n{}", rules.concat()));
    push(&work, 2, "Govern");
    let subject = format!("Change {}", "@ada <img> `x` ".repeat(4000));
    let (number, head) = pull(&repo, &work, &subject, &[("CLAUDE.md", "# Rules\n\nNone.\n")]);
    let used = judged(&hub, &repo, (number, &head), &[]);
    assert_eq!(used.code, 0, "{}", used.log);
    let (who, body) = &repo.comments(number)[0];
    assert_eq!(who, "github-actions[bot]");
    assert!(body.chars().count() < 65_536 && body.contains("more, in the job's log"), "{}", body.len());
    assert!(!body.contains("@ada") && !body.contains("<img"));
}

#[test]
fn what_was_held_is_begun_once_its_time_has_come() {
    let policy = PACED.replace("per: 1h", "per: 6s");
    let (hub, repo, work) = hub(&policy, BEGUN);
    repo.workflow("deploy.yml");
    let resume = |run: &str| {
        let made = checkout_of(&repo.path(), "origin/main");
        job(&hub, &made, run).uses(&[("mode", "resume"), ("workflow", "deploy.yml")])
    };
    let nothing = resume("50");
    assert_eq!((nothing.code, nothing.output("verdict")), (0, ""), "{}", nothing.log);
    let made = checkout_of(&repo.path(), "origin/main");
    let first = job(&hub, &made, "1");
    let rollout = first.uses(&[]).output("rollout").to_owned();
    push(&work, 2, "Second");
    let second = job(&hub, &checkout_of(&repo.path(), "origin/main"), "2").uses(&[]);
    push(&work, 3, "Third");
    let held = work.id("main").to_string();
    let third = job(&hub, &checkout_of(&repo.path(), "origin/main"), "3").uses(&[]);
    assert_eq!((second.output("verdict"), third.output("verdict")), ("hold", "hold"), "{}", third.log);
    push(&work, 4, "Fourth, which nobody gated");
    assert_eq!(resume("51").output("verdict"), "hold");
    assert_eq!(hub.count("/dispatches"), 0);
    first.uses(&[("mode", "finish"), ("rollout", &rollout), ("outcome", "success")]);
    support::ledger::until("it opens", || resume("52").output("verdict") == "approve");
    assert_eq!(hub.bodies("/dispatches"), [json!({"ref": "main", "inputs": {"commit": held}})]);
    let again = resume("53");
    assert_eq!((again.code, again.output("verdict")), (0, ""), "{}", again.log);
    assert_eq!(hub.count("/dispatches"), 1);
    assert_eq!(output(&work, &["ledger", "verify", "--ledger", "git:origin"]).0, 0);
}

#[test]
fn nothing_is_begun_beside_a_run_or_where_nothing_can_be_begun() {
    let policy = PACED.replace("per: 1h", "per: 1s");
    let (hub, repo, work) = hub(&policy, BEGUN);
    repo.workflow("deploy.yml");
    let made = checkout_of(&repo.path(), "origin/main");
    let first = job(&hub, &made, "1");
    let rollout = first.uses(&[]).output("rollout").to_owned();
    push(&work, 2, "Second");
    assert_eq!(job(&hub, &checkout_of(&repo.path(), "origin/main"), "2").uses(&[]).output("verdict"), "hold");
    first.uses(&[("mode", "finish"), ("rollout", &rollout), ("outcome", "success")]);
    repo.run("deploy.yml", "ada", &work.id("main").to_string(), "2026-01-01T08:00:00Z");
    let made = checkout_of(&repo.path(), "origin/main");
    let resume = |inputs: &[(&str, &str)]| job(&hub, &made, "60").uses(&[&[("mode", "resume")], inputs].concat());
    let mut used = resume(&[("workflow", "deploy.yml")]);
    support::ledger::until("it opens", || {
        used = resume(&[("workflow", "deploy.yml")]);
        used.output("verdict") == "approve"
    });
    assert!(used.log.contains("runs already"), "{}", used.log);
    assert_eq!(hub.count("/dispatches"), 0);
    assert_eq!(resume(&[]).code, 2);
    assert_eq!(resume(&[("workflow", "../deploy.yml")]).code, 2);
    assert_eq!(resume(&[("workflow", "other.yml")]).code, 2);
    hub.fault("/runs", Fault::Status(403), 1);
    let refused = resume(&[("workflow", "deploy.yml")]);
    assert_eq!((refused.code, refused.output("verdict")), (1, "hold"), "{}", refused.log);
}

#[test]
fn an_outcome_is_told_to_github_with_the_digest_of_its_decision() {
    let (hub, repo, work) = hub(ALONE, BEGUN);
    let made = checkout_of(&repo.path(), "origin/main");
    let first = job(&hub, &made, "1");
    let rollout = first.uses(&[]).output("rollout").to_owned();
    let finish = [("mode", "finish"), ("rollout", rollout.as_str()), ("outcome", "success")];
    let used = first.uses(&finish);
    assert_eq!(used.code, 0, "{}", used.log);
    let statuses = hub.bodies("POST /repos/{owner}/{repo}/deployments/{deployment_id}/statuses");
    let described = statuses[0]["description"].as_str().expect("a text");
    let digest = described.strip_prefix("deploy-rhythm sha256:").expect("a digest");
    let entries = output(&work, &["ledger", "export", "--entries", "--ledger", "git:origin"]).1;
    let decided = entries.lines().find(|line| line.contains(&format!("\"hash\":\"{digest}\""))).expect("an entry");
    assert!(decided.contains("\"kind\":\"decided\"") && statuses[0]["state"] == "success", "{decided}");
    first.uses(&finish);
    assert_eq!(hub.count("POST /repos/{owner}/{repo}/deployments"), 1);
    let verify = || {
        let mut command = support::ledger::binary(&work, &["ledger", "verify", "--anchors", "--ledger", "git:origin"]);
        command.env("GITHUB_API_URL", hub.url()).env("GITHUB_GRAPHQL_URL", hub.graphql_url());
        command.env("GITHUB_TOKEN", TOKEN).env("GITHUB_REPOSITORY", "acme/shop");
        support::ledger::finish(command.spawn().expect("it runs"))
    };
    let (code, text, error) = verify();
    assert_eq!(code, 0, "{text}{error}");
    assert!(text.contains("1 digests at GitHub, 0 of them in no entry"), "{text}");
    repo.deploy("production", &work.id("main").to_string(), "2026-01-01T10:00:00Z")
        .status("success", "2026-01-01T10:05:00Z")
        .change_status(|status| status["description"] = format!("deploy-rhythm sha256:{}", "0".repeat(64)).into());
    let (code, text, _) = verify();
    assert_eq!((code, text.contains("000000000000…, which is in no entry")), (1, true), "{text}");
    // A token that may not is a remark.
    hub.permit(&["contents=write"]);
    let second = job(&hub, &made, "2");
    let rollout = second.uses(&[]).output("rollout").to_owned();
    let used = second.uses(&[("mode", "finish"), ("rollout", &rollout), ("outcome", "failure")]);
    assert_eq!(used.code, 0, "{}", used.log);
    assert!(used.annotations("warning")[0].contains("deployments: write"), "{}", used.log);
    assert_eq!(exported_from(&work, &ORIGIN)[1].state, "failure");
}
