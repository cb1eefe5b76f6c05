//! What of a command deploys: pushes, deployers, merges; and the ways round the gate.

use std::path::PathBuf;

use super::moves::{MOVING, switched};
use super::shell::{Simple, Word, commands, name_of};
use crate::engine::lane::Lane;
use crate::sources::git::Repo;

/// Something that a command would do.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Push(Push),
    /// A deployer runs.
    Deploy {
        dir: PathBuf,
        words: Vec<Word>,
        destination: Option<String>,
        commit: Option<String>,
        lane: Option<Lane>,
    },
    /// The host lands a pull request.
    Merge {
        dir: PathBuf,
    },
    /// The repository moves: what is pushed afterwards is not what is here now.
    Move {
        /// The branch that is checked out from then on, where that is another.
        switched: Option<Word>,
    },
    /// A way round the gate, and what to do instead.
    WayRound(&'static str),
}

/// A `git push`.
#[derive(Clone, Debug, Default)]
pub(super) struct Push {
    pub dir: PathBuf,
    pub remote: Option<String>,
    pub refs: Vec<Word>,
    /// `--all`, `--mirror`: every branch.
    pub all: bool,
    pub tags: bool,
    pub no_verify: bool,
}

const NO_VERIFY: &str = "`--no-verify` and `core.hooksPath` pass the push hook by; push without them";

/// Finds what a simple command would do.
pub(super) fn acts(simple: &Simple, named: &[String], depth: usize) -> Vec<Act> {
    let texts: Vec<&str> = simple.words.iter().map(|word| word.text.as_str()).collect();
    let Some((first, rest)) = texts.split_first() else { return Vec::new() };
    let dir = || simple.dir.clone();
    let is_set = |key: &str| simple.set.iter().any(|(name, _)| name == key);
    // Further on `--version` has a value of its own, or is another program's.
    let speaks = rest.first().is_some_and(|word| matches!(*word, "--help" | "--version"));
    let explains = matches!(name_of(first), "fly" | "flyctl" | "heroku" | "gh") && rest.contains(&"--help");
    if speaks || explains {
        return Vec::new();
    }
    let deploy = |destination: Option<&str>, commit: Option<&str>, lane| Act::Deploy {
        dir: dir(),
        words: simple.words.clone(),
        destination: destination.map(str::to_owned),
        commit: commit.map(str::to_owned),
        lane,
    };
    let starts = |words: &[&str]| starts_with(rest, words);
    let found = match name_of(first) {
        "git" => return git(simple, named, depth),
        "kamal" => return kamal(rest, is_set("KAMAL_LOCK"), deploy),
        "deploy-rhythm" => return own(rest, is_set("DEPLOY_RHYTHM_LEDGER")).into_iter().map(Act::WayRound).collect(),
        "fly" | "flyctl" => starts(&["deploy"]),
        "heroku" => rest.iter().any(|word| {
            matches!(
                *word,
                "releases:rollback" | "rollback" | "container:release" | "pipelines:promote" | "builds:create"
            )
        }),
        "cap" => rest.iter().any(|word| *word == "deploy" || word.starts_with("deploy:")),
        "gh" if starts(&["pr", "merge"]) => {
            let undone = rest.contains(&"--disable-auto");
            return if undone { Vec::new() } else { vec![Act::Merge { dir: dir() }] };
        }
        "gh" if starts(&["workflow", "run"]) => may_deploy(simple, rest),
        _ => false,
    };
    let by_policy = named.iter().any(|command| {
        let words: Vec<&str> = command.split_whitespace().collect();
        let same_program = words
            .first()
            .is_some_and(|word| word == first || word.trim_start_matches("./") == first.trim_start_matches("./"));
        same_program && words.len() <= texts.len() && words[1..] == texts[1..words.len()]
    });
    if found || by_policy { vec![deploy(None, None, None)] } else { Vec::new() }
}

/// Whether words begin with others, options left out.
fn starts_with(words: &[&str], wanted: &[&str]) -> bool {
    let plain: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with('-')).take(wanted.len()).collect();
    plain == wanted
}

/// A call of git.
pub(super) struct Git<'a> {
    pub dir: PathBuf,
    pub sub: &'a str,
    pub rest: Vec<&'a Word>,
    /// Whether it is told to take hooks from elsewhere.
    no_verify: bool,
}

/// The subcommand of git, and what it is told.
pub(super) fn git_of(simple: &Simple) -> Option<Git<'_>> {
    let (mut dir, mut no_verify) = (simple.dir.clone(), false);
    let mut words = simple.words.iter().skip(1);
    loop {
        let word = words.next()?;
        match word.text.as_str() {
            "-C" => dir = dir.join(words.next().map_or("", |word| word.text.as_str())),
            "-c" => {
                let value = words.next().map(|word| word.text.to_lowercase()).unwrap_or_default();
                no_verify |= value.starts_with("core.hookspath");
            }
            "--git-dir" | "--work-tree" | "--namespace" | "--exec-path" => drop(words.next()),
            option if option.starts_with('-') => {}
            sub => return Some(Git { dir, sub, rest: words.collect(), no_verify }),
        }
    }
}

