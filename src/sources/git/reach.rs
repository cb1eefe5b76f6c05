//! Which commits one commit reaches and another does not, exactly, whatever their dates say.

use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap, HashSet};

use git2::Oid;

use super::Repo;
use super::landings::unreadable;
use crate::engine::facts::{Known, Missing};

/// Reached from the requested commit.
const WANTED: u64 = 1;
/// Reached from the base.
const SHIPPED: u64 = 1 << 1;
/// The first of the marks for what lies below one end of the result.
const FLOOR: u64 = 1 << 2;
/// A mark that no commit gets: waiting for it walks everything.
const NEVER: u64 = 1 << 63;

struct Node {
    marks: u64,
    seconds: i64,
    parents: Vec<Oid>,
    queued: bool,
}

/// Paints history from both commits, newest first.
///
/// Dates only order the work. The painting of what the base reaches stops where nothing of the result can come any
/// more: at commits that lie below every end of the result, since no commit reaches one that builds on it.
struct Painter<'repo> {
    repo: &'repo Repo,
    nodes: HashMap<Oid, Node>,
    queue: BinaryHeap<(i64, Oid)>,
    /// How many queued commits still matter.
    open: usize,
    /// All the floor marks; none while the result is being painted.
    floor: u64,
    /// Whether something was taken out of the result.
    shrunk: bool,
}

impl Painter<'_> {
    fn is_open(&self, marks: u64) -> bool {
        if self.floor == 0 { marks & (WANTED | SHIPPED) == WANTED } else { marks & SHIPPED != 0 && marks & self.floor != self.floor }
    }

    fn paint(&mut self, id: Oid, marks: u64) -> Known<()> {
        if let Entry::Vacant(place) = self.nodes.entry(id) {
            let commit = self.repo.inner.find_commit(id).map_err(|_| unreadable(id))?;
            let parents = self.repo.parents(&commit);
            place.insert(Node { marks: 0, seconds: commit.time().seconds(), parents, queued: false });
        }
        let (floor_is_set, open_before, open_after, queue) = {
            let Some(node) = self.nodes.get(&id) else { return Ok(()) };
            let after = node.marks | marks;
            if after == node.marks {
                return Ok(());
            }
            self.shrunk |= node.marks & (WANTED | SHIPPED) == WANTED && after & SHIPPED != 0;
            (after, node.queued && self.is_open(node.marks), self.is_open(after), !node.queued)
        };
        if let Some(node) = self.nodes.get_mut(&id) {
            node.marks = floor_is_set;
            node.queued = true;
            if queue {
                self.queue.push((node.seconds, id));
            }
        }
        self.open = self.open + usize::from(open_after) - usize::from(open_before);
        Ok(())
    }

    fn run(&mut self) -> Known<()> {
        self.shrunk = false;
        while self.open > 0 {
            let Some((_, id)) = self.queue.pop() else { break };
            let Some(node) = self.nodes.get_mut(&id) else { continue };
            node.queued = false;
            let (marks, parents) = (node.marks, node.parents.clone());
            self.open -= usize::from(self.is_open(marks));
            for parent in parents {
                self.paint(parent, marks)?;
            }
        }
        Ok(())
    }

    /// Goes on until every commit still queued has the floor marks.
    fn run_to(&mut self, floor: u64) -> Known<()> {
        self.floor = floor;
        self.open = self.queue.iter().filter(|(_, id)| self.nodes.get(id).is_some_and(|node| self.is_open(node.marks))).count();
        self.run()
    }

    fn result(&self) -> HashSet<Oid> {
        let wanted = self.nodes.iter().filter(|(_, node)| node.marks & (WANTED | SHIPPED) == WANTED);
        wanted.map(|(id, _)| *id).collect()
    }

    /// One parent below each end of the result; `None` where an end has none, or where they are too many to mark.
    fn floors(&self) -> Option<Vec<Oid>> {
        let result = self.result();
        let mut floors = HashSet::new();
        for id in &result {
            let parents = &self.nodes.get(id)?.parents;
            if !parents.iter().any(|parent| result.contains(parent)) {
                floors.insert(*parents.first()?);
            }
        }
        Some(floors.into_iter().collect()).filter(|floors: &Vec<Oid>| floors.len() <= 60)
    }

    fn verify(&mut self) -> Known<()> {
        let floors = self.floors();
        let marks: Vec<u64> = (0..floors.as_ref().map_or(0, Vec::len)).map(|place| FLOOR << place).collect();
        let all = if floors.is_some() { marks.iter().sum() } else { NEVER };
        if all == 0 {
            return Ok(());
        }
        self.run_to(all)?;
        for (floor, mark) in floors.into_iter().flatten().zip(marks) {
            self.paint(floor, mark)?;
        }
        self.run()?;
        if self.shrunk { self.run_to(NEVER) } else { Ok(()) }
    }

    /// Whether the end of a shallow clone hides what could change the result.
    fn is_cut(&self) -> bool {
        self.repo.boundary.iter().filter_map(|id| self.nodes.get(id)).any(|node| {
            let wanted = node.marks & (WANTED | SHIPPED) == WANTED;
            wanted || (node.marks & SHIPPED != 0 && node.marks & self.floor != self.floor)
        })
    }
}

/// How a result stands to the end of a shallow clone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// It must not depend on what is missing.
    Refused,
    /// It is what is here.
    Accepted,
}

impl Repo {
    /// The commits that `wanted` reaches and `base` does not.
    pub(super) fn exclusive(&self, wanted: Oid, base: Option<Oid>, cut: Cut) -> Known<HashSet<Oid>> {
        let mut painter =
            Painter { repo: self, nodes: HashMap::new(), queue: BinaryHeap::new(), open: 0, floor: 0, shrunk: false };
        painter.paint(wanted, WANTED)?;
        if let Some(base) = base {
            painter.paint(base, SHIPPED)?;
        }
        painter.run()?;
        if base.is_some() {
            painter.verify()?;
        }
        if cut == Cut::Refused && painter.is_cut() {
            return Err(Missing::new("the clone is shallow, and its history ends before the last deployed commit", "git fetch --unshallow"));
        }
        Ok(painter.result())
    }
}
