//! The hook of Claude Code, asked about tool calls: what deploys, what passes, and the ways round.

mod support {
    pub mod hooked;
    pub mod ledger;
    pub mod repo;
}

use serde_json::{Value as Json, json};
use support::hooked::{ONE_PUSH, TOOL, git, ran, shop};
use support::ledger::{alone, output};
use support::repo::Fixture;

/// Asks the hook of Claude Code about a tool call.
fn asked(shop: &Fixture, tool: &str, input: &Json) -> (i32, String, String) {
    let call = json!({
        "session_id": "1", "hook_event_name": "PreToolUse", "tool_name": tool, "cwd": shop.path, "tool_input": input,
        "tool_use_id": "toolu_1", "permission_mode": "default",
    });
    ran(alone(shop, TOOL, &["hook", "claude-code"]), &call.to_string())
}

fn runs(shop: &Fixture, command: &str) -> (i32, String, String) {
    asked(shop, "Bash", &json!({"command": command}))
}

/// A shop whose budget of pushes and deploys is spent.
fn spent() -> (Fixture, Fixture) {
    let policy = ONE_PUSH.to_owned()
        + "      - min-interval: {since-start: 2h}\n        owner: platform\n  staging: {advisory: [min-interval: 5m]}\n";
    let (remote, shop) = shop(&policy);
    shop.commit(2, "Second");
    assert_eq!(git(&shop, &["push", "--quiet"]).0, 0);
    assert_eq!(output(&shop, &["run", "--environment", "production", "--", "true"]).0, 0);
    shop.commit(3, "Third");
    (remote, shop)
}

#[test]
fn an_agent_hears_what_it_may_do_instead() {
    let (_remote, shop) = spent();
    shop.git(0, &["config", "alias.p", "push origin"]);
    let sub = shop.path.join("sub");
    std::fs::create_dir(&sub).expect("a folder");
    for command in [
        "git push",
        "git push origin HEAD:main",
        "git add -A && git commit -m 'now; really' && git push origin main 2>&1 | tail -3",
        "(cd sub && git -C .. push)",
        "FOO=1 bash -lc \"git push origin main\"",
        "if true; then git push --force-with-lease; fi",
        "B=main; git push origin $B",
        "echo $(git push)",
        "git -c color.ui=never push --all",
        "sudo -u deploy env A=b git push",
        "git p main",
        "git push origin heads/main",
        "git push origin refs/heads/main:refs/heads/main",
        "git push origin 'refs/heads/*'",
        "git push origin :",
        "sudo -n git push",
        "sudo A=b git push",
        "sudo -nu deploy git push",
        "xargs -P 4 git push origin main",
        "bash -ce 'git push'",
        "bash -c -o pipefail 'git push'",
        "mkdir t && cd t && true && cd .. && git push",
        "cd -- . && git push",
        "cd nowhere; git push",
        "cd /tmp && cd - && git push",
    ] {
        let (code, out, error) = runs(&shop, command);
        assert_eq!((code, out.as_str()), (2, ""), "{command}: {error}");
        assert!(error.contains("push-frequency") && error.contains("the same again after "), "{command}: {error}");
        assert!(error.chars().count() < 600 && error.contains("Ask: platform"), "{error}");
    }
    for command in [
        "kamal deploy",
        "bundle exec kamal redeploy -d production",
        "timeout 600 bin/kamal app boot",
        "fly deploy --remote-only",
        "make ship",
        "cap production deploy",
        "gh workflow run deploy.yml -f environment=production",
        "bin/kamal deploy --version HEAD",
        "make ship --version 2",
        "direnv exec . kamal deploy",
        "cd sub && make ship",
    ] {
        let (code, _, error) = runs(&shop, command);
        assert_eq!(code, 2, "{command}: {error}");
        assert!(
            error.contains("HOLD until ") && error.contains(" (in 1h 5") && error.contains("min-interval"),
            "{command}: {error}"
        );
        assert!(error.contains("deploy-rhythm run --environment production --wait 2h"), "{command}: {error}");
        for way in ["override", "hotfix", "no-verify", "break"] {
            assert!(!error.contains(way), "{error}");
        }
    }
    assert_eq!(runs(&shop, "gh pr merge 12 --squash").0, 2);
    assert_eq!(runs(&shop, "git push heroku main").0, 2);
}

