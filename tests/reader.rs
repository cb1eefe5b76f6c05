//! The reader of governance files as a whole: bounds, hostile input, and what it says of what it did not see.

use std::fmt::Write as _;

use deploy_rhythm::governance::load::{Loaded, Memory, Reason, load};
use deploy_rhythm::governance::reading::{self, Reading};
use proptest::prelude::*;

fn loaded(text: &str) -> Loaded {
    load(&Memory::default().file("CLAUDE.md", text), &[])
}

fn read(text: &str) -> Reading {
    reading::read(&loaded(text))
}

fn kinds(reading: &Reading) -> Vec<(&str, usize)> {
    reading.directives.iter().map(|found| (found.kind.name(), found.place.line)).collect()
}

#[test]
fn a_rule_in_a_comment_is_unreachable_and_one_in_code_is_none() {
    let reading = read("Text\n\n<!--\nNo deploys on Fridays.\n-->\n\n```\nNever push to main.\n```\n");
    assert_eq!(kinds(&reading), []);
    let hidden: Vec<_> = reading
        .unreachable
        .iter()
        .map(|one| (one.directive.kind.name(), one.directive.place.line, one.reason))
        .collect();
    assert_eq!(hidden, [("deploy-window", 4, "in a comment")]);
}

#[test]
fn a_rule_that_is_imported_too_deep_is_unreachable() {
    let deep = "Rules\n\nNever force-push.\n@1.md @6.md\n";
    let mut tree =
        Memory::default().file("CLAUDE.md", "@1.md\n").file("5.md", deep).file("6.md", "Never push to `main`.");
    for hop in 1..5 {
        tree = tree.file(&format!("{hop}.md"), format!("Text\n@{}.md\n", hop + 1));
    }
    let reading = reading::read(&load(&tree, &[]));
    assert_eq!(kinds(&reading), []);
    let hidden: Vec<_> = reading
        .unreachable
        .iter()
        .map(|one| (one.directive.place.file.as_str(), one.directive.place.line, one.directive.kind.name(), one.reason))
        .collect();
    let why = "beyond the depth of imports";
    assert_eq!(hidden, [("5.md", 3, "force-push", why), ("6.md", 1, "direct-push", why)]);
    assert_eq!(reading.unreachable[0].directive.place.via, ["CLAUDE.md", "1.md", "2.md", "3.md", "4.md"]);
}

#[test]
fn another_language_is_named_and_not_counted_as_nothing() {
    let reading = read("# 规则\n\n禁止直接推送到主分支。\n\nNever push directly to `main`.\n");
    assert_eq!(kinds(&reading), [("direct-push", 5)]);
    let unseen: Vec<_> =
        reading.files.iter().flat_map(|file| &file.unseen).map(|unseen| (unseen.line, unseen.why.clone())).collect();
    assert_eq!(unseen, [(Some(1), Reason::Language)]);
}

#[test]
fn a_heading_a_lead_and_a_label_give_their_sense() {
    let text = "## Do NOT\n\n- push to `main`\n- Skip the pre-commit hooks.\n\n## Work\n\nBefore committing:\n\n1. `npm test`\n2. run the linter\n\n- **Never force-push**: it loses the reviews of a force push.\n";
    let expected =
        [("direct-push", 3), ("hooks-bypass", 4), ("checks-before", 10), ("checks-before", 11), ("force-push", 13)];
    let reading = read(text);
    assert_eq!(kinds(&reading), expected);
    assert!(
        reading.directives[..2].iter().all(|found| found.polarity.name() == "must-not"),
        "{:?}",
        reading.directives
    );
}

#[test]
fn ids_survive_a_new_line_and_a_new_number_but_not_a_new_sense() {
    let id = |text: &str| read(text).directives.first().map(|found| found.id.clone());
    let first = id("At most 3 deploys per hour.");
    assert!(first.is_some());
    assert_eq!(first, id("# Rules\n\n\nAt most 5 deploys per hour."));
    assert_ne!(first, id("At most 3 pushes per hour."));
    let twice = read("Never force-push.\n\nNever force-push.\n");
    assert_ne!(twice.directives[0].id, twice.directives[1].id);
}

