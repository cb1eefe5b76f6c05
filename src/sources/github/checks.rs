//! What GitHub knows of a commit's checks, as the rule `required-checks` looks at it.

use std::collections::BTreeMap;

use crate::engine::facts::CheckState;
use crate::github::{CheckRun, GitHub, Trouble};

/// How every check of a commit concluded, by its name: check runs and the older statuses together.
///
/// # Errors
///
/// Fails where they do not come whole.
pub fn read(hub: &GitHub, commit: &str) -> Result<BTreeMap<String, CheckState>, Trouble> {
    let mut states = BTreeMap::new();
    for run in hub.check_runs(commit)? {
        add(&mut states, run.name.clone(), of_run(&run));
    }
    for status in hub.commit_statuses(commit)? {
        let state = match status.state.as_str() {
            "success" => CheckState::Success,
            "pending" => CheckState::Pending,
            _ => CheckState::Failure,
        };
        add(&mut states, status.context, state);
    }
    Ok(states)
}

/// Of several checks of one name, the worst counts: nobody may hide a failure behind a success of the same name.
fn add(states: &mut BTreeMap<String, CheckState>, name: String, state: CheckState) {
    let worse = |one: CheckState, two: CheckState| match (one, two) {
        (CheckState::Failure, _) | (_, CheckState::Failure) => CheckState::Failure,
        (CheckState::Pending, _) | (_, CheckState::Pending) => CheckState::Pending,
        _ => CheckState::Success,
    };
    states.entry(name).and_modify(|known| *known = worse(*known, state)).or_insert(state);
}

fn of_run(run: &CheckRun) -> CheckState {
    match (run.status.as_str(), run.conclusion.as_deref()) {
        ("completed", Some("success")) => CheckState::Success,
        ("completed", _) => CheckState::Failure,
        _ => CheckState::Pending,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{CheckRun, CheckState, add, of_run};

    #[test]
    fn a_success_is_a_success_and_the_worst_of_a_name_counts() {
        let run = |status: &str, conclusion: Option<&str>| {
            let conclusion = conclusion.map(str::to_owned);
            of_run(&CheckRun { id: None, name: "ci".to_owned(), status: status.to_owned(), conclusion })
        };
        assert_eq!(run("completed", Some("success")), CheckState::Success);
        for other in [Some("neutral"), Some("skipped"), Some("cancelled"), None] {
            assert_eq!(run("completed", other), CheckState::Failure, "{other:?}");
        }
        assert_eq!(run("in_progress", None), CheckState::Pending);
        let mut states = BTreeMap::new();
        for state in [CheckState::Success, CheckState::Pending, CheckState::Success] {
            add(&mut states, "ci".to_owned(), state);
        }
        assert_eq!(states["ci"], CheckState::Pending);
    }
}
