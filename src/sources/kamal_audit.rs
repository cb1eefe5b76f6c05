//! Kamal's audit log: the host's file, or the text that `kamal audit` prints.
//!
//! One version from its first `Booted` to its last `Tagging` is one rollout, over however many hosts and roles.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use crate::engine::calendar::utc;
use crate::engine::event::{CommitId, Deployment, DeploymentState, Instant, Precision, parse_instant};

/// How much of the log a text holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it: the host's own file.
    Whole,
    /// What `kamal audit` prints: at most the last lines of each host.
    Tail,
}

/// How many lines of a host `kamal audit` prints.
const TAIL: usize = 50;

/// How lines begin that Kamal prints about its own work, before and between those of the log.
const LEVELS: [&str; 3] = ["INFO", "DEBUG", "WARN"];

/// The environment of a deployment without a destination.
const ENVIRONMENT: &str = "production";

/// What an audit log tells.
#[derive(Clone, Debug, Default)]
pub struct KamalAudit {
    pub deployments: Vec<Deployment>,
    /// Back to when they are complete; `None` is the very beginning.
    pub complete_since: Option<Instant>,
    pub notes: Vec<String>,
}

/// A line that is no audit line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KamalErrors {
    name: String,
    bad: Vec<(usize, &'static str)>,
}

impl fmt::Display for KamalErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Kamal's audit log cannot be used")?;
        for (line, what) in self.bad.iter().take(20) {
            write!(out, "\n{}:{line}: {what}", self.name)?;
        }
        Ok(())
    }
}

impl std::error::Error for KamalErrors {}

/// Whether a text looks like Kamal's and not like a deploy log.
#[must_use]
pub fn looks_like(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let mut lines =
        lines.filter(|line| !line.is_empty() && !LEVELS.iter().any(|level| line.starts_with(level.as_bytes())));
    lines.next().is_some_and(|line| {
        line.starts_with(b"App Host:") || (line.first() == Some(&b'[') && line.get(1).is_some_and(u8::is_ascii_digit))
    })
}

/// One audit line of interest.
struct Line<'a> {
    at: Instant,
    /// The number of the host's section in the text.
    host: usize,
    performer: &'a str,
    tags: Vec<&'a str>,
    act: Act<'a>,
}

#[derive(Clone, Copy)]
enum Act<'a> {
    Booted(&'a str),
    Tagged(&'a str),
    Other,
}

/// Reads an audit log.
///
/// # Errors
///
/// Returns every line that is no audit line.
pub fn parse(name: &str, bytes: &[u8], extent: Extent) -> Result<KamalAudit, KamalErrors> {
    let text = String::from_utf8_lossy(bytes);
    let mut bad = Vec::new();
    let mut lines = Vec::new();
    let mut host = 0;
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.starts_with("App Host:") {
            host += 1;
        } else if line.is_empty() || LEVELS.iter().any(|level| line.starts_with(level)) {
        } else {
            match read_line(line, host) {
                Some(line) => lines.push(line),
                None => bad.push((index + 1, "not an audit line: it begins `[2026-02-04T14:03:00Z] [performer]`")),
            }
        }
    }
    if !bad.is_empty() {
        return Err(KamalErrors { name: name.to_owned(), bad });
    }
    let complete_since = if extent == Extent::Tail { cut_at(&lines) } else { None };
    lines.sort_by_key(|line| line.at);
    let mut audit = KamalAudit { complete_since, ..KamalAudit::default() };
    if let Some(since) = complete_since {
        audit.notes.push(format!(
            "`kamal audit` prints the last {TAIL} lines of a host: deployments are complete since {} only",
            utc(since)
        ));
    }
    rollouts(&lines, &mut audit);
    Ok(audit)
}

fn read_line(line: &str, host: usize) -> Option<Line<'_>> {
    let (at, rest) = line.strip_prefix('[')?.split_once(']')?;
    let at = parse_instant(at)?;
    let (performer, mut rest) = rest.trim_start().strip_prefix('[')?.split_once(']')?;
    let mut tags = Vec::new();
    while let Some((tag, after)) = rest.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        tags.push(tag);
        rest = after;
    }
    let text = rest.trim();
    let act = if let Some(version) = text.strip_prefix("Booted app version ") {
        Act::Booted(version.trim())
    } else if let Some(image) = text.strip_prefix("Tagging ").and_then(|text| text.strip_suffix(" as the latest image"))
    {
        Act::Tagged(image.rsplit_once(':')?.1)
    } else {
        Act::Other
    };
    Some(Line { at, host, performer, tags, act })
}

