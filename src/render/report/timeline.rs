//! The timeline: rollouts upwards, pushes downwards, what ran together between them.

use chrono::{Datelike, TimeDelta};
use chrono_tz::Tz;

use super::Story;
use super::svg::{Anchor, Drawing, float};
use super::words::counted;
use crate::engine::duration::glance;
use crate::engine::event::Instant;
use crate::engine::metrics::percentile;
use crate::engine::rhythm::{Step, Timeline};

pub(super) const WIDTH: f64 = 720.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 8.0;
const UP: f64 = 120.0;
const BAND: f64 = 14.0;
const DOWN: f64 = 70.0;
const TOP: f64 = 16.0;

/// How a step is called: on an axis, and in a table.
pub(super) fn label(step: Step, at: Instant, zone: Tz) -> String {
    let local = at.with_timezone(&zone);
    match step {
        Step::Hour if local.format("%H").to_string() == "00" => local.format("%-d %b").to_string(),
        Step::Hour => local.format("%H:00").to_string(),
        Step::Day | Step::Week => local.format("%-d %b").to_string(),
        Step::Month => local.format("%b %Y").to_string(),
        Step::Quarter => format!("{} Q{}", local.format("%Y"), local.month0() / 3 + 1),
        Step::Year => local.format("%Y").to_string(),
    }
}

/// How high a scale goes: to the largest, unless that would flatten all others.
fn ceiling(values: impl Iterator<Item = usize>) -> usize {
    let mut some: Vec<usize> = values.filter(|value| *value > 0).collect();
    some.sort_unstable();
    let most = some.last().copied().unwrap_or(0);
    let usual = percentile(&some, 90).unwrap_or(0);
    if some.len() >= 8 && most > usual * 8 { usual * 3 } else { most.max(1) }
}

/// The timeline as a chart, and how high it is.
pub(super) fn draw(story: &Story) -> (Drawing, f64) {
    let Timeline { step, bins } = &story.rhythm.timeline;
    let mut drawing = Drawing::default();
    let width = (WIDTH - LEFT - RIGHT) / float(bins.len().max(1));
    let bar = (width - (width * 0.25).min(3.0)).min(36.0);
    // Where nothing records deployments, nothing is drawn of them.
    let up = if story.rhythm.deploys.is_ok() { UP } else { 0.0 };
    let zero = TOP + up;
    let below = zero + BAND;
    let bottom = below + DOWN;
    let most = ceiling(bins.iter().filter_map(|bin| bin.rollouts).map(|one| one.total()));
    let pushes = ceiling(bins.iter().filter_map(|bin| bin.pushes));
    let longest = bins.iter().filter_map(|bin| bin.rollouts).map(|one| one.together).max().unwrap_or_default();
    let middle = |index: usize| LEFT + width * (float(index) + 0.5);

    for (count, y) in [(most, TOP), (most / 2, TOP + up * (1.0 - float(most / 2) / float(most)))] {
        if count > 0 && story.rhythm.deploys.is_ok() {
            drawing.line("grid", (LEFT, y), (WIDTH - RIGHT, y));
            drawing.text("axis", (LEFT - 5.0, y + 4.0), Anchor::End, &count.to_string());
        }
    }
    if story.rhythm.pushed.is_ok() {
        drawing.line("grid", (LEFT, bottom), (WIDTH - RIGHT, bottom));
        drawing.text("axis", (LEFT - 5.0, bottom + 4.0), Anchor::End, &pushes.to_string());
    }
    for (index, bin) in bins.iter().enumerate() {
        let x = middle(index) - bar / 2.0;
        match bin.rollouts {
            None => drawing.rect("unrecorded", (middle(index) - width / 2.0, TOP), (width, up)),
            Some(started) => {
                let shown = |count: usize| float(count) * up / float(most.max(started.total()));
                let mut y = zero;
                for (count, class) in
                    [(started.succeeded, "good"), (started.running, "running"), (started.failed, "bad")]
                {
                    if count > 0 {
                        y -= shown(count);
                        drawing.rect(class, (x, y), (bar, shown(count)));
                    }
                }
                if started.total() > most {
                    cut(&mut drawing, (x, TOP + up / 2.0), bar);
                    drawing.text("axis", (middle(index), TOP - 4.0), Anchor::Middle, &started.total().to_string());
                }
                if started.together > TimeDelta::zero() {
                    let (wide, high) = (width.max(8.0), (BAND - 2.0) * share(started.together, longest));
                    let at = (middle(index) - wide / 2.0, below - 1.0 - high);
                    drawing.rect("together", at, (wide, high));
                }
            }
        }
        match bin.pushes {
            None => drawing.rect("unrecorded", (middle(index) - width / 2.0, below), (width, DOWN)),
            Some(count) if count > 0 => {
                drawing.rect("push", (x, below), (bar, float(count.min(pushes)) * DOWN / float(pushes)));
                if count > pushes {
                    cut(&mut drawing, (x, below + DOWN / 2.0), bar);
                    drawing.text("axis", (middle(index), bottom + 12.0), Anchor::Middle, &count.to_string());
                }
            }
            Some(_) => {}
        }
    }
    drawing.line("base", (LEFT, zero), (WIDTH - RIGHT, zero));
    drawing.line("base", (LEFT, below), (WIDTH - RIGHT, below));
    let every = bins.len().div_ceil(9).max(1);
    for (index, bin) in bins.iter().enumerate().step_by(every) {
        drawing.line("tick", (middle(index), bottom), (middle(index), bottom + 16.0));
        let at_end = index + every / 2 + 1 > bins.len() && bins.len() > 1;
        let anchor = if at_end { Anchor::End } else { Anchor::Middle };
        drawing.text("axis", (middle(index), bottom + 28.0), anchor, &label(*step, bin.from, story.rhythm.zone));
    }
    (drawing, bottom + 34.0)
}

