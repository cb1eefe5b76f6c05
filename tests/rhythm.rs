//! The rhythm of what happened: DORA's measures by hand, and laws of all that is counted.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use deploy_rhythm::engine::event::{CommitId, Deployment, DeploymentState, Instant, Landing, Precision};
use deploy_rhythm::engine::facts::Missing;
use deploy_rhythm::engine::history::{Future, Rollouts};
use deploy_rhythm::engine::rhythm::{Deploys, Past, Rhythm, Trunk, measure};
use deploy_rhythm::render::report::{Judged, Shape, Story, render};
use proptest::prelude::*;

fn at(minutes: i64) -> Instant {
    let start: DateTime<Utc> = "2026-02-02T08:00:00Z".parse().expect("an instant");
    start + TimeDelta::minutes(minutes)
}

/// Landings of so many commits each, at minutes; their ids are `c0`, `c1` and so on.
fn trunk(landings: &[(i64, u32)]) -> Trunk {
    let landing = |(index, (minutes, _)): (usize, &(i64, u32))| Landing {
        commit: CommitId::new(&format!("c{index}")),
        subject: String::new(),
        at: at(*minutes),
        precision: Precision::Recorded,
        files: Vec::new(),
    };
    Trunk {
        landings: landings.iter().enumerate().map(landing).collect(),
        commits: landings.iter().map(|(_, commits)| *commits).collect(),
        complete_since: None,
    }
}

/// A rollout of a landing, or of a commit that is none, from one minute to another; without an end it runs.
fn rollout(landing: Option<usize>, start: i64, end: Option<i64>, failed: bool) -> Deployment {
    Deployment {
        id: format!("{start}-{landing:?}").into(),
        environment: "production".into(),
        commit: Some(landing.map_or_else(|| CommitId::new("elsewhere"), |index| CommitId::new(&format!("c{index}")))),
        revision: None,
        state: match (end, failed) {
            (None, _) => DeploymentState::InProgress,
            (Some(_), true) => DeploymentState::Failure,
            (Some(_), false) => DeploymentState::Success,
        },
        started_at: at(start),
        finished_at: end.map(at),
        run: None,
        actor: None,
        url: None,
        precision: Precision::Recorded,
    }
}

fn ok(landing: usize, start: i64, end: i64) -> Deployment {
    rollout(Some(landing), start, Some(end), false)
}

fn bad(landing: usize, start: i64, end: i64) -> Deployment {
    rollout(Some(landing), start, Some(end), true)
}

/// What is measured of a span that begins at a minute and ends at another.
fn measured(trunk: Trunk, rollouts: Vec<Deployment>, from: i64, to: i64, fixes: &[&str]) -> Rhythm {
    let is_fix = |commit: &CommitId| fixes.contains(&commit.as_str());
    measure(&Past {
        environment: "production".into(),
        zone: Tz::UTC,
        from: at(from),
        to: at(to),
        gap: TimeDelta::minutes(30),
        rollouts: Ok(Arc::new(Rollouts::as_of(rollouts, at(to), Future::Unseen, None))),
        trunk: Ok(trunk),
        is_fix: &is_fix,
    })
}

fn deploys(rhythm: &Rhythm) -> &Deploys {
    rhythm.deploys.as_ref().expect("deployments")
}

fn minutes(count: i64) -> TimeDelta {
    TimeDelta::minutes(count)
}

#[test]
fn lead_runs_from_landing_to_the_first_success_that_contains_it() {
    let landings = trunk(&[(0, 1), (10, 2), (20, 1), (30, 1), (40, 5)]);
    // The first success only sets the start; a failure ships nothing; the later success of an older commit ships nothing new.
    let rollouts = vec![ok(0, 5, 8), bad(1, 12, 14), ok(2, 25, 29), ok(1, 31, 33), ok(3, 35, 95)];
    let rhythm = measured(landings, rollouts, -10, 100, &[]);
    let dora = &deploys(&rhythm).dora;
    let lead = dora.lead.clone().expect("landings are known");
    let times = lead.times.expect("cases");
    // c1: 10 to 29, c2: 20 to 29, c3: 30 to 95; c4 waits.
    assert_eq!((times.cases, times.median, times.longest), (3, minutes(19), minutes(65)));
    assert_eq!((lead.waiting, lead.guessed, lead.unplaced, lead.backwards), (Some(1), 0, 0, 0));
    let sizes = &deploys(&rhythm).batches;
    // The failure would have shipped c1, then c1 and c2 went together; c3 followed what ran then, which was c1 again.
    assert_eq!((sizes.cases, sizes.median, sizes.nothing_new, sizes.unknown), (3, Some(2), 1, 1));
    assert_eq!(sizes.largest.as_ref().map(|(size, ..)| *size), Some(3));
}

