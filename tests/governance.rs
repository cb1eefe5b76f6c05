//! Governance files of real repositories, judged by the real binary.

mod support {
    pub mod binary;
    pub mod repo;
}

use serde_json::Value as Json;
use support::binary::{run, run_with};
use support::repo::{Fixture, minute};

const PROSE: &str = "# Shop\n\n## Deploys\n\n- No more than 3 production deploys per hour.\n- Never commit `.env` files.\n- Use conventional commits.\n";

const ASKED: &str = "version: 1\nenvironments:\n  production:\n    soft-mandatory:\n      - governance: {}\n";

/// Deploys of one commit, two minutes long, at these minutes.
fn log(commit: &str, minutes: &[i64]) -> String {
    let line = |at: &i64| {
        let (start, finish) = (minute(*at).to_rfc3339(), minute(*at + 2).to_rfc3339());
        format!(
            r#"{{"id": "{at}", "environment": "production", "commit": "{commit}", "state": "success", "started_at": "{start}", "finished_at": "{finish}"}}"#
        ) + "\n"
    };
    minutes.iter().map(line).collect()
}

fn check(fixture: &Fixture, log: &str, arguments: &[&str]) -> (i32, Json) {
    let words = [&["check", "--format", "json", "--deploys", "-"], arguments].concat();
    let (code, text, errors) = run_with(fixture, &words, log);
    (code, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{errors}")))
}

fn governance(fixture: &Fixture, arguments: &[&str]) -> Json {
    let words = [&["governance", "--format", "json"], arguments].concat();
    let (code, text, errors) = run(fixture, &words);
    assert_eq!(code, 0, "{errors}");
    serde_json::from_str(&text).expect("JSON")
}

fn finding<'a>(json: &'a Json, rule: &str) -> &'a Json {
    let findings = json["findings"].as_array().expect("findings");
    findings.iter().find(|finding| finding["rule"] == rule).unwrap_or_else(|| panic!("no {rule} in {json}"))
}

/// A repository with CLAUDE.md, and a policy where one is given.
fn shop(prose: &str, policy: Option<&str>) -> (Fixture, String) {
    let fixture = Fixture::new();
    fixture.write("CLAUDE.md", prose);
    if let Some(policy) = policy {
        fixture.write("deploy-rhythm.yml", policy);
    }
    let commit = fixture.commit(1, "feat: begin");
    (fixture, commit.as_str().to_owned())
}

#[test]
fn without_a_policy_a_sentence_gates() {
    let (fixture, commit) = shop(PROSE, None);
    let log = log(&commit, &[10, 20, 30]);
    let (code, json) = check(&fixture, &log, &["--at", "2026-01-01T00:40:00Z"]);
    assert_eq!((code, json["next_approval"].as_str()), (3, Some("2026-01-01T01:10:00Z")), "{json}");
    let found = finding(&json, "max-frequency");
    assert_eq!((found["source"]["file"].as_str(), found["source"]["line"].as_u64()), (Some("CLAUDE.md"), Some(5)));
    assert_eq!(found["level"], "soft-mandatory");
    let (code, _) = check(&fixture, &log, &["--at", "2026-01-01T01:10:00Z"]);
    assert_eq!(code, 0);
}

#[test]
fn without_a_policy_a_guessed_instant_never_blocks() {
    let (fixture, commit) = shop("# Shop\n\n- At most 1 push per hour.\n", None);
    fixture.commit(20, "feat: more");
    let (code, json) = check(&fixture, &log(&commit, &[2]), &["--at", "2026-01-01T00:40:00Z"]);
    assert_eq!(code, 0, "{json}");
    let own =
        json["findings"].as_array().expect("findings").iter().find(|found| found["source"]["file"] == "CLAUDE.md");
    let own = own.unwrap_or_else(|| panic!("{json}"));
    assert_eq!((own["rule"].as_str(), own["level"].as_str()), (Some("push-frequency"), Some("advisory")));
    assert_eq!(own["verdict"], "hold");
}

