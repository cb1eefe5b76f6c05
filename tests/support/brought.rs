//! What `tests/bring` brings for the tests: GitHub's own documents and examples, and an independent emulator.

#![allow(dead_code, reason = "each test uses some of it")]

use std::path::PathBuf;
use std::sync::LazyLock;

use serde_json::Value;

/// The folder that packages are brought into.
pub fn folder() -> PathBuf {
    let default = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/brought");
    #[expect(clippy::disallowed_methods, reason = "a test may be told where the packages are")]
    std::env::var("DEPLOY_RHYTHM_BROUGHT").map_or_else(|_| default(), PathBuf::from)
}

/// A file of a package, where it is there. Without it the test says that it was skipped, or fails where
/// `DEPLOY_RHYTHM_BROUGHT` says that everything has been brought.
pub fn file(package: &str, path: &str) -> Option<PathBuf> {
    let place = folder().join("node_modules").join(package).join(path);
    if place.is_file() {
        return Some(place);
    }
    let promised = std::env::var_os("DEPLOY_RHYTHM_BROUGHT").is_some();
    assert!(!promised, "{} is missing: run tests/bring", place.display());
    None
}

pub fn text(package: &str, path: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "a package is read whole")]
    file(package, path).map(|place| std::fs::read_to_string(place).expect("a readable file"))
}

pub fn json(package: &str, path: &str) -> Option<Value> {
    text(package, path).map(|text| serde_json::from_str(&text).expect("JSON"))
}

/// A Node that runs what was brought: the one that came with it, which there is for Linux.
pub fn node() -> Option<PathBuf> {
    let machine = if std::env::consts::ARCH == "aarch64" { "arm64" } else { "x64" };
    cfg!(target_os = "linux").then(|| file(&format!("node-linux-{machine}"), "bin/node")).flatten()
}

/// Says that a test did not run.
pub fn skipped(what: &str) {
    use std::io::Write;
    drop(writeln!(std::io::stderr(), "skipped: {what}: tests/bring has not been run"));
}

static EXAMPLES: LazyLock<Option<Value>> =
    LazyLock::new(|| json("@octokit/webhooks-examples", "api.github.com/index.json"));

/// GitHub's own example of what a webhook sends; events without an action have an empty one.
pub fn payload(event: &str, action: &str) -> Option<Value> {
    let events = EXAMPLES.as_ref()?.as_array()?;
    let all = events.iter().find(|known| known["name"] == event).and_then(|known| known["examples"].as_array());
    let found = all.and_then(|all| all.iter().find(|example| example["action"].as_str().unwrap_or_default() == action));
    Some(found.unwrap_or_else(|| panic!("GitHub has no example of {event} {action}")).clone())
}
