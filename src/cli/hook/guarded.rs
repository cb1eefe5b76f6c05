//! Files that keep the gate: who changes them changes what it holds.

use std::path::{Path, PathBuf};

use super::install::OURS;
use super::shell::{Simple, name_of};
use crate::cli::Edge;
use crate::ledger::home::{Home, Place};
use crate::sources::files;
use crate::sources::git::Repo;
use crate::sources::policy::PATHS;

/// What a file keeps, the weightiest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Guard {
    Policy,
    Hook,
    Ledger,
}

/// The files of one repository.
pub(super) struct Guarded(Vec<(PathBuf, Guard)>);

/// The settings of Claude Code, which hold more than this tool's hook.
const SETTINGS: [&str; 2] = [".claude/settings.json", ".claude/settings.local.json"];

impl Guarded {
    pub(super) fn of(repo: &Repo, edge: &Edge) -> Self {
        let mut all = Vec::new();
        if let Ok(Home { place: Place::File(path), .. }) =
            Home::find(edge.surroundings.ledger.as_deref(), repo.shared_dir())
        {
            all.push((path, Guard::Ledger));
        }
        let mut hooks = vec![repo.hooks_dir().join("pre-push")];
        if let Some(top) = repo.workdir() {
            all.extend(PATHS.map(|path| (top.join(path), Guard::Policy)));
            hooks.extend(["pre-deploy", "post-deploy"].map(|name| top.join(".kamal/hooks").join(name)));
            hooks.extend(SETTINGS.map(|path| top.join(path)));
        }
        all.extend(hooks.into_iter().filter(|path| holds_ours(path)).map(|path| (path, Guard::Hook)));
        Self(all.into_iter().map(|(path, guard)| (real(&path), guard)).collect())
    }

    /// What a command guards that writes or removes a path: a file, or a folder above one.
    pub(super) fn written(&self, path: &Path) -> Option<Guard> {
        let path = real(path);
        // SQLite keeps files beside its own.
        let hit = |file: &Path, guard: Guard| {
            file.starts_with(&path)
                || (guard == Guard::Ledger && path.to_string_lossy().starts_with(&*file.to_string_lossy()))
        };
        self.0.iter().filter(|(file, guard)| hit(file, *guard)).map(|(_, guard)| *guard).max()
    }

    /// What a tool guards that edits a file; settings may change where this tool's hook stays.
    pub(super) fn edit(&self, path: &Path, content: Option<&str>, changes: &[(&str, &str)]) -> Option<Guard> {
        let guard = self.written(path)?;
        if guard != Guard::Hook || !SETTINGS.iter().any(|name| real(path).ends_with(name)) {
            return Some(guard);
        }
        let stays = content.is_none_or(|text| text.contains(OURS))
            && changes.iter().all(|(old, new)| !old.contains(OURS) || new.contains(OURS));
        let disables =
            content.into_iter().chain(changes.iter().map(|(_, new)| *new)).any(|text| text.contains("disableAllHooks"));
        (!stays || disables).then_some(guard)
    }
}

fn holds_ours(path: &Path) -> bool {
    matches!(files::read(path, 1 << 20), Ok(Some(bytes)) if String::from_utf8_lossy(&bytes).contains(OURS))
}

/// The paths that a command writes or removes.
pub(super) fn written(simple: &Simple) -> Vec<PathBuf> {
    let mut paths: Vec<&str> = simple.writes.iter().map(|word| word.text.as_str()).collect();
    if let Some((first, rest)) = simple.words.split_first() {
        let plain: Vec<&str> =
            rest.iter().map(|word| word.text.as_str()).filter(|word| !word.starts_with('-')).collect();
        let in_place = rest
            .iter()
            .any(|word| word.text.starts_with("-i") || word.text == "--in-place" || word.text.starts_with("-pi"));
        match name_of(&first.text) {
            "rm" | "mv" | "tee" | "truncate" | "chmod" | "unlink" | "shred" | "sqlite3" => paths.extend(plain),
            "sed" | "perl" if in_place => paths.extend(plain),
            "cp" | "install" | "ln" => paths.extend(plain.last()),
            "dd" => paths.extend(plain.iter().filter_map(|word| word.strip_prefix("of="))),
            _ => {}
        }
    }
    paths.into_iter().map(|path| simple.dir.join(path)).collect()
}

/// A path without links and dots, as far as it exists.
fn real(path: &Path) -> PathBuf {
    if let Ok(found) = path.canonicalize() {
        return found;
    }
    match (path.parent().and_then(|folder| folder.canonicalize().ok()), path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}
