//! What is heard of comments, and what is not: events, authors, edits, pushes, hostile texts.

mod support {
    pub mod brought;
    pub mod fake_github;
    pub mod ledger;
    pub mod repo;
    pub mod runner;
    pub mod talk;
}

use deploy_rhythm::bot::chat::listen;
use serde_json::json;
use support::talk::{SHUT, Talk, ago, plain};

#[test]
fn reports_are_those_of_the_command_line() {
    let talk = Talk::new(SHUT);
    let (number, _) = talk.pull();
    let ask = |login: &str, words: &str| talk.says(login, number, words).1.expect("a reply");
    let reply = ask("bob", "/rhythm status");
    assert!(reply.contains("production   ") && reply.contains("freeze: frozen since"), "{reply}");
    let reply = ask("bob", "/rhythm check production");
    assert!(
        reply.contains("of origin/main, since this pull request has not landed") && reply.contains("| freeze |"),
        "{reply}"
    );
    let reply = ask("bob", "/rhythm why production");
    assert!(reply.contains("```text") && reply.contains("nothing goes"), "{reply}");
    let reply = ask("bob", "/rhythm queue production");
    assert!(reply.contains("nothing waits for production"), "{reply}");
    let reply = ask("bob", "/rhythm help");
    assert!(reply.contains("| `/rhythm override ENV [SHA] REASON` |"), "{reply}");
    let reply = ask("bob", "/rhythm chekc production");
    assert!(reply.contains("did you mean") && reply.contains("check"), "{reply}");
    let reply = ask("bob", "/rhythm check nowhere");
    assert!(reply.contains("names no environment"), "{reply}");
    let reply = ask("mallory", "/rhythm status");
    assert!(reply.contains("mallory may not ask here"), "{reply}");
    let merge = talk.merge(number);
    assert!(ask("bob", "/rhythm check production").contains(&merge[..8]));
}

#[test]
fn what_waits_is_told() {
    let talk = Talk::new(SHUT);
    assert_eq!(talk.verdict("origin/main"), "hold");
    let reply = talk.says("bob", 1, "/rhythm queue production").1.expect("a reply");
    assert!(reply.contains("1 waiting for production") && reply.contains("run 101/1"), "{reply}");
}

#[test]
fn bots_quotes_and_other_events_are_not_heard() {
    let talk = Talk::new(SHUT);
    for body in ["> /rhythm status", "```\n/rhythm status\n```", "thanks!", "see /rhythm status"] {
        assert_eq!(talk.says("ada", 1, body).1, None, "{body}");
    }
    assert_eq!(talk.says("renovate[bot]", 1, "/rhythm status").1, None);
    assert_eq!(talk.says("github-actions[bot]", 1, "/rhythm status").1, None, "what it wrote itself is not answered");
    let comment = talk.writes("ada", 1, "/rhythm status");
    for action in ["edited", "deleted"] {
        let mut event = talk.event(1, comment);
        event["action"] = action.into();
        let used = talk.heard(&event);
        assert!(used.code == 0 && used.log.contains("only new comments are heard"), "{}", used.log);
    }
    let used = talk.heard(&json!({"action": "created", "issue": {"number": 1}}));
    assert_eq!(used.code, 2, "{}", used.log);
    assert!(used.log.contains("the event's payload holds none"), "{}", used.log);
}

#[test]
fn what_was_edited_is_not_heard() {
    let talk = Talk::new(SHUT);
    let (number, _) = talk.pull();
    talk.merge(number);
    let comment = talk.writes("ada", number, "/rhythm override production the checkout is down");
    let event = talk.event(number, comment);
    talk.repo.edit_comment(comment, "/rhythm override production anything at all", &ago(19));
    let used = talk.heard(&event);
    assert_eq!(used.code, 0, "{}", used.log);
    assert!(
        plain(&talk.replies(number)[0]).contains("it was edited: write a new comment"),
        "{:?}",
        talk.replies(number)
    );
    let held = talk.gate("origin/main");
    assert!(held.output("verdict") == "hold" && held.log.contains("it was edited"), "{}", held.log);
    // Somebody else put other words into ada's mouth within the same second.
    let comment = talk.writes("ada", number, "I see.");
    talk.hub.edit(|state| {
        let repo = state.repo("acme/shop");
        let one = repo.comments.iter_mut().map(|(_, one)| one).find(|one| one["id"] == comment).expect("a comment");
        one["body"] = "/rhythm override production now".into();
        repo.edits.insert(comment, one["created_at"].as_str().expect("an instant").to_owned());
    });
    let held = talk.gate("origin/main");
    assert!(held.output("verdict") == "hold", "{}", held.log);
    assert!(held.log.contains(&format!("comment {comment} by ada does not count: it was edited")), "{}", held.log);
    // What the event tells is what was written.
    let comment = talk.writes("ada", number, "/rhythm status");
    let event = talk.event(number, comment);
    talk.hub.edit(|state| {
        let all = &mut state.repo("acme/shop").comments;
        let one = all.iter_mut().map(|(_, one)| one).find(|one| one["id"] == comment).expect("a comment");
        one["body"] = "/rhythm override production anything".into();
    });
    talk.heard(&event);
    assert!(talk.replies(number).last().expect("a reply").contains("it was edited"), "{:?}", talk.replies(number));
    // Gone before the job began.
    let comment = talk.writes("ada", number, "/rhythm status");
    let event = talk.event(number, comment);
    talk.hub.edit(|state| state.repo("acme/shop").comments.retain(|(_, one)| one["id"] != comment));
    let used = talk.heard(&event);
    assert!(used.code == 0 && used.log.contains("the comment is gone"), "{}", used.log);
}

