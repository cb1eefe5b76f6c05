//! All local-time arithmetic: zones, days, weekly spans, and what daylight saving does to them.
//!
//! Bounds become instants first and are compared as such. A bound in a skipped hour takes the first instant after it; in
//! a doubled hour a start takes the first of the two and an end the second.

use std::fmt;

use chrono::offset::LocalResult;
use chrono::{
    DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, SubsecRound, TimeDelta, TimeZone,
    Utc, Weekday,
};
use chrono_tz::Tz;

use super::event::Instant;

/// How far ahead an opening is looked for.
pub const HORIZON: TimeDelta = TimeDelta::days(400);

/// Writes an instant, RFC 3339 in UTC.
#[must_use]
pub fn utc(instant: Instant) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// An instant that is past, for people: to the second.
#[must_use]
pub fn second(instant: Instant) -> String {
    utc(instant.trunc_subsecs(0))
}

/// An instant to wait for, for people: to the second, never too early.
#[must_use]
pub fn next_second(instant: Instant) -> String {
    utc(not_before(instant))
}

/// The first whole second that is not before an instant.
#[must_use]
pub fn not_before(instant: Instant) -> Instant {
    let whole = instant.trunc_subsecs(0);
    if whole < instant { whole + TimeDelta::seconds(1) } else { whole }
}

/// Which end of a span a local time stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    Start,
    End,
}

/// The instant of a local time; `None` past the calendar's end.
#[must_use]
pub fn instant_of(zone: Tz, local: NaiveDateTime, bound: Bound) -> Option<Instant> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(instant) => Some(instant.to_utc()),
        LocalResult::Ambiguous(first, second) => Some(match bound {
            Bound::Start => first.min(second).to_utc(),
            Bound::End => first.max(second).to_utc(),
        }),
        LocalResult::None => end_of_gap(zone, local),
    }
}

/// The first instant after the gap that a local time falls in: the moment of the change, found by bisection.
fn end_of_gap(zone: Tz, local: NaiveDateTime) -> Option<Instant> {
    let guess = Utc.from_utc_datetime(&local);
    let mut before = guess.checked_sub_signed(TimeDelta::days(2))?;
    let mut after = guess.checked_add_signed(TimeDelta::days(2))?;
    let is_before = |instant: DateTime<Utc>| instant.with_timezone(&zone).naive_local() < local;
    while after - before > TimeDelta::seconds(1) {
        let middle = before + (after - before) / 2;
        let middle = middle - TimeDelta::nanoseconds(i64::from(middle.timestamp_subsec_nanos()));
        if middle == before {
            break;
        }
        if is_before(middle) { before = middle } else { after = middle }
    }
    Some(after)
}

/// A calendar unit that a budget may be counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Day,
    Week,
    Month,
}

impl Unit {
    /// Reads `day`, `week` or `month`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "day" => Some(Self::Day),
            "week" => Some(Self::Week),
            "month" => Some(Self::Month),
            _ => None,
        }
    }

    /// The longest that one can be, daylight saving included.
    #[must_use]
    pub const fn longest(self) -> TimeDelta {
        match self {
            Self::Day => TimeDelta::hours(26),
            Self::Week => TimeDelta::hours(7 * 24 + 2),
            Self::Month => TimeDelta::hours(31 * 24 + 2),
        }
    }

    /// Whether every one of the other lies within one of it.
    #[must_use]
    pub fn holds(self, other: Self) -> bool {
        self == other || (matches!(self, Self::Week | Self::Month) && other == Self::Day)
    }

    /// The unit that holds an instant, as `[start, end)`.
    #[must_use]
    pub fn around(self, zone: Tz, at: Instant) -> Option<(Instant, Instant)> {
        let day = at.with_timezone(&zone).date_naive();
        let first = match self {
            Self::Day => day,
            Self::Week => day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday())))?,
            Self::Month => day.with_day(1)?,
        };
        let next = match self {
            Self::Day => first.succ_opt()?,
            Self::Week => first.checked_add_days(Days::new(7))?,
            Self::Month => first.checked_add_months(chrono::Months::new(1))?,
        };
        Some((start_of_day(zone, first)?, start_of_day(zone, next)?))
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        })
    }
}

/// What a zone is called at an instant: `CET`; where it has no name, its offset: `UTC+11`.
#[must_use]
pub fn zone_name(zone: Tz, at: Instant) -> String {
    let name = at.with_timezone(&zone).format("%Z").to_string();
    if name.starts_with(['+', '-']) { format!("UTC{name}") } else { name }
}

