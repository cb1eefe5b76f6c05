//! `run`: one approval spends one slot, and the command's end is the answer.

mod support {
    pub mod ledger;
    pub mod repo;
}

use support::ledger::{Limits, binary, exported, finish, last, output, until};
use support::repo::Fixture;

const ONE_AN_HOUR: Limits = Limits { deploys: 1, per: 3600, drain: 0, stale_after: 3600 };
const MANY: Limits = Limits { deploys: 1000, per: 60, drain: 0, stale_after: 3600 };

fn signal(child: &std::process::Child, name: &str) {
    let sent = std::process::Command::new("kill").args([name, &child.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
}

#[test]
fn the_command_s_own_code_is_the_exit_code() {
    let shop = MANY.repository();
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    assert_eq!(output(&shop, &["run", "--", "sh", "-c", "exit 7"]).0, 7);
    assert_eq!(output(&shop, &["run", "--", "sh", "-c", "kill -TERM $$"]).0, 143);
    let (code, text, _) = output(&shop, &["run", "--", "sh", "-c", "echo $DEPLOY_RHYTHM_RUN; cat"]);
    let all = exported(&shop);
    assert_eq!((code, text.trim()), (0, all[3].id.as_str()));
    let states: Vec<&str> = all.iter().map(|one| one.state.as_str()).collect();
    assert_eq!(states, ["success", "failure", "failure", "success"]);
    assert_eq!(output(&shop, &["ledger", "verify"]).0, 0);
}

#[test]
fn what_is_held_or_rejected_starts_nothing() {
    let shop = ONE_AN_HOUR.repository();
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let (code, out, error) = output(&shop, &["run", "--", "touch", "started"]);
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(last(&error).starts_with("not started: held until "), "{error}");
    assert!(last(&error).ends_with(": max-frequency"), "{error}");
    shop.write(
        "small.yml",
        "version: 1\nenvironments: {production: {hard-mandatory: [{batch-size: {max-commits: 1}}]}}\n",
    );
    shop.commit(2, "Second");
    shop.commit(3, "Third");
    let (code, _, error) = output(&shop, &["run", "--policy", "small.yml", "--wait", "1h", "--", "touch", "started"]);
    assert_eq!((code, last(&error)), (4, "not started: rejected: batch-size"), "{error}");
    assert!(!shop.path.join("started").exists());
    assert_eq!(exported(&shop).len(), 1);
}

#[test]
fn one_slot_is_spent_once() {
    let shop = ONE_AN_HOUR.repository();
    let asks = ["run", "--", "sh", "-c", "echo started >> started"];
    let all: Vec<_> = (0..12).map(|_| binary(&shop, &asks).spawn().expect("it runs")).collect();
    let mut codes: Vec<i32> = all.into_iter().map(|child| finish(child).0).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]);
    assert_eq!(exported(&shop).len(), 1);
    assert_eq!(shop.path.join("started").metadata().expect("it started").len(), 8);
    assert_eq!(output(&shop, &["ledger", "verify"]).0, 0);
}

#[test]
fn a_command_that_cannot_be_run_spends_no_slot() {
    let shop = ONE_AN_HOUR.repository();
    let (code, _, error) = output(&shop, &["run", "--", "no-such-command"]);
    assert_eq!((code, last(&error)), (127, "not started: there is no command no-such-command"));
    shop.write("plain.txt", "text");
    let (code, _, error) = output(&shop, &["run", "--", "./plain.txt"]);
    assert_eq!(code, 126, "{error}");
    assert!(last(&error).starts_with("not started: ./plain.txt cannot be run: "), "{error}");
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    assert_eq!(exported(&shop).len(), 1);
}

#[test]
fn a_signal_reaches_the_command_and_its_end_is_recorded() {
    let shop = MANY.repository();
    let script = "trap 'echo caught; exit 9' TERM; touch ready; while true; do sleep 0.05; done";
    let child = binary(&shop, &["run", "--", "sh", "-c", script]).spawn().expect("it runs");
    until("the command starts", || shop.path.join("ready").exists());
    signal(&child, "-TERM");
    let (code, out, _) = finish(child);
    assert_eq!((code, out.trim()), (9, "caught"));
    assert_eq!(exported(&shop)[0].state, "failure");
}

#[test]
fn who_stops_waiting_gives_the_place_back() {
    let shop = ONE_AN_HOUR.repository();
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let child = binary(&shop, &["run", "--wait", "1h", "--", "true"]).spawn().expect("it runs");
    until("it waits", || output(&shop, &["ledger", "show"]).1.contains(" waits for "));
    signal(&child, "-INT");
    let (code, _, error) = finish(child);
    assert_eq!(code, 130, "{error}");
    assert_eq!(last(&error), "not started: stopped by SIGINT while waiting; its place is given back");
    assert!(!output(&shop, &["ledger", "show"]).1.contains(" waits for "));
}

