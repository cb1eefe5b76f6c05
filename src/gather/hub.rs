//! GitHub as one process asks it: only where somebody named it, and once for what several judgements look at.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;

use super::{Question, Subject};
use crate::engine::event::{CommitId, Environment, Instant};
use crate::engine::facts::{CheckState, Known, Missing, Pushes};
use crate::engine::policy::{EnvironmentPolicy, HistorySource, OverridePolicy, Policy};
use crate::engine::rules::{Rule, RuleId};
use crate::github::{GitHub, Repository, Settings, Trouble};
use crate::sources::abroad::Abroad;
use crate::sources::deployments::Records;
use crate::sources::github;
use crate::sources::github::freezes::{self, Frost};
use crate::sources::github::overrides::{self, Heard, Listening};
use crate::sources::github::pushes::Pushed;

/// How much further than a time of trial its success is looked for.
const TRIAL: TimeDelta = TimeDelta::days(14);

/// What `--deploys` says of GitHub.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Named {
    #[default]
    Nowhere,
    /// `github`: this repository there.
    Here,
    /// `github:OWNER/NAME`.
    Repository(String),
}

/// GitHub, as this process asks it.
#[derive(Default)]
pub struct Hub {
    settings: Settings,
    named: Named,
    /// To this repository: what people may and say, and what checks conclude, is asked here.
    door: Mutex<Option<GitHub>>,
    /// To the repository whose deployments are the record, where `--deploys` names one.
    other: Mutex<Option<GitHub>>,
    /// What was read, for several judgements: those of `run` are made under a lock, which nobody holds while GitHub thinks.
    records: Memory<Known<Records>>,
    checks: Memory<Known<BTreeMap<String, CheckState>>>,
    pushes: Memory<Result<Pushed, Trouble>>,
    approvals: Memory<Result<Option<String>, Trouble>>,
    overrides: Memory<Result<Heard, Trouble>>,
    freezes: Memory<Result<Frost, Trouble>>,
    /// How far back somebody wants to see, whatever the rules look at.
    reach: Mutex<Option<Instant>>,
    /// Somebody wants to see which environments there are.
    everywhere: AtomicBool,
}

impl fmt::Debug for Hub {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Hub").field("settings", &self.settings).field("named", &self.named).finish_non_exhaustive()
    }
}

type Memory<T> = Mutex<BTreeMap<String, T>>;

