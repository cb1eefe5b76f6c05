//! Facts from real repositories.

mod support {
    pub mod repo;
}

use deploy_rhythm::engine::event::{CommitId, Precision};
use deploy_rhythm::engine::facts::{Ancestry, Batch, Missing};
use deploy_rhythm::sources::git::{Clock, FoundBy, GitError, Landings, Now, PathFilter, Repo};
use support::repo::{Fixture, minute};

const LATE: i64 = 100_000;

fn open(fixture: &Fixture) -> Repo {
    Repo::open(&fixture.path).expect("a repository")
}

fn now(minutes: i64) -> Now {
    Now { instant: minute(minutes), clock: Clock::Machine }
}

fn landings(repo: &Repo, tip: &CommitId) -> Landings {
    repo.landings(tip, minute(0), now(LATE)).expect("landings")
}

fn batch(repo: &Repo, requested: &CommitId, base: Option<&CommitId>) -> Result<Batch, Missing> {
    repo.batch(requested, base, &landings(repo, requested), None)
}

fn subjects(landings: &Landings) -> Vec<&str> {
    landings.landings.iter().map(|landing| landing.subject.as_str()).collect()
}

fn brought(batch: &Batch) -> Vec<(&str, usize)> {
    batch.landings.iter().map(|landing| (landing.landing.subject.as_str(), landing.commits)).collect()
}

/// `one`, `two`, `three`: ten minutes apart.
fn linear() -> (Fixture, Vec<CommitId>) {
    let fixture = Fixture::new();
    let ids = ["one", "two", "three"].iter().zip(1..).map(|(name, place)| fixture.commit(place * 10, name)).collect();
    (fixture, ids)
}

#[test]
fn a_linear_history_has_one_landing_per_commit() {
    let (fixture, ids) = linear();
    let repo = open(&fixture);
    let found = landings(&repo, &ids[2]);
    assert_eq!(subjects(&found), ["one", "two", "three"]);
    assert_eq!(found.landings[1].at, minute(20));
    assert_eq!(found.landings[1].precision, Precision::Guessed);
    assert_eq!(found.complete_since, None);
    let batch = batch(&repo, &ids[2], Some(&ids[0])).expect("a batch");
    assert_eq!(brought(&batch), [("two", 1), ("three", 1)]);
    assert_eq!(batch.shipped.len(), 1);
    assert_eq!(batch.base.as_ref(), Some(&ids[0]));
}

#[test]
fn a_first_batch_holds_everything() {
    let (fixture, ids) = linear();
    let batch = batch(&open(&fixture), &ids[2], None).expect("a batch");
    assert_eq!((batch.size(), batch.base, batch.shipped.len()), (3, None, 0));
}

#[test]
fn what_runs_has_an_empty_batch() {
    let (fixture, ids) = linear();
    let repo = open(&fixture);
    assert_eq!(batch(&repo, &ids[2], Some(&ids[2])).expect("a batch").size(), 0);
    let older = batch(&repo, &ids[0], Some(&ids[2])).expect("a batch");
    assert_eq!((older.size(), older.shipped.len()), (0, 1));
}

#[test]
fn a_merge_brings_its_commits_and_counts_itself() {
    let fixture = Fixture::new();
    let base = fixture.commit(10, "base");
    fixture.switch("work");
    fixture.commit(11, "part-one");
    fixture.commit(12, "part-two");
    fixture.switch("main");
    fixture.commit(15, "direct");
    let merge = fixture.merge(20, "work");
    let repo = open(&fixture);
    assert_eq!(subjects(&landings(&repo, &merge)), ["base", "direct", "Merge work"]);
    let batch = batch(&repo, &merge, Some(&base)).expect("a batch");
    assert_eq!(brought(&batch), [("direct", 1), ("Merge work", 3)]);
}

