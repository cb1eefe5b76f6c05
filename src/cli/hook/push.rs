//! Before git pushes: the refs are on standard input, one a line.

use std::path::Path;

use super::judge::{self, Refusal};
use super::say;
use crate::cli::{Edge, Outcome};
use crate::engine::event::CommitId;
use crate::error::Error;
use crate::gather::push::Pushing;
use crate::gather::{Question, Subject};
use crate::ledger::home::name_of;
use crate::render::refusal::{Later, Refused, refusal};
use crate::sources::files;
use crate::sources::git::Repo;

/// The most that git is heard of one push, in bytes: a mirror of many refs has long lists.
const LIMIT: u64 = 64 << 20;

/// One ref that is pushed, as git tells it.
struct Line<'a> {
    local: &'a str,
    remote_ref: &'a str,
    remote: &'a str,
}

pub(super) fn run(edge: &Edge, remote: &str, url: &str) -> Result<Outcome, Error> {
    let bytes = files::bounded(std::io::stdin().lock(), 0, "standard input", LIMIT)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<Line<'_>> = text.lines().filter_map(line).collect();
    let here = Path::new(".");
    let passes = Outcome { text: String::new(), code: 0 };
    let question = judge::question(edge, here);
    let Some(mut subject) = open(&question)? else { return Ok(passes) };
    let deploys = is_platform(remote, url);
    let Some(branch) = target(&subject, remote, url).filter(|_| !lines.is_empty()) else { return Ok(passes) };
    for Line { local, remote_ref, remote } in lines {
        let name = remote_ref.strip_prefix("refs/heads/");
        let lands = name == Some(&branch) || (deploys && matches!(name, Some("main" | "master")));
        // Taking the branch away deploys nothing.
        if !lands || is_nothing(local) {
            continue;
        }
        let tip = CommitId::new(remote);
        if !is_nothing(remote) && subject.repo.contains(&tip) {
            subject.take_branch_at(tip);
        }
        let pushing = Pushing { commit: Some(CommitId::new(local)), is_new: is_nothing(remote), deploys };
        if let Some(Refusal { report, budget }) = judge::push(edge, &question, &subject, &pushing)? {
            let what = format!("this push to {branch}");
            say(&refusal(&report, &Refused { what: &what, later: Later::Again, budget }));
            return Ok(Outcome { text: String::new(), code: 1 });
        }
    }
    Ok(passes)
}

/// Opens the repository; none where its policy cannot be used: only a push mends that, and `run` and `check` refuse until then.
pub(super) fn open(question: &Question) -> Result<Option<Subject>, Error> {
    Repo::open(&question.repo).map_err(|error| Error::usage(error.to_string()))?;
    match Subject::open(question) {
        Ok(subject) => Ok(Some(subject)),
        Err(error) => {
            say(&format!("deploy-rhythm: this push is not judged: {}", error.message));
            Ok(None)
        }
    }
}

/// Whether a remote deploys what is pushed to it.
pub(super) fn is_platform(remote: &str, url: &str) -> bool {
    matches!(remote, "heroku" | "dokku")
        || ["git.heroku.com", "@heroku.com", "dokku@"].iter().any(|sign| url.contains(sign))
}

/// The branch that deploys, where this remote is the one that it lies on.
pub(super) fn target(subject: &Subject, remote: &str, url: &str) -> Option<String> {
    let origin = subject.repo.origin();
    let is_home = remote == "origin" || origin.is_none_or(|origin| is_same(&subject.repo, &origin, url));
    let branch = subject.deploying_branch()?.to_owned();
    (is_home || is_platform(remote, url)).then_some(branch)
}

/// Whether two addresses are of one repository, however they are written.
fn is_same(repo: &Repo, one: &str, other: &str) -> bool {
    let place = |url: &str| {
        let path = url.strip_prefix("file://").unwrap_or(url).trim_end_matches('/');
        let path = repo.workdir().unwrap_or(repo.git_dir()).join(path);
        let with_end = || Path::new(&format!("{}.git", path.display())).canonicalize();
        path.canonicalize().or_else(|_| with_end()).ok()
    };
    let names = (name_of(one), name_of(other));
    one == other
        || (names.0.is_some() && names.0 == names.1)
        || place(one).is_some_and(|path| place(other) == Some(path))
}

fn line(text: &str) -> Option<Line<'_>> {
    let mut words = text.split_ascii_whitespace();
    let (_, local, remote_ref, remote) = (words.next()?, words.next()?, words.next()?, words.next()?);
    Some(Line { local, remote_ref, remote })
}

/// An id of nothing but zeros: what is not there.
fn is_nothing(id: &str) -> bool {
    id.bytes().all(|byte| byte == b'0')
}
