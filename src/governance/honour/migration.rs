//! `migration`: what has shipped is never edited, only added to.

use super::change::{ChangedPath, Touch};
use super::finding::{Certainty, Obstacle};
use super::hearing::Hearing;
use super::path_pattern::PathPattern;
use super::secrets::listed;

/// Folders that frameworks keep migrations in, at any depth.
const FOLDERS: [&str; 5] =
    ["**/db/migrate/", "**/migrations/", "**/alembic/versions/", "**/db/migration/", "**/Migrations/"];

/// Files of such folders that tools rewrite with each migration: the schema as it is, locks, journals, the tool's own code.
const REWRITTEN: [&str; 16] = [
    "schema.rb",
    "schema.sql",
    "structure.sql",
    "schema.prisma",
    "migration_lock.toml",
    "_journal.json",
    "*_snapshot.json",
    "*ModelSnapshot.cs",
    "atlas.sum",
    "max_migration.txt",
    "__init__.py",
    "env.py",
    "script.py.mako",
    "*.md",
    ".gitkeep",
    ".gitignore",
];

/// Judges what lands as one: a migration that the same change adds may still be edited.
pub(super) fn judge(hearing: &mut Hearing<'_>) {
    if !hearing.params.asks("append-only") {
        hearing.unjudged(
            Obstacle::NoTrace,
            "whether a migration is safe, reversible or was run is not in the names of files",
        );
        return;
    }
    let patterns = |texts: &[&str]| texts.iter().filter_map(|text| PathPattern::read(text)).collect::<Vec<_>>();
    let named = patterns(&hearing.params.texts("paths"));
    let is_named = !named.is_empty();
    let folders = if named.is_empty() { patterns(&FOLDERS) } else { named };
    let rewritten = patterns(&REWRITTEN);
    let fits = |patterns: &[PathPattern], path: &str| patterns.iter().any(|pattern| pattern.matches(path));
    for unit in hearing.units() {
        let Some(paths) = hearing.paths(unit.paths) else { continue };
        let is_edited = |changed: &&ChangedPath| {
            changed.touch != Touch::Added && fits(&folders, &changed.path) && !fits(&rewritten, &changed.path)
        };
        let edited: Vec<&ChangedPath> = paths.into_iter().filter(is_edited).collect();
        let sure = edited.iter().any(|changed| is_named || is_surely_a_migration(&changed.path));
        let certainty = if sure { Certainty::Told } else { Certainty::Guessed };
        for (touch, verb) in [(Touch::Modified, "edits"), (Touch::Deleted, "deletes or renames")] {
            let files: Vec<&str> =
                edited.iter().filter(|changed| changed.touch == touch).map(|changed| changed.path.as_str()).collect();
            if !files.is_empty() {
                let message = format!("{verb} a migration that was there before: {}; add a new one", listed(&files));
                hearing.violated(unit.landing, certainty, message);
            }
        }
    }
}

/// Whether a file is a migration by its own name or folder; a folder called `migrations` may hold code that runs them.
fn is_surely_a_migration(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_numbered = name.trim_start_matches(['V', 'v', 'm']).starts_with(|letter: char| letter.is_ascii_digit());
    let is_sql = name.rsplit_once('.').is_some_and(|(_, ending)| ending == "sql");
    is_numbered || is_sql || path.contains("alembic/versions/") || path.contains("db/migrate/")
}
