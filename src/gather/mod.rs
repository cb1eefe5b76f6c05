//! Gathers the facts of a request: the repository, the policy, the record of deployments.

pub mod agenda;
mod batch;
pub mod calendars;
mod chat;
pub mod governance;
mod hub;
mod ledger;
pub mod past;
pub mod push;
mod settle;
mod told;
mod weakening;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::TimeDelta;

use crate::engine::account::rollout_facts;
use crate::engine::decision::Level;
use crate::engine::duration;
use crate::engine::event::{CommitId, Deployment, Environment, Instant};
use crate::engine::facts::{Ancestry, DeployRequest, Facts, Known, Missing, Pushes};
use crate::engine::history::Future;
use crate::engine::lane::LaneRequest;
use crate::engine::policy::{EnvironmentPolicy, Policy, RuleEntry, Trigger};
use crate::engine::rules::RuleId;
use crate::error::Error;
use crate::report::{HistorySummary, PolicyKind};
use crate::sources::abroad::Abroad;
use crate::sources::deployments::{self, Records};
use crate::sources::git::{Clock, DefaultBranch, FoundBy, Landings, Now, PathFilter, Repo};
use crate::sources::policy::{self, Found, Wanted};
use batch::Asked;

pub use hub::{Hub, Named};
pub use ledger::{Held, LedgerSource};
pub use told::{Told, is_unseen, spent};

/// What the caller asks, and the one reading of the clock.
#[derive(Clone, Debug)]
pub struct Question {
    pub repo: PathBuf,
    pub policy: Option<PathBuf>,
    pub environment: Option<String>,
    pub commit: Option<String>,
    pub lane: LaneRequest,
    pub run: Option<String>,
    pub ledger: LedgerSource,
    /// GitHub, where somebody names it.
    pub hub: Arc<Hub>,
    pub now: Now,
}

/// The repository and the policy that a question is about.
pub struct Subject {
    pub repo: Repo,
    pub found: Found,
    pub now: Now,
    hub: Arc<Hub>,
    branch: Known<DefaultBranch>,
    /// The newest walk of the default branch, and since when it goes back.
    walked: RefCell<Option<(Instant, Landings)>>,
    /// The ledger as it was read: one question sees it at one moment, however many environments it asks about.
    ledger: RefCell<Option<ledger::Looked>>,
    /// There is a ledger, and it cannot be read: what it holds is not known, which is not the same as nothing.
    ledger_fails: Cell<bool>,
    /// GitHub is the record, and does not tell: that is not the same as no record either.
    hub_fails: Cell<bool>,
    /// What the ledger tells beside rollouts, of the environment whose records were read last.
    told: RefCell<Told>,
}

/// The facts of one request, and what is to be said about them.
pub struct Gathered {
    pub policy: EnvironmentPolicy,
    pub facts: Facts,
    pub subject: Option<String>,
    pub history: HistorySummary,
    pub notes: Vec<String>,
}

/// How many landings the default policy judges where nothing records deployments.
const GLANCE: TimeDelta = TimeDelta::days(7);

impl Subject {
    /// Opens the repository and reads the policy in force.
    ///
    /// # Errors
    ///
    /// Fails where there is no repository, or the policy is not valid.
    pub fn open(question: &Question) -> Result<Self, Error> {
        let mut abroad = |other: &Abroad| question.hub.fetch(other);
        Self::open_with(question, |repo| {
            policy::find_by(Some(repo), question.policy.as_deref(), Wanted::InForce, &mut abroad)
        })
    }

    /// Opens the repository of a job, and reads the policy that has landed: never what the checkout brings.
    ///
    /// # Errors
    ///
    /// Fails where there is no repository, or the policy is not valid.
    pub fn landed(question: &Question) -> Result<Self, Error> {
        let mut abroad = |other: &Abroad| question.hub.fetch(other);
        Self::open_with(question, |repo| policy::landed(repo, question.policy.as_deref(), &mut abroad))
    }

