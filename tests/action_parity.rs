//! `action.yml`, the code and the docs name the same things; what `init` writes is what the examples show.
#![expect(clippy::disallowed_methods, reason = "a test reads the project's own files")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use deploy_rhythm::cli::action::{inputs, outputs};
use deploy_rhythm::engine::policy::yaml;
use serde_json::Value as Json;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn yaml_of(path: &str) -> Json {
    yaml::parse(text(path).as_bytes()).unwrap_or_else(|_| panic!("{path} is no YAML")).json()
}

fn keys(json: &Json) -> BTreeSet<String> {
    json.as_object().expect("a map").keys().cloned().collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn inputs_and_outputs_are_those_of_the_code_and_of_the_docs() {
    let action = yaml_of("action.yml");
    assert_eq!(keys(&action["inputs"]), set(&inputs::NAMES));
    assert_eq!(keys(&action["outputs"]), set(&outputs::NAMES));
    let docs = text("docs/action.md");
    let documented = |heading: &str| -> BTreeSet<String> {
        let part =
            docs.split(&format!("## {heading}\n")).nth(1).expect("a part").split("\n## ").next().expect("a part");
        let name = |line: &str| line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name.to_owned());
        part.lines().filter_map(name).collect()
    };
    assert_eq!(documented("Inputs"), set(&inputs::NAMES));
    assert_eq!(documented("Outputs"), set(&outputs::NAMES));
    for (mode, _) in inputs::Mode::ALL {
        assert!(docs.contains(&format!("`{mode}`")), "docs/action.md lacks {mode}");
        assert!(action["inputs"]["mode"]["description"].as_str().expect("text").contains(&format!("`{mode}`")));
    }
}

#[test]
fn no_expression_stands_in_a_script_and_every_input_is_passed() {
    let action = yaml_of("action.yml");
    let steps = action["runs"]["steps"].as_array().expect("steps");
    let judge = &steps.last().expect("a step")["env"];
    for name in inputs::NAMES.into_iter().filter(|name| *name != "token") {
        let key = format!("INPUT_{}", name.replace('-', "_").to_uppercase());
        assert_eq!(judge[&key], format!("${{{{ inputs.{name} }}}}"), "{name}");
    }
    assert_eq!(judge["GITHUB_TOKEN"], "${{ inputs.token }}");
    for step in steps {
        assert!(!step["run"].as_str().expect("a script").contains("${{"));
        assert_eq!(step["shell"], "bash");
    }
}

#[test]
fn init_writes_the_examples_and_leaves_what_is_there() {
    let shop = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("deploy-rhythm").expect("the binary");
        let output = command.current_dir(shop.path()).env_clear().args(arguments).output().expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let git = |words: &[&str]| {
        let ended = std::process::Command::new("git").current_dir(shop.path()).args(words).status();
        assert!(ended.expect("git").success());
    };
    git(&["init", "--quiet"]);
    let there = shop.path().join(".github/workflows");
    std::fs::create_dir_all(&there).expect("a folder");
    std::fs::write(there.join("deploy.yml"), "on: push\n").expect("a file");
    let write = ["init", "--action", "acme/deploy-rhythm@v0"];
    let (code, said) = run(&write);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("deploy.yml is another's, and is left as it is"), "{said}");
    assert_eq!(std::fs::read_to_string(there.join("deploy.yml")).expect("a file"), "on: push\n");
    let resume = std::fs::read_to_string(there.join("resume.yml")).expect("a file");
    assert!(resume.contains("uses: acme/deploy-rhythm@v0") && !resume.contains("OWNER"), "{resume}");
    assert!(run(&write).1.contains("resume.yml is there already"));
    for bad in ["deploy-rhythm", "a/b", "a/b@", "a/b@v1\n- run: x", "../b@v1/x"] {
        assert_eq!(run(&["init", "--action", bad]).0, Some(2), "{bad}");
    }
}
