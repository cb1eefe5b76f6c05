//! How long GitHub is waited for, and when it is asked again.

use std::time::Duration;

use chrono::DateTime;
use http::{HeaderMap, StatusCode};

use super::trouble::Trouble;
use crate::engine::event::Instant;

/// How long GitHub is waited for, and how much of it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For one answer, whole.
    pub answer: Duration,
    /// Before the first time that something is asked again; each time after that, twice as long.
    pub pause: Duration,
    /// Between the answers of one process, all together.
    pub patience: Duration,
    /// The longest answer, in bytes.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(20),
            pause: Duration::from_millis(500),
            patience: Duration::from_secs(90),
            bytes: 16 << 20,
        }
    }
}

/// How often one thing is asked.
pub(super) const TRIES: u32 = 4;

/// What to make of an answer that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Ask again after that long.
    Again { after: Duration },
    /// Ask again once a limit has passed: nothing was done.
    Limited { after: Duration, trouble: Trouble },
    /// Why it is no use.
    Never(Trouble),
}

/// Judges an answer that is no success; `said` is its message.
pub(super) fn judge(
    status: StatusCode,
    headers: &HeaderMap,
    said: &str,
    tried: u32,
    limits: &Limits,
) -> Option<Verdict> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::FORBIDDEN {
        let now = date(headers);
        if number("x-ratelimit-remaining") == Some(0) {
            let until = reset(headers);
            let trouble = Trouble::RateLimited { until, secondary: false };
            let wait = until.zip(now).map(|(until, now)| (until - now).to_std().unwrap_or_default());
            return Some(limited(wait.map(|wait| wait + Duration::from_secs(1)), trouble, limits));
        }
        let asked = number("retry-after").map(Duration::from_secs);
        if asked.is_some() || status == StatusCode::TOO_MANY_REQUESTS || said.contains("secondary rate limit") {
            let wait = asked.unwrap_or(Duration::from_secs(60));
            let until = now.and_then(|now| now.checked_add_signed(chrono::TimeDelta::from_std(wait).ok()?));
            return Some(limited(Some(wait), Trouble::RateLimited { until, secondary: true }, limits));
        }
    }
    status.is_server_error().then(|| Verdict::Again { after: backoff(tried, limits) })
}

fn limited(wait: Option<Duration>, trouble: Trouble, limits: &Limits) -> Verdict {
    match wait {
        Some(after) if after <= limits.patience => Verdict::Limited { after, trouble },
        _ => Verdict::Never(trouble),
    }
}

/// How long to wait after so many tries.
pub(super) fn backoff(tried: u32, limits: &Limits) -> Duration {
    limits.pause * 2_u32.pow(tried.saturating_sub(1).min(6))
}

/// When a rate limit that is reached begins anew.
pub(super) fn reset(headers: &HeaderMap) -> Option<Instant> {
    let text = headers.get("x-ratelimit-reset")?.to_str().ok()?;
    DateTime::from_timestamp(text.trim().parse().ok()?, 0)
}

/// GitHub's own clock, as its answer tells it.
pub(super) fn date(headers: &HeaderMap) -> Option<Instant> {
    let text = headers.get(http::header::DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(text).ok().map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, StatusCode};

    use super::{Limits, Trouble, Verdict, judge};

    fn of(status: u16, headers: &[(&'static str, &'static str)], said: &str) -> Option<Verdict> {
        let mut map = HeaderMap::new();
        map.insert("date", HeaderValue::from_static("Wed, 04 Feb 2026 10:00:00 GMT"));
        for (name, value) in headers {
            map.insert(*name, HeaderValue::from_static(value));
        }
        judge(StatusCode::from_u16(status).expect("a status"), &map, said, 1, &Limits::default())
    }

    #[test]
    fn a_limit_is_waited_for_where_it_ends_soon() {
        let waited = |verdict| match verdict {
            Some(Verdict::Limited { after, trouble: Trouble::RateLimited { until: Some(_), .. } }) => after.as_secs(),
            other => panic!("{other:?}"),
        };
        // 10:00:30, and a second more.
        assert_eq!(waited(of(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1770199230")], "")), 31);
        assert_eq!(waited(of(429, &[("retry-after", "7")], "")), 7);
        assert_eq!(waited(of(403, &[], "You have exceeded a secondary rate limit")), 60);
        let Some(Verdict::Never(Trouble::RateLimited { until: Some(until), secondary: false })) =
            of(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1770202800")], "")
        else {
            panic!("an hour is too long")
        };
        assert_eq!(until.timestamp(), 1_770_202_800);
        assert!(matches!(of(429, &[("retry-after", "3600")], ""), Some(Verdict::Never(_))));
    }

    #[test]
    fn what_the_token_may_not_is_not_asked_again() {
        assert_eq!(of(403, &[("x-ratelimit-remaining", "4999")], "Resource not accessible by integration"), None);
        assert_eq!(of(404, &[], "Not Found"), None);
        assert!(matches!(of(502, &[], ""), Some(Verdict::Again { .. })));
    }
}
