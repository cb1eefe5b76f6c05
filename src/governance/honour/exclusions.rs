//! Whom directives do not mean: every exclusion of honouring, each with its reason.

use super::change::{Commit, Person};

/// Services that write messages by a template of their own. Coding agents are not among them: directives mean those.
/// A name proves nothing, so only directives about the form of commits are lifted for them.
const TEMPLATE_WRITERS: [&str; 20] = [
    "allcontributors",
    "crowdin-bot",
    "dependabot",
    "dependabot-preview",
    "depfu",
    "github-actions",
    "github-merge-queue",
    "greenkeeper",
    "imgbot",
    "k8s-ci-robot",
    "mergify",
    "pre-commit-ci",
    "pyup-bot",
    "release-please",
    "renovate",
    "renovate-bot",
    "semantic-release-bot",
    "snyk-bot",
    "transifex-integration",
    "weblate",
];

/// Subjects that Git or a host writes: a revert, and a merge that a rebase left with one parent.
const WRITTEN_BY_TOOLS: [&str; 7] = [
    "Merge branch '",
    "Merge pull request #",
    "Merge remote-tracking branch '",
    "Merge tag '",
    "Revert \"",
    "Reapply \"",
    "Automatic merge",
];

/// Why the form of a commit's message is not judged; `None` where it is.
#[must_use]
pub fn from_form(commit: &Commit) -> Option<&'static str> {
    let subject = commit.message.subject();
    if commit.is_merge() {
        return Some("a merge commit: git or the host writes its message");
    }
    if WRITTEN_BY_TOOLS.iter().any(|start| subject.starts_with(start)) {
        return Some("git or the host writes such a subject");
    }
    if commit.parents == 0 && subject.eq_ignore_ascii_case("initial commit") {
        return Some("a host makes such a first commit");
    }
    if !commit.has_landed() && is_folded_later(subject) {
        return Some("it is to be folded into another commit before it lands");
    }
    from_services(commit)
}

/// Why a service's commit is not judged; `None` for people and coding agents.
#[must_use]
pub fn from_services(commit: &Commit) -> Option<&'static str> {
    is_template_writer(&commit.author).then_some("a service writes its message by a template of its own")
}

/// Why a file counts for no limit of lines.
#[must_use]
pub fn from_lines(path: &str) -> Option<&'static str> {
    const LOCK_FILES: [&str; 16] = [
        "Cargo.lock",
        "Gemfile.lock",
        "Pipfile.lock",
        "Podfile.lock",
        "bun.lock",
        "bun.lockb",
        "composer.lock",
        "deno.lock",
        "flake.lock",
        "go.sum",
        "mix.lock",
        "npm-shrinkwrap.json",
        "package-lock.json",
        "pnpm-lock.yaml",
        "poetry.lock",
        "yarn.lock",
    ];
    let name = path.rsplit('/').next().unwrap_or(path);
    (LOCK_FILES.contains(&name) || name == "uv.lock").then_some("a lock file: nobody writes or reviews its lines")
}

/// Why a branch's name is not judged.
#[must_use]
pub fn from_branch_names(branch: &str) -> Option<&'static str> {
    const STARTS: [&str; 5] = ["dependabot/", "renovate/", "gh-readonly-queue/", "pre-commit-ci-", "release-please--"];
    STARTS.iter().any(|start| branch.starts_with(start)).then_some("a service names such branches")
}

/// Whether the commit is made to be squashed by `git rebase --autosquash`.
fn is_folded_later(subject: &str) -> bool {
    ["fixup! ", "squash! ", "amend! "].iter().any(|start| subject.starts_with(start))
}

fn is_template_writer(author: &Person) -> bool {
    let name = author.name.trim().to_ascii_lowercase();
    let name = name.strip_suffix("[bot]").unwrap_or(&name).trim_end();
    TEMPLATE_WRITERS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_no_template_writers() {
        let person = |name: &str| Person { name: name.to_owned(), email: String::new() };
        assert!(is_template_writer(&person("dependabot[bot]")));
        assert!(is_template_writer(&person("Renovate Bot")) || is_template_writer(&person("renovate-bot")));
        for agent in ["claude[bot]", "copilot-swe-agent[bot]", "devin-ai-integration[bot]", "Ada"] {
            assert!(!is_template_writer(&person(agent)), "{agent}");
        }
    }
}
