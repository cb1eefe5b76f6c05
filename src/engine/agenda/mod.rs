//! The agenda of an environment: when its windows and freezes let a rollout go, and which of them shut it.
//!
//! There is no second truth: the gates that judge are asked at every instant at which one may change, and between two of
//! those nothing does.

mod irregular;
mod remarks;

use std::collections::BTreeSet;

use chrono::Days;
use chrono_tz::Tz;

pub use irregular::{Fit, Irregular};
pub use remarks::{Remark, Weight};

use super::calendar::{HORIZON, Weekly, days_of, start_of_day};
use super::decision::{Gate, Source};
use super::event::Instant;
use super::facts::Facts;
use super::policy::{EnvironmentPolicy, RuleEntry};
use super::rules::{Check, Rule};

/// The most bounds of windows and freezes that are asked about: thirty that come back daily, for 800 days.
const MOST_BOUNDS: usize = 50_000;

/// The most that the lists of shut rules hold together.
const MOST_MARKS: usize = 1_000_000;

/// A span of time in which the same rules are shut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: Instant,
    pub to: Instant,
    /// The rules that are shut, as indexes of [`Agenda::rules`]; none where it is open.
    pub by: Vec<usize>,
}

impl Span {
    /// Whether no rule shuts it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.by.is_empty()
    }
}

/// When an environment is open and shut, as far as windows and freezes say.
#[derive(Clone, Debug)]
pub struct Agenda<'a> {
    /// The windows and freezes that may block, in the order of the policy.
    pub rules: Vec<&'a RuleEntry>,
    /// The windows and freezes that only advise: they shut nothing.
    pub advisory: Vec<&'a RuleEntry>,
    /// The zone of local times.
    pub zone: Tz,
    pub from: Instant,
    pub to: Instant,
    /// Sorted, without gap or overlap, from `from` to `to`.
    pub spans: Vec<Span>,
}

/// A policy has more openings and freezes than are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its windows and freezes open and shut more than {MOST_BOUNDS} times in 800 days, which is not listed")]
pub struct TooMany;

/// The span that the agenda is made for: 400 days before the local day of an instant, so that what holds then has its
/// beginning, and 400 days after that day.
#[must_use]
pub fn around(zone: Tz, at: Instant) -> Option<(Instant, Instant)> {
    let (day, reach) = (at.with_timezone(&zone).date_naive(), HORIZON.num_days().unsigned_abs());
    let from = start_of_day(zone, day.checked_sub_days(Days::new(reach))?)?;
    let to = start_of_day(zone, day.checked_add_days(Days::new(reach + 1))?)?;
    Some((from, to))
}

impl<'a> Agenda<'a> {
    /// Makes the agenda of an environment for `[from, to)`; of the facts, only calendars are looked at.
    ///
    /// # Errors
    ///
    /// Fails where the policy opens and shuts more often than is listed.
    pub fn of(policy: &'a EnvironmentPolicy, facts: &Facts, from: Instant, to: Instant) -> Result<Self, TooMany> {
        let timed = |entry: &&RuleEntry| matches!(entry.rule, Rule::DeploymentWindow(_) | Rule::Freeze(_));
        let (rules, advisory): (Vec<_>, Vec<_>) =
            policy.rules.iter().filter(timed).partition(|entry| entry.level.is_mandatory());
        let mut bounds = Vec::new();
        for entry in &rules {
            bounds.push(bounds_of(&entry.rule, facts, from, to));
            if bounds.iter().map(Vec::len).sum::<usize>() > MOST_BOUNDS {
                return Err(TooMany);
            }
        }
        let mut changes: Vec<(Instant, usize, bool)> = Vec::new();
        for (index, (entry, mut bounds)) in rules.iter().zip(bounds).enumerate() {
            bounds.sort_unstable();
            for (start, end) in shut_spans(entry.rule.check(), facts, &bounds, from, to) {
                changes.extend([(start, index, true), (end, index, false)]);
            }
        }
        changes.sort_unstable();
        let spans = spans(&changes, from, to)?;
        Ok(Self { rules, advisory, zone: policy.timezone.unwrap_or(Tz::UTC), from, to, spans })
    }

    /// The spans within `[from, to)`, cut at both ends.
    #[must_use]
    pub fn between(&self, from: Instant, to: Instant) -> Vec<Span> {
        let first = self.spans.partition_point(|span| span.to <= from);
        let reached = self.spans[first..].iter().take_while(|span| span.from < to);
        let cut = reached.map(|span| Span { from: span.from.max(from), to: span.to.min(to), by: span.by.clone() });
        cut.filter(|span| span.from < span.to).collect()
    }

