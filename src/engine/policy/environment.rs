//! What a policy says about one environment.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use serde::Serialize;

use super::counting::Counting;
use super::problem::Place;
use super::reader::{Fields, Problems, Zero, nearest};
use super::yaml::{Value, Yaml};
use crate::engine::decision::{Level, Source};
use crate::engine::event::Environment;
use crate::engine::lane::Lane;
use crate::engine::rules::governance::Governance;
use crate::engine::rules::{Lookback, Rule, RuleId};

/// A rule of a policy: where it stands, how strictly it holds, and why.
#[derive(Clone, Debug)]
pub struct RuleEntry {
    pub rule: Rule,
    pub level: Level,
    pub source: Source,
    pub because: Option<String>,
    pub owner: Option<String>,
    pub review_by: Option<NaiveDate>,
    pub(super) place: Place,
}

impl RuleEntry {
    /// A rule that stands in another file than a policy: in a governance file, at its line.
    #[must_use]
    pub const fn new(rule: Rule, level: Level, source: Source, because: Option<String>) -> Self {
        let place = Place { line: source.line, column: 1 };
        Self { rule, level, source, because, owner: None, review_by: None, place }
    }
}

/// How an environment is deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    /// By landing on the default branch.
    Push,
}

/// Who may override, for how long, how often.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OverridePolicy {
    pub roles: Vec<String>,
    pub people: Vec<String>,
    pub expires: Option<TimeDelta>,
    pub per_month: Option<usize>,
}

/// What one file says about one environment.
#[derive(Clone, Debug, Default)]
pub(super) struct Layer {
    pub rules: Vec<RuleEntry>,
    pub without: Vec<RuleId>,
    pub lanes: BTreeMap<Lane, BTreeSet<RuleId>>,
    pub overrides: Option<OverridePolicy>,
    pub target: Option<String>,
    pub trigger: Option<Trigger>,
    pub paths: Option<Vec<String>>,
    pub break_glass: Option<bool>,
    pub counting: Option<Counting>,
}

/// What all files together say about one environment.
#[derive(Clone, Debug)]
pub struct EnvironmentPolicy {
    pub environment: Environment,
    pub rules: Vec<RuleEntry>,
    pub lanes: BTreeMap<Lane, BTreeSet<RuleId>>,
    pub overrides: Option<OverridePolicy>,
    pub target: Option<String>,
    pub trigger: Option<Trigger>,
    pub paths: Vec<String>,
    /// Whether somebody may deploy whatever the verdict.
    pub break_glass: bool,
    /// Which of GitHub's records count; all deployments where nothing is said.
    pub counting: Option<Counting>,
    /// The zone of its local times, where the policy names one.
    pub timezone: Option<Tz>,
}

impl RuleEntry {
    fn governance(&self) -> Option<&Governance> {
        match &self.rule {
            Rule::Governance(settings) => Some(settings),
            _ => None,
        }
    }
}

impl EnvironmentPolicy {
    pub(super) fn of(environment: &str, layer: Layer, timezone: Option<Tz>) -> Self {
        let mut lanes = layer.lanes;
        for (_, lane) in Lane::ALL {
            lanes.entry(lane).or_insert_with(|| lane.default_skips());
        }
        let mut rules = layer.rules;
        let all: Vec<Governance> = rules.iter().filter_map(RuleEntry::governance).cloned().collect();
        // One governance file answers to all rules of that name: none of them disarms another.
        if let Some(together) = all.into_iter().reduce(Governance::with) {
            let governance = rules.iter_mut().filter(|entry| entry.rule.id() == RuleId::Governance);
            governance.for_each(|entry| entry.rule = Rule::Governance(together.clone()));
        }
        Self {
            environment: environment.into(),
            rules,
            lanes,
            overrides: layer.overrides,
            target: layer.target,
            trigger: layer.trigger,
            paths: layer.paths.unwrap_or_default(),
            break_glass: layer.break_glass.unwrap_or(true),
            counting: layer.counting,
            timezone,
        }
    }

    /// The rules that a lane passes by.
    #[must_use]
    pub fn skips(&self, lane: Lane) -> &BTreeSet<RuleId> {
        static NONE: BTreeSet<RuleId> = BTreeSet::new();
        self.lanes.get(&lane).unwrap_or(&NONE)
    }

    /// How far back its rules look.
    #[must_use]
    pub fn lookback(&self) -> Lookback {
        self.rules.iter().map(|entry| entry.rule.check().lookback()).fold(Lookback::default(), |one, two| Lookback {
            deployments: one.deployments.max(two.deployments),
            landings: one.landings.max(two.landings),
        })
    }

    /// What it says about the governance file: the last rule of that name, since what is inherited stands first.
    #[must_use]
    pub fn governance(&self) -> Option<&RuleEntry> {
        self.rules.iter().rev().find(|entry| entry.rule.id() == RuleId::Governance)
    }

    /// Whether it holds a rule.
    #[must_use]
    pub fn has(&self, rule: RuleId) -> bool {
        self.rules.iter().any(|entry| entry.rule.id() == rule)
    }
}

