//! Directives against commits of real repositories: each family kept and broken.

mod support {
    pub mod directives;
    pub mod repo;
}

use deploy_rhythm::engine::event::CommitId;
use deploy_rhythm::governance::directive::{Directive, Kind, Scope};
use deploy_rhythm::governance::honour::{Certainty, Change, Depth, Honoured, Obstacle, Request, honour};
use deploy_rhythm::sources::git::Repo;
use serde_json::json;
use support::directives::{must, must_not, of_requests};
use support::repo::Fixture;

/// A repository with one commit on `main` that its origin has, and branch `feature/work` checked out.
struct Bench {
    fixture: Fixture,
    base: CommitId,
}

impl Bench {
    fn new() -> Self {
        let fixture = Fixture::new();
        fixture.write("db/migrate/001_users.sql", "create table users;\n");
        fixture.write("src/main.rs", "fn main() {}\n");
        let base = fixture.commit(1, "chore: begin");
        fixture.switch("feature/work");
        Self { fixture, base }
    }

    /// Commits whatever the working tree holds.
    fn commit(&self, message: &str) -> CommitId {
        self.commit_by("Ada", message)
    }

    fn commit_by(&self, author: &str, message: &str) -> CommitId {
        let author = format!("{author} <x@example.org>");
        self.fixture.git(5, &["add", "--all", "--force"]);
        self.fixture.git(5, &["commit", "--quiet", "--allow-empty", "--author", &author, "--message", message]);
        self.fixture.id("HEAD")
    }

    fn change_of(&self, request: Request, depth: Depth) -> Change {
        let repo = Repo::open(&self.fixture.path).expect("a repository");
        repo.change(Some(&self.base), &self.fixture.id("HEAD"), request, depth).expect("a change")
    }

    fn honoured(&self, directive: Directive) -> Honoured {
        self.honoured_with(directive, Request::default())
    }

    fn honoured_with(&self, directive: Directive, request: Request) -> Honoured {
        let directives = [directive];
        honour(&directives, &self.change_of(request, Depth::needed(&directives)))
    }

    /// Checks that one violation says something, and names its place.
    fn breaks(&self, directive: Directive, says: &str) -> Certainty {
        let honoured = self.honoured(directive);
        let [violation] = honoured.violations.as_slice() else { panic!("not one violation: {honoured:#?}") };
        assert!(violation.message.contains(says), "{}", violation.message);
        assert_eq!((violation.place.file.as_str(), violation.place.line), ("CLAUDE.md", 7));
        assert_eq!(honoured.judged, std::slice::from_ref(&violation.directive));
        violation.certainty
    }

    fn keeps(&self, directive: Directive) {
        let honoured = self.honoured(directive);
        assert!(honoured.violations.is_empty() && !honoured.judged.is_empty(), "{honoured:#?}");
    }
}

fn conventional() -> Directive {
    must(Kind::CommitFormat, json!({"convention": "conventional"}))
}

#[test]
fn messages_follow_the_convention_or_leave_it() {
    let bench = Bench::new();
    bench.commit("feat(api)!: add a");
    bench.keeps(conventional());
    bench.breaks(must_not(Kind::CommitFormat, json!({"convention": "conventional"})), "follows conventional commits");
    bench.breaks(must(Kind::CommitFormat, json!({"convention": "none"})), "follows conventional commits");
    bench.breaks(must(Kind::CommitFormat, json!({"convention": "conventional", "types": ["fix"]})), "\"feat\"");

    let bench = Bench::new();
    let bad = bench.commit("Add a");
    assert_eq!(bench.breaks(conventional(), "\"Add a\" is not conventional"), Certainty::Told);
    assert_eq!(bench.honoured(conventional()).violations[0].commit, Some(bad));
    bench.keeps(must_not(Kind::CommitFormat, json!({"convention": "conventional"})));

    // A prefix is no convention.
    let bench = Bench::new();
    bench.commit("net: add a");
    bench.keeps(must(Kind::CommitFormat, json!({"convention": "none"})));
}

