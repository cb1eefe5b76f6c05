//! How tests speak of a repository and of what happened in it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Hub;
use super::run::Run;
use super::state::{State, find_mut, stamp};
use super::{actions, checks, deployments, issues, pulls, shape, tree};

/// No commit.
const NONE: &str = "0000000000000000000000000000000000000000";

/// A repository on the fake.
#[derive(Clone)]
pub struct Repo {
    pub(super) hub: Hub,
    pub name: String,
}

/// A deployment of it.
pub struct Deployment {
    repo: Repo,
    pub id: u64,
    login: String,
    /// Where its statuses point to.
    log: Option<String>,
}

impl Repo {
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut State, &str) -> T) -> T {
        act(&mut self.hub.state(), &self.name)
    }

    pub fn private(&self) -> &Self {
        self.with(|state, repo| state.repo(repo).private = true);
        self
    }

    /// `read`, `triage`, `write`, `maintain`, `admin`, or a role of the organisation's own.
    pub fn role(&self, login: &str, role: &str) -> &Self {
        self.with(|state, repo| {
            state.user_id(login);
            state.repo(repo).roles.insert(login.to_owned(), role.to_owned());
        });
        self
    }

    /// The bare repository behind it, for `git clone` and `git push`.
    pub fn path(&self) -> PathBuf {
        self.with(|state, repo| state.repo(repo).git.path().to_owned())
    }

    /// Takes the branches and tags of a real repository, without a word in its activity.
    pub fn take(&self, from: &Path) -> &Self {
        self.with(|state, repo| state.repo(repo).git.take(from));
        self
    }

    /// A push of one commit.
    pub fn commit(&self, branch: &str, login: &str, message: &str, at: &str, files: &[(&str, &str)]) -> String {
        let files: Vec<(&str, Option<&str>)> = files.iter().map(|(path, content)| (*path, Some(*content))).collect();
        self.with(|state, repo| {
            let before = state.repo(repo).git.resolve(&format!("refs/heads/{branch}")).map(|id| id.to_string());
            let after = state.repo(repo).git.commit(branch, login, message, at.parse().expect("an instant"), &files);
            let kind = if before.is_some() { "push" } else { "branch_creation" };
            let change = (before.as_deref().unwrap_or(NONE), after.as_str());
            tree::moved(state, repo, login, branch, kind, change, &stamp(at));
            after
        })
    }

    /// A branch that starts where another is.
    pub fn branch(&self, name: &str, from: &str) -> &Self {
        self.with(|state, repo| state.repo(repo).git.point(&format!("refs/heads/{name}"), from));
        self
    }

    /// A push that loses what was there.
    pub fn force_push(&self, branch: &str, login: &str, sha: &str, at: &str) -> &Self {
        self.with(|state, repo| {
            let before = state.repo(repo).git.resolve(branch).expect("a branch").to_string();
            state.repo(repo).git.point(&format!("refs/heads/{branch}"), sha);
            tree::moved(state, repo, login, branch, "force_push", (&before, sha), &stamp(at));
        });
        self
    }

    pub fn delete_branch(&self, branch: &str, login: &str, at: &str) -> &Self {
        self.with(|state, repo| {
            let before = state.repo(repo).git.resolve(branch).expect("a branch").to_string();
            state.repo(repo).git.remove_branch(branch);
            tree::moved(state, repo, login, branch, "branch_deletion", (&before, NONE), &stamp(at));
        });
        self
    }

    /// Any move of a ref, with any commits.
    pub fn moved(&self, branch: &str, login: &str, kind: &str, change: (&str, &str), at: &str) -> &Self {
        self.with(|state, repo| tree::moved(state, repo, login, branch, kind, change, &stamp(at)));
        self
    }

    /// A deployment by `github-actions[bot]` without a status.
    pub fn deploy(&self, environment: &str, sha: &str, at: &str) -> Deployment {
        self.deploy_by("github-actions[bot]", environment, sha, at)
    }

    pub fn deploy_by(&self, login: &str, environment: &str, sha: &str, at: &str) -> Deployment {
        let id = self.with(|state, repo| deployments::make(state, repo, login, environment, sha, &stamp(at)));
        Deployment { repo: self.clone(), id, login: login.to_owned(), log: None }
    }

    /// An environment, which deployments make by themselves; returns its number.
    pub fn environment(&self, name: &str) -> u64 {
        self.with(|state, repo| {
            let at = state.stamp();
            deployments::make_environment(state, repo, name, &at)
        })
    }

    /// An environment whose deployments an app has to approve.
    pub fn protect(&self, environment: &str, app: &str) -> &Self {
        self.environment(environment);
        self.with(|state, repo| {
            let id = state.id();
            let url = format!("{}/apps/{app}", state.api);
            let rule = json!({
                "id": id, "node_id": shape::node("GA", id), "enabled": true,
                "app": { "id": id, "slug": app, "integration_url": url, "node_id": shape::node("A", id) },
            });
            state.repo(repo).protection_rules.entry(environment.to_owned()).or_default().push(rule);
        });
        self
    }

    pub fn workflow(&self, file: &str) -> &Self {
        self.with(|state, repo| {
            let at = state.stamp();
            actions::make_workflow(state, repo, file, &at);
        });
        self
    }

    /// A queued run of a workflow, after a push of somebody.
    pub fn run(&self, file: &str, login: &str, sha: &str, at: &str) -> Run {
        let id = self.with(|state, repo| actions::make_run(state, repo, login, file, sha, "push", &stamp(at)));
        Run { repo: self.clone(), id }
    }

    /// A check run; without a conclusion it is in progress.
    pub fn check(&self, name: &str, sha: &str, conclusion: Option<&str>, at: &str) -> u64 {
        self.with(|state, repo| {
            let id = checks::make(state, repo, name, sha, &stamp(at));
            let check = find_mut(&mut state.repo(repo).checks, "id", &id.into()).expect("just made");
            check["status"] = if conclusion.is_some() { "completed" } else { "in_progress" }.into();
            check["conclusion"] = conclusion.into();
            check["completed_at"] = conclusion.map(|_| stamp(at)).into();
            id
        })
    }

    /// A commit status.
    pub fn status(&self, context: &str, sha: &str, word: &str, at: &str) -> &Self {
        self.with(|state, repo| checks::make_status(state, repo, "ci[bot]", sha, context, word, &stamp(at)));
        self
    }

    /// A pull request from a branch of this repository; returns its number.
    pub fn pull(&self, login: &str, title: &str, branch: &str, at: &str) -> u64 {
        self.with(|state, repo| {
            let sha = state.repo(repo).git.resolve(branch).expect("a branch").to_string();
            pulls::make(state, repo, login, title, (repo, branch, &sha), &stamp(at))
        })
    }

    /// A pull request from a fork, whose commits are on a branch here.
    pub fn pull_from_fork(&self, fork: &str, title: &str, branch: &str, at: &str) -> u64 {
        self.with(|state, repo| {
            state.make_repo(fork);
            let login = fork.split('/').next().unwrap_or_default();
            let sha = state.repo(repo).git.resolve(branch).expect("a branch").to_string();
            pulls::make(state, repo, login, title, (fork, branch, &sha), &stamp(at))
        })
    }

    /// The head of a pull request moves to another commit.
    pub fn push_to_pull(&self, number: u64, sha: &str, at: &str) -> &Self {
        self.with(|state, repo| state.repo(repo).git.point(&format!("refs/pull/{number}/head"), sha));
        self.change_pull(number, |pull| {
            pull["head"]["sha"] = sha.into();
            pull["updated_at"] = stamp(at).into();
        })
    }

    /// The pull request was merged as a commit.
    pub fn merged(&self, number: u64, login: &str, sha: &str, at: &str) -> &Self {
        let who = self.with(|state, repo| {
            issues::set_state(state, repo, number, login, "closed", &stamp(at));
            shape::user(state, login)
        });
        self.change_pull(number, |pull| {
            pull["merged"] = true.into();
            pull["merged_at"] = stamp(at).into();
            pull["merged_by"] = who;
            pull["merge_commit_sha"] = sha.into();
        })
    }

    pub fn change_pull(&self, number: u64, change: impl FnOnce(&mut Value)) -> &Self {
        self.with(|state, repo| {
            change(find_mut(&mut state.repo(repo).pulls, "number", &number.into()).expect("a pull request"));
        });
        self
    }

    /// `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`, of the head as it is now.
    pub fn review(&self, number: u64, login: &str, word: &str, at: &str) -> &Self {
        self.with(|state, repo| pulls::review(state, repo, number, login, word, &stamp(at)));
        self
    }

    /// An open issue; returns its number.
    pub fn issue(&self, login: &str, title: &str, body: &str, at: &str) -> u64 {
        self.with(|state, repo| {
            let number = issues::make_issue(state, repo, login, title, &stamp(at));
            state.repo(repo).issues.last_mut().expect("just made")["body"] = body.into();
            number
        })
    }

    pub fn label(&self, number: u64, login: &str, label: &str, at: &str) -> &Self {
        self.with(|state, repo| issues::set_label(state, repo, number, login, label, true, &stamp(at)));
        self
    }

    pub fn unlabel(&self, number: u64, login: &str, label: &str, at: &str) -> &Self {
        self.with(|state, repo| issues::set_label(state, repo, number, login, label, false, &stamp(at)));
        self
    }

    pub fn close(&self, number: u64, login: &str, at: &str) -> &Self {
        self.with(|state, repo| issues::set_state(state, repo, number, login, "closed", &stamp(at)));
        self
    }

    /// A comment on an issue or a pull request; returns its id.
    pub fn comment(&self, number: u64, login: &str, body: &str, at: &str) -> u64 {
        self.with(|state, repo| issues::make_comment(state, repo, number, login, body, &stamp(at)))
    }

    /// Somebody changed a comment.
    pub fn edit_comment(&self, id: u64, body: &str, at: &str) -> &Self {
        self.with(|state, repo| {
            let comments = &mut state.repo(repo).comments;
            let comment = comments.iter_mut().map(|(_, comment)| comment).find(|comment| comment["id"] == id);
            let comment = comment.expect("a comment");
            comment["body"] = body.into();
            comment["updated_at"] = stamp(at).into();
            state.repo(repo).edits.insert(id, stamp(at));
        });
        self
    }

    /// The comments of an issue or a pull request: who wrote them, and what.
    pub fn comments(&self, number: u64) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.with(|state, repo| {
            let all = state.repo(repo).comments.iter().filter(|(of, _)| *of == number);
            all.map(|(_, comment)| (text(&comment["user"]["login"]), text(&comment["body"]))).collect()
        })
    }
}

