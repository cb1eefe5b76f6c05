//! Days, hours and dates in words.

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::vocabulary as v;
use super::words::Word;
use crate::engine::calendar::DAYS;

/// A span of the week or of the calendar; what is missing is not limited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub days: [bool; 7],
    pub from: Option<String>,
    pub to: Option<String>,
    /// ISO dates or instants without a zone.
    pub from_date: Option<String>,
    pub to_date: Option<String>,
}

/// All that a clause says about times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub spans: Vec<Span>,
    /// Words of time that no clock can read: "afternoon", "peak hours".
    pub fuzzy: bool,
    pub zone: Option<Zone>,
}

/// The zone that a clause names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Zone {
    /// By its IANA name.
    Known(&'static str),
    /// By letters that stand for several, or for half of the year.
    Ambiguous(String),
}

/// A part of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Days([bool; 7]),
    From(u32),
    To(u32),
    Between(u32, u32),
    FromDate(String),
    ToDate(String),
    Dates(String, String),
}

/// Reads the times of a clause; `text` is needed for the names of zones.
pub fn read(words: &[Word], text: &str) -> Times {
    let mut times = Times { zone: zone(text), ..Times::default() };
    let mut span = Span::default();
    let mut at = 0;
    while at < words.len() {
        if let Some((spans, next)) = across_days(words, at) {
            times.spans.extend(spans);
            at = next;
            continue;
        }
        let Some((item, next)) = item(words, at) else {
            times.fuzzy |= words.get(at).is_some_and(|word| word.classes.any(v::FUZZY) && word.text != "hours");
            at += 1;
            continue;
        };
        if begins_anew(&span, &item, words, at, next) {
            times.spans.push(std::mem::take(&mut span));
        }
        add(&mut span, item);
        at = next;
    }
    if span != Span::default() {
        times.spans.push(span);
    }
    times
}

/// Whether an item belongs to another span than the one so far.
fn begins_anew(span: &Span, item: &Item, words: &[Word], at: usize, next: usize) -> bool {
    let timed = span.from.is_some() || span.to.is_some();
    let dayed = span.days.contains(&true);
    match item {
        Item::Days(days) => {
            let weekend = |days: &[bool; 7]| *days == [false, false, false, false, false, true, true];
            let joined = (at.saturating_sub(2)..at)
                .any(|at| words.get(at).is_some_and(|word| matches!(word.text.as_str(), "or" | "and" | ",")));
            let time_follows = (next..next + 2)
                .any(|at| self::item(words, at).is_some_and(|(item, _)| !matches!(item, Item::Days(_))));
            (timed && dayed) || (weekend(&span.days) && joined && time_follows) || (weekend(days) && timed)
        }
        Item::Dates(..) | Item::FromDate(_) => span.from_date.is_some(),
        _ => false,
    }
}

fn add(span: &mut Span, item: Item) {
    match item {
        Item::Days(days) => {
            for (known, day) in span.days.iter_mut().zip(days) {
                *known |= day;
            }
        }
        Item::From(from) => span.from = Some(clock(from)),
        Item::To(to) => span.to = Some(clock(to)),
        Item::Between(from, to) => (span.from, span.to) = (Some(clock(from)), Some(clock(to))),
        Item::FromDate(from) => span.from_date = Some(from),
        Item::ToDate(to) => span.to_date = Some(to),
        Item::Dates(from, to) => (span.from_date, span.to_date) = (Some(from), Some(to)),
    }
}

fn text(words: &[Word], at: usize) -> &str {
    words.get(at).map_or("", |word| word.text.as_str())
}

fn item(words: &[Word], at: usize) -> Option<(Item, usize)> {
    let joins = |at: usize| {
        matches!(text(words, at), "-" | "–" | "—" | "to" | "and" | "until" | "till" | "through" | "thru" | "till/until")
    };
    let range = |at: usize| matches!(text(words, at), "-" | "–" | "—" | "to" | "through" | "thru" | "till" | "until");
    if let Some(days) = days(text(words, at)) {
        if range(at + 1)
            && let (Some(first), Some(last)) = (day(text(words, at)), day(text(words, at + 2)))
        {
            return Some((Item::Days(run(first, last)), at + 3));
        }
        return Some((Item::Days(days), at + 1));
    }
    let before = (1..=2).filter_map(|back| at.checked_sub(back)).map(|at| text(words, at)).collect::<Vec<_>>();
    let says = |texts: &[&str]| before.iter().any(|word| texts.contains(word));
    if let Some((from, next)) = date(words, at) {
        let next_date = if joins(next) { date(words, next + 1).or_else(|| date(words, next + 2)) } else { None };
        let item = match next_date {
            Some((to, end)) => return Some((Item::Dates(from, to), end)),
            None if says(&["until", "till", "before", "by", "through"]) => Item::ToDate(from),
            None if says(&["after", "from", "since", "starting", "past"]) => Item::FromDate(from),
            None => Item::Dates(from.clone(), from),
        };
        return Some((item, next));
    }
    let bare = matches!(before.first().copied(), Some("between" | "from"));
    if let Some((from, next)) = time(words, at, bare) {
        if joins(next)
            && let Some((to, end)) = time(words, next + 1, true)
        {
            let to = if to <= from && to <= 12 * 60 && from < 12 * 60 { to + 12 * 60 } else { to };
            let from = if has_meridiem(words, at, next) || !is_pm(words, next + 1, end) || from > to {
                from
            } else {
                pm_start(from, to)
            };
            return Some((Item::Between(from, to), end));
        }
        let sure = time(words, at, false).is_some();
        let item = if says(&["before", "until", "till", "by", "earlier"]) {
            Item::To(from)
        } else if says(&["after", "from", "past", "since", "later", "starting", "beyond"]) {
            Item::From(from)
        } else {
            return None;
        };
        return sure.then_some((item, next));
    }
    None
}

