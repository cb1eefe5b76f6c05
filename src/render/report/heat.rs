//! A week by hours: how many events, or how much of a budget, as numbers on shades.

use std::fmt::Write;

use super::svg::{Anchor, Drawing, float};
use super::timeline::WIDTH;
use crate::engine::rhythm::{Counts, WEEKDAYS};

/// The shade of a count, from 0 to 4, in equal parts of the largest.
fn shade(count: usize, most: usize) -> usize {
    if count == 0 { 0 } else { (count * 4).div_ceil(most.max(1)).min(4) }
}

/// The hours from the first to the last that hold anything.
fn hours(counts: &Counts) -> std::ops::RangeInclusive<usize> {
    let holds = |hour: &usize| counts.iter().any(|day| day[*hour] > 0);
    (0..24).find(holds).unwrap_or(0)..=(0..24).rev().find(holds).unwrap_or(23)
}

/// A week as a table of the hours that hold anything; what is over a limit is marked.
pub(super) fn table(counts: &Counts, caption: &str, limit: Option<usize>) -> String {
    let most = counts.iter().flatten().copied().max().unwrap_or(0);
    let hours = hours(counts);
    let all = hours == (0..=23);
    let rest = if all { "" } else { "; nothing at other hours" };
    let mut out = format!(
        "<figure><figcaption>{caption}{rest}</figcaption>\n<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"{caption}\">\n<table class=\"heat\"><thead><tr><th scope=\"col\"><span class=\"hidden\">Day</span></th>"
    );
    for hour in hours.clone() {
        let _ = write!(out, "<th scope=\"col\">{hour:02}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for (name, day) in WEEKDAYS.iter().zip(counts) {
        let _ = write!(out, "<tr><th scope=\"row\">{name}</th>");
        for count in &day[hours.clone()] {
            let over = limit.is_some_and(|limit| *count > limit);
            let (class, mark) = if over { (" over", "!") } else { ("", "") };
            let text = if *count == 0 { "<span class=\"none\">·</span>".to_owned() } else { format!("{count}{mark}") };
            let _ = write!(out, "<td class=\"h{}{class}\">{text}</td>", shade(*count, most));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div></figure>\n");
    out
}

/// A week as a chart, for the picture; and how high it is.
pub(super) fn draw(counts: &Counts) -> (Drawing, f64) {
    let most = counts.iter().flatten().copied().max().unwrap_or(0);
    let mut drawing = Drawing::default();
    let (left, cell, row) = (40.0, (WIDTH - 48.0) / 24.0, 22.0);
    for hour in 0..24 {
        drawing.text("axis", (left + cell * (float(hour) + 0.5), 12.0), Anchor::Middle, &format!("{hour:02}"));
    }
    for (day, hours) in counts.iter().enumerate() {
        let y = 18.0 + row * float(day);
        drawing.text("axis", (left - 6.0, y + 15.0), Anchor::End, WEEKDAYS[day]);
        for (hour, count) in hours.iter().enumerate() {
            let shade = shade(*count, most);
            let x = left + cell * float(hour);
            drawing.rect(&format!("h{shade}"), (x + 0.5, y + 0.5), (cell - 1.0, row - 1.0));
            if *count > 0 {
                let at = (x + cell / 2.0, y + 15.0);
                drawing.text(&format!("cell t{shade}"), at, Anchor::Middle, &count.to_string());
            }
        }
    }
    (drawing, 18.0 + row * 7.0 + 6.0)
}
