//! Pure: the text of governance files in, directives and findings out. No model is involved, and nothing is guessed.
//!
//! - [`directive`]: one thing that a text asks for, with its place and its numbers.
//! - [`map`]: which rule a directive is; [`terms`]: on what terms it is judged; [`waiver`]: what lets it off for a time.
//! - [`drift`]: directives against the policy; [`contradiction`]: against each other; [`adopt`]: as rules of the policy.
//! - [`guard`]: what a change takes away from directives, [`guard_policy`] from the policy; [`words`]: both numbers.
//! - [`prose`]: a policy in sentences that are read back; [`lock`]: what was understood, written down.

pub mod adopt;
pub mod contradiction;
pub mod directive;
pub mod drift;
pub mod guard;
pub mod guard_policy;
pub mod lock;
pub mod map;
pub mod prose;
pub mod terms;
pub mod waiver;
pub mod words;

pub use adopt::{Basis, adopt};
pub use drift::{Coverage, Drift, Status, drift};
pub use guard::{Loss, Weakening, absent, weakenings};
pub use guard_policy::policy_weakenings;
pub use prose::prose;
pub use terms::Terms;
pub use waiver::waivers;
