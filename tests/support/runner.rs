//! A runner of GitHub Actions, as far as a composite action needs one: its files, its variables, its rules for outputs.
//!
//! The `run` steps of `action.yml` are run as they stand, in bash; expressions are those that the action uses.

#![allow(dead_code, reason = "each test uses some of it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use deploy_rhythm::engine::policy::yaml;
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::repo::Fixture;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A job: a checkout, the runner's folders, and the variables that it sets.
pub struct Job {
    pub folder: PathBuf,
    pub temp: TempDir,
    pub vars: BTreeMap<String, String>,
    /// The job's own token; none speaks to no GitHub.
    pub token: String,
}

/// What a use of the action came to.
#[derive(Debug)]
pub struct Used {
    pub code: i32,
    pub outputs: BTreeMap<String, String>,
    pub summary: String,
    pub log: String,
    /// Variables that it set for later steps.
    pub env: BTreeMap<String, String>,
}

impl Used {
    pub fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }

    /// The annotations of a kind, as the runner reads them.
    pub fn annotations(&self, kind: &str) -> Vec<&str> {
        commands(&self.log).into_iter().filter(|line| line.starts_with(&format!("::{kind} "))).collect()
    }
}

/// The lines that the runner takes for commands.
pub fn commands(log: &str) -> Vec<&str> {
    let mut stopped: Option<String> = None;
    let mut found = Vec::new();
    for line in log.lines().map(str::trim_start).filter(|line| line.starts_with("::")) {
        match (&stopped, line.strip_prefix("::stop-commands::")) {
            (Some(token), _) if *line == format!("::{token}::") => stopped = None,
            (Some(_), _) => {}
            (None, Some(token)) => stopped = Some(token.to_owned()),
            (None, None) => found.push(line),
        }
    }
    found
}

pub fn action() -> Json {
    let text = text(&Path::new(ROOT).join("action.yml"));
    yaml::parse(text.as_bytes()).expect("YAML").json()
}

pub fn text(path: &Path) -> String {
    #[expect(clippy::disallowed_methods, reason = "a test reads what the action wrote")]
    std::fs::read_to_string(path).unwrap_or_default()
}

pub fn write(path: &Path, content: &str) {
    #[expect(clippy::disallowed_methods, reason = "a test writes its own files")]
    std::fs::write(path, content).expect("a file");
}

impl Job {
    /// A job in a checkout, of run 100, first attempt, after a push to `main`.
    pub fn of(checkout: &Fixture) -> Self {
        let temp = TempDir::new().expect("a directory");
        let cache = temp.path().join("tools/deploy-rhythm").join(env!("CARGO_PKG_VERSION"));
        let target = "x86_64-unknown-linux-musl";
        std::fs::create_dir_all(cache.join(target)).expect("a directory");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_deploy-rhythm"), cache.join(target).join("deploy-rhythm"))
            .expect("a link");
        write(&cache.join(format!("{target}.complete")), "");
        let mut job = Self { folder: checkout.path.clone(), vars: BTreeMap::new(), temp, token: String::new() };
        let tools = job.temp.path().join("tools").display().to_string();
        let temporary = job.temp.path().display().to_string();
        for (name, value) in [
            ("CI", "true"),
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_ACTION_PATH", ROOT),
            ("GITHUB_ACTOR", "ada"),
            ("GITHUB_EVENT_NAME", "push"),
            ("GITHUB_JOB", "gate"),
            ("GITHUB_REPOSITORY", "acme/shop"),
            ("GITHUB_RUN_ATTEMPT", "1"),
            ("GITHUB_RUN_ID", "100"),
            ("GITHUB_SERVER_URL", "https://github.example"),
            ("GITHUB_WORKFLOW_REF", "acme/shop/.github/workflows/deploy.yml@refs/heads/main"),
            ("RUNNER_ARCH", "X64"),
            ("RUNNER_OS", "Linux"),
            ("RUNNER_TEMP", &temporary),
            ("RUNNER_TOOL_CACHE", &tools),
        ] {
            job.vars.insert(name.to_owned(), value.to_owned());
        }
        job.event(&json!({"repository": {"default_branch": "main"}}));
        job
    }

