//! The ledger on a git remote: several clones, races, lost answers, refs that vanish, remotes that refuse.

mod support {
    pub mod hub;
    pub mod ledger;
    pub mod repo;
    pub mod stress;
}

use std::process::Child;
use std::sync::atomic::Ordering;
use std::thread;

use deploy_rhythm::engine::event::Instant;
use deploy_rhythm::ledger::chain::Account;
use deploy_rhythm::ledger::entry::{Ending, Event};
use deploy_rhythm::ledger::remote::Remote;
use deploy_rhythm::ledger::{Change, Ledger};
use support::hub::{ORIGIN, Server, clone, hook, hub};
use support::ledger::{Limits, binary, exported_from, finish, last, output};
use support::repo::Fixture;
use support::stress::{crowd, requests};

const MANY: Limits = Limits { deploys: 1000, per: 60, drain: 0, stale_after: 3600 };
const ONE: Limits = Limits { deploys: 1, ..MANY };
const FIRST: &str = "refs/deploy-rhythm/ledger/000001";

/// `run` with the ledger on origin.
fn run(shop: &Fixture, command: &[&str]) -> (i32, String, String) {
    output(shop, &[&["run"], &ORIGIN[..], &["--"], command].concat())
}

fn verify(shop: &Fixture) -> (i32, String, String) {
    output(shop, &["ledger", "verify", "--ledger", "git:origin"])
}

/// Nothing starts, and the last line says why.
fn held(shop: &Fixture, why: &str) -> String {
    let (code, _, error) = run(shop, &["touch", "started"]);
    assert_eq!(code, 3, "{error}");
    assert!(last(&error).starts_with("not started: held: "), "{error}");
    assert!(last(&error).contains(why), "{error}");
    assert!(!shop.path.join("started").exists());
    error
}

#[test]
fn crowds_in_two_clones_over_file() {
    let limits = Limits { deploys: 6, per: 1, drain: 0, stale_after: 1 };
    let hub = hub(limits);
    let clones = [clone(&hub), clone(&hub)];
    thread::scope(|scope| {
        for shop in &clones {
            scope.spawn(move || crowd(shop, limits, requests(40) / 2, &ORIGIN));
        }
    });
    assert_eq!(verify(&clone(&hub)).0, 0);
}

#[test]
fn a_crowd_over_http() {
    let limits = Limits { deploys: 6, per: 1, drain: 0, stale_after: 1 };
    let hub = hub(limits);
    let (server, shop) = (Server::of(&hub), clone(&hub));
    shop.git(0, &["remote", "set-url", "origin", &server.url]);
    crowd(&shop, limits, requests(40), &ORIGIN);
}

#[test]
fn of_several_clones_one_gets_the_slot() {
    let hub = hub(ONE);
    let clones: Vec<Fixture> = (0..4).map(|_| clone(&hub)).collect();
    let ask = |shop: &Fixture| binary(shop, &["run", "--ledger", "git:origin", "--", "true"]).spawn().expect("it runs");
    let asked: Vec<Child> = clones.iter().map(ask).collect();
    let mut codes: Vec<i32> = asked.into_iter().map(|child| finish(child).0).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 3, 3, 3]);
    assert_eq!(exported_from(&clones[0], &ORIGIN).len(), 1);
    // Each of the others was judged again, and its last judgement is recorded: once.
    let (code, text, _) = verify(&clones[1]);
    assert_eq!((code, text.contains("7 entries, each follows")), (0, true), "{text}");
}

#[test]
fn a_lost_answer_is_looked_up_and_nothing_is_written_twice() {
    let hub = hub(MANY);
    let (server, shop) = (Server::of(&hub), clone(&hub));
    shop.git(0, &["remote", "set-url", "origin", &server.url]);
    assert_eq!(run(&shop, &["true"]).0, 0);
    server.loses.store(true, Ordering::SeqCst);
    let (code, _, error) = run(&shop, &["true"]);
    assert_eq!(code, 0, "{error}");
    assert!(!server.loses.load(Ordering::SeqCst), "no answer was lost");
    assert_eq!(exported_from(&shop, &ORIGIN).len(), 2);
    let (code, text, _) = verify(&shop);
    assert_eq!((code, text.contains("8 entries, each follows")), (0, true), "{text}");
}

