//! Deployments as rollouts: pages are followed until the rules' lookback is covered, and what falls short is not known.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use super::life::{Life, state};
use super::{attempts, runs};
use crate::engine::calendar::utc;
use crate::engine::event::{CommitId, Deployment, DeploymentState, Environment, Instant, Precision, parse_instant};
use crate::engine::policy::{Counting, Policy};
use crate::github::{self, DeploymentStatus, GitHub, Trouble};
use crate::render::clean;
use crate::sources::dated;
use crate::sources::deployments::Records;

/// How much longer than the rules look back deployments are followed: one that waited that long before it began is seen.
pub(super) const WAITED: TimeDelta = TimeDelta::days(1);

/// How many pages are followed, at most.
const MOST: usize = 30;

/// How many requests are made for what does not come with a page.
const MORE: usize = 300;

/// What is asked of GitHub's record.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    pub policy: &'a Policy,
    /// The one that is judged.
    pub environment: Environment,
    /// The environments that are looked at; all where nothing is said.
    pub environments: Option<BTreeSet<Environment>>,
    /// The one whose last success is looked for, where a rule asks what that shipped.
    pub shipped: Option<Environment>,
    /// How far back the rules look.
    pub since: Instant,
    /// The run that asks, where it asks from inside a deployment.
    pub run: Option<&'a str>,
}

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) deployments: Vec<Deployment>,
    pub(super) left_out: BTreeMap<&'static str, usize>,
    /// Deployments without any status.
    silent: usize,
    pub(super) complete_since: Option<Instant>,
    pub(super) sources: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// Reads what counts as rollouts: of each environment its deployments, or the runs of the workflow that its policy names.
///
/// # Errors
///
/// Fails where there is no record at all, or one that cannot be read.
pub fn read(hub: &GitHub, asked: &Asked<'_>) -> Result<Records, Trouble> {
    let mut seen = Seen::default();
    let counting = |name: &Environment| asked.policy.environment(name).and_then(|policy| policy.counting);
    let workflow = |name: &Environment| counting(name).and_then(|counting| counting.workflow);
    let exact = || asked.policy.exact_names().into_iter().map(Environment::from);
    let every = || exact().chain([asked.environment.clone()]).collect();
    let named: BTreeSet<Environment> = asked.environments.clone().unwrap_or_else(every);
    let by_runs: BTreeMap<Environment, String> =
        named.iter().filter_map(|name| Some((name.clone(), workflow(name)?))).collect();
    let deployed: Option<Vec<String>> = asked
        .environments
        .as_ref()
        .map(|names| names.iter().filter(|name| !by_runs.contains_key(*name)).map(ToString::to_string).collect());
    if deployed.as_ref().is_none_or(|names| !names.is_empty()) {
        let counts = |name: &str| {
            let name = Environment::from(name);
            (!by_runs.contains_key(&name)).then(|| counting(&name).unwrap_or_default())
        };
        deployments(hub, asked, deployed.as_deref(), &counts, &mut seen)?;
    }
    for (environment, workflow) in &by_runs {
        let counting = counting(environment).unwrap_or_default();
        runs::read(hub, asked, environment, workflow, &counting, &mut seen)?;
    }
    Ok(records(seen))
}

/// The records, with what is to be said of them.
fn records(seen: Seen) -> Records {
    let mut notes = seen.notes;
    if !seen.left_out.is_empty() {
        let each: Vec<String> = seen.left_out.iter().map(|(why, count)| format!("{count} {why}")).collect();
        notes.push(format!("of what GitHub records, these do not count: {}", each.join(", ")));
    }
    if seen.silent > 0 {
        notes.push(format!(
            "deployments without any status, which GitHub calls pending, count as not started: {}; let the deployer tell `in_progress`, or name its workflow under `deployments`",
            seen.silent
        ));
    }
    if let Some(since) = seen.complete_since {
        notes.push(format!(
            "GitHub was read back to {}: what was created before, and waited until after, is not seen",
            utc(since)
        ));
    }
    Records {
        deployments: seen.deployments,
        complete_since: seen.complete_since,
        sources: seen.sources,
        notes,
        ..Records::default()
    }
}

