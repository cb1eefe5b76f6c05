//! Weekly spans laid side by side over a local week: what covers what, and what stays apart.
//!
//! Bounds become instants in the same order as they stand in local time (see [`calendar`](super::calendar)), a start at
//! the first instant that it may mean and an end at the last: what covers a span on paper covers it in every zone.

use super::calendar::Weekly;

const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;

/// The longest that a zone turns its clocks back, and an hour to spare.
const LONGEST_SHIFT: i64 = 3 * 3_600;

/// A span of local time, in seconds since the Monday of some week began.
type Span = (i64, i64);

/// The spans of one week, those of the days named.
fn of_one_week(weekly: &Weekly) -> impl Iterator<Item = Span> {
    let (from, to) = (i64::from(weekly.from.seconds()), i64::from(weekly.to.seconds()));
    let past_midnight = if to < from { DAY } else { 0 };
    (0..).step_by(86_400).zip(0..7).filter_map(move |(midnight, day)| {
        weekly.days.numbers().any(|named| named == day).then_some((midnight + from, midnight + to + past_midnight))
    })
}

/// The spans of three weeks, the one asked about in the middle, joined where they touch.
fn joined(weeklies: &[Weekly]) -> Vec<Span> {
    let weeks = [-WEEK, 0, WEEK];
    let mut spans: Vec<Span> = weeklies
        .iter()
        .flat_map(of_one_week)
        .flat_map(|(from, to)| weeks.map(|week| (from + week, to + week)))
        .collect();
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some((_, end)) if from <= *end => *end = to.max(*end),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// Whether every span of `inner` lies within those of `outer`, in any one zone.
#[must_use]
pub fn covers(outer: &[Weekly], inner: &[Weekly]) -> bool {
    let outer = joined(outer);
    let holds = |(from, to): Span| outer.iter().any(|(start, end)| *start <= from && to <= *end);
    inner.iter().flat_map(of_one_week).all(holds)
}

/// Whether the spans leave no gap in a week.
#[must_use]
pub fn covers_week(weeklies: &[Weekly]) -> bool {
    joined(weeklies).iter().any(|(from, to)| *from <= 0 && WEEK <= *to)
}

/// How far apart spans must lie on paper to be apart in instants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clocks {
    /// They are never turned back.
    Steady,
    /// They may be: an end in a doubled hour lies after a start in it.
    TurnedBack,
}

/// Whether no span of one lies in a span of the other.
#[must_use]
pub fn apart(one: &[Weekly], two: &[Weekly], clocks: Clocks) -> bool {
    let gap = match clocks {
        Clocks::Steady => 0,
        Clocks::TurnedBack => LONGEST_SHIFT,
    };
    let (one, two) = (joined(one), joined(two));
    let apart = |(from, to): &Span| two.iter().all(|(start, end)| to + gap <= *start || end + gap <= *from);
    one.iter().all(apart)
}

#[cfg(test)]
mod tests {
    use super::{Clocks, apart, covers, covers_week};
    use crate::engine::calendar::tests::weekly;

    #[test]
    fn spans_that_touch_cover_together() {
        let halves = [weekly("mon-fri", "09:00", "12:00"), weekly("mon-fri", "12:00", "17:00")];
        assert!(covers(&halves, &[weekly("tue", "10:00", "16:00")]));
        assert!(!covers(&halves, &[weekly("tue", "10:00", "18:00")]));
        assert!(!covers(&halves[..1], &[weekly("tue", "10:00", "16:00")]));
    }

    #[test]
    fn a_night_runs_into_the_next_day_and_week() {
        assert!(covers(&[weekly("sun", "22:00", "06:00")], &[weekly("mon", "00:00", "05:00")]));
        assert!(covers(&[weekly("mon-sun", "20:00", "08:00")], &[weekly("sun", "22:00", "06:00")]));
        assert!(!covers(&[weekly("mon-fri", "22:00", "06:00")], &[weekly("sun", "22:00", "06:00")]));
    }

    #[test]
    fn a_whole_week() {
        assert!(covers_week(&[weekly("mon-sun", "00:00", "24:00")]));
        assert!(covers_week(&[weekly("mon-thu", "00:00", "24:00"), weekly("fri-sun", "00:00", "24:00")]));
        assert!(!covers_week(&[weekly("mon-sun", "00:01", "24:00")]));
    }

    #[test]
    fn clocks_turned_back_ask_for_a_gap() {
        let (office, friday) = ([weekly("mon-thu", "09:00", "16:00")], [weekly("fri", "00:00", "24:00")]);
        assert!(apart(&office, &friday, Clocks::TurnedBack));
        let all_day = [weekly("mon-thu", "00:00", "24:00")];
        assert!(apart(&all_day, &friday, Clocks::Steady) && !apart(&all_day, &friday, Clocks::TurnedBack));
        assert!(!apart(&[weekly("thu", "22:00", "02:00")], &friday, Clocks::Steady));
    }
}
