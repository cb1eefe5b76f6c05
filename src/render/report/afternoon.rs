//! One afternoon as a small timeline: a row for each rollout, pushes above, hatched where two or more ran.

use chrono::{TimeDelta, Timelike};

use super::Story;
use super::svg::{Anchor, Drawing, float};
use super::timeline::WIDTH;
use super::words::{clock, counted};
use crate::engine::duration::glance;
use crate::engine::event::Instant;
use crate::engine::history::{Outcome, Rollout};
use crate::engine::rhythm::Afternoon;

const LEFT: f64 = 8.0;
const RIGHT: f64 = 8.0;
const ROW: f64 = 18.0;
const BAR: f64 = 13.0;
const TOP: f64 = 50.0;

/// The most rollouts that get a row each; more share rows.
const ROWS: usize = 24;

/// What a rollout is labelled with.
fn label(rollout: &Rollout, story: &Story) -> String {
    let end = match (rollout.outcome, rollout.finish) {
        (Outcome::Running, _) | (_, None) => "still running".to_owned(),
        _ if rollout.finish_unrecorded => "finish not recorded".to_owned(),
        (Outcome::Failure, Some(finish)) => format!("FAILED after {}", glance(finish - rollout.start)),
        (Outcome::Success, Some(finish)) => glance(finish - rollout.start),
    };
    let elsewhere = match rollout.environment == story.rhythm.environment {
        true => String::new(),
        false => format!(" to {}", rollout.environment),
    };
    let what: String = rollout.what().chars().take(24).collect();
    format!("{what}{elsewhere}, {end}")
}

/// The step between ticks: the shortest of some that leaves at most eight.
fn tick(length: TimeDelta) -> TimeDelta {
    let steps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map(TimeDelta::minutes);
    steps.into_iter().find(|step| *step * 8 >= length).unwrap_or(TimeDelta::days(1))
}

/// Which row each rollout stands in.
fn rows(rollouts: &[(Rollout, Instant)]) -> (Vec<usize>, usize) {
    if rollouts.len() <= ROWS {
        return ((0..rollouts.len()).collect(), rollouts.len());
    }
    let mut ends: Vec<Instant> = Vec::new();
    let mut places = Vec::with_capacity(rollouts.len());
    for (rollout, end) in rollouts {
        let free = ends.iter().position(|taken| *taken <= rollout.start);
        let row = free.unwrap_or(ends.len());
        match free {
            Some(row) => ends[row] = *end,
            None => ends.push(*end),
        }
        places.push(row);
    }
    (places, ends.len())
}

/// The afternoon as a chart, and how high it is.
pub(super) fn draw(one: &Afternoon, story: &Story) -> (Drawing, f64) {
    let zone = story.rhythm.zone;
    let mut drawing = Drawing::default();
    let first = one.pushed.first().map_or(one.from, |push| one.from.min(*push));
    let until = one.rollouts.iter().map(|(_, end)| *end).max().map_or(one.to, |end| end.min(one.to));
    let until = if one.rollouts.len() < one.started { until } else { one.to };
    let (from, length) = (first, (until - first).max(TimeDelta::minutes(1)));
    #[expect(clippy::cast_precision_loss, reason = "seconds of a day")]
    let x = |at: Instant| {
        let share = (at - from).num_seconds() as f64 / length.num_seconds().max(1) as f64;
        LEFT + share.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    };
    let (places, count) = rows(&one.rollouts);
    let bottom = TOP + ROW * float(count) + 4.0;

    for stretch in one.stretches.iter().filter(|stretch| stretch.start < until) {
        let (start, end) = (x(stretch.start), x(stretch.end));
        drawing.rect("together", (start, TOP - 4.0), ((end - start).max(1.0), bottom - TOP + 4.0));
        let length = glance(stretch.end - stretch.start);
        // A character takes about seven units; a narrow one tells its length alone.
        let text = [format!("{} at once, {length}", stretch.most), length];
        if let Some(text) = text.iter().find(|text| float(text.len()) * 7.0 < end - start + 12.0) {
            drawing.text("note", (f64::midpoint(start, end), TOP - 8.0), Anchor::Middle, text);
        }
    }
    let step = tick(length);
    let local = from.with_timezone(&zone);
    let midnight = from - TimeDelta::seconds(i64::from(local.num_seconds_from_midnight()));
    let ticks = (0..).map(|count| midnight + step * count).skip_while(|at| *at < from).take_while(|at| *at <= until);
    for at in ticks.take(20) {
        drawing.line("grid", (x(at), TOP - 4.0), (x(at), bottom));
        let anchor = match x(at) {
            x if x < 24.0 => Anchor::Start,
            x if x > WIDTH - 24.0 => Anchor::End,
            _ => Anchor::Middle,
        };
        drawing.text("axis", (x(at), bottom + 14.0), anchor, &clock(at, zone));
    }
    for at in &one.pushed {
        let x = x(*at);
        drawing.path("push", &format!("M{:.1} 16 h8 l-4 9 z", x - 4.0));
    }
    let pushes = if one.pushed.is_empty() { "no push is known".to_owned() } else { counted(one.pushed.len(), "push") };
    drawing.text("axis", (LEFT, 11.0), Anchor::Start, &pushes);
    let own_rows = one.rollouts.len() <= ROWS;
    for ((rollout, end), row) in one.rollouts.iter().zip(places) {
        let y = TOP + ROW * float(row);
        let (start, end) = (x(rollout.start), x(*end));
        let class = match rollout.outcome {
            Outcome::Success => "good",
            Outcome::Failure => "bad",
            Outcome::Running => "running",
        };
        drawing.rect(class, (start, y), ((end - start).max(3.0), BAR));
        if own_rows {
            let text = label(rollout, story);
            let room = WIDTH - RIGHT - end - 6.0;
            let (at, anchor) = match float(text.chars().count()) * 6.4 < room {
                true => (end + 5.0, Anchor::Start),
                false => (start - 5.0, Anchor::End),
            };
            drawing.text("name", (at, y + 10.5), anchor, &text);
        }
    }
    (drawing, bottom + 20.0)
}
