//! `governance`: the repository's governance file is there, intact and honoured.

use chrono::NaiveDate;
use serde_json::{Value as Json, json};

use super::{Check, Explanation, map_schema, not_known};
use crate::engine::decision::{Evidence, Gate, Source};
use crate::engine::event::Instant;
use crate::engine::facts::{Facts, OutsideFinding};
use crate::engine::policy::binding::{Binding, bindings, kind_or_id};
use crate::engine::policy::reader::Problems;
use crate::engine::policy::yaml::{Key, Value, Yaml};
use crate::engine::rules::storage_topology::Severity;

/// The governance file is honoured; with what is to be made of its directives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Governance {
    /// Files that are read beside those that every agent reads.
    pub files: Vec<String>,
    /// Kinds or ids of directives that must be there.
    pub require: Vec<String>,
    /// Whether bound directives are rules themselves.
    pub adopt: bool,
    pub on_weakening: OnWeakening,
    /// Numbers for directives that name none.
    pub bind: Vec<Binding>,
    /// Directives that are let off for a time.
    pub waive: Vec<Waiver>,
}

/// What becomes of a change that removes or weakens a directive; the mildest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnWeakening {
    Advise,
    #[default]
    Hold,
    Reject,
}

impl OnWeakening {
    const ALL: [(&'static str, Self); 3] = [("reject", Self::Reject), ("hold", Self::Hold), ("advise", Self::Advise)];
}

/// A directive that is let off until the end of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// The id of the directive.
    pub directive: String,
    pub because: String,
    /// The last day on which it holds.
    pub until: NaiveDate,
    /// Where it stands, where that is not the policy.
    pub source: Option<Source>,
}

impl Governance {
    const KEYS: &[&str] = &["files", "require", "adopt", "on-weakening", "bind", "waive"];

    /// Reads `{files, require, adopt, on-weakening, bind, waive}`, all optional.
    pub fn parse(yaml: &Yaml, problems: &mut Problems) -> Option<Self> {
        if matches!(yaml.value, Value::Null) {
            return Some(Self::default());
        }
        let before = problems.0.len();
        let fields = problems.fields(yaml, "governance", Self::KEYS)?;
        let texts = |key, problems: &mut Problems| {
            fields.get(key).map(|value| problems.texts(value, &fields.name(key))).unwrap_or_default()
        };
        let settings = Self {
            files: fields.get("files").map(|value| files(value, problems)).unwrap_or_default(),
            require: texts("require", problems),
            adopt: fields.get("adopt").is_some_and(|value| adopt(value, problems)),
            on_weakening: fields.get("on-weakening").map_or(OnWeakening::Hold, |value| on_weakening(value, problems)),
            bind: fields.get("bind").map(|value| bindings(value, problems)).unwrap_or_default(),
            waive: fields.get("waive").map(|value| waivers(value, problems)).unwrap_or_default(),
        };
        for name in &settings.require {
            let place = fields.get("require").map_or(fields.place, |value| value.place);
            kind_or_id(&Key { text: name.clone(), place }, "`require` of governance", &[], problems);
        }
        (problems.0.len() == before).then_some(settings)
    }