    /// Opens the repository, with a policy that is found otherwise.
    ///
    /// # Errors
    ///
    /// Fails where there is no repository, or the policy is not to be had.
    pub fn open_with(question: &Question, find: impl FnOnce(&Repo) -> Result<Found, Error>) -> Result<Self, Error> {
        let repo = Repo::open(&question.repo).map_err(|error| Error::usage(error.to_string()))?;
        let found = find(&repo)?;
        let branch = repo.default_branch();
        let (walked, told) = (RefCell::new(None), RefCell::new(Told::default()));
        Ok(Self {
            repo,
            found,
            now: question.now,
            hub: Arc::clone(&question.hub),
            branch,
            walked,
            ledger: RefCell::new(None),
            ledger_fails: Cell::new(false),
            hub_fails: Cell::new(false),
            told,
        })
    }

    /// The environment that is meant, and what the policy says about it.
    ///
    /// # Errors
    ///
    /// Fails where the policy does not name it.
    pub fn environment(&self, asked: Option<&str>) -> Result<EnvironmentPolicy, Error> {
        self.found.environment(asked)
    }

    /// The requested commit: a revision, or HEAD.
    ///
    /// # Errors
    ///
    /// Fails where the repository has no such commit.
    pub fn commit(&self, revision: Option<&str>) -> Result<CommitId, Error> {
        self.repo.resolve(revision.unwrap_or("HEAD")).map_err(|error| Error::usage(error.to_string()))
    }

    /// The record of deployments: what `--deploys` gave, else what is found, the ledger first.
    ///
    /// # Errors
    ///
    /// Fails where a source is there and cannot be read.
    pub fn records(
        &self,
        given: Option<Records>,
        question: &Question,
        environment: &str,
    ) -> Result<Known<Records>, Error> {
        let given = given.map(|given| self.settle(given, question));
        let mut records = self.recorded(given, question, environment)?;
        self.take_out(&mut records);
        if let (Ok(records), Some(run)) = (&mut records, question.run.as_deref()) {
            let before = records.deployments.len();
            records.deployments.retain(|record| record.run.as_deref() != Some(run));
            let left_out = before - records.deployments.len();
            records.notes.push(format!("run {run} is left out: {left_out} of its records"));
        }
        Ok(records)
    }

    /// What to make of records that start after the instant judged.
    #[must_use]
    pub fn future(&self) -> Future {
        match self.now.clock {
            Clock::Asked => Future::Unseen,
            Clock::Machine => Future::ClocksDisagree,
        }
    }

    /// The landings on the default branch since an instant.
    ///
    /// # Errors
    ///
    /// Names what is missing where they cannot be read.
    pub fn trunk(&self, since: Instant) -> Known<Landings> {
        let branch = self.branch.as_ref().map_err(Clone::clone)?;
        if let Some((_, landings)) = self.walked.borrow().as_ref().filter(|(known, _)| *known == since) {
            return Ok(landings.clone());
        }
        let landings = self.landings(&branch.tip, since)?;
        *self.walked.borrow_mut() = Some((since, landings.clone()));
        Ok(landings)
    }

    /// Walks the default branch as far as an environment's rules look, while a record is still being read elsewhere.
    pub fn walk_ahead(&self, policy: &EnvironmentPolicy) {
        // What is missing is said when the facts are gathered.
        let _ = self.trunk(self.now.instant - policy.lookback().landings);
    }

    fn landings(&self, tip: &CommitId, since: Instant) -> Known<Landings> {
        self.repo.landings(tip, since, self.now)
    }

