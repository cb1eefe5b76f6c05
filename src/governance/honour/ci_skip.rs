//! `ci-skip`: markers in messages that keep CI from running.

use super::exclusions::from_services;
use super::finding::{Certainty, Obstacle};
use super::hearing::Hearing;
use super::message::Message;

/// The markers that GitHub Actions, GitLab and others heed, anywhere in a message and in any case.
const MARKERS: [&str; 12] = [
    "[skip ci]",
    "[ci skip]",
    "[no ci]",
    "[skip actions]",
    "[actions skip]",
    "[skip pipeline]",
    "[pipeline skip]",
    "[skip azurepipelines]",
    "[skip azp]",
    "[skip-ci]",
    "[ci-skip]",
    "***no_ci***",
];

/// Judges each message.
pub(super) fn judge(hearing: &mut Hearing<'_>) {
    let mut named = hearing.params.texts("marker");
    named.extend(hearing.params.texts("forbid"));
    if !hearing.params.forbids() && !hearing.params.asks("forbid") {
        let why = "which commits are to carry a marker is not in the commits";
        hearing.unjudged(Obstacle::NoTrace, why);
        return;
    }
    for commit in hearing.commits() {
        let Some(marker) = marker(&commit.message, &named) else { continue };
        match from_services(commit) {
            Some(reason) => hearing.exclude(commit, reason),
            None => hearing.violated(Some(commit), Certainty::Told, format!("the message carries {marker}")),
        }
    }
}

/// The first marker of a message. Who names one that skips CI means its siblings too; another one stands for itself.
fn marker(message: &Message, named: &[&str]) -> Option<String> {
    let text = message.text().to_lowercase();
    let others = named.iter().map(|marker| marker.to_lowercase());
    let others: Vec<String> = others.filter(|marker| !is_known(marker)).collect();
    let siblings = named.is_empty() || others.len() < named.len();
    let known = MARKERS.iter().filter(|_| siblings).find(|marker| text.contains(*marker));
    let found = known.map(|marker| (*marker).to_owned());
    let found = found.or_else(|| others.into_iter().find(|marker| text.contains(marker.as_str())));
    found.or_else(|| {
        let is_skip =
            |key: &str, value: &str| key.eq_ignore_ascii_case("skip-checks") && value.eq_ignore_ascii_case("true");
        let skips = message.trailers().iter().any(|trailer| is_skip(trailer.key, trailer.value));
        (siblings && skips).then(|| "skip-checks: true".to_owned())
    })
}

fn is_known(marker: &str) -> bool {
    MARKERS.contains(&marker) || marker.trim_matches(['[', ']', '*']) == "skip ci"
}
