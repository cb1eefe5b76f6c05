//! One request, before it is sent.

use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;

/// What stands for itself in a path or a query.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Whether a request that may have arrived may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twice {
    /// It changes nothing, or the same a second time.
    Harmless,
    /// It would be done twice.
    Never,
}

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub method: Method,
    /// Below the API, or a whole address that GitHub gave for the next page.
    pub path: String,
    pub body: Option<Json>,
    /// What is asked for, for people.
    pub what: String,
    /// The permission that it takes.
    pub needs: &'static str,
    pub twice: Twice,
}

impl Ask {
    /// Asks for something.
    pub fn get(path: String, what: impl Into<String>, needs: &'static str) -> Self {
        Self { method: Method::GET, path, body: None, what: what.into(), needs, twice: Twice::Harmless }
    }

    /// Makes something anew.
    pub fn post(path: String, body: Json, what: impl Into<String>, needs: &'static str) -> Self {
        Self { method: Method::POST, body: Some(body), twice: Twice::Never, ..Self::get(path, what, needs) }
    }

    /// Changes something to what is told.
    pub fn patch(path: String, body: Json, what: impl Into<String>, needs: &'static str) -> Self {
        Self { method: Method::PATCH, body: Some(body), ..Self::get(path, what, needs) }
    }

    /// Adds a query.
    pub fn with(mut self, pairs: &[(&str, &str)]) -> Self {
        for (key, value) in pairs {
            let mark = if self.path.contains('?') { '&' } else { '?' };
            self.path.push_str(&format!("{mark}{key}={}", part(value)));
        }
        self
    }
}

/// A part of a path or a query, as it is written there.
pub(super) fn part(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use super::Ask;

    #[test]
    fn what_others_wrote_stays_one_part() {
        let ask = Ask::get("/x".to_owned(), "x", "x").with(&[("environment", "a/b?c&d=e f"), ("page", "2")]);
        assert_eq!(ask.path, "/x?environment=a%2Fb%3Fc%26d%3De%20f&page=2");
    }
}
