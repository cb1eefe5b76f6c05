//! The record of deployments: one source for an environment, the others filling the time before it begins.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Chain, Cursor, Read};
use std::path::Path;

use super::foreign::{self, Columns};
use super::git::Repo;
use super::kamal_audit::{self, Extent};
use super::{files, log};
use crate::engine::event::{CommitId, Deployment, Environment, Instant, Precision};
use crate::engine::facts::{Known, Missing};
use crate::engine::policy::{HistorySettings, HistorySource};
use crate::error::Error;

/// The pattern of deploy tags, unless the policy has its own.
pub const TAGS: &str = "deploy/{environment}/*";

/// Where a deploy log is looked for.
pub const LOGS: [&str; 2] = ["deploys.jsonl", "log/deploys.jsonl"];

/// What one source, or several together, know.
#[derive(Clone, Debug, Default)]
pub struct Records {
    pub deployments: Vec<Deployment>,
    /// Back to when they are complete; `None` is the very beginning.
    pub complete_since: Option<Instant>,
    /// When it was begun, where it is a ledger: the time before is for others to tell.
    pub begun: Option<Instant>,
    pub sources: Vec<String>,
    pub notes: Vec<String>,
    /// Another deployer's list: what it leaves unsaid (an environment, the whole id of a commit) is yet to be settled.
    pub foreign: bool,
}

/// How much of a text is looked at to tell what it is, in bytes.
const BEGINNING: u64 = 64 * 1024;

/// Reads the text of `--deploys`: a deploy log, what `kamal audit` prints, or what another deployer keeps, told from one
/// another by their content.
///
/// # Errors
///
/// Fails with every bad line.
pub fn from_text(name: &str, text: impl BufRead, columns: Option<&Columns>) -> Result<Records, Error> {
    told(name, text, columns, |text| log::parse(name, text))
}

/// Reads the file of `--deploys`.
///
/// # Errors
///
/// As [`from_text`].
pub fn from_file(name: &str, file: &File, columns: Option<&Columns>) -> Result<Records, Error> {
    told(name, BufReader::with_capacity(files::PIECE, file), columns, |text| log::parse_file(name, file, text))
}

fn told<Text: BufRead>(
    name: &str,
    mut text: Text,
    columns: Option<&Columns>,
    log: impl FnOnce(Chain<Cursor<Vec<u8>>, Text>) -> Result<Vec<Deployment>, Error>,
) -> Result<Records, Error> {
    let mut beginning = Vec::new();
    let read = text.by_ref().take(BEGINNING).read_to_end(&mut beginning);
    read.map_err(|error| Error::failure(format!("cannot read {name}: {error}")))?;
    let (is_kamal, kind) = (kamal_audit::looks_like(&beginning), foreign::Kind::of(&beginning));
    let text = Cursor::new(beginning).chain(text);
    // What is UTF-16 may be a table, too: it is refused as such.
    let is_table = !is_kamal && matches!(kind, Some(foreign::Kind::Table | foreign::Kind::Utf16));
    if columns.is_some() && !is_table {
        return Err(Error::usage(format!("`--columns` is for CSV, and {name} is none")).hint("leave it out"));
    }
    if is_kamal {
        return kamal(name, &files::bounded(text, 0, name, files::LOG_LIMIT)?, Extent::Tail);
    }
    if let Some(kind) = kind {
        return foreign::parse(name, kind, &files::bounded(text, 0, name, files::LOG_LIMIT)?, columns);
    }
    let deployments = log(text)?;
    // An empty log is a history without deployments; a pipe whose first half failed looks the same.
    let empty = deployments.is_empty().then(|| format!("{name} is empty: it says that nothing was ever deployed"));
    let notes = empty.into_iter().collect();
    Ok(Records { deployments, sources: vec![format!("deploy log {name}")], notes, ..Records::default() })
}

fn kamal(name: &str, bytes: &[u8], extent: Extent) -> Result<Records, Error> {
    let audit = kamal_audit::parse(name, bytes, extent).map_err(|error| Error::usage(error.to_string()))?;
    let sources = vec![format!("Kamal audit {name}")];
    let mut notes = audit.notes;
    if audit.deployments.is_empty() {
        notes.push(format!("{name} shows no rollout: no line of it says `Booted app version`"));
    }
    Ok(Records {
        deployments: audit.deployments,
        complete_since: audit.complete_since,
        sources,
        notes,
        ..Records::default()
    })
}

