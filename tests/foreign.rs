//! What other deployers keep, in the shapes that their tools print, through the real binary.

mod support {
    pub mod ledger;
    pub mod repo;
}
mod histories {
    mod unsaid;
}

use deploy_rhythm::sources::deployments::from_text;
use proptest::prelude::*;
use serde_json::Value as Json;
use support::ledger::output;
use support::repo::Fixture;

const HELM: &str = include_str!("histories/helm.json");
const REPLICA_SETS: &str = include_str!("histories/replicasets.json");
const ARGO: &str = include_str!("histories/argocd.json");
const HEROKU: &str = include_str!("histories/heroku.json");
const FLY: &str = include_str!("histories/fly.json");
const RUNS: &str = include_str!("histories/gh-runs.json");
const DEPLOYMENTS: &str = include_str!("histories/gh-deployments.json");
const TABLE: &str = include_str!("histories/deploys.csv");

const POLICY: &str =
    "version: 1\nenvironments:\n  production:\n    hard-mandatory:\n      - max-frequency: {deploys: 2, per: 1h}\n";

/// A repository with two commits, and what its deployer keeps.
struct Shop {
    fixture: Fixture,
    first: String,
    second: String,
}

impl Shop {
    fn new() -> Self {
        let fixture = Fixture::new();
        fixture.write(".github/deploy-rhythm.yml", POLICY);
        let first = fixture.commit(1, "First").to_string();
        let second = fixture.commit(2, "Second").to_string();
        Self { fixture, first, second }
    }

    /// Writes a history with the ids of this repository's commits.
    fn keeps(&self, text: &str) {
        let text = text.replace("{first}", &self.first).replace("{second}", &self.second);
        let text = text.replace("{first8}", &self.first[..8]).replace("{second8}", &self.second[..8]);
        self.fixture.write("kept", &text);
    }

    fn asks(&self, command: &[&str]) -> (i32, String, String) {
        let rest = ["--deploys", "kept", "--at", "2026-01-01T10:00:00Z"];
        output(&self.fixture, &[command, rest.as_slice()].concat())
    }

    /// Each rollout that `history` shows, in a line, and since when they are complete.
    fn rollouts(&self, options: &[&str]) -> (Vec<String>, Json) {
        let (code, text, error) = self.asks(&[["history", "--format", "json"].as_slice(), options].concat());
        assert_eq!(code, 0, "{error}");
        let json: Json = serde_json::from_str(&text).expect("JSON");
        let events = json["events"].as_array().expect("events");
        let rollouts = events.iter().filter(|event| event["kind"] == "rollout").map(|event| &event["rollout"]);
        let line = |rollout: &Json| {
            let text = |key: &str| rollout[key].as_str().unwrap_or("-").to_owned();
            let time = |key: &str| text(key).get(11..19).unwrap_or("-").to_owned();
            let commit = match text("commit") {
                id if id == self.first => "first".to_owned(),
                id if id == self.second => "second".to_owned(),
                id => id,
            };
            let finish = if rollout["finish_unrecorded"] == true { "?".to_owned() } else { time("finish") };
            let guess = if rollout["precision"] == "guessed" { "~" } else { "" };
            let (id, environment, outcome, actor) = (text("id"), text("environment"), text("outcome"), text("actor"));
            format!("{id} {environment} {commit} {guess}{} {finish} {outcome} {actor}", time("start"))
        };
        (rollouts.map(line).collect(), json["complete_since"].clone())
    }