/// The same, where nothing is left to push.
fn even() -> (Fixture, Fixture) {
    let (remote, shop) = spent();
    shop.git(0, &["branch", "topic"]);
    shop.git(0, &["reset", "--quiet", "--hard", "HEAD~1"]);
    (remote, shop)
}

#[test]
fn a_push_is_judged_behind_the_commands_before_it() {
    let (_remote, shop) = even();
    shop.git(0, &["config", "alias.ci", "commit"]);
    for command in [
        "git commit -m fix && git push",
        "git ci -am fix; git push origin main",
        "git merge topic && git push origin HEAD",
        "git checkout .github/deploy-rhythm.yml; git commit -m x; git push origin HEAD",
        "git checkout - && git push origin HEAD",
        "B=main; git switch $B && git push",
        "git switch -c other && git push origin other:main",
    ] {
        assert!(runs(&shop, command).2.contains("push-frequency"), "{command}");
    }
    for command in
        ["git push", "git switch -c t2 && git push -u origin HEAD", "git checkout topic && git push origin @"]
    {
        assert_eq!(runs(&shop, command), (0, String::new(), String::new()), "{command}");
    }
    shop.git(0, &["checkout", "--quiet", "topic"]);
    assert_eq!(runs(&shop, "git checkout main && git merge topic && git push").0, 2);
    assert_eq!(runs(&shop, "git commit -m fix && git push").0, 0);
}

#[test]
fn the_home_of_a_branch_is_known_by_any_address() {
    let (remote, shop) = spent();
    let path = remote.path.display().to_string();
    for push in [format!("git push {path} main"), format!("git push file://{path}/ main")] {
        assert_eq!(runs(&shop, &push).0, 2, "{push}");
    }
    shop.git(0, &["remote", "set-url", "origin", "git@example.org:o/r.git"]);
    shop.git(0, &["remote", "add", "again", "ssh://git@example.org/o/r"]);
    shop.git(0, &["remote", "add", "fork", "https://example.org/me/r.git"]);
    assert_eq!(runs(&shop, "git push https://example.org/o/r.git main").0, 2);
    assert_eq!(runs(&shop, "git push again main").0, 2);
    assert_eq!(runs(&shop, "git push fork main").0, 0);
    // What git is told to push where nobody says.
    shop.git(0, &["checkout", "--quiet", "-b", "topic"]);
    assert_eq!(runs(&shop, "git push").0, 0);
    shop.git(0, &["config", "remote.origin.push", "HEAD:refs/heads/main"]);
    assert_eq!(runs(&shop, "git push").0, 2);
    shop.git(0, &["config", "--unset", "remote.origin.push"]);
    shop.git(0, &["config", "remote.origin.mirror", "true"]);
    assert_eq!(runs(&shop, "git push").0, 2);
}

#[test]
fn a_refusal_never_says_a_part_of_a_command() {
    let (_remote, shop) = spent();
    let long = format!("kamal deploy --version {} --config-file config/deploy.yml -d production", shop.id("HEAD"));
    for command in [long.as_str(), "T=x; kamal deploy --roles $T"] {
        let (_, _, error) = runs(&shop, command);
        assert!(error.contains("the same behind `deploy-rhythm run --environment production --wait 2h"), "{error}");
        assert!(!error.contains("-- kamal"), "{error}");
    }
    assert!(runs(&shop, "kamal deploy -v -d production").2.contains("-- kamal deploy -v -d production`."));
}