/// Looks for the records of a repository: its ledger and GitHub, which are read already, deploy log, Kamal's audit log, deploy tags.
///
/// # Errors
///
/// Fails where a source is there and cannot be read.
pub fn look(
    repo: &Repo,
    settings: &HistorySettings,
    known: Vec<Records>,
    environment: &str,
    now: Instant,
) -> Result<Known<Records>, Error> {
    let wants = |source| matches!(settings.source, HistorySource::Auto) || settings.source == source;
    let mut found = known;
    if let Some(top) = repo.workdir() {
        if wants(HistorySource::Log) {
            let named = settings.log.as_deref();
            let brought =
                named.map_or(LOGS.to_vec(), |path| vec![path]).into_iter().find(|path| repo.change_brings(path));
            if let Some(path) = brought {
                let what =
                    format!("the deployments: this change brings {path} otherwise than the default branch has it");
                return Ok(Err(Missing::new(what, "give the log with `--deploys FILE`, or land it first")));
            }
            found.extend(log_of(top, settings)?);
        }
        if wants(HistorySource::Kamal) {
            found.extend(kamal_of(top, settings)?);
        }
    }
    if wants(HistorySource::Tags) {
        found.extend(tags_of(repo, settings)?);
    }
    if found.is_empty() {
        let pattern = settings.tags.as_deref().unwrap_or(TAGS);
        let what = match settings.source {
            HistorySource::None => "the deployments: the policy says `history: {source: none}`".to_owned(),
            _ => format!("the deployments: no deploy log ({}), no Kamal audit log, no tag {pattern}", LOGS.join(", ")),
        };
        let remedy = format!(
            "give them with `--deploys FILE` (a log in JSON Lines, CSV, or what kamal, helm, kubectl, argocd, heroku, fly or gh print), deploy through `deploy-rhythm run`, which keeps a ledger, begin a log (`touch {}`), or tag each deploy: `git tag -m deploy {}`",
            LOGS[0],
            pattern.replace("{environment}", environment).replace('*', "$(date +%Y%m%d-%H%M%S)")
        );
        let remedy = match settings.source {
            HistorySource::Auto | HistorySource::Tags => remedy,
            _ => "give them with `--deploys FILE`: a log in JSON Lines, CSV, or what kamal, helm, kubectl, argocd, heroku, fly or gh print".to_owned(),
        };
        return Ok(Err(Missing::new(what, remedy)));
    }
    Ok(Ok(merge(found, environment, now)))
}

fn log_of(top: &Path, settings: &HistorySettings) -> Result<Option<Records>, Error> {
    let named = settings.log.as_deref();
    for path in named.map_or(LOGS.to_vec(), |path| vec![path]) {
        if let Some(file) = files::open_inside(top, path)? {
            let deployments = log::parse_file(path, &file, BufReader::with_capacity(files::PIECE, &file))?;
            return Ok(Some(Records {
                deployments,
                sources: vec![format!("deploy log {path}")],
                ..Records::default()
            }));
        }
    }
    match named {
        Some(path) => Err(Error::usage(format!("the deploy log {path}, which the policy names, is not there"))
            .hint("write it, or take `log` out of `history`")),
        None => Ok(None),
    }
}

fn kamal_of(top: &Path, settings: &HistorySettings) -> Result<Option<Records>, Error> {
    let named = settings.kamal.clone();
    let paths = match &named {
        Some(path) => vec![path.clone()],
        None => files::ending_with(&top.join(".kamal"), "-audit.log")?
            .into_iter()
            .map(|name| format!(".kamal/{name}"))
            .collect(),
    };
    let mut all: Option<Records> = None;
    for path in paths {
        let Some(bytes) = files::read(&top.join(&path), files::LOG_LIMIT)? else { continue };
        let records = kamal(&path, &bytes, Extent::Whole)?;
        let all = all.get_or_insert_default();
        all.deployments.extend(records.deployments);
        all.sources.extend(records.sources);
        all.notes.extend(records.notes);
    }
    match (all, named) {
        (None, Some(path)) => {
            Err(Error::usage(format!("Kamal's audit log {path}, which the policy names, is not there"))
                .hint("it lies on the host: copy it, or give the text of `kamal audit` to `--deploys`"))
        }
        (all, _) => Ok(all),
    }
}

fn tags_of(repo: &Repo, settings: &HistorySettings) -> Result<Option<Records>, Error> {
    let pattern = settings.tags.as_deref().unwrap_or(TAGS);
    let tags = repo.deploy_tags(pattern, "production").map_err(|error| Error::failure(error.to_string()))?;
    if tags.deployments.is_empty() {
        return Ok(None);
    }
    let mut notes: Vec<String> =
        tags.unread.iter().take(5).map(|tag| format!("the tag {} is left out: {}", tag.name, tag.reason)).collect();
    let tags = tags.deployments;
    if tags.iter().any(|tag| tag.precision == Precision::Guessed) {
        notes.push("some deploy tags are lightweight: their commits' dates stand for the deploys (annotated tags tell: `git tag -m deploy NAME`)".to_owned());
    }
    let oldest = tags.iter().map(|tag| tag.started_at).min();
    let complete_since = oldest.filter(|_| repo.is_shallow());
    Ok(Some(Records {
        deployments: tags,
        complete_since,
        sources: vec![format!("tags {pattern}")],
        notes,
        ..Records::default()
    }))
}

