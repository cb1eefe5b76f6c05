//! The engine: facts in, decision out. Pure: no file, clock, environment, log or async.

pub mod account;
pub mod agenda;
pub mod calendar;
pub mod decision;
pub mod duration;
pub mod evaluate;
pub mod event;
pub mod facts;
pub mod figures;
pub mod firsts;
pub mod history;
pub mod lane;
pub mod metrics;
pub mod pace;
pub mod policy;
pub mod replay;
pub mod rhythm;
pub mod rules;
pub mod suggest;
pub mod week;
