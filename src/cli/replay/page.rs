//! A replay for people: a table of the policies, what held, and a picture where the span is short.

use std::fmt::Write;

use chrono::TimeDelta;
use unicode_width::UnicodeWidthStr;

use super::picture::picture;
use super::{Played, Shown, held};
use crate::cli::Edge;
use crate::engine::calendar::utc;
use crate::engine::duration::glance;
use crate::engine::event::Precision;
use crate::engine::figures::Figures;
use crate::engine::metrics::BURST_LEAST;
use crate::render::{clean, escape, wrap};

/// The columns of the table.
const HEAD: [&str; 7] = ["policy", "rollouts", "overlap", "held", "median wait", "p90", "longest"];

fn row(name: &str, rollouts: usize, held: usize, figures: &Figures) -> [String; 7] {
    let wait = |of: fn(&crate::engine::figures::Waits) -> TimeDelta| {
        figures.waits.as_ref().map_or_else(|| "-".to_owned(), |waits| glance(of(waits)))
    };
    [
        clean(name).into_owned(),
        rollouts.to_string(),
        glance(figures.overlap.together),
        held.to_string(),
        wait(|waits| waits.median),
        wait(|waits| waits.p90),
        wait(|waits| waits.longest),
    ]
}

fn rows(shown: &Shown) -> Vec<[String; 7]> {
    let first = row("every push at once", shown.unheld.rollouts, 0, &shown.unheld);
    let others = shown
        .played
        .iter()
        .map(|played| row(&played.name, played.replay.rollouts.len(), played.replay.held_pushes, &played.figures));
    std::iter::once(first).chain(others).collect()
}

fn title(shown: &Shown) -> String {
    let pushes = shown.past.landings.len();
    let on = if shown.past.branch.is_empty() { String::new() } else { format!(" on {}", shown.past.branch) };
    format!(
        "{pushes} {}{on}, {} to {}; rollouts to {} take {}",
        if pushes == 1 { "push" } else { "pushes" },
        utc(shown.from),
        utc(shown.to),
        shown.environment,
        glance(shown.rollout_time)
    )
}

/// What each policy makes of it, in sentences.
fn sentences(shown: &Shown) -> Vec<String> {
    // The table tells the figures; of many policies, only what held.
    let brief = shown.played.len() > 2;
    shown.played.iter().map(|played| sentence(shown, played, brief)).collect()
}

fn sentence(shown: &Shown, played: &Played, brief: bool) -> String {
    let (replay, figures) = (&played.replay, &played.figures);
    let pushes = shown.past.landings.len();
    let name = clean(&played.name);
    let mut text = if replay.held_pushes == 0 {
        format!("{name} would have held none of {pushes} pushes")
    } else {
        let median = figures.waits.map_or_else(|| "not known".to_owned(), |waits| glance(waits.median));
        format!("{name} would have held {} of {pushes} pushes; median wait {median}", replay.held_pushes)
    };
    let held: Vec<String> =
        held(&played.rules, &played.replay).into_iter().map(|(rule, count)| format!("{rule} {count}")).collect();
    if !held.is_empty() {
        let _ = write!(text, " (held by {})", held.join(", "));
    }
    if !brief {
        text.push_str(&more(shown, figures));
    }
    text.push('.');
    if let Some(stuck) = replay.stuck {
        let landing = &shown.past.landings[stuck.first];
        let by = stuck.rule.map_or("the policy", |rule| played.rules[rule]);
        let does = if stuck.rejected { "refuses" } else { "holds" };
        let _ = write!(
            text,
            " From {} on nothing goes: {by} {does} what waits from {} on, {} in all; somebody would have had to act.",
            utc(landing.at),
            landing.commit.short(),
            count(pushes - stuck.first)
        );
    }
    if !played.left_out.is_empty() {
        let names: Vec<&str> = played.left_out.iter().map(|rule| rule.name()).collect();
        let _ = write!(text, " Left out, since the past does not tell their facts: {}.", names.join(", "));
    }
    text
}

