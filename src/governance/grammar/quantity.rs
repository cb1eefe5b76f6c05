//! Counts, durations and periods in words.

use chrono::TimeDelta;

use super::vocabulary as v;
use super::words::Word;
use crate::engine::duration;

/// A period that acts are counted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Period {
    /// A span of time: an hour, ten minutes.
    Span(TimeDelta),
    Day,
    Week,
    Month,
    /// A unit of work that no clock knows: a session, an issue.
    Work(String),
}

impl Period {
    /// As the rule about deploys writes it.
    pub fn calendar(&self) -> String {
        match self {
            Self::Span(span) => duration::show(*span),
            Self::Day => "day".to_owned(),
            Self::Week => "week".to_owned(),
            Self::Month => "month".to_owned(),
            Self::Work(unit) => unit.clone(),
        }
    }

    /// As the rule about pushes writes it: a rolling span.
    pub fn rolling(&self) -> String {
        let days = match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
            Self::Span(_) | Self::Work(_) => return self.calendar(),
        };
        duration::show(TimeDelta::days(days))
    }

    /// Whether a clock can tell when it is over.
    pub fn is_time(&self) -> bool {
        !matches!(self, Self::Work(_))
    }
}

/// The seconds of a unit of time.
pub fn unit(text: &str) -> Option<i64> {
    Some(match text {
        "s" | "sec" | "secs" | "second" | "seconds" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hr" | "hrs" | "hour" | "hours" | "hourly" => 3_600,
        "d" | "day" | "days" | "daily" => 86_400,
        "w" | "wk" | "week" | "weeks" | "weekly" => 7 * 86_400,
        "month" | "months" | "monthly" => 30 * 86_400,
        _ => return None,
    })
}

/// The duration that starts at a word, and the word after it: "30 minutes", "10-15 min" (its lower end), "an hour".
pub fn duration_at(words: &[Word], at: usize) -> Option<(TimeDelta, usize)> {
    let word = words.get(at)?;
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    if word.text == "half-hour" {
        return Some((TimeDelta::minutes(30), at + 1));
    }
    if word.text == "quarter-hour" {
        return Some((TimeDelta::minutes(15), at + 1));
    }
    if word.text == "half" && matches!(text(at + 1), "hour" | "day") {
        return Some((TimeDelta::seconds(unit(text(at + 1))? / 2), at + 2));
    }
    let count = match word.text.as_str() {
        "a" | "an" | "full" => 1.0,
        _ => word.number?,
    };
    // A range, "15+" and "24 full hours".
    let mut next = at + 1;
    if matches!(text(next), "-" | "–" | "to") && words.get(next + 1).is_some_and(|word| word.number.is_some()) {
        next += 2;
    }
    while matches!(text(next), "+" | "full" | "-" | "or" | "more" | "whole") {
        next += 1;
    }
    let seconds = unit(text(next))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "clamped to ten years")]
    let total = (count * seconds as f64).round().clamp(0.0, 3.0e8) as i64;
    Some((TimeDelta::seconds(total), next + 1))
}

/// The first duration at or after a word.
pub fn duration_from(words: &[Word], from: usize) -> Option<(TimeDelta, usize, usize)> {
    (from..words.len()).find_map(|at| {
        // "an hour" only where a number may stand: not "a day" of "once a day".
        let (span, end) = duration_at(words, at)?;
        Some((span, at, end))
    })
}

/// The period that starts at a word: "per hour", "/day", "in 10 minutes", "every two weeks", "a day", "daily".
pub fn period_at(words: &[Word], at: usize) -> Option<Period> {
    let text = |at: usize| words.get(at).map_or("", |word| word.text.as_str());
    if matches!(text(at), "daily" | "weekly" | "monthly" | "hourly") {
        return simple(text(at));
    }
    let joins = ["per", "/", "a", "an", "each", "every", "in", "within", "any", "during", "over", "for", "one", "same"];
    if !joins.contains(&text(at)) {
        return None;
    }
    let mut next = at + 1;
    while [
        "any", "a", "an", "each", "the", "given", "rolling", "calendar", "single", "one", "same", "working",
        "business", "period", "of", "last",
    ]
    .contains(&text(next))
    {
        next += 1;
    }
    if let Some(number) = words.get(next).filter(|word| word.number.is_some()) {
        let (span, _) = duration_at(words, next)?;
        let unit = text(next + 1);
        if number.number == Some(1.0) {
            return simple(unit);
        }
        return Some(Period::Span(span));
    }
    // "in a day" but not "for review".
    let rolling = (at..next).any(|at| text(at) == "rolling");
    match simple(text(next)) {
        Some(Period::Day) if rolling => Some(Period::Span(TimeDelta::days(1))),
        Some(period) => Some(period),
        None if text(at) == "in" || text(at) == "within" || text(at) == "for" || text(at) == "one" => None,
        None => work(words, next),
    }
}

fn simple(text: &str) -> Option<Period> {
    Some(match text {
        "day" | "daily" | "days" => Period::Day,
        "week" | "weekly" | "weeks" => Period::Week,
        "month" | "monthly" | "months" => Period::Month,
        "half-hour" => Period::Span(TimeDelta::minutes(30)),
        _ => Period::Span(TimeDelta::seconds(unit(text)?)),
    })
}

/// A unit of work: the words at which people count without a clock.
fn work(words: &[Word], at: usize) -> Option<Period> {
    const UNITS: [&str; 19] = [
        "session",
        "sessions",
        "issue",
        "feature",
        "task",
        "sprint",
        "ticket",
        "story",
        "morning",
        "afternoon",
        "evening",
        "night",
        "shift",
        "conversation",
        "item",
        "iteration",
        "cycle",
        "pr",
        "change",
    ];
    let word = words.get(at)?;
    (UNITS.contains(&word.text.as_str()) && word.classes.0 != v::CODE.0).then(|| Period::Work(word.text.clone()))
}
