//! The whole history of a branch: what each landing brought, whatever it is read from.

mod support {
    pub mod binary;
    pub mod repo;
}

use std::fs::{File, OpenOptions, remove_file};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use deploy_rhythm::engine::event::CommitId;
use deploy_rhythm::sources::git::{Clock, NoGraph, Now, ReadBy, Repo, TrunkHistory};
use git2::{Oid, Repository, Signature, Time};
use proptest::prelude::*;
use support::binary::run;
use support::repo::{Fixture, minute};

/// A commit: how far back each parent is, and how many minutes after the beginning it was made.
type Made = (Vec<usize>, i64);

fn open(fixture: &Fixture) -> Repo {
    Repo::open(&fixture.path).expect("a repository")
}

fn history(fixture: &Fixture) -> TrunkHistory {
    let repo = open(fixture);
    repo.trunk_history(&repo.head().expect("a commit")).expect("a history")
}

/// A branch of two merges: landings of 1, 1, 3, 1 and 2 commits.
fn merged() -> Fixture {
    let fixture = Fixture::new();
    fixture.commit(10, "one");
    fixture.switch("early");
    fixture.commit(11, "early");
    fixture.switch("late");
    fixture.commit(12, "late");
    fixture.switch("main");
    fixture.commit(20, "two");
    fixture.merge(30, "late");
    fixture.commit(40, "three");
    fixture.switch("early");
    fixture.commit(41, "early again");
    fixture.switch("main");
    fixture.merge(50, "early");
    fixture
}

const MERGED: [u32; 5] = [1, 1, 3, 1, 2];

fn graph_of(fixture: &Fixture) -> PathBuf {
    fixture.git(0, &["commit-graph", "write", "--reachable"]);
    fixture.path.join(".git/objects/info/commit-graph")
}

/// Writes over some bytes of a chunk of a commit-graph.
fn damage(graph: &Path, chunk: [u8; 4], offset: u64, bytes: &[u8]) {
    #[expect(clippy::disallowed_methods, reason = "a test spoils its own file")]
    let mut whole = std::fs::read(graph).expect("a file");
    let entry = whole[8..].chunks(12).position(|entry| entry.starts_with(&chunk)).expect("the chunk");
    let start = 8 + entry * 12 + 4;
    let start = u64::from_be_bytes(whole[start..start + 8].try_into().expect("eight bytes")) + offset;
    let start = usize::try_from(start).expect("a small file");
    whole[start..start + bytes.len()].copy_from_slice(bytes);
    remove_file(graph).expect("removed");
    File::create_new(graph).and_then(|mut file| file.write_all(&whole)).expect("written");
}

#[test]
fn each_commit_belongs_to_the_first_landing_that_reaches_it() {
    let fixture = merged();
    let read = history(&fixture);
    assert_eq!((read.batches.as_slice(), read.read_by), (&MERGED[..], ReadBy::Packs(NoGraph::Absent)));
    assert_eq!(read.landings.iter().map(|landing| landing.at).collect::<Vec<_>>(), [10, 20, 30, 40, 50].map(minute));
    assert_eq!((read.complete_since, read.shallow), (None, false));
    graph_of(&fixture);
    let read = history(&fixture);
    assert_eq!((read.batches.as_slice(), read.read_by), (&MERGED[..], ReadBy::Graph));
}

#[test]
fn a_push_of_several_commits_is_one_batch() {
    let (remote, fixture) = (Fixture::bare(), merged());
    fixture.git(0, &["remote", "add", "origin", remote.path.to_str().expect("text")]);
    fixture.git(60, &["push", "--quiet", "origin", "main"]);
    let pushed = fixture.commit(61, "four");
    fixture.commit(62, "five");
    fixture.git(70, &["push", "--quiet", "origin", "main"]);
    let read = history(&fixture);
    let last = read.landings.last().expect("a landing");
    assert_ne!(last.commit, pushed);
    assert_eq!((last.at, read.batches.last()), (minute(70), Some(&2)));
    assert_eq!(read.batches.iter().sum::<u32>(), 10);
}

