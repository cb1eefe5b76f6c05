//! CSV: a table with a line of names, whoever wrote it. `--columns` says which column holds what.

use chrono::{DateTime, NaiveDateTime};
use chrono_tz::Tz;

use super::History;
use super::columns::{Columns, Key, Origin};
use super::fields::{commit_in, deployment};
use crate::engine::calendar::{Bound, instant_of};
use crate::engine::event::{Deployment, DeploymentState, Instant, parse_instant};
use crate::error::Error;
use crate::render::clean;
use crate::sources::dated;

/// The words for what became of a deployment.
const WORDS: [(DeploymentState, &[&str]); 4] = [
    (
        DeploymentState::Success,
        &["succeeded", "successful", "complete", "completed", "deployed", "finished", "passed", "ok", "done"],
    ),
    (DeploymentState::Failure, &["failed", "fail", "failing"]),
    (DeploymentState::Error, &["errored", "cancelled", "canceled", "aborted", "timed out", "interrupted"]),
    (DeploymentState::InProgress, &["in progress", "in-progress", "running", "deploying", "started"]),
];

/// What separates the columns, by the line of names; none where it is no table.
pub(super) fn separator(beginning: &[u8]) -> Option<u8> {
    let (mut counts, mut quoted) = ([(b',', 0), (b';', 0), (b'\t', 0)], false);
    for byte in beginning.iter().take_while(|byte| !matches!(byte, b'\n' | b'\r')) {
        quoted ^= *byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(sign, _)| sign == byte && !quoted) {
            *count += 1;
        }
    }
    // Of equals the first: a comma.
    counts.into_iter().rev().max_by_key(|(_, count)| *count).filter(|(_, count)| *count > 0).map(|(sign, _)| sign)
}

/// Reads a table.
pub(super) fn parse(name: &str, bytes: &[u8], columns: Option<&Columns>, history: &mut History) -> Result<(), Error> {
    let separator = separator(bytes.trim_ascii_start()).unwrap_or(b',');
    let mut table = csv::ReaderBuilder::new().delimiter(separator).trim(csv::Trim::All).from_reader(bytes);
    let unreadable = |error: &csv::Error| {
        let line = error.position().map_or(1, |position| line_of(bytes, position));
        let what = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("it has {len} fields, and the first line names {expected_len}")
            }
            csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
            _ => "it cannot be read".to_owned(),
        };
        Error::usage(format!("{name}:{line}: {what}")).hint("put a field that holds the separator in quotes")
    };
    let names: Vec<String> = table.headers().map_err(|error| unreadable(&error))?.iter().map(str::to_owned).collect();
    let layout = Layout::of(name, &names, columns)?;
    for row in table.records() {
        let row = row.map_err(|error| unreadable(&error))?;
        if row.iter().all(str::is_empty) {
            continue;
        }
        history.place = row.position().map_or(0, |position| line_of(bytes, position));
        history.seen += 1;
        match layout.deployment(&row, history.place) {
            Ok(deployment) => history.push(deployment),
            Err(what) => history.bad.push(history.place, what),
        }
    }
    Ok(())
}

/// The line of a row: before it may stand the rest of a line's end, and empty lines.
fn line_of(bytes: &[u8], position: &csv::Position) -> usize {
    let rest = usize::try_from(position.byte()).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
    let skipped = rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).filter(|byte| **byte == b'\n').count();
    usize::try_from(position.line()).unwrap_or(usize::MAX).saturating_add(skipped)
}

/// Where each key is.
struct Layout<'a> {
    places: Vec<(Key, Place<'a>)>,
    zone: Option<Tz>,
}

#[derive(Clone, Copy)]
enum Place<'a> {
    Column(usize),
    Always(&'a str),
}

impl<'a> Layout<'a> {
    fn of(name: &str, names: &[String], columns: Option<&'a Columns>) -> Result<Self, Error> {
        let found = |wanted: &str| names.iter().position(|known| known.eq_ignore_ascii_case(wanted));
        let listed = || {
            let names: Vec<String> = names.iter().take(30).map(|name| format!("`{}`", clean(name))).collect();
            names.join(", ")
        };
        let mut places = Vec::new();
        for (key, word, usual) in Key::ALL {
            let said = columns.and_then(|columns| columns.origins.iter().find(|(known, _)| *known == key));
            match said {
                Some((_, Origin::Always(text))) => places.push((key, Place::Always(text))),
                Some((_, Origin::Column(column))) => {
                    let missing = || {
                        Error::usage(format!("{name} has no column `{}`, which `--columns` names", clean(column)))
                            .hint(format!("it has {}", listed()))
                    };
                    places.push((key, Place::Column(found(column).ok_or_else(missing)?)));
                }
                None => places.extend(found(usual).or_else(|| found(word)).map(|at| (key, Place::Column(at)))),
            }
        }
        let has = |key| places.iter().any(|(known, _)| *known == key);
        let lacks = match () {
            () if !has(Key::Started) => "started",
            () if !has(Key::State) => "state",
            () if !has(Key::Commit) && !has(Key::Revision) => "commit",
            () => return Ok(Self { places, zone: columns.and_then(|columns| columns.zone) }),
        };
        Err(Error::usage(format!("{name} is read as CSV, and no column of it is named `{lacks}`; it has {}", listed()))
            .hint("say which holds what: `--columns \"started=COLUMN,state=COLUMN,commit=COLUMN\"`; `state==success` says the same of every row"))
    }