    /// Gathers the facts of one request.
    ///
    /// # Errors
    ///
    /// Fails where a source is there and cannot be read.
    pub fn gather(
        &self,
        policy: EnvironmentPolicy,
        commit: CommitId,
        lane: LaneRequest,
        records: Known<Records>,
    ) -> Result<Gathered, Error> {
        let now = self.now.instant;
        let mut notes = self.found.notes.clone();
        let (mut policy, governed) = self.adopt(policy, &mut notes);
        let told = self.told();
        policy.rules.extend(told.freezes(now));
        policy.rules.extend(self.hub_freezes(&policy, &told, &mut notes));
        let mut records = records;
        let unread = self.ledger_fails.get() || self.hub_fails.get();
        let unrecorded = records.is_err() && self.found.kind == PolicyKind::Default && !unread;
        if unrecorded {
            notes.push("no record of deployments was found: the pushes are judged, as advice only; `--deploys FILE` gives a record".to_owned());
            let graphless = [RuleId::PushFrequency, RuleId::FixChain];
            let built_in = |entry: &RuleEntry| entry.source.file.starts_with("built-in:");
            policy.rules.retain(|entry| !built_in(entry) || graphless.contains(&entry.rule.id()));
            policy.rules.iter_mut().filter(|entry| built_in(entry)).for_each(|entry| entry.level = Level::Advisory);
        }
        let filter = match policy.paths.is_empty() {
            true => None,
            false => Some(PathFilter::new(&policy.paths).map_err(|error| Error::usage(error.to_string()))?),
        };
        let lookback = policy.lookback().landings;
        let since = now - if unrecorded { lookback.max(GLANCE) } else { lookback };
        let tip = self.branch.as_ref().map(|branch| &branch.tip).map_err(Clone::clone);
        let by_landing = ((records.is_err() && !unread) || told.alone) && policy.trigger == Some(Trigger::Push);
        let since = if by_landing { since.min(now - policy.lookback().deployments) } else { since };

        let trunk = self.trunk(since);
        if by_landing && let Ok(trunk) = &trunk {
            let landed = Records {
                deployments: deployments::from_landings(&trunk.landings, &policy.environment, &commit),
                complete_since: trunk.complete_since,
                sources: vec!["landings, each taken for a deploy (`trigger: push`)".to_owned()],
                ..Records::default()
            };
            records = Ok(match records {
                Ok(ledger) => {
                    deployments::begun(ledger, landed, &policy.environment, told.complete_since(now).or(told.began))
                }
                Err(_) => landed,
            });
        }
        let future = self.future();
        // The records are many: they move, and are not copied.
        let listed = match &mut records {
            Ok(records) => Ok(std::mem::take(&mut records.deployments)),
            Err(missing) => Err(missing.clone()),
        };
        let complete_since = records.as_ref().ok().and_then(|records| records.complete_since);
        let elsewhere = listed.as_ref().ok().and_then(|listed| elsewhere_note(&self.found.policy, &policy, listed));
        let accounts = rollout_facts(&self.found.policy, &policy, listed, complete_since, now, future);

        let landed = tip.is_ok_and(|tip| tip == &commit || self.repo.ancestry(&commit, tip) == Ok(Ancestry::Older));
        let base = batch::base(&accounts.own_rollouts);
        let asked = Asked { policy: &policy, commit: &commit, landed, base: &base, since, recent_only: unrecorded };
        let batch = self.batch(&asked, trunk.as_ref(), filter.as_ref());
        let ancestry = match &base {
            Err(missing) => Err(missing.clone()),
            Ok(None) => Ok(None),
            Ok(Some(base)) => self.repo.ancestry(&commit, base).map(Some),
        };
        let shipped = base.as_ref().ok().and_then(Option::as_ref);
        let governance = self.governance_facts(&policy, &commit, landed, shipped, &governed);
        notes.extend(self.lock_note());
        let pushes = trunk.map(|trunk| {
            // A commit that landed later than the instant judged would land now, as one that has not landed.
            let seen = trunk.landings.last().is_some_and(|last| {
                last.commit == commit || self.repo.ancestry(&commit, &last.commit) == Ok(Ancestry::Older)
            });
            let landed = landed && (trunk.later.is_empty() || seen);
            self.pushes(trunk, landed, filter.as_ref())
        });
        let pushes = self.hub_pushes(&policy, pushes);
        notes.extend(self.branch_note());
        notes.extend(self.fetch_note(&policy));
        notes.extend(elsewhere);
        if policy.rules.is_empty() && !unrecorded {
            notes.push(format!("no rule judges {}: everything is approved", policy.environment));
        }

        let history = HistorySummary {
            complete_since,
            deployments: accounts.rollouts.as_ref().map_or(0, |rollouts| rollouts.all().len()),
            pushes: pushes.as_ref().map_or(0, |pushes| pushes.landings.len()),
            sources: self.sources(&policy, &records, &pushes),
        };
        notes.extend(records.into_iter().flat_map(|records| records.notes));
        let subject = self.repo.subject(&commit);
        let checks = self.checks(&policy, &commit);
        let mut overrides = told.overrides(&policy, now);
        overrides.extend(self.hub_overrides(&policy, &commit, (&base, &accounts.own_rollouts), &told, &mut notes));
        let facts = Facts {
            calendars: calendars::busy(&calendars::ahead(Some(&self.repo), &self.found.home, &policy, now)),
            request: DeployRequest { environment: policy.environment.clone(), commit, lane },
            rollouts: accounts.rollouts,
            own_rollouts: accounts.own_rollouts,
            elsewhere: accounts.elsewhere,
            pushes,
            batch,
            ancestry,
            governance,
            storage: Err(not_read("the reading of the deploy configuration")),
            checks,
            overrides,
        };
        if self.found.kind == PolicyKind::Default {
            notes.extend(governance::never_block_on_guesses(&mut policy, &facts, now));
        }
        Ok(Gathered { policy, facts, subject, history, notes })
    }