#[test]
fn failures_are_what_failed_or_was_rolled_back() {
    let landings = trunk(&[(0, 1), (100, 1), (200, 1), (300, 1), (330, 1)]);
    let rollouts = vec![
        ok(0, 5, 10),
        ok(1, 105, 110),
        ok(0, 120, 125),
        bad(2, 205, 210),
        bad(2, 220, 225),
        ok(2, 240, 250),
        ok(3, 305, 310),
        ok(4, 335, 340),
    ];
    let rhythm = measured(landings, rollouts, 0, 1000, &["c4"]);
    let dora = &deploys(&rhythm).dora;
    assert_eq!((dora.instability.finished, dora.instability.failed, dora.instability.rolled_back), (8, 2, 1));
    assert_eq!(dora.instability.fixed_forward, 1, "c3 was followed within the hour by a fix alone");
    let recovery = dora.recovery.times.expect("cases");
    // Rolled back at 110 and well at 125; failed at 210, again at 225, well at 250.
    assert_eq!((recovery.cases, recovery.median, recovery.longest), (2, minutes(15), minutes(40)));
    assert!(!dora.recovery.open);
    let frequency = dora.frequency.as_ref().expect("rollouts");
    assert_eq!((frequency.successes, frequency.days, frequency.since), (6, 1, at(5)));
}

#[test]
fn what_is_not_known_is_absent() {
    let landings = trunk(&[(0, 1), (10, 1)]);
    let none = measured(landings.clone(), Vec::new(), 0, 100, &[]);
    let dora = &deploys(&none).dora;
    assert!(dora.frequency.is_none() && dora.recovery.times.is_none());
    assert!(dora.lead.as_ref().expect("landings").times.is_none());
    assert!(deploys(&none).took.is_none());
    // Of a commit that is no landing, neither the batch nor the lead time is known.
    let foreign = measured(landings.clone(), vec![ok(0, 1, 2), rollout(None, 20, Some(25), false)], 0, 100, &[]);
    assert_eq!(deploys(&foreign).batches.unknown, 2);
    assert_eq!(deploys(&foreign).dora.lead.as_ref().expect("landings").unplaced, 1);
    // Without a single finish, nobody knows what ran together.
    let mut blind = ok(0, 1, 2);
    blind.finished_at = None;
    assert!(deploys(&measured(landings.clone(), vec![blind], 0, 100, &[])).overlap.is_none());
    let unrecorded = measure(&Past {
        environment: "production".into(),
        zone: Tz::UTC,
        from: at(0),
        to: at(100),
        gap: minutes(30),
        rollouts: Err(Missing::new("nothing", "do something")),
        trunk: Ok(landings),
        is_fix: &|_| false,
    });
    assert!(unrecorded.deploys.is_err());
    assert!(unrecorded.timeline.bins.iter().all(|bin| bin.rollouts.is_none() && bin.pushes.is_some()));
}

#[test]
fn what_waits_is_counted_where_nothing_was_ever_shipped() {
    let waiting = |rollouts: Vec<Deployment>, complete_since: Option<Instant>| {
        let rhythm = measure(&Past {
            environment: "production".into(),
            zone: Tz::UTC,
            from: at(0),
            to: at(100),
            gap: minutes(30),
            rollouts: Ok(Arc::new(Rollouts::as_of(rollouts, at(100), Future::Unseen, complete_since))),
            trunk: Ok(trunk(&[(0, 1), (10, 0), (20, 3)])),
            is_fix: &|_| false,
        });
        deploys(&rhythm).dora.lead.as_ref().expect("landings").waiting
    };
    assert_eq!(waiting(vec![bad(0, 5, 6)], None), Some(2), "what touches no path waits for nothing");
    assert_eq!(waiting(vec![bad(0, 5, 6)], Some(at(2))), None, "the record began when some may have been shipped");
    assert_eq!(waiting(vec![rollout(None, 5, Some(6), false)], None), None, "a success of who knows what");
    assert_eq!(waiting(vec![ok(0, 5, 6)], Some(at(2))), Some(1));
}

