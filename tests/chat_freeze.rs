//! Freezes on GitHub: opened by a comment or by a label, ended by closing.

mod support {
    pub mod brought;
    pub mod fake_github;
    pub mod ledger;
    pub mod repo;
    pub mod runner;
    pub mod talk;
}

use support::ledger::output;
use support::repo::Fixture;
use support::talk::{Talk, ago};

/// A gate that is open until somebody freezes it.
const OPEN: &str = "\
version: 1
timezone: Europe/Paris
chat:
environments:
  production:
    hard-mandatory:
      - no-overlap: {drain: 0s, stale-after: 1h}
    override: {roles: [maintain], expires: 2h}
  staging:
    override: {roles: [maintain]}
hooks: {without-terminal: [ada]}
";

fn issues(talk: &Talk) -> Vec<(u64, String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    talk.hub.edit(|state| {
        let all = state.repo("acme/shop").issues.iter().filter(|issue| issue["title"].as_str() != Some("Overrides"));
        all.map(|issue| (issue["number"].as_u64().expect("a number"), text(&issue["title"]), text(&issue["state"])))
            .collect()
    })
}

#[test]
fn a_comment_freezes_and_another_thaws() {
    let talk = Talk::new(OPEN);
    let (_, reply) = talk.says("ada", 1, "/rhythm freeze production for 2h @bob moves the database, see #7");
    let reply = reply.expect("a reply");
    assert!(reply.contains("✅ Done: ada froze production until"), "{reply}");
    assert!(!talk.replies(1)[0].contains("@bob"));
    let open = issues(&talk);
    assert_eq!(open.len(), 1, "{open:?}");
    assert!(open[0].1.starts_with("Deploy freeze: production until 20"), "{open:?}");
    let held = talk.gate("origin/main");
    assert_eq!(held.output("verdict"), "hold", "{}", held.log);
    assert!(held.log.contains("moves the database") && held.log.contains("ada"), "{}", held.log);
    assert!(!held.output("next-approval").is_empty(), "its end is known: {}", held.log);
    // Of another environment.
    let (_, reply) = talk.says("ada", 1, "/rhythm thaw staging");
    assert!(reply.expect("a reply").contains("no issue freezes staging alone"));
    let (_, reply) = talk.says("bob", 1, "/rhythm thaw production");
    assert!(reply.expect("a reply").contains("bob may not thaw production"));
    assert_eq!(talk.verdict("origin/main"), "hold");
    let (_, reply) = talk.says("ada", 1, "/rhythm thaw production");
    assert!(reply.expect("a reply").contains(&format!("ada thawed production: closed issue {}", open[0].0)));
    assert_eq!(issues(&talk)[0].2, "closed");
    assert_eq!(talk.verdict("origin/main"), "approve");
}

#[test]
fn a_run_that_is_run_again_freezes_and_replies_once() {
    let talk = Talk::new(OPEN);
    let (comment, _) = talk.says("ada", 1, "/rhythm freeze production for 2h restore");
    let again = talk.heard(&talk.event(1, comment));
    assert!(again.code == 0 && again.log.contains("answered already"), "{}", again.log);
    // The first attempt may have ended between the issue and the reply.
    talk.hub.edit(|state| state.repo("acme/shop").comments.retain(|(_, one)| one["user"]["type"] == "User"));
    assert_eq!(talk.heard(&talk.event(1, comment)).code, 0);
    assert_eq!((issues(&talk).len(), talk.replies(1).len()), (1, 1));
}

#[test]
fn a_label_of_somebody_named_freezes_until_the_issue_is_closed() {
    let talk = Talk::new(OPEN);
    let number = talk.repo.issue("mallory", "No deploys while the <b>auditors</b> look", "Please.", &ago(300));
    talk.repo.label(number, "mallory", "deploy-freeze", &ago(200));
    let open = talk.gate("origin/main");
    assert_eq!(open.output("verdict"), "approve", "an outsider's label is none: {}", open.log);
    let talk = Talk::new(OPEN);
    let number = talk.repo.issue("mallory", "No deploys while the auditors look", "Please.", &ago(300));
    talk.repo.label(number, "ada", "deploy-freeze", &ago(200));
    let held = talk.gate("origin/main");
    assert_eq!((held.output("verdict"), held.output("next-approval")), ("hold", ""), "{}", held.log);
    assert!(held.log.contains("auditors look") && held.log.contains(&format!("close issue {number}")), "{}", held.log);
    let (_, reply) = talk.says("ada", 1, "/rhythm thaw production");
    assert!(reply.expect("a reply").contains(&format!("issue {number} freezes every environment")));
    talk.repo.close(number, "ada", &ago(1));
    assert_eq!(talk.verdict("origin/main"), "approve");
}