impl Layer {
    /// The keys that an environment may have.
    pub const KEYS: &[&str] = &[
        "hard-mandatory",
        "soft-mandatory",
        "advisory",
        "without",
        "lanes",
        "override",
        "target",
        "trigger",
        "paths",
        "break-glass",
        "deployments",
    ];

    pub fn parse(yaml: &Yaml, name: &str, file: &str, problems: &mut Problems) -> Self {
        let mut layer = Self::default();
        if matches!(yaml.value, Value::Null) {
            return layer;
        }
        let of = format!("environment `{name}`");
        let Some(fields) = problems.fields(yaml, &of, Self::KEYS) else { return layer };
        for (key, level) in Level::ALL {
            if let Some(rules) = fields.get(key) {
                layer.rules.extend(entries(rules, key, level, file, problems));
            }
        }
        if let Some(value) = fields.get("without") {
            layer.without = rule_names(value, "`without`", problems);
        }
        if let Some(value) = fields.get("lanes") {
            layer.lanes = lanes(value, problems);
        }
        layer.overrides = fields.get("override").and_then(|value| OverridePolicy::parse(value, problems));
        layer.target = fields.get("target").and_then(|value| problems.text(value, "`target`"));
        if let Some(value) = fields.get("trigger") {
            match problems.text(value, "`trigger`").as_deref() {
                Some("push") => layer.trigger = Some(Trigger::Push),
                Some(other) => {
                    problems.add(value.place, format!("unknown trigger `{other}`"), "write `push`, or leave it out");
                }
                None => {}
            }
        }
        layer.counting = fields.get("deployments").and_then(|value| Counting::parse(value, problems));
        layer.paths = fields.get("paths").map(|value| paths(value, problems));
        if let Some(value) = fields.get("break-glass") {
            match &value.value {
                Value::Bool(allowed) => layer.break_glass = Some(*allowed),
                other => {
                    let what = format!("`break-glass` is {}, neither true nor false", other.describe());
                    problems.add(value.place, what, "write `break-glass: false` to forbid it, or leave it out");
                }
            }
        }
        layer
    }

    /// Puts what is inherited beneath what this layer says itself.
    pub fn inherit(mut self, parents: Vec<Self>) -> Self {
        let mut rules = Vec::new();
        for parent in parents.into_iter().rev() {
            let kept = parent.rules.into_iter().filter(|entry| !self.without.contains(&entry.rule.id()));
            rules.splice(0..0, kept);
            for (lane, skips) in parent.lanes {
                self.lanes.entry(lane).or_insert(skips);
            }
            self.overrides = self.overrides.or(parent.overrides);
            self.target = self.target.or(parent.target);
            self.trigger = self.trigger.or(parent.trigger);
            self.paths = self.paths.or(parent.paths);
            self.break_glass = self.break_glass.or(parent.break_glass);
            self.counting = self.counting.or(parent.counting);
        }
        rules.append(&mut self.rules);
        self.rules = rules;
        self
    }
}

fn entries(yaml: &Yaml, key: &str, level: Level, file: &str, problems: &mut Problems) -> Vec<RuleEntry> {
    match &yaml.value {
        Value::Null => Vec::new(),
        Value::List(items) => items.iter().filter_map(|item| entry(item, level, file, problems)).collect(),
        other => {
            let fix = "write a list, one rule an item: `- max-frequency: {deploys: 3, per: 1h}`";
            problems.add(yaml.place, format!("`{key}` is {}, not a list of rules", other.describe()), fix);
            Vec::new()
        }
    }
}

/// The keys that may stand beside a rule.
const BESIDE: [&str; 3] = ["because", "owner", "review-by"];

fn entry(yaml: &Yaml, level: Level, file: &str, problems: &mut Problems) -> Option<RuleEntry> {
    let shape = "write `- RULE: PARAMETERS`, with `because`, `owner` and `review-by` beside it where wanted";
    let map;
    let entries = match &yaml.value {
        Value::Map(entries) => {
            problems.twice(entries);
            entries
        }
        // A rule without parameters may stand as a bare name.
        Value::Text(name) if RuleId::named(name).is_some() => {
            let key = super::yaml::Key { text: name.clone(), place: yaml.place };
            map = vec![(key, Yaml { value: Value::Null, place: yaml.place })];
            &map
        }
        other => {
            problems.add(yaml.place, format!("a rule is {}, not a map", other.describe()), shape);
            return None;
        }
    };
    let mut rules = entries.iter().filter(|(key, _)| !BESIDE.contains(&key.text.as_str()));
    let meant = |key: &str| RuleId::named(key).is_none().then(|| nearest(key, &BESIDE)).flatten();
    let Some((key, parameters)) = rules.next() else {
        problems.add(yaml.place, "this item names no rule", shape);
        return None;
    };
    for (second, _) in rules {
        let message = format!("`{}` stands in the same item as `{}`", second.text, key.text);
        let fix = meant(&second.text)
            .map_or_else(|| "begin a new list item with `- `".to_owned(), |word| format!("did you mean `{word}`?"));
        problems.add(second.place, message, fix);
    }
    let Some(id) = RuleId::named(&key.text) else {
        unknown_rule(key.place, &key.text, problems);
        return None;
    };
    let (inner, parameters) = lift_beside(parameters);
    let rule = id.parse(&parameters, problems);
    let beside = |name: &str| entries.iter().chain(&inner).find(|(key, _)| key.text == name).map(|(_, value)| value);
    let because = beside("because").and_then(|value| problems.text(value, "`because`"));
    let owner = beside("owner").and_then(|value| problems.text(value, "`owner`"));
    let review_by = beside("review-by").and_then(|value| {
        let text = problems.text(value, "`review-by`")?;
        let day = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok();
        if day.is_none() {
            problems.add(
                value.place,
                format!("`review-by` is `{text}`, not a date"),
                "write a date such as 2027-03-31",
            );
        }
        day
    });
    let source = Source { file: file.to_owned(), line: key.place.line };
    Some(RuleEntry { rule: rule?, level, source, because, owner, review_by, place: key.place })
}