/// What is remembered, else what is found now, and remembered from then on.
fn once<T: Clone>(memory: &Memory<T>, key: String, find: impl FnOnce() -> T) -> T {
    if let Some(known) = lock(memory).get(&key) {
        return known.clone();
    }
    let found = find();
    lock(memory).insert(key, found.clone());
    found
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// Nothing is asked yet.
    #[must_use]
    pub fn new(settings: Settings, named: Named) -> Self {
        Self { settings, named, ..Self::default() }
    }

    /// Whether `--deploys` names it.
    #[must_use]
    pub fn is_named(&self) -> bool {
        self.named != Named::Nowhere
    }

    /// Lets what is read from now on go back to an instant at least.
    pub fn reach(&self, back_to: Instant) {
        let mut reach = lock(&self.reach);
        *reach = Some(reach.map_or(back_to, |known| known.min(back_to)));
    }

    /// Lets what is read from now on be of every environment, where the policy has patterns of their names.
    pub fn look_everywhere(&self) {
        self.everywhere.store(true, Ordering::Relaxed);
    }

    /// Forgets what was read: the next judgement asks again.
    pub fn forget(&self) {
        lock(&self.records).clear();
        lock(&self.checks).clear();
        lock(&self.pushes).clear();
        lock(&self.approvals).clear();
        lock(&self.overrides).clear();
        lock(&self.freezes).clear();
    }

    /// Fetches a policy of others.
    ///
    /// # Errors
    ///
    /// Says in one sentence why it is not to be had.
    pub fn fetch(&self, other: &Abroad) -> Result<Vec<u8>, String> {
        let door = GitHub::new(&self.settings, other.repository.clone());
        let read = door.and_then(|door| door.file_at(&other.repository, &other.path, &other.commit));
        read.map_err(|trouble| format!("`{other}` is not to be had: {trouble}"))
    }

    /// The overrides of an environment that stand in comments.
    pub(super) fn overrides(&self, called: Option<&str>, listening: &Listening<'_>) -> Result<Heard, Trouble> {
        let key = listening.policy.environment.to_string();
        once(&self.overrides, key, || self.ask(called, |door| overrides::read(door, listening)))
    }

    /// The freezes of an environment that are issues.
    pub(super) fn freezes(&self, called: Option<&str>, listening: &Listening<'_>) -> Result<Frost, Trouble> {
        let key = listening.policy.environment.to_string();
        once(&self.freezes, key, || self.ask(called, |door| freezes::read(door, listening)))
    }

    /// Asks about this repository, through a door that is opened once; `called` is what it is called. Where nothing else
    /// names it, `--deploys` does.
    ///
    /// # Errors
    ///
    /// Fails where nothing names the repository, or GitHub gives no answer.
    pub fn ask<T>(&self, called: Option<&str>, ask: impl FnOnce(&GitHub) -> Result<T, Trouble>) -> Result<T, Trouble> {
        let repository = || match (self.settings.repository(None, called), &self.named) {
            (Err(_), Named::Repository(name)) => Repository::parse(name),
            (own, _) => own,
        };
        self.through(&self.door, repository, ask)
    }

    /// Asks where the record of deployments is.
    fn ask_record<T>(
        &self,
        called: Option<&str>,
        ask: impl FnOnce(&GitHub) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        match &self.named {
            Named::Repository(name) => self.through(&self.other, || Repository::parse(name), ask),
            Named::Nowhere | Named::Here => self.ask(called, ask),
        }
    }

    fn through<T>(
        &self,
        door: &Mutex<Option<GitHub>>,
        repository: impl FnOnce() -> Result<Repository, Trouble>,
        ask: impl FnOnce(&GitHub) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let mut door = lock(door);
        if door.is_none() {
            *door = Some(GitHub::new(&self.settings, repository()?)?);
        }
        match &*door {
            Some(door) => ask(door),
            None => Err(Trouble::BadAddress { what: "GitHub cannot be asked".to_owned() }),
        }
    }
}

/// The environments that the rules of one look at: itself, those of its target, those that rules name; `None` stands for all.
fn looked_at(policy: &Policy, environment: &EnvironmentPolicy, everything: bool) -> Option<BTreeSet<Environment>> {
    let patterns = policy.patterns().into_iter().any(|pattern| !pattern.is_exact());
    if patterns && (everything || environment.target.is_some()) {
        return None;
    }
    let mut names = BTreeSet::from([environment.environment.clone()]);
    let exact = policy.exact_names().into_iter().map(Environment::from);
    names.extend(exact.filter(|name| environment.target.is_some() && policy.target(name) == environment.target));
    names.extend(environment.rules.iter().filter_map(|entry| match &entry.rule {
        Rule::SoakTime(soak) => Some(soak.environment.clone()),
        _ => None,
    }));
    Some(names)
}

impl Subject {
    /// Whether GitHub is the record of deployments: `--deploys` or the policy says so.
    #[must_use]
    pub fn asks_hub(&self, hub: &Hub) -> bool {
        hub.is_named() || self.found.policy.history().source == HistorySource::Github
    }

