//! Which rule a directive is, or why it is none: advice, unbound, or judged by commits.

use chrono_tz::Tz;
use serde_json::{Map, Value as Json};

use super::directive::{Directive, Kind, Object, Polarity};
use super::words::quoted;
use crate::engine::decision::{Level, Source};
use crate::engine::policy::binding::{Binding, RAPID_FIRE, rule_of};
use crate::engine::policy::problem::Place;
use crate::engine::policy::reader::Problems;
use crate::engine::policy::yaml::Yaml;
use crate::engine::policy::{EnvironmentPolicy, RuleEntry, Trigger};
use crate::engine::rules::governance::Governance;
use crate::engine::rules::{Rule, RuleId};

/// A directive as a rule.
#[derive(Clone, Debug)]
pub struct Mapped {
    pub rule: Rule,
    pub numbers: Numbers,
    /// Why it cannot be adopted: it holds for a part of what the gate sees only.
    pub limit: Option<String>,
}

/// Who named the numbers of a directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// The text itself.
    Text,
    /// The policy, since the text names none.
    Policy,
}

/// Why a directive is no rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmapped {
    /// Commits are judged by it, not deploys.
    Commits,
    /// It lacks something that the policy can give.
    Unbound(String),
    /// Nobody can check it.
    Advice(String),
}

/// The key under which a directive names the zone of its own local times.
const TIMEZONE: &str = "timezone";

/// The branches that a default branch is called by.
const TRUNKS: [&str; 5] = ["main", "master", "trunk", "default", "production"];

/// Those to whom a governance file speaks anyway.
const READERS: [&str; 8] = ["agent", "agents", "ai", "claude", "assistant", "assistants", "bot", "bots"];

/// Whether commits are judged by directives of a kind, rather than deploys.
#[must_use]
pub const fn is_about_commits(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::CommitFormat
            | Kind::Trailers
            | Kind::CiSkip
            | Kind::DirectPush
            | Kind::BaseBranch
            | Kind::ChangeSize
            | Kind::Secrets
            | Kind::Migration
            | Kind::Release
    )
}

/// Maps a directive to its rule, in the local time and with the bindings of a policy.
///
/// # Errors
///
/// Says why the directive is no rule.
pub fn map(directive: &Directive, policy: &EnvironmentPolicy, settings: &Governance) -> Result<Mapped, Unmapped> {
    if is_about_commits(directive.kind) {
        return Err(about_commits(directive, settings));
    }
    if let Some(reason) = beyond_any_gate(directive) {
        return Err(Unmapped::Advice(reason));
    }
    let own = directive.bound.then(|| {
        let params = own_params(directive, policy.trigger)?;
        Ok((build(params.clone(), policy.timezone)?, params))
    });
    // Numbers of its own go before a binding, unless no rule counts that way ("per session") and its id is bound.
    let by_id = || settings.bind.iter().find(|binding| binding.to == directive.id);
    let bound = match own {
        Some(Ok(own)) => return mapped(directive, own, Numbers::Text),
        Some(Err(why)) => by_id().ok_or(why)?,
        None => binding(directive, settings).ok_or_else(|| unbound(directive))?,
    };
    let rule = build(bound.params.clone(), policy.timezone)?;
    mapped(directive, (rule, bound.params.clone()), Numbers::Policy)
}

fn mapped(
    directive: &Directive,
    (rule, params): (Rule, Map<String, Json>),
    numbers: Numbers,
) -> Result<Mapped, Unmapped> {
    let against = (directive.polarity == Polarity::MustNot) != demands_each(directive);
    let inverts = directive.kind == Kind::Batching && against && params.contains_key("min-commits");
    if inverts {
        return Err(Unmapped::Advice("it forbids batching, which no rule demands".to_owned()));
    }
    Ok(Mapped { rule, numbers, limit: limit(directive) })
}

/// Whether what a directive asks for or forbids is an act for each change: the opposite of batches.
#[must_use]
pub fn demands_each(directive: &Directive) -> bool {
    directive.kind == Kind::Batching && directive.params.contains_key("per")
}

