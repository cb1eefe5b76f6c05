//! A shop whose jobs deploy it: a policy and a workflow on `main`, and checkouts as jobs make them.

#![allow(dead_code, reason = "each test uses some of it")]

use std::path::Path;

use super::ledger::output;
use super::repo::Fixture;

pub const ORIGIN: [&str; 2] = ["--ledger", "git:origin"];

/// At most one rollout at a time, one an hour.
pub const PACED: &str = "version: 1\nenvironments:\n  production:\n    hard-mandatory:\n      - no-overlap: {drain: 0s, stale-after: 1h}\n      - max-frequency: {deploys: 1, per: 1h}\nhooks: {without-terminal: [ada]}\n";

/// One rollout at a time.
pub const ALONE: &str = "version: 1\nenvironments:\n  production:\n    hard-mandatory:\n      - no-overlap: {drain: 0s, stale-after: 1h}\nhooks: {without-terminal: [ada]}\n";

pub const WORKFLOW: &str = "\
on: push
permissions: {contents: write}
jobs:
  gate:
    runs-on: ubuntu-latest
    steps: [{uses: acme/deploy-rhythm@v1, with: {mode: deploy}}]
  ship:
    needs: gate
    if: needs.gate.outputs.verdict == 'approve'
    environment: production
    runs-on: ubuntu-latest
    steps: [{run: make deploy}]
";

/// A remote with a policy and a workflow on `main`, whose ledger is complete.
pub fn shop(policy: &str, workflow: &str) -> (Fixture, Fixture) {
    let hub = Fixture::bare();
    let work = shop_at(&hub.path, policy, workflow);
    (hub, work)
}

/// The same at a remote that is there.
pub fn shop_at(hub: &Path, policy: &str, workflow: &str) -> Fixture {
    let work = Fixture::new();
    work.write(".github/deploy-rhythm.yml", policy);
    work.write(".github/workflows/deploy.yml", workflow);
    work.commit(1, "First");
    work.git(1, &["remote", "add", "origin", &format!("file://{}", hub.display())]);
    work.git(1, &["push", "--quiet", "origin", "main"]);
    work.git(1, &["fetch", "--quiet", "origin"]);
    let since =
        ["ledger", "adopt", "--environment", "production", "--since", "2026-01-01T00:00:00Z", "--because", "begin"];
    let (code, out, error) = output(&work, &[&since[..], &ORIGIN].concat());
    assert_eq!(code, 0, "{out}{error}");
    work
}

/// A checkout as actions/checkout makes it: all branches, one of them checked out, and no default one named.
pub fn checkout(hub: &Fixture, revision: &str) -> Fixture {
    checkout_of(&hub.path, revision)
}

pub fn checkout_of(hub: &Path, revision: &str) -> Fixture {
    let made = Fixture::new();
    made.git(0, &["remote", "add", "origin", &format!("file://{}", hub.display())]);
    made.git(0, &["fetch", "--quiet", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*"]);
    made.git(0, &["checkout", "--quiet", "--force", "-B", "main", revision]);
    made
}

pub fn push(work: &Fixture, at: i64, subject: &str) -> String {
    let commit = work.commit(at, subject);
    work.git(at, &["push", "--quiet", "origin", "main"]);
    commit.to_string()
}
