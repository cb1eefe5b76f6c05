//! The hooks, by the real thing: git pushes, Kamal's environment, an agent's tool calls; and one rollout is one rollout.

mod support {
    pub mod hooked;
    pub mod ledger;
    pub mod repo;
}

use std::process::Command;

use serde_json::{Value as Json, json};
use support::hooked::{ONE_PUSH, TOOL, git, ran, shop};
use support::ledger::{Limits, alone, binary, exported, finish, last, output, until};
use support::repo::Fixture;

const MANY: Limits = Limits { deploys: 1000, per: 60, drain: 0, stale_after: 3600 };

#[test]
fn a_run_inside_a_run_is_a_part_of_it() {
    let shop = MANY.repository();
    let inner = format!("{TOOL} run -- sh -c 'echo $DEPLOY_RHYTHM_RUN; exit 7'");
    let (code, out, error) = output(&shop, &["run", "--", "sh", "-c", &inner]);
    let all = exported(&shop);
    assert_eq!((code, all.len(), out.trim()), (7, 1, all[0].id.as_str()), "{error}");
    assert!(error.contains("a part of dr-"), "{error}");
    let recorded = format!("id=$({TOOL} record start) && {TOOL} record finish $id --outcome failure");
    let (code, _, error) = output(&shop, &["run", "--", "sh", "-c", &recorded]);
    let all = exported(&shop);
    assert_eq!((code, all.len(), all[1].state.as_str()), (0, 2, "success"), "{error}");
}

#[test]
fn a_value_that_names_another_s_rollout_lets_nothing_pass() {
    let shop = MANY.repository();
    let first = shop.id("HEAD");
    let child = binary(&shop, &["run", "--", "sh", "-c", "touch ready; while [ ! -e done ]; do sleep 0.05; done"]);
    let child = { child }.spawn().expect("it runs");
    until("the command starts", || shop.path.join("ready").exists());
    let id = exported(&shop)[0].id.clone();
    let with = |id: &str| {
        let mut command = binary(&shop, &["run", "--", "true"]);
        finish(command.env("DEPLOY_RHYTHM_RUN", id).spawn().expect("it runs"))
    };
    // Alive, of this environment and commit, but of no process above.
    let (code, _, error) = with(&id);
    assert_eq!(code, 3, "{error}");
    assert!(last(&error).ends_with("no-overlap"), "{error}");
    assert_eq!(with("dr-0000000000").0, 3);
    shop.write("done", "");
    assert_eq!(finish(child).0, 0);
    // Over already: judged like any other, and recorded.
    assert_eq!(with(&id).0, 0);
    assert_eq!(exported(&shop).len(), 2);
    // Another commit is another rollout.
    shop.commit(2, "Second");
    let inner = format!("{TOOL} run --commit {first} -- true");
    let (code, _, error) = output(&shop, &["run", "--", "sh", "-c", &inner]);
    assert_eq!(code, 3, "{error}");
}

#[test]
fn a_push_too_many_is_stopped_and_other_branches_pass() {
    let (remote, shop) = shop(ONE_PUSH);
    assert_eq!(output(&shop, &["init", "--hook", "pre-push"]).0, 0);
    shop.commit(2, "Second");
    let second = git(&shop, &["push", "origin", "main"]);
    assert_eq!(second.0, 0, "{second:?}");
    let third = shop.commit(3, "Third");
    let (code, _, error) = git(&shop, &["push", "origin", "main"]);
    assert_eq!(code, 1, "{error}");
    assert!(
        error.contains("deploy-rhythm: HOLD until ") && error.contains("push-frequency: 2 pushes in the last 1h"),
        "{error}"
    );
    assert!(error.contains("Ask: platform.") && !error.contains("--no-verify"), "{error}");
    assert_ne!(remote.id("main"), third);
    // What deploys nothing passes: another branch, a tag, the same to another remote; a new name of a branch.
    let fork = Fixture::bare();
    let fork = format!("file://{}", fork.path.display());
    shop.git(0, &["remote", "add", "fork", &fork]);
    shop.git(0, &["tag", "v1"]);
    for words in [&["origin", "HEAD:refs/heads/topic"][..], &["origin", "v1"], &["fork", "main"], &["origin", ":topic"]]
    {
        let pushed = git(&shop, &[&["push"], words].concat());
        assert_eq!(pushed.0, 0, "{words:?}: {pushed:?}");
    }
    // A forced push lands too.
    let forced = git(&shop, &["push", "--force", "origin", "HEAD~2:main"]);
    assert_eq!(forced.0, 1, "{forced:?}");
    assert_eq!(output(&shop, &["init", "--hook", "pre-push", "--remove"]).0, 0);
    assert_eq!(git(&shop, &["push", "origin", "main"]).0, 0);
}