#[test]
fn what_time_does_not_open_comes_before_what_it_does() {
    let frozen = "  zeta:\n    trigger: push\n    hard-mandatory: [{freeze: {from: 2020-01-01T00:00:00Z, to: 2099-01-01T00:00:00Z, because: stock}}]\n";
    let (_remote, shop) = shop(&format!("{ONE_PUSH}{frozen}"));
    shop.commit(2, "Second");
    assert_eq!(git(&shop, &["push", "--quiet"]).0, 0);
    shop.commit(3, "Third");
    let (code, _, error) = runs(&shop, "git push");
    assert_eq!(code, 2);
    assert!(error.contains("(zeta)") && error.contains("freeze: "), "{error}");
}

#[test]
fn what_cannot_deploy_passes_unheard() {
    let (_remote, shop) = spent();
    shop.write(".github/workflows/lint.yml", "on: workflow_dispatch\njobs: {lint: {steps: [{run: cargo clippy}]}}\n");
    for command in [
        "git commit -m 'git push origin main'",
        "git push origin HEAD:topic",
        "git push --dry-run",
        "git push origin --delete topic",
        "git push --tags",
        "git push origin v1.2",
        "cat <<EOF\ngit push\nEOF",
        "echo 'kamal deploy'",
        "kamal app logs -f",
        "kamal deploy -d staging",
        "make ship-it",
        "gh workflow run lint.yml",
        "gh pr view 12",
        "deploy-rhythm run --wait 2h -- kamal deploy",
        "git push; )(",
        &"(".repeat(3000),
        &"{ ".repeat(8000),
        &"{".repeat(60_000),
        &"if ".repeat(5000),
        &"while ".repeat(3000),
        &"case x in a) ".repeat(3000),
        &"coproc ".repeat(8000),
        &"$[".repeat(20_000),
        "fly deploy --help",
        "bin/deploy --version",
        "cat .github/deploy-rhythm.yml",
        "rm -rf target",
    ] {
        assert_eq!(runs(&shop, command), (0, String::new(), String::new()), "{command}");
    }
    for input in [
        "",
        "no JSON",
        "{}",
        "[1]",
        r#"{"tool_name": "Bash"}"#,
        r#"{"tool_name": "Bash", "cwd": "/", "tool_input": {"command": "git push"}}"#,
    ] {
        let answer = ran(alone(&shop, TOOL, &["hook", "claude-code"]), input);
        assert_eq!(answer, (0, String::new(), String::new()), "{input}");
    }
    assert_eq!(asked(&shop, "WebFetch", &json!({"url": "https://example.org"})).0, 0);
}

