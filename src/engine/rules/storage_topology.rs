//! `storage-topology`: nothing dangerous in how the deploy configuration shares storage.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::{Check, Explanation, map_schema, not_known};
use crate::engine::decision::Gate;
use crate::engine::event::Instant;
use crate::engine::facts::{Facts, OutsideFinding};
use crate::engine::policy::reader::Problems;
use crate::engine::policy::yaml::Yaml;

/// How bad a finding about storage is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Low,
    Medium,
    #[default]
    High,
    Critical,
}

impl Severity {
    const ALL: [(&'static str, Self); 4] =
        [("low", Self::Low), ("medium", Self::Medium), ("high", Self::High), ("critical", Self::Critical)];

    const fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

/// No finding of a level or worse.
#[derive(Clone, Debug)]
pub struct StorageTopology {
    fail_on: Severity,
}

impl StorageTopology {
    /// Reads `{fail-on: LEVEL}`.
    pub fn parse(yaml: &Yaml, problems: &mut Problems) -> Option<Self> {
        let fields = problems.fields(yaml, "storage-topology", &["fail-on"])?;
        let value = fields.need(problems, "fail-on")?;
        let text = problems.text(value, "`fail-on` of storage-topology")?;
        let found = Severity::ALL.into_iter().find(|(name, _)| *name == text);
        if found.is_none() {
            problems.add(value.place, format!("`{text}` is not a level"), "write low, medium, high or critical");
        }
        found.map(|(_, fail_on)| Self { fail_on })
    }

    /// The JSON Schema of its parameters.
    #[must_use]
    pub fn schema() -> Json {
        map_schema(
            &["fail-on"],
            &json!({"fail-on": {"enum": ["low", "medium", "high", "critical"], "description": "reject on findings of this level or worse"}}),
        )
    }

    /// Whether all that it lets go, the other lets go too.
    pub(super) fn at_least_as_strict(&self, other: &Self) -> bool {
        self.fail_on <= other.fail_on
    }

    /// Its parameters, as they are read.
    pub(super) fn parameters(&self) -> Json {
        json!({"fail-on": self.fail_on.name()})
    }

    fn bad<'a>(&self, findings: &'a [OutsideFinding]) -> Vec<&'a OutsideFinding> {
        findings.iter().filter(|finding| finding.level >= self.fail_on).collect()
    }
}

impl Check for StorageTopology {
    fn gate(&self, facts: &Facts, _at: Instant) -> Gate {
        match &facts.storage {
            Err(_) => Gate::Unknown(None),
            Ok(findings) if self.bad(findings).is_empty() => Gate::Open,
            Ok(_) => Gate::Reject,
        }
    }

    fn explain(&self, facts: &Facts, _at: Instant, gate: Gate) -> Explanation {
        let findings = match &facts.storage {
            Ok(findings) => findings,
            Err(missing) => return not_known(missing),
        };
        let bad = self.bad(findings);
        Explanation {
            message: format!(
                "{} of level {} or worse about the deploy configuration",
                super::counted(bad.len(), "finding"),
                self.fail_on.name()
            ),
            remedy: (gate == Gate::Reject).then(|| "mend the deploy configuration as the findings say".to_owned()),
            evidence: super::governance::shown(&bad),
        }
    }

    fn asks(&self) -> String {
        format!("no finding of level {} or worse about the deploy configuration", self.fail_on.name())
    }
}
