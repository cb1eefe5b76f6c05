//! What takes long tells how far it is: on a terminal only, on standard error, and after a second.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often the line is drawn, in milliseconds.
const BEAT: u64 = 100;

/// After how many beats it is first drawn.
const PATIENCE: u64 = 1000 / BEAT;

/// The columns of the bar.
const BAR: u64 = 24;

#[derive(Default)]
struct State {
    what: Mutex<String>,
    done: AtomicU64,
    /// Nought where nobody knows how much there is.
    total: AtomicU64,
    over: AtomicBool,
}

/// A line on standard error that tells what is being done; it is gone when this is.
pub(super) struct Progress {
    state: Arc<State>,
    drawing: Option<JoinHandle<()>>,
}

impl Progress {
    /// Begins; nothing is drawn where standard error is no terminal.
    pub(super) fn new() -> Self {
        let state = Arc::new(State::default());
        let drawing = std::io::stderr().is_terminal().then(|| {
            let state = Arc::clone(&state);
            thread::spawn(move || draw(&state))
        });
        Self { state, drawing }
    }

    /// Says what is done now, and how many steps that has, where it is known.
    pub(super) fn stage(&self, what: &str, total: Option<usize>) {
        what.clone_into(&mut self.state.what.lock().unwrap_or_else(PoisonError::into_inner));
        self.state.done.store(0, Ordering::Relaxed);
        self.state.total.store(total.and_then(|total| total.try_into().ok()).unwrap_or(0), Ordering::Relaxed);
    }

    /// Says how many steps are done.
    pub(super) fn at(&self, done: usize) {
        self.state.done.store(done as u64, Ordering::Relaxed);
    }

    /// Counts one step.
    pub(super) fn step(&self) {
        self.state.done.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::Relaxed);
        if let Some(drawing) = self.drawing.take() {
            drawing.thread().unpark();
            let _ = drawing.join();
        }
    }
}

fn draw(state: &State) {
    let mut drawn = 0_usize;
    for beat in 0_u64.. {
        if state.over.load(Ordering::Relaxed) {
            break;
        }
        if beat >= PATIENCE {
            let what = state.what.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let (done, total) = (state.done.load(Ordering::Relaxed), state.total.load(Ordering::Relaxed));
            let line = line(&what, done, total, beat);
            let width = line.chars().count();
            let _ = write!(std::io::stderr(), "\r{line}{}", " ".repeat(drawn.saturating_sub(width)));
            drawn = width;
        }
        thread::park_timeout(Duration::from_millis(BEAT));
    }
    if drawn > 0 {
        let _ = write!(std::io::stderr(), "\r{}\r", " ".repeat(drawn));
    }
}

/// The line as it looks at a beat: a bar that fills, or where the total is not known, one mark that wanders.
fn line(what: &str, done: u64, total: u64, beat: u64) -> String {
    let seconds = beat * BEAT / 1000;
    let cells = |is_full: &dyn Fn(u64) -> bool| -> String {
        (0..BAR).map(|cell| if is_full(cell) { '#' } else { '-' }).collect()
    };
    if total == 0 {
        let bar = cells(&|cell| (cell + BAR - beat % BAR) % BAR < 3);
        return format!("[{bar}] {what}, {seconds}s");
    }
    let done = done.min(total);
    let full = u128::from(done) * u128::from(BAR) / u128::from(total);
    let bar = cells(&|cell| u128::from(cell) < full);
    format!("[{bar}] {done}/{total} {what}, {seconds}s")
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_bar_fills_and_a_mark_wanders() {
        assert_eq!(line("pushes", 5, 10, 25), "[############------------] 5/10 pushes, 2s");
        assert_eq!(line("pushes", 99, 10, 25), "[########################] 10/10 pushes, 2s");
        assert_eq!(line("history", 7, 0, 24), "[###---------------------] history, 2s");
        assert_eq!(line("history", 7, 0, 27), "[---###------------------] history, 2s");
    }
}
