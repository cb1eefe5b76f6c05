//! Instants as a ledger writes them, read in a fraction of the time that any form takes: thousands are read under a lock.

use std::fmt;

use chrono::NaiveDate;
use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::engine::event::Instant;

/// Reads an instant that may be missing, for `deserialize_with`.
pub(super) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Instant>, D::Error> {
    Ok(Option::<Stamp>::deserialize(from)?.map(|stamp| stamp.0))
}

struct Stamp(Instant);

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Stamp;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an instant (RFC 3339)")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Stamp, E> {
                match plain(text.as_bytes()) {
                    Some(instant) => Ok(Stamp(instant)),
                    None => text.parse().map(Stamp).map_err(E::custom),
                }
            }
        }
        from.deserialize_str(Text)
    }
}

/// `2026-01-02T03:04:05Z`, with or without a fraction; none for every other form.
fn plain(text: &[u8]) -> Option<Instant> {
    let [y1, y2, y3, y4, b'-', o1, o2, b'-', d1, d2, b'T', h1, h2, b':', m1, m2, b':', s1, s2, rest @ .., b'Z'] = text
    else {
        return None;
    };
    let fraction = match rest {
        [] => &[][..],
        [b'.', digits @ ..] if (1..=9).contains(&digits.len()) => digits,
        _ => return None,
    };
    let nanos = number(fraction)? * 10_u32.pow(9 - u32::try_from(fraction.len()).ok()?);
    let two = |a: &u8, b: &u8| number(&[*a, *b]);
    let year = i32::try_from(number(&[*y1, *y2, *y3, *y4])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, two(o1, o2)?, two(d1, d2)?)?;
    Some(date.and_hms_nano_opt(two(h1, h2)?, two(m1, m2)?, two(s1, s2)?, nanos)?.and_utc())
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::{Stamp, plain};
    use crate::engine::event::Instant;

    #[test]
    fn the_short_way_reads_what_the_long_one_reads() {
        for text in [
            "2026-01-02T03:04:05Z",
            "2026-02-28T23:59:59.123456Z",
            "1970-01-01T00:00:00.5Z",
            "2024-02-29T12:00:00.000000001Z",
        ] {
            assert_eq!(plain(text.as_bytes()), text.parse::<Instant>().ok(), "{text}");
        }
        for text in [
            "2026-02-29T00:00:00Z",
            "2026-01-02T24:00:00Z",
            "2026-01-02T03:04:05.Z",
            "2026-01-02T03:04:05.1234567890Z",
            "2026-01-02T03:04:0aZ",
            "2026-01-02T03:04:05+01:00",
        ] {
            assert_eq!(plain(text.as_bytes()), None, "{text}");
            let read = serde_json::from_str::<Stamp>(&format!("\"{text}\"")).ok().map(|stamp| stamp.0);
            assert_eq!(read, text.parse().ok(), "{text}");
        }
    }
}
