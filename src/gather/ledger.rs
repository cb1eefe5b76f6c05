//! The ledger as a source of records: read where it is, or held under its lock while it is judged.

use std::sync::Arc;

use super::told::Told;
use super::{Question, Subject};
use crate::engine::duration;
use crate::engine::event::{Environment, Instant};
use crate::engine::facts::{Known, Missing};
use crate::engine::policy::Trigger;
use crate::error::Error;
use crate::ledger::chain::Account;
use crate::ledger::entry::{Kept, Stage};
use crate::ledger::home::{Home, name_of};
use crate::ledger::journal::NO_NAME;
use crate::ledger::owner::Owner;
use crate::ledger::{Scope, State, Trouble};
use crate::render::clean;
use crate::sources::deployments::{self, Records};

/// Where the ledger's own records come from.
#[derive(Clone, Debug)]
pub enum LedgerSource {
    /// From nowhere: nobody asks what was deployed.
    Unread,
    /// From the ledger, where there is one; it is not begun.
    Read { named: Option<String>, ci: bool, clock: fn() -> Instant },
    /// From its state under its lock.
    Held(Arc<Held>),
}

/// What a ledger knows, and of whom.
#[derive(Clone, Debug)]
pub struct Held {
    pub state: State,
    pub name: String,
    /// Whether the ledger is of this repository alone.
    pub own: bool,
    pub ci: bool,
}

/// What a look at a ledger found.
pub(super) struct Looked {
    home: Home,
    scope: Scope,
    held: Result<Option<Arc<Held>>, Trouble>,
}

impl Subject {
    /// What the ledger calls this repository: the policy's `repository`, else the address of origin.
    #[must_use]
    pub fn repository(&self) -> Option<String> {
        let written = self.found.policy.repository().map(str::to_owned);
        written.or_else(|| self.repo.origin().as_deref().and_then(name_of))
    }

    /// The records that judge a request.
    pub(super) fn recorded(
        &self,
        given: Option<Records>,
        question: &Question,
        environment: &str,
    ) -> Result<Known<Records>, Error> {
        self.hub_fails.set(false);
        // Named by `--deploys`, it is the record; the ledger is heard beside it, even where GitHub does not tell.
        let by_hub = given.is_none() && question.hub.is_named();
        let given = match by_hub {
            true => Some(self.asked_hub(question, environment)),
            false => given.map(Ok),
        };
        let held = match &question.ledger {
            LedgerSource::Unread => None,
            LedgerSource::Held(held) => Some(Arc::clone(held)),
            // A log that is given is the whole history.
            LedgerSource::Read { .. } if given.is_some() && !by_hub => {
                self.told.borrow_mut().deaf = true;
                None
            }
            LedgerSource::Read { named, ci, clock } => {
                let home = Home::find(named.as_deref(), self.repo.shared_dir())?.of(self.repository());
                let target = self.found.policy.target(&Environment::from(environment));
                let scope = match self.repository().filter(|_| !home.own) {
                    Some(name) => Scope::of(&name, target.as_deref()),
                    None => Scope::All,
                };
                let read = self.look(&home, scope, *clock, *ci);
                match read {
                    Ok(held) => held,
                    Err(trouble) => {
                        self.ledger_fails.set(true);
                        let missing = Missing::new(trouble.what, trouble.remedy);
                        let broken = home.journal().rollouts().unwrap_or_default();
                        *self.told.borrow_mut() = Told { broken, fails: Some(missing.clone()), ..Told::default() };
                        return Ok(Err(missing));
                    }
                }
            }
        };
        let ledger = match &held {
            Some(held) => self.records_of(held, environment, matches!(question.ledger, LedgerSource::Held(_)))?,
            None => None,
        };
        match given {
            Some(Err(missing)) => Ok(Err(missing)),
            Some(Ok(given)) => Ok(Ok(match ledger {
                Some(ledger) if by_hub => deployments::merge(vec![given, ledger], environment, self.now.instant),
                Some(ledger) => deployments::merge(vec![ledger, given], environment, self.now.instant),
                None => given,
            })),
            None => self.looked_up(ledger, held.as_deref(), question, environment),
        }
    }

    /// What GitHub records, and that it does not tell, where that is so.
    fn asked_hub(&self, question: &Question, environment: &str) -> Known<Records> {
        let records = self.hub_records(question, environment);
        self.hub_fails.set(records.is_err());
        records
    }

    /// Reads the ledger, once: none where there is none.
    fn look(&self, home: &Home, scope: Scope, clock: fn() -> Instant, ci: bool) -> Result<Option<Arc<Held>>, Trouble> {
        if let Some(looked) = self.ledger.borrow().as_ref().filter(|one| one.home == *home && one.scope == scope) {
            return looked.held.clone();
        }
        let held = home.open_existing(clock).and_then(|found| {
            let Some(mut ledger) = found else { return Ok(None) };
            ledger.narrow(scope.clone());
            let state = ledger.read()?;
            Ok(Some(Arc::new(Held { state, name: ledger.name(), own: home.own, ci })))
        });
        *self.ledger.borrow_mut() = Some(Looked { home: home.clone(), scope, held: held.clone() });
        held
    }

    fn looked_up(
        &self,
        ledger: Option<Records>,
        held: Option<&Held>,
        question: &Question,
        environment: &str,
    ) -> Result<Known<Records>, Error> {
        let is_record = ledger.is_some();
        let mut found = self.others(ledger, question, environment)?;
        self.told.borrow_mut().alone = is_record && found.as_ref().is_ok_and(|records| records.sources.len() == 1);
        if let (Ok(records), Some(held)) = (&mut found, held.filter(|held| held.ci))
            && self.told.borrow().alone
            && records.complete_since.is_none()
        {
            records.complete_since = Some(held.state.born);
            records.notes.push(
                "in CI a ledger is complete from its beginning only: no other source tells of the time before"
                    .to_owned(),
            );
        }
        Ok(found)
    }

