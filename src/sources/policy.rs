//! Finds the policy: at the tip of the default branch, else in the working tree, else the built-in default.

use std::path::{Path, PathBuf};

use super::abroad::{Abroad, Fetch};
use super::git::Repo;
use super::{files, loosening, packs};
use crate::engine::event::{CommitId, Environment};
use crate::engine::policy::{EnvironmentPolicy, Fetched, Origin, Policy, load};
use crate::error::Error;
use crate::report::PolicyKind;

/// Where a repository keeps its policy, first found first.
pub const PATHS: [&str; 2] = [".github/deploy-rhythm.yml", "deploy-rhythm.yml"];

/// The largest file that a policy may be or name, in bytes.
const LIMIT: usize = 4 * 1024 * 1024;

/// Where the policy lies, and the files that it names beside it.
#[derive(Clone, Debug)]
pub enum Home {
    /// In a commit: the tip of the default branch.
    Tip { branch: String, commit: CommitId },
    /// In the working tree.
    WorkingTree { top: PathBuf },
    /// In a file named on the command line; what it names lies beside it or in the working tree.
    Named { file: PathBuf, top: Option<PathBuf> },
    /// Nowhere: the built-in default.
    BuiltIn,
}

/// Which policy is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The one in force: judging reads the default branch.
    InForce,
    /// The one being written: `policy …` reads the working tree.
    Draft,
}

/// A policy, where it lies, and what the reader should know about that.
#[derive(Clone, Debug)]
pub struct Found {
    pub policy: Policy,
    pub home: Home,
    pub description: String,
    pub kind: PolicyKind,
    pub notes: Vec<String>,
}

impl Found {
    /// The environment that is meant, and what the policy says about it.
    ///
    /// # Errors
    ///
    /// Fails where the policy does not name it.
    pub fn environment(&self, asked: Option<&str>) -> Result<EnvironmentPolicy, Error> {
        let policy = &self.policy;
        let name = asked.map_or_else(|| policy.default_environment(), Environment::from);
        policy.environment(&name).ok_or_else(|| {
            let named: Vec<String> = policy.patterns().into_iter().map(|pattern| format!("`{pattern}`")).collect();
            let error = Error::usage(format!("{} names no environment `{name}`", self.description));
            match named.is_empty() {
                true => error.hint("it names none: add `environments: {production: {…}}`"),
                false => error.hint(format!("it names {}; ask with `--environment NAME`", named.join(", "))),
            }
        })
    }
}

impl Home {
    /// Reads a file that the policy names.
    ///
    /// # Errors
    ///
    /// Fails where the file leaves the repository, is too large or cannot be read.
    pub fn read(&self, repo: Option<&Repo>, path: &str) -> Result<Option<Vec<u8>>, Error> {
        let outside = Path::new(path).is_absolute() || path.split(['/', '\\']).any(|part| part == "..");
        if outside {
            return Err(Error::usage(format!("`{path}` leaves the repository")));
        }
        match self {
            Self::Tip { commit, .. } => match repo {
                Some(repo) => repo.read_at(commit, path, LIMIT).map_err(|error| Error::failure(error.to_string())),
                None => Ok(None),
            },
            Self::WorkingTree { top } => files::read_inside(top, path, LIMIT as u64),
            Self::Named { file, top } => {
                let beside = file.parent().map(|folder| folder.join(path));
                for candidate in beside.into_iter().chain(top.iter().map(|top| top.join(path))) {
                    if let Some(bytes) = files::read(&candidate, LIMIT as u64)? {
                        return Ok(Some(bytes));
                    }
                }
                Ok(None)
            }
            Self::BuiltIn => Ok(None),
        }
    }

    fn describe(&self, path: &str) -> String {
        match self {
            Self::Tip { branch, .. } => format!("{path} at {branch}"),
            Self::WorkingTree { .. } => format!("{path} in the working tree"),
            Self::Named { file, .. } => file.display().to_string(),
            Self::BuiltIn => "the built-in default".to_owned(),
        }
    }
}

