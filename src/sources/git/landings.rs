//! When commits landed on a branch, as well as a clone can tell.

use std::collections::HashMap;

use git2::Oid;

use super::objects::subject;
use super::{Repo, commit_id, instant};
use crate::engine::event::{CommitId, Instant, Landing, Precision};
use crate::engine::facts::{Known, Missing};

/// How many landings older than the lookback are read: they seed the running maximum of dates.
const SEEDS: usize = 100;

/// Who says what time it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The machine: a later landing has a wrong date, and counts as now.
    Machine,
    /// The user, who asks about that instant: a later landing does not exist yet.
    Asked,
}

/// The instant that is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    pub instant: Instant,
    pub clock: Clock,
}

/// The landings on one branch.
#[derive(Clone, Debug)]
pub struct Landings {
    /// Oldest first.
    pub landings: Vec<Landing>,
    /// Those later than the instant asked about, oldest first; the tip may be among them.
    pub later: Vec<Landing>,
    /// Back to when `landings` are complete; `None` is the very beginning.
    pub complete_since: Option<Instant>,
    /// Whether a shallow clone ended the walk.
    pub shallow: bool,
    /// The instant judged.
    pub now: Instant,
    /// The landing that each first-parent commit came with: its place in `landings`, then `later`.
    pub(super) brought: HashMap<Oid, usize>,
}

impl Landings {
    /// Whether a commit is one of them.
    #[must_use]
    pub fn holds(&self, commit: &CommitId) -> bool {
        self.landings.iter().chain(&self.later).any(|landing| landing.commit == *commit)
    }

    pub(super) fn get(&self, place: usize) -> Option<&Landing> {
        self.landings.get(place).or_else(|| self.later.get(place.checked_sub(self.landings.len())?))
    }
}

/// One commit of a first-parent line.
pub(super) struct Step {
    pub id: Oid,
    pub subject: String,
    pub committed: Instant,
}

enum End {
    Root,
    Shallow,
    Lookback,
}

pub(super) struct Push {
    pub before: Oid,
    at: Instant,
}

impl Repo {
    /// The landings on the first-parent line of `tip`, back to `since`.
    ///
    /// # Errors
    /// Where the tip or a commit that it builds on is not here.
    pub fn landings(&self, tip: &CommitId, since: Instant, now: Now) -> Known<Landings> {
        let (steps, end) = self.walk(self.require(tip)?.id(), since)?;
        let (mut landings, brought) = land(steps, &self.pushes());
        let later = match now.clock {
            Clock::Asked => {
                let first = landings.iter().position(|landing| landing.at > now.instant);
                first.map(|first| landings.split_off(first)).unwrap_or_default()
            }
            Clock::Machine => {
                for landing in &mut landings {
                    landing.at = landing.at.min(now.instant);
                }
                Vec::new()
            }
        };
        let complete_since = match end {
            End::Root => None,
            End::Shallow => landings.first().or(later.first()).map(|oldest| oldest.at),
            End::Lookback => Some(since),
        };
        Ok(Landings {
            landings,
            later,
            complete_since,
            shallow: matches!(end, End::Shallow),
            now: now.instant,
            brought: brought.into_iter().collect(),
        })
    }

