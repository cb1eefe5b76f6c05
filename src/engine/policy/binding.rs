//! Numbers for directives that name none, and which rule the numbers of a directive make.

use serde_json::{Map, Value as Json};

use super::problem::Place;
use super::reader::{Fields, Problems, nearest};
use super::yaml::{Key, Value, Yaml};
use crate::engine::rules::{Rule, RuleId};
use crate::governance::directive::Kind;

/// The numbers of a directive that names none.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// `rapid-fire`, the name of a kind, or the id of a directive.
    pub to: String,
    /// The keys of the rule that it becomes.
    pub params: Map<String, Json>,
}

/// The binding of "avoid rapid-fire pushes".
pub const RAPID_FIRE: &str = "rapid-fire";

/// The keys that tell which rule parameters belong to; the first that is there decides.
const TELLING: [(&str, RuleId); 16] = [
    ("deploys", RuleId::MaxFrequency),
    ("pushes", RuleId::PushFrequency),
    ("since-start", RuleId::MinInterval),
    ("after-finish", RuleId::MinInterval),
    ("min-commits", RuleId::BatchSize),
    ("max-commits", RuleId::BatchSize),
    ("max-wait", RuleId::BatchSize),
    ("fixes", RuleId::FixChain),
    ("within", RuleId::FixChain),
    ("in", RuleId::SoakTime),
    ("for", RuleId::SoakTime),
    ("contexts", RuleId::RequiredChecks),
    ("freeze", RuleId::Freeze),
    ("days", RuleId::DeploymentWindow),
    ("from", RuleId::DeploymentWindow),
    ("to", RuleId::DeploymentWindow),
];

/// The keys of a change's size, which no rule of the gate judges: commits are.
const SIZE: &[&str] = &["max-lines", "max-files", "max-commits"];

/// The rule that parameters of a directive belong to, by their keys; `freeze: true` tells a freeze from a window.
#[must_use]
pub fn rule_by_keys(params: &Map<String, Json>) -> Option<RuleId> {
    TELLING.into_iter().find(|(key, _)| params.contains_key(*key)).map(|(_, rule)| rule)
}

/// The rules that a kind may become.
#[must_use]
pub const fn rules_of(kind: Kind) -> &'static [RuleId] {
    match kind {
        Kind::DeployFrequency => &[RuleId::MaxFrequency, RuleId::PushFrequency],
        Kind::DeployInterval => &[RuleId::MinInterval, RuleId::PushFrequency, RuleId::SoakTime],
        Kind::DeployWindow => &[RuleId::DeploymentWindow, RuleId::Freeze],
        Kind::Batching => &[RuleId::BatchSize],
        Kind::FixChain => &[RuleId::FixChain],
        Kind::ChecksBefore => &[RuleId::RequiredChecks],
        _ => &[],
    }
}

/// Makes a rule of the parameters of a directive: the same code as a written rule's.
pub fn rule_of(params: &Yaml, problems: &mut Problems) -> Option<Rule> {
    let Json::Object(keys) = params.json() else {
        problems.add(params.place, "a binding is no map of keys", "write the keys of a rule: `{pushes: 3, per: 1h}`");
        return None;
    };
    let Some(rule) = rule_by_keys(&keys) else {
        let names: Vec<String> = TELLING.iter().map(|(key, _)| format!("`{key}`")).collect();
        let fix = format!("write the keys of the rule that it becomes, one of {} among them", names.join(", "));
        problems.add(params.place, "no rule has these keys", fix);
        return None;
    };
    rule.parse(&without(params, "freeze"), problems)
}

/// A map without one of its keys.
fn without(yaml: &Yaml, dropped: &str) -> Yaml {
    let Value::Map(entries) = &yaml.value else { return yaml.clone() };
    let kept = entries.iter().filter(|(key, _)| key.text != dropped).cloned().collect();
    Yaml { value: Value::Map(kept), place: yaml.place }
}

impl Binding {
    /// Whether it binds the same no less strictly.
    #[must_use]
    pub fn at_least_as_strict(&self, other: &Self) -> bool {
        let rule = |params: &Map<String, Json>| {
            rule_of(&Yaml::of(&Json::Object(params.clone()), Place::START), &mut Problems::default())
        };
        let stricter =
            || rule(&self.params).zip(rule(&other.params)).is_some_and(|(one, two)| one.at_least_as_strict(&two));
        self.to == other.to && (self.params == other.params || stricter())
    }
}

/// Notes a name that is neither a kind, nor one of those added, nor an id: an id has a digit, and no name has one.
pub fn kind_or_id(key: &Key, of: &str, more: &[&str], problems: &mut Problems) {
    let mut known: Vec<&str> = Kind::ALL.iter().map(|(name, _)| *name).collect();
    known.extend(more);
    if known.contains(&key.text.as_str()) || key.text.bytes().any(|byte| byte.is_ascii_digit()) {
        return;
    }
    let fix = match nearest(&key.text, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write an id, as `deploy-rhythm governance` prints it, or one of {}", known.join(", ")),
    };
    problems.add(key.place, format!("{of}: `{}` is neither a kind nor an id of a directive", key.text), fix);
}

/// Reads `{NAME: PARAMS, …}`, each name `rapid-fire`, a kind or an id.
pub fn bindings(yaml: &Yaml, problems: &mut Problems) -> Vec<Binding> {
    let Value::Map(entries) = &yaml.value else {
        let fix = "write a map: `{rapid-fire: {pushes: 3, per: 1h}}`";
        problems.add(yaml.place, format!("`bind` of governance is {}", yaml.value.describe()), fix);
        return Vec::new();
    };
    for (key, params) in entries {
        kind_or_id(key, "`bind` of governance", &[RAPID_FIRE], problems);
        check_binding(key, params, problems);
    }
    let params = |value: &Yaml| value.json().as_object().cloned().unwrap_or_default();
    entries.iter().map(|(key, value)| Binding { to: key.text.clone(), params: params(value) }).collect()
}

/// Reads a binding as the rule that it becomes, so that every error has its place.
fn check_binding(key: &Key, params: &Yaml, problems: &mut Problems) {
    let of = format!("the binding of `{}`", key.text);
    let kind = Kind::named(&key.text);
    if kind == Some(Kind::ChangeSize) {
        if let Some(fields) = problems.fields(params, &of, SIZE) {
            check_size(&fields, problems);
        }
        return;
    }
    let allowed = match kind {
        _ if key.text == RAPID_FIRE => &[RuleId::PushFrequency, RuleId::MaxFrequency, RuleId::MinInterval][..],
        Some(kind) if rules_of(kind).is_empty() => {
            let message = format!("`{kind}` has no numbers that a policy could bind");
            problems.add(key.place, message, "leave it out: its directives are judged by what they say");
            return;
        }
        Some(kind) => rules_of(kind),
        None => &RuleId::ALL,
    };
    let Some(rule) = rule_of(params, problems) else { return };
    if !allowed.contains(&rule.id()) {
        let names: Vec<&str> = allowed.iter().map(|rule| rule.name()).collect();
        let message = format!("{of} has the keys of `{}`", rule.id().name());
        problems.add(params.place, message, format!("write the keys of {}", names.join(" or ")));
    }
}

fn check_size(fields: &Fields<'_>, problems: &mut Problems) {
    for key in SIZE {
        if fields.get(key).is_some() {
            fields.count(problems, key);
        }
    }
}
