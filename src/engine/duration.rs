//! Durations as people write them: `90s`, `15m`, `1h 30m`, `2d`.

use chrono::TimeDelta;

const UNITS: [(char, i64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// The longest duration that a policy may name: ten years, so that no sum of instants overflows.
const LONGEST_DAYS: i64 = 3_653;

/// Reads a duration: numbers with the units `d` (24 hours), `h`, `m`, `s`, largest first.
///
/// # Errors
///
/// Says in one sentence what is wrong with the text.
pub fn parse(text: &str) -> Result<TimeDelta, String> {
    let shape = || format!("`{text}` is not a duration: write `90s`, `15m`, `1h 30m` or `2d`");
    let mut seconds: i64 = 0;
    let mut allowed = &UNITS[..];
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(shape());
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let count: i64 = rest[..digits].parse().map_err(|_| shape())?;
        let unit = rest[digits..].chars().next().ok_or_else(shape)?;
        let index = allowed.iter().position(|(name, _)| *name == unit).ok_or_else(shape)?;
        let worth = count.checked_mul(allowed[index].1).and_then(|worth| seconds.checked_add(worth));
        seconds = worth.filter(|sum| *sum <= LONGEST_DAYS * 86_400).ok_or_else(|| {
            format!("`{text}` is longer than {LONGEST_DAYS} days, the longest that a policy may name")
        })?;
        allowed = &allowed[index + 1..];
        rest = rest[digits + unit.len_utf8()..].trim_start();
    }
    Ok(TimeDelta::seconds(seconds))
}

/// Writes a duration the way [`parse`] reads it.
#[must_use]
pub fn show(duration: TimeDelta) -> String {
    let mut rest = duration.num_seconds().max(0);
    let mut parts = Vec::new();
    for (unit, worth) in UNITS {
        if rest >= worth {
            parts.push(format!("{}{unit}", rest / worth));
            rest %= worth;
        }
    }
    if parts.is_empty() { "0s".to_owned() } else { parts.join(" ") }
}

/// Writes a duration for a glance: its two largest units.
#[must_use]
pub fn glance(duration: TimeDelta) -> String {
    let text = show(duration);
    text.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{parse, show};

    #[test]
    fn reads_what_people_write() {
        for (text, seconds) in
            [("90s", 90), ("15m", 900), ("1h 30m", 5_400), ("1h30m", 5_400), ("2d", 172_800), ("0s", 0)]
        {
            assert_eq!(parse(text).map(|duration| duration.num_seconds()), Ok(seconds), "{text}");
        }
    }

    #[test]
    fn refuses_what_it_would_have_to_guess() {
        for text in ["", "5", "m", "-5m", "1.5h", "30m 1h", "5m 5m", "1w", "99999999999999999999d", "4000d", "5 m"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn writes_what_it_reads() {
        for text in ["90s", "15m", "1h 30m", "2d"] {
            let duration = parse(text).expect("valid");
            assert_eq!(parse(&show(duration)), Ok(duration));
        }
    }
}