/// Joins sources, the first that knows an environment being its record.
#[must_use]
pub fn merge(mut found: Vec<Records>, requested: &str, now: Instant) -> Records {
    if found.len() == 1 {
        return found.remove(0);
    }
    let mut merged = Records::default();
    limit_ledger(&mut found, requested);
    let knowing: Vec<usize> = (0..found.len())
        .filter(|index| found[*index].deployments.iter().any(|one| &*one.environment == requested))
        .collect();
    let relevant = if knowing.is_empty() { vec![0] } else { knowing };
    let since = relevant.iter().map(|index| found[*index].complete_since);
    merged.complete_since = since.min().flatten();
    let names: BTreeSet<Environment> =
        found.iter().flat_map(|records| &records.deployments).map(|one| one.environment.clone()).collect();
    let mut dropped = 0;
    for name in names {
        let mut record: Option<Vec<Deployment>> = None;
        for source in &found {
            let mut own: Vec<Deployment> =
                source.deployments.iter().filter(|one| one.environment == name).cloned().collect();
            match &mut record {
                _ if own.is_empty() => {}
                None => record = Some(own),
                Some(record) => {
                    let birth = record.iter().map(|one| one.started_at).min().unwrap_or(now);
                    let before = own.len();
                    own.retain(|one| one.started_at < birth || !overlaps_one(record, one, now));
                    dropped += before - own.len();
                    record.extend(own);
                }
            }
        }
        merged.deployments.extend(record.unwrap_or_default());
    }
    for records in found {
        merged.sources.extend(records.sources);
        merged.notes.extend(records.notes);
    }
    if dropped > 0 {
        merged.notes.push(format!("{dropped} deployments stand in two sources and count once"));
    }
    merged
}

/// A ledger knows nothing of the time before it: how far back others are complete is how far it is.
fn limit_ledger(found: &mut [Records], requested: &str) {
    let Some(ledger) = found.iter().position(|records| records.begun.is_some() && records.complete_since.is_none())
    else {
        return;
    };
    let others = || found.iter().enumerate().filter(|(index, _)| *index != ledger).map(|(_, records)| records);
    let knows = |records: &&Records| records.deployments.iter().any(|one| &*one.environment == requested);
    let limit = match others().any(|records| knows(&records)) {
        true => others().filter(knows).map(|records| records.complete_since).min(),
        false => others().map(|records| records.complete_since).min(),
    };
    found[ledger].complete_since = limit.flatten().min(found[ledger].begun);
}

/// Whether the record has a rollout of the same commit at the same time.
fn overlaps_one(record: &[Deployment], other: &Deployment, now: Instant) -> bool {
    let end = |one: &Deployment| one.finished_at.unwrap_or(if one.state.is_final() { one.started_at } else { now });
    let same = |one: &&Deployment| one.commit.is_some() && one.commit == other.commit;
    record.iter().filter(same).any(|one| one.started_at <= end(other) && other.started_at <= end(one))
}

/// A ledger that took over from landings: those before it became the record stand, later ones are in it.
#[must_use]
pub fn begun(ledger: Records, mut landed: Records, environment: &Environment, began: Option<Instant>) -> Records {
    let own = || ledger.deployments.iter().filter(|one| one.environment == *environment);
    // The landing that the first rollout ships is that rollout.
    let shipped: BTreeSet<&CommitId> = own().filter_map(|one| one.commit.as_ref()).collect();
    landed.deployments.retain(|one| {
        began.is_none_or(|began| one.started_at < began) && !one.commit.as_ref().is_some_and(|id| shipped.contains(id))
    });
    landed.deployments.extend(ledger.deployments.iter().cloned());
    landed.sources = [ledger.sources, landed.sources].concat();
    landed.notes.extend(ledger.notes);
    landed
}

/// The landings of an environment that is deployed by landing, where nothing better records its deploys.
#[must_use]
pub fn from_landings(
    landings: &[crate::engine::event::Landing],
    environment: &Environment,
    requested: &CommitId,
) -> Vec<Deployment> {
    let others = landings.iter().filter(|landing| landing.commit != *requested);
    let deployment = |landing: &crate::engine::event::Landing| Deployment {
        id: format!("push:{}", landing.commit.short()).into(),
        environment: environment.clone(),
        commit: Some(landing.commit.clone()),
        revision: None,
        state: crate::engine::event::DeploymentState::Success,
        started_at: landing.at,
        finished_at: None,
        run: None,
        actor: None,
        url: None,
        precision: landing.precision,
    };
    others.map(deployment).collect()
}
