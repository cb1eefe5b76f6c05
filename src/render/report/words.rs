//! What every shape of the report says in the same words.

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::Story;
use crate::engine::duration::glance;
use crate::engine::event::Instant;
use crate::engine::metrics::Overlap;
use crate::engine::rhythm::{Afternoon, BurstOf, Dora, FIX_WITHIN, Lengths, Sizes, WEEKDAYS, Week, percent};

/// Where DORA defines its measures.
pub(super) const DORA: &str = "https://dora.dev/guides/dora-metrics/";

/// What stands where nothing is known.
pub(super) const UNKNOWN: &str = "not known";

/// A figure, and what it rests on.
pub(super) struct Figure {
    pub name: &'static str,
    pub value: String,
    pub about: String,
}

/// One of DORA's measures.
pub(super) struct Measure {
    pub name: &'static str,
    pub value: String,
    pub cases: String,
    /// What DORA means by it.
    pub means: &'static str,
    /// How it is counted here.
    pub counted: String,
    /// How other tools differ.
    pub differs: &'static str,
}

/// A count with its noun.
pub(super) fn counted(count: usize, noun: &str) -> String {
    match (count, noun) {
        (1, _) => format!("1 {noun}"),
        (_, "push" | "success") => format!("{count} {noun}es"),
        _ => format!("{count} {noun}s"),
    }
}

/// A local day: `Wed 4 Feb 2026`.
pub(super) fn day(at: Instant, zone: Tz) -> String {
    at.with_timezone(&zone).format("%a %-d %b %Y").to_string()
}

/// A local time of day.
pub(super) fn clock(at: Instant, zone: Tz) -> String {
    at.with_timezone(&zone).format("%H:%M").to_string()
}

/// A local day and time.
pub(super) fn moment(at: Instant, zone: Tz) -> String {
    format!("{}, {}", day(at, zone), clock(at, zone))
}

/// Two instants, the second one's day only where it is another.
pub(super) fn between(from: Instant, to: Instant, zone: Tz) -> String {
    let same = day(from, zone) == day(to, zone);
    let end = if same { clock(to, zone) } else { moment(to, zone) };
    format!("{}–{end}", moment(from, zone))
}

/// The span of the report.
pub(super) fn span(story: &Story) -> String {
    let rhythm = &story.rhythm;
    let (from, to) = (moment(rhythm.from, rhythm.zone), moment(rhythm.to, rhythm.zone));
    format!("{from} to {to} ({}; {})", glance(rhythm.to - rhythm.from), rhythm.zone)
}

/// A title for the whole.
pub(super) fn title(story: &Story) -> String {
    format!("The rhythm of deploys: {} to {}", story.name, story.rhythm.environment)
}

pub(super) fn lengths(lengths: Option<&Lengths>) -> String {
    lengths.map_or_else(
        || UNKNOWN.to_owned(),
        |lengths| match lengths.cases {
            1 => glance(lengths.median),
            _ => format!(
                "median {}, 90% within {}, longest {}",
                glance(lengths.median),
                glance(lengths.p90),
                glance(lengths.longest)
            ),
        },
    )
}

fn overlaps(overlap: &Overlap) -> (String, String) {
    if overlap.pairs == 0 {
        return ("none".to_owned(), "no two rollouts ran at once".to_owned());
    }
    let about = format!(
        "two or more ran for {} together, {} at a stretch, {} at most at once",
        glance(overlap.together),
        glance(overlap.longest),
        overlap.most
    );
    (counted(overlap.pairs, "pair"), about)
}

fn bursts(count: usize, events: usize, largest: &[BurstOf], noun: &str, story: &Story) -> (String, String) {
    let gap = glance(story.rhythm.gap);
    match largest.first() {
        None => ("none".to_owned(), format!("never three {noun} with pauses of at most {gap}")),
        Some(burst) => (
            count.to_string(),
            format!(
                "{events} {noun} in them; the largest: {} on {}; pauses of at most {gap}",
                burst.events,
                between(burst.from, burst.to, story.rhythm.zone)
            ),
        ),
    }
}

