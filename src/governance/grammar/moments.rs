//! Days, times of day, dates and zones, each where it stands.

use chrono::{DateTime, Datelike, NaiveDate};
use chrono_tz::Tz;

use super::vocabulary as v;
use super::words::Word;
use crate::engine::calendar::DAYS;

/// The zone that a clause names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zone {
    /// By its IANA name.
    Known(&'static str),
    /// By letters that stand for several, or for half of the year.
    Ambiguous(String),
}

/// The text of a word; empty past the end.
pub fn text(words: &[Word], at: usize) -> &str {
    words.get(at).map_or("", |word| word.text.as_str())
}

/// Writes minutes since midnight as `HH:MM`.
pub fn clock(minutes: u32) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The days from one to another, both included.
pub fn run(first: usize, last: usize) -> [bool; 7] {
    let mut days = [false; 7];
    let length = (last + 7 - first) % 7;
    for (day, known) in days.iter_mut().enumerate() {
        *known = (day + 7 - first) % 7 <= length;
    }
    days
}

/// The number of a day, Monday first.
pub fn day(text: &str) -> Option<usize> {
    let stem = text.trim_end_matches('s');
    let long = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let short = match text {
        "tues" => "tue",
        "thu" | "thur" | "thurs" => "thu",
        text => text,
    };
    DAYS.iter().position(|day| *day == short).or_else(|| long.iter().position(|day| *day == stem))
}

/// The days that a word names.
pub fn days(text: &str) -> Option<[bool; 7]> {
    match text {
        "weekend" | "weekends" => Some(run(5, 6)),
        "weekday" | "weekdays" => Some(run(0, 4)),
        text => day(text).map(|day| run(day, day)),
    }
}

/// Writes days as policies do: `mon-thu`, `fri`, `mon,wed`.
pub fn show_days(days: [bool; 7]) -> Option<String> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for day in (0..7).filter(|day| days.get(*day) == Some(&true)) {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == day => *last = day,
            _ => runs.push((day, day)),
        }
    }
    let name = |day: usize| DAYS.get(day).copied().unwrap_or_default();
    let show = |(first, last): (usize, usize)| {
        if first == last { name(first).to_owned() } else { format!("{}-{}", name(first), name(last)) }
    };
    (!runs.is_empty()).then(|| runs.into_iter().map(show).collect::<Vec<_>>().join(","))
}

/// The time of day at a word, in minutes, and the word after it; a bare hour only where `bare` says that one may stand.
pub fn time(words: &[Word], at: usize, bare: bool) -> Option<(u32, usize)> {
    let word = text(words, at);
    match word {
        "noon" | "midday" => return Some((12 * 60, at + 1)),
        "midnight" => return Some((24 * 60, at + 1)),
        _ => {}
    }
    let digits = word.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.')).count();
    let (number, suffix) = word.split_at_checked(digits)?;
    let (hours, minutes) = number.split_once([':', '.']).unwrap_or((number, "0"));
    let colon = number.contains(':');
    let (hours, minutes) = (hours.parse::<u32>().ok()?, minutes.parse::<u32>().ok()?);
    let suffix_next = text(words, at + 1);
    let (suffix, next) = match (suffix, suffix_next) {
        ("", "am" | "pm" | "a.m" | "p.m") => (suffix_next, at + if text(words, at + 2) == "." { 3 } else { 2 }),
        ("", "h") if !bare || hours > 12 => ("h", at + 2),
        (suffix, _) => (suffix, at + 1),
    };
    let hours = match suffix {
        "am" | "a.m" => hours % 12 + u32::from(hours > 12) * 12,
        "pm" | "p.m" => hours % 12 + 12,
        "" if colon || bare => hours,
        "h" => hours,
        _ => return None,
    };
    let counted = words.get(next).is_some_and(|word| word.classes.any(v::UNIT.with(v::CHANGE)));
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 24 * 60 && !(counted && suffix.is_empty() && !colon)).then_some((total, next))
}

