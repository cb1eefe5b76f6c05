//! What a policy says about the words of people on GitHub.

use super::reader::Problems;
use super::yaml::{Value, Yaml};

/// Comments and issues on GitHub are heard: overrides on pull requests, freezes as issues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChatSettings {
    /// The one issue whose comments may hold overrides, too.
    pub issue: Option<u64>,
}

impl ChatSettings {
    /// Reads `{issue}`; without anything, the key alone is enough.
    pub(super) fn parse(yaml: &Yaml, problems: &mut Problems) -> Self {
        let mut settings = Self::default();
        if matches!(yaml.value, Value::Null) {
            return settings;
        }
        let Some(fields) = problems.fields(yaml, "`chat`", &["issue"]) else { return settings };
        if let Some(value) = fields.get("issue") {
            match &value.value {
                Value::Int(number) if *number > 0 => settings.issue = u64::try_from(*number).ok(),
                other => {
                    let what = format!("`issue` of `chat` is {}, not the number of an issue", other.describe());
                    problems.add(value.place, what, "write the number as GitHub shows it: `issue: 12`");
                }
            }
        }
        settings
    }
}
