//! A repository whose GitHub is the fake one.

#![allow(dead_code, reason = "each test uses some of it")]

use std::cell::Cell;

use assert_cmd::Command;

use super::fake_github::{FakeGitHub, Repo, TOKEN};
use super::repo::{Fixture, minute};

/// A minute after the beginning, as GitHub writes it.
pub fn at(minutes: i64) -> String {
    minute(minutes).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// A shop with a policy, here and at GitHub.
pub struct Shop {
    pub hub: FakeGitHub,
    pub hub_repo: Repo,
    pub fixture: Fixture,
    /// Its only commit.
    pub sha: String,
    token: Cell<bool>,
}

impl Shop {
    pub fn new(policy: &str) -> Self {
        Self::at(FakeGitHub::start(), policy)
    }

    pub fn at(hub: FakeGitHub, policy: &str) -> Self {
        let fixture = Fixture::new();
        fixture.write(".github/deploy-rhythm.yml", policy);
        let sha = fixture.commit(0, "Open the shop").to_string();
        let hub_repo = hub.repo("acme/shop");
        hub_repo.take(&fixture.path);
        Self { hub, hub_repo, fixture, sha, token: Cell::new(true) }
    }

    /// A deployment that ran between two minutes, or still runs.
    pub fn deployed(&self, environment: &str, start: i64, end: Option<i64>) {
        let one = self.hub_repo.deploy(environment, &self.sha, &at(start)).status("in_progress", &at(start));
        if let Some(end) = end {
            one.status("success", &at(end));
        }
    }

    /// The same, of a job of a run.
    pub fn in_run(&self, environment: &str, run: u64, start: i64, end: Option<i64>) {
        let link = format!("https://github.com/acme/shop/actions/runs/{run}/job/{start}");
        let one = self.hub_repo.deploy(environment, &self.sha, &at(start)).status("in_progress", &at(start));
        let one = one.change_status(|status| status["log_url"] = link.into());
        if let Some(end) = end {
            one.status("success", &at(end));
        }
    }

    /// What is done while nobody has a token.
    pub fn without_token<T>(&self, act: impl FnOnce() -> T) -> T {
        self.token.set(false);
        let done = act();
        self.token.set(true);
        done
    }

    /// The binary, in the shop, with the environment of a job.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::cargo_bin("deploy-rhythm").expect("the binary");
        command.current_dir(&self.fixture.path).env_clear().env("HOME", &self.fixture.path).args(words);
        command.env("GITHUB_API_URL", self.hub.url()).env("GITHUB_GRAPHQL_URL", self.hub.graphql_url());
        command.env("GITHUB_REPOSITORY", "acme/shop");
        if self.token.get() {
            command.env("GITHUB_TOKEN", TOKEN);
        }
        command
    }

    /// Its exit code, standard output and standard error.
    pub fn run(&self, words: &[&str]) -> (i32, String, String) {
        let output = self.command(words).output().expect("it runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        (output.status.code().expect("an exit code"), text(output.stdout), text(output.stderr))
    }
}