#[test]
fn what_git_leaves_aside_is_not_read() {
    let fixture = merged();
    graph_of(&fixture);
    fixture.git(0, &["config", "core.commitGraph", "false"]);
    assert_eq!(history(&fixture).read_by, ReadBy::Packs(NoGraph::Off));
    fixture.git(0, &["config", "core.commitGraph", "true"]);
    fixture.git(0, &["replace", "HEAD~1", "HEAD~2"]);
    assert_eq!(history(&fixture).read_by, ReadBy::Packs(NoGraph::Replaced));
    fixture.git(0, &["pack-refs", "--all", "--prune"]);
    assert_eq!(history(&fixture).read_by, ReadBy::Packs(NoGraph::Replaced));
    assert_eq!(history(&fixture).batches, MERGED);
    fixture.git(0, &["replace", "--delete", "HEAD~1"]);
    // A graft takes the last merge's second parent away.
    let graft = format!("{} {}\n", fixture.id("HEAD"), fixture.id("HEAD~1"));
    fixture.write(".git/info/grafts", &graft);
    let read = history(&fixture);
    assert_eq!((read.batches.as_slice(), read.read_by), (&[1, 1, 3, 1, 1][..], ReadBy::Packs(NoGraph::Grafted)));
}

#[test]
fn grafts_in_a_circle_are_named() {
    let fixture = merged();
    fixture.write(".git/info/grafts", &format!("{} {}\n", fixture.id("HEAD~2"), fixture.id("HEAD")));
    let repo = open(&fixture);
    let missing = repo.trunk_history(&repo.head().expect("a commit")).expect_err("a circle");
    assert!(
        missing.what.contains(fixture.id("HEAD").as_str()) && missing.remedy.contains("info/grafts"),
        "{missing:?}"
    );
}

#[test]
fn a_shallow_clone_says_how_far_it_goes() {
    let source = merged();
    let clone = Fixture::clone_of(&source.path, &["--depth=2"]);
    let read = history(&clone);
    assert_eq!((read.shallow, read.read_by), (true, ReadBy::Packs(NoGraph::Shallow)));
    assert_eq!((read.complete_since, read.batches.as_slice()), (Some(minute(40)), &[1, 2][..]));
}

#[test]
fn a_damaged_graph_is_left_for_the_packs() {
    let fixture = merged();
    let graph = fixture.path.join(".git/objects/info/commit-graph");
    // The first commit's first parent: itself, and one that is not there.
    for parent in [0_u32, 77] {
        graph_of(&fixture);
        for commit in 0..8 {
            damage(&graph, *b"CDAT", commit * 36 + 20, &parent.to_be_bytes());
        }
        let read = history(&fixture);
        assert_eq!(read.batches, MERGED);
        assert!(matches!(read.read_by, ReadBy::Packs(NoGraph::Unreadable(_))), "{:?}", read.read_by);
        remove_file(&graph).expect("removed");
    }
    graph_of(&fixture);
    let mut file = OpenOptions::new().write(true).open(&graph).expect("opened");
    file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(b"NOPE")).expect("written");
    let read = history(&fixture);
    assert_eq!(read.batches, MERGED);
    let ReadBy::Packs(reason) = read.read_by else { panic!("read by a graph that says NOPE") };
    assert!(reason.to_string().starts_with("the commit-graph cannot be read: "), "{reason}");
}

#[test]
fn a_commit_that_is_not_here_is_named() {
    let fixture = merged();
    let lost = fixture.id("HEAD^2~1");
    let (folder, file) = lost.as_str().split_at(2);
    remove_file(fixture.path.join(".git/objects").join(folder).join(file)).expect("removed");
    let repo = open(&fixture);
    let missing = repo.trunk_history(&repo.head().expect("a commit")).expect_err("a lost commit");
    assert!(missing.what.contains(lost.as_str()), "{missing:?}");
}

#[test]
fn history_offers_a_graph_only_where_it_saves_a_wait() {
    let fixture = merged();
    let offer = "git commit-graph write --reachable";
    let said = |fixture: &Fixture| run(fixture, &["history"]).1.replace('\n', " ");
    assert!(!said(&fixture).contains(offer));
    // What tells the size is the index of a pack; this one is nothing else.
    let index = fixture.path.join(".git/objects/pack/pack-0000000000000000000000000000000000000000.idx");
    File::create_new(&index).and_then(|file| file.set_len(5_000_000)).expect("a file");
    assert!(said(&fixture).contains(&format!("note: there is no commit-graph. `{offer}` makes one")));
    let graph = graph_of(&fixture);
    assert!(!said(&fixture).contains(offer));
    damage(&graph, *b"OIDF", 0, &[255; 4]);
    let text = said(&fixture);
    assert!(text.contains("note: the commit-graph cannot be read: ") && text.contains(offer), "{text}");
    fixture.git(0, &["config", "core.commitGraph", "false"]);
    assert!(!said(&fixture).contains(offer));
}