#[test]
fn a_squash_is_one_landing_with_one_commit() {
    let fixture = Fixture::new();
    let base = fixture.commit(10, "base");
    fixture.switch("work");
    fixture.commit(11, "part-one");
    fixture.commit(12, "part-two");
    fixture.switch("main");
    fixture.git(20, &["merge", "--quiet", "--squash", "work"]);
    fixture.git(20, &["commit", "--quiet", "--message", "squashed (#7)"]);
    let batch = batch(&open(&fixture), &fixture.id("HEAD"), Some(&base)).expect("a batch");
    assert_eq!(brought(&batch), [("squashed (#7)", 1)]);
}

#[test]
fn a_deployed_side_branch_is_not_shipped_again() {
    let fixture = Fixture::new();
    fixture.commit(10, "base");
    fixture.switch("work");
    let deployed = fixture.commit(11, "part-one");
    fixture.commit(12, "part-two");
    fixture.switch("main");
    fixture.commit(15, "direct");
    let merge = fixture.merge(20, "work");
    let batch = batch(&open(&fixture), &merge, Some(&deployed)).expect("a batch");
    assert_eq!(brought(&batch), [("direct", 1), ("Merge work", 2)]);
}

#[test]
fn skewed_dates_never_run_backwards_nor_into_the_future() {
    let fixture = Fixture::new();
    fixture.commit(10, "one");
    fixture.commit(50, "two");
    fixture.commit(20, "three");
    let tip = fixture.commit(900, "four");
    let found = open(&fixture).landings(&tip, minute(0), now(100)).expect("landings");
    let times: Vec<_> = found.landings.iter().map(|landing| landing.at).collect();
    assert_eq!(times, [minute(10), minute(50), minute(50), minute(100)]);
}

#[test]
fn what_lands_after_the_instant_asked_about_does_not_exist() {
    let (fixture, ids) = linear();
    let repo = open(&fixture);
    let asked = Now { instant: minute(20), clock: Clock::Asked };
    let found = repo.landings(&ids[2], minute(0), asked).expect("landings");
    assert_eq!(subjects(&found), ["one", "two"]);
    assert_eq!(found.later[0].commit, ids[2]);
    let batch = repo.batch(&ids[2], Some(&ids[0]), &found, None).expect("a batch");
    assert_eq!(brought(&batch), [("two", 1), ("three", 1)]);
    assert_eq!(batch.landings[1].landing.at, minute(20));
}

#[test]
fn skewed_dates_never_change_a_batch() {
    let fixture = Fixture::new();
    fixture.commit(1000, "root");
    fixture.switch("work");
    let early = fixture.commit(9000, "early");
    fixture.switch("main");
    // Git's own walk stops before it meets the merge, which is dated long before what it merges.
    fixture.merge(10, "work");
    for place in 0..20 {
        fixture.commit(5 - place, &format!("old-{place}"));
    }
    let base = fixture.commit(8000, "base");
    fixture.git(0, &["switch", "--quiet", "--create", "next", early.as_str()]);
    fixture.commit(9100, "more");
    fixture.switch("main");
    let merge = fixture.merge(9200, "next");
    let found = batch(&open(&fixture), &merge, Some(&base)).expect("a batch");
    assert_eq!(brought(&found), [("Merge next", 2)]);
}

