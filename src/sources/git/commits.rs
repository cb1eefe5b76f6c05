//! Parents and dates of very many commits: from the commit-graph where Git keeps one, else from the packs.

use std::fmt;

use git2::{ObjectType, Odb, Oid};
use gix_commitgraph::{Graph, Position};
use gix_hash::{Kind, ObjectId};
use memchr::{memchr, memmem, memrchr};
use rustc_hash::FxHashSet;

use super::Repo;
use super::landings::unreadable;
use crate::engine::facts::Missing;
use crate::sources::files;

/// The bytes of the indexes of packs that hold some 20,000 commits: 28 an object, and 7 objects a commit.
const LARGE: u64 = 20_000 * 7 * 28;

/// The largest file of packed references that is looked through, in bytes.
const REFERENCES: u64 = 1 << 28;

/// Why no commit-graph is read; Git leaves it aside for the same reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoGraph {
    Absent,
    /// `core.commitGraph` is false.
    Off,
    Shallow,
    /// `info/grafts` gives commits other parents.
    Grafted,
    /// `refs/replace` gives commits other contents, which libgit2 does not follow.
    Replaced,
    Unreadable(String),
}

impl fmt::Display for NoGraph {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => out.write_str("there is no commit-graph"),
            Self::Off => out.write_str("`core.commitGraph` is false"),
            Self::Shallow => out.write_str("the clone is shallow"),
            Self::Grafted => out.write_str("`info/grafts` gives commits other parents"),
            Self::Replaced => out.write_str("`refs/replace` gives commits other contents, which are not followed"),
            Self::Unreadable(reason) => write!(out, "the commit-graph cannot be read: {reason}"),
        }
    }
}

/// Why a commit is not read.
pub(super) enum Fault {
    /// The packs may still hold what the commit-graph does not say.
    Graph(String),
    Commit(Missing),
}

/// A commit, by where it is read.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Graph(Position),
    Packs(Oid),
}

/// A reader of commits that knows which ones it has met.
pub(super) struct Commits<'repo> {
    repo: &'repo Repo,
    odb: Odb<'repo>,
    graph: Option<Graph>,
    grafted: bool,
    met_in_graph: Vec<bool>,
    met_in_packs: FxHashSet<Oid>,
}

impl Commits<'_> {
    pub(super) fn place(&self, id: Oid) -> Place {
        let graph = self.graph.as_ref().zip(ObjectId::try_from(id.as_bytes()).ok());
        graph.and_then(|(graph, id)| graph.lookup(id)).map_or(Place::Packs(id), Place::Graph)
    }

    pub(super) fn id(&self, place: Place) -> Option<Oid> {
        match place {
            Place::Packs(id) => Some(id),
            Place::Graph(position) => Oid::from_bytes(self.graph.as_ref()?.id_at(position).as_bytes()).ok(),
        }
    }

    /// Whether a commit is met for the first time.
    pub(super) fn is_new(&mut self, place: Place) -> bool {
        match place {
            Place::Packs(id) => self.met_in_packs.insert(id),
            Place::Graph(Position(position)) => {
                let met = usize::try_from(position).ok().and_then(|position| self.met_in_graph.get_mut(position));
                met.is_some_and(|met| !std::mem::replace(met, true))
            }
        }
    }

    /// The seconds of a commit's committer date; its parents are added to `parents`.
    pub(super) fn read(&self, place: Place, parents: &mut Vec<Place>) -> Result<i64, Fault> {
        match (place, &self.graph) {
            (Place::Graph(position), Some(graph)) => {
                let commit = graph.commit_at(position);
                for parent in commit.iter_parents() {
                    parents.push(Place::Graph(parent.map_err(|error| Fault::Graph(error.to_string()))?));
                }
                Ok(commit.committer_timestamp().try_into().unwrap_or_default())
            }
            (Place::Packs(id), _) => self.unpack(id, parents).ok_or_else(|| Fault::Commit(unreadable(id))),
            (Place::Graph(_), None) => Err(Fault::Graph("it is gone".to_owned())),
        }
    }

    fn unpack(&self, id: Oid, parents: &mut Vec<Place>) -> Option<i64> {
        if self.grafted {
            let commit = self.repo.inner.find_commit(id).ok()?;
            parents.extend(self.repo.parents(&commit).into_iter().map(Place::Packs));
            return Some(commit.time().seconds());
        }
        let object = self.odb.read(id).ok().filter(|object| object.kind() == ObjectType::Commit)?;
        let is_end = self.repo.boundary.contains(&id);
        let mut rest = object.data();
        // `tree`, then each `parent`, `author` and `committer`: a whole parse would cost as much again.
        loop {
            let (line, after) = rest.split_at_checked(memchr(b'\n', rest)?)?;
            rest = after.get(1..)?;
            if let Some(parent) = line.strip_prefix(b"parent ") {
                let parent = Oid::from_str(std::str::from_utf8(parent).ok()?).ok()?;
                if !is_end {
                    parents.push(self.place(parent));
                }
            } else if let Some(committer) = line.strip_prefix(b"committer ") {
                return Some(seconds(committer).unwrap_or_default());
            }
        }
    }
}

