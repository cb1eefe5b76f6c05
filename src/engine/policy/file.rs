//! What one policy file says.

use chrono_tz::Tz;

use super::chat::ChatSettings;
use super::environment::Layer;
use super::pattern::Pattern;
use super::problem::{Place, Problem};
use super::reader::{Problems, nearest};
use super::yaml::{self, Value, Yaml};

/// The version of the format.
const VERSION: i64 = 1;

/// Where the history of an environment comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistorySource {
    /// Whatever is found.
    #[default]
    Auto,
    Log,
    Kamal,
    Tags,
    /// GitHub's deployments, or the runs of a workflow.
    Github,
    None,
}

impl HistorySource {
    const ALL: [(&'static str, Self); 6] = [
        ("auto", Self::Auto),
        ("log", Self::Log),
        ("kamal", Self::Kamal),
        ("tags", Self::Tags),
        ("github", Self::Github),
        ("none", Self::None),
    ];
}

/// What a policy says about where history comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistorySettings {
    pub source: HistorySource,
    pub tags: Option<String>,
    pub log: Option<String>,
    pub kamal: Option<String>,
    /// Whether GitHub tells when what landed.
    pub github_pushes: bool,
}

/// What a policy says to the hooks that stand in front of deploys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookSettings {
    /// Commands that deploy, by their first words: `make deploy`.
    pub deploy_commands: Vec<String>,
    /// Callers that may do without a terminal what else needs somebody at one.
    pub without_terminal: Vec<String>,
}

/// One parsed policy file.
#[derive(Clone, Debug, Default)]
pub(super) struct PolicyFile {
    pub timezone: Option<Tz>,
    pub repository: Option<String>,
    pub history: HistorySettings,
    pub hooks: HookSettings,
    pub chat: Option<ChatSettings>,
    pub extends: Vec<(String, Place)>,
    pub environments: Vec<(Pattern, Layer)>,
}

const KEYS: &[&str] = &["version", "timezone", "repository", "history", "hooks", "chat", "extends", "environments"];

/// Reads a file, with all that is wrong with it.
pub(super) fn parse(name: &str, bytes: &[u8]) -> (PolicyFile, Vec<Problem>) {
    let mut file = PolicyFile::default();
    let mut problems = Problems::default();
    let yaml = match yaml::parse(bytes) {
        Ok(yaml) => yaml,
        Err(problem) => return (file, vec![problem]),
    };
    let Some(fields) = problems.fields(&yaml, "the policy", KEYS) else { return (file, problems.0) };
    match fields.get("version") {
        Some(Yaml { value: Value::Int(VERSION), .. }) => {}
        Some(other) => {
            problems.add(
                other.place,
                match other.value {
                    Value::Float(number) => format!("`version` is {number:?}, with a fraction"),
                    _ => format!("`version` is {}", other.value.describe()),
                },
                "this release reads `version: 1`",
            );
        }
        None => problems.add(Place::START, "the policy lacks `version`", "begin the file with `version: 1`"),
    }
    file.timezone = fields.get("timezone").and_then(|value| timezone(value, &mut problems));
    file.repository = fields.get("repository").and_then(|value| repository(value, &mut problems));
    if let Some(value) = fields.get("history") {
        file.history = history(value, &mut problems);
    }
    if let Some(value) = fields.get("hooks") {
        file.hooks = hooks(value, &mut problems);
    }
    file.chat = fields.get("chat").map(|value| ChatSettings::parse(value, &mut problems));
    if let Some(value) = fields.get("extends") {
        let items = match &value.value {
            Value::List(items) => items.iter().collect(),
            _ => vec![value],
        };
        let names =
            items.into_iter().filter_map(|item| problems.text(item, "`extends`").map(|name| (name, item.place)));
        file.extends = names.collect();
    }
    if let Some(value) = fields.get("environments") {
        match &value.value {
            Value::Map(entries) => {
                problems.twice(entries);
                for (key, value) in entries {
                    if key.text.trim().is_empty() {
                        problems.add(
                            key.place,
                            "an environment without a name",
                            "name it, or use a pattern such as `\"*\"`",
                        );
                    }
                    let layer = Layer::parse(value, &key.text, name, &mut problems);
                    file.environments.push((Pattern::new(&key.text), layer));
                }
            }
            Value::Null => {}
            other => problems.add(
                value.place,
                format!("`environments` is {}", other.describe()),
                "write a map: `production: {…}`",
            ),
        }
    }
    (file, problems.0)
}

