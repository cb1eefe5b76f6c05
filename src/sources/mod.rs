//! Where facts come from.

pub mod abroad;
mod bad;
pub mod deployments;
pub mod files;
pub mod foreign;
pub mod git;
pub mod github;
pub mod ics;
pub mod kamal_audit;
pub mod log;
mod loosening;
pub mod packs;
pub mod policy;
pub mod pushes;
pub mod working_tree;

use chrono::Datelike;

use crate::engine::event::Instant;

/// An instant that a record tells, in the years that a calendar here knows.
fn dated(instant: Instant, what: &str) -> Result<Instant, String> {
    match (1971..=9000).contains(&instant.year()) {
        true => Ok(instant),
        false => Err(format!("`{what}` lies outside the years 1971 to 9000")),
    }
}