/// Makes the commits; the last one is HEAD.
fn make(repository: &Repository, made: &[Made], done: &mut Vec<Oid>) {
    let tree = repository.treebuilder(None).and_then(|tree| tree.write()).expect("a tree");
    let tree = repository.find_tree(tree).expect("a tree");
    for (parents, minutes) in made {
        let who =
            Signature::new("Ada", "ada@example.org", &Time::new(minute(*minutes).timestamp(), 60)).expect("a name");
        let parents: Vec<_> = parents_of(done.len(), parents)
            .iter()
            .map(|place| repository.find_commit(done[*place]).expect("made"))
            .collect();
        let message = format!("commit {}", done.len());
        done.push(
            repository.commit(None, &who, &who, &message, &tree, &parents.iter().collect::<Vec<_>>()).expect("made"),
        );
    }
    if let Some(tip) = done.last() {
        repository.reference("refs/heads/main", *tip, true, "test").expect("a branch");
    }
}

/// The places of a commit's parents, each once.
fn parents_of(place: usize, back: &[usize]) -> Vec<usize> {
    let mut parents: Vec<usize> = Vec::new();
    for parent in back.iter().filter_map(|back| place.checked_sub(back + 1)) {
        if !parents.contains(&parent) {
            parents.push(parent);
        }
    }
    parents
}

/// The line of the last commit, oldest first, and what each of it brought: by the definition.
fn oracle(made: &[Made]) -> (Vec<usize>, Vec<u32>) {
    let mut reached: Vec<u64> = Vec::new();
    for (place, (back, _)) in made.iter().enumerate() {
        reached.push(parents_of(place, back).iter().fold(1 << place, |all, parent| all | reached[*parent]));
    }
    let mut line = vec![made.len() - 1];
    while let Some(parent) = parents_of(line[line.len() - 1], &made[line[line.len() - 1]].0).first() {
        line.push(*parent);
    }
    line.reverse();
    let before = std::iter::once(0).chain(line.iter().map(|place| reached[*place]));
    let counts = line.iter().zip(before).map(|(place, before)| (reached[*place] & !before).count_ones()).collect();
    (line, counts)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn every_way_of_reading_tells_the_same(
        made in prop::collection::vec((prop::collection::vec(0..6_usize, 0..4), 0..400_i64), 1..40),
        in_graph in 0..40_usize,
    ) {
        let fixture = Fixture::new();
        let repository = Repository::open(&fixture.path).expect("a repository");
        let mut ids = Vec::new();
        make(&repository, &made, &mut ids);
        let (line, counts) = oracle(&made);
        let commits: Vec<CommitId> = line.iter().map(|place| CommitId::new(&ids[*place].to_string())).collect();
        let repo = open(&fixture);
        let tip = repo.head().expect("a commit");
        let now = Now { instant: minute(1000), clock: Clock::Machine };
        let mut expected = repo.landings(&tip, minute(0), now).expect("landings").landings;
        for landing in &mut expected {
            landing.subject.clear();
        }
        let agree = |read: &TrunkHistory| {
            prop_assert_eq!(&read.batches, &counts);
            prop_assert_eq!(read.landings.iter().map(|landing| landing.commit.clone()).collect::<Vec<_>>(), commits.clone());
            prop_assert_eq!(&read.landings, &expected);
            Ok(())
        };
        agree(&repo.trunk_history(&tip).expect("a history"))?;
        // The graph holds the older part, in one file or in several.
        for end in [in_graph / 2, in_graph] {
            let Some(newest) = ids.get(end) else { continue };
            fixture.git(0, &["update-ref", "refs/heads/main", &newest.to_string()]);
            fixture.git(0, &["commit-graph", "write", "--reachable", "--split=no-merge"]);
            fixture.git(0, &["update-ref", "refs/heads/main", &ids[ids.len() - 1].to_string()]);
            let read = repo.trunk_history(&tip).expect("a history");
            prop_assert_eq!(&read.read_by, &ReadBy::Graph);
            agree(&read)?;
        }
    }
}
