//! Files that keep the gate: who changes them changes what it holds.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::deployers::git_of;
use super::install::{ALL_SETTINGS, OURS, There, places, there};
use super::shell::{Simple, name_of};
use crate::cli::Edge;
use crate::ledger::home::{Home, Place};
use crate::sources::files;
use crate::sources::git::Repo;
use crate::sources::policy::PATHS;

/// The largest hook or settings that are read, in bytes.
const LIMIT: u64 = 1 << 20;

/// The longest settings that an edit is tried out for, in bytes.
const LONGEST: usize = 16 << 20;

/// What a file keeps, the weightiest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Guard {
    Policy,
    Hook,
    Ledger,
}

/// The files of one repository.
struct Guarded {
    top: Option<PathBuf>,
    files: Vec<(PathBuf, Guard)>,
}

impl Guarded {
    fn of(repo: &Repo, folder: &Path, edge: &Edge) -> Self {
        let mut all = Vec::new();
        if let Ok(Home { place: Place::File(path), .. }) =
            Home::find(edge.surroundings.ledger.as_deref(), repo.shared_dir())
        {
            all.push((path, Guard::Ledger));
        }
        let top = repo.workdir().map(real);
        all.extend(top.iter().flat_map(|top| PATHS.map(|path| (top.join(path), Guard::Policy))));
        let hooks = places(repo, &real(folder)).into_iter().filter(|path| text(path).contains(OURS));
        all.extend(hooks.map(|path| (path, Guard::Hook)));
        Self { top, files: all.into_iter().map(|(path, guard)| (real(&path), guard)).collect() }
    }

    fn written(&self, Written { path, by_git }: &Written) -> Option<Guard> {
        let path = real(path);
        // Git itself leaves alone what it does not keep; all of a working tree is no way to one file.
        if *by_git && self.top.as_ref().is_some_and(|top| top.starts_with(&path)) {
            return None;
        }
        // SQLite keeps files beside its own.
        let hit = |file: &Path, guard: Guard| {
            covers(&path, file)
                || (guard == Guard::Ledger && path.to_string_lossy().starts_with(&*file.to_string_lossy()))
        };
        self.files.iter().filter(|(file, guard)| hit(file, *guard)).map(|(_, guard)| *guard).max()
    }
}

/// The files of all repositories that a call reaches.
pub(super) struct Gates<'a> {
    edge: &'a Edge,
    found: HashMap<PathBuf, Option<Guarded>>,
}

impl<'a> Gates<'a> {
    pub(super) fn new(edge: &'a Edge) -> Self {
        Self { edge, found: HashMap::new() }
    }

    /// What is guarded where a command writes or removes a path: a file, or a folder above one.
    pub(super) fn written(&mut self, written: &Written, dir: &Path) -> Option<Guard> {
        let near = written.path.ancestors().find(|one| one.is_dir()).unwrap_or(dir);
        let edge = self.edge;
        let mut of = |folder: &Path| {
            let found = self
                .found
                .entry(folder.to_owned())
                .or_insert_with_key(|folder| Repo::open(folder).ok().map(|repo| Guarded::of(&repo, folder, edge)));
            found.as_ref()?.written(written)
        };
        of(near).max(of(dir))
    }

    /// What is guarded where a tool edits a file; settings may change where this tool's hook stays.
    pub(super) fn edit(
        &mut self,
        path: &Path,
        dir: &Path,
        content: Option<&str>,
        changes: &[(&str, &str)],
    ) -> Option<Guard> {
        if !is_settings(path) {
            return self.written(&Written { path: path.to_owned(), by_git: false }, dir);
        }
        let before = text(path);
        let mut after = content.unwrap_or(&before).to_owned();
        for (old, new) in changes {
            let places = if old.is_empty() { 0 } else { after.matches(old).count() };
            if places * new.len() > LONGEST {
                return Some(Guard::Hook);
            }
            match old.is_empty() {
                true if after.is_empty() => (*new).clone_into(&mut after),
                true => {}
                false => after = after.replace(old, new),
            }
        }
        let stays = hooked(&after) >= hooked(&before);
        (!stays || (disables(&after) && !disables(&before))).then_some(Guard::Hook)
    }
}

/// Whether a file is settings of Claude Code, of a project or of a user.
pub(super) fn is_settings(path: &Path) -> bool {
    ALL_SETTINGS.iter().any(|name| real(path).ends_with(name))
}

/// The key of settings by which Claude Code asks no hook at all.
pub(super) const DISABLES: &str = "disableAllHooks";

fn hooked(text: &str) -> There {
    serde_json::from_str(text).map_or(There::No, |settings: Json| there(&settings))
}