impl Seen {
    pub(super) fn leave_out(&mut self, because: &'static str) {
        *self.left_out.entry(because).or_default() += 1;
    }

    /// What several lists know together, they know since the latest of their beginnings.
    pub(super) fn cut(&mut self, since: Option<Instant>) {
        self.complete_since = self.complete_since.max(since);
    }
}

type Counts<'a> = &'a dyn Fn(&str) -> Option<Counting>;

/// Reads deployments: by GraphQL, else by REST.
fn deployments(
    hub: &GitHub,
    asked: &Asked<'_>,
    names: Option<&[String]>,
    counts: Counts<'_>,
    seen: &mut Seen,
) -> Result<(), Trouble> {
    let repository = hub.repository();
    let (how, whole) = match hub.deployments_page(names, None) {
        Ok(first) => ("", paged(hub, asked, names, counts, first, seen)?),
        // What GraphQL does not give, REST may.
        Err(
            Trouble::NoToken { .. } | Trouble::Forbidden { .. } | Trouble::NotThere { .. } | Trouble::Refused { .. },
        ) => (" (by REST)", listed(hub, asked, names, counts, seen)?),
        Err(trouble) => return Err(trouble),
    };
    seen.cut(whole);
    seen.sources.push(format!("GitHub deployments of {repository}{how}"));
    attempts::name(&mut seen.deployments, asked.run);
    Ok(())
}

/// Follows pages; answers since when they are complete.
fn paged(
    hub: &GitHub,
    asked: &Asked<'_>,
    names: Option<&[String]>,
    counts: Counts<'_>,
    first: github::DeploymentPage,
    seen: &mut Seen,
) -> Result<Option<Instant>, Trouble> {
    let (mut page, mut ids, mut more, mut oldest) = (first, BTreeSet::new(), 0, Instant::MAX_UTC);
    for number in 1.. {
        for mut one in page.deployments {
            oldest = oldest.min(instant(&one.created_at, "the creation of a deployment")?);
            if !ids.insert(one.node_id.clone()) {
                continue;
            }
            let Some(counting) = counts(&one.environment) else { continue };
            if let (None, Some(id)) = (&one.statuses, one.id) {
                more += 1;
                one.statuses = if more <= MORE { Some(hub.deployment_statuses(id)?) } else { None };
            }
            take(one, &counting, seen)?;
        }
        let Some(next) = page.next else { return Ok(None) };
        let is_enough = match oldest <= asked.since && has_shipped(asked, seen) {
            true => number > 1 || oldest <= asked.since - WAITED,
            false => false,
        };
        if is_enough || number >= MOST {
            break;
        }
        match hub.deployments_page(names, Some(&next)) {
            Ok(read) => page = read,
            Err(trouble) => {
                seen.notes.push(format!("GitHub did not give all of its pages: {trouble}"));
                break;
            }
        }
    }
    Ok(Some(oldest))
}

