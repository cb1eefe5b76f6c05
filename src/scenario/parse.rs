//! Reads a scenario; all that is wrong with it at once.

use std::collections::{BTreeMap, BTreeSet};

use super::ask::{Ask, ask};
use crate::engine::event::{CommitId, Deployment, DeploymentState, Instant, Landing, Precision, parse_instant};
use crate::engine::facts::{BatchLanding, CheckState, OutsideFinding, Override};
use crate::engine::history::Future;
use crate::engine::policy::problem::{FileProblems, Place};
use crate::engine::policy::reader::{Fields, Problems, Zero, nearest};
use crate::engine::policy::yaml::{self, Value, Yaml};
use crate::engine::rules::storage_topology::Severity;

/// A policy, what happened, and what is asked.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub name: String,
    pub title: String,
    /// A whole policy (with line ends), or the name of one; absent: the policy that is tested.
    pub policy: Option<String>,
    pub(super) complete_since: Option<Instant>,
    /// `None` where no source tells.
    pub(super) deployments: Option<Vec<Deployment>>,
    /// `None` where no repository tells; `commits` of each landing with it.
    pub(super) pushes: Option<Vec<BatchLanding>>,
    pub(super) checks: Option<BTreeMap<String, CheckState>>,
    pub(super) governance: Option<Vec<OutsideFinding>>,
    pub(super) storage: Option<Vec<OutsideFinding>>,
    pub(super) overrides: Vec<Override>,
    pub(super) future: Future,
    pub(super) ask: Vec<Ask>,
}

const KEYS: &[&str] = &[
    "scenario",
    "why",
    "policy",
    "complete-since",
    "known",
    "deployments",
    "pushes",
    "checks",
    "governance",
    "storage",
    "overrides",
    "clock",
    "ask",
];

const CHECKS: [(&str, CheckState); 3] =
    [("success", CheckState::Success), ("failure", CheckState::Failure), ("pending", CheckState::Pending)];

const LEVELS: [(&str, Severity); 4] =
    [("low", Severity::Low), ("medium", Severity::Medium), ("high", Severity::High), ("critical", Severity::Critical)];

/// Reads one scenario file.
///
/// # Errors
///
/// Returns everything that is wrong with it.
pub fn parse(name: &str, bytes: &[u8]) -> Result<Scenario, FileProblems> {
    let mut problems = Problems::default();
    let scenario = match yaml::parse(bytes) {
        Ok(yaml) => read(name, &yaml, &mut problems),
        Err(problem) => {
            problems.0.push(problem);
            None
        }
    };
    match scenario {
        Some(scenario) if problems.0.is_empty() => Ok(scenario),
        _ => Err(FileProblems::new(name, bytes, problems.0)),
    }
}

fn read(name: &str, yaml: &Yaml, problems: &mut Problems) -> Option<Scenario> {
    let fields = problems.fields(yaml, "the scenario", KEYS)?;
    let title = fields.need(problems, "scenario").and_then(|value| problems.text(value, "`scenario`"));
    let _ = optional(&fields, "why").and_then(|value| problems.text(value, "`why`"));
    let clock = optional(&fields, "clock")
        .and_then(|value| one_of(value, "`clock`", &[("read", Future::ClocksDisagree)], problems));
    let deployments = source(&fields, "deployments", problems, deployment);
    if let Some(deployments) = &deployments {
        consistent(deployments, problems);
    }
    let pushes = source(&fields, "pushes", problems, push);
    if let Some(pushes) = &pushes {
        straight(pushes, problems);
    }
    let ask = fields.need(problems, "ask").map(|value| {
        let asked = list(value, problems, ask);
        if matches!(&value.value, Value::List(items) if items.is_empty()) {
            problems.add(value.place, "the scenario asks nothing", "add `- {at: …, expect: approve}`");
        }
        asked
    });
    Some(Scenario {
        name: name.to_owned(),
        title: title?,
        policy: optional(&fields, "policy").and_then(|value| problems.text(value, "`policy`")),
        complete_since: optional(&fields, "complete-since").and_then(|value| instant(value, problems)),
        deployments: deployments.map(|items| items.into_iter().map(|(_, item)| item).collect()),
        pushes: pushes.map(|items| items.into_iter().map(|(_, item)| item).collect()),
        checks: optional(&fields, "checks").map(|value| checks(value, problems)),
        governance: optional(&fields, "governance").map(|value| list(value, problems, outside)),
        storage: optional(&fields, "storage").map(|value| list(value, problems, outside)),
        overrides: optional(&fields, "overrides").map(|value| list(value, problems, leave)).unwrap_or_default(),
        future: clock.unwrap_or(Future::Unseen),
        ask: ask?,
    })
}

