//! What people say of an environment, beside its rollouts: overrides, freezes, and since when the record is whole.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::chain::Account;
use super::entry::{Event, Kept, Rollouts};
use crate::engine::event::{CommitId, Instant};
use crate::engine::facts::Override;
use crate::engine::history::{self, Future};

/// How the ids of overrides, freezes, adoptions and of what is taken out begin.
pub const OVERRIDE_ID: &str = "or-";
pub const FREEZE_ID: &str = "fr-";
pub const ADOPTION_ID: &str = "ad-";
pub const VOID_ID: &str = "vo-";

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "says", rename_all = "kebab-case")]
pub enum What {
    /// One rollout of this commit may pass soft-mandatory rules.
    Override { commit: String, until: Instant },
    /// Nothing goes.
    Freeze { until: Instant },
    /// The ledger's own record is whole since then.
    Complete { since: Instant },
    /// A deployment that another source records does not count.
    Void { deployment: String },
}

/// One word: who said what, when and why, and who took it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    pub id: String,
    pub repository: String,
    pub environment: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    pub because: String,
    pub at: Instant,
    #[serde(flatten)]
    pub what: What,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_by: Option<String>,
}

impl Word {
    /// The account that it is about.
    #[must_use]
    pub fn account(&self) -> Account {
        Account { repository: self.repository.clone(), environment: self.environment.clone() }
    }

    /// Whether it was said by then, and not yet taken back.
    #[must_use]
    pub fn stands(&self, now: Instant) -> bool {
        self.at <= now && self.withdrawn_at.is_none_or(|end| now < end)
    }

    /// Whether it stands and has not run out: what was said once and for all never does.
    #[must_use]
    pub fn is_live(&self, now: Instant) -> bool {
        match self.what {
            What::Override { until, .. } | What::Freeze { until } => self.stands(now) && now < until,
            What::Complete { .. } | What::Void { .. } => self.stands(now),
        }
    }

    /// The override that it gives, where it gives one.
    #[must_use]
    pub fn leave(&self) -> Option<Override> {
        let What::Override { commit, until } = &self.what else { return None };
        Some(Override {
            environment: self.environment.as_str().into(),
            commit: CommitId::new(commit),
            reason: self.because.clone(),
            author: format!("{} ({}, name unverified)", self.author(), self.id),
            // Where the clock stands still, a rollout of the same instant may be the one that used it up.
            given_at: self.at - TimeDelta::microseconds(1),
            expires_at: *until,
        })
    }

    /// The rollout of the ledger that used an override up, or holds a place.
    #[must_use]
    pub fn used_by<'a>(&self, rollouts: &'a Rollouts, now: Instant) -> Option<&'a Kept> {
        let leave = self.leave()?;
        let own = |kept: &&Kept| {
            let same = kept.repository == self.repository && kept.environment == self.environment;
            same && kept.commit.as_deref() == Some(leave.commit.as_str())
        };
        let records = rollouts.values().filter(own).filter_map(|kept| kept.deployment(now)).collect();
        let started = history::Rollouts::as_of(records, now, Future::ClocksDisagree, None);
        leave.used_by(&started).and_then(|first| rollouts.get(&*first.id))
    }

    /// What kind of word it is, for people and programs.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self.what {
            What::Override { .. } => "override",
            What::Freeze { .. } => "freeze",
            What::Complete { .. } => "adoption",
            What::Void { .. } => "void",
        }
    }

    /// Who said it, for people.
    #[must_use]
    pub fn author(&self) -> &str {
        self.by.as_deref().unwrap_or("somebody")
    }
}

/// The words of a ledger by their ids.
pub type Words = BTreeMap<String, Word>;

/// Applies an event; returns the id of the word that it changes.
///
/// # Errors
///
/// Says in one sentence why it cannot happen.
pub fn hear(words: &mut Words, at: Instant, event: &Event) -> Result<Option<String>, String> {
    let id = match event {
        Event::Said { word } if words.contains_key(&word.id) => {
            return Err(format!("{} is in the ledger already", word.id));
        }
        Event::Said { word } => {
            words.insert(word.id.clone(), (**word).clone());
            &word.id
        }
        Event::Withdrawn { id, by, .. } => {
            let word = words.get_mut(id).ok_or_else(|| format!("the ledger has no override or freeze {id}"))?;
            if word.withdrawn_at.is_some() {
                return Err(format!("{id} is withdrawn already"));
            }
            (word.withdrawn_at, word.withdrawn_by) = (Some(at), by.clone());
            id
        }
        _ => return Ok(None),
    };
    Ok(Some(id.clone()))
}
