//! Arguments, the clock and the terminal, read once; the exit code.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use deploy_rhythm::cli::{Cli, Edge, Kamal, Outcome, Surroundings};
use deploy_rhythm::github::{Settings, Token};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let terminal = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    let terminal = terminal.filter(|_| std::io::stdout().is_terminal());
    let wished = variable("COLUMNS").and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
    #[expect(clippy::disallowed_methods, reason = "the one clock: from here on time is a value, or a ledger's")]
    let clock: fn() -> chrono::DateTime<chrono::Utc> = chrono::Utc::now;
    let agent = variable("CLAUDECODE").is_some();
    let surroundings = Surroundings {
        ledger: variable("DEPLOY_RHYTHM_LEDGER"),
        ci: variable("CI").is_some_and(|value| !matches!(value.as_str(), "false" | "0")),
        user: ["GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR", "USER", "LOGNAME"].into_iter().find_map(variable),
        run: variable("DEPLOY_RHYTHM_RUN"),
        attended: !agent && (std::io::stdin().is_terminal() || std::io::stderr().is_terminal()),
        agent,
        kamal: Kamal {
            command: variable("KAMAL_COMMAND"),
            version: variable("KAMAL_VERSION"),
            destination: variable("KAMAL_DESTINATION"),
            performer: variable("KAMAL_PERFORMER"),
        },
        github: github(),
        path: std::env::var_os("PATH"),
        job: job(),
        watched: std::io::stderr().is_terminal(),
        terminal: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(),
    };
    let edge = Edge { now: clock(), clock, surroundings, width: terminal.or(wished).unwrap_or(100), cut: terminal };
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

/// What a job of GitHub Actions tells its steps, and the inputs that `action.yml` passes.
fn job() -> std::collections::BTreeMap<String, String> {
    let told = |name: &str| ["GITHUB_", "INPUT_", "RUNNER_"].iter().any(|begin| name.starts_with(begin));
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
        // A token is asked for where GitHub is, and lies about nowhere else.
        (told(&name) && name != "GITHUB_TOKEN" && !value.is_empty()).then_some((name, value))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// Where GitHub is, and who asks it.
fn github() -> Settings {
    let first = |names: [&str; 2]| names.into_iter().find_map(variable);
    Settings {
        api: variable("GITHUB_API_URL"),
        graphql: variable("GITHUB_GRAPHQL_URL"),
        token: first(["GITHUB_TOKEN", "GH_TOKEN"]).map(|token| Token::new(&token)),
        repository: variable("GITHUB_REPOSITORY"),
        proxy: first(["HTTPS_PROXY", "https_proxy"]),
        no_proxy: first(["NO_PROXY", "no_proxy"]),
        ..Settings::default()
    }
}

/// A variable of the environment; an empty one is none.
fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the environment is read once, here")]
    let value = std::env::var(name).ok();
    value.filter(|value| !value.is_empty())
}

/// Writes to standard output; colours are taken out where it is no terminal or `NO_COLOR` is set.
fn write(text: &str) -> std::io::Result<()> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
