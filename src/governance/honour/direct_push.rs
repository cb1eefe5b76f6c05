//! `direct-push`: commits on a protected branch that no pull request brought.

use super::change::{Arrival, Commit};
use super::commit_format::quoted;
use super::exclusions::from_services;
use super::finding::{Certainty, Obstacle};
use super::hearing::Hearing;
use crate::engine::facts::Missing;
use crate::governance::directive::Polarity;

/// What most repositories call the default branch: where a directive names one of them, it means the default branch.
const USUAL: [&str; 2] = ["main", "master"];

/// Judges each landing that git alone shows.
pub(super) fn judge(hearing: &mut Hearing<'_>) {
    if hearing.directive.polarity == Polarity::Must {
        hearing.unjudged(
            Obstacle::Unbound,
            "it does not say that direct pushes are forbidden; write \"never push to main\"",
        );
        return;
    }
    let Some(trunk) = hearing.change.trunk.as_deref() else {
        let what = "the repository names no default branch";
        hearing.missing(Missing::new(what, "git remote set-head origin --auto"));
        return;
    };
    if !means(hearing, trunk) {
        hearing
            .unjudged(Obstacle::Host, format!("what was pushed to other branches than {trunk} is the host's to tell"));
        return;
    }
    let commits = hearing.commits();
    for commit in &commits {
        judge_landed(hearing, commit, trunk);
    }
    // Before a push, the branch tells: what is on the default branch's own copy goes there directly.
    let on_trunk = hearing.change.request.branch.as_deref() == Some(trunk);
    if on_trunk && let Some(commit) = commits.iter().find(|commit| !commit.has_landed()) {
        let message =
            format!("{} and what follows is on {trunk} itself; push it as a branch", quoted(commit.message.subject()));
        hearing.violated(None, Certainty::Guessed, message);
    }
    hearing.unjudged(
        Obstacle::Host,
        "what a rebase or a fast-forward brought looks like a direct push; the host can tell",
    );
}

fn judge_landed(hearing: &mut Hearing<'_>, commit: &Commit, trunk: &str) {
    // A root is where the branch begins: no pull request can bring it.
    let (certainty, how) = match commit.arrival {
        Some(Arrival::Pushed) if commit.parents == 1 => (Certainty::Told, "was pushed from this clone straight to"),
        Some(Arrival::Direct) if commit.parents == 1 => (Certainty::Guessed, "seems to be pushed straight to"),
        _ => return,
    };
    if let Some(reason) = from_services(commit) {
        hearing.exclude(commit, reason);
        return;
    }
    let message = format!("{} {how} {trunk}", quoted(commit.message.subject()));
    hearing.violated(Some(commit), certainty, message);
}

/// Whether the directive is about the default branch.
fn means(hearing: &Hearing<'_>, trunk: &str) -> bool {
    let mut named = hearing.params.texts("branch");
    named.extend(hearing.params.texts("branches"));
    if named.is_empty() {
        named.extend(hearing.directive.scope.branch.as_deref());
    }
    let is_trunk = |name: &&str| *name == trunk || USUAL.contains(name) || *name == "default";
    named.is_empty() || named.iter().any(is_trunk)
}
