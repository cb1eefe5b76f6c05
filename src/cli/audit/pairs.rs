//! Which decision let a deployment go.

use std::collections::{BTreeMap, HashMap};

use chrono::TimeDelta;
use serde::Serialize;

use crate::engine::decision::Verdict;
use crate::engine::event::{CommitId, Deployment, Environment, Instant};
use crate::engine::history::{Future, Outcome, Rollout, Rollouts};
use crate::engine::lane::Lane;
use crate::ledger::RESERVED_FOR;
use crate::ledger::chain::Entry;
use crate::ledger::entry::{Decided, Event, Kept, Rollouts as KeptRollouts, Stage};

/// How a deployment stands to the ledger; the order in which an auditor looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Pairing {
    /// Somebody else recorded it, and the ledger knows nothing of it.
    NotInLedger,
    /// The ledger was told of it; nobody had asked.
    NoDecision,
    /// It is from before the ledger was begun, whoever told of it.
    BeforeLedger,
    /// It went though the decision was not to approve, or the glass was broken without any.
    AgainstDecision,
    /// It was approved because an override lifted a rule.
    Overridden,
    Approved,
}

impl Pairing {
    pub(super) const ALL: [Self; 6] = [
        Self::NotInLedger,
        Self::NoDecision,
        Self::BeforeLedger,
        Self::AgainstDecision,
        Self::Overridden,
        Self::Approved,
    ];

    /// The words for people.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::NotInLedger => "not in the ledger",
            Self::NoDecision => "recorded without a decision",
            Self::BeforeLedger => "before the ledger began",
            Self::AgainstDecision => "against the decision",
            Self::Overridden => "approved by an override",
            Self::Approved => "approved",
        }
    }
}

/// One deployment.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub pairing: Pairing,
    pub environment: String,
    pub id: String,
    pub commit: Option<String>,
    pub revision: Option<String>,
    #[serde(rename = "started_at")]
    pub start: Instant,
    #[serde(rename = "finished_at")]
    pub finish: Option<Instant>,
    pub outcome: Outcome,
    pub actor: Option<String>,
    pub url: Option<String>,
    pub lane: Option<Lane>,
    pub reason: Option<String>,
    /// What of the working tree was in no commit.
    pub uncommitted: Option<String>,
    /// Whether it went whatever the verdict was.
    pub broke_glass: bool,
    pub decision: Option<Decision>,
    /// The ids of what others recorded of the same rollout.
    pub elsewhere: Vec<String>,
}

impl Row {
    /// What it shipped, for people.
    pub(super) fn what(&self) -> String {
        let commit = self.commit.as_deref().map(|commit| CommitId::new(commit).short().to_owned());
        commit.or_else(|| self.revision.clone()).unwrap_or_else(|| "?".to_owned())
    }
}

/// The decision that let it go, as it was recorded.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Decision {
    pub id: String,
    pub at: Instant,
    pub verdict: Verdict,
    /// The policy's name, and the SHA-256 of what it resolved to.
    pub policy: String,
    pub policy_digest: String,
    pub facts_digest: String,
    pub overrides: Vec<Lifted>,
}

/// A rule that an override lifted.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Lifted {
    pub rule: String,
    /// By whom, why and until when.
    pub by: String,
}

/// What the ledger holds of one repository.
#[derive(Default)]
pub(super) struct Ledger {
    born: Option<Instant>,
    rollouts: Vec<Kept>,
    decisions: HashMap<String, Decision>,
}

impl Ledger {
    /// Of entries and what they make of the rollouts; a ledger of several repositories holds those of the others, too.
    pub(super) fn of(
        entries: &[Entry],
        rollouts: KeptRollouts,
        repository: Option<&str>,
        born: Option<Instant>,
    ) -> Self {
        let own = |kept: &Kept| repository.is_none_or(|own| own == kept.repository);
        let touched = |kept: &Kept| matches!(kept.stage, Stage::Running | Stage::Success | Stage::Failure);
        let decisions = entries.iter().filter_map(|entry| entry.event().ok()).filter_map(|(at, event)| match event {
            Event::Decided(decided) => Some((decided.id.clone(), decision(at, *decided))),
            _ => None,
        });
        Self {
            born,
            decisions: decisions.collect(),
            rollouts: rollouts.into_values().filter(|kept| own(kept) && touched(kept)).collect(),
        }
    }
}

fn decision(at: Instant, decided: Decided) -> Decision {
    let Decided { id, verdict, policy, policy_digest, facts_digest, report, .. } = decided;
    let findings = report["findings"].as_array().into_iter().flatten();
    let lifted = findings.filter(|finding| finding["status"] == "overridden").map(|finding| Lifted {
        rule: finding["rule"].as_str().unwrap_or_default().to_owned(),
        by: finding["evidence"][0]["text"].as_str().unwrap_or_default().to_owned(),
    });
    Decision { overrides: lifted.collect(), id, at, verdict, policy, policy_digest, facts_digest }
}

