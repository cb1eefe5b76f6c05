//! `report`: the rhythm of deploys, for people who would rather look than read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{SubsecRound, TimeDelta};
use chrono_tz::Tz;
use clap::Args;

use super::judged::judged;
use super::progress::Progress;
use super::question::QuestionArgs;
use super::span::{Moment, Since, moment, since};
use super::{Edge, Outcome};
use crate::engine::account::rollout_facts;
use crate::engine::calendar::utc;
use crate::engine::duration;
use crate::engine::event::{CommitId, Instant, is_fix_like};
use crate::engine::facts::{DeployRequest, Facts, Known, Pushes};
use crate::engine::history::Rollouts;
use crate::engine::lane::LaneRequest;
use crate::engine::metrics::BURST_GAP;
use crate::engine::policy::EnvironmentPolicy;
use crate::engine::rhythm::{self, Past, Rhythm, Trunk};
use crate::error::Error;
use crate::gather::Subject;
use crate::render::clean;
use crate::render::report::{Shape, Story, render};
use crate::sources::files;
use crate::sources::git::Clock;

/// A picture of what happened: pushes and rollouts, bursts, overlaps, batches, DORA's measures, the worst afternoons
#[derive(Debug, Args)]
pub struct Report {
    #[command(flatten)]
    question: QuestionArgs,

    /// Where it begins: a length of time before its end, a date, an instant, or `all`
    #[arg(long, value_name = "SPAN", default_value = "90d", value_parser = since)]
    since: Since,

    /// Where it ends, a date or an instant: nothing later is seen [default: now, or `--at`]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Moment>,

    /// The longest pause inside a burst [default: 30m]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    gap: Option<TimeDelta>,

    /// The shape [default: what the name of `--output` says, else terminal]
    #[arg(long, value_enum)]
    format: Option<Shape>,

    /// Write it to a file that does not exist yet
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Write over the file
    #[arg(long, requires = "output")]
    force: bool,
}

impl Report {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let shape = self.shape()?;
        if let Some(path) = self.output.as_deref().filter(|path| !self.force && path.symlink_metadata().is_ok()) {
            return Err(Error::usage(format!("{} exists already, and is left as it is", path.display()))
                .hint("`--force` writes over it"));
        }
        let folder = self.output.as_deref().and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(Error::usage(format!("there is no folder {}", folder.display()))
                .hint("make it, or write the report elsewhere"));
        }
        let story = self.story(edge)?;
        let text = render(&story, shape, edge.width);
        let Some(path) = &self.output else { return Ok(Outcome::done(text)) };
        match (self.force, path.file_name()) {
            (true, Some(name)) => {
                files::replace(folder.unwrap_or(Path::new(".")), &name.to_string_lossy(), &text)?;
            }
            _ => files::create(path, &text)?,
        }
        Ok(Outcome::done(format!("wrote {} ({} bytes)\n", clean(&path.display().to_string()), text.len())))
    }

    fn shape(&self) -> Result<Shape, Error> {
        let Some(path) = &self.output else { return Ok(self.format.unwrap_or(Shape::Terminal)) };
        let named = path.file_name().and_then(|name| Shape::of_name(&name.to_string_lossy()));
        if let (Some(asked), Some(named)) = (self.format, named)
            && asked != named
        {
            return Err(Error::usage(format!("`--format` and the name {} say different shapes", path.display()))
                .hint("leave `--format` out, or end the name as the shape asks: .html, .svg, .md, .json or .txt"));
        }
        self.format.or(named).ok_or_else(|| {
            Error::usage(format!("the name {} does not say which shape to write", path.display()))
                .hint("end it in .html, .svg, .md, .json or .txt, or add `--format`")
        })
    }

    fn story(&self, edge: &Edge) -> Result<Story, Error> {
        let progress = Progress::new();
        progress.stage("reading deployments", None);
        let mut question = self.question.question(edge);
        let mut subject = Subject::open(&question)?;
        let zone = subject.found.policy.timezone().unwrap_or(Tz::UTC);
        let mut notes = subject.found.notes.clone();
        // Whole seconds, as records and commits have them.
        question.now.instant = question.now.instant.trunc_subsecs(0);
        if let Some(until) = self.until {
            let until = until.end(zone)?;
            if until > question.now.instant {
                notes.push(format!("{} lies ahead: the span ends at {}", utc(until), utc(question.now.instant)));
            }
            question.now.instant = question.now.instant.min(until);
            question.now.clock = Clock::Asked;
        }
        subject.now = question.now;
        let now = subject.now.instant;
        let policy = subject.environment(question.environment.as_deref())?;
        let (policy, _) = subject.adopt(policy, &mut notes);
        let records = subject.records(self.question.given()?, &question, &policy.environment)?;
        let mut sources = records.as_ref().map(|records| records.sources.clone()).unwrap_or_default();
        notes.extend(records.iter().flat_map(|records| records.notes.clone()));
        let complete_since = records.as_ref().ok().and_then(|records| records.complete_since);
        let listed = records.map(|records| records.deployments);
        let accounts = rollout_facts(&subject.found.policy, &policy, listed, complete_since, now, subject.future());

        let branch = subject.repo.default_branch();
        let trunk = branch.as_ref().map_err(Clone::clone).and_then(|branch| {
            progress.stage(&format!("reading the history of {}", clean(&branch.name)), None);
            subject.whole_trunk(&mut notes)
        });
        if let (Ok(branch), Ok(_)) = (&branch, &trunk) {
            sources.push(format!("landings on {}", branch.name));
        }
        if let (Since::All, Some(cut)) = (self.since, trunk.as_ref().ok().and_then(|trunk| trunk.complete_since)) {
            notes.push(format!(
                "pushes before {} are not here: the clone is shallow; run `git fetch --unshallow`",
                utc(cut)
            ));
        }
        let from = self.from(zone, now, &accounts.rollouts, &trunk)?;
        notes.extend(subject.repo.wants_graph().map(|reason| {
            format!(
                "{reason}: `git commit-graph write --reachable` makes one, and the report comes in a tenth of the time"
            )
        }));
        let is_fix = |commit: &CommitId| subject.repo.subject(commit).is_some_and(|text| is_fix_like(&text));
        let mut past = Past {
            environment: policy.environment.clone(),
            zone,
            from,
            to: now,
            gap: self.gap.unwrap_or(BURST_GAP),
            rollouts: accounts.rollouts,
            trunk,
            is_fix: &is_fix,
        };
        if !policy.paths.is_empty() {
            let first = past.first_landing(policy.lookback().landings);
            past.trunk = past.trunk.and_then(|trunk| keep_touching(&subject, &policy, trunk, first, &progress));
        }
        progress.stage("measuring", None);
        let budgets = budgets(&policy, &past.rollouts, &past.trunk, zone, (from, now));
        let rhythm = rhythm::measure(&past);
        let judged = judged(&subject, &policy, &past, &rhythm, &progress).unwrap_or_else(|missing| {
            notes.push(format!("the policy was not replayed: {missing}"));
            None
        });
        // The process ends soon: to take a million records apart takes longer than to count them.
        std::mem::forget(past);
        Ok(Story {
            subjects: subjects(&subject, &rhythm),
            name: name(&subject),
            budgets,
            policy: subject.found.description.clone(),
            sources,
            notes,
            judged,
            rhythm,
        })
    }

    /// Where the span begins.
    fn from(
        &self,
        zone: Tz,
        now: Instant,
        rollouts: &Known<Arc<Rollouts>>,
        trunk: &Known<Trunk>,
    ) -> Result<Instant, Error> {
        let first = || {
            let rollout = rollouts.as_ref().ok().and_then(|rollouts| rollouts.all().first()).map(|one| one.start);
            let landing = trunk.as_ref().ok().and_then(|trunk| trunk.landings.first()).map(|one| one.at);
            rollout.into_iter().chain(landing).min().unwrap_or(now - TimeDelta::days(90))
        };
        let from = self.since.start(now, zone)?.unwrap_or_else(first);
        if from >= now && !matches!(self.since, Since::All) {
            return Err(Error::usage(format!("the span begins at {}, not before it ends at {}", utc(from), utc(now)))
                .hint("give an earlier `--since`, or a later `--until`"));
        }
        Ok(from)
    }
}

