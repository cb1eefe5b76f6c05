//! What kinds of sentences ask, by their structure: a text, and the kinds that it is read to, each with its line.

use deploy_rhythm::governance::load::{Memory, load};
use deploy_rhythm::governance::reading;

fn said(text: &str) -> Vec<String> {
    let read = reading::read(&load(&Memory::default().file("CLAUDE.md", text), &[]));
    read.directives.iter().map(|found| format!("{}:{}", found.kind, found.place.line)).collect()
}

/// Compares all cases, and tells every difference at once.
fn hold(cases: &[(&str, &[&str])]) {
    let differing: Vec<String> = cases
        .iter()
        .filter_map(|(text, expected)| {
            let found = said(text);
            (found != *expected).then(|| format!("{text}\n    wanted {expected:?}\n    found  {found:?}"))
        })
        .collect();
    assert!(differing.is_empty(), "{} of {} differ:\n{}", differing.len(), cases.len(), differing.join("\n"));
}

#[test]
fn a_subject_is_no_command_and_a_tool_is_no_reader() {
    hold(&[
        ("Default tokens are stored in `.env.sample` beside the code.", &[]),
        ("Build output must pass `make check` before a merge.", &["checks-before:1"]),
        ("Commit hooks run the linter before each push.", &[]),
        ("The nightly job must skip forks before it checks out a PR.", &[]),
        ("All hooks must pass before you push.", &["checks-before:1"]),
        ("The client reads the header, so callers never hardcode tokens.", &[]),
        ("Merges the branch and deletes it.", &[]),
        ("Handles PR titles, `fixes #12` and the changelog.", &[]),
        ("build → test → publish → tag the release", &[]),
        ("Do not require a review from the bot.", &[]),
        ("Once approved, feel free to start a PR with the team.", &[]),
        ("The name of the branch need not match the ticket.", &[]),
        ("The base branch is always `next`.", &["base-branch:1"]),
        ("Commit messages explain why, not what.", &["commit-format:1"]),
        ("Every task gets its own commit.", &["batching:1"]),
    ]);
}

#[test]
fn what_stands_above_reaches_as_far_as_it_says() {
    hold(&[
        ("## Release checklist\n\n### Counts\n\n- Update the counts with `python counts.py`\n", &[]),
        ("## PR checklist\n\n- [ ] Pages load\n- [ ] Types are checked\n", &["checks-before:3", "checks-before:4"]),
        ("## Naming checklist\n\n- [ ] Pages have short names\n", &[]),
        (
            "Only commit when:\n\n1. all tests are passing\n2. linter warnings have been resolved\n",
            &["checks-before:3", "checks-before:4"],
        ),
        ("## Ask first\n\n- Force pushes\n- New colours\n", &["approval-before:3"]),
        ("## Never\n\n- merge without running the tests\n", &["checks-before:3"]),
        ("## Before a PR\n\nFailing types: `make types`\n", &[]),
        ("## Before a PR\n\nTypes: `make types && make lint`\n", &["checks-before:3"]),
        ("| Task | Command |\n|---|---|\n| Run the pre-push checks of a PR | `make pr` |\n", &[]),
        ("- [Commit guide](guide.md): format of commit messages\n", &[]),
        ("## Code and commit standards\n\n- Keep code comments concise\n", &[]),
        ("## Releasing\n\n1. Open a draft on the site\n2. Ring the bell\n\nThe bell is loud.\n", &["release:3"]),
        ("PR titles must follow one of these formats:\n\n- `feat: text`\n", &["commit-format:1", "commit-format:3"]),
    ]);
}

#[test]
fn what_is_done_before_is_a_check_where_it_checks() {
    hold(&[
        ("Put the test into a commit before the fixing commit.", &[]),
        ("Activate the environment before running pre-commit.", &[]),
        ("Before a release, update `CHANGELOG.md`.", &["release:1"]),
        ("Request a review and wait for green checks before merging.", &["checks-before:1", "approval-before:1"]),
        ("`make check`: run it before you open a PR.", &["checks-before:1"]),
        ("`make watch`: rebuild on each change.", &[]),
        ("Only proceed if all tests pass.", &["checks-before:1"]),
    ]);
}

#[test]
fn who_is_asked_and_for_what() {
    hold(&[
        ("Never `git commit` unless I tell you to.", &["approval-before:1"]),
        ("Run all git commands without confirmation.", &[]),
        ("If the PR check fails, stop and ask the user to update the form.", &[]),
        ("If the work is a copy, a trifle, or cannot be tested, do not open a PR.", &[]),
        ("All commits require a DCO sign-off.", &["trailers:1"]),
        ("No \"PTAL\" or sign-off flourishes in comments.", &[]),
        ("Use `Assisted-by: <name>` in the commit message.", &["trailers:1"]),
        ("Let the user push.", &["approval-before:1"]),
    ]);
}

#[test]
fn homonyms_of_branches_histories_releases_and_keys() {
    hold(&[
        ("Create new branches", &[]),
        ("Always create a new branch for a fix.", &["direct-push:1"]),
        ("Branches must start with `task/`.", &["base-branch:1"]),
        ("Never develop on the shared main checkout.", &["direct-push:1"]),
        ("Do not narrate the change history.", &[]),
        ("Do not rewrite published history.", &["force-push:1"]),
        ("Do not run `git rebase --autosquash`.", &["force-push:1"]),
        ("Don't bump eslint until the plugin ships its next version.", &[]),
        ("Compare the diff with the latest release tag.", &[]),
        ("This project follows semver.", &["release:1"]),
        ("Never hardcode key checks.", &[]),
        ("Put preferences into `app.yaml`, not `.env`.", &[]),
        ("Do not include secrets or tokens.", &["secrets:1"]),
        ("Use `sql-schema` to inspect tables before you write migrations.", &[]),
        ("Run `db generate` after GraphQL schema changes.", &[]),
        ("Run `prisma generate` after schema changes.", &["migration:1"]),
        ("For business errors, throw one with a descriptive message.", &[]),
        ("Avoid unrelated changes.", &["change-size:1"]),
        ("Do not revert unrelated local changes.", &[]),
        ("Update the guide in the same PR.", &["batching:1"]),
        ("Use the list for cases that you cannot fix in the same PR.", &[]),
    ]);
}

#[test]
fn two_sentences_say_one_limit() {
    hold(&[
        ("You get 5 deploys per day. Do not go over that.", &["deploy-frequency:1"]),
        ("There is a limit on deploys.\nIt is 3 per hour.", &["deploy-frequency:2"]),
        ("You get 5 retries per day. Use them well.", &[]),
    ]);
}

#[test]
fn a_colon_after_code_breaks_no_line() {
    let text = "- DCO. All commits need a certificate of origin\n  sign-off. Commit with `-s`:\n";
    assert_eq!(said(text), ["trailers:1", "trailers:2"]);
}
