//! The page: nothing is loaded, no script runs, and every chart has its numbers beside it.

use std::fmt::Write;

use super::svg::{Drawing, PATTERNS, float, plain, whole};
use super::timeline::WIDTH;
use super::{Story, afternoon, chart, heat, timeline, words};
use crate::engine::duration::glance;
use crate::engine::event::{Instant, Landing};
use crate::engine::history::{Outcome, Rollout};
use crate::engine::rhythm::{Afternoon, CLASSES, Sizes, Week};

const STYLE: &str = include_str!("page.css");

pub(super) fn render(story: &Story) -> String {
    let title = whole(&words::title(story));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\" />\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n<meta name=\"color-scheme\" content=\"light dark\" />\n<title>{title}</title>\n<style>\n{}{STYLE}</style>\n</head>\n<body>\n<svg class=\"defs\" aria-hidden=\"true\" focusable=\"false\">\n{PATTERNS}</svg>\n",
        chart::STYLE
    );
    let _ = write!(out, "<header>\n<h1>{title}</h1>\n<p class=\"quiet\">{}</p>\n", whole(&words::span(story)));
    let mut sections: Vec<(&str, &str, String)> = vec![
        ("glance", "At a glance", at_a_glance(story)),
        ("timeline", "Timeline", timeline_of(story)),
        (
            "afternoons",
            if story.rhythm.deploys.is_ok() { "The worst afternoons" } else { "The densest bursts" },
            afternoons(story),
        ),
        ("week", "Hours and weekdays", week(story)),
        ("budgets", "Budgets", budgets(story)),
        ("batches", "Batches", batches(story)),
        ("dora", "DORA’s measures", dora(story)),
        ("policy", "What the policy would have made of it", judged(story)),
        ("sources", "Where this comes from", sources(story)),
    ];
    sections.retain(|(.., text)| !text.is_empty());
    out.push_str("<nav aria-label=\"Sections\"><ul>\n");
    for (id, name, _) in &sections {
        let _ = writeln!(out, "<li><a href=\"#{id}\">{name}</a></li>");
    }
    out.push_str("</ul></nav>\n</header>\n<main>\n");
    for (id, name, text) in &sections {
        let _ = write!(
            out,
            "<section id=\"{id}\" aria-labelledby=\"{id}-h\">\n<h2 id=\"{id}-h\">{name}</h2>\n{text}</section>\n"
        );
    }
    out.push_str("</main>\n<footer><p class=\"quiet\">Made by deploy-rhythm. This page loads nothing and runs no script.</p></footer>\n</body>\n</html>\n");
    out
}

fn at_a_glance(story: &Story) -> String {
    let mut out = String::new();
    for gap in words::gaps(story) {
        let _ = writeln!(out, "<p>{}</p>", prose(&gap));
    }
    let figures = words::figures(story).into_iter().map(|one| (one.name, one.value, one.about));
    cards(&mut out, figures.collect());
    let measures = words::measures(story).into_iter().map(|one| {
        // The long value of a measure begins with its median.
        let (value, rest) = one.value.split_once(", ").map_or((one.value.as_str(), ""), |(value, rest)| (value, rest));
        let about =
            [rest, one.cases.as_str()].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
        (one.name, value.to_owned(), about)
    });
    cards(&mut out, measures.collect());
    out
}

/// A sentence in which backticks mark what is typed.
fn prose(text: &str) -> String {
    let whole = whole(text);
    let parts = whole.split('`').enumerate();
    if parts.clone().count().is_multiple_of(2) {
        return whole;
    }
    parts.map(|(index, part)| if index % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }).collect()
}

fn cards(out: &mut String, cards: Vec<(&str, String, String)>) {
    if cards.is_empty() {
        return;
    }
    out.push_str("<dl class=\"cards\">\n");
    for (name, value, about) in cards {
        let (value, about) = (whole(&value), whole(&about));
        let _ =
            writeln!(out, "<div><dt>{name}</dt><dd class=\"value\">{value}</dd><dd class=\"about\">{about}</dd></div>");
    }
    out.push_str("</dl>\n");
}

fn key(entries: &[(&str, &str)]) -> String {
    let mut out = String::from("<ul class=\"key\" aria-label=\"Key\">\n");
    for (class, name) in entries {
        let mut swatch = Drawing::default();
        match *class {
            "mark" => swatch.path("push", "M3 2 h8 l-4 9 z"),
            class => swatch.rect(class, (1.0, 1.0), (12.0, 10.0)),
        }
        let _ = writeln!(
            out,
            "<li><svg width=\"14\" height=\"12\" viewBox=\"0 0 14 12\" aria-hidden=\"true\">{}</svg>{name}</li>",
            swatch.0.trim_end()
        );
    }
    out.push_str("</ul>\n");
    out
}