#[test]
fn a_copy_adds_a_place_and_no_directive() {
    let tree = Memory::default().file("CLAUDE.md", "Never force-push.\n").file("AGENTS.md", "Never force-push.\n");
    let reading = reading::read(&load(&tree, &[]));
    assert_eq!(reading.directives.len(), 1);
    assert_eq!(reading.directives[0].also[0].file, "AGENTS.md");
}

#[test]
fn exceptions_and_scopes_keep_their_words() {
    let reading = read("If the build is red, do not deploy to production on Fridays unless the site is down.\n");
    let found = reading.directives.iter().find(|found| found.kind.name() == "deploy-window").expect("a window");
    assert_eq!(found.exception.as_deref(), Some("unless the site is down"));
    assert_eq!(found.scope.environment.as_deref(), Some("production"));
    assert_eq!(found.scope.condition.as_deref(), Some("If the build is red"));
}

#[test]
fn what_looks_like_governance_and_fits_nothing_is_listed() {
    let reading = read("Deploy with great care and love.\n");
    let listed: Vec<_> = reading.unrecognised.iter().map(|one| (one.line, one.text.as_str())).collect();
    assert_eq!(listed, [(1, "Deploy with great care and love.")]);
}

#[test]
fn hostile_texts_end() {
    let million = 1_000_000;
    let texts = [
        "a".repeat(million),
        "deploy ".repeat(million / 7),
        "never deploy, not ".repeat(million / 18),
        ">".repeat(million / 10),
        "- ".repeat(million / 20),
        "[".repeat(million / 10),
        "*a_ ".repeat(million / 4),
        "`".repeat(million),
        "<!--".repeat(million / 4),
        "```\n".repeat(million / 4),
        "| a ".repeat(million / 4),
        "@a.md ".repeat(million / 60),
        "(".repeat(million),
        "\u{202e}é\u{0}".repeat(million / 6),
    ];
    for text in texts {
        let reading = read(&text);
        assert!(reading.directives.len() < million);
    }
}

#[test]
fn a_long_file_with_imports_is_read() {
    let mut tree = Memory::default();
    let mut text = String::new();
    for part in 0..10 {
        let _ = writeln!(text, "@part{part}.md\n");
        tree = tree.file(&format!("part{part}.md"), "Never push to `main`. At most 3 deploys per hour.\n".repeat(10));
    }
    text.push_str(&"- Always run the tests before you push, and never skip the hooks.\n".repeat(1_000));
    let reading = reading::read(&load(&tree.file("CLAUDE.md", text), &[]));
    assert!(reading.directives.len() > 2_000, "{}", reading.directives.len());
}

const PARTS: [&str; 40] = [
    "deploy",
    "push",
    "never",
    "don't",
    "must",
    "before",
    "`git push --force`",
    "main",
    "3",
    "per",
    "hour",
    "friday",
    "after",
    "15:00",
    "-",
    ",",
    ";",
    "—",
    "(",
    ")",
    "not",
    "batch",
    "commits",
    "into",
    "one",
    "\n",
    "# ",
    "- ",
    "| ",
    "**",
    "*",
    "`",
    "```\n",
    "<!--",
    "-->",
    "@a.md",
    ":",
    "unless",
    "ü",
    "2026-12-20",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_mixture_of_words_panics(parts in proptest::collection::vec(0..PARTS.len(), 0..80), glue in "[ \n]{1}") {
        let text = parts.iter().filter_map(|part| PARTS.get(*part)).copied().collect::<Vec<_>>().join(&glue);
        let reading = read(&text);
        let lines = text.matches('\n').count() + 1;
        for found in &reading.directives {
            prop_assert!(found.place.line >= 1 && found.place.line <= lines, "{}", found.place.line);
        }
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let tree = Memory::default().file("CLAUDE.md", bytes);
        let _ = reading::read(&load(&tree, &["CLAUDE.md".to_owned()]));
    }
}
