//! A clone whose pushes are judged, and programs that find the tool on their path.

#![allow(dead_code, reason = "each test uses some of it")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use super::ledger::finish;
use super::repo::Fixture;

pub const TOOL: &str = env!("CARGO_BIN_EXE_deploy-rhythm");

/// A clone with a policy, of a bare remote; the tool is on its path.
pub fn shop(policy: &str) -> (Fixture, Fixture) {
    let remote = Fixture::bare();
    let shop = Fixture::new();
    shop.write(".github/deploy-rhythm.yml", policy);
    shop.commit(1, "First");
    shop.git(0, &["remote", "add", "origin", &format!("file://{}", remote.path.display())]);
    assert_eq!(git(&shop, &["push", "--quiet", "--set-upstream", "origin", "main"]).0, 0);
    shop.git(0, &["remote", "set-head", "origin", "main"]);
    (remote, shop)
}

pub fn path() -> std::ffi::OsString {
    let mut folders = vec![Path::new(TOOL).parent().expect("a folder").to_owned()];
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    std::env::join_paths(folders).expect("a path")
}

/// Runs a program with the tool on its path: exit code, standard output, standard error.
pub fn ran(mut command: Command, input: &str) -> (i32, String, String) {
    let mut child = command.env("PATH", path()).stdin(Stdio::piped()).spawn().expect("it runs");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    finish(child)
}

pub fn git(shop: &Fixture, words: &[&str]) -> (i32, String, String) {
    let mut command = shop.command(&shop.path, 0);
    // When a push was made is what its log says, by the clock.
    command.env_remove("GIT_COMMITTER_DATE").args(words).stdout(Stdio::piped()).stderr(Stdio::piped());
    ran(command, "")
}

pub const ONE_PUSH: &str = "version: 1
hooks: {deploy-commands: [make ship]}
environments:
  production:
    hard-mandatory:
      - push-frequency: {pushes: 2, per: 1h}
        owner: platform
      - fix-chain: {fixes: 2, within: 1h}
";