#[test]
fn random_histories_agree_with_sets_of_ancestors() {
    let mut seed = 7_u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).expect("small") % below
    };
    for _ in 0..4 {
        let fixture = Fixture::new();
        let tree = fixture.git(0, &["write-tree"]);
        let mut commits: Vec<(String, std::collections::BTreeSet<usize>)> = Vec::new();
        for place in 0..40 {
            let mut parents = std::collections::BTreeSet::new();
            for _ in 0..random(3).min(place) + usize::from(place > 0) {
                parents.insert(place - 1 - random(place.min(8)));
            }
            let mut words = vec!["commit-tree".to_owned(), "-m".to_owned(), format!("c{place}"), tree.clone()];
            let mut ancestors = std::collections::BTreeSet::from([place]);
            for parent in parents {
                words.extend(["-p".to_owned(), commits[parent].0.clone()]);
                ancestors.extend(&commits[parent].1);
            }
            let at = i64::try_from(random(500)).expect("small");
            let id = fixture.git(at, &words.iter().map(String::as_str).collect::<Vec<_>>());
            commits.push((id, ancestors));
        }
        let repo = open(&fixture);
        for (tip, reached) in &commits {
            let tip = CommitId::new(tip);
            let walked = landings(&repo, &tip);
            for (base, shipped) in &commits {
                let base = CommitId::new(base);
                let found = repo.batch(&tip, Some(&base), &walked, None).expect("a batch");
                assert_eq!(found.size(), reached.difference(shipped).count());
                let older = tip != base && reached.is_subset(shipped);
                assert_eq!(repo.ancestry(&tip, &base).expect("known") == Ancestry::Older, older);
            }
        }
    }
}

#[test]
fn the_walk_stops_a_hundred_landings_after_the_lookback() {
    let fixture = Fixture::new();
    for place in 0..130 {
        fixture.git(place, &["commit", "--quiet", "--allow-empty", "--message", &format!("c{place}")]);
    }
    let repo = open(&fixture);
    let head = repo.head().expect("a commit");
    let found = repo.landings(&head, minute(120), now(LATE)).expect("landings");
    assert_eq!(found.landings.len(), 110);
    assert_eq!(found.complete_since, Some(minute(120)));
    let base = fixture.id("HEAD~125");
    let batch = repo.batch(&head, Some(&base), &found, None).expect("a batch");
    assert_eq!((batch.size(), batch.shipped.len()), (125, 0));
    assert_eq!(batch.landings[0].landing.subject, "c5");
    assert_eq!(repo.batch(&head, None, &found, None).expect("a batch").size(), 110);
}

#[test]
fn a_push_of_several_commits_is_one_landing() {
    let remote = Fixture::bare();
    let fixture = Fixture::clone_of(&remote.path, &[]);
    fixture.commit(10, "one");
    fixture.git(11, &["push", "--quiet", "origin", "main"]);
    fixture.commit(12, "two");
    fixture.commit(13, "three");
    let pushed = fixture.commit(14, "four");
    fixture.git(30, &["push", "--quiet", "origin", "main"]);
    let tip = fixture.commit(40, "five");
    let repo = open(&fixture);
    let found = landings(&repo, &tip);
    assert_eq!(subjects(&found), ["one", "four", "five"]);
    assert_eq!(found.landings[1].at, minute(30));
    assert_eq!(found.landings[1].precision, Precision::Recorded);
    assert_eq!(found.landings[2].precision, Precision::Guessed);
    let whole = batch(&repo, &tip, Some(&fixture.id("HEAD~4"))).expect("a batch");
    assert_eq!(brought(&whole), [("four", 3), ("five", 1)]);
    let part = batch(&repo, &tip, Some(&fixture.id("HEAD~2"))).expect("a batch");
    assert_eq!(brought(&part), [("four", 1), ("five", 1)]);
    assert_eq!(part.shipped.len(), 1);
    assert_eq!(repo.batch(&pushed, None, &landings(&repo, &pushed), None).expect("a batch").size(), 4);
}

#[test]
fn a_push_back_to_an_older_tip_leaves_the_landings_in_order() {
    let remote = Fixture::bare();
    let fixture = Fixture::clone_of(&remote.path, &[]);
    for (at, subject) in [(10, "one"), (11, "two"), (12, "three")] {
        fixture.commit(at, subject);
    }
    fixture.git(20, &["push", "--quiet", "origin", "main"]);
    fixture.git(30, &["push", "--quiet", "--force", "origin", "HEAD~1:main"]);
    let tip = fixture.commit(35, "four");
    fixture.git(40, &["push", "--quiet", "origin", "main"]);
    let repo = open(&fixture);
    let found = landings(&repo, &tip);
    assert_eq!(subjects(&found), ["one", "two", "three", "four"]);
    // What builds on `two` had landed before `two` was pushed once more.
    assert_eq!(
        found.landings.iter().map(|one| one.at).collect::<Vec<_>>(),
        [minute(10), minute(20), minute(20), minute(40)]
    );
}

