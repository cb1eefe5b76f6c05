//! For pull requests and job summaries: tables, and charts that GitHub draws with Mermaid.

use std::fmt::Write;

use chrono_tz::Tz;

use super::timeline::label;
use super::{Story, words};
use crate::engine::history::Outcome;
use crate::engine::rhythm::{Afternoon, Bin, CLASSES, Timeline, WEEKDAYS};
use crate::render::escape;

/// The most bars of a chart: more would be thinner than a line.
const BARS: usize = 60;

/// The most rollouts of one chart.
const ROWS: usize = 30;

pub(super) fn render(story: &Story) -> String {
    let zone = story.rhythm.zone;
    let mut out = format!("# {}\n\n{}\n\n", long(&words::title(story)), long(&words::span(story)));
    for gap in words::gaps(story) {
        let _ = writeln!(out, "> {}\n", long(&gap));
    }
    out.push_str("| | | |\n| --- | --- | --- |\n");
    for one in words::figures(story) {
        let _ = writeln!(out, "| {} | **{}** | {} |", one.name, escape(&one.value), long(&one.about));
    }
    out.push_str("\n## Timeline\n\n");
    charts(&mut out, story);
    if !story.rhythm.afternoons.is_empty() {
        let name = if story.rhythm.deploys.is_ok() { "The worst afternoons" } else { "The densest bursts" };
        let _ = writeln!(out, "## {name}\n\n{}\n", long(&words::choice(story)));
        for (index, one) in story.rhythm.afternoons.iter().take(3).enumerate() {
            let _ = writeln!(out, "**{}**: {}\n", escape(&words::afternoon(one, zone)), long(&words::told(one)));
            if index == 0 && !one.rollouts.is_empty() {
                gantt(&mut out, one, zone);
            }
        }
    }
    week(&mut out, story);
    budgets(&mut out, story);
    batches(&mut out, story);
    dora(&mut out, story);
    if let Some(judged) = &story.judged {
        out.push_str("## What the policy would have made of it\n\n");
        judged.sentences.iter().for_each(|text| out.push_str(&format!("{}\n\n", long(text))));
        out.push_str("| | |\n| --- | --- |\n");
        judged
            .figures
            .iter()
            .for_each(|(name, value)| out.push_str(&format!("| {} | {} |\n", long(name), long(value))));
        out.push('\n');
    }
    let read = if story.sources.is_empty() { "nothing".to_owned() } else { story.sources.join(", ") };
    let _ = writeln!(out, "Read from: {}. Policy: {}.", long(&read), long(&story.policy));
    for note in &story.notes {
        let _ = writeln!(out, "- {}", long(note));
    }
    out
}

/// A sentence of the report, escaped piece by piece: it may be longer than what is shown of one text from outside.
fn long(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let escaped: String = letters.chunks(250).map(|piece| escape(&piece.iter().collect::<String>())).collect();
    // Before a space it begins no scheme and no emoji.
    escaped.replace("\\:&#8288; ", ": ")
}

/// A row of a table.
fn row(out: &mut String, name: &str, cells: impl Iterator<Item = String>) {
    let _ = writeln!(out, "| {name} | {} |", cells.collect::<Vec<_>>().join(" | "));
}

/// Neighbouring bins joined, so that there are few enough.
fn joined(bins: &[Bin]) -> Vec<(Option<usize>, Option<usize>, usize)> {
    let every = bins.len().div_ceil(BARS).max(1);
    let sum =
        |some: &[Bin], of: &dyn Fn(&Bin) -> Option<usize>| some.iter().filter_map(of).reduce(|one, two| one + two);
    bins.chunks(every)
        .enumerate()
        .map(|(index, some)| {
            let rollouts = sum(some, &|bin| bin.rollouts.map(|one| one.total()));
            (rollouts, sum(some, &|bin| bin.pushes), index * every)
        })
        .collect()
}

fn charts(out: &mut String, story: &Story) {
    let Timeline { step, bins } = &story.rhythm.timeline;
    let joined = joined(bins);
    let every = bins.len().div_ceil(BARS).max(1);
    let unit = if every == 1 { step.name().to_owned() } else { format!("{every} {}s", step.name()) };
    // Many labels would cover each other: then bars are numbered, and the words tell where they begin.
    let axis = |drawn: &[(Option<usize>, Option<usize>, usize)]| {
        if joined.len() <= 13 {
            let labels = drawn.iter().map(|(.., first)| label(*step, bins[*first].from, story.rhythm.zone));
            format!("[{}]", labels.map(|label| format!("\"{label}\"")).collect::<Vec<_>>().join(", "))
        } else {
            format!("\"{}\" {} --> {}", step.name(), drawn.first().map_or(1, |(.., first)| first + 1), bins.len())
        }
    };
    let mut chart = |name: &str, values: Vec<Option<usize>>| {
        if values.iter().flatten().all(|count| *count == 0) {
            return;
        }
        // A bar that nobody recorded is no bar of nought: the chart begins with the record.
        let first = values.iter().position(Option::is_some).unwrap_or(0);
        let axis = axis(&joined[first..]);
        let most = values.iter().flatten().max().copied().unwrap_or(1).max(1);
        let bars: Vec<String> = values[first..].iter().map(|count| count.unwrap_or(0).to_string()).collect();
        let _ = writeln!(
            out,
            "```mermaid\n%%{{init: {{\"themeVariables\": {{\"xyChart\": {{\"plotColorPalette\": \"#3a78b5\"}}}}}}}}%%\nxychart-beta\n    title \"{name} per {unit}\"\n    x-axis {axis}\n    y-axis \"{name}\" 0 --> {most}\n    bar [{}]\n```\n",
            bars.join(", ")
        );
    };
    if story.rhythm.deploys.is_ok() {
        chart("Rollouts", joined.iter().map(|(rollouts, ..)| *rollouts).collect());
    }
    if story.rhythm.pushed.is_ok() {
        chart("Pushes", joined.iter().map(|(_, pushes, _)| *pushes).collect());
    }
    if let Some(first) = bins.first().filter(|_| joined.len() > 13) {
        let _ = writeln!(
            out,
            "The axis counts {}s; the first begins on {}.\n",
            step.name(),
            escape(&words::day(first.from, story.rhythm.zone))
        );
    }
    let _ = writeln!(out, "{}\n", long(&super::timeline::about(story, every)));
}

