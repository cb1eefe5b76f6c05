//! What people said of an environment, as the ledger has it: the overrides and freezes that a judgement sees.

use super::{Held, Subject};
use crate::engine::calendar::{Unit, utc};
use crate::engine::decision::{Level, Source};
use crate::engine::event::{Deployment, Instant};
use crate::engine::facts::{Known, Missing, Override};
use crate::engine::policy::{EnvironmentPolicy, OverridePolicy, RuleEntry};
use crate::engine::rules::Rule;
use crate::engine::rules::freeze::Freeze;
use crate::ledger::State;
use crate::ledger::entry::{Kept, Stage};
use crate::ledger::word::{What, Word};
use crate::render::clean;
use crate::sources::deployments::Records;

/// What a ledger tells of one environment beside its rollouts.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The words about it, oldest first.
    pub words: Vec<Word>,
    /// The repository's rollouts that broke the glass and that nobody acknowledged.
    pub broken: Vec<Kept>,
    /// Overrides of this month, and broken glass.
    pub spent: usize,
    /// What is taken out of GitHub's record.
    pub(super) void: Vec<Word>,
    /// When the ledger's first rollout of the environment started.
    pub(super) began: Option<Instant>,
    /// The ledger alone records the environment's deployments.
    pub(super) alone: bool,
    /// A log that is given is the whole history: nothing of the ledger is heard.
    pub deaf: bool,
    /// Why it cannot be read, where that is so.
    pub(super) fails: Option<Missing>,
}

impl Subject {
    /// What the ledger tells of an environment, as it stood when the records were read.
    #[must_use]
    pub fn told(&self) -> Told {
        self.told.borrow().clone()
    }

    /// Remembers what a ledger tells of an environment.
    pub(super) fn hear(&self, held: &Held, repository: Option<&str>, environment: &str) {
        let state = &held.state;
        let own = |name: &str| repository.is_none_or(|repository| repository == name);
        let words = state.words.values().filter(|word| own(&word.repository) && word.environment == environment);
        let mut words: Vec<Word> = words.cloned().collect();
        words.sort_by_key(|word| word.at);
        let unseen = |kept: &&Kept| own(&kept.repository) && is_unseen(kept);
        let broken: Vec<Kept> = state.rollouts.values().filter(unseen).cloned().collect();
        let spent = spent(state, repository, environment, self.zone());
        let here = state.rollouts.values().filter(|kept| own(&kept.repository) && kept.environment == environment);
        let is_void = |word: &&Word| own(&word.repository) && matches!(word.what, What::Void { .. });
        let void = state.words.values().filter(is_void).cloned().collect();
        let began = here.filter_map(|kept| kept.deployment(state.now)).map(|one| one.started_at).min();
        *self.told.borrow_mut() = Told { words, broken, spent, void, began, ..Told::default() };
    }

    /// Leaves out what `record void` took out of another's record, and says so.
    pub(super) fn take_out(&self, records: &mut Known<Records>) {
        let (Ok(records), now) = (records, self.now.instant) else { return };
        for word in self.told.borrow().void.iter().filter(|word| word.stands(now)) {
            let What::Void { deployment } = &word.what else { continue };
            let is_void = |one: &Deployment| *one.id == **deployment && *one.environment == *word.environment;
            let before = records.deployments.len();
            records.deployments.retain(|one| !is_void(one));
            if records.deployments.len() < before {
                records.notes.push(format!(
                    "{} does not count: taken out by {}: {} ({})",
                    clean(deployment),
                    clean(word.author()),
                    clean(&word.because),
                    word.id
                ));
            }
        }
    }

    /// The zone of the policy's months.
    #[must_use]
    pub fn zone(&self) -> chrono_tz::Tz {
        self.found.policy.timezone().unwrap_or(chrono_tz::Tz::UTC)
    }
}

/// Whether a rollout broke the glass and nobody has acknowledged it.
#[must_use]
pub fn is_unseen(kept: &Kept) -> bool {
    kept.stage != Stage::Void && kept.glass.as_ref().is_some_and(|glass| glass.seen_at.is_none())
}

/// How many of the month's overrides are spent: those given and not revoked, and each time that the glass was broken.
#[must_use]
pub fn spent(state: &State, repository: Option<&str>, environment: &str, zone: chrono_tz::Tz) -> usize {
    let span = Unit::Month.around(zone, state.now);
    let month = |at: Instant| span.is_none_or(|(from, to)| from <= at && at < to);
    let own = |one: &str, other: &str| repository.is_none_or(|name| name == one) && other == environment;
    let given = state.words.values().filter(|word| {
        let is_override = matches!(word.what, What::Override { .. });
        is_override && own(&word.repository, &word.environment) && word.withdrawn_at.is_none() && month(word.at)
    });
    let broken = state.rollouts.values().filter(|kept| {
        let ran = kept.stage != Stage::Void;
        ran && own(&kept.repository, &kept.environment) && kept.glass.is_some() && kept.started_at.is_some_and(month)
    });
    given.count() + broken.count()
}

impl Told {
    /// Whether the ledger, where there is one, could be read.
    #[must_use]
    pub const fn is_readable(&self) -> bool {
        self.fails.is_none()
    }

    /// Since when the ledger's own record is said to be whole.
    pub(super) fn complete_since(&self, now: Instant) -> Option<Instant> {
        let said = self.words.iter().filter(|word| word.stands(now));
        said.rev().find_map(|word| match word.what {
            What::Complete { since } => Some(since),
            _ => None,
        })
    }

    /// The overrides that count: a name at a terminal is unverified, and counts where the policy lists `cli`.
    pub(super) fn overrides(&self, policy: &EnvironmentPolicy, now: Instant) -> Vec<Override> {
        if !policy.overrides.as_ref().is_some_and(OverridePolicy::lists_cli) {
            return Vec::new();
        }
        self.words.iter().filter(|word| word.stands(now)).filter_map(Word::leave).collect()
    }

    /// The freezes that hold, as rules that stand in the ledger instead of a policy; an override may lift them.
    pub(super) fn freezes(&self, now: Instant) -> Vec<RuleEntry> {
        let entry = |freeze, place: &str, because| {
            let source = Source { file: format!("ledger:{place}"), line: 1 };
            RuleEntry::new(Rule::Freeze(freeze), Level::SoftMandatory, source, because)
        };
        let frozen = self.words.iter().filter(|word| word.is_live(now)).filter_map(|word| match word.what {
            What::Freeze { until } => {
                let because = format!("{} ({} until {})", word.because, word.author(), utc(until));
                Some(entry(Freeze::between(word.at, until), &word.id, Some(because)))
            }
            _ => None,
        });
        let unknown = self.fails.clone().map(|missing| entry(Freeze::unknown(missing), "unread", None));
        frozen.chain(unknown).collect()
    }
}
