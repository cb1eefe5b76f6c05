//! Calendar files: the spans of time that their events cover.

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use icalendar::parser::{Component, Property, read_calendar, unfold};

use crate::engine::calendar::{Bound, end_of_day, instant_of, start_of_day};
use crate::engine::event::Instant;

/// The most occurrences of one event that are looked at.
const OCCURRENCES: u16 = 5_000;

/// Why a calendar cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IcsError {
    /// The text is no calendar.
    #[error("{name} is not a calendar that can be read: {why}")]
    NotACalendar { name: String, why: String },
    /// An event of it cannot be placed in time.
    #[error("{name}, event `{event}`: {why}")]
    Event { name: String, event: String, why: String },
}

/// One end of an event.
#[derive(Clone, Copy)]
enum Edge {
    Day(NaiveDate),
    Instant(Instant),
}

/// One time that an event covers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Event {
    pub from: Instant,
    pub to: Instant,
    pub title: String,
}

/// The times that a calendar's events cover in some reaches of time, sorted: what cannot be had for the first reach is an
/// error, the others add what they can.
///
/// # Errors
///
/// Fails where the text is no calendar, or an event cannot be placed in the first reach.
pub fn events(name: &str, text: &str, zone: Tz, reaches: &[(Instant, Instant)]) -> Result<Vec<Event>, IcsError> {
    let unfolded = unfold(text.trim_start_matches('\u{feff}'));
    let not_a_calendar =
        |why: &str| IcsError::NotACalendar { name: name.to_owned(), why: why.chars().take(200).collect() };
    let (rest, events) = cut(&unfolded);
    let mut components = Vec::new();
    for text in std::iter::once(rest.as_str()).chain(events) {
        components.extend(read_calendar(text).map_err(|why| not_a_calendar(&why))?.components);
    }
    components.retain(|component| component.name.as_str().eq_ignore_ascii_case("VEVENT"));
    let mut found = Vec::new();
    for (index, (from, to)) in reaches.iter().enumerate() {
        match within(name, &components, zone, *from, *to) {
            Ok(events) => found.extend(events),
            Err(error) if index == 0 => return Err(error),
            Err(_) => {}
        }
    }
    found.sort_unstable();
    // What reaches over an end was found twice.
    found.dedup();
    Ok(found)
}

/// A calendar without its events, and the text of each: the library takes the square of a text's length, and so reads one
/// event at a time.
fn cut(text: &str) -> (String, Vec<&str>) {
    let (mut rest, mut events) = (String::new(), Vec::new());
    let (mut place, mut open) = (0, None);
    for line in text.split_inclusive('\n') {
        let (start, word) = (place, line.trim_end());
        place += line.len();
        match open {
            // An event that stands in no calendar is left for the library to judge.
            None if word.eq_ignore_ascii_case("BEGIN:VEVENT") && !rest.trim_ascii().is_empty() => open = Some(start),
            None => rest.push_str(line),
            Some(first) if word.eq_ignore_ascii_case("END:VEVENT") => {
                events.push(&text[first..place]);
                open = None;
            }
            Some(_) => {}
        }
    }
    rest.push_str(open.map_or("", |first| &text[first..]));
    (rest, events)
}

fn within(
    name: &str,
    components: &[Component<'_>],
    zone: Tz,
    from: Instant,
    to: Instant,
) -> Result<Vec<Event>, IcsError> {
    let mut events = Vec::new();
    for event in components {
        let title = || -> String {
            value(event, "SUMMARY")
                .or_else(|| value(event, "UID"))
                .unwrap_or("without a name")
                .chars()
                .take(80)
                .collect()
        };
        let found = occurrences(event, zone, from, to).map_err(|why| IcsError::Event {
            name: name.to_owned(),
            event: title(),
            why,
        })?;
        let within = found.into_iter().filter(|(start, end)| start < end && *end > from && *start < to);
        events.extend(within.map(|(from, to)| Event { from, to, title: title() }));
    }
    Ok(events)
}

/// The spans that sorted events cover, joined.
#[must_use]
pub fn joined(events: &[Event]) -> Vec<(Instant, Instant)> {
    let mut joined: Vec<(Instant, Instant)> = Vec::new();
    for Event { from, to, .. } in events {
        match joined.last_mut() {
            Some((_, last)) if from <= last => *last = *to.max(last),
            _ => joined.push((*from, *to)),
        }
    }
    joined
}

fn property<'a>(event: &'a Component<'_>, name: &str) -> Option<&'a Property<'a>> {
    event.properties.iter().find(|property| property.name.as_str().eq_ignore_ascii_case(name))
}