fn figure(name: &str, key: &str, (drawing, height): (Drawing, f64), about: &str) -> String {
    format!(
        "<figure>{key}<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"{name}\">\n{}</div>\n<figcaption>{}</figcaption></figure>\n",
        drawing.picture(name, (WIDTH, height), about),
        whole(about),
        name = whole(name)
    )
}

fn timeline_of(story: &Story) -> String {
    let mut entries = vec![];
    if story.rhythm.deploys.is_ok() {
        entries.extend([("good", "rollouts that succeeded (upwards)"), ("bad", "failed")]);
        let running = story.rhythm.deploys.as_ref().is_ok_and(|deploys| deploys.running > 0);
        entries.extend(running.then_some(("running", "still running")));
        entries.push(("together", "two or more ran at once"));
    }
    if story.rhythm.pushed.is_ok() {
        entries.push(("push", "pushes (downwards)"));
    }
    let unrecorded = story.rhythm.timeline.bins.iter().any(|bin| bin.pushes.is_none() || bin.rollouts.is_none());
    entries.extend((unrecorded && story.rhythm.deploys.is_ok()).then_some(("unrecorded", "not recorded")));
    let mut out = figure("Timeline", &key(&entries), timeline::draw(story), &timeline::about(story, 1));
    let step = story.rhythm.timeline.step;
    let _ = write!(
        out,
        "<details><summary>The numbers, one row a {}</summary>\n<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Numbers of the timeline\">\n<table class=\"list\"><thead><tr><th scope=\"col\">From</th><th scope=\"col\" class=\"number\">Pushes</th><th scope=\"col\" class=\"number\">Commits</th><th scope=\"col\" class=\"number\">Succeeded</th><th scope=\"col\" class=\"number\">Failed</th><th scope=\"col\" class=\"number\">Running</th><th scope=\"col\" class=\"number\">Together</th></tr></thead>\n<tbody>\n",
        step.name()
    );
    for bin in &story.rhythm.timeline.bins {
        let cell = |value: Option<String>| value.unwrap_or_else(|| words::UNKNOWN.to_owned());
        let _ =
            write!(out, "<tr><th scope=\"row\" class=\"still\">{}</th>", words::moment(bin.from, story.rhythm.zone));
        for value in [
            bin.pushes.map(|count| count.to_string()),
            bin.commits.map(|count| count.to_string()),
            bin.rollouts.map(|one| one.succeeded.to_string()),
            bin.rollouts.map(|one| one.failed.to_string()),
            bin.rollouts.map(|one| one.running.to_string()),
            bin.rollouts.map(|one| glance(one.together)),
        ] {
            let _ = write!(out, "<td class=\"number\">{}</td>", cell(value));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div></details>\n");
    out
}

fn afternoons(story: &Story) -> String {
    let zone = story.rhythm.zone;
    let mut out = format!("<p>{}</p>\n", words::choice(story));
    if story.rhythm.afternoons.is_empty() {
        out.push_str("<p>There were none: nothing failed, nothing ran into another, and never did three follow each other closely.</p>\n");
        return out;
    }
    if story.rhythm.deploys.is_ok() {
        out.push_str(&key(&[
            ("good", "a rollout that succeeded"),
            ("bad", "one that failed"),
            ("running", "one that still runs"),
            ("together", "two or more ran at once"),
            ("mark", "a push"),
        ]));
    } else {
        out.push_str(&key(&[("mark", "a push")]));
    }
    for one in &story.rhythm.afternoons {
        let name = words::afternoon(one, zone);
        let _ = write!(
            out,
            "<h3>{}</h3>\n{}",
            whole(&name),
            figure(&name, "", afternoon::draw(one, story), &words::told(one))
        );
        out.push_str(&events(one, story));
    }
    out
}

/// What happened in an afternoon, one row an event.
fn events(one: &Afternoon, story: &Story) -> String {
    let zone = story.rhythm.zone;
    let mut out = String::from(
        "<details><summary>What happened, one row an event</summary>\n<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Events\">\n<table class=\"list\"><thead><tr><th scope=\"col\">Time</th><th scope=\"col\">Event</th><th scope=\"col\">Commit</th><th scope=\"col\">About</th></tr></thead>\n<tbody>\n",
    );
    let pushes = one.pushes.iter().map(|push| (push.at, push_row(push, story)));
    let mut rows: Vec<(Instant, String)> = pushes.collect();
    rows.extend(one.rollouts.iter().map(|(rollout, _)| (rollout.start, rollout_row(rollout, story))));
    rows.sort_by_key(|(at, _)| *at);
    for (at, row) in rows {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\" class=\"still\">{}</th>{row}</tr>",
            at.with_timezone(&zone).format("%H:%M:%S")
        );
    }
    out.push_str("</tbody></table></div></details>\n");
    let hidden = (one.started - one.rollouts.len()) + (one.pushed.len() - one.pushes.len());
    if hidden > 0 {
        let _ = writeln!(out, "<p class=\"quiet\">Not shown: {} more.</p>", words::counted(hidden, "event"));
    }
    out
}

fn push_row(push: &Landing, story: &Story) -> String {
    format!(
        "<td>push</td><td class=\"still\"><code>{}</code></td><td>{}</td>",
        plain(push.commit.short()),
        plain(story.subject(&push.commit))
    )
}

fn rollout_row(rollout: &Rollout, story: &Story) -> String {
    let end = match (rollout.outcome, rollout.finish) {
        (Outcome::Running, _) | (_, None) => "still running".to_owned(),
        _ if rollout.finish_unrecorded => "ended, finish not recorded".to_owned(),
        (Outcome::Success, Some(finish)) => format!("succeeded in {}", glance(finish - rollout.start)),
        (Outcome::Failure, Some(finish)) => format!("failed after {}", glance(finish - rollout.start)),
    };
    let actor = rollout.actor.as_deref().map(|actor| format!(", by {}", plain(actor))).unwrap_or_default();
    let subject = rollout.commit.as_ref().map(|commit| plain(story.subject(commit))).unwrap_or_default();
    format!(
        "<td>rollout to {}: {end}{actor}</td><td class=\"still\"><code>{}</code></td><td>{subject}</td>",
        plain(&rollout.environment),
        plain(&rollout.what().chars().take(24).collect::<String>())
    )
}

fn week(story: &Story) -> String {
    let mut out = String::new();
    let mut one = |name: &str, noun: &str, week: &Week| {
        if week.total() > 0 {
            let caption = format!("{name} by weekday and hour, {}; {}", story.rhythm.zone, words::busiest(week, noun));
            out.push_str(&heat::table(&week.0, &whole(&caption), None));
        }
    };
    if let Ok(deploys) = &story.rhythm.deploys {
        one("Rollouts", "rollout", &deploys.week);
    }
    if let Ok(pushed) = &story.rhythm.pushed {
        one("Pushes", "push", &pushed.week);
    }
    out
}

fn budgets(story: &Story) -> String {
    if story.budgets.is_empty() {
        return String::new();
    }
    let zone = story.rhythm.zone;
    let mut out = String::from(
        "<p>What rules with a number grant, and how much of it was used at most. It is counted at each event that draws on it, that event included.</p>\n<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Budgets\">\n<table class=\"list\"><thead><tr><th scope=\"col\">Rule</th><th scope=\"col\" class=\"number\">Most used</th><th scope=\"col\">When</th><th scope=\"col\" class=\"number\">Over it</th></tr></thead>\n<tbody>\n",
    );
    for budget in &story.budgets {
        let (used, when) = budget.peak.map_or_else(
            || (words::UNKNOWN.to_owned(), "nothing drew on it".to_owned()),
            |(used, at)| (format!("{used} of {}", budget.of), words::moment(at, zone)),
        );
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{}: {}</th><td class=\"number\">{used}</td><td>{when}</td><td class=\"number\">{} of {}</td></tr>",
            budget.rule,
            whole(&budget.asks),
            budget.over,
            words::counted(budget.events, "event")
        );
    }
    out.push_str("</tbody></table></div>\n");
    for budget in story.budgets.iter().filter(|budget| budget.events > 0).take(6) {
        let caption = format!(
            "{}, {}: the most used in each hour, {zone}; “!” and a frame mark what is over {}",
            budget.rule, budget.asks, budget.of
        );
        out.push_str(&heat::table(&budget.week, &whole(&caption), Some(budget.of)));
    }
    out
}

