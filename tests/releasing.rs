//! What the release workflow does in shell, run as it stands: the names that the action fetches, the text of a release, the tag
//! that moves.

mod support {
    pub mod repo;
    pub mod runner;
}

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use deploy_rhythm::engine::policy::yaml;
use serde_json::Value as Json;
use support::runner::{text, write};
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What the runners of GitHub say of themselves.
const RUNNERS: [(&str, &str, &str); 5] = [
    ("ubuntu-24.04", "Linux", "X64"),
    ("ubuntu-24.04-arm", "Linux", "ARM64"),
    ("macos-15-intel", "macOS", "X64"),
    ("macos-15", "macOS", "ARM64"),
    ("windows-2025", "Windows", "X64"),
];

fn workflow() -> Json {
    yaml::parse(text(&Path::new(ROOT).join(".github/workflows/release.yml")).as_bytes()).expect("YAML").json()
}

/// The script of a step.
fn script(job: &str, name: &str) -> String {
    let workflow = workflow();
    let steps = workflow["jobs"][job]["steps"].as_array().expect("steps");
    let step = steps.iter().find(|step| step["name"] == name).expect("a step of this name");
    step["run"].as_str().expect("a script").to_owned()
}

fn bash(folder: &Path, script: &str, vars: &[(&str, &str)]) -> Output {
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-euo", "pipefail", "-c", script]).current_dir(folder);
    command.env_remove("RUNNER_OS").env_remove("RUNNER_ARCH").envs(vars.iter().copied()).output().expect("bash")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The sources that a release is named by, at version 1.2.3.
fn sources(changelog: &str) -> TempDir {
    let folder = TempDir::new().expect("a directory");
    for inside in ["action", ".github", "temp", "dist"] {
        std::fs::create_dir(folder.path().join(inside)).expect("a directory");
    }
    for file in ["action/names", ".github/release-notes"] {
        std::fs::copy(Path::new(ROOT).join(file), folder.path().join(file)).expect("a copy");
    }
    write(
        &folder.path().join("Cargo.toml"),
        "[package]\nname = \"deploy-rhythm\"\nversion = \"1.2.3\"\n[dependencies]\nversion = \"9\"\n",
    );
    write(&folder.path().join("CHANGELOG.md"), changelog);
    folder
}

/// The name that a runner's own binary has.
fn asset(os: &str, arch: &str) -> String {
    let output = bash(
        Path::new(ROOT),
        "action=$PWD; . action/names; echo \"$asset\"",
        &[("RUNNER_OS", os), ("RUNNER_ARCH", arch)],
    );
    assert!(output.status.success(), "{}", said(&output));
    said(&output).trim().to_owned()
}

#[test]
fn every_system_that_the_action_fetches_for_is_built_on_itself_and_tried() {
    let named: BTreeMap<&str, String> = RUNNERS.iter().map(|(label, os, arch)| (*label, asset(os, arch))).collect();
    let listed = bash(Path::new(ROOT), "action=$PWD; . action/names; printf '%s\\n' \"${systems[@]%%=*}\"", &[]);
    let systems: BTreeSet<String> = said(&listed).lines().map(str::to_owned).collect();
    assert_eq!(systems, RUNNERS.iter().map(|(_, os, arch)| format!("{os}/{arch}")).collect());
    for job in ["build", "fetch"] {
        let workflow = workflow();
        let matrix = workflow["jobs"][job]["strategy"]["matrix"]["runner"].as_array().expect("runners");
        let runners: BTreeSet<&str> = matrix.iter().filter_map(Json::as_str).collect();
        assert_eq!(runners, named.keys().copied().collect(), "{job}");
    }
    assert_eq!(named["ubuntu-24.04"], "deploy-rhythm-x86_64-unknown-linux-musl");
    assert_eq!(named["windows-2025"], "deploy-rhythm-x86_64-pc-windows-msvc.exe");
    assert_eq!(named.values().collect::<BTreeSet<_>>().len(), RUNNERS.len());
}

#[test]
fn what_is_published_is_all_that_the_action_fetches_and_nothing_else() {
    let script = script("attest", "Every binary is there, and nothing else");
    let folder = sources("");
    let put = |name: &str| write(&folder.path().join("dist").join(name), name);
    let run = || {
        let temp = folder.path().join("temp").display().to_string();
        bash(folder.path(), &script, &[("RUNNER_TEMP", &temp)])
    };
    RUNNERS.iter().skip(1).for_each(|(_, os, arch)| put(&asset(os, arch)));
    assert!(!run().status.success(), "one is missing");
    put(&asset("Linux", "X64"));
    put("other");
    assert!(!run().status.success(), "one is too many");
    std::fs::remove_file(folder.path().join("dist/other")).expect("a file");
    let output = run();
    assert!(output.status.success(), "{}", said(&output));
    // As the action reads them.
    let sums = text(&folder.path().join("dist/SHA256SUMS"));
    let names: BTreeSet<&str> = sums.lines().filter_map(|line| line.split("  ").nth(1)).collect();
    assert_eq!(names.len(), RUNNERS.len(), "{sums}");
    assert!(names.contains("deploy-rhythm-aarch64-apple-darwin"), "{sums}");
}

#[test]
fn the_text_of_a_release_is_its_section_of_the_changelog() {
    let notes = |changelog: &str, tag: &str| {
        let folder = sources(changelog);
        let output = bash(folder.path(), ".github/release-notes \"$TAG\"", &[("TAG", tag)]);
        (output.status.success(), said(&output))
    };
    let whole = "# Changelog\n\n## [Unreleased]\n\nnot yet\n\n## [1.2.3] - 2026-02-04\n\n### Added\n\n- this\n\n## [1.2.2]\n\nold\n";
    assert_eq!(notes(whole, "v1.2.3"), (true, "\n### Added\n\n- this\n".to_owned()));
    assert!(notes("## [1.2.3]\nthis", "v1.2.3").0);
    for (changelog, tag, why) in [
        (whole, "v1.2.4", "the tag must be v1.2.3"),
        (whole, "1.2.3", "the tag must be v1.2.3"),
        (whole, "", "the tag must be v1.2.3"),
        ("## [Unreleased]\n- this\n", "v1.2.3", "says nothing under '## [1.2.3]'"),
        ("## [1.2.3]\n\n## [1.2.2]\n- old\n", "v1.2.3", "says nothing under '## [1.2.3]'"),
        ("## [1.2.30]\n- other\n", "v1.2.3", "says nothing under '## [1.2.3]'"),
    ] {
        let (ok, said) = notes(changelog, tag);
        assert!(!ok && said.contains(why), "{tag}: {said}");
    }
}

/// Answers what is asked, and keeps what is told.
const GH: &str = r#"#!/usr/bin/env bash
case "$*" in
    *--paginate*) printf 'refs/tags/%s\n' $TAGS ;;
    *any\(*) echo "$MOVES" ;;
    *commits/*) echo c0ffee ;;
    *) echo "$@" >>"$TOLD" ;;
esac
"#;

#[test]
fn the_tag_of_the_major_version_moves_to_its_newest_release_alone() {
    let script = format!("PATH=$PWD:$PATH\n{}", script("move", "Move the tag of the major version"));
    let moved = |tag: &str, tags: &str, moves: &str| {
        let folder = TempDir::new().expect("a directory");
        let gh = folder.path().join("gh");
        write(&gh, GH);
        std::fs::set_permissions(&gh, std::fs::Permissions::from_mode(0o755)).expect("permissions");
        let told = folder.path().join("told");
        write(&told, "");
        let vars = [("GITHUB_REF_NAME", tag), ("TAGS", tags), ("MOVES", moves)];
        let output = bash(folder.path(), &script, &[&vars[..], &[("TOLD", told.to_str().expect("UTF-8"))]].concat());
        assert!(output.status.success(), "{}", said(&output));
        text(&told)
    };
    let told = moved("v1.10.0", "v1.9.3 v1.10.0 v1.2.0", "true");
    assert!(told.contains("PATCH") && told.contains("git/refs/tags/v1 ") && told.contains("sha=c0ffee"), "{told}");
    let told = moved("v1.0.0", "v1.0.0 v1.1.0-rc.1", "false");
    assert!(told.contains("POST") && told.contains("ref=refs/tags/v1 "), "{told}");
    assert_eq!(moved("v1.9.4", "v1.9.4 v1.10.0", "true"), "", "an older line is mended");
    assert_eq!(moved("v2.0.0-rc.1", "v2.0.0-rc.1", "true"), "", "a pre-release");
}
