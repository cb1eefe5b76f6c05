//! Pushes from a file: JSON Lines, one push a line, any order.

use std::borrow::Cow;
use std::io::BufRead;

use serde::Deserialize;
use serde_json::error::Category;

use super::files;
use crate::engine::event::{CommitId, Instant, Landing, Precision, parse_instant};
use crate::error::Error;

/// The longest line that is read, in bytes.
const LONGEST: usize = 64 * 1024;

/// The most commits that one push may bring.
const MOST_COMMITS: u32 = 1_000_000;

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    at: Cow<'a, str>,
    #[serde(borrow)]
    commit: Cow<'a, str>,
    #[serde(borrow, default)]
    subject: Option<Cow<'a, str>>,
    /// The files that it changed: rules about chains of fixes look at them.
    files: Option<Vec<String>>,
    /// One, where it is not told.
    commits: Option<u32>,
}

/// Reads pushes, oldest first, and how many commits each one brought.
///
/// # Errors
///
/// Fails at the first line that cannot be read, with its number and what is wrong.
pub fn parse(name: &str, mut text: impl BufRead) -> Result<(Vec<Landing>, Vec<u32>), Error> {
    let (mut landings, mut commits) = (Vec::new(), Vec::new());
    let (mut line, mut number, mut read) = (Vec::new(), 0_usize, 0_u64);
    loop {
        line.clear();
        let length = std::io::Read::take(&mut text, LONGEST as u64 + 1)
            .read_until(b'\n', &mut line)
            .map_err(|error| Error::failure(format!("cannot read {name}: {error}")))?;
        if length == 0 {
            break;
        }
        number += 1;
        read += length as u64;
        let bad = |what: String| Error::usage(format!("{name}:{number}: {what}"));
        if length > LONGEST {
            return Err(bad(format!("the line is longer than {LONGEST} bytes")));
        }
        if read > files::LOG_LIMIT {
            return Err(files::too_large(name, files::LOG_LIMIT));
        }
        let text = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&line).trim_ascii();
        if !text.is_empty() {
            let (landing, count) = push(text).map_err(bad)?;
            landings.push(landing);
            commits.push(count);
        }
    }
    if landings.is_sorted_by_key(|landing| landing.at) {
        return Ok((landings, commits));
    }
    let mut pairs: Vec<(Landing, u32)> = landings.into_iter().zip(commits).collect();
    pairs.sort_by_key(|(landing, _)| landing.at);
    Ok(pairs.into_iter().unzip())
}

fn push(text: &[u8]) -> Result<(Landing, u32), String> {
    let line: Line<'_> = serde_json::from_slice(text).map_err(|error| {
        let text = error.to_string();
        let what = match (error.classify(), text.split(" at line").next()) {
            (Category::Data, Some(missing)) if missing.starts_with("missing field") => missing,
            (Category::Data, _) => "a value is of the wrong kind",
            _ => "it is not JSON",
        };
        format!("not a push: {what}; write {{\"at\": \"2026-02-04T14:03:00Z\", \"commit\": \"<id>\"}}")
    })?;
    let at: Instant = parse_instant(&line.at)
        .ok_or_else(|| "`at` is no instant: write one such as 2026-02-04T14:03:00Z".to_owned())?;
    if !(1971..=9000).contains(&chrono::Datelike::year(&at)) {
        return Err("`at` lies outside the years 1971 to 9000".to_owned());
    }
    if line.commit.is_empty() || line.commit.bytes().any(|byte| byte.is_ascii_control()) {
        return Err("`commit` is empty or holds control characters".to_owned());
    }
    let commits = line.commits.unwrap_or(1);
    if !(1..=MOST_COMMITS).contains(&commits) {
        return Err(format!("`commits` is {commits}: a push brings 1 to {MOST_COMMITS}"));
    }
    let landing = Landing {
        commit: CommitId::new(&line.commit),
        subject: line.subject.map(Cow::into_owned).unwrap_or_default(),
        at,
        precision: Precision::Recorded,
        files: line.files.unwrap_or_default(),
    };
    Ok((landing, commits))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn pushes_come_in_any_order_and_count_one_commit_unless_said() {
        let text = "\u{feff}{\"at\": \"2026-02-04T15:00:00+01:00\", \"commit\": \"B\", \"commits\": 3}\n\n{\"at\": \"2026-02-04T13:00:00Z\", \"commit\": \"a\"}";
        let (landings, commits) = parse("pushes", text.as_bytes()).expect("pushes");
        assert_eq!(landings.iter().map(|one| one.commit.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(commits, [1, 3]);
    }

    #[test]
    fn null_is_absent() {
        let text = r#"{"at": "2026-02-04T13:00:00Z", "commit": "a", "subject": null, "files": null, "commits": null}"#;
        let (landings, commits) = parse("pushes", text.as_bytes()).expect("pushes");
        assert_eq!((landings[0].subject.as_str(), landings[0].files.len(), commits), ("", 0, vec![1]));
    }

    #[test]
    fn a_bad_line_is_named() {
        for (line, what) in [
            ("{\"at\": \"2026-02-04T13:00:00Z\"}", "missing field `commit`"),
            ("{\"at\": \"yesterday\", \"commit\": \"a\"}", "`at` is no instant"),
            ("{\"at\": \"2026-02-04T13:00:00Z\", \"commit\": \"\"}", "`commit` is empty"),
            ("[]", "not a push"),
            ("{\"at\": \"2026-02-04T13:00:00Z\", \"commit\": \"a\", \"commits\": -1}", "not a push"),
        ] {
            let text = format!("\n{line}\n");
            let error = parse("pushes", text.as_bytes()).expect_err(line).to_string();
            assert!(error.contains("pushes:2: ") && error.contains(what), "{error}");
        }
        let long = format!("{{\"at\": \"{}\"}}", "x".repeat(100_000));
        assert!(parse("pushes", long.as_bytes()).expect_err("long").to_string().contains("longer than"));
    }
}
