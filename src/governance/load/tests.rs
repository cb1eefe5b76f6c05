//! Loading, file by file.

use super::{HOPS, Loaded, Memory, Reason, load};

fn paths(loaded: &Loaded) -> Vec<&str> {
    loaded.files.iter().map(|file| file.path.as_str()).collect()
}

fn unseen(loaded: &Loaded, path: &str) -> Vec<(Option<usize>, String, Reason)> {
    let file = loaded.files.iter().find(|file| file.path == path).expect("file");
    file.unseen.iter().map(|unseen| (unseen.line, unseen.what.clone(), unseen.why.clone())).collect()
}

#[test]
fn files_come_in_the_order_of_their_readers() {
    let tree =
        ["AGENTS.md", "app/CLAUDE.md", ".claude/rules/git/push.md", "CLAUDE.md", ".github/copilot-instructions.md"];
    let tree = tree.iter().chain(&["GEMINI.md", ".claude/CLAUDE.md", "README.md", "node_modules/x/CLAUDE.md"]);
    let tree = tree.fold(Memory::default(), |tree, path| tree.file(path, *path));
    let expected = ["CLAUDE.md", ".claude/CLAUDE.md", ".claude/rules/git/push.md", "AGENTS.md", "GEMINI.md"];
    let expected = [&expected[..], &[".github/copilot-instructions.md", "app/CLAUDE.md", "docs/x.md"]].concat();
    let loaded = load(&tree, &["docs/x.md".to_owned()]);
    assert_eq!(paths(&loaded), expected);
    assert_eq!(unseen(&loaded, "docs/x.md"), [(None, "docs/x.md".into(), Reason::Missing)]);
}

#[test]
fn imports_are_relative_and_leave_code_and_comments_alone() {
    let text = "See @docs/a.md, and `@docs/code.md`.\n\n```\n@docs/fence.md\n```\n<!-- @docs/hidden.md -->\nme@x.md @alice\n@my\\ notes.md\n";
    let tree = Memory::default().file("CLAUDE.md", text).file("docs/a.md", "@b.md").file("docs/b.md", "b");
    let tree =
        tree.file("my notes.md", "n").file("docs/code.md", "").file("docs/fence.md", "").file("docs/hidden.md", "");
    let loaded = load(&tree, &[]);
    assert_eq!(paths(&loaded), ["CLAUDE.md", "docs/a.md", "my notes.md", "docs/b.md"]);
    assert_eq!(loaded.files[3].via, ["CLAUDE.md", "docs/a.md"]);
    assert!(loaded.files.iter().all(|file| file.unseen.is_empty()), "{loaded:?}");
}

#[test]
fn what_cannot_be_imported_is_named() {
    let text = "@~/.claude/me.md\n@../x.md\n@/etc/y.md\n@CLAUDE.local.md\n@scope/package\n@pic.md\n";
    let tree = Memory::default().file("CLAUDE.md", text).file("pic.md", b"\0\x01".to_vec());
    let expected = [
        (1, "@~/.claude/me.md", Reason::OutsideRepository),
        (2, "@../x.md", Reason::OutsideRepository),
        (3, "@/etc/y.md", Reason::OutsideRepository),
        (4, "@CLAUDE.local.md", Reason::Missing),
        (6, "@pic.md", Reason::Binary),
    ];
    let expected = expected.map(|(line, what, why)| (Some(line), what.to_owned(), why));
    assert_eq!(unseen(&load(&tree, &[]), "CLAUDE.md"), expected);
}

#[test]
fn imports_go_four_hops_and_no_further() {
    let mut tree = Memory::default().file("CLAUDE.md", "@1.md");
    for hop in 1..=HOPS + 2 {
        tree = tree.file(&format!("{hop}.md"), format!("@{}.md", hop + 1));
    }
    let loaded = load(&tree, &[]);
    assert_eq!(paths(&loaded), ["CLAUDE.md", "1.md", "2.md", "3.md", "4.md"]);
    assert_eq!(unseen(&loaded, "4.md"), [(Some(1), "@5.md".into(), Reason::TooDeep)]);
    let beyond: Vec<_> = loaded.beyond.iter().map(|file| (&file.path[..], file.via.len())).collect();
    assert_eq!(beyond, [("5.md", 5), ("6.md", 6)]);
}

#[test]
fn circles_end() {
    let tree = Memory::default().file("CLAUDE.md", "@AGENTS.md").file("AGENTS.md", "@CLAUDE.md @AGENTS.md");
    let loaded = load(&tree, &[]);
    assert_eq!(paths(&loaded), ["CLAUDE.md", "AGENTS.md"]);
    assert_eq!((&loaded.files[0].via[..], &loaded.files[1].via[..]), (&[][..], &["CLAUDE.md".to_owned()][..]));
}

#[test]
fn pointers_links_and_copies_lead_to_one_text() {
    let tree =
        Memory::default().file("CLAUDE.md", "AGENTS.md\n").file("AGENTS.md", "Text").link("GEMINI.md", "AGENTS.md");
    let tree = tree.file("app/AGENTS.md", "Text").link("app/CLAUDE.md", "../../out.md");
    let loaded = load(&tree, &[]);
    let told: Vec<_> =
        loaded.files.iter().map(|file| (&file.path[..], &file.text[..], file.copy_of.as_deref())).collect();
    let expected = [
        ("CLAUDE.md", "", None),
        ("AGENTS.md", "Text", None),
        ("GEMINI.md", "", Some("AGENTS.md")),
        ("app/AGENTS.md", "", Some("AGENTS.md")),
        ("app/CLAUDE.md", "", None),
    ];
    assert_eq!(told, expected);
    assert_eq!(loaded.files[0].points_to.as_deref(), Some("AGENTS.md"));
    assert_eq!(loaded.files[1].via, ["CLAUDE.md"]);
    assert_eq!(unseen(&loaded, "app/CLAUDE.md"), [(None, "app/CLAUDE.md".into(), Reason::OutsideRepository)]);
}

#[test]
fn rules_behind_a_linked_folder_are_found_and_keep_their_lines() {
    let tree = Memory::default().link(".claude/rules", "../rules").file("rules/a.md", "---\npaths: api/**\n---\nText");
    let loaded = load(&tree, &[]);
    assert_eq!(paths(&loaded), [".claude/rules/a.md"]);
    assert_eq!((&loaded.files[0].paths[..], &loaded.files[0].text[..]), (&["api/**".to_owned()][..], "\n\n\nText"));
}