#[test]
fn reading_creates_no_log() {
    let remote = Fixture::bare();
    let (source, ids) = linear();
    source.git(0, &["push", "--quiet", remote.path.to_str().expect("text"), "main"]);
    let fixture = Fixture::clone_of(&remote.path, &["--config=core.logAllRefUpdates=false"]);
    landings(&open(&fixture), &ids[2]);
    assert!(!fixture.path.join(".git/logs/refs/remotes/origin/main").exists());
}

#[test]
fn a_shallow_clone_says_so_and_decides_what_it_can() {
    let source = Fixture::new();
    let ids: Vec<_> = (1..=10).map(|place| source.commit(place * 10, &format!("c{place}"))).collect();
    let fixture = Fixture::clone_of(&source.path, &["--depth=4"]);
    let repo = open(&fixture);
    assert!(repo.is_shallow());
    assert!(repo.is_shallow());
    let found = landings(&repo, &ids[9]);
    assert_eq!((found.landings.len(), found.shallow, found.complete_since), (4, true, Some(minute(70))));
    assert_eq!(batch(&repo, &ids[9], Some(&ids[7])).expect("a batch").size(), 2);
    assert_eq!(batch(&repo, &ids[9], None).expect("a batch").size(), 4);
    let missing = batch(&repo, &ids[9], Some(&ids[2])).expect_err("it is not there");
    assert_eq!(missing.remedy, "git fetch --unshallow");
    assert_eq!(repo.ancestry(&ids[7], &ids[9]), Ok(Ancestry::Older));
    assert_eq!(repo.ancestry(&ids[9], &ids[7]), Ok(Ancestry::Other));
    assert!(repo.ancestry(&ids[2], &ids[9]).is_err());
}

#[test]
fn a_shallow_clone_hides_where_a_side_branch_began() {
    let source = Fixture::new();
    source.commit(10, "root");
    source.switch("work");
    source.commit(11, "part");
    source.switch("main");
    let base = source.commit(12, "base");
    for place in 13..16 {
        source.commit(place, &format!("c{place}"));
    }
    let merge = source.merge(20, "work");
    let whole = open(&source);
    assert_eq!(batch(&whole, &merge, Some(&base)).expect("a batch").size(), 5);
    let shallow = open(&Fixture::clone_of(&source.path, &["--depth=5"])).is_shallow();
    let fixture = Fixture::clone_of(&source.path, &["--depth=2"]);
    fixture.git(0, &["fetch", "--quiet", "--depth=1", "origin", base.as_str()]);
    assert!(shallow);
    assert_eq!(batch(&open(&fixture), &merge, Some(&base)).expect_err("it is cut").remedy, "git fetch --unshallow");
}

#[test]
fn ancestry_tells_same_older_and_other() {
    let (fixture, ids) = linear();
    fixture.git(0, &["switch", "--quiet", "--create", "side", ids[0].as_str()]);
    let side = fixture.commit(50, "side");
    let repo = open(&fixture);
    assert_eq!(repo.ancestry(&ids[1], &ids[1]), Ok(Ancestry::Same));
    assert_eq!(repo.ancestry(&ids[0], &ids[2]), Ok(Ancestry::Older));
    assert_eq!(repo.ancestry(&ids[2], &ids[0]), Ok(Ancestry::Other));
    assert_eq!(repo.ancestry(&side, &ids[2]), Ok(Ancestry::Other));
}

