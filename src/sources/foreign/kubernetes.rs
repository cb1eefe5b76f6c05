//! `kubectl get replicasets -o json` and `kubectl rollout history deployment/NAME -o json`, which print the same
//! replica sets (`GetHistory` in pkg/polymorphichelpers/history.go of kubectl); `kubectl get deployments,replicasets -o json` tells how
//! the latest rollout ended, too.

use std::collections::BTreeMap;

use super::argo::Argo;
use super::fields::{Fields, commit_in, deployment, known_since};
use super::stream::Entry;
use super::{Foreign, History};
use crate::engine::event::{Deployment, DeploymentState, Instant};

/// A Deployment's revision and those that its replica set served before.
const REVISION: &str = "deployment.kubernetes.io/revision";
const EARLIER: &str = "deployment.kubernetes.io/revision-history";

/// Objects of a cluster: replica sets, or an application of Argo CD, which is an object too.
#[derive(Default)]
pub(super) struct Objects {
    argo: Option<Box<Argo>>,
    /// By namespace and Deployment.
    sets: BTreeMap<(String, String), Vec<Set>>,
    latest: BTreeMap<(String, String), Latest>,
}

/// One replica set: one template of a Deployment.
struct Set {
    name: String,
    revision: u64,
    earlier: Vec<u64>,
    created: Instant,
    images: String,
    is_ready: bool,
}

/// How a Deployment's newest revision fares.
struct Latest {
    revision: u64,
    state: DeploymentState,
    finish: Option<Instant>,
}

impl Objects {
    fn set(&mut self, fields: Fields<'_>, history: &mut History) -> Result<(), String> {
        let (metadata, spec) = (fields.below("metadata"), fields.below("spec"));
        let owner = metadata.each("ownerReferences").find(|owner| owner.text("kind").as_deref() == Some("Deployment"));
        let annotations = metadata.below("annotations");
        let (Some(owner), Some(revision)) = (owner.and_then(|owner| owner.text("name")), annotations.number(REVISION))
        else {
            history.leave_out("no revision of a Deployment");
            return Ok(());
        };
        let earlier = annotations.text(EARLIER).unwrap_or_default();
        let earlier: Option<Vec<u64>> =
            earlier.split(',').filter(|number| !number.is_empty()).map(|number| number.trim().parse().ok()).collect();
        let containers = spec.below("template").below("spec");
        let images: Vec<String> =
            containers.each("containers").filter_map(|container| container.text("image")).collect();
        let wanted = spec.number("replicas").unwrap_or(1);
        let set = Set {
            name: metadata.required("name")?,
            revision,
            earlier: earlier.ok_or_else(|| format!("the annotation {EARLIER} holds no numbers"))?,
            created: metadata.required_instant("creationTimestamp")?,
            images: images.join(" "),
            is_ready: fields.below("status").number("readyReplicas").unwrap_or_default() >= wanted,
        };
        let namespace = metadata.text("namespace").unwrap_or_default();
        self.sets.entry((namespace, owner)).or_default().push(set);
        Ok(())
    }

    fn latest(&mut self, fields: Fields<'_>) -> Result<(), String> {
        let metadata = fields.below("metadata");
        let key = (metadata.text("namespace").unwrap_or_default(), metadata.required("name")?);
        let progress = fields
            .below("status")
            .each("conditions")
            .find(|condition| condition.text("type").as_deref() == Some("Progressing"));
        let (Some(progress), Some(revision)) = (progress, metadata.below("annotations").number(REVISION)) else {
            return Ok(());
        };
        let state = match (progress.text("status").as_deref(), progress.text("reason").as_deref()) {
            (Some("True"), Some("NewReplicaSetAvailable")) => DeploymentState::Success,
            (Some("False"), _) => DeploymentState::Failure,
            _ => DeploymentState::InProgress,
        };
        let finish = progress.instant("lastUpdateTime")?.filter(|_| state.is_final());
        self.latest.insert(key, Latest { revision, state, finish });
        Ok(())
    }
}

impl Foreign for Objects {
    fn name(&self) -> &'static str {
        self.argo.as_ref().map_or("Kubernetes ReplicaSets", |argo| argo.name())
    }

    fn noun(&self) -> &'static str {
        self.argo.as_ref().map_or("ReplicaSet", |argo| argo.noun())
    }

    fn take(&mut self, entry: &Entry, history: &mut History) -> Result<(), String> {
        let fields = Fields::of(entry);
        match fields.text("kind").as_deref() {
            Some("ReplicaSet") => self.set(fields, history),
            Some("Deployment") => {
                history.seen -= 1;
                self.latest(fields)
            }
            // `argocd app get` leaves the kind out.
            Some("Application") | None => self.argo.get_or_insert_default().take(entry, history),
            Some(kind @ ("DaemonSet" | "StatefulSet" | "ControllerRevision")) => Err(format!(
                "a {kind} does not tell when its revisions were rolled out: keep a deploy log, or deploy through `deploy-rhythm run`"
            )),
            Some(kind) => {
                Err(format!("a {kind} tells of no deployment: `kubectl get deployments,replicasets -o json`"))
            }
        }
    }

    fn finish(self: Box<Self>, history: &mut History) {
        let Self { argo, sets, latest } = *self;
        if let Some(argo) = argo {
            argo.finish(history);
            return;
        }
        if sets.len() > 1 {
            history.note(&format!(
                "these are ReplicaSets of {} Deployments, each of which counts: `-l LABEL` lists those of one",
                sets.len()
            ));
        }
        let mut since = None;
        for (key, sets) in sets {
            since = since.max(rollouts(sets, latest.get(&key), history));
        }
        history.complete_since = since;
        history.note("a ReplicaSet tells when it was created, to the second: that a rollout back to it came later is seen, and not when; neither is whether an earlier one failed");
    }
}

/// The rollouts of one Deployment; returns since when they are complete.
fn rollouts(mut sets: Vec<Set>, latest: Option<&Latest>, history: &mut History) -> Option<Instant> {
    sets.sort_by_key(|set| set.revision);
    let newest = sets.last().map(|set| set.revision);
    let mut numbers = Vec::new();
    let mut before = None;
    for set in sets {
        // A set that is older than one of a lower number was rolled out again, whoever took the annotation away.
        let again = !set.earlier.is_empty() || before.is_some_and(|before| set.created < before);
        before = before.max(Some(set.created));
        let first = set.earlier.iter().copied().min().unwrap_or(set.revision);
        numbers.extend(set.earlier.iter().map(|number| (*number, (*number == first).then_some(set.created))));
        numbers.push((set.revision, (!again).then_some(set.created)));
        let told = latest.filter(|latest| !again && latest.revision == set.revision);
        let (state, finish) = match told {
            Some(latest) => (latest.state, latest.finish.filter(|finish| *finish >= set.created)),
            None if Some(set.revision) != newest || again => (DeploymentState::Inactive, None),
            None if set.is_ready => (DeploymentState::Success, None),
            None => (DeploymentState::InProgress, None),
        };
        history.push(Deployment {
            commit: commit_in(&set.images),
            revision: Some(if set.images.is_empty() { set.name.clone() } else { set.images }.into()),
            finished_at: finish,
            ..deployment(set.name, state, set.created)
        });
    }
    known_since(numbers, 1)
}
