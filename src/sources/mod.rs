//! Where facts come from.

pub mod deployments;
pub mod files;
pub mod foreign;
pub mod git;
pub mod ics;
pub mod kamal_audit;
pub mod log;
pub mod packs;
pub mod policy;
pub mod pushes;
pub mod working_tree;
