//! What a directive asks, read leniently: a missing key is a part that is not asked.

use serde_json::{Map, Value as Json};

use crate::governance::directive::Polarity;

/// The parameters of one directive.
#[derive(Clone, Copy, Debug)]
pub struct Params<'directive> {
    map: &'directive Map<String, Json>,
    polarity: Polarity,
}

impl<'directive> Params<'directive> {
    pub(super) const fn new(map: &'directive Map<String, Json>, polarity: Polarity) -> Self {
        Self { map, polarity }
    }

    /// Whether the directive forbids what it names.
    #[must_use]
    pub fn forbids(&self) -> bool {
        self.polarity == Polarity::MustNot
    }

    /// A value as it stands; null is none.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&'directive Json> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// A text that is not blank.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&'directive str> {
        self.value(key)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// A text or a list of them.
    #[must_use]
    pub fn texts(&self, key: &str) -> Vec<&'directive str> {
        let one = |value: &'directive Json| value.as_str().map(str::trim).filter(|text| !text.is_empty());
        match self.value(key) {
            Some(Json::Array(many)) => many.iter().filter_map(one).collect(),
            Some(value) => one(value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// A whole number, written as a number or in digits.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<usize> {
        let value = self.value(key)?;
        let whole = value.as_u64().or_else(|| value.as_str()?.trim().parse().ok())?;
        usize::try_from(whole).ok()
    }

    /// Whether a key is there and not false.
    #[must_use]
    pub fn asks(&self, key: &str) -> bool {
        self.value(key).is_some_and(|value| *value != Json::Bool(false))
    }
}
