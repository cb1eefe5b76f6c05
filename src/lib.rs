//! deploy-rhythm judges the rhythm of deploys: approve, hold until T, or reject.
//!
//! Facts come in at the left edge, a decision comes out at the right; everything between is a function.
//!
//! ```text
//! git · ledger · deploy log · GitHub ─> records, landings ─> accounts ──┐
//! policy file, packs ────────────────> Policy ──────────────────────────┤
//! arguments ─────────────────────────> DeployRequest, now ──────────────┴─> Facts ─> evaluate ─> Decision ─> Report ─> render
//! ```
//!
//! - [`engine`]: pure. Events, history, the calendar, the policy, the rules, the judgement. It knows no file, clock or
//!   environment: `now` is a value, so `--at` and scenarios need no fake clock.
//! - [`sources`]: where facts come from, one file or folder each; [`sources::git`] alone names git2.
//! - [`ledger`]: what nobody else remembers: reservations, rollouts, decisions, chained by hash. An approval of `run` is a
//!   reservation, taken in the transaction that judged it; [`ledger::sqlite`] alone names rusqlite,
//!   [`ledger::postgres`] alone tokio-postgres.
//! - [`github`]: the door to GitHub's API, with the patience that it takes; `github/client.rs` alone names octocrab.
//! - [`governance`]: pure. Governance files: what they ask for, and how that stands to the policy.
//! - [`gather`]: the facts of one request, brought together from the sources.
//! - [`report`]: a decision and what it rests on; [`render`] turns it into text, one file an output.
//! - [`scenario`]: policy and events and an instant, and the decision expected: the project's tests and the user's.
//! - [`bot`]: what answers people on GitHub; [`bot::chat`], the commands of comments, is pure.
//! - [`cli`]: one file a subcommand; `cli::action` is what `action.yml` calls in a job, `cli/mcp/server.rs` alone names rmcp.
//! - [`error`]: what went wrong, its fix, its exit code.

pub mod bot;
pub mod cli;
pub mod engine;
pub mod error;
pub mod gather;
pub mod github;
pub mod governance;
pub mod ledger;
pub mod render;
pub mod report;
pub mod scenario;
pub mod sources;
