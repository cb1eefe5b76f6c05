//! Loading as the readers of governance files do it: which files, through which imports, and what stayed unseen.

mod imports;
mod path;
mod text;
mod tree;
mod unseen;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub use text::LARGEST;
pub use tree::{Memory, Tree};
pub use unseen::{Reason, Unseen};

use super::document::Mask;

/// How many imports deep readers follow: a file imported by one imported by … four times.
pub const HOPS: usize = 4;

/// More files than anyone writes: what lies beyond is named as unseen.
const MOST_FILES: usize = 2_000;

/// Names that make a file a governance file, in whatever folder.
const NAMES: [&str; 3] = ["claude.md", "agents.md", "gemini.md"];

/// A governance file as loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Relative to the repository.
    pub path: String,
    /// The files that import it, outermost first.
    pub via: Vec<String>,
    /// Its text; the frontmatter is blanked, so that lines keep their numbers.
    pub text: String,
    /// The globs that its frontmatter limits it to.
    pub paths: Vec<String>,
    /// The file whose text it repeats, where it is a copy.
    pub copy_of: Option<String>,
    /// The file that it only points to.
    pub points_to: Option<String>,
    pub unseen: Vec<Unseen>,
}

/// The governance files of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// In the order in which readers load them; copies and pointers too.
    pub files: Vec<File>,
    /// Those that are imported too deep: no reader sees them.
    pub beyond: Vec<File>,
}

/// Loads the governance files of a tree, and those that the policy declares beside them.
#[must_use]
pub fn load(tree: &dyn Tree, extra: &[String]) -> Loaded {
    let mut loader = Loader::new(tree);
    for (rank, path) in roots(tree) {
        loader.ask(&path, &[], rank == 0);
    }
    for written in extra {
        match path::join("", written) {
            Ok(path) => loader.ask(&path, &[], true),
            Err(why) => loader.refuse(written, why),
        }
    }
    while let Some(index) = loader.waiting.pop_front() {
        loader.follow(index);
    }
    let mut next = 0;
    while let Some(file) = loader.beyond.get(next).cloned() {
        loader.go_on(&file);
        next += 1;
    }
    loader.mark_copies();
    Loaded { files: loader.files, beyond: loader.beyond }
}

/// The governance files that a tree holds, in the order of loading; rank 0 is what has to be there.
fn roots(tree: &dyn Tree) -> Vec<(usize, String)> {
    let mut roots: Vec<(usize, String)> = Vec::new();
    for path in entries(tree) {
        let lower = path.to_lowercase();
        let name = path::name(&lower);
        let folder = path::folder(&lower);
        if lower.split('/').any(|part| matches!(part, "node_modules" | ".git")) {
            continue;
        }
        let rules = (format!("/{folder}/").contains("/.claude/rules/")) && name.split('.').next_back() == Some("md");
        let rank = match (folder, name) {
            ("", "claude.md") => 1,
            (".claude", "claude.md") => 2,
            _ if rules => 3,
            ("", "agents.md") => 4,
            ("", "gemini.md") => 5,
            (".github", "copilot-instructions.md") => 6,
            (_, name) if NAMES.contains(&name) => 7,
            _ => continue,
        };
        roots.push((rank, path));
    }
    roots.sort();
    roots.dedup();
    roots
}

/// All paths of a tree, those behind a linked folder of rules too.
fn entries(tree: &dyn Tree) -> Vec<String> {
    let listed = tree.list();
    let mut entries = listed.clone();
    for path in listed.iter().filter(|path| path.split('/').any(|part| part == ".claude")) {
        if tree.link(path).is_none() {
            continue;
        }
        if let Ok(target) = path::resolve(tree, path) {
            let behind = listed.iter().filter_map(|other| other.strip_prefix(&target)?.strip_prefix('/'));
            entries.extend(behind.map(|rest| format!("{path}/{rest}")));
        }
    }
    entries
}

struct Loader<'a> {
    tree: &'a dyn Tree,
    files: Vec<File>,
    /// Where in `files` a real path stands.
    known: BTreeMap<String, usize>,
    waiting: VecDeque<usize>,
    /// What is imported too deep.
    beyond: Vec<File>,
    known_beyond: BTreeSet<String>,
}

impl<'a> Loader<'a> {
    fn new(tree: &'a dyn Tree) -> Self {
        let (files, known, waiting) = (Vec::new(), BTreeMap::new(), VecDeque::new());
        Self { tree, files, known, waiting, beyond: Vec::new(), known_beyond: BTreeSet::new() }
    }

    /// Loads a file once; a later request gives it its chain of imports, where it has none yet.
    fn ask(&mut self, asked: &str, via: &[String], named: bool) {
        let real = match path::resolve(self.tree, asked) {
            Ok(real) => real,
            Err(why) => return self.refuse(asked, why),
        };
        if let Some(index) = self.known.get(&real).copied() {
            self.meet_again(index, asked, &real, via);
            return;
        }
        let bytes = match self.tree.read(&real) {
            Ok(Some(bytes)) => bytes,
            Ok(None) if named => return self.refuse(asked, Reason::Missing),
            Ok(None) => return,
            Err(why) => return self.refuse(asked, Reason::Unreadable(why)),
        };
        self.known.insert(real.clone(), self.files.len());
        self.waiting.push_back(self.files.len());
        self.files.push(read_file(asked, via, &bytes));
    }