/// The rule that a directive's own numbers make, wherever it applies; local times without a zone are UTC.
#[must_use]
pub fn own_rule(directive: &Directive) -> Option<Rule> {
    let landing = Some(Trigger::Push);
    let params = directive.bound.then(|| own_params(directive, landing).ok())??;
    build(params, Some(Tz::UTC)).ok()
}

/// Whose binding gives an unbound directive its numbers.
#[must_use]
pub fn binding<'a>(directive: &Directive, settings: &'a Governance) -> Option<&'a Binding> {
    let named = |name: &str| settings.bind.iter().find(|binding| binding.to == name);
    if let Some(binding) = named(&directive.id) {
        return Some(binding);
    }
    let cadence = matches!(directive.kind, Kind::DeployFrequency | Kind::DeployInterval);
    // "Push after each commit" asks for more, and a limit would be its opposite: only its id binds it.
    if cadence && directive.polarity == Polarity::Must && directive.kind == Kind::DeployFrequency {
        return None;
    }
    let of_pushes = matches!(directive.object, Object::Push | Object::Merge);
    let rapid = cadence && (of_pushes || directive.text.to_lowercase().contains("rapid"));
    rapid.then(|| named(RAPID_FIRE)).flatten().or_else(|| named(directive.kind.name()))
}

/// A directive as an entry of a policy, citing its own line.
#[must_use]
pub fn entry(directive: &Directive, rule: Rule, level: Level) -> RuleEntry {
    RuleEntry::new(rule, level, source(directive), Some(quoted(&directive.text)))
}

/// Where a directive stands, as findings cite it.
#[must_use]
pub fn source(directive: &Directive) -> Source {
    Source { file: directive.place.file.clone(), line: directive.place.line }
}

fn about_commits(directive: &Directive, settings: &Governance) -> Unmapped {
    match (directive.bound, directive.kind) {
        (true, _) => Unmapped::Commits,
        (false, Kind::ChangeSize) if binding(directive, settings).is_some() => Unmapped::Commits,
        (false, Kind::ChangeSize) => unbound(directive),
        (false, _) => Unmapped::Advice("it says too little for commits to be judged by it".to_owned()),
    }
}

/// Why nobody but a person can check a directive of a kind; what is bound to a rule's keys can be.
fn beyond_any_gate(directive: &Directive) -> Option<String> {
    let why = match directive.kind {
        Kind::ForcePush => "git keeps no trace of a force push; protect the branch at the host",
        Kind::HooksBypass => "a skipped hook leaves no trace; run the hooks again in CI",
        Kind::ApprovalBefore => "only the people asked know whether they were",
        Kind::DeployPath => "how a deploy was made is not recorded",
        Kind::ChecksBefore if directive.params.contains_key("contexts") => return None,
        Kind::ChecksBefore => "whether it was done before is not recorded; `required-checks` judges what CI reports",
        _ => return None,
    };
    Some(why.to_owned())
}

fn unbound(directive: &Directive) -> Unmapped {
    let of_pushes = matches!(directive.object, Object::Push | Object::Merge);
    let (name, keys) = match directive.kind {
        Kind::DeployFrequency if directive.polarity == Polarity::Must => (directive.id.as_str(), "deploys: …, per: …"),
        Kind::DeployFrequency if of_pushes => (RAPID_FIRE, "pushes: …, per: …"),
        Kind::DeployFrequency => ("deploy-frequency", "deploys: …, per: …"),
        Kind::DeployInterval => ("deploy-interval", "since-start: …"),
        Kind::DeployWindow => ("deploy-window", "days: …, from: …, to: …"),
        Kind::Batching => ("batching", "min-commits: …, max-wait: …"),
        Kind::FixChain => ("fix-chain", "fixes: …, within: …"),
        _ => ("change-size", "max-lines: …"),
    };
    Unmapped::Unbound(format!("it names no number; bind it in the policy: `bind: {{{name}: {{{keys}}}}}`"))
}