/// "9-5pm" starts in the morning, "1-5pm" in the afternoon: whichever is shorter and still before the end.
fn pm_start(from: u32, to: u32) -> u32 {
    if from < 7 * 60 && from + 12 * 60 < to { from + 12 * 60 } else { from }
}

fn has_meridiem(words: &[Word], at: usize, end: usize) -> bool {
    (at..end)
        .any(|at| text(words, at).ends_with("am") || text(words, at).ends_with("pm") || text(words, at).contains(':'))
}

fn is_pm(words: &[Word], at: usize, end: usize) -> bool {
    (at..end).any(|at| text(words, at).ends_with("pm"))
}

/// "Friday 15:00 to Monday 08:00": the rest of the first day, the days between, the beginning of the last.
fn across_days(words: &[Word], at: usize) -> Option<(Vec<Span>, usize)> {
    let first = day(text(words, at))?;
    let skip = |at: usize| if matches!(text(words, at), "at" | "," | "from" | "after") { at + 1 } else { at };
    let (from, next) = time(words, skip(at + 1), false)?;
    if !matches!(text(words, next), "-" | "–" | "to" | "until" | "till" | "through") {
        return None;
    }
    let last = day(text(words, next + 1))?;
    let (to, end) = time(words, skip(next + 2), false)?;
    let one = |day: usize| run(day, day);
    let mut spans =
        vec![Span { days: one(first), from: Some(clock(from)), to: Some("24:00".into()), ..Span::default() }];
    if (first + 1) % 7 != last {
        let days = run((first + 1) % 7, (last + 6) % 7);
        spans.push(Span { days, from: Some("00:00".into()), to: Some("24:00".into()), ..Span::default() });
    }
    spans.push(Span { days: one(last), from: Some("00:00".into()), to: Some(clock(to)), ..Span::default() });
    Some((spans, end))
}

fn clock(minutes: u32) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn run(first: usize, last: usize) -> [bool; 7] {
    let mut days = [false; 7];
    let length = (last + 7 - first) % 7;
    for (day, known) in days.iter_mut().enumerate() {
        *known = (day + 7 - first) % 7 <= length;
    }
    days
}

/// The number of a day, Monday first.
fn day(text: &str) -> Option<usize> {
    let stem = text.trim_end_matches('s');
    let long = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let short = match text {
        "tues" => "tue",
        "thu" | "thur" | "thurs" => "thu",
        text => text,
    };
    DAYS.iter().position(|day| *day == short).or_else(|| long.iter().position(|day| *day == stem))
}

fn days(text: &str) -> Option<[bool; 7]> {
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
fn time(words: &[Word], at: usize, bare: bool) -> Option<(u32, usize)> {
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
fn date(words: &[Word], at: usize) -> Option<(String, usize)> {
    let word = text(words, at);
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
fn zone(text: &str) -> Option<Zone> {
    const AMBIGUOUS: [&str; 19] = [
        "EST", "EDT", "PST", "PDT", "CST", "CDT", "MST", "MDT", "IST", "BST", "CET", "CEST", "EET", "AEST", "ET", "PT",
        "CT", "Eastern", "Pacific",
    ];
    let outer = |letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '/' | '_' | '+' | '-'));
    text.split(outer).find_map(|word| match word {
        "UTC" | "GMT" | "Zulu" => Some(Zone::Known("UTC")),
        "KST" => Some(Zone::Known("Asia/Seoul")),
        "JST" => Some(Zone::Known("Asia/Tokyo")),
        word if AMBIGUOUS.contains(&word) => Some(Zone::Ambiguous(word.to_owned())),
        word if word.contains('/') => word.parse::<Tz>().ok().map(|zone| Zone::Known(zone.name())),
        _ => None,
    })
}
