//! Windows: Ctrl-C reaches every process of the console by itself; this one outlives it, and records how the command ended.

use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::SIGINT;

/// Ctrl-C, caught from here on.
pub(in crate::cli::run) struct Signals(Arc<AtomicBool>);

impl Signals {
    pub(super) fn listen() -> std::io::Result<Self> {
        let pressed = Arc::default();
        signal_hook::flag::register(SIGINT, Arc::clone(&pressed))?;
        Ok(Self(pressed))
    }

    /// The signal that came meanwhile.
    pub(in crate::cli::run) fn came(&mut self) -> Option<i32> {
        self.0.swap(false, Ordering::Relaxed).then_some(SIGINT)
    }

    /// Waits for the end of a command.
    #[expect(clippy::unused_self, reason = "elsewhere it passes signals on")]
    pub(super) fn wait(self, child: &mut Child) -> std::io::Result<ExitStatus> {
        child.wait()
    }
}

/// The name of a signal.
pub(in crate::cli::run) fn signal_name(_: i32) -> &'static str {
    "Ctrl-C"
}

/// The signal that ended a command: there is none.
pub(super) fn ended_by(_: ExitStatus) -> Option<i32> {
    None
}
