//! For people: what is now, the days folded, the rules that decide, what is odd about them.

use std::fmt::Write;

use chrono::{Datelike, NaiveDate};

use super::days::{Row, rows};
use super::page::Page;
use crate::engine::agenda::Remark;
use crate::engine::calendar::zone_name;
use crate::engine::policy::RuleEntry;
use crate::render::{clean, escape, harmless, when, wrap};

/// The widest that the column of days is.
const DAYS: usize = 40;

/// Whether it is open now, and until when.
fn answer(page: &Page<'_>) -> String {
    let Some(turn) = page.turn(page.at) else { return String::new() };
    let (mark, word) = if turn.is_open() { ("✔", "open") } else { ("◼", "shut") };
    if turn.to >= page.agenda.to {
        return format!("{mark} {word} for the next 400 days");
    }
    format!("{mark} {word} until {}", when(turn.to, page.at, Some(page.zone())))
}

/// The zone, and what it is called at the beginning: `Europe/Berlin (CET, +01:00)`.
fn zone(page: &Page<'_>) -> String {
    let local = page.from.with_timezone(&page.zone());
    let name = zone_name(page.zone(), page.from);
    match page.zone().name() {
        same if same == name => name,
        other => format!("{other} ({name}, {})", local.format("%:z")),
    }
}

/// The days of a row: `Mon 2 Feb - Fri 27 Mar`, with the year where it is another one.
fn days(row: &Row, page: &Page<'_>) -> String {
    let year = page.from.with_timezone(&page.zone()).year();
    let day = |date: NaiveDate| {
        let other = if date.year() == year { "" } else { " %Y" };
        date.format(&format!("%a %-d %b{other}")).to_string()
    };
    if row.first == row.last { day(row.first) } else { format!("{} - {}", day(row.first), day(row.last)) }
}

/// A row's hours, and why they are not the usual ones.
fn hours(row: &Row) -> String {
    if row.why.is_empty() { row.open.clone() } else { format!("{}: {}", row.open, row.why.join("; ")) }
}

/// The rules that decide, one a line.
fn rules(page: &Page<'_>) -> Vec<String> {
    let rule = |entry: &&RuleEntry| {
        let because = entry.because.as_deref().map(|because| format!(", because {because}")).unwrap_or_default();
        let (id, source) = (entry.rule.id().name(), &entry.source);
        format!("{id}: {}{because} ({}:{})", entry.rule.check().asks(), source.file, source.line)
    };
    page.agenda.rules.iter().map(rule).collect()
}

/// What is odd about the rules, then what else is to be known.
fn remarks(page: &Page<'_>) -> Vec<String> {
    let remark = |one: Remark| {
        let (entry, source) = (page.agenda.rules[one.rule], page.agenda.source(one.rule));
        let (weight, rule) = (one.weight.name(), entry.rule.id().name());
        format!("{weight}: {}:{}: {rule}: {}", source.file, source.line, one.text)
    };
    // What daylight saving changes stands among the days already.
    let shown = |one: &Remark| !one.irregular;
    let remarks = page.agenda.remarks(&page.timetable.facts, page.at);
    let notes = page.notes().into_iter().map(|note| format!("note: {note}"));
    remarks.into_iter().filter(shown).map(remark).chain(notes).collect()
}

const NONE: &str = "no window and no freeze: open at all hours, as far as these go";

/// A page for a terminal.
pub(super) fn terminal(page: &Page<'_>, width: usize) -> String {
    let columns = width.clamp(40, 120);
    let mut out = String::new();
    // The first line begins with `lead`, the others stand below its text.
    let paragraph = |out: &mut String, lead: &str, indent: usize, text: &str| {
        for (index, part) in wrap(&harmless(text), columns.saturating_sub(indent)).iter().enumerate() {
            let before = if index == 0 { lead } else { "" };
            let _ = writeln!(out, "{before:<indent$}{part}");
        }
    };
    let _ = writeln!(out, "{}   {}", clean(page.environment()), answer(page));
    let _ = writeln!(out, "{}\n", zone(page));
    let rows: Vec<(String, Row)> = rows(page).into_iter().map(|row| (days(&row, page), row)).collect();
    let widest = rows.iter().map(|(days, _)| days.len()).max().unwrap_or(0).min(DAYS);
    for (days, row) in &rows {
        // Where the terminal is narrow, what is said of the days stands below them.
        if widest + 30 > columns {
            let _ = writeln!(out, "{days}");
            paragraph(&mut out, "", 4, &hours(row));
        } else {
            paragraph(&mut out, days, widest + 2, &hours(row));
        }
    }
    out.push('\n');
    let rules = rules(page);
    if rules.is_empty() {
        paragraph(&mut out, "", 0, NONE);
    } else {
        out.push_str("Open where all of these are; `deploy-rhythm check` asks the other rules too\n");
    }
    for rule in rules {
        paragraph(&mut out, "  ·", 4, &rule);
    }
    for remark in remarks(page) {
        paragraph(&mut out, "", 0, &remark);
    }
    let _ = writeln!(out, "policy: {}", clean(&page.policy.description));
    out
}

/// A page for comments and job summaries.
pub(super) fn markdown(page: &Page<'_>) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "### {}: {}\n", escape(page.environment()), escape(&answer(page)));
    let _ = writeln!(out, "{}\n\n| Days | Open | Why |\n| --- | --- | --- |", escape(&zone(page)));
    for row in rows(page) {
        let why: Vec<String> = row.why.iter().map(|why| escape(why)).collect();
        let _ = writeln!(out, "| {} | {} | {} |", escape(&days(&row, page)), escape(&row.open), why.join("<br>"));
    }
    out.push('\n');
    let rules = rules(page);
    if rules.is_empty() {
        let _ = writeln!(out, "{NONE}");
    } else {
        out.push_str("Open where all of these are:\n\n");
    }
    for rule in rules {
        let _ = writeln!(out, "- {}", escape(&rule));
    }
    out.push('\n');
    for remark in remarks(page) {
        let _ = writeln!(out, "- {}", escape(&remark));
    }
    let _ = writeln!(out, "\nPolicy: {}.", escape(&page.policy.description));
    out
}
