//! Conversations: who wrote what, when and where, and what the gate makes of it.

mod support {
    pub mod brought;
    pub mod fake_github;
    pub mod ledger;
    pub mod repo;
    pub mod runner;
    pub mod talk;
}

use support::talk::{SHUT, Talk};

#[test]
fn an_override_on_a_pull_request_lets_its_merge_go_once() {
    let talk = Talk::new(SHUT);
    let (number, head) = talk.pull();
    let (_, reply) = talk.says("ada", number, "Please.\n\n/rhythm override production the checkout is down");
    let reply = reply.expect("a reply");
    assert!(reply.contains("✅ Done: ada lets one rollout of") && reply.contains(&head[..8]), "{reply}");
    assert!(reply.contains("the checkout is down") && reply.contains("2 left this month"), "{reply}");
    talk.merge(number);
    let report = talk.judged("origin/main");
    assert_eq!(report["verdict"], "approve", "{report:#}");
    let lifted = report["findings"].as_array().expect("findings").iter().find(|one| one["status"] == "overridden");
    let said = lifted.expect("a finding that is overridden").to_string();
    assert!(said.contains("ada") && said.contains("the checkout is down"), "{said}");
    assert_eq!(talk.verdict("origin/main"), "hold", "it was used up");
}

#[test]
fn only_those_whom_the_policy_names_now_may() {
    let talk = Talk::new(SHUT);
    let (number, _) = talk.pull();
    talk.merge(number);
    for (login, says) in
        [("bob", "bob may not override production"), ("mallory", "mallory may not override production")]
    {
        let (_, reply) = talk.says(login, number, "/rhythm override production now");
        let reply = reply.expect("a reply");
        assert!(reply.contains("⛔ Not done") && reply.contains(says), "{reply}");
        assert!(reply.contains("the roles maintain, admin, and eve"), "{reply}");
    }
    assert_eq!(talk.verdict("origin/main"), "hold");
    // Who is named needs no role.
    assert!(talk.says("eve", number, "/rhythm override production now").1.expect("a reply").contains("✅ Done"));
    assert_eq!(talk.verdict("origin/main"), "approve");
}

#[test]
fn a_permission_that_is_revoked_before_the_gate_judges_lets_nothing_go() {
    let talk = Talk::new(SHUT);
    let (number, _) = talk.pull();
    talk.merge(number);
    assert!(talk.says("ada", number, "/rhythm override production now").1.expect("a reply").contains("✅ Done"));
    talk.repo.role("ada", "write");
    let held = talk.gate("origin/main");
    assert_eq!(held.output("verdict"), "hold", "{}", held.log);
    assert!(held.log.contains("the override of comment"), "{}", held.log);
}