#[test]
fn what_tools_write_is_left_out_and_named() {
    let bench = Bench::new();
    bench.commit("feat: add a");
    bench.commit("fixup! feat: add a");
    bench.commit_by("dependabot[bot]", "Bump a from 1 to 2");
    bench.commit("Revert \"feat: add a\"");
    bench.fixture.switch("other");
    bench.commit("feat: add b");
    bench.fixture.switch("feature/work");
    bench.commit("feat: add c");
    bench.fixture.merge(6, "other");
    bench.keeps(conventional());
    assert_eq!(bench.honoured(conventional()).excluded.len(), 4);
    // Coding agents are meant.
    bench.commit_by("claude[bot]", "Add d");
    bench.breaks(conventional(), "Add d");
}

#[test]
fn subjects_have_a_length_in_characters() {
    let directive = || must(Kind::CommitFormat, json!({"max-subject": 10}));
    let bench = Bench::new();
    bench.commit("ääääääääää (#123)\n\nA body may be as long as it likes.");
    bench.keeps(directive());
    bench.commit("ääääääääääö");
    bench.breaks(directive(), "11 characters, 10 are allowed");
}

#[test]
fn messages_name_issues() {
    let directive = |issue| must(Kind::CommitFormat, json!({ "issue": issue }));
    let bench = Bench::new();
    bench.commit("Add a\n\nRefs: SHOP-12");
    bench.keeps(directive(json!(true)));
    bench.keeps(directive(json!("ABC-123")));
    bench.keeps(directive(json!("SHOP-XXX")));
    bench.breaks(directive(json!("#123")), "names no issue such as #123");
    bench.breaks(must_not(Kind::CommitFormat, json!({"issue": true})), "names an issue");
    let bench = Bench::new();
    bench.commit("Add a (#12)");
    bench.breaks(directive(json!(true)), "names no issue");
    let unread = bench.honoured(directive(json!("some issue")));
    assert_eq!(unread.unjudged[0].obstacle, Obstacle::Unbound);
}

#[test]
fn english_is_told_from_other_scripts_only() {
    let directive = || must(Kind::CommitFormat, json!({"language": "English"}));
    let bench = Bench::new();
    bench.commit("Ajouter la chose");
    bench.keeps(directive());
    assert_eq!(bench.honoured(directive()).unjudged[0].obstacle, Obstacle::NoTrace);
    bench.commit("добавить вещь");
    assert_eq!(bench.breaks(directive(), "not in English"), Certainty::Guessed);
}

#[test]
fn titles_are_judged_where_somebody_gives_them() {
    let bench = Bench::new();
    bench.commit("Add a");
    let without = bench.honoured(of_requests(conventional()));
    assert_eq!((without.violations.len(), &without.unjudged[0].obstacle), (0, &Obstacle::Host));
    let titled = |title: &str| Request { title: Some(title.to_owned()), ..Request::default() };
    assert!(bench.honoured_with(of_requests(conventional()), titled("feat: add a")).violations.is_empty());
    let broken = bench.honoured_with(of_requests(conventional()), titled("Add a"));
    assert_eq!((broken.violations.len(), &broken.violations[0].commit), (1, &None));
}

#[test]
fn trailers_are_forbidden_or_required() {
    let bench = Bench::new();
    bench.commit("Add a\n\nSigned-off-by: Ada <ada@example.org>");
    let forbid = || must_not(Kind::Trailers, json!({"forbid": "Co-authored-by"}));
    let require = || must(Kind::Trailers, json!({"require": "Signed-off-by"}));
    bench.keeps(forbid());
    bench.keeps(require());
    bench.commit("Add b\n\n* part\n\nCo-Authored-By: Claude <x@y>\n\n* other part");
    bench.breaks(forbid(), "carries Co-authored-by:");
    bench.breaks(must_not(Kind::Trailers, json!({"require": "Co-authored-by"})), "carries Co-authored-by:");
    bench.breaks(must_not(Kind::Trailers, json!({"trailer": "Co-authored-by: Claude"})), "Claude");
    bench.keeps(must_not(Kind::Trailers, json!({"forbid": ["Co-authored-by: Gemini", "Generated with"]})));
    bench.breaks(require(), "carries no Signed-off-by:");
}

