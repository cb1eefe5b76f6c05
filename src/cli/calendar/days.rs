//! Local days, folded: what weeks have in common in one line, every other day in its own.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, TimeDelta};

use super::page::Page;
use crate::engine::agenda::Irregular;
use crate::engine::calendar::{DAYS, DaySet, days_of, end_of_day, start_of_day, zone_name};
use crate::engine::event::Instant;

/// Days that are printed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub first: NaiveDate,
    pub last: NaiveDate,
    /// When it is open: `Mon-Thu 09:00-16:00 CET`; `shut`.
    pub open: String,
    pub why: Vec<String>,
}

/// One local day.
struct Day {
    date: NaiveDate,
    from: Instant,
    to: Instant,
    /// `09:00-16:00, 20:00-02:00`; empty where nothing opens on that day.
    hours: String,
    /// What the zone is called when it opens: `CET`.
    zone: String,
    /// Dated rules that shut some of it.
    dated: Vec<usize>,
    irregular: Vec<Irregular>,
}

/// The rows of a page.
pub(super) fn rows(page: &Page<'_>) -> Vec<Row> {
    let days = days(page);
    let usual = usual(&days);
    let is_usual = |day: &Day| {
        day.dated.is_empty()
            && day.irregular.is_empty()
            && usual.get(&day.date.weekday().num_days_from_monday()).is_some_and(|hours| **hours == day.hours)
    };
    let together = |one: &Day, two: &Day| match (is_usual(one), is_usual(two)) {
        (true, true) => one.zone == two.zone,
        (false, false) => {
            let plain = one.irregular.is_empty() && two.irregular.is_empty();
            plain && one.dated == two.dated && one.hours == two.hours && (one.hours.is_empty() || one.zone == two.zone)
        }
        _ => false,
    };
    days.chunk_by(together).map(|days| if is_usual(&days[0]) { week(days) } else { exception(days, page) }).collect()
}

/// The days of a page, with what opens on each.
fn days(page: &Page<'_>) -> Vec<Day> {
    let zone = page.zone();
    let irregular = page.agenda.irregular(page.from, page.to);
    let turns = page.agenda.turns();
    let local = |instant: Instant| instant.with_timezone(&zone).naive_local();
    let mut days = Vec::new();
    for date in days_of(zone, page.from, page.to) {
        let (Some(from), Some(to)) = (start_of_day(zone, date), end_of_day(zone, date)) else { continue };
        if from >= to || from < page.from || page.to <= from {
            continue;
        }
        let (mut hours, mut names) = (Vec::new(), Vec::new());
        for turn in turns.iter().filter(|turn| turn.is_open() && turn.from < to && from < turn.to) {
            // A night belongs to the day on which it begins; what is longer than a day is told day by day.
            if local(turn.to) - local(turn.from) >= TimeDelta::days(1) {
                hours.push(span(page, (from, to), turn.from.max(from), turn.to.min(to)));
            } else if from <= turn.from {
                hours.push(span(page, (from, to), turn.from, turn.to));
            } else {
                continue;
            }
            names.push(zone_name(zone, turn.from.max(from)));
        }
        names.dedup();
        if names.is_empty() {
            names.push(zone_name(zone, to - TimeDelta::seconds(1)));
        }
        days.push(Day {
            date,
            from,
            to,
            hours: hours.join(", "),
            zone: names.join("/"),
            dated: Vec::new(),
            irregular: irregular.iter().filter(|one| one.day == date).cloned().collect(),
        });
    }
    // A freeze that shuts the end of a night is a matter of the day on which the night begins.
    let dated = |from: Instant, to: Instant| {
        let mut dated: Vec<usize> = page.agenda.between(from, to).into_iter().flat_map(|span| span.by).collect();
        dated.retain(|rule| page.is_dated(*rule));
        dated.sort_unstable();
        dated.dedup();
        dated
    };
    for day in &mut days {
        day.dated = dated(day.from, day.to);
    }
    let usual: BTreeMap<u32, String> = usual(&days).into_iter().map(|(day, hours)| (day, hours.clone())).collect();
    for day in &mut days {
        let differs = usual.get(&day.date.weekday().num_days_from_monday()) != Some(&day.hours);
        if differs && day.dated.is_empty() {
            day.dated = dated(day.from, day.to + TimeDelta::days(1));
        }
    }
    days
}