    /// The spans with those that are shut joined: open and shut by turns.
    #[must_use]
    pub fn turns(&self) -> Vec<Span> {
        let mut turns: Vec<Span> = Vec::new();
        for span in &self.spans {
            match turns.last_mut() {
                Some(last) if last.is_open() == span.is_open() => {
                    last.to = span.to;
                    let more: Vec<usize> = span.by.iter().copied().filter(|rule| !last.by.contains(rule)).collect();
                    last.by.extend(more);
                }
                _ => turns.push(span.clone()),
            }
        }
        turns
    }

    /// Where a rule stands.
    #[must_use]
    pub fn source(&self, rule: usize) -> &Source {
        &self.rules[rule].source
    }
}

/// The weekly spans of a rule, and their zone.
fn weeklies(rule: &Rule) -> (Vec<Weekly>, Tz) {
    match rule {
        Rule::DeploymentWindow(rule) => {
            let (windows, zone) = rule.windows();
            (windows.to_vec(), zone)
        }
        Rule::Freeze(rule) => rule.weekly().map_or((Vec::new(), Tz::UTC), |(weekly, zone)| (vec![weekly], zone)),
        _ => (Vec::new(), Tz::UTC),
    }
}

/// Every instant at which a rule may open or shut.
fn bounds_of(rule: &Rule, facts: &Facts, from: Instant, to: Instant) -> Vec<Instant> {
    let (weeklies, zone) = weeklies(rule);
    let days: Vec<_> = if weeklies.is_empty() { Vec::new() } else { days_of(zone, from, to).collect() };
    let mut spans: Vec<(Instant, Instant)> = Vec::new();
    for weekly in &weeklies {
        spans.extend(days.iter().filter_map(|day| weekly.on(zone, *day)));
        // Who writes a thousand windows gets no list, and waits for none.
        if spans.len() > MOST_BOUNDS {
            break;
        }
    }
    if let Rule::Freeze(freeze) = rule {
        spans.extend(freeze.dates());
        let busy = freeze.calendar().and_then(|(path, _)| facts.calendars.get(path)?.as_ref().ok());
        spans.extend(busy.into_iter().flatten());
    }
    spans.into_iter().flat_map(|(start, end)| [start, end]).filter(|bound| from < *bound && *bound < to).collect()
}

/// The spans within `[from, to)` in which a gate is not open.
fn shut_spans(
    check: &dyn Check,
    facts: &Facts,
    bounds: &[Instant],
    from: Instant,
    to: Instant,
) -> Vec<(Instant, Instant)> {
    let mut spans: Vec<(Instant, Instant)> = Vec::new();
    let mut at = from;
    while at < to {
        let gate = check.gate(facts, at);
        let changes = || bounds.get(bounds.partition_point(|bound| *bound <= at)).copied().unwrap_or(to);
        let next = match gate {
            // A gate promises not to open before what it names.
            Gate::Until(until) => until,
            Gate::Shut => at + HORIZON,
            Gate::Open | Gate::Reject | Gate::Unknown(_) => changes(),
        };
        let next = next.min(to);
        match spans.last_mut() {
            _ if gate == Gate::Open => {}
            Some((_, end)) if *end == at => *end = next,
            _ => spans.push((at, next)),
        }
        at = next;
    }
    spans
}

/// The spans between changes, which are sorted; each says which rule shuts or opens.
fn spans(changes: &[(Instant, usize, bool)], from: Instant, to: Instant) -> Result<Vec<Span>, TooMany> {
    let (mut spans, mut marks) = (Vec::new(), 0);
    let mut shut: BTreeSet<usize> = BTreeSet::new();
    let mut begun = from;
    for together in changes.chunk_by(|one, two| one.0 == two.0) {
        let at = together[0].0;
        if begun < at {
            spans.push(Span { from: begun, to: at, by: shut.iter().copied().collect() });
            begun = at;
        }
        for (_, rule, shuts) in together {
            let _ = if *shuts { shut.insert(*rule) } else { shut.remove(rule) };
        }
        marks += shut.len();
        if marks > MOST_MARKS {
            return Err(TooMany);
        }
    }
    if begun < to {
        spans.push(Span { from: begun, to, by: shut.iter().copied().collect() });
    }
    Ok(spans)
}
