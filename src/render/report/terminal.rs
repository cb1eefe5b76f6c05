//! A short summary for a terminal: figures, bars, the worst afternoon, DORA's measures.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::timeline::label;
use super::{Story, words};
use crate::engine::duration::glance;
use crate::engine::event::Instant;
use crate::engine::history::Outcome;
use crate::engine::rhythm::Afternoon;
use crate::render::{clean, harmless, wrap};

/// The most rollouts of an afternoon that are drawn.
const ROWS: usize = 16;

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

pub(super) fn render(story: &Story, width: usize) -> String {
    let width = width.clamp(40, 120);
    let zone = story.rhythm.zone;
    let mut out = String::new();
    paragraph(&mut out, 0, width, &words::title(story));
    paragraph(&mut out, 0, width, &words::span(story));
    for gap in words::gaps(story) {
        paragraph(&mut out, 0, width, &gap);
    }
    out.push('\n');
    let bins = &story.rhythm.timeline.bins;
    let mut row = |name: &str, values: Vec<Option<usize>>| {
        let (bars, most, every) = bars(&values, width.saturating_sub(34));
        let step = story.rhythm.timeline.step.name();
        let unit = if every == 1 { story.rhythm.timeline.step.one().to_owned() } else { format!("in {every} {step}s") };
        let _ = writeln!(out, "  {name:<9} {bars}  at most {most} {unit}");
    };
    if story.rhythm.deploys.is_ok() {
        row("rollouts", bins.iter().map(|bin| bin.rollouts.map(|one| one.total())).collect());
    }
    if story.rhythm.pushed.is_ok() {
        row("pushes", bins.iter().map(|bin| bin.pushes).collect());
    }
    if let (Some(first), Some(last)) = (bins.first(), bins.last()) {
        let step = story.rhythm.timeline.step;
        let _ = writeln!(out, "  {:<9} from {} to {}", "", label(step, first.from, zone), label(step, last.from, zone));
    }
    out.push('\n');
    for one in words::figures(story) {
        entry(&mut out, width, one.name, &one.value, &one.about);
    }
    let measures = words::measures(story);
    if !measures.is_empty() {
        out.push_str("\nDORA's measures\n");
        for one in measures {
            entry(&mut out, width, one.name, &one.value, &one.cases);
        }
    }
    if let Some(worst) = story.rhythm.afternoons.first() {
        let name = if worst.started > 0 { "The worst afternoon" } else { "The densest burst of pushes" };
        out.push('\n');
        paragraph(&mut out, 0, width, &format!("{name}: {}", words::afternoon(worst, zone)));
        paragraph(&mut out, 2, width, &words::told(worst));
        drawn(&mut out, worst, story, width);
    }
    if !story.budgets.is_empty() {
        out.push_str("\nBudgets, the most that was used\n");
        for budget in &story.budgets {
            let (used, when) = budget.peak.map_or_else(
                || (words::UNKNOWN.to_owned(), "nothing drew on it".to_owned()),
                |(used, at)| {
                    (
                        format!("{used} of {}", budget.of),
                        format!(
                            "{}; over it at {} of {}",
                            words::moment(at, zone),
                            budget.over,
                            words::counted(budget.events, "event")
                        ),
                    )
                },
            );
            entry(&mut out, width, budget.rule, &used, &format!("{}: {when}", budget.asks));
        }
    }
    if let Some(judged) = &story.judged {
        out.push_str("\nWhat the policy would have made of it\n");
        judged.sentences.iter().for_each(|text| paragraph(&mut out, 2, width, text));
        judged.figures.iter().for_each(|(name, value)| paragraph(&mut out, 2, width, &format!("{name}: {value}")));
    }
    out.push('\n');
    let read = if story.sources.is_empty() { "nothing".to_owned() } else { story.sources.join(", ") };
    paragraph(&mut out, 0, width, &format!("read from: {read}; policy: {}", story.policy));
    for note in &story.notes {
        paragraph(&mut out, 0, width, &format!("note: {note}"));
    }
    out.push_str("the whole page: deploy-rhythm report --output report.html\n");
    out
}