/// What most days of a weekday have, of those that no date and no change of clocks makes special.
fn usual(days: &[Day]) -> BTreeMap<u32, &String> {
    let mut counts: BTreeMap<u32, BTreeMap<&String, usize>> = BTreeMap::new();
    for day in days.iter().filter(|day| day.dated.is_empty() && day.irregular.is_empty()) {
        *counts.entry(day.date.weekday().num_days_from_monday()).or_default().entry(&day.hours).or_default() += 1;
    }
    let most =
        |(day, hours): (u32, BTreeMap<_, usize>)| Some((day, hours.into_iter().max_by_key(|(_, count)| *count)?.0));
    counts.into_iter().filter_map(most).collect()
}

/// Days that are as their weekdays always are, in one row.
fn week(days: &[Day]) -> Row {
    let mut groups: Vec<(&str, DaySet)> = Vec::new();
    let mut ordered: Vec<&Day> = days.iter().take(7).collect();
    ordered.sort_by_key(|day| day.date.weekday().num_days_from_monday());
    for day in ordered.into_iter().filter(|day| !day.hours.is_empty()) {
        let name = DAYS[day.date.weekday().num_days_from_monday() as usize];
        let place = groups.iter().position(|(hours, _)| *hours == day.hours).unwrap_or_else(|| {
            groups.push((&day.hours, DaySet::NONE));
            groups.len() - 1
        });
        let _ = groups[place].1.add(name);
    }
    let open = groups.iter().map(|(hours, set)| format!("{} {hours}", capitals(&set.to_string())));
    let open = open.collect::<Vec<_>>().join("; ");
    let open = if open.is_empty() { "shut".to_owned() } else { format!("{open} {}", days[0].zone) };
    Row { first: days[0].date, last: days[days.len() - 1].date, open, why: Vec::new() }
}

/// Days that differ, with what makes them differ.
fn exception(days: &[Day], page: &Page<'_>) -> Row {
    let (first, last) = (&days[0], &days[days.len() - 1]);
    let mut why: Vec<String> = first
        .irregular
        .iter()
        .map(|one| {
            let source = page.agenda.source(one.rule);
            format!("{} ({}:{})", one.words(), source.file, source.line)
        })
        .collect();
    why.extend(first.dated.iter().map(|rule| page.why(*rule, first.from, last.to)));
    let open = if first.hours.is_empty() { "shut".to_owned() } else { format!("{} {}", first.hours, first.zone) };
    Row { first: first.date, last: last.date, open, why }
}

/// `09:00-16:00`; the whole day is `00:00-24:00`, whatever the clocks do at midnight.
fn span(page: &Page<'_>, (day, next): (Instant, Instant), from: Instant, to: Instant) -> String {
    let local = |instant: Instant| {
        let seconds = if instant.timestamp() % 60 == 0 { "%H:%M" } else { "%H:%M:%S" };
        instant.with_timezone(&page.zone()).format(seconds).to_string()
    };
    let from = if from == day { "00:00".to_owned() } else { local(from) };
    let to = if to == next { "24:00".to_owned() } else { local(to) };
    format!("{from}-{to}")
}

/// Days as people write them: `Mon-Thu`.
fn capitals(days: &str) -> String {
    let mut before = ' ';
    let capital = |letter: char| {
        let first = !before.is_alphabetic() && days != "every day";
        before = letter;
        if first { letter.to_ascii_uppercase() } else { letter }
    };
    days.chars().map(capital).collect()
}