/// Reads what one source tells; `None` where there is no such source.
fn source<T>(
    fields: &Fields<'_>,
    key: &str,
    problems: &mut Problems,
    one: impl Fn(&Yaml, &mut Problems) -> Option<T>,
) -> Option<Vec<(Place, T)>> {
    let known = optional(fields, "known")
        .and_then(|value| problems.fields(value, "`known`", &["deployments", "pushes"]))
        .and_then(|known| known.get(key))
        .and_then(|value| {
            if let Value::Bool(known) = value.value {
                return Some(known);
            }
            problems.add(value.place, format!("`{key}` of `known` is neither true nor false"), "write `false`");
            None
        });
    let told = optional(fields, key);
    match (known, told) {
        (Some(false), Some(value)) => {
            problems.add(value.place, format!("`{key}` beside `known: {{{key}: false}}`"), "keep one of the two");
            None
        }
        (Some(true), None) => Some(Vec::new()),
        _ => told.map(|value| list(value, problems, |item, problems| Some((item.place, one(item, problems)?)))),
    }
}

/// The value of a key that may be left out or null.
pub(super) fn optional<'a>(fields: &Fields<'a>, key: &str) -> Option<&'a Yaml> {
    fields.get(key).filter(|value| !matches!(value.value, Value::Null))
}

/// Reads one word of a closed list.
pub(super) fn one_of<T: Copy>(yaml: &Yaml, of: &str, known: &[(&str, T)], problems: &mut Problems) -> Option<T> {
    let text = problems.text(yaml, of)?;
    let found = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
    if found.is_none() {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let fix = match nearest(&text, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write {}", names.join(", ")),
        };
        problems.add(yaml.place, format!("{of} is never `{text}`"), fix);
    }
    found
}

/// Reads an instant.
pub(super) fn instant(yaml: &Yaml, problems: &mut Problems) -> Option<Instant> {
    let text = problems.text(yaml, "an instant")?;
    let parsed = parse_instant(&text);
    if parsed.is_none() {
        problems.add(yaml.place, format!("`{text}` is no instant"), "write it as 2026-02-04T14:03:00Z");
    }
    parsed
}

fn list<T>(yaml: &Yaml, problems: &mut Problems, one: impl Fn(&Yaml, &mut Problems) -> Option<T>) -> Vec<T> {
    match &yaml.value {
        Value::List(items) => items.iter().filter_map(|item| one(item, problems)).collect(),
        other => {
            problems.add(
                yaml.place,
                format!("{} where a list is needed", other.describe()),
                "write one item a line, each after `- `",
            );
            Vec::new()
        }
    }
}

fn deployment(yaml: &Yaml, problems: &mut Problems) -> Option<Deployment> {
    const KEYS: &[&str] = &["id", "commit", "revision", "environment", "at", "took", "until", "state", "run", "actor"];
    let fields = problems.fields(yaml, "a deployment", KEYS)?;
    let before = problems.0.len();
    let text = |key: &str, problems: &mut Problems| {
        optional(&fields, key).and_then(|value| problems.text(value, &fields.name(key)))
    };
    let commit = text("commit", problems).map(|commit| CommitId::new(&commit));
    let revision = text("revision", problems);
    if commit.is_none() && revision.is_none() {
        problems.add(fields.place, "a deployment of nothing", "add `commit: …`, or `revision: …` where none names it");
    }
    let state = optional(&fields, "state")
        .and_then(|value| one_of(value, "the state of a deployment", &DeploymentState::ALL, problems))
        .unwrap_or(DeploymentState::Success);
    let started_at = fields.need(problems, "at").and_then(|value| instant(value, problems))?;
    let took = optional(&fields, "took").and_then(|value| problems.duration(value, "`took`", Zero::Allowed));
    let until = optional(&fields, "until").and_then(|value| instant(value, problems));
    if took.is_some() && until.is_some() {
        problems.add(fields.place, "`took` beside `until`", "keep one of the two");
    }
    let finished_at = took.map(|took| started_at + took).or(until);
    if finished_at.is_some() && !state.is_final() {
        problems.add(fields.place, "a finish beside a state that is not final", "leave `took` and `until` out");
    }
    if finished_at.is_some_and(|finish| finish < started_at) {
        problems.add(fields.place, "a deployment finishes before it starts", "give a later `until`");
    }
    let Place { line, column } = fields.place;
    let id = text("id", problems).unwrap_or_else(|| format!("{line}:{column}"));
    let deployment = Deployment {
        id: id.into(),
        environment: text("environment", problems).unwrap_or_else(|| "production".to_owned()).into(),
        commit,
        revision: revision.map(Into::into),
        state,
        started_at,
        finished_at,
        run: text("run", problems).map(Into::into),
        actor: text("actor", problems).map(Into::into),
        url: None,
        precision: Precision::Recorded,
    };
    (problems.0.len() == before).then_some(deployment)
}