#[test]
fn trailers_are_those_that_git_reads() {
    let bench = Bench::new();
    let messages = [
        "a\n\nb\n\nSigned-off-by: Ada\nRefs: #1",
        "a\n\nprose\nSigned-off-by: Ada",
        "a\n\nprose\nmore: prose\nstill",
        "a\n\none\ntwo\nthree\nfour\nSigned-off-by: Ada",
        "a\n\nSigned-off-by: Ada\n  continued\nRefs: #1",
        "a\n\nRefs: #1\n\n",
        "Refs: #1",
        "a\n\n(cherry picked from commit 0123)\nRefs : #1",
    ];
    for message in messages {
        let id = bench.commit(message);
        let theirs = bench.fixture.git(0, &["log", "-1", "--format=%(trailers:only,unfold,keyonly)", id.as_str()]);
        let change = bench.change_of(Request::default(), Depth::Messages);
        let commit = change.commits.last().expect("a commit");
        let ours: Vec<&str> = commit.message.trailers().iter().map(|trailer| trailer.key).collect();
        assert_eq!(ours, theirs.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>(), "{message}");
    }
}

#[test]
fn markers_that_skip_ci_are_found_with_their_siblings() {
    let directive = || must_not(Kind::CiSkip, json!({"marker": "[skip ci]"}));
    let bench = Bench::new();
    bench.commit("Skip the CI section");
    bench.commit_by("semantic-release-bot", "chore(release): 1.2.3 [skip ci]");
    bench.keeps(directive());
    for message in
        ["a [Skip CI]", "a\n\n[ci skip]", "a [no ci]", "a [skip actions]", "a ***NO_CI***", "a\n\nskip-checks: true"]
    {
        let bench = Bench::new();
        bench.commit(message);
        bench.breaks(directive(), "the message carries");
        bench.breaks(must_not(Kind::CiSkip, json!({})), "the message carries");
        bench.keeps(must_not(Kind::CiSkip, json!({"marker": "[skip-deploy]"})));
    }
    bench.commit("a [skip-deploy]");
    bench.breaks(must_not(Kind::CiSkip, json!({"marker": "[skip-deploy]"})), "[skip-deploy]");
    assert!(bench.honoured(must(Kind::CiSkip, json!({"marker": "[skip-deploy]"}))).judged.is_empty());
}

#[test]
fn a_direct_push_is_a_guess() {
    let directive = || must_not(Kind::DirectPush, json!({"branch": "main"}));
    let bench = Bench::new();
    bench.commit("Add a");
    bench.keeps(directive());
    bench.fixture.switch("main");
    bench.fixture.merge(6, "feature/work");
    bench.commit("Add b (#3)");
    bench.keeps(directive());
    let direct = bench.commit("Add c");
    assert_eq!(bench.breaks(directive(), "straight to main"), Certainty::Guessed);
    let violation = &bench.honoured(directive()).violations[0];
    assert_eq!((&violation.commit, violation.landed), (&Some(direct), true));
    let elsewhere = bench.honoured(must_not(Kind::DirectPush, json!({"branch": "release"})));
    assert_eq!((elsewhere.judged.len(), &elsewhere.unjudged[0].obstacle), (0, &Obstacle::Host));
}

#[test]
fn a_push_from_this_clone_is_told() {
    let origin = Fixture::bare();
    let bench = Bench::new();
    let fixture = &bench.fixture;
    fixture.switch("main");
    fixture.git(2, &["remote", "add", "origin", &origin.path.display().to_string()]);
    fixture.git(2, &["push", "--quiet", "origin", "main"]);
    fixture.git(2, &["remote", "set-head", "origin", "main"]);
    bench.commit("Add a");
    let before = bench.honoured_with(
        must_not(Kind::DirectPush, json!({})),
        Request { branch: Some("main".to_owned()), ..Request::default() },
    );
    assert!(before.violations[0].message.contains("push it as a branch") && !before.violations[0].landed);
    fixture.git(3, &["push", "--quiet", "origin", "main"]);
    assert_eq!(bench.breaks(must_not(Kind::DirectPush, json!({})), "pushed from this clone"), Certainty::Told);
}

#[test]
fn branches_are_judged_where_somebody_names_them() {
    let base = || must(Kind::BaseBranch, json!({"base": "develop"}));
    let prefix = || must(Kind::BaseBranch, json!({"prefix": ["feature/<name>", "fix/"]}));
    let bench = Bench::new();
    bench.commit("Add a");
    for directive in [base(), prefix()] {
        assert!(matches!(bench.honoured(directive).unjudged[0].obstacle, Obstacle::Missing(_)));
    }
    let request = |branch: &str, target: &str| Request {
        branch: Some(branch.to_owned()),
        target: Some(target.to_owned()),
        title: None,
    };
    let count = |directive, request| bench.honoured_with(directive, request).violations.len();
    assert_eq!(count(base(), request("feature/a", "develop")), 0);
    assert_eq!(count(base(), request("feature/a", "main")), 1);
    assert_eq!(count(prefix(), request("feature/a", "main")), 0);
    assert_eq!(count(prefix(), request("wip", "main")), 1);
    assert_eq!(count(prefix(), request("dependabot/npm/a", "main")), 0);
    assert_eq!(count(must_not(Kind::BaseBranch, json!({"base": "main"})), request("wip", "main")), 1);
}

