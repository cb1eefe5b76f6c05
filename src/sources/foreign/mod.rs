//! What other deployers keep, as their own tools print it: told from one another by their content, read into the same
//! records, each with how far back it is complete. One file a tool.

mod argo;
mod columns;
mod fields;
mod fly;
mod github_deployments;
mod github_runs;
mod helm;
mod heroku;
mod kubernetes;
mod stream;
mod table;

use std::collections::BTreeMap;

use super::bad::Bad;
use super::deployments::Records;
use crate::engine::calendar::utc;
use crate::engine::event::{Deployment, Instant};
use crate::engine::firsts::Firsts;
use crate::error::Error;
use crate::render::clean;

pub use columns::{Columns, columns};

/// The environment of a record whose source names none: what is asked for is meant. No policy and no log can name it.
pub const UNNAMED: &str = "";

/// What tells other tools' histories from a deploy log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Helm,
    Objects,
    Argo,
    Heroku,
    Fly,
    GithubRuns,
    GithubDeployments,
    /// JSON, and nothing that is known.
    Unknown,
    Table,
    Utf16,
}

impl Kind {
    /// What a text is by its beginning; none where it is a deploy log, good or bad.
    pub(super) fn of(beginning: &[u8]) -> Option<Self> {
        if beginning.starts_with(&[0xff, 0xfe]) || beginning.starts_with(&[0xfe, 0xff]) {
            return Some(Self::Utf16);
        }
        let beginning = beginning.strip_prefix("\u{feff}".as_bytes()).unwrap_or(beginning).trim_ascii_start();
        let is_list = beginning.first() == Some(&b'[');
        if !is_list && beginning.first() != Some(&b'{') {
            return table::separator(beginning).map(|_| Self::Table);
        }
        let keys = stream::first_keys(beginning);
        let has = |key: &str| keys.iter().any(|known| known == key);
        Some(match () {
            // The key of a deploy log, and of none of the others.
            () if has("started_at") && !is_list => return None,
            () if has("apiVersion") || has("metadata") => Self::Objects,
            () if has("deployedAt") => Self::Argo,
            () if has("revision") && has("chart") => Self::Helm,
            () if has("headSha") || has("databaseId") => Self::GithubRuns,
            () if has("sha") && has("environment") && has("created_at") => Self::GithubDeployments,
            () if has("Version") && has("CreatedAt") => Self::Fly,
            () if has("version") && has("created_at") => Self::Heroku,
            () if is_list => Self::Unknown,
            () => return None,
        })
    }

    fn reader(self) -> Option<Box<dyn Foreign>> {
        Some(match self {
            Self::Helm => Box::new(helm::Helm::default()),
            Self::Objects => Box::new(kubernetes::Objects::default()),
            Self::Argo => Box::new(argo::Argo::default()),
            Self::Heroku => Box::new(heroku::Heroku::default()),
            Self::Fly => Box::new(fly::Fly::default()),
            Self::GithubRuns => Box::new(github_runs::GithubRuns::default()),
            Self::GithubDeployments => Box::new(github_deployments::GithubDeployments::default()),
            Self::Unknown | Self::Table | Self::Utf16 => return None,
        })
    }
}

/// A reader of one tool's entries.
trait Foreign {
    /// What the history is, for people.
    fn name(&self) -> &'static str;

    /// What one entry of it is.
    fn noun(&self) -> &'static str {
        "release"
    }

    /// Reads one entry.
    fn take(&mut self, entry: &stream::Entry, history: &mut History) -> Result<(), String>;

    /// Says what only all entries together tell: since when they are complete.
    fn finish(self: Box<Self>, history: &mut History);
}

/// What was read so far.
#[derive(Default)]
struct History {
    deployments: Vec<Deployment>,
    /// The entry of each deployment.
    places: Vec<usize>,
    /// The entry that is read: its number, from 1, or its line.
    place: usize,
    /// How many releases, runs or rows were seen.
    seen: usize,
    left_out: BTreeMap<&'static str, usize>,
    complete_since: Option<Instant>,
    notes: Vec<String>,
    bad: Bad,
}

impl History {
    fn push(&mut self, deployment: Deployment) {
        // Of a history with a bad entry nothing is used.
        if !self.bad.is_empty() {
            return;
        }
        self.deployments.push(deployment);
        self.places.push(self.place);
    }

    fn leave_out(&mut self, because: &'static str) {
        *self.left_out.entry(because).or_default() += 1;
    }

    fn note(&mut self, note: &str) {
        self.notes.push(note.to_owned());
    }