/// An afternoon as a Gantt chart; its names hold nothing that Mermaid reads.
fn gantt(out: &mut String, one: &Afternoon, zone: Tz) {
    out.push_str("```mermaid\ngantt\n    dateFormat YYYY-MM-DDTHH:mm:ss\n    axisFormat %H:%M\n    section Rollouts\n");
    for (index, (rollout, end)) in one.rollouts.iter().take(ROWS).enumerate() {
        let (state, tag) = match rollout.outcome {
            Outcome::Success => ("succeeded", "done, "),
            Outcome::Failure => ("FAILED", "crit, "),
            Outcome::Running => ("running", "active, "),
        };
        let what: String = rollout.what().chars().filter(char::is_ascii_alphanumeric).take(12).collect();
        let at = rollout.start.with_timezone(&zone).format("%Y-%m-%dT%H:%M:%S");
        let length = (*end - rollout.start).num_seconds().max(1);
        let _ = writeln!(out, "    {} {what} {state} :{tag}r{index}, {at}, {length}s", index + 1);
    }
    out.push_str("```\n\n");
    if one.started > ROWS.min(one.rollouts.len()) {
        let _ = writeln!(
            out,
            "{} more are not drawn.\n",
            words::counted(one.started - ROWS.min(one.rollouts.len()), "rollout")
        );
    }
}

fn week(out: &mut String, story: &Story) {
    let weeks = [
        story.rhythm.deploys.as_ref().ok().map(|deploys| ("Rollouts", "rollout", &deploys.week)),
        story.rhythm.pushed.as_ref().ok().map(|pushed| ("Pushes", "push", &pushed.week)),
    ];
    for (name, noun, week) in weeks.into_iter().flatten().filter(|(.., week)| week.total() > 0) {
        let _ = writeln!(
            out,
            "## {name} by weekday and hour\n\n{}\n",
            long(&format!("{}; {}", story.rhythm.zone, words::busiest(week, noun)))
        );
        let hours: Vec<usize> = (0..24).filter(|hour| week.hour(*hour) > 0).collect();
        row(out, "", hours.iter().map(|hour| format!("{hour:02}")).chain(["all".to_owned()]));
        row(out, "---", std::iter::repeat_n("---:".to_owned(), hours.len() + 1));
        for (day, name) in WEEKDAYS.iter().enumerate() {
            let cell = |count: usize| if count == 0 { "·".to_owned() } else { count.to_string() };
            let cells = hours.iter().map(|hour| cell(week.0[day][*hour]));
            row(out, name, cells.chain([week.day(day).to_string()]));
        }
        out.push('\n');
    }
}

fn budgets(out: &mut String, story: &Story) {
    if story.budgets.is_empty() {
        return;
    }
    out.push_str("## Budgets\n\n| Rule | Most used | When | Over it |\n| --- | --- | --- | --- |\n");
    for budget in &story.budgets {
        let (used, when) = budget.peak.map_or_else(
            || (words::UNKNOWN.to_owned(), "nothing drew on it".to_owned()),
            |(used, at)| (format!("{used} of {}", budget.of), words::moment(at, story.rhythm.zone)),
        );
        let _ = writeln!(
            out,
            "| {}: {} | {used} | {} | {} of {} |",
            budget.rule,
            long(&budget.asks),
            escape(&when),
            budget.over,
            words::counted(budget.events, "event")
        );
    }
    out.push('\n');
}

fn batches(out: &mut String, story: &Story) {
    let deploys = story.rhythm.deploys.as_ref().ok().map(|deploys| ("Rollouts", "rollout", &deploys.batches));
    let pushed = story.rhythm.pushed.as_ref().ok().map(|pushed| ("Pushes", "push", &pushed.batches));
    let both: Vec<_> = deploys.into_iter().chain(pushed).collect();
    if both.is_empty() {
        return;
    }
    out.push_str("## Batches\n\n");
    for (_, noun, sizes) in &both {
        let _ = writeln!(out, "- {}", long(&words::sizes(sizes, noun, story.rhythm.zone)));
    }
    out.push('\n');
    row(out, "Commits", both.iter().map(|(name, ..)| (*name).to_owned()));
    row(out, "---", both.iter().map(|_| "---:".to_owned()));
    for (class, (_, name)) in CLASSES.iter().enumerate() {
        row(out, name, both.iter().map(|(.., sizes)| sizes.classes[class].to_string()));
    }
    out.push('\n');
}

fn dora(out: &mut String, story: &Story) {
    let measures = words::measures(story);
    if measures.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "## DORA’s measures\n\nDefined by [DORA’s guide]({}); tools differ in how they count.\n\n| Measure | | Cases | DORA | Counted here | Elsewhere |\n| --- | --- | --- | --- | --- | --- |",
        words::DORA
    );
    for one in measures {
        let _ = writeln!(
            out,
            "| {} | **{}** | {} | {} | {} | {} |",
            one.name,
            escape(&one.value),
            long(&one.cases),
            one.means,
            long(&one.counted),
            one.differs
        );
    }
    out.push('\n');
}
