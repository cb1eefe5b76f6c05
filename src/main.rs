//! Arguments, the clock and the terminal, read once; the exit code.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use deploy_rhythm::cli::{Cli, Edge, Outcome};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let terminal = terminal.filter(|_| std::io::stdout().is_terminal());
    #[expect(clippy::disallowed_methods, reason = "the environment is read once, here")]
    let wished = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
    #[expect(clippy::disallowed_methods, reason = "the one reading of the clock: from here on time is a value")]
    let now = chrono::Utc::now();
    let edge = Edge { now, width: terminal.or(wished).unwrap_or(100), cut: terminal };
    match cli.run(&edge) {
        Ok(Outcome { text, code }) => match write(&text) {
            Ok(()) => ExitCode::from(code),
            // Whoever reads has seen enough: `deploy-rhythm history | head` is no failure.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::from(code),
            Err(_) => ExitCode::from(1),
        },
        Err(error) => {
            let _ = writeln!(anstream::stderr(), "{error}");
            ExitCode::from(error.exit_code())
        }
    }
}

/// Writes to standard output; colours are taken out where it is no terminal or `NO_COLOR` is set.
fn write(text: &str) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