    /// Drops what is listed twice, as pages do where something new comes between them; names ids that mean two things, and
    /// runs of two commits.
    fn disagreements(&mut self) {
        let (deployments, places) = (&self.deployments, &self.places);
        let mut ids = Firsts::with_room_for(deployments.len());
        let mut runs = Firsts::with_room_for(deployments.len());
        let (mut bad, mut keep) = (Bad::default(), vec![true; deployments.len()]);
        for (index, one) in deployments.iter().enumerate() {
            let first = ids.of(&&*one.id, index, |other| &*deployments[other].id);
            if first != index {
                keep[index] = false;
                if deployments[first] != *one {
                    let (id, place) = (clean(&one.id), places[first]);
                    bad.push(places[index], format!("`{id}` stands at {place} already, otherwise"));
                }
            }
            let Some(run) = &one.run else { continue };
            let name_of = |other: usize| (&*deployments[other].environment, deployments[other].run.as_deref());
            let first = runs.of(&(&*one.environment, Some(&**run)), index, name_of);
            if deployments[first].commit != one.commit {
                let (run, place) = (clean(run), places[first]);
                bad.push(places[index], format!("run `{run}` has another commit at {place}: a run ships one"));
            }
        }
        let twice = keep.iter().filter(|keep| !**keep).count();
        if twice > 0 {
            let mut keep = keep.into_iter();
            self.deployments.retain(|_| keep.next().unwrap_or(true));
            self.left_out.insert("listed twice", twice);
        }
        self.bad = bad;
    }

    /// The records, with what is to be said of them.
    fn records(self, name: &str, what: &str, noun: &str) -> Records {
        let count = |count: usize| match count {
            1 => format!("1 {noun}"),
            many => format!("{many} {noun}s"),
        };
        let left: usize = self.left_out.values().sum();
        let mut read = format!("{name} is read as {what}: {}", count(self.seen));
        if left > 0 {
            let why: Vec<String> = self.left_out.iter().map(|(why, count)| format!("{count} {why}")).collect();
            read.push_str(&format!(", {left} left out ({})", why.join(", ")));
        }
        match self.complete_since {
            Some(since) if since == Instant::MAX_UTC => {
                read.push_str("; the newest of them has no time that is told, so nothing is complete");
            }
            Some(since) => read.push_str(&format!("; complete since {}", utc(since))),
            None if self.deployments.is_empty() => read.push_str("; it says that nothing was ever deployed"),
            None => {}
        }
        Records {
            begun: None,
            deployments: self.deployments,
            complete_since: self.complete_since,
            sources: vec![format!("{what} {name}")],
            notes: [read].into_iter().chain(self.notes).collect(),
            foreign: true,
        }
    }
}

/// Reads what another deployer keeps.
///
/// # Errors
///
/// Fails with every bad entry and what is wrong with it.
pub(super) fn parse(name: &str, kind: Kind, bytes: &[u8], columns: Option<&Columns>) -> Result<Records, Error> {
    if kind == Kind::Utf16 {
        return Err(Error::usage(format!("{name} is UTF-16"))
            .hint("save it as UTF-8 (in PowerShell: `… | Out-File -Encoding utf8 FILE`)"));
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut history = History::default();
    if kind == Kind::Table {
        table::parse(name, bytes, columns, &mut history)?;
        return judged(history, name, "CSV", "row", "line");
    }
    let Some(mut reader) = kind.reader() else {
        let mut entries = 0;
        stream::each(bytes, &mut |_| entries += 1).map_err(|error| not_json(name, &error))?;
        return match entries {
            0 => Ok(history.records(name, "an empty list", "entry")),
            _ => Err(Error::usage(format!("{name} is a list in JSON of nothing that is known")).hint(
                "`--deploys` reads a deploy log (JSON Lines), `kamal audit`, CSV, and the JSON of helm history, kubectl, argocd app get, heroku releases, fly releases, gh run list and gh api …/deployments",
            )),
        };
    };
    let mut take = |entry: &stream::Entry| {
        history.seen += 1;
        history.place += 1;
        if let Err(what) = reader.take(entry, &mut history) {
            history.bad.push(history.place, what);
        }
    };
    stream::each(bytes, &mut take).map_err(|error| not_json(name, &error))?;
    let (what, noun) = (reader.name(), reader.noun());
    if history.bad.is_empty() {
        reader.finish(&mut history);
    }
    judged(history, name, what, noun, "entry")
}

fn not_json(name: &str, error: &serde_json::Error) -> Error {
    Error::usage(format!("{name}:{}: not JSON that can be read: {error}", error.line()))
        .hint("give the output as the tool printed it, whole")
}

/// The records, or every bad place and what is wrong there.
fn judged(mut history: History, name: &str, what: &str, noun: &str, place: &str) -> Result<Records, Error> {
    if history.bad.is_empty() {
        history.disagreements();
    }
    if history.bad.is_empty() {
        return Ok(history.records(name, what, noun));
    }
    let twice = history.bad.shown().any(|what| what.ends_with("already, otherwise"));
    let error = Error::usage(history.bad.told(&format!("this {what}"), |number| format!("{name}: {place} {number}")));
    Err(if twice { error.hint("give one release, application or workflow at a time") } else { error })
}

#[cfg(test)]
mod tests {
    use super::History;
    use super::fields::deployment;
    use crate::engine::event::{DeploymentState, Instant};

    #[test]
    fn of_a_history_with_a_bad_entry_nothing_is_kept() {
        let mut history = History::default();
        let one = || deployment("1", DeploymentState::Success, Instant::UNIX_EPOCH);
        history.push(one());
        history.bad.push(2, "no".to_owned());
        history.push(one());
        assert_eq!((history.deployments.len(), history.places.len()), (1, 1));
    }
}