#[test]
fn the_founding_sentence_is_bound_by_the_policy_and_gates() {
    let prose = "# Deploy\n\nAvoid rapid-fire pushes to main — each push triggers a full deploy cycle. Batch related changes into fewer commits.\n";
    let policy = "version: 1\nenvironments:\n  production:\n    soft-mandatory:\n      - governance:\n          adopt: true\n          bind: {rapid-fire: {pushes: 3, per: 1h}}\n";
    let (fixture, commit) = shop(prose, Some(policy));
    let json = governance(&fixture, &[]);
    let directives = json["directives"].as_array().expect("directives");
    let told: Vec<_> = directives.iter().map(|one| (one["kind"].as_str(), one["bound"].as_bool())).collect();
    assert_eq!(told, [(Some("deploy-frequency"), Some(false)), (Some("batching"), Some(false))], "{json}");
    for at in 1..=10 {
        fixture.commit(at * 12, "feat: another try");
    }
    let (code, json) = check(&fixture, &log(&commit, &[2]), &["--at", "2026-01-01T02:00:30Z"]);
    assert_eq!(code, 3, "{json}");
    let found = finding(&json, "push-frequency");
    assert_eq!((found["source"]["file"].as_str(), found["source"]["line"].as_u64()), (Some("CLAUDE.md"), Some(3)));
    // Five pushes from 01:12 to 02:00: when that of 01:24 is an hour old, three are left.
    assert_eq!(json["next_approval"], "2026-01-01T02:24:00Z", "{json}");
}

#[test]
fn a_commit_that_has_not_landed_is_refused_and_one_that_has_is_a_remark() {
    let (fixture, commit) = shop(PROSE, Some(ASKED));
    let empty = log(&commit, &[2]);
    fixture.git(0, &["switch", "--quiet", "--create", "side"]);
    fixture.commit(10, "whatever");
    let at = ["--at", "2026-01-01T02:00:00Z"];
    let (code, json) = check(&fixture, &empty, &at);
    assert_eq!(code, 4, "{json}");
    let evidence = finding(&json, "governance")["evidence"].to_string();
    assert!(evidence.contains("CLAUDE.md:7") && evidence.contains("conventional"), "{evidence}");
    fixture.git(0, &["switch", "--quiet", "main"]);
    fixture.git(0, &["merge", "--quiet", "--ff-only", "side"]);
    let (code, json) = check(&fixture, &empty, &at);
    assert_eq!((code, finding(&json, "governance")["status"].as_str()), (0, Some("met")), "{json}");
    assert!(finding(&json, "governance")["evidence"].to_string().contains("landed already"), "{json}");
}

#[test]
fn a_change_that_weakens_what_governs_it_is_held() {
    for (setting, code) in [("{}", 3), ("{on-weakening: reject}", 4), ("{on-weakening: advise}", 0)] {
        let (fixture, commit) = shop(PROSE, Some(&ASKED.replace("{}", setting)));
        fixture.git(0, &["switch", "--quiet", "--create", "looser"]);
        fixture.write("CLAUDE.md", &PROSE.replace("than 3", "than 10"));
        fixture.commit(10, "docs: more deploys");
        let (got, json) = check(&fixture, &log(&commit, &[2]), &["--at", "2026-01-01T02:00:00Z"]);
        assert_eq!(got, code, "{setting}: {json}");
        assert!(finding(&json, "governance")["evidence"].to_string().contains("3 -> 10"), "{json}");
    }
    let (fixture, commit) = shop(PROSE, Some(ASKED));
    fixture.git(0, &["switch", "--quiet", "--create", "none"]);
    fixture.git(0, &["rm", "--quiet", "CLAUDE.md"]);
    fixture.commit(10, "docs: no rules");
    let (code, json) = check(&fixture, &log(&commit, &[2]), &["--at", "2026-01-01T02:00:00Z"]);
    assert_eq!(code, 3, "{json}");
    let (fixture, commit) = shop(PROSE, Some(ASKED));
    fixture.git(0, &["switch", "--quiet", "--create", "policy"]);
    fixture.write("deploy-rhythm.yml", "version: 1\nenvironments: {production: {}}\n");
    fixture.commit(10, "chore: no policy");
    let (code, json) = check(&fixture, &log(&commit, &[2]), &["--at", "2026-01-01T02:00:00Z"]);
    assert_eq!(code, 3, "{json}");
}

#[test]
fn a_repository_without_a_governance_file_does_not_honour_one() {
    let (fixture, commit) = shop("", Some(ASKED));
    let (code, json) = check(&fixture, &log(&commit, &[2]), &["--at", "2026-01-01T02:00:00Z"]);
    assert_eq!((code, finding(&json, "governance")["status"].as_str()), (4, Some("not-met")), "{json}");
    let required = ASKED.replace("{}", "{require: [deploy-window]}");
    let (fixture, commit) = shop(PROSE, Some(&required));
    let (code, json) = check(&fixture, &log(&commit, &[2]), &["--at", "2026-01-01T02:00:00Z"]);
    assert_eq!(code, 4, "{json}");
    assert!(finding(&json, "governance")["evidence"].to_string().contains("deploy-window"), "{json}");
}

