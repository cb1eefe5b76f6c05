//! A bare repository that clones share, over `file://` or behind a small HTTP server that can lose an answer.

#![allow(dead_code, reason = "each test uses some of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::ledger::Limits;
use super::repo::Fixture;

/// The ledger that these tests are about.
pub const ORIGIN: [&str; 2] = ["--ledger", "git:origin"];

/// A remote with one commit and a policy on `main`.
pub fn hub(limits: Limits) -> Fixture {
    let hub = Fixture::bare();
    let first = limits.repository();
    first.git(1, &["push", "--quiet", &format!("file://{}", hub.path.display()), "main"]);
    hub
}

pub fn clone(hub: &Fixture) -> Fixture {
    Fixture::clone_of(&hub.path, &[])
}

/// A server of a remote, which drops the connection after a push while it is told to.
pub struct Server {
    pub url: String,
    pub loses: Arc<AtomicBool>,
    /// What the requests said of who sends them, one each.
    pub heard: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Server {
    pub fn of(hub: &Fixture) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/repo", listener.local_addr().expect("an address"));
        let loses = Arc::new(AtomicBool::new(false));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (root, told) = (hub.path.parent().expect("a folder").to_owned(), Arc::clone(&loses));
        let said = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (root, told, proofs) = (root.clone(), Arc::clone(&told), Arc::clone(&said));
                thread::spawn(move || answer(&stream, &root, &told, &proofs));
            }
        });
        Self { url, loses, heard }
    }
}

/// Answers one request by `git http-backend`, and closes.
fn answer(stream: &TcpStream, root: &PathBuf, loses: &AtomicBool, heard: &Mutex<Vec<Vec<String>>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut backend = Command::new("git");
    backend.arg("http-backend").env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1").env("REMOTE_USER", "ada");
    backend.env("PATH_INFO", path).env("QUERY_STRING", query).env("REQUEST_METHOD", method);
    let (mut length, mut proofs) = (0, Vec::new());
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        match name.to_lowercase().as_str() {
            "content-length" => {
                length = value.parse().ok()?;
                backend.env("CONTENT_LENGTH", value);
            }
            "content-type" => drop(backend.env("CONTENT_TYPE", value)),
            "content-encoding" => drop(backend.env("HTTP_CONTENT_ENCODING", value)),
            "authorization" => proofs.push(value.to_owned()),
            "git-protocol" => drop(backend.env("HTTP_GIT_PROTOCOL", value)),
            _ => {}
        }
    }
    heard.lock().expect("a list").push(proofs);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut child = backend.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let mut input = child.stdin.take()?;
    thread::spawn(move || input.write_all(&body));
    let output = child.wait_with_output().ok()?;
    if path.ends_with("/git-receive-pack") && loses.load(Ordering::SeqCst) {
        loses.store(false, Ordering::SeqCst);
        return None;
    }
    let text = String::from_utf8_lossy(&output.stdout[..output.stdout.len().min(500)]).into_owned();
    let status = text.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK").to_owned();
    let mut out = stream;
    out.write_all(format!("HTTP/1.1 {status}\r\nConnection: close\r\n").as_bytes()).ok()?;
    out.write_all(&output.stdout).ok()
}

/// Puts an executable script where a hook is looked for.
pub fn hook(repository: &Path, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    let place = repository.join("hooks").join(name);
    std::fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
    #[expect(clippy::disallowed_methods, reason = "a test writes its own hook")]
    std::fs::write(&place, format!("#!/bin/sh\n{script}\n")).expect("a file");
    std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o755)).expect("executable");
}
