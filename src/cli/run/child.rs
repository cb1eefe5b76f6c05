//! The command: it has the terminal, signals reach it, its exit code is the answer.

#[cfg(unix)]
#[path = "signals.rs"]
mod signals;
#[cfg(windows)]
#[path = "signals_windows.rs"]
mod signals;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Command, ExitStatus};

use crate::error::Error;

pub(super) use signals::{Signals, signal_name};

impl Signals {
    /// Catches what asks a command to end.
    pub(super) fn catch() -> Result<Self, Error> {
        Self::listen().map_err(|error| Error::failure(format!("signals cannot be caught: {error}")))
    }

    /// Runs a command to its end, and passes on what comes meanwhile.
    pub(super) fn run(self, command: &[OsString], id: &str) -> Result<ExitStatus, NoEnd> {
        let (name, arguments) =
            command.split_first().ok_or(NoEnd::Unstarted(std::io::ErrorKind::InvalidInput.into()))?;
        let started = Command::new(name).args(arguments).env("DEPLOY_RHYTHM_RUN", id).spawn();
        let mut child = started.map_err(NoEnd::Unstarted)?;
        self.wait(&mut child).map_err(NoEnd::Unknown)
    }
}

/// Why nobody knows how a command ended.
pub(super) enum NoEnd {
    /// It never started.
    Unstarted(std::io::Error),
    /// It started, and cannot be waited for.
    Unknown(std::io::Error),
}

/// The exit code that a shell would give.
pub(super) fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| signals::ended_by(status).map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// Whether a command can be found, so that nobody waits for one that cannot.
pub(super) fn exists(name: &OsStr, path: Option<&OsStr>) -> bool {
    if Path::new(name).components().count() > 1 {
        return Path::new(name).exists();
    }
    // Without a path the system has its own.
    path.is_none_or(|path| std::env::split_paths(path).any(|folder| folder.join(name).is_file()))
}
