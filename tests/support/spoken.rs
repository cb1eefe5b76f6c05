//! Random rules that have a sentence in prose.

use deploy_rhythm::engine::policy::problem::Place;
use deploy_rhythm::engine::policy::reader::Problems;
use deploy_rhythm::engine::policy::yaml::Yaml;
use deploy_rhythm::engine::rules::{Rule, RuleId};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// A rule that has a sentence, as its name and parameters.
pub fn spoken() -> impl Strategy<Value = (RuleId, Json)> {
    let length = || {
        prop_oneof![
            (1..90_u32).prop_map(|minutes| format!("{minutes}m")),
            (1..50_u32).prop_map(|hours| format!("{hours}h")),
            (1..100_u32).prop_map(|seconds| format!("{seconds}s"))
        ]
    };
    let per = prop_oneof![length(), prop::sample::select(vec!["day", "week", "month"]).prop_map(str::to_owned)];
    let days = prop::sample::subsequence(vec!["mon", "tue", "wed", "thu", "fri", "sat", "sun"], 1..7);
    let hours = (0..12_u32, 13..25_u32, any::<bool>()).prop_map(|(from, to, night)| {
        let (from, to) = (format!("{from:02}:00"), format!("{to:02}:00"));
        if night && to != "24:00" { (to, from) } else { (from, to) }
    });
    let weekly = (prop::option::of(days), hours).prop_map(|(days, (from, to))| match days {
        Some(days) => json!({"days": days, "from": from, "to": to}),
        None => json!({"from": from, "to": to}),
    });
    let dated = (1..28_u32, 0..60_u32).prop_map(|(day, more)| json!({"from": format!("2026-12-{day:02}"), "to": format!("2027-{:02}-{:02}", 1 + more / 28, 1 + more % 28)}));
    let instants = (1..28_u32, 0..24_u32, 1..28_u32, prop::sample::select(vec!["Z", "+05:30", "-08:00"])).prop_map(|(day, hour, end, zone)| json!({"from": format!("2026-12-{day:02}T{hour:02}:15:00{zone}"), "to": format!("2027-01-{end:02}T06:30:00{zone}")}));
    prop_oneof![
        (1..9_u32, per).prop_map(|(deploys, per)| (RuleId::MaxFrequency, json!({"deploys": deploys, "per": per}))),
        length().prop_map(|length| (RuleId::MinInterval, json!({"since-start": length}))),
        length().prop_map(|length| (RuleId::MinInterval, json!({"after-finish": length}))),
        (1..9_u32, length()).prop_map(|(pushes, per)| (RuleId::PushFrequency, json!({"pushes": pushes, "per": per}))),
        (2..9_u32).prop_map(|least| (RuleId::BatchSize, json!({"min-commits": least}))),
        (1..9_u32).prop_map(|most| (RuleId::BatchSize, json!({"max-commits": most}))),
        (2..9_u32, length())
            .prop_map(|(least, wait)| (RuleId::BatchSize, json!({"min-commits": least, "max-wait": wait}))),
        (2..9_u32, 0..9_u32, prop::option::of(length())).prop_map(|(least, more, wait)| {
            let mut keys = json!({"min-commits": least, "max-commits": least + more});
            if let Some(wait) = wait {
                keys["max-wait"] = wait.into();
            }
            (RuleId::BatchSize, keys)
        }),
        (1..9_u32, length()).prop_map(|(fixes, within)| (RuleId::FixChain, json!({"fixes": fixes, "within": within}))),
        weekly.clone().prop_map(|keys| (RuleId::DeploymentWindow, keys)),
        prop_oneof![weekly, dated, instants].prop_map(|keys| (RuleId::Freeze, keys)),
    ]
}

/// A rule from its keys.
pub fn rule(id: RuleId, keys: &Json) -> Rule {
    let mut problems = Problems::default();
    id.parse(&Yaml::of(keys, Place::START), &mut problems).unwrap_or_else(|| panic!("{keys}: {problems:?}"))
}
