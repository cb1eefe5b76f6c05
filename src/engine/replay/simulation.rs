//! The simulation: events are taken in as they come, and what waits is judged by what is known then.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use chrono::TimeDelta;

use super::{Paced, Past, Replay, Stuck};
use crate::engine::decision::Gate;
use crate::engine::event::{CommitId, Instant, Landing, Precision};
use crate::engine::facts::{Batch, BatchLanding, Busy, DeployRequest, Facts, Known, Pushes};
use crate::engine::history::{Outcome, Rollout, Rollouts};
use crate::engine::lane::LaneRequest;
use crate::engine::pace::{Pace, Turn};
use crate::engine::policy::EnvironmentPolicy;
use crate::engine::rules::RuleId;

/// A place among the pushes.
type Place = usize;

pub(super) struct Simulation<'a> {
    past: Past<'a>,
    pace: Pace<'a>,
    most: u64,
    rollout_time: TimeDelta,
    facts: Facts,
    /// How far back the rules look.
    lookback: (TimeDelta, TimeDelta),
    /// Whether another push changes when a waiting one may go.
    by_push: bool,
    /// Whether commits that look like fixes must be told from others.
    by_fix: bool,
    /// How many pushes have come.
    pub(super) arrived: usize,
    /// The newest push that waits, whose batch fits.
    candidate: Option<Place>,
    /// When the candidate goes if nothing else happens.
    timer: Option<Instant>,
    /// What runs: when it finishes, and what it ships.
    running: VecDeque<(Instant, Place)>,
    /// The first push that no rollout contains, and the first that no success contains.
    unstarted: Place,
    unshipped: Place,
    /// The first push that the candidate does not contain.
    offered: Place,
    /// How many commits came before each push.
    before: Vec<u64>,
    replay: Replay,
}

impl<'a> Simulation<'a> {
    pub(super) fn new(
        policy: &'a EnvironmentPolicy,
        calendars: BTreeMap<String, Known<Busy>>,
        past: Past<'a>,
        rollout_time: TimeDelta,
    ) -> Self {
        let pace = Pace::of(policy);
        let has = |rule| pace.rules().iter().any(|entry| entry.rule.id() == rule);
        let lookback = policy.lookback();
        let by_fix = has(RuleId::FixChain);
        let by_batch = by_fix || has(RuleId::BatchSize);
        let request = DeployRequest {
            environment: policy.environment.clone(),
            commit: CommitId::new(""),
            lane: LaneRequest::Found,
        };
        let mut facts = Facts { calendars, rollouts: Ok(Arc::default()), ..Facts::unread(request) };
        if has(RuleId::PushFrequency) {
            facts.pushes = Ok(Pushes { requested_landed: true, ..Pushes::default() });
        }
        if by_batch {
            facts.batch = Ok(Batch { base: None, landings: Vec::new(), shipped: Vec::new(), complete_since: None });
        }
        Self {
            past,
            most: u64::try_from(pace.most_together()).unwrap_or(u64::MAX),
            rollout_time,
            facts,
            lookback: (lookback.deployments, lookback.landings),
            by_push: by_batch || has(RuleId::PushFrequency),
            by_fix,
            arrived: 0,
            candidate: None,
            timer: None,
            running: VecDeque::new(),
            unstarted: 0,
            unshipped: 0,
            offered: 0,
            before: std::iter::once(0)
                .chain(past.commits.iter().scan(0, |sum, commits| {
                    *sum += u64::from(*commits);
                    Some(*sum)
                }))
                .collect(),
            replay: Replay {
                rollouts: Vec::new(),
                waits: Vec::new(),
                held: vec![0; pace.rules().len()],
                held_pushes: 0,
                stuck: None,
            },
            pace,
        }
    }