/// Finds and reads a policy; `named` is what `--policy` says: a file or, where there is none, a built-in policy.
///
/// # Errors
///
/// Fails where the policy is not valid, with everything that is wrong, or where a file cannot be read.
pub fn find(repo: Option<&Repo>, named: Option<&Path>, wanted: Wanted) -> Result<Found, Error> {
    find_by(repo, named, wanted, &mut not_here)
}

/// The same, where policies of others may be fetched.
///
/// # Errors
///
/// As [`find`].
pub fn find_by(repo: Option<&Repo>, named: Option<&Path>, wanted: Wanted, abroad: Fetch<'_>) -> Result<Found, Error> {
    let top = repo.and_then(Repo::workdir).map(Path::to_owned);
    if let Some(file) = named {
        let Some(bytes) = files::read(file, LIMIT as u64)? else {
            if let Some(name) = file.to_str().filter(|name| packs::find(name).is_some()) {
                return built_in(name);
            }
            return Err(Error::usage(format!("there is no policy at {}", file.display()))
                .hint("check the path that `--policy` names")
                .hint(format!("or name a built-in policy: {}", packs::names())));
        };
        let home = Home::Named { file: file.to_owned(), top };
        return read(repo, home, &file.display().to_string(), &bytes, Vec::new(), abroad);
    }
    let tree = top.map(|top| Home::WorkingTree { top });
    // A draft that cannot be read is no reason to doubt the policy in force.
    let drafted = first(repo, tree.as_ref());
    if wanted == Wanted::Draft {
        if let (Some((path, bytes)), Some(home)) = (drafted?, tree) {
            return read(repo, home, path, &bytes, Vec::new(), abroad);
        }
        return built_in_default(Vec::new());
    }
    let tip = repo
        .and_then(|repo| repo.default_branch().ok())
        .map(|branch| Home::Tip { branch: branch.name, commit: branch.tip });
    let in_force = first(repo, tip.as_ref())?;
    if let (Some((path, bytes)), Some(home)) = (&in_force, &tip) {
        let differs = match &drafted {
            Ok(drafted) => drafted.as_ref().is_some_and(|(other, draft)| other != path || draft != bytes),
            Err(_) => true,
        };
        let note = format!("the working tree has another policy: the one in force is {}", home.describe(path));
        let notes = differs.then_some(note).into_iter().collect();
        return read(repo, home.clone(), path, bytes, notes, abroad);
    }
    match (tip, drafted?, tree) {
        (tip, Some((path, bytes)), Some(home)) => {
            let branch = match tip {
                Some(Home::Tip { branch, .. }) => branch,
                _ => "the default branch".to_owned(),
            };
            let note = format!(
                "{branch} has no policy: this one is read from the working tree, and is in force once it lands"
            );
            read(repo, home, path, &bytes, vec![note], abroad)
        }
        _ => built_in_default(vec![format!(
            "no policy file ({}): the built-in default applies; `deploy-rhythm init` writes one",
            PATHS.join(" or ")
        )]),
    }
}

/// The policy of a job: at the tip of the default branch, or built in; never a file that the checkout brings.
///
/// # Errors
///
/// Fails where it is not valid, or where the default branch has no such file.
pub fn landed(repo: &Repo, named: Option<&Path>, abroad: Fetch<'_>) -> Result<Found, Error> {
    let branch = repo.default_branch()?;
    let home = Home::Tip { branch: branch.name.clone(), commit: branch.tip };
    let Some(path) = named else {
        return match first(Some(repo), Some(&home))? {
            Some((path, bytes)) => read(Some(repo), home, path, &bytes, Vec::new(), abroad),
            None => built_in_default(vec![format!(
                "{} has no policy file ({}): the built-in default applies",
                branch.name,
                PATHS.join(" or ")
            )]),
        };
    };
    let name = path.to_string_lossy().replace('\\', "/");
    match home.read(Some(repo), &name)? {
        Some(bytes) => read(Some(repo), home, &name, &bytes, Vec::new(), abroad),
        None if packs::find(&name).is_some() => built_in(&name),
        None => Err(Error::usage(format!("{} has no policy at {name}", branch.name))
            .hint(format!("name a file that has landed, or a built-in policy: {}", packs::names()))),
    }
}

