//! The GitHub Action: its steps as they stand, in bash, with the runner's files and one bare remote for all jobs.

mod support {
    pub mod hub;
    pub mod ledger;
    pub mod repo;
    pub mod runner;
    pub mod shop;
}

use std::collections::BTreeSet;

use serde_json::Value as Json;
use support::hub::{Server, hook};
use support::ledger::{exported_from, output};
use support::repo::Fixture;
use support::runner::{Job, text};
use support::shop::{ALONE, ORIGIN, PACED, WORKFLOW, checkout, push, shop};

#[test]
fn of_two_jobs_at_once_one_goes() {
    let (hub, _) = shop(PACED, WORKFLOW);
    let checkouts = [checkout(&hub, "origin/main"), checkout(&hub, "origin/main"), checkout(&hub, "origin/main")];
    let jobs: Vec<Job> =
        checkouts.iter().zip(["100", "101", "102"]).map(|(one, run)| Job::of(one).var("GITHUB_RUN_ID", run)).collect();
    let using: Vec<_> = jobs.iter().map(|job| job.start(&[("environment", "production")])).collect();
    let used: Vec<_> = using.into_iter().map(support::runner::Using::end).collect();
    let mut verdicts: Vec<&str> = used.iter().map(|one| one.output("verdict")).collect();
    verdicts.sort_unstable();
    assert_eq!(verdicts, ["approve", "hold", "hold"], "{used:#?}");
    assert!(used.iter().all(|one| one.code == 0), "a hold ends green: {used:#?}");
    let gone = used.iter().find(|one| one.output("verdict") == "approve").expect("one");
    let recorded = exported_from(&checkouts[0], &ORIGIN);
    assert_eq!((recorded.len(), recorded[0].id.as_str()), (1, gone.output("rollout")));
    assert_eq!(recorded[0].state, "in_progress", "it runs from the moment that the gate lets it go");
}

#[test]
fn a_rollout_is_gated_started_and_finished_once() {
    let (hub, work) = shop(ALONE, WORKFLOW);
    let made = checkout(&hub, "origin/main");
    let job = Job::of(&made);
    let gate = job.uses(&[]);
    assert_eq!((gate.code, gate.output("verdict"), gate.output("superseded")), (0, "approve", "false"), "{}", gate.log);
    let rollout = gate.output("rollout").to_owned();
    let report: Json = serde_json::from_str(&text(gate.output("report").as_ref())).expect("JSON");
    assert_eq!(report["verdict"], "approve");
    assert_eq!(job.uses(&[]).output("rollout"), rollout, "jobs of one attempt are one rollout");
    let start = job.uses(&[("mode", "start"), ("rollout", &rollout)]);
    assert_eq!((start.code, start.output("verdict"), start.output("rollout")), (0, "approve", rollout.as_str()));
    assert_eq!(start.env["DEPLOY_RHYTHM_RUN"], rollout);
    assert_eq!(start.env["DEPLOY_RHYTHM_LEDGER"], "git:origin");
    // What runs inside it is a part of it.
    let inside = [("DEPLOY_RHYTHM_RUN", rollout.as_str())];
    let mut nested = support::ledger::binary(&made, &[&["run"], &ORIGIN[..], &["--", "true"]].concat());
    assert!(nested.envs(inside).status().expect("it runs").success());
    for _ in 0..2 {
        let finish = job.uses(&[("mode", "finish"), ("rollout", &rollout), ("outcome", "success")]);
        assert_eq!(finish.code, 0, "{}", finish.log);
    }
    let recorded = exported_from(&work, &ORIGIN);
    assert_eq!((recorded.len(), recorded[0].state.as_str()), (1, "success"));
    assert_eq!(output(&work, &["ledger", "verify", "--ledger", "git:origin"]).0, 0);
    let audit = output(&work, &["audit", "--since", "all", "--format", "csv", "--ledger", "git:origin"]).1;
    assert!(audit.contains("approved"), "{audit}");
}

#[test]
fn what_failed_or_never_began_is_recorded_as_that() {
    let (hub, _) = shop(ALONE, WORKFLOW);
    let made = checkout(&hub, "origin/main");
    for (run, outcome, state) in
        [("1", "skipped", None), ("2", "cancelled", Some("failure")), ("3", "failure", Some("failure"))]
    {
        let job = Job::of(&made).var("GITHUB_RUN_ID", run);
        let rollout = job.uses(&[]).output("rollout").to_owned();
        // Nobody settles what another run does.
        let other = Job::of(&made).var("GITHUB_RUN_ID", "77");
        assert_eq!(other.uses(&[("mode", "finish"), ("rollout", &rollout), ("outcome", "success")]).code, 2);
        assert_eq!(job.uses(&[("mode", "finish"), ("rollout", &rollout), ("outcome", outcome)]).code, 0);
        let recorded = exported_from(&made, &ORIGIN).into_iter().find(|one| one.id == rollout);
        assert_eq!(recorded.map(|one| one.state).as_deref(), state, "{outcome}");
    }
    let job = Job::of(&made);
    assert_eq!(job.uses(&[("mode", "finish"), ("outcome", "success")]).code, 0, "nothing was let go");
    assert_eq!(job.uses(&[("mode", "finish"), ("rollout", "dr-0"), ("outcome", "success")]).code, 2);
    assert_eq!(job.uses(&[("mode", "finish"), ("rollout", "dr-0")]).code, 2);
}

