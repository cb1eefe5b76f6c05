//! A branch with commits, judged by one directive.

#![allow(dead_code, reason = "each test uses some of it")]

use deploy_rhythm::engine::event::CommitId;
use deploy_rhythm::governance::directive::Directive;
use deploy_rhythm::governance::honour::{Certainty, Change, Depth, Honoured, Request, honour};
use deploy_rhythm::sources::git::Repo;

use super::repo::Fixture;

/// A repository with one commit on `main`, and branch `feature/work` checked out.
pub struct Branch {
    pub fixture: Fixture,
    base: CommitId,
}

impl Branch {
    /// The repository and its branch.
    pub fn new() -> Self {
        let fixture = Fixture::new();
        fixture.write("db/migrate/001_users.sql", "create table users;\n");
        fixture.write("src/main.rs", "fn main() {}\n");
        let base = fixture.commit(1, "chore: begin");
        fixture.switch("feature/work");
        Self { fixture, base }
    }

    /// Commits whatever the working tree holds.
    pub fn commit(&self, message: &str) -> CommitId {
        self.commit_by("Ada", message)
    }

    /// Commits it in the name of somebody.
    pub fn commit_by(&self, author: &str, message: &str) -> CommitId {
        let author = format!("{author} <x@example.org>");
        self.fixture.git(5, &["add", "--all", "--force"]);
        self.fixture.git(5, &["commit", "--quiet", "--allow-empty", "--author", &author, "--message", message]);
        self.fixture.id("HEAD")
    }

    /// What the branch did.
    pub fn change_of(&self, request: Request, depth: Depth) -> Change {
        let repo = Repo::open(&self.fixture.path).expect("a repository");
        repo.change(Some(&self.base), &self.fixture.id("HEAD"), request, depth).expect("a change")
    }

    /// Judges it by one directive.
    pub fn honoured(&self, directive: Directive) -> Honoured {
        self.honoured_with(directive, Request::default())
    }

    /// Judges it where somebody names branches or a title.
    pub fn honoured_with(&self, directive: Directive, request: Request) -> Honoured {
        let directives = [directive];
        honour(&directives, &self.change_of(request, Depth::needed(&directives)))
    }

    /// Checks that one violation says something, and names its place.
    pub fn breaks(&self, directive: Directive, says: &str) -> Certainty {
        let honoured = self.honoured(directive);
        let [violation] = honoured.violations.as_slice() else { panic!("not one violation: {honoured:#?}") };
        assert!(violation.message.contains(says), "{}", violation.message);
        assert_eq!((violation.place.file.as_str(), violation.place.line), ("CLAUDE.md", 7));
        assert_eq!(honoured.judged, std::slice::from_ref(&violation.directive));
        violation.certainty
    }

    /// Checks that the directive is judged and kept.
    pub fn keeps(&self, directive: Directive) {
        let honoured = self.honoured(directive);
        assert!(honoured.violations.is_empty() && !honoured.judged.is_empty(), "{honoured:#?}");
    }
}