#[test]
fn ways_round_the_gate_are_answered() {
    let (_remote, shop) = shop(ONE_PUSH);
    assert_eq!(output(&shop, &["init", "--hook", "all"]).0, 0);
    assert_eq!(output(&shop, &["run", "--", "true"]).0, 0);
    shop.commit(2, "Second");
    assert_eq!(runs(&shop, "git push").0, 0);
    for command in [
        "git push --no-verify",
        "git -c core.hooksPath=/dev/null push",
        "git config core.hooksPath /dev/null",
        "kamal deploy -H",
        "KAMAL_LOCK=true kamal deploy",
        "deploy-rhythm run --policy continuous -- kamal deploy",
        "deploy-rhythm run --policy continuous -- kamal deploy --version abc",
        "DEPLOY_RHYTHM_LEDGER=x.sqlite deploy-rhythm run -- kamal deploy",
        "deploy-rhythm init --hook all --remove",
        "rm .git/hooks/pre-push",
        "rm -rf .git/deploy-rhythm",
        "sed -i 's/exit 1/exit 0/' .kamal/hooks/pre-deploy",
        "echo '{}' > .claude/settings.json",
        "sqlite3 .git/deploy-rhythm/ledger.sqlite 'delete from rollouts'",
        "export DEPLOY_RHYTHM_LEDGER=/tmp/x; deploy-rhythm run -- kamal deploy",
        "rm -f .claude/*",
        "rm .cl*/settings.{json,bak}",
        "git rm .claude/settings.json",
        "git mv .kamal/hooks/pre-deploy x",
        "git checkout HEAD~1 -- .claude",
        "git -C .kamal restore hooks",
        "echo '{\"disableAllHooks\": true}' > .claude/settings.local.json",
    ] {
        let (code, _, error) = runs(&shop, command);
        assert_eq!(code, 2, "{command}: {error}");
        assert!(error.starts_with("deploy-rhythm: REJECT: "), "{command}: {error}");
    }
    let write = |file: &str, content: &str| {
        asked(&shop, "Write", &json!({"file_path": shop.path.join(file), "content": content}))
    };
    assert_eq!(write(".claude/settings.json", "{}").0, 2);
    assert_eq!(write(".git/hooks/pre-push", "#!/bin/sh\n").0, 2);
    assert_eq!(write("README.md", "deploys"), (0, String::new(), String::new()));
    let (code, out, _) = write(".github/deploy-rhythm.yml", "version: 1\n");
    let said: Json = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &said["hookSpecificOutput"]["hookEventName"]), (0, &json!("PreToolUse")));
    let edit = |tool: &str, file: &str, old: &str, new: &str| {
        asked(&shop, tool, &json!({"file_path": shop.path.join(file), "old_string": old, "new_string": new})).0
    };
    let settings = ".claude/settings.json";
    assert_eq!(edit("Edit", settings, "30", "60"), 0);
    assert_eq!(edit("Edit", settings, "deploy-rhythm hook", "true # deploy-rhythm hook"), 2);
    assert_eq!(edit("Edit", settings, "PreToolUse", "PostToolUse"), 2);
    assert_eq!(edit("Edit", settings, "Bash|", ""), 2);
    assert_eq!(edit("Edit", settings, "\"timeout\"", "\"async\": true, \"timeout\""), 2);
    assert_eq!(edit("Edit", settings, "not there", "disableAllHooks"), 0);
    assert_eq!(write(".claude/settings.local.json", r#"{"disableAllHooks": true}"#).0, 2);
    assert_eq!(write(".claude/settings.local.json", r#"{"model": "x"}"#).0, 0);
    let notebook = json!({"notebook_path": shop.path.join(".git/hooks/pre-push"), "new_source": ""});
    assert_eq!(asked(&shop, "NotebookEdit", &notebook).0, 2);
}

#[test]
fn what_cannot_be_known_or_is_no_hook_is_written_unheard() {
    let (_remote, shop) = shop(ONE_PUSH);
    assert_eq!(output(&shop, &["init", "--hook", "all"]).0, 0);
    for command in [
        "echo hi > \"$LOG\"",
        "for f in *.bak; do rm \"$f\"; done",
        "T=$(mktemp); ls > $T; rm -f $T",
        "tee \"$LOG\" < x",
        "cp README.md \"$OUT\"",
        "rm -f *.bak .claude/*.tmp",
        "git checkout . && git restore .",
        "git checkout main",
        "git restore --staged .claude/settings.json",
        "echo '{}' > .claude/settings.local.json",
    ] {
        assert_eq!(runs(&shop, command), (0, String::new(), String::new()), "{command}");
    }
}

#[test]
fn hooks_are_kept_wherever_they_lie() {
    let (_remote, other) = shop(ONE_PUSH);
    other.git(0, &["config", "core.hooksPath", ".husky/_"]);
    other.write(".husky/pre-push", "#!/bin/sh\nnpm test\n");
    assert_eq!(output(&other, &["init", "--hook", "all"]).0, 0);
    let (_remote, here) = shop(ONE_PUSH);
    assert_eq!(runs(&other, "rm .husky/pre-push").0, 2);
    // From another repository than the one that the agent is in.
    let path = other.path.display();
    for command in
        [format!("rm {path}/.husky/pre-push"), format!("rm -rf {path}"), format!("git -C {path} rm -r .claude")]
    {
        assert_eq!(runs(&here, &command).0, 2, "{command}");
    }
    let input = json!({"file_path": other.path.join(".husky/pre-push"), "content": ""});
    assert_eq!(asked(&here, "Write", &input).0, 2);
    // The commands that deploy are those of the folder's policy.
    let (_remote, spent) = spent();
    let plain = Fixture::new();
    let command = format!("cd {} && make ship", spent.path.display());
    assert!(runs(&plain, &command).2.contains("min-interval"));
}