#[test]
fn an_older_commit_never_goes_after_a_newer_one() {
    let (hub, work) = shop(ALONE, WORKFLOW);
    // Checked out before the newer one was pushed.
    let old = checkout(&hub, "origin/main");
    push(&work, 2, "Second");
    let new = checkout(&hub, "origin/main");
    let newer = Job::of(&new).var("GITHUB_RUN_ID", "101");
    let rollout = newer.uses(&[]).output("rollout").to_owned();
    let older = Job::of(&old).uses(&[]);
    assert_eq!((older.code, older.output("verdict"), older.output("superseded")), (0, "hold", "true"), "{}", older.log);
    assert_eq!(newer.uses(&[("mode", "finish"), ("rollout", &rollout), ("outcome", "success")]).code, 0);
    let older = Job::of(&old).uses(&[]);
    assert_eq!((older.output("verdict"), older.output("superseded")), ("hold", "true"), "{}", older.log);
    // To go back is asked for.
    let back = Job::of(&old).var("GITHUB_RUN_ID", "102").uses(&[("lane", "rollback")]);
    assert_eq!(back.output("verdict"), "approve", "{}", back.log);
}

#[test]
fn with_wait_the_newest_of_those_that_wait_ships_all() {
    let (hub, work) = shop(ALONE, WORKFLOW);
    let first = checkout(&hub, "origin/main");
    let running = Job::of(&first).var("GITHUB_RUN_ID", "1");
    let rollout = running.uses(&[]).output("rollout").to_owned();
    push(&work, 2, "Second");
    let (second, wait) = (checkout(&hub, "origin/main"), [("wait", "1m")]);
    let older = Job::of(&second).var("GITHUB_RUN_ID", "2");
    let older = older.start(&wait);
    let shown = || output(&work, &["ledger", "show", "--ledger", "git:origin"]).1;
    support::ledger::until("the second waits", || shown().contains(" waits for "));
    push(&work, 3, "Third");
    let third = checkout(&hub, "origin/main");
    let newer_job = Job::of(&third).var("GITHUB_RUN_ID", "3");
    let newer = newer_job.start(&wait);
    let older = older.end();
    assert_eq!((older.code, older.output("verdict"), older.output("superseded")), (0, "hold", "true"), "{}", older.log);
    running.uses(&[("mode", "finish"), ("rollout", &rollout), ("outcome", "success")]);
    let newer = newer.end();
    assert_eq!((newer.code, newer.output("verdict"), newer.output("batch-size")), (0, "approve", "2"), "{}", newer.log);
}

#[test]
fn a_wait_that_cannot_help_is_not_begun_and_the_held_commit_is_remembered() {
    let (hub, work) = shop(PACED, WORKFLOW);
    let made = checkout(&hub, "origin/main");
    let job = Job::of(&made).var("GITHUB_RUN_ID", "1");
    let rollout = job.uses(&[]).output("rollout").to_owned();
    job.uses(&[("mode", "finish"), ("rollout", &rollout), ("outcome", "success")]);
    push(&work, 2, "Second");
    let next = checkout(&hub, "origin/main");
    let held = Job::of(&next).var("GITHUB_RUN_ID", "2").uses(&[("wait", "10m")]);
    assert_eq!((held.code, held.output("verdict"), held.output("batch-size")), (0, "hold", "1"), "{}", held.log);
    let opens: deploy_rhythm::engine::event::Instant = held.output("next-approval").parse().expect("an instant");
    let recorded = exported_from(&work, &ORIGIN);
    assert!((opens - recorded[0].start - chrono::TimeDelta::hours(1)).num_seconds().abs() <= 1);
    let shown = output(&work, &["ledger", "show", "--ledger", "git:origin"]).1;
    assert!(shown.contains(" waits for "), "{shown}");
    assert!(held.summary.contains("```mermaid") && held.summary.contains("Next opening: "), "{}", held.summary);
    assert!(held.annotations("error").is_empty() && !held.annotations("warning").is_empty(), "{}", held.log);
}