#[test]
fn a_base_that_is_not_here_is_named_with_its_remedy() {
    let (fixture, ids) = linear();
    let base = CommitId::new(&"ab".repeat(20));
    let missing = batch(&open(&fixture), &ids[2], Some(&base)).expect_err("it is not there");
    assert_eq!(missing.what, "commit abababab is not in this repository");
    assert_eq!(missing.remedy, format!("git fetch origin {base}"));
}

#[test]
fn only_commits_that_touch_the_paths_count() {
    let fixture = Fixture::new();
    let base = fixture.commit_file(10, "base", "api/base.rb");
    fixture.switch("work");
    fixture.commit_file(11, "api", "api/deep/one.rb");
    fixture.commit_file(12, "web", "web/one.js");
    fixture.switch("main");
    fixture.commit_file(15, "docs", "docs/one.md");
    let merge = fixture.merge(20, "work");
    let repo = open(&fixture);
    let paths = PathFilter::new(&["api/**"]).expect("patterns");
    let found = repo.batch(&merge, Some(&base), &landings(&repo, &merge), Some(&paths)).expect("a batch");
    assert_eq!(brought(&found), [("docs", 0), ("Merge work", 2)]);
    assert_eq!(found.shipped.len(), 1);
    assert_eq!(repo.files(&merge).expect("files"), ["api/deep/one.rb", "web/one.js"]);
    assert_eq!(repo.files(&base).expect("files"), ["api/base.rb"]);
    assert!(repo.touches(&base, &paths).expect("files"));
}

#[test]
fn path_patterns_read_like_gits() {
    let matches = |pattern: &str, path: &str| PathFilter::new(&[pattern]).expect("a pattern").matches(path);
    for (pattern, path) in [
        ("api/**", "api/a/b.rb"),
        ("api/", "api/a"),
        ("api", "api/a"),
        ("*.rb", "a/b/c.rb"),
        ("/api", "api/x"),
        ("**/*.rb", "a.rb"),
        ("a/**/c", "a/c"),
        ("a/**/c", "a/b/b/c"),
        ("a?c", "abc"),
        ("**", "x/y"),
        ("README.md", "README.md"),
    ] {
        assert!(matches(pattern, path), "{pattern} matches {path}");
    }
    for (pattern, path) in
        [("api/**", "apis/a"), ("api/*.rb", "api/a/b.rb"), ("api", "web/api/a"), ("*.rb", "a.rbx"), ("a.c", "abc")]
    {
        assert!(!matches(pattern, path), "{pattern} does not match {path}");
    }
    for pattern in ["", "/", "!api", "../x"] {
        assert!(PathFilter::new(&[pattern]).is_err(), "{pattern}");
    }
}

#[test]
fn the_default_branch_is_the_remotes() {
    let (source, ids) = linear();
    let fixture = Fixture::clone_of(&source.path, &[]);
    fixture.commit(99, "local");
    let branch = open(&fixture).default_branch().expect("a branch");
    assert_eq!((branch.name.as_str(), &branch.tip, branch.found_by), ("origin/main", &ids[2], FoundBy::OriginHead));
    assert_eq!(branch.fetched_at, None);
    fixture.git(0, &["fetch", "--quiet"]);
    let repo = open(&fixture);
    assert!(repo.default_branch().expect("a branch").fetched_at.is_some());
}

#[test]
fn without_a_remote_the_default_branch_is_main_master_or_head() {
    let (fixture, _) = linear();
    let found = || open(&fixture).default_branch().map(|branch| (branch.name, branch.found_by));
    assert_eq!(found(), Ok(("main".to_owned(), FoundBy::Name)));
    fixture.git(0, &["branch", "--move", "master"]);
    assert_eq!(found(), Ok(("master".to_owned(), FoundBy::Name)));
    fixture.git(0, &["branch", "--move", "trunk"]);
    assert_eq!(found(), Ok(("trunk".to_owned(), FoundBy::Head)));
    fixture.git(0, &["switch", "--quiet", "--detach"]);
    assert_eq!(found(), Ok(("HEAD".to_owned(), FoundBy::Head)));
}

