//! A suggestion for people, and the policy alone.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::{Shown, words};
use crate::engine::calendar::utc;
use crate::engine::duration::glance;
use crate::engine::suggest::{Judged, Wish};
use crate::render::{clean, escape, harmless, wrap};

/// The columns of the table.
const HEAD: [&str; 8] = ["", "rollouts", "busiest day", "overlap", "held", "median wait", "p90", "longest"];

/// The widest that a comment of the policy becomes.
const COMMENT: usize = 98;

fn row(name: &str, judged: &Judged) -> [String; 8] {
    let measures = &judged.measures;
    [
        name.to_owned(),
        measures.rollouts.to_string(),
        measures.per_day.to_string(),
        glance(measures.together),
        measures.held.to_string(),
        glance(measures.waits.median),
        glance(measures.waits.p90),
        glance(measures.waits.longest),
    ]
}

fn rows(shown: &Shown) -> Vec<[String; 8]> {
    let suggestion = &shown.suggestion;
    let mut rows = vec![row("every push at once", &suggestion.at_once)];
    rows.extend(suggestion.chosen.iter().map(|chosen| row("suggested", chosen)));
    rows.extend(suggestion.looser.iter().map(|looser| row("a step looser", looser)));
    rows.extend(suggestion.trade_offs.iter().map(|(wish, judged)| row(&format!("nearest to {}", wish.name()), judged)));
    rows
}

fn title(shown: &Shown) -> String {
    let on = if shown.past.branch.is_empty() { String::new() } else { format!(" on {}", shown.past.branch) };
    format!(
        "{}{on}, {} to {}; rollouts to {} take {}",
        words::pushes(shown.past.landings.len()),
        utc(shown.from),
        utc(shown.to),
        shown.environment,
        glance(shown.rollout_time)
    )
}

fn wished(shown: &Shown) -> String {
    let daily = shown.wishes.iter().any(|wish| matches!(wish, Wish::PerDay(_)));
    let zone = if daily { format!(" (days in {})", shown.zone.name()) } else { String::new() };
    format!("wished: {}{zone}", words::wishes(&shown.wishes))
}

/// What there is to say, one paragraph each.
fn sentences(shown: &Shown) -> Vec<String> {
    let suggestion = &shown.suggestion;
    let mut said = Vec::new();
    let fails = |name: String, judged: &Judged| words::fails(judged, &shown.wishes).map(|why| format!("{name} {why}."));
    if let Some(chosen) = &suggestion.chosen {
        said.push(words::why(shown, chosen));
        said.extend(fails("Every push at once".to_owned(), &suggestion.at_once));
        let looser = suggestion.looser.as_ref();
        said.extend(looser.and_then(|looser| fails(format!("A step looser ({})", looser.candidate), looser)));
        said.push(words::future(shown, chosen));
    } else {
        let proof = if suggestion.bound.is_some() { "" } else { "; that proves of no other that it fails" };
        said.push(format!("None of the {} policies that were replayed fulfils all of that{proof}.", suggestion.tried));
        said.extend(suggestion.bound.iter().map(|bound| words::impossible(shown, bound)));
        said.extend(
            suggestion.trade_offs.iter().map(|(wish, judged)| format!("- {}", words::trade_off(*wish, judged))),
        );
    }
    said
}

pub(super) fn terminal(shown: &Shown, width: usize) -> String {
    let mut out = String::new();
    let paragraph = |out: &mut String, text: &str| {
        for (index, line) in wrap(&harmless(text), width).into_iter().enumerate() {
            let _ = writeln!(out, "{}{line}", if index == 0 { "" } else { "  " });
        }
    };
    paragraph(&mut out, &title(shown));
    paragraph(&mut out, &wished(shown));
    out.push('\n');
    if let Some(chosen) = &shown.suggestion.chosen {
        for line in shown.yaml(&chosen.candidate).lines() {
            let _ = writeln!(out, "{}", harmless(line));
        }
        out.push('\n');
    }
    let head = HEAD.map(str::to_owned);
    let rows = rows(shown);
    let all = || std::iter::once(&head).chain(&rows);
    let widths = [0, 1, 2, 3, 4, 5, 6, 7].map(|column| all().map(|row| row[column].width()).max().unwrap_or_default());
    for row in all() {
        let _ = write!(out, "{}{}", row[0], " ".repeat(widths[0] - row[0].width()));
        for (cell, width) in row.iter().zip(&widths).skip(1) {
            let _ = write!(out, "  {}{cell}", " ".repeat(width - cell.width()));
        }
        out.push('\n');
    }
    out.push('\n');
    for text in sentences(shown) {
        paragraph(&mut out, &text);
    }
    for note in &shown.notes {
        paragraph(&mut out, &format!("note: {}", clean(note)));
    }
    out
}

pub(super) fn markdown(shown: &Shown) -> String {
    let mut out = format!("**Suggestion**: {}\n\n{}\n\n", escape(&title(shown)), escape(&wished(shown)));
    if let Some(chosen) = &shown.suggestion.chosen {
        let _ = write!(out, "```yaml\n{}```\n\n", shown.yaml(&chosen.candidate));
    }
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    out.push_str(&line(&HEAD.map(str::to_owned)));
    out.push_str("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for row in rows(shown) {
        out.push_str(&line(&row.map(|cell| escape(&cell))));
    }
    for text in sentences(shown) {
        let _ = match text.strip_prefix("- ") {
            Some(item) => write!(out, "\n- {}\n", escape(item)),
            None => write!(out, "\n{}\n", escape(&text)),
        };
    }
    for note in &shown.notes {
        let _ = write!(out, "\n> {}\n", escape(note));
    }
    out
}

/// The policy alone; nothing where there is none.
pub(super) fn yaml(shown: &Shown) -> Option<String> {
    let chosen = shown.suggestion.chosen.as_ref()?;
    let mut out = String::new();
    let made = format!("Suggested by `deploy-rhythm suggest` from {}.", title(shown));
    let said = [made, format!("{}.", wished(shown)), words::why(shown, chosen), words::future(shown, chosen)];
    let notes = shown.notes.iter().map(|note| format!("note: {note}"));
    for text in said.into_iter().chain(notes) {
        for line in wrap(&harmless(&text), COMMENT) {
            let _ = writeln!(out, "# {line}");
        }
    }
    out.push_str(&shown.yaml(&chosen.candidate));
    Some(out)
}
