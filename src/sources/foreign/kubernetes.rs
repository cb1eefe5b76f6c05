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
    /// Whether there is any object that is not of Argo CD.
    is_cluster: bool,
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
    /// Where the Deployment says so.
    progress: Option<(DeploymentState, Option<Instant>)>,
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
        let Some(revision) = metadata.below("annotations").number(REVISION) else { return Ok(()) };
        let told = |progress: Fields<'_>| {
            let state = match (progress.text("status").as_deref(), progress.text("reason").as_deref()) {
                (Some("True"), Some("NewReplicaSetAvailable")) => DeploymentState::Success,
                (Some("False"), _) => DeploymentState::Failure,
                _ => DeploymentState::InProgress,
            };
            let finish = progress.instant("lastUpdateTime")?.filter(|_| state.is_final());
            Ok::<_, String>((state, finish))
        };
        let progress = progress.map(told).transpose()?;
        self.latest.insert(key, Latest { revision, progress });
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
        let kind = fields.text("kind");
        let (is_own, is_argo) = match kind.as_deref() {
            Some("ReplicaSet" | "Deployment") => (true, false),
            // `argocd app get` leaves the kind out.
            Some("Application") | None => (false, true),
            Some(_) => (false, false),
        };
        if (is_own && self.argo.is_some()) || (is_argo && self.is_cluster) {
            return Err("an application of Argo CD and ReplicaSets are two histories: give one at a time".to_owned());
        }
        self.is_cluster |= is_own;
        match kind.as_deref() {
            Some("ReplicaSet") => self.set(fields, history),
            Some("Deployment") => {
                history.seen -= 1;
                self.latest(fields)
            }
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
        let Self { argo, mut sets, latest, is_cluster } = *self;
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
        // A Deployment whose sets are not in the list has been rolled out no less.
        for key in latest.keys() {
            sets.entry(key.clone()).or_default();
        }
        let is_told = |(key, sets): (&(String, String), &Vec<Set>)| {
            let newest = latest.get(key).map(|latest| latest.revision);
            newest.is_none_or(|newest| sets.iter().any(|set| set.revision == newest))
        };
        let are_told = !(is_cluster && sets.is_empty()) && sets.iter().all(is_told);
        let mut since = None;
        for (key, sets) in sets {
            since = since.max(rollouts(sets, latest.get(&key), history));
        }
        if !are_told {
            since = Some(Instant::MAX_UTC);
            history.note("what was rolled out is not in the list: `kubectl get deployments,replicasets -o json` lists each Deployment with its ReplicaSets; those of an Argo Rollout tell no revision of a Deployment");
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
        let told = told.and_then(|latest| latest.progress);
        let (state, finish) = match told {
            Some((state, finish)) => (state, finish.filter(|finish| *finish >= set.created)),
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