/// Takes the landings that touch no path of the environment for no pushes to it, from the first that is looked at on.
fn keep_touching(
    subject: &Subject,
    policy: &EnvironmentPolicy,
    mut trunk: Trunk,
    first: usize,
    progress: &Progress,
) -> Known<Trunk> {
    let (landings, commits) = (&trunk.landings[first..], &mut trunk.commits[first..]);
    progress.stage("pushes looked at", Some(landings.len()));
    let touching = subject.touching(landings, &policy.paths, |_| progress.step())?;
    for (commits, _) in commits.iter_mut().zip(touching).filter(|(_, touches)| !touches) {
        *commits = 0;
    }
    Ok(trunk)
}

fn budgets(
    policy: &EnvironmentPolicy,
    rollouts: &Known<Arc<Rollouts>>,
    trunk: &Known<Trunk>,
    zone: Tz,
    (from, to): (Instant, Instant),
) -> Vec<rhythm::BudgetUse> {
    let pushes = trunk.as_ref().map_err(Clone::clone).map(|trunk| Pushes {
        landings: trunk
            .landings
            .iter()
            .zip(&trunk.commits)
            .filter(|(_, commits)| **commits > 0)
            .map(|(one, _)| one.clone())
            .collect(),
        complete_since: trunk.complete_since,
        requested_landed: true,
    });
    let request =
        DeployRequest { environment: policy.environment.clone(), commit: CommitId::new(""), lane: LaneRequest::Found };
    let facts = Facts { rollouts: rollouts.clone(), pushes, ..Facts::unread(request) };
    rhythm::uses(policy, &facts, zone, from, to)
}

/// The subjects of the commits that afternoons name.
fn subjects(subject: &Subject, rhythm: &Rhythm) -> BTreeMap<CommitId, String> {
    let named = rhythm.afternoons.iter().flat_map(|one| {
        let rollouts = one.rollouts.iter().filter_map(|(rollout, _)| rollout.commit.as_ref());
        rollouts.chain(one.pushes.iter().map(|landing| &landing.commit))
    });
    let named: BTreeSet<&CommitId> = named.collect();
    named.into_iter().filter_map(|commit| Some((commit.clone(), subject.repo.subject(commit)?))).collect()
}

/// What the repository is called: by the policy, else as its folder is.
fn name(subject: &Subject) -> String {
    if let Some(named) = subject.found.policy.repository() {
        return named.to_owned();
    }
    let top = subject.repo.workdir().unwrap_or_else(|| subject.repo.git_dir());
    let name = top.file_name().map_or_else(|| "this repository".into(), |name| name.to_string_lossy());
    name.strip_suffix(".git").filter(|name| !name.is_empty()).unwrap_or(&name).to_owned()
}