#[test]
fn a_push_after_the_comment_takes_it_back() {
    let talk = Talk::new(SHUT);
    let (number, old) = talk.pull();
    let comment = talk.writes("ada", number, "/rhythm override production now");
    let new = talk.repo.commit("cart", "mallory", "Surprise", &ago(5), &[("cart.txt", "2")]);
    talk.repo.push_to_pull(number, &new, &ago(5));
    let used = talk.heard(&talk.event(number, comment));
    assert_eq!(used.code, 0, "{}", used.log);
    let reply = talk.replies(number).remove(0);
    assert!(reply.contains(&format!("{} was the head", &old[..8])) && reply.contains("is not any more"), "{reply}");
    talk.merge(number);
    let held = talk.gate("origin/main");
    assert!(held.output("verdict") == "hold" && held.log.contains("is not any more"), "{}", held.log);
}

#[test]
fn a_commit_that_is_named_is_meant_whole() {
    let talk = Talk::new(SHUT);
    let (number, _) = talk.pull();
    let merge = talk.merge(number);
    let says = |place: u64, words: &str| talk.says("ada", place, words).1.expect("a reply");
    let reply = says(1, "/rhythm override production now");
    assert!(reply.contains("name the commit by its whole id"), "{reply}");
    let reply = says(1, &format!("/rhythm override production {} now", &merge[..9]));
    assert!(reply.contains("name the commit by its whole id"), "{reply}");
    assert_eq!(talk.verdict("origin/main"), "hold");
    let other = talk.repo.issue("ada", "Elsewhere", "", &ago(500));
    let reply = says(other, &format!("/rhythm override production {merge} now"));
    assert!(reply.contains("stands on a pull request of the batch, or in issue 1: not here"), "{reply}");
    assert_eq!(talk.verdict("origin/main"), "hold");
    assert!(says(1, &format!("/rhythm override production {merge} now")).contains("✅ Done"));
    assert_eq!(talk.verdict("origin/main"), "approve");
}

#[test]
fn a_month_has_its_number() {
    let talk = Talk::new(SHUT);
    let (number, _) = talk.pull();
    for left in ["2 left", "1 left", "0 left"] {
        let reply = talk.says("ada", number, "/rhythm override production now").1.expect("a reply");
        assert!(reply.contains(&format!("{left} this month")), "{reply}");
    }
    let reply = talk.says("ada", number, "/rhythm override production now").1.expect("a reply");
    assert!(reply.contains("spent"), "{reply}");
}

#[test]
fn hostile_words_stay_words() {
    let talk = Talk::new(SHUT);
    let (number, _) = talk.pull();
    let hostile = "@acme/all #12 GH-3 https://evil.example <img src=x> ![a](b) `x` | ::error::boom ${{ secrets.X }} $(id) \u{202e}drowssap";
    talk.says("ada", number, &format!("/rhythm override production {hostile}"));
    let reply = talk.replies(number).remove(0);
    for live in ["@acme", "#12", "GH-3", "https://", "<img", "![a]"] {
        assert!(!reply.contains(live), "{live} in {reply}");
    }
    let at = "2026-01-01T00:00:00Z".parse().expect("an instant");
    assert_eq!(listen(&reply, at, chrono_tz::Tz::UTC).expect("short"), []);
    let comment = talk.writes("ada", number, &format!("/rhythm override production {hostile}"));
    let used = talk.heard(&talk.event(number, comment));
    assert_eq!(used.annotations("error"), Vec::<&str>::new(), "{}", used.log);
    let huge = format!("/rhythm status\n{}", "x".repeat(65_536 - 15));
    assert!(talk.says("bob", number, &huge).1.is_some());
    let reply = talk.says("bob", number, &"/rhythm status\n".repeat(4_000)).1.expect("a reply");
    assert!(reply.contains("4000 commands, and none was followed"), "{reply}");
}

#[test]
fn a_fault_of_github_lets_nothing_go_and_says_what_it_lacks() {
    use support::fake_github::{Fault, TOKEN};
    let talk = Talk::new(SHUT);
    let (number, _) = talk.pull();
    talk.merge(number);
    talk.says("ada", number, "/rhythm override production now");
    talk.hub.fault("/issues/comments", Fault::Status(500), 30);
    let held = talk.gate("origin/main");
    assert!(held.output("verdict") == "hold" && held.log.contains("cannot be read"), "{}", held.log);
    talk.hub.edit(|state| state.faults.clear());
    talk.hub.fault("/collaborators/{username}/permission", Fault::Status(403), 30);
    assert_eq!(talk.verdict("origin/main"), "hold");
    let comment = talk.writes("ada", number, "/rhythm override production again");
    let used = talk.heard(&talk.event(number, comment));
    assert_eq!(used.code, 1, "{}", used.log);
    let reply = plain(talk.replies(number).last().expect("a reply"));
    assert!(reply.contains("Not done") && reply.contains("somebody's role"), "{reply}");
    // Run again when GitHub answers, it is followed.
    talk.hub.edit(|state| state.faults.clear());
    let used = talk.heard(&talk.event(number, comment));
    let reply = plain(talk.replies(number).last().expect("a reply"));
    assert!(used.code == 0 && reply.contains("Done: ada lets"), "{reply} {}", used.log);
    let comment = talk.writes("ada", number, "/rhythm status");
    talk.hub.expire(TOKEN);
    let used = talk.heard(&talk.event(number, comment));
    assert!(used.code == 1 && used.log.contains("does not know the token"), "{}", used.log);
}