/// The first look.
pub(super) fn figures(story: &Story) -> Vec<Figure> {
    let figure = |name, (value, about)| Figure { name, value, about };
    let mut figures = Vec::new();
    if let Ok(deploys) = &story.rhythm.deploys {
        let mut ends = format!("{} succeeded, {} failed", deploys.succeeded, deploys.failed);
        if deploys.running > 0 {
            ends.push_str(&format!(", {} still running", deploys.running));
        }
        figures.push(figure("Rollouts", (deploys.started.to_string(), ends)));
        let unrecorded = match deploys.finish_unrecorded {
            0 => String::new(),
            some => format!("; {} without a recorded finish", counted(some, "rollout")),
        };
        let (value, about) =
            deploys.overlap.as_ref().map_or_else(|| (UNKNOWN.to_owned(), "no finish is recorded".to_owned()), overlaps);
        figures.push(figure("Overlaps", (value, format!("{about}{unrecorded}"))));
        let took = deploys.took.as_ref();
        let cases = format!("{} with a recorded finish", counted(took.map_or(0, |took| took.cases), "rollout"));
        figures.push(figure(
            "A rollout takes",
            (
                took.map_or_else(|| UNKNOWN.to_owned(), |took| glance(took.median)),
                took.map_or_else(
                    || cases.clone(),
                    |took| {
                        format!(
                            "the median; 90% within {}, longest {}; {cases}",
                            glance(took.p90),
                            glance(took.longest)
                        )
                    },
                ),
            ),
        ));
        let found = &deploys.bursts;
        figures
            .push(figure("Bursts of rollouts", bursts(found.count, found.events, &found.largest, "rollouts", story)));
    }
    if let Ok(pushed) = &story.rhythm.pushed {
        let guessed = match pushed.guessed {
            0 => String::new(),
            some if some == pushed.pushes => "; their instants are commit dates".to_owned(),
            some => format!("; {some} instants are commit dates"),
        };
        let commits = counted(usize::try_from(pushed.commits).unwrap_or(usize::MAX), "commit");
        figures.push(figure("Pushes", (pushed.pushes.to_string(), format!("{commits}{guessed}"))));
        let found = &pushed.bursts;
        figures.push(figure("Bursts of pushes", bursts(found.count, found.events, &found.largest, "pushes", story)));
    }
    figures
}

/// DORA's four measures; none where no deployment is recorded.
pub(super) fn measures(story: &Story) -> Vec<Measure> {
    story.rhythm.deploys.as_ref().map(|deploys| of_dora(&deploys.dora, story)).unwrap_or_default()
}

fn of_dora(dora: &Dora, story: &Story) -> Vec<Measure> {
    vec![frequency(dora, story), lead(dora), failures(dora), recovery(dora)]
}

fn frequency(dora: &Dora, story: &Story) -> Measure {
    let (value, cases) = match &dora.frequency {
        None => (UNKNOWN.to_owned(), "no rollout is recorded".to_owned()),
        Some(frequency) => (
            match story.rhythm.to - frequency.since {
                short if short < TimeDelta::weeks(1) => format!("{} in {}", frequency.successes, glance(short)),
                _ => format!("{:.1} a week", frequency.per_week),
            },
            format!(
                "{} on {} since {}; from one to the next: {}",
                counted(frequency.successes, "success"),
                counted(frequency.days, "day"),
                day(frequency.since, story.rhythm.zone),
                lengths(frequency.between.as_ref())
            ),
        ),
    };
    Measure {
        name: "Deployment frequency",
        value,
        cases,
        means: "the number of deployments over a given period, or the time between deployments",
        counted: "rollouts that succeeded, by their starts, over the time since the span or the record began, at least one day".to_owned(),
        differs: "GitLab counts per day; DORA's Four Keys project took the median week's number of days with a deployment",
    }
}

fn lead(dora: &Dora) -> Measure {
    let lead = dora.lead.clone().unwrap_or_default();
    let mut cases = counted(lead.times.map_or(0, |times| times.cases), "landing");
    for (count, what) in [
        (lead.guessed, "by commit dates"),
        (lead.waiting.unwrap_or(0), "not shipped yet"),
        (lead.backwards, "left out, dated after their own rollout"),
    ] {
        if count > 0 {
            cases.push_str(&format!("; {count} {what}"));
        }
    }
    if lead.unplaced > 0 {
        cases.push_str(&format!(
            "; {} of commits that are no landing of the default branch",
            counted(lead.unplaced, "rollout")
        ));
    }
    Measure {
        name: "Change lead time",
        value: lengths(lead.times.as_ref()),
        cases,
        means: "the time from a change's commit to version control until it is deployed in production",
        counted: "from each landing on the default branch to the finish of the first successful rollout that contains it; what the first recorded success shipped is left out".to_owned(),
        differs: "GitLab counts from the merge as well, and takes the median; DORA's Four Keys project counted from each commit, so that time in review was part of it",
    }
}

fn failures(dora: &Dora) -> Measure {
    let found = &dora.instability;
    let rate = percent(found.failed + found.rolled_back, found.finished);
    let mut cases = format!(
        "{} failed and {} rolled back, of {} that ended",
        found.failed,
        found.rolled_back,
        counted(found.finished, "rollout")
    );
    if found.fixed_forward > 0 {
        cases.push_str(&format!(
            "; {} more were followed within {} by nothing but fixes, to judge by subjects (not in the rate)",
            found.fixed_forward,
            glance(FIX_WITHIN)
        ));
    }
    Measure {
        name: "Change fail rate",
        value: rate.map_or_else(|| UNKNOWN.to_owned(), |rate| format!("{rate:.1}%")),
        cases,
        means: "the share of deployments that need immediate intervention, such as a rollback or a hotfix",
        counted: "rollouts that failed, and successes after which an older commit that had succeeded was rolled out again, of all that ended".to_owned(),
        differs: "GitLab and Four Keys count incidents from an issue tracker per deployment: a rollout that fails harmlessly is none there, and an incident that nobody deployed against is none here",
    }
}