/// The parameters that the text names, as the keys of a rule that judges what it speaks of.
fn own_params(directive: &Directive, trigger: Option<Trigger>) -> Result<Map<String, Json>, Unmapped> {
    let mut params = directive.params.clone();
    let of_landings = matches!(directive.object, Object::Push | Object::Merge);
    let judged =
        matches!(directive.object, Object::Deploy | Object::Release) || (of_landings && trigger == Some(Trigger::Push));
    match directive.kind {
        // So long between two pushes is one push per so long.
        Kind::DeployInterval if of_landings && params.contains_key("since-start") => {
            let length = params.remove("since-start").unwrap_or_default();
            params.insert("pushes".to_owned(), 1.into());
            params.insert("per".to_owned(), length);
        }
        Kind::DeployInterval | Kind::DeployWindow | Kind::Batching if !judged => {
            let why = match of_landings {
                true => "the gate judges deploys; where landing deploys, say `trigger: push`",
                false => "the gate judges deploys, and it speaks of something else",
            };
            return Err(Unmapped::Advice(why.to_owned()));
        }
        Kind::DeployWindow => fill_day(&mut params),
        _ => {}
    }
    Ok(params)
}

/// Days without hours are whole days; an hour alone bounds one side of its day.
fn fill_day(params: &mut Map<String, Json>) {
    let is_date = |key: &str| params.get(key).and_then(Json::as_str).is_some_and(|text| text.len() > 8);
    if is_date("from") || is_date("to") {
        return;
    }
    params.entry("from").or_insert_with(|| "00:00".into());
    params.entry("to").or_insert_with(|| "24:00".into());
}

fn build(mut params: Map<String, Json>, zone: Option<Tz>) -> Result<Rule, Unmapped> {
    let named = params.remove(TIMEZONE);
    let own_zone = match named.as_ref().map(|name| name.as_str().unwrap_or_default()) {
        None => zone,
        Some(name) => match name.parse() {
            Ok(zone) => Some(zone),
            Err(_) => return Err(Unmapped::Unbound(format!("`{name}` is no IANA time zone"))),
        },
    };
    let mut problems = Problems::default();
    let Some(mut rule) = rule_of(&Yaml::of(&Json::Object(params), Place::START), &mut problems) else {
        let said = problems.0.first().map_or("no rule has these keys", |problem| problem.message.as_str());
        return Err(Unmapped::Advice(format!("no rule of the gate says the same: {said}")));
    };
    if let Some(bound) = rule.zone() {
        if own_zone.is_none() {
            let why = "it speaks of local time, and neither it nor the policy names a time zone: add `timezone: …`";
            return Err(Unmapped::Unbound(why.to_owned()));
        }
        *bound = own_zone;
    }
    Ok(rule)
}

/// What the gate cannot see of a directive's scope.
fn limit(directive: &Directive) -> Option<String> {
    let scope = &directive.scope;
    let is_trunk = |branch: &String| TRUNKS.contains(&branch.to_lowercase().as_str());
    let is_reader = |actor: &String| READERS.contains(&actor.to_lowercase().as_str());
    let limits = [
        ("condition", scope.condition.as_ref()),
        ("service", scope.service.as_ref()),
        ("path", scope.path.as_ref()),
        ("branch", scope.branch.as_ref().filter(|branch| !is_trunk(branch))),
        ("actor", scope.actor.as_ref().filter(|actor| !is_reader(actor))),
    ];
    let (name, limit) = limits.into_iter().find_map(|(name, limit)| limit.map(|limit| (name, limit)))?;
    Some(format!("it holds for one {name} only ({limit}), which the gate does not tell apart"))
}

/// Whether a directive speaks of an environment: of none in particular, or of this one.
#[must_use]
pub fn speaks_of(directive: &Directive, environment: &str) -> bool {
    let long = |name: &str| match name.to_lowercase().as_str() {
        "prod" | "live" => "production".to_owned(),
        "stage" => "staging".to_owned(),
        "dev" => "development".to_owned(),
        other => other.to_owned(),
    };
    let scope = directive.scope.environment.as_deref();
    // "Soak a day in staging" speaks of staging, and holds for what comes after it.
    let is_trial = |named: &str| directive.params.get("in").and_then(Json::as_str) == Some(named);
    scope.is_none_or(|named| is_trial(named) || long(named) == long(environment))
}

/// The rules that two rules must be alike in to be compared number by number.
#[must_use]
pub fn same_subject(one: &Rule, two: &Rule) -> bool {
    // Two freezes are two times of the year: one does not stand for the other.
    one.id() == two.id() && one.id() != RuleId::Freeze
}
