//! deploy-rhythm: judges the rhythm of deploys.
pub mod engine;
pub mod report;
