//! What a span of commits did, from real repositories.

mod support {
    pub mod directives;
    pub mod repo;
}

use deploy_rhythm::engine::event::CommitId;
use deploy_rhythm::engine::facts::Known;
use deploy_rhythm::governance::directive::Kind;
use deploy_rhythm::governance::honour::{Arrival, Change, Depth, Lines, Obstacle, Request, Touch, honour};
use deploy_rhythm::sources::git::Repo;
use serde_json::json;
use support::directives::must_not;
use support::repo::Fixture;

fn change(fixture: &Fixture, base: Option<&CommitId>, head: &CommitId, depth: Depth) -> Known<Change> {
    Repo::open(&fixture.path).expect("a repository").change(base, head, Request::default(), depth)
}

fn subjects(change: &Change) -> Vec<&str> {
    change.commits.iter().map(|commit| commit.message.subject()).collect()
}

/// `main` with a merge of two commits, a squash and a direct push.
fn mixed() -> (Fixture, CommitId) {
    let fixture = Fixture::new();
    let base = fixture.commit(1, "base");
    fixture.switch("work");
    fixture.commit(2, "one");
    fixture.commit(3, "two");
    fixture.switch("main");
    fixture.merge(4, "work");
    fixture.commit(5, "squashed (#4)");
    fixture.commit(6, "direct");
    (fixture, base)
}

#[test]
fn git_alone_tells_how_commits_landed() {
    let (fixture, base) = mixed();
    let found = change(&fixture, Some(&base), &fixture.id("main"), Depth::Paths).expect("a change");
    assert_eq!(subjects(&found), ["one", "two", "Merge work", "squashed (#4)", "direct"]);
    let arrivals: Vec<_> = found.commits.iter().map(|commit| (commit.arrival, commit.brought)).collect();
    let expected = [
        (Some(Arrival::Merged), None),
        (Some(Arrival::Merged), None),
        (Some(Arrival::Merge), Some(2)),
        (Some(Arrival::Squash), Some(1)),
        (Some(Arrival::Direct), Some(1)),
    ];
    assert_eq!(arrivals, expected);
    assert_eq!((found.trunk.as_deref(), found.open.is_none()), (Some("main"), true));
}

#[test]
fn one_landing_is_a_change_of_its_own() {
    let (fixture, _) = mixed();
    let repo = Repo::open(&fixture.path).expect("a repository");
    let found = repo.landed(&fixture.id("main~2"), Depth::Messages).expect("a change");
    assert_eq!(subjects(&found), ["one", "two", "Merge work"]);
}

#[test]
fn what_has_not_landed_is_compared_with_where_it_left() {
    let (fixture, base) = mixed();
    fixture.git(7, &["switch", "--quiet", "--create", "late", base.as_str()]);
    fixture.write("late.txt", "1\n2\n");
    fixture.commit_file(8, "late", "base.txt");
    fixture.git(9, &["switch", "--quiet", "main"]);
    let found = change(&fixture, Some(&fixture.id("main")), &fixture.id("late"), Depth::Lines).expect("a change");
    let open = found.open.expect("not landed").expect("read");
    let changed: Vec<_> = open.changed.iter().map(|changed| (changed.path.as_str(), changed.touch)).collect();
    assert_eq!(changed, [("base.txt", Touch::Modified), ("late.txt", Touch::Added)]);
    assert_eq!(open.changed[1].lines, Some(Lines { added: 2, deleted: 0 }));
    assert_eq!(found.commits[0].arrival, None);
}