#[test]
fn size_is_counted_by_commit_and_by_change() {
    let bench = Bench::new();
    bench.fixture.write("a.txt", "1\n2\n3\n");
    bench.fixture.write("package-lock.json", &"line\n".repeat(900));
    bench.commit("Add a");
    bench.fixture.write("a.txt", "1\nzwei\n3\n");
    bench.commit("Change a");
    let lines = |most| must(Kind::ChangeSize, json!({ "max-lines": most }));
    bench.keeps(lines(3));
    bench.breaks(lines(2), "3 lines added and deleted, 2 allowed");
    bench.keeps(of_requests(lines(3)));
    bench.breaks(of_requests(lines(2)), "3 lines");
    bench.keeps(of_requests(must(Kind::ChangeSize, json!({"max-files": 2, "max-commits": 2}))));
    bench.breaks(of_requests(must(Kind::ChangeSize, json!({"max-files": 1}))), "2 files, 1 allowed");
    bench.breaks(of_requests(must(Kind::ChangeSize, json!({"one": "commit"}))), "2 commits, 1 allowed");
    let concern = bench.honoured(must(Kind::ChangeSize, json!({"one": "concern"})));
    assert_eq!((concern.violations.len(), &concern.unjudged[0].obstacle), (0, &Obstacle::NoTrace));
}

#[test]
fn a_moved_file_has_no_changed_line() {
    let bench = Bench::new();
    bench.fixture.git(5, &["mv", "src/main.rs", "src/lib.rs"]);
    bench.commit("Move it");
    bench.keeps(must(Kind::ChangeSize, json!({"max-lines": 0})));
}

#[test]
fn a_landed_pull_request_has_its_own_size() {
    let bench = Bench::new();
    bench.commit("Add a");
    bench.commit("Add b");
    bench.fixture.switch("main");
    bench.fixture.merge(6, "feature/work");
    bench.commit("Add c (#4)");
    let directive = || of_requests(must(Kind::ChangeSize, json!({"max-commits": 1})));
    bench.breaks(directive(), "2 commits, 1 allowed");
    assert!(bench.honoured(directive()).violations[0].landed);
}

#[test]
fn secret_files_are_known_by_name() {
    let named = || must_not(Kind::Secrets, json!({"paths": [".env", "dist/"]}));
    let unnamed = || must_not(Kind::Secrets, json!({}));
    let bench = Bench::new();
    bench.fixture.write(".env.example", "KEY=\n");
    bench.fixture.write("src/dist.rs", "\n");
    bench.commit("Add a");
    bench.keeps(named());
    bench.fixture.write("web/dist/a.js", "\n");
    bench.commit("Build");
    bench.keeps(unnamed());
    assert_eq!(bench.breaks(named(), "web/dist/a.js"), Certainty::Told);

    let bench = Bench::new();
    bench.fixture.write("api/.env", "KEY=1\n");
    bench.commit("Add the key");
    std::fs::remove_file(bench.fixture.path.join("api/.env")).expect("a file");
    bench.commit("Remove the key");
    // History holds it, whatever came later.
    assert_eq!(bench.breaks(named(), "commits api/.env"), Certainty::Told);
    assert_eq!(bench.breaks(unnamed(), "commits api/.env"), Certainty::Guessed);
    assert_eq!(bench.honoured(unnamed()).unjudged[0].obstacle, Obstacle::NoTrace);
}

#[test]
fn a_merge_may_slip_a_secret_in() {
    let bench = Bench::new();
    bench.commit("Add a");
    bench.fixture.switch("other");
    bench.commit("Add b");
    bench.fixture.switch("feature/work");
    bench.commit("Add c");
    bench.fixture.git(6, &["merge", "--quiet", "--no-ff", "--no-commit", "other"]);
    bench.fixture.write(".env", "KEY=1\n");
    let merge = bench.commit("Merge other");
    let honoured = bench.honoured(must_not(Kind::Secrets, json!({"paths": [".env"]})));
    assert_eq!(honoured.violations.iter().map(|found| found.commit.clone()).collect::<Vec<_>>(), [Some(merge)]);
}

