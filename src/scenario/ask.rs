//! Reads the questions of a scenario, and the answers that are expected.

use super::parse::{instant, one_of, optional};
use crate::engine::decision::{Status, Verdict};
use crate::engine::event::{CommitId, Instant};
use crate::engine::lane::{Lane, LaneRequest};
use crate::engine::policy::reader::{Fields, Problems, nearest};
use crate::engine::policy::yaml::{Value, Yaml};
use crate::engine::rules::RuleId;

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
    /// `None` is the newest push that has landed.
    pub commit: Option<CommitId>,
    pub environment: Option<String>,
    pub lane: LaneRequest,
    pub expect: Expected,
}

/// The answer that is expected: what is not named is not looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected {
    pub verdict: Option<Verdict>,
    pub next_approval: Option<Moment>,
    pub lane: Option<Lane>,
    pub findings: Vec<(RuleId, Status)>,
    pub until: Vec<(RuleId, Moment)>,
    pub says: Vec<String>,
}

const VERDICTS: [(&str, Verdict); 3] =
    [("approve", Verdict::Approve), ("hold", Verdict::Hold), ("reject", Verdict::Reject)];

/// What may have become of a rule, by its name.
pub(super) const STATUSES: [(&str, Status); 5] = [
    ("met", Status::Met),
    ("not-met", Status::NotMet),
    ("unknown", Status::Unknown),
    ("skipped", Status::Skipped),
    ("overridden", Status::Overridden),
];

const EXPECTED: &[&str] = &["verdict", "next-approval", "lane", "findings", "until", "says"];

/// Reads one question.
pub(super) fn ask(yaml: &Yaml, problems: &mut Problems) -> Option<Ask> {
    let fields = problems.fields(yaml, "a question", &["at", "commit", "environment", "lane", "expect"])?;
    let at = fields.need(problems, "at").and_then(|value| instant(value, problems));
    let commit = optional(&fields, "commit").and_then(|value| problems.text(value, "`commit`"));
    let environment = optional(&fields, "environment").and_then(|value| problems.text(value, "`environment`"));
    let lane = optional(&fields, "lane").and_then(|value| one_of(value, "a lane", &Lane::ALL, problems));
    let expect = fields.need(problems, "expect").and_then(|value| expected(value, problems));
    Some(Ask {
        line: yaml.place.line,
        at: at?,
        commit: commit.as_deref().map(CommitId::new),
        environment,
        lane: lane.map_or(LaneRequest::Found, LaneRequest::Asked),
        expect: expect?,
    })
}

fn expected(yaml: &Yaml, problems: &mut Problems) -> Option<Expected> {
    if matches!(yaml.value, Value::Text(_)) {
        let verdict = one_of(yaml, "a verdict", &VERDICTS, problems);
        return Some(Expected { verdict, ..Expected::default() });
    }
    let fields = problems.fields(yaml, "`expect`", EXPECTED)?;
    if EXPECTED.iter().all(|key| optional(&fields, key).is_none()) {
        problems.add(yaml.place, "`expect` expects nothing", "write `expect: approve`, or what should come of it");
    }
    let verdict = optional(&fields, "verdict").and_then(|value| one_of(value, "a verdict", &VERDICTS, problems));
    let lane = optional(&fields, "lane").and_then(|value| one_of(value, "a lane", &Lane::ALL, problems));
    let next_approval = optional(&fields, "next-approval").and_then(|value| moment(value, problems));
    let findings = of_rules(&fields, "findings", problems, |value, problems| {
        one_of(value, "what becomes of a rule", &STATUSES, problems)
    });
    let until = of_rules(&fields, "until", problems, moment);
    let says = optional(&fields, "says").map(|value| problems.texts(value, "`says`")).unwrap_or_default();
    Some(Expected { verdict, next_approval, lane, findings, until, says })
}

/// Reads a map from rules to what is expected of them.
fn of_rules<T>(
    fields: &Fields<'_>,
    key: &str,
    problems: &mut Problems,
    one: impl Fn(&Yaml, &mut Problems) -> Option<T>,
) -> Vec<(RuleId, T)> {
    let Some(yaml) = optional(fields, key) else { return Vec::new() };
    let Value::Map(entries) = &yaml.value else {
        let message = format!("`{key}` is {}, not a map of rules", yaml.value.describe());
        problems.add(yaml.place, message, format!("write `{key}: {{RULE: …}}`"));
        return Vec::new();
    };
    let mut read = Vec::new();
    for (key, value) in entries {
        let value = one(value, problems);
        let Some(rule) = RuleId::named(&key.text) else {
            let fix = match nearest(&key.text, &RuleId::NAMES) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the rules are {}", RuleId::NAMES.join(", ")),
            };
            problems.add(key.place, format!("unknown rule `{}`", key.text), fix);
            continue;
        };
        read.extend(value.map(|value| (rule, value)));
    }
    read
}

/// An instant, or `none`.
fn moment(yaml: &Yaml, problems: &mut Problems) -> Option<Moment> {
    match &yaml.value {
        Value::Text(text) if text == "none" => Some(Moment::None),
        _ => instant(yaml, problems).map(Moment::At),
    }
}