/// How much of the longest time together one is; a little of it is still seen.
fn share(together: TimeDelta, longest: TimeDelta) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "seconds lie far below 2^52")]
    let share = together.num_seconds() as f64 / longest.num_seconds().max(1) as f64;
    share.clamp(0.3, 1.0)
}

/// A break in a bar that goes on beyond the scale.
fn cut(drawing: &mut Drawing, (x, y): (f64, f64), width: f64) {
    let (x, third) = (x - 1.0, (width + 2.0) / 3.0);
    let way = format!(
        "M{x:.1} {:.1} l{third:.1} -4 l{third:.1} 4 l{third:.1} -4 v4 l-{third:.1} 4 l-{third:.1} -4 l-{third:.1} 4 z",
        y + 2.0
    );
    drawing.path("break", &way);
}

/// What the chart shows, in words; a bar stands for so many steps.
pub(super) fn about(story: &Story, every: usize) -> String {
    let Timeline { step, bins } = &story.rhythm.timeline;
    let name = step.name();
    let one = step.one();
    let bar = if every == 1 { one.to_owned() } else { format!("for {every} {name}s") };
    let mut parts = vec![format!("One bar {bar}, {}.", counted(bins.len(), name))];
    let top = bins.iter().filter_map(|bin| Some((bin.rollouts?.total(), bin.from))).max_by_key(|(count, _)| *count);
    if let Some((count, at)) = top.filter(|(count, _)| *count > 0) {
        parts.push(format!("Most rollouts in {one}: {count} ({}).", label(*step, at, story.rhythm.zone)));
    }
    let together: TimeDelta = bins.iter().filter_map(|bin| bin.rollouts).map(|one| one.together).sum();
    let touched = bins.iter().filter_map(|bin| bin.rollouts).filter(|one| one.together > TimeDelta::zero());
    let touched = touched.count();
    if touched > 0 {
        parts.push(format!("Rollouts ran together in {}, {} in all.", counted(touched, name), glance(together)));
    }
    let top = bins.iter().filter_map(|bin| Some((bin.pushes?, bin.from))).max_by_key(|(count, _)| *count);
    if let Some((count, at)) = top.filter(|(count, _)| *count > 0) {
        parts.push(format!("Most pushes in {one}: {count} ({}).", label(*step, at, story.rhythm.zone)));
    }
    parts.join(" ")
}
