//! The working tree, or any folder, as the reader of governance files asks for it.

use std::path::{Path, PathBuf};

use super::files;
use super::git::Repo;
use crate::governance::load::{LARGEST, Tree};

/// The most paths of a folder that are listed.
const MOST: usize = 200_000;

/// The files of a folder, without what Git ignores.
pub struct WorkingTree<'a> {
    top: PathBuf,
    repo: Option<&'a Repo>,
}

impl<'a> WorkingTree<'a> {
    /// The folder, and the repository that tells what is ignored there.
    #[must_use]
    pub fn new(top: &Path, repo: Option<&'a Repo>) -> Self {
        Self { top: top.to_owned(), repo }
    }

    fn leaves_out(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        matches!(name, ".git" | "node_modules") || self.repo.is_some_and(|repo| repo.ignores(&format!("{path}/")))
    }
}

impl Tree for WorkingTree<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        files::read_inside(&self.top, path, LARGEST as u64).map_err(|error| error.message)
    }

    fn list(&self) -> Vec<String> {
        let mut paths = Vec::new();
        let mut open = vec![String::new()];
        while let Some(folder) = open.pop() {
            let Ok(entries) = std::fs::read_dir(self.top.join(&folder)) else { continue };
            for entry in entries.flatten() {
                let Ok(name) = entry.file_name().into_string() else { continue };
                let path = format!("{folder}{name}");
                // The kind of a link is that of the link: what it leads to is asked for by name.
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() && !self.leaves_out(&path) => open.push(format!("{path}/")),
                    Ok(kind) if !kind.is_dir() => paths.push(path),
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
        let target = std::fs::read_link(self.top.join(path)).ok()?;
        target.into_os_string().into_string().ok()
    }
}
