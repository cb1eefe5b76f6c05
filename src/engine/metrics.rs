//! Measures of what happened: percentiles, bursts, and what ran together.

use chrono::TimeDelta;

use super::event::Instant;

/// The smallest of sorted values that at least `percent` percent of them do not exceed (nearest rank); none of none.
///
/// It is always one of the values: with few cases, an interpolated one would be nobody's.
#[must_use]
pub fn percentile<T: Copy>(sorted: &[T], percent: u32) -> Option<T> {
    let share = usize::try_from(percent.min(100)).unwrap_or(100);
    let rank = (share * sorted.len()).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

/// How much spans of time ran together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overlap {
    /// How many pairs of spans share an instant.
    pub pairs: usize,
    /// The time during which two or more ran.
    pub together: TimeDelta,
    /// The longest stretch of it without a pause.
    pub longest: TimeDelta,
    /// The most that ran at once.
    pub most: usize,
}

/// Measures what ran together. Spans are half-open, `[start, end)`, in any order; empty ones share no instant with any.
#[must_use]
pub fn overlap(spans: &[(Instant, Instant)]) -> Overlap {
    let mut measured = Overlap::default();
    for stretch in stretches(spans) {
        let length = stretch.end - stretch.start;
        measured.together += length;
        measured.longest = measured.longest.max(length);
    }
    let mut running = 0;
    for (_, starts) in bounds(spans) {
        if starts {
            measured.pairs += running;
            running += 1;
            measured.most = measured.most.max(running);
        } else {
            running -= 1;
        }
    }
    measured
}

/// A stretch of time during which two or more spans ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub start: Instant,
    pub end: Instant,
    /// The most that ran at once.
    pub most: usize,
}

/// The stretches during which two or more spans ran, in their order, none touching the next.
#[must_use]
pub fn stretches(spans: &[(Instant, Instant)]) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut running = 0;
    for (at, starts) in bounds(spans) {
        match (starts, running) {
            (true, 1) => match stretches.last_mut().filter(|last| last.end == at) {
                Some(last) => last.end = Instant::MAX_UTC,
                None => stretches.push(Stretch { start: at, end: Instant::MAX_UTC, most: 2 }),
            },
            (false, 2) => stretches.last_mut().into_iter().for_each(|last| last.end = at),
            _ => {}
        }
        running = if starts { running + 1 } else { running - 1 };
        if let Some(last) = stretches.last_mut().filter(|_| running > 2) {
            last.most = last.most.max(running);
        }
    }
    stretches
}

/// The bounds of spans in their order, and whether each is a start; of one instant, ends come first.
fn bounds(spans: &[(Instant, Instant)]) -> Vec<(Instant, bool)> {
    let spans = spans.iter().filter(|(start, end)| start < end);
    let mut bounds: Vec<(Instant, bool)> = spans.flat_map(|(start, end)| [(*start, true), (*end, false)]).collect();
    bounds.sort_unstable();
    bounds
}

/// Events that follow one another so closely are one burst, unless another pause is asked for, and if there are so many.
pub const BURST_GAP: TimeDelta = TimeDelta::minutes(30);
pub const BURST_LEAST: usize = 3;

/// A run of instants that follow each other closely: the indices of its first and its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Burst {
    pub first: usize,
    pub last: usize,
}

impl Burst {
    /// How many instants it holds.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.last - self.first + 1
    }
}

/// The longest runs of sorted instants in which each follows the one before within `gap`, those of `least` or more.
#[must_use]
pub fn bursts(instants: &[Instant], gap: TimeDelta, least: usize) -> Vec<Burst> {
    let mut bursts = Vec::new();
    let mut first = 0;
    for last in 0..instants.len() {
        let ends = instants.get(last + 1).is_none_or(|next| *next - instants[last] > gap);
        if ends {
            let burst = Burst { first, last };
            if burst.size() >= least {
                bursts.push(burst);
            }
            first = last + 1;
        }
    }
    bursts
}

