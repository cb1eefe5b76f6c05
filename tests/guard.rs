//! What changes take away, and what is written down: weakenings and the lock.

mod support {
    #[allow(dead_code, reason = "each test file makes what it needs")]
    pub mod governed;
}

use deploy_rhythm::governance::directive::{Directive, Kind, Object, Place, Polarity};
use deploy_rhythm::governance::lock::{Change, differences, lock};
use deploy_rhythm::governance::{Loss, absent, policy_weakenings, weakenings};
use serde_json::{Value as Json, json};
use support::governed::{deploys, directive, policy};

/// The same directive with other numbers: its id stays.
fn renumbered(one: &Directive, params: &Json) -> Directive {
    Directive { params: params.as_object().cloned().expect("a map"), ..one.clone() }
}

fn lost(base: &[Directive], head: &[Directive]) -> Vec<(Loss, String)> {
    weakenings(base, head).into_iter().map(|weakening| (weakening.loss, weakening.words)).collect()
}

#[test]
fn a_change_that_weakens_a_directive_is_named_with_both_numbers() {
    let three = deploys(3, "1h");
    let with = |params: Json| [renumbered(&three, &params)];
    let base = [three.clone()];
    assert_eq!(
        lost(&base, &with(json!({"deploys": 10, "per": "1h"}))),
        [(Loss::Weakened, "deploys per hour 3 -> 10".to_owned())]
    );
    assert_eq!(lost(&base, &with(json!({"deploys": 2, "per": "1h"}))), []);
    assert_eq!(lost(&base, &with(json!({"deploys": 3, "per": "2h"}))), []);
    assert_eq!(
        lost(&base, &with(json!({"deploys": 3, "per": "30m"}))),
        [(Loss::Weakened, "counted per 1h -> 30m".to_owned())]
    );
    assert_eq!(lost(&base, &[]), [(Loss::Removed, "removed: “No more than 3 deploys per 1h”".to_owned())]);
    let moved =
        Directive { place: Place { file: "docs/deploy.md".into(), line: 90, ..three.place.clone() }, ..three.clone() };
    assert_eq!(lost(&base, &[moved]), []);
    let excepted = Directive { exception: Some("unless it is urgent".into()), ..three.clone() };
    assert_eq!(
        lost(&base, std::slice::from_ref(&excepted)),
        [(Loss::Weakened, "now with an exception: “unless it is urgent”".to_owned())]
    );
    assert_eq!(lost(&[excepted], &base), []);
    let vague = Directive { bound: false, params: serde_json::Map::default(), ..three.clone() };
    assert_eq!(lost(&base, &[vague])[0].0, Loss::Weakened);
    let copy = Directive { place: Place { file: "AGENTS.md".into(), ..three.place.clone() }, ..three.clone() };
    assert_eq!(lost(&[three.clone(), copy.clone()], &[copy]), [], "one of two copies still asks it");
    let second = Directive { id: format!("{}-2", three.id), ..three.clone() };
    assert_eq!(lost(&[three.clone(), second.clone()], &base), []);
    assert_eq!(lost(&[three.clone(), second], &with(json!({"deploys": 4, "per": "1h"}))).len(), 2);
}

#[test]
fn other_words_for_the_same_are_no_loss_and_others_are_named() {
    let named =
        |text: &str, params: &Json| directive(Kind::ChangeSize, Object::PullRequest, Polarity::Must, text, params);
    let base = [named("Keep pull requests below lines", &json!({"max-lines": 400}))];
    assert_eq!(lost(&base, &[named("No pull request above lines", &json!({"max-lines": 300}))]), []);
    let looser = lost(&base, &[named("No pull request above lines", &json!({"max-lines": 800}))]);
    assert_eq!(looser, [(Loss::Weakened, "lines at most 400 -> 800".to_owned())]);
    let vague = |text: &str| named(text, &json!({}));
    let reworded = lost(&[vague("Keep pull requests small")], &[vague("Mind the size of pull requests")]);
    assert_eq!(
        reworded,
        [(Loss::Reworded, "“Keep pull requests small” -> “Mind the size of pull requests”".to_owned())]
    );
}

