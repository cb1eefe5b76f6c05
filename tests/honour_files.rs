//! Directives about touched files, kept and broken by commits of real repositories.

mod support {
    pub mod branch;
    pub mod directives;
    pub mod repo;
}

use deploy_rhythm::governance::directive::Kind;
use deploy_rhythm::governance::honour::{Certainty, Obstacle};
use serde_json::json;
use support::branch::Branch;
use support::directives::{must, must_not, of_requests};

#[test]
fn size_is_counted_by_commit_and_by_change() {
    let branch = Branch::new();
    branch.fixture.write("a.txt", "1\n2\n3\n");
    branch.fixture.write("package-lock.json", &"line\n".repeat(900));
    branch.commit("Add a");
    branch.fixture.write("a.txt", "1\nzwei\n3\n");
    branch.commit("Change a");
    let lines = |most| must(Kind::ChangeSize, json!({ "max-lines": most }));
    branch.keeps(lines(3));
    branch.breaks(lines(2), "3 lines added and deleted, 2 allowed");
    branch.keeps(of_requests(lines(3)));
    branch.breaks(of_requests(lines(2)), "3 lines");
    branch.keeps(of_requests(must(Kind::ChangeSize, json!({"max-files": 2, "max-commits": 2}))));
    branch.breaks(of_requests(must(Kind::ChangeSize, json!({"max-files": 1}))), "2 files, 1 allowed");
    branch.breaks(of_requests(must(Kind::ChangeSize, json!({"one": "commit"}))), "2 commits, 1 allowed");
    let concern = branch.honoured(must(Kind::ChangeSize, json!({"one": "concern"})));
    assert_eq!((concern.violations.len(), &concern.unjudged[0].obstacle), (0, &Obstacle::NoTrace));
}

#[test]
fn a_moved_file_has_no_changed_line() {
    let branch = Branch::new();
    branch.fixture.git(5, &["mv", "src/main.rs", "src/lib.rs"]);
    branch.commit("Move it");
    branch.keeps(must(Kind::ChangeSize, json!({"max-lines": 0})));
}

#[test]
fn a_landed_pull_request_has_its_own_size() {
    let branch = Branch::new();
    branch.commit("Add a");
    branch.commit("Add b");
    branch.fixture.switch("main");
    branch.fixture.merge(6, "feature/work");
    branch.commit("Add c (#4)");
    let directive = || of_requests(must(Kind::ChangeSize, json!({"max-commits": 1})));
    branch.breaks(directive(), "2 commits, 1 allowed");
    assert!(branch.honoured(directive()).violations[0].landed);
}

#[test]
fn secret_files_are_known_by_name() {
    let named = || must_not(Kind::Secrets, json!({"paths": [".env", "dist/"]}));
    let unnamed = || must_not(Kind::Secrets, json!({}));
    let branch = Branch::new();
    branch.fixture.write(".env.example", "KEY=\n");
    branch.fixture.write("src/dist.rs", "\n");
    branch.commit("Add a");
    branch.keeps(named());
    branch.fixture.write("web/dist/a.js", "\n");
    branch.commit("Build");
    branch.keeps(unnamed());
    assert_eq!(branch.breaks(named(), "web/dist/a.js"), Certainty::Told);

    let branch = Branch::new();
    branch.fixture.write("api/.env", "KEY=1\n");
    branch.commit("Add the key");
    std::fs::remove_file(branch.fixture.path.join("api/.env")).expect("a file");
    branch.commit("Remove the key");
    // History holds it, whatever came later.
    assert_eq!(branch.breaks(named(), "commits api/.env"), Certainty::Told);
    assert_eq!(branch.breaks(unnamed(), "commits api/.env"), Certainty::Guessed);
    assert_eq!(branch.honoured(unnamed()).unjudged[0].obstacle, Obstacle::NoTrace);
}

#[test]
fn a_merge_may_slip_a_secret_in() {
    let branch = Branch::new();
    branch.commit("Add a");
    branch.fixture.switch("other");
    branch.commit("Add b");
    branch.fixture.switch("feature/work");
    branch.commit("Add c");
    branch.fixture.git(6, &["merge", "--quiet", "--no-ff", "--no-commit", "other"]);
    branch.fixture.write(".env", "KEY=1\n");
    let merge = branch.commit("Merge other");
    let honoured = branch.honoured(must_not(Kind::Secrets, json!({"paths": [".env"]})));
    assert_eq!(honoured.violations.iter().map(|found| found.commit.clone()).collect::<Vec<_>>(), [Some(merge)]);
}

#[test]
fn migrations_are_only_added_to() {
    let directive = || must(Kind::Migration, json!({"append-only": true}));
    let branch = Branch::new();
    branch.fixture.write("db/migrate/002_shops.sql", "create table shop;\n");
    branch.fixture.write("db/schema.rb", "a\n");
    branch.commit("Add shops");
    branch.fixture.write("db/migrate/002_shops.sql", "create table shops;\n");
    branch.commit("Mend it before it ships");
    branch.keeps(directive());
    branch.fixture.write("db/migrate/001_users.sql", "create table people;\n");
    branch.commit("Edit a shipped one");
    assert_eq!(
        branch.breaks(directive(), "edits a migration that was there before: db/migrate/001_users.sql"),
        Certainty::Told
    );
    branch.fixture.git(5, &["mv", "db/migrate/001_users.sql", "db/migrate/001_people.sql"]);
    branch.commit("Rename it");
    branch.breaks(directive(), "deletes or renames");
}

#[test]
fn a_changelog_goes_with_the_source() {
    let directive = || must(Kind::Release, json!({"changelog": true}));
    let branch = Branch::new();
    branch.fixture.write("README.md", "words\n");
    branch.commit("Document it");
    branch.keeps(directive());
    branch.fixture.write("src/main.rs", "fn main() { run() }\n");
    branch.commit("Run it");
    assert_eq!(branch.breaks(directive(), "no changelog did: src/main.rs"), Certainty::Guessed);
    branch.breaks(must(Kind::Release, json!({"version": true})), "no file that holds a version did");
    branch.fixture.write("CHANGELOG.md", "It runs\n");
    branch.fixture.write("Cargo.toml", "version = \"2\"\n");
    branch.commit("Tell");
    branch.keeps(directive());
    branch.keeps(must(Kind::Release, json!({"version": true})));
    branch.breaks(must_not(Kind::Release, json!({"changelog": true})), "CHANGELOG.md");
}