fn paragraph(out: &mut String, indent: usize, width: usize, text: &str) {
    for (index, line) in wrap(&harmless(text), width - indent - 2).iter().enumerate() {
        let deeper = if index == 0 { indent } else { indent + 2 };
        let _ = writeln!(out, "{}{line}", " ".repeat(deeper));
    }
}

/// A name, its value, and what it rests on: on the lines below where it is long.
fn entry(out: &mut String, width: usize, name: &str, value: &str, about: &str) {
    let lead = format!("  {name:<31} {value}");
    let whole = format!("{lead}  {}", harmless(about));
    if whole.width() <= width {
        let _ = writeln!(out, "{whole}");
        return;
    }
    let _ = writeln!(out, "{lead}");
    for line in wrap(&harmless(about), width - 6) {
        let _ = writeln!(out, "      {line}");
    }
}

/// One character a bin, or a few: what is highest, a blank for none, a question mark where nothing is recorded.
fn bars(values: &[Option<usize>], width: usize) -> (String, usize, usize) {
    let every = values.len().div_ceil(width.max(1)).max(1);
    let sums: Vec<Option<usize>> =
        values.chunks(every).map(|some| some.iter().copied().flatten().reduce(|one, two| one + two)).collect();
    let most = sums.iter().flatten().copied().max().unwrap_or(0);
    let mark = |sum: &Option<usize>| match sum {
        None => '?',
        Some(0) => ' ',
        Some(count) => LEVELS[(count * LEVELS.len()).div_ceil(most.max(1)).clamp(1, LEVELS.len()) - 1],
    };
    (sums.iter().map(mark).collect(), most, every)
}

/// A row for each rollout: `█` while it runs alone, `▒` while another one does as well.
fn drawn(out: &mut String, one: &Afternoon, story: &Story, width: usize) {
    if one.rollouts.is_empty() {
        return;
    }
    let zone = story.rhythm.zone;
    let cells = width.saturating_sub(44).clamp(16, 72);
    let cells = i32::try_from(cells).unwrap_or(16);
    let shown = &one.rollouts[..one.rollouts.len().min(ROWS)];
    let to = if one.started > shown.len() { shown.iter().map(|(_, end)| *end).max().unwrap_or(one.to) } else { one.to };
    let cell = ((to - one.from) / cells).max(chrono::TimeDelta::seconds(1));
    let any_shared =
        |from: Instant, until: Instant| one.stretches.iter().any(|some| some.start < until && from < some.end);
    for (rollout, end) in shown {
        let mark = |index: i32| {
            let from = one.from + cell * index;
            let until = from + cell;
            let runs = rollout.start < until && (from < *end || (from <= rollout.start && rollout.start == *end));
            match (runs, any_shared(from.max(rollout.start), until.min(*end))) {
                (false, _) => ' ',
                (true, true) => '▒',
                (true, false) => '█',
            }
        };
        let bar: String = (0..cells).map(mark).collect();
        let state = match rollout.outcome {
            Outcome::Success if rollout.finish_unrecorded => "finish not recorded".to_owned(),
            Outcome::Success => glance(*end - rollout.start),
            Outcome::Failure => format!("FAILED after {}", glance(*end - rollout.start)),
            Outcome::Running => "still running".to_owned(),
        };
        let what: String = clean(rollout.what()).chars().take(10).collect();
        let _ = writeln!(out, "  {} |{bar}| {what} {state}", words::clock(rollout.start, zone));
    }
    if one.started > shown.len() {
        let _ = writeln!(out, "  and {} more", words::counted(one.started - shown.len(), "rollout"));
    }
    let _ = writeln!(out, "  █ runs alone  ▒ while another runs too");
}