/// Since when a text is complete that shows the tail of some hosts' logs.
fn cut_at(lines: &[Line<'_>]) -> Option<Instant> {
    let mut hosts: HashMap<usize, (usize, Instant)> = HashMap::new();
    for line in lines {
        let host = hosts.entry(line.host).or_insert((0, line.at));
        *host = (host.0 + 1, host.1.min(line.at));
    }
    hosts.into_values().filter(|(count, _)| *count >= TAIL).map(|(_, first)| first).max()
}

/// A rollout as its lines come in.
struct Open<'a> {
    version: &'a str,
    environment: &'a str,
    performer: &'a str,
    start: Instant,
    last_tagged: Option<Instant>,
    /// The hosts and roles that have booted.
    booted: HashSet<(usize, &'a str)>,
}

fn rollouts<'a>(lines: &[Line<'a>], audit: &mut KamalAudit) {
    // `Booted` carries a role, after the destination where there is one; `Tagging` carries no role.
    let roles: BTreeSet<&str> = lines
        .iter()
        .filter(|line| matches!(line.act, Act::Booted(_)))
        .filter_map(|line| line.tags.last().copied())
        .collect();
    let mut all: Vec<Open<'a>> = Vec::new();
    // The newest rollout of each version: those of several versions may overlap.
    let mut newest: HashMap<(&str, &str), usize> = HashMap::new();
    for line in lines {
        match line.act {
            Act::Booted(version) => {
                let role = line.tags.last().copied().unwrap_or_default();
                let environment = if line.tags.len() > 1 { line.tags[0] } else { ENVIRONMENT };
                let again = |open: &Open<'_>| open.last_tagged.is_some() && open.booted.contains(&(line.host, role));
                let known = newest.get(&(environment, version)).copied().filter(|index| !again(&all[*index]));
                let index = known.unwrap_or_else(|| {
                    all.push(Open {
                        version,
                        environment,
                        performer: line.performer,
                        start: line.at,
                        last_tagged: None,
                        booted: HashSet::new(),
                    });
                    all.len() - 1
                });
                newest.insert((environment, version), index);
                all[index].booted.insert((line.host, role));
            }
            Act::Tagged(version) => {
                let environment = line.tags.iter().find(|tag| !roles.contains(*tag)).copied().unwrap_or(ENVIRONMENT);
                if let Some(index) = newest.get(&(environment, version)) {
                    all[*index].last_tagged = Some(line.at);
                }
            }
            Act::Other => {}
        }
    }
    for (index, open) in all.iter().enumerate() {
        // Kamal's lock lets one deploy boot at a time: where a later one ran to its end, this one had been given up.
        let given_up = all[index + 1..]
            .iter()
            .find(|later| later.environment == open.environment && later.last_tagged.is_some())
            .map(|later| later.start);
        close(open, given_up, audit);
    }
    audit.deployments.sort_by_key(|deployment| deployment.started_at);
}

/// Writes a rollout down; `given_up` is when a later one booted that ran to its end.
fn close(open: &Open<'_>, given_up: Option<Instant>, audit: &mut KamalAudit) {
    let (state, finished_at) = match (open.last_tagged, given_up) {
        (Some(tagged), _) => (DeploymentState::Success, Some(tagged)),
        (None, None) => (DeploymentState::InProgress, None),
        (None, Some(next)) => {
            audit.notes.push(format!(
                "{} was booted {} and never tagged: taken for a failure that ended when the next one booted",
                open.version.chars().take(12).collect::<String>(),
                utc(open.start)
            ));
            (DeploymentState::Failure, Some(next))
        }
    };
    let is_commit = open.version.len() == 40 && open.version.bytes().all(|byte| byte.is_ascii_hexdigit());
    audit.deployments.push(Deployment {
        // Twelve letters tell versions apart for a person; the instant makes the id unique.
        id: format!("kamal:{}@{}", open.version.chars().take(12).collect::<String>(), utc(open.start)).into(),
        environment: open.environment.into(),
        commit: is_commit.then(|| CommitId::new(open.version)),
        revision: (!is_commit).then(|| open.version.into()),
        state,
        started_at: open.start,
        finished_at,
        run: None,
        actor: Some(open.performer.into()),
        url: None,
        precision: Precision::Recorded,
    });
}

#[cfg(test)]
mod tests {
    use super::{Extent, looks_like, parse};
    use crate::engine::calendar::utc;
    use crate::engine::event::DeploymentState;

    const ONE: &str = "1111111111111111111111111111111111111111";
    const TWO: &str = "2222222222222222222222222222222222222222";

    fn told(text: &str) -> Vec<(String, String, DeploymentState, Option<String>)> {
        let audit = parse("audit", text.as_bytes(), Extent::Whole).expect("an audit log");
        let told = audit.deployments.into_iter();
        told.map(|one| (one.environment.to_string(), utc(one.started_at), one.state, one.finished_at.map(utc)))
            .collect()
    }

