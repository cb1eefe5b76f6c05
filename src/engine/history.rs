//! The rollouts to one target as they were known at one instant, and how far back they are complete.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::calendar::second;
use super::duration;
use super::event::{CommitId, Deployment, Environment, Instant, Precision};
use super::firsts::Firsts;

/// Where a rollout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Running,
    Success,
    Failure,
}

/// One deployment of one commit to one environment, from its start to its finish.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rollout {
    /// The id of its first record.
    pub id: Arc<str>,
    pub environment: Environment,
    pub commit: Option<CommitId>,
    pub revision: Option<Arc<str>>,
    pub start: Instant,
    /// `None` while it runs.
    pub finish: Option<Instant>,
    /// The source gave no finish: the start stands for it.
    pub finish_unrecorded: bool,
    pub outcome: Outcome,
    pub run: Option<Arc<str>>,
    pub actor: Option<Arc<str>>,
    pub url: Option<Arc<str>>,
    /// How many records it has.
    pub records: u32,
    /// It claimed to start in the future: clocks disagree.
    pub clock_ahead: bool,
    pub precision: Precision,
}

// A rollout takes no more room than its record, so that a million of them are made in the place of their records.
const _: () = assert!(size_of::<Rollout>() <= size_of::<Deployment>());

impl Rollout {
    fn of(record: Deployment, now: Instant) -> Self {
        let ended = record.state.is_final() && record.finished_at.is_none_or(|finish| finish <= now);
        let start = record.started_at.min(now);
        Self {
            start,
            finish: ended.then(|| record.finished_at.unwrap_or(start)),
            finish_unrecorded: ended && record.finished_at.is_none(),
            outcome: match ended {
                false => Outcome::Running,
                true if record.state.is_failure() => Outcome::Failure,
                true => Outcome::Success,
            },
            records: 1,
            clock_ahead: record.started_at > now,
            id: record.id,
            environment: record.environment,
            commit: record.commit,
            revision: record.revision,
            run: record.run,
            actor: record.actor,
            url: record.url,
            precision: record.precision,
        }
    }

    /// Takes in a later record of the same run.
    fn join(&mut self, other: &Self) {
        self.records += other.records;
        self.outcome = match (self.outcome, other.outcome) {
            (Outcome::Running, _) | (_, Outcome::Running) => Outcome::Running,
            (Outcome::Failure, _) | (_, Outcome::Failure) => Outcome::Failure,
            (Outcome::Success, Outcome::Success) => Outcome::Success,
        };
        self.finish_unrecorded |= other.finish_unrecorded;
        self.clock_ahead |= other.clock_ahead;
        self.finish = self.finish.zip(other.finish).map(|(one, two)| one.max(two));
    }

    /// What it ships, for people.
    #[must_use]
    pub fn what(&self) -> &str {
        self.commit.as_ref().map(CommitId::short).or(self.revision.as_deref()).unwrap_or("?")
    }
}

impl fmt::Display for Rollout {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about = if self.precision == Precision::Guessed { " (a guess)" } else { "" };
        write!(out, "{} {} to {} started {}{about}", self.id, self.what(), self.environment, second(self.start))?;
        match (self.finish, self.finish_unrecorded) {
            (None, _) => out.write_str(", still running")?,
            (Some(_), true) => out.write_str(", finish not recorded")?,
            (Some(finish), false) => write!(out, ", took {}", duration::show(finish - self.start))?,
        }
        match self.outcome {
            Outcome::Failure => out.write_str(", failed")?,
            Outcome::Success => out.write_str(", succeeded")?,
            Outcome::Running => {}
        }
        if self.records > 1 {
            write!(out, ", {} records of one run", self.records)?;
        }
        if let Some(actor) = &self.actor {
            write!(out, ", by {actor}")?;
        }
        if self.clock_ahead {
            out.write_str(", recorded in the future: clocks disagree, counted as starting now")?;
        }
        Ok(())
    }
}

/// What to make of records that start after the instant judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Future {
    /// The instant was asked for: they do not exist yet.
    Unseen,
    /// The instant is the clock's: clocks disagree, and they count as starting now.
    ClocksDisagree,
}

/// Makes one rollout of the records of each run.
fn join_runs(rollouts: &mut Vec<Rollout>) {
    let runs = rollouts.iter().any(|rollout| rollout.run.is_some());
    let mut runs = Firsts::with_room_for(if runs { rollouts.len() } else { 0 });
    let mut kept = 0;
    for index in 0..rollouts.len() {
        let run = |other: usize| (&*rollouts[other].environment, rollouts[other].run.as_deref());
        let first = if rollouts[index].run.is_some() { runs.of(&run(index), kept, run) } else { kept };
        if first < kept {
            let (earlier, later) = rollouts.split_at_mut(index);
            earlier[first].join(&later[0]);
        } else {
            rollouts.swap(kept, index);
            kept += 1;
        }
    }
    rollouts.truncate(kept);
}

