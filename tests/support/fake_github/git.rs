//! The git repository behind a fake one: contents, histories and comparisons are real.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use git2::{BranchType, Commit, Delta, DiffFindOptions, FileMode, ObjectType, Oid, Repository, Signature, Sort, Time};
use serde_json::{Value, json};
use tempfile::TempDir;

pub struct Git {
    home: Arc<TempDir>,
    repository: Repository,
}

/// What a path holds.
pub enum Held {
    File(Vec<u8>, Oid),
    /// Names, kinds, ids and sizes.
    Folder(Vec<(String, &'static str, Oid, usize)>),
}

impl Git {
    pub fn new() -> Self {
        let home = TempDir::new().expect("a directory");
        let repository = Repository::init_bare(home.path()).expect("a repository");
        Self { home: Arc::new(home), repository }
    }

    /// The same repository, opened once more.
    pub fn again(&self) -> Self {
        Self { home: Arc::clone(&self.home), repository: Repository::open(self.home.path()).expect("a repository") }
    }

    /// Where it can be cloned from and pushed to.
    pub fn path(&self) -> &Path {
        self.home.path()
    }

    /// A commit on a branch, with some files changed; a file of `None` is gone.
    pub fn commit(
        &self,
        branch: &str,
        login: &str,
        message: &str,
        at: DateTime<Utc>,
        files: &[(&str, Option<&str>)],
    ) -> String {
        let email = format!("{login}@users.noreply.github.com");
        let who = Signature::new(login, &email, &Time::new(at.timestamp(), 0)).expect("a signature");
        let name = format!("refs/heads/{branch}");
        let parent = self.resolve(&name).and_then(|id| self.repository.find_commit(id).ok());
        let mut index = git2::Index::new().expect("an index");
        if let Some(parent) = &parent {
            index.read_tree(&parent.tree().expect("a tree")).expect("a tree");
        }
        for (path, content) in files {
            let path = Path::new(path);
            match content {
                None => index.remove(path, 0).expect("a file to remove"),
                Some(content) => index.add(&self.entry(path, content)).expect("a file"),
            }
        }
        let tree = index.write_tree_to(&self.repository).expect("a tree");
        let tree = self.repository.find_tree(tree).expect("a tree");
        let parents: Vec<&Commit<'_>> = parent.iter().collect();
        self.repository.commit(Some(&name), &who, &who, message, &tree, &parents).expect("a commit").to_string()
    }

    fn entry(&self, path: &Path, content: &str) -> git2::IndexEntry {
        let zero = git2::IndexTime::new(0, 0);
        git2::IndexEntry {
            ctime: zero,
            mtime: zero,
            dev: 0,
            ino: 0,
            mode: FileMode::Blob.into(),
            uid: 0,
            gid: 0,
            file_size: 0,
            id: self.repository.blob(content.as_bytes()).expect("a blob"),
            flags: 0,
            flags_extended: 0,
            path: path.to_str().expect("a path").as_bytes().to_vec(),
        }
    }

    /// Takes every branch and tag of a real repository.
    pub fn take(&self, from: &Path) {
        let from = format!("file://{}", from.display());
        let mut remote = self.repository.remote_anonymous(&from).expect("a remote");
        remote.fetch(&["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"], None, None).expect("a fetch");
    }

    /// Points a ref somewhere, whatever it named before.
    pub fn point(&self, name: &str, sha: &str) {
        let id = self.resolve(sha).expect("a commit of the repository");
        self.repository.reference(name, id, true, "test").expect("a ref");
    }

    pub fn remove_branch(&self, branch: &str) {
        let mut found = self.repository.find_branch(branch, BranchType::Local).expect("a branch");
        found.delete().expect("a branch that can go");
    }

    /// The commit that a branch, tag or id names.
    pub fn resolve(&self, name: &str) -> Option<Oid> {
        ["refs/heads/", "refs/tags/", ""].iter().find_map(|prefix| {
            let object = self.repository.revparse_single(&format!("{prefix}{name}")).ok()?;
            object.peel_to_commit().ok().map(|commit| commit.id())
        })
    }

    pub fn find(&self, id: Oid) -> Commit<'_> {
        self.repository.find_commit(id).expect("a commit")
    }

    /// What a ref like `heads/main` points to.
    pub fn reference(&self, name: &str) -> Option<(Oid, &'static str)> {
        let found = self.repository.find_reference(&format!("refs/{name}")).ok()?;
        let object = found.peel(ObjectType::Any).ok()?;
        Some((found.target()?, object.kind()?.str()))
    }

    pub fn branches(&self) -> Vec<(String, Oid)> {
        let all = self.repository.branches(Some(BranchType::Local)).expect("branches");
        let named = |branch: git2::Branch<'_>| Some((branch.name().ok()??.to_owned(), branch.get().target()?));
        all.filter_map(|branch| named(branch.ok()?.0)).collect()
    }

    pub fn held(&self, at: Oid, path: &str) -> Option<Held> {
        let tree = self.find(at).tree().ok()?;
        let path = path.trim_matches('/');
        let tree = if path.is_empty() {
            tree
        } else {
            match tree.get_path(Path::new(path)).ok()?.to_object(&self.repository).ok()?.into_blob() {
                Ok(blob) => return Some(Held::File(blob.content().to_vec(), blob.id())),
                Err(object) => object.into_tree().ok()?,
            }
        };
        let kind = |entry: &git2::TreeEntry<'_>| if entry.kind() == Some(ObjectType::Tree) { "dir" } else { "file" };
        let size = |id| self.repository.find_blob(id).map_or(0, |blob| blob.size());
        let row = |entry: git2::TreeEntry<'_>| {
            Some((entry.name().ok()?.to_owned(), kind(&entry), entry.id(), size(entry.id())))
        };
        Some(Held::Folder(tree.iter().filter_map(row).collect()))
    }

