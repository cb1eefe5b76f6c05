//! The gate in front of a rollout job: it judges, takes the slot in the ledger, and says what the rollout job's `if` asks.

use std::time::Duration;

use chrono::TimeDelta;

use super::context::Context;
use super::outputs::Answer;
use super::say::{self, Said};
use super::traps::{self, Traps};
use crate::cli::place::home;
use crate::cli::run::ask::{Failed, judge};
use crate::cli::run::job::is_of;
use crate::cli::run::request::{Answer as Judgement, Judged, Request};
use crate::cli::{Outcome, caller};
use crate::engine::decision::{Decision, Status, Verdict};
use crate::engine::event::{CommitId, Instant};
use crate::engine::lane::{Lane, LaneRequest};
use crate::error::Error;
use crate::gather::Subject;
use crate::ledger::chain::Account;
use crate::ledger::entry::{Event, Kept, Stage};
use crate::ledger::{Change, Ledger};
use crate::sources::git::Repo;

/// How often a job that waits looks whether something happened.
const GLANCE: Duration = Duration::from_secs(1);

/// How long it goes without being judged anew.
const RENEWAL: TimeDelta = TimeDelta::seconds(30);

/// Whether a hold lets the job end green.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// The rollout is another job, which asks for the verdict.
    OfGate,
    /// The rollout is this job: whatever does not approve ends it.
    OfRollout,
}

/// What a job asks for, and where.
pub(super) struct Gate<'a> {
    context: &'a Context<'a>,
    pub ledger: Box<dyn Ledger>,
    pub account: Account,
    request: Request<'a>,
    repo: Repo,
    traps: Traps,
}

impl<'a> Gate<'a> {
    /// Opens the checkout and the ledger, and looks for traps.
    pub(super) fn open(context: &'a Context<'a>) -> Result<Self, Error> {
        let inputs = &context.inputs;
        let hotfix = matches!(inputs.lane, LaneRequest::Asked(Lane::Hotfix));
        if hotfix && inputs.reason.is_none() {
            return Err(Error::usage("a hotfix needs its reason").hint("set the input `reason`"));
        }
        let repo = context.checkout()?;
        let job = context.job()?;
        let question = context.question();
        let subject = Subject::landed(&question)?;
        if hotfix {
            caller::may_by(context.edge, Some(&subject.found.policy), "claim a hotfix")?;
        }
        let policy = subject.environment(question.environment.as_deref())?;
        let traps = traps::of(context, &repo)?;
        let home = home(&inputs.folder, Some(&inputs.ledger), context.edge)?;
        let account = subject.account(home.own, &policy.environment)?;
        let mut ledger = home.open(context.edge.clock).map_err(|trouble| context.unusable(&trouble))?;
        ledger.narrow(home.scope(&account.repository, policy.target.as_deref()));
        let place = (ledger.name(), home.own);
        let mut request = Request::new(question, context.given()?, inputs.reason.clone(), place, context.edge);
        (request.job, request.outlives) = (Some(job), true);
        Ok(Self { context, ledger, account, request, repo, traps })
    }

    /// The commit that is asked for.
    pub(super) fn asked(&self) -> Result<CommitId, Error> {
        let revision = self.context.inputs.commit.as_deref().unwrap_or("HEAD");
        self.repo.resolve(revision).map_err(|error| Error::usage(error.to_string()))
    }

    /// Whether one job alone begins the rollout.
    pub(super) fn begins_once(&self) -> bool {
        self.traps.begins_once
    }

    /// Judges, and waits where it may.
    pub(super) fn ask(&mut self) -> Result<Judged, Error> {
        self.settle_earlier_attempts()?;
        let clock = self.context.edge.clock;
        self.request.deadline = self.context.inputs.wait.map(|wait| clock() + wait);
        loop {
            let judged = match judge(&mut self.request, self.ledger.as_mut()) {
                Ok(judged) => judged,
                Err(Failed::Error(error)) => return Err(error),
                Err(Failed::Trouble(trouble)) => return Err(self.context.unusable(&trouble)),
            };
            let held = matches!(judged.answer, Judgement::Held | Judgement::Behind(_));
            let Some(deadline) = self.request.deadline.filter(|_| held) else { return Ok(judged) };
            let now = clock();
            if now >= deadline || waits_in_vain(&judged.report.decision, now, deadline) {
                // From here on it waits without a process: another job may start it.
                self.request.deadline = None;
                continue;
            }
            self.pause(&judged, now, deadline);
            self.context.fetch(&self.repo)?;
        }
    }

