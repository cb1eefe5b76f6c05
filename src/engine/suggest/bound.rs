//! What no policy can do, shown by pushes that each need a rollout of their own.
//!
//! Pushes that come more than the longest wait apart cannot share a rollout: each one's lies between its own instant and
//! the end of its wait, and the next push comes only after that.

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;

use super::Wish;
use crate::engine::calendar::end_of_day;
use crate::engine::event::Instant;

/// Why the wishes contradict each other on this past, whatever the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// So many pushes of a day each need a rollout of their own that day.
    Day { day: NaiveDate, needed: usize },
    /// So many each need one within the hour after an instant.
    Hour { from: Instant, needed: usize },
    /// The rollout of this push cannot begin in time: the one before still runs.
    Overlap { push: Instant },
}

/// A contradiction, and the shortest longest wait for which this way of counting finds none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    pub contradiction: Contradiction,
    pub at_least: TimeDelta,
}

/// Looks for a contradiction between the longest wait that is wished and the other wishes.
pub(super) fn bound(pushes: &[Instant], wishes: &[Wish], zone: Tz, rollout_time: TimeDelta) -> Option<Bound> {
    let limit = wishes.iter().find_map(|wish| match wish {
        Wish::LongestWait(wait) => Some(*wait),
        _ => None,
    })?;
    let find = |wait| wishes.iter().find_map(|wish| contradiction(pushes, *wish, wait, zone, rollout_time));
    let contradiction = find(limit)?;
    // Whoever meets a shorter wait meets a longer one: one contradiction just below the bound proves the bound.
    let (mut refuted, mut open) = (limit.num_seconds(), (TimeDelta::days(2) + rollout_time * 2 + limit).num_seconds());
    while open - refuted > 1 {
        let middle = refuted + (open - refuted) / 2;
        if find(TimeDelta::seconds(middle)).is_some() { refuted = middle } else { open = middle }
    }
    Some(Bound { contradiction, at_least: TimeDelta::seconds(open) })
}

fn contradiction(
    pushes: &[Instant],
    wish: Wish,
    wait: TimeDelta,
    zone: Tz,
    rollout_time: TimeDelta,
) -> Option<Contradiction> {
    match wish {
        Wish::PerDay(most) => days(pushes, zone).find_map(|(day, of_day)| {
            let end = end_of_day(zone, day)?;
            // What may wait past midnight may be another day's rollout.
            let within = &of_day[..of_day.partition_point(|push| *push + wait < end)];
            let needed = apart(within, wait).count();
            (needed > most).then_some(Contradiction::Day { day, needed })
        }),
        Wish::PerHour(most) => (0..pushes.len()).find_map(|first| {
            let from = pushes[first];
            let within = apart(&pushes[first..], wait);
            let needed = within.take_while(|push| *push + wait - from < TimeDelta::hours(1)).count();
            (needed > most).then_some(Contradiction::Hour { from, needed })
        }),
        Wish::NoOverlap => {
            let mut free = Instant::MIN_UTC;
            apart(pushes, wait).find_map(|push| {
                let start = free.max(push);
                free = start + rollout_time;
                (start > push + wait).then_some(Contradiction::Overlap { push })
            })
        }
        Wish::LongestWait(_) | Wish::P90Wait(_) => None,
    }
}

/// The pushes of each local day, oldest first.
fn days(pushes: &[Instant], zone: Tz) -> impl Iterator<Item = (NaiveDate, &[Instant])> {
    let day = move |push: &Instant| push.with_timezone(&zone).date_naive();
    pushes.chunk_by(move |one, two| day(one) == day(two)).map(move |of_day| (day(&of_day[0]), of_day))
}

/// The first push, and each one that comes more than the wait after the one taken before.
fn apart(pushes: &[Instant], wait: TimeDelta) -> impl Iterator<Item = Instant> {
    let mut rest = pushes;
    std::iter::from_fn(move || {
        let push = *rest.first()?;
        rest = &rest[rest.partition_point(|other| *other <= push + wait)..];
        Some(push)
    })
}

#[cfg(test)]
mod tests {
    use super::{Bound, Contradiction, bound};
    use crate::engine::event::Instant;
    use crate::engine::suggest::Wish;
    use chrono::TimeDelta;
    use chrono_tz::Tz;

    fn pushes(minutes: &[i64]) -> Vec<Instant> {
        let start: Instant = "2026-02-04T10:00:00Z".parse().expect("an instant");
        minutes.iter().map(|minute| start + TimeDelta::minutes(*minute)).collect()
    }

    fn found(minutes: &[i64], wait: i64, wish: Wish) -> Option<Bound> {
        let wishes = [Wish::LongestWait(TimeDelta::minutes(wait)), wish];
        bound(&pushes(minutes), &wishes, Tz::UTC, TimeDelta::minutes(15))
    }

    #[test]
    fn pushes_far_apart_need_rollouts_of_their_own() {
        let bound = found(&[0, 60, 120], 10, Wish::PerDay(2)).expect("a contradiction");
        let day = "2026-02-04".parse().expect("a date");
        assert_eq!(bound.contradiction, Contradiction::Day { day, needed: 3 });
        // Two of them can share a rollout as soon as one may wait for the next.
        assert_eq!(bound.at_least, TimeDelta::minutes(60));
        assert_eq!(found(&[0, 60, 120], 60, Wish::PerDay(2)), None);
        assert_eq!(found(&[0, 60, 120], 10, Wish::PerDay(3)), None);
    }

    #[test]
    fn what_may_wait_past_midnight_counts_for_no_day() {
        let late: Vec<Instant> = pushes(&[800, 830, 839]);
        let wishes = |wait| [Wish::LongestWait(TimeDelta::minutes(wait)), Wish::PerDay(1)];
        assert!(bound(&late, &wishes(5), Tz::UTC, TimeDelta::zero()).is_some());
        assert_eq!(bound(&late, &wishes(15), Tz::UTC, TimeDelta::zero()), None);
    }

    #[test]
    fn an_hour_and_an_overlap_contradict_too() {
        let bound = found(&[0, 20, 40], 5, Wish::PerHour(2)).expect("a contradiction");
        assert_eq!(bound.contradiction, Contradiction::Hour { from: pushes(&[0])[0], needed: 3 });
        assert_eq!(bound.at_least, TimeDelta::minutes(20));
        let bound = found(&[0, 9], 1, Wish::NoOverlap).expect("a contradiction");
        assert_eq!(bound.contradiction, Contradiction::Overlap { push: pushes(&[9])[0] });
        // The second begins when the first has run for its quarter of an hour.
        assert_eq!(bound.at_least, TimeDelta::minutes(6));
    }
}
