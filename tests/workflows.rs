//! The workflows that the project runs and shows use what `action.yml` has, pinned, and a gate finds no trap in them.

mod support {
    pub mod ledger;
    pub mod repo;
    pub mod runner;
}

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use deploy_rhythm::engine::policy::yaml;
use serde_json::{Map, Value as Json};
use support::ledger::output;
use support::repo::Fixture;
use support::runner::{Job, action, text};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A workflow with its file and its text.
struct Workflow {
    path: PathBuf,
    text: String,
    json: Json,
}

fn workflows(folder: &str) -> Vec<Workflow> {
    let listed = std::fs::read_dir(Path::new(ROOT).join(folder)).expect("a folder");
    let mut paths: Vec<PathBuf> = listed.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "yml"));
    paths.sort();
    let read = |path: PathBuf| {
        let text = text(&path);
        let json = yaml::parse(text.as_bytes()).expect("YAML").json();
        Workflow { path, text, json }
    };
    paths.into_iter().map(read).collect()
}

fn all() -> Vec<Workflow> {
    let mut all = workflows("examples/workflows");
    all.extend(workflows(".github/workflows"));
    all
}

impl Workflow {
    fn jobs(&self) -> &Map<String, Json> {
        self.json["jobs"].as_object().expect("jobs")
    }

    fn name(&self) -> &str {
        self.path.file_name().and_then(|name| name.to_str()).expect("UTF-8")
    }
}

fn steps(job: &Json) -> &[Json] {
    job["steps"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Whether a step uses this action.
fn is_ours(step: &Json) -> bool {
    step["uses"].as_str().is_some_and(|uses| uses == "./" || uses.starts_with("OWNER/deploy-rhythm@"))
}

/// The modes, as `action.yml` tells them.
fn modes() -> BTreeSet<String> {
    let action = action();
    let told = action["inputs"]["mode"]["description"].as_str().expect("text").to_owned();
    told.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The names that follow a prefix in a text, up to what is no letter of a name.
fn names_after<'a>(text: &'a str, prefix: &str) -> Vec<&'a str> {
    let end =
        |rest: &'a str| rest.split(|letter: char| !letter.is_ascii_alphanumeric() && !"-_".contains(letter)).next();
    text.split(prefix).skip(1).filter_map(end).collect()
}

#[test]
fn they_use_inputs_and_outputs_that_there_are() {
    let action = action();
    let (inputs, outputs) =
        (action["inputs"].as_object().expect("inputs"), action["outputs"].as_object().expect("outputs"));
    let (modes, mut shown) = (modes(), BTreeSet::new());
    for workflow in all() {
        for (name, job) in workflow.jobs() {
            let place = format!("{}: {name}", workflow.name());
            for step in steps(job).iter().filter(|step| is_ours(step)) {
                let with = step["with"].as_object().expect("inputs");
                for input in with.keys() {
                    assert!(inputs.contains_key(input), "{place}: there is no input `{input}`");
                }
                let mode = with["mode"].as_str().expect("a mode").to_owned();
                assert!(modes.contains(&mode), "{place}: there is no mode `{mode}`");
                if step["uses"] != "./" {
                    shown.insert(mode);
                }
                let id = step["id"].as_str().unwrap_or("no step has this name");
                for output in names_after(&job.to_string(), &format!("steps.{id}.outputs.")) {
                    assert!(outputs.contains_key(output), "{place}: there is no output `{output}`");
                }
            }
            let ids: Vec<&str> = steps(job).iter().filter_map(|step| step["id"].as_str()).collect();
            for id in names_after(&job.to_string(), "steps.") {
                assert!(ids.contains(&id), "{place}: no step is called `{id}`");
            }
            let needs = match &job["needs"] {
                Json::String(one) => vec![one.as_str()],
                Json::Array(all) => all.iter().filter_map(Json::as_str).collect(),
                _ => Vec::new(),
            };
            for other in names_after(&job.to_string(), "needs.") {
                assert!(needs.contains(&other), "{place}: it does not need `{other}`");
                for output in names_after(&job.to_string(), &format!("needs.{other}.outputs.")) {
                    let given = workflow.jobs()[other].pointer(&format!("/outputs/{output}"));
                    assert!(given.is_some(), "{place}: `{other}` gives no `{output}`");
                }
            }
        }
    }
    assert_eq!(shown, modes, "each mode has an example");
}

#[test]
fn they_are_pinned_and_give_each_job_what_it_needs() {
    let own = format!("OWNER/deploy-rhythm@v{} ", env!("CARGO_PKG_VERSION_MAJOR"));
    let mut pinned = std::collections::BTreeMap::new();
    for workflow in all() {
        let name = workflow.name();
        for uses in workflow.text.lines().filter_map(|line| line.trim_start_matches([' ', '-']).strip_prefix("uses: "))
        {
            if uses.starts_with("./") {
                continue;
            }
            if uses.starts_with("OWNER/") {
                assert!(uses.starts_with(&own), "{name}: {uses}: the tag of this major version is {own}");
                continue;
            }
            let (action, pin) = uses.split_once('@').unwrap_or_else(|| panic!("{name}: {uses}"));
            let (commit, version) = pin.split_once(" # v").unwrap_or_else(|| panic!("{name}: {uses}"));
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}: {uses}");
            assert_eq!(version.split('.').count(), 3, "{name}: {uses}");
            let first = pinned.entry(action.to_owned()).or_insert_with(|| pin.to_owned());
            assert_eq!(first, pin, "{name}: one version of {action} everywhere");
        }
        for (id, job) in workflow.jobs() {
            let place = format!("{name}: {id}");
            assert!(job.get("uses").is_some() || job["timeout-minutes"].is_u64(), "{place} may run for six hours");
            assert!(
                job["permissions"].is_object()
                    || workflow.json["permissions"] == serde_json::json!({"contents": "read"}),
                "{place} says not what it may"
            );
            let gated = steps(job).iter().any(is_ours);
            for step in
                steps(job).iter().filter(|step| step["uses"].as_str().is_some_and(|uses| uses.contains("/checkout@")))
            {
                assert_eq!(step["with"]["persist-credentials"], false, "{place}");
                assert!(!gated || step["with"]["fetch-depth"] == 0, "{place} is judged by a part of the history");
            }
        }
    }
}