/// Takes `because`, `owner` and `review-by` out of a rule's own parameters, where they are allowed to stand too.
fn lift_beside(parameters: &Yaml) -> (Vec<(super::yaml::Key, Yaml)>, Yaml) {
    let Value::Map(entries) = &parameters.value else { return (Vec::new(), parameters.clone()) };
    let is_beside = |key: &super::yaml::Key| BESIDE.contains(&key.text.as_str());
    let lifted = entries.iter().filter(|(key, _)| is_beside(key)).cloned().collect();
    let kept = entries.iter().filter(|(key, _)| !is_beside(key)).cloned().collect();
    (lifted, Yaml { value: Value::Map(kept), place: parameters.place })
}

fn unknown_rule(place: Place, name: &str, problems: &mut Problems) {
    let fix = match nearest(name, &RuleId::NAMES) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the rules are {}", RuleId::NAMES.join(", ")),
    };
    problems.add(place, format!("unknown rule `{name}`"), fix);
}

fn rule_names(yaml: &Yaml, of: &str, problems: &mut Problems) -> Vec<RuleId> {
    let mut rules = Vec::new();
    for name in problems.texts(yaml, of) {
        match RuleId::named(&name) {
            Some(rule) => rules.push(rule),
            None => unknown_rule(yaml.place, &name, problems),
        }
    }
    rules
}

fn lanes(yaml: &Yaml, problems: &mut Problems) -> BTreeMap<Lane, BTreeSet<RuleId>> {
    let mut lanes = BTreeMap::new();
    let Some(fields) = problems.fields(yaml, "`lanes`", &["hotfix", "rollback"]) else { return lanes };
    for (name, lane) in Lane::ALL {
        let Some(value) = fields.get(name) else { continue };
        let Some(lane_fields) = problems.fields(value, "a lane", &["skip"]) else { continue };
        if let Some(skip) = lane_fields.need(problems, "skip") {
            let skips = match &skip.value {
                Value::List(items) if items.is_empty() => Vec::new(),
                _ => rule_names(skip, "`skip`", problems),
            };
            lanes.insert(lane, skips.into_iter().collect());
        }
    }
    lanes
}

fn paths(yaml: &Yaml, problems: &mut Problems) -> Vec<String> {
    let paths = problems.texts(yaml, "`paths`");
    for path in &paths {
        problems.inside(yaml, path, "write paths from the top of the repository, such as `api/**`");
        if path.starts_with('!') || path.contains(['[', ']', '{', '}', '\\']) {
            let fix =
                "write `*` within a folder, `**` across folders and `?` for a letter; list what belongs to the service";
            problems.add(yaml.place, format!("`{path}` is no pattern of paths"), fix);
        }
    }
    paths
}

impl OverridePolicy {
    /// Whether whoever sits at a command line may override: a name that nobody has verified.
    #[must_use]
    pub fn lists_cli(&self) -> bool {
        self.roles.iter().chain(&self.people).any(|name| name == "cli")
    }

    fn parse(yaml: &Yaml, problems: &mut Problems) -> Option<Self> {
        let fields = problems.fields(yaml, "`override`", &["roles", "people", "expires", "per-month"])?;
        let names = |key, problems: &mut Problems| {
            let read = |value: &Yaml| match &value.value {
                Value::List(items) if items.is_empty() => Vec::new(),
                _ => problems.texts(value, &format!("`{key}` of `override`")),
            };
            fields.get(key).map(read).unwrap_or_default()
        };
        let expires = |fields: &Fields<'_>, problems: &mut Problems| {
            fields.get("expires").and_then(|value| problems.duration(value, "`expires` of `override`", Zero::Refused))
        };
        Some(Self {
            roles: names("roles", problems),
            people: names("people", problems),
            expires: expires(&fields, problems),
            per_month: fields.get("per-month").and_then(|value| problems.count(value, "`per-month` of `override`")),
        })
    }
}