fn batches(story: &Story) -> String {
    let zone = story.rhythm.zone;
    let mut columns: Vec<(&str, &Sizes)> = Vec::new();
    let mut out = String::new();
    if let Ok(deploys) = &story.rhythm.deploys {
        let _ = writeln!(out, "<p>{}.</p>", whole(&sentence(&words::sizes(&deploys.batches, "rollout", zone))));
        columns.extend((deploys.batches.cases > 0).then_some(("Rollouts", &deploys.batches)));
    }
    if let Ok(pushed) = &story.rhythm.pushed {
        let _ = writeln!(out, "<p>{}.</p>", whole(&sentence(&words::sizes(&pushed.batches, "push", zone))));
        columns.extend((pushed.batches.cases > 0).then_some(("Pushes", &pushed.batches)));
    }
    if columns.is_empty() {
        return out;
    }
    out.push_str("<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"Batches\">\n<table class=\"sizes\"><caption>How many commits go together</caption>\n<thead><tr><th scope=\"col\" class=\"still\">Commits</th>");
    for (name, _) in &columns {
        let _ = write!(
            out,
            "<th scope=\"col\" class=\"number\">{name}</th><th scope=\"col\"><span class=\"hidden\">{name} as a bar</span></th>"
        );
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for (class, (_, size)) in CLASSES.iter().enumerate() {
        let _ = write!(out, "<tr><th scope=\"row\" class=\"still\">{size}</th>");
        for (name, sizes) in &columns {
            let most = sizes.classes.iter().copied().max().unwrap_or(1).max(1);
            let mut bar = Drawing::default();
            bar.rect(
                if *name == "Rollouts" { "good" } else { "push" },
                (0.0, 0.0),
                (float(sizes.classes[class]) * 100.0 / float(most), 10.0),
            );
            let _ = write!(
                out,
                "<td class=\"number\">{}</td><td><svg class=\"bar\" viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{}</svg></td>",
                sizes.classes[class],
                bar.0.trim_end()
            );
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
    out
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn dora(story: &Story) -> String {
    let measures = words::measures(story);
    if measures.is_empty() {
        return "<p>No deployment is recorded, so that none of the four is known.</p>\n".to_owned();
    }
    let mut out = format!(
        "<p>As <a href=\"{}\" rel=\"noreferrer\">DORA’s guide</a> defines them, and how they are counted from what is known here. Tools differ: compare a service with itself over time, not with figures from elsewhere. DORA’s fifth measure, the rework rate, asks which deployments were unplanned; nothing here tells.</p>\n<dl class=\"measures\">\n",
        words::DORA
    );
    for one in measures {
        let _ = writeln!(
            out,
            "<div><dt>{}</dt><dd class=\"value\">{}</dd><dd>{}</dd><dd class=\"quiet\"><b>DORA:</b> {}.</dd><dd class=\"quiet\"><b>Counted here:</b> {}.</dd><dd class=\"quiet\"><b>Elsewhere:</b> {}.</dd></div>",
            one.name,
            whole(&one.value),
            whole(&one.cases),
            one.means,
            whole(&one.counted),
            one.differs
        );
    }
    out.push_str("</dl>\n");
    out
}

fn judged(story: &Story) -> String {
    let Some(judged) = &story.judged else { return String::new() };
    let mut out = String::new();
    for text in &judged.sentences {
        let _ = writeln!(out, "<p>{}</p>", prose(text));
    }
    out.push_str("<table><tbody>\n");
    for (name, value) in &judged.figures {
        let _ = writeln!(out, "<tr><th scope=\"row\">{}</th><td>{}</td></tr>", whole(name), whole(value));
    }
    out.push_str("</tbody></table>\n");
    out
}

fn sources(story: &Story) -> String {
    let mut out = String::new();
    let read = if story.sources.is_empty() { "nothing".to_owned() } else { story.sources.join(", ") };
    let _ = writeln!(out, "<p>Read from: {}. Policy: {}.</p>", whole(&read), whole(&story.policy));
    out.push_str("<p>A push is one landing on the default branch, however many commits it carries; a rollout is one deployment of one commit, from its start to its finish, and one without a finish counts as over after 6 hours. Percentiles are by nearest rank. What is not known is said to be so, and never counted as nought.</p>\n");
    if !story.notes.is_empty() {
        out.push_str("<ul>\n");
        for note in &story.notes {
            let _ = writeln!(out, "<li>{}</li>", prose(note));
        }
        out.push_str("</ul>\n");
    }
    out
}
