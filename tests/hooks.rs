//! The hooks, by the real thing: git pushes, Kamal's environment, an agent's tool calls; and one rollout is one rollout.

mod support {
    pub mod ledger;
    pub mod repo;
}

use support::ledger::{Limits, binary, exported, finish, last, output, until};

const MANY: Limits = Limits { deploys: 1000, per: 60, drain: 0, stale_after: 3600 };
const TOOL: &str = env!("CARGO_BIN_EXE_deploy-rhythm");

#[test]
fn a_run_inside_a_run_is_a_part_of_it() {
    let shop = MANY.repository();
    let inner = format!("{TOOL} run -- sh -c 'echo $DEPLOY_RHYTHM_RUN; exit 7'");
    let (code, out, error) = output(&shop, &["run", "--", "sh", "-c", &inner]);
    let all = exported(&shop);
    assert_eq!((code, all.len(), out.trim()), (7, 1, all[0].id.as_str()), "{error}");
    assert!(error.contains("a part of dr-"), "{error}");
    let recorded = format!("id=$({TOOL} record start) && {TOOL} record finish $id --outcome failure");
    let (code, _, error) = output(&shop, &["run", "--", "sh", "-c", &recorded]);
    let all = exported(&shop);
    assert_eq!((code, all.len(), all[1].state.as_str()), (0, 2, "success"), "{error}");
}

#[test]
fn a_value_that_names_another_s_rollout_lets_nothing_pass() {
    let shop = MANY.repository();
    let first = shop.id("HEAD");
    let child = binary(&shop, &["run", "--", "sh", "-c", "touch ready; while [ ! -e done ]; do sleep 0.05; done"]);
    let child = { child }.spawn().expect("it runs");
    until("the command starts", || shop.path.join("ready").exists());
    let id = exported(&shop)[0].id.clone();
    let with = |id: &str| {
        let mut command = binary(&shop, &["run", "--", "true"]);
        finish(command.env("DEPLOY_RHYTHM_RUN", id).spawn().expect("it runs"))
    };
    // Alive, of this environment and commit, but of no process above.
    let (code, _, error) = with(&id);
    assert_eq!(code, 3, "{error}");
    assert!(last(&error).ends_with("no-overlap"), "{error}");
    assert_eq!(with("dr-0000000000").0, 3);
    shop.write("done", "");
    assert_eq!(finish(child).0, 0);
    // Over already: judged like any other, and recorded.
    assert_eq!(with(&id).0, 0);
    assert_eq!(exported(&shop).len(), 2);
    // Another commit is another rollout.
    shop.commit(2, "Second");
    let inner = format!("{TOOL} run --commit {first} -- true");
    let (code, _, error) = output(&shop, &["run", "--", "sh", "-c", &inner]);
    assert_eq!(code, 3, "{error}");
}