fn value<'a>(event: &'a Component<'_>, name: &str) -> Option<&'a str> {
    property(event, name).map(|property| property.val.as_str())
}

fn occurrences(event: &Component<'_>, zone: Tz, from: Instant, to: Instant) -> Result<Vec<(Instant, Instant)>, String> {
    if value(event, "STATUS").is_some_and(|status| status.eq_ignore_ascii_case("CANCELLED")) {
        return Ok(Vec::new());
    }
    let start_property = property(event, "DTSTART").ok_or("it has no DTSTART")?;
    let start = edge(start_property, zone, Bound::Start)?;
    let end = match (property(event, "DTEND"), value(event, "DURATION")) {
        (Some(end), _) => Some(edge(end, zone, Bound::End)?),
        (None, Some(length)) => Some(Edge::Instant(instant(start, zone)? + length_of(length)?)),
        (None, None) => None,
    };
    let rules: Vec<String> = event
        .properties
        .iter()
        .filter(|property| {
            ["RRULE", "RDATE", "EXDATE"].iter().any(|name| property.name.as_str().eq_ignore_ascii_case(name))
        })
        .map(|property| {
            let parameters: String = property
                .params
                .iter()
                .filter_map(|one| Some(format!(";{}={}", one.key.as_str(), one.val.as_ref()?.as_str())))
                .collect();
            format!("{}{parameters}:{}", property.name.as_str().to_uppercase(), property.val.as_str())
        })
        .collect();
    let first = (instant(start, zone)?, last_instant(start, end, zone)?);
    if first.1 < first.0 {
        return Err("it ends before it starts".to_owned());
    }
    if rules.is_empty() {
        return Ok(vec![first]);
    }
    recurring(start, start_property, first, &rules, zone, from, to)
}

/// The occurrences of an event that comes back, each as long in local days or in seconds as the first.
fn recurring(
    start: Edge,
    property: &Property<'_>,
    first: (Instant, Instant),
    rules: &[String],
    zone: Tz,
    from: Instant,
    to: Instant,
) -> Result<Vec<(Instant, Instant)>, String> {
    let local = match property
        .params
        .iter()
        .find(|one| one.key.as_str().eq_ignore_ascii_case("TZID"))
        .and_then(|one| one.val.as_ref())
    {
        Some(name) => name.as_str().parse::<Tz>().map_err(|_| format!("unknown time zone `{}`", name.as_str()))?,
        None if property.val.as_str().ends_with('Z') => Tz::UTC,
        None => zone,
    };
    let begin = match start {
        Edge::Day(day) => format!("{}T000000", day.format("%Y%m%d")),
        Edge::Instant(instant) => instant.with_timezone(&local).format("%Y%m%dT%H%M%S").to_string(),
    };
    // A freeze of some minutes each hour is no calendar that anybody keeps; walking years of seconds takes minutes.
    let often = |part: &str| ["FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=HOURLY"].contains(&part.trim());
    let parts = |rule: &str| rule.to_uppercase().split([':', ';']).map(str::to_owned).collect::<Vec<_>>();
    for part in rules.iter().flat_map(|rule| parts(rule)) {
        if often(&part) {
            return Err(format!("`{part}` is more often than daily, which is not read"));
        }
        if part.trim() == "INTERVAL=0" {
            return Err("`INTERVAL=0` never comes back: write 1 or more".to_owned());
        }
    }
    let text = format!("DTSTART;TZID={}:{begin}\n{}", local.name(), rules.join("\n"));
    let set: rrule::RRuleSet = text.parse().map_err(|error: rrule::RRuleError| error.to_string())?;
    let length = first.1 - first.0;
    let zoned = |instant: Instant| instant.with_timezone(&rrule::Tz::UTC);
    let found = set.after(zoned(from - length - TimeDelta::days(1))).before(zoned(to)).all(OCCURRENCES);
    if found.limited {
        return Err(format!("it comes back more than {OCCURRENCES} times"));
    }
    let days = length.num_hours().div_euclid(24) + i64::from(length.num_hours().rem_euclid(24) >= 12);
    let span = |date: DateTime<rrule::Tz>| match start {
        Edge::Instant(_) => Some((date.to_utc(), date.to_utc() + length)),
        // A local day may have 23 or 25 hours.
        Edge::Day(_) => {
            let day = date.date_naive();
            Some((start_of_day(zone, day)?, start_of_day(zone, day + TimeDelta::days(days.max(1)))?))
        }
    };
    Ok(found.dates.into_iter().filter_map(span).collect())
}

