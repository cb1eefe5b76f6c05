//! Reads typed values out of a YAML tree, collecting every problem instead of stopping at the first.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::problem::{Place, Problem};
use super::yaml::{Key, Value, Yaml};
use crate::engine::calendar::{DaySet, TimeOfDay};
use crate::engine::duration;

/// The problems found so far.
#[derive(Debug, Default)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Notes a problem.
    pub fn add(&mut self, place: Place, message: impl Into<String>, fix: impl Into<String>) {
        self.0.push(Problem::new(place, message, fix));
    }

    /// Reads a map whose keys are all among those known.
    pub fn fields<'a>(&mut self, yaml: &'a Yaml, of: &'a str, known: &'static [&'static str]) -> Option<Fields<'a>> {
        let Value::Map(entries) = &yaml.value else {
            let fix = format!("write a map with the keys {}", listed(known));
            self.add(yaml.place, format!("{of} is {}, not a map of keys", yaml.value.describe()), fix);
            return None;
        };
        self.twice(entries);
        for (key, _) in entries {
            if !known.contains(&key.text.as_str()) {
                self.unknown_key(key, of, known);
            }
        }
        Some(Fields { entries, of, place: yaml.place })
    }

    /// Notes keys that stand twice in one map.
    pub fn twice(&mut self, entries: &[(Key, Yaml)]) {
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        for (key, _) in entries {
            if let Some(line) = first.insert(&key.text, key.place.line) {
                self.add(key.place, format!("`{}` stands in line {line} already", key.text), "keep one of the two");
            }
        }
    }

    /// Notes a key that nobody knows, with the nearest that somebody does.
    pub fn unknown_key(&mut self, key: &Key, of: &str, known: &[&str]) {
        let fix = match nearest(&key.text, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "remove it: nothing can be set here".to_owned(),
            None => format!("the keys here are {}", listed(known)),
        };
        self.add(key.place, format!("unknown key `{}` in {of}", key.text), fix);
    }

    /// Reads a text.
    pub fn text(&mut self, yaml: &Yaml, of: &str) -> Option<String> {
        match &yaml.value {
            Value::Text(text) if text.trim().is_empty() => {
                self.add(yaml.place, format!("{of} is empty"), "write something, or leave it out");
                None
            }
            Value::Text(text) => Some(text.clone()),
            Value::Int(number) => Some(number.to_string()),
            other => {
                self.add(
                    yaml.place,
                    format!("{of} is {}, not a text", other.describe()),
                    "write a text, in quotes where it could be read as something else",
                );
                None
            }
        }
    }

    /// Notes a path that leaves the repository.
    pub fn inside(&mut self, yaml: &Yaml, path: &str, fix: &str) {
        if path.starts_with('/') || path.split(['/', '\\']).any(|part| part == "..") {
            self.add(yaml.place, format!("`{path}` leaves the repository"), fix);
        }
    }

    /// Reads one text or a list of texts.
    pub fn texts(&mut self, yaml: &Yaml, of: &str) -> Vec<String> {
        match &yaml.value {
            Value::List(items) => items.iter().filter_map(|item| self.text(item, of)).collect(),
            _ => self.text(yaml, of).into_iter().collect(),
        }
    }

    /// Reads a duration; zero only where it is allowed.
    pub fn duration(&mut self, yaml: &Yaml, of: &str, zero: Zero) -> Option<TimeDelta> {
        let Value::Text(text) = &yaml.value else {
            self.add(
                yaml.place,
                format!("{of} is {}, not a duration", yaml.value.describe()),
                "write a duration with its unit: `90s`, `15m`, `1h 30m`, `2d`",
            );
            return None;
        };
        match duration::parse(text) {
            Ok(length) if length.is_zero() && zero == Zero::Refused => {
                self.add(
                    yaml.place,
                    format!("{of} is zero, which asks for nothing"),
                    "give a duration above zero, or leave it out",
                );
                None
            }
            Ok(length) => Some(length),
            Err(message) => {
                self.add(
                    yaml.place,
                    format!("{of}: {message}"),
                    "durations are positive, largest unit first: `90s`, `15m`, `1h 30m`, `2d`",
                );
                None
            }
        }
    }

    /// Reads a count of at least one.
    pub fn count(&mut self, yaml: &Yaml, of: &str) -> Option<usize> {
        let count = match yaml.value {
            Value::Int(number) if (1..=1_000_000).contains(&number) => usize::try_from(number).ok(),
            _ => None,
        };
        if count.is_none() {
            self.add(
                yaml.place,
                format!("{of} is {}, not a count", yaml.value.describe()),
                "write a whole number from 1 to 1000000",
            );
        }
        count
    }

    /// Reads a time of day.
    pub fn time_of_day(&mut self, yaml: &Yaml, of: &str) -> Option<TimeOfDay> {
        let time = match &yaml.value {
            Value::Text(text) => TimeOfDay::parse(text),
            _ => None,
        };
        if time.is_none() {
            self.add(
                yaml.place,
                format!("{of} is {}, not a time of day", yaml.value.describe()),
                "write it as \"09:00\", with two digits each and in quotes; \"24:00\" is the end of the day",
            );
        }
        time
    }

    /// Reads days of the week: one, a range, or a list of both.
    pub fn days(&mut self, yaml: &Yaml, of: &str) -> Option<DaySet> {
        let mut days = DaySet::NONE;
        let names = self.texts(yaml, of);
        for name in &names {
            if !days.add(name) {
                self.add(
                    yaml.place,
                    format!("{of}: `{name}` is not a day"),
                    "write mon, tue, wed, thu, fri, sat, sun, or a range such as mon-fri",
                );
                return None;
            }
        }
        if days == DaySet::NONE {
            self.add(yaml.place, format!("{of} names no day"), "name at least one, or leave `days` out for every day");
            return None;
        }
        Some(days)
    }
}

