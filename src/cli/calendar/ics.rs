//! iCalendar (RFC 5545): an event for each time that is open and each that is shut, for calendars to subscribe to.

use chrono::{TimeDelta, Timelike};
use icalendar::{Calendar, Component, Event, EventLike, Property};

use super::page::Page;
use crate::engine::agenda::{Irregular, Span};
use crate::engine::event::Instant;
use crate::render::{clean, uri};

/// How often a calendar that subscribes should look again.
const REFRESH: TimeDelta = TimeDelta::hours(12);

pub(super) fn render(page: &Page<'_>) -> String {
    let mut calendar = Calendar::empty();
    for (key, value) in [
        ("VERSION", "2.0"),
        ("PRODID", "-//deploy-rhythm//calendar//EN"),
        ("CALSCALE", "GREGORIAN"),
        ("METHOD", "PUBLISH"),
    ] {
        calendar.append_property(Property::new(key, value));
    }
    calendar.append_property(Property::new("X-WR-CALNAME", format!("Deploys to {}", clean(page.environment()))));
    calendar.ttl(&REFRESH);
    let irregular = page.agenda.irregular(page.from, page.to);
    // A turn that holds at the beginning has its own beginning: its event stays the same from day to day.
    for turn in page.agenda.turns().iter().filter(|turn| turn.from < page.to && page.from < turn.to) {
        calendar.push(event(page, turn, &irregular));
    }
    fold(&calendar.to_string())
}

/// Folds lines anew, at 75 octets: the library leaves the last part of a folded line one octet too long.
fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.replace("\r\n ", "").split_inclusive("\r\n") {
        let mut column = 0;
        for letter in line.chars() {
            if column + letter.len_utf8() > 75 && !letter.is_control() {
                out.push_str("\r\n ");
                column = 1;
            }
            out.push(letter);
            column += letter.len_utf8();
        }
    }
    out
}

fn event(page: &Page<'_>, turn: &Span, irregular: &[Irregular]) -> Event {
    let environment = clean(page.environment());
    let dated = turn.by.iter().find(|rule| page.is_dated(**rule)).or(turn.by.first());
    let because = dated.and_then(|rule| page.agenda.rules[*rule].because.as_deref());
    let (summary, transparency) = match (turn.is_open(), because) {
        (true, _) => (format!("Deploys to {environment}"), "TRANSPARENT"),
        (false, None) => (format!("No deploys to {environment}"), "OPAQUE"),
        (false, Some(because)) => (format!("No deploys to {environment}: {}", clean(because)), "OPAQUE"),
    };
    let mut lines: Vec<String> =
        turn.by.iter().map(|rule| clean(&page.why(*rule, turn.from, turn.to)).into_owned()).collect();
    let within = |one: &&Irregular| one.span.is_some_and(|(from, _)| turn.from <= from && from < turn.to);
    lines.extend(irregular.iter().filter(within).map(|one| format!("{}: {}", one.day, one.words())));
    lines.push(format!("Policy: {}", clean(&page.policy.description)));
    let (from, to) = whole(turn);
    let mut event = Event::new();
    event
        .uid(&uid(page, turn))
        .timestamp(page.at)
        .starts(from)
        .ends(to.min(page.to))
        .summary(&summary)
        .description(&lines.join("\n"))
        .add_property("TRANSP", transparency);
    event.done()
}

/// The name of an event: the same on every day that it is asked for, whatever becomes of its end.
fn uid(page: &Page<'_>, turn: &Span) -> String {
    let kind = if turn.is_open() { "open" } else { "shut" };
    let begins = match turn.from > page.agenda.from {
        true => turn.from.format("%Y%m%dT%H%M%SZ").to_string(),
        // It has held for longer than is looked back.
        false => "always".to_owned(),
    };
    let repository =
        page.policy.policy.repository().map(|name| format!("{}.", uri(name).replace('/', "."))).unwrap_or_default();
    format!("{begins}-{kind}-{}@{repository}deploy-rhythm", uri(page.environment()))
}

/// The whole seconds of a turn: a calendar knows no fractions, and what is shut stays shut in all of a second.
fn whole(turn: &Span) -> (Instant, Instant) {
    let early = |instant: Instant| instant - TimeDelta::nanoseconds(i64::from(instant.nanosecond()));
    let late =
        |instant: Instant| if early(instant) == instant { instant } else { early(instant) + TimeDelta::seconds(1) };
    if turn.is_open() { (late(turn.from), early(turn.to)) } else { (early(turn.from), late(turn.to)) }
}