impl Deployment {
    /// A job of a workflow run made it: its statuses from now on point there.
    pub fn by_run(self, run: u64) -> Self {
        let log = Some(format!("https://github.com/{}/actions/runs/{run}/job/{}", self.repo.name, run + 1));
        Self { log, ..self }
    }

    /// A status by the deployment's creator.
    pub fn status(self, word: &str, at: &str) -> Self {
        let (login, id) = (self.login.clone(), self.id);
        self.repo.with(|state, repo| deployments::add_status(state, repo, &login, id, word, &stamp(at)));
        let Some(log) = self.log.clone() else { return self };
        self.change_status(|status| {
            status["log_url"] = log.as_str().into();
            status["target_url"] = log.into();
        })
    }

    /// Changes what is shown of it, such as `task`, `payload`, `description` or `creator`.
    pub fn change(self, change: impl FnOnce(&mut Value)) -> Self {
        let id = self.id.into();
        self.repo
            .with(|state, repo| change(find_mut(&mut state.repo(repo).deployments, "id", &id).expect("a deployment")));
        self
    }

    /// Changes what is shown of its newest status.
    pub fn change_status(self, change: impl FnOnce(&mut Value)) -> Self {
        let id = self.id;
        self.repo.with(|state, repo| {
            change(state.repo(repo).deployment_statuses.get_mut(&id).and_then(|all| all.last_mut()).expect("a status"));
        });
        self
    }
}
