//! The lock: what was understood, written down, so that a change of the prose shows as a change of the rules.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::directive::Directive;
use super::words::change;

/// The version of the format.
const VERSION: u32 = 1;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    version: u32,
    directives: Vec<Locked>,
}

/// One directive as it was understood; not its line, which moves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Locked {
    id: String,
    file: String,
    kind: String,
    object: String,
    polarity: String,
    bound: bool,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    params: Map<String, Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exception: Option<String>,
}

impl Locked {
    fn of(directive: &Directive) -> Self {
        let mut params = directive.params.clone();
        params.sort_keys();
        Self {
            id: directive.id.clone(),
            file: directive.place.file.clone(),
            kind: directive.kind.name().to_owned(),
            object: directive.object.name().to_owned(),
            polarity: directive.polarity.name().to_owned(),
            bound: directive.bound,
            params,
            exception: directive.exception.clone(),
        }
    }

    /// What a directive now says that the lock does not.
    fn change(&self, now: &Self) -> String {
        let mut parts = Vec::new();
        if self.params != now.params {
            parts.push(change(&self.params, &now.params));
        }
        if self.bound != now.bound {
            parts.push(if now.bound { "now bound" } else { "no longer bound" }.to_owned());
        }
        if self.exception != now.exception {
            let show = |exception: &Option<String>| exception.clone().unwrap_or_else(|| "none".to_owned());
            parts.push(format!("exception {} -> {}", show(&self.exception), show(&now.exception)));
        }
        if self.polarity != now.polarity {
            parts.push(format!("{} -> {}", self.polarity, now.polarity));
        }
        if (&self.kind, &self.object) != (&now.kind, &now.object) {
            parts.push(format!("{} of a {} -> {} of a {}", self.kind, self.object, now.kind, now.object));
        }
        parts.join("; ")
    }
}

/// How prose and lock differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The lock lacks it.
    Added,
    /// The prose lacks it.
    Removed,
    /// They say different things.
    Changed,
    /// It stands in another file.
    Moved,
}

/// One directive on which prose and lock differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub change: Change,
    pub id: String,
    /// Where the prose has it, else where the lock has it.
    pub file: String,
    pub words: String,
}

/// Writes the lock of directives: JSON, the same whatever their order and lines.
#[must_use]
pub fn lock(directives: &[Directive]) -> String {
    let lock = Lock { version: VERSION, directives: sorted(directives) };
    serde_json::to_string_pretty(&lock).map(|text| text + "\n").unwrap_or_default()
}

fn sorted(directives: &[Directive]) -> Vec<Locked> {
    let mut locked: Vec<Locked> = directives.iter().map(Locked::of).collect();
    locked.sort_by_cached_key(|one| (one.file.clone(), one.id.clone(), Json::Object(one.params.clone()).to_string()));
    locked.dedup();
    locked
}

/// Compares the text of a lock with the directives of today.
///
/// # Errors
///
/// Says in one sentence why the text is no lock.
pub fn differences(lock: &str, directives: &[Directive]) -> Result<Vec<Difference>, String> {
    let lock: Lock = serde_json::from_str(lock).map_err(|error| format!("the lock cannot be read: {error}"))?;
    if lock.version != VERSION {
        return Err(format!("the lock has version {}, and this release reads {VERSION}", lock.version));
    }
    let mut then = lock.directives;
    let mut now = sorted(directives);
    now.retain(|one| match then.iter().position(|locked| locked == one) {
        Some(index) => {
            then.remove(index);
            false
        }
        None => true,
    });
    let mut found = Vec::new();
    // What is left differs: first the same directive of the same file, then of another.
    for old in then {
        let same_file = now.iter().position(|new| new.id == old.id && new.file == old.file);
        let index = same_file.or_else(|| now.iter().position(|new| new.id == old.id));
        found.push(match index.map(|index| now.remove(index)) {
            Some(new) => changed(&old, new),
            None => Difference { change: Change::Removed, words: described(&old), id: old.id, file: old.file },
        });
    }
    let added = |new: Locked| Difference { change: Change::Added, words: described(&new), id: new.id, file: new.file };
    found.extend(now.into_iter().map(added));
    Ok(found)
}

fn changed(old: &Locked, new: Locked) -> Difference {
    let moved = (old.file != new.file).then(|| format!("{} -> {}", old.file, new.file));
    let said = Some(old.change(&new)).filter(|said| !said.is_empty());
    let change = if said.is_some() { Change::Changed } else { Change::Moved };
    let words = said.into_iter().chain(moved).collect::<Vec<_>>().join("; ");
    Difference { change, id: new.id, file: new.file, words }
}

/// A directive in a few words.
fn described(locked: &Locked) -> String {
    let params: Vec<String> = locked.params.iter().map(|(key, value)| format!("{key} {value}")).collect();
    let params = if params.is_empty() { String::new() } else { format!(": {}", params.join(", ")) };
    format!("{} {} of a {}{params}", locked.polarity, locked.kind, locked.object)
}