    fn pushes(&self, trunk: Landings, landed: bool, filter: Option<&PathFilter>) -> Pushes {
        let mut landings = trunk.landings;
        if let Some(filter) = filter {
            landings.retain(|landing| self.repo.touches(&landing.commit, filter).unwrap_or(true));
        }
        Pushes { landings, complete_since: trunk.complete_since, requested_landed: landed }
    }

    fn sources(&self, policy: &EnvironmentPolicy, records: &Known<Records>, pushes: &Known<Pushes>) -> Vec<String> {
        let mut sources = records.as_ref().map_or_else(|_| Vec::new(), |records| records.sources.clone());
        if let (Ok(branch), Ok(_)) = (&self.branch, pushes) {
            let told = if self.pushes_by_hub(policy) { ", as GitHub records them" } else { "" };
            sources.push(format!("landings on {}{told}", branch.name));
        }
        sources
    }

    /// Says that HEAD had to stand for the default branch, its policy included.
    fn branch_note(&self) -> Option<String> {
        let branch = self.branch.as_ref().ok().filter(|branch| branch.found_by == FoundBy::Head)?;
        Some(format!(
            "no default branch was found (no origin/HEAD, main or master): {} stands for it; name it with `git remote set-head origin --auto`",
            branch.name
        ))
    }

    /// Says how old the knowledge of a remote branch is, where pushes are judged by it.
    fn fetch_note(&self, policy: &EnvironmentPolicy) -> Option<String> {
        let branch =
            self.branch.as_ref().ok().filter(|_| policy.has(RuleId::PushFrequency) && !self.pushes_by_hub(policy))?;
        let age = self.now.instant - branch.fetched_at?;
        (age > TimeDelta::minutes(5)).then(|| {
            format!(
                "{} was last fetched {} ago: newer pushes are not seen; run `git fetch`",
                branch.name,
                duration::glance(age)
            )
        })
    }
}

/// Says which environments the record names where it has nothing for the one that is asked about.
fn elsewhere_note(policy: &Policy, asked: &EnvironmentPolicy, records: &[Deployment]) -> Option<String> {
    let counts = |name: &Environment| {
        *name == asked.environment || (asked.target.is_some() && policy.target(name) == asked.target)
    };
    let names: BTreeSet<&Environment> = records.iter().map(|record| &record.environment).collect();
    if names.is_empty() || names.iter().any(|name| counts(name)) {
        return None;
    }
    let names: Vec<String> = names.into_iter().take(5).map(|name| format!("`{name}`")).collect();
    Some(format!("no deployment to `{}` is recorded: the record names {}", asked.environment, names.join(", ")))
}

fn not_read(what: &str) -> Missing {
    Missing::new(
        format!("{what} is not part of this release"),
        "make the rule advisory, or drop it with `without`, until it is",
    )
}
