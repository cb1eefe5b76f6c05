//! The built-in policies, compiled in from `policies/`.

use crate::engine::policy::{Fetched, Origin};

/// The policy that applies where nobody wrote one.
pub const DEFAULT: &str = "default";

/// Every built-in policy: its name and its text.
pub const ALL: [(&str, &str); 7] = [
    (DEFAULT, include_str!("../../policies/default.yml")),
    ("sqlite-single-volume", include_str!("../../policies/sqlite-single-volume.yml")),
    ("agents", include_str!("../../policies/agents.yml")),
    ("continuous", include_str!("../../policies/continuous.yml")),
    ("business-hours", include_str!("../../policies/business-hours.yml")),
    ("release-train", include_str!("../../policies/release-train.yml")),
    ("change-freeze", include_str!("../../policies/change-freeze.yml")),
];

/// Finds a built-in policy by its name.
#[must_use]
pub fn find(name: &str) -> Option<Fetched> {
    let (name, text) = ALL.into_iter().find(|(known, _)| *known == name)?;
    Some(Fetched { name: format!("built-in:{name}"), origin: Origin::BuiltIn, bytes: text.into() })
}

/// The names of all, for messages.
#[must_use]
pub fn names() -> String {
    ALL.map(|(name, _)| name).join(", ")
}
