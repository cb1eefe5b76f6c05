//! `governance`: the repository's governance file is there, intact and honoured.

use serde_json::{Value as Json, json};

use super::{Check, Explanation, map_schema, not_known};
use crate::engine::decision::{Evidence, Gate};
use crate::engine::event::Instant;
use crate::engine::facts::{Facts, OutsideFinding};
use crate::engine::policy::reader::Problems;
use crate::engine::policy::yaml::{Value, Yaml};

/// The governance file is honoured.
#[derive(Clone, Debug)]
pub struct Governance;

impl Governance {
    /// Reads `{}`.
    pub fn parse(yaml: &Yaml, problems: &mut Problems) -> Option<Self> {
        if !matches!(yaml.value, Value::Null) {
            problems.fields(yaml, "governance", &[])?;
        }
        Some(Self)
    }

    /// Whether all that it lets go, the other lets go too.
    pub(super) const fn at_least_as_strict(&self, _other: &Self) -> bool {
        true
    }

    /// Its parameters, as they are read.
    pub(super) fn parameters(&self) -> Json {
        json!({})
    }

    /// The JSON Schema of its parameters.
    #[must_use]
    pub fn schema() -> Json {
        json!({"oneOf": [{"type": "null"}, map_schema(&[], &json!({}))]})
    }
}

/// Shows what a reader outside the engine found.
pub(super) fn shown(findings: &[&OutsideFinding]) -> Vec<Evidence> {
    let text = |finding: &&OutsideFinding| match &finding.place {
        Some(place) => Evidence::note(format!("{place}: {}", finding.message)),
        None => Evidence::note(finding.message.clone()),
    };
    findings.iter().take(super::MOST_EVIDENCE).map(text).collect()
}

impl Check for Governance {
    fn gate(&self, facts: &Facts, _at: Instant) -> Gate {
        match &facts.governance {
            Err(_) => Gate::Unknown(None),
            Ok(findings) if findings.is_empty() => Gate::Open,
            Ok(_) => Gate::Reject,
        }
    }

    fn explain(&self, facts: &Facts, _at: Instant, gate: Gate) -> Explanation {
        let findings = match &facts.governance {
            Ok(findings) => findings,
            Err(missing) => return not_known(missing),
        };
        Explanation {
            message: match findings.len() {
                0 => "the governance file is honoured".to_owned(),
                count => format!("{} of the governance file", super::counted(count, "violation")),
            },
            remedy: (gate == Gate::Reject)
                .then(|| "mend what is named, or waive the directive with a reason and an end date".to_owned()),
            evidence: shown(&findings.iter().collect::<Vec<_>>()),
        }
    }

    fn asks(&self) -> String {
        "the governance file is there, intact and honoured".to_owned()
    }
}
