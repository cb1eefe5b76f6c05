//! Laws of honouring, by arbitrary messages, paths and parameters.

use deploy_rhythm::engine::event::CommitId;
use deploy_rhythm::engine::facts::{Known, Missing};
use deploy_rhythm::governance::directive::{Directive, Kind, Object, Place, Polarity, Scope};
use deploy_rhythm::governance::honour::message::Message;
use deploy_rhythm::governance::honour::{
    Arrival, Change, ChangedPath, Commit, Lines, Paths, Person, Request, Touch, conventional, honour,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value as Json, json};

/// Bytes, or text that looks like a message.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let pieces =
        ["feat", "(", ")", "!", ":", " ", "\n", "\n\n", "Co-authored-by: a", "[skip ci]", "é", "#1", "AB-1", "\r\n"];
    let likely = prop::collection::vec(select(pieces.to_vec()), 0..12).prop_map(|pieces| pieces.concat().into_bytes());
    prop_oneof![likely, prop::collection::vec(any::<u8>(), 0..60)]
}

fn text() -> impl Strategy<Value = String> {
    bytes().prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn path() -> impl Strategy<Value = String> {
    let known = [
        ".env",
        "a/.env.local",
        "db/migrate/1.sql",
        "src/a.rs",
        "CHANGELOG.md",
        "dist/a",
        "Cargo.toml",
        "",
        "/",
        "a//b",
    ];
    prop_oneof![select(known.to_vec()).prop_map(str::to_owned), text()]
}

fn paths() -> impl Strategy<Value = Known<Paths>> {
    let lines = prop::option::of((any::<usize>(), any::<usize>()));
    let touch = select([Touch::Added, Touch::Modified, Touch::Deleted].as_slice());
    let one = (path(), touch, lines).prop_map(|(path, touch, lines)| ChangedPath {
        path,
        touch,
        lines: lines.map(|(added, deleted)| Lines { added, deleted }),
    });
    let known = (prop::collection::vec(one, 0..5), any::<bool>()).prop_map(|(changed, cut)| Ok(Paths { changed, cut }));
    prop_oneof![4 => known, 1 => Just(Err(Missing::new("a", "b")))]
}

fn commit() -> impl Strategy<Value = Commit> {
    let arrival =
        select([Arrival::Merge, Arrival::Merged, Arrival::Squash, Arrival::Direct, Arrival::Pushed].as_slice());
    let names = select(["Ada", "dependabot[bot]", ""].as_slice());
    let landed = (prop::option::of(arrival), prop::option::of(0..9_usize));
    (bytes(), paths(), landed, 0..3_usize, names).prop_map(|(message, paths, (arrival, brought), parents, name)| {
        Commit {
            id: CommitId::new("c"),
            parents,
            author: Person { name: name.to_owned(), email: String::new() },
            committer: Person::default(),
            message: Message::read(&message),
            paths,
            arrival,
            brought,
        }
    })
}

fn change() -> impl Strategy<Value = Change> {
    let words = || prop::option::of(prop_oneof![Just("main".to_owned()), Just("feature/a".to_owned()), text()]);
    let request = (words(), words(), words()).prop_map(|(branch, target, title)| Request { branch, target, title });
    let cut = prop::option::of(Just(Missing::new("c", "d")));
    (prop::collection::vec(commit(), 0..5), prop::option::of(paths()), words(), cut, request)
        .prop_map(|(commits, open, trunk, cut, request)| Change { commits, open, trunk, cut, request })
}

fn params() -> impl Strategy<Value = Map<String, Json>> {
    let keys = [
        "convention",
        "max-subject",
        "issue",
        "language",
        "types",
        "scope",
        "forbid",
        "require",
        "trailer",
        "marker",
        "branch",
        "base",
        "prefix",
        "max-lines",
        "max-files",
        "max-commits",
        "one",
        "paths",
        "append-only",
        "changelog",
        "version",
    ];
    let value = prop_oneof![
        text().prop_map(Json::from),
        path().prop_map(Json::from),
        select(["conventional", "none", "ABC-123", "Co-authored-by", "main", "English", "commit"].as_slice())
            .prop_map(Json::from),
        (0..5_u64).prop_map(Json::from),
        any::<f64>().prop_map(|number| json!(number)),
        any::<bool>().prop_map(Json::from),
        Just(Json::Null),
        prop::collection::vec(text(), 0..3).prop_map(|texts| json!(texts)),
        Just(json!({"a": [1]})),
    ];
    prop::collection::vec((select(keys.to_vec()), value), 0..6)
        .prop_map(|many| many.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// Parameters that a kind does read, so that violations are many.
fn fitting(kind: Kind) -> Json {
    match kind {
        Kind::CommitFormat => json!({"convention": "conventional", "max-subject": 3, "issue": true}),
        Kind::Trailers => json!({"forbid": "Co-authored-by", "require": "Signed-off-by"}),
        Kind::BaseBranch => json!({"base": "develop", "prefix": "feature/"}),
        Kind::ChangeSize => json!({"max-lines": 1, "max-files": 1, "max-commits": 1}),
        Kind::Secrets => json!({"paths": [".env", "dist/", "*.rs"]}),
        Kind::Migration => json!({"append-only": true}),
        Kind::Release => json!({"changelog": true, "version": true}),
        _ => json!({}),
    }
}

fn directive() -> impl Strategy<Value = Directive> {
    let kinds: Vec<Kind> = Kind::ALL.iter().map(|(_, kind)| *kind).collect();
    let polarities = [Polarity::Must, Polarity::MustNot, Polarity::Should];
    let objects = [Object::Commit, Object::PullRequest, Object::Push, Object::Merge];
    let words = || prop::option::weighted(0.2, path());
    let scope = (words(), words(), words()).prop_map(|(branch, path, condition)| Scope {
        branch,
        path,
        condition,
        ..Scope::default()
    });
    let params = (params(), any::<bool>());
    (select(kinds), select(polarities.to_vec()), select(objects.to_vec()), params, scope).prop_map(
        |(kind, polarity, object, (mut params, fits), scope)| {
            if let (true, Json::Object(fitting)) = (fits, fitting(kind)) {
                params.extend(fitting);
            }
            Directive {
                id: format!("{kind}"),
                place: Place::default(),
                text: String::new(),
                kind,
                object,
                polarity,
                scope,
                bound: true,
                params,
                exception: None,
                also: Vec::new(),
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_more_directive_takes_no_violation_away(
        directives in prop::collection::vec(directive(), 0..4), more in directive(), change in change(), at in 0..5_usize,
    ) {
        let before = honour(&directives, &change);
        let mut with_more = directives.clone();
        with_more.insert(at.min(directives.len()), more);
        let mut after = honour(&with_more, &change).violations;
        for violation in &before.violations {
            let place = after.iter().position(|found| found == violation);
            prop_assert!(place.is_some(), "{violation:?} is gone");
            place.map(|place| after.remove(place));
        }
    }

    #[test]
    fn a_directive_is_judged_or_says_why_not(directive in directive(), change in change()) {
        let honoured = honour(std::slice::from_ref(&directive), &change);
        let is_for_another_branch = directive.scope.branch.is_some();
        prop_assert!(is_for_another_branch || !honoured.judged.is_empty() || !honoured.unjudged.is_empty());
        prop_assert!(honoured.violations.is_empty() || !honoured.judged.is_empty());
        for violation in &honoured.violations {
            prop_assert!(!violation.message.is_empty());
        }
    }

    #[test]
    fn no_message_is_both_conventional_and_plain(bytes in bytes()) {
        let message = Message::read(&bytes);
        if let Ok(found) = conventional::read(&message) {
            prop_assert!(!found.kind.is_empty() && !found.description.is_empty());
            prop_assert!(message.subject().starts_with(found.kind) && message.subject().ends_with(found.description));
        }
        let _ = message.trailers();
    }
}
