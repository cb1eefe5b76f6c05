//! What GitHub knows: things are kept as they are shown, so that a test can change any of it.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use super::git::Git;
use super::server::Fault;

/// How many requests an hour a token has.
const LIMIT: u64 = 5000;

pub struct State {
    /// The base of REST.
    pub api: String,
    pub now: Option<DateTime<Utc>>,
    next: u64,
    /// Ids of users, by login.
    pub users: BTreeMap<String, u64>,
    pub tokens: BTreeMap<String, Token>,
    pub teams: BTreeMap<(String, String), Vec<String>>,
    pub repos: BTreeMap<String, Repository>,
    pub faults: Vec<Planned>,
    pub record: Vec<Exchange>,
    /// GitHub promises no order of the statuses that GraphQL gives; newest first, unless a test wants the other.
    pub statuses_oldest_first: bool,
}

pub struct Token {
    pub login: String,
    /// Permissions and their levels; none is every permission.
    pub permissions: Option<BTreeMap<String, String>>,
    pub expired: bool,
    pub limit: u64,
    pub remaining: u64,
    pub reset: i64,
}

/// A fault that is to come.
pub struct Planned {
    pub route: String,
    pub passes: usize,
    pub times: usize,
    pub fault: Fault,
}

/// A request and what was answered.
#[derive(Clone, Debug)]
pub struct Exchange {
    pub method: String,
    pub path: String,
    /// The template of the route, where there is one.
    pub template: Option<&'static str>,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Value,
    pub status: u16,
    pub answer: Value,
    /// Whether the answer is the fault that the test asked for.
    pub faulty: bool,
}

impl Exchange {
    pub fn is(&self, route: &str) -> bool {
        named(route, &self.method, self.template.unwrap_or(&self.path))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Whether a test's word for a route means this one.
pub fn named(route: &str, method: &str, template: &str) -> bool {
    match route.split_once(' ') {
        Some((verb, end)) => verb == method && template.ends_with(end),
        None => route == "*" || template.ends_with(route),
    }
}

/// A repository and all that belongs to it.
pub struct Repository {
    pub id: u64,
    pub full_name: String,
    pub default_branch: String,
    pub private: bool,
    pub git: Git,
    /// Role names by login.
    pub roles: BTreeMap<String, String>,
    pub deployments: Vec<Value>,
    /// Statuses by the deployment's id, oldest first.
    pub deployment_statuses: BTreeMap<u64, Vec<Value>>,
    pub environments: Vec<Value>,
    /// Custom protection rules by environment.
    pub protection_rules: BTreeMap<String, Vec<Value>>,
    /// Newest last.
    pub activity: Vec<Value>,
    pub workflows: Vec<Value>,
    pub runs: Vec<Value>,
    /// Earlier attempts by the run's id.
    pub attempts: BTreeMap<u64, Vec<Value>>,
    pub jobs: BTreeMap<u64, Vec<Value>>,
    /// Deployments that a run waits for.
    pub pending: BTreeMap<u64, Vec<Value>>,
    /// What protection rules and reviewers said of a run.
    pub reviews_of_runs: Vec<(u64, Value)>,
    pub checks: Vec<Value>,
    pub annotations: BTreeMap<u64, Vec<Value>>,
    pub statuses: Vec<(String, Value)>,
    /// Issues and pull requests, which share their numbers.
    pub issues: Vec<Value>,
    pub issue_events: BTreeMap<u64, Vec<Value>>,
    pub comments: Vec<(u64, Value)>,
    /// When comments were edited last, by their ids.
    pub edits: BTreeMap<u64, String>,
    pub reactions: Vec<(u64, Value)>,
    pub labels: Vec<Value>,
    pub pulls: Vec<Value>,
    pub pull_reviews: BTreeMap<u64, Vec<Value>>,
    /// Events that `POST /dispatches` made.
    pub dispatches: Vec<Value>,
    pub sarifs: Vec<Value>,
}

impl State {
    pub fn new(api: String) -> Self {
        let mut state = Self {
            api,
            now: None,
            next: 1000,
            users: BTreeMap::new(),
            tokens: BTreeMap::new(),
            teams: BTreeMap::new(),
            repos: BTreeMap::new(),
            faults: Vec::new(),
            record: Vec::new(),
            statuses_oldest_first: false,
        };
        state.make_token(super::TOKEN, "github-actions[bot]", &[]);
        state
    }

    /// A number that nothing else has.
    pub fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub fn clock(&self) -> DateTime<Utc> {
        #[expect(clippy::disallowed_methods, reason = "a server's clock is the real one, until a test sets it")]
        self.now.unwrap_or_else(Utc::now)
    }

    pub fn stamp(&self) -> String {
        shown(self.clock())
    }

    pub fn user_id(&mut self, login: &str) -> u64 {
        if let Some(id) = self.users.get(login) {
            return *id;
        }
        let id = self.id();
        self.users.insert(login.to_owned(), id);
        id
    }

    pub fn make_token(&mut self, secret: &str, login: &str, permissions: &[&str]) {
        self.user_id(login);
        let split = |word: &&str| word.split_once('=').map(|(name, level)| (name.to_owned(), level.to_owned()));
        let permissions = (!permissions.is_empty()).then(|| permissions.iter().filter_map(split).collect());
        let reset = self.clock().timestamp() + 3600;
        let token =
            Token { login: login.to_owned(), permissions, expired: false, limit: LIMIT, remaining: LIMIT, reset };
        self.tokens.insert(secret.to_owned(), token);
    }

    pub fn make_repo(&mut self, full_name: &str) {
        let (owner, _) = full_name.split_once('/').expect("owner/name");
        self.user_id(owner);
        if self.repos.contains_key(full_name) {
            return;
        }
        let repository = Repository {
            id: self.id(),
            full_name: full_name.to_owned(),
            default_branch: "main".to_owned(),
            private: false,
            git: Git::new(),
            roles: BTreeMap::from([(owner.to_owned(), "admin".to_owned())]),
            deployments: Vec::new(),
            deployment_statuses: BTreeMap::new(),
            environments: Vec::new(),
            protection_rules: BTreeMap::new(),
            activity: Vec::new(),
            workflows: Vec::new(),
            runs: Vec::new(),
            attempts: BTreeMap::new(),
            jobs: BTreeMap::new(),
            pending: BTreeMap::new(),
            reviews_of_runs: Vec::new(),
            checks: Vec::new(),
            annotations: BTreeMap::new(),
            statuses: Vec::new(),
            issues: Vec::new(),
            issue_events: BTreeMap::new(),
            comments: Vec::new(),
            edits: BTreeMap::new(),
            reactions: Vec::new(),
            labels: Vec::new(),
            pulls: Vec::new(),
            pull_reviews: BTreeMap::new(),
            dispatches: Vec::new(),
            sarifs: Vec::new(),
        };
        self.repos.insert(full_name.to_owned(), repository);
    }

    pub fn repo(&mut self, full_name: &str) -> &mut Repository {
        self.repos.get_mut(full_name).expect("a repository of the test")
    }
}

/// An instant as GitHub shows it.
pub fn shown(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// An instant of a test, as GitHub shows it.
pub fn stamp(at: &str) -> String {
    shown(at.parse().expect("an instant"))
}

/// The thing of a list whose field has a value.
pub fn find<'a>(list: &'a [Value], field: &str, value: &Value) -> Option<&'a Value> {
    list.iter().find(|item| &item[field] == value)
}

pub fn find_mut<'a>(list: &'a mut [Value], field: &str, value: &Value) -> Option<&'a mut Value> {
    list.iter_mut().find(|item| &item[field] == value)
}
