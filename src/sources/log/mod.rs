//! The deploy log: JSON Lines, one deployment a line, any order.

mod at;
mod line;
mod plain;

use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, Read};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use chrono::NaiveDate;

use super::bad::Bad;
use super::{dated, files};
use crate::engine::event::{CommitId, Deployment, DeploymentState, Instant, Precision, parse_instant};
use crate::engine::firsts::Firsts;
use crate::error::Error;
use at::At;
use line::{Field, any_json};

/// The longest line that is read, in bytes.
const LONGEST: usize = 1024 * 1024;

/// A log of as many bytes is worth a second thread.
const LONG: u64 = 512 * 1024;

/// Reads a whole log, line by line: what is kept is what it says, not its text.
///
/// # Errors
///
/// Fails with every bad line and what is wrong with it, or where the text breaks off or is larger than a log may be.
pub fn parse(name: &str, text: impl BufRead) -> Result<Vec<Deployment>, Error> {
    Reading::of(name, text, Reading::default())?.finish(name)
}

/// Reads a log that is a file: the two halves of a long one side by side. `text` is what is read of any other.
///
/// # Errors
///
/// As [`parse`].
pub fn parse_file(name: &str, file: &File, text: impl BufRead) -> Result<Vec<Deployment>, Error> {
    let from = |at| BufReader::with_capacity(files::PIECE, At { file, at });
    let length = file.metadata().ok().filter(Metadata::is_file).map_or(0, |data| data.len());
    // The second half begins behind the end of a line.
    let mut line = Vec::new();
    if (LONG..=files::LOG_LIMIT).contains(&length) {
        let read = from(length / 2).take(LONGEST as u64).read_until(b'\n', &mut line);
        read.map_err(|error| unread(name, &error))?;
    }
    if line.last() != Some(&b'\n') {
        return parse(name, text);
    }
    let middle = length / 2 + line.len() as u64;
    let (first, second) = thread::scope(|scope| {
        let second = scope.spawn(|| Reading::of(name, from(middle), Reading { begun: true, ..Reading::default() }));
        let first = Reading::of(name, from(0).take(middle), Reading::default());
        (first, second.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    first?.then(second?).finish(name)
}

fn unread(name: &str, error: &io::Error) -> Error {
    Error::failure(format!("cannot read {name}: {error}"))
}

/// A log as far as it was read.
#[derive(Default)]
struct Reading {
    deployments: Vec<Deployment>,
    /// The line of each deployment.
    numbers: Vec<usize>,
    bad: Bad,
    lines: usize,
    /// Whether lines stand before the first.
    begun: bool,
    writer: Writer,
}

impl Reading {
    fn of(name: &str, mut text: impl BufRead, mut reading: Self) -> Result<Self, Error> {
        let mut carried: Vec<u8> = Vec::new();
        let mut read: u64 = 0;
        loop {
            let chunk = text.fill_buf().map_err(|error| unread(name, &error))?;
            if chunk.is_empty() {
                break;
            }
            let length = chunk.len();
            read += length as u64;
            if read > files::LOG_LIMIT {
                return Err(files::too_large(name, files::LOG_LIMIT));
            }
            let mut rest = chunk;
            while let Some(end) = memchr::memchr(b'\n', rest) {
                let (line, after) = rest.split_at(end + 1);
                if carried.is_empty() {
                    reading.take(line);
                } else {
                    carried.extend_from_slice(line);
                    reading.take(&carried);
                    carried.clear();
                }
                rest = after;
            }
            // A line that is too long is bad whatever follows: its rest need not be kept.
            if carried.len() <= LONGEST {
                carried.extend_from_slice(rest);
            }
            text.consume(length);
        }
        // Behind the last line there is none.
        if !carried.is_empty() {
            reading.take(&carried);
        }
        Ok(reading)
    }

    /// Puts what stands further on behind this.
    fn then(mut self, mut later: Self) -> Self {
        self.deployments.append(&mut later.deployments);
        self.numbers.extend(later.numbers.into_iter().map(|number| number + self.lines));
        self.bad.extend(later.bad, self.lines);
        self.lines += later.lines;
        self
    }

    fn finish(self, name: &str) -> Result<Vec<Deployment>, Error> {
        let Self { deployments, numbers, bad, .. } = self;
        let bad = if bad.is_empty() { disagreements(&deployments, &numbers) } else { bad };
        if bad.is_empty() {
            return Ok(deployments);
        }
        Err(Error::usage(bad.told("the deploy log", |line| format!("{name}:{line}"))))
    }

    fn take(&mut self, line: &[u8]) {
        let first = self.lines == 0 && !self.begun;
        let line = if first { line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line) } else { line };
        self.lines += 1;
        let line = line.trim_ascii();
        if line.is_empty() {
            return;
        }
        match read_line(line, &mut self.writer) {
            // Of a log with a bad line nothing is used.
            Ok(_) if !self.bad.is_empty() => {}
            Ok(deployment) => {
                self.deployments.push(deployment);
                self.numbers.push(self.lines);
            }
            Err(what) => self.bad.push(self.lines, what),
        }
    }
}

fn read_line(line: &[u8], writer: &mut Writer) -> Result<Deployment, String> {
    if line.len() > LONGEST {
        return Err(format!("the line is longer than {LONGEST} bytes"));
    }
    let line = std::str::from_utf8(line).map_err(|_| "the line is not UTF-8".to_owned())?;
    if !line.starts_with('{') {
        return Err("not a JSON object: a line begins with `{`".to_owned());
    }
    let line = writer.layout.read(line).map_or_else(|| any_json(line), Ok)?;
    let id = line.id.required("id")?;
    let environment = line.environment.required("environment")?;
    let revision = line.revision.optional("revision")?;
    let commit = match line.commit {
        Field::Missing => return Err("`commit` is missing: write the full id, or null beside a `revision`".to_owned()),
        Field::Null if revision.is_none() => {
            return Err("`commit` is null, and no `revision` names what was deployed".to_owned());
        }
        ref given => given.optional("commit")?,
    };
    let state = line.state.required("state")?;
    let state =
        DeploymentState::ALL.iter().find(|(name, _)| *name == state).map(|(_, state)| *state).ok_or_else(|| {
            let names: Vec<&str> = DeploymentState::ALL.into_iter().map(|(name, _)| name).collect();
            format!("`state` is `{state}`: write one of {}", names.join(", "))
        })?;
    let started_at = instant("started_at", line.started_at.required("started_at")?)?;
    let finished_at = line.finished_at.optional("finished_at")?.map(|text| instant("finished_at", text)).transpose()?;
    if finished_at.is_some() && !state.is_final() {
        return Err(
            "`finished_at` stands beside a `state` that is not final: give it success, failure, error or inactive"
                .to_owned(),
        );
    }
    if finished_at.is_some_and(|finish| finish < started_at) {
        return Err("`finished_at` lies before `started_at`".to_owned());
    }
    let id: Arc<str> = id.into();
    // A run of one record is often called as its record is.
    let run = line.run.optional("run")?.map(|run| if *run == *id { id.clone() } else { run.into() });
    Ok(Deployment {
        id,
        environment: writer.environments.shared(environment),
        commit: commit.map(CommitId::new),
        revision: revision.map(Into::into),
        state,
        started_at,
        finished_at,
        run,
        actor: line.actor.optional("actor")?.map(|actor| writer.actors.shared(actor)),
        url: line.url.optional("url")?.map(Into::into),
        precision: Precision::Recorded,
    })
}

/// What returns line after line.
#[derive(Default)]
struct Writer {
    layout: plain::Layout,
    environments: Shared,
    actors: Shared,
}

/// One copy of each text: logs have millions of lines and few environments and people.
#[derive(Default)]
struct Shared(Vec<Arc<str>>);

impl Shared {
    fn shared(&mut self, name: &str) -> Arc<str> {
        const MOST: usize = 64;
        if let Some(known) = self.0.iter().find(|known| ***known == *name) {
            return known.clone();
        }
        let new: Arc<str> = name.into();
        if self.0.len() < MOST {
            self.0.push(new.clone());
        }
        new
    }
}

fn instant(key: &str, text: &str) -> Result<Instant, String> {
    let parsed = quick(text.as_bytes()).or_else(|| parse_instant(text));
    let instant = parsed.ok_or_else(|| {
        format!(
            "`{key}` is `{}`: write an instant such as 2026-02-04T14:03:00Z",
            text.chars().take(40).collect::<String>()
        )
    })?;
    dated(instant, key)
}

/// Reads `YYYY-MM-DDTHH:MM:SSZ`, the form that nearly every log has.
fn quick(text: &[u8]) -> Option<Instant> {
    let text: &[u8; 20] = text.try_into().ok()?;
    let [.., b'Z'] = text else { return None };
    if [text[4], text[7], text[10], text[13], text[16]] != *b"--T::" {
        return None;
    }
    let two = |at: usize| {
        let (tens, ones) = (text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0'));
        (tens < 10 && ones < 10).then(|| u32::from(tens) * 10 + u32::from(ones))
    };
    let year = i32::try_from(two(0)? * 100 + two(2)?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, two(5)?, two(8)?)?;
    Some(date.and_hms_opt(two(11)?, two(14)?, two(17)?)?.and_utc())
}

/// What lines say against one another: an id twice, a run with two commits.
fn disagreements(deployments: &[Deployment], lines: &[usize]) -> Bad {
    let mut bad = Bad::default();
    let mut ids = Firsts::with_room_for(deployments.len());
    let mut runs = Firsts::with_room_for(if Deployment::name_runs(deployments) { deployments.len() } else { 0 });
    for (index, (deployment, line)) in deployments.iter().zip(lines).enumerate() {
        let first = ids.of(&&*deployment.id, index, |other| &*deployments[other].id);
        if first != index {
            bad.push(*line, format!("the id `{}` stands in line {} already", deployment.id, lines[first]));
        }
        let Some(run) = &deployment.run else { continue };
        let name_of = |other: usize| (&*deployments[other].environment, deployments[other].run.as_deref());
        let first = runs.of(&(&*deployment.environment, Some(&**run)), index, name_of);
        if deployments[first].commit != deployment.commit {
            bad.push(*line, format!("run `{run}` has another commit in line {}: a run ships one", lines[first]));
        }
    }
    bad
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Write};

    use super::{LONG, parse, parse_file};

    fn line(id: usize) -> String {
        format!(
            "{{\"id\": {id}, \"environment\": \"production\", \"commit\": \"c\", \"state\": \"success\", \"started_at\": \"2026-02-04T14:03:00.5+01:00\"}}\n"
        )
    }

    #[test]
    fn lines_are_whole_however_the_text_comes_in() {
        let text = format!("\u{feff}{}\r\n\n{}", line(1).trim_end(), line(2).trim_end());
        for size in [1, 2, 7, 100, 10_000] {
            let read = parse("log", BufReader::with_capacity(size, text.as_bytes())).expect("a log");
            assert_eq!(read.iter().map(|one| &*one.id).collect::<Vec<_>>(), ["1", "2"], "{size}");
        }
    }

    #[test]
    fn a_long_log_names_its_bad_lines() {
        let mut text: String = (0..20_000).fold(String::new(), |text, id| text + &line(id));
        assert_eq!(parse("log", text.as_bytes()).map(|deployments| deployments.len()), Ok(20_000));
        text.push_str(&line(7));
        let error = parse("log", text.as_bytes()).expect_err("an id twice").to_string();
        assert!(error.contains("log:20001: the id `7` stands in line 8 already"), "{error}");
        let error = parse("log", text.replace("\"id\": 19999,", "").as_bytes()).expect_err("no id").to_string();
        assert!(error.contains("log:20000: `id` is missing"), "{error}");
        let error = parse("log", (line(1) + &"x".repeat(3 << 20)).as_bytes()).expect_err("a long line").to_string();
        assert!(error.contains("log:2: the line is longer than"), "{error}");
    }

    #[test]
    fn a_long_file_reads_as_its_text_does() {
        let mut text: String = (0..20_000).fold("\u{feff}".to_owned(), |text, id| text + &line(id));
        let long = usize::try_from(LONG).expect("a length");
        assert!(text.len() > 2 * long);
        let of_file = |text: &str| {
            let mut file = tempfile::tempfile().expect("a file");
            file.write_all(text.as_bytes()).expect("room for it");
            parse_file("log", &file, text.as_bytes())
        };
        let compare = |text: &str| {
            let (file, whole) = (of_file(text), parse("log", text.as_bytes()));
            assert_eq!(file, whole);
            whole
        };
        assert_eq!(compare(&text).map(|deployments| deployments.len()), Ok(20_000));
        assert_eq!(compare(text.trim_end()).map(|deployments| deployments.len()), Ok(20_000));
        for bad in [line(7), "no log\n".to_owned(), "\u{feff}\n".to_owned(), "x".repeat(3 << 20)] {
            for at in [0, text.len() / 3, text.len() / 2, text.len()] {
                let at = text[..at].rfind('\n').map_or(3, |end| end + 1);
                assert!(compare(&format!("{}{bad}{}", &text[..at], &text[at..])).is_err(), "{at}");
            }
        }
        text.insert_str(3, &"\n".repeat(text.len()));
        assert_eq!(compare(&text).map(|deployments| deployments.len()), Ok(20_000));
    }
}
