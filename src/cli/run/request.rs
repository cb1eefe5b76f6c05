//! One request, judged under the ledger's lock: an approval is a reservation, taken in the transaction that judged it.

use std::sync::Arc;

use chrono::TimeDelta;

use super::job::{self, Job, REMEMBERED};
use super::others::{expected, lets_pass, took_place};
use crate::cli::Edge;
use crate::cli::offer::offer;
use crate::cli::question::report;
use crate::engine::decision::Verdict;
use crate::engine::event::{CommitId, Instant};
use crate::engine::facts::{Ancestry, Facts};
use crate::engine::lane::Lane;
use crate::engine::policy::{EnvironmentPolicy, HistorySource};
use crate::error::Error;
use crate::gather::{Held, LedgerSource, Question, Subject};
use crate::ledger::chain::{Account, digest_of};
use crate::ledger::entry::{Decided, Ending, Event, Glass, Kept, Stage};
use crate::ledger::owner::Owner;
use crate::ledger::{Change, DECISION_ID, LEDGER_ID, RESERVED_FOR, State, Waiting};
use crate::render::{Format, Style, render};
use crate::report::Report;
use crate::sources::deployments::Records;
use crate::sources::git::{Clock, Now, Repo};

/// How often whoever waits asks GitHub anew.
const GLANCES: TimeDelta = TimeDelta::seconds(30);

/// What came of a judgement.
pub(in crate::cli) enum Answer {
    /// The slot is reserved.
    Go(Box<Kept>),
    Held,
    /// It could go, and lets a newer request pass that contains it.
    Behind(String),
    Rejected,
    /// One that contains its commit took its place: which, and its commit.
    Superseded {
        by: String,
        commit: String,
    },
}

/// A judgement with its report.
pub(in crate::cli) struct Judged {
    pub answer: Answer,
    pub report: Report,
    pub account: Account,
    /// What changed since the one before.
    pub remarks: Vec<String>,
    pub zone: Option<chrono_tz::Tz>,
    /// What it was judged by.
    pub policy: EnvironmentPolicy,
    pub facts: Facts,
    /// How many commits it ships, where a job asks and that is known.
    pub batch_size: Option<usize>,
}

/// Who asks for what; and, while it waits, what was seen last.
pub(in crate::cli) struct Request<'a> {
    pub question: Question,
    pub given: Option<Records>,
    pub reason: Option<String>,
    /// Whether it goes whatever the verdict is.
    pub glass: bool,
    /// Whether what goes starts at once, and outlives the process that asks.
    pub outlives: bool,
    /// Whether the ledger is of this repository alone.
    pub own: bool,
    pub ledger: String,
    pub edge: &'a Edge,
    /// Until when it waits; it does not where nothing is said.
    pub deadline: Option<Instant>,
    pub memory: Memory,
    /// The job that asks, where the rollout is another job's.
    pub job: Option<Job>,
    /// What of the working tree is in no commit.
    dirty: Option<String>,
    /// When GitHub was read last; nothing before the first time.
    read_at: Option<Instant>,
}

/// What was said and seen at the last judgement that counted.
#[derive(Clone, Default)]
pub(in crate::cli) struct Memory {
    pub waiting: Option<Waiting>,
    id: Option<String>,
    pinned: Option<(CommitId, Option<String>)>,
    decided: Option<Verdict>,
    /// The lane that it was in at first.
    lane: Option<Lane>,
}

impl<'a> Request<'a> {
    pub(in crate::cli) fn new(
        question: Question,
        given: Option<Records>,
        reason: Option<String>,
        (ledger, own): (String, bool),
        edge: &'a Edge,
    ) -> Self {
        let memory = Memory::default();
        Self {
            question,
            given,
            reason,
            glass: false,
            outlives: false,
            own,
            ledger,
            edge,
            deadline: None,
            memory,
            job: None,
            dirty: None,
            read_at: None,
        }
    }

