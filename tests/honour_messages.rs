//! Directives about messages, kept and broken by commits of real repositories.

mod support {
    pub mod branch;
    pub mod directives;
    pub mod repo;
}

use deploy_rhythm::governance::directive::{Directive, Kind};
use deploy_rhythm::governance::honour::{Certainty, Depth, Obstacle, Request};
use serde_json::json;
use support::branch::Branch;
use support::directives::{must, must_not, of_requests};

fn conventional() -> Directive {
    must(Kind::CommitFormat, json!({"convention": "conventional"}))
}

#[test]
fn messages_follow_the_convention_or_leave_it() {
    let branch = Branch::new();
    branch.commit("feat(api)!: add a");
    branch.keeps(conventional());
    branch.breaks(must_not(Kind::CommitFormat, json!({"convention": "conventional"})), "follows conventional commits");
    branch.breaks(must(Kind::CommitFormat, json!({"convention": "none"})), "follows conventional commits");
    branch.breaks(must(Kind::CommitFormat, json!({"convention": "conventional", "types": ["fix"]})), "\"feat\"");

    let branch = Branch::new();
    let bad = branch.commit("Add a");
    assert_eq!(branch.breaks(conventional(), "\"Add a\" is not conventional"), Certainty::Told);
    assert_eq!(branch.honoured(conventional()).violations[0].commit, Some(bad));
    branch.keeps(must_not(Kind::CommitFormat, json!({"convention": "conventional"})));

    // A prefix is no convention.
    let branch = Branch::new();
    branch.commit("net: add a");
    branch.keeps(must(Kind::CommitFormat, json!({"convention": "none"})));
}

#[test]
fn what_tools_write_is_left_out_and_named() {
    let branch = Branch::new();
    branch.commit("feat: add a");
    branch.commit("fixup! feat: add a");
    branch.commit_by("dependabot[bot]", "Bump a from 1 to 2");
    branch.commit("Revert \"feat: add a\"");
    branch.fixture.switch("other");
    branch.commit("feat: add b");
    branch.fixture.switch("feature/work");
    branch.commit("feat: add c");
    branch.fixture.merge(6, "other");
    branch.keeps(conventional());
    assert_eq!(branch.honoured(conventional()).excluded.len(), 4);
    // Coding agents are meant.
    branch.commit_by("claude[bot]", "Add d");
    branch.breaks(conventional(), "Add d");
}

#[test]
fn subjects_have_a_length_in_characters() {
    let directive = || must(Kind::CommitFormat, json!({"max-subject": 10}));
    let branch = Branch::new();
    branch.commit("ääääääääää (#123)\n\nA body may be as long as it likes.");
    branch.keeps(directive());
    branch.commit("ääääääääääö");
    branch.breaks(directive(), "11 characters, 10 are allowed");
}

#[test]
fn messages_name_issues() {
    let directive = |issue| must(Kind::CommitFormat, json!({ "issue": issue }));
    let branch = Branch::new();
    branch.commit("Add a\n\nRefs: SHOP-12");
    branch.keeps(directive(json!(true)));
    branch.keeps(directive(json!("ABC-123")));
    branch.keeps(directive(json!("SHOP-XXX")));
    branch.breaks(directive(json!("#123")), "names no issue such as #123");
    branch.breaks(must_not(Kind::CommitFormat, json!({"issue": true})), "names an issue");
    let branch = Branch::new();
    branch.commit("Add a (#12)");
    branch.breaks(directive(json!(true)), "names no issue");
    let unread = branch.honoured(directive(json!("some issue")));
    assert_eq!(unread.unjudged[0].obstacle, Obstacle::Unbound);
}

#[test]
fn english_is_told_from_other_scripts_only() {
    let directive = || must(Kind::CommitFormat, json!({"language": "English"}));
    let branch = Branch::new();
    branch.commit("Ajouter la chose");
    branch.keeps(directive());
    assert_eq!(branch.honoured(directive()).unjudged[0].obstacle, Obstacle::NoTrace);
    branch.commit("добавить вещь");
    assert_eq!(branch.breaks(directive(), "not in English"), Certainty::Guessed);
}

