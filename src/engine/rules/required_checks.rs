//! `required-checks`: the named checks have concluded in success on the commit.

use serde_json::{Value as Json, json};

use super::{Check, Explanation, map_schema, not_known};
use crate::engine::decision::{Evidence, Gate};
use crate::engine::event::Instant;
use crate::engine::facts::{CheckState, Facts};
use crate::engine::policy::reader::Problems;
use crate::engine::policy::yaml::Yaml;

/// Checks that must have succeeded.
#[derive(Clone, Debug)]
pub struct RequiredChecks {
    contexts: Vec<String>,
}

impl RequiredChecks {
    /// Reads `{contexts: [...]}`.
    pub fn parse(yaml: &Yaml, problems: &mut Problems) -> Option<Self> {
        let fields = problems.fields(yaml, "required-checks", &["contexts"])?;
        let contexts = fields.need(problems, "contexts")?;
        let names = problems.texts(contexts, "`contexts` of required-checks");
        if names.is_empty() {
            problems.add(
                contexts.place,
                "required-checks names no check",
                "name at least one, as it stands on the commit",
            );
            return None;
        }
        Some(Self { contexts: names })
    }

    /// The JSON Schema of its parameters.
    #[must_use]
    pub fn schema() -> Json {
        let names = json!({"type": "array", "minItems": 1, "items": {"type": "string"}, "description": "names of check runs or statuses"});
        map_schema(&["contexts"], &json!({"contexts": {"oneOf": [{"type": "string"}, names]}}))
    }

    /// Whether all that it lets go, the other lets go too.
    pub(super) fn at_least_as_strict(&self, other: &Self) -> bool {
        other.contexts.iter().all(|name| self.contexts.contains(name))
    }

    /// Its parameters, as they are read.
    pub(super) fn parameters(&self) -> Json {
        json!({"contexts": self.contexts})
    }
}

impl Check for RequiredChecks {
    fn gate(&self, facts: &Facts, _at: Instant) -> Gate {
        let Ok(checks) = &facts.checks else { return Gate::Unknown(None) };
        let succeeded = |name: &String| checks.get(name) == Some(&CheckState::Success);
        if self.contexts.iter().all(succeeded) { Gate::Open } else { Gate::Shut }
    }

    fn explain(&self, facts: &Facts, _at: Instant, gate: Gate) -> Explanation {
        let checks = match &facts.checks {
            Ok(checks) => checks,
            Err(missing) => return not_known(missing),
        };
        let state = |name: &String| match checks.get(name) {
            Some(CheckState::Success) => format!("{name}: success"),
            Some(CheckState::Failure) => format!("{name}: failure"),
            Some(CheckState::Pending) => format!("{name}: not concluded"),
            None => format!("{name}: never reported"),
        };
        let wanting = self.contexts.iter().filter(|name| checks.get(*name) != Some(&CheckState::Success)).count();
        Explanation {
            message: match wanting {
                0 => "every required check succeeded".to_owned(),
                _ => format!("{wanting} of {} required checks did not succeed", self.contexts.len()),
            },
            remedy: (gate == Gate::Shut).then(|| "get the checks named to succeed on this commit".to_owned()),
            evidence: self.contexts.iter().map(|name| Evidence::note(state(name))).collect(),
        }
    }

    fn asks(&self) -> String {
        format!("success of {}", self.contexts.join(", "))
    }
}