    /// Commits that one reaches and another does not, newest first.
    pub fn log(&self, from: Oid, without: Option<Oid>) -> Vec<Oid> {
        let mut walk = self.repository.revwalk().expect("a walk");
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME).expect("an order");
        walk.push(from).expect("a commit");
        if let Some(without) = without {
            walk.hide(without).expect("a commit");
        }
        walk.filter_map(Result::ok).collect()
    }

    /// Whether a commit changes a path against its first parent.
    pub fn touches(&self, id: Oid, path: &str) -> bool {
        let before = self.find(id).parent_id(0).ok();
        self.changes(before, id).iter().any(|file| {
            let name = file["filename"].as_str().unwrap_or_default();
            name == path || name.starts_with(&format!("{}/", path.trim_end_matches('/')))
        })
    }

    pub fn merge_base(&self, one: Oid, other: Oid) -> Option<Oid> {
        self.repository.merge_base(one, other).ok()
    }

    /// The files that differ, as GitHub shows them, without their addresses.
    pub fn changes(&self, before: Option<Oid>, after: Oid) -> Vec<Value> {
        let tree = |id: Oid| self.find(id).tree().expect("a tree");
        let (before, after) = (before.map(tree), tree(after));
        let mut diff = self.repository.diff_tree_to_tree(before.as_ref(), Some(&after), None).expect("a difference");
        diff.find_similar(Some(DiffFindOptions::new().renames(true))).expect("renames");
        let mut files = Vec::new();
        for (index, delta) in diff.deltas().enumerate() {
            let status = match delta.status() {
                Delta::Added => "added",
                Delta::Deleted => "removed",
                Delta::Renamed => "renamed",
                _ => "modified",
            };
            let name = |file: git2::DiffFile<'_>| file.path().and_then(Path::to_str).unwrap_or_default().to_owned();
            let sha = if status == "removed" { delta.old_file().id() } else { delta.new_file().id() };
            let mut file = json!({ "sha": sha.to_string(), "filename": name(delta.new_file()), "status": status });
            let patch = git2::Patch::from_diff(&diff, index).ok().flatten();
            let (additions, deletions) =
                patch.as_ref().and_then(|patch| patch.line_stats().ok()).map_or((0, 0), |(_, a, d)| (a, d));
            file["additions"] = additions.into();
            file["deletions"] = deletions.into();
            file["changes"] = (additions + deletions).into();
            let text =
                patch.and_then(|mut patch| patch.to_buf().ok()).map(|text| String::from_utf8_lossy(&text).into_owned());
            if let Some((_, hunks)) = text.as_deref().and_then(|text| text.split_once("\n@@")) {
                file["patch"] = format!("@@{hunks}").into();
            }
            if status == "renamed" {
                file["previous_filename"] = name(delta.old_file()).into();
            }
            files.push(file);
        }
        files
    }
}