    /// The landing that brought a commit of the branch, where these landings show it.
    ///
    /// # Errors
    /// Where a commit is not here.
    pub fn landing_of<'a>(&self, commit: &CommitId, landings: &'a Landings) -> Known<Option<&'a Landing>> {
        let wanted = self.require(commit)?.id();
        let all: Vec<&Landing> = landings.landings.iter().chain(&landings.later).collect();
        // Who is reached by a landing is reached by all later ones.
        let (mut before, mut after) = (0, all.len());
        while before < after {
            let middle = usize::midpoint(before, after);
            let landing = self.require(&all[middle].commit)?.id();
            if landing == wanted || self.descends(landing, wanted)? { after = middle } else { before = middle + 1 }
        }
        // What the oldest one reaches may have landed long before it.
        let is_first = before == 0 && all.first().is_some_and(|first| first.commit != *commit);
        Ok(all.get(before).copied().filter(|_| !is_first || landings.complete_since.is_none()))
    }

    fn walk(&self, tip: Oid, since: Instant) -> Known<(Vec<Step>, End)> {
        let mut steps = Vec::new();
        let mut seeds = 0;
        let mut next = Some(tip);
        while let Some(id) = next {
            if seeds == SEEDS {
                return Ok((steps, End::Lookback));
            }
            let commit = self.inner.find_commit(id).map_err(|_| unreadable(id))?;
            let committed = instant(commit.time());
            seeds += usize::from(committed < since);
            steps.push(Step { id, subject: subject(&commit), committed });
            if self.boundary.contains(&id) {
                return Ok((steps, End::Shallow));
            }
            next = commit.parent_id(0).ok();
        }
        Ok((steps, End::Root))
    }

    /// The pushes made from this clone, by the tip that each made.
    pub(super) fn pushes(&self) -> HashMap<Oid, Push> {
        let mut pushes = HashMap::new();
        let Some(reference) = self.pushed_reference() else { return pushes };
        // Reading a log that is not there would create it.
        if !self.inner.commondir().join("logs").join(&reference).is_file() {
            return pushes;
        }
        let Ok(log) = self.inner.reflog(&reference) else { return pushes };
        // Newest first: of several pushes of one tip, the first one stays.
        for entry in log
            .iter()
            .filter(|entry| entry.message_bytes().is_some_and(|message| message.starts_with(b"update by push")))
        {
            pushes.insert(entry.id_new(), Push { before: entry.id_old(), at: instant(entry.committer().when()) });
        }
        pushes
    }
}

pub(super) fn unreadable(id: Oid) -> Missing {
    Missing::new(format!("commit {id} cannot be read"), format!("git fetch origin {id}"))
}

/// The landings that steps, newest first, came in by, and the place of each step's own among them: both oldest first.
pub(super) fn land(steps: Vec<Step>, pushes: &HashMap<Oid, Push>) -> (Vec<Landing>, Vec<(Oid, usize)>) {
    let mut landings: Vec<Landing> = Vec::new();
    let mut brought = Vec::with_capacity(steps.len());
    let carriers = carriers(&steps, pushes);
    for (step, carrier) in steps.into_iter().zip(carriers).rev() {
        brought.push((step.id, landings.len()));
        if carrier.is_some() {
            continue;
        }
        let told = pushes.get(&step.id).map(|push| (push.at, Precision::Recorded));
        let parent = landings.last().map_or(step.committed, |parent| parent.at);
        let (at, precision) = told.unwrap_or((step.committed.max(parent), Precision::Guessed));
        landings.push(Landing { commit: commit_id(step.id), subject: step.subject, at, precision, files: Vec::new() });
    }
    keep_order(&mut landings);
    (landings, brought)
}

/// For each step, newest first, the later one whose push carried it.
fn carriers(steps: &[Step], pushes: &HashMap<Oid, Push>) -> Vec<Option<usize>> {
    if pushes.is_empty() {
        return vec![None; steps.len()];
    }
    let places: HashMap<Oid, usize> = steps.iter().enumerate().map(|(place, step)| (step.id, place)).collect();
    let mut carriers = vec![None; steps.len()];
    for (place, step) in steps.iter().enumerate() {
        let before = pushes.get(&step.id).and_then(|push| places.get(&push.before));
        for between in place + 1..before.copied().unwrap_or(0) {
            if pushes.contains_key(&steps[between].id) {
                break;
            }
            carriers[between] = Some(place);
        }
    }
    carriers
}

/// No commit landed after one that builds on it: a record puts an end to later guesses, and to later records, which a
/// push back to an older tip leaves.
fn keep_order(landings: &mut [Landing]) {
    let mut after = Instant::MAX_UTC;
    for landing in landings.iter_mut().rev() {
        landing.at = landing.at.min(after);
        after = landing.at;
    }
}
