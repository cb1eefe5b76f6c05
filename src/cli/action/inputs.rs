//! The inputs of the action: text that `action.yml` passes through the environment, each read by its use.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::TimeDelta;

use crate::engine::duration;
use crate::engine::lane::{Lane, LaneRequest};
use crate::error::Error;

/// Every input, as `action.yml` declares it; `docs/action.md` documents each.
pub const NAMES: [&str; 17] = [
    "mode",
    "environment",
    "commit",
    "policy",
    "ledger",
    "wait",
    "lane",
    "reason",
    "enforce",
    "comment",
    "sarif",
    "rollout",
    "outcome",
    "workflow",
    "deploys",
    "working-directory",
    "token",
];

/// The longest value of an input, in bytes.
const LONGEST: usize = 4096;

/// The longest wait: a job ends after six hours.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(5);

/// What a job is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    PullRequest,
    #[default]
    Deploy,
    Start,
    Finish,
    Resume,
    Comment,
}

impl Mode {
    /// Each with its name.
    pub const ALL: [(&str, Self); 6] = [
        ("pull-request", Self::PullRequest),
        ("deploy", Self::Deploy),
        ("start", Self::Start),
        ("finish", Self::Finish),
        ("resume", Self::Resume),
        ("comment", Self::Comment),
    ];
}

/// How a rollout job ended: what `job.status` and `needs.JOB.result` say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Success,
    Failure,
    /// It never began.
    Skipped,
}

/// The inputs, read.
#[derive(Clone, Debug, Default)]
pub(super) struct Inputs {
    pub mode: Mode,
    pub environment: Option<String>,
    pub commit: Option<String>,
    pub policy: Option<PathBuf>,
    pub ledger: String,
    pub wait: Option<TimeDelta>,
    pub lane: LaneRequest,
    pub reason: Option<String>,
    pub enforce: bool,
    pub comment: bool,
    pub sarif: Option<PathBuf>,
    pub rollout: Option<String>,
    pub outcome: Option<Ended>,
    pub workflow: Option<String>,
    pub deploys: Option<PathBuf>,
    pub folder: PathBuf,
}

/// The value of an input; an empty one is none.
fn value<'a>(job: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    let key = format!("INPUT_{}", name.replace('-', "_").to_uppercase());
    job.get(&key).map(|value| value.trim()).filter(|value| !value.is_empty())
}

fn wrong(name: &str, value: &str, why: &str) -> Error {
    let shown: String = value.chars().take(60).collect();
    Error::usage(format!("the input `{name}` is `{shown}`: {why}")).hint("docs/action.md lists the inputs")
}

/// One of a few words.
fn word<Kind: Copy>(name: &str, value: &str, words: &[(&str, Kind)]) -> Result<Kind, Error> {
    words.iter().find(|(word, _)| *word == value).map(|(_, kind)| *kind).ok_or_else(|| {
        let words: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        wrong(name, value, &format!("it must be one of {}", words.join(", ")))
    })
}

impl Inputs {
    pub(super) fn read(job: &BTreeMap<String, String>) -> Result<Self, Error> {
        for name in NAMES {
            let long = value(job, name).filter(|value| value.len() > LONGEST || value.contains(char::is_control));
            if let Some(value) = long {
                let why = format!("it must be one line of at most {LONGEST} bytes, without control characters");
                return Err(wrong(name, value.lines().next().unwrap_or_default(), &why));
            }
        }
        let text = |name| value(job, name).map(str::to_owned);
        let path = |name| value(job, name).map(PathBuf::from);
        let truth = |name, otherwise| match value(job, name) {
            Some(value) => word(name, value, &[("true", true), ("false", false)]),
            None => Ok(otherwise),
        };
        let mode = value(job, "mode").unwrap_or("deploy");
        let wait = value(job, "wait").map(|text| wait(text).map_err(|why| wrong("wait", text, &why))).transpose()?;
        let lanes = [
            ("normal", LaneRequest::Asked(Lane::Normal)),
            ("hotfix", LaneRequest::Asked(Lane::Hotfix)),
            ("rollback", LaneRequest::Asked(Lane::Rollback)),
        ];
        let lane = value(job, "lane").map(|value| word("lane", value, &lanes)).transpose()?;
        let reason = value(job, "reason")
            .map(|text| crate::cli::record::reason(text).map_err(|why| wrong("reason", text, &why)))
            .transpose()?;
        let ends = [
            ("success", Ended::Success),
            ("failure", Ended::Failure),
            ("cancelled", Ended::Failure),
            ("skipped", Ended::Skipped),
        ];
        Ok(Self {
            mode: word("mode", mode, &Mode::ALL)?,
            environment: text("environment"),
            commit: text("commit"),
            policy: path("policy"),
            ledger: text("ledger").unwrap_or_else(|| "git:origin".to_owned()),
            wait,
            lane: lane.unwrap_or(LaneRequest::Found),
            reason,
            enforce: truth("enforce", true)?,
            comment: truth("comment", true)?,
            sarif: path("sarif"),
            rollout: text("rollout"),
            outcome: value(job, "outcome").map(|value| word("outcome", value, &ends)).transpose()?,
            workflow: text("workflow"),
            deploys: path("deploys"),
            folder: path("working-directory").unwrap_or_else(|| PathBuf::from(".")),
        })
    }
}

fn wait(text: &str) -> Result<TimeDelta, String> {
    let wait = duration::parse(text)?;
    if wait <= LONGEST_WAIT { Ok(wait) } else { Err("the longest wait is 5h: a job ends after six hours".to_owned()) }
}