    /// Looks at the working tree, which may take long, before anybody has to wait for the ledger.
    pub(in crate::cli) fn look(&mut self) -> Result<(), Error> {
        // What another job deploys, it checks out itself.
        if self.job.is_none() {
            let repo = Repo::open(&self.question.repo).map_err(|error| Error::usage(error.to_string()))?;
            self.dirty = repo.uncommitted().map_err(|error| Error::failure(error.to_string()))?;
        }
        self.read_ahead()
    }

    /// Asks GitHub, where it is a source, so that nobody holds the ledger's lock while it thinks; whoever waits asks anew
    /// from time to time.
    fn read_ahead(&mut self) -> Result<(), Error> {
        let now = (self.edge.clock)();
        if self.read_at.is_some_and(|read| now - read < GLANCES) {
            return Ok(());
        }
        self.read_at = Some(now);
        let question = Question { ledger: LedgerSource::Unread, ..self.question.clone() };
        let subject = self.subject(&question)?;
        let policy = &subject.found.policy;
        if !subject.asks_hub(&question.hub) && !policy.history().github_pushes && policy.chat().is_none() {
            return Ok(());
        }
        question.hub.forget();
        let policy = subject.environment(question.environment.as_deref())?;
        let commit = subject.commit(question.commit.as_deref())?;
        let records = subject.records(self.given.clone(), &question, &policy.environment)?;
        // What is missing is said when it is judged.
        subject.gather(policy, commit, question.lane, records).map(drop)
    }

    /// The repository, and the policy that counts for who asks.
    fn subject(&self, question: &Question) -> Result<Subject, Error> {
        match self.job {
            Some(_) => Subject::landed(question),
            None => Subject::open(question),
        }
    }