fn edge(property: &Property<'_>, zone: Tz, bound: Bound) -> Result<Edge, String> {
    let text = property.val.as_str().trim();
    let unreadable = || format!("`{}` is no date", text.chars().take(40).collect::<String>());
    if text.len() == 8 {
        return NaiveDate::parse_from_str(text, "%Y%m%d").map(Edge::Day).map_err(|_| unreadable());
    }
    let local = NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), "%Y%m%dT%H%M%S").map_err(|_| unreadable())?;
    if text.ends_with('Z') {
        return Ok(Edge::Instant(local.and_utc()));
    }
    let named = property
        .params
        .iter()
        .find(|one| one.key.as_str().eq_ignore_ascii_case("TZID"))
        .and_then(|one| one.val.as_ref());
    let zone = match named {
        Some(name) => name.as_str().parse::<Tz>().map_err(|_| format!("unknown time zone `{}`", name.as_str()))?,
        None => zone,
    };
    instant_of(zone, local, bound).map(Edge::Instant).ok_or_else(unreadable)
}

fn instant(edge: Edge, zone: Tz) -> Result<Instant, String> {
    match edge {
        Edge::Instant(instant) => Ok(instant),
        Edge::Day(day) => start_of_day(zone, day).ok_or_else(|| "a date past the calendar's end".to_owned()),
    }
}

fn last_instant(start: Edge, end: Option<Edge>, zone: Tz) -> Result<Instant, String> {
    match (start, end) {
        (_, Some(end)) => instant(end, zone),
        (Edge::Day(day), None) => end_of_day(zone, day).ok_or_else(|| "a date past the calendar's end".to_owned()),
        (Edge::Instant(instant), None) => Ok(instant),
    }
}

/// Reads an RFC 5545 duration such as `P1DT2H`.
fn length_of(text: &str) -> Result<TimeDelta, String> {
    let unreadable = || format!("`{}` is no duration", text.chars().take(40).collect::<String>());
    let mut seconds: i64 = 0;
    let mut digits = String::new();
    for letter in text.strip_prefix('P').ok_or_else(unreadable)?.chars() {
        let worth = match letter {
            'T' => continue,
            '0'..='9' if digits.len() < 6 => {
                digits.push(letter);
                continue;
            }
            'W' => 604_800,
            'D' => 86_400,
            'H' => 3_600,
            'M' => 60,
            'S' => 1,
            _ => return Err(unreadable()),
        };
        seconds += worth * digits.parse::<i64>().map_err(|_| unreadable())?;
        digits.clear();
    }
    Ok(TimeDelta::seconds(seconds))
}

#[cfg(test)]
mod tests {
    use super::{events, joined};
    use crate::engine::calendar::utc;
    use chrono_tz::Tz;