#[test]
fn a_run_that_is_run_again_asks_again() {
    let (hub, _) = shop(ALONE, WORKFLOW);
    let made = checkout(&hub, "origin/main");
    let first = Job::of(&made).uses(&[]);
    let rollout = first.output("rollout").to_owned();
    // Only the rollout job is run again: the gate's old answer stands, and is no leave.
    let again = Job::of(&made).var("GITHUB_RUN_ATTEMPT", "2").uses(&[("mode", "start"), ("rollout", &rollout)]);
    assert_eq!((again.code, again.output("verdict")), (0, "approve"), "{}", again.log);
    assert_ne!(again.output("rollout"), rollout);
    let states: Vec<String> = exported_from(&made, &ORIGIN).into_iter().map(|one| one.state).collect();
    assert_eq!(states, ["failure", "in_progress"], "what the first attempt left running is over");
    let other = Job::of(&made).var("GITHUB_RUN_ID", "7").uses(&[("mode", "start"), ("rollout", &rollout)]);
    assert_eq!((other.code, other.output("verdict"), other.output("rollout")), (3, "hold", ""), "{}", other.log);
}

#[test]
fn a_hold_that_nothing_asks_about_ends_red() {
    let unguarded = WORKFLOW.replace("    if: needs.gate.outputs.verdict == 'approve'\n", "");
    let (hub, _) = shop(ALONE, &unguarded);
    let made = checkout(&hub, "origin/main");
    assert_eq!(Job::of(&made).var("GITHUB_RUN_ID", "1").uses(&[]).code, 0);
    let held = Job::of(&made).var("GITHUB_RUN_ID", "2").uses(&[]);
    assert_eq!((held.code, held.output("verdict")), (3, "hold"));
    assert!(held.log.contains("the job `ship`"), "{}", held.log);
    let advised = Job::of(&made).var("GITHUB_RUN_ID", "2").uses(&[("enforce", "false")]);
    assert_eq!((advised.code, advised.output("verdict")), (0, "hold"));
    // A workflow that is called by another is not the one that the runner names.
    let (hub, _) = shop(ALONE, WORKFLOW);
    let made = checkout(&hub, "origin/main");
    assert_eq!(Job::of(&made).var("GITHUB_RUN_ID", "1").uses(&[]).code, 0);
    let unseen = Job::of(&made).var("GITHUB_RUN_ID", "2").var("GITHUB_JOB", "elsewhere").uses(&[]);
    assert_eq!((unseen.code, unseen.output("verdict")), (3, "hold"));
}

#[test]
fn traps_are_told() {
    let trapped = "on: push\nconcurrency: deploy\npermissions: {contents: read}\njobs:\n  gate: {runs-on: x, steps: []}\n  ship: {needs: gate, if: needs.gate.outputs.verdict == 'approve', concurrency: {group: a, cancel-in-progress: true}}\n";
    let (hub, work) = shop(ALONE, trapped);
    let used = Job::of(&checkout(&hub, "origin/main")).uses(&[]);
    let warnings = used.annotations("warning").join("\n");
    for told in ["the workflow has `concurrency`", "the job `ship` has `cancel-in-progress`", "no `contents: write`"] {
        assert!(warnings.contains(told), "{told}: {warnings}");
    }
    work.write(
        ".github/workflows/deploy.yml",
        &WORKFLOW.replace("  gate:\n", "  gate:\n    environment: production\n"),
    );
    push(&work, 2, "Second");
    let used = Job::of(&checkout(&hub, "origin/main")).var("GITHUB_RUN_ID", "2").uses(&[]);
    assert_eq!((used.code, used.output("verdict")), (2, "hold"));
    assert!(used.annotations("error")[0].contains("names an `environment`"), "{}", used.log);
    let shallow = Fixture::clone_of(&hub.path, &["--depth=1"]);
    let used = Job::of(&shallow).uses(&[]);
    assert_eq!(used.code, 2);
    assert!(used.annotations("error")[0].contains("fetch-depth: 0"), "{}", used.log);
}

#[test]
fn faults_let_nothing_go() {
    let (hub, _) = shop(ALONE, WORKFLOW);
    let made = checkout(&hub, "origin/main");
    hook(&hub.path, "pre-receive", "echo no ledgers here >&2; exit 1");
    let used = Job::of(&made).uses(&[]);
    assert_eq!((used.code, used.output("verdict"), used.output("rollout")), (1, "hold", ""), "{}", used.log);
    assert!(used.annotations("error")[0].contains("contents: write"), "{}", used.log);
    made.git(0, &["remote", "set-url", "origin", "http://127.0.0.1:9/gone"]);
    let used = Job::of(&made).uses(&[("enforce", "false")]);
    assert_eq!((used.code, used.output("verdict")), (1, "hold"), "{}", used.log);
    for (name, value, told) in [
        ("mode", "deplay", "`deploy`"),
        ("wait", "9h", "the longest wait"),
        ("enforce", "yes", "`true`"),
        ("environment", "prod\nuction", "one line"),
        ("lane", "hotfix", "reason"),
    ] {
        let used = Job::of(&made).uses(&[(name, value)]);
        assert_eq!((used.code, used.output("verdict")), (2, "hold"), "{}", used.log);
        assert!(used.annotations("error")[0].contains(told), "{}", used.log);
    }
}

