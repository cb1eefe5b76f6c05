//! The whole as one picture: the timeline, the worst afternoon, the week.

use std::fmt::Write;

use super::svg::{Anchor, Drawing, PATTERNS, whole};
use super::{Story, afternoon, heat, timeline, words};
use crate::render::wrap;

/// The colours of light and dark, and what they are used for.
pub(super) const STYLE: &str = include_str!("style.css");

/// The most characters of a line.
const LINE: usize = 85;

/// The key of the charts, as a drawing of one line.
fn key(story: &Story) -> Drawing {
    let deploys = story.rhythm.deploys.as_ref();
    let unrecorded = story.rhythm.timeline.bins.iter().any(|bin| bin.pushes.is_none() || bin.rollouts.is_none());
    let mut drawing = Drawing::default();
    let mut x = 8.0;
    for (class, name, width, _) in [
        ("good", "succeeded", 92.0, deploys.is_ok()),
        ("bad", "failed", 68.0, deploys.is_ok()),
        ("running", "running", 78.0, deploys.is_ok_and(|deploys| deploys.running > 0)),
        ("together", "two or more at once", 150.0, deploys.is_ok()),
        ("push", "pushes", 72.0, story.rhythm.pushed.is_ok()),
        ("unrecorded", "not recorded", 110.0, deploys.is_ok() && unrecorded),
    ]
    .into_iter()
    .filter(|(.., shown)| *shown)
    {
        drawing.rect(class, (x, 3.0), (14.0, 12.0));
        drawing.text("axis", (x + 19.0, 13.0), Anchor::Start, name);
        x += width + 14.0;
    }
    drawing
}

/// The picture.
pub(super) fn picture(story: &Story) -> String {
    let rhythm = &story.rhythm;
    let mut body = String::new();
    let mut y = 30.0;
    let heading = |body: &mut String, y: &mut f64, class: &str, text: &str| {
        for text in wrap(text, LINE) {
            let mut line = Drawing::default();
            line.text(class, (8.0, *y), Anchor::Start, &text);
            body.push_str(&line.0);
            *y += 18.0;
        }
    };
    let place = |body: &mut String, y: &mut f64, (drawing, height): (Drawing, f64)| {
        let _ = writeln!(body, "<g transform=\"translate(0 {y:.0})\">\n{}</g>", drawing.0);
        *y += height + 26.0;
    };
    heading(&mut body, &mut y, "title", &words::title(story));
    heading(&mut body, &mut y, "axis", &words::span(story));
    for gap in words::gaps(story) {
        heading(&mut body, &mut y, "axis", &gap);
    }
    place(&mut body, &mut y, (key(story), 4.0));
    place(&mut body, &mut y, timeline::draw(story));
    if let Some(worst) = rhythm.afternoons.first() {
        let name = if worst.started > 0 { "The worst afternoon" } else { "The densest burst of pushes" };
        heading(&mut body, &mut y, "title", &format!("{name}: {}", words::afternoon(worst, rhythm.zone)));
        heading(&mut body, &mut y, "axis", &words::told(worst));
        place(&mut body, &mut y, afternoon::draw(worst, story));
    }
    let week = rhythm.deploys.as_ref().map(|deploys| ("Rollouts", &deploys.week));
    let week = week.or_else(|_| rhythm.pushed.as_ref().map(|pushed| ("Pushes", &pushed.week)));
    if let Ok((name, week)) = week
        && week.total() > 0
    {
        heading(&mut body, &mut y, "title", &format!("{name} by weekday and hour ({})", rhythm.zone));
        place(&mut body, &mut y, heat::draw(&week.0));
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 {width:.0} {y:.0}\" width=\"{width:.0}\" height=\"{y:.0}\">\n<title>{title}</title>\n<desc>{about}</desc>\n<style>\n{STYLE}</style>\n{PATTERNS}<rect class=\"ground\" width=\"{width:.0}\" height=\"{y:.0}\"/>\n{body}</svg>\n",
        width = timeline::WIDTH,
        title = whole(&words::title(story)),
        about = whole(&timeline::about(story, 1)),
    )
}
