//! `freeze` and `thaw`: nothing goes until then, by somebody's word in the ledger.

use chrono::{SubsecRound, TimeDelta};
use clap::Args;

use super::caller;
use super::leave::lasting;
use super::question::instant;
use super::record::reason;
use super::spot::Spot;
use super::{Edge, Outcome};
use crate::engine::calendar::utc;
use crate::engine::event::Instant;
use crate::error::Error;
use crate::ledger::Change;
use crate::ledger::entry::Event;
use crate::ledger::word::{FREEZE_ID, What, Word};
use crate::render::clean;

/// The longest freeze; a longer one belongs into the policy.
const LONGEST: TimeDelta = TimeDelta::days(365);

/// Let nothing go until an instant
#[derive(Debug, Args)]
#[command(
    after_help = "It holds normal requests and hotfixes as a `freeze` of the policy does, soft-mandatory; a rollback passes it by.\n\n\
    Examples:\n  deploy-rhythm freeze --environment production --for 2h --because \"the database is restored\"\n  \
    deploy-rhythm freeze --until 2027-01-04T08:00:00Z --because holidays"
)]
pub struct Freeze {
    #[command(flatten)]
    spot: Spot,

    /// When it ends, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = instant, required_unless_present = "lasts", conflicts_with = "lasts")]
    until: Option<Instant>,

    /// How long it lasts
    #[arg(long = "for", id = "lasts", value_name = "DURATION", value_parser = lasting)]
    lasts: Option<TimeDelta>,

    /// Why: each hold prints it
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    because: String,
}

/// End what `freeze` began
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  deploy-rhythm thaw --environment production --because \"the restore is done\"")]
pub struct Thaw {
    #[command(flatten)]
    spot: Spot,

    /// Why
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    because: Option<String>,
}

impl Freeze {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let found = self.spot.find(edge)?;
        let mut word = Word {
            id: String::new(),
            repository: found.account.repository.clone(),
            environment: found.account.environment.clone(),
            by: edge.surroundings.user.clone(),
            because: self.because,
            at: edge.now,
            what: What::Freeze { until: edge.now },
            withdrawn_at: None,
            withdrawn_by: None,
        };
        let (mut end, mut refused) = (edge.now, None);
        found.open(edge)?.append(&mut |state| {
            let now = state.now;
            // To the end of that second: people read and type whole ones.
            let lasts = self
                .lasts
                .and_then(|lasts| (now + TimeDelta::milliseconds(999)).trunc_subsecs(0).checked_add_signed(lasts));
            end = self.until.or(lasts).unwrap_or(now);
            refused = if end <= now {
                Some(Error::usage(format!("the freeze would end at {}, which is over", utc(end))))
            } else if end - now > LONGEST {
                let hint = "write a longer one into the policy: `freeze: {from, to, because}`";
                Some(Error::usage("a freeze of the ledger lasts at most 365d").hint(hint))
            } else {
                None
            };
            if refused.is_some() {
                return Change::default();
            }
            (word.id, word.at, word.what) = (state.fresh_id(FREEZE_ID), now, What::Freeze { until: end });
            Change::of(found.account.clone(), Event::Said { word: Box::new(word.clone()) })
        })?;
        let name = clean(&word.environment);
        match refused {
            Some(refused) => Err(refused),
            None => Ok(Outcome::done(format!("{}: {name} is frozen until {}\n", word.id, utc(end)))),
        }
    }
}

impl Thaw {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let found = self.spot.find(edge)?;
        caller::may(edge, Some(&found.subject.repo), "thaw")?;
        let mut thawed: Vec<String> = Vec::new();
        found.open(edge)?.append(&mut |state| {
            let frozen = state.words.values().filter(|word| {
                let own = found.repository().is_none_or(|name| name == word.repository);
                let here = own && word.environment == found.account.environment;
                here && matches!(word.what, What::Freeze { .. }) && word.is_live(state.now)
            });
            let frozen: Vec<&Word> = frozen.collect();
            thawed = frozen.iter().map(|word| word.id.clone()).collect();
            let events = frozen.into_iter().map(|word| {
                let (by, because) = (edge.surroundings.user.clone(), self.because.clone());
                (word.account(), Event::Withdrawn { id: word.id.clone(), by, because })
            });
            Change { events: events.collect(), ..Change::default() }
        })?;
        let name = clean(&found.account.environment);
        match thawed.is_empty() {
            true => Err(Error::usage(format!("the ledger has no freeze of {name}"))
                .hint("a freeze of the policy is changed there")),
            false => Ok(Outcome::done(format!("{name} is thawed: {}\n", thawed.join(", ")))),
        }
    }
}
