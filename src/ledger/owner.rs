//! The process that holds a place, and whether it still lives.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::sources::files;

/// A process of this host; its start tells it from a later one with the same number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The boot of the host, and the space of process numbers.
    pub host: String,
    pub pid: i32,
    /// Clock ticks from the boot to its start.
    pub started: u64,
}

impl Owner {
    /// This process; none where the system does not tell (anything but Linux).
    #[must_use]
    pub fn this() -> Option<Self> {
        let pid = i32::try_from(std::process::id()).ok()?;
        Some(Self { host: host()?, pid, started: started(pid)? })
    }

    /// Whether this process descends from it; `false` where that cannot be told.
    #[must_use]
    pub fn is_above(&self) -> bool {
        ancestors().any(|ancestor| ancestor == *self)
    }

    /// The nearest process above this one that is no shell: the program that runs this hook.
    #[must_use]
    pub fn caller() -> Option<Self> {
        ancestors().find(|ancestor| {
            let name = text(&format!("/proc/{}/comm", ancestor.pid)).unwrap_or_default();
            !SHELLS.contains(&name.trim())
        })
    }

    /// Whether it has died; `false` where that cannot be told.
    #[must_use]
    pub fn has_died(&self) -> bool {
        if host().as_ref() != Some(&self.host) {
            return false;
        }
        // Another's process may hide its start.
        is_gone(self.pid) || started(self.pid).is_some_and(|started| started != self.started)
    }
}

/// Whether no process has this number.
#[cfg(unix)]
fn is_gone(pid: i32) -> bool {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None) == Err(nix::errno::Errno::ESRCH)
}

/// Whether no process has this number; `false`, since it cannot be told.
#[cfg(not(unix))]
fn is_gone(_: i32) -> bool {
    false
}

/// Programs that stand between a hook and what runs it.
const SHELLS: [&str; 7] = ["sh", "bash", "dash", "zsh", "ksh", "busybox", "env"];

/// The processes above this one, the nearest first.
fn ancestors() -> impl Iterator<Item = Owner> {
    let host = host();
    let parent = |pid: i32| stat(pid)?.get(1)?.parse::<i32>().ok().filter(|pid| *pid > 0);
    let this = i32::try_from(std::process::id()).ok();
    std::iter::successors(this.and_then(parent), move |pid| parent(*pid))
        .filter_map(move |pid| Some(Owner { host: host.clone()?, pid, started: started(pid)? }))
}

/// What is read of a file of `/proc`, in bytes.
const LIMIT: u64 = 1 << 20;

fn text(path: &str) -> Option<String> {
    String::from_utf8(files::read(Path::new(path), LIMIT).ok()??).ok()
}

fn host() -> Option<String> {
    let boot = text("/proc/sys/kernel/random/boot_id")?;
    let space = std::fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), space.display()))
}

/// Clock ticks from the boot to the start of a process.
fn started(pid: i32) -> Option<u64> {
    stat(pid)?.get(19)?.parse().ok()
}

/// What the system tells of a process, from its state on.
fn stat(pid: i32) -> Option<Vec<String>> {
    let stat = text(&format!("/proc/{pid}/stat"))?;
    // The name of the command stands in brackets, and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    Some(fields.split_ascii_whitespace().map(str::to_owned).collect())
}

/// The process that holds a lock on one byte of a file, with its name: the system does not tell.
#[cfg(not(unix))]
#[must_use]
pub fn holder(_: &Path, _: u64) -> Option<String> {
    None
}

/// The process that holds a lock on one byte of a file, with its name, where the system tells.
#[cfg(unix)]
#[must_use]
pub fn holder(file: &Path, byte: u64) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let inode = file.metadata().ok()?.ino().to_string();
    let locks = text("/proc/locks")?;
    let pid = locks.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let [_, _, _, "WRITE", pid, place, from, to] = fields[..] else { return None };
        let whole = to == "EOF";
        let covers = from.parse::<u64>().ok()? <= byte && (whole || byte <= to.parse().ok()?);
        (covers && place.rsplit(':').next() == Some(&inode)).then(|| pid.to_owned())
    })?;
    let name = text(&format!("/proc/{pid}/comm")).map(|name| format!(" ({})", name.trim())).unwrap_or_default();
    Some(format!("process {pid}{name}"))
}
