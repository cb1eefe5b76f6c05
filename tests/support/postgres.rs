//! A database of its own for each test, and a way to it that can be cut.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::ledger::Limits;
use super::repo::Fixture;

/// The server that `tests/run` starts: its socket's folder and its port.
fn server() -> Option<(String, String)> {
    let address = std::env::var_os("DEPLOY_RHYTHM_TEST_POSTGRES")?.into_string().ok()?;
    let (_, asked) = address.split_once("?host=")?;
    let (folder, port) = asked.split_once("&port=")?;
    Some((folder.to_owned(), port.to_owned()))
}

/// A database of one test.
pub struct Database {
    pub name: String,
    pub folder: String,
    pub port: String,
}

impl Database {
    /// A new one; none where there is no server.
    pub fn new() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let Some((folder, port)) = server() else {
            #[expect(clippy::print_stderr, reason = "who runs the tests is told what was not tested")]
            {
                eprintln!(
                    "skipped: no PostgreSQL server is named by DEPLOY_RHYTHM_TEST_POSTGRES; tests/run starts one"
                );
            }
            return None;
        };
        let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let database = Self { name: "postgres".to_owned(), folder, port };
        database.sql(&format!("CREATE DATABASE {name}"));
        Some(Self { name, ..database })
    }

    /// Runs SQL, and returns what it answers.
    pub fn sql(&self, sql: &str) -> String {
        let Self { name, folder, port } = self;
        let mut psql = Command::new("psql");
        psql.args([
            "-XAtq",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            folder,
            "-p",
            port,
            "-U",
            "postgres",
            "-d",
            name,
            "-c",
            sql,
        ]);
        let output = psql.output().expect("psql runs");
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Its address for a user, with more to ask for.
    pub fn address(&self, user: &str, more: &str) -> String {
        let Self { name, folder, port } = self;
        format!("postgres://{user}:not-shown@/{name}?host={folder}&port={port}{more}")
    }

    /// A repository of this name, whose ledger is here.
    pub fn repository(&self, limits: Limits, name: &str) -> Fixture {
        let mut shop = limits.repository();
        shop.git(0, &["remote", "add", "origin", &format!("https://example.org/shop/{name}")]);
        shop.ledger = Some(self.address("postgres", ""));
        shop
    }

    /// A way to it that can be cut.
    pub fn proxy(&self, beside: &Fixture) -> Proxy {
        let folder = beside.beside("socket");
        std::fs::create_dir(&folder).expect("a folder");
        let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).expect("a socket");
        let target = format!("{}/.s.PGSQL.{}", self.folder, self.port);
        let plan = Arc::new(Mutex::new(Plan::default()));
        let shared = Arc::clone(&plan);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Ok(server) = UnixStream::connect(&target) else { continue };
                join(stream, server, &shared);
            }
        });
        Proxy { folder, plan }
    }
}

#[derive(Default)]
struct Plan {
    /// A text that cuts the connection when a client sends it, and whether the server still gets it.
    cut: Option<(String, bool)>,
    open: Vec<UnixStream>,
}

/// Stands between clients and a server.
pub struct Proxy {
    folder: PathBuf,
    plan: Arc<Mutex<Plan>>,
}

impl Proxy {
    pub fn address(&self, database: &Database) -> String {
        format!("postgres://postgres:not-shown@/{}?host={}", database.name, self.folder.display())
    }

    /// Cuts the next connection that sends this, once; the server gets it before, or never.
    pub fn cut_at(&self, text: &str, after: bool) {
        self.plan.lock().expect("a plan").cut = Some((text.to_owned(), after));
    }

    /// Whether the cut is still to come.
    pub fn is_set(&self) -> bool {
        self.plan.lock().expect("a plan").cut.is_some()
    }

    /// The server is gone.
    pub fn stop(&self) {
        std::fs::remove_file(self.folder.join(".s.PGSQL.5432")).expect("a socket");
        for stream in self.plan.lock().expect("a plan").open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn join(client: UnixStream, server: UnixStream, plan: &Arc<Mutex<Plan>>) {
    let (mut from_client, mut to_server) =
        (client.try_clone().expect("a stream"), server.try_clone().expect("a stream"));
    let (mut from_server, mut to_client) = (server, client);
    plan.lock().expect("a plan").open.extend([to_client.try_clone(), to_server.try_clone()].into_iter().flatten());
    let plan = Arc::clone(plan);
    thread::spawn(move || {
        let mut piece = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from_client.read(&mut piece) {
            let sent = &piece[..length];
            let mut plan = plan.lock().expect("a plan");
            let comes = |text: &str| sent.windows(text.len()).any(|part| part == text.as_bytes());
            if let Some((_, after)) = plan.cut.take_if(|(text, _)| comes(text)) {
                // No answer passes any more.
                let _ = from_client.shutdown(Shutdown::Both);
                if after {
                    let _ = to_server.write_all(sent);
                    thread::sleep(Duration::from_millis(300));
                }
                let _ = to_server.shutdown(Shutdown::Both);
                return;
            }
            drop(plan);
            if to_server.write_all(sent).is_err() {
                break;
            }
        }
        let _ = to_server.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        let mut piece = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from_server.read(&mut piece) {
            if to_client.write_all(&piece[..length]).is_err() {
                break;
            }
        }
        let _ = to_client.shutdown(Shutdown::Both);
    });
}
