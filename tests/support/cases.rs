//! Cases of the reader of cadence: a text, and each directive as "kind object polarity key=value …", `?` where unbound.

use deploy_rhythm::governance::directive::Kind;
use deploy_rhythm::governance::load::{Memory, load};
use deploy_rhythm::governance::reading;
use serde_json::Value as Json;

/// The kinds that the cases tell: a way of deploying beside them would be read by mistake.
const TOLD: [Kind; 6] =
    [Kind::DeployFrequency, Kind::DeployInterval, Kind::DeployWindow, Kind::Batching, Kind::FixChain, Kind::DeployPath];

fn value(value: &Json) -> String {
    match value {
        Json::Array(items) => items.iter().map(self::value).collect::<Vec<_>>().join(","),
        Json::String(text) => text.replace(' ', ""),
        other => other.to_string(),
    }
}

/// What a text is read to.
pub fn said(text: &str) -> Vec<String> {
    let read = reading::read(&load(&Memory::default().file("CLAUDE.md", text), &[]));
    let told = read.directives.iter().filter(|found| TOLD.contains(&found.kind));
    told.map(|found| {
        let mut words =
            vec![found.kind.name().to_owned(), found.object.name().to_owned(), found.polarity.name().to_owned()];
        let mut keys: Vec<String> = found.params.iter().map(|(key, one)| format!("{key}={}", value(one))).collect();
        keys.sort();
        words.extend(keys);
        if !found.bound {
            words.push("?".to_owned());
        }
        words.join(" ")
    })
    .collect()
}

/// Compares all cases, and tells every difference at once.
pub fn hold(cases: &[(&str, &[&str])]) {
    let differing: Vec<String> = cases
        .iter()
        .filter_map(|(text, expected)| {
            let found = said(text);
            let mut expected: Vec<String> = expected.iter().map(|one| sorted(one)).collect();
            let mut sorted = found.clone();
            sorted.sort();
            expected.sort();
            (sorted != expected).then(|| format!("{text}\n    wanted {expected:?}\n    found  {found:?}"))
        })
        .collect();
    assert!(differing.is_empty(), "{} of {} differ:\n{}", differing.len(), cases.len(), differing.join("\n"));
}

/// The same with its keys in order.
fn sorted(case: &str) -> String {
    let (mut keys, mut words): (Vec<&str>, Vec<&str>) = case.split(' ').partition(|word| word.contains('='));
    keys.sort_unstable();
    let unbound = words.last() == Some(&"?");
    if unbound {
        words.pop();
    }
    words.extend(keys);
    if unbound {
        words.push("?");
    }
    words.join(" ")
}