    /// Waits until something may have changed.
    fn pause(&mut self, judged: &Judged, now: Instant, deadline: Instant) {
        let decision = &judged.report.decision;
        let next = match judged.answer {
            Judgement::Behind(_) => Some(now + TimeDelta::seconds(1)),
            // In the ledger's time, whose clock may be another.
            _ => decision.next_approval.map(|next| now + (next - decision.at)),
        };
        let until = [next, Some(deadline)].into_iter().flatten().fold(now + RENEWAL, Ord::min);
        loop {
            let now = (self.context.edge.clock)();
            if now >= until || self.ledger.has_moved() {
                return;
            }
            std::thread::sleep((until - now).to_std().unwrap_or_default().min(GLANCE));
        }
    }

    /// Ends what an earlier attempt of this run left running: GitHub runs a run again only when it is over.
    fn settle_earlier_attempts(&mut self) -> Result<(), Error> {
        let (Some(job), account) = (self.request.job.clone(), self.account.clone()) else { return Ok(()) };
        let lost = |kept: &&Kept| {
            let earlier = job.is_of_run(kept) && kept.run.as_ref() != Some(&job.run);
            kept.stage == Stage::Running && is_of(kept, &account) && earlier
        };
        let end = |kept: &Kept| {
            let (id, stage) = (kept.id.clone(), Stage::Failure);
            (account.clone(), Event::Finished { id, stage, exit: None, by: None, at: None })
        };
        let appended = self.ledger.append(&mut |state| Change {
            events: state.rollouts.values().filter(lost).map(end).collect(),
            ..Change::default()
        });
        appended.map_err(|trouble| self.context.unusable(&trouble))
    }

    /// What the job answers, in outputs, in words and by its exit code.
    pub(super) fn answer(&self, judged: &Judged, strictness: Strictness) -> Result<Outcome, Error> {
        let decision = &judged.report.decision;
        let (verdict, superseded, rollout) = match &judged.answer {
            Judgement::Go(kept) => (Verdict::Approve, false, Some(kept.id.clone())),
            Judgement::Held | Judgement::Behind(_) => (Verdict::Hold, false, None),
            Judgement::Superseded { .. } => (Verdict::Hold, true, None),
            Judgement::Rejected => (Verdict::Reject, false, None),
        };
        let unknown = verdict == Verdict::Hold && !superseded && is_unknown(decision);
        let unguarded = &self.traps.unguarded;
        let code = match (verdict, strictness) {
            (Verdict::Approve, _) => 0,
            _ if !self.context.inputs.enforce => 0,
            (Verdict::Reject, _) => 4,
            (Verdict::Hold, Strictness::OfRollout) if superseded => 5,
            (Verdict::Hold, Strictness::OfRollout) => 3,
            // What is not known, time does not open; and what asks for no verdict would go on.
            (Verdict::Hold, Strictness::OfGate) if unknown || !unguarded.is_empty() => 3,
            (Verdict::Hold, Strictness::OfGate) => 0,
        };
        let mut remarks = self.traps.remarks.clone();
        if let Judgement::Superseded { by, commit } = &judged.answer {
            remarks.insert(0, format!("superseded: {by} ships {commit}, and this with it"));
        }
        if code == 3 && strictness == Strictness::OfGate && !unknown {
            remarks.push(format!(
                "this ends red, though a hold ends green: nothing else stops {}, which has no `if` that asks for `outputs.verdict == 'approve'`",
                unguarded.join(", ")
            ));
        }
        remarks.extend(judged.remarks.iter().cloned());
        let answer = Answer {
            verdict: Some(verdict),
            next_approval: decision.next_approval.filter(|_| !superseded),
            batch_size: judged.batch_size,
            superseded,
            rollout,
            ..Answer::default()
        };
        let said = Said {
            report: &judged.report,
            facts: &judged.facts,
            policy: &judged.policy,
            zone: judged.zone,
            verdict,
            remarks,
        };
        say::all(self.context, &said, answer, code)
    }
}

/// Whether something mandatory is not known, and time alone does not tell it.
fn is_unknown(decision: &Decision) -> bool {
    let unknown = |status: Status| status == Status::Unknown;
    let mut findings = decision.findings.iter().filter(|finding| finding.level.is_mandatory());
    decision.next_approval.is_none() && findings.any(|finding| unknown(finding.status))
}

/// Whether the gate cannot open before a deadline: it opens later, and waits for no rollout that may end sooner.
fn waits_in_vain(decision: &Decision, now: Instant, deadline: Instant) -> bool {
    let binding = |rule: &str| {
        let mut binding =
            decision.findings.iter().filter(|one| one.level.is_mandatory() && one.verdict != Verdict::Approve);
        binding.any(|finding| finding.rule == rule)
    };
    let opens = decision.next_approval.map(|next| now + (next - decision.at));
    opens.is_none_or(|next| next > deadline) && !binding("no-overlap") && !binding("min-interval")
}
