//! Scenarios: a policy, what happened, an instant, and the decision expected.
//!
//! The same format serves the project's own tests and the user's `policy test`.

mod ask;
mod facts;
mod parse;
mod run;

pub use parse::{Scenario, parse};
pub use run::Outcome;
