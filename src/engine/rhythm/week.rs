//! Events by weekday and hour of local time.

use chrono::{Datelike, Timelike};
use chrono_tz::Tz;

use crate::engine::event::Instant;

/// A number for each hour of each weekday, Monday first.
pub type Counts = [[usize; 24]; 7];

/// How many events fell into each hour of each weekday.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Week(pub Counts);

/// The weekday, from Monday, and the hour that an instant falls into.
pub(super) fn hour_of(at: Instant, zone: Tz) -> (usize, usize) {
    let local = at.with_timezone(&zone);
    let day = usize::try_from(local.weekday().num_days_from_monday()).unwrap_or_default();
    (day, usize::try_from(local.hour()).unwrap_or_default())
}

impl Week {
    pub(super) fn of(instants: &[Instant], zone: Tz) -> Self {
        let mut week = Self::default();
        for at in instants {
            let (day, hour) = hour_of(*at, zone);
            week.0[day][hour] += 1;
        }
        week
    }

    /// The events of a weekday.
    #[must_use]
    pub fn day(&self, day: usize) -> usize {
        self.0[day].iter().sum()
    }

    /// The events of an hour, on all days.
    #[must_use]
    pub fn hour(&self, hour: usize) -> usize {
        self.0.iter().map(|day| day[hour]).sum()
    }

    /// All events.
    #[must_use]
    pub fn total(&self) -> usize {
        (0..7).map(|day| self.day(day)).sum()
    }

    /// The hour of the week with the most events, the first of several.
    #[must_use]
    pub fn busiest(&self) -> Option<(usize, usize, usize)> {
        let hours = (0..7).flat_map(|day| (0..24).map(move |hour| (day, hour)));
        let counted = hours.map(|(day, hour)| (day, hour, self.0[day][hour])).filter(|(.., count)| *count > 0);
        counted.rev().max_by_key(|(.., count)| *count)
    }
}