    #[test]
    fn one_version_over_two_hosts_is_one_rollout() {
        let text = format!(
            "App Host: 10.0.0.1\n[2026-02-04T14:00:00Z] [ann@example.org] Pulled image with version {ONE}\n\
             [2026-02-04T14:00:10Z] [ann@example.org] [web] Booted app version {ONE}\n\
             [2026-02-04T14:00:40Z] [ann@example.org] Tagging shop/app:{ONE} as the latest image\n\
             App Host: 10.0.0.2\n[2026-02-04T14:00:50Z] [ann@example.org] [job] Booted app version {ONE}\n\
             [2026-02-04T14:01:30Z] [ann@example.org] Tagging shop/app:{ONE} as the latest image\n"
        );
        let expected = (
            "production".to_owned(),
            "2026-02-04T14:00:10Z".to_owned(),
            DeploymentState::Success,
            Some("2026-02-04T14:01:30Z".to_owned()),
        );
        assert_eq!(told(&text), [expected]);
        assert!(looks_like(text.as_bytes()));
    }

    #[test]
    fn the_same_version_again_is_another_rollout() {
        let text = format!(
            "[2026-02-04T14:00:10Z] [ann] [web] Booted app version {ONE}\n[2026-02-04T14:00:40Z] [ann] Tagging app:{ONE} as the latest image\n\
             [2026-02-04T16:00:10Z] [ann] [web] Booted app version {ONE}\n[2026-02-04T16:00:40Z] [ann] Tagging app:{ONE} as the latest image\n"
        );
        assert_eq!(told(&text).len(), 2);
    }

    #[test]
    fn a_boot_that_was_never_tagged_failed_or_still_runs() {
        let text = format!(
            "[2026-02-04T14:00:10Z] [ann] [staging] [web] Booted app version {ONE}\n[2026-02-04T14:05:00Z] [ann] [staging] [web] Booted app version {TWO}\n"
        );
        let states: Vec<_> = told(&text).into_iter().map(|(environment, _, state, _)| (environment, state)).collect();
        let running = ("staging".to_owned(), DeploymentState::InProgress);
        assert_eq!(states, [running.clone(), running]);
        let text = text + &format!("[2026-02-04T14:05:30Z] [ann] [staging] Tagging app:{TWO} as the latest image\n");
        let states: Vec<_> = told(&text).into_iter().map(|(_, _, state, finish)| (state, finish)).collect();
        assert_eq!(
            states,
            [
                (DeploymentState::Failure, Some("2026-02-04T14:05:00Z".to_owned())),
                (DeploymentState::Success, Some("2026-02-04T14:05:30Z".to_owned()))
            ]
        );
    }

    #[test]
    fn rollouts_of_two_versions_may_overlap() {
        let text = format!(
            "  INFO [5d2f0b2e] Running tail on 10.0.0.1\n[2026-02-04T14:00:05Z] [ann] [web] Booted app version {ONE}\n\
             [2026-02-04T14:00:20Z] [bob] [web] Booted app version {TWO}\n\
             [2026-02-04T14:00:35Z] [ann] Tagging app:{ONE} as the latest image\n\
             [2026-02-04T14:00:55Z] [bob] Tagging app:{TWO} as the latest image\n"
        );
        assert!(looks_like(text.as_bytes()));
        let spans: Vec<_> = told(&text).into_iter().map(|(_, start, _, finish)| (start, finish)).collect();
        assert_eq!(
            spans,
            [
                ("2026-02-04T14:00:05Z".to_owned(), Some("2026-02-04T14:00:35Z".to_owned())),
                ("2026-02-04T14:00:20Z".to_owned(), Some("2026-02-04T14:00:55Z".to_owned()))
            ]
        );
    }

    #[test]
    fn a_tail_is_complete_since_its_first_line() {
        let lines: String = (0..50).fold(String::new(), |text, second| {
            text + &format!("[2026-02-04T14:00:{second:02}Z] [ann] Pruned images\n")
        });
        let since = |extent| parse("audit", lines.as_bytes(), extent).expect("an audit log").complete_since.map(utc);
        assert_eq!(since(Extent::Tail).as_deref(), Some("2026-02-04T14:00:00Z"));
        assert_eq!(since(Extent::Whole), None);
    }

    #[test]
    fn other_text_is_an_error_with_its_line() {
        let error = parse("audit", b"[2026-02-04T14:00:00Z] [ann] Pruned images\nsomething else\n", Extent::Whole)
            .expect_err("an error");
        assert!(error.to_string().contains("audit:2:"), "{error}");
    }
}