#[test]
fn what_this_clone_has_seen_cannot_vanish_unnoticed() {
    let hub = hub(ONE);
    let (shop, other) = (clone(&hub), clone(&hub));
    assert_eq!(run(&shop, &["true"]).0, 0);
    let end = hub.git(0, &["rev-parse", FIRST]);
    hub.git(0, &["update-ref", FIRST, &format!("{end}~1")]);
    held(&shop, "does not contain any more what this clone has seen");
    hub.git(0, &["update-ref", "-d", FIRST]);
    let error = held(&shop, "is not there any more");
    assert_eq!(output(&shop, &["check", "--ledger", "git:origin"]).0, 3);
    // The command that is named puts it back.
    let pushed = error.rsplit_once('\'').and_then(|(text, _)| text.split('\'').nth(1).map(str::to_owned)).expect("one");
    shop.git(0, &["push", "--quiet", "origin", &pushed]);
    assert_eq!(hub.git(0, &["rev-parse", FIRST]), end);
    assert_eq!(run(&other, &["true"]).0, 3, "the slot is spent");
    assert_eq!(verify(&shop).0, 0);
    // Where somebody began anew meanwhile, that command takes nothing from them.
    hub.git(0, &["update-ref", "-d", FIRST]);
    let fresh = clone(&hub);
    assert_eq!(run(&fresh, &["true"]).0, 0, "a clone that has seen nothing begins anew");
    let theirs = hub.git(0, &["rev-parse", FIRST]);
    let again = std::process::Command::new("git").args(["push", "origin", &pushed]).current_dir(&shop.path).output();
    assert!(!again.expect("it runs").status.success(), "it does not follow");
    assert_eq!(hub.git(0, &["rev-parse", FIRST]), theirs);
}

#[test]
fn a_remote_that_pushes_elsewhere_keeps_no_ledger() {
    let (hub, fork) = (hub(ONE), hub(ONE));
    let shop = clone(&hub);
    shop.git(0, &["remote", "set-url", "--push", "origin", &format!("file://{}", fork.path.display())]);
    held(&shop, "pushes to another address than it reads");
}

#[test]
fn a_branch_that_is_called_so_holds_nobody() {
    let hub = hub(ONE);
    let shop = clone(&hub);
    shop.git(0, &["push", "--quiet", "origin", "main:refs/heads/refs/deploy-rhythm/ledger/x"]);
    assert_eq!(run(&shop, &["true"]).0, 0);
}

#[test]
fn a_remote_that_refuses_starts_nothing_and_hooks_of_the_user_stay_out() {
    let hub = hub(MANY);
    let shop = clone(&hub);
    hook(&shop.path.join(".git"), "pre-push", "exit 1");
    assert_eq!(run(&shop, &["true"]).0, 0, "the hook is for the user's own pushes");
    hook(&hub.path, "pre-receive", "echo no ledgers here >&2; exit 1");
    let error = held(&shop, "did not take an entry");
    assert!(error.contains("no ledgers here") && error.contains("allow this user to push"), "{error}");
    assert_eq!(verify(&shop).0, 0);
}

#[test]
fn garbage_and_newer_forms_are_left_as_they_are() {
    let hub = hub(MANY);
    let shop = clone(&hub);
    shop.git(0, &["push", "--quiet", "origin", &format!("main:{FIRST}")]);
    held(&shop, "no page of a ledger");
    assert_eq!(output(&shop, &["check", "--ledger", "git:origin"]).0, 3);
    hub.git(0, &["update-ref", "-d", FIRST]);
    hub.git(0, &["update-ref", "refs/deploy-rhythm/ledger/second", "main"]);
    held(&shop, "a ref there that is no volume");
    hub.git(0, &["update-ref", "-d", "refs/deploy-rhythm/ledger/second"]);
    let message = "deploy-rhythm: a page of the ledger\n\n{\"form\": 99}\n";
    let newer = shop.git(0, &["commit-tree", "main^{tree}", "-m", message]);
    shop.git(0, &["push", "--quiet", "origin", &format!("{newer}:{FIRST}")]);
    held(&shop, "written by a newer deploy-rhythm");
    assert_eq!(hub.git(0, &["rev-parse", FIRST]), newer);
}

#[test]
fn where_there_is_no_remote_that_is_said_without_secrets() {
    let hub = hub(MANY);
    let shop = clone(&hub);
    shop.git(0, &["remote", "set-url", "origin", "http://ada:secret@127.0.0.1:9/shop"]);
    let error = held(&shop, "git:origin cannot be read");
    assert!(!error.contains("secret"), "{error}");
    let (code, _, error) = output(&shop, &["run", "--ledger", "git:upstream", "--", "true"]);
    assert_eq!((code, error.contains("there is no remote `upstream`")), (3, true), "{error}");
    for name in ["git:", "git:--upload-pack=touch started"] {
        assert_eq!(output(&shop, &["run", "--ledger", name, "--", "true"]).0, 2, "{name}");
    }
}

