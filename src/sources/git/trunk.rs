//! Every landing of a branch since its beginning, and how many commits each one brought.

use git2::{Oid, Time, opts};
use gix_commitgraph::Graph;

use super::commits::{Commits, Fault, NoGraph, Place};
use super::landings::{Step, land};
use super::{Repo, instant};
use crate::engine::event::{CommitId, Instant, Landing};
use crate::engine::facts::{Known, Missing};

/// What the commits were read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadBy {
    /// The commit-graph, and the packs for what is newer.
    Graph,
    /// The packs alone, and why.
    Packs(NoGraph),
}

/// The history of one branch.
#[derive(Clone, Debug)]
pub struct TrunkHistory {
    /// Oldest first. Dates stand as they are, later than now even; subjects are not read: `Repo::subject` reads one.
    pub landings: Vec<Landing>,
    /// For each landing, how many commits it brought: those that it reaches and no earlier one does.
    pub batches: Vec<u32>,
    /// Back to when `landings` are complete; `None` is the very beginning.
    pub complete_since: Option<Instant>,
    /// Whether a shallow clone ended the walk: then a landing may have brought others than those that are here.
    pub shallow: bool,
    pub read_by: ReadBy,
}

impl Repo {
    /// Every landing on the first-parent line of `tip`, with the size of its batch.
    ///
    /// # Errors
    /// Where the tip or a commit that it builds on is not here.
    pub fn trunk_history(&self, tip: &CommitId) -> Known<TrunkHistory> {
        let tip = self.require(tip)?.id();
        let ((steps, counts), read_by) = match self.graph() {
            Err(reason) => (self.read_trunk(tip, None).map_err(missing)?, ReadBy::Packs(reason)),
            Ok(graph) => match self.read_trunk(tip, Some(graph)) {
                Ok(read) => (read, ReadBy::Graph),
                Err(Fault::Commit(missing)) => return Err(missing),
                Err(Fault::Graph(reason)) => {
                    (self.read_trunk(tip, None).map_err(missing)?, ReadBy::Packs(NoGraph::Unreadable(reason)))
                }
            },
        };
        let shallow = steps.last().is_some_and(|oldest| self.boundary.contains(&oldest.id));
        let (landings, brought) = land(steps, &self.pushes());
        let mut batches = vec![0; landings.len()];
        for ((_, landing), count) in brought.into_iter().zip(counts.into_iter().rev()) {
            batches[landing] += count;
        }
        let complete_since = landings.first().filter(|_| shallow).map(|oldest| oldest.at);
        Ok(TrunkHistory { landings, batches, complete_since, shallow, read_by })
    }

    /// The first-parent line, newest first, and how many commits each of it brought.
    fn read_trunk(&self, tip: Oid, graph: Option<Graph>) -> Result<(Vec<Step>, Vec<u32>), Fault> {
        let mut commits = self.commits(graph)?;
        // Each commit is read once: what libgit2 would keep of it helps nobody.
        opts::enable_caching(false);
        let read = read_line(&mut commits, tip);
        opts::enable_caching(true);
        read
    }
}

fn read_line(commits: &mut Commits<'_>, tip: Oid) -> Result<(Vec<Step>, Vec<u32>), Fault> {
    let mut steps = Vec::new();
    // The parents that are not on the line, and where those of each step end.
    let (mut merged, mut ends) = (Vec::new(), Vec::new());
    let mut parents: Vec<Place> = Vec::new();
    let mut next = Some(commits.place(tip));
    while let Some((place, id)) = next.and_then(|place| Some((place, commits.id(place)?))) {
        if !commits.is_new(place) {
            return Err(circle(place, id));
        }
        parents.clear();
        let seconds = commits.read(place, &mut parents)?;
        steps.push(Step { id, subject: String::new(), committed: instant(Time::new(seconds, 0)) });
        next = parents.first().copied();
        merged.extend(parents.iter().skip(1));
        ends.push(merged.len());
    }
    let mut counts = vec![1; steps.len()];
    for (step, count) in counts.iter_mut().enumerate().rev() {
        let start = step.checked_sub(1).map_or(0, |newer| ends[newer]);
        parents.clear();
        parents.extend_from_slice(&merged[start..ends[step]]);
        while let Some(place) = parents.pop() {
            if commits.is_new(place) {
                *count += 1;
                commits.read(place, &mut parents)?;
            }
        }
    }
    Ok((steps, counts))
}

/// No history does so, but a damaged commit-graph and a careless graft may.
fn circle(place: Place, id: Oid) -> Fault {
    match place {
        Place::Graph(_) => Fault::Graph(format!("commit {id} is its own ancestor")),
        Place::Packs(_) => Fault::Commit(Missing::new(
            format!("commit {id} is its own ancestor by `info/grafts`"),
            "remove the line of `info/grafts` that makes it so",
        )),
    }
}

fn missing(fault: Fault) -> Missing {
    match fault {
        Fault::Commit(missing) => missing,
        Fault::Graph(reason) => Missing::new(format!("history cannot be read: {reason}"), "git fsck"),
    }
}
