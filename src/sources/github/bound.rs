//! Which commit somebody meant by a comment.

use crate::engine::event::{Instant, parse_instant};
use crate::github::{Activity, GitHub, Pull, Trouble};

/// The commit that a comment is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Its whole id.
    pub commit: String,
    /// The commit as which it landed: the merge of the pull request whose last head it is.
    pub landed: Option<String>,
    /// The commit of the pull request on which it was written: its merge, else its head.
    pub pull_commit: Option<String>,
}

impl Bound {
    /// Whether it is about a commit.
    #[must_use]
    pub fn fits(&self, commit: &str) -> bool {
        self.commit.eq_ignore_ascii_case(commit)
            || self.landed.as_deref().is_some_and(|one| one.eq_ignore_ascii_case(commit))
    }

    /// Whether the pull request that it stands on, if it stands on one, is shipped with a commit.
    #[must_use]
    pub fn ships_with(&self, commit: &str, of_batch: &dyn Fn(&str) -> bool) -> bool {
        self.pull_commit.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(commit) || of_batch(own))
    }
}

/// Where a comment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Issue,
    Pull(u64),
}

/// The commit that a comment of that instant means: the one that it names, else the head of its pull request as it was then.
///
/// The inner error says why none is meant.
///
/// # Errors
///
/// Fails where GitHub cannot be asked.
pub fn bound(hub: &GitHub, place: Place, named: Option<&str>, at: Instant) -> Result<Result<Bound, String>, Trouble> {
    let whole = named.filter(|id| id.len() >= 40);
    let Place::Pull(number) = place else {
        let missing = || "name the commit by its whole id: here is no pull request whose head it could be".to_owned();
        return Ok(whole
            .map(|id| Bound { commit: id.to_owned(), landed: None, pull_commit: None })
            .ok_or_else(missing));
    };
    let pull = hub.pull(number)?;
    let commit = match whole {
        Some(id) => id.to_owned(),
        None => match head_at(hub, &pull, at)? {
            Ok(head) => head,
            Err(why) => return Ok(Err(why)),
        },
    };
    if let Some(start) = named.filter(|start| !commit.starts_with(*start)) {
        return Ok(Err(format!("{start} is not the head of this pull request: name the commit by its whole id")));
    }
    let merge = pull.merge_commit_sha.filter(|_| pull.merged_at.is_some());
    let landed = merge.clone().filter(|_| pull.head.sha == commit);
    Ok(Ok(Bound { commit, landed, pull_commit: Some(merge.unwrap_or(pull.head.sha)) }))
}

/// The head of a pull request at an instant, by what GitHub recorded of its branch; dates in commits can be forged.
fn head_at(hub: &GitHub, pull: &Pull, at: Instant) -> Result<Result<String, String>, Trouble> {
    let name = |why: &str| Ok(Err(format!("{why}: name the commit by its whole id")));
    if pull.is_fork() {
        return name("the pushes to a fork are not recorded here");
    }
    let when = |one: &Activity| parse_instant(&one.timestamp);
    let before = |one: &Activity| when(one).is_some_and(|pushed| pushed < at);
    let moves = |one: &&Activity| !one.after.bytes().all(|byte| byte == b'0');
    let pushes = hub.activity(&pull.head.branch, |all| all.iter().any(before))?.items;
    let mut pushes = pushes.iter().filter(moves);
    match pushes.next() {
        Some(last) if last.after != pull.head.sha => {
            return name("GitHub's record of the branch is not that of this pull request");
        }
        Some(last) if before(last) => return Ok(Ok(last.after.clone())),
        _ => {}
    }
    let then = pushes.find(|one| before(one));
    let short = |id: &str| id.chars().take(8).collect::<String>();
    match then {
        // What was pushed within the comment's own second may have come before it or after it.
        Some(then) => {
            let (then, now) = (short(&then.after), short(&pull.head.sha));
            name(&format!("{then} was the head when the comment was written, and is not any more: it is {now} now"))
        }
        None => name("GitHub does not tell which commit was the head when the comment was written"),
    }
}