#[test]
fn migrations_are_only_added_to() {
    let directive = || must(Kind::Migration, json!({"append-only": true}));
    let bench = Bench::new();
    bench.fixture.write("db/migrate/002_shops.sql", "create table shop;\n");
    bench.fixture.write("db/schema.rb", "a\n");
    bench.commit("Add shops");
    bench.fixture.write("db/migrate/002_shops.sql", "create table shops;\n");
    bench.commit("Mend it before it ships");
    bench.keeps(directive());
    bench.fixture.write("db/migrate/001_users.sql", "create table people;\n");
    bench.commit("Edit a shipped one");
    assert_eq!(
        bench.breaks(directive(), "edits a migration that was there before: db/migrate/001_users.sql"),
        Certainty::Told
    );
    bench.fixture.git(5, &["mv", "db/migrate/001_users.sql", "db/migrate/001_people.sql"]);
    bench.commit("Rename it");
    bench.breaks(directive(), "deletes or renames");
}

#[test]
fn a_changelog_goes_with_the_source() {
    let directive = || must(Kind::Release, json!({"changelog": true}));
    let bench = Bench::new();
    bench.fixture.write("README.md", "words\n");
    bench.commit("Document it");
    bench.keeps(directive());
    bench.fixture.write("src/main.rs", "fn main() { run() }\n");
    bench.commit("Run it");
    assert_eq!(bench.breaks(directive(), "no changelog did: src/main.rs"), Certainty::Guessed);
    bench.breaks(must(Kind::Release, json!({"version": true})), "no file that holds a version did");
    bench.fixture.write("CHANGELOG.md", "It runs\n");
    bench.fixture.write("Cargo.toml", "version = \"2\"\n");
    bench.commit("Tell");
    bench.keeps(directive());
    bench.keeps(must(Kind::Release, json!({"version": true})));
    bench.breaks(must_not(Kind::Release, json!({"changelog": true})), "CHANGELOG.md");
}

#[test]
fn a_scope_and_an_exception_make_a_guess() {
    let bench = Bench::new();
    bench.commit("Add a");
    let excepted = Directive { exception: Some("unless urgent".to_owned()), ..conventional() };
    assert_eq!(bench.breaks(excepted, "Add a"), Certainty::Guessed);
    let on = |branch: &str| Directive {
        scope: Scope { branch: Some(branch.to_owned()), ..Scope::default() },
        ..conventional()
    };
    assert_eq!(bench.breaks(on("release"), "Add a"), Certainty::Guessed);
    let request = Request { target: Some("main".to_owned()), ..Request::default() };
    assert!(bench.honoured_with(on("release"), request.clone()).judged.is_empty());
    assert_eq!(bench.honoured_with(on("main"), request).violations[0].certainty, Certainty::Told);
}

#[test]
fn a_path_leaves_other_commits_out() {
    let bench = Bench::new();
    bench.fixture.write("web/a.js", "\n");
    bench.commit("Add a");
    bench.fixture.write("api/a.rs", "\n");
    bench.commit("Add b");
    let scope = Scope { path: Some("api/".to_owned()), ..Scope::default() };
    bench.breaks(Directive { scope, ..conventional() }, "Add b");
}

#[test]
fn kinds_that_commits_do_not_judge_say_who_does() {
    let bench = Bench::new();
    let table = [
        (Kind::DeployFrequency, Obstacle::Rule),
        (Kind::Batching, Obstacle::Rule),
        (Kind::ForcePush, Obstacle::Host),
        (Kind::HooksBypass, Obstacle::NoTrace),
        (Kind::ChecksBefore, Obstacle::Host),
        (Kind::ApprovalBefore, Obstacle::Host),
        (Kind::DeployPath, Obstacle::Host),
    ];
    for (kind, obstacle) in table {
        let honoured = bench.honoured(must(kind, json!({})));
        assert_eq!((honoured.unjudged[0].obstacle.clone(), honoured.judged.len()), (obstacle, 0), "{kind}");
    }
    for (name, kind) in Kind::ALL {
        let honoured = bench.honoured(must(*kind, json!({})));
        assert!(!honoured.unjudged.is_empty(), "{name} asks nothing and says nothing");
    }
}