#[test]
fn an_empty_repository_has_no_commits_yet() {
    let fixture = Fixture::new();
    let repo = open(&fixture);
    assert!(matches!(repo.head(), Err(GitError::NoCommits)));
    assert!(repo.default_branch().is_err());
    assert!(repo.deploy_tags("v*", "production").expect("tags").deployments.is_empty());
}

#[test]
fn a_new_orphan_branch_is_named() {
    let (fixture, _) = linear();
    fixture.git(0, &["switch", "--quiet", "--orphan", "fresh"]);
    assert!(matches!(open(&fixture).head(), Err(GitError::UnbornHead { branch }) if branch == "fresh"));
}

#[test]
fn revisions_resolve_or_say_why_not() {
    let (fixture, ids) = linear();
    fixture.git(0, &["tag", "--annotate", "--message", "x", "v1", ids[1].as_str()]);
    let repo = open(&fixture);
    assert_eq!(repo.resolve("v1").expect("a commit"), ids[1]);
    assert_eq!(repo.resolve("HEAD~2").expect("a commit"), ids[0]);
    assert_eq!(repo.resolve(ids[0].short()).expect("a commit"), ids[0]);
    assert_eq!(repo.subject(&ids[0]).as_deref(), Some("one"));
    let message = |revision: &str| repo.resolve(revision).expect_err("no commit").to_string();
    assert!(message("nowhere").contains("no revision"));
    assert!(message("HEAD:one.txt").contains("not a commit"));
    assert!(message("HEAD^{tree}").contains("not a commit"));
    assert!(message(&"ab".repeat(20)).contains("git fetch origin"));
    for odd in ["", "a\0b", "@{", "HEAD~x", "..", ":", "HEAD^^^^^"] {
        assert!(repo.resolve(odd).is_err(), "{odd:?}");
    }
    for odd in ["", "12", "xyz", "é"] {
        assert!(!repo.contains(&CommitId::new(odd)), "{odd:?}");
    }
}

#[test]
fn a_directory_that_is_no_repository_says_so() {
    let fixture = Fixture::nowhere();
    assert!(matches!(Repo::open(&fixture.path), Err(GitError::NotARepository { .. })));
    assert!(matches!(Repo::open(&fixture.beside("gone")), Err(GitError::NotARepository { .. })));
}

#[test]
fn subdirectories_bare_repositories_worktrees_and_submodules_open() {
    let (fixture, ids) = linear();
    fixture.write("deep/er/file", "x");
    let repo = Repo::open(&fixture.path.join("deep/er")).expect("a repository");
    assert_eq!(
        repo.workdir().map(|path| path.canonicalize().expect("a path")),
        Some(fixture.path.canonicalize().expect("a path"))
    );
    let bare_clone = Fixture::clone_of(&fixture.path, &["--bare"]);
    let bare = open(&bare_clone);
    assert!(bare.is_bare() && bare.workdir().is_none());
    assert_eq!(bare.default_branch().expect("a branch").tip, ids[2]);
    let worktree = fixture.beside("tree");
    fixture.git(0, &["worktree", "add", "--quiet", "--detach", worktree.to_str().expect("text"), ids[1].as_str()]);
    let tree = Repo::open(&worktree).expect("a worktree");
    assert_eq!(tree.head().expect("a commit"), ids[1]);
    assert_eq!(tree.default_branch().expect("a branch").tip, ids[2]);
    assert!(tree.git_dir().to_string_lossy().contains("worktrees"));
    let outer = Fixture::new();
    let url = format!("file://{}", fixture.path.display());
    outer.git(0, &["submodule", "--quiet", "add", &url, "inner"]);
    let id = outer.commit(60, "outer");
    let inner = Repo::open(&outer.path.join("inner")).expect("a submodule");
    assert_eq!(inner.head().expect("a commit"), ids[2]);
    assert!(matches!(open(&outer).read_at(&id, "inner", 10), Err(GitError::NotAFile { .. })));
}