#[test]
fn without_a_named_default_branch_nothing_has_landed() {
    let fixture = Fixture::new();
    fixture.git(0, &["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    let only = fixture.commit(1, "only");
    let found = change(&fixture, None, &only, Depth::Paths).expect("a change");
    assert_eq!((found.trunk, found.commits[0].arrival, found.open.is_some()), (None, None, true));
}

#[test]
fn a_shallow_clone_is_no_silent_pass() {
    let (source, base) = mixed();
    let fixture = Fixture::clone_of(&source.path, &["--depth=1"]);
    let head = fixture.id("HEAD");
    for base in [Some(&base), None] {
        let missing = change(&fixture, base, &head, Depth::Paths).expect_err("shallow");
        assert_eq!(missing.remedy, "git fetch --unshallow");
    }
    let landed = Repo::open(&fixture.path).expect("a repository").landed(&head, Depth::Paths);
    assert_eq!(landed.expect_err("shallow").remedy, "git fetch --unshallow");
}

#[test]
fn files_that_a_partial_clone_lacks_are_missing() {
    let (source, base) = mixed();
    source.git(0, &["config", "uploadpack.allowFilter", "true"]);
    let fixture = Fixture::clone_of(&source.path, &["--filter=blob:none", "--no-checkout"]);
    let head = fixture.id("HEAD");
    let found = change(&fixture, Some(&base), &head, Depth::Paths).expect("a change");
    assert!(found.commits.iter().all(|commit| commit.paths.is_ok()), "names need no content");
    let found = change(&fixture, Some(&base), &head, Depth::Lines).expect("a change");
    let missing = found.commits[0].paths.as_ref().expect_err("no content");
    assert_eq!(missing.remedy, "git fetch --refetch");
}

#[test]
fn what_was_not_read_is_not_judged() {
    let (fixture, base) = mixed();
    let found = change(&fixture, Some(&base), &fixture.id("main"), Depth::Messages).expect("a change");
    let honoured = honour(&[must_not(Kind::Secrets, json!({"paths": [".env"]}))], &found);
    assert!(matches!(honoured.unjudged[0].obstacle, Obstacle::Missing(_)), "{honoured:?}");
}

#[test]
fn binary_and_huge_files_and_odd_names_are_read() {
    let fixture = Fixture::new();
    let base = fixture.commit(1, "base");
    fixture.write_bytes("binary", &[0, 159, 146, 150]);
    fixture.write("huge", &"line\n".repeat(300_000));
    fixture.write("zwei worte/ä\n.txt", "1");
    let head = fixture.commit_file(2, "more", "zwei worte/b");
    let found = change(&fixture, Some(&base), &head, Depth::Lines).expect("a change");
    let paths = found.commits[0].paths.as_ref().expect("read");
    let lines: Vec<_> = paths.changed.iter().map(|changed| (changed.path.as_str(), changed.lines)).collect();
    let one = Some(Lines { added: 1, deleted: 0 });
    let expected =
        [("binary", Some(Lines::default())), ("huge", None), ("zwei worte/b", one), ("zwei worte/ä\n.txt", one)];
    assert_eq!(lines, expected);
}

#[test]
fn a_long_span_is_cut_and_says_so() {
    let fixture = Fixture::new();
    let mut stream = String::new();
    for number in 1..=10_050 {
        stream.push_str(&format!("commit refs/heads/main\ncommitter Ada <a@b> {number} +0000\ndata 2\nc\n\n"));
    }
    fixture.write("stream", &stream);
    let path = fixture.path.join("stream");
    let input = std::fs::OpenOptions::new().read(true).open(path).expect("a file");
    let status = fixture.command(&fixture.path, 0).args(["fast-import", "--quiet"]).stdin(input).status();
    assert!(status.expect("git runs").success());
    let found = change(&fixture, None, &fixture.id("main"), Depth::Messages).expect("a change");
    assert_eq!(found.commits.len(), 10_000);
    let cut = found.cut.clone().expect("cut");
    assert!(cut.what.contains("of 10050 commits, the newest 10000"), "{}", cut.what);
    let honoured = honour(&[must_not(Kind::CiSkip, json!({}))], &found);
    assert!(honoured.unjudged.iter().any(|unjudged| matches!(unjudged.obstacle, Obstacle::Missing(_))));
}
