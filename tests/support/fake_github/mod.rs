//! A GitHub that lives in the test: stateful, on a port of its own, as strict as GitHub says it is.
//!
//! ```ignore
//! let hub = FakeGitHub::start();                          // or FakeGitHub::enterprise(), under /api/v3
//! let shop = hub.repo("acme/shop");                       // a real git repository behind it
//! shop.role("ada", "maintain");
//! let sha = shop.commit("main", "ada", "Add the cart", "2026-01-01T09:00:00Z", &[("cart.txt", "1")]);
//! shop.deploy("production", &sha, "2026-01-01T10:00:00Z").status("in_progress", "2026-01-01T10:01:00Z")
//!     .status("success", "2026-01-01T10:05:00Z");
//! // GITHUB_API_URL = hub.url(), GITHUB_GRAPHQL_URL = hub.graphql_url(), GITHUB_TOKEN = TOKEN
//! hub.fault("/graphql", Fault::Status(502), 2);           // the next two requests to that route
//! assert!(hub.count("/graphql") <= 3);                    // or hub.total(), hub.requests()
//! ```
//!
//! A route is named by the end of its template in GitHub's document, with or without a method before it:
//! `/deployments`, `POST /repos/{owner}/{repo}/check-runs`, `/graphql`, `*`.
//!
//! [`TOKEN`] is the job's own token, of `github-actions[bot]`, which may do everything until
//! [`FakeGitHub::permit`] says otherwise; [`FakeGitHub::token`] makes more. The clock is the real one until
//! [`FakeGitHub::now`] sets it. What no builder makes, [`FakeGitHub::edit`] does: things are kept as they are shown.
//!
//! At its end every fake holds all requests and answers that passed through it against GitHub's own OpenAPI document,
//! and all queries against GitHub's own GraphQL schema (`judge.rs`), where `tests/bring` has brought them; a request
//! to a route that the fake lacks fails the test in any case. Nothing here is an emulation of what GitHub does beyond
//! that: `tests/support/emulate.rs` starts an independent one.

#![allow(dead_code, unused_imports, reason = "each test uses some of it")]
#![allow(clippy::unnecessary_wraps, reason = "all handlers have one signature")]

mod actions;
mod builder;
mod checks;
mod deployments;
mod git;
mod graphql;
mod issues;
mod judge;
mod members;
mod pulls;
mod routes;
mod run;
mod server;
mod shape;
mod state;
mod tree;

use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use builder::{Deployment, Repo};
pub use graphql::SCHEMA;
pub use run::Run;
use serde_json::Value;
pub use server::Fault;
pub use state::{Exchange, State, Token};

/// The token of the job itself.
pub const TOKEN: &str = "ghs_0123456789abcdefghijklmnopqrstuvwxyz";

/// One GitHub.
pub struct FakeGitHub {
    hub: Hub,
    address: String,
    prefix: &'static str,
    stop: Arc<AtomicBool>,
    /// What the judge is not to hear, by the end of its words.
    allowed: Vec<String>,
}

/// What tests and the server share.
#[derive(Clone)]
pub struct Hub(Arc<Mutex<State>>);

impl Hub {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FakeGitHub {
    /// As api.github.com.
    pub fn start() -> Self {
        Self::under("")
    }

    /// As GitHub Enterprise Server: everything under `/api`.
    pub fn enterprise() -> Self {
        Self::under("/api/v3")
    }

    fn under(prefix: &'static str) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let hub = Hub(Arc::new(Mutex::new(State::new(format!("http://{address}{prefix}")))));
        let stop = Arc::new(AtomicBool::new(false));
        server::serve(listener, hub.clone(), prefix, Arc::clone(&stop));
        Self { hub, address, prefix, stop, allowed: Vec::new() }
    }

    /// The base of REST, without a slash at its end.
    pub fn url(&self) -> String {
        format!("http://{}{}", self.address, self.prefix)
    }

    pub fn graphql_url(&self) -> String {
        format!("http://{}{}/graphql", self.address, self.prefix.trim_end_matches("/v3"))
    }

    /// A repository, made where it does not exist; public, with `main` as its default branch.
    pub fn repo(&self, full_name: &str) -> Repo {
        self.hub.state().make_repo(full_name);
        Repo { hub: self.hub.clone(), name: full_name.to_owned() }
    }

    /// Everything, to look at or to change.
    pub fn edit<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.hub.state())
    }

    /// Sets the clock.
    pub fn now(&self, at: &str) {
        self.hub.state().now = Some(at.parse().expect("an instant"));
    }

    /// A token of somebody, with permissions such as `deployments=read`; none is every permission.
    pub fn token(&self, secret: &str, login: &str, permissions: &[&str]) {
        self.hub.state().make_token(secret, login, permissions);
    }

    /// What the job's own token may do from now on.
    pub fn permit(&self, permissions: &[&str]) {
        self.token(TOKEN, "github-actions[bot]", permissions);
    }

    /// The token is good no longer.
    pub fn expire(&self, secret: &str) {
        self.edit(|state| state.tokens.get_mut(secret).expect("a token").expired = true);
    }

    /// Requests that the token has left, and the second at which there are more.
    pub fn remaining(&self, secret: &str, remaining: u64, reset: i64) {
        self.edit(|state| {
            let token = state.tokens.get_mut(secret).expect("a token");
            (token.remaining, token.reset) = (remaining, reset);
        });
    }

    /// A team of an organisation.
    pub fn team(&self, org: &str, slug: &str, members: &[&str]) {
        let members = members.iter().map(|login| (*login).to_owned()).collect();
        self.edit(|state| state.teams.insert((org.to_owned(), slug.to_owned()), members));
    }

    /// The next requests to a route meet a fault.
    pub fn fault(&self, route: &str, fault: Fault, times: usize) {
        self.fault_after(0, route, fault, times);
    }

    /// Some requests to a route pass, and the next ones meet a fault.
    pub fn fault_after(&self, passes: usize, route: &str, fault: Fault, times: usize) {
        self.edit(|state| state.faults.push(state::Planned { route: route.to_owned(), passes, times, fault }));
    }

    /// What was asked, in order.
    pub fn requests(&self) -> Vec<Exchange> {
        self.hub.state().record.clone()
    }

    /// How many requests a route got.
    pub fn count(&self, route: &str) -> usize {
        self.hub.state().record.iter().filter(|exchange| exchange.is(route)).count()
    }

    pub fn total(&self) -> usize {
        self.hub.state().record.len()
    }

    /// Bodies of the requests that a route got.
    pub fn bodies(&self, route: &str) -> Vec<Value> {
        self.requests().into_iter().filter(|exchange| exchange.is(route)).map(|exchange| exchange.body).collect()
    }

    /// Forgets what was asked until now, after judging it.
    pub fn forget(&self) {
        self.judge();
        self.hub.state().record.clear();
    }

    /// The judge does not hear complaints that contain this: for tests of bad requests.
    pub fn allow(&mut self, complaint: &str) {
        self.allowed.push(complaint.to_owned());
    }

    /// Everything that differs from what GitHub documents.
    pub fn complaints(&self) -> Vec<String> {
        let record = self.requests();
        let mut found = judge::complaints(&record);
        found.retain(|complaint| !self.allowed.iter().any(|allowed| complaint.contains(allowed)));
        found
    }

    /// Fails where anything differs from what GitHub documents.
    pub fn judge(&self) {
        let found = self.complaints();
        assert!(found.is_empty(), "not as GitHub documents it:\n{}", found.join("\n"));
    }
}

impl Drop for FakeGitHub {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(&self.address));
        if !std::thread::panicking() {
            self.judge();
        }
    }
}
