//! The search: a grid of candidates, then steps from the best of them as long as a step makes it better.
//!
//! Nothing here is monotone: a stricter rule that gathers pushes may make the longest wait shorter, and one minute more
//! between deploys may bring one deploy more. So no bisection: steps in both directions, each judged by its replay.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::candidate::{Candidate, Ground, LONGEST, Part};
use super::{Judged, Measures, NO_CALENDARS, Wish};
use crate::engine::replay::{Past, replay};
use crate::engine::rules::Rule;

/// The work that is done: so many pushes are replayed in all, in so many replays at least and at most.
const MOST_PUSHES: usize = 1_500_000;
const REPLAYS: (usize, usize) = (60, 1_500);

/// How much of it the grid may take, in percent.
const FOR_THE_GRID: usize = 60;

/// How many of the best candidates steps are taken from, each of another kind.
const STARTS: usize = 4;

/// How many replays run beside each other.
const THREADS: usize = 4;

/// The durations of the grid, in minutes.
const MINUTES: [i64; 13] = [2, 5, 10, 15, 30, 45, 60, 120, 180, 240, 360, 720, 1_440];

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Aim {
    /// The loosest that fulfils all wishes.
    All,
    /// The nearest to one wish, by its place, that fulfils all others.
    Without(usize),
}

pub(super) struct Search<'a> {
    past: Past<'a>,
    wishes: &'a [Wish],
    ground: Ground<'a>,
    rollout_time: TimeDelta,
    /// The rules that promise the wishes, of those that can be promised.
    promises: Vec<(Wish, Rule)>,
    seen: BTreeMap<Candidate, Judged>,
    replays: usize,
}

impl<'a> Search<'a> {
    pub fn new(
        past: Past<'a>,
        wishes: &'a [Wish],
        ground: Ground<'a>,
        rollout_time: TimeDelta,
    ) -> Result<Self, String> {
        let mut promises = Vec::new();
        for wish in wishes {
            let rules = Candidate::new(wish.rule()).policy(&ground)?.rules;
            promises.extend(rules.into_iter().map(|entry| (*wish, entry.rule)));
        }
        let replays = (MOST_PUSHES / past.landings.len().max(1)).clamp(REPLAYS.0, REPLAYS.1);
        Ok(Self { past, wishes, ground, rollout_time, promises, seen: BTreeMap::new(), replays })
    }

    /// How many candidates were replayed.
    pub fn tried(&self) -> usize {
        self.seen.len()
    }

    /// What happens without any rule.
    pub fn at_once(&mut self) -> Result<Judged, String> {
        let nothing = Candidate::default();
        let judged = self.judge(&nothing)?;
        self.seen.insert(nothing, judged.clone());
        Ok(judged)
    }

    fn judge(&self, candidate: &Candidate) -> Result<Judged, String> {
        let policy = candidate.policy(&self.ground)?;
        let mut replay = replay(&policy, &NO_CALENDARS, self.past, self.rollout_time, |_| {});
        // Another kind may amount to as much, but other lanes pass it by.
        let keeps = |rule: &Rule, promise: &Rule| rule.id() == promise.id() && rule.at_least_as_strict(promise);
        let kept = |promise: &Rule| policy.rules.iter().any(|entry| keeps(&entry.rule, promise));
        Ok(Judged {
            candidate: candidate.clone(),
            measures: Measures::of(self.past, &mut replay, self.ground.zone),
            promised: self.promises.iter().filter(|(_, rule)| kept(rule)).map(|(wish, _)| *wish).collect(),
        })
    }