    fn text<'b>(&'b self, row: &'b csv::StringRecord, key: Key) -> Option<&'b str> {
        let (_, place) = self.places.iter().find(|(known, _)| *known == key)?;
        let text = match place {
            Place::Column(at) => row.get(*at)?,
            Place::Always(text) => text,
        };
        Some(text).filter(|text| !text.is_empty())
    }

    fn deployment(&self, row: &csv::StringRecord, line: usize) -> Result<Deployment, String> {
        let text = |key| self.text(row, key).map(|text| clean(text).into_owned());
        let start = self.instant(text(Key::Started).ok_or("`started` is empty")?.as_str())?;
        let finish = text(Key::Finished).map(|text| self.instant(&text)).transpose()?;
        let state = state(&text(Key::State).ok_or("`state` is empty")?)?;
        if finish.is_some_and(|finish| finish < start) {
            return Err("it finished before it started".to_owned());
        }
        if finish.is_some() && !state.is_final() {
            return Err("it has finished, and its state is not final".to_owned());
        }
        let named = text(Key::Commit);
        let commit = named.as_deref().and_then(commit_in);
        let revision = text(Key::Revision).or(named.filter(|_| commit.is_none()));
        if commit.is_none() && revision.is_none() {
            return Err("neither a commit nor a revision says what was deployed".to_owned());
        }
        let blank = deployment(text(Key::Id).unwrap_or_else(|| format!("line {line}")), state, start);
        let environment = match self.places.iter().any(|(key, _)| *key == Key::Environment) {
            true => text(Key::Environment).ok_or("`environment` is empty")?.into(),
            false => blank.environment.clone(),
        };
        Ok(Deployment {
            environment,
            commit,
            revision: revision.map(Into::into),
            finished_at: finish,
            run: text(Key::Run).map(Into::into),
            actor: text(Key::Actor).map(Into::into),
            url: text(Key::Url).map(Into::into),
            ..blank
        })
    }

    /// Reads RFC 3339 and its kin; what names no offset is of the zone that `--columns` names.
    fn instant(&self, text: &str) -> Result<Instant, String> {
        let local = |text: &str| {
            let forms = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
            forms.into_iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        };
        let utc = text.strip_suffix(" UTC").or_else(|| text.strip_suffix('Z'));
        let offset = ["%Y-%m-%d %H:%M:%S%.f %z", "%Y-%m-%d %H:%M:%S%.f%:z", "%Y-%m-%d %H:%M %z"];
        let found = parse_instant(text)
            .or_else(|| utc.and_then(|text| local(text.trim())).map(|local| local.and_utc()))
            .or_else(|| offset.into_iter().find_map(|form| Some(DateTime::parse_from_str(text, form).ok()?.to_utc())));
        let found = match (found, local(text), self.zone) {
            (Some(found), ..) => Some(found),
            (None, Some(local), Some(zone)) => instant_of(zone, local, Bound::Start),
            (None, Some(_), None) => {
                return Err(format!(
                    "`{text}` names no offset from UTC: say the zone, `--columns timezone=Europe/Paris,…`"
                ));
            }
            (None, None, _) => None,
        };
        match found {
            Some(found) => dated(found, text),
            None => Err(format!("`{text}` is no instant: write 2026-02-04T14:03:00Z or 2026-02-04 14:03:00 +0100")),
        }
    }
}

fn state(text: &str) -> Result<DeploymentState, String> {
    let word = text.to_lowercase();
    let exact = DeploymentState::ALL.into_iter().find(|(name, _)| *name == word).map(|(_, state)| state);
    let known = || WORDS.iter().find(|(_, words)| words.contains(&word.as_str())).map(|(state, _)| *state);
    exact.or_else(known).ok_or_else(|| {
        let names: Vec<&str> = DeploymentState::ALL.into_iter().map(|(name, _)| name).collect();
        format!("`{text}` is no state that is known: write one of {}", names.join(", "))
    })
}