#[test]
fn a_chain_of_fixes_is_stopped_before_it_lands() {
    let (_remote, shop) = shop(&ONE_PUSH.replace("pushes: 2", "pushes: 9"));
    assert_eq!(output(&shop, &["init", "--hook", "pre-push"]).0, 0);
    shop.commit_file(2, "fix the cart", "cart.rb");
    assert_eq!(git(&shop, &["push"]).0, 0);
    shop.commit_file(3, "fix the cart again", "cart.rb");
    let (code, _, error) = git(&shop, &["push"]);
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("REJECT") && error.contains("fix-chain: "), "{error}");
    // The first push of all has none before it.
    let fresh = Fixture::bare();
    shop.git(0, &["remote", "set-url", "origin", &format!("file://{}", fresh.path.display())]);
    let first = git(&shop, &["push", "origin", "main"]);
    assert_eq!(first.0, 0, "{first:?}");
}

#[test]
fn where_landing_deploys_every_rule_judges_the_push() {
    let frozen = "version: 1
environments:
  production:
    trigger: push
    hard-mandatory: [{freeze: {from: 2020-01-01T00:00:00Z, to: 2099-01-01T00:00:00Z, because: stocktaking}}]
";
    let (_remote, trunk) = shop(frozen);
    assert_eq!(output(&trunk, &["init", "--hook", "pre-push"]).0, 0);
    trunk.commit(2, "Second");
    let (code, _, error) = git(&trunk, &["push"]);
    assert_eq!(code, 1, "{error}");
    assert!(error.contains("HOLD") && error.contains("freeze: "), "{error}");
    let (_remote, by_hand) = shop(&frozen.replace("    trigger: push\n", ""));
    assert_eq!(output(&by_hand, &["init", "--hook", "pre-push"]).0, 0);
    by_hand.commit(2, "Second");
    assert_eq!(git(&by_hand, &["push"]).0, 0);
}

/// Runs one of Kamal's hooks with the environment that Kamal documents, below a process that ends with it.
fn kamal(shop: &Fixture, hook: &str, command: &str, version: &str) -> (i32, String, String) {
    let script = format!(".kamal/hooks/{hook}");
    let mut kamal = alone(shop, "timeout", &["60", &script]);
    for (key, value) in [
        ("RECORDED_AT", "2026-02-04T14:03:00Z"),
        ("PERFORMER", "ada@example.org"),
        ("SERVICE", "shop"),
        ("SERVICE_VERSION", "shop@1"),
        ("VERSION", version),
        ("HOSTS", "192.0.2.1"),
        ("ROLES", "web"),
        ("LOCK", "true"),
        ("COMMAND", command),
        ("SUBCOMMAND", ""),
        ("DESTINATION", ""),
        ("RUNTIME", "12"),
    ] {
        kamal.env(format!("KAMAL_{key}"), value);
    }
    ran(kamal, "")
}

#[test]
fn kamal_s_hooks_judge_inside_its_lock_and_record() {
    let (_remote, shop) = shop(
        "version: 1\nenvironments: {production: {hard-mandatory: [no-overlap, max-frequency: {deploys: 3, per: 1h}]}}\n",
    );
    assert_eq!(output(&shop, &["init", "--hook", "kamal"]).0, 0);
    let first = shop.id("HEAD").to_string();
    let second = shop.commit(2, "Second").to_string();
    // A deploy that fails never comes to post-deploy: the next one in the lock finds its Kamal gone.
    let (code, _, error) = kamal(&shop, "pre-deploy", "deploy", &first);
    assert_eq!(code, 0, "{error}");
    assert_eq!(exported(&shop)[0].state, "in_progress");
    let (code, _, error) = kamal(&shop, "pre-deploy", "deploy", &format!("{second}_uncommitted_0123456789abcdef"));
    assert_eq!(code, 0, "{error}");
    assert!(error.contains("recorded as failed"), "{error}");
    // Both hooks below one Kamal: its success is recorded.
    let both = "for hook in pre-deploy post-deploy; do .kamal/hooks/$hook || exit 1; done";
    let mut whole = alone(&shop, "timeout", &["60", "sh", "-c", both]);
    whole.env("KAMAL_VERSION", &second).env("KAMAL_COMMAND", "deploy").env("KAMAL_PERFORMER", "ada@example.org");
    let (code, _, error) = ran(whole, "");
    assert_eq!(code, 0, "{error}");
    let all = exported(&shop);
    let states: Vec<&str> = all.iter().map(|one| one.state.as_str()).collect();
    assert_eq!(states, ["failure", "failure", "success"]);
    let third = shop.commit(3, "Third").to_string();
    let (code, _, error) = kamal(&shop, "pre-deploy", "deploy", &third);
    assert_eq!(code, 1, "{error}");
    assert!(
        error.contains("HOLD until ") && error.contains("max-frequency") && error.contains("-- kamal deploy"),
        "{error}"
    );
    assert!(error.contains("Left: 0 of 3."), "{error}");
    // A rollback skips the budget.
    let (code, _, error) = kamal(&shop, "pre-deploy", "rollback", &first);
    assert_eq!(code, 0, "{error}");
    assert_eq!(kamal(&shop, "pre-deploy", "deploy", "no-commit").0, 2);
    // Where nothing could be judged, nothing was recorded either, and nothing else is said: that rollback's Kamal is gone.
    shop.write("deploys.jsonl", "no record\n");
    let (code, _, error) = kamal(&shop, "pre-deploy", "deploy", &third);
    assert!(code != 0 && !error.contains("recorded as failed"), "{code}: {error}");
    assert_eq!(output(&shop, &["ledger", "verify"]).0, 0);
}

