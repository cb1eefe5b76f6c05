//! `ledger adopt`: the ledger's own record is whole since then; what other sources know from then on moves into it.

use std::path::PathBuf;

use clap::Args;

use super::caller;
use super::question::{QuestionArgs, instant};
use super::record::reason;
use super::spot::{Found, Spot};
use super::{Edge, Outcome};
use crate::engine::calendar::utc;
use crate::engine::event::{Deployment, DeploymentState, Instant, Precision};
use crate::error::Error;
use crate::gather::{LedgerSource, Question};
use crate::ledger::chain::digest;
use crate::ledger::entry::{Event, Kept, Stage};
use crate::ledger::word::{ADOPTION_ID, What, Word};
use crate::ledger::{Change, LEDGER_ID, State};
use crate::render::clean;
use crate::sources::deployments::Records;

/// The most rollouts that move at once.
const MOST: usize = 10_000;

/// State that the ledger's record is whole since an instant
#[derive(Debug, Args)]
pub struct Adopt {
    #[command(flatten)]
    spot: Spot,

    /// Since when, RFC 3339; what other sources know from then on moves into the ledger
    #[arg(long, value_name = "TIME", value_parser = instant)]
    since: Instant,

    /// Why that is so
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    because: String,

    /// The record to take over [default: what is found: a deploy log, Kamal's audit log, tags]
    #[arg(long, value_name = "FILE|-|github")]
    deploys: Option<PathBuf>,
}

impl Adopt {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let found = self.spot.find(edge)?;
        caller::may(edge, Some(&found.subject.repo), "adopt a record")?;
        let records = self.other_records(&found, edge)?;
        let told = told(&records, &found, self.since);
        if told.len() > MOST {
            return Err(Error::usage(format!("{} rollouts are more than the {MOST} that move at once", told.len()))
                .hint("give a later `--since`: the source stands for the time before"));
        }
        let mut moved = 0;
        let mut word = Word {
            id: String::new(),
            repository: found.account.repository.clone(),
            environment: found.account.environment.clone(),
            by: edge.surroundings.user.clone(),
            because: self.because.clone(),
            at: edge.now,
            what: What::Complete { since: self.since },
            withdrawn_at: None,
            withdrawn_by: None,
        };
        let mut refused = None;
        found.open(edge)?.append(&mut |state| {
            refused = (self.since > state.now).then(|| Error::usage(format!("{} is still to come", utc(self.since))));
            if refused.is_some() {
                return Change::default();
            }
            let new = |kept: &&Kept| kept.started_at.is_some_and(|start| start <= state.now) && !has(state, kept);
            let mut rollouts: Vec<Kept> = told.iter().filter(new).cloned().collect();
            for kept in &mut rollouts {
                kept.told_at = Some(state.now);
            }
            moved = rollouts.len();
            (word.id, word.at) = (state.fresh_id(ADOPTION_ID), state.now);
            let said = Event::Said { word: Box::new(word.clone()) };
            let rollouts = rollouts.into_iter().map(|kept| Event::Recorded { rollout: Box::new(kept) });
            let events = std::iter::once(said).chain(rollouts);
            Change { events: events.map(|event| (found.account.clone(), event)).collect(), ..Change::default() }
        })?;
        if let Some(refused) = refused {
            return Err(refused);
        }
        let from = match records.sources.is_empty() {
            true => "no other source".to_owned(),
            false => records.sources.join(", "),
        };
        let name = clean(&word.environment);
        let moved = format!("{moved} rollout{}", if moved == 1 { "" } else { "s" });
        let mut text = format!(
            "{}: the ledger's record of {name} is complete since {}; {moved} moved into it from {}\n",
            word.id,
            utc(self.since),
            clean(&from)
        );
        if let Some(known) = records.complete_since.filter(|known| *known > self.since) {
            text +=
                &format!("note: these are complete since {} only: for the time before, your word stands\n", utc(known));
        }
        Ok(Outcome::done(text))
    }

    /// What is recorded elsewhere; nothing where there is no other source.
    fn other_records(&self, found: &Found, edge: &Edge) -> Result<Records, Error> {
        let asked = QuestionArgs {
            repo: found.question.repo.clone(),
            deploys: self.deploys.clone(),
            ..QuestionArgs::default()
        };
        let hub = asked.hub(edge);
        hub.reach(self.since);
        let question = Question { ledger: LedgerSource::Unread, hub, ..found.question.clone() };
        match found.subject.records(asked.given()?, &question, &found.account.environment)? {
            Ok(records) => Ok(records),
            // That GitHub does not tell is not that there is nothing.
            Err(missing) if found.subject.asks_hub(&question.hub) => {
                Err(Error::failure(missing.what).hint(missing.remedy))
            }
            Err(_) => Ok(Records::default()),
        }
    }
}

/// The recorded rollouts of the environment since an instant, as the ledger keeps them; what was guessed stays where it is.
fn told(records: &Records, found: &Found, since: Instant) -> Vec<Kept> {
    let own = records.deployments.iter().filter(|one| {
        one.environment == found.policy.environment && one.started_at >= since && one.precision == Precision::Recorded
    });
    own.filter_map(|one| kept(one, found)).collect()
}

fn kept(one: &Deployment, found: &Found) -> Option<Kept> {
    let stage = match one.state {
        DeploymentState::Success | DeploymentState::Inactive => Stage::Success,
        DeploymentState::Failure | DeploymentState::Error => Stage::Failure,
        DeploymentState::InProgress => Stage::Running,
        _ => return None,
    };
    let text = |text: &Option<std::sync::Arc<str>>| text.as_deref().map(str::to_owned);
    // One record has one id, however often it is moved; what another ledger recorded keeps its own.
    let seed = format!("{} {} {} {}", found.account.repository, found.account.environment, one.id, one.started_at);
    let id = match one.id.len() <= 40
        && one.id.strip_prefix(LEDGER_ID).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    {
        true => one.id.to_string(),
        false => format!("{LEDGER_ID}{}", &digest(seed.as_bytes())[..10]),
    };
    Some(Kept {
        target: found.policy.target.as_deref().map(str::to_owned),
        commit: one.commit.as_ref().map(ToString::to_string),
        revision: text(&one.revision),
        reason: Some("adopted".to_owned()),
        actor: text(&one.actor),
        url: text(&one.url),
        run: text(&one.run),
        started_at: Some(one.started_at),
        finished_at: one.finished_at,
        ..Kept::new(id, &found.account, stage)
    })
}

/// Whether the ledger has a rollout already: by its id, or one of that commit at that time.
fn has(state: &State, kept: &Kept) -> bool {
    let end = |one: &Kept| match one.stage {
        Stage::Running => state.now,
        _ => one.finished_at.or(one.started_at).unwrap_or(state.now),
    };
    let same = |other: &&Kept| {
        let about = other.repository == kept.repository && other.environment == kept.environment;
        about && other.commit.is_some() && other.commit == kept.commit && other.told_at.is_none()
    };
    state.rollouts.contains_key(&kept.id)
        || state.rollouts.values().filter(same).any(|other| {
            let starts = other.started_at.zip(kept.started_at);
            starts.is_some_and(|(theirs, ours)| theirs <= end(kept) && ours <= end(other))
        })
}