#[test]
fn files_are_read_from_a_commit() {
    let fixture = Fixture::new();
    fixture.write("docs/AGENTS.md", "text");
    for (link, target) in
        [("CLAUDE.md", "docs/AGENTS.md"), ("docs/up.md", "../CLAUDE.md"), ("out.md", "../x"), ("abs.md", "/etc/passwd")]
    {
        std::os::unix::fs::symlink(target, fixture.path.join(link)).expect("a link");
    }
    let id = fixture.commit(10, "files");
    let repo = open(&fixture);
    let read = |path: &str| repo.read_at(&id, path, 4);
    assert_eq!(read("docs/AGENTS.md").expect("a file").as_deref(), Some(&b"text"[..]));
    assert_eq!(read("./docs//AGENTS.md").expect("a file").as_deref(), Some(&b"text"[..]));
    assert_eq!(repo.read_at(&id, "CLAUDE.md", 20).expect("a file").as_deref(), Some(&b"text"[..]));
    assert_eq!(read("gone.md").expect("no file"), None);
    assert_eq!(read("docs/AGENTS.md/x").expect("no file"), None);
    assert!(matches!(repo.read_at(&id, "docs/AGENTS.md", 3), Err(GitError::TooLarge { size: 4, limit: 3, .. })));
    assert!(matches!(read("docs"), Err(GitError::NotAFile { .. })));
    for path in ["../x", "/etc/passwd", "a/../b", "", "."] {
        assert!(matches!(read(path), Err(GitError::UnsafePath { .. })), "{path}");
    }
    for path in ["docs/up.md", "out.md", "abs.md"] {
        assert!(repo.read_at(&id, path, 20).is_err(), "{path}");
    }
}

#[test]
fn tags_record_deployments() {
    let (fixture, ids) = linear();
    fixture.git(90, &["tag", "--annotate", "--message", "x", "deploy/production/2", ids[1].as_str()]);
    fixture.git(95, &["tag", "deploy/staging/eu/1", ids[2].as_str()]);
    fixture.git(96, &["tag", "deploy/production/tree", "HEAD^{tree}"]);
    fixture.git(97, &["tag", "release-1", ids[0].as_str()]);
    let repo = open(&fixture);
    let found = repo.deploy_tags("deploy/{environment}/*", "production").expect("tags");
    let [light, annotated] = &found.deployments[..] else { panic!("{found:?}") };
    assert_eq!(
        (&*annotated.id, &*annotated.environment, annotated.started_at),
        ("deploy/production/2", "production", minute(90))
    );
    assert_eq!((annotated.precision, annotated.actor.as_deref()), (Precision::Recorded, Some("Ada")));
    assert_eq!(annotated.commit.as_ref(), Some(&ids[1]));
    assert_eq!((&*light.environment, light.started_at, light.precision), ("staging", minute(30), Precision::Guessed));
    assert_eq!(found.unread[0].name, "deploy/production/tree");
    let releases = repo.deploy_tags("release-*", "live").expect("tags");
    assert_eq!((releases.deployments.len(), &*releases.deployments[0].environment), (1, "live"));
    assert!(repo.deploy_tags("", "live").is_err());
}

#[test]
fn another_users_repository_names_the_command_that_trusts_it() {
    let (fixture, _) = linear();
    // Only root can give a repository away.
    let given = std::os::unix::fs::chown(&fixture.path, Some(12345), None)
        .and_then(|()| std::os::unix::fs::chown(fixture.path.join(".git"), Some(12345), None));
    if given.is_ok() {
        let message = Repo::open(&fixture.path.join(".git")).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(
            message.contains(&format!("git config --global --add safe.directory {}", fixture.path.display())),
            "{message}"
        );
    }
}
