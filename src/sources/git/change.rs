//! What a span of commits did: messages, touched files, and how each commit came to the default branch.

use std::collections::{HashMap, HashSet};

use git2::{Commit as GitCommit, Oid};

use super::branch::FoundBy;
use super::landings::unreadable;
use super::reach::Cut;
use super::touched::Budget;
use super::{Repo, commit_id, text};
use crate::engine::event::CommitId;
use crate::engine::facts::{Known, Missing};
use crate::governance::honour::message::without_request_number;
use crate::governance::honour::{Arrival, Change, Commit, Depth, Message, Paths, Person, Request};

/// How many commits of one change are read.
const COMMITS: usize = 10_000;

/// How a commit came to the default branch, and how many commits it brought if it is a landing.
type Arrivals = HashMap<Oid, (Arrival, Option<usize>)>;

/// The default branch, where the repository names one.
struct Trunk {
    name: String,
    tip: Oid,
}

impl Repo {
    /// What the commits that `head` reaches and `base` does not did; without a base, all of them.
    ///
    /// Lines are compared only where `depth` asks: that reads every touched file.
    ///
    /// # Errors
    /// Where a commit is not here, or a shallow clone hides which commits these are.
    pub fn change(&self, base: Option<&CommitId>, head: &CommitId, request: Request, depth: Depth) -> Known<Change> {
        let tip = self.require(head)?.id();
        let base = base.map(|base| self.require(base).map(|base| base.id())).transpose()?;
        let span = self.span(tip, base)?;
        let trunk = self.trunk();
        let arrivals = trunk.as_ref().map_or(Ok(HashMap::new()), |trunk| self.arrivals(tip, &span, trunk))?;
        let mut order = self.parents_first(tip, &span)?;
        let unread = order.len().saturating_sub(COMMITS);
        order.drain(..unread);
        let cut = (unread > 0).then(|| {
            let what = format!("of {} commits, the newest {COMMITS} were read", unread + COMMITS);
            Missing::new(what, "judge a shorter span")
        });
        let mut budget = Budget::default();
        let whole = order.iter().any(|id| !arrivals.contains_key(id));
        let open = whole.then(|| self.open_paths(tip, base, trunk.as_ref(), depth, &mut budget));
        let commits = order.into_iter().map(|id| self.facts(id, arrivals.get(&id).copied(), depth, &mut budget));
        let commits = commits.collect::<Known<Vec<_>>>()?;
        Ok(Change { commits, open, trunk: trunk.map(|trunk| trunk.name), cut, request })
    }

    /// What one landing on the default branch brought: itself and, where it merges, what it merged.
    ///
    /// # Errors
    /// Where the commit is not here, or a shallow clone hides what it brought.
    pub fn landed(&self, landing: &CommitId, depth: Depth) -> Known<Change> {
        let commit = self.require(landing)?;
        if self.boundary.contains(&commit.id()) {
            return Err(shallow());
        }
        let before = self.parents(&commit).first().map(|parent| commit_id(*parent));
        self.change(before.as_ref(), landing, Request::default(), depth)
    }

    fn span(&self, tip: Oid, base: Option<Oid>) -> Known<HashSet<Oid>> {
        let is_cut = |missing: &Missing| self.is_shallow() && missing.remedy.contains("--unshallow");
        let span = self.exclusive(tip, base, Cut::Refused);
        span.map_err(|missing| if is_cut(&missing) { shallow() } else { missing })
    }

    /// The default branch. What is merely checked out is none: on a detached HEAD, as in CI, nothing would be left to land.
    fn trunk(&self) -> Option<Trunk> {
        let branch = self.default_branch().ok().filter(|branch| branch.found_by != FoundBy::Head)?;
        let name = branch.name.strip_prefix("origin/").unwrap_or(&branch.name);
        Some(Trunk { name: name.to_owned(), tip: self.find(&branch.tip)?.id() })
    }

    /// How those of the span that are on the default branch came there.
    fn arrivals(&self, head: Oid, span: &HashSet<Oid>, trunk: &Trunk) -> Known<Arrivals> {
        let open = self.span(head, Some(trunk.tip))?;
        let landed: HashSet<Oid> = span.difference(&open).copied().collect();
        let mut arrivals: Arrivals = landed.iter().map(|id| (*id, (Arrival::Merged, None))).collect();
        if landed.is_empty() {
            return Ok(arrivals);
        }
        let newer = self.exclusive(trunk.tip, Some(head), Cut::Accepted)?;
        let start =
            self.line(trunk.tip, &newer)?.first().map_or(Ok(Some(trunk.tip)), |oldest| self.before_on_line(*oldest))?;
        let line = start.map_or(Ok(Vec::new()), |start| self.line(start, &landed))?;
        let pushed = self.pushed(&line)?;
        let mut seen = HashSet::new();
        for id in line {
            let commit = self.inner.find_commit(id).map_err(|_| unreadable(id))?;
            let arrival = match () {
                () if commit.parent_count() > 1 => Arrival::Merge,
                () if pushed.contains(&id) => Arrival::Pushed,
                () if without_request_number(&super::objects::subject(&commit)).is_some() => Arrival::Squash,
                () => Arrival::Direct,
            };
            let brought = self.brought(id, &landed, &mut seen)?;
            arrivals.insert(id, (arrival, Some(brought)));
        }
        Ok(arrivals)
    }