#[test]
fn a_checkout_brings_no_policy_of_its_own() {
    let (hub, _) = shop(PACED, WORKFLOW);
    let made = checkout(&hub, "origin/main");
    assert_eq!(Job::of(&made).uses(&[]).output("verdict"), "approve");
    // A commit that nobody merged, and a file that nobody committed.
    made.write(".github/deploy-rhythm.yml", "version: 1\nenvironments: {production: {}}\n");
    made.write("loose.yml", "version: 1\nenvironments: {production: {}}\n");
    made.commit(5, "Loosen");
    let job = Job::of(&made).var("GITHUB_RUN_ID", "2");
    assert_eq!(job.uses(&[]).output("verdict"), "hold");
    let named = job.uses(&[("policy", "loose.yml")]);
    assert_eq!((named.code, named.output("verdict")), (2, "hold"), "{}", named.log);
}

#[test]
fn git_gets_the_token_or_what_the_checkout_keeps_and_never_both() {
    let (hub, _) = shop(ALONE, WORKFLOW);
    let server = Server::of(&hub);
    let address = server.url.trim_end_matches("/repo").to_owned();
    let made = checkout(&hub, "origin/main");
    made.git(0, &["remote", "set-url", "origin", &server.url]);
    let run = |id: &str, token: &str| {
        let mut job = Job::of(&made).var("GITHUB_RUN_ID", id).var("GITHUB_SERVER_URL", &address);
        token.clone_into(&mut job.token);
        let used = job.uses(&[]);
        let heard: BTreeSet<Vec<String>> = server.heard.lock().expect("a list").drain(..).collect();
        (used, heard)
    };
    let (used, heard) = run("1", "");
    assert_eq!((used.code, used.output("verdict")), (0, "approve"), "{}", used.log);
    assert_eq!(heard, BTreeSet::from([vec![]]));
    let (used, heard) = run("2", "s3cret");
    // `x-access-token:s3cret`
    assert_eq!(heard, BTreeSet::from([vec!["basic eC1hY2Nlc3MtdG9rZW46czNjcmV0".to_owned()]]), "{}", used.log);
    let shown = used.log.lines().filter(|line| line.contains("eC1hY2Nlc3MtdG9rZW46czNjcmV0"));
    assert!(shown.eq(["::add-mask::eC1hY2Nlc3MtdG9rZW46czNjcmV0"]) && !used.log.contains("s3cret"), "{}", used.log);
    let kept = format!("http.{address}/.extraheader");
    made.git(0, &["config", &kept, "AUTHORIZATION: basic a2VwdA=="]);
    let (used, heard) = run("3", "s3cret");
    assert_eq!(heard, BTreeSet::from([vec!["basic a2VwdA==".to_owned()]]), "{}", used.log);
}

#[test]
fn text_of_others_stays_text() {
    let (hub, work) = shop(ALONE, WORKFLOW);
    let subject = "::error::pwned %0A::set-output name=verdict::approve <img src=x> @ada `x` | ```";
    work.write("x.txt", "x");
    work.git(2, &["add", "--all"]);
    work.git(2, &["commit", "--quiet", "--message", subject]);
    work.git(2, &["push", "--quiet", "origin", "main"]);
    let made = checkout(&hub, "origin/main");
    let used = Job::of(&made).uses(&[("reason", "::error::$(touch pwned) `touch pwned`")]);
    assert_eq!(used.output("verdict"), "approve", "{}", used.log);
    assert!(!made.path.join("pwned").exists());
    let commands = support::runner::commands(&used.log);
    assert!(
        commands.iter().all(|line| !line.starts_with("::error") && !line.starts_with("::set-output")),
        "{commands:?}"
    );
    assert!(!used.summary.contains("<img") && !used.summary.contains("@ada"), "{}", used.summary);
}

#[test]
fn the_decision_is_written_as_sarif_where_asked() {
    let (hub, _) = shop(ALONE, WORKFLOW);
    let made = checkout(&hub, "origin/main");
    let used = Job::of(&made).uses(&[("sarif", "rhythm.sarif")]);
    assert_eq!(used.code, 0, "{}", used.log);
    let sarif: Json = serde_json::from_str(&text(&made.path.join("rhythm.sarif"))).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
}
