//! Conversations on the fake GitHub: somebody writes a comment, the workflow that it starts runs the action, and so does
//! the gate afterwards, in checkouts of the one repository.

#![allow(dead_code, reason = "each test uses some of it")]

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value as Json, json};

use super::brought::payload;
use super::fake_github::{FakeGitHub, Repo, TOKEN};
use super::ledger::output;
use super::repo::Fixture;
use super::runner::{Job, Used, text};

/// A gate that time does not open, and that an override lifts.
pub const SHUT: &str = "\
version: 1
timezone: Europe/Paris
chat: {issue: 1}
environments:
  production:
    hard-mandatory:
      - no-overlap: {drain: 0s, stale-after: 1h}
    soft-mandatory:
      - freeze: {from: 2026-01-01, to: 2099-01-01, because: nothing goes}
    override: {roles: [maintain, admin], people: [eve], expires: 2h, per-month: 3}
  staging: {}
hooks: {without-terminal: [ada]}
";

const WORKFLOW: &str = "\
on: push
permissions: {contents: write}
jobs:
  gate:
    runs-on: ubuntu-latest
    steps: [{uses: acme/deploy-rhythm@v1, with: {mode: deploy}}]
  ship:
    needs: gate
    if: needs.gate.outputs.verdict == 'approve'
    runs-on: ubuntu-latest
    steps: [{run: make deploy}]
";

/// A shop whose people talk: `ada` maintains it, `bob` writes, `eve` is named, `mallory` is nobody.
pub struct Talk {
    pub hub: FakeGitHub,
    pub repo: Repo,
    pub work: Fixture,
    /// How many jobs have run.
    runs: std::cell::Cell<u32>,
}