/// The seconds in `NAME <ADDRESS> SECONDS ZONE`; a date that cannot be read counts as the epoch, as it does for Git.
fn seconds(committer: &[u8]) -> Option<i64> {
    let date = committer.get(memrchr(b'>', committer)? + 1..)?;
    std::str::from_utf8(date).ok()?.split_ascii_whitespace().next()?.parse().ok()
}

impl Repo {
    /// The commit-graph, where Git itself would use it.
    ///
    /// # Errors
    /// Says why there is none.
    pub(super) fn graph(&self) -> Result<Graph, NoGraph> {
        let info = self.inner.commondir().join("objects").join("info");
        if self.is_shallow() {
            return Err(NoGraph::Shallow);
        }
        if self.is_grafted() {
            return Err(NoGraph::Grafted);
        }
        if self.is_replaced() {
            return Err(NoGraph::Replaced);
        }
        if self.inner.config().and_then(|config| config.get_bool("core.commitGraph")) == Ok(false) {
            return Err(NoGraph::Off);
        }
        if !info.join("commit-graph").exists() && !info.join("commit-graphs").join("commit-graph-chain").exists() {
            return Err(NoGraph::Absent);
        }
        Graph::at(&info, Kind::Sha1, None).map_err(|error| NoGraph::Unreadable(error.to_string()))
    }

    /// Why there is no commit-graph, in a repository so large that one would save a wait.
    #[must_use]
    pub fn wants_graph(&self) -> Option<NoGraph> {
        let packs = self.inner.commondir().join("objects").join("pack");
        let indexes = files::ending_with(&packs, ".idx").unwrap_or_default();
        let bytes: u64 =
            indexes.iter().filter_map(|name| packs.join(name).metadata().ok()).map(|file| file.len()).sum();
        if bytes < LARGE {
            return None;
        }
        self.graph().err().filter(|reason| matches!(reason, NoGraph::Absent | NoGraph::Unreadable(_)))
    }

    fn is_grafted(&self) -> bool {
        self.inner.commondir().join("info").join("grafts").metadata().is_ok_and(|file| file.len() > 0)
    }

    /// Asked of the files, as libgit2 would first parse every reference of a mirror.
    fn is_replaced(&self) -> bool {
        let common = self.inner.commondir();
        let loose = common.join("refs").join("replace").read_dir();
        let packed = files::read(&common.join("packed-refs"), REFERENCES);
        loose.is_ok_and(|mut found| found.next().is_some())
            || packed.is_ok_and(|bytes| bytes.is_some_and(|bytes| memmem::find(&bytes, b" refs/replace/").is_some()))
    }

    pub(super) fn commits(&self, graph: Option<Graph>) -> Result<Commits<'_>, Fault> {
        let odb = self.inner.odb().map_err(|error| {
            Fault::Commit(Missing::new(format!("objects cannot be read: {}", error.message()), "git fsck"))
        })?;
        let in_graph = graph.as_ref().map_or(0, Graph::num_commits).try_into().unwrap_or_default();
        Ok(Commits {
            repo: self,
            odb,
            graph,
            grafted: self.is_grafted(),
            met_in_graph: vec![false; in_graph],
            met_in_packs: FxHashSet::default(),
        })
    }
}
