//! Real repositories for tests, built with `git`, fixed dates and nobody's configuration.

#![expect(dead_code, reason = "each test uses some of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use deploy_rhythm::engine::event::{CommitId, Instant};
use tempfile::TempDir;

/// The first instant of every test history.
pub const START: &str = "2026-01-01T00:00:00Z";

/// Minutes after the beginning.
pub fn minute(minutes: i64) -> Instant {
    let start: Instant = START.parse().expect("a date");
    start + chrono::Duration::minutes(minutes)
}

/// A repository in a directory of its own.
pub struct Fixture {
    home: TempDir,
    pub path: PathBuf,
    /// The ledger that its commands are told of; none where it is in the git directory.
    pub ledger: Option<String>,
}

impl Fixture {
    /// An empty repository on branch `main`.
    pub fn new() -> Self {
        let fixture = Self::nowhere();
        fixture.git(0, &["init", "--quiet", "--initial-branch=main"]);
        fixture
    }

    /// A bare repository, to push to.
    pub fn bare() -> Self {
        let fixture = Self::nowhere();
        fixture.git(0, &["init", "--quiet", "--bare", "--initial-branch=main"]);
        fixture
    }

    /// A clone, with options such as `--depth=3`.
    pub fn clone_of(source: &Path, options: &[&str]) -> Self {
        let fixture = Self::nowhere();
        let url = format!("file://{}", source.display());
        let mut words = vec!["clone", "--quiet"];
        words.extend(options);
        words.extend([url.as_str(), "."]);
        fixture.git(0, &words);
        fixture
    }

    /// A directory that is no repository.
    pub fn nowhere() -> Self {
        let home = TempDir::new().expect("a directory");
        let path = home.path().join("repo");
        std::fs::create_dir(&path).expect("a directory");
        Self { home, path, ledger: None }
    }

    /// A path beside the repository.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Runs `git` at a minute after the beginning, and returns what it prints.
    pub fn git(&self, at: i64, words: &[&str]) -> String {
        self.git_in(&self.path, at, words)
    }

    /// Runs `git` in another directory.
    pub fn git_in(&self, directory: &Path, at: i64, words: &[&str]) -> String {
        let output = self.command(directory, at).args(words).output().expect("git runs");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {words:?}: {complaint}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Writes a file of any bytes into the working tree.
    pub fn write_bytes(&self, name: &str, bytes: &[u8]) {
        #[expect(clippy::disallowed_methods, reason = "a fixture writes its own files")]
        std::fs::write(self.path.join(name), bytes).expect("a file");
    }

    /// A `git` command that nobody's configuration changes.
    pub fn command(&self, directory: &Path, at: i64) -> Command {
        let date = minute(at).to_rfc3339();
        let mut command = Command::new("git");
        command.current_dir(directory).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.home.path());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_ALLOW_PROTOCOL", "file");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Ada").env(format!("GIT_{role}_EMAIL"), "ada@example.org");
            command.env(format!("GIT_{role}_DATE"), &date);
        }
        command
    }

    /// Writes a file of the working tree.
    pub fn write(&self, file: &str, content: &str) {
        let path = self.path.join(file);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        #[expect(clippy::disallowed_methods, reason = "a fixture writes its own files")]
        std::fs::write(path, content).expect("a file");
    }

    /// Commits a change of a file named by the subject's first word.
    pub fn commit(&self, at: i64, subject: &str) -> CommitId {
        let file = format!("{}.txt", subject.split(' ').next().unwrap_or("file"));
        self.commit_file(at, subject, &file)
    }

    /// Commits a change of one file.
    pub fn commit_file(&self, at: i64, subject: &str, file: &str) -> CommitId {
        self.write(file, &format!("{subject} at {at}\n"));
        self.git(at, &["add", "--all"]);
        self.git(at, &["commit", "--quiet", "--message", subject]);
        self.id("HEAD")
    }

    /// Switches to a branch, which is made where it does not exist.
    pub fn switch(&self, branch: &str) {
        let known = self.command(&self.path, 0).args(["rev-parse", "--quiet", "--verify", branch]).output();
        let known = known.expect("git runs").status.success();
        self.git(
            0,
            if known { &["switch", "--quiet"][..] } else { &["switch", "--quiet", "--create"] }
                .iter()
                .copied()
                .chain([branch])
                .collect::<Vec<_>>()
                .as_slice(),
        );
    }

    /// Merges a branch into the current one, never by fast-forward.
    pub fn merge(&self, at: i64, branch: &str) -> CommitId {
        self.git(at, &["merge", "--quiet", "--no-ff", "--message", &format!("Merge {branch}"), branch]);
        self.id("HEAD")
    }

    /// The commit that a revision names.
    pub fn id(&self, revision: &str) -> CommitId {
        CommitId::new(&self.git(0, &["rev-parse", &format!("{revision}^{{commit}}")]))
    }
}