fn recovery(dora: &Dora) -> Measure {
    let recovery = &dora.recovery;
    let mut cases = counted(recovery.times.map_or(0, |times| times.cases), "failure");
    if recovery.open {
        cases.push_str("; one not over yet");
    }
    Measure {
        name: "Failed deployment recovery time",
        value: lengths(recovery.times.as_ref()),
        cases,
        means: "the time it takes to recover from a deployment that failed and needed immediate intervention",
        counted: "from the finish of what failed, or was rolled back later, to the finish of the next success; failures in a row are one case".to_owned(),
        differs: "GitLab counts how long an incident was open, whatever caused it: that is the older measure, time to restore service",
    }
}

/// What a week looks like, in one sentence.
pub(super) fn busiest(week: &Week, noun: &str) -> String {
    match week.busiest() {
        None => format!("no {noun}"),
        Some((day, hour, count)) => {
            let weekend = percent(week.day(5) + week.day(6), week.total()).unwrap_or_default();
            let busiest = counted(count, noun);
            format!("busiest: {} at {hour:02}:00 with {busiest}; {weekend:.0}% at weekends", WEEKDAYS[day])
        }
    }
}

/// How large batches are, in one sentence.
pub(super) fn sizes(sizes: &Sizes, noun: &str, zone: Tz) -> String {
    let Some(((median, p90), (largest, at, commit))) = sizes.median.zip(sizes.p90).zip(sizes.largest.as_ref()) else {
        let none = if sizes.nothing_new + sizes.unknown == 0 { format!("no {noun}") } else { UNKNOWN.to_owned() };
        return format!("commits per {noun}: {none}{}", left_out(sizes));
    };
    format!(
        "commits per {noun}: median {median}, 90% at most {p90}, largest {largest} ({} on {}); {}{}",
        commit.short(),
        day(*at, zone),
        counted(sizes.cases, noun),
        left_out(sizes)
    )
}

fn left_out(sizes: &Sizes) -> String {
    let mut text = String::new();
    if sizes.nothing_new > 0 {
        text.push_str(&format!("; {} shipped nothing new (redeploys, rollbacks)", sizes.nothing_new));
    }
    if sizes.unknown > 0 {
        text.push_str(&format!("; of {} the batch is not known", sizes.unknown));
    }
    text
}

/// The heading of an afternoon.
pub(super) fn afternoon(afternoon: &Afternoon, zone: Tz) -> String {
    let length = afternoon.to - afternoon.from;
    let length = if length > TimeDelta::zero() { format!(" ({})", glance(length)) } else { String::new() };
    format!("{}{length}", between(afternoon.from, afternoon.to, zone))
}

/// What happened in it.
pub(super) fn told(afternoon: &Afternoon) -> String {
    if afternoon.started == 0 {
        return counted(afternoon.pushed.len(), "push");
    }
    let mut text = format!("{}, {}", counted(afternoon.started, "rollout"), counted(afternoon.pushed.len(), "push"));
    if afternoon.overlapped > 0 {
        text.push_str(&format!(
            ": {} ran into another; two or more ran for {} together, {} at most at once",
            afternoon.overlapped,
            glance(afternoon.overlap.together),
            afternoon.overlap.most
        ));
    }
    match afternoon.failed {
        0 => text.push_str("; none failed"),
        failed => text.push_str(&format!("; {failed} failed")),
    }
    text
}

/// How afternoons are chosen.
pub(super) fn choice(story: &Story) -> String {
    let gap = glance(story.rhythm.gap);
    match story.rhythm.deploys {
        Ok(_) => format!(
            "Stretches of rollouts that end when nothing ran or started for {gap}; the worst have the most rollouts that failed or ran into another, then the most time together, then the most rollouts."
        ),
        Err(_) => format!(
            "No deployment is recorded: these are the bursts with the most pushes, with pauses of at most {gap}."
        ),
    }
}

/// What is missing, and from when on things are known.
pub(super) fn gaps(story: &Story) -> Vec<String> {
    let rhythm = &story.rhythm;
    let mut gaps = Vec::new();
    for missing in [rhythm.deploys.as_ref().err(), rhythm.pushed.as_ref().err()].into_iter().flatten() {
        gaps.push(format!("missing: {missing}"));
    }
    if let Some(since) = rhythm.deploys_since {
        gaps.push(format!(
            "deployments are recorded since {}; before, nothing is known of them",
            moment(since, rhythm.zone)
        ));
    }
    if let Some(since) = rhythm.pushed_since {
        gaps.push(format!(
            "pushes are known since {}: the clone is shallow; `git fetch --unshallow` brings the rest",
            moment(since, rhythm.zone)
        ));
    }
    gaps
}
