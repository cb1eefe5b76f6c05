//! An answer of GitHub, read no further than its bound.

use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::address::shown;
use super::ask::Ask;
use super::trouble::Trouble;

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// What it holds.
    pub fn read<T: DeserializeOwned>(&self, what: &str) -> Result<T, Trouble> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Trouble::NotUnderstood { what: what.to_owned(), why: error.to_string() })
    }

    /// What GitHub says about it.
    pub fn message(&self) -> String {
        #[derive(Deserialize)]
        struct Said {
            message: String,
        }
        match serde_json::from_slice(&self.body) {
            Ok(Said { message }) => shown(&message),
            Err(_) => self.status.canonical_reason().unwrap_or("no reason given").to_owned(),
        }
    }

    /// The address of the page after this one.
    pub fn next(&self) -> Option<String> {
        let links = self.headers.get(http::header::LINK)?.to_str().ok()?;
        let next = links.split(',').find(|link| link.contains("rel=\"next\""))?;
        let (address, _) = next.trim().strip_prefix('<')?.split_once('>')?;
        Some(address.to_owned())
    }

    /// Why an answer that is no success is of no use.
    pub fn trouble(&self, ask: &Ask, token: bool) -> Trouble {
        let (what, needs, said) = (ask.what.clone(), ask.needs, self.message());
        match self.status.as_u16() {
            401 if !token => Trouble::NoToken { needs },
            401 => Trouble::BadToken,
            403 => Trouble::Forbidden { what, needs, said },
            404 | 410 => Trouble::NotThere { what, needs, token },
            status if status >= 500 => Trouble::Failing { what, status },
            status => Trouble::Refused { what, status, said },
        }
    }
}