    fn spans(text: &str) -> Result<Vec<(String, String)>, String> {
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//EN\r\n{}\r\nEND:VCALENDAR\r\n",
            text.replace('\n', "\r\n")
        );
        let from = "2026-01-01T00:00:00Z".parse().expect("instant");
        let to = "2027-01-31T00:00:00Z".parse().expect("instant");
        let events =
            events("holidays.ics", &text, Tz::Europe__Paris, &[(from, to)]).map_err(|error| error.to_string())?;
        Ok(joined(&events).into_iter().map(|(start, end)| (utc(start), utc(end))).collect())
    }

    #[test]
    fn what_never_ends_or_never_begins_is_an_error() {
        let cases = [
            ("DTSTART:20200101T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY", "more often than daily"),
            ("DTSTART:20260101T000000Z\nDTEND:20260101T010000Z\nRRULE:FREQ=DAILY;INTERVAL=0", "never comes back"),
            ("DTSTART:20260102T000000Z\nDTEND:20260101T000000Z", "ends before it starts"),
        ];
        for (event, expected) in cases {
            let error = spans(&format!("BEGIN:VEVENT\nUID:1\n{event}\nEND:VEVENT")).expect_err(event);
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn events_are_read_one_by_one_and_nothing_between_them_is_lost() {
        let event = |day: u32| {
            format!(
                "begin:vevent\nUID:{day}\nDTSTART;VALUE=DATE:202612{day}\nBEGIN:VALARM\nACTION:DISPLAY\nEND:VALARM\nend:vevent"
            )
        };
        let todo = "BEGIN:VTODO\nUID:t\nEND:VTODO";
        let found = spans(&[event(10), todo.to_owned(), event(12)].join("\n")).expect("a calendar");
        assert_eq!(
            found.iter().map(|(from, _)| from.as_str()).collect::<Vec<_>>(),
            ["2026-12-09T23:00:00Z", "2026-12-11T23:00:00Z"]
        );
        let whole = "BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20261225\nEND:VEVENT";
        for broken in [
            "BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20261225",
            "BEGIN:VEVENT\nUID:1\nBEGIN:VALARM\nEND:VEVENT",
            "END:VEVENT",
            "BEGIN:VTODO\nUID:1",
        ] {
            for text in [format!("{whole}\n{broken}"), format!("{broken}\n{whole}")] {
                assert!(spans(&text).is_err(), "{text}");
            }
        }
    }

    #[test]
    fn all_day_events_are_local_days() {
        let event = "BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227\nSUMMARY:Christmas\nEND:VEVENT";
        assert_eq!(spans(event), Ok(vec![("2026-12-24T23:00:00Z".into(), "2026-12-26T23:00:00Z".into())]));
    }

    #[test]
    fn yearly_holidays_come_back() {
        let event =
            "BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20200714\nRRULE:FREQ=YEARLY\nSUMMARY:Bastille Day\nEND:VEVENT";
        assert_eq!(spans(event), Ok(vec![("2026-07-13T22:00:00Z".into(), "2026-07-14T22:00:00Z".into())]));
    }

    #[test]
    fn cancelled_events_do_not_count_and_unknown_zones_are_errors() {
        let cancelled = "BEGIN:VEVENT\nUID:1\nSTATUS:CANCELLED\nDTSTART;VALUE=DATE:20261225\nEND:VEVENT";
        assert_eq!(spans(cancelled), Ok(Vec::new()));
        let unknown = "BEGIN:VEVENT\nUID:1\nSUMMARY:Party\nDTSTART;TZID=Mars/Olympus:20261225T100000\nEND:VEVENT";
        let error = spans(unknown).expect_err("an error");
        assert!(error.contains("Party") && error.contains("Mars/Olympus"), "{error}");
    }

    #[test]
    fn times_are_read_in_their_zone() {
        let event = "BEGIN:VEVENT\nUID:1\nDTSTART;TZID=America/New_York:20260704T090000\nDURATION:PT2H30M\nEND:VEVENT";
        assert_eq!(spans(event), Ok(vec![("2026-07-04T13:00:00Z".into(), "2026-07-04T15:30:00Z".into())]));
    }
}
