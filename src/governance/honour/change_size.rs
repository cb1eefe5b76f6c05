//! `change-size`: limits on lines, files and commits.

use super::change::{Arrival, ChangedPath, Commit, Lines};
use super::exclusions::from_lines;
use super::finding::{Certainty, Obstacle};
use super::hearing::Hearing;
use crate::engine::facts::Missing;
use crate::governance::directive::Object;

#[derive(Clone, Copy)]
struct Limits {
    lines: Option<usize>,
    files: Option<usize>,
    commits: Option<usize>,
}

/// Judges each commit, or what lands as one.
pub(super) fn judge(hearing: &mut Hearing<'_>) {
    let params = hearing.params;
    let one_commit = params.text("one") == Some("commit");
    let limits = Limits {
        lines: params.number("max-lines"),
        files: params.number("max-files"),
        commits: params.number("max-commits").or(one_commit.then_some(1)),
    };
    if params.asks("one") && !one_commit {
        hearing.unjudged(Obstacle::NoTrace, "whether a change is about one thing is nothing that can be counted");
    }
    if limits.lines.or(limits.files).or(limits.commits).is_none() {
        if !params.asks("one") {
            hearing.unjudged(Obstacle::Unbound, "it names no number of lines, files or commits");
        }
        return;
    }
    if hearing.directive.object == Object::Commit && limits.commits.is_none() {
        judge_commits(hearing, limits);
    } else {
        judge_units(hearing, limits);
    }
}

fn judge_commits(hearing: &mut Hearing<'_>, limits: Limits) {
    // A merge has the size of what it merges.
    for commit in hearing.commits().into_iter().filter(|commit| !commit.is_merge()) {
        if let Some(paths) = hearing.paths(&commit.paths) {
            judge_paths(hearing, (Some(commit), Certainty::Told), &paths, limits);
        }
    }
}

fn judge_units(hearing: &mut Hearing<'_>, limits: Limits) {
    let is_of_requests = matches!(hearing.directive.object, Object::PullRequest | Object::Merge);
    for unit in hearing.units() {
        // A commit that was pushed directly is no pull request, and a rebased one looks the same.
        let is_direct =
            unit.landing.is_some_and(|commit| matches!(commit.arrival, Some(Arrival::Direct | Arrival::Pushed)));
        let certainty = if is_of_requests && is_direct { Certainty::Guessed } else { Certainty::Told };
        if let Some(most) = limits.commits.filter(|most| unit.commits > *most) {
            hearing.violated(unit.landing, certainty, format!("{} commits, {most} allowed", unit.commits));
        }
        if limits.lines.or(limits.files).is_some()
            && let Some(paths) = hearing.paths(unit.paths)
        {
            judge_paths(hearing, (unit.landing, certainty), &paths, limits);
        }
    }
}

/// `whose` are the paths, and how well it is known that the limits are for them.
fn judge_paths(hearing: &mut Hearing<'_>, whose: (Option<&Commit>, Certainty), paths: &[&ChangedPath], limits: Limits) {
    let (commit, certainty) = whose;
    if let Some(most) = limits.files.filter(|most| paths.len() > *most) {
        hearing.violated(commit, certainty, format!("{} files, {most} allowed", paths.len()));
    }
    let Some(most) = limits.lines else { return };
    let counted = || paths.iter().filter(|changed| from_lines(&changed.path).is_none());
    let known = counted().filter_map(|changed| changed.lines);
    let lines = known.fold(0_usize, |sum, Lines { added, deleted }| sum.saturating_add(added).saturating_add(deleted));
    let unknown = counted().find(|changed| changed.lines.is_none());
    if lines > most {
        let least = if unknown.is_some() { "at least " } else { "" };
        hearing.violated(commit, certainty, format!("{least}{lines} lines added and deleted, {most} allowed"));
    } else if unknown.is_some() {
        let what = "the lines of some files were not counted: over 1 MiB, or more files than are compared at once";
        hearing.missing(Missing::new(what, "judge fewer commits at once"));
    }
}