fn remote(shop: &Fixture, clock: fn() -> Instant) -> Remote {
    Remote::open("origin", &shop.path.join(".git"), clock).expect("it opens")
}

fn told(ledger: &mut Remote, number: usize) {
    let account = Account { repository: ".".to_owned(), environment: "production".to_owned() };
    let event = Event::Ended { request: format!("q-{number}"), ending: Ending::Stopped, because: "a test".to_owned() };
    ledger.append(&mut |_| Change::of(account.clone(), event.clone())).expect("appended");
}

#[test]
fn a_new_clone_fetches_the_newest_volume_and_verifies_all() {
    let hub = hub(MANY);
    let shop = clone(&hub);
    assert_eq!(run(&shop, &["true"]).0, 0);
    let mut ledger = remote(&shop, || "2026-01-02T00:00:00Z".parse().expect("an instant"));
    (0..70).for_each(|number| told(&mut ledger, number));
    assert!(hub.git(0, &["for-each-ref", "refs/deploy-rhythm"]).ends_with("000002"));
    hub.git(0, &["config", "uploadpack.allowFilter", "true"]);
    for options in [&[][..], &["--depth=1"], &["--filter=blob:none"]] {
        let new = Fixture::clone_of(&hub.path, options);
        let (_, text, _) = output(&new, &["ledger", "show", "--ledger", "git:origin"]);
        assert!(text.contains("1 rollout in git:origin"), "{text}");
        let kept = new.git(0, &["for-each-ref", "--format=%(refname)", "refs/deploy-rhythm"]);
        assert!(kept.ends_with("000002") && kept.lines().count() == 1, "{kept}");
        let (code, text, _) = verify(&new);
        assert_eq!((code, text.contains("74 entries, each follows")), (0, true), "{text}");
        assert_eq!(run(&new, &["true"]).0, 0, "{options:?}");
        hub.git(0, &["update-ref", "refs/deploy-rhythm/ledger/000002", "refs/deploy-rhythm/ledger/000002~3"]);
    }
    // One volume cannot take another's place.
    hub.git(0, &["update-ref", FIRST, &format!("{FIRST}~1")]);
    let (code, text, _) = verify(&clone(&hub));
    assert_eq!((code, text.contains("does not follow from the volume before it")), (1, true), "{text}");
}

#[test]
fn a_clock_far_behind_the_others_approves_nothing() {
    let hub = hub(MANY);
    let shop = clone(&hub);
    told(&mut remote(&shop, || "2100-01-01T00:00:00Z".parse().expect("an instant")), 0);
    held(&shop, "behind the newest entry of git:origin");
    assert_eq!(verify(&shop).0, 0);
}

#[test]
fn in_ci_the_remote_is_a_way_out() {
    let hub = hub(MANY);
    let shop = clone(&hub);
    let ci = |arguments: &[&str]| finish(binary(&shop, arguments).env("CI", "true").spawn().expect("it runs"));
    let (code, _, error) = ci(&["run", "--", "true"]);
    assert_eq!((code, error.contains("--ledger git:origin")), (2, true), "{error}");
    // What was never deployed through a ledger, that is not known in CI.
    let (_, _, error) = ci(&["run", "--ledger", "git:origin", "--", "true"]);
    assert!(!error.contains("is gone when it ends"), "{error}");
}

#[test]
fn status_reads_the_ledger_once() {
    let hub = hub(MANY);
    let shop = clone(&hub);
    let names: Vec<String> =
        (0..12).map(|number| format!("  stage-{number}: {{advisory: [min-interval: 5m]}}\n")).collect();
    shop.write("policy.yml", &format!("version: 1\nenvironments:\n{}", names.concat()));
    assert_eq!(run(&shop, &["true"]).0, 0);
    // A git before the real one, which counts how often the remote is asked.
    shop.write("bin/git", "#!/bin/sh\necho \"$*\" >>../asked\nPATH=${PATH#*:} exec git \"$@\"\n");
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(shop.path.join("bin/git"), executable).expect("set");
    let path = format!("{}:{}", shop.path.join("bin").display(), std::env::var_os("PATH").expect("a path").display());
    let mut status = binary(&shop, &[&["status", "--policy", "policy.yml"], &ORIGIN[..]].concat());
    let (code, text, error) = finish(status.env("PATH", path).spawn().expect("it runs"));
    assert_eq!((code, text.matches("stage-").count()), (0, 12), "{text}{error}");
    #[expect(clippy::disallowed_methods, reason = "a test reads what it made")]
    let asked = std::fs::read_to_string(shop.beside("asked")).expect("it was asked");
    assert_eq!(asked.lines().filter(|line| line.contains(" ls-remote ")).count(), 1, "{asked}");
}