fn timezone(yaml: &Yaml, problems: &mut Problems) -> Option<Tz> {
    let name = problems.text(yaml, "`timezone`")?;
    if let Ok(zone) = name.parse() {
        return Some(zone);
    }
    let names: Vec<&str> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
    let fix = match nearest(&name, &names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write an IANA name such as `Europe/Paris`, `America/New_York` or `UTC`".to_owned(),
    };
    problems.add(yaml.place, format!("unknown time zone `{name}`"), fix);
    None
}

fn history(yaml: &Yaml, problems: &mut Problems) -> HistorySettings {
    let mut settings = HistorySettings::default();
    let Some(fields) = problems.fields(yaml, "`history`", &["source", "tags", "log", "kamal", "pushes"]) else {
        return settings;
    };
    if let Some(value) = fields.get("source") {
        let text = problems.text(value, "`source` of `history`").unwrap_or_default();
        match HistorySource::ALL.into_iter().find(|(name, _)| *name == text) {
            Some((_, source)) => settings.source = source,
            None => {
                problems.add(
                    value.place,
                    format!("unknown source `{text}`"),
                    "write auto, log, kamal, tags, github or none",
                );
            }
        }
    }
    if let Some(value) = fields.get("pushes") {
        match problems.text(value, "`pushes` of `history`").as_deref() {
            Some("github") => settings.github_pushes = true,
            Some(other) => {
                let fix = "write `github`, or leave it out: the repository tells then";
                problems.add(value.place, format!("unknown source of pushes `{other}`"), fix);
            }
            None => {}
        }
    }
    let mut path = |key| {
        let value = fields.get(key)?;
        let text = problems.text(value, key)?;
        problems.inside(value, &text, "name a file of the repository; one elsewhere goes to `--deploys`");
        Some(text)
    };
    (settings.log, settings.kamal) = (path("log"), path("kamal"));
    settings.tags = fields.get("tags").and_then(|value| tags(value, problems));
    settings
}

fn hooks(yaml: &Yaml, problems: &mut Problems) -> HookSettings {
    let Some(fields) = problems.fields(yaml, "`hooks`", &["deploy-commands", "without-terminal"]) else {
        return HookSettings::default();
    };
    let mut names = |key| fields.get(key).map(|value| problems.texts(value, key)).unwrap_or_default();
    HookSettings { deploy_commands: names("deploy-commands"), without_terminal: names("without-terminal") }
}

/// Reads the pattern of deploy tags: part of it may be `{environment}`, and `*` stands for anything.
fn tags(yaml: &Yaml, problems: &mut Problems) -> Option<String> {
    let text = problems.text(yaml, "`tags` of `history`")?;
    let rest = text.replacen("{environment}", "", 1);
    if rest.contains(['{', '}', '[', ']', '?', '\\', '~', '^', ':', ' ']) {
        problems.add(
            yaml.place,
            format!("`{text}` is no pattern of tags"),
            "write it like `deploy/{environment}/*`: `{environment}` at most once, `*` for anything; without `{environment}` every tag that fits is one of production",
        );
    }
    Some(text)
}

/// Reads a repository's name: lower-case host and path.
fn repository(yaml: &Yaml, problems: &mut Problems) -> Option<String> {
    let text = problems.text(yaml, "`repository`")?;
    let (_, place) = text.split_once("://").unwrap_or(("", &text));
    let meant = place.rsplit_once('@').map_or(place, |(_, place)| place).trim_end_matches('/').trim_end_matches(".git");
    let meant = meant.to_lowercase().replace(':', "/");
    if meant != text || !text.contains('/') {
        let fix = if meant.contains('/') {
            format!("write `{meant}`")
        } else {
            "write it like `example.org/shop/app`".to_owned()
        };
        problems.add(yaml.place, format!("`{text}` is not a host and a path in lower case"), fix);
    }
    Some(text)
}
