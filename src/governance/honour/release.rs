//! `release`: a changelog, or a version, that goes with a change of the source.

use super::change::{ChangedPath, Touch, Unit};
use super::exclusions::{from_lines, from_services};
use super::finding::{Certainty, Obstacle};
use super::hearing::Hearing;

/// Folders whose files become a changelog.
const FRAGMENTS: [&str; 7] =
    [".changeset", ".changes", "changelog.d", "changelogs", "newsfragments", "changelog", "changes"];

/// Files that hold a version.
const MANIFESTS: [&str; 18] = [
    "Cargo.toml",
    "Chart.yaml",
    "Directory.Build.props",
    "VERSION",
    "VERSION.txt",
    "__version__.py",
    "_version.py",
    "build.gradle",
    "build.gradle.kts",
    "composer.json",
    "gradle.properties",
    "mix.exs",
    "package.json",
    "pom.xml",
    "pubspec.yaml",
    "pyproject.toml",
    "setup.cfg",
    "version.rb",
];

/// Texts without an ending.
const LEGAL: [&str; 6] = ["AUTHORS", "CODEOWNERS", "COPYING", "LICENSE", "NOTICE", "README"];

/// Folders of what users never see: a change of these alone is no news.
const UNSEEN: [&str; 10] =
    ["test", "tests", "spec", "__tests__", "docs", "doc", "examples", "benches", "fixtures", "scripts"];

/// Judges what lands as one.
pub(super) fn judge(hearing: &mut Hearing<'_>) {
    let (changelog, version) = (hearing.params.asks("changelog"), hearing.params.asks("version"));
    if !changelog && !version {
        hearing.unjudged(Obstacle::Host, "tags and releases are the host's record");
        return;
    }
    for unit in hearing.units() {
        let Some(paths) = hearing.paths(unit.paths) else { continue };
        if let Some(commit) = unit.landing
            && let Some(reason) = from_services(commit)
        {
            hearing.exclude(commit, reason);
            continue;
        }
        let forbids = hearing.params.forbids();
        if changelog && forbids {
            refuse_changelog(hearing, unit, &paths);
        } else if changelog {
            require(hearing, unit, &paths, is_changelog, "the source changed and no changelog did");
        }
        if version && !forbids {
            require(hearing, unit, &paths, is_manifest, "the source changed and no file that holds a version did");
        }
    }
    if version {
        let why = "whether a version was raised, and tagged, is not in the names of files; the host has the tags";
        hearing.unjudged(Obstacle::Host, why);
    }
}

fn require(
    hearing: &mut Hearing<'_>,
    unit: Unit<'_>,
    paths: &[&ChangedPath],
    is_companion: fn(&str) -> bool,
    message: &str,
) {
    let source = paths.iter().find(|changed| is_source(&changed.path));
    let companion = paths.iter().any(|changed| changed.touch != Touch::Deleted && is_companion(&changed.path));
    if let Some(source) = source.filter(|_| !companion) {
        // Whether users can see the change is a judgement.
        hearing.violated(unit.landing, Certainty::Guessed, format!("{message}: {}", source.path));
    }
}

fn refuse_changelog(hearing: &mut Hearing<'_>, unit: Unit<'_>, paths: &[&ChangedPath]) {
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let touched = paths.iter().find(|changed| is_changelog_name(&name(&changed.path)));
    if let Some(touched) = touched {
        // A release writes it, and may.
        hearing.violated(unit.landing, Certainty::Guessed, format!("changes {} outside a release", touched.path));
    }
}

fn is_changelog(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or_default();
    is_changelog_name(name) || parts.any(|folder| FRAGMENTS.contains(&folder.to_ascii_lowercase().as_str()))
}

fn is_changelog_name(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase().replace('-', "_");
    let is_text = name.rsplit_once('.').is_none_or(|(_, ending)| {
        matches!(
            ending.to_ascii_lowercase().as_str(),
            "md" | "mdx" | "txt" | "rst" | "adoc" | "org" | "yml" | "yaml" | "json"
        )
    });
    is_text
        && (stem.contains("changelog")
            || matches!(stem.as_str(), "changes" | "history" | "news" | "release_notes" | "releases"))
}

fn is_manifest(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    MANIFESTS.contains(&name) || ["gemspec", "csproj", "cabal"].iter().any(|end| name.rsplit('.').next() == Some(end))
}

/// Whether a file is part of what is shipped, as well as its name tells.
fn is_source(path: &str) -> bool {
    const TEXTS: [&str; 6] = ["md", "mdx", "txt", "rst", "adoc", "lock"];
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or_default();
    let is_prose = name.rsplit_once('.').is_some_and(|(_, ending)| TEXTS.contains(&ending));
    let is_test =
        name.contains(".test.") || name.contains(".spec.") || name.contains("_test.") || name.starts_with("test_");
    let is_hidden = name.starts_with('.') || LEGAL.contains(&name);
    let is_set_up = from_lines(path).is_some() || is_changelog(path) || is_manifest(path);
    let is_unseen = parts.any(|folder| folder.starts_with('.') || UNSEEN.contains(&folder));
    !(is_prose || is_test || is_hidden || is_set_up || is_unseen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_name_tells() {
        for path in
            ["CHANGELOG.md", "packages/a/changelog.md", ".changeset/brave-cats.md", "CHANGES", "docs/release-notes.md"]
        {
            assert!(is_changelog(path), "{path}");
        }
        for path in ["src/changelog.rs", "src/history.rs", "README.md"] {
            assert!(!is_changelog(path), "{path}");
        }
        for path in ["src/main.rs", "app/models/user.rb", "Dockerfile"] {
            assert!(is_source(path), "{path}");
        }
        for path in ["README.md", "tests/a.rs", "src/a.test.ts", "Cargo.toml", "Cargo.lock", ".gitignore", "docs/a.js"]
        {
            assert!(!is_source(path), "{path}");
        }
    }
}
