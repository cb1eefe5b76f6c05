//! What differs between two commits: files, and lines where somebody asks.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use git2::{Commit, DiffOptions, ObjectType, Oid, Patch};

use super::{GitError, Repo};
use crate::governance::honour::{Lines, Touch};

/// The biggest file, in bytes, whose lines are compared, and the biggest that is read to see whether it has any.
const BIGGEST: (usize, usize) = (1024 * 1024, 16 * 1024 * 1024);

/// How far Git looks for the byte that makes a file binary.
const LOOKED_AT: usize = 8_000;

/// The mode of a submodule in a tree: the commit that it names is in another repository.
const SUBMODULE: i32 = 0o160_000;

/// An entry of a tree.
#[derive(PartialEq, Eq)]
struct Entry {
    id: Oid,
    mode: i32,
    is_folder: bool,
}

/// A file that differs between two trees.
pub(super) struct Touched<'walk> {
    pub path: &'walk [u8],
    before: Option<&'walk Entry>,
    after: Option<&'walk Entry>,
}

impl Touched<'_> {
    /// What happened to it.
    pub const fn touch(&self) -> Touch {
        match (self.before, self.after) {
            (None, _) => Touch::Added,
            (Some(_), None) => Touch::Deleted,
            (Some(_), Some(_)) => Touch::Modified,
        }
    }

    /// The contents before and after; a submodule has none.
    pub fn contents(&self) -> (Option<Oid>, Option<Oid>) {
        let content = |entry: Option<&Entry>| entry.filter(|entry| entry.mode != SUBMODULE).map(|entry| entry.id);
        (content(self.before), content(self.after))
    }
}

/// Takes the files that differ, until it has seen enough.
pub(super) type Visitor<'visitor> = dyn FnMut(&Touched<'_>) -> ControlFlow<()> + 'visitor;

impl Repo {
    /// Shows each file that a commit changed against its first parent, in no order, until the visitor has seen enough.
    pub(super) fn changes(&self, commit: &Commit<'_>, visit: &mut Visitor<'_>) -> Result<(), GitError> {
        let act = GitError::unreadable(format!("compare commit {} with its parent", commit.id()));
        let parent = self.parents(commit).first().copied();
        let compared = parent
            .map(|parent| self.inner.find_commit(parent))
            .transpose()
            .and_then(|before| self.compare(before.map(|parent| parent.tree_id()), commit.tree_id(), visit));
        compared.map_err(act)
    }

    /// Shows each file that differs between two trees, in no order, until the visitor has seen enough.
    ///
    /// Only folders that differ are read: libgit2's own comparison lists every entry on the way, at four times the cost.
    pub(super) fn compare(&self, before: Option<Oid>, after: Oid, visit: &mut Visitor<'_>) -> Result<(), git2::Error> {
        let mut open = vec![(before, Some(after), Vec::new())];
        while let Some((before, after, folder)) = open.pop() {
            let (before, after) = (self.entries(before)?, self.entries(after)?);
            for name in before.keys().chain(after.keys().filter(|name| !before.contains_key(*name))) {
                let (old, new) = (before.get(name), after.get(name));
                if old == new {
                    continue;
                }
                let path = [&folder, name.as_slice()].concat();
                let below = |entry: Option<&Entry>| entry.filter(|entry| entry.is_folder).map(|entry| entry.id);
                let touched = Touched {
                    path: &path,
                    before: old.filter(|entry| !entry.is_folder),
                    after: new.filter(|entry| !entry.is_folder),
                };
                let is_file = touched.before.or(touched.after).is_some();
                if is_file && visit(&touched).is_break() {
                    return Ok(());
                }
                if below(old).is_some() || below(new).is_some() {
                    open.push((below(old), below(new), [&path, b"/".as_slice()].concat()));
                }
            }
        }
        Ok(())
    }

    /// How many lines differ between two contents; `None` where one is too big. Binary files have no lines.
    pub(super) fn lines(&self, before: Option<Oid>, after: Option<Oid>) -> Result<Option<Lines>, git2::Error> {
        if before == after {
            return Ok(Some(Lines::default()));
        }
        let objects = self.inner.odb()?;
        let mut contents = [Vec::new(), Vec::new()];
        for (id, content) in [before, after].into_iter().zip(&mut contents) {
            let Some(id) = id else { continue };
            let (size, _) = objects.read_header(id)?;
            if size > BIGGEST.1 {
                return Ok(None);
            }
            let blob = self.inner.find_blob(id)?;
            if blob.content().iter().take(LOOKED_AT).any(|byte| *byte == 0) {
                return Ok(Some(Lines::default()));
            }
            if size > BIGGEST.0 {
                return Ok(None);
            }
            *content = blob.content().to_vec();
        }
        let [before, after] = contents;
        let mut options = DiffOptions::new();
        options.context_lines(0);
        let patch = Patch::from_buffers(&before, None, &after, None, Some(&mut options))?;
        let (_, added, deleted) = patch.line_stats()?;
        Ok(Some(Lines { added, deleted }))
    }

    fn entries(&self, tree: Option<Oid>) -> Result<BTreeMap<Vec<u8>, Entry>, git2::Error> {
        let Some(tree) = tree else { return Ok(BTreeMap::new()) };
        let tree = self.inner.find_tree(tree)?;
        let entry = |entry: git2::TreeEntry<'_>| {
            let is_folder = entry.kind() == Some(ObjectType::Tree);
            (entry.name_bytes().to_vec(), Entry { id: entry.id(), mode: entry.filemode_raw(), is_folder })
        };
        Ok(tree.iter().map(entry).collect())
    }
}