#[test]
fn with_every_hook_one_rollout_is_counted() {
    let (_remote, shop) = shop(
        "version: 1\nenvironments: {production: {trigger: push, hard-mandatory: [no-overlap, max-frequency: {deploys: 2, per: 1h}]}}\n",
    );
    // The first commit has landed, which was a deploy: one more may go.
    assert_eq!(output(&shop, &["init", "--hook", "all"]).0, 0);
    let commit = shop.commit(2, "Second");
    let call = json!({"tool_name": "Bash", "cwd": shop.path, "tool_input": {"command": "kamal deploy && git push"}});
    shop.write("call.json", &call.to_string());
    let script = format!(
        "set -e; export KAMAL_VERSION={commit} KAMAL_COMMAND=deploy; deploy-rhythm hook claude-code < call.json; .kamal/hooks/pre-deploy; git push; .kamal/hooks/post-deploy; deploy-rhythm run -- true"
    );
    let mut run = alone(&shop, TOOL, &["run", "--", "sh", "-c", &script]);
    run.env("GIT_ALLOW_PROTOCOL", "file");
    let (code, _, error) = ran(run, "");
    assert_eq!(code, 0, "{error}");
    let all = exported(&shop);
    assert_eq!(all.iter().map(|one| one.state.as_str()).collect::<Vec<_>>(), ["success"], "{error}");
}