#[cfg(test)]
mod tests {
    use super::{Burst, Overlap, bursts, overlap, percentile, stretches};
    use crate::engine::event::Instant;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn at(minutes: i64) -> Instant {
        Instant::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn spans(bounds: &[(i64, i64)]) -> Vec<(Instant, Instant)> {
        bounds.iter().map(|(start, end)| (at(*start), at(*end))).collect()
    }

    #[test]
    fn percentiles_are_of_the_values() {
        let values = [15, 20, 35, 40, 50];
        for (percent, value) in
            [(0, 15), (5, 15), (20, 15), (21, 20), (30, 20), (40, 20), (50, 35), (90, 50), (100, 50)]
        {
            assert_eq!(percentile(&values, percent), Some(value), "{percent}");
        }
        assert_eq!(percentile::<i64>(&[], 50), None);
        assert_eq!(percentile(&[7], 50), Some(7));
        assert_eq!(percentile(&[7, 8], 400), Some(8));
    }

    #[test]
    fn what_ran_together() {
        let minutes = TimeDelta::minutes;
        // Two meet for ten minutes, a third for five of these; a fourth touches and meets nobody.
        let measured = overlap(&spans(&[(20, 40), (0, 30), (25, 28), (40, 50)]));
        assert_eq!(measured, Overlap { pairs: 3, together: minutes(10), longest: minutes(10), most: 3 });
        assert_eq!(overlap(&spans(&[(0, 10), (10, 20), (15, 15), (20, 5)])).pairs, 0);
        // One ends as another starts, and a third runs on: one stretch.
        let relay = spans(&[(0, 100), (10, 20), (20, 30), (50, 60)]);
        assert_eq!(overlap(&relay), Overlap { pairs: 3, together: minutes(30), longest: minutes(20), most: 2 });
        assert_eq!(stretches(&relay).len(), 2);
        assert_eq!(overlap(&[]), Overlap::default());
    }

    #[test]
    fn runs_of_close_instants() {
        let instants = [0, 5, 10, 30, 50, 55].map(at);
        let found = bursts(&instants, TimeDelta::minutes(5), 2);
        assert_eq!(found, [Burst { first: 0, last: 2 }, Burst { first: 4, last: 5 }]);
        assert_eq!(bursts(&instants, TimeDelta::minutes(5), 3), [Burst { first: 0, last: 2 }]);
        assert_eq!(bursts(&[], TimeDelta::minutes(5), 1), []);
    }

    fn any_spans() -> impl Strategy<Value = Vec<(i64, i64)>> {
        prop::collection::vec((0..60_i64, -2..20_i64), 0..12)
            .prop_map(|many| many.into_iter().map(|(start, length)| (start, start + length)).collect())
    }

    proptest! {
        #[test]
        fn overlap_counts_minute_by_minute(bounds in any_spans()) {
            let running = |minute: i64| bounds.iter().filter(|(start, end)| *start <= minute && minute < *end).count();
            let counts: Vec<usize> = (0..90).map(running).collect();
            let together = counts.iter().filter(|count| **count > 1).count();
            let longest = counts.split(|count| *count < 2).map(<[usize]>::len).max().unwrap_or(0);
            let meets = |one: &(i64, i64), two: &(i64, i64)| one.0.max(two.0) < one.1.min(two.1);
            let pairs = (0..bounds.len()).flat_map(|one| (0..one).map(move |two| (one, two)));
            let pairs = pairs.filter(|(one, two)| meets(&bounds[*one], &bounds[*two])).count();
            let measured = overlap(&spans(&bounds));
            prop_assert_eq!(measured.pairs, pairs);
            prop_assert_eq!(measured.together, TimeDelta::minutes(i64::try_from(together).expect("few")));
            prop_assert_eq!(measured.longest, TimeDelta::minutes(i64::try_from(longest).expect("few")));
            prop_assert_eq!(measured.most, counts.into_iter().max().unwrap_or(0));
            let stretches = stretches(&spans(&bounds));
            prop_assert!(stretches.windows(2).all(|two| two[0].end < two[1].start));
            prop_assert!(stretches.iter().all(|one| one.start < one.end && (2..=measured.most).contains(&one.most)));
        }

        #[test]
        fn a_percentile_has_its_rank(mut values in prop::collection::vec(0..50_i32, 1..40), percent in 0..=100_usize) {
            values.sort_unstable();
            let value = percentile(&values, u32::try_from(percent).expect("small")).expect("one");
            let upto = values.iter().filter(|one| **one <= value).count();
            let below = values.iter().filter(|one| **one < value).count();
            prop_assert!(upto * 100 >= percent * values.len());
            prop_assert!(below == 0 || below * 100 < percent * values.len());
        }

        #[test]
        fn bursts_part_where_gaps_are_wide(mut minutes in prop::collection::vec(0..200_i64, 0..30), gap in 0..30_i64, least in 1..4_usize) {
            minutes.sort_unstable();
            let instants: Vec<Instant> = minutes.iter().copied().map(at).collect();
            let wide = |index: usize| minutes[index + 1] - minutes[index] > gap;
            let found = bursts(&instants, TimeDelta::minutes(gap), least);
            for burst in &found {
                prop_assert!(burst.size() >= least);
                prop_assert!(!(burst.first..burst.last).any(wide));
                prop_assert!(burst.first == 0 || wide(burst.first - 1));
                prop_assert!(burst.last + 1 == minutes.len() || wide(burst.last));
            }
            // Those of one are left out by the least alone: together they are everything.
            let all = bursts(&instants, TimeDelta::minutes(gap), 1);
            prop_assert_eq!(all.iter().map(Burst::size).sum::<usize>(), minutes.len());
            prop_assert_eq!(all.into_iter().filter(|one| one.size() >= least).collect::<Vec<_>>(), found);
        }
    }
}