#[test]
fn a_kill_leaves_a_rollout_that_is_found_and_can_be_settled() {
    let shop = MANY.repository();
    let child = binary(&shop, &["run", "--", "sh", "-c", "touch ready; sleep 0.2"]).spawn().expect("it runs");
    until("the command starts", || shop.path.join("ready").exists());
    signal(&child, "-KILL");
    finish(child);
    let id = exported(&shop)[0].id.clone();
    let (code, text, _) = output(&shop, &["check"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("the process that recorded it has died"), "{text}");
    let settle = format!("`deploy-rhythm record finish {id} --outcome success|failure`");
    assert!(text.replace("\n  ", " ").replace("  ", " ").contains(&settle), "{text}");
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 3);
    assert_eq!(output(&shop, &["record", "finish", &id, "--outcome", "failure"]).0, 0);
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let (code, _, error) = output(&shop, &["record", "finish", &id, "--outcome", "success"]);
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("does not run: it is failure"), "{error}");
}

#[test]
fn what_head_names_is_judged_where_it_moves() {
    let limits = Limits { deploys: 1, per: 2, drain: 0, stale_after: 3600 };
    let shop = limits.repository();
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let child = binary(&shop, &["run", "--wait", "1m", "--", "true"]).spawn().expect("it runs");
    until("it waits", || output(&shop, &["ledger", "show"]).1.contains(" waits for "));
    let moved = shop.commit(2, "Second");
    shop.write("Second.txt", "not committed\n");
    let (code, _, error) = finish(child);
    assert_eq!(code, 0, "{error}");
    assert!(error.contains("while this waited: judged anew"), "{error}");
    assert!(error.contains("uncommitted: Second.txt"), "{error}");
    assert_eq!(exported(&shop)[1].commit, moved.as_str());
}

