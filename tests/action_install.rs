//! How the action's binary is brought: from a release with its checksum and attestation, or built; never anything else.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const ASSET: &str = "deploy-rhythm-x86_64-unknown-linux-musl";

/// A runner whose `gh`, `curl`, `git` and `cargo` are stand-ins: they note that they were called.
struct Runner {
    home: TempDir,
}

fn write(path: &Path, text: &str) {
    #[expect(clippy::disallowed_methods, reason = "a test writes its own files")]
    std::fs::write(path, text).expect("a file");
}

fn read(path: &Path) -> String {
    #[expect(clippy::disallowed_methods, reason = "a test reads its own files")]
    std::fs::read_to_string(path).unwrap_or_default()
}

impl Runner {
    fn new() -> Self {
        let runner = Self { home: TempDir::new().expect("a folder") };
        for folder in ["bin", "release", "temp", "action/action", "action/src", "action/policies", "action/examples"] {
            std::fs::create_dir_all(runner.at(folder)).expect("a folder");
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        for script in ["action/install", "action/names"] {
            std::fs::copy(root.join(script), runner.at("action").join(script)).expect("a copy");
        }
        write(
            &runner.at("action/Cargo.toml"),
            &format!("[package]\nversion = \"{VERSION}\"\nrust-version = \"1.90\"\n"),
        );
        write(&runner.at("action/Cargo.lock"), "");
        write(&runner.at("action/src/main.rs"), "fn main() {}");
        let said = format!("#!/bin/sh\necho 'deploy-rhythm {VERSION}'\n");
        write(&runner.at(&format!("release/{ASSET}")), &said);
        let sum = Command::new("sha256sum").arg(ASSET).current_dir(runner.at("release")).output().expect("sha256sum");
        write(&runner.at("release/SHA256SUMS"), &String::from_utf8_lossy(&sum.stdout));
        runner.tool(
            "cargo",
            "mkdir -p \"$ROOT/action/target/release\"; printf '#!/bin/sh\\necho deploy-rhythm %s\\n' \"$VERSION\" >\"$ROOT/action/target/release/deploy-rhythm\"; chmod +x \"$ROOT/action/target/release/deploy-rhythm\"",
        );
        runner.tool("git", "cat \"$ROOT/refs\" 2>/dev/null");
        runner
    }

    fn at(&self, path: &str) -> PathBuf {
        self.home.path().join(path)
    }

    fn tool(&self, name: &str, script: &str) {
        let path = self.at("bin").join(name);
        write(&path, &format!("#!/bin/bash\necho \"{name} $*\" >>\"$ROOT/called\"\n{script}\n"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("executable");
    }

    /// `gh` that downloads, and that finds an attestation or does not.
    fn gh(&self, attests: bool) {
        let verify = if attests { "exit 0" } else { "exit 1" };
        self.tool(
            "gh",
            &format!(
                "case \"$*\" in *--help) echo --source-ref ;; 'release download'*) while [ $# -gt 0 ]; do [ \"$1\" = --dir ] && cp \"$ROOT\"/release/* \"$2\"; shift; done ;; 'attestation verify'*) {verify} ;; esac"
            ),
        );
    }

    fn install(&self, reference: &str) -> (bool, String, String) {
        let (output, path) = (self.at("output"), self.at("path"));
        write(&output, "");
        let ended = Command::new("bash")
            .arg(self.at("action/action/install"))
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", self.at("bin").display()))
            .envs([("ROOT", self.home.path().as_os_str()), ("RUNNER_TEMP", self.at("temp").as_os_str())])
            .envs([("GITHUB_OUTPUT", output.as_os_str()), ("GITHUB_PATH", path.as_os_str())])
            .env("RUNNER_TOOL_CACHE", self.at("tools"))
            .envs([("RUNNER_OS", "Linux"), ("RUNNER_ARCH", "X64"), ("ACTION_REF", reference), ("VERSION", VERSION)])
            .env("ACTION_REPOSITORY", "acme/deploy-rhythm")
            .output()
            .expect("bash");
        let log = String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr);
        (ended.status.success(), log, read(&output))
    }

    /// What was called, and forgets it.
    fn called(&self) -> String {
        let called = read(&self.at("called"));
        write(&self.at("called"), "");
        called
    }
}

#[test]
fn a_release_is_fetched_verified_and_kept() {
    let runner = Runner::new();
    runner.gh(true);
    let tag = format!("v{VERSION}");
    let (well, log, output) = runner.install(&tag);
    assert!(well && log.contains("checksum and attestation verified"), "{log}");
    let binary = output.trim().strip_prefix("binary=").expect("a binary").to_owned();
    assert!(Path::new(&binary).starts_with(runner.at("tools/deploy-rhythm").join(VERSION)), "{binary}");
    let called = runner.called();
    assert!(called.contains(&format!("--source-ref refs/tags/{tag}")), "{called}");
    assert!(called.contains("--signer-workflow acme/deploy-rhythm/.github/workflows/release.yml"), "{called}");
    assert!(!called.contains("cargo"), "{called}");
    let (well, _, again) = runner.install(&tag);
    assert!(well && again == output);
    assert_eq!(runner.called(), "", "it is kept");
}

#[test]
fn what_is_not_as_it_was_made_is_never_run() {
    let tag = format!("v{VERSION}");
    let runner = Runner::new();
    runner.gh(false);
    let (well, log, output) = runner.install(&tag);
    assert!(!well && log.contains("has no attestation") && output.is_empty(), "{log}");
    runner.gh(true);
    write(&runner.at(&format!("release/{ASSET}")), "#!/bin/sh\ntouch pwned\n");
    let (well, log, output) = runner.install(&tag);
    assert!(!well && log.contains("the checksum of") && output.is_empty(), "{log}");
    write(&runner.at("release/SHA256SUMS"), "");
    assert!(!runner.install(&tag).0, "a release without checksums");
    assert!(!runner.called().contains("cargo"), "no other way is tried");
}

#[test]
fn a_moving_tag_and_a_pinned_commit_are_the_release_of_their_commit_alone() {
    let (one, other) = ("a".repeat(40), "b".repeat(40));
    let refs = |at: &str| {
        format!(
            "{other}\trefs/tags/v{VERSION}\n{one}\trefs/tags/v{VERSION}^{{}}\n{at}\trefs/tags/v1\n{other}\trefs/heads/main\n"
        )
    };
    for (reference, at, fetched) in [
        ("v1", &one, true),
        ("v1", &other, false),
        (one.as_str(), &one, true),
        (other.as_str(), &one, false),
        ("main", &one, false),
        ("", &one, false),
    ] {
        let runner = Runner::new();
        runner.gh(true);
        write(&runner.at("refs"), &refs(at));
        let (well, log, _) = runner.install(reference);
        let called = runner.called();
        assert!(well, "{log}");
        assert_eq!(called.contains("gh release download"), fetched, "{reference} {at}: {called}");
        assert_eq!(called.contains("cargo build"), !fetched, "{reference} {at}: {called}");
    }
}

#[test]
fn without_a_release_it_is_built_once_and_anew_where_the_sources_differ() {
    let runner = Runner::new();
    runner.tool("gh", "exit 1");
    let tag = format!("v{VERSION}");
    assert!(runner.install(&tag).0);
    assert!(runner.called().contains("cargo build --release --locked"));
    assert!(runner.install("").0);
    assert!(!runner.called().contains("cargo"), "it is kept");
    write(&runner.at("action/src/main.rs"), "fn main() { }");
    assert!(runner.install("").0);
    assert!(runner.called().contains("cargo build"));
}