    /// This rule and another together: what either asks, and no more let off than both let off.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        let both = |one: &mut Vec<String>, two: Vec<String>| {
            one.extend(two);
            one.sort();
            one.dedup();
        };
        both(&mut self.files, other.files);
        both(&mut self.require, other.require);
        self.adopt |= other.adopt;
        self.on_weakening = self.on_weakening.max(other.on_weakening);
        // What is written last stands first where a directive is bound twice.
        self.bind.splice(0..0, other.bind);
        self.waive.retain_mut(|waiver| {
            let same = other.waive.iter().filter(|two| two.directive == waiver.directive).map(|two| two.until).max();
            same.is_some_and(|until| {
                waiver.until = waiver.until.min(until);
                true
            })
        });
        self
    }

    /// Whether all that it lets go, the other lets go too: it reads, requires and binds no less, and waives no more.
    pub(super) fn at_least_as_strict(&self, other: &Self) -> bool {
        other.files.iter().all(|file| self.files.contains(file))
            && other.require.iter().all(|name| self.require.contains(name))
            && self.adopt >= other.adopt
            && self.on_weakening >= other.on_weakening
            && other.bind.iter().all(|two| self.bind.iter().any(|one| one.at_least_as_strict(two)))
            && self
                .waive
                .iter()
                .all(|one| other.waive.iter().any(|two| one.directive == two.directive && one.until <= two.until))
    }

    /// Its parameters, as they are read.
    pub(super) fn parameters(&self) -> Json {
        let name = OnWeakening::ALL.into_iter().find(|(_, known)| *known == self.on_weakening).map(|(name, _)| name);
        let bind = self.bind.iter().map(|binding| (binding.to.clone(), Json::Object(binding.params.clone())));
        let waive = self.waive.iter().map(|waiver| {
            json!({"directive": waiver.directive, "because": waiver.because, "until": waiver.until.to_string()})
        });
        json!({
            "files": self.files,
            "require": self.require,
            "adopt": self.adopt,
            "on-weakening": name,
            "bind": Json::Object(bind.collect()),
            "waive": waive.collect::<Vec<Json>>(),
        })
    }

    /// The JSON Schema of its parameters.
    #[must_use]
    pub fn schema() -> Json {
        let texts = |description: &str| {
            let list = json!({"type": "array", "items": {"type": "string"}});
            json!({"oneOf": [{"type": "string"}, list], "description": description})
        };
        let waiver = json!({
            "directive": {"type": "string", "description": "its id, as `deploy-rhythm governance` prints it"},
            "because": {"type": "string"},
            "until": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "description": "the last day"},
        });
        let properties = json!({
            "files": texts("files read beside CLAUDE.md, AGENTS.md and their like"),
            "require": texts("kinds or ids of directives that must be there"),
            "adopt": {"type": "boolean", "description": "bound directives are rules themselves"},
            "on-weakening": {"enum": ["reject", "hold", "advise"], "description": "what becomes of a change that weakens a directive; hold unless said"},
            "bind": {"type": "object", "additionalProperties": {"type": "object", "minProperties": 1}, "description": "numbers for directives that name none: rapid-fire, a kind or an id, with the keys of a rule"},
            "waive": {"type": "array", "items": map_schema(&["directive", "because", "until"], &waiver)},
        });
        json!({"oneOf": [{"type": "null"}, map_schema(&[], &properties)]})
    }
}

fn files(yaml: &Yaml, problems: &mut Problems) -> Vec<String> {
    let files = problems.texts(yaml, "`files` of governance");
    for file in &files {
        if file.starts_with('/') || file.split(['/', '\\']).any(|part| part == "..") {
            let fix = "write paths from the top of the repository, such as `docs/deploy.md`";
            problems.add(yaml.place, format!("`{file}` leaves the repository"), fix);
        }
    }
    files
}

fn adopt(yaml: &Yaml, problems: &mut Problems) -> bool {
    if let Value::Bool(adopt) = yaml.value {
        return adopt;
    }
    problems.add(yaml.place, format!("`adopt` of governance is {}", yaml.value.describe()), "write `true` or `false`");
    false
}

fn on_weakening(yaml: &Yaml, problems: &mut Problems) -> OnWeakening {
    let text = problems.text(yaml, "`on-weakening` of governance").unwrap_or_default();
    let found = OnWeakening::ALL.into_iter().find(|(name, _)| *name == text);
    if found.is_none() && !text.is_empty() {
        problems.add(yaml.place, format!("`on-weakening` is `{text}`"), "write reject, hold or advise");
    }
    found.map(|(_, known)| known).unwrap_or_default()
}

fn waivers(yaml: &Yaml, problems: &mut Problems) -> Vec<Waiver> {
    let Value::List(items) = &yaml.value else {
        let fix = "write a list: `- {directive: ID, because: \"…\", until: 2027-01-31}`";
        problems.add(yaml.place, format!("`waive` of governance is {}", yaml.value.describe()), fix);
        return Vec::new();
    };
    items.iter().filter_map(|item| waiver(item, problems)).collect()
}

fn waiver(yaml: &Yaml, problems: &mut Problems) -> Option<Waiver> {
    let fields = problems.fields(yaml, "a waiver", &["directive", "because", "until"])?;
    let mut text = |key| fields.need(problems, key).and_then(|value| problems.text(value, &fields.name(key)));
    let (directive, because, until) = (text("directive"), text("because"), text("until"));
    let (directive, because, until) = (directive?, because?, until?);
    let Some(until) = day(&until) else {
        let place = fields.get("until").map_or(fields.place, |value| value.place);
        problems.add(place, format!("`until` is `{until}`, not a date"), "write a date such as 2027-01-31");
        return None;
    };
    Some(Waiver { directive, because, until, source: None })
}

