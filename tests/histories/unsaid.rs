//! What a history leaves unsaid holds, and never counts as "nothing was deployed"; what it says stays text.

use serde_json::{Value as Json, json};

use super::super::{ARGO, DEPLOYMENTS, FLY, HELM, REPLICA_SETS, RUNS, Shop};

/// Nothing is complete: whatever is asked at this instant is held.
const NOW: &str = "2026-01-01T10:00:00Z";

#[test]
fn a_run_that_is_tried_again_has_deployed_already() {
    let shop = Shop::new();
    let first = "9003/1 production second ~09:20:00 ? failure -".to_owned();
    let completed = "\"status\":\"completed\",\"updatedAt\":\"2026-01-01T09:53:00Z\"";
    for status in ["queued", "waiting", "pending", "requested"] {
        let again = RUNS.replacen("\"conclusion\":\"success\"", "\"conclusion\":\"\"", 1);
        shop.keeps(&again.replace(completed, &completed.replace("completed", status)));
        let (rollouts, since) = shop.rollouts(&[]);
        assert_eq!(rollouts[1..], std::slice::from_ref(&first)[..], "{status}");
        assert_eq!(since, "2026-01-01T08:00:00Z");
    }
    let skipped = RUNS.replacen("\"conclusion\":\"success\"", "\"conclusion\":\"skipped\"", 1);
    shop.keeps(&skipped);
    assert_eq!(shop.rollouts(&[]).0[1..], std::slice::from_ref(&first)[..]);
    shop.keeps(&skipped.replace("\"attempt\":2", "\"attempt\":3"));
    assert_eq!(shop.rollouts(&[]).1, "2026-01-01T09:50:00Z", "the second may have deployed until then");
}

#[test]
fn an_attempt_that_is_not_told_is_asked_for_and_one_without_a_start_holds() {
    let shop = Shop::new();
    shop.keeps(&RUNS.replacen("\"attempt\":2", "\"tries\":2", 1));
    let (code, _, error) = shop.asks(&["check"]);
    assert_eq!(code, 2);
    assert!(error.contains("entry 1: `attempt` is missing: ask for `gh run list"), "{error}");
    shop.keeps(&RUNS.replace("\"startedAt\":\"2026-01-01T09:50:00Z\"", "\"startedAt\":null"));
    let (rollouts, since) = shop.rollouts(&[]);
    assert!(rollouts.iter().any(|line| line.starts_with("9003/1 ")), "{rollouts:?}");
    assert_eq!(since, NOW, "when the last attempt began, nothing tells");
    assert_eq!(shop.asks(&["check"]).0, 3);
}

/// The list of the cluster's objects with one change.
fn objects(change: impl FnOnce(&mut Vec<Json>)) -> String {
    let mut list: Json = serde_json::from_str(REPLICA_SETS).expect("JSON");
    change(list["items"].as_array_mut().expect("items"));
    list.to_string()
}

#[test]
fn replica_sets_that_are_not_told_hold() {
    let shop = Shop::new();
    let revision = |items: &mut Vec<Json>, number: &str| {
        items[0]["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = json!(number);
    };
    let owned_by_a_rollout = objects(|items| {
        items.remove(0);
        for set in items {
            set["metadata"]["ownerReferences"] = json!([{"kind": "Rollout", "name": "web"}]);
        }
    });
    for (what, text) in [
        (
            "a Deployment alone",
            objects(|items| {
                revision(items, "42");
                items.truncate(1);
            }),
        ),
        (
            "one that says nothing of its progress",
            objects(|items| {
                revision(items, "42");
                items[0]["status"] = json!({});
                items.truncate(1);
            }),
        ),
        ("a newer revision than the sets", objects(|items| revision(items, "4"))),
        ("sets of a Rollout", owned_by_a_rollout),
        ("a set of nobody", objects(|items| *items = items.split_off(4))),
    ] {
        shop.keeps(&text);
        assert_eq!(shop.rollouts(&[]).1, NOW, "{what}");
        assert_eq!(shop.asks(&["check"]).0, 3, "{what}");
        let notes = shop.notes(&[]);
        assert!(notes.contains("`kubectl get deployments,replicasets -o json`"), "{what}: {notes}");
    }
    shop.keeps("{\"apiVersion\": \"v1\", \"items\": [], \"kind\": \"List\"}");
    assert_eq!(shop.asks(&["check"]).0, 0, "an empty list says that nothing was ever deployed");
}

#[test]
fn an_application_and_replica_sets_are_two_histories() {
    let shop = Shop::new();
    for text in [format!("{REPLICA_SETS}{ARGO}"), format!("{ARGO}{REPLICA_SETS}")] {
        shop.keeps(&text);
        let (code, _, error) = shop.asks(&["check"]);
        assert_eq!(code, 2, "{error}");
        assert!(error.contains("give one at a time"), "{error}");
    }
}

#[test]
fn a_deployment_of_github_is_what_its_newest_start_or_end_says() {
    let shop = Shop::new();
    let statuses = |states: &[(&str, &str)]| {
        let one = |(state, time): &(&str, &str)| json!({"state": state, "created_at": format!("2026-01-01T{time}Z")});
        let page = DEPLOYMENTS.split_once("][").expect("two pages").1;
        let mut page: Json = serde_json::from_str(&format!("[{page}")).expect("JSON");
        page[0]["statuses"] = states.iter().map(one).collect();
        shop.keeps(&page.to_string());
        shop.rollouts(&[]).0
    };
    let failed = [("in_progress", "08:00:30"), ("failure", "08:03:00")];
    let line = ["70 production first 08:00:30 08:03:00 failure ada"];
    assert_eq!(statuses(&failed), line);
    for after in ["queued", "pending", "waiting", "inactive"] {
        assert_eq!(statuses(&[failed.as_slice(), &[(after, "08:10:00")]].concat()), line, "{after}");
    }
    assert_eq!(
        statuses(&[failed.as_slice(), &[("in_progress", "08:20:00"), ("success", "08:25:00")]].concat()),
        ["70 production first 08:00:30 08:25:00 success ada"]
    );
    assert!(statuses(&[("queued", "08:00:30"), ("waiting", "08:00:40")]).is_empty(), "it has not begun");
}

#[test]
fn columns_are_of_tables_alone() {
    let shop = Shop::new();
    for text in [
        "App Host: 10.0.0.1\n[2026-01-01T09:00:00Z] [ada] Booted app version 0f3c\n",
        HELM,
        "{\"id\": \"1\", \"started_at\": \"2026-01-01T09:00:00Z\"}\n",
        "",
    ] {
        shop.keeps(text);
        let (code, _, error) = shop.asks(&["check", "--columns", "state==success"]);
        assert_eq!(code, 2, "{text}");
        assert!(error.contains("`--columns` is for CSV, and kept is none"), "{error}");
    }
}

#[test]
fn text_of_others_stays_text() {
    let shop = Shop::new();
    shop.keeps(&FLY.replace("ada@example.org", "\\u001b[31mred\\u202e"));
    let (code, text, _) = shop.asks(&["history"]);
    assert_eq!(code, 0);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
}
