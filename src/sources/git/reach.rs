//! Which commits one commit reaches and another does not, exactly, whatever their dates say.

use std::collections::{BinaryHeap, HashMap, HashSet};

use git2::Oid;

use super::Repo;
use super::landings::unreadable;
use crate::engine::facts::{Known, Missing};

/// How a result stands to the end of a shallow clone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// It must not depend on what is missing.
    Refused,
    /// It is what is here.
    Accepted,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Wanted,
    Shipped,
}

struct Node {
    side: Side,
    parents: Vec<Oid>,
}

/// Walks from both commits, newest first, until nothing that only `wanted` reaches is left to look at.
struct Walk<'repo> {
    repo: &'repo Repo,
    nodes: HashMap<Oid, Node>,
    queue: BinaryHeap<(i64, Oid)>,
    /// How many queued commits only `wanted` reaches, so far.
    open: usize,
    queued: HashSet<Oid>,
}

impl Walk<'_> {
    fn reach(&mut self, id: Oid, side: Side) -> Known<()> {
        match self.nodes.get_mut(&id) {
            Some(node) if node.side == side || node.side == Side::Shipped => return Ok(()),
            Some(node) => {
                node.side = Side::Shipped;
                if self.queued.contains(&id) {
                    self.open -= 1;
                    return Ok(());
                }
            }
            None => {}
        }
        let commit = self.repo.inner.find_commit(id).map_err(|_| unreadable(id))?;
        let parents = self.repo.parents(&commit);
        self.nodes.insert(id, Node { side, parents });
        self.queued.insert(id);
        self.queue.push((commit.time().seconds(), id));
        self.open += usize::from(side == Side::Wanted);
        Ok(())
    }

    fn run(&mut self, until_empty: bool) -> Known<()> {
        while self.open > 0 || until_empty {
            let Some((_, id)) = self.queue.pop() else { break };
            self.queued.remove(&id);
            let Some(node) = self.nodes.get(&id) else { continue };
            let (side, parents) = (node.side, node.parents.clone());
            self.open -= usize::from(side == Side::Wanted);
            for parent in parents {
                self.reach(parent, side)?;
            }
        }
        Ok(())
    }

    fn result(&self) -> HashSet<Oid> {
        self.nodes.iter().filter(|(_, node)| node.side == Side::Wanted).map(|(id, _)| *id).collect()
    }
}

impl Repo {
    /// The commits that `wanted` reaches and `base` does not.
    ///
    /// Dates order the walk and may lie. A commit that `base` does reach, by a way that looks too old, is found by asking
    /// about the ends of the result: who is reached has all its ancestors reached.
    pub(super) fn exclusive(&self, wanted: Oid, base: Option<Oid>, cut: Cut) -> Known<HashSet<Oid>> {
        let mut walk =
            Walk { repo: self, nodes: HashMap::new(), queue: BinaryHeap::new(), open: 0, queued: HashSet::new() };
        if let Some(base) = base {
            walk.reach(base, Side::Shipped)?;
        }
        walk.reach(wanted, Side::Wanted)?;
        walk.run(false)?;
        let mut result = walk.result();
        let ends = |result: &HashSet<Oid>, walk: &Walk<'_>| -> Vec<Oid> {
            let is_end = |id: &&Oid| {
                walk.nodes.get(*id).is_some_and(|node| !node.parents.iter().any(|parent| result.contains(parent)))
            };
            result.iter().filter(is_end).copied().collect()
        };
        // What is merely here needs no proof, and asking about each end has its price.
        if let Some(base) = base.filter(|_| cut == Cut::Refused) {
            let mut lies = false;
            for end in ends(&result, &walk) {
                lies = lies || self.descends(base, end)?;
            }
            if lies {
                walk.run(true)?;
                result = walk.result();
            }
        }
        if cut == Cut::Refused && self.is_cut(base, &result, &ends(&result, &walk), &walk.nodes)? {
            return Err(Missing::new(
                "the clone is shallow, and its history ends before the last deployed commit",
                "git fetch --unshallow",
            ));
        }
        Ok(result)
    }

    pub(super) fn descends(&self, descendant: Oid, ancestor: Oid) -> Known<bool> {
        let answer = self.inner.graph_descendant_of(descendant, ancestor);
        answer.map_err(|error| Missing::new(format!("history cannot be read: {}", error.message()), "git fsck"))
    }

    /// Whether the end of a shallow clone hides what could change the result.
    ///
    /// It does where the result itself runs into that end; and where what is missing below `base` could lead back up to
    /// an end of the result, which it cannot if it lies below that end already.
    fn is_cut(
        &self,
        base: Option<Oid>,
        result: &HashSet<Oid>,
        ends: &[Oid],
        nodes: &HashMap<Oid, Node>,
    ) -> Known<bool> {
        if self.boundary.iter().any(|id| result.contains(id)) {
            return Ok(true);
        }
        let Some(base) = base.filter(|_| !ends.is_empty()) else { return Ok(false) };
        for boundary in &self.boundary {
            if self.inner.find_commit(*boundary).is_err() || !(*boundary == base || self.descends(base, *boundary)?) {
                continue;
            }
            for end in ends {
                let parents = nodes.get(end).map(|node| node.parents.as_slice()).unwrap_or_default();
                let mut below = false;
                for parent in parents {
                    below = below || parent == boundary || self.descends(*parent, *boundary)?;
                }
                if !below {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}
