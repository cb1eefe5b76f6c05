//! The many words in which people ask the same thing: a text, and the kinds that it is read to, each with its line.

use deploy_rhythm::governance::load::{Memory, load};
use deploy_rhythm::governance::reading;

fn said(text: &str) -> Vec<String> {
    let read = reading::read(&load(&Memory::default().file("CLAUDE.md", text), &[]));
    read.directives.iter().map(|found| format!("{}:{}", found.kind, found.place.line)).collect()
}

/// Compares all texts of one kind, and tells every difference at once.
fn ask(kind: &str, texts: &[&str]) {
    let differing: Vec<String> = texts
        .iter()
        .filter_map(|text| {
            let found = said(text);
            let line = text.matches('\n').count() + 1;
            (found != [format!("{kind}:{line}")]).then(|| format!("{text}\n    found {found:?}"))
        })
        .collect();
    assert!(differing.is_empty(), "{} of {} differ:\n{}", differing.len(), texts.len(), differing.join("\n"));
}

/// Texts that ask nothing, close to those that do.
fn ask_nothing(texts: &[&str]) {
    let differing: Vec<String> = texts
        .iter()
        .filter_map(|text| {
            let found = said(text);
            (!found.is_empty()).then(|| format!("{text}\n    found {found:?}"))
        })
        .collect();
    assert!(differing.is_empty(), "{} of {} differ:\n{}", differing.len(), texts.len(), differing.join("\n"));
}

#[test]
fn branches_and_the_way_to_main() {
    ask(
        "direct-push",
        &[
            "Work in a separate worktree.",
            "Submit changes as pull requests.",
            "Use feature branches.",
            "Everything lands through a pull request.",
            "- **Fixes**: only via PR",
            "Commit to a branch.",
            "## Git workflow\n\n1. Create a new branch",
        ],
    );
    ask(
        "base-branch",
        &[
            "Use the `type/topic` convention for branch names.",
            "The target branch for all PRs is `develop`.",
            "Before starting, sync with upstream `main`.",
            "- **Branches**: `feature/*`, `fix/*`",
            "PRs go to `dev`.",
        ],
    );
    ask_nothing(&["Use a worktree.", "Do not use `npm ci` for normal worktree setup.", "The default branch is big."]);
}

#[test]
fn sizes_messages_and_descriptions() {
    ask(
        "change-size",
        &[
            "Keep diffs as small as possible.",
            "Separate refactoring from behavior changes.",
            "If a PR grows too big, split it.",
            "A commit is one logical change.",
            "- **PRs**: small and focused",
            "## Change size\n\nThe total should not exceed 500 lines.",
        ],
    );
    ask(
        "commit-format",
        &[
            "PRs should include a summary, a test plan and screenshots.",
            "Follow the PR template.",
            "- PRs: clear description, linked issues",
            "## Commits\n\nWrap the body at 72 columns.",
            "Limit the subject line to 50 characters.",
            "Commit messages are in English.",
            "Every commit references an issue.",
            "## Commit messages\n\nNever tell jokes there.",
            "## Pull requests\n\nTypes: feat, fix, docs, chore, test",
        ],
    );
    ask_nothing(&[
        "Minimize the diff between the two renders.",
        "Use the template in `templates/page.html`.",
        "When discussing PRs, always include the full address.",
        "## Pull requests\n\nSummarize the diff between the two renders.",
    ]);
}

#[test]
fn checks_people_and_what_stays_out() {
    ask(
        "checks-before",
        &[
            "Wait for CI to pass before merging.",
            "Never submit a PR that fails lint.",
            "PRs that fail CI will not be reviewed.",
            "Run the affected tests, then commit.",
            "Smoke test production after deploying.",
            "## Pull request process\n\n1. Run `make test` and `make lint`",
        ],
    );
    ask(
        "approval-before",
        &[
            "Merging is done by maintainers only.",
            "Show me the diff before committing.",
            "Changes to CI need approval.",
            "Don't merge PRs yourself.",
            "Only maintainers may merge.",
            "- **Commits**: only when the user asks",
        ],
    );
    ask(
        "secrets",
        &[
            "`.env` is local; never commit it.",
            "Everything under `local/` is private and must never be committed.",
            "Files in `generated/` are not to be committed.",
            "Keep generated code out of version control.",
            "Leave `config.local.toml` untracked.",
            "Test fixtures must not contain real customer data.",
            "- **Secrets**: keep out of the repo",
        ],
    );
    ask_nothing(&[
        "Requests go through the proxy.",
        "Every handler starts with a guard.",
        "All changes to state go through reducers.",
        "## Development workflow\n\n- Test the page with two browsers",
        "Commit offsets after processing each batch.",
    ]);
}

#[test]
fn releases_migrations_and_production() {
    ask(
        "release",
        &[
            "New entries go at the top of the changelog.",
            "PRs that change behavior require a changeset.",
            "Never reuse a version number.",
            "Don't create tags manually.",
            "## Changelog\n\nDescribe what users see.",
            "- **Version bump**: required for every release",
        ],
    );
    ask(
        "migration",
        &[
            "Every change to the models needs a migration.",
            "Each migration must be safe to run twice.",
            "Never rename a column in one step.",
            "- **Migrations**: never edit existing ones",
        ],
    );
    ask(
        "deploy-path",
        &[
            "Never deploy without a documented rollback procedure.",
            "Have a rollback plan before every deploy.",
            "Only deploy tagged commits.",
            "Never edit files on the production server.",
            "Every production deploy goes through staging.",
        ],
    );
    ask_nothing(&[
        "- **Version**: 2.3.1",
        "- Build release: `cmake --build --preset release`",
        "Migrations live in `db/migrations`.",
        "Releases are announced on the blog.",
    ]);
}