    fn before_on_line(&self, id: Oid) -> Known<Option<Oid>> {
        let commit = self.inner.find_commit(id).map_err(|_| unreadable(id))?;
        Ok(self.parents(&commit).first().copied())
    }

    /// Those of the line, oldest first, that this clone pushed itself.
    fn pushed(&self, line: &[Oid]) -> Known<HashSet<Oid>> {
        let pushes = self.pushes();
        let mut carried = HashSet::new();
        let mut before = None;
        for id in line.iter().rev() {
            if before == Some(*id) {
                before = None;
            }
            // The push that makes a branch, and one that rewrites it, say nothing about single commits.
            if let Some(push) = pushes.get(id).filter(|push| !push.before.is_zero())
                && self.inner.find_commit(push.before).is_ok()
                && self.descends(*id, push.before)?
            {
                before = Some(push.before);
            }
            if before.is_some() {
                carried.insert(*id);
            }
        }
        Ok(carried)
    }

    /// How many commits, merges left out, one of the line brought that no older one did.
    fn brought(&self, id: Oid, landed: &HashSet<Oid>, seen: &mut HashSet<Oid>) -> Known<usize> {
        let mut count = 0;
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            if !landed.contains(&id) || !seen.insert(id) {
                continue;
            }
            let commit = self.inner.find_commit(id).map_err(|_| unreadable(id))?;
            count += usize::from(commit.parent_count() < 2);
            open.extend(self.parents(&commit));
        }
        Ok(count)
    }

    /// The span, each after its parents.
    fn parents_first(&self, tip: Oid, span: &HashSet<Oid>) -> Known<Vec<Oid>> {
        let mut order = Vec::with_capacity(span.len());
        let mut seen = HashSet::new();
        let mut open = vec![(tip, false)];
        while let Some((id, are_parents_done)) = open.pop() {
            if are_parents_done {
                order.push(id);
            } else if span.contains(&id) && seen.insert(id) {
                let commit = self.inner.find_commit(id).map_err(|_| unreadable(id))?;
                open.push((id, true));
                open.extend(self.parents(&commit).into_iter().rev().map(|parent| (parent, false)));
            }
        }
        Ok(order)
    }

    /// The files that differ between the head and where it left the default branch, or the base if that is newer.
    fn open_paths(
        &self,
        head: Oid,
        base: Option<Oid>,
        trunk: Option<&Trunk>,
        depth: Depth,
        budget: &mut Budget,
    ) -> Known<Paths> {
        let fork = |other: Oid| self.inner.merge_base(other, head).ok();
        let from = match (base.and_then(fork), trunk.and_then(|trunk| fork(trunk.tip))) {
            (Some(base), Some(trunk)) if base != trunk && self.descends(trunk, base)? => Some(trunk),
            (base, trunk) => base.or(trunk),
        };
        let tree = |id: Oid| self.inner.find_commit(id).map(|commit| commit.tree_id()).map_err(|_| unreadable(id));
        let before = from.map(tree).transpose()?;
        self.touched_paths(depth, budget, |visit| {
            self.compare(before, tree(head)?, visit).map_err(|error| lacking(&error))
        })
    }

    fn facts(
        &self,
        id: Oid,
        arrival: Option<(Arrival, Option<usize>)>,
        depth: Depth,
        budget: &mut Budget,
    ) -> Known<Commit> {
        let commit = self.inner.find_commit(id).map_err(|_| unreadable(id))?;
        Ok(Commit {
            id: commit_id(id),
            parents: commit.parent_count(),
            author: person(&commit.author()),
            committer: person(&commit.committer()),
            message: Message::read(commit.message_raw_bytes()),
            paths: self.commit_paths(&commit, depth, budget),
            arrival: arrival.map(|(arrival, _)| arrival),
            brought: arrival.and_then(|(_, brought)| brought),
        })
    }

    fn commit_paths(&self, commit: &GitCommit<'_>, depth: Depth, budget: &mut Budget) -> Known<Paths> {
        if self.boundary.contains(&commit.id()) {
            return Err(shallow());
        }
        self.touched_paths(depth, budget, |visit| {
            self.changes(commit, visit).map_err(|error| Missing::new(error.to_string(), "git fetch --refetch"))
        })
    }
}

fn person(signature: &git2::Signature<'_>) -> Person {
    Person { name: text(signature.name_bytes()), email: text(signature.email_bytes()) }
}

fn shallow() -> Missing {
    Missing::new(
        "the clone is shallow, and its history ends inside the commits that are asked about",
        "git fetch --unshallow",
    )
}

/// An object that git cannot read: a partial clone leaves files and folders behind.
pub(super) fn lacking(error: &git2::Error) -> Missing {
    Missing::new(format!("what commits touched cannot be read: {}", error.message()), "git fetch --refetch")
}