/// The rollouts to one target, as known at one instant, by their starts.
#[derive(Clone, Debug, Default)]
pub struct Rollouts {
    by_start: Vec<Rollout>,
    /// Indices into `by_start` of those that finished, by their finishes.
    by_finish: Vec<usize>,
    /// Indices into `by_start` of those that run.
    running: Vec<usize>,
    /// Back to when they are complete; `None` is the very beginning.
    pub complete_since: Option<Instant>,
}

impl Rollouts {
    /// Groups records into rollouts, as they were known at `now`; the order of records is irrelevant.
    #[must_use]
    pub fn as_of(mut records: Vec<Deployment>, now: Instant, future: Future, complete_since: Option<Instant>) -> Self {
        records.retain(|record| {
            record.state.has_started() && (record.started_at <= now || future == Future::ClocksDisagree)
        });
        // Records in their order are rollouts in theirs: a run begins with its first record.
        let start = |record: &Deployment| record.started_at.min(now);
        if !records.is_sorted_by_key(start) {
            records.sort_by_cached_key(start);
        }
        for tied in records.chunk_by_mut(|one, two| start(one) == start(two)).filter(|tied| tied.len() > 1) {
            tied.sort_unstable_by(|one, two| one.id.cmp(&two.id));
        }
        let mut rollouts: Vec<Rollout> = records.into_iter().map(|record| Rollout::of(record, now)).collect();
        join_runs(&mut rollouts);
        Self::of(rollouts, complete_since)
    }

    /// Rollouts by their starts, with the ways to find them.
    fn of(rollouts: Vec<Rollout>, complete_since: Option<Instant>) -> Self {
        let mut by_finish: Vec<usize> = (0..rollouts.len()).filter(|index| rollouts[*index].finish.is_some()).collect();
        by_finish.sort_by_key(|index| rollouts[*index].finish);
        let running = (0..rollouts.len()).filter(|index| rollouts[*index].finish.is_none()).collect();
        Self { by_start: rollouts, by_finish, running, complete_since }
    }

    /// Takes in a rollout that starts now: not before any other.
    pub fn begin(&mut self, rollout: Rollout) {
        self.running.push(self.by_start.len());
        self.by_start.push(rollout);
    }

    /// Finishes the one that has run longest, with success: not before any other finish.
    pub fn finish_oldest(&mut self, at: Instant) {
        if self.running.is_empty() {
            return;
        }
        let index = self.running.remove(0);
        (self.by_start[index].finish, self.by_start[index].outcome) = (Some(at), Outcome::Success);
        self.by_finish.push(index);
    }

    /// Forgets what finished before an instant, where that is most of it; the newest rollout stays.
    pub fn forget_before(&mut self, instant: Instant) {
        let old = |rollout: &Rollout| rollout.finish.is_some_and(|finish| finish < instant);
        if self.by_start.len() < 64 || !old(&self.by_start[self.by_start.len() / 2]) {
            return;
        }
        let kept = self.by_start.iter().position(|rollout| !old(rollout)).unwrap_or(self.by_start.len() - 1);
        self.by_start.drain(..kept);
        self.by_finish.retain(|index| *index >= kept);
        for index in self.by_finish.iter_mut().chain(&mut self.running) {
            *index -= kept;
        }
    }

    /// Those whose instants somebody recorded.
    #[must_use]
    pub fn recorded(&self) -> Self {
        let kept = self.by_start.iter().filter(|rollout| rollout.precision == Precision::Recorded).cloned();
        Self::of(kept.collect(), self.complete_since)
    }

    /// Every rollout, oldest first.
    #[must_use]
    pub fn all(&self) -> &[Rollout] {
        &self.by_start
    }

    /// Whether the record reaches back to an instant.
    #[must_use]
    pub fn reaches(&self, back_to: Instant) -> bool {
        self.complete_since.is_none_or(|since| since <= back_to)
    }

    /// Those that start in `(after, until]`, oldest first.
    #[must_use]
    pub fn started_between(&self, after: Instant, until: Instant) -> &[Rollout] {
        let first = self.by_start.partition_point(|rollout| rollout.start <= after);
        let last = self.by_start.partition_point(|rollout| rollout.start <= until);
        &self.by_start[first.min(last)..last]
    }

    /// Those that start at or after an instant, oldest first.
    #[must_use]
    pub fn started_since(&self, from: Instant) -> &[Rollout] {
        &self.by_start[self.by_start.partition_point(|rollout| rollout.start < from)..]
    }

    /// Those that run, oldest first.
    pub fn running(&self) -> impl DoubleEndedIterator<Item = &Rollout> {
        self.running.iter().map(|index| &self.by_start[*index])
    }

    /// Those that finished, latest finish first.
    pub fn finished(&self) -> impl Iterator<Item = &Rollout> {
        self.by_finish.iter().rev().map(|index| &self.by_start[*index])
    }

    /// The success with the latest finish that names a commit.
    #[must_use]
    pub fn last_success(&self) -> Option<&Rollout> {
        self.finished().find(|rollout| rollout.outcome == Outcome::Success && rollout.commit.is_some())
    }

    /// Whether a commit ever succeeded here.
    #[must_use]
    pub fn has_succeeded(&self, commit: &CommitId) -> bool {
        self.finished().any(|rollout| rollout.outcome == Outcome::Success && rollout.commit.as_ref() == Some(commit))
    }
}