/// Whether a duration may be zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zero {
    Allowed,
    Refused,
}

/// The entries of a map whose keys are known.
pub struct Fields<'a> {
    entries: &'a [(Key, Yaml)],
    of: &'a str,
    pub place: Place,
}

impl<'a> Fields<'a> {
    /// The value of a key, where it is there.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'a Yaml> {
        self.entries.iter().find(|(known, _)| known.text == key).map(|(_, value)| value)
    }

    /// The value of a key that must be there.
    pub fn need(&self, problems: &mut Problems, key: &str) -> Option<&'a Yaml> {
        let value = self.get(key);
        if value.is_none() {
            problems.add(self.place, format!("{} lacks `{key}`", self.of), format!("add `{key}: …`"));
        }
        value
    }

    /// The name of a field, for messages.
    #[must_use]
    pub fn name(&self, key: &str) -> String {
        format!("`{key}` of {}", self.of)
    }

    /// Reads a duration that must be there and above zero.
    pub fn duration(&self, problems: &mut Problems, key: &str) -> Option<TimeDelta> {
        let value = self.need(problems, key)?;
        problems.duration(value, &self.name(key), Zero::Refused)
    }

    /// Reads a count that must be there.
    pub fn count(&self, problems: &mut Problems, key: &str) -> Option<usize> {
        let value = self.need(problems, key)?;
        problems.count(value, &self.name(key))
    }
}

fn listed(known: &[&str]) -> String {
    known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

/// The known word that a mistyped one most likely stands for.
#[must_use]
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let near = known.iter().map(|candidate| (edits(word, candidate), *candidate)).min()?;
    (near.0 <= word.chars().count().div_ceil(3)).then_some(near.1)
}

/// The edit distance of two words (Levenshtein), of which only the first 64 letters count.
fn edits(one: &str, two: &str) -> usize {
    let two: Vec<char> = two.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (index, letter) in one.chars().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], index + 1);
        for (column, other) in two.iter().enumerate() {
            let substitution = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = substitution.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[two.len()]
}