#[test]
fn a_policy_is_guarded_rule_by_rule_and_in_what_passes_rules_by() {
    let base = "    soft-mandatory:\n      - max-frequency: {deploys: 3, per: 1h}\n      - deployment-window: {days: mon-thu, from: \"09:00\", to: \"16:00\"}\n      - no-overlap\n    override: {people: [alice], expires: 2h, per-month: 2}\n    target: disk\n";
    let cases = [
        ("3, per: 1h", "10, per: 1h", "deploys per hour 3 -> 10"),
        ("3, per: 1h", "2, per: 1h", ""),
        ("16:00", "18:00", "to 16:00 -> 18:00"),
        ("mon-thu", "mon-wed", ""),
        ("      - no-overlap\n", "", "removed: one rollout at a time"),
        ("soft-mandatory", "hard-mandatory", ""),
        ("alice", "alice, bob", "another person may override: bob"),
        ("expires: 2h", "expires: 4h", "overrides last longer"),
        ("per-month: 2", "per-month: 20", "overrides per month 2 -> 20"),
        ("target: disk", "target: other", "target disk -> other"),
        (
            "    target: disk\n",
            "    lanes: {hotfix: {skip: [no-overlap]}}\n    target: disk\n",
            "the hotfix lane now skips no-overlap",
        ),
        ("    target: disk\n", "    paths: [api/**]\n    target: disk\n", "paths all -> api/**"),
    ];
    for (old, new, expected) in cases {
        let found = policy_weakenings(&policy(base), &policy(&base.replace(old, new)));
        let words: Vec<String> = found.into_iter().map(|weakening| weakening.words).collect();
        let expected: Vec<&str> = Some(expected).filter(|words| !words.is_empty()).into_iter().collect();
        assert_eq!(words, expected, "{old} → {new}");
    }
    let advised = policy_weakenings(&policy(base), &policy(&base.replace("soft-mandatory", "advisory")));
    assert_eq!(advised.len(), 3);
    assert_eq!(advised[0].words, "max-frequency: soft-mandatory -> advisory");
    assert_eq!((advised[0].source.file.as_str(), advised[0].source.line), ("policy.yml", 6));
}

#[test]
fn a_policy_is_guarded_against_a_milder_governance_rule() {
    let base = "    soft-mandatory: [{governance: {require: [secrets], adopt: true, on-weakening: reject}}]\n";
    for (old, new, weaker) in [
        ("reject", "hold", true),
        ("adopt: true, ", "", true),
        ("[secrets]", "[secrets, release]", false),
        ("require: [secrets], ", "", true),
    ] {
        assert_eq!(!policy_weakenings(&policy(base), &policy(&base.replace(old, new))).is_empty(), weaker, "{old}");
    }
}

#[test]
fn what_the_policy_requires_must_be_there() {
    let three = deploys(3, "1h");
    let required = ["deploy-frequency", "secrets", three.id.as_str()].map(str::to_owned);
    assert_eq!(absent(&required, &[three]), ["secrets"]);
}

#[test]
fn the_lock_is_stable_and_tells_what_changed() {
    let three = deploys(3, "1h");
    let format = directive(
        Kind::CommitFormat,
        Object::Commit,
        Polarity::Must,
        "Conventional commits",
        &json!({"convention": "conventional", "max-subject": 72}),
    );
    let text = lock(&[three.clone(), format.clone()]);
    let moved_lines = Directive { place: Place { line: 400, ..three.place.clone() }, ..three.clone() };
    assert_eq!(text, lock(&[format.clone(), moved_lines.clone()]));
    assert_eq!(differences(&text, &[moved_lines, format.clone()]), Ok(Vec::new()));
    let ten = renumbered(&three, &json!({"deploys": 10, "per": "1h"}));
    let found = differences(&text, &[ten]).expect("a lock");
    let said: Vec<(Change, &str)> =
        found.iter().map(|difference| (difference.change, difference.words.as_str())).collect();
    assert_eq!(
        said,
        [
            (Change::Removed, "must commit-format of a commit: convention \"conventional\", max-subject 72"),
            (Change::Changed, "deploys per hour 3 -> 10")
        ]
    );
    let elsewhere = Directive { place: Place { file: "docs/deploy.md".into(), ..three.place.clone() }, ..three };
    let found = differences(&text, &[elsewhere, format]).expect("a lock");
    assert_eq!((found[0].change, found[0].words.as_str()), (Change::Moved, "CLAUDE.md -> docs/deploy.md"));
    assert!(differences("nonsense", &[]).is_err());
    assert!(differences("{\"version\": 2, \"directives\": []}", &[]).is_err());
}