/// The date at a word as ISO, with a time of day where one follows, and the word after it.
pub fn date(words: &[Word], at: usize) -> Option<(String, usize)> {
    let word = text(words, at);
    if DateTime::parse_from_rfc3339(word).is_ok() {
        return Some((word.to_uppercase(), at + 1));
    }
    let parsed =
        NaiveDate::parse_from_str(word, "%Y-%m-%d").ok().or_else(|| NaiveDate::parse_from_str(word, "%d.%m.%Y").ok());
    let (date, next) = match parsed {
        Some(date) => (date, at + 1),
        None => named_date(words, at)?,
    };
    match time(words, next, false).filter(|_| text(words, next).contains(':')) {
        Some((minutes, end)) => Some((format!("{date}T{}:00", clock(minutes.min(24 * 60 - 1))), end)),
        None => Some((date.to_string(), next)),
    }
}

/// "20 December 2026", "December 20, 2026".
fn named_date(words: &[Word], at: usize) -> Option<(NaiveDate, usize)> {
    let number = |at: usize| text(words, at).trim_end_matches(['s', 't', 'h', 'n', 'd', 'r']).parse::<u32>().ok();
    let comma = |at: usize| if text(words, at) == "," { at + 1 } else { at };
    let (month, day, next) = match (month(text(words, at)), month(text(words, at + 1))) {
        (Some(month), _) => (month, number(at + 1)?, comma(at + 2)),
        (None, Some(month)) => (month, number(at)?, comma(at + 2)),
        (None, None) => return None,
    };
    let year = number(next).filter(|year| (1990..2200).contains(year))?;
    Some((NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?, next + 1))
}

/// "December 20" of "December 20 to January 3, 2027": the year is that of the end, or the one before.
pub fn date_before(words: &[Word], at: usize, joins: impl Fn(usize) -> bool) -> Option<(String, String, usize)> {
    let number = |at: usize| text(words, at).trim_end_matches(['s', 't', 'h', 'n', 'd', 'r']).parse::<u32>().ok();
    let (month, day) = match (month(text(words, at)), month(text(words, at + 1))) {
        (Some(month), _) => (month, number(at + 1)?),
        (None, Some(month)) => (month, number(at)?),
        (None, None) => return None,
    };
    let (end, next) = joins(at + 2).then(|| named_date(words, at + 3))??;
    let year = if (month, day) > (end.month(), end.day()) { end.year() - 1 } else { end.year() };
    Some((NaiveDate::from_ymd_opt(year, month, day)?.to_string(), end.to_string(), next))
}

fn month(text: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const LONG: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let place = MONTHS.iter().position(|name| *name == text).or_else(|| LONG.iter().position(|name| *name == text))?;
    u32::try_from(place + 1).ok()
}

/// Whether a clause names a month: a date without a year is no date, but it is about time.
pub fn names_month(words: &[Word]) -> bool {
    words.iter().any(|word| word.text != "may" && word.text.len() >= 3 && month(&word.text).is_some())
}

/// The zone named in a text.
pub fn zone(text: &str) -> Option<Zone> {
    const AMBIGUOUS: [&str; 11] = ["EST", "EDT", "PST", "PDT", "CST", "CDT", "MST", "MDT", "IST", "BST", "AEST"];
    let outer = |letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '/' | '_' | '+' | '-'));
    text.split(outer).find_map(|word| match word {
        "UTC" | "GMT" | "Zulu" => Some(Zone::Known("UTC")),
        "KST" => Some(Zone::Known("Asia/Seoul")),
        "JST" => Some(Zone::Known("Asia/Tokyo")),
        // Names of civil time, summer and winter.
        "ET" | "Eastern" => Some(Zone::Known("America/New_York")),
        "CT" => Some(Zone::Known("America/Chicago")),
        "MT" => Some(Zone::Known("America/Denver")),
        "PT" | "Pacific" => Some(Zone::Known("America/Los_Angeles")),
        "CET" | "CEST" => Some(Zone::Known("CET")),
        "EET" | "EEST" => Some(Zone::Known("EET")),
        word if AMBIGUOUS.contains(&word) => Some(Zone::Ambiguous(word.to_owned())),
        word if word.contains('/') => word.parse::<Tz>().ok().map(|zone| Zone::Known(zone.name())),
        _ => None,
    })
}