    /// The next instant at which something happens that may let something go.
    pub(super) fn next_event(&self) -> Option<Instant> {
        let push = self.past.landings.get(self.arrived).map(|landing| landing.at);
        let waits = self.unstarted < self.arrived;
        let finish = self.running.front().filter(|_| waits).map(|(finish, _)| *finish);
        [push, finish, self.timer].into_iter().flatten().min()
    }

    /// Takes in what happens up to an instant, and lets go what may go then.
    pub(super) fn advance(&mut self, at: Instant) {
        let mut stale = self.timer.is_none_or(|timer| timer <= at) || self.by_push;
        stale |= self.finish_until(at);
        let before = self.arrived;
        while self.past.landings.get(self.arrived).is_some_and(|landing| landing.at <= at) {
            self.arrive();
        }
        let came = self.arrived - before;
        // The rules say nothing new to one who knows already when to go, and whom no push concerns.
        if stale || self.candidate.is_none() {
            self.judge(at);
        } else {
            self.candidate = self.newest_that_fits();
        }
        self.count_held(at, came);
        self.forget(at);
    }

    /// Finishes what has run long enough; tells whether anything has.
    fn finish_until(&mut self, at: Instant) -> bool {
        let runs = self.running.len();
        while self.running.front().is_some_and(|(finish, _)| *finish <= at) {
            self.finish();
        }
        self.running.len() < runs
    }

    /// The oldest rollout that runs finishes.
    fn finish(&mut self) {
        let Some((finish, place)) = self.running.pop_front() else { return };
        change(&mut self.facts.rollouts, |rollouts| rollouts.finish_oldest(finish));
        let newly = self.unshipped..place + 1;
        self.unshipped = place + 1;
        let Ok(batch) = &mut self.facts.batch else { return };
        batch.base = Some(self.past.landings[place].commit.clone());
        if self.by_fix {
            batch.shipped.extend(self.past.landings[newly].iter().cloned());
        }
        // What is offered begins anew after what has been shipped: the first of it runs, and the rest must fit.
        batch.landings.clear();
        self.offered = self.unstarted;
        for push in self.unshipped..self.unstarted {
            self.offer(push);
        }
    }

    /// How many commits a push would ship since the last success.
    fn commits_until(&self, push: Place) -> u64 {
        self.before[push + 1] - self.before[self.unshipped]
    }

    /// The next push comes.
    fn arrive(&mut self) {
        if let Ok(pushes) = &mut self.facts.pushes {
            pushes.landings.push(self.past.landings[self.arrived].clone());
        }
        self.arrived += 1;
    }

    /// Adds a push to the batch that the candidate ships. Those that no rule tells apart become one.
    fn offer(&mut self, push: Place) {
        let Ok(batch) = &mut self.facts.batch else { return };
        let (landing, commits) = (&self.past.landings[push], self.past.commits[push] as usize);
        let by_fix = self.by_fix;
        let is_fix = |landing: &Landing| by_fix && landing.is_fix_like();
        match batch.landings.last_mut() {
            Some(last) if !is_fix(landing) && !is_fix(&last.landing) => last.commits += commits,
            _ => batch.landings.push(BatchLanding { landing: landing.clone(), commits }),
        }
    }

    /// Offers what has come, as far as it fits: the newest of it waits, and goes for all before it.
    fn newest_that_fits(&mut self) -> Option<Place> {
        while self.offered < self.arrived {
            // Before the first success no batch is measured. What is over the limit by itself is offered all the same: its
            // rule refuses it.
            let free = self.unshipped == 0 || self.offered == self.unstarted;
            if !free && self.commits_until(self.offered) > self.most {
                break;
            }
            self.offer(self.offered);
            self.offered += 1;
        }
        (self.offered > self.unstarted).then(|| self.offered - 1)
    }

    /// Lets go what may go now, and sets the timer for what may go later.
    fn judge(&mut self, at: Instant) {
        loop {
            self.candidate = self.newest_that_fits();
            self.timer = None;
            let Some(candidate) = self.candidate else { return };
            match self.pace.turn(&self.facts, at) {
                Turn::Go => {
                    self.start(candidate, at);
                    self.finish_until(at);
                }
                Turn::At(opening) => {
                    self.timer = Some(opening);
                    return;
                }
                Turn::Event | Turn::Rejected => return,
            }
        }
    }

