//! Until when: instants and local times as people write them.

use chrono::{Days, NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use super::grammar::Words;
use crate::engine::calendar::{Bound, DaySet, TimeOfDay, end_of_day, instant_of, utc};
use crate::engine::duration;
use crate::engine::event::{Instant, parse_instant};

/// The longest freeze; a longer one belongs into the policy.
pub const LONGEST_FREEZE: TimeDelta = TimeDelta::days(365);

const SHAPE: &str =
    "`17:00`, `tomorrow 09:00`, `monday 09:00`, `in 2h`, `2026-12-24`, `2026-12-24 18:00` or `2026-12-24T18:00:00Z`";

/// Reads the end of a freeze that begins now.
pub fn until(words: &mut Words<'_>, now: Instant, zone: Tz) -> Result<Instant, String> {
    let word = words.next().ok_or_else(|| format!("say until when: {SHAPE}"))?;
    let folded = word.to_lowercase();
    let today = now.with_timezone(&zone).date_naive();
    let end = if let Some(instant) = parse_instant(word) {
        Some(instant)
    } else if folded == "in" {
        Some(now + length(words)?)
    } else if let Some(time) = TimeOfDay::parse(word) {
        let end = on(zone, today, time);
        if end.is_some_and(|end| end <= now) {
            return Err(format!("{time} is over today: write `tomorrow {time}`"));
        }
        end
    } else if let Ok(day) = NaiveDate::parse_from_str(word, "%Y-%m-%d") {
        match words.next_if(TimeOfDay::parse) {
            Some(time) => on(zone, day, time),
            None => end_of_day(zone, day),
        }
    } else {
        let days = days(&folded, today).ok_or_else(|| format!("`{word}` is no time: write {SHAPE}"))?;
        let missing = || format!("say the time too: `{folded} 09:00`");
        let time = words.next_if(TimeOfDay::parse).ok_or_else(missing)?;
        let mut ends = days.into_iter().filter_map(|day| on(zone, day, time));
        let last = ends.next_back();
        ends.find(|end| *end > now).or(last)
    };
    lasting(end, now)
}

/// Reads how long a freeze lasts that begins now.
pub fn lasts(words: &mut Words<'_>, now: Instant) -> Result<Instant, String> {
    let length = length(words)?;
    lasting(now.checked_add_signed(length), now)
}

fn lasting(end: Option<Instant>, now: Instant) -> Result<Instant, String> {
    let end = end.ok_or_else(|| format!("that is no time: write {SHAPE}"))?;
    match end - now {
        length if length <= TimeDelta::zero() => Err(format!("{} is over already", utc(end))),
        length if length > LONGEST_FREEZE => Err("a freeze by a comment lasts at most 365d: \
             write a longer one into the policy, `freeze: {from, to, because}`"
            .to_owned()),
        _ => Ok(end),
    }
}

/// A duration of one word or several: `2h`, `1h 30m`.
fn length(words: &mut Words<'_>) -> Result<TimeDelta, String> {
    let mut text = words.next().unwrap_or_default().to_owned();
    let mut length = duration::parse(&text)?;
    while let Some((longer, sum)) = words.next_if(|word| {
        let longer = format!("{text} {word}");
        duration::parse(&longer).ok().map(|sum| (longer, sum))
    }) {
        (text, length) = (longer, sum);
    }
    Ok(length)
}

/// The days that a word may mean, in order.
fn days(word: &str, today: NaiveDate) -> Option<Vec<NaiveDate>> {
    let after = |count| today.checked_add_days(Days::new(count));
    match word {
        "today" => Some(vec![today]),
        "tomorrow" => Some(vec![after(1)?]),
        _ => {
            let mut set = DaySet::NONE;
            let number = (!word.contains('-') && set.add(word)).then(|| set.numbers().next()).flatten()?;
            let this = today.format("%u").to_string().parse::<usize>().ok()? - 1;
            let ahead = u64::try_from((number + 7 - this) % 7).ok()?;
            Some(vec![after(ahead)?, after(ahead + 7)?])
        }
    }
}

fn on(zone: Tz, day: NaiveDate, time: TimeOfDay) -> Option<Instant> {
    let local = day.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::seconds(i64::from(time.seconds())))?;
    instant_of(zone, local, Bound::End)
}
