//! `base-branch`: where a change is to land, and how its branch is named.

use super::exclusions::from_branch_names;
use super::finding::{Certainty, Obstacle};
use super::hearing::Hearing;
use crate::engine::facts::Missing;

/// Judges the branches that whoever asks has named.
pub(super) fn judge(hearing: &mut Hearing<'_>) {
    let params = hearing.params;
    let bases = params.texts("base");
    let mut prefixes = params.texts("prefix");
    prefixes.extend(params.texts("prefixes"));
    // A whole name is a sample: only one with a placeholder says which part is fixed.
    let is_pattern = |name: &&str| fixed_part(name).len() < name.len();
    prefixes.extend(params.texts("name").into_iter().filter(is_pattern));
    let prefixes: Vec<&str> = prefixes.into_iter().map(fixed_part).filter(|prefix| !prefix.is_empty()).collect();
    if bases.is_empty() && prefixes.is_empty() {
        hearing.unjudged(Obstacle::Unbound, "it names no branch and no prefix");
        return;
    }
    if !bases.is_empty() {
        judge_base(hearing, &bases);
    }
    if !prefixes.is_empty() {
        judge_prefix(hearing, &prefixes);
    }
}

fn judge_base(hearing: &mut Hearing<'_>, bases: &[&str]) {
    let Some(target) = hearing.change.request.target.as_deref() else {
        let what = "no commit says on which branch it is to land";
        hearing.missing(Missing::new(what, "name the target branch (GITHUB_BASE_REF in a pull request)"));
        return;
    };
    hearing.units();
    let fits = bases.contains(&target);
    if fits == hearing.params.forbids() {
        let asked = if fits { "not for" } else { "for" };
        let message = format!("the change is for {target}; it should be {asked} {}", bases.join(" or "));
        hearing.violated(None, Certainty::Told, message);
    }
}

fn judge_prefix(hearing: &mut Hearing<'_>, prefixes: &[&str]) {
    let Some(branch) = hearing.change.request.branch.as_deref() else {
        let what = "no commit says on which branch it was made";
        hearing.missing(Missing::new(what, "name the branch (GITHUB_HEAD_REF in a pull request)"));
        return;
    };
    hearing.units();
    if let Some(reason) = from_branch_names(branch) {
        hearing.unjudged(Obstacle::NoTrace, format!("the branch {branch} is left out: {reason}"));
        return;
    }
    // A change on the default branch has no branch of its own; `direct-push` speaks of that.
    if Some(branch) == hearing.change.trunk.as_deref() {
        return;
    }
    let fits = prefixes.iter().any(|prefix| branch.starts_with(prefix));
    if fits == hearing.params.forbids() {
        let asked = if fits { "not begin" } else { "begin" };
        let message = format!("the branch {branch} should {asked} with {}", prefixes.join(" or "));
        hearing.violated(None, Certainty::Told, message);
    }
}

/// What stands before a placeholder: `feature/` of `feature/<name>` and of `feature/*`.
fn fixed_part(prefix: &str) -> &str {
    prefix.split(['<', '{', '[', '*', '…']).next().unwrap_or_default().trim_end_matches("...")
}