/// The policy that a commit brings; `None` where it has none.
///
/// # Errors
///
/// Fails where that is not valid.
pub fn at(repo: &Repo, commit: &CommitId, abroad: Fetch<'_>) -> Result<Option<Policy>, Error> {
    let home = Home::Tip { branch: commit.short().to_owned(), commit: commit.clone() };
    let Some((path, bytes)) = first(Some(repo), Some(&home))? else { return Ok(None) };
    read(Some(repo), home, path, &bytes, Vec::new(), abroad).map(|found| Some(found.policy))
}

/// The first policy file of a place.
fn first(repo: Option<&Repo>, home: Option<&Home>) -> Result<Option<(&'static str, Vec<u8>)>, Error> {
    let Some(home) = home else { return Ok(None) };
    for path in PATHS {
        if let Some(bytes) = home.read(repo, path)? {
            return Ok(Some((path, bytes)));
        }
    }
    Ok(None)
}

fn read(
    repo: Option<&Repo>,
    home: Home,
    name: &str,
    bytes: &[u8],
    notes: Vec<String>,
    abroad: Fetch<'_>,
) -> Result<Found, Error> {
    let top = Fetched { name: name.to_owned(), origin: Origin::File, bytes: bytes.to_owned() };
    let mut get = |wanted: &str| fetch_by(repo, &home, wanted, &mut *abroad);
    let policy = load(top, &mut get).map_err(|error| Error::usage(format!("the policy cannot be used\n{error}")))?;
    loosening::refuse(&policy, bytes)?;
    let description = home.describe(name);
    Ok(Found { policy, home, description, kind: PolicyKind::Written, notes })
}

/// Gets what `extends` names: a built-in policy, a policy of others as it was kept, else a file beside the policy.
///
/// # Errors
///
/// Says in one sentence why it is not to be had.
pub fn fetch(repo: Option<&Repo>, home: &Home, wanted: &str) -> Result<Fetched, String> {
    fetch_by(repo, home, wanted, &mut not_here)
}

fn fetch_by(repo: Option<&Repo>, home: &Home, wanted: &str, abroad: Fetch<'_>) -> Result<Fetched, String> {
    if let Some(pack) = packs::find(wanted) {
        return Ok(pack);
    }
    if let Some(other) = Abroad::parse(wanted) {
        let other = other?;
        let bytes = other.bytes(repo, abroad)?;
        return Ok(Fetched { name: other.to_string(), origin: Origin::Abroad, bytes });
    }
    match home.read(repo, wanted) {
        Ok(Some(bytes)) => Ok(Fetched { name: wanted.to_owned(), origin: Origin::File, bytes }),
        Ok(None) => Err(format!(
            "`{wanted}` is neither a built-in policy ({}), a file of the repository, nor OWNER/REPO/PATH@COMMIT",
            packs::names()
        )),
        Err(error) => Err(error.message),
    }
}

/// What is said where nobody may fetch.
fn not_here(other: &Abroad) -> Result<Vec<u8>, String> {
    Err(format!(
        "`{other}` has not been fetched here: `deploy-rhythm check` and `policy validate` fetch it from GitHub, once"
    ))
}

fn built_in_default(notes: Vec<String>) -> Result<Found, Error> {
    let found = built_in(packs::DEFAULT)?;
    Ok(Found { description: "the built-in default".to_owned(), kind: PolicyKind::Default, notes, ..found })
}

/// A built-in policy by its name.
///
/// # Errors
///
/// Fails where there is none of that name.
pub fn built_in(name: &str) -> Result<Found, Error> {
    let pack = packs::find(name).ok_or_else(|| {
        Error::usage(format!("there is no built-in policy `{name}`")).hint(format!("there are {}", packs::names()))
    })?;
    let policy = load(pack, &mut |wanted| packs::find(wanted).ok_or_else(|| format!("`{wanted}` is not built in")))
        .map_err(|error| Error::failure(error.to_string()))?;
    let description = format!("the built-in policy {name}");
    Ok(Found { policy, home: Home::BuiltIn, description, kind: PolicyKind::Written, notes: Vec::new() })
}
