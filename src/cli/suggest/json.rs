//! A suggestion for programs.

use serde_json::{Value as Json, json};

use super::{Shown, words};
use crate::engine::calendar::utc;
use crate::engine::suggest::{Candidate, Judged, Wish};

pub(super) fn json(shown: &Shown) -> String {
    let suggestion = &shown.suggestion;
    let chosen = suggestion.chosen.as_ref();
    let trade_off = |(wish, judged): &(Wish, Judged)| {
        let mut value = told(shown, judged);
        value["nearest_to"] = wish.name().into();
        value
    };
    let value = json!({
        "schema_version": 1,
        "span": {"from": utc(shown.from), "to": utc(shown.to)},
        "environment": shown.environment,
        "timezone": shown.zone.name(),
        "pushes": shown.past.landings.len(),
        "rollout_seconds": shown.rollout_time.num_seconds(),
        "wish": shown.wishes.iter().map(|wish| (key(*wish), limit(*wish))).collect::<serde_json::Map<_, _>>(),
        "fulfilled": chosen.is_some(),
        "policy": chosen.map(|chosen| shown.yaml(&chosen.candidate)),
        "suggested": chosen.map(|chosen| told(shown, chosen)),
        "promised": chosen.map(|chosen| names(&chosen.promised)),
        "looser": suggestion.looser.as_ref().map(|looser| told(shown, looser)),
        "at_once": told(shown, &suggestion.at_once),
        "trade_offs": suggestion.trade_offs.iter().map(trade_off).collect::<Vec<Json>>(),
        "impossible": suggestion.bound.as_ref().map(|bound| json!({
            "longest_wait_at_least_seconds": bound.at_least.num_seconds(),
            "reason": words::impossible(shown, bound),
        })),
        "tried": suggestion.tried,
        "notes": shown.notes,
    });
    format!("{value:#}\n")
}

fn key(wish: Wish) -> String {
    let unit = if matches!(wish, Wish::LongestWait(_) | Wish::P90Wait(_)) { "_seconds" } else { "" };
    format!("{}{unit}", wish.name().replace('-', "_"))
}

fn limit(wish: Wish) -> Json {
    if wish == Wish::NoOverlap { true.into() } else { wish.limit().into() }
}

fn names(wishes: &[Wish]) -> Vec<&'static str> {
    wishes.iter().map(|wish| wish.name()).collect()
}

fn rules(candidate: &Candidate) -> Vec<Json> {
    let rules = candidate.parts().iter().map(|part| part.rule());
    rules.map(|(rule, parameters)| json!({rule.name(): parameters})).collect()
}

/// A candidate, what its replay comes to, and what it fails.
fn told(shown: &Shown, judged: &Judged) -> Json {
    let measures = &judged.measures;
    json!({
        "rules": rules(&judged.candidate),
        "rollouts": measures.rollouts,
        "held_pushes": measures.held,
        "waits": {
            "median_seconds": measures.waits.median.num_seconds(),
            "p90_seconds": measures.waits.p90.num_seconds(),
            "longest_seconds": measures.waits.longest.num_seconds(),
            "total_seconds": measures.total_wait.num_seconds(),
        },
        "overlap": {"pairs": measures.overlaps, "together_seconds": measures.together.num_seconds()},
        "most_per_day": measures.per_day,
        "most_per_hour": measures.per_hour,
        "fails": names(&judged.fails(&shown.wishes)),
    })
}
