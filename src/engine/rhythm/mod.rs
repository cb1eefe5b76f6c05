//! The rhythm of what really happened in a span of time: counts, bursts, overlaps, batches, DORA's measures, the worst
//! afternoons. What is not known is absent, never nought.

mod afternoons;
mod batches;
mod budgets;
mod dora;
mod past;
mod timeline;
mod week;

use chrono::TimeDelta;
use chrono_tz::Tz;
use serde::Serialize;

use super::event::{Environment, Instant, Precision};
use super::facts::Known;
use super::history::{Outcome, Rollouts};
use super::metrics::{self, BURST_LEAST, Overlap, percentile};

pub use afternoons::Afternoon;
pub use batches::{CLASSES, Sizes};
pub use budgets::{BudgetUse, uses};
pub use dora::{Dora, FIX_WITHIN, Frequency, Instability, LeadTimes, RecoveryTimes};
pub use past::{Past, Trunk};
pub use timeline::{Bin, Step, Timeline};
pub use week::{Counts, Week};

/// After how long a rollout whose finish nobody recorded counts as finished: as `no-overlap` has it.
pub const STALE: TimeDelta = TimeDelta::hours(6);

/// How long things took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lengths {
    pub cases: usize,
    pub median: TimeDelta,
    pub p90: TimeDelta,
    pub longest: TimeDelta,
}

impl Lengths {
    /// Those of some cases; none of none.
    fn of(mut cases: Vec<TimeDelta>) -> Option<Self> {
        cases.sort_unstable();
        Some(Self {
            cases: cases.len(),
            median: percentile(&cases, 50)?,
            p90: percentile(&cases, 90)?,
            longest: *cases.last()?,
        })
    }
}

/// A burst of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BurstOf {
    pub from: Instant,
    pub to: Instant,
    pub events: usize,
}

/// The bursts of one kind of event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bursts {
    pub count: usize,
    /// How many of all events stand in one.
    pub events: usize,
    /// The largest first, at most five.
    pub largest: Vec<BurstOf>,
}

/// What the record of deployments tells.
#[derive(Clone, Debug)]
pub struct Deploys {
    pub started: usize,
    pub succeeded: usize,
    pub failed: usize,
    pub running: usize,
    /// How many ended without a recorded finish.
    pub finish_unrecorded: usize,
    /// How long those with a recorded finish took.
    pub took: Option<Lengths>,
    /// What ran together; absent where no finish is recorded.
    pub overlap: Option<Overlap>,
    pub bursts: Bursts,
    pub week: Week,
    pub batches: Sizes,
    pub dora: Dora,
}

/// What the default branch tells.
#[derive(Clone, Debug)]
pub struct Pushed {
    pub pushes: usize,
    pub commits: u64,
    /// How many instants are commit dates.
    pub guessed: usize,
    pub bursts: Bursts,
    pub week: Week,
    pub batches: Sizes,
}

/// The rhythm of one environment in a span of time.
#[derive(Clone, Debug)]
pub struct Rhythm {
    pub environment: Environment,
    pub zone: Tz,
    pub from: Instant,
    pub to: Instant,
    /// The longest pause inside a burst.
    pub gap: TimeDelta,
    pub deploys: Known<Deploys>,
    /// From when on deployments are recorded, where that lies inside the span.
    pub deploys_since: Option<Instant>,
    pub pushed: Known<Pushed>,
    pub pushed_since: Option<Instant>,
    pub timeline: Timeline,
    /// The worst first.
    pub afternoons: Vec<Afternoon>,
}

/// A weekday by its number from Monday.
pub const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Measures a past.
#[must_use]
pub fn measure(past: &Past<'_>) -> Rhythm {
    let inside = |since: Option<Instant>| since.filter(|since| *since > past.from);
    Rhythm {
        environment: past.environment.clone(),
        zone: past.zone,
        from: past.from,
        to: past.to,
        gap: past.gap,
        deploys: past.rollouts.as_ref().map(|rollouts| deploys(past, rollouts)).map_err(Clone::clone),
        deploys_since: inside(past.rollouts.as_ref().ok().and_then(|rollouts| rollouts.complete_since)),
        pushed: past.trunk.as_ref().map(|trunk| pushed(past, trunk)).map_err(Clone::clone),
        pushed_since: inside(past.trunk.as_ref().ok().and_then(|trunk| trunk.complete_since)),
        timeline: timeline::timeline(past),
        afternoons: afternoons::worst(past),
    }
}

fn deploys(past: &Past<'_>, rollouts: &Rollouts) -> Deploys {
    let (started, line) = (past.started(rollouts), past::Line::of(past, rollouts));
    let count = |outcome| started.iter().filter(|one| one.outcome == outcome).count();
    let finish_unrecorded = started.iter().filter(|one| one.finish_unrecorded).count();
    let recorded = started.iter().filter(|one| !one.finish_unrecorded);
    let took = recorded.filter_map(|one| Some(one.finish? - one.start)).collect();
    let spans: Vec<_> = started.iter().map(|one| past.span_of(one)).collect();
    let starts: Vec<Instant> = started.iter().map(|one| one.start).collect();
    let known = started.is_empty() || finish_unrecorded < started.len();
    Deploys {
        started: started.len(),
        succeeded: count(Outcome::Success),
        failed: count(Outcome::Failure),
        running: count(Outcome::Running),
        finish_unrecorded,
        took: Lengths::of(took),
        overlap: known.then(|| metrics::overlap(&spans)),
        bursts: bursts(&starts, past.gap),
        week: Week::of(&starts, past.zone),
        batches: batches::of_rollouts(past, &line),
        dora: dora::measure(past, &line, rollouts.complete_since),
    }
}

fn pushed(past: &Past<'_>, trunk: &Trunk) -> Pushed {
    let pushes: Vec<_> = past.landed(trunk).collect();
    let instants: Vec<Instant> = pushes.iter().map(|(landing, _)| landing.at).collect();
    Pushed {
        pushes: pushes.len(),
        commits: pushes.iter().map(|(_, commits)| u64::from(*commits)).sum(),
        guessed: pushes.iter().filter(|(landing, _)| landing.precision == Precision::Guessed).count(),
        bursts: bursts(&instants, past.gap),
        week: Week::of(&instants, past.zone),
        batches: Sizes::of(
            pushes.iter().map(|(landing, commits)| (*commits, landing.at, landing.commit.clone())).collect(),
        ),
    }
}

fn bursts(instants: &[Instant], gap: TimeDelta) -> Bursts {
    let found = metrics::bursts(instants, gap, BURST_LEAST);
    let mut largest: Vec<BurstOf> = found
        .iter()
        .map(|burst| BurstOf { from: instants[burst.first], to: instants[burst.last], events: burst.size() })
        .collect();
    largest.sort_by_key(|burst| std::cmp::Reverse(burst.events));
    largest.truncate(5);
    Bursts { count: found.len(), events: found.iter().map(metrics::Burst::size).sum(), largest }
}

/// A share of a whole in percent; absent where there is no whole.
#[must_use]
pub fn percent(part: usize, whole: usize) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "counts lie far below 2^52")]
    (whole > 0).then(|| part as f64 * 100.0 / whole as f64)
}

/// How a serialised length looks: whole seconds.
impl Serialize for Lengths {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = out.serialize_map(Some(4))?;
        map.serialize_entry("cases", &self.cases)?;
        map.serialize_entry("median_seconds", &self.median.num_seconds())?;
        map.serialize_entry("p90_seconds", &self.p90.num_seconds())?;
        map.serialize_entry("longest_seconds", &self.longest.num_seconds())?;
        map.end()
    }
}