#[test]
fn a_rate_counts_the_quiet_time_that_a_record_covers() {
    let day = 24 * 60;
    let rollouts =
        Rollouts::as_of(vec![ok(0, 13 * day, 13 * day + 5)], at(14 * day), Future::Unseen, Some(at(7 * day)));
    let rhythm = measure(&Past {
        environment: "production".into(),
        zone: Tz::UTC,
        from: at(0),
        to: at(14 * day),
        gap: minutes(30),
        rollouts: Ok(Arc::new(rollouts)),
        trunk: Ok(trunk(&[(0, 1)])),
        is_fix: &|_| false,
    });
    let frequency = deploys(&rhythm).dora.frequency.as_ref().expect("rollouts");
    assert_eq!(frequency.since, at(7 * day));
    assert!((frequency.per_week - 1.0).abs() < 1e-9, "{}", frequency.per_week);
}

#[test]
fn a_record_that_begins_inside_the_span_leaves_the_time_before_unknown() {
    let rollouts = Rollouts::as_of(vec![ok(0, 4000, 4005)], at(6000), Future::Unseen, Some(at(3000)));
    let rhythm = measure(&Past {
        environment: "production".into(),
        zone: Tz::UTC,
        from: at(0),
        to: at(6000),
        gap: minutes(30),
        rollouts: Ok(Arc::new(rollouts)),
        trunk: Ok(trunk(&[(0, 1)])),
        is_fix: &|_| false,
    });
    assert_eq!(rhythm.deploys_since, Some(at(3000)));
    let known: Vec<bool> = rhythm.timeline.bins.iter().map(|bin| bin.rollouts.is_some()).collect();
    assert_eq!(known, [false, false, true, true, true], "{:?}", rhythm.timeline);
}

#[test]
fn the_founding_afternoon_is_the_worst() {
    let starts = [360, 369, 381, 390, 403, 414, 425, 437, 449, 464, 478];
    let landings: Vec<(i64, u32)> = starts.iter().map(|start| (*start, 1)).collect();
    let mut rollouts: Vec<Deployment> =
        starts.iter().enumerate().map(|(index, start)| ok(index, *start, start + 15)).collect();
    rollouts.extend([bad(0, 2000, 2005), bad(0, 4000, 4005)]);
    let rhythm = measured(trunk(&landings), rollouts, 0, 10_000, &[]);
    let [worst] = rhythm.afternoons.as_slice() else { panic!("not one: {:#?}", rhythm.afternoons) };
    assert_eq!((worst.started, worst.overlapped, worst.troubled, worst.failed), (11, 11, 11, 0));
    assert_eq!((worst.from, worst.to), (at(360), at(493)));
    // One finished at the instant at which the next one started: these two share none.
    assert_eq!((worst.overlap.pairs, worst.overlap.most), (9, 2));
    assert_eq!(worst.overlap.together, minutes(32));
    assert_eq!(worst.pushes.len(), 11);
    assert_eq!(deploys(&rhythm).bursts.largest[0].events, 11);
}

#[test]
fn what_a_policy_would_have_made_of_it_stands_in_every_shape() {
    let mut story = Story {
        rhythm: measured(trunk(&[(0, 1)]), Vec::new(), 0, 100, &[]),
        name: "shop".to_owned(),
        budgets: Vec::new(),
        subjects: std::collections::BTreeMap::new(),
        policy: "a policy".to_owned(),
        sources: Vec::new(),
        notes: Vec::new(),
        judged: None,
    };
    let shapes = [Shape::Terminal, Shape::Html, Shape::Markdown];
    for shape in shapes {
        assert!(!render(&story, shape, 100).contains("would have made"), "{shape:?}");
    }
    let sentences = vec!["Eleven pushes <b> would have made two rollouts.".to_owned()];
    story.judged = Some(Judged { sentences, figures: vec![("Held".to_owned(), "9 of 11".to_owned())] });
    for shape in shapes {
        let text = render(&story, shape, 100);
        assert!(text.contains("What the policy would have made of it") && text.contains("9 of 11"), "{shape:?}");
        assert_eq!(text.contains("<b> would"), shape == Shape::Terminal, "{shape:?}");
    }
    let json: serde_json::Value = serde_json::from_str(&render(&story, Shape::Json, 100)).expect("JSON");
    assert_eq!(json["judged"]["figures"][0][1], "9 of 11");
}