    /// A file that is asked for once more: through a link it is a copy, through an import it gets its chain.
    fn meet_again(&mut self, index: usize, asked: &str, real: &str, via: &[String]) {
        let Some(file) = self.files.get_mut(index) else { return };
        let path = file.path.clone();
        if path != asked && via.is_empty() {
            if path == real || self.files.iter().all(|file| file.path != asked) {
                let copy = File { path: asked.to_owned(), copy_of: Some(path), ..File::default() };
                self.files.push(copy);
            }
        } else if file.via.is_empty() && !via.is_empty() && !via.contains(&path) {
            file.via = via.to_vec();
        }
    }

    /// Names a file that could not be loaded.
    fn refuse(&mut self, path: &str, why: Reason) {
        let unseen = Unseen { line: None, what: path.to_owned(), why };
        self.files.push(File { path: path.to_owned(), unseen: vec![unseen], ..File::default() });
    }

    /// Loads what a file imports or points to.
    fn follow(&mut self, index: usize) {
        let Some(file) = self.files.get(index) else { return };
        let (path, folder) = (file.path.clone(), path::folder(&file.path).to_owned());
        let mut chain = file.via.clone();
        chain.push(path.clone());
        if let Some(target) = self.pointed_to(file) {
            if let Some(file) = self.files.get_mut(index) {
                file.points_to = Some(target.clone());
                file.text.clear();
            }
            return self.ask(&target, &chain, true);
        }
        let mut unseen = Vec::new();
        for import in imports::find(&file.text, &Mask::of(&file.text)) {
            let refused = self.import(&folder, &import.path, &chain);
            if let Some(why) = refused.filter(|why| *why != Reason::Missing || import.is_meant()) {
                unseen.push(Unseen { line: Some(import.line), what: format!("@{}", import.path), why });
            }
        }
        if let Some(file) = self.files.get_mut(index) {
            file.unseen.extend(unseen);
        }
    }

    /// Loads one import, or says why not.
    fn import(&mut self, folder: &str, written: &str, chain: &[String]) -> Option<Reason> {
        let target = match path::join(folder, written).and_then(|path| path::resolve(self.tree, &path)) {
            Ok(target) => target,
            Err(why) => return Some(why),
        };
        match self.tree.read(&target) {
            Ok(Some(_)) if chain.contains(&target) => None,
            Ok(Some(bytes)) if chain.len() > HOPS && !self.known.contains_key(&target) => {
                self.leave(&target, chain, &bytes);
                Some(Reason::TooDeep)
            }
            Ok(Some(_)) if self.files.len() >= MOST_FILES => Some(Reason::TooDeep),
            Ok(Some(bytes)) => {
                self.ask(&target, chain, false);
                // The importing file says what of its import was not seen.
                text::decode(&bytes).err()
            }
            Ok(None) => Some(Reason::Missing),
            Err(why) => Some(Reason::Unreadable(why)),
        }
    }

    /// Keeps a file apart that is imported too deep.
    fn leave(&mut self, path: &str, chain: &[String], bytes: &[u8]) {
        if self.beyond.len() < MOST_FILES && self.known_beyond.insert(path.to_owned()) {
            self.beyond.push(read_file(path, chain, bytes));
        }
    }

    /// Keeps apart what such a file imports in turn.
    fn go_on(&mut self, file: &File) {
        let mut chain = file.via.clone();
        chain.push(file.path.clone());
        for import in imports::find(&file.text, &Mask::of(&file.text)) {
            let target = path::join(path::folder(&file.path), &import.path);
            let Ok(target) = target.and_then(|path| path::resolve(self.tree, &path)) else { continue };
            if self.known.contains_key(&target) || self.known_beyond.contains(&target) {
                continue;
            }
            if let Ok(Some(bytes)) = self.tree.read(&target) {
                self.leave(&target, &chain, &bytes);
            }
        }
    }

    /// The sibling that a file's whole text names: a symbolic link, flattened by a checkout.
    fn pointed_to(&self, file: &File) -> Option<String> {
        let text = file.text.trim();
        let bare = !text.is_empty() && text.len() < 256 && !text.contains(['\n', '@', '#', '`', '*']);
        let target = path::join(path::folder(&file.path), text).ok().filter(|_| bare)?;
        let there = path::resolve(self.tree, &target).ok().and_then(|real| self.tree.read(&real).ok().flatten());
        (there.is_some() && target != file.path).then_some(target)
    }

    /// Marks files that repeat the text of an earlier one.
    fn mark_copies(&mut self) {
        let mut first: BTreeMap<String, String> = BTreeMap::new();
        for file in self.files.iter_mut().filter(|file| !file.text.trim().is_empty()) {
            match first.get(&file.text) {
                Some(path) => {
                    file.copy_of = Some(path.clone());
                    file.text.clear();
                }
                None => {
                    first.insert(file.text.clone(), file.path.clone());
                }
            }
        }
    }
}

/// A file from its bytes.
fn read_file(path: &str, via: &[String], bytes: &[u8]) -> File {
    let mut file = File { path: path.to_owned(), via: via.to_vec(), ..File::default() };
    let unseen = |why| Unseen { line: None, what: path.to_owned(), why };
    match text::decode(bytes) {
        Err(why) => file.unseen.push(unseen(why)),
        Ok((mut text, replaced)) => {
            file.unseen.extend(replaced.map(unseen));
            if let Some((yaml, body)) = text::frontmatter(&text) {
                file.paths = text::paths(yaml);
                let lines = text.get(..body).unwrap_or_default().matches('\n').count();
                text = "\n".repeat(lines) + text.get(body..).unwrap_or_default();
            }
            file.text = text;
        }
    }
    file
}

#[cfg(test)]
mod tests;