    /// What is found beside a ledger, and what that knows.
    ///
    /// # Errors
    ///
    /// Fails where a source is there and cannot be read.
    pub fn others(
        &self,
        ledger: Option<Records>,
        question: &Question,
        environment: &str,
    ) -> Result<Known<Records>, Error> {
        let settings = self.found.policy.history();
        let hub = match self.asks_hub(&question.hub) {
            true => match self.asked_hub(question, environment) {
                Ok(records) => Some(records),
                Err(missing) => return Ok(Err(missing)),
            },
            false => None,
        };
        let known: Vec<Records> = ledger.into_iter().chain(hub).collect();
        // What `--deploys` names stands for every other source.
        if question.hub.is_named() {
            return Ok(Ok(deployments::merge(known, environment, self.now.instant)));
        }
        deployments::look(&self.repo, &settings, known, environment, self.now.instant)
    }

    /// What a ledger knows of this repository's environments; none where it is no record of the one that is asked about.
    ///
    /// It becomes one with the environment's first rollout, or for whoever deploys through it now. Where landing deploys, that
    /// tells more than a ledger without rollouts.
    fn records_of(&self, held: &Held, environment: &str, begins: bool) -> Result<Option<Records>, Error> {
        let Held { state, name, .. } = held;
        let now = self.now.instant;
        let repository = match held.own {
            true => None,
            false => Some(self.required_name()?),
        };
        self.hear(held, repository.as_deref(), environment);
        let complete_since = self.told().complete_since(now);
        let target = self.found.policy.target(&Environment::from(environment));
        let deployments = state.deployments(repository.as_deref(), environment, target.as_deref(), now);
        let own = |kept: &Kept| repository.as_ref().is_none_or(|name| *name == kept.repository);
        let all = || state.rollouts.values();
        let knows = complete_since.is_some() || all().any(|kept| own(kept) && kept.environment == environment);
        let shared = target.is_some() && all().any(|kept| kept.target.as_deref() == target.as_deref());
        let policy = self.found.policy.environment(&Environment::from(environment));
        let by_landing = policy.is_some_and(|policy| policy.trigger == Some(Trigger::Push));
        if !knows && !shared && (by_landing || !begins) {
            return Ok(None);
        }
        // What others deploy to the same target counts; that makes the ledger no record of what is deployed here.
        let complete_since = if knows || begins { complete_since } else { Some(now) };
        let here = |kept: &&Kept| own(kept) && kept.environment == environment && kept.holds_place(now);
        let mut notes: Vec<String> = state.rollouts.values().filter(here).map(|kept| said(kept, now)).collect();
        let dead = |kept: &&Kept| {
            own(kept)
                && kept.environment == environment
                && kept.stage == Stage::Running
                && kept.owner.as_ref().is_some_and(Owner::has_died)
        };
        notes.extend(state.rollouts.values().filter(dead).map(|kept| {
            format!(
                "{} still counts as running, but the process that recorded it has died: if its deploy has ended, `deploy-rhythm record finish {} --outcome success|failure`",
                kept.id, kept.id
            )
        }));
        if let Some(behind) = state.behind.filter(|behind| behind.num_seconds() > 0) {
            let behind = duration::show(behind);
            notes.push(format!(
                "the clock lies {behind} behind the ledger's newest entry: nothing counts as later than that"
            ));
        }
        let source = match held.own {
            true => "the repository's ledger".to_owned(),
            false => format!("ledger {}", clean(name)),
        };
        let (begun, sources) = (Some(state.born), vec![source]);
        Ok(Some(Records { deployments, complete_since, begun, sources, notes, ..Records::default() }))
    }

    /// The account of an environment, in a ledger of its own or of several repositories.
    ///
    /// # Errors
    ///
    /// Fails where a ledger of several cannot tell this one.
    pub fn account(&self, own: bool, environment: &str) -> Result<Account, Error> {
        let repository = match own {
            true => self.repository().unwrap_or_else(|| NO_NAME.to_owned()),
            false => self.required_name()?,
        };
        Ok(Account { repository, environment: environment.to_owned() })
    }

    /// The repository's name, which a ledger of several repositories needs.
    ///
    /// # Errors
    ///
    /// Fails where neither the policy nor origin tells.
    pub fn required_name(&self) -> Result<String, Error> {
        self.repository().ok_or_else(|| {
            Error::usage("a ledger that is named may be of several repositories, and nothing names this one")
                .hint("write `repository: example.org/shop/app` into the policy, or add the remote `origin`")
        })
    }
}

/// A reservation in words.
fn said(kept: &Kept, now: Instant) -> String {
    let who = kept.actor.as_deref().map(|actor| format!(" by {}", clean(actor))).unwrap_or_default();
    let left = kept.expires_at.map(|end| duration::show(end - now)).unwrap_or_default();
    let fate = match kept.owner.as_ref().is_some_and(Owner::has_died) {
        true => "its process has died, so the next request gives it back".to_owned(),
        false => {
            format!("it expires in {left} unless it starts; `deploy-rhythm record void {}` gives it back", kept.id)
        }
    };
    format!("{} is reserved{who} for {} and counts as running: {fate}", kept.id, kept.what())
}