/// Notes records that contradict each other.
fn consistent(deployments: &[(Place, Deployment)], problems: &mut Problems) {
    let mut ids = BTreeSet::new();
    let mut runs = BTreeMap::new();
    for (place, record) in deployments {
        if !ids.insert(&record.id) {
            problems.add(*place, format!("a second deployment `{}`", record.id), "give each its own `id`");
        }
        let Some(run) = &record.run else { continue };
        let first = runs.entry((&record.environment, run)).or_insert(&record.commit);
        if *first != &record.commit {
            problems.add(*place, format!("run `{run}` ships two commits"), "records of one run have one commit");
        }
    }
}

fn push(yaml: &Yaml, problems: &mut Problems) -> Option<BatchLanding> {
    let fields = problems.fields(yaml, "a push", &["commit", "at", "subject", "files", "commits"])?;
    let commit = fields.need(problems, "commit").and_then(|value| problems.text(value, "`commit`"));
    let at = fields.need(problems, "at").and_then(|value| instant(value, problems));
    let subject = optional(&fields, "subject").and_then(|value| problems.text(value, "`subject`")).unwrap_or_default();
    let files = optional(&fields, "files").map(|value| problems.texts(value, "`files`")).unwrap_or_default();
    let commits = optional(&fields, "commits").and_then(|value| problems.count(value, "`commits`")).unwrap_or(1);
    let landing = Landing { commit: CommitId::new(&commit?), subject, at: at?, precision: Precision::Recorded, files };
    Some(BatchLanding { landing, commits })
}

/// Notes pushes that make no straight line.
fn straight(pushes: &[(Place, BatchLanding)], problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for (place, push) in pushes {
        if !seen.insert(&push.landing.commit) {
            problems.add(*place, format!("`{}` lands twice", push.landing.commit), "give each push its own commit");
        }
    }
    for pair in pushes.windows(2) {
        if pair[1].1.landing.at < pair[0].1.landing.at {
            problems.add(pair[1].0, "this push is older than the one before it", "write pushes oldest first");
        }
    }
}

fn checks(yaml: &Yaml, problems: &mut Problems) -> BTreeMap<String, CheckState> {
    let Value::Map(entries) = &yaml.value else {
        problems.add(yaml.place, "`checks` is no map", "write `checks: {test: success}`");
        return BTreeMap::new();
    };
    let state = |value, problems: &mut Problems| one_of(value, "a check", &CHECKS, problems);
    entries.iter().filter_map(|(key, value)| Some((key.text.clone(), state(value, problems)?))).collect()
}

fn outside(yaml: &Yaml, problems: &mut Problems) -> Option<OutsideFinding> {
    let fields = problems.fields(yaml, "a finding", &["level", "message", "place"])?;
    let message = fields.need(problems, "message").and_then(|value| problems.text(value, "`message`"));
    let level = optional(&fields, "level").and_then(|value| one_of(value, "the level of a finding", &LEVELS, problems));
    let place = optional(&fields, "place").and_then(|value| problems.text(value, "`place`"));
    Some(OutsideFinding { level: level.unwrap_or_default(), message: message?, place })
}

fn leave(yaml: &Yaml, problems: &mut Problems) -> Option<Override> {
    let fields =
        problems.fields(yaml, "an override", &["commit", "environment", "reason", "author", "given", "expires"])?;
    let mut text = |key: &str| fields.need(problems, key).and_then(|value| problems.text(value, &fields.name(key)));
    let (commit, reason, author) = (text("commit"), text("reason"), text("author"));
    let mut time = |key: &str| fields.need(problems, key).and_then(|value| instant(value, problems));
    let (given_at, expires_at) = (time("given")?, time("expires")?);
    if expires_at <= given_at {
        problems.add(fields.place, "an override expires before it is given", "give a later `expires`");
    }
    let environment = optional(&fields, "environment").and_then(|value| problems.text(value, "`environment`"));
    Some(Override {
        environment: environment.unwrap_or_else(|| "production".to_owned()).into(),
        commit: CommitId::new(&commit?),
        reason: reason?,
        author: author?,
        given_at,
        expires_at,
    })
}
