//! A replay for programs.

use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};

use super::{Played, Shown, held, page};
use crate::engine::calendar::utc;
use crate::engine::event::{CommitId, Instant, Landing};
use crate::engine::figures::Figures;
use crate::engine::replay::Paced;

/// What stands first is the answer; the other policies stand beside it.
#[derive(Serialize)]
struct Answer<'a> {
    schema_version: u32,
    span: Json,
    environment: &'a str,
    pushes: usize,
    rollout_seconds: i64,
    #[serde(flatten)]
    first: Option<Policy<'a>>,
    others: Vec<Policy<'a>>,
    unheld: Json,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct Policy<'a> {
    policy: &'a str,
    rollout_count: usize,
    rollouts: Rollouts<'a>,
    waits: Json,
    left_out: Vec<&'static str>,
    held_pushes: usize,
    held: Json,
    stuck: Option<Json>,
    overlap: Json,
    batches: Json,
    bursts: Json,
}

/// Written one by one: there may be a million.
struct Rollouts<'a> {
    all: &'a [Paced],
    landings: &'a [Landing],
}

#[derive(Serialize)]
struct Rollout<'a> {
    #[serde(serialize_with = "instant")]
    at: Instant,
    commit: &'a CommitId,
    batch: u64,
    #[serde(serialize_with = "instant")]
    finished_at: Instant,
    pushes: usize,
}

fn instant<S: Serializer>(instant: &Instant, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(&utc(*instant))
}

impl Serialize for Rollouts<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq(self.all.iter().map(|rollout| Rollout {
            at: rollout.at,
            commit: &self.landings[rollout.push].commit,
            batch: rollout.batch,
            finished_at: rollout.finished_at,
            pushes: rollout.push + 1 - rollout.first,
        }))
    }
}

pub(super) fn json(shown: &Shown) -> String {
    let mut all = shown.played.iter().map(|played| policy(shown, played));
    let (waits, [overlap, batches, bursts]) = figures(&shown.unheld);
    let answer = Answer {
        schema_version: 1,
        span: json!({"from": utc(shown.from), "to": utc(shown.to)}),
        environment: &shown.environment,
        pushes: shown.past.landings.len(),
        rollout_seconds: shown.rollout_time.num_seconds(),
        first: all.next(),
        others: all.collect(),
        unheld: json!({
            "rollout_count": shown.unheld.rollouts, "waits": waits, "overlap": overlap, "batches": batches,
            "bursts": bursts,
        }),
        notes: page::notes(shown),
    };
    let mut text = serde_json::to_string_pretty(&answer).unwrap_or_default();
    text.push('\n');
    text
}

fn policy<'a>(shown: &'a Shown, played: &'a Played) -> Policy<'a> {
    let landings = &shown.past.landings;
    let held: serde_json::Map<String, Json> =
        held(&played.rules, &played.replay).into_iter().map(|(rule, count)| (rule.to_owned(), count.into())).collect();
    let stuck = played.replay.stuck.map(|stuck| {
        json!({
            "commit": landings[stuck.first].commit,
            "pushes": landings.len() - stuck.first,
            "rule": stuck.rule.map(|rule| played.rules[rule]),
            "rejected": stuck.rejected,
        })
    });
    let (waits, [overlap, batches, mut bursts]) = figures(&played.figures);
    let each = played.figures.bursts.iter().map(|(burst, live)| {
        let last = landings[burst.last].at;
        let live_at = live.map(|after| utc(last + after));
        json!({"from": utc(landings[burst.first].at), "to": utc(last), "pushes": burst.size(), "live_at": live_at})
    });
    bursts["each"] = each.collect();
    Policy {
        policy: &played.name,
        rollout_count: played.replay.rollouts.len(),
        rollouts: Rollouts { all: &played.replay.rollouts, landings },
        waits,
        left_out: played.left_out.iter().map(|rule| rule.name()).collect(),
        held_pushes: played.replay.held_pushes,
        held: Json::Object(held),
        stuck,
        overlap,
        batches,
        bursts,
    }
}

/// Waits; overlap, batches and bursts.
fn figures(figures: &Figures) -> (Json, [Json; 3]) {
    let seconds = |length: chrono::TimeDelta| length.num_seconds();
    let waits = json!({
        "median_seconds": figures.waits.map(|waits| seconds(waits.median)),
        "p90_seconds": figures.waits.map(|waits| seconds(waits.p90)),
        "longest_seconds": figures.waits.map(|waits| seconds(waits.longest)),
    });
    let overlap = json!({"pairs": figures.overlap.pairs, "together_seconds": seconds(figures.overlap.together)});
    let batches = json!(figures.batches.map(|(median, largest)| json!({"median": median, "largest": largest})));
    let bursts = json!({
        "count": figures.bursts.len(),
        "live_median_seconds": figures.live.map(|(median, _)| seconds(median)),
        "live_longest_seconds": figures.live.map(|(_, longest)| seconds(longest)),
    });
    (waits, [overlap, batches, bursts])
}
