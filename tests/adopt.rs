//! Directives as rules: bound by the policy, waived for a time, and where there is no policy file.

mod support {
    #[allow(dead_code, reason = "each test file makes what it needs")]
    pub mod governed;
}

use deploy_rhythm::engine::decision::Level;
use deploy_rhythm::engine::policy::load;
use deploy_rhythm::engine::rules::RuleId;
use deploy_rhythm::governance::directive::{Directive, Kind, Object, Polarity, Scope};
use deploy_rhythm::governance::terms::Terms;
use deploy_rhythm::governance::{Basis, Status, adopt, drift, waivers};
use deploy_rhythm::sources::packs;
use serde_json::json;
use support::governed::{deploys, directive, judged, policy, status, today};

#[test]
fn a_cadence_without_a_number_is_unbound_until_the_policy_binds_it() {
    let rapid = directive(
        Kind::DeployFrequency,
        Object::Push,
        Polarity::MustNot,
        "Avoid rapid-fire pushes to main",
        &json!({}),
    );
    let batch = directive(
        Kind::Batching,
        Object::Commit,
        Polarity::Must,
        "Batch related changes into fewer commits",
        &json!({}),
    );
    let always = directive(Kind::DeployFrequency, Object::Push, Polarity::Must, "Push after each commit", &json!({}));
    let (unbound, why) = status(&rapid, "    advisory: [governance]\n");
    assert_eq!(unbound, Status::Unbound);
    assert_eq!(why, "it names no number; bind it in the policy: `bind: {rapid-fire: {pushes: …, per: …}}`");
    let bind = "    soft-mandatory:\n      - governance: {bind: {rapid-fire: {pushes: 3, per: 1h}, batching: {min-commits: 3, max-wait: 2h}}}\n";
    assert_eq!(status(&rapid, bind).0, Status::Missing);
    assert_eq!(status(&batch, bind).0, Status::Missing);
    assert_eq!(status(&always, bind).0, Status::Unbound, "a limit would be its opposite");
    let written = format!(
        "{bind}      - push-frequency: {{pushes: 2, per: 1h}}\n      - batch-size: {{min-commits: 3, max-wait: 2h}}\n"
    );
    assert_eq!(status(&rapid, &written).0, Status::Stricter);
    assert_eq!(status(&batch, &written).0, Status::Enforced);
    let adopted = policy(&bind.replace("{bind", "{adopt: true, bind"));
    let directives = [rapid, batch];
    let adopted = adopt(&directives, &adopted, &Terms::of(&adopted, &[], today()), Basis::Written);
    assert!(adopted.has(RuleId::PushFrequency) && adopted.has(RuleId::BatchSize));
    assert!(judged(&directives, &adopted).iter().all(|drift| drift.status == Status::Enforced));
}

#[test]
fn waivers_let_off_until_their_day_is_over() {
    let three = deploys(3, "1h");
    let id = &three.id;
    let text = format!("<!-- deploy-rhythm: waive {id} because \"the move\" until 2026-11-25 -->\n");
    let comments = waivers("CLAUDE.md", &text).waivers;
    let policy = policy("    soft-mandatory: [{governance: {adopt: true}}]\n");
    let directives = [three];
    let at = |day: &str| {
        let terms = Terms::of(&policy, &comments, day.parse().expect("a date"));
        let adopted = adopt(&directives, &policy, &terms, Basis::Written);
        (drift(&directives, std::slice::from_ref(&adopted), &terms).remove(0), adopted.rules.len())
    };
    let (waived, rules) = at("2026-11-25");
    assert_eq!((waived.status, rules), (Status::Waived, 1));
    assert_eq!(waived.message, "waived until 2026-11-25: “the move”");
    let (expired, rules) = at("2026-11-26");
    assert_eq!((expired.status, rules), (Status::Enforced, 2));
    assert_eq!(expired.expired.as_deref(), Some("its waiver ended on 2026-11-25: “the move”"));
}

#[test]
fn without_a_policy_file_the_sentence_is_the_gate() {
    let pack = packs::find(packs::DEFAULT).expect("the default");
    let default = load(pack, &mut |name| Err(name.to_owned())).expect("valid").environment("production").expect("any");
    let three =
        Directive { scope: Scope { environment: Some("production".into()), ..Scope::default() }, ..deploys(3, "1h") };
    let gentle = directive(
        Kind::DeployInterval,
        Object::Deploy,
        Polarity::Should,
        "Prefer to wait 10 minutes",
        &json!({"since-start": "10m"}),
    );
    let daily = Directive { id: "2".into(), ..deploys(5, "day") };
    let unbound = directive(Kind::Batching, Object::Deploy, Polarity::Must, "Batch changes", &json!({}));
    let terms = Terms::of(&default, &[], today());
    let adopted = adopt(&[three, gentle, daily, unbound], &default, &terms, Basis::BuiltIn);
    let of = |id: RuleId| adopted.rules.iter().filter(|entry| entry.rule.id() == id).collect::<Vec<_>>();
    let [frequency] = &of(RuleId::MaxFrequency)[..] else { panic!("{:?}", of(RuleId::MaxFrequency)) };
    assert_eq!(
        (frequency.level, frequency.rule.check().asks().as_str()),
        (Level::SoftMandatory, "at most 3 deploys per 1h")
    );
    assert_eq!((frequency.source.file.as_str(), frequency.source.line), ("CLAUDE.md", 7));
    assert_eq!(frequency.because.as_deref(), Some("“No more than 3 deploys per 1h”"));
    let [interval] = &of(RuleId::MinInterval)[..] else { panic!("one interval") };
    assert_eq!(interval.level, Level::Advisory);
    assert_eq!(of(RuleId::NoOverlap)[0].level, Level::HardMandatory);
    assert_eq!(of(RuleId::BatchSize).len(), 1, "an unbound directive takes no place");
    let nothing = adopt(&[deploys(3, "1h")], &policy("    advisory: [no-overlap]\n"), &terms, Basis::Written);
    assert_eq!(nothing.rules.len(), 1, "a written policy says itself whether it adopts");
}
