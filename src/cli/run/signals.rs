//! Signals that reach this process go to the command.

use std::process::{Child, ExitStatus};
use std::sync::Arc;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::Cause;

use crate::sources::files;

/// The signals that ask a command to end, caught from here on.
pub(in crate::cli::run) struct Signals(SignalsInfo<WithOrigin>);

impl Signals {
    /// Catches them, but for those that whoever started this told it to ignore (`nohup`): the command ignores them too.
    pub(super) fn listen() -> std::io::Result<Self> {
        let ignored = ignored();
        let ours = [SIGINT, SIGTERM, SIGHUP, SIGQUIT].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
        let signals = SignalsInfo::<WithOrigin>::new(ours)?;
        // Where this is ignored nobody can wait for a command; a handler, even an idle one, takes the place of that.
        signal_hook::flag::register(SIGCHLD, Arc::default())?;
        Ok(Self(signals))
    }

    /// The signal that came meanwhile.
    pub(in crate::cli::run) fn came(&mut self) -> Option<i32> {
        self.0.pending().next().map(|origin| origin.signal)
    }

    /// Waits for the end of a command, and passes on what comes meanwhile.
    ///
    /// A key at the terminal reaches every process in front of it by itself: what the kernel sent is not sent twice.
    pub(super) fn wait(mut self, child: &mut Child) -> std::io::Result<ExitStatus> {
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
        ended
    }
}

/// The signals that this process ignores, a bit each, from the first; none where the system does not tell (anything but Linux).
fn ignored() -> u64 {
    let status = files::read(std::path::Path::new("/proc/self/status"), 1 << 20).ok().flatten().unwrap_or_default();
    let status = String::from_utf8_lossy(&status);
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

/// The name of a signal.
pub(in crate::cli::run) fn signal_name(signal: i32) -> &'static str {
    Signal::try_from(signal).map_or("a signal", Signal::as_str)
}

/// The signal that ended a command.
pub(super) fn ended_by(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}
