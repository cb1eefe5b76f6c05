//! The policy: what a file says, what it inherits, and what follows for one environment.

pub mod binding;
mod chat;
mod counting;
mod environment;
mod file;
mod pattern;
pub mod problem;
pub mod reader;
mod schema;
mod tree;
pub mod yaml;

pub use chat::ChatSettings;
pub use counting::{Counting, Ignoring};
pub use environment::{EnvironmentPolicy, OverridePolicy, RuleEntry, Trigger};
pub use file::{HistorySettings, HistorySource, HookSettings};
pub use pattern::Pattern;
pub use problem::FileProblems;
pub use schema::schema;
pub use tree::{Fetched, Origin, Policy, PolicyError, load};