#[test]
fn nobody_ends_a_freeze_by_changing_its_words() {
    for change in ["edited", "gone", "title", "marker"] {
        let talk = Talk::new(OPEN);
        let (comment, _) = talk.says("ada", 1, "/rhythm freeze production for 2h restore");
        let number = issues(&talk)[0].0;
        match change {
            "edited" => drop(talk.repo.edit_comment(comment, "/rhythm freeze production for 1s restore", &ago(0))),
            "gone" => talk.hub.edit(|state| state.repo("acme/shop").comments.retain(|(_, one)| one["id"] != comment)),
            other => talk.hub.edit(|state| {
                let issue = state.repo("acme/shop").issues.iter_mut().find(|issue| issue["number"] == number);
                let (key, text) = if other == "title" { ("title", "Deploy freeze: over") } else { ("body", "over") };
                issue.expect("the issue")[key] = text.into();
            }),
        }
        let held = talk.gate("origin/main");
        assert_eq!(held.output("verdict"), "hold", "{change}: {}", held.log);
        assert!(held.log.contains(&format!("close issue {number}")), "{change}: {}", held.log);
    }
}

#[test]
fn where_github_does_not_tell_of_freezes_nothing_goes() {
    use support::fake_github::Fault;
    let talk = Talk::new(OPEN);
    for fault in [Fault::Status(500), Fault::Status(404)] {
        talk.hub.fault("/issues", fault, 20);
        let held = talk.gate("origin/main");
        assert_eq!(held.output("verdict"), "hold", "{}", held.log);
        assert!(held.log.contains("issues labelled deploy-freeze"), "{}", held.log);
        talk.hub.edit(|state| state.faults.clear());
    }
    talk.hub.permit(&["contents=write", "metadata=read"]);
    let held = talk.gate("origin/main");
    assert!(held.log.contains("issues: read") && held.output("verdict") == "hold", "{}", held.log);
}

#[test]
fn an_issue_that_an_outsider_dresses_up_is_no_freeze_and_a_bots_without_words_is_unclear() {
    let talk = Talk::new(OPEN);
    let comment = talk.writes("mallory", 1, "/rhythm freeze production for 2h gotcha");
    let title = "Deploy freeze: production until 2099-01-01T00:00:00Z";
    let body = format!("<!-- deploy-rhythm: freeze by comment {comment} -->");
    let number = talk.repo.issue("mallory", title, &body, &ago(10));
    talk.repo.label(number, "mallory", "deploy-freeze", &ago(10));
    assert_eq!(talk.verdict("origin/main"), "approve");
    let number = talk.repo.issue("release[bot]", "Quiet week", "", &ago(10));
    talk.repo.label(number, "release[bot]", "deploy-freeze", &ago(10));
    let held = talk.gate("origin/main");
    assert!(held.output("verdict") == "hold" && held.log.contains("it names no comment"), "{}", held.log);
}

#[test]
fn what_is_wrong_with_chat_in_a_policy_is_said() {
    use deploy_rhythm::engine::policy::{Fetched, Origin, load};
    let read = |chat: &str| {
        let bytes = format!("version: 1\n{chat}\n").into();
        load(Fetched { name: "policy.yml".into(), origin: Origin::File, bytes }, &mut |name| Err(name.to_owned()))
    };
    for (chat, issue) in [("chat:", None), ("chat: {}", None), ("chat: {issue: 12}", Some(12))] {
        assert_eq!(read(chat).expect(chat).chat().expect("heard").issue, issue);
    }
    assert!(read("").expect("a policy").chat().is_none());
    for chat in ["chat: true", "chat: {issue: 0}", "chat: {issue: twelve}", "chat: {isue: 12}"] {
        assert!(read(chat).is_err(), "{chat}");
    }
}

#[test]
fn a_change_after_which_nobody_is_heard_is_a_weakening() {
    let governed = "version: 1\nchat: {issue: 3}\nenvironments: {production: {hard-mandatory: [governance: {}]}}\n";
    let shop = Fixture::new();
    shop.write(".github/deploy-rhythm.yml", governed);
    shop.write("CLAUDE.md", "- Never force-push to main.\n");
    shop.commit(1, "First");
    shop.switch("topic");
    shop.write(".github/deploy-rhythm.yml", &governed.replace("chat: {issue: 3}\n", ""));
    shop.commit(2, "Change the policy");
    shop.write("deploys.jsonl", "");
    // A file that is given is the whole record: GitHub is not asked.
    let (_, text, error) = output(&shop, &["check", "--format", "json", "--deploys", "deploys.jsonl"]);
    assert!(text.contains("where words on GitHub are heard is changed"), "{text}{error}");
}

#[test]
fn a_question_after_a_freeze_sees_it() {
    let talk = Talk::new(OPEN);
    let (_, reply) = talk.says(
        "ada",
        1,
        "/rhythm check production\n/rhythm freeze production for 2h the database moves\n/rhythm check production",
    );
    let reply = reply.expect("a reply");
    let (before, after) = reply.split_once("ada froze production").unwrap_or_else(|| panic!("{reply}"));
    assert!(before.contains("APPROVE") && after.contains("frozen since"), "{reply}");
}
