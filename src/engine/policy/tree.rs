//! A policy with all that it extends, and what follows for an environment.

use std::fmt;

use chrono_tz::Tz;

use super::chat::ChatSettings;
use super::environment::{EnvironmentPolicy, Layer};
use super::file::{self, HistorySettings, HookSettings, PolicyFile};
use super::pattern::Pattern;
use super::problem::{FileProblems, Problem};
use crate::engine::event::Environment;

/// How deep files may extend one another.
const DEEPEST: usize = 8;

/// Who wrote a policy file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The project: its `"*"` adds rules to whatever the user names.
    BuiltIn,
    /// Somebody else, at one commit: whoever extends it may tighten it, never loosen. Its `"*"` adds rules as well.
    Abroad,
    /// The user.
    File,
}

/// A policy file that was fetched by the name in `extends`.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// What findings and problems call it.
    pub name: String,
    pub origin: Origin,
    pub bytes: Vec<u8>,
}

/// A policy that cannot be used, with everything that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    pub files: Vec<FileProblems>,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, file) in self.files.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            file.fmt(out)?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyError {}

/// A policy and what it extends.
#[derive(Clone, Debug)]
pub struct Policy {
    /// What findings call it.
    pub name: String,
    pub origin: Origin,
    file: PolicyFile,
    parents: Vec<Policy>,
}

/// Reads a policy and all that it extends; `fetch` gets a file by its name, or says why it cannot.
///
/// # Errors
///
/// Returns everything that is wrong with every file.
pub fn load(top: Fetched, fetch: &mut dyn FnMut(&str) -> Result<Fetched, String>) -> Result<Policy, PolicyError> {
    let mut errors = Vec::new();
    let mut chain = Vec::new();
    let policy = grow(top, None, fetch, &mut chain, &mut errors);
    if errors.is_empty() { Ok(policy) } else { Err(PolicyError { files: errors }) }
}

fn grow(
    fetched: Fetched,
    zone: Option<Tz>,
    fetch: &mut dyn FnMut(&str) -> Result<Fetched, String>,
    chain: &mut Vec<String>,
    errors: &mut Vec<FileProblems>,
) -> Policy {
    let Fetched { name, origin, bytes } = fetched;
    let (mut file, mut problems) = file::parse(&name, &bytes);
    let zone = file.timezone.or(zone);
    let zoneless = bind_zone(&mut file, zone);
    // What stands elsewhere speaks of the local time of whoever extends it.
    if origin == Origin::File {
        problems.extend(zoneless);
    }
    chain.push(name.clone());
    let mut parents: Vec<Policy> = Vec::new();
    for (wanted, place) in &file.extends {
        let mut refuse = |message: String, fix: &str| problems.push(Problem::new(*place, message, fix));
        match fetch(wanted) {
            Err(why) => refuse(why, "name a built-in policy or a file of the repository"),
            Ok(parent) if chain.contains(&parent.name) => {
                refuse(
                    format!("`{wanted}` extends itself: {} → {}", chain.join(" → "), parent.name),
                    "break the circle",
                );
            }
            Ok(_) if chain.len() >= DEEPEST => {
                refuse(format!("`extends` is more than {DEEPEST} files deep"), "flatten the chain");
            }
            // What lies beside a policy of others lies in their repository.
            Ok(parent) if origin == Origin::Abroad && parent.origin == Origin::File => {
                refuse(
                    format!("`{wanted}` would be a file of this repository"),
                    "a policy of others extends built-in policies, and OWNER/REPO/PATH@COMMIT",
                );
            }
            Ok(parent) => {
                let lacks_zone = parent.origin != Origin::File && zone.is_none() && {
                    let (mut pack, _) = file::parse(&parent.name, &parent.bytes);
                    pack.timezone.is_none() && !bind_zone(&mut pack, None).is_empty()
                };
                if lacks_zone {
                    refuse(
                        format!("`{wanted}` speaks of local time, and the policy names no time zone"),
                        "add `timezone: Europe/Paris`, or yours",
                    );
                }
                parents.push(grow(parent, zone, fetch, chain, errors));
            }
        }
    }
    chain.pop();
    if !problems.is_empty() {
        errors.push(FileProblems::new(&name, &bytes, problems));
    }
    Policy { name, origin, file, parents }
}