#[test]
fn the_command_tells_each_directive_and_its_status() {
    let policy =
        "version: 1\nenvironments:\n  production:\n    hard-mandatory:\n      - max-frequency: {deploys: 5, per: 1h}\n";
    let (fixture, _) = shop(PROSE, Some(policy));
    let json = governance(&fixture, &[]);
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["files"][0]["path"], "CLAUDE.md");
    let first = &json["directives"][0];
    assert_eq!(
        (first["line"].as_u64(), first["kind"].as_str(), first["status"].as_str()),
        (Some(5), Some("deploy-frequency"), Some("weaker"))
    );
    assert_eq!((first["params"]["deploys"].as_u64(), first["params"]["per"].as_str()), (Some(3), Some("1h")));
    assert_eq!(first["rule"], "max-frequency");
    let message = first["message"].as_str().expect("a message");
    assert!(message.contains("3 deploys per 1h") && message.contains("5 deploys per 1h"), "{message}");
    assert_eq!(json["coverage"]["directives"], 3);
    for format in ["terminal", "markdown", "sarif"] {
        let (code, text, errors) = run(&fixture, &["governance", "--format", format]);
        assert_eq!(code, 0, "{errors}");
        assert!(text.contains("3 deploys per 1h"), "{format}: {text}");
    }
}

#[test]
fn a_waiver_lets_off_until_its_day() {
    let (fixture, commit) = shop(PROSE, None);
    let id = governance(&fixture, &[])["directives"][0]["id"].as_str().expect("an id").to_owned();
    let waived = format!("{PROSE}\n<!-- deploy-rhythm: waive {id} because \"the big move\" until 2026-01-01 -->\n");
    fixture.write("CLAUDE.md", &waived);
    fixture.commit(5, "docs: a day off");
    let log = log(&commit, &[10, 20, 30]);
    let (code, json) = check(&fixture, &log, &["--at", "2026-01-01T00:40:00Z"]);
    assert_eq!(code, 0, "{json}");
    let late = log.replace("2026-01-01", "2026-01-02");
    assert_eq!(check(&fixture, &late, &["--at", "2026-01-02T00:40:00Z"]).0, 3);
}

#[test]
fn the_lock_says_when_the_prose_has_moved_on() {
    let (fixture, commit) = shop(PROSE, Some(ASKED));
    let (code, text, _) = run(&fixture, &["governance", "lock"]);
    assert_eq!(code, 0, "{text}");
    fixture.commit(5, "chore: lock");
    let at = ["--at", "2026-01-01T02:00:00Z"];
    let notes = |fixture: &Fixture| check(fixture, &log(&commit, &[2]), &at).1["notes"].to_string();
    assert!(!notes(&fixture).contains("differ"), "{}", notes(&fixture));
    // A line that moves is no change; a number is.
    fixture.write("CLAUDE.md", &PROSE.replace("## Deploys", "Be kind.\n\n## Deploys"));
    fixture.commit(6, "docs: a line");
    assert!(!notes(&fixture).contains("differ"), "{}", notes(&fixture));
    fixture.write("CLAUDE.md", &PROSE.replace("than 3", "than 2"));
    fixture.commit(7, "docs: fewer deploys");
    assert!(notes(&fixture).contains("3 -> 2"), "{}", notes(&fixture));
}

#[test]
fn old_sins_are_told_where_somebody_asks() {
    let (fixture, _) = shop(PROSE, None);
    fixture.commit(10, "whatever");
    assert_eq!(governance(&fixture, &[]).get("honoured"), None);
    let json = governance(&fixture, &["--since", "HEAD~1"]);
    let violations = json["honoured"]["violations"].as_array().expect("violations");
    assert_eq!(violations.len(), 1, "{json}");
    assert_eq!(violations[0]["place"]["line"], 7);
    let (code, _, errors) = run(&fixture, &["governance", "--since", "no-such"]);
    assert_eq!((code, errors.contains("no-such")), (2, true), "{errors}");
}

#[test]
fn any_folder_is_read_and_what_is_not_seen_is_named() {
    let folder = Fixture::nowhere();
    folder.write("CLAUDE.md", "@docs/gone.md\n@~/mine.md\n@../outside.md\n\n- Never force push.\n");
    let json = governance(&folder, &[]);
    assert_eq!(json["directives"][0]["kind"], "force-push", "{json}");
    assert_eq!(json["files"][0]["unseen"].as_array().expect("a list").len(), 3, "{json}");
}

#[test]
fn the_policy_in_words_is_read_back() {
    let policy = "version: 1\nenvironments:\n  production:\n    soft-mandatory:\n      - max-frequency: {deploys: 3, per: 1h}\n      - min-interval: {after-finish: 10m}\n";
    let (fixture, _) = shop("# Shop\n", Some(policy));
    let (code, text, errors) = run(&fixture, &["governance", "init", "--write"]);
    assert_eq!(code, 0, "{errors}");
    assert!(text.contains("At most 3 deploys per hour to production."), "{text}");
    let json = governance(&fixture, &[]);
    let statuses: Vec<_> =
        json["directives"].as_array().expect("directives").iter().map(|one| one["status"].as_str()).collect();
    assert_eq!(statuses, [Some("enforced"), Some("enforced")], "{json}");
    assert_eq!(run(&fixture, &["governance", "init", "--write"]).0, 2, "it is there already");
}

