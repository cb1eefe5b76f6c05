//! `secrets`: files that must not be committed, by their names.

use std::collections::BTreeSet;

use super::change::{ChangedPath, Touch};
use super::finding::{Certainty, Obstacle};
use super::hearing::Hearing;
use super::path_pattern::PathPattern;
use crate::governance::directive::Polarity;

/// Files that hold secrets by their nature; generated folders are judged only where a directive names them.
const USUAL: [&str; 16] = [
    ".env",
    "*.pem",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.keystore",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "credentials.json",
    "service-account.json",
    ".netrc",
    ".htpasswd",
    ".pypirc",
    "master.key",
];

/// Endings of an `.env` that is there to be committed: it shows which keys there are.
const SAMPLES: [&str; 9] = ["example", "sample", "template", "tmpl", "dist", "default", "defaults", "schema", "vault"];

/// How many files one violation names.
const NAMED: usize = 3;

/// Judges the files that each commit added or modified; to delete one is to mend it.
pub(super) fn judge(hearing: &mut Hearing<'_>) {
    // "Keep secrets in .env" names where they are, not what is forbidden.
    if hearing.directive.polarity == Polarity::Must && hearing.params.asks("paths") {
        hearing.unjudged(Obstacle::NoTrace, "where secrets are kept is not in the commits");
        return;
    }
    let named: Vec<PathPattern> = hearing.params.texts("paths").into_iter().filter_map(PathPattern::read).collect();
    let usual: Vec<PathPattern> = USUAL.iter().filter_map(|text| PathPattern::read(text)).collect();
    let patterns = if named.is_empty() { &usual } else { &named };
    if named.is_empty() {
        hearing
            .unjudged(Obstacle::NoTrace, "files are judged by their names; a scanner of secrets reads what they hold");
    }
    let mut seen = BTreeSet::new();
    let (merges, others): (Vec<_>, Vec<_>) = hearing.commits().into_iter().partition(|commit| commit.is_merge());
    // Merges last: what they bring was said of the commits that they merge, unless the merge itself slipped it in.
    for commit in others.into_iter().chain(merges) {
        let Some(paths) = hearing.paths(&commit.paths) else { continue };
        let mut found: Vec<(Certainty, &str)> = Vec::new();
        for changed in paths.into_iter().filter(|changed| changed.touch != Touch::Deleted) {
            let Some(certainty) = forbidden(changed, patterns) else { continue };
            if seen.insert(changed.path.as_str()) || !commit.is_merge() {
                found.push((if named.is_empty() { Certainty::Guessed } else { certainty }, &changed.path));
            }
        }
        for certainty in [Certainty::Told, Certainty::Guessed] {
            let of_it = found.iter().filter(|(known, _)| *known == certainty);
            let files: Vec<&str> = of_it.map(|(_, path)| *path).collect();
            if !files.is_empty() {
                hearing.violated(Some(commit), certainty, format!("commits {}", listed(&files)));
            }
        }
    }
}

/// Whether a directive forbids a file: what it names for certain, the siblings of an `.env` by a guess.
fn forbidden(changed: &ChangedPath, patterns: &[PathPattern]) -> Option<Certainty> {
    let name = changed.path.rsplit('/').next().unwrap_or_default();
    let exact = |pattern: &PathPattern| pattern.name() == Some(name);
    if patterns.iter().any(exact) && patterns.iter().any(|pattern| pattern.matches(&changed.path)) {
        return Some(Certainty::Told);
    }
    if is_sample(name) {
        return None;
    }
    if patterns.iter().any(|pattern| pattern.matches(&changed.path)) {
        return Some(Certainty::Told);
    }
    let names_env = patterns.iter().any(|pattern| pattern.name() == Some(".env"));
    (names_env && name.starts_with(".env.")).then_some(Certainty::Guessed)
}

fn is_sample(name: &str) -> bool {
    let ending = |name: &str| name.rsplit('.').next().is_some_and(|ending| SAMPLES.contains(&ending));
    name.contains(".env") && (ending(name) || SAMPLES.iter().any(|sample| name.contains(&format!(".{sample}."))))
}

/// A few files by name, the rest by number.
pub(super) fn listed(files: &[&str]) -> String {
    let shown = files.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match files.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_env_is_forbidden_and_its_samples_are_not() {
        let table = [
            (".env", Some(Certainty::Told)),
            ("api/.env", Some(Certainty::Told)),
            (".env.production", Some(Certainty::Guessed)),
            (".env.example", None),
            (".env.local.example", None),
            (".env.example.local", None),
            ("env.rs", None),
        ];
        let patterns = [PathPattern::read(".env").expect("a pattern")];
        for (path, expected) in table {
            let changed = ChangedPath { path: path.to_owned(), touch: Touch::Added, lines: None };
            assert_eq!(forbidden(&changed, &patterns), expected, "{path}");
        }
    }

    #[test]
    fn many_files_are_counted() {
        assert_eq!(listed(&["a", "b"]), "a, b");
        assert_eq!(listed(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
    }
}
