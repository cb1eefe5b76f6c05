//! Reads a scenario; all that is wrong with it at once.

use std::collections::BTreeMap;

use chrono::DateTime;

use crate::engine::event::{CommitId, Deployment, DeploymentState, Instant, Landing, Precision};
use crate::engine::facts::{BatchLanding, CheckState, OutsideFinding, Override};
use crate::engine::history::Future;
use crate::engine::lane::{Lane, LaneRequest};
use crate::engine::policy::problem::FileProblems;
use crate::engine::policy::reader::{Fields, Problems, Zero};
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

/// An instant, or that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    None,
    At(Instant),
}

/// One question, with its answer.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub line: usize,
    pub at: Instant,
    pub commit: CommitId,
    pub environment: Option<String>,
    pub lane: LaneRequest,
    pub expect: Expected,
}

/// The answer that is expected: what is not named is not looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    pub verdict: Option<String>,
    pub next_approval: Option<Moment>,
    pub lane: Option<String>,
    pub findings: Vec<(String, String)>,
    pub until: Vec<(String, Moment)>,
    pub says: Vec<String>,
}

const KEYS: &[&str] = &[
    "scenario",
    "why",
    "policy",
    "complete-since",
    "deployments",
    "pushes",
    "checks",
    "governance",
    "storage",
    "overrides",
    "clock",
    "ask",
];

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
    let deployments = fields.get("deployments").map(|value| list(value, problems, deployment));
    let future = match fields.get("clock").and_then(|value| problems.text(value, "`clock`").map(|text| (value, text))) {
        None => Future::Unseen,
        Some((_, text)) if text == "read" => Future::ClocksDisagree,
        Some((value, _)) => {
            problems.add(
                value.place,
                "`clock` knows one value",
                "write `clock: read` where `at` is the clock's own time",
            );
            Future::Unseen
        }
    };
    let ask = fields.need(problems, "ask").map(|value| list(value, problems, ask)).unwrap_or_default();
    Some(Scenario {
        name: name.to_owned(),
        title: title?,
        policy: fields.get("policy").and_then(|value| problems.text(value, "`policy`")),
        complete_since: fields.get("complete-since").and_then(|value| instant(value, problems)),
        deployments,
        pushes: fields.get("pushes").map(|value| list(value, problems, push)),
        checks: fields.get("checks").map(|value| checks(value, problems)),
        governance: fields.get("governance").map(|value| list(value, problems, outside)),
        storage: fields.get("storage").map(|value| list(value, problems, outside)),
        overrides: fields.get("overrides").map(|value| list(value, problems, leave)).unwrap_or_default(),
        future,
        ask,
    })
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

fn instant(yaml: &Yaml, problems: &mut Problems) -> Option<Instant> {
    let text = problems.text(yaml, "an instant")?;
    let parsed = DateTime::parse_from_rfc3339(&text).ok().map(|instant| instant.to_utc());
    if parsed.is_none() {
        problems.add(yaml.place, format!("`{text}` is no instant"), "write it as 2026-02-04T14:03:00Z");
    }
    parsed
}

fn deployment(yaml: &Yaml, problems: &mut Problems) -> Option<Deployment> {
    const KEYS: &[&str] = &["id", "commit", "revision", "environment", "at", "took", "until", "state", "run", "actor"];
    let fields = problems.fields(yaml, "a deployment", KEYS)?;
    let started_at = fields.need(problems, "at").and_then(|value| instant(value, problems))?;
    let text =
        |key: &str, problems: &mut Problems| fields.get(key).and_then(|value| problems.text(value, &fields.name(key)));
    let took = fields.get("took").and_then(|value| problems.duration(value, "`took`", Zero::Allowed));
    let finished_at =
        took.map(|took| started_at + took).or_else(|| fields.get("until").and_then(|value| instant(value, problems)));
    let named = text("state", problems).unwrap_or_else(|| "success".to_owned());
    let state = DeploymentState::ALL.into_iter().find(|(name, _)| *name == named).map(|(_, state)| state);
    if state.is_none() {
        problems.add(
            fields.place,
            format!("`{named}` is no state of a deployment"),
            "write success, failure, error, inactive or in_progress",
        );
    }
    let commit = text("commit", problems).map(|commit| CommitId::new(&commit));
    let id = text("id", problems)
        .unwrap_or_else(|| format!("{}@{started_at}", commit.as_ref().map_or("?", CommitId::as_str)));
    Some(Deployment {
        id: id.into(),
        environment: text("environment", problems).unwrap_or_else(|| "production".to_owned()).into(),
        commit,
        revision: text("revision", problems).map(Into::into),
        state: state?,
        started_at,
        finished_at,
        run: text("run", problems).map(Into::into),
        actor: text("actor", problems).map(Into::into),
        url: None,
        precision: Precision::Recorded,
    })
}

fn push(yaml: &Yaml, problems: &mut Problems) -> Option<BatchLanding> {
    let fields = problems.fields(yaml, "a push", &["commit", "at", "subject", "files", "commits"])?;
    let commit = fields.need(problems, "commit").and_then(|value| problems.text(value, "`commit`"));
    let at = fields.need(problems, "at").and_then(|value| instant(value, problems));
    let subject = fields.get("subject").and_then(|value| problems.text(value, "`subject`")).unwrap_or_default();
    let files = fields.get("files").map(|value| problems.texts(value, "`files`")).unwrap_or_default();
    let commits = fields.get("commits").and_then(|value| problems.count(value, "`commits`")).unwrap_or(1);
    let landing = Landing { commit: CommitId::new(&commit?), subject, at: at?, precision: Precision::Recorded, files };
    Some(BatchLanding { landing, commits })
}