/// The first instant of a local day.
#[must_use]
pub fn start_of_day(zone: Tz, day: NaiveDate) -> Option<Instant> {
    instant_of(zone, day.and_time(NaiveTime::MIN), Bound::Start)
}

/// The instant at which a local day is over.
#[must_use]
pub fn end_of_day(zone: Tz, day: NaiveDate) -> Option<Instant> {
    instant_of(zone, day.succ_opt()?.and_time(NaiveTime::MIN), Bound::Start)
}

/// The local days on which what reaches into a span may start: two more before it, since an occurrence may run past
/// midnight and a zone may skip a whole day.
pub fn days_of(zone: Tz, from: Instant, to: Instant) -> impl Iterator<Item = NaiveDate> {
    let day = |instant: Instant| instant.with_timezone(&zone).date_naive();
    let first = day(from).checked_sub_days(Days::new(2)).unwrap_or(NaiveDate::MIN);
    let last = day(to);
    first.iter_days().take_while(move |day| *day <= last)
}

/// A time of day, in seconds since midnight; `24:00` is the next midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(u32);

impl TimeOfDay {
    /// Reads `HH:MM` or `HH:MM:SS`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(':').map(|part| {
            let plain = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| part.parse::<u32>().ok()).flatten()
        });
        let (hours, minutes) = (parts.next()??, parts.next()??);
        let seconds = parts.next().map_or(Some(0), |part| part)?;
        let total = hours * 3_600 + minutes * 60 + seconds;
        (parts.next().is_none() && minutes < 60 && seconds < 60 && total <= 86_400).then_some(Self(total))
    }

    /// Whether it is `24:00`.
    #[must_use]
    pub const fn is_midnight_after(self) -> bool {
        self.0 == 86_400
    }

    /// The seconds since midnight, up to 86400.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0
    }

    fn on(self, day: NaiveDate) -> Option<NaiveDateTime> {
        day.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::seconds(i64::from(self.0)))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes, seconds) = (self.0 / 3_600, self.0 / 60 % 60, self.0 % 60);
        write!(out, "{hours:02}:{minutes:02}")?;
        if seconds > 0 { write!(out, ":{seconds:02}") } else { Ok(()) }
    }
}

/// The names of days, Monday first.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A set of days of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DaySet([bool; 7]);

impl DaySet {
    /// Every day.
    pub const ALL: Self = Self([true; 7]);

    /// No day.
    pub const NONE: Self = Self([false; 7]);

    /// Adds a day (`mon`, `Monday`) or a range (`mon-fri`, `fri-mon`); false where the text is neither.
    #[must_use]
    pub fn add(&mut self, text: &str) -> bool {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (Some(mut day), Some(last)) = (day_number(first), day_number(last)) else { return false };
        loop {
            self.0[day] = true;
            if day == last {
                return true;
            }
            day = (day + 1) % 7;
        }
    }

    /// Its days as numbers, Monday being 0.
    pub fn numbers(self) -> impl Iterator<Item = usize> {
        (0..7).filter(move |day| self.0[*day])
    }

    fn has(self, day: Weekday) -> bool {
        self.0[day.num_days_from_monday() as usize]
    }
}

impl fmt::Display for DaySet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ALL {
            return out.write_str("every day");
        }
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for day in self.numbers() {
            match runs.last_mut() {
                Some((_, last)) if *last + 1 == day => *last = day,
                _ => runs.push((day, day)),
            }
        }
        let name = |(first, last): (usize, usize)| match last - first {
            0 => DAYS[first].to_owned(),
            _ => format!("{}-{}", DAYS[first], DAYS[last]),
        };
        out.write_str(&runs.into_iter().map(name).collect::<Vec<_>>().join(", "))
    }
}

fn day_number(text: &str) -> Option<usize> {
    let text = text.trim().to_ascii_lowercase();
    let long = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    DAYS.iter().position(|day| *day == text).or_else(|| long.iter().position(|day| *day == text))
}

/// A span that comes back every week; past midnight where `to` is before `from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weekly {
    pub days: DaySet,
    pub from: TimeOfDay,
    pub to: TimeOfDay,
}

impl Weekly {
    /// The bounds of the occurrence that starts on a local day, as they are written; `None` where there is none.
    #[must_use]
    pub fn written(&self, day: NaiveDate) -> Option<(NaiveDateTime, NaiveDateTime)> {
        if !self.days.has(day.weekday()) {
            return None;
        }
        let last = if self.to < self.from { day.succ_opt()? } else { day };
        Some((self.from.on(day)?, self.to.on(last)?))
    }

