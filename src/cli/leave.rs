//! `override`: leave for one rollout of one commit to pass soft-mandatory rules.

use chrono::{SubsecRound, TimeDelta};
use clap::{Args, Subcommand};

use super::caller;
use super::record::reason;
use super::spot::Spot;
use super::{Edge, Outcome};
use crate::engine::calendar::utc;
use crate::engine::duration;
use crate::engine::event::CommitId;
use crate::engine::policy::OverridePolicy;
use crate::error::Error;
use crate::gather::spent;
use crate::ledger::entry::Event;
use crate::ledger::word::{OVERRIDE_ID, What, Word};
use crate::ledger::{Change, State};

/// How long one lasts where nothing is said.
pub(super) const UNLESS_SAID: TimeDelta = TimeDelta::hours(1);

/// How long one may last where the policy does not say.
const LONGEST: TimeDelta = TimeDelta::hours(24);

/// Let one rollout of one commit pass soft-mandatory rules
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "It is used up by the first rollout of its commit that starts, and never touches a hard-mandatory rule. Who may: \
    `override` of the policy, with `cli` in it, since a name at a terminal is unverified.\n\n\
    Examples:\n  deploy-rhythm override --environment production --commit v1.4.1 --because \"the checkout fails\" --for 30m\n  \
    deploy-rhythm override revoke or-0123456789"
)]
pub struct Override {
    #[command(subcommand)]
    revoke: Option<Act>,

    #[command(flatten)]
    give: Give,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Take an override back that no rollout has used
    Revoke(Revoke),
}

#[derive(Debug, Args)]
struct Give {
    #[command(flatten)]
    spot: Spot,

    /// The commit: an id, a tag, a branch [default: HEAD]
    #[arg(long, value_name = "REV")]
    commit: Option<String>,

    /// Why: recorded, and printed with each rule that it lifts
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    because: Option<String>,

    /// How long it lasts [default: `expires` of the policy, else 1h]
    #[arg(long = "for", value_name = "DURATION", value_parser = lasting)]
    lasts: Option<TimeDelta>,
}

#[derive(Debug, Args)]
struct Revoke {
    #[command(flatten)]
    spot: Spot,

    /// The id that `override`, `status` or `ledger show` names
    #[arg(value_name = "ID")]
    id: String,

    /// Why
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    because: Option<String>,
}

/// Reads how long something lasts.
pub(super) fn lasting(text: &str) -> Result<TimeDelta, String> {
    let length = duration::parse(text)?;
    if length > TimeDelta::zero() { Ok(length) } else { Err("it must last longer than nothing".to_owned()) }
}

impl Override {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        match self.revoke {
            Some(Act::Revoke(revoke)) => revoke.run(edge),
            None => self.give.run(edge),
        }
    }
}

/// Who may override by a command line; an error where nobody may.
fn allowed<'a>(overrides: Option<&'a OverridePolicy>, environment: &str) -> Result<&'a OverridePolicy, Error> {
    overrides.filter(|overrides| overrides.lists_cli()).ok_or_else(|| {
        Error::usage(format!("the policy lets nobody override for {environment} by a command line"))
            .hint("who sits at a terminal is unverified, and counts where the policy lists `cli`: `override: {roles: [cli], expires: 1h, per-month: 4}`")
    })
}

impl Give {
    fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let because = self
            .because
            .clone()
            .ok_or_else(|| Error::usage("an override needs its reason").hint("add `--because \"what cannot wait\"`"))?;
        let found = self.spot.find(edge)?;
        let overrides = allowed(found.policy.overrides.as_ref(), &found.account.environment)?;
        caller::may(edge, Some(&found.subject.repo), "override")?;
        let lasts = self.lasts.or(overrides.expires).unwrap_or(UNLESS_SAID);
        let longest = overrides.expires.unwrap_or(LONGEST);
        if lasts > longest {
            let longest = duration::show(longest);
            return Err(Error::usage(format!("an override lasts at most {longest} here"))
                .hint(format!("add `--for {longest}` or less; `expires` of `override` in the policy is the limit")));
        }
        let commit = found.subject.commit(self.commit.as_deref())?;
        let (repository, zone) = (found.repository(), found.subject.zone());
        let mut word = Word {
            id: String::new(),
            repository: found.account.repository.clone(),
            environment: found.account.environment.clone(),
            by: edge.surroundings.user.clone(),
            because,
            at: edge.now,
            what: What::Override { commit: commit.to_string(), until: edge.now },
            withdrawn_at: None,
            withdrawn_by: None,
        };
        let (mut refused, mut left, mut until) = (None, None, edge.now);
        let mut ledger = found.open(edge)?;
        ledger.append(&mut |state| {
            (word.id, word.at) = (state.fresh_id(OVERRIDE_ID), state.now);
            until = state.now.trunc_subsecs(0) + lasts;
            word.what = What::Override { commit: commit.to_string(), until };
            let count = spent(state, repository, &word.environment, zone);
            left = overrides.per_month.map(|limit| limit.saturating_sub(count + 1));
            refused = match overrides.per_month {
                Some(limit) if count >= limit => Some(
                    Error::usage(format!("this month's overrides are spent: {count} of {limit}, broken glass included"))
                        .hint("`override.per-month` of the policy is the limit; the next month begins at midnight of its first day"),
                ),
                _ => covered(state, &word, &commit),
            };
            match refused {
                Some(_) => Change::default(),
                None => Change::of(found.account.clone(), Event::Said { word: Box::new(word.clone()) }),
            }
        })?;
        if let Some(refused) = refused {
            return Err(refused);
        }
        let left = left.map(|left| format!("; {left} left this month")).unwrap_or_default();
        Ok(Outcome::done(format!(
            "{}: one rollout of {} to {} may pass soft-mandatory rules until {}{left}\n",
            word.id,
            commit.short(),
            crate::render::clean(&word.environment),
            utc(until)
        )))
    }
}

/// Why another is not needed: one that nobody used yet covers the commit.
fn covered(state: &State, word: &Word, commit: &CommitId) -> Option<Error> {
    let same = |other: &&Word| {
        let about = matches!(&other.what, What::Override { commit: named, .. } if named == commit.as_str());
        about && other.account() == word.account() && other.is_live(state.now)
    };
    let free = |other: &&Word| other.used_by(&state.rollouts, state.now).is_none();
    let other = state.words.values().filter(same).find(free)?;
    Some(
        Error::usage(format!("{} covers {} already, and no rollout has used it", other.id, commit.short()))
            .hint(format!("`deploy-rhythm override revoke {}` takes it back", other.id)),
    )
}

impl Revoke {
    fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let found = self.spot.find(edge)?;
        let mut ledger = found.open(edge)?;
        let mut refused = None;
        ledger.append(&mut |state| {
            let word = state.words.get(&self.id).filter(|word| {
                let own = found.repository().is_none_or(|name| name == word.repository);
                own && matches!(word.what, What::Override { .. })
            });
            let Some(word) = word else {
                refused = Some(
                    Error::usage(format!("the ledger has no override `{}`", self.id))
                        .hint("`deploy-rhythm ledger show` lists them"),
                );
                return Change::default();
            };
            if let Some(kept) = word.used_by(&state.rollouts, state.now) {
                refused = Some(Error::failure(format!("{} is used up by {}, and stays that", word.id, kept.id)));
                return Change::default();
            }
            let (id, by) = (word.id.clone(), edge.surroundings.user.clone());
            Change::of(word.account(), Event::Withdrawn { id, by, because: self.because.clone() })
        })?;
        refused.map_or_else(|| Ok(Outcome::done(format!("{} is revoked\n", self.id))), Err)
    }
}