    /// Judges as the ledger stands; what it answers is appended in the same transaction.
    pub(in crate::cli) fn judge(&mut self, state: &State) -> Result<(Judged, Change), Error> {
        let mut state = state.clone();
        let mut change = Change::default();
        let dead: Vec<(Account, String)> = state.orphans().map(|kept| (account_of(kept), kept.id.clone())).collect();
        for (account, id) in dead {
            if let Some(kept) = Arc::make_mut(&mut state.rollouts).get_mut(&id) {
                kept.stage = Stage::GivenBack;
            }
            let because = "its process died before it started".to_owned();
            change.events.push((account, Event::GivenBack { id, because }));
        }
        let now = state.now;
        change.leave.extend(state.waiting.iter().filter(|other| !other.is_live(now)).map(|other| other.id.clone()));
        let held = Held { state, name: self.ledger.clone(), own: self.own, ci: self.edge.surroundings.ci };
        let held = Arc::new(held);
        let mut question = Question {
            ledger: LedgerSource::Held(Arc::clone(&held)),
            now: Now { instant: now, clock: Clock::Machine },
            ..self.question.clone()
        };
        let subject = self.subject(&question)?;
        let policy = subject.environment(question.environment.as_deref())?;
        let account = subject.account(self.own, &policy.environment)?;
        let mut remarks: Vec<String> = change.events.iter().filter_map(|(_, event)| given_back(event)).collect();
        let (commit, dirty) = self.pin(&subject, &mut remarks)?;
        let joined = self.job.as_ref().and_then(|job| job.joined(&held.state, &account, &commit));
        question.run = joined.as_ref().and_then(|kept| kept.run.clone()).or(question.run);
        let (target, digest) = (policy.target.as_deref().map(str::to_owned), digest_of(&policy));
        let records = subject.records(self.given.clone(), &question, &policy.environment)?;
        let gathered = subject.gather(policy, commit.clone(), question.lane, records)?;
        let policy = gathered.policy.clone();
        let (mut report, facts) = report(&subject, gathered);
        report.offer = offer(&report, &subject, &policy, &self.question, self.edge);

        let decision = &report.decision;
        let request = self.memory.id.get_or_insert_with(|| held.state.fresh_id("q-")).clone();
        let id = held.state.fresh_id(DECISION_ID);
        let decided = |report: &Report| {
            let style = Style::plain();
            Event::Decided(Box::new(Decided {
                id: id.clone(),
                request: request.clone(),
                commit: commit.to_string(),
                lane: decision.lane,
                verdict: decision.verdict,
                policy: report.policy.clone(),
                policy_digest: digest,
                facts_digest: digest_of(&facts),
                report: serde_json::from_str(&render(report, Format::Json, &style)).unwrap_or_default(),
            }))
        };
        // What began as a redeploy is no rollback because something newer went first.
        let normal = *self.memory.lane.get_or_insert(decision.lane) == Lane::Normal;
        let supersedes = subject.found.policy.history().source != HistorySource::Tags && normal;
        let stands = |other: &str| subject.repo.ancestry(&commit, &CommitId::new(other));
        let contains = |other: &str| matches!(stands(other), Ok(Ancestry::Same | Ancestry::Older));
        let place = || Kept {
            target,
            commit: Some(commit.to_string()),
            lane: decision.lane,
            reason: self.reason.clone(),
            actor: self.edge.surroundings.user.clone(),
            decision: Some(id.clone()),
            dirty,
            run: self.job.as_ref().map(|job| job.run.clone()),
            url: self.job.as_ref().and_then(|job| job.url.clone()),
            owner: if self.outlives { None } else { Owner::this() },
            reserved_at: Some(now),
            expires_at: Some(now + RESERVED_FOR),
            ..Kept::new(held.state.fresh_id(LEDGER_ID), &account, Stage::Reserved)
        };
        let is_older = |other: &str| supersedes && stands(other) == Ok(Ancestry::Older);
        let instead = self.job.as_ref().and_then(|_| {
            let waiting = self.memory.waiting.as_ref();
            let replaced = || job::replaced(&held.state, waiting?);
            job::overtaken(&held.state, &account, &is_older).or_else(replaced)
        });
        let answer = if let Some(kept) = joined {
            Answer::Go(Box::new(kept))
        } else if self.glass {
            let glass = Glass { verdict: Some(decision.verdict), ..Glass::default() };
            let started_at = Some(now);
            let (reserved_at, expires_at) = (None, None);
            let kept =
                Kept { stage: Stage::Running, started_at, reserved_at, expires_at, glass: Some(glass), ..place() };
            change.events.push((account.clone(), decided(&report)));
            change.events.push((account.clone(), Event::Recorded { rollout: Box::new(kept.clone()) }));
            Answer::Go(Box::new(kept))
        } else if let Some(kept) = self.memory.waiting.as_ref().filter(|_| supersedes).and_then(|waiting| {
            let all = held.state.rollouts.values();
            all.filter(|kept| account_of(kept) == account).find(|kept| took_place(kept, waiting, &contains))
        }) {
            let because = format!("{} of {} took its place", kept.id, kept.what());
            let ending = Ending::Superseded;
            change.events.push((account.clone(), Event::Ended { request: request.clone(), ending, because }));
            change.leave.push(request);
            Answer::Superseded { by: kept.id.clone(), commit: kept.what() }
        } else if let Some((by, shipped)) = instead {
            let because = format!("{by} of {shipped} goes instead");
            let ending = Ending::Superseded;
            change.events.push((account.clone(), Event::Ended { request: request.clone(), ending, because }));
            change.leave.push(request);
            Answer::Superseded { by, commit: shipped }
        } else {
            match decision.verdict {
                Verdict::Approve => {
                    let newer = self.memory.waiting.as_ref().filter(|_| supersedes).and_then(|own| {
                        let passes = |other: &&Waiting| lets_pass(own, other, now) && contains(&other.commit);
                        held.state.waiting.iter().find(passes)
                    });
                    if let Some(newer) = newer {
                        Answer::Behind(newer.commit.clone())
                    } else {
                        let kept = place();
                        change.events.push((account.clone(), decided(&report)));
                        let rollout = Box::new(kept.clone());
                        change.events.push((account.clone(), Event::Reserved { rollout }));
                        if self.outlives {
                            change.events.push((account.clone(), Event::Started { id: kept.id.clone() }));
                        }
                        change.leave.extend(self.memory.waiting.is_some().then_some(request));
                        Answer::Go(Box::new(kept))
                    }
                }
                Verdict::Hold => {
                    if self.memory.decided != Some(Verdict::Hold) {
                        change.events.push((account.clone(), decided(&report)));
                    }
                    let ships = |other: &str| {
                        let ancestry = || subject.repo.ancestry(&CommitId::new(other), &commit);
                        other == commit.as_str() || (supersedes && ancestry() == Ok(Ancestry::Older))
                    };
                    let needless = self.job.iter().flat_map(|_| job::needless(&held.state, &account, &request, &ships));
                    for older in needless {
                        let because = format!("{request} of {} ships it, too", commit.short());
                        let (request, ending) = (older.id.clone(), Ending::Superseded);
                        change.events.push((account.clone(), Event::Ended { request, ending, because }));
                        change.leave.push(older.id.clone());
                    }
                    change.wait = self.wait(&request, &account, &commit, now, decision.next_approval);
                    Answer::Held
                }
                Verdict::Reject => {
                    change.events.push((account.clone(), decided(&report)));
                    change.leave.extend(self.memory.waiting.is_some().then_some(request));
                    Answer::Rejected
                }
            }
        };
        self.memory.decided = Some(decision.verdict);
        let zone = subject.found.policy.timezone();
        let batch_size = self.job.as_ref().and_then(|_| subject.batch_size(&commit, &facts));
        Ok((Judged { answer, report, account, remarks, zone, policy, facts, batch_size }, change))
    }