    /// Judges those that were not judged before, as far as a number of replays allows.
    fn judge_all(&mut self, candidates: Vec<Candidate>, most: usize) {
        let mut new: Vec<Candidate> =
            candidates.into_iter().filter(|candidate| !self.seen.contains_key(candidate)).collect();
        let mut known = std::collections::BTreeSet::new();
        new.retain(|candidate| known.insert(candidate.clone()));
        new.truncate(most.saturating_sub(self.seen.len()));
        let search = &*self;
        let judge = |candidates: &[Candidate]| -> Vec<Judged> {
            candidates.iter().filter_map(|candidate| search.judge(candidate).ok()).collect()
        };
        // Each is judged by itself: beside each other they come to the same.
        let judged: Vec<Judged> = std::thread::scope(|scope| {
            let pieces = new.chunks(new.len().div_ceil(THREADS).max(1));
            let threads: Vec<_> = pieces.map(|piece| scope.spawn(move || judge(piece))).collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        self.seen.extend(judged.into_iter().map(|judged| (judged.candidate.clone(), judged)));
    }

    /// The best candidate for an aim: by how far it fails, then by what is aimed at, then the loosest.
    pub fn best(&mut self, aim: Aim) -> Option<Judged> {
        let own = self.own();
        self.judge_all(own, self.replays);
        if !self.settled() {
            let grid = self.grid();
            self.judge_all(grid, self.replays * FOR_THE_GRID / 100);
        }
        for start in self.starts(aim) {
            self.descend(aim, start);
        }
        let best = self.seen.values().min_by(|one, two| self.compare(aim, one, two)).cloned()?;
        // What is one step looser is always known, whatever work was left.
        Some(self.follow(aim, best, usize::MAX))
    }

    /// The nearest of those one step looser that have a rule and fail: by how much they fail, then the loosest.
    pub fn nearest_looser(&mut self, chosen: &Judged) -> Option<Judged> {
        let mut looser = chosen.candidate.looser();
        looser.retain(|candidate| !candidate.parts().is_empty());
        self.judge_all(looser.clone(), usize::MAX);
        let failing = looser.iter().filter_map(|candidate| self.seen.get(candidate));
        let failing = failing.filter(|judged| !judged.fails(self.wishes).is_empty());
        failing.min_by(|one, two| self.compare(Aim::All, one, two)).cloned()
    }

    /// Whether nothing can be looser: all is fulfilled, and nothing held.
    fn settled(&self) -> bool {
        self.seen.values().any(|judged| judged.measures.held == 0 && judged.fails(self.wishes).is_empty())
    }

    /// The rules of the wishes, all of them and some.
    fn own(&self) -> Vec<Candidate> {
        let parts: Vec<Part> = self.wishes.iter().filter_map(|wish| wish.rule()).collect();
        let subsets = (0..1_usize << parts.len()).rev();
        let chosen = |subset: usize| {
            let kept = parts.iter().enumerate().filter(move |(place, _)| subset >> place & 1 == 1);
            Candidate::new(kept.map(|(_, part)| *part))
        };
        subsets.map(chosen).collect()
    }

    /// One rule beside what must be, then two; the coarse ones first.
    fn grid(&self) -> Vec<Candidate> {
        let base = Candidate::new(self.wishes.contains(&Wish::NoOverlap).then_some(Part::NoOverlap));
        let longest = self.wishes.iter().find_map(|wish| match wish {
            Wish::LongestWait(wait) => Some(*wait),
            _ => None,
        });
        let mut lengths: Vec<TimeDelta> = MINUTES.into_iter().map(TimeDelta::minutes).collect();
        lengths.extend(longest.into_iter().chain([self.rollout_time]));
        lengths.retain(|length| *length > TimeDelta::zero() && *length <= LONGEST);
        lengths.sort_unstable();
        lengths.dedup();
        // What gathers for longer than anybody may wait, or keeps quiet for twice as long, helps by chance alone.
        let fits = |times: i32| move |length: &&TimeDelta| longest.is_none_or(|wait| **length <= wait * times);
        let gather = |commits: usize| lengths.iter().filter(fits(1)).map(move |wait| Part::Gather(commits, *wait));
        let quiet: Vec<Part> = lengths.iter().filter(fits(2)).map(|length| Part::SinceStart(*length)).collect();
        let counts: Vec<Part> = self.wishes.iter().filter_map(|wish| wish.rule()).collect();
        let most = self.wishes.iter().filter_map(|wish| match wish {
            Wish::PerDay(most) | Wish::PerHour(most) => Some(*most),
            _ => None,
        });
        let most = most.max().unwrap_or(3);
        let within = lengths.iter().filter(|length| **length >= TimeDelta::hours(1));
        let within: Vec<Part> = within
            .flat_map(|per| [2, 3, 5, 8].into_iter().filter(|few| *few <= most).map(|few| Part::Within(few, *per)))
            .collect();
        let three: Vec<Part> = gather(3).collect();

        let mut grid: Vec<Candidate> = Vec::new();
        grid.extend(quiet.iter().chain(&three).map(|part| base.with(*part)));
        if base.parts().len() == 1 {
            grid.extend(lengths.iter().filter(fits(2)).map(|length| Candidate::new([Part::AfterFinish(*length)])));
        }
        let pairs = |ones: &[Part], others: &[Part]| -> Vec<Candidate> {
            let pair = |one: &Part| others.iter().map(|other| base.with(*one).with(*other)).collect::<Vec<_>>();
            ones.iter().flat_map(pair).collect()
        };
        grid.extend(pairs(&counts, &quiet));
        grid.extend(pairs(&counts, &three));
        grid.extend(within.iter().map(|part| base.with(*part)));
        for commits in [2, 5, 10] {
            grid.extend(gather(commits).map(|part| base.with(part)));
        }
        grid.extend(pairs(&quiet, &three));
        grid.extend(pairs(&within, &three));
        grid.extend(pairs(&quiet, &within));
        grid
    }

    /// The best candidates of different kinds.
    fn starts(&self, aim: Aim) -> Vec<Judged> {
        let mut all: Vec<&Judged> = self.seen.values().collect();
        all.sort_by(|one, two| self.compare(aim, one, two));
        let mut starts: Vec<Judged> = Vec::new();
        let kind =
            |judged: &Judged| -> Vec<_> { judged.candidate.parts().iter().map(std::mem::discriminant).collect() };
        for judged in all {
            if starts.len() < STARTS && starts.iter().all(|other| kind(other) != kind(judged)) {
                starts.push(judged.clone());
            }
        }
        starts
    }

    /// Takes steps as long as one makes it better and work is left.
    fn descend(&mut self, aim: Aim, start: Judged) {
        self.follow(aim, start, self.replays);
    }

    fn follow(&mut self, aim: Aim, mut at: Judged, most: usize) -> Judged {
        loop {
            let mut steps: Vec<Candidate> = at.candidate.looser();
            steps.extend([-4, 1, 4].into_iter().flat_map(|steps| at.candidate.moved(steps)));
            steps.extend(self.wishes.iter().filter_map(|wish| wish.rule()).map(|part| at.candidate.with(part)));
            self.judge_all(steps.clone(), most);
            let known = steps.iter().filter_map(|candidate| self.seen.get(candidate));
            let next = known.min_by(|one, two| self.compare(aim, one, two));
            match next.filter(|next| self.compare(aim, next, &at).is_lt()).cloned() {
                Some(next) => at = next,
                None => return at,
            }
        }
    }

    fn compare(&self, aim: Aim, one: &Judged, two: &Judged) -> std::cmp::Ordering {
        let key = |judged: &Judged| {
            let (given_up, measured) = match aim {
                Aim::All => (None, 0),
                Aim::Without(place) => (Some(place), self.wishes[place].measured(&judged.measures)),
            };
            let kept = self.wishes.iter().enumerate().filter(|(place, _)| Some(*place) != given_up);
            let missed: i64 = kept.map(|(_, wish)| missed_by(*wish, &judged.measures)).sum();
            (judged.measures.stuck, missed, measured)
        };
        key(one).cmp(&key(two)).then_with(|| one.strictness().cmp(&two.strictness()))
    }
}

/// How far a wish is missed, in thousandths of it.
fn missed_by(wish: Wish, measures: &Measures) -> i64 {
    let over = (wish.measured(measures) - wish.limit()).max(0);
    over.saturating_mul(1_000).checked_div(wish.limit().max(1)).unwrap_or_default().max(i64::from(over > 0))
}
