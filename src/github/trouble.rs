//! What is missing where GitHub does not answer, and what to do about it.

use std::fmt;

use crate::engine::calendar::utc;
use crate::engine::event::Instant;
use crate::engine::facts::Missing;
use crate::error::Error;

/// Why GitHub gave no answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// An address, or the name of a repository, that cannot be used.
    BadAddress { what: String },
    /// Nobody said who asks, and it is asked who that is.
    NoToken { needs: &'static str },
    /// 401: the token has expired, was revoked, or is none.
    BadToken,
    /// 403: the token may not.
    Forbidden { what: String, needs: &'static str, said: String },
    /// 404: it is not there, or not for this token.
    NotThere { what: String, needs: &'static str, token: bool },
    /// The rate limit is reached, or the secondary one, which asks for patience.
    RateLimited { until: Option<Instant>, secondary: bool },
    /// 422 and the like: what was sent is refused.
    Refused { what: String, status: u16, said: String },
    /// It answered with its own failure until patience ended.
    Failing { what: String, status: u16 },
    /// It could not be reached, or broke off.
    Unreachable { what: String, why: String },
    /// No answer came in time.
    Silent { what: String },
    /// An answer that is larger than is read.
    TooLarge { what: String },
    /// An answer that cannot be read.
    NotUnderstood { what: String, why: String },
}

impl Trouble {
    /// What is missing.
    #[must_use]
    pub fn what(&self) -> String {
        match self {
            Self::BadAddress { what } => what.clone(),
            Self::NoToken { .. } => "GitHub is asked without a token".to_owned(),
            Self::BadToken => {
                "GitHub does not know the token: it has expired, was revoked, or is none (401)".to_owned()
            }
            Self::Forbidden { what, said, .. } => format!("GitHub refuses {what} to this token (403): {said}"),
            Self::NotThere { what, .. } => format!("GitHub has no {what}, or none that this token may see (404)"),
            Self::RateLimited { until, secondary } => {
                let which = if *secondary { "GitHub's secondary rate limit" } else { "GitHub's rate limit" };
                let until = until.map(|until| format!(" until {}", utc(until))).unwrap_or_default();
                format!("{which} is reached{until}")
            }
            Self::Refused { what, status, said } => format!("GitHub refuses {what} ({status}): {said}"),
            Self::Failing { what, status } => format!("GitHub fails at {what} ({status})"),
            Self::Unreachable { what, why } => format!("GitHub could not be reached for {what}: {why}"),
            Self::Silent { what } => format!("GitHub did not answer for {what} in time"),
            Self::TooLarge { what } => format!("GitHub's answer for {what} is larger than is read"),
            Self::NotUnderstood { what, why } => format!("GitHub's answer for {what} cannot be read: {why}"),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::BadAddress { .. } => {
                "set GITHUB_REPOSITORY to OWNER/NAME, or write `--deploys github:OWNER/NAME`; for GitHub Enterprise set GITHUB_API_URL too".to_owned()
            }
            Self::NoToken { needs } => format!("set GITHUB_TOKEN to a token with `{needs}`"),
            Self::BadToken => "set GITHUB_TOKEN to one that is valid; a job's own ends with the job".to_owned(),
            Self::Forbidden { needs, .. } => {
                format!("give the token `{needs}` (in a workflow: under `permissions:` of the job)")
            }
            Self::NotThere { needs, token: true, .. } => {
                format!("check the name; a private repository asks for a token with `{needs}`")
            }
            Self::NotThere { needs, token: false, .. } => {
                format!("check the name; a private repository asks for GITHUB_TOKEN with `{needs}`")
            }
            Self::RateLimited { until: Some(_), .. } => "ask again then".to_owned(),
            Self::RateLimited { until: None, .. } => "ask again in some minutes, and less often".to_owned(),
            Self::Refused { .. } => "mend what it names".to_owned(),
            Self::Failing { .. } | Self::Silent { .. } => "ask again; see GitHub's status page".to_owned(),
            Self::Unreachable { .. } => {
                "check the network, GITHUB_API_URL and HTTPS_PROXY, then ask again".to_owned()
            }
            Self::TooLarge { .. } => "ask for less: name an environment".to_owned(),
            Self::NotUnderstood { .. } => "check that GITHUB_API_URL is GitHub's API".to_owned(),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}; {}", self.what(), self.remedy())
    }
}

impl std::error::Error for Trouble {}

impl From<Trouble> for Missing {
    fn from(trouble: Trouble) -> Self {
        Self::new(trouble.what(), trouble.remedy())
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        let error = match trouble {
            Trouble::BadAddress { .. } => Self::usage(trouble.what()),
            _ => Self::failure(trouble.what()),
        };
        error.hint(trouble.remedy())
    }
}