fn checks(yaml: &Yaml, problems: &mut Problems) -> BTreeMap<String, CheckState> {
    let mut checks = BTreeMap::new();
    let Value::Map(entries) = &yaml.value else {
        problems.add(yaml.place, "`checks` is no map", "write `checks: {test: success}`");
        return checks;
    };
    for (key, value) in entries {
        let state = match problems.text(value, "a check").as_deref() {
            Some("success") => CheckState::Success,
            Some("failure") => CheckState::Failure,
            Some("pending") => CheckState::Pending,
            _ => {
                problems.add(value.place, "a check is success, failure or pending", "write one of the three");
                continue;
            }
        };
        checks.insert(key.text.clone(), state);
    }
    checks
}

fn outside(yaml: &Yaml, problems: &mut Problems) -> Option<OutsideFinding> {
    let fields = problems.fields(yaml, "a finding", &["level", "message", "place"])?;
    let message = fields.need(problems, "message").and_then(|value| problems.text(value, "`message`"))?;
    let level = match fields.get("level").and_then(|value| problems.text(value, "`level`")).as_deref() {
        Some("low") => Severity::Low,
        Some("medium") => Severity::Medium,
        Some("critical") => Severity::Critical,
        _ => Severity::High,
    };
    Some(OutsideFinding {
        level,
        message,
        place: fields.get("place").and_then(|value| problems.text(value, "`place`")),
    })
}

fn leave(yaml: &Yaml, problems: &mut Problems) -> Option<Override> {
    let fields =
        problems.fields(yaml, "an override", &["commit", "environment", "reason", "author", "given", "expires"])?;
    let mut text = |key: &str| fields.need(problems, key).and_then(|value| problems.text(value, &fields.name(key)));
    let (commit, reason, author) = (text("commit"), text("reason"), text("author"));
    let mut time = |key: &str| fields.need(problems, key).and_then(|value| instant(value, problems));
    let (given_at, expires_at) = (time("given"), time("expires"));
    let environment = fields.get("environment").and_then(|value| problems.text(value, "`environment`"));
    Some(Override {
        environment: environment.unwrap_or_else(|| "production".to_owned()).into(),
        commit: CommitId::new(&commit?),
        reason: reason?,
        author: author?,
        given_at: given_at?,
        expires_at: expires_at?,
    })
}

fn ask(yaml: &Yaml, problems: &mut Problems) -> Option<Ask> {
    let fields = problems.fields(yaml, "a question", &["at", "commit", "environment", "lane", "expect"])?;
    let at = fields.need(problems, "at").and_then(|value| instant(value, problems));
    let commit =
        fields.get("commit").and_then(|value| problems.text(value, "`commit`")).unwrap_or_else(|| "head".to_owned());
    let lane = match fields.get("lane").and_then(|value| problems.text(value, "`lane`")) {
        None => LaneRequest::Found,
        Some(name) => {
            if let Some((_, lane)) = Lane::ALL.into_iter().find(|(known, _)| *known == name) {
                LaneRequest::Asked(lane)
            } else {
                problems.add(fields.place, format!("unknown lane `{name}`"), "write normal, hotfix or rollback");
                LaneRequest::Found
            }
        }
    };
    let expect = fields.need(problems, "expect").and_then(|value| expected(value, problems));
    Some(Ask {
        line: yaml.place.line,
        at: at?,
        commit: CommitId::new(&commit),
        environment: fields.get("environment").and_then(|value| problems.text(value, "`environment`")),
        lane,
        expect: expect?,
    })
}

fn expected(yaml: &Yaml, problems: &mut Problems) -> Option<Expected> {
    if let Value::Text(verdict) = &yaml.value {
        return Some(Expected { verdict: Some(verdict.clone()), ..Expected::default() });
    }
    let fields =
        problems.fields(yaml, "`expect`", &["verdict", "next-approval", "lane", "findings", "until", "says"])?;
    let text =
        |key: &str, problems: &mut Problems| fields.get(key).and_then(|value| problems.text(value, &fields.name(key)));
    let pairs = |key: &str, fields: &Fields<'_>| match fields.get(key).map(|value| &value.value) {
        Some(Value::Map(entries)) => entries.clone(),
        _ => Vec::new(),
    };
    let statuses = pairs("findings", &fields)
        .into_iter()
        .filter_map(|(key, value)| Some((key.text, problems.text(&value, "a finding")?)));
    let findings = statuses.collect();
    let until =
        pairs("until", &fields).into_iter().filter_map(|(key, value)| Some((key.text, moment(&value, problems)?)));
    let until = until.collect();
    Some(Expected {
        verdict: text("verdict", problems),
        next_approval: fields.get("next-approval").and_then(|value| moment(value, problems)),
        lane: text("lane", problems),
        findings,
        until,
        says: fields.get("says").map(|value| problems.texts(value, "`says`")).unwrap_or_default(),
    })
}

/// An instant, or `none`.
fn moment(yaml: &Yaml, problems: &mut Problems) -> Option<Moment> {
    match &yaml.value {
        Value::Text(text) if text == "none" => Some(Moment::None),
        _ => instant(yaml, problems).map(Moment::At),
    }
}