/// Seconds before this moment, as GitHub writes it.
pub fn ago(seconds: i64) -> String {
    #[expect(clippy::disallowed_methods, reason = "a conversation with a job happens now")]
    let now: DateTime<Utc> = Utc::now();
    (now - TimeDelta::seconds(seconds)).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A reply as it reads, once GitHub has rendered it.
pub fn plain(reply: &str) -> String {
    reply.replace("&#8288;", "").replace('\\', "")
}

impl Talk {
    pub fn new(policy: &str) -> Self {
        let hub = FakeGitHub::start();
        let repo = hub.repo("acme/shop");
        for (login, role) in [("ada", "maintain"), ("bob", "write"), ("eve", "read"), ("mallory", "read")] {
            repo.role(login, role);
        }
        assert_eq!(repo.issue("ada", "Overrides", "Here.", "2026-01-01T00:00:00Z"), 1);
        let work = Fixture::new();
        work.write(".github/deploy-rhythm.yml", policy);
        work.write(".github/workflows/deploy.yml", WORKFLOW);
        work.commit(1, "First");
        work.git(1, &["remote", "add", "origin", &format!("file://{}", repo.path().display())]);
        work.git(1, &["push", "--quiet", "origin", "main"]);
        work.git(1, &["fetch", "--quiet", "origin"]);
        let since = ["ledger", "adopt", "--ledger", "git:origin", "--environment", "production"];
        let since = [&since[..], &["--since", "2026-01-01T00:00:00Z", "--because", "begin"]].concat();
        let (code, out, error) = output(&work, &since);
        assert_eq!(code, 0, "{out}{error}");
        Self { hub, repo, work, runs: std::cell::Cell::new(100) }
    }

    /// A pull request of bob's, pushed long ago; its number and its head.
    pub fn pull(&self) -> (u64, String) {
        self.repo.branch("cart", "main");
        let head = self.repo.commit("cart", "bob", "Cart", "2026-01-02T00:00:00Z", &[("cart.txt", "1")]);
        (self.repo.pull("bob", "Cart", "cart", "2026-01-02T00:01:00Z"), head)
    }

    /// It is squashed onto `main`.
    pub fn merge(&self, number: u64) -> String {
        let merge = self.repo.commit("main", "bob", "Cart (#2)", "2026-01-03T00:00:00Z", &[("cart.txt", "1")]);
        self.repo.merged(number, "bob", &merge, "2026-01-03T00:00:00Z");
        merge
    }

    /// A checkout as actions/checkout makes it, of a revision.
    pub fn checkout(&self, revision: &str) -> Fixture {
        let made = Fixture::new();
        made.git(0, &["remote", "add", "origin", &format!("file://{}", self.repo.path().display())]);
        made.git(0, &["fetch", "--quiet", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*"]);
        made.git(0, &["checkout", "--quiet", "--force", "-B", "main", revision]);
        made
    }

    fn job(&self, checkout: &Fixture, event: &str) -> Job {
        self.runs.set(self.runs.get() + 1);
        let mut job = Job::of(checkout)
            .var("GITHUB_API_URL", &self.hub.url())
            .var("GITHUB_GRAPHQL_URL", &self.hub.graphql_url())
            .var("GITHUB_EVENT_NAME", event)
            .var("GITHUB_RUN_ID", &self.runs.get().to_string());
        TOKEN.clone_into(&mut job.token);
        job
    }

    /// Somebody writes a comment, a moment ago; its number.
    pub fn writes(&self, login: &str, number: u64, body: &str) -> u64 {
        self.repo.comment(number, login, body, &ago(20))
    }

    /// The event that a comment was.
    pub fn event(&self, number: u64, comment: u64) -> Json {
        let mut event =
            payload("issue_comment", "created").unwrap_or_else(|| json!({"action": "created", "issue": {}}));
        let state = self.hub.edit(|state| {
            let repo = state.repo("acme/shop");
            let is_pull = repo.pulls.iter().any(|pull| pull["number"] == number);
            let found = repo.comments.iter().find(|(_, one)| one["id"] == comment).map(|(_, one)| one.clone());
            (is_pull, found.expect("a comment"))
        });
        event["comment"] = state.1;
        event["issue"]["number"] = number.into();
        event["issue"].as_object_mut().expect("an issue").remove("pull_request");
        if state.0 {
            event["issue"]["pull_request"] = json!({"url": "https://api.github.example/pulls"});
        }
        event["repository"]["default_branch"] = "main".into();
        event
    }

    /// The workflow that an event starts.
    pub fn heard(&self, event: &Json) -> Used {
        let checkout = self.checkout("origin/main");
        let mut job = self.job(&checkout, "issue_comment");
        job.event(event);
        job.uses(&[("mode", "comment")])
    }

    /// Somebody writes a comment, and its workflow runs: what the bot replies, if it does.
    pub fn says(&self, login: &str, number: u64, body: &str) -> (u64, Option<String>) {
        let comment = self.writes(login, number, body);
        let before = self.replies(number).len();
        let used = self.heard(&self.event(number, comment));
        assert_eq!(used.code, 0, "{}", used.log);
        let replies = self.replies(number);
        assert!(replies.len() <= before + 1, "one reply: {replies:#?}");
        (comment, replies.get(before).map(|reply| plain(reply)))
    }

    /// What the bot wrote there.
    pub fn replies(&self, number: u64) -> Vec<String> {
        let all = self.repo.comments(number).into_iter();
        all.filter(|(login, _)| login == "github-actions[bot]").map(|(_, body)| body).collect()
    }

    /// The gate judges a revision.
    pub fn gate(&self, revision: &str) -> Used {
        let checkout = self.checkout(revision);
        self.job(&checkout, "push").uses(&[("mode", "deploy"), ("environment", "production")])
    }

    /// The same, and its report as JSON.
    pub fn judged(&self, revision: &str) -> Json {
        let checkout = self.checkout(revision);
        let job = self.job(&checkout, "push");
        let used = job.uses(&[("mode", "deploy"), ("environment", "production")]);
        serde_json::from_str(&text(used.output("report").as_ref())).unwrap_or_else(|_| panic!("{}", used.log))
    }

    /// Its verdict.
    pub fn verdict(&self, revision: &str) -> String {
        let used = self.gate(revision);
        assert!(!used.output("verdict").is_empty(), "{}", used.log);
        used.output("verdict").to_owned()
    }
}
