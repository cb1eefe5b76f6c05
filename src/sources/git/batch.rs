//! What a rollout would ship, and how it stands to what runs.

use std::collections::HashSet;

use git2::Oid;

use super::landings::unreadable;
use super::objects::subject;
use super::reach::Cut;
use super::{GitError, Landings, PathFilter, Repo, commit_id, instant};
use crate::engine::event::{CommitId, Instant, Landing, Precision};
use crate::engine::facts::{Ancestry, Batch, BatchLanding, Known, Missing};

impl Repo {
    /// The commits that `requested` would ship after `base`, by the landings that brought them.
    ///
    /// `landings` are those of the first-parent line of `requested`. Without a base, the batch is all that they hold.
    ///
    /// # Errors
    /// Where a commit is not here, or a shallow clone hides what the batch is.
    pub fn batch(
        &self,
        requested: &CommitId,
        base: Option<&CommitId>,
        landings: &Landings,
        paths: Option<&PathFilter>,
    ) -> Known<Batch> {
        let tip = self.require(requested)?.id();
        let commits = match base {
            Some(base) => self.exclusive(tip, Some(self.require(base)?.id()), Cut::Refused)?,
            None => self.exclusive(tip, self.before(landings), Cut::Accepted)?,
        };
        let line = self.line(tip, &commits)?;
        let counts = self.attribute(&line, &commits, paths)?;
        let mut brought: Vec<BatchLanding> = Vec::new();
        let mut floor = Instant::MIN_UTC;
        let mut oldest = landings.landings.len();
        for (id, count) in line.iter().zip(counts) {
            let place = landings.brought.get(id).copied();
            oldest = oldest.min(place.unwrap_or(oldest));
            let landing = place.and_then(|place| landings.get(place).cloned());
            let mut landing = landing.map_or_else(|| self.guess(*id, floor), Ok)?;
            landing.at = landing.at.min(landings.now);
            floor = landing.at;
            match brought.last_mut().filter(|last| last.landing.commit == landing.commit) {
                Some(last) => last.commits += count,
                None => brought.push(BatchLanding { landing, commits: count }),
            }
        }
        let unknown_line = brought.first().is_some_and(|first| {
            first.landing.at < landings.landings.first().map_or(Instant::MIN_UTC, |first| first.at)
        });
        let shipped = if unknown_line { &[] } else { &landings.landings[..oldest] };
        let shipped = self.touching(shipped, paths)?;
        Ok(Batch { base: base.cloned(), landings: brought, shipped, complete_since: landings.complete_since })
    }

    /// How `requested` stands to what runs.
    ///
    /// # Errors
    /// Where a commit is not here, or a shallow clone hides how they are related.
    pub fn ancestry(&self, requested: &CommitId, running: &CommitId) -> Known<Ancestry> {
        if requested == running {
            return Ok(Ancestry::Same);
        }
        let (requested, running) = (self.require(requested)?.id(), self.require(running)?.id());
        if self.descends(running, requested)? {
            return Ok(Ancestry::Older);
        }
        // What builds on another commit is not older than it, whatever a shallow clone hides.
        if self.is_shallow() && !self.descends(requested, running)? {
            self.exclusive(requested, Some(running), Cut::Refused)?;
        }
        Ok(Ancestry::Other)
    }

    /// The commit before the oldest landing that was read.
    fn before(&self, landings: &Landings) -> Option<Oid> {
        let oldest = self.find(&landings.get(0)?.commit)?;
        let mut line = oldest;
        // The first landing may have carried commits that were read as well.
        loop {
            let parent = self.parents(&line).first().copied()?;
            if !landings.brought.contains_key(&parent) {
                return Some(parent);
            }
            line = self.inner.find_commit(parent).ok()?;
        }
    }

    /// The first-parent line inside the batch, oldest first.
    pub(super) fn line(&self, tip: Oid, commits: &HashSet<Oid>) -> Known<Vec<Oid>> {
        let mut line = Vec::new();
        let mut next = Some(tip);
        while let Some(id) = next.filter(|id| commits.contains(id)) {
            line.push(id);
            let commit = self.inner.find_commit(id).map_err(|_| unreadable(id))?;
            next = self.parents(&commit).first().copied();
        }
        line.reverse();
        Ok(line)
    }

    /// How many commits each one of the line brought.
    fn attribute(&self, line: &[Oid], commits: &HashSet<Oid>, paths: Option<&PathFilter>) -> Known<Vec<usize>> {
        let mut seen = HashSet::new();
        let mut counts = Vec::with_capacity(line.len());
        for id in line {
            let mut count = 0;
            let mut open = vec![*id];
            while let Some(id) = open.pop() {
                if !commits.contains(&id) || !seen.insert(id) {
                    continue;
                }
                let commit = self.inner.find_commit(id).map_err(|_| unreadable(id))?;
                open.extend(self.parents(&commit));
                let counted =
                    paths.map_or(Ok(true), |paths| self.touched(&commit, paths)).map_err(|error| lacking(&error))?;
                count += usize::from(counted);
            }
            counts.push(count);
        }
        Ok(counts)
    }

    fn guess(&self, id: Oid, parent: Instant) -> Known<Landing> {
        let commit = self.inner.find_commit(id).map_err(|_| unreadable(id))?;
        let at = instant(commit.time()).max(parent);
        Ok(Landing {
            commit: commit_id(id),
            subject: subject(&commit),
            at,
            precision: Precision::Guessed,
            files: Vec::new(),
        })
    }

    fn touching(&self, landings: &[Landing], paths: Option<&PathFilter>) -> Known<Vec<Landing>> {
        let Some(paths) = paths else { return Ok(landings.to_vec()) };
        let mut touching = Vec::new();
        for landing in landings {
            if self.touches(&landing.commit, paths).map_err(|error| lacking(&error))? {
                touching.push(landing.clone());
            }
        }
        Ok(touching)
    }
}

fn lacking(error: &GitError) -> Missing {
    Missing::new(error.to_string(), "git fetch --refetch")
}