/// Batches, overlaps, bursts.
fn more(shown: &Shown, figures: &Figures) -> String {
    let mut text = String::new();
    if let Some((median, largest)) = figures.batches {
        let _ = write!(text, "; batches of {median} commits in the median, {largest} at most");
    }
    let avoided = shown.unheld.overlap.together - figures.overlap.together;
    if avoided > TimeDelta::zero() {
        let rest = match figures.overlap.together {
            rest if rest.is_zero() => "none".to_owned(),
            rest => glance(rest),
        };
        let _ =
            write!(text, "; two generations together {} instead of {}", rest, glance(shown.unheld.overlap.together));
    }
    if let Some((median, longest)) = figures.live {
        let _ = write!(
            text,
            "; the last push of a burst ({} of {BURST_LEAST} or more) was live after {} in the median, {} at most",
            figures.bursts.len(),
            glance(median),
            glance(longest)
        );
    }
    text
}

fn count(pushes: usize) -> String {
    format!("{pushes} {}", if pushes == 1 { "push" } else { "pushes" })
}

pub(super) fn notes(shown: &Shown) -> Vec<String> {
    let mut notes = shown.notes.clone();
    if shown.past.landings.iter().any(|landing| landing.precision == Precision::Guessed) {
        notes.push("the instants of pushes are commit dates: git alone does not tell when a commit was pushed, nor that several were pushed at once".to_owned());
    }
    notes
}

fn noted(shown: &Shown, width: usize) -> String {
    let mut out = String::new();
    for note in notes(shown) {
        for (index, line) in wrap(&format!("note: {}", clean(&note)), width).into_iter().enumerate() {
            let _ = writeln!(out, "{}{line}", if index == 0 { "" } else { "  " });
        }
    }
    out
}

pub(super) fn terminal(shown: &Shown, edge: &Edge) -> String {
    let mut out = String::new();
    for line in wrap(&title(shown), edge.width) {
        let _ = writeln!(out, "{line}");
    }
    if shown.past.landings.is_empty() {
        out.push_str("\nnothing was pushed in this span\n");
        out.push_str(&noted(shown, edge.width));
        return out;
    }
    out.push('\n');
    let rows = rows(shown);
    let head = HEAD.map(str::to_owned);
    let widths: Vec<usize> = (0..HEAD.len())
        .map(|column| {
            let cells = rows.iter().chain([&head]).map(|row| row[column].width());
            cells.max().unwrap_or_default()
        })
        .collect();
    for row in std::iter::once(&head).chain(&rows) {
        let _ = write!(out, "{}{}", row[0], " ".repeat(widths[0] - row[0].width()));
        for (cell, width) in row.iter().zip(&widths).skip(1) {
            let _ = write!(out, "  {}{cell}", " ".repeat(width - cell.width()));
        }
        out.push('\n');
    }
    let names = shown.played.iter().map(|played| clean(&played.name).width()).max().unwrap_or_default().max(7);
    if let Some(drawn) = picture(shown, edge.width.min(120).saturating_sub(names + 2)) {
        out.push('\n');
        for (name, signs) in drawn {
            let name = clean(&name);
            let line = format!("{name}{}  {signs}", " ".repeat(names.saturating_sub(name.width())));
            let _ = writeln!(out, "{}", line.trim_end());
        }
        out.push_str("| a push (a number: several)   . waiting   = a rollout   # two or more at once   > goes on\n");
    }
    out.push('\n');
    for text in sentences(shown) {
        for (index, line) in wrap(&text, edge.width).into_iter().enumerate() {
            let _ = writeln!(out, "{}{line}", if index == 0 { "" } else { "  " });
        }
    }
    out.push_str(&noted(shown, edge.width));
    out
}

pub(super) fn markdown(shown: &Shown) -> String {
    let mut out = format!("**Replay**: {}\n\n", escape(&title(shown)));
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    out.push_str(&line(&HEAD.map(str::to_owned)));
    out.push_str("| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for row in rows(shown) {
        out.push_str(&line(&row.map(|cell| escape(&cell))));
    }
    for text in sentences(shown) {
        let _ = write!(out, "\n{}\n", escape(&text));
    }
    for note in notes(shown) {
        let _ = write!(out, "\n> {}\n", escape(&note));
    }
    out
}
