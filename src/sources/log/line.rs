//! One line of a deploy log as it is written: its keys, and what each may hold.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Deserializer, de};

/// One line as it is written.
#[derive(Default, Deserialize)]
pub(super) struct Line<'a> {
    #[serde(borrow, default)]
    pub id: Field<'a>,
    #[serde(borrow, default)]
    pub environment: Field<'a>,
    #[serde(borrow, default)]
    pub commit: Field<'a>,
    #[serde(borrow, default)]
    pub revision: Field<'a>,
    #[serde(borrow, default)]
    pub state: Field<'a>,
    #[serde(borrow, default)]
    pub started_at: Field<'a>,
    #[serde(borrow, default)]
    pub finished_at: Field<'a>,
    #[serde(borrow, default)]
    pub run: Field<'a>,
    #[serde(borrow, default)]
    pub actor: Field<'a>,
    #[serde(borrow, default)]
    pub url: Field<'a>,
}

/// The value of a key.
#[derive(Default)]
pub(super) enum Field<'a> {
    #[default]
    Missing,
    Null,
    Text(Cow<'a, str>),
    Other(&'static str),
}

impl<'de: 'a, 'a> Deserialize<'de> for Field<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Field<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a JSON value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Field<'de>, E> {
                Ok(Field::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Field<'de>, E> {
                Ok(Field::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_unit<E>(self) -> Result<Field<'de>, E> {
                Ok(Field::Null)
            }

            // GitHub's ids are numbers: a whole number is its own text.
            fn visit_u64<E>(self, number: u64) -> Result<Field<'de>, E> {
                Ok(Field::Text(Cow::Owned(number.to_string())))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Field<'de>, E> {
                Ok(Field::Other("a negative number"))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Field<'de>, E> {
                Ok(Field::Other("a fraction"))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Field<'de>, E> {
                Ok(Field::Other("true or false"))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Field<'de>, A::Error> {
                while items.next_element::<de::IgnoredAny>()?.is_some() {}
                Ok(Field::Other("a list"))
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut entries: A) -> Result<Field<'de>, A::Error> {
                while entries.next_entry::<de::IgnoredAny, de::IgnoredAny>()?.is_some() {}
                Ok(Field::Other("an object"))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

impl Field<'_> {
    pub(super) fn optional(&self, key: &str) -> Result<Option<&str>, String> {
        match self {
            Self::Missing | Self::Null => Ok(None),
            Self::Text(text) if text.is_empty() => Err(format!("`{key}` is empty: leave it out, or write null")),
            // Only an escape can bring one in: JSON allows none as they are.
            Self::Text(Cow::Owned(text)) if text.bytes().any(|byte| byte.is_ascii_control()) => {
                Err(format!("`{key}` holds control characters"))
            }
            Self::Text(text) => Ok(Some(text)),
            Self::Other(what) => Err(format!("`{key}` is {what}, not a text")),
        }
    }

    pub(super) fn required(&self, key: &str) -> Result<&str, String> {
        match self {
            Self::Null => Err(format!("`{key}` is null, and is required")),
            Self::Text(text) if text.is_empty() => Err(format!("`{key}` is empty, and is required")),
            given => given.optional(key)?.ok_or_else(|| format!("`{key}` is missing")),
        }
    }
}

pub(super) fn any_json(line: &str) -> Result<Line<'_>, String> {
    serde_json::from_str(line).map_err(|error| {
        let text = error.to_string();
        format!("not JSON that can be read: {}", text.split(" at line").next().unwrap_or(&text))
    })
}
