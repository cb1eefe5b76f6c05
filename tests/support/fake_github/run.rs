//! How tests speak of a workflow run.

use serde_json::{Value, json};

use super::builder::Repo;
use super::state::{find_mut, stamp};
use super::{deployments, shape};

/// A run of a workflow.
pub struct Run {
    pub(super) repo: Repo,
    pub id: u64,
}

impl Run {
    /// Changes what is shown of it.
    pub fn change(self, change: impl FnOnce(&mut Value)) -> Self {
        let id = self.id.into();
        self.repo.with(|state, repo| change(find_mut(&mut state.repo(repo).runs, "id", &id).expect("a run")));
        self
    }

    /// `queued`, `waiting`, `in_progress`, `requested` or `pending`.
    pub fn status(self, word: &str, at: &str) -> Self {
        self.change(|run| {
            run["status"] = word.into();
            run["updated_at"] = stamp(at).into();
        })
    }

    /// It ended: `success`, `failure`, `cancelled` and so on.
    pub fn ends(self, conclusion: &str, at: &str) -> Self {
        self.change(|run| run["conclusion"] = conclusion.into()).status("completed", at)
    }

    /// Somebody started it again: the earlier attempt stays to be asked for.
    pub fn again(self, login: &str, at: &str) -> Self {
        let who = self.repo.with(|state, _| shape::user(state, login));
        let id = self.id;
        self.repo.with(|state, repo| {
            let repository = state.repo(repo);
            let run = find_mut(&mut repository.runs, "id", &id.into()).expect("a run");
            let number = run["run_attempt"].as_u64().unwrap_or(1);
            repository.attempts.entry(id).or_default().push(run.clone());
            run["previous_attempt_url"] =
                format!("{}/attempts/{number}", run["url"].as_str().unwrap_or_default()).into();
            run["run_attempt"] = (number + 1).into();
            (run["status"], run["conclusion"]) = ("queued".into(), Value::Null);
            run["run_started_at"] = stamp(at).into();
            run["updated_at"] = stamp(at).into();
            run["triggering_actor"] = who;
        });
        self
    }

    /// It waits for an environment's rules.
    pub fn waits_for(self, environment: &str, at: &str) -> Self {
        let id = self.id;
        self.repo.with(|state, repo| {
            let number = deployments::make_environment(state, repo, environment, &stamp(at));
            let web = format!("https://github.com/{repo}/deployments/activity_log?environments_filter={environment}");
            let pending = json!({
                "environment": {
                    "id": number, "node_id": shape::node("EN", number), "name": environment, "html_url": web,
                    "url": format!("{}/repos/{repo}/environments/{environment}", state.api),
                },
                "wait_timer": 0, "wait_timer_started_at": stamp(at), "current_user_can_approve": true, "reviewers": [],
            });
            state.repo(repo).pending.entry(id).or_default().push(pending);
        });
        self.status("waiting", at)
    }

    /// A job of it, with its status and conclusion.
    pub fn job(self, name: &str, status: &str, conclusion: Option<&str>, at: &str) -> Self {
        let id = self.id;
        self.repo.with(|state, repo| {
            let number = state.id();
            let run = find_mut(&mut state.repo(repo).runs, "id", &id.into()).expect("a run").clone();
            let (api, web) = (format!("{}/repos/{repo}", state.api), format!("https://github.com/{repo}"));
            let job = json!({
                "id": number, "node_id": shape::node("CR", number), "run_id": id, "run_url": run["url"],
                "run_attempt": run["run_attempt"], "head_sha": run["head_sha"], "head_branch": run["head_branch"],
                "workflow_name": run["name"], "name": name, "status": status, "conclusion": conclusion,
                "url": format!("{api}/actions/jobs/{number}"), "html_url": format!("{web}/actions/runs/{id}/job/{number}"),
                "check_run_url": format!("{api}/check-runs/{number}"), "created_at": stamp(at), "started_at": stamp(at),
                "completed_at": conclusion.map(|_| stamp(at)), "labels": ["ubuntu-latest"], "runner_id": 1,
                "runner_name": "GitHub Actions 1", "runner_group_id": 0, "runner_group_name": "GitHub Actions", "steps": [],
            });
            state.repo(repo).jobs.entry(id).or_default().push(job);
        });
        self
    }
}
