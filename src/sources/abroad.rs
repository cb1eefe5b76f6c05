//! Policies of others: `extends: OWNER/REPO/PATH@COMMIT`, kept in the git directory once they have been fetched.

use std::fmt;

use super::files;
use super::git::Repo;
use crate::error::Error;
use crate::github;
use crate::ledger::chain::digest;

/// Where fetched files lie in the git directory that all worktrees share.
const KEPT: &str = "deploy-rhythm/extends";

/// The largest file of others that is kept, in bytes: as much as a policy may have.
const LIMIT: u64 = 1 << 20;

/// A file of another repository at one commit: it never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abroad {
    pub repository: github::Repository,
    pub path: String,
    /// The whole id.
    pub commit: String,
}

/// Gets the bytes of a file of others, or says why they are not to be had.
pub type Fetch<'a> = &'a mut dyn FnMut(&Abroad) -> Result<Vec<u8>, String>;

impl Abroad {
    /// Reads `OWNER/REPO/PATH@COMMIT`; nothing where that is the name of something here.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Option<Result<Self, String>> {
        let (place, commit) = text.rsplit_once('@')?;
        let mut parts = place.splitn(3, '/');
        let (Some(owner), Some(name), Some(path)) = (parts.next(), parts.next(), parts.next()) else { return None };
        let whole = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !whole {
            let what = "names no whole id of a commit, 40 hexadecimal digits: a branch, a tag or a shortened id may come to mean something else";
            return Some(Err(format!("`{text}` {what}")));
        }
        let leaves = path.is_empty() || path.split('/').any(|part| matches!(part, "" | "." | ".."));
        match github::Repository::parse(&format!("{owner}/{name}")) {
            Ok(repository) if !leaves => {
                Some(Ok(Self { repository, path: path.to_owned(), commit: commit.to_ascii_lowercase() }))
            }
            _ => Some(Err(format!("`{text}` is no OWNER/REPO/PATH@COMMIT"))),
        }
    }

    fn place(&self) -> String {
        format!("{KEPT}/{}", digest(format!("{self:#}").as_bytes()))
    }

    /// What was fetched before; nothing where it was not.
    ///
    /// # Errors
    ///
    /// Fails where it cannot be read.
    pub fn kept(&self, repo: &Repo) -> Result<Option<Vec<u8>>, Error> {
        files::read_inside(repo.shared_dir(), &self.place(), LIMIT)
    }

    /// Keeps it.
    ///
    /// # Errors
    ///
    /// Fails where it cannot be written.
    pub fn keep(&self, repo: &Repo, text: &str) -> Result<(), Error> {
        files::replace(repo.shared_dir(), &self.place(), text)
    }

    /// Its bytes: as they were kept, else as they are fetched, and kept from then on.
    ///
    /// # Errors
    ///
    /// Says in one sentence why they are not to be had.
    pub fn bytes(&self, repo: Option<&Repo>, fetch: Fetch<'_>) -> Result<Vec<u8>, String> {
        let said = |error: Error| error.message;
        if let Some(repo) = repo
            && let Some(kept) = self.kept(repo).map_err(said)?
        {
            return Ok(kept);
        }
        let bytes = fetch(self)?;
        if bytes.len() as u64 > LIMIT {
            return Err(format!("`{self}` has more than {LIMIT} bytes"));
        }
        let text = String::from_utf8(bytes).map_err(|_| format!("`{self}` is not UTF-8"))?;
        if let Some(repo) = repo {
            // What cannot be kept is fetched again.
            let _ = self.keep(repo, &text);
        }
        Ok(text.into_bytes())
    }
}

/// With `#`, the whole id of the commit; else its beginning, for people.
impl fmt::Display for Abroad {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let commit = if out.alternate() { &self.commit } else { &self.commit[..12] };
        write!(out, "{}/{}@{commit}", self.repository, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::Abroad;

    #[test]
    fn a_file_of_others_is_named_by_its_whole_commit() {
        let sha = "0123456789abcdef0123456789abcdef01234567";
        let of = |text: &str| Abroad::parse(text);
        let read = of(&format!("acme/policies/prod/base.yml@{sha}")).expect("abroad").expect("one");
        assert_eq!(format!("{read}"), "acme/policies/prod/base.yml@0123456789ab");
        assert_eq!(read.path, "prod/base.yml");
        for here in ["sqlite-single-volume", "deploy/base.yml", "base@2.yml"] {
            assert!(of(here).is_none(), "{here}");
        }
        for bad in ["acme/policies/base.yml@main".to_owned(), format!("acme/policies/base.yml@{}", &sha[..12])] {
            assert!(of(&bad).expect("abroad").expect_err("bad").contains("whole id"), "{bad}");
        }
        for bad in ["acme/policies/../x@", "a b/c/d@", "acme/policies/@", "acme//x@"] {
            assert!(of(&format!("{bad}{sha}")).expect("abroad").is_err(), "{bad}");
        }
    }
}
