//! A replay as a picture of letters: what was pushed, what ran, what waited.

use chrono::TimeDelta;

use super::{Played, Shown};
use crate::engine::calendar::utc;
use crate::engine::event::Instant;
use crate::engine::metrics::stretches;

/// The longest span that is drawn: beyond, a column is too long to tell one rollout from the next.
const LONGEST: TimeDelta = TimeDelta::hours(36);

/// When the first push of a rollout came, when it started, when it finished.
type Span = (Instant, Instant, Instant);

/// A line of the picture: its title, and a sign a column.
pub(super) type Row = (String, String);

/// Draws the span in so many columns; nothing where it is too long, or empty.
pub(super) fn picture(shown: &Shown, columns: usize) -> Option<Vec<Row>> {
    let landings = &shown.past.landings;
    let (start, last) = (landings.first()?.at, landings.last()?.at);
    if last - start > LONGEST || columns < 24 {
        return None;
    }
    let at_once: Vec<Span> = landings.iter().map(|push| (push.at, push.at, push.at + shown.rollout_time)).collect();
    let spans = |played: &Played| -> Vec<Span> {
        let rollouts = played.replay.rollouts.iter();
        rollouts.map(|rollout| (landings[rollout.first].at, rollout.at, rollout.finished_at)).collect()
    };
    let paced: Vec<Vec<Span>> = shown.played.iter().map(spans).collect();
    // What goes much later than the last push is told at the edge, and does not press the rest together.
    let margin = ((last - start) / 2).max(TimeDelta::hours(1));
    let end = paced.iter().chain([&at_once]).filter_map(|spans| Some(spans.last()?.2)).max()?.min(last + margin);
    let axis = Axis { start, seconds: (end - start).num_seconds().max(1), columns };
    let mut counts = vec![0_usize; columns];
    for landing in landings {
        counts[axis.column(landing.at)] += 1;
    }
    let pushed = counts.iter().map(|count| match count {
        0 => ' ',
        1 => '|',
        2..=9 => char::from_digit(u32::try_from(*count).unwrap_or(9), 10).unwrap_or('+'),
        _ => '+',
    });
    let mut rows = vec![(String::new(), axis.labels()), ("pushes".to_owned(), pushed.collect())];
    rows.push(("at once".to_owned(), axis.draw(&at_once)));
    rows.extend(shown.played.iter().zip(&paced).map(|(played, spans)| (played.name.clone(), axis.draw(spans))));
    Some(rows)
}

/// The span, and the columns that it is drawn in.
struct Axis {
    start: Instant,
    seconds: i64,
    columns: usize,
}

impl Axis {
    fn column(&self, at: Instant) -> usize {
        let last = self.columns - 1;
        let passed = (at - self.start).num_seconds().max(0);
        let place = passed.saturating_mul(i64::try_from(self.columns).unwrap_or(1)) / self.seconds;
        usize::try_from(place).unwrap_or(last).min(last)
    }

    /// What waits, what runs, what runs together; the worse sign wins a column.
    fn draw(&self, spans: &[Span]) -> String {
        let mut signs = vec![' '; self.columns];
        let mut paint = |from: Instant, to: Instant, sign: char| {
            let rank = |sign: char| [' ', '.', '=', '#'].iter().position(|one| *one == sign);
            for place in &mut signs[self.column(from)..=self.column(to.max(from))] {
                if rank(sign) > rank(*place) {
                    *place = sign;
                }
            }
        };
        let edge = self.start + TimeDelta::seconds(self.seconds);
        let beyond = spans.last().is_some_and(|(_, _, finish)| *finish > edge);
        let second = TimeDelta::seconds(1);
        for (pushed, start, finish) in spans {
            if pushed < start {
                paint(*pushed, *start, '.');
            }
            if *start < edge {
                paint(*start, *finish - second, '=');
            }
        }
        let running: Vec<(Instant, Instant)> = spans.iter().map(|(_, start, finish)| (*start, *finish)).collect();
        for stretch in stretches(&running) {
            paint(stretch.start, stretch.end - second, '#');
        }
        if let Some(last) = signs.last_mut().filter(|_| beyond) {
            *last = '>';
        }
        signs.into_iter().collect()
    }

    /// The hours, where they fall.
    fn labels(&self) -> String {
        let mut text = vec![' '; self.columns];
        let step = [15, 30, 60, 120, 240, 480].into_iter().find(|minutes| {
            let marks = usize::try_from(self.seconds / (minutes * 60)).unwrap_or(usize::MAX);
            marks.saturating_mul(8) <= self.columns
        });
        let step = step.unwrap_or(720) * 60;
        let mut next = self.start.timestamp().div_euclid(step) * step;
        while next <= self.start.timestamp() + self.seconds {
            let at = Instant::from_timestamp(next, 0).unwrap_or(self.start);
            next += step;
            if at < self.start {
                continue;
            }
            let column = self.column(at);
            let label = &utc(at)[11..16];
            if column + label.len() <= self.columns {
                text.splice(column..column + label.len(), label.chars());
            }
        }
        text.into_iter().collect::<String>().trim_end().to_owned()
    }
}
