//! What can go wrong with a ledger: one sentence, and what to do.

use std::fmt;

use crate::error::Error;

/// Why a ledger cannot be used; whoever needs it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub what: String,
    pub remedy: String,
}

impl Trouble {
    /// Names what is wrong and what to do about it.
    pub fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.what, self.remedy)
    }
}

impl std::error::Error for Trouble {}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        Self::failure(trouble.what).hint(trouble.remedy)
    }
}
