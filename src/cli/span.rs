//! Spans of the past, as people write them.

use chrono::{Datelike, NaiveDate, TimeDelta};
use chrono_tz::Tz;

use crate::engine::calendar::{end_of_day, start_of_day};
use crate::engine::duration;
use crate::engine::event::{Instant, parse_instant};
use crate::error::Error;

/// A day of local time, or an instant.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moment {
    Day(NaiveDate),
    Instant(Instant),
}

/// Where a span begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum Since {
    /// So long before its end.
    Length(TimeDelta),
    Moment(Moment),
    /// Where the past does.
    All,
}

impl Moment {
    /// A day's beginning.
    pub(super) fn start(self, zone: Tz) -> Result<Instant, Error> {
        self.of(zone, start_of_day)
    }

    /// A day's end.
    pub(super) fn end(self, zone: Tz) -> Result<Instant, Error> {
        self.of(zone, end_of_day)
    }

    fn of(self, zone: Tz, of_day: fn(Tz, NaiveDate) -> Option<Instant>) -> Result<Instant, Error> {
        match self {
            Self::Instant(instant) => Ok(instant),
            Self::Day(day) => of_day(zone, day).ok_or_else(|| Error::usage(format!("{day} is no day in {zone}"))),
        }
    }
}

impl Since {
    /// Where the span begins, if not where the past does.
    pub(super) fn start(self, end: Instant, zone: Tz) -> Result<Option<Instant>, Error> {
        match self {
            Self::Length(length) => Ok(Some(end - length)),
            Self::Moment(moment) => moment.start(zone).map(Some),
            Self::All => Ok(None),
        }
    }
}

pub(super) fn moment(text: &str) -> Result<Moment, String> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| (day.year(), Moment::Day(day)));
    let found = day.or_else(|| parse_instant(text).map(|instant| (instant.year(), Moment::Instant(instant))));
    match found {
        None => Err("write a date such as 2026-02-04 or an instant such as 2026-02-04T15:00:00Z".to_owned()),
        Some((year, _)) if !(1971..=9000).contains(&year) => Err("the year must lie between 1971 and 9000".to_owned()),
        Some((_, moment)) => Ok(moment),
    }
}

pub(super) fn since(text: &str) -> Result<Since, String> {
    if text == "all" {
        return Ok(Since::All);
    }
    let length = duration::parse(text).ok().filter(|length| *length > TimeDelta::zero());
    length.map(Since::Length).or_else(|| moment(text).ok().map(Since::Moment)).ok_or_else(|| {
        "write a length such as 90d, a date such as 2026-02-04, an instant such as 2026-02-04T15:00:00Z, or all"
            .to_owned()
    })
}
