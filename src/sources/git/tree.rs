//! The tree of a commit, as the reader of governance files asks for it.

use git2::{ObjectType, Oid};

use super::objects::LINK;
use super::{GitError, Repo, text};
use crate::engine::event::CommitId;
use crate::governance::load::{LARGEST, Tree};

/// The most paths of a tree that are listed.
const MOST: usize = 200_000;

/// How much of a tree is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The top, `.claude` and `.github`: what agents load at their start, at the price of a few folders.
    Top,
    /// Every folder.
    Whole,
}

/// The files of one commit.
pub struct CommitTree<'repo> {
    repo: &'repo Repo,
    tree: Oid,
    reach: Reach,
}

impl Repo {
    /// The tree of a commit.
    ///
    /// # Errors
    /// Where the commit is not here.
    pub fn tree(&self, commit: &CommitId, reach: Reach) -> Result<CommitTree<'_>, GitError> {
        let tree = self.commit(commit)?.tree_id();
        Ok(CommitTree { repo: self, tree, reach })
    }

    /// Whether a path of the working tree is one that Git leaves out.
    #[must_use]
    pub fn ignores(&self, path: &str) -> bool {
        self.inner.is_path_ignored(path).unwrap_or(false)
    }
}

impl CommitTree<'_> {
    fn entry(&self, path: &str) -> Option<(Oid, i32)> {
        let tree = self.repo.inner.find_tree(self.tree).ok()?;
        let entry = tree.get_path(path.as_ref()).ok()?;
        (entry.kind() == Some(ObjectType::Blob)).then(|| (entry.id(), entry.filemode()))
    }
}

impl Tree for CommitTree<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let Some((id, _)) = self.entry(path) else { return Ok(None) };
        self.repo.content(id, path, LARGEST).map(Some).map_err(|error| error.to_string())
    }

    fn list(&self) -> Vec<String> {
        let mut paths = Vec::new();
        let mut open = vec![(String::new(), self.tree)];
        while let Some((folder, id)) = open.pop() {
            let Ok(tree) = self.repo.inner.find_tree(id) else { continue };
            for entry in &tree {
                let path = format!("{folder}{}", text(entry.name_bytes()));
                let inside = self.reach == Reach::Whole
                    || path == ".claude"
                    || path == ".github"
                    || path.starts_with(".claude/");
                match entry.kind() {
                    Some(ObjectType::Tree) if inside => open.push((format!("{path}/"), entry.id())),
                    Some(ObjectType::Blob) => paths.push(path),
                    _ => {}
                }
            }
            if paths.len() > MOST {
                break;
            }
        }
        paths.sort();
        paths
    }

    fn link(&self, path: &str) -> Option<String> {
        let (id, _) = self.entry(path).filter(|(_, mode)| *mode == LINK)?;
        self.repo.content(id, path, 4096).ok().map(|target| text(&target))
    }
}