fn disables(text: &str) -> bool {
    serde_json::from_str(text).map_or_else(|_| text.contains(DISABLES), |settings: Json| settings[DISABLES] == true)
}

fn text(path: &Path) -> String {
    let bytes = files::read(path, LIMIT).ok().flatten().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A path that a command writes or removes.
pub(super) struct Written {
    pub path: PathBuf,
    /// Whether git does it.
    by_git: bool,
}

/// The paths that a command writes or removes, as far as they are known.
pub(super) fn written(simple: &Simple) -> Vec<Written> {
    let is_known = |word: &&super::shell::Word| word.known && !word.text.is_empty();
    let mut paths: Vec<&str> = simple.writes.iter().filter(is_known).map(|word| word.text.as_str()).collect();
    let Some((first, rest)) = simple.words.split_first() else {
        return paths.into_iter().map(|path| Written { path: simple.dir.join(path), by_git: false }).collect();
    };
    let plain: Vec<&str> =
        rest.iter().filter(is_known).map(|word| word.text.as_str()).filter(|word| !word.starts_with('-')).collect();
    let in_place = rest
        .iter()
        .any(|word| word.text.starts_with("-i") || word.text == "--in-place" || word.text.starts_with("-pi"));
    let mut by_git = Vec::new();
    match name_of(&first.text) {
        "rm" | "mv" | "tee" | "truncate" | "chmod" | "unlink" | "shred" | "sqlite3" => paths.extend(plain),
        "sed" | "perl" if in_place => paths.extend(plain),
        "cp" | "install" | "ln" if rest.last().is_some_and(|word| word.known) => paths.extend(plain.last()),
        "dd" => paths.extend(plain.iter().filter_map(|word| word.strip_prefix("of="))),
        "git" => by_git = git(simple),
        _ => {}
    }
    let paths = paths.into_iter().map(|path| Written { path: simple.dir.join(path), by_git: false });
    paths.chain(by_git).collect()
}

/// The files of the working tree that git is told to change.
fn git(simple: &Simple) -> Vec<Written> {
    let Some(git) = git_of(simple) else { return Vec::new() };
    let has = |options: [&str; 2]| git.rest.iter().any(|word| options.contains(&word.text.as_str()));
    // In the index alone nothing is changed that is read.
    let in_tree = match git.sub {
        "rm" => !has(["--cached", "--dry-run"]),
        "restore" => !has(["--staged", "-S"]) || has(["--worktree", "-W"]),
        "mv" | "checkout" => true,
        _ => false,
    };
    let plain = git.rest.iter().filter(|word| word.known && !word.text.is_empty() && !word.text.starts_with('-'));
    plain.filter(|_| in_tree).map(|word| Written { path: git.dir.join(&word.text), by_git: true }).collect()
}

/// Whether a path, which may be a pattern of the shell, is a file or a folder above it.
fn covers(path: &Path, file: &Path) -> bool {
    let mut names = file.components();
    path.components().all(|pattern| {
        names.next().is_some_and(|name| {
            pattern == name || is_like(&pattern.as_os_str().to_string_lossy(), &name.as_os_str().to_string_lossy())
        })
    })
}

/// Whether a name is like a pattern; what stands in braces or brackets may be anything.
fn is_like(pattern: &str, name: &str) -> bool {
    // A dot at the beginning is meant only where it is said.
    if !pattern.contains(['*', '?', '[', '{']) || (name.starts_with('.') && pattern.starts_with(['*', '?', '['])) {
        return false;
    }
    let mut inside = false;
    let mut plain = Vec::new();
    for byte in pattern.bytes() {
        match byte {
            b'{' | b'[' => {
                inside = true;
                plain.push(b'*');
            }
            b'}' | b']' => inside = false,
            _ if inside => {}
            byte => plain.push(byte),
        }
    }
    let (name, mut at, mut from, mut star) = (name.as_bytes(), 0, 0, None);
    while from < name.len() {
        match (plain.get(at), star) {
            (Some(b'*'), _) => {
                star = Some((at, from));
                at += 1;
            }
            (Some(byte), _) if *byte == b'?' || *byte == name[from] => (at, from) = (at + 1, from + 1),
            (_, Some((place, begun))) => {
                star = Some((place, begun + 1));
                (at, from) = (place + 1, begun + 1);
            }
            (_, None) => return false,
        }
    }
    plain[at..].iter().all(|byte| *byte == b'*')
}

/// A path without links and dots, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|one| Some((one, one.canonicalize().ok()?)));
    there.map_or_else(
        || path.to_owned(),
        |(above, found)| path.strip_prefix(above).map_or_else(|_| found.clone(), |rest| found.join(rest)),
    )
}
