//! Which records of a run are one rollout, where only the run is known and not its attempt.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::event::{Deployment, Environment, Instant};

/// The number of the run that a status links to: `…/actions/runs/991/job/17`.
pub(super) fn run_in(link: &str) -> Option<&str> {
    let (_, rest) = link.split_once("/actions/runs/")?;
    let digits = rest.split(['/', '?', '#']).next()?;
    (!digits.is_empty() && digits.len() <= 20 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// Names the attempts: records that start after all earlier ones of their run have finished are a new rollout, and so are
/// those of another commit. The one that still runs is the attempt that `asked` names, where that is of its run.
pub(super) fn name(deployments: &mut [Deployment], asked: Option<&str>) {
    let mut runs: BTreeMap<(Environment, Arc<str>), Vec<usize>> = BTreeMap::new();
    for (index, one) in deployments.iter().enumerate() {
        if let Some(run) = one.run.clone().filter(|_| one.state.has_started()) {
            runs.entry((one.environment.clone(), run)).or_default().push(index);
        }
    }
    let own = asked.map(|asked| asked.split('/').next().unwrap_or(asked));
    for ((_, run), mut indices) in runs {
        indices.sort_by_key(|index| (deployments[*index].started_at, deployments[*index].id.clone()));
        // When all records so far have finished; nothing while one of them runs.
        let mut finished: Option<Instant> = None;
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for index in indices {
            let one = &deployments[index];
            let end = one.state.is_final().then(|| one.finished_at.unwrap_or(one.started_at));
            let same = groups.last().is_some_and(|group| {
                let first = &deployments[group[0]];
                first.commit == one.commit && finished.is_none_or(|finished| one.started_at <= finished)
            });
            if same {
                groups.last_mut().into_iter().for_each(|group| group.push(index));
                finished = finished.zip(end).map(|(one, two)| one.max(two));
            } else {
                groups.push(vec![index]);
                finished = end;
            }
        }
        let count = groups.len();
        for (number, group) in groups.into_iter().enumerate() {
            let runs = number + 1 == count && group.iter().any(|index| !deployments[*index].state.is_final());
            let name: Arc<str> = match asked.filter(|_| runs && own == Some(&*run)) {
                Some(asked) => asked.into(),
                None => format!("{run}~{}", number + 1).into(),
            };
            for index in group {
                deployments[index].run = Some(name.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{name, run_in};
    use crate::engine::event::{CommitId, Deployment, DeploymentState, Instant, Precision};

    fn record(id: &str, start: i64, finish: Option<i64>) -> Deployment {
        let at = |seconds| Instant::from_timestamp(seconds, 0).expect("an instant");
        Deployment {
            id: id.into(),
            environment: "production".into(),
            commit: Some(CommitId::new("aa")),
            revision: None,
            state: if finish.is_some() { DeploymentState::Success } else { DeploymentState::InProgress },
            started_at: at(start),
            finished_at: finish.map(at),
            run: Some("991".into()),
            actor: None,
            url: None,
            precision: Precision::Recorded,
        }
    }

    fn named(mut records: Vec<Deployment>, asked: Option<&str>) -> Vec<String> {
        name(&mut records, asked);
        records.iter().map(|one| one.run.as_deref().unwrap_or("-").to_owned()).collect()
    }

    #[test]
    fn what_starts_after_all_have_finished_is_a_new_rollout() {
        let matrix = vec![record("1", 0, Some(10)), record("2", 5, Some(30)), record("3", 20, Some(25))];
        assert_eq!(named(matrix.clone(), None), ["991~1", "991~1", "991~1"]);
        let again = [matrix, vec![record("4", 31, None)]].concat();
        assert_eq!(named(again.clone(), None), ["991~1", "991~1", "991~1", "991~2"]);
        // Whoever asks from inside is what runs, and nothing that has finished.
        assert_eq!(named(again.clone(), Some("991/2")), ["991~1", "991~1", "991~1", "991/2"]);
        assert_eq!(named(again[..3].to_vec(), Some("991")), ["991~1", "991~1", "991~1"]);
        assert_eq!(named(again, Some("99/1")), ["991~1", "991~1", "991~1", "991~2"]);
    }

    #[test]
    fn one_rollout_ships_one_commit() {
        let mut records = vec![record("1", 0, None), record("2", 5, None)];
        records[1].commit = Some(CommitId::new("bb"));
        assert_eq!(named(records, None), ["991~1", "991~2"]);
    }

    #[test]
    fn runs_are_told_by_their_links() {
        for (link, run) in [
            ("https://github.com/acme/shop/actions/runs/991/job/17", Some("991")),
            ("https://git.example.org/acme/shop/actions/runs/991", Some("991")),
            ("https://ci.example.org/builds/7", None),
            ("https://github.com/acme/shop/actions/runs/x/job/17", None),
        ] {
            assert_eq!(run_in(link), run, "{link}");
        }
    }
}
