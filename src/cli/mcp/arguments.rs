//! The arguments of tools: one table for the schema that is shown and for what is read.

use clap::ValueEnum;
use serde_json::{Map, Value as Json, json};

use crate::cli::question::{LaneName, instant};
use crate::cli::record;
use crate::engine::event::Instant;
use crate::error::Error;

/// An argument: a text, with bounds.
#[derive(Debug)]
pub(super) struct Argument {
    pub name: &'static str,
    about: &'static str,
    /// In characters.
    longest: usize,
    /// The texts that it may be; any, where there are none.
    one_of: &'static [&'static str],
    /// What it must begin with, one of these.
    begins: &'static [&'static str],
}

const fn text(name: &'static str, longest: usize, about: &'static str) -> Argument {
    Argument { name, about, longest, one_of: &[], begins: &[] }
}

pub(super) const ENVIRONMENT: Argument =
    text("environment", 200, "The environment; unless said, the only one that the policy names, else production");
pub(super) const COMMIT: Argument =
    text("commit", 250, "The commit to deploy: an id, a tag, a branch; unless said, HEAD");
pub(super) const AT: Argument =
    text("at", 40, "Judge as of this instant instead of now, in RFC 3339: 2026-12-24T15:00:00Z");
pub(super) const RULE: Argument = text("rule", 60, "Only this rule, such as max-frequency");
pub(super) const REASON: Argument = text("reason", 500, "Why, in one line; it is recorded");
pub(super) const ID: Argument = Argument {
    begins: &[crate::ledger::DECISION_ID, crate::ledger::LEDGER_ID],
    ..text("id", 60, "A past decision or rollout, by its id in the ledger; then alone")
};
pub(super) const LANE: Argument = Argument {
    one_of: &["normal", "hotfix", "rollback"],
    ..text("lane", 20, "The lane to ask for; unless said, normal, and a rollback is recognised")
};
/// The lanes that nobody has to claim.
pub(super) const RETURN: Argument = Argument {
    one_of: &["normal", "rollback"],
    ..text("lane", 20, "The lane to ask for; unless said, normal, and a rollback is recognised")
};

impl Argument {
    fn schema(&self) -> Json {
        let mut schema =
            json!({"type": "string", "description": self.about, "minLength": 1, "maxLength": self.longest});
        if !self.one_of.is_empty() {
            schema["enum"] = json!(self.one_of);
        }
        if !self.begins.is_empty() {
            schema["pattern"] = json!(format!("^({})", self.begins.join("|")));
        }
        schema
    }

    fn read(&self, value: &Json) -> Result<String, Error> {
        let name = self.name;
        let Json::String(text) = value else {
            return Err(Error::usage(format!("`{name}` must be a text")).hint(format!("{name}: {}", self.about)));
        };
        let wrong = |what: &str| Err(Error::usage(format!("`{name}` {what}")).hint(format!("{name}: {}", self.about)));
        if text.trim().is_empty() {
            return wrong("is empty: leave it out, or say it");
        }
        if text.chars().count() > self.longest {
            return wrong(&format!("has more than {} characters", self.longest));
        }
        if text.contains(char::is_control) {
            return wrong("has control characters: write it in one line");
        }
        if !self.one_of.is_empty() && !self.one_of.contains(&text.as_str()) {
            return wrong(&format!("must be one of {}", self.one_of.join(", ")));
        }
        if !self.begins.is_empty() && !self.begins.iter().any(|start| text.starts_with(start)) {
            return wrong(&format!("must begin with {}", self.begins.join(" or ")));
        }
        Ok(text.clone())
    }
}

/// The JSON Schema of a tool's arguments.
pub(super) fn schema(arguments: &[&Argument]) -> Map<String, Json> {
    let properties: Map<String, Json> = arguments.iter().map(|one| (one.name.to_owned(), one.schema())).collect();
    Map::from_iter([
        ("type".to_owned(), json!("object")),
        ("properties".to_owned(), Json::Object(properties)),
        ("additionalProperties".to_owned(), json!(false)),
    ])
}

/// The arguments of a call.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub environment: Option<String>,
    pub commit: Option<String>,
    pub lane: Option<LaneName>,
    pub at: Option<Instant>,
    pub rule: Option<String>,
    pub id: Option<String>,
    pub reason: Option<String>,
}

impl Given {
    /// Reads what a call gives; null is as good as nothing.
    ///
    /// # Errors
    ///
    /// Fails where an argument is unknown or out of its bounds.
    pub(super) fn read(arguments: &[&Argument], call: &Map<String, Json>) -> Result<Self, Error> {
        let mut given = Self::default();
        for (name, value) in call {
            let Some(argument) = arguments.iter().find(|one| one.name == name.as_str()) else {
                let shown: String = name.chars().take(40).flat_map(char::escape_default).collect();
                let known: Vec<&str> = arguments.iter().map(|one| one.name).collect();
                return Err(Error::usage(format!("there is no argument `{shown}`"))
                    .hint(format!("it takes {}", known.join(", "))));
            };
            if value.is_null() {
                continue;
            }
            let text = argument.read(value)?;
            let wrong = |what: String| Error::usage(format!("`{name}`: {what}"));
            match argument.name {
                "environment" => given.environment = Some(text),
                "commit" => given.commit = Some(text),
                "rule" => given.rule = Some(text),
                "id" => given.id = Some(text),
                "reason" => given.reason = Some(record::reason(&text).map_err(wrong)?),
                "at" => given.at = Some(instant(&text).map_err(wrong)?),
                _ => given.lane = LaneName::from_str(&text, false).ok(),
            }
        }
        Ok(given)
    }
}