#[test]
fn titles_are_judged_where_somebody_gives_them() {
    let branch = Branch::new();
    branch.commit("Add a");
    let without = branch.honoured(of_requests(conventional()));
    assert_eq!((without.violations.len(), &without.unjudged[0].obstacle), (0, &Obstacle::Host));
    let titled = |title: &str| Request { title: Some(title.to_owned()), ..Request::default() };
    assert!(branch.honoured_with(of_requests(conventional()), titled("feat: add a")).violations.is_empty());
    let broken = branch.honoured_with(of_requests(conventional()), titled("Add a"));
    assert_eq!((broken.violations.len(), &broken.violations[0].commit), (1, &None));
}

#[test]
fn trailers_are_forbidden_or_required() {
    let branch = Branch::new();
    branch.commit("Add a\n\nSigned-off-by: Ada <ada@example.org>");
    let forbid = || must_not(Kind::Trailers, json!({"forbid": "Co-authored-by"}));
    let require = || must(Kind::Trailers, json!({"require": "Signed-off-by"}));
    branch.keeps(forbid());
    branch.keeps(require());
    branch.commit("Add b\n\n* part\n\nCo-Authored-By: Claude <x@y>\n\n* other part");
    branch.breaks(forbid(), "carries Co-authored-by:");
    branch.breaks(must_not(Kind::Trailers, json!({"require": "Co-authored-by"})), "carries Co-authored-by:");
    branch.breaks(must_not(Kind::Trailers, json!({"trailer": "Co-authored-by: Claude"})), "Claude");
    branch.keeps(must_not(Kind::Trailers, json!({"forbid": ["Co-authored-by: Gemini", "Generated with"]})));
    branch.breaks(require(), "carries no Signed-off-by:");
}

#[test]
fn trailers_are_those_that_git_reads() {
    let branch = Branch::new();
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
        let id = branch.commit(message);
        let theirs = branch.fixture.git(0, &["log", "-1", "--format=%(trailers:only,unfold,keyonly)", id.as_str()]);
        let change = branch.change_of(Request::default(), Depth::Messages);
        let commit = change.commits.last().expect("a commit");
        let ours: Vec<&str> = commit.message.trailers().iter().map(|trailer| trailer.key).collect();
        assert_eq!(ours, theirs.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>(), "{message}");
    }
}

#[test]
fn markers_that_skip_ci_are_found_with_their_siblings() {
    let directive = || must_not(Kind::CiSkip, json!({"marker": "[skip ci]"}));
    let branch = Branch::new();
    branch.commit("Skip the CI section");
    branch.commit_by("semantic-release-bot", "chore(release): 1.2.3 [skip ci]");
    branch.keeps(directive());
    for message in
        ["a [Skip CI]", "a\n\n[ci skip]", "a [no ci]", "a [skip actions]", "a ***NO_CI***", "a\n\nskip-checks: true"]
    {
        let branch = Branch::new();
        branch.commit(message);
        branch.breaks(directive(), "the message carries");
        branch.breaks(must_not(Kind::CiSkip, json!({})), "the message carries");
        branch.keeps(must_not(Kind::CiSkip, json!({"marker": "[skip-deploy]"})));
    }
    branch.commit("a [skip-deploy]");
    branch.breaks(must_not(Kind::CiSkip, json!({"marker": "[skip-deploy]"})), "[skip-deploy]");
    assert!(branch.honoured(must(Kind::CiSkip, json!({"marker": "[skip-deploy]"}))).judged.is_empty());
}

#[test]
fn what_reads_like_a_tools_subject_excuses_only_tools() {
    let branch = Branch::new();
    branch.commit("Initial commit");
    branch.breaks(conventional(), "Initial commit");
    // Whatever has landed is not folded any more.
    let branch = Branch::new();
    branch.fixture.switch("main");
    branch.commit("fixup! feat: add a");
    branch.breaks(conventional(), "fixup!");
}