/// Gives the rules that speak of local time their zone; returns a problem for each where there is none.
fn bind_zone(file: &mut PolicyFile, zone: Option<Tz>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for entry in file.environments.iter_mut().flat_map(|(_, layer)| &mut layer.rules) {
        let (place, name) = (entry.place, entry.rule.id().name());
        let Some(bound) = entry.rule.zone() else { continue };
        *bound = zone;
        if zone.is_none() {
            let message = format!("`{name}` speaks of local time, and the policy names no time zone");
            problems.push(Problem::new(
                place,
                message,
                "add `timezone: Europe/Paris`, or yours, at the top of the file",
            ));
        }
    }
    problems
}

impl Policy {
    /// What it says about an environment; `None` where it does not name it.
    #[must_use]
    pub fn environment(&self, name: &str) -> Option<EnvironmentPolicy> {
        let named = self.patterns().iter().any(|pattern| pattern.fits(name));
        named.then(|| EnvironmentPolicy::of(name, self.layer(name), self.zone()))
    }

    /// The policies of others that it extends, at any depth.
    #[must_use]
    pub fn abroad(&self) -> Vec<&Self> {
        let own = self.parents.iter().filter(|parent| parent.origin == Origin::Abroad);
        own.chain(self.parents.iter().flat_map(Self::abroad)).collect()
    }

    fn layer(&self, name: &str) -> Layer {
        let fitting = self.file.environments.iter().filter(|(pattern, _)| pattern.fits(name));
        let own = fitting.rev().max_by_key(|(pattern, _)| pattern.weight()).map(|(_, layer)| layer.clone());
        own.unwrap_or_default().inherit(self.parents.iter().map(|parent| parent.layer(name)).collect())
    }

    /// The names and patterns that name environments: a pack's `*` adds rules, and names only where nothing else does.
    #[must_use]
    pub fn patterns(&self) -> Vec<&Pattern> {
        let (mut named, mut any) = (Vec::new(), Vec::new());
        self.collect_patterns(&mut named, &mut any);
        if named.is_empty() { any } else { named }
    }

    fn collect_patterns<'a>(&'a self, named: &mut Vec<&'a Pattern>, any: &mut Vec<&'a Pattern>) {
        for (pattern, _) in &self.file.environments {
            let list = if pattern.is_any() && self.origin != Origin::File { &mut *any } else { &mut *named };
            if !list.contains(&pattern) {
                list.push(pattern);
            }
        }
        for parent in &self.parents {
            parent.collect_patterns(named, any);
        }
    }

    /// The environments that it names exactly.
    #[must_use]
    pub fn exact_names(&self) -> Vec<&str> {
        self.patterns().into_iter().filter(|pattern| pattern.is_exact()).map(Pattern::as_str).collect()
    }

    /// The environment meant where nobody says: the only one named, else `production`.
    #[must_use]
    pub fn default_environment(&self) -> Environment {
        match self.exact_names()[..] {
            [only] => only.into(),
            _ => "production".into(),
        }
    }

    /// The target that an environment's rollouts touch, where it shares one.
    #[must_use]
    pub fn target(&self, environment: &str) -> Option<String> {
        self.environment(environment).and_then(|policy| policy.target)
    }

    /// The name of the repository, where the policy says so.
    #[must_use]
    pub fn repository(&self) -> Option<&str> {
        self.file.repository.as_deref()
    }

    /// The zone of its local times.
    #[must_use]
    pub const fn timezone(&self) -> Option<Tz> {
        self.file.timezone
    }

    /// The zone of its local times, its own or that of the last file that it extends and that names one.
    fn zone(&self) -> Option<Tz> {
        self.file.timezone.or_else(|| self.parents.iter().rev().find_map(Self::zone))
    }

    /// What it says to the hooks, with what it inherits.
    #[must_use]
    pub fn hooks(&self) -> HookSettings {
        let mut all = self.file.hooks.clone();
        for parent in self.parents.iter().map(Self::hooks) {
            all.deploy_commands.extend(parent.deploy_commands);
            all.without_terminal.extend(parent.without_terminal);
        }
        all
    }

    /// Whether words on GitHub are heard, and where; its own words, else those of the last that it extends.
    #[must_use]
    pub fn chat(&self) -> Option<ChatSettings> {
        self.file.chat.or_else(|| self.parents.iter().rev().find_map(Self::chat))
    }

    /// What it says about where history comes from; its own words, else those of the last that it extends.
    #[must_use]
    pub fn history(&self) -> HistorySettings {
        let silent = HistorySettings::default();
        if self.file.history != silent {
            return self.file.history.clone();
        }
        self.parents.iter().rev().map(Self::history).find(|settings| *settings != silent).unwrap_or_default()
    }
}
