//! What files are loaded from: a commit or a folder, seen only through three questions.

use std::collections::BTreeMap;

/// A tree of files; paths are relative to its root, with `/` and without `.` and `..`.
pub trait Tree {
    /// Reads a file; `None` where there is none.
    ///
    /// # Errors
    /// Says in a few words why a file that is there cannot be read.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String>;

    /// Lists the paths of all files and symbolic links, as many as the implementation bounds it to.
    fn list(&self) -> Vec<String>;

    /// The target of a symbolic link, as written; `None` where the path is no link.
    fn link(&self, path: &str) -> Option<String>;
}

/// A tree in memory, for tests and for texts that come from elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    files: BTreeMap<String, Vec<u8>>,
    links: BTreeMap<String, String>,
}

impl Memory {
    /// Adds a file.
    #[must_use]
    pub fn file(mut self, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.to_owned(), bytes.into());
        self
    }

    /// Adds a symbolic link.
    #[must_use]
    pub fn link(mut self, path: &str, target: &str) -> Self {
        self.links.insert(path.to_owned(), target.to_owned());
        self
    }
}

impl Tree for Memory {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.files.get(path).cloned())
    }

    fn list(&self) -> Vec<String> {
        self.files.keys().chain(self.links.keys()).cloned().collect()
    }

    fn link(&self, path: &str) -> Option<String> {
        self.links.get(path).cloned()
    }
}
