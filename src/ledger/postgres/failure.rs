//! What can go wrong with PostgreSQL, in one sentence, and what to do.

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use super::super::Trouble;
use crate::render::clean;

/// Why something did not come about.
#[derive(Debug)]
pub(super) enum Failure {
    /// There was no answer in time.
    Silence,
    Error(Error),
    Trouble(Trouble),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl Failure {
    fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Error(error) => error.code(),
            _ => None,
        }
    }

    /// Whether the connection is gone, and with it the answer.
    pub(super) fn is_lost(&self) -> bool {
        match self {
            Self::Silence => true,
            Self::Trouble(_) => false,
            Self::Error(error) => match error.code() {
                None => true,
                Some(code) => is_going(code),
            },
        }
    }

    /// Whether to ask again is all that it takes.
    pub(super) fn is_passing(&self) -> bool {
        let passing =
            [&SqlState::T_R_DEADLOCK_DETECTED, &SqlState::T_R_SERIALIZATION_FAILURE, &SqlState::NOT_NULL_VIOLATION];
        self.is_lost() || self.code().is_some_and(|code| passing.contains(&code))
    }

    /// Whether somebody else had the lock for too long.
    pub(super) fn is_locked(&self) -> bool {
        self.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
    }

    /// One sentence, and what to do; `name` is that of the ledger, without a password.
    pub(super) fn told(self, name: &str) -> Trouble {
        let error = match self {
            Self::Trouble(trouble) => return trouble,
            Self::Silence => {
                return Trouble::new(
                    format!("the ledger {name} cannot be reached: it does not answer"),
                    "look at the server and the network, then ask again",
                );
            }
            Self::Error(error) => error,
        };
        let said = clean(&reason(&error)).into_owned();
        let Some(code) = error.code() else {
            return Trouble::new(
                format!("the ledger {name} cannot be reached: {said}"),
                "look at the server and the network, then ask again",
            );
        };
        let (what, remedy) = match code.code() {
            _ if is_going(code) || *code == SqlState::TOO_MANY_CONNECTIONS => {
                (format!("the ledger {name} cannot be reached: {said}"), "look at the server, then ask again")
            }
            "28P01" | "28000" => (
                format!("the ledger {name} cannot be opened: {said}"),
                "put the right user and password into DEPLOY_RHYTHM_LEDGER: `postgres://user:password@host/database`",
            ),
            "3D000" => {
                (format!("the ledger {name} cannot be opened: {said}"), "make it with `createdb`, or name another")
            }
            "42501" => (
                format!("the ledger {name} cannot be used: {said}"),
                "give its user the rights that docs/ledger.md lists under PostgreSQL",
            ),
            "25006" => (format!("the ledger {name} cannot be written: {said}"), "name the primary server"),
            "53100" => (format!("the ledger {name} cannot be written: the disk is full"), "make room, then ask again"),
            "57014" => (format!("the ledger {name} took too long: {said}"), "look at the server, then ask again"),
            _ => (format!("the ledger {name} cannot be used: {said}"), "mend that, then ask again"),
        };
        Trouble::new(what, remedy)
    }
}

/// Whether a server says that it goes, or has cut the connection.
fn is_going(code: &SqlState) -> bool {
    let codes = ["57P01", "57P02", "57P03", "57P05", "25P03"];
    codes.contains(&code.code()) || code.code().starts_with("08")
}

/// What the server says, else what lies beneath.
fn reason(error: &Error) -> String {
    if let Some(said) = error.as_db_error() {
        return said.message().to_owned();
    }
    let mut beneath: &dyn std::error::Error = error;
    while let Some(source) = beneath.source() {
        beneath = source;
    }
    beneath.to_string()
}