/// Reads lists, one an environment, and the statuses of each deployment that the rules may look at.
fn listed(
    hub: &GitHub,
    asked: &Asked<'_>,
    names: Option<&[String]>,
    counts: Counts<'_>,
    seen: &mut Seen,
) -> Result<Option<Instant>, Trouble> {
    let wanted: Vec<Option<&str>> = match names {
        Some(names) => names.iter().map(|name| Some(name.as_str())).collect(),
        None => vec![None],
    };
    let edge = asked.since - WAITED;
    let is_older = |one: &github::Deployment| parse_instant(&one.created_at).is_some_and(|at| at <= edge);
    let (mut whole, mut more) = (None, 0);
    for name in wanted {
        let paged = hub.deployments(name, |all| all.last().is_some_and(is_older))?;
        let (mut oldest, mut aged, mut stopped) = (Instant::MAX_UTC, false, false);
        seen.notes.extend(paged.cut.map(|trouble| format!("GitHub did not give all of its pages: {trouble}")));
        for mut one in paged.items {
            let created = instant(&one.created_at, "the creation of a deployment")?;
            if created < edge {
                aged = true;
                // Of what is older, one success is looked for.
                if asked.shipped.as_deref() != Some(&*one.environment) || has_shipped(asked, seen) {
                    continue;
                }
            }
            if more >= MORE {
                stopped = true;
                break;
            }
            oldest = oldest.min(created);
            let Some(counting) = counts(&one.environment) else { continue };
            let Some(id) = one.id else { return Err(unread("a deployment has no id")) };
            more += 1;
            one.statuses = Some(hub.deployment_statuses(id)?);
            take(one, &counting, seen)?;
        }
        if stopped && oldest == Instant::MAX_UTC {
            return Err(Trouble::TooLarge { what: "deployments, one by one".to_owned() });
        }
        let since = match (stopped, aged, paged.whole) {
            (true, _, _) | (false, false, false) => Some(oldest),
            // Of those that are older, some were passed by.
            (false, true, _) => Some(edge),
            (false, false, true) => None,
        };
        whole = whole.max(since);
    }
    Ok(whole)
}

/// Whether the last success that is looked for was seen.
fn has_shipped(asked: &Asked<'_>, seen: &Seen) -> bool {
    let Some(wanted) = &asked.shipped else { return true };
    let is_success = |one: &Deployment| matches!(one.state, DeploymentState::Success | DeploymentState::Inactive);
    seen.deployments.iter().any(|one| one.environment == *wanted && is_success(one))
}

/// Takes one deployment in, if it counts.
fn take(one: github::Deployment, counting: &Counting, seen: &mut Seen) -> Result<(), Trouble> {
    let creator = one.creator.as_ref().map(|creator| creator.login.as_str());
    if let Some(why) = counting.leaves_out(one.task.as_deref(), creator, one.description.as_deref()) {
        seen.leave_out(why);
        return Ok(());
    }
    let name = one.id.map(|id| id.to_string()).or(one.node_id).ok_or_else(|| unread("a deployment has no id"))?;
    let statuses = one.statuses.ok_or_else(|| unread(&format!("the statuses of deployment {name} are too many")))?;
    seen.silent += usize::from(statuses.is_empty());
    let link = statuses.iter().filter_map(|status| status.log_url.as_deref()).find(|link| !link.is_empty());
    let run = statuses.iter().find_map(|status| attempts::run_in(status.log_url.as_deref()?));
    let life = Life::of(instant(&one.created_at, "the creation of a deployment")?, told(&statuses)?);
    let text = |text: &str| clean(text).into_owned().into();
    seen.deployments.push(Deployment {
        id: name.into(),
        environment: text(&one.environment),
        commit: Some(CommitId::new(&clean(&one.sha))),
        revision: None,
        state: life.state,
        started_at: life.start,
        finished_at: life.finish,
        run: run.map(Into::into),
        actor: creator.map(text),
        url: link.map(text),
        precision: Precision::Recorded,
    });
    Ok(())
}

fn told(statuses: &[DeploymentStatus]) -> Result<Vec<(Instant, DeploymentState)>, Trouble> {
    let one = |status: &DeploymentStatus| {
        Ok((instant(&status.created_at, "a status")?, state(&clean(&status.state)).map_err(|why| unread(&why))?))
    };
    statuses.iter().map(one).collect()
}

pub(super) fn instant(text: &str, what: &str) -> Result<Instant, Trouble> {
    let read = parse_instant(text).ok_or_else(|| format!("{what} has no time that can be read"));
    read.and_then(|at| dated(at, what)).map_err(|why| unread(&why))
}

pub(super) fn unread(why: &str) -> Trouble {
    Trouble::NotUnderstood { what: "deployments".to_owned(), why: why.to_owned() }
}
