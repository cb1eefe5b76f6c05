//! The judgement: facts and a policy in, a decision out; and the first instant at which it would be *approve*.

use super::calendar::HORIZON;
use super::decision::{Decision, Evidence, Finding, Gate, Level, Status, Verdict};
use super::event::Instant;
use super::facts::{Facts, Override};
use super::lane::{self, Lane};
use super::policy::{EnvironmentPolicy, RuleEntry};

/// The most steps from one opening to the next that are followed; each is at least a second long.
const MOST_STEPS: usize = 100_000;

/// Judges one request at one instant.
#[must_use]
pub fn evaluate(policy: &EnvironmentPolicy, facts: &Facts, at: Instant) -> Decision {
    let (lane, lane_note) = lane::choose(facts);
    let findings: Vec<Finding> = policy.rules.iter().map(|entry| find(policy, entry, facts, lane, at)).collect();
    let mandatory = findings.iter().filter(|finding| finding.level.is_mandatory());
    Decision {
        verdict: mandatory.map(|finding| finding.verdict).max().unwrap_or(Verdict::Approve),
        next_approval: next_approval(policy, facts, lane, at),
        at,
        environment: facts.request.environment.clone(),
        commit: facts.request.commit.clone(),
        lane,
        lane_note,
        findings,
    }
}

fn find(policy: &EnvironmentPolicy, entry: &RuleEntry, facts: &Facts, lane: Lane, at: Instant) -> Finding {
    let gate = entry.rule.check().gate(facts, at);
    let explanation = entry.rule.check().explain(facts, at, gate);
    let mut finding = Finding {
        rule: entry.rule.id().name(),
        asks: entry.rule.check().asks(),
        level: entry.level,
        verdict: gate.verdict(),
        until: gate.until(),
        status: match gate {
            Gate::Open => Status::Met,
            Gate::Unknown(_) => Status::Unknown,
            Gate::Until(_) | Gate::Shut | Gate::Reject => Status::NotMet,
        },
        message: explanation.message,
        remedy: explanation.remedy,
        evidence: explanation.evidence,
        source: entry.source.clone(),
        because: entry.because.clone(),
        owner: entry.owner.clone(),
    };
    if policy.skips(lane).contains(&entry.rule.id()) {
        finding.lift(Status::Skipped, Evidence::note(format!("skipped: the {lane} lane passes this rule by")));
    } else if gate != Gate::Open
        && entry.level == Level::SoftMandatory
        && let Some(leave) = in_force(facts, at, at)
    {
        let note = format!(
            "overridden by {}: {}; until {}",
            leave.author,
            leave.reason,
            super::calendar::utc(leave.expires_at)
        );
        finding.lift(Status::Overridden, Evidence::note(note));
    }
    finding
}

impl Finding {
    fn lift(&mut self, status: Status, note: Evidence) {
        (self.verdict, self.until, self.remedy, self.status) = (Verdict::Approve, None, None, status);
        self.evidence.insert(0, note);
    }
}

/// The override known at `known` that covers the request at `instant`: not expired, and not used by a rollout of its commit.
///
/// Whether it was used is not known where the record begins after it was given: then it lifts nothing.
fn in_force(facts: &Facts, known: Instant, instant: Instant) -> Option<&Override> {
    let covers = |leave: &&Override| {
        leave.environment == facts.request.environment
            && leave.commit == facts.request.commit
            && leave.given_at <= known
            && instant < leave.expires_at
    };
    let unused = |leave: &&Override| {
        facts
            .own_rollouts
            .as_ref()
            .is_ok_and(|rollouts| rollouts.reaches(leave.given_at) && leave.used_by(rollouts).is_none())
    };
    facts.overrides.iter().filter(covers).find(unused)
}

/// The earliest instant, not before `at`, at which the decision would be *approve*, if nothing else happens.
fn next_approval(policy: &EnvironmentPolicy, facts: &Facts, lane: Lane, at: Instant) -> Option<Instant> {
    first_opening(&binding(policy, lane), facts, at, |instant| in_force(facts, at, instant).is_some())
}

/// The rules that can hold a request on a lane.
#[must_use]
pub fn binding(policy: &EnvironmentPolicy, lane: Lane) -> Vec<&RuleEntry> {
    let skipped = policy.skips(lane);
    policy.rules.iter().filter(|entry| entry.level.is_mandatory() && !skipped.contains(&entry.rule.id())).collect()
}

/// The earliest instant, not before `at`, at which all rules are open; soft-mandatory ones count as open while `lifted`.
///
/// Steps from until to until: each rule promises never to open before its own, so the latest of them is the earliest
/// instant worth asking again, and asking again finds the rules that have closed meanwhile.
#[must_use]
pub fn first_opening(
    binding: &[&RuleEntry],
    facts: &Facts,
    at: Instant,
    lifted: impl Fn(Instant) -> bool,
) -> Option<Instant> {
    let mut instant = at;
    for _ in 0..MOST_STEPS {
        let lifted = lifted(instant);
        let mut latest = instant;
        for entry in binding.iter().filter(|entry| !(lifted && entry.level == Level::SoftMandatory)) {
            match entry.rule.check().gate(facts, instant) {
                Gate::Open => {}
                Gate::Until(until) | Gate::Unknown(Some(until)) => latest = latest.max(until),
                Gate::Shut | Gate::Reject | Gate::Unknown(None) => return None,
            }
        }
        if latest == instant {
            return Some(instant);
        }
        if latest > at + HORIZON {
            return None;
        }
        instant = latest;
    }
    None
}