    /// The commit and the state of the working tree, and what changed of them while it waited.
    fn pin(&mut self, subject: &Subject, remarks: &mut Vec<String>) -> Result<(CommitId, Option<String>), Error> {
        let commit = match (&self.question.commit, &self.memory.pinned) {
            // A name that is given means what it named first.
            (Some(_), Some((commit, _))) => commit.clone(),
            (named, _) => subject.commit(named.as_deref())?,
        };
        let dirty = self.dirty.clone();
        match &self.memory.pinned {
            Some((before, _)) if *before != commit => remarks.push(format!(
                "HEAD moved from {} to {} while this waited: judged anew",
                before.short(),
                commit.short()
            )),
            Some((_, before)) if *before != dirty => {
                remarks.push("the working tree changed while this waited: judged anew".to_owned());
            }
            _ => {}
        }
        if let Some(dirty) = dirty
            .as_ref()
            .filter(|dirty| self.memory.pinned.as_ref().is_none_or(|(_, before)| before.as_ref() != Some(*dirty)))
        {
            remarks.push(format!("the working tree is not what {} holds: {dirty}", commit.short()));
        }
        self.memory.pinned = Some((commit.clone(), dirty.clone()));
        Ok((commit, dirty))
    }

    /// The place among those that wait, where it is new or changed.
    fn wait(
        &mut self,
        id: &str,
        account: &Account,
        commit: &CommitId,
        now: Instant,
        next: Option<Instant>,
    ) -> Option<Waiting> {
        let known = self.memory.waiting.as_ref().and_then(|waiting| waiting.next);
        let since = self.memory.waiting.as_ref().map_or(now, |waiting| waiting.since);
        let kept = self.job.as_ref().map(|_| since + REMEMBERED);
        let waiting = Waiting {
            id: id.to_owned(),
            repository: account.repository.clone(),
            environment: account.environment.clone(),
            commit: commit.to_string(),
            since,
            until: self.deadline.or(kept)?,
            next: expected(known, next, now),
            owner: self.deadline.and_then(|_| Owner::this()),
            run: self.job.as_ref().map(|job| job.run.clone()),
        };
        let changed = self.memory.waiting.as_ref() != Some(&waiting);
        self.memory.waiting = Some(waiting.clone());
        changed.then_some(waiting)
    }
}

fn account_of(kept: &Kept) -> Account {
    Account { repository: kept.repository.clone(), environment: kept.environment.clone() }
}

fn given_back(event: &Event) -> Option<String> {
    match event {
        Event::GivenBack { id, because } => Some(format!("the reservation {id} is given back: {because}")),
        _ => None,
    }
}
