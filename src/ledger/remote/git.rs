//! The `git` program, for what travels: the user's own credentials, ssh and proxies work as they do for them.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::ledger::Trouble;
use crate::render::clean;

/// How long one call may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is kept of either output, in bytes.
const LIMIT: usize = 4 << 20;

/// Set for every call: no hook of the user runs, nothing is tidied up or signed on the side.
const SETTINGS: [&str; 9] = [
    "core.hooksPath=/dev/null",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.writeCommitGraph=false",
    "fetch.recurseSubmodules=false",
    "push.gpgSign=false",
    "push.followTags=false",
    "color.ui=false",
    "advice.pushUpdateRejected=false",
];

/// What would point git somewhere else, as in a hook.
const FOREIGN: [&str; 9] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
];

/// One repository that git works for, and one remote of it.
pub(super) struct Git {
    pub directory: PathBuf,
    pub remote: String,
    /// Settings that this remote needs.
    pub settings: Vec<String>,
}

/// What git answered.
pub(super) struct Said {
    pub ok: bool,
    pub out: String,
    pub error: String,
}

impl Git {
    /// Runs one call; `after` follows the remote's name.
    pub(super) fn run(&self, call: &[&str], after: &[&str]) -> Result<Said, Trouble> {
        let mut command = Command::new("git");
        command.arg("--git-dir").arg(&self.directory);
        for setting in SETTINGS.into_iter().chain(self.settings.iter().map(String::as_str)) {
            command.args(["-c", setting]);
        }
        command.args(call).arg("--").arg(&self.remote).args(after);
        for name in FOREIGN {
            command.env_remove(name);
        }
        // Nobody answers a question here: what asks one, fails.
        command.env("GIT_TERMINAL_PROMPT", "0").env("SSH_ASKPASS_REQUIRE", "force").env("LC_ALL", "C");
        command.env_remove("LANGUAGE").env_remove("GIT_TRACE");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A key at the terminal is for `run`, which ends in order: it does not reach a push on its way.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let spawned = command.spawn();
        let mut child = spawned.map_err(|error| {
            Trouble::new(format!("the program git cannot be run: {error}"), "install git: it reaches the remote")
        })?;
        let (out, error) = (kept(child.stdout.take()), kept(child.stderr.take()));
        let ended = wait(&mut child);
        let (out, mut error) = (out.text(), error.text());
        if ended.is_none() {
            error.push_str(&format!("\nfatal: no answer within {} seconds", PATIENCE.as_secs()));
        }
        Ok(Said { ok: ended == Some(true), out, error })
    }
}

/// What a stream said so far, and whether it has ended.
struct Heard {
    bytes: Arc<Mutex<Vec<u8>>>,
    ended: Receiver<()>,
}

fn kept(stream: Option<impl Read + Send + 'static>) -> Heard {
    let bytes = Arc::new(Mutex::new(Vec::new()));
    let (end, ended) = channel();
    let into = Arc::clone(&bytes);
    thread::spawn(move || {
        let mut piece = [0; 8192];
        let mut read = |stream: &mut dyn Read| stream.read(&mut piece).map(|length| piece[..length].to_vec());
        if let Some(mut stream) = stream {
            while let Ok(piece) = read(&mut stream)
                && !piece.is_empty()
            {
                let mut bytes = into.lock().unwrap_or_else(PoisonError::into_inner);
                let room = LIMIT.saturating_sub(bytes.len());
                bytes.extend_from_slice(&piece[..piece.len().min(room)]);
            }
        }
        // Whoever waits hears that nothing more comes.
        drop::<Sender<()>>(end);
    });
    Heard { bytes, ended }
}

impl Heard {
    /// What it said. git has ended: what it started may hold the stream open, and is not waited for.
    fn text(&self) -> String {
        let _ = self.ended.recv_timeout(Duration::from_secs(1));
        String::from_utf8_lossy(&self.bytes.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

/// Waits for its end; none where it took too long and was ended with all that it started.
fn wait(child: &mut Child) -> Option<bool> {
    let mut waited = Duration::ZERO;
    while waited < PATIENCE {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Err(_) => return Some(false),
            Ok(None) => {}
        }
        let pause = (waited / 8).clamp(Duration::from_millis(1), Duration::from_millis(50));
        thread::sleep(pause);
        waited += pause;
    }
    end(child);
    let _ = child.wait();
    None
}

/// Ends it, with all that it started where the system can.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Ok(pid) = i32::try_from(child.id()) {
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(-pid), nix::sys::signal::Signal::SIGKILL);
    }
    let _ = child.kill();
}

impl Said {
    /// The line that says why it failed, without secrets, short.
    pub(super) fn why(&self) -> String {
        let lines = || self.error.lines().chain(self.out.lines()).map(str::trim).filter(|line| !line.is_empty());
        let telling = |line: &&str| {
            ["fatal:", "error:", "remote:", "!"].iter().any(|begin| line.starts_with(begin))
                && !line.contains("failed to push some refs")
        };
        let line = lines().find(telling).or_else(|| lines().next_back()).unwrap_or("git gave no reason");
        let line = line.trim_start_matches("fatal: ").trim_start_matches("error: ");
        let line: String = without_secrets(line).chars().take(300).collect();
        clean(&line).to_string()
    }

    /// What to do where the remote cannot be read.
    pub(super) fn remedy(&self) -> &'static str {
        let says = |words: &[&str]| words.iter().any(|word| self.error.contains(word));
        if says(&["Authentication failed", "ermission denied", "could not read", "403", "401", "prompts disabled"]) {
            "give git the credentials that `git ls-remote` needs here (in CI, the right to read and write contents)"
        } else if says(&["does not appear to be a git repository", "not found", "No such file"]) {
            "name the right remote: `git remote --verbose` lists them"
        } else {
            "see that `git ls-remote` reaches it, then ask again"
        }
    }

    /// Whether the remote itself, or whoever guards it, said no.
    pub(super) fn is_refused(&self) -> bool {
        let lock =
            ["failed to update ref", "cannot lock ref", "unable to lock", "already exists", "incorrect old value"];
        // The output for programs holds commits, whose digits mean nothing.
        let guarded = ["error: 403", "error: 401", "ermission denied", "Authentication failed", "denied to"];
        let rejected = |text: &str| text.contains("[remote rejected]");
        let said_no =
            rejected(&self.out) || rejected(&self.error) || guarded.iter().any(|word| self.error.contains(word));
        said_no && !lock.iter().any(|word| self.error.contains(word) || self.out.contains(word))
    }
}

/// An address without its user and password.
pub(super) fn without_secrets(text: &str) -> String {
    let mut rest = text;
    let mut out = String::new();
    while let Some((before, after)) = rest.split_once("://") {
        let end = after.find(|letter: char| letter == '/' || letter.is_whitespace()).unwrap_or(after.len());
        let host = after[..end].rfind('@').map_or(0, |at| at + 1);
        out.push_str(before);
        out.push_str("://");
        rest = &after[host..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn no_password_is_told() {
        let told = without_secrets("unable to access 'https://ada:p@ss@example.org/a': no; see ssh://git@host");
        assert_eq!(told, "unable to access 'https://example.org/a': no; see ssh://host");
        assert_eq!(without_secrets("git@example.org:a/b"), "git@example.org:a/b");
    }
}