#[test]
fn the_founding_afternoon_becomes_a_few_calm_rollouts() {
    let limits = Limits { deploys: 3, per: 8, drain: 1, stale_after: 3600 };
    let shop = limits.repository();
    let mut asked = Vec::new();
    for number in 1..=11 {
        let commit = shop.commit(number + 1, &format!("Change {number}"));
        let ask = ["run", "--wait", "2m", "--commit", commit.as_str(), "--", "sleep", "0.4"];
        asked.push((commit.clone(), binary(&shop, &ask).spawn().expect("it runs")));
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    let last_commit = asked.last().expect("eleven").0.to_string();
    let ended: Vec<(i32, String)> = asked
        .into_iter()
        .map(|(_, child)| {
            let (code, _, error) = finish(child);
            (code, error)
        })
        .collect();
    let all = exported(&shop);
    assert_eq!(limits.complaints(&all), Vec::<String>::new());
    assert!(all.len() < 11, "{} rollouts", all.len());
    assert_eq!(all.last().expect("some").commit, last_commit);
    assert!(all.iter().all(|one| one.state == "success"));
    for rollout in &all {
        let base = shop.git(0, &["merge-base", &rollout.commit, &last_commit]);
        assert_eq!(base, rollout.commit, "contained in the last");
    }
    let went = ended.iter().filter(|(code, _)| *code == 0).count();
    let superseded: Vec<_> = ended.iter().filter(|(code, _)| *code == 5).collect();
    assert_eq!((went, superseded.len()), (all.len(), 11 - all.len()));
    for (_, error) in superseded {
        assert!(last(error).starts_with("not started: superseded by dr-"), "{error}");
    }
    assert_eq!(output(&shop, &["ledger", "verify"]).0, 0);
}

#[test]
fn a_redeploy_that_waits_is_no_rollback_of_what_goes_first() {
    let limits = Limits { deploys: 1, per: 3, drain: 0, stale_after: 3600 };
    let shop = limits.repository();
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let again = ["run", "--wait", "1m", "--commit", "HEAD", "--", "true"];
    let again = binary(&shop, &again).spawn().expect("it runs");
    let waiting = || output(&shop, &["ledger", "show"]).1.matches(" waits for ").count();
    until("one waits", || waiting() == 1);
    let newer = shop.commit(2, "Second");
    assert_eq!(output(&shop, &["run", "--wait", "1m", "--", "true"]).0, 0);
    let (code, _, error) = finish(again);
    assert_eq!(code, 5, "{error}");
    assert_eq!(exported(&shop).last().expect("some").commit, newer.as_str());
}

#[test]
fn an_older_request_goes_on_where_the_newer_one_gives_up() {
    let limits = Limits { deploys: 1, per: 4, drain: 0, stale_after: 3600 };
    let shop = limits.repository();
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    let older = binary(&shop, &["run", "--wait", "1m", "--commit", "HEAD", "--", "true"]).spawn().expect("it runs");
    let waiting = || output(&shop, &["ledger", "show"]).1.matches(" waits for ").count();
    until("one waits", || waiting() == 1);
    let commit = shop.id("HEAD");
    shop.commit(2, "Second");
    let newer = binary(&shop, &["run", "--wait", "1m", "--", "true"]).spawn().expect("it runs");
    until("two wait", || waiting() == 2);
    signal(&newer, "-TERM");
    assert_eq!(finish(newer).0, 143);
    let (code, _, error) = finish(older);
    assert_eq!(code, 0, "{error}");
    assert_eq!(exported(&shop)[1].commit, commit.as_str());
}

#[test]
fn a_wrong_call_begins_no_ledger() {
    let shop = MANY.repository();
    for (call, says) in [
        (&["run", "--environment", "moon", "--", "true"][..], "names no environment `moon`"),
        (&["run", "--commit", "nowhere", "--", "true"], "nowhere"),
        (&["run", "--lane", "hotfix", "--", "true"], "a hotfix needs its reason"),
        (&["run", "--ledger", "git:", "--", "true"], "the ledger names no remote"),
        (&["run", "--ledger", ":memory:", "--", "true"], "there is no kind of ledger"),
        (&["run", "--ledger", "postgress://db", "--", "true"], "there is no kind of ledger `postgress:`"),
        (&["run", "--ledger", "postgres:db", "--", "true"], "the ledger's address cannot be read"),
        (&["run", "--wait", "8d", "--", "true"], "the longest wait is 7d"),
        (&["run", "--reason", "two\nlines", "--", "true"], "one line"),
        (&["run"], "COMMAND"),
    ] {
        let (code, _, error) = output(&shop, call);
        assert_eq!(code, 2, "{call:?}: {error}");
        assert!(error.contains(says), "{call:?}: {error}");
    }
    assert!(!shop.path.join(".git/deploy-rhythm").exists());
}

#[test]
fn in_ci_the_ledger_must_outlive_the_job() {
    let shop = MANY.repository();
    let (code, _, error) = finish(binary(&shop, &["run", "--", "true"]).env("CI", "true").spawn().expect("it runs"));
    assert_eq!(code, 2);
    assert!(error.contains("--ledger PATH"), "{error}");
    let place = shop.beside("ledger.sqlite").display().to_string();
    let in_ci = |words: &[&str]| {
        let mut all = words.to_vec();
        all.splice(1..1, ["--ledger", place.as_str()]);
        finish(binary(&shop, &all).env("CI", "true").spawn().expect("it runs"))
    };
    let (code, _, error) = in_ci(&["run", "--", "true"]);
    assert_eq!(code, 2);
    assert!(error.contains("nothing names this one"), "{error}");
    shop.git(0, &["remote", "add", "origin", "git@example.org:shop/app.git"]);
    let (code, _, error) = in_ci(&["run", "--", "true"]);
    assert_eq!(code, 3, "what went before a ledger of its own is not known in CI: {error}");
}

#[test]
fn working_trees_of_one_repository_have_one_ledger() {
    let shop = ONE_AN_HOUR.repository();
    let other = shop.beside("other").display().to_string();
    shop.git(0, &["worktree", "add", "--quiet", &other]);
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    assert_eq!(output(&shop, &["run", "--repo", &other, "--", "true"]).0, 3);
}

#[test]
fn an_environment_of_another_name_has_its_own_account() {
    let shop = Fixture::new();
    shop.write(
        ".github/deploy-rhythm.yml",
        "version: 1\nenvironments:\n  '*':\n    target: host\n    hard-mandatory: [{max-frequency: {deploys: 1, per: 1h}}]\n  alone:\n    hard-mandatory: [{max-frequency: {deploys: 1, per: 1h}}]\n",
    );
    shop.commit(1, "First");
    assert_eq!(output(&shop, &["run", "-e", "one", "--", "true"]).0, 0);
    assert_eq!(output(&shop, &["run", "-e", "two", "--", "true"]).0, 3, "they share a target");
    assert_eq!(output(&shop, &["run", "-e", "alone", "--", "true"]).0, 0);
    let (_, text, _) = output(&shop, &["ledger", "verify"]);
    assert_eq!(text.lines().filter(|line| line.contains(" entries, the newest ")).count(), 3, "{text}");
}
