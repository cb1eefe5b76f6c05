//! One directive judged against one change.

use super::change::{Change, ChangedPath, Commit, Paths, Unit};
use super::finding::{Certainty, Exclusion, Honoured, Obstacle, Unjudged, Violation};
use super::params::Params;
use super::path_pattern::PathPattern;
use crate::engine::facts::{Known, Missing};
use crate::governance::directive::Directive;

/// One directive, the change and what was found; findings go through it, so that each names its directive.
pub struct Hearing<'case> {
    pub directive: &'case Directive,
    pub change: &'case Change,
    pub params: Params<'case>,
    out: &'case mut Honoured,
    path: Option<PathPattern>,
    /// The best that can be said of a violation.
    most: Certainty,
    unjudged_before: usize,
    judged: bool,
}

impl<'case> Hearing<'case> {
    pub(super) fn new(directive: &'case Directive, change: &'case Change, out: &'case mut Honoured) -> Self {
        let scope = &directive.scope;
        let open_ended = [&directive.exception, &scope.condition, &scope.actor, &scope.service];
        let mut most =
            if open_ended.iter().any(|words| words.is_some()) { Certainty::Guessed } else { Certainty::Told };
        let path = scope.path.as_deref().and_then(PathPattern::read);
        if scope.path.is_some() && path.is_none() {
            most = Certainty::Guessed;
        }
        if scope.branch.is_some() && !names_branch(directive) && is_elsewhere(directive, change).is_none() {
            most = Certainty::Guessed;
        }
        let unjudged_before = out.unjudged.len();
        let params = Params::new(&directive.params, directive.polarity);
        Self { directive, change, params, out, path, most, unjudged_before, judged: false }
    }

    /// Whether the directive is about this change: one for another branch is not.
    pub(super) fn applies(&self) -> bool {
        names_branch(self.directive) || is_elsewhere(self.directive, self.change) != Some(true)
    }

    /// The commits that the directive's path does not leave out.
    pub fn commits(&mut self) -> Vec<&'case Commit> {
        self.judged = true;
        let change = self.change;
        let mut missing = None;
        let reached = change.commits.iter().filter(|commit| match (&self.path, &commit.paths) {
            (None, _) => true,
            (Some(path), Ok(paths)) => paths.cut || paths.changed.iter().any(|changed| path.matches(&changed.path)),
            (Some(_), Err(lack)) => {
                missing.get_or_insert_with(|| lack.clone());
                false
            }
        });
        let reached = reached.collect();
        if let Some(missing) = missing {
            self.missing(missing);
        }
        reached
    }

    /// What lands or landed as one.
    pub fn units(&mut self) -> Vec<Unit<'case>> {
        self.judged = true;
        self.change.units().collect()
    }

    /// The touched files that the directive's path does not leave out; `None`, once said, where they are not known.
    pub fn paths(&mut self, paths: &'case Known<Paths>) -> Option<Vec<&'case ChangedPath>> {
        let paths = match paths {
            Ok(paths) => paths,
            Err(missing) => {
                self.missing(missing.clone());
                return None;
            }
        };
        if paths.cut {
            self.missing(Missing::new("more files were touched than are read", "judge fewer commits at once"));
        }
        let reached = |changed: &&ChangedPath| self.path.as_ref().is_none_or(|path| path.matches(&changed.path));
        Some(paths.changed.iter().filter(reached).collect())
    }

    /// Says that a commit, or all that has not landed, breaks the directive.
    pub fn violated(&mut self, commit: Option<&Commit>, certainty: Certainty, message: impl Into<String>) {
        self.judged = true;
        self.out.violations.push(Violation {
            directive: self.directive.id.clone(),
            place: self.directive.place.clone(),
            commit: commit.map(|commit| commit.id.clone()),
            landed: commit.is_some_and(Commit::has_landed),
            message: message.into(),
            certainty: certainty.min(self.most),
        });
    }

    /// Says that a fact is not here.
    pub fn missing(&mut self, missing: Missing) {
        let why = missing.to_string();
        self.unjudged(Obstacle::Missing(missing), why);
    }

    /// Says that the directive, or a part of it, was not judged; the same reason is said once.
    pub fn unjudged(&mut self, obstacle: Obstacle, why: impl Into<String>) {
        let why = why.into();
        if self.out.unjudged[self.unjudged_before..].iter().any(|said| said.why == why) {
            return;
        }
        let (directive, place) = (self.directive.id.clone(), self.directive.place.clone());
        self.out.unjudged.push(Unjudged { directive, place, obstacle, why });
    }

    /// Leaves a commit out, and says why.
    pub fn exclude(&mut self, commit: &Commit, reason: &'static str) {
        let (directive, commit) = (self.directive.id.clone(), commit.id.clone());
        self.out.excluded.push(Exclusion { directive, commit, reason });
    }

    /// Ends it: what was judged of a change that was not read whole is not known either.
    pub(super) fn close(mut self) {
        if !self.judged {
            return;
        }
        if let Some(cut) = &self.change.cut {
            self.missing(cut.clone());
        }
        self.out.judged.push(self.directive.id.clone());
    }
}

/// Whether the branch that a directive names is its object, and no limit of it.
fn names_branch(directive: &Directive) -> bool {
    use crate::governance::directive::Kind::{BaseBranch, DirectPush};
    matches!(directive.kind, BaseBranch | DirectPush)
}

/// Whether a directive is for another branch than those that the change is on and for; `None` where nobody told.
fn is_elsewhere(directive: &Directive, change: &Change) -> Option<bool> {
    let branch = directive.scope.branch.as_deref()?;
    let known = [&change.request.target, &change.request.branch].into_iter().flatten();
    let mut known = known.peekable();
    known.peek()?;
    Some(known.all(|known| known != branch))
}
