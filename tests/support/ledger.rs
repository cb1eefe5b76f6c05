//! A repository with a ledger, and a check of what that recorded which knows nothing of the engine.

#![allow(dead_code, reason = "each test uses some of it")]

use std::process::{Child, Command, Stdio};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value as Json;

use super::repo::Fixture;

/// A policy in whole seconds, and what it means.
#[derive(Clone, Copy)]
pub struct Limits {
    pub deploys: usize,
    pub per: i64,
    pub drain: i64,
    pub stale_after: i64,
}

impl Limits {
    pub fn policy(&self) -> String {
        let Self { deploys, per, drain, stale_after } = self;
        format!(
            "version: 1\nenvironments:\n  production:\n    hard-mandatory:\n      - no-overlap: {{drain: {drain}s, stale-after: {stale_after}s}}\n      - max-frequency: {{deploys: {deploys}, per: {per}s}}\n"
        )
    }

    /// A repository with one commit and this policy on `main`.
    pub fn repository(&self) -> Fixture {
        let fixture = Fixture::new();
        fixture.write(".github/deploy-rhythm.yml", &self.policy());
        fixture.commit(1, "First");
        fixture
    }

    /// Holds recorded rollouts against the policy, by their times alone.
    pub fn complaints(&self, rollouts: &[Rollout]) -> Vec<String> {
        let mut complaints = Vec::new();
        let seconds = TimeDelta::seconds;
        for (index, later) in rollouts.iter().enumerate() {
            let recent = rollouts[..index].iter().filter(|one| one.start > later.start - seconds(self.per)).count();
            if recent + 1 > self.deploys {
                complaints.push(format!("{}: {recent} started in the {}s before it", later.id, self.per));
            }
            for earlier in &rollouts[..index] {
                let stale = earlier.start + seconds(self.stale_after);
                let end = earlier.finish.map_or(stale, |finish| finish.min(stale)) + seconds(self.drain);
                if later.start < end {
                    complaints.push(format!("{} started before {} was over", later.id, earlier.id));
                }
            }
        }
        complaints
    }
}

/// One rollout of the exported log.
pub struct Rollout {
    pub id: String,
    pub commit: String,
    pub state: String,
    pub start: DateTime<Utc>,
    pub finish: Option<DateTime<Utc>>,
}

/// What `ledger export` prints, by start.
pub fn exported(fixture: &Fixture) -> Vec<Rollout> {
    exported_from(fixture, &[])
}

/// The same from a ledger that arguments name.
pub fn exported_from(fixture: &Fixture, ledger: &[&str]) -> Vec<Rollout> {
    let text = output(fixture, &[&["ledger", "export"], ledger].concat()).1;
    let instant = |json: &Json| json.as_str().map(|text| text.parse().expect("an instant"));
    let text_of = |json: &Json| json.as_str().unwrap_or_default().to_owned();
    let mut all: Vec<Rollout> = text
        .lines()
        .map(|line| {
            let json: Json = serde_json::from_str(line).expect("JSON");
            Rollout {
                id: text_of(&json["id"]),
                commit: text_of(&json["commit"]),
                state: text_of(&json["state"]),
                start: instant(&json["started_at"]).expect("a start"),
                finish: instant(&json["finished_at"]),
            }
        })
        .collect();
    all.sort_by_key(|one| one.start);
    all
}

/// The binary, in an environment of its own.
pub fn binary(fixture: &Fixture, arguments: &[&str]) -> Command {
    alone(fixture, env!("CARGO_BIN_EXE_deploy-rhythm"), arguments)
}

/// A program that knows nothing of who runs the tests: a CI job's variables would change what it does.
pub fn alone(fixture: &Fixture, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.current_dir(&fixture.path).env_clear().env("HOME", &fixture.path).env("USER", "ada").args(arguments);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.envs(fixture.ledger.iter().map(|ledger| ("DEPLOY_RHYTHM_LEDGER", ledger)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it to its end: exit code, standard output, standard error.
pub fn output(fixture: &Fixture, arguments: &[&str]) -> (i32, String, String) {
    finish(binary(fixture, arguments).spawn().expect("it runs"))
}

/// Waits for its end.
pub fn finish(child: Child) -> (i32, String, String) {
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

/// Waits until something is so.
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    for _ in 0..600 {
        if so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("never: {what}");
}

/// The last line on standard error.
pub fn last(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}