    /// What GitHub records of deployments, as far back as the rules of an environment look.
    ///
    /// # Errors
    ///
    /// Fails where the policy does not name the environment.
    pub fn hub_records(&self, question: &Question, environment: &str) -> Known<Records> {
        let hub = &question.hub;
        let name = Environment::from(environment);
        let absent = || Missing::new(format!("the environment `{environment}`"), "name one of the policy's");
        let policy = self.found.policy.environment(&name).ok_or_else(absent)?;
        let (policy, _) = self.adopt(policy, &mut Vec::new());
        let environments = looked_at(&self.found.policy, &policy, hub.everywhere.load(Ordering::Relaxed));
        let trial = policy.rules.iter().filter_map(|entry| match &entry.rule {
            Rule::SoakTime(soak) => Some(soak.length() + TRIAL),
            _ => None,
        });
        let back = trial.fold(policy.lookback().deployments, Ord::max);
        let since = self.now.instant - back;
        let since = lock(&hub.reach).map_or(since, |reach| reach.min(since));
        let shipped = policy.has(RuleId::BatchSize).then(|| name.clone());
        // One whose runs count is asked for by its own name, whatever pattern names it.
        let by_runs = policy.counting.as_ref().is_some_and(|counting| counting.workflow.is_some()).then_some(&name);
        let key = format!("{environments:?} {back} {shipped:?} {by_runs:?}");
        let asked = github::Asked {
            policy: &self.found.policy,
            environment: name.clone(),
            environments,
            shipped,
            since,
            run: question.run.as_deref(),
        };
        let called = self.repository();
        once(&hub.records, key, || {
            hub.ask_record(called.as_deref(), |door| github::read(door, &asked)).map_err(Missing::from)
        })
    }

    /// How the checks of a commit concluded, where GitHub is asked and a rule wants to know.
    pub(super) fn checks(&self, policy: &EnvironmentPolicy, commit: &CommitId) -> Known<BTreeMap<String, CheckState>> {
        if !policy.has(RuleId::RequiredChecks) || !self.asks_hub(&self.hub) {
            return Err(Missing::new(
                "the state of checks on the commit: GitHub is not asked",
                "let it be asked: `history: {source: github}` in the policy, or `--deploys github`",
            ));
        }
        let called = self.repository();
        once(&self.hub.checks, commit.to_string(), || {
            self.hub.ask(called.as_deref(), |door| github::checks::read(door, commit.as_str())).map_err(Missing::from)
        })
    }

    /// Whether pushes are as GitHub recorded them: the policy wants that, and a rule looks at them.
    pub(super) fn pushes_by_hub(&self, policy: &EnvironmentPolicy) -> bool {
        self.found.policy.history().github_pushes && policy.has(RuleId::PushFrequency)
    }

    /// The pushes as GitHub recorded them, where that is wanted.
    pub(super) fn hub_pushes(&self, policy: &EnvironmentPolicy, pushes: Known<Pushes>) -> Known<Pushes> {
        let wanted = self.pushes_by_hub(policy);
        let (true, Ok(pushes), Some(branch)) = (wanted, &pushes, self.deploying_branch()) else { return pushes };
        let since = self.now.instant - policy.lookback().landings;
        let called = self.repository();
        let read = once(&self.hub.pushes, branch.to_owned(), || {
            self.hub.ask(called.as_deref(), |door| github::pushes::read(door, branch, since))
        })?;
        let mut landings = read.landings;
        landings.retain(|landing| landing.at <= self.now.instant);
        for landing in &mut landings {
            landing.subject = self.repo.subject(&landing.commit).unwrap_or_default();
        }
        Ok(Pushes { landings, complete_since: read.complete_since, requested_landed: pushes.requested_landed })
    }

    /// Who approved exactly this commit, of those whom the policy in force names; nothing where GitHub is not asked.
    pub(super) fn approval(&self, commit: &CommitId) -> Option<Result<Option<String>, Trouble>> {
        if !self.asks_hub(&self.hub) {
            return None;
        }
        let policy = &self.found.policy;
        let named: Vec<OverridePolicy> = policy
            .patterns()
            .into_iter()
            .filter_map(|pattern| policy.environment(pattern.as_str())?.overrides)
            .collect();
        let called = self.repository();
        Some(once(&self.hub.approvals, commit.to_string(), || {
            self.hub.ask(called.as_deref(), |door| github::approval::find(door, commit.as_str(), &named))
        }))
    }
}