fn pasts() -> impl Strategy<Value = (Vec<(i64, u32)>, Vec<Deployment>)> {
    let landings = prop::collection::vec((0..8_000_i64, 1..5_u32), 0..20).prop_map(|mut landings| {
        landings.sort_unstable();
        landings
    });
    let one = (
        prop::option::weighted(0.9, 0..20_usize),
        0..8_000_i64,
        prop::option::weighted(0.9, 0..400_i64),
        prop::bool::weighted(0.2),
    );
    let rollouts = prop::collection::vec(one, 0..30).prop_map(|many| {
        let numbered = many.into_iter().enumerate();
        numbered
            .map(|(index, (landing, start, length, failed))| {
                let mut made = rollout(landing, start, length.map(|length| start + length), failed);
                made.id = index.to_string().into();
                made
            })
            .collect()
    });
    (landings, rollouts)
}

proptest! {
    #[test]
    fn all_counts_agree((landings, rollouts) in pasts(), from in 0..4_000_i64, length in 1..5_000_i64) {
        let rhythm = measured(trunk(&landings), rollouts, from, from + length, &["c3", "c4"]);
        let (deploys, pushed) = (deploys(&rhythm), rhythm.pushed.as_ref().expect("landings"));
        prop_assert_eq!(deploys.started, deploys.succeeded + deploys.failed + deploys.running);
        let bins = &rhythm.timeline.bins;
        prop_assert_eq!(bins.iter().filter_map(|bin| bin.rollouts).map(|one| one.total()).sum::<usize>(), deploys.started);
        prop_assert_eq!(bins.iter().filter_map(|bin| bin.pushes).sum::<usize>(), pushed.pushes);
        prop_assert_eq!(bins.iter().filter_map(|bin| bin.commits).sum::<u64>(), pushed.commits);
        let together: TimeDelta = bins.iter().filter_map(|bin| bin.rollouts).map(|one| one.together).sum();
        prop_assert_eq!(Some(together), deploys.overlap.map(|overlap| overlap.together).or(Some(together)));
        prop_assert_eq!(deploys.week.total(), deploys.started);
        prop_assert_eq!(pushed.week.total(), pushed.pushes);
        prop_assert_eq!(deploys.batches.cases + deploys.batches.nothing_new + deploys.batches.unknown, deploys.started);
        prop_assert_eq!(deploys.batches.classes.iter().sum::<usize>(), deploys.batches.cases);
        prop_assert_eq!(pushed.batches.cases, pushed.pushes);
        prop_assert!(deploys.bursts.events <= deploys.started);
    }

    #[test]
    fn dora_counts_each_case_once((landings, rollouts) in pasts(), from in 0..4_000_i64, length in 1..5_000_i64) {
        let rhythm = measured(trunk(&landings), rollouts, from, from + length, &["c3", "c4"]);
        let deploys = deploys(&rhythm);
        let instability = &deploys.dora.instability;
        prop_assert_eq!(instability.failed, deploys.failed);
        prop_assert_eq!(instability.finished, deploys.started - deploys.running);
        prop_assert!(instability.failed + instability.rolled_back + instability.fixed_forward <= instability.finished);
        let recoveries = deploys.dora.recovery.times.map_or(0, |times| times.cases) + usize::from(deploys.dora.recovery.open);
        prop_assert!(recoveries <= instability.failed + instability.rolled_back);
        let lead = deploys.dora.lead.as_ref().expect("landings");
        let cases = lead.times.map_or(0, |times| times.cases);
        prop_assert!(cases + lead.waiting.unwrap_or(0) + lead.backwards <= landings.len());
        prop_assert!(lead.times.is_none_or(|times| TimeDelta::zero() <= times.median && times.median <= times.p90 && times.p90 <= times.longest));
    }

    #[test]
    fn afternoons_keep_apart((landings, rollouts) in pasts()) {
        let rhythm = measured(trunk(&landings), rollouts, 0, 8_000, &[]);
        prop_assert!(rhythm.afternoons.windows(2).all(|two| two[0].started == 0 || two[0].troubled >= two[1].troubled));
        for one in &rhythm.afternoons {
            prop_assert!(one.from <= one.to && one.troubled <= one.started);
            prop_assert!(one.failed.max(one.overlapped) <= one.troubled && one.troubled <= one.failed + one.overlapped);
            prop_assert_eq!(one.overlapped > 0, one.overlap.pairs > 0);
            let others = rhythm.afternoons.iter().filter(|other| other.from > one.from && one.started > 0);
            prop_assert!(others.into_iter().all(|other| other.from > one.to + TimeDelta::minutes(30) || other.from - one.from > TimeDelta::hours(12)));
        }
    }
}
