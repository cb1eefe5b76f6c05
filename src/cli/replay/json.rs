//! A replay for programs.

use serde_json::{Value as Json, json};

use super::{Played, Shown};
use crate::engine::calendar::utc;
use crate::engine::figures::Figures;

pub(super) fn json(shown: &Shown) -> String {
    let mut value = json!({
        "schema_version": 1,
        "span": {"from": utc(shown.from), "to": utc(shown.to)},
        "environment": shown.environment,
        "pushes": shown.past.landings.len(),
        "rollout_seconds": shown.rollout_time.num_seconds(),
    });
    let mut all = shown.played.iter().map(|played| policy(shown, played));
    if let (Some(Json::Object(first)), Json::Object(top)) = (all.next(), &mut value) {
        top.extend(first);
        // What stands first is the answer; the others stand beside it.
        let others: Vec<Json> = all.collect();
        top.insert("others".to_owned(), others.into());
        top.insert("unheld".to_owned(), figures(&shown.unheld, shown.past.landings.len()));
        top.insert("notes".to_owned(), json!(super::page::notes(shown)));
    }
    format!("{value:#}\n")
}

fn policy(shown: &Shown, played: &Played) -> Json {
    let landings = &shown.past.landings;
    let rollouts: Vec<Json> = played
        .replay
        .rollouts
        .iter()
        .map(|rollout| {
            json!({
                "at": utc(rollout.at),
                "commit": landings[rollout.push].commit,
                "batch": rollout.batch,
                "finished_at": utc(rollout.finished_at),
                "pushes": rollout.push + 1 - rollout.first,
            })
        })
        .collect();
    let held: serde_json::Map<String, Json> = super::held(&played.rules, &played.replay)
        .into_iter()
        .map(|(rule, count)| (rule.to_owned(), count.into()))
        .collect();
    let stuck = played.replay.stuck.map(|stuck| {
        json!({
            "commit": landings[stuck.first].commit,
            "pushes": landings.len() - stuck.first,
            "rule": stuck.rule.map(|rule| played.rules[rule]),
            "rejected": stuck.rejected,
        })
    });
    let mut value = figures(&played.figures, played.replay.rollouts.len());
    if let Json::Object(object) = &mut value {
        object.insert("policy".to_owned(), played.name.clone().into());
        object.insert("rollouts".to_owned(), rollouts.into());
        object.insert("held_pushes".to_owned(), played.replay.held_pushes.into());
        object.insert("held".to_owned(), Json::Object(held));
        object.insert("stuck".to_owned(), json!(stuck));
        let left_out: Vec<&str> = played.left_out.iter().map(|rule| rule.name()).collect();
        object.insert("left_out".to_owned(), json!(left_out));
    }
    value
}

fn figures(figures: &Figures, rollouts: usize) -> Json {
    let seconds = |length: chrono::TimeDelta| length.num_seconds();
    json!({
        "waits": {
            "median_seconds": figures.waits.map(|waits| seconds(waits.median)),
            "p90_seconds": figures.waits.map(|waits| seconds(waits.p90)),
            "longest_seconds": figures.waits.map(|waits| seconds(waits.longest)),
        },
        "rollout_count": rollouts,
        "batches": figures.batches.map(|(median, largest)| json!({"median": median, "largest": largest})),
        "overlap": {"pairs": figures.overlap.pairs, "together_seconds": seconds(figures.overlap.together)},
        "bursts": {
            "count": figures.bursts,
            "live_median_seconds": figures.live.map(|(median, _)| seconds(median)),
            "live_longest_seconds": figures.live.map(|(_, longest)| seconds(longest)),
        },
    })
}