    /// The occurrence that starts on a local day, as `[start, end)`; `None` where there is none or nothing is left of it.
    #[must_use]
    pub fn on(&self, zone: Tz, day: NaiveDate) -> Option<(Instant, Instant)> {
        let (from, to) = self.written(day)?;
        let (start, end) = (instant_of(zone, from, Bound::Start)?, instant_of(zone, to, Bound::End)?);
        (start < end).then_some((start, end))
    }

    /// The occurrences that end after `at`, in order of their days, as far as the horizon reaches.
    pub fn from_instant(&self, zone: Tz, at: Instant) -> impl Iterator<Item = (Instant, Instant)> + '_ {
        let to = at + HORIZON + TimeDelta::days(1);
        days_of(zone, at, to).filter_map(move |day| self.on(zone, day)).filter(move |(_, end)| *end > at)
    }
}

impl fmt::Display for Weekly {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}-{}", self.days, self.from, self.to)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::{Bound, DaySet, TimeOfDay, Unit, Weekly, instant_of, next_second, second, utc};
    use chrono::NaiveDateTime;
    use chrono_tz::Tz;

    fn local(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("local time")
    }

    /// A weekly span from its words.
    pub(in crate::engine) fn weekly(days: &str, from: &str, to: &str) -> Weekly {
        let mut set = DaySet::NONE;
        assert!(set.add(days));
        let time = |text| TimeOfDay::parse(text).expect("time of day");
        Weekly { days: set, from: time(from), to: time(to) }
    }

    #[test]
    fn nobody_is_told_to_come_too_early() {
        for (instant, past, awaited) in [
            ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
            ("2026-03-01T10:00:00.000001Z", "2026-03-01T10:00:00Z", "2026-03-01T10:00:01Z"),
            ("2026-12-31T23:59:59.9Z", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
        ] {
            let instant = instant.parse().expect("an instant");
            assert_eq!((second(instant).as_str(), next_second(instant).as_str()), (past, awaited));
        }
    }

    #[test]
    fn bounds_in_skipped_and_doubled_hours() {
        let cases = [
            (Tz::Europe__Paris, "2026-03-29 02:30", Bound::Start, "2026-03-29T01:00:00Z"),
            (Tz::Europe__Paris, "2026-03-29 02:30", Bound::End, "2026-03-29T01:00:00Z"),
            (Tz::Europe__Paris, "2026-10-25 02:30", Bound::Start, "2026-10-25T00:30:00Z"),
            (Tz::Europe__Paris, "2026-10-25 02:30", Bound::End, "2026-10-25T01:30:00Z"),
            (Tz::Australia__Lord_Howe, "2026-10-04 02:10", Bound::Start, "2026-10-03T15:30:00Z"),
            (Tz::Pacific__Apia, "2011-12-30 12:00", Bound::Start, "2011-12-30T10:00:00Z"),
            (Tz::America__Santiago, "2026-09-06 00:00", Bound::Start, "2026-09-06T04:00:00Z"),
        ];
        for (zone, text, bound, expected) in cases {
            assert_eq!(instant_of(zone, local(text), bound).map(utc).as_deref(), Some(expected), "{zone} {text}");
        }
    }

    #[test]
    fn a_week_begins_on_monday_and_days_differ_in_length() {
        let at = "2026-03-29T12:00:00Z".parse().expect("instant");
        let (start, end) = Unit::Day.around(Tz::Europe__Paris, at).expect("day");
        assert_eq!((end - start).num_hours(), 23);
        let (start, _) = Unit::Week.around(Tz::Europe__Paris, at).expect("week");
        assert_eq!(utc(start), "2026-03-22T23:00:00Z");
    }

    #[test]
    fn an_occurrence_past_midnight_belongs_to_the_day_it_starts_on() {
        let night = weekly("fri", "22:00", "02:00");
        let at = "2026-11-28T00:30:00Z".parse().expect("instant");
        let (start, end) = night.from_instant(Tz::UTC, at).next().expect("occurrence");
        assert_eq!((utc(start), utc(end)), ("2026-11-27T22:00:00Z".into(), "2026-11-28T02:00:00Z".into()));
    }

    #[test]
    fn a_span_inside_a_skipped_hour_does_not_happen() {
        let day = local("2026-03-29 00:00").date();
        assert_eq!(weekly("sun", "02:10", "02:50").on(Tz::Europe__Paris, day), None);
    }

    #[test]
    fn times_of_day_are_strict() {
        assert!(TimeOfDay::parse("24:00").is_some());
        for text in ["24:01", "9:00", "09:60", "0900", "09:00:61", "-1:00", ""] {
            assert!(TimeOfDay::parse(text).is_none(), "{text}");
        }
    }
}
