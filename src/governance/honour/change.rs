//! What a change did: its commits, their messages and the files that they touched. Whoever reads a repository fills it.

use super::message::Message;
use crate::engine::event::CommitId;
use crate::engine::facts::{Known, Missing};
use crate::governance::directive::{Directive, Kind};

/// A span of commits, and what is known about the request to land it.
#[derive(Clone, Debug)]
pub struct Change {
    /// Those that the head reaches and the base does not, each after its parents.
    pub commits: Vec<Commit>,
    /// What the part that has not landed changes as a whole; `None` where all of it has landed.
    pub open: Option<Known<Paths>>,
    /// The default branch's name without its remote; `None` where the repository names none.
    pub trunk: Option<String>,
    /// Why commits of the span were left unread.
    pub cut: Option<Missing>,
    pub request: Request,
}

/// What no commit records and whoever asks may know: the event of a pull request, a hook's arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The branch that holds the change.
    pub branch: Option<String>,
    /// The branch that it is to land on.
    pub target: Option<String>,
    /// The pull request's title.
    pub title: Option<String>,
}

/// One commit of a change.
#[derive(Clone, Debug)]
pub struct Commit {
    pub id: CommitId,
    pub parents: usize,
    pub author: Person,
    pub committer: Person,
    pub message: Message,
    /// What it changed against its first parent.
    pub paths: Known<Paths>,
    /// How it came to the default branch; `None` while it has not.
    pub arrival: Option<Arrival>,
    /// How many commits, merges left out, it brought to the default branch; `None` where it is no landing: not on its
    /// first-parent line.
    pub brought: Option<usize>,
}

/// Who made a commit, as it says itself: nothing proves it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub email: String,
}

/// How a commit came to the default branch, as well as git alone can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It merges: it has several parents.
    Merge,
    /// A merge brought it.
    Merged,
    /// Its subject ends in a pull request's number, as a host's squash does.
    Squash,
    /// Nothing tells of a pull request; one that was rebased or fast-forwarded looks the same.
    Direct,
    /// This clone's own log says that it was pushed from here.
    Pushed,
}

/// The files that a commit, or a change as a whole, touched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paths {
    /// Sorted by path.
    pub changed: Vec<ChangedPath>,
    /// Whether there are more than were read.
    pub cut: bool,
}

/// One touched file. A renamed file is deleted under one name and added under another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedPath {
    pub path: String,
    pub touch: Touch,
    /// `None` where nobody asked, or the file is too big to compare.
    pub lines: Option<Lines>,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    Added,
    Modified,
    Deleted,
}

/// How many lines a file won and lost; none where it is binary, or was moved as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    pub added: usize,
    pub deleted: usize,
}

/// How much of a change must be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Commits and their messages.
    Messages,
    /// Touched files too.
    Paths,
    /// Counts of lines too: every touched file is compared.
    Lines,
}

impl Depth {
    /// The least that directives need in order to be judged.
    #[must_use]
    pub fn needed(directives: &[Directive]) -> Self {
        directives.iter().map(Self::needed_by).max().unwrap_or(Self::Messages)
    }

    fn needed_by(directive: &Directive) -> Self {
        match directive.kind {
            Kind::ChangeSize if directive.params.contains_key("max-lines") => Self::Lines,
            Kind::ChangeSize | Kind::Secrets | Kind::Migration | Kind::Release => Self::Paths,
            _ if directive.scope.path.is_some() => Self::Paths,
            _ => Self::Messages,
        }
    }
}

/// What lands, or landed, as one: a landing on the default branch, or all that has not landed yet.
#[derive(Clone, Copy, Debug)]
pub struct Unit<'change> {
    /// The commit that landed it; `None` for what has not landed.
    pub landing: Option<&'change Commit>,
    /// Merges left out.
    pub commits: usize,
    pub paths: &'change Known<Paths>,
}

impl Commit {
    /// Whether it merges.
    #[must_use]
    pub const fn is_merge(&self) -> bool {
        self.parents > 1
    }

    /// Whether the default branch holds it: its message cannot be mended any more.
    #[must_use]
    pub const fn has_landed(&self) -> bool {
        self.arrival.is_some()
    }
}

impl Change {
    /// The landings, oldest first, then what has not landed, as one.
    pub fn units(&self) -> impl Iterator<Item = Unit<'_>> {
        let landings = self
            .commits
            .iter()
            .filter_map(|commit| Some(Unit { landing: Some(commit), commits: commit.brought?, paths: &commit.paths }));
        let open = self.open.iter().map(|paths| {
            let counted = self.commits.iter().filter(|commit| !commit.has_landed() && !commit.is_merge());
            Unit { landing: None, commits: counted.count(), paths }
        });
        landings.chain(open)
    }
}
