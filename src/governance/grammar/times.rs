//! Days, hours and dates in words.

pub use super::moments::{Zone, names_month, show_days};
use super::moments::{clock, date, date_before, day, days, run, text as text_at, time, zone};
use super::vocabulary as v;
use super::words::Word;

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
    /// Whether a time of day stands there that limits nothing: "at 16:00".
    pub loose: bool,
    pub zone: Option<Zone>,
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
            times.loose |= time(words, at, false).is_some();
            let fuzzy = words.get(at).is_some_and(|word| word.classes.any(v::FUZZY) && word.text != "hours");
            times.fuzzy |= fuzzy && !is_alternative(words, at);
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
    share_days(&mut times.spans);
    times
}

/// "10:00-12:00 and 14:00-16:00, Monday to Friday": the days are those of both.
fn share_days(spans: &mut [Span]) {
    let mut named = spans.iter().map(|span| span.days).filter(|days| days.contains(&true));
    let (Some(days), None) = (named.next(), named.next()) else { return };
    let timed = |span: &&mut Span| !span.days.contains(&true) && span.from.is_some() && span.to.is_some();
    spans.iter_mut().filter(timed).for_each(|span| span.days = days);
}

/// Whether a vague time stands beside a day, and does not narrow it: "Fridays or before holidays", not "Friday evenings".
fn is_alternative(words: &[Word], at: usize) -> bool {
    let is_day = |at: usize| days(text_at(words, at)).is_some();
    let joins = |at: usize| matches!(text_at(words, at), "or" | "and" | ",");
    let behind = at.saturating_sub(6)..at;
    let before = behind.clone().filter(|place| joins(*place)).any(|place| (behind.start..place).any(is_day));
    let after = (at + 1..at + 3).filter(|place| joins(*place)).any(|place| (place + 1..place + 4).any(is_day));
    !at.checked_sub(1).is_some_and(is_day) && (before || after)
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
        Item::Between(..) => span.from.is_some() && span.to.is_some(),
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

fn item(words: &[Word], at: usize) -> Option<(Item, usize)> {
    let joins = |at: usize| {
        matches!(
            text_at(words, at),
            "-" | "–" | "—" | "to" | "and" | "until" | "till" | "through" | "thru" | "till/until"
        )
    };
    let range =
        |at: usize| matches!(text_at(words, at), "-" | "–" | "—" | "to" | "through" | "thru" | "till" | "until");
    if let Some(days) = days(text_at(words, at)) {
        if range(at + 1)
            && let (Some(first), Some(last)) = (day(text_at(words, at)), day(text_at(words, at + 2)))
        {
            return Some((Item::Days(run(first, last)), at + 3));
        }
        return Some((Item::Days(days), at + 1));
    }
    let before = (1..=2).filter_map(|back| at.checked_sub(back)).map(|at| text_at(words, at)).collect::<Vec<_>>();
    let says = |texts: &[&str]| before.iter().any(|word| texts.contains(word));
    if let Some((from, to, next)) = date_before(words, at, joins) {
        return Some((Item::Dates(from, to), next));
    }
    if let Some((from, next)) = date(words, at) {
        let next_date = if joins(next) { date(words, next + 1).or_else(|| date(words, next + 2)) } else { None };
        let item = match next_date {
            Some((to, end)) => return Some((Item::Dates(from, to), end)),
            None if says(&["until", "till", "before", "by", "through", "to", "and"]) => Item::ToDate(from),
            None if says(&["after", "from", "since", "starting", "past"]) => Item::FromDate(from),
            None => Item::Dates(from.clone(), from),
        };
        return Some((item, next));
    }
    let bare =
        matches!(before.first().copied(), Some("between" | "from")) || (range(at + 1) && is_bare_range(words, at));
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
        } else if (says(&["at"]) && words.iter().any(|word| word.text == "stop"))
            || says(&["after", "from", "past", "since", "later", "starting", "beyond"])
        {
            Item::From(from)
        } else {
            return None;
        };
        return sure.then_some((item, next));
    }
    None
}

/// Whether two bare numbers are hours: "Mon-Fri 9-17", "office hours (9 to 17)".
fn is_bare_range(words: &[Word], at: usize) -> bool {
    let hour = |at: usize| words.get(at).and_then(|word| word.number).filter(|hour| *hour <= 24.0);
    let before = at.checked_sub(1).map_or("", |at| text_at(words, at));
    let opens = matches!(before, "(" | "," | ":" | "hours" | "only" | "daily") || days(before).is_some();
    let counts = words.get(at + 3).is_some_and(|word| {
        word.classes.any(v::UNIT.with(v::CHANGE).with(v::DEPLOY).with(v::PUSH))
            || matches!(word.text.as_str(), "%" | "." | "times" | "per") && words.len() > at + 4
    });
    opens && !counts && hour(at).zip(hour(at + 2)).is_some_and(|(from, to)| from < to)
}

/// "9-5pm" starts in the morning, "1-5pm" in the afternoon: whichever is shorter and still before the end.
fn pm_start(from: u32, to: u32) -> u32 {
    if from < 7 * 60 && from + 12 * 60 < to { from + 12 * 60 } else { from }
}

fn has_meridiem(words: &[Word], at: usize, end: usize) -> bool {
    (at..end).any(|at| {
        text_at(words, at).ends_with("am") || text_at(words, at).ends_with("pm") || text_at(words, at).contains(':')
    })
}

fn is_pm(words: &[Word], at: usize, end: usize) -> bool {
    (at..end).any(|at| text_at(words, at).ends_with("pm"))
}

/// A day with a time of day, either first: "Friday 15:00", "5pm Friday".
fn moment(words: &[Word], at: usize) -> Option<((usize, u32), usize)> {
    let skip = |at: usize| if matches!(text_at(words, at), "at" | "," | "from" | "after" | "on") { at + 1 } else { at };
    if let Some(named) = day(text_at(words, at)) {
        let (minutes, next) = time(words, skip(at + 1), false)?;
        return Some(((named, minutes), next));
    }
    let (minutes, next) = time(words, at, false)?;
    let place = skip(next);
    Some(((day(text_at(words, place))?, minutes), place + 1))
}

/// "Friday 15:00 to Monday 08:00": the rest of the first day, the days between, the beginning of the last.
fn across_days(words: &[Word], at: usize) -> Option<(Vec<Span>, usize)> {
    let ((first, from), next) = moment(words, at)?;
    if !matches!(text_at(words, next), "-" | "–" | "to" | "until" | "till" | "through" | "and") {
        return None;
    }
    let ((last, to), end) = moment(words, next + 1)?;
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