    fn start(&mut self, push: Place, at: Instant) {
        let finished_at = at + self.rollout_time;
        let landing = &self.past.landings[push];
        let environment = &self.facts.request.environment;
        let rollout = Rollout {
            id: environment.clone(),
            environment: environment.clone(),
            commit: Some(landing.commit.clone()),
            revision: None,
            start: at,
            finish: None,
            finish_unrecorded: false,
            outcome: Outcome::Running,
            run: None,
            actor: None,
            url: None,
            records: 1,
            clock_ahead: false,
            precision: Precision::Recorded,
        };
        change(&mut self.facts.rollouts, |rollouts| rollouts.begin(rollout));
        self.running.push_back((finished_at, push));
        let first = self.unstarted;
        self.replay.waits.extend(self.past.landings[first..=push].iter().map(|landing| at - landing.at));
        let batch = self.commits_until(push);
        self.replay.rollouts.push(Paced { at, finished_at, push, first, batch });
        self.unstarted = push + 1;
        self.candidate = None;
    }

    /// Counts the pushes that came now and did not go, and the rules that hold them.
    fn count_held(&mut self, at: Instant, came: usize) {
        let waiting = came.min(self.arrived - self.unstarted);
        if waiting == 0 {
            return;
        }
        self.replay.held_pushes += waiting;
        // A rule may stand in a policy several times: it holds a push once, and the first of that name counts it.
        let name = |rule: usize| self.pace.rules()[rule].rule.id();
        let mut names: Vec<RuleId> = self.pace.closed(&self.facts, at).map(|(rule, _)| name(rule)).collect();
        names.sort_unstable();
        names.dedup();
        for held in names {
            if let Some(first) = self.pace.rules().iter().position(|entry| entry.rule.id() == held) {
                self.replay.held[first] += waiting;
            }
        }
    }

    /// Drops what no rule looks at any more.
    fn forget(&mut self, at: Instant) {
        let (deployments, landings) = (at - self.lookback.0, at - self.lookback.1);
        change(&mut self.facts.rollouts, |rollouts| rollouts.forget_before(deployments));
        if let Ok(pushes) = &mut self.facts.pushes {
            forget(&mut pushes.landings, landings);
        }
        if let Ok(batch) = &mut self.facts.batch {
            let oldest = batch.landings.first().map_or(at, |landing| landing.landing.at);
            forget(&mut batch.shipped, oldest - self.lookback.1);
        }
    }

    pub(super) fn end(mut self) -> Replay {
        let last = self.past.landings.last().map_or(Instant::MIN_UTC, |landing| landing.at);
        if self.unstarted < self.arrived {
            let at = self.replay.rollouts.last().map_or(last, |rollout| rollout.finished_at.max(last));
            let closed: Vec<(usize, Gate)> = self.pace.closed(&self.facts, at).collect();
            let rejecting = closed.iter().find(|(_, gate)| *gate == Gate::Reject);
            self.replay.stuck = Some(Stuck {
                first: self.unstarted,
                rule: rejecting.or(closed.first()).map(|(rule, _)| *rule),
                rejected: rejecting.is_some(),
            });
        }
        self.replay
    }
}

fn change(rollouts: &mut Known<Arc<Rollouts>>, change: impl FnOnce(&mut Rollouts)) {
    if let Ok(rollouts) = rollouts {
        change(Arc::make_mut(rollouts));
    }
}

/// Drops landings older than an instant, where they are most of them.
fn forget(landings: &mut Vec<Landing>, before: Instant) {
    if landings.get(landings.len() / 2).is_some_and(|middle| middle.at < before) && landings.len() >= 64 {
        landings.drain(..landings.len() / 2);
    }
}
