//! For programs: a shape of its own, with a version; it is told in docs/report.md.

use serde_json::{Value as Json, json};

use super::Story;
use crate::engine::calendar::utc;
use crate::engine::event::{Instant, Landing};
use crate::engine::history::Rollout;
use crate::engine::metrics::Overlap;
use crate::engine::rhythm::{Afternoon, Bin, Bursts, CLASSES, Deploys, Dora, Pushed, Sizes, percent};

pub(super) fn render(story: &Story) -> String {
    let rhythm = &story.rhythm;
    let missing: Vec<_> = [rhythm.deploys.as_ref().err(), rhythm.pushed.as_ref().err()].into_iter().flatten().collect();
    let value = json!({
        "schema_version": 1,
        "repository": story.name,
        "environment": rhythm.environment,
        "span": {"from": utc(rhythm.from), "to": utc(rhythm.to)},
        "zone": rhythm.zone.name(),
        "gap_seconds": rhythm.gap.num_seconds(),
        "rollouts": rhythm.deploys.as_ref().ok().map(deploys),
        "pushes": rhythm.pushed.as_ref().ok().map(pushed),
        "rollouts_known_since": rhythm.deploys_since.map(utc),
        "pushes_known_since": rhythm.pushed_since.map(utc),
        "dora": rhythm.deploys.as_ref().ok().map(|deploys| dora(&deploys.dora)),
        "timeline": {"step": rhythm.timeline.step, "steps": rhythm.timeline.bins.iter().map(bin).collect::<Vec<_>>()},
        "afternoons": rhythm.afternoons.iter().map(|one| afternoon(one, story)).collect::<Vec<_>>(),
        "budgets": story.budgets.iter().map(|budget| json!({
            "rule": budget.rule, "asks": budget.asks, "of": budget.of, "events": budget.events, "over": budget.over,
            "most_used": budget.peak.map(|(used, _)| used), "most_used_at": budget.peak.map(|(_, at)| utc(at)),
            "most_used_by_weekday_and_hour": budget.week,
        })).collect::<Vec<_>>(),
        "judged": story.judged,
        "policy": story.policy,
        "sources": story.sources,
        "missing": missing,
        "notes": story.notes,
    });
    format!("{value:#}\n")
}

fn deploys(deploys: &Deploys) -> Json {
    json!({
        "started": deploys.started, "succeeded": deploys.succeeded, "failed": deploys.failed,
        "running": deploys.running, "finish_unrecorded": deploys.finish_unrecorded, "took": deploys.took,
        "overlap": deploys.overlap.as_ref().map(overlap), "bursts": bursts(&deploys.bursts),
        "by_weekday_and_hour": deploys.week.0, "batches": sizes(&deploys.batches),
    })
}

fn pushed(pushed: &Pushed) -> Json {
    json!({
        "count": pushed.pushes, "commits": pushed.commits, "guessed": pushed.guessed, "bursts": bursts(&pushed.bursts),
        "by_weekday_and_hour": pushed.week.0, "batches": sizes(&pushed.batches),
    })
}

fn overlap(overlap: &Overlap) -> Json {
    json!({
        "pairs": overlap.pairs, "together_seconds": overlap.together.num_seconds(),
        "longest_seconds": overlap.longest.num_seconds(), "most_at_once": overlap.most,
    })
}

fn bursts(bursts: &Bursts) -> Json {
    let largest = bursts.largest.iter();
    let largest = largest.map(|one| json!({"from": utc(one.from), "to": utc(one.to), "events": one.events}));
    json!({"count": bursts.count, "events": bursts.events, "largest": largest.collect::<Vec<_>>()})
}

fn sizes(sizes: &Sizes) -> Json {
    let classes = CLASSES.iter().zip(sizes.classes).map(|((least, _), count)| json!({"from": least, "count": count}));
    json!({
        "cases": sizes.cases, "median": sizes.median, "p90": sizes.p90,
        "largest": sizes.largest.as_ref().map(|(size, at, commit)| json!({"commits": size, "at": utc(*at), "commit": commit})),
        "classes": classes.collect::<Vec<_>>(), "nothing_new": sizes.nothing_new, "unknown": sizes.unknown,
    })
}

fn dora(dora: &Dora) -> Json {
    let failures = &dora.instability;
    let rate = percent(failures.failed + failures.rolled_back, failures.finished);
    json!({
        "deployment_frequency": dora.frequency.as_ref().map(|one| json!({
            "successes": one.successes, "since": utc(one.since), "per_week": one.per_week, "days": one.days, "between": one.between,
        })),
        "change_lead_time": dora.lead.as_ref().map(|one| json!({
            "times": one.times, "guessed": one.guessed, "waiting": one.waiting, "unplaced": one.unplaced, "backwards": one.backwards,
        })),
        "change_fail_rate": {
            "percent": rate, "finished": failures.finished, "failed": failures.failed, "rolled_back": failures.rolled_back,
            "fixed_forward": failures.fixed_forward,
        },
        "failed_deployment_recovery_time": {"times": dora.recovery.times, "open": dora.recovery.open},
    })
}

fn bin(bin: &Bin) -> Json {
    json!({
        "from": utc(bin.from), "pushes": bin.pushes, "commits": bin.commits,
        "rollouts": bin.rollouts.map(|one| json!({
            "succeeded": one.succeeded, "failed": one.failed, "running": one.running,
            "together_seconds": one.together.num_seconds(),
        })),
    })
}

fn afternoon(one: &Afternoon, story: &Story) -> Json {
    let rollout = |(rollout, end): &(Rollout, Instant)| {
        json!({
            "id": rollout.id, "commit": rollout.commit, "revision": rollout.revision, "environment": rollout.environment,
            "started_at": utc(rollout.start), "finished_at": rollout.finish.map(utc), "counted_until": utc(*end),
            "outcome": rollout.outcome, "actor": rollout.actor,
        })
    };
    let push = |landing: &Landing| {
        let subject = story.subject(&landing.commit);
        json!({"commit": landing.commit, "subject": subject, "at": utc(landing.at), "precision": landing.precision})
    };
    json!({
        "from": utc(one.from), "to": utc(one.to), "started": one.started, "failed": one.failed,
        "overlapped": one.overlapped, "troubled": one.troubled, "overlap": overlap(&one.overlap), "pushed": one.pushed.len(),
        "rollouts": one.rollouts.iter().map(rollout).collect::<Vec<_>>(),
        "pushes": one.pushes.iter().map(push).collect::<Vec<_>>(),
    })
}