    /// What is said of the history, on one line.
    fn notes(&self, options: &[&str]) -> String {
        let (_, text, error) = self.asks(&[["history"].as_slice(), options].concat());
        assert!(error.is_empty(), "{error}");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn helm_tells_starts_and_outcomes() {
    let shop = Shop::new();
    shop.keeps(HELM);
    let (rollouts, since) = shop.rollouts(&[]);
    assert_eq!(
        rollouts,
        [
            "1 production first 08:00:00 ? success -",
            "3 production - 08:30:00 ? success -",
            "2 production first 09:00:00 ? failure -",
            "4 production second 09:50:00 ? success -",
        ]
    );
    assert_eq!(since, Json::Null, "revision 1 is the first of all");
    let notes = shop.notes(&[]);
    for part in [
        "read from: helm history kept",
        "note: kept is read as helm history: 4 releases note:",
        "note: it names no environment: production is meant",
    ] {
        assert!(notes.contains(part), "{part} in {notes}");
    }
    // Two of the last hour, and the policy lets two go.
    let (code, text, _) = shop.asks(&["check"]);
    assert_eq!(code, 0, "{text}");
    let kept = HELM.replace("\"revision\":1,", "\"revision\":11,").replace("\"revision\":2,", "\"revision\":12,");
    shop.keeps(&kept.replace("\"revision\":3,", "\"revision\":13,").replace("\"revision\":4,", "\"revision\":14,"));
    assert_eq!(shop.rollouts(&[]).1, "2026-01-01T08:00:00.512345678Z", "helm keeps ten unless told otherwise");
}

#[test]
fn a_list_that_does_not_reach_back_holds() {
    let shop = Shop::new();
    shop.keeps(&format!("[{{\"revision\"{}", HELM.rsplit_once("{\"revision\"").expect("an entry").1));
    let (code, text, _) = shop.asks(&["check"]);
    assert_eq!(code, 3, "complete since 09:50 is not complete for an hour: {text}");
    assert!(text.contains("complete since 2026-01-01T09:50:00Z"), "{text}");
}

#[test]
fn replica_sets_tell_when_they_were_created() {
    let shop = Shop::new();
    shop.keeps(REPLICA_SETS);
    let (rollouts, since) = shop.rollouts(&[]);
    assert_eq!(
        rollouts,
        [
            "web-5d4f8c7b9d production - 07:00:00 ? success -",
            "web-66b5d7c8f9 production first 08:30:00 ? success -",
            "web-7c9d8f6b54 production second 09:50:00 09:52:10 success -",
        ]
    );
    assert_eq!(since, Json::Null);
    assert!(
        shop.notes(&[]).contains("4 ReplicaSets, 1 left out (1 no revision of a Deployment)"),
        "{}",
        shop.notes(&[])
    );
    // `kubectl rollout history -o json` prints them one after another.
    let list: Json = serde_json::from_str(REPLICA_SETS).expect("JSON");
    let sets: Vec<String> =
        list["items"].as_array().expect("items")[1..4].iter().map(|set| format!("{set:#}\n")).collect();
    shop.keeps(&sets.concat());
    let (without, since) = shop.rollouts(&[]);
    assert_eq!((&without[..2], since), (&rollouts[..2], Json::Null));
    assert_eq!(
        without[2], "web-7c9d8f6b54 production second 09:50:00 ? success -",
        "its end is told by the Deployment alone"
    );
}

#[test]
fn a_rollout_back_to_a_replica_set_has_no_time() {
    let shop = Shop::new();
    let back = "\"deployment.kubernetes.io/revision\": \"4\", \"deployment.kubernetes.io/revision-history\": \"2\"";
    shop.keeps(&REPLICA_SETS.replace("\"deployment.kubernetes.io/revision\": \"2\"", back));
    let (rollouts, since) = shop.rollouts(&[]);
    assert_eq!(rollouts.len(), 3, "its first time is told");
    assert_eq!(since, "2026-01-01T10:00:00Z", "nothing is complete: it may have been a moment ago");
    assert_eq!(shop.asks(&["check"]).0, 3);
    // Without the annotation, its age gives it away.
    let back = "\"deployment.kubernetes.io/revision\": \"4\"";
    shop.keeps(&REPLICA_SETS.replace("\"deployment.kubernetes.io/revision\": \"2\"", back));
    assert_eq!(shop.asks(&["check"]).0, 3);
}

#[test]
fn argo_tells_what_succeeded_and_the_latest() {
    let shop = Shop::new();
    shop.keeps(ARGO);
    let (rollouts, since) = shop.rollouts(&[]);
    let all = [
        "0 production first 08:00:00 08:00:40 success -",
        "1 production second 09:00:00 09:01:00 success ada",
        "2 production - ~09:20:00 09:20:00 success -",
        "sync@2026-01-01T09:50:00Z production second 09:50:00 09:50:30 failure grace",
    ];
    assert_eq!((rollouts, since), (all.map(str::to_owned).to_vec(), Json::Null));
    assert!(shop.notes(&[]).contains("Argo CD history: 4 syncs note:"), "{}", shop.notes(&[]));
    let application: Json = serde_json::from_str(ARGO).expect("JSON");
    shop.keeps(&application["status"]["history"].to_string());
    assert_eq!(shop.rollouts(&[]).0, all[..3]);
    assert!(shop.notes(&[]).contains("of those that failed it tells the latest alone"));
    shop.keeps(&format!("{ARGO}{}", ARGO.replace("\"shop\", \"namespace\": \"argocd\"", "\"other\"")));
    assert!(shop.asks(&["check"]).2.contains("this is another application, other"));
}

#[test]
fn heroku_and_fly_tell_their_releases() {
    let shop = Shop::new();
    shop.keeps(HEROKU);
    let (rollouts, since) = shop.rollouts(&[]);
    assert_eq!(
        rollouts,
        [
            "v1 production - 08:00:00 08:00:00 success ada@example.org",
            "v2 production - 09:00:00 09:00:09 failure ada@example.org",
            "v3 production second 09:50:00 09:50:20 success ada@example.org",
        ]
    );
    assert_eq!(since, Json::Null);
    shop.keeps(FLY);
    let (rollouts, since) = shop.rollouts(&["--environment", "production"]);
    assert_eq!(
        rollouts,
        [
            "v41 production first 09:00:00 ? failure ada@example.org",
            "v42 production - 09:50:00 ? success ada@example.org",
        ]
    );
    assert_eq!(since, "2026-01-01T09:00:00Z", "fly prints the last 25");
}

#[test]
fn runs_of_github_are_those_of_one_workflow() {
    let shop = Shop::new();
    shop.keeps(RUNS);
    let (rollouts, since) = shop.rollouts(&[]);
    assert_eq!(
        rollouts,
        [
            "9001/1 production first 08:00:00 08:04:00 failure -",
            "9003/1 production second ~09:20:00 ? failure -",
            "9003/2 production second 09:50:00 09:53:00 success -",
        ]
    );
    assert_eq!(since, "2026-01-01T08:00:00Z", "run 1 is not listed");
    let notes = shop.notes(&[]);
    let left_out = "gh run list: 4 runs, 2 left out (1 not started, 1 skipped, or failed before they began)";
    assert!(notes.contains(left_out), "{notes}");
    shop.keeps(&RUNS.replace("\"attempt\":2", "\"attempt\":3"));
    assert_eq!(shop.rollouts(&[]).1, "2026-01-01T09:50:00Z", "when it was tried the second time, nothing tells");
    shop.keeps(&RUNS.replacen("\"Deploy\"", "\"Tests\"", 1));
    let (code, _, error) = shop.asks(&["check"]);
    assert_eq!(code, 2);
    assert!(error.contains("kept: entry 2: these are runs of several workflows (Deploy, Tests)"), "{error}");
    shop.keeps(&RUNS.replace("\"headSha\"", "\"headBranch\""));
    let (_, _, error) = shop.asks(&["check"]);
    assert!(error.contains("`headSha` is missing: ask for `gh run list --workflow deploy.yml"), "{error}");
}

#[test]
fn deployments_of_github_have_the_outcome_that_their_statuses_tell() {
    let shop = Shop::new();
    shop.keeps(DEPLOYMENTS);
    let (rollouts, since) = shop.rollouts(&[]);
    assert_eq!(
        rollouts,
        ["70 production first 08:00:30 08:03:00 success ada", "71 production second 09:50:00 - running ada"]
    );
    assert_eq!(since, "2026-01-01T08:00:00Z");
    assert!(shop.notes(&[]).contains("1 of these deployments come without `statuses`"), "{}", shop.notes(&[]));
    // With `--slurp` the pages are a list of lists; what stands on two pages is one.
    let pages = DEPLOYMENTS.replace("][", "],[");
    shop.keeps(&format!("[{pages},{}]", pages.split("],[").next().expect("a page").to_owned() + "]"));
    assert_eq!(shop.rollouts(&[]).0, rollouts);
    assert!(shop.notes(&[]).contains("3 deployments, 1 left out (1 listed twice)"), "{}", shop.notes(&[]));
    // It names its own environment.
    shop.keeps(&DEPLOYMENTS.replace("\"environment\": \"production\"", "\"environment\": \"staging\""));
    let (_, text, _) = shop.asks(&["check"]);
    assert!(text.contains("the record names `staging`"), "{text}");
}

#[test]
fn a_table_says_by_its_columns_what_it_holds() {
    let shop = Shop::new();
    shop.keeps(TABLE);
    let columns = "started=Deployed at,commit=SHA,state=Result,actor=Who, and why,timezone=Europe/Paris";
    let (rollouts, since) = shop.rollouts(&["--columns", columns]);
    assert_eq!(
        rollouts,
        [
            "line 3 production first 08:00:00 ? failure Grace",
            "line 2 production second 08:50:00 ? success Ada; she said \"ship it\"",
        ]
    );
    assert_eq!(since, Json::Null, "a file is the whole history");
    for (columns, complaint) in [
        (None, "kept is read as CSV, and no column of it is named `started`; it has `Deployed at`, `SHA`, `Result`"),
        (Some("started=When,commit=SHA,state=Result"), "kept has no column `When`, which `--columns` names"),
        (
            Some("started=Deployed at,commit=SHA,state=Result"),
            "kept: line 2: `2026-01-01 09:50:00` names no offset from UTC",
        ),
        (Some("started=Deployed at,commit=SHA,state=SHA,timezone=UTC"), "is no state that is known"),
        (Some("begin=x"), "`begin=x` is no KEY=COLUMN"),
    ] {
        let options: Vec<&str> = columns.into_iter().flat_map(|columns| ["--columns", columns]).collect();
        let (code, out, error) = shop.asks(&[["check"].as_slice(), &options].concat());
        assert_eq!((code, out.as_str()), (2, ""), "{complaint}");
        let error = error.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(error.contains(complaint), "{complaint} in {error}");
    }
    // The names of a deploy log need no saying; what every row has in common is said once.
    shop.keeps("id,started_at,commit\n7,2026-01-01T09:00:00Z,{first}\n8,2026-01-01T09:10:00Z,sha256:12\n");
    let (rollouts, _) = shop.rollouts(&["--columns", "state==success,environment==production"]);
    assert_eq!(rollouts, ["7 production first 09:00:00 ? success -", "8 production - 09:10:00 ? success -"]);
    shop.keeps("id,started_at,commit,state\n7,2026-01-01T09:00:00Z,{first}\n");
    let error = shop.asks(&["check"]).2;
    assert!(error.contains("kept:2: it has 3 fields, and the first line names 4"), "{error}");
}

#[test]
fn what_cannot_be_read_is_one_clear_error() {
    let shop = Shop::new();
    let daemon = r#"{"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"agent","creationTimestamp":"2026-01-01T07:00:00Z"}}"#;
    for (text, complaint) in [
        ("[{\"colour\":\"red\"}]".to_owned(), "kept is a list in JSON of nothing that is known"),
        (HELM[..HELM.len() - 30].to_owned(), "kept:1: not JSON that can be read"),
        (HELM.replace("\"failed\"", "\"exploded\""), "kept: entry 2: `status` is `exploded`, which helm does not say"),
        (HELM.replace("2026-01-01T09:00:00Z", "yesterday"), "kept: entry 2: `updated` is `yesterday`, and no instant"),
        (format!("{HELM}{}", HELM.replace("1.4.2", "2.0.0")), "kept: entry 8: `4` stands at 4 already, otherwise"),
        (daemon.to_owned(), "kept: entry 1: a DaemonSet does not tell when its revisions were rolled out"),
        (daemon.replace("DaemonSet", "Pod"), "a Pod tells of no deployment"),
        (HEROKU.replace("\"version\": 2", "\"version\": null"), "kept: entry 2: `version` is missing"),
    ] {
        shop.keeps(&text);
        let (code, out, error) = shop.asks(&["check"]);
        assert_eq!((code, out.as_str()), (2, ""), "{complaint}: {error}");
        assert!(error.contains(complaint), "{complaint} in {error}");
    }
    let wide: Vec<u8> = "a,b\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    shop.fixture.write_bytes("kept", &[[0xff, 0xfe].as_slice(), &wide].concat());
    assert!(shop.asks(&["check"]).2.contains("kept is UTF-16"));
    shop.keeps("[]\n");
    let (code, text, _) = shop.asks(&["check"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("it says that nothing was ever deployed"), "{text}");
}

#[test]
fn every_question_reads_them() {
    let shop = Shop::new();
    shop.keeps(HEROKU);
    for command in [["check"].as_slice(), &["why"], &["status"], &["report"]] {
        let (code, text, error) = shop.asks(command);
        assert_eq!(code, 0, "{command:?}: {text}{error}");
    }
    let (_, text, _) = shop.asks(&["status"]);
    assert!(text.contains("1 of 2 left"), "{text}");
    let run = ["run", "--deploys", "kept", "--columns", "state=x", "--", "true"];
    let (code, _, error) = output(&shop.fixture, &run);
    assert_eq!(code, 2);
    assert!(error.contains("`--columns` is for CSV, and kept is none"), "{error}");
    let (code, text, error) = output(&shop.fixture, &["policy", "review", "--deploys", "kept"]);
    assert!(error.is_empty() && code <= 1, "{code} {text}{error}");
}

/// What is read of a text, or why it cannot be: exit code 2, and one line or more that name the text.
fn read(bytes: &[u8]) -> Result<usize, String> {
    match from_text("kept", bytes, None) {
        Ok(records) => Ok(records.deployments.len()),
        Err(error) if error.exit_code() == 2 && error.message.contains("kept") => Err(error.message),
        Err(error) => panic!("{error}"),
    }
}

proptest! {
    #[test]
    fn no_text_is_too_broken(
        which in 0..8_usize,
        edits in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(vec![
            "", "\"", "{", "}", "[", "]", ",", ":", "null", "-1", "1e400", "99999999999999999999", "\u{feff}", "\n", ";", "\\ud800",
            "\"2026-13-01T00:00:00Z\"", "\"0001-01-01T00:00:00Z\"", "true", "{}", "[]",
        ])), 0..6),
        end in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let all = [HELM, REPLICA_SETS, ARGO, HEROKU, FLY, RUNS, DEPLOYMENTS, TABLE];
        let mut bytes = all[which].as_bytes().to_vec();
        for (place, text) in &edits {
            let at = place.index(bytes.len());
            bytes.splice(at..=at, text.bytes());
            if bytes.is_empty() {
                break;
            }
        }
        if cut && !bytes.is_empty() {
            bytes.truncate(end.index(bytes.len()));
        }
        // A text that breaks off is never taken for less than it is, but where its rows end.
        let whole = edits.is_empty() && cut && which < 6;
        let is_short = !bytes.is_empty() && bytes.len() < all[which].trim_end().len();
        prop_assert!(read(&bytes).is_err() || !(whole && is_short), "{}", String::from_utf8_lossy(&bytes));
    }
}