/// A remote with a policy and one of the examples, as its users copy it, whose ledger is complete; and a checkout.
fn shop(workflow: &Workflow) -> (Fixture, Fixture, Fixture) {
    let (hub, work, made) = (Fixture::bare(), Fixture::new(), Fixture::new());
    let address = format!("file://{}", hub.path.display());
    work.write(
        ".github/deploy-rhythm.yml",
        "version: 1\nenvironments:\n  production:\n    hard-mandatory:\n      - no-overlap: {drain: 0s, stale-after: 1h}\nhooks: {without-terminal: [ada]}\n",
    );
    work.write(&format!(".github/workflows/{}", workflow.name()), &workflow.text);
    work.commit(1, "First");
    work.git(1, &["remote", "add", "origin", &address]);
    work.git(1, &["push", "--quiet", "origin", "main"]);
    work.git(1, &["fetch", "--quiet", "origin"]);
    let since = ["ledger", "adopt", "--environment", "production", "--since", "2026-01-01T00:00:00Z"];
    let (code, out, error) = output(&work, &[&since[..], &["--because", "begin", "--ledger", "git:origin"]].concat());
    assert_eq!(code, 0, "{out}{error}");
    made.git(0, &["remote", "add", "origin", &address]);
    made.git(0, &["fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*"]);
    made.git(0, &["checkout", "--quiet", "--force", "-B", "main", "origin/main"]);
    (hub, work, made)
}

#[test]
fn a_gate_finds_no_trap_in_the_examples() {
    let mut gated = 0;
    for workflow in workflows("examples/workflows") {
        let is_gate = |step: &Json| is_ours(step) && step["with"]["mode"] == "deploy";
        let Some((gate, _)) = workflow.jobs().iter().find(|(_, job)| steps(job).iter().any(is_gate)) else { continue };
        let (_hub, _work, made) = shop(&workflow);
        let of = |run: &str, job: &str| {
            let path = format!("acme/shop/.github/workflows/{}@refs/heads/main", workflow.name());
            Job::of(&made).var("GITHUB_WORKFLOW_REF", &path).var("GITHUB_RUN_ID", run).var("GITHUB_JOB", job)
        };
        let production = ("environment", "production");
        let goes = of("1", gate).uses(&[production]);
        assert_eq!((goes.code, goes.output("verdict")), (0, "approve"), "{}: {}", workflow.name(), goes.log);
        let told: Vec<&str> = ["warning", "error"].iter().flat_map(|kind| goes.annotations(kind)).collect();
        assert!(told.is_empty(), "{}: {told:#?}", workflow.name());
        let held = of("2", gate).uses(&[production]);
        assert_eq!((held.code, held.output("verdict")), (0, "hold"), "a hold ends green: {}", held.log);
        let rollout = goes.output("rollout").to_owned();
        for (job, inputs) in
            [("deploy", vec![("mode", "start")]), ("finish", vec![("mode", "finish"), ("outcome", "success")])]
        {
            let used = of("1", job).uses(&[&inputs[..], &[production, ("rollout", &rollout)]].concat());
            assert_eq!((used.code, used.output("rollout")), (0, rollout.as_str()), "{}", used.log);
            assert!(used.annotations("warning").is_empty(), "{}", used.log);
        }
        gated += 1;
    }
    assert!(gated >= 3, "{gated} examples have a gate");
}