/// Reads a date, written `2027-01-31`.
#[must_use]
pub fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|day| day.to_string() == text)
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
            Ok(findings) => match findings.iter().map(|finding| finding.level).max() {
                // What is low is said, and blocks nothing: a guess, a preference, what has landed already.
                None | Some(Severity::Low) => Gate::Open,
                Some(Severity::Medium) => Gate::Shut,
                Some(Severity::High | Severity::Critical) => Gate::Reject,
            },
        }
    }

    fn explain(&self, facts: &Facts, _at: Instant, gate: Gate) -> Explanation {
        let findings = match &facts.governance {
            Ok(findings) => findings,
            Err(missing) => return not_known(missing),
        };
        let mut findings: Vec<&OutsideFinding> = findings.iter().collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
        let blocking = findings.iter().filter(|finding| finding.level > Severity::Low).count();
        let remedy = match gate {
            Gate::Reject => Some(
                "mend what is named; a directive is let off by a waiver with a reason and an end, landed on the default branch by a change of its own",
            ),
            Gate::Shut => Some(
                "take back what weakens the governance file or the policy, or land it by a review of those whom the policy names",
            ),
            _ => None,
        };
        Explanation {
            message: match (blocking, findings.len()) {
                (0, 0) => "the governance file is honoured".to_owned(),
                (0, advice) => format!("the governance file is honoured, with {}", super::counted(advice, "remark")),
                (count, _) => format!("{} against the governance file", super::counted(count, "finding")),
            },
            remedy: remedy.map(str::to_owned),
            evidence: shown(&findings),
        }
    }

    fn asks(&self) -> String {
        "the governance file is there, intact and honoured".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{Governance, OnWeakening};
    use crate::engine::policy::reader::Problems;
    use crate::engine::policy::yaml;

    fn read(text: &str) -> (Option<Governance>, Vec<String>) {
        let mut problems = Problems::default();
        let settings = yaml::parse(text.as_bytes()).map(|yaml| Governance::parse(&yaml, &mut problems));
        let said = problems.0.iter().map(|problem| {
            format!("{}:{} {} → {}", problem.place.line, problem.place.column, problem.message, problem.fix)
        });
        (settings.expect("YAML"), said.collect())
    }

    #[test]
    fn reads_every_key_and_writes_what_it_reads() {
        let (settings, problems) = read(
            "files: [docs/deploy.md]\nrequire: [deploy-frequency, secrets-1f]\nadopt: true\non-weakening: reject\n\
             bind: {rapid-fire: {pushes: 3, per: 1h}, deploy-window: {freeze: true, days: fri, from: \"15:00\", to: \"24:00\"}, change-size: {max-lines: 400}}\n\
             waive: [{directive: secrets-1f, because: moving, until: 2027-01-31}]\n",
        );
        assert_eq!(problems, [""; 0]);
        let settings = settings.expect("settings");
        assert!(settings.adopt && settings.on_weakening == OnWeakening::Reject && settings.bind.len() == 3);
        assert_eq!(settings.waive[0].until.to_string(), "2027-01-31");
        let (again, _) = read(&settings.parameters().to_string());
        assert_eq!(again, Some(settings));
        assert_eq!(read("{}").0, Some(Governance::default()));
    }

    #[test]
    fn says_what_is_wrong_where_and_what_to_write() {
        let cases = [
            ("adpot: true", "1:1 unknown key `adpot` in governance → did you mean `adopt`?"),
            ("adopt: yes please", "1:8 `adopt` of governance is the text `yes please` → write `true` or `false`"),
            (
                "files: ../x.md",
                "1:8 `../x.md` leaves the repository → write paths from the top of the repository, such as `docs/deploy.md`",
            ),
            ("on-weakening: shout", "1:15 `on-weakening` is `shout` → write reject, hold or advise"),
            (
                "require: [deploy-frequence]",
                "1:10 `require` of governance: `deploy-frequence` is neither a kind nor an id of a directive → did you mean `deploy-frequency`?",
            ),
            (
                "bind: {batchng: {min-commits: 2}}",
                "1:8 `bind` of governance: `batchng` is neither a kind nor an id of a directive → did you mean `batching`?",
            ),
            (
                "bind: {batching: {pushes: 2, per: 1h}}",
                "1:18 the binding of `batching` has the keys of `push-frequency` → write the keys of batch-size",
            ),
            (
                "bind: {rapid-fire: {pushes: 2, per: soon}}",
                "1:37 `per` of push-frequency: `soon` is not a duration: write `90s`, `15m`, `1h 30m` or `2d` → durations are positive, largest unit first: `90s`, `15m`, `1h 30m`, `2d`",
            ),
            (
                "bind: {trailers: {forbid: x}}",
                "1:8 `trailers` has no numbers that a policy could bind → leave it out: its directives are judged by what they say",
            ),
            (
                "waive: [{directive: a1, because: b, until: soon}]",
                "1:44 `until` is `soon`, not a date → write a date such as 2027-01-31",
            ),
            ("waive: [{directive: a1, until: 2027-01-31}]", "1:9 a waiver lacks `because` → add `because: …`"),
        ];
        for (text, expected) in cases {
            let (settings, problems) = read(text);
            assert!(settings.is_none() || text.starts_with("waive"), "{text}");
            assert_eq!(problems, [expected], "{text}");
        }
    }
}
