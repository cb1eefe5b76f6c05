//! The command: it has the terminal, signals reach it, its exit code is the answer.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::Arc;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::Cause;

use crate::error::Error;
use crate::sources::files;

/// The signals that ask a command to end, caught from here on.
pub(super) struct Signals(SignalsInfo<WithOrigin>);

impl Signals {
    /// Catches them, but for those that whoever started this told it to ignore (`nohup`): the command ignores them too.
    pub(super) fn catch() -> Result<Self, Error> {
        let failed = |error| Error::failure(format!("signals cannot be caught: {error}"));
        let ignored = ignored();
        let ours = [SIGINT, SIGTERM, SIGHUP, SIGQUIT].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
        let signals = SignalsInfo::<WithOrigin>::new(ours).map_err(failed)?;
        // Where this is ignored nobody can wait for a command; a handler, even an idle one, takes the place of that.
        signal_hook::flag::register(SIGCHLD, Arc::default()).map_err(failed)?;
        Ok(Self(signals))
    }

    /// The signal that came meanwhile.
    pub(super) fn came(&mut self) -> Option<i32> {
        self.0.pending().next().map(|origin| origin.signal)
    }

    /// Runs a command to its end, and passes on what comes meanwhile.
    ///
    /// A key at the terminal reaches every process in front of it by itself: what the kernel sent is not sent twice.
    pub(super) fn run(mut self, command: &[OsString], id: &str) -> Result<ExitStatus, NoEnd> {
        let (name, arguments) =
            command.split_first().ok_or(NoEnd::Unstarted(std::io::ErrorKind::InvalidInput.into()))?;
        let started = Command::new(name).args(arguments).env("DEPLOY_RHYTHM_RUN", id).spawn();
        let mut child = started.map_err(NoEnd::Unstarted)?;
        let process = i32::try_from(child.id()).ok().map(Pid::from_raw);
        let handle = self.0.handle();
        let passing = std::thread::spawn(move || {
            for origin in &mut self.0 {
                let from_terminal = matches!(origin.cause, Cause::Kernel);
                if let (Some(process), Ok(signal), false) = (process, Signal::try_from(origin.signal), from_terminal) {
                    let _ = kill(process, signal);
                }
            }
        });
        let ended = child.wait();
        handle.close();
        let _ = passing.join();
        ended.map_err(NoEnd::Unknown)
    }
}

/// Why nobody knows how a command ended.
pub(super) enum NoEnd {
    /// It never started.
    Unstarted(std::io::Error),
    /// It started, and cannot be waited for.
    Unknown(std::io::Error),
}

/// The signals that this process ignores, a bit each, from the first; none where the system does not tell (anything but Linux).
fn ignored() -> u64 {
    let status = files::read(Path::new("/proc/self/status"), 1 << 20).ok().flatten().unwrap_or_default();
    let status = String::from_utf8_lossy(&status);
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

/// The exit code that a shell would give.
pub(super) fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// The name of a signal.
pub(super) fn signal_name(signal: i32) -> &'static str {
    Signal::try_from(signal).map_or("a signal", Signal::as_str)
}

/// Whether a command can be found, so that nobody waits for one that cannot.
pub(super) fn exists(name: &OsStr, path: Option<&OsStr>) -> bool {
    if Path::new(name).components().count() > 1 {
        return Path::new(name).exists();
    }
    // Without a path the system has its own.
    path.is_none_or(|path| std::env::split_paths(path).any(|folder| folder.join(name).is_file()))
}