#[test]
fn a_change_cannot_let_itself_off() {
    let strict = ASKED.replace("{}", "{on-weakening: reject, adopt: true}");
    let changed = |write: &dyn Fn(&Fixture)| {
        let (fixture, commit) = shop(PROSE, Some(&strict));
        fixture.git(0, &["switch", "--quiet", "--create", "change"]);
        write(&fixture);
        fixture.commit(10, "docs: a change");
        let (code, json) = check(&fixture, &log(&commit, &[2]), &["--at", "2026-01-01T02:00:00Z"]);
        (code, finding(&json, "governance")["evidence"].to_string())
    };
    let id = governance(&shop(PROSE, None).0, &[])["directives"][0]["id"].as_str().expect("an id").to_owned();
    let waiver = format!("{PROSE}\n<!-- deploy-rhythm: waive {id} because \"x\" until 2099-12-31 -->\n");
    let (code, said) = changed(&|fixture| fixture.write("CLAUDE.md", &waiver));
    assert_eq!((code, said.contains("waived until 2099-12-31")), (4, true), "{said}");
    let history = format!("history: {{source: none}}\n{strict}");
    let (code, said) = changed(&|fixture| fixture.write("deploy-rhythm.yml", &history));
    assert_eq!((code, said.contains("where deployments are recorded")), (4, true), "{said}");
    // Nothing that takes anything away.
    let (code, said) = changed(&|fixture| fixture.write("CLAUDE.md", &format!("{PROSE}- Never force push.\n")));
    assert_eq!(code, 0, "{said}");
}

#[test]
fn several_governance_rules_disarm_none_of_each_other() {
    let policy = "version: 1\nenvironments:\n  production:\n    hard-mandatory:\n      - governance: {require: [deploy-window]}\n    advisory:\n      - governance: {on-weakening: advise}\n";
    let (fixture, commit) = shop(PROSE, Some(policy));
    let (code, json) = check(&fixture, &log(&commit, &[2]), &["--at", "2026-01-01T02:00:00Z"]);
    assert_eq!(code, 4, "{json}");
}

#[test]
fn a_governance_file_that_cannot_be_read_holds() {
    let (fixture, commit) = shop(PROSE, Some(&ASKED.replace("{}", "{files: [docs/deploy.md]}")));
    let (code, json) = check(&fixture, &log(&commit, &[2]), &["--at", "2026-01-01T02:00:00Z"]);
    assert_eq!((code, finding(&json, "governance")["status"].as_str()), (3, Some("unknown")), "{json}");
    let (fixture, commit) = shop(PROSE, Some(ASKED));
    fixture.write_bytes("AGENTS.md", b"- Never push\0 to main.\n");
    fixture.commit(5, "docs: bytes");
    let (code, json) = check(&fixture, &log(&commit, &[2]), &["--at", "2026-01-01T02:00:00Z"]);
    assert_eq!((code, finding(&json, "governance")["status"].as_str()), (3, Some("unknown")), "{json}");
}

#[test]
fn an_old_guess_softens_nothing_that_was_recorded() {
    let (fixture, commit) = shop("# Shop\n", None);
    fixture.git(0, &["tag", "deploy/production/old"]);
    let running = log(&commit, &[100]);
    let (before, _) = running.split_once(", \"finished_at\"").expect("a finish");
    fixture.write("deploys.jsonl", &(before.replace("success", "in_progress") + "}\n"));
    let (code, text, _) = run(&fixture, &["check", "--at", "2026-01-01T01:45:00Z"]);
    assert_eq!(code, 3, "{text}");
}

#[test]
fn links_are_not_written_through() {
    let (fixture, _) = shop(
        PROSE,
        Some(
            "version: 1\nenvironments:\n  production:\n    soft-mandatory:\n      - max-frequency: {deploys: 3, per: 1h}\n",
        ),
    );
    fixture.git(0, &["mv", "CLAUDE.md", "AGENTS.md"]);
    std::os::unix::fs::symlink("AGENTS.md", fixture.path.join("CLAUDE.md")).expect("a link");
    let (code, _, errors) = run(&fixture, &["governance", "init", "--write"]);
    assert_eq!((code, errors.contains("is a link")), (2, true), "{errors}");
    assert!(fixture.path.join("CLAUDE.md").is_symlink());
}