/// Pairs every rollout with its decision: those without one first, each group by its starts.
pub(super) fn pair(ledger: &Ledger, others: Vec<Deployment>) -> Vec<Row> {
    let mut rows: Vec<Row> = ledger.rollouts.iter().filter_map(|kept| of_ledger(kept, ledger)).collect();
    let places: HashMap<String, usize> = rows.iter().enumerate().map(|(at, row)| (row.id.clone(), at)).collect();
    let known = Known::of(&ledger.rollouts);
    let mut by_name: BTreeMap<Environment, Vec<Deployment>> = BTreeMap::new();
    for one in others {
        by_name.entry(one.environment.clone()).or_default().push(one);
    }
    for list in by_name.into_values() {
        // Nothing is judged here: whatever is recorded is told as it is recorded.
        for rollout in Rollouts::as_of(list, Instant::MAX_UTC, Future::Unseen, None).all() {
            match known.same(rollout).and_then(|kept| places.get(&kept.id)) {
                Some(at) => rows[*at].elsewhere.push(rollout.id.to_string()),
                None => rows.push(of_others(rollout, ledger)),
            }
        }
    }
    rows.sort_by(|one, two| (one.pairing, one.start, &one.id).cmp(&(two.pairing, two.start, &two.id)));
    rows
}

fn of_ledger(kept: &Kept, ledger: &Ledger) -> Option<Row> {
    let decision = kept.decision.as_ref().and_then(|id| ledger.decisions.get(id)).cloned();
    let pairing = match &decision {
        // Nobody was asked, on purpose.
        None if kept.glass.is_some() => Pairing::AgainstDecision,
        None if ledger.born.is_some_and(|born| kept.started_at.is_some_and(|start| start < born)) => {
            Pairing::BeforeLedger
        }
        None => Pairing::NoDecision,
        Some(decision) if decision.verdict != Verdict::Approve => Pairing::AgainstDecision,
        Some(decision) if !decision.overrides.is_empty() => Pairing::Overridden,
        Some(_) => Pairing::Approved,
    };
    let outcome = match kept.stage {
        Stage::Success => Outcome::Success,
        Stage::Failure => Outcome::Failure,
        _ => Outcome::Running,
    };
    Some(Row {
        pairing,
        environment: kept.environment.clone(),
        id: kept.id.clone(),
        commit: kept.commit.clone(),
        revision: kept.revision.clone(),
        start: kept.started_at?,
        finish: kept.finished_at,
        outcome,
        actor: kept.actor.clone(),
        url: kept.url.clone(),
        lane: Some(kept.lane),
        reason: kept.reason.clone(),
        uncommitted: kept.dirty.clone(),
        broke_glass: kept.glass.is_some(),
        decision,
        elsewhere: Vec::new(),
    })
}

fn of_others(rollout: &Rollout, ledger: &Ledger) -> Row {
    let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().map(str::to_owned);
    Row {
        pairing: match ledger.born {
            Some(born) if rollout.start < born => Pairing::BeforeLedger,
            _ => Pairing::NotInLedger,
        },
        environment: rollout.environment.to_string(),
        id: rollout.id.to_string(),
        commit: rollout.commit.as_ref().map(ToString::to_string),
        revision: text(&rollout.revision),
        start: rollout.start,
        finish: rollout.finish.filter(|_| !rollout.finish_unrecorded),
        outcome: rollout.outcome,
        actor: text(&rollout.actor),
        url: text(&rollout.url),
        lane: None,
        reason: None,
        uncommitted: None,
        broke_glass: false,
        decision: None,
        elsewhere: Vec::new(),
    }
}

/// The ledger's rollouts by what others may know them by.
struct Known<'a> {
    ids: HashMap<(&'a str, &'a str), &'a Kept>,
    runs: HashMap<(&'a str, &'a str), &'a Kept>,
    commits: HashMap<(&'a str, &'a str), Vec<&'a Kept>>,
    /// Of each environment, by their starts.
    starts: HashMap<&'a str, Vec<&'a Kept>>,
}

impl<'a> Known<'a> {
    fn of(rollouts: &'a [Kept]) -> Self {
        let mut known =
            Self { ids: HashMap::new(), runs: HashMap::new(), commits: HashMap::new(), starts: HashMap::new() };
        for kept in rollouts {
            let name = kept.environment.as_str();
            known.ids.insert((name, kept.id.as_str()), kept);
            known.runs.extend(kept.run.as_deref().map(|run| ((name, run), kept)));
            if let Some(commit) = &kept.commit {
                known.commits.entry((name, commit)).or_default().push(kept);
            }
            known.starts.entry(name).or_default().push(kept);
        }
        known.starts.values_mut().for_each(|list| list.sort_by_key(|kept| kept.started_at));
        known
    }

    /// The rollout that others recorded, too: the same id or run; or the same commit at the same time; or, where they name no
    /// commit, the latest that ran when theirs began. One that never finished claims what is near, too.
    fn same(&self, other: &Rollout) -> Option<&'a Kept> {
        let name = &*other.environment;
        let id = self.ids.get(&(name, &*other.id)).copied();
        let run = || self.runs.get(&(name, other.run.as_deref()?)).copied();
        // A start without an end claims what is near, and not whatever came later: a tag is set before a rollout or after it.
        let told = other.finish.filter(|_| !other.finish_unrecorded);
        let (end, slack) = match told {
            Some(end) => (end, TimeDelta::zero()),
            None => (other.start + RESERVED_FOR, RESERVED_FOR),
        };
        let by_time = || match &other.commit {
            Some(commit) => self.commits.get(&(name, commit.as_str()))?.iter().find(|kept| {
                kept.started_at.is_some_and(|start| {
                    start <= end
                        && other.start <= kept.finished_at.map_or(start + RESERVED_FOR, |finish| finish + slack)
                })
            }),
            None => self.starts.get(name)?.iter().rev().find(|kept| {
                kept.started_at.is_some_and(|start| {
                    start <= other.start && other.start <= kept.finished_at.unwrap_or(start + RESERVED_FOR)
                })
            }),
        };
        id.or_else(run).or_else(|| by_time().copied())
    }
}