fn git(simple: &Simple, named: &[String], depth: usize) -> Vec<Act> {
    let Some(Git { dir, sub, rest, no_verify }) = git_of(simple) else { return Vec::new() };
    let mut push = Push { dir, no_verify, ..Push::default() };
    match sub {
        "push" => {}
        "config" => {
            let is_hooks = |word: &&&Word| word.text.eq_ignore_ascii_case("core.hooksPath");
            let reads =
                rest.iter().any(|word| word.text.starts_with("--get") || word.text == "get" || word.text == "--list");
            let place = rest.iter().find(is_hooks).is_some() && !reads;
            let unset = rest.iter().any(|word| word.text.contains("unset"));
            let writes = place && (unset || rest.iter().filter(|word| !word.text.starts_with('-')).count() > 1);
            return writes.then_some(Act::WayRound(NO_VERIFY)).into_iter().collect();
        }
        other if MOVING.contains(&other) => {
            return vec![Act::Move { switched: switched(&push.dir, other, &rest) }];
        }
        other => {
            // An alias is what it stands for.
            let alias = Repo::open(&push.dir).ok().and_then(|repo| repo.configured(&format!("alias.{other}")));
            let Some(alias) = alias.filter(|_| depth < 4) else { return Vec::new() };
            let rest = rest.iter().map(|word| quoted(&word.text)).collect::<Vec<_>>().join(" ");
            let text =
                alias.strip_prefix('!').map_or_else(|| format!("git {alias} {rest}"), |text| format!("{text} {rest}"));
            return commands(&text, &push.dir).iter().flat_map(|simple| acts(simple, named, depth + 1)).collect();
        }
    }
    let mut plain = Vec::new();
    let mut rest = rest.into_iter();
    while let Some(word) = rest.next() {
        match word.text.as_str() {
            "-n" | "--dry-run" | "-d" | "--delete" | "--help" | "-h" => return Vec::new(),
            "--no-verify" => push.no_verify = true,
            "--all" | "--branches" | "--mirror" => push.all = true,
            "--tags" => push.tags = true,
            "-o" | "--push-option" | "--receive-pack" | "--exec" => drop(rest.next()),
            "--repo" => push.remote = rest.next().map(|word| word.text.clone()),
            option if option.starts_with('-') && word.known => {}
            _ => plain.push(word.clone()),
        }
    }
    let mut plain = plain.into_iter();
    if let Some(remote) = plain.next() {
        push.remote = Some(remote.text);
    }
    push.refs = plain.collect();
    vec![Act::Push(push)]
}

fn kamal(rest: &[&str], lock: bool, deploy: impl Fn(Option<&str>, Option<&str>, Option<Lane>) -> Act) -> Vec<Act> {
    let value = |short: &str, long: &str| {
        let place = rest.iter().position(|word| *word == short || *word == long);
        let apart = place.and_then(|place| rest.get(place + 1).copied());
        apart.or_else(|| rest.iter().find_map(|word| word.strip_prefix(long)?.strip_prefix('=')))
    };
    let taking = ["-d", "--destination", "-c", "--config-file", "--version", "-h", "--hosts", "-r", "--roles"];
    let mut plain = Vec::new();
    let mut words = rest.iter().copied();
    while let Some(word) = words.next() {
        match word {
            "--help" => return Vec::new(),
            "-p" | "--primary" => {}
            option if taking.contains(&option) => drop(words.next()),
            option if option.starts_with('-') => {}
            word => plain.push(word),
        }
    }
    let lane = match plain[..] {
        ["deploy" | "redeploy" | "setup", ..] | ["app", "boot", ..] => None,
        ["rollback", ..] => Some(Lane::Rollback),
        _ => return Vec::new(),
    };
    if rest.iter().any(|word| matches!(*word, "-H" | "--skip-hooks")) {
        return vec![Act::WayRound("`-H` passes Kamal's hooks by; deploy without it")];
    }
    if lock {
        return vec![Act::WayRound("KAMAL_LOCK passes Kamal's lock by; deploy without it")];
    }
    let commit = value("--version", "--version").or_else(|| lane.and(plain.get(1).copied()));
    vec![deploy(value("-d", "--destination"), commit, lane)]
}

/// The ways round that this tool's own commands have: judged by another policy or ledger, or the hooks removed.
fn own(rest: &[&str], other_ledger: bool) -> Option<&'static str> {
    let ours: Vec<&str> = rest.iter().copied().take_while(|word| *word != "--").collect();
    let has = |option: &str| ours.iter().any(|word| *word == option || word.starts_with(&format!("{option}=")));
    match ours.first().copied() {
        Some("run") if has("--policy") || has("--ledger") || other_ledger => {
            Some("another policy or ledger than the one in force; run without naming one")
        }
        Some("init") if has("--remove") => Some("the hooks are removed by whoever keeps the policy"),
        _ => None,
    }
}

/// Whether a workflow may deploy: its file says so, or is not here.
fn may_deploy(simple: &Simple, rest: &[&str]) -> bool {
    use crate::sources::files;
    let plain: Vec<&str> = rest.iter().copied().filter(|word| !word.starts_with('-')).collect();
    let Some(name) = plain.get(2) else { return true };
    let Ok(repo) = Repo::open(&simple.dir) else { return true };
    let Some(top) = repo.workdir() else { return true };
    let path = format!(".github/workflows/{name}");
    match files::read_inside(top, &path, 1 << 20) {
        Ok(Some(bytes)) => {
            let text = String::from_utf8_lossy(&bytes).to_lowercase();
            ["deploy", "environment:", "release", "rollout"].iter().any(|sign| text.contains(sign))
        }
        _ => true,
    }
}

/// A word as a shell reads it back.
pub(super) fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte);
    match !word.is_empty() && word.bytes().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}
