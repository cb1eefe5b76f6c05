//! GitHub as a source: its deployments or the runs of a workflow as rollouts, its record of pushes as landings, its checks.

pub mod approval;
mod attempts;
pub mod bound;
pub mod checks;
pub mod freezes;
pub mod life;
pub mod overrides;
pub mod people;
pub mod pushes;
mod rollouts;
mod runs;

pub use rollouts::{Asked, read};
pub use runs::{Fate, fate};
