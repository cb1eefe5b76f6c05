//! The real binary, in an environment of its own.

use assert_cmd::Command;

use super::repo::Fixture;

/// Runs it in a repository; returns its exit code, standard output and standard error.
pub fn run(fixture: &Fixture, arguments: &[&str]) -> (i32, String, String) {
    run_with(fixture, arguments, "")
}

/// Runs it with something on standard input.
pub fn run_with(fixture: &Fixture, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut command = Command::cargo_bin("deploy-rhythm").expect("the binary");
    command.current_dir(&fixture.path).env_clear().env("HOME", &fixture.path).args(arguments).write_stdin(input);
    let output = command.output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("an exit code"), text(output.stdout), text(output.stderr))
}
