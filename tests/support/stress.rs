//! A crowd of processes at one ledger, a third of them killed at any point.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::ledger::{Limits, binary, exported_from, finish, output};
use super::repo::Fixture;

const PROCESSES: usize = 8;

/// A fixed sequence of numbers that look random.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// How often a crowd asks: as often as `DEPLOY_RHYTHM_STRESS` says, where that is set.
pub fn requests(unless_said: usize) -> usize {
    #[expect(clippy::disallowed_methods, reason = "a longer run is asked for by the environment")]
    let wished = std::env::var("DEPLOY_RHYTHM_STRESS").ok().and_then(|text| text.parse().ok());
    wished.unwrap_or(unless_said)
}

/// Asks so often, with these arguments for the ledger: never more goes than the policy allows, and nothing is lost.
pub fn crowd(shop: &Fixture, limits: Limits, requests: usize, ledger: &[&str]) {
    let marks = shop.beside("marks");
    let script = format!("echo $DEPLOY_RHYTHM_RUN >> {}; sleep 0.03", marks.display());
    let (asked, killed, went) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for seed in 1..=PROCESSES {
            let (script, asked, killed, went) = (&script, &asked, &killed, &went);
            scope.spawn(move || {
                let mut numbers = Numbers(seed as u64);
                while asked.fetch_add(1, Ordering::Relaxed) < requests {
                    let wait = ["0s", "1s", "2s"][usize::try_from(numbers.below(3)).unwrap_or_default()];
                    let ask = [&["run", "--wait", wait], ledger, &["--", "sh", "-c", script]].concat();
                    let mut child = binary(shop, &ask).spawn().expect("it runs");
                    if numbers.below(3) == 0 {
                        thread::sleep(Duration::from_millis(numbers.below(120)));
                        let _ = child.kill();
                        killed.fetch_add(1, Ordering::Relaxed);
                    }
                    let (code, _, error) = finish(child);
                    assert!([0, 3, 5, -1].contains(&code), "{code}: {error}");
                    if code == 0 {
                        went.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let all = exported_from(shop, ledger);
    assert_eq!(limits.complaints(&all), Vec::<String>::new());
    let (code, text, _) = output(shop, &[&["ledger", "verify"], ledger].concat());
    assert_eq!(code, 0, "{text}");
    // Each command that ran has its rollout, and each that was seen to succeed is recorded so.
    let known: BTreeSet<&str> = all.iter().map(|one| one.id.as_str()).collect();
    #[expect(clippy::disallowed_methods, reason = "a test reads what its own commands wrote")]
    let marks = std::fs::read_to_string(&marks).expect("some ran");
    let ran: Vec<&str> = marks.lines().collect();
    assert!(ran.iter().all(|id| known.contains(id)), "a rollout is lost");
    assert_eq!(ran.iter().collect::<BTreeSet<_>>().len(), ran.len(), "one reservation started twice");
    let succeeded = all.iter().filter(|one| one.state == "success").count();
    let (killed, went) = (killed.into_inner(), went.into_inner());
    assert!(succeeded >= went && went > 0, "{succeeded} of {went}");
    assert!(killed > 0);
    let unsettled = all.iter().filter(|one| one.finish.is_none()).count();
    #[expect(clippy::print_stdout, reason = "the script that asks for a longer run shows it")]
    {
        println!("{requests} requests, {killed} killed, {} rollouts, {unsettled} unsettled", all.len());
    }
}
