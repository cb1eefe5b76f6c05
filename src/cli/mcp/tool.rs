//! The tools: their names, what they are for, and the arguments that each takes.

use super::arguments::{AT, Argument, COMMIT, ENVIRONMENT, ID, LANE, REASON, RETURN, RULE};

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    Check,
    Status,
    Why,
    Reserve,
}

impl Tool {
    /// Those that a server offers.
    pub(super) fn all(allow_reserve: bool) -> impl Iterator<Item = Self> {
        let all = [Self::Check, Self::Status, Self::Why, Self::Reserve];
        all.into_iter().filter(move |tool| allow_reserve || tool.reads_only())
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Status => "status",
            Self::Why => "why",
            Self::Reserve => "reserve",
        }
    }

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Check => "May this commit be deployed now?",
            Self::Status => "Each environment at a glance",
            Self::Why => "Each rule's reasoning",
            Self::Reserve => "Take a slot for a deploy",
        }
    }

    pub(super) const fn description(self) -> &'static str {
        match self {
            Self::Check => {
                "Judges whether a commit may be deployed now: approve, hold until an instant, or reject, with the rules that say so and what to do next. Changes nothing and reserves nothing."
            }
            Self::Status => {
                "Each environment: its verdict, what is left of its budgets, the next opening, what runs now. Changes nothing."
            }
            Self::Why => {
                "The decision with the reasoning of every rule, or of one; or a past decision as it was recorded, by its id. Changes nothing."
            }
            Self::Reserve => {
                "Judges a deploy that is about to begin and, where it is approved, records its start in the same step, so that nobody else gets the slot. It then counts as a running rollout: call this only right before the deploy, and record its end with the command that the answer names."
            }
        }
    }

    pub(super) const fn arguments(self) -> &'static [&'static Argument] {
        match self {
            Self::Check => &[&ENVIRONMENT, &COMMIT, &LANE, &AT],
            Self::Status => &[&ENVIRONMENT, &AT],
            Self::Why => &[&ENVIRONMENT, &COMMIT, &LANE, &AT, &RULE, &ID],
            Self::Reserve => &[&ENVIRONMENT, &COMMIT, &RETURN, &REASON],
        }
    }

    pub(super) const fn reads_only(self) -> bool {
        !matches!(self, Self::Reserve)
    }
}