    pub fn var(mut self, name: &str, value: &str) -> Self {
        self.vars.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Gives it the payload of an event.
    pub fn event(&mut self, payload: &Json) {
        let path = self.temp.path().join("event.json");
        write(&path, &payload.to_string());
        self.vars.insert("GITHUB_EVENT_PATH".to_owned(), path.display().to_string());
    }

    /// Uses the action to its end.
    pub fn uses(&self, inputs: &[(&str, &str)]) -> Used {
        self.start(inputs).end()
    }

    /// Starts to use it: all steps but the last have ended.
    pub fn start(&self, inputs: &[(&str, &str)]) -> Using {
        let action = action();
        let given: BTreeMap<&str, &str> = inputs.iter().copied().collect();
        let declared = action["inputs"].as_object().expect("inputs");
        assert!(given.keys().all(|name| declared.contains_key(*name)), "an undeclared input");
        let mut values = BTreeMap::new();
        for (name, declaration) in declared {
            let default = declaration["default"].as_str().unwrap_or_default();
            let value = given.get(name.as_str()).map_or_else(|| default.to_owned(), |value| (*value).to_owned());
            values.insert(format!("inputs.{name}"), value.replace("${{ github.token }}", &self.token));
        }
        values.insert("github.action_ref".into(), concat!("v", env!("CARGO_PKG_VERSION")).into());
        values.insert("github.action_repository".into(), "acme/deploy-rhythm".into());
        let files = TempDir::new_in(self.temp.path()).expect("a directory");
        let steps = action["runs"]["steps"].as_array().expect("steps");
        let mut log = String::new();
        for (at, step) in steps.iter().enumerate() {
            let output = files.path().join(format!("output-{at}"));
            let child = self.bash(step, &values, files.path(), &output);
            if at + 1 == steps.len() {
                return Using { child, files, output, values, log };
            }
            let ended = child.wait_with_output().expect("it ends");
            log += &String::from_utf8_lossy(&ended.stdout);
            log += &String::from_utf8_lossy(&ended.stderr);
            assert!(ended.status.success(), "{log}");
            let id = step["id"].as_str().unwrap_or_default();
            values.extend(
                assignments(&text(&output))
                    .into_iter()
                    .map(|(name, value)| (format!("steps.{id}.outputs.{name}"), value)),
            );
        }
        unreachable!("the action has no steps")
    }

    fn bash(&self, step: &Json, values: &BTreeMap<String, String>, files: &Path, output: &Path) -> Child {
        let script = files.join("script.sh");
        write(&script, step["run"].as_str().expect("a script"));
        assert_eq!(step["shell"], "bash");
        let mut command = Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(&script).current_dir(&self.folder).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.temp.path());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        command.envs(&self.vars).env("GITHUB_OUTPUT", output);
        for name in ["GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH"] {
            command.env(name, files.join(name));
        }
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            command.env(name, expanded(value.as_str().expect("text"), values));
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("bash")
    }
}

/// A use of the action whose last step runs.
pub struct Using {
    child: Child,
    files: TempDir,
    output: PathBuf,
    values: BTreeMap<String, String>,
    log: String,
}

impl Using {
    pub fn end(mut self) -> Used {
        let ended = self.child.wait_with_output().expect("it ends");
        self.log += &String::from_utf8_lossy(&ended.stdout);
        self.log += &String::from_utf8_lossy(&ended.stderr);
        let told = assignments(&text(&self.output));
        self.values.extend(told.into_iter().map(|(name, value)| (format!("steps.judge.outputs.{name}"), value)));
        let outputs = action()["outputs"].as_object().expect("outputs").clone();
        let value = |output: &Json| expanded(output["value"].as_str().expect("text"), &self.values);
        Used {
            code: ended.status.code().expect("an exit code"),
            outputs: outputs.iter().map(|(name, output)| (name.clone(), value(output))).collect(),
            summary: text(&self.files.path().join("GITHUB_STEP_SUMMARY")),
            env: assignments(&text(&self.files.path().join("GITHUB_ENV"))),
            log: self.log,
        }
    }
}

/// Writes out the expressions of a text; what is not known is empty, as it is to GitHub.
fn expanded(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, after) = after.split_once("}}").expect("an end");
        out += before;
        out += values.get(expression.trim()).map_or("", String::as_str);
        rest = after;
    }
    out + rest
}

/// Reads one of the runner's files of `NAME=VALUE` and heredocs.
pub fn assignments(text: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let heredoc = line.find("<<").filter(|at| line.find('=').is_none_or(|equals| *at < equals));
        if let Some(at) = heredoc {
            let (name, end) = (&line[..at], &line[at + 2..]);
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
            all.insert(name.to_owned(), value.join("\n"));
        } else if let Some((name, value)) = line.split_once('=') {
            all.insert(name.to_owned(), value.to_owned());
        }
    }
    all
}
