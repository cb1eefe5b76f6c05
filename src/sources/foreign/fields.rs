//! The fields of an entry, as other tools write them, and the deployment that they make.

use std::sync::Arc;

use chrono::Datelike;
use serde_json::Value as Json;

use super::UNNAMED;
use super::stream::Entry;
use crate::engine::event::{CommitId, Deployment, DeploymentState, Instant, Precision, parse_instant};
use crate::render::clean;
use crate::sources::dated;

/// An entry, or an object inside one.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub Option<&'a Entry>);

impl<'a> Fields<'a> {
    pub(super) const fn of(entry: &'a Entry) -> Self {
        Self(Some(entry))
    }

    pub(super) fn get(self, key: &str) -> Option<&'a Json> {
        self.0?.get(key).filter(|value| !value.is_null())
    }

    /// An object below; an empty one where there is none.
    pub(super) fn below(self, key: &str) -> Self {
        Self(self.get(key).and_then(Json::as_object))
    }

    /// The objects of a list.
    pub(super) fn each(self, key: &str) -> impl DoubleEndedIterator<Item = Self> {
        let list = self.get(key).and_then(Json::as_array);
        list.into_iter().flatten().map(|item| Self(item.as_object()))
    }

    /// A text, made harmless; a whole number is its own text, an empty text is none.
    pub(super) fn text(self, key: &str) -> Option<String> {
        match self.get(key)? {
            Json::String(text) => Some(clean(text.trim()).into_owned()).filter(|text| !text.is_empty()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub(super) fn required(self, key: &str) -> Result<String, String> {
        self.text(key).ok_or_else(|| format!("`{key}` is missing"))
    }

    pub(super) fn number(self, key: &str) -> Option<u64> {
        let value = self.get(key)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    }

    /// An instant; Go's zero is none.
    pub(super) fn instant(self, key: &str) -> Result<Option<Instant>, String> {
        let Some(text) = self.text(key) else { return Ok(None) };
        match parse_instant(&text) {
            Some(instant) if instant.year() == 1 => Ok(None),
            Some(instant) => dated(instant, key).map(Some),
            None => Err(format!("`{key}` is `{}`, and no instant", text.chars().take(40).collect::<String>())),
        }
    }

    pub(super) fn required_instant(self, key: &str) -> Result<Instant, String> {
        self.instant(key)?.ok_or_else(|| format!("`{key}` is missing"))
    }
}

/// A deployment of which nothing else is known; where it went is settled by what is asked.
pub(super) fn deployment(id: impl Into<Arc<str>>, state: DeploymentState, started_at: Instant) -> Deployment {
    Deployment {
        id: id.into(),
        environment: UNNAMED.into(),
        commit: None,
        revision: None,
        state,
        started_at,
        finished_at: None,
        run: None,
        actor: None,
        url: None,
        precision: Precision::Recorded,
    }
}

/// The fewest digits by which people name a commit.
const SHORTEST: usize = 7;

/// The commit that a text may name: its digits, or those that end an image's tag (`app:main-3f2a1b9`). Whether there is
/// such a commit, the repository tells.
pub(super) fn commit_in(text: &str) -> Option<CommitId> {
    let tag = text.rsplit(['/', '@']).next().unwrap_or(text);
    let tag = tag.rsplit(':').next().unwrap_or(tag);
    let digits = [tag, tag.rsplit(['-', '.', ' ']).next().unwrap_or(tag)];
    let names_one = |text: &&str| {
        (SHORTEST..=64).contains(&text.len())
            && !text.contains("sha256")
            && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    // A digest of an image is as long as an id of SHA-256, and is none.
    digits.into_iter().filter(|_| !text.contains("sha256:")).find(names_one).map(CommitId::new)
}

/// Since when numbered records are complete: back to the first gap; `None` where they begin with the first number.
///
/// The instant of a number is missing where its record tells only another's.
pub(super) fn known_since(mut numbers: Vec<(u64, Option<Instant>)>, first: u64) -> Option<Instant> {
    numbers.sort_unstable_by(|one, two| two.cmp(one));
    numbers.dedup_by_key(|(number, _)| *number);
    let mut since = Instant::MAX_UTC;
    let mut expected = None;
    for (number, at) in numbers {
        match at {
            Some(at) if expected.is_none_or(|expected| expected == number) => since = since.min(at),
            _ => return Some(since),
        }
        if number == first {
            return None;
        }
        expected = number.checked_sub(1);
    }
    expected.map(|_| since)
}

#[cfg(test)]
mod tests {
    use super::{commit_in, known_since};
    use crate::engine::event::Instant;

    #[test]
    fn commits_are_told_from_other_names() {
        for (text, commit) in [
            ("3f2a1b9c", Some("3f2a1b9c")),
            ("registry.example.org:5000/shop/app:main-3F2A1B9", Some("3f2a1b9")),
            ("shop-app-1.4.2", None),
            ("app:v1.4", None),
            ("app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", None),
            ("Deploy 3f2a1b9c", Some("3f2a1b9c")),
            ("Set FOO config vars", None),
        ] {
            assert_eq!(commit_in(text).as_ref().map(super::CommitId::as_str), commit, "{text}");
        }
    }

    #[test]
    fn a_gap_ends_what_is_complete() {
        let at = |seconds: u32| Instant::from_timestamp(seconds.into(), 0);
        let of = |numbers: &[u32]| known_since(numbers.iter().map(|one| (u64::from(*one), at(*one * 10))).collect(), 1);
        assert_eq!(of(&[1, 2, 3]), None);
        assert_eq!(of(&[4, 2, 3]), at(20));
        assert_eq!(of(&[1, 2, 4, 5]), at(40));
        assert_eq!(known_since(vec![(3, at(30)), (2, None), (1, at(10))], 1), at(30));
        assert_eq!(known_since(vec![(2, None), (1, at(10))], 1), Some(Instant::MAX_UTC));
        assert_eq!(known_since(Vec::new(), 1), None);
    }
}
