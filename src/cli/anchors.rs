//! `ledger verify --anchors`: the digests that GitHub keeps of decisions, against the ledger.

use std::collections::BTreeSet;

use super::Edge;
use super::action::ANCHOR;
use super::place::Place;
use crate::error::Error;
use crate::github::{Deployment, GitHub, Trouble};
use crate::ledger::chain::Entry;
use crate::ledger::home::name_of;
use crate::sources::git::Repo;

/// How many pages of a hundred deployments are looked at, the newest first.
const MOST: usize = 50;

/// What was compared.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    pub found: usize,
    /// Digests that no entry has, with the deployment that holds each.
    pub missing: Vec<String>,
    /// Whether older deployments were left unread.
    pub cut: bool,
}

/// Compares the digests at GitHub with the hashes of a ledger's entries.
///
/// # Errors
///
/// Fails where GitHub gives no whole answer.
pub(super) fn compare(place: &Place, edge: &Edge, entries: &[Entry]) -> Result<Anchors, Error> {
    let repo = Repo::open(&place.repo).map_err(|error| Error::usage(error.to_string()))?;
    let settings = &edge.surroundings.github;
    let called = repo.origin().as_deref().and_then(name_of);
    let hub = GitHub::new(settings, settings.repository(None, called.as_deref())?)?;
    let hashes: BTreeSet<&str> = entries.iter().map(|entry| entry.hash.as_str()).collect();
    let (mut anchors, mut after) = (Anchors::default(), None);
    for _ in 0..MOST {
        let page = hub.deployments_page(None, after.as_deref())?;
        for deployment in &page.deployments {
            for digest in digests(&hub, deployment)? {
                anchors.found += 1;
                if !hashes.contains(digest.as_str()) {
                    let id = deployment.id.map(|id| id.to_string()).unwrap_or_default();
                    anchors.missing.push(format!(
                        "deployment {id} to {} ({}) was decided by {digest:.12}…, which is in no entry",
                        deployment.environment, deployment.created_at
                    ));
                }
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(anchors);
        }
    }
    anchors.cut = true;
    Ok(anchors)
}

/// The digests that the statuses of a deployment hold.
fn digests(hub: &GitHub, deployment: &Deployment) -> Result<Vec<String>, Trouble> {
    let statuses = match (&deployment.statuses, deployment.id) {
        (Some(statuses), _) => statuses.clone(),
        (None, Some(id)) => hub.deployment_statuses(id)?,
        (None, None) => Vec::new(),
    };
    let digest = |text: &str| text.strip_prefix(ANCHOR).map(|digest| digest.trim().to_owned());
    Ok(statuses.iter().filter_map(|status| digest(status.description.as_deref()?)).collect())
}
