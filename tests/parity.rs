//! Rules, docs, packs, schemas and help name the same things; every example in the docs is run.
#![expect(clippy::disallowed_methods, reason = "a test reads the project's own files")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use deploy_rhythm::engine::policy::{Fetched, Origin, load, schema, yaml};
use deploy_rhythm::engine::rules::RuleId;
use deploy_rhythm::scenario;
use deploy_rhythm::sources::packs;
use serde_json::Value as Json;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn names(folder: &str, end: &str) -> BTreeSet<String> {
    let listed = std::fs::read_dir(root().join(folder)).expect("a folder");
    let names = listed.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"));
    names.filter_map(|name| name.strip_suffix(end).map(str::to_owned)).collect()
}

fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md")];
    for folder in ["docs", "docs/rules"] {
        pages.extend(names(folder, ".md").into_iter().map(|name| root().join(folder).join(format!("{name}.md"))));
    }
    pages
}

/// The fenced blocks of a page whose first line is `fence`.
fn blocks(page: &str, fence: &str) -> Vec<String> {
    let opening = format!("```{fence}\n");
    let mut parts = page.split(&opening);
    parts.next();
    parts.map(|part| part.split("\n```").next().unwrap_or_default().to_owned() + "\n").collect()
}

fn fetch(name: &str) -> Result<Fetched, String> {
    packs::find(name).ok_or_else(|| format!("no built-in policy `{name}`"))
}

#[test]
fn every_rule_has_its_page_and_its_file() {
    let rules: BTreeSet<String> = RuleId::NAMES.map(str::to_owned).into();
    assert_eq!(names("docs/rules", ".md"), rules);
    let files =
        names("src/engine/rules", ".rs").into_iter().map(|name| name.replace('_', "-")).filter(|name| name != "mod");
    assert_eq!(files.collect::<BTreeSet<_>>(), rules);
    let readme = text(&root().join("README.md"));
    for rule in rules {
        assert!(readme.contains(&format!("docs/rules/{rule}.md")), "README lacks {rule}");
        let page = text(&root().join(format!("docs/rules/{rule}.md")));
        assert!(
            blocks(&page, "yaml policy").iter().any(|example| example.contains(&rule)),
            "the page of {rule} shows no policy with it"
        );
    }
}

#[test]
fn every_pack_is_compiled_in() {
    let compiled: BTreeSet<String> = packs::ALL.map(|(name, _)| name.to_owned()).into();
    assert_eq!(names("policies", ".yml"), compiled);
    let reference = text(&root().join("docs/policy.md"));
    for name in compiled {
        assert!(reference.contains(&format!("`{name}`")), "docs/policy.md lacks {name}");
    }
}

#[test]
fn every_policy_in_the_docs_is_valid() {
    let mut count = 0;
    for page in pages() {
        for example in blocks(&text(&page), "yaml policy") {
            let name = page.display().to_string();
            let top = Fetched { name: name.clone(), origin: Origin::File, bytes: example.clone().into_bytes() };
            load(top, &mut fetch).unwrap_or_else(|error| panic!("{name}:\n{error}"));
            fits_the_schema(&name, example.as_bytes());
            count += 1;
        }
    }
    assert!(count >= 15, "{count} examples");
}

#[test]
fn every_scenario_in_the_docs_holds() {
    let page = text(&root().join("docs/scenarios.md"));
    let examples = blocks(&page, "yaml scenario");
    assert!(!examples.is_empty());
    for example in examples {
        let scenario =
            scenario::parse("docs/scenarios.md", example.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        for outcome in scenario.run(None, &mut fetch).expect("it runs") {
            assert!(outcome.failures.is_empty(), "{}: {:?}", outcome.title, outcome.failures);
        }
    }
}

#[test]
fn the_published_schema_is_current_and_fits_every_pack() {
    let published: Json = serde_json::from_str(&text(&root().join("docs/policy.schema.json"))).expect("JSON");
    assert_eq!(published, schema(), "run `cargo run --release -- policy schema > docs/policy.schema.json`");
    for (name, text) in packs::ALL {
        fits_the_schema(name, text.as_bytes());
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let validator = jsonschema::validator_for(&schema()).expect("a valid schema");
    for bad in [
        "version: 2\n",
        "version: 1\nenvironments: {production: {colour: red}}\n",
        "version: 1\nenvironments: {production: {advisory: [{max-frequency: {deploys: 0, per: 1h}}]}}\n",
        "version: 1\nenvironments: {production: {advisory: [{min-intervall: 5m}]}}\n",
    ] {
        assert!(!validator.is_valid(&json_of(bad.as_bytes())), "{bad}");
        let top = Fetched { name: "bad.yml".into(), origin: Origin::File, bytes: bad.into() };
        assert!(load(top, &mut fetch).is_err(), "{bad}");
    }
}

fn fits_the_schema(name: &str, bytes: &[u8]) {
    let validator = jsonschema::validator_for(&schema()).expect("a valid schema");
    let errors: Vec<String> =
        validator.iter_errors(&json_of(bytes)).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
}

fn json_of(bytes: &[u8]) -> Json {
    to_json(&yaml::parse(bytes).expect("YAML"))
}

fn to_json(yaml: &yaml::Yaml) -> Json {
    match &yaml.value {
        yaml::Value::Null => Json::Null,
        yaml::Value::Bool(value) => (*value).into(),
        yaml::Value::Int(value) => (*value).into(),
        yaml::Value::Float(value) => (*value).into(),
        yaml::Value::Text(value) => value.clone().into(),
        yaml::Value::List(items) => items.iter().map(to_json).collect(),
        yaml::Value::Map(entries) => entries.iter().map(|(key, value)| (key.text.clone(), to_json(value))).collect(),
    }
}