#[test]
fn hooks_are_written_twice_beside_others_and_taken_away() {
    let (_remote, shop) = shop(ONE_PUSH);
    let foreign = "#!/bin/sh\ncat > seen\nexit 0\n";
    shop.write(".git/hooks/pre-push", foreign);
    shop.write(".kamal/hooks/pre-deploy", "#!/usr/bin/env ruby\nputs 1\n");
    shop.write(".claude/settings.json", r#"{"model": "x", "hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "lint"}]}]}}"#);
    let make_executable = Command::new("chmod").args(["+x", ".git/hooks/pre-push"]).current_dir(&shop.path).status();
    assert!(make_executable.expect("chmod runs").success());
    let (code, _, error) = output(&shop, &["init", "--hook", "kamal"]);
    assert_eq!(code, 2);
    assert!(error.contains("left as it is") && error.contains("deploy-rhythm hook kamal pre-deploy"), "{error}");
    let hooks = ["init", "--hook", "pre-push", "--hook", "claude-code"];
    assert_eq!(output(&shop, &hooks).0, 0);
    let read = |file: &str| {
        #[expect(clippy::disallowed_methods, reason = "a test reads what was written")]
        std::fs::read_to_string(shop.path.join(file)).expect("a file")
    };
    let once = (read(".git/hooks/pre-push"), read(".claude/settings.json"));
    assert_eq!(output(&shop, &hooks).0, 0);
    assert_eq!((read(".git/hooks/pre-push"), read(".claude/settings.json")), once);
    // Both hooks hear the refs; ours can stop what the other lets go.
    shop.commit(2, "Second");
    assert_eq!(git(&shop, &["push"]).0, 0);
    assert!(read("seen").starts_with("refs/heads/main "), "{}", read("seen"));
    shop.commit(3, "Third");
    assert_eq!(git(&shop, &["push"]).0, 1);
    assert_eq!(output(&shop, &[&hooks[..], &["--remove"]].concat()).0, 0);
    assert_eq!(read(".git/hooks/pre-push"), foreign);
    let settings: Json = serde_json::from_str(&read(".claude/settings.json")).expect("JSON");
    assert_eq!(settings["hooks"]["PreToolUse"].as_array().map(Vec::len), Some(1));
    // A folder of the repository's own, and a working tree beside it.
    shop.git(0, &["config", "core.hooksPath", ".githooks"]);
    let beside = shop.beside("tree");
    shop.git(0, &["worktree", "add", "--quiet", &beside.display().to_string()]);
    let repo = beside.display().to_string();
    assert_eq!(output(&shop, &["init", "--hook", "pre-push", "--repo", &repo]).0, 0);
    assert!(beside.join(".githooks/pre-push").is_file());
    shop.git(0, &["config", "core.hooksPath", "/etc/hooks"]);
    assert_eq!(output(&shop, &["init", "--hook", "pre-push"]).0, 2);
}

#[test]
fn without_a_terminal_some_acts_need_a_name_in_the_policy() {
    let (_remote, shop) = shop(ONE_PUSH);
    let hotfix = ["run", "--lane", "hotfix", "--reason", "the cart fails", "--", "true"];
    let (code, _, error) = output(&shop, &hotfix);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("a caller without a terminal cannot claim a hotfix"), "{error}");
    let id = output(&shop, &["record", "start"]).1.trim().to_owned();
    let finish_it = ["record", "finish", &id, "--outcome", "success"];
    let (code, _, error) = finish(binary(&shop, &finish_it).env("USER", "bob").spawn().expect("it runs"));
    assert_eq!(code, 2, "{error}");
    assert_eq!(output(&shop, &finish_it).0, 0);
    shop.write(".github/deploy-rhythm.yml", &ONE_PUSH.replace("hooks: {", "hooks: {without-terminal: [ada], "));
    shop.commit(2, "Name ada");
    assert_eq!(git(&shop, &["push", "--quiet"]).0, 0);
    assert_eq!(output(&shop, &hotfix).0, 0);
    let claude = |words: &[&str]| finish(binary(&shop, words).env("CLAUDECODE", "1").spawn().expect("it runs"));
    let (code, _, error) = claude(&hotfix);
    assert_eq!(code, 2, "{error}");
    // Nobody brings the policy that names them.
    shop.write("mine.yml", &ONE_PUSH.replace("hooks: {", "hooks: {without-terminal: [claude-code], "));
    let (code, _, error) = claude(&[&hotfix[..1], &["--policy", "mine.yml"], &hotfix[1..]].concat());
    assert!(code == 2 && error.contains("cannot claim a hotfix"), "{code}: {error}");
}

#[test]
fn a_hook_that_is_switched_off_is_not_taken_for_one() {
    let (_remote, shop) = shop(ONE_PUSH);
    let mode = |mode: &str| {
        let done = Command::new("chmod").args([mode, ".git/hooks/pre-push"]).current_dir(&shop.path).status();
        assert!(done.expect("chmod runs").success());
    };
    shop.write(".git/hooks/pre-push", "#!/bin/sh\nexit 0\n");
    mode("-x");
    let hook = ["init", "--hook", "pre-push"];
    let (code, _, error) = output(&shop, &hook);
    assert!(code == 2 && error.contains("is not executable, so git never runs it"), "{code}: {error}");
    mode("+x");
    assert_eq!(output(&shop, &hook).0, 0);
    mode("-x");
    assert_eq!(output(&shop, &hook).0, 2);
}

#[test]
fn a_change_that_names_more_callers_or_fewer_commands_is_found() {
    let governed = "version: 1\nhooks: {deploy-commands: [make ship]}\nenvironments: {production: {hard-mandatory: [governance: {}]}}\n";
    let (_remote, shop) = shop(governed);
    shop.switch("topic");
    shop.write("CLAUDE.md", "- Never force-push to main.\n");
    for (change, found) in [
        (
            "hooks: {deploy-commands: [make ship], without-terminal: [claude-code]}",
            "another caller may act without a terminal",
        ),
        ("hooks: {}", "a command is no longer named as one that deploys"),
    ] {
        shop.write(".github/deploy-rhythm.yml", &governed.replace("hooks: {deploy-commands: [make ship]}", change));
        shop.commit(2, "Change the policy");
        let (_, text, error) = output(&shop, &["check", "--format", "json"]);
        assert!(text.contains(found), "{text}{error}");
    }
}
