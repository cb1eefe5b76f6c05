//! An independent emulator of GitHub, as a peer: what works with our own fake alone may share its errors.
//!
//! It knows repositories, contents, pull requests, comments, permissions and check runs; it has no deployments, runs,
//! environments, commit statuses or GraphQL. It takes any token it does not know for its first user, calls members of an
//! organisation administrators, and tells `role_name` rightly where `permission` is wrong: use repositories of people. Of a pull
//! request it counts no files and too many commits, and the issue beside it does not say that it is one.

#![allow(dead_code, reason = "each test uses some of it")]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::brought;

/// The token of `ada`, who owns `ada/shop`.
pub const ADA: &str = "token-ada";
/// The token of `eve`, who may write to it once she is invited.
pub const EVE: &str = "token-eve";

const SEED: &str = "
tokens:
  token-ada: {login: ada, scopes: [repo, user]}
  token-eve: {login: eve, scopes: [repo, user]}
github:
  users: [{login: ada, name: Ada}, {login: eve, name: Eve}]
  repos: [{owner: ada, name: shop, auto_init: true}]
";

/// A running emulator, which ends with it.
pub struct Emulate {
    child: Child,
    pub url: String,
    _home: TempDir,
}

impl Emulate {
    /// Starts it; none where it has not been brought, which is said.
    pub fn start() -> Option<Self> {
        let script = brought::file("emulate", "dist/index.js");
        let node = brought::node();
        let (Some(script), Some(node)) = (script, node) else {
            brought::skipped("the emulator of GitHub");
            return None;
        };
        let home = TempDir::new().expect("a directory");
        let seed = home.path().join("seed.yaml");
        #[expect(clippy::disallowed_methods, reason = "the emulator reads its seed from a file")]
        std::fs::write(&seed, SEED).expect("a seed");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        let url = format!("http://127.0.0.1:{port}");
        let mut command = Command::new(node);
        command.arg(script).args(["start", "--service", "github", "--host", "127.0.0.1", "--base-url", &url]);
        command.args(["--port", &port.to_string(), "--seed"]).arg(seed).current_dir(home.path());
        command.env_clear().env("HOME", home.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().expect("the emulator starts");
        let mut emulate = Self { child, url, _home: home };
        emulate.wait();
        Some(emulate)
    }

    /// Waits until it answers, or says why it does not.
    fn wait(&mut self) {
        for _ in 0..300 {
            if std::net::TcpStream::connect(self.url.trim_start_matches("http://")).is_ok() {
                return;
            }
            if self.child.try_wait().expect("a process").is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        drop(self.child.kill());
        let said: Vec<String> = self
            .child
            .stderr
            .take()
            .map(BufReader::new)
            .into_iter()
            .flat_map(|said| said.lines().map_while(Result::ok))
            .collect();
        panic!("the emulator does not answer: {}", said.join("\n"));
    }
}

impl Drop for Emulate {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
