//! The terms on which directives are judged: what the policy sets, what is waived, and what day it is.

use chrono::NaiveDate;

use super::directive::Directive;
use crate::engine::policy::EnvironmentPolicy;
use crate::engine::rules::Rule;
use crate::engine::rules::governance::{Governance, OnWeakening, Waiver};

/// The settings of a policy that says nothing about the governance file.
static SILENT: Governance = Governance {
    files: Vec::new(),
    require: Vec::new(),
    adopt: false,
    on_weakening: OnWeakening::Hold,
    bind: Vec::new(),
    waive: Vec::new(),
};

/// What the policy says about the governance file, or what it says by silence.
#[must_use]
pub fn settings(policy: &EnvironmentPolicy) -> &Governance {
    match policy.governance().map(|entry| &entry.rule) {
        Some(Rule::Governance(settings)) => settings,
        _ => &SILENT,
    }
}

/// The terms of one judgement.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    pub settings: &'a Governance,
    /// Those that stand in the governance files; the policy's own are in its settings.
    pub waivers: &'a [Waiver],
    pub today: NaiveDate,
}

impl<'a> Terms<'a> {
    /// The terms that a policy sets, on a day.
    #[must_use]
    pub fn of(policy: &'a EnvironmentPolicy, waivers: &'a [Waiver], today: NaiveDate) -> Self {
        Self { settings: settings(policy), waivers, today }
    }

    /// The waiver of a directive that lasts longest.
    #[must_use]
    pub fn waiver(&self, directive: &Directive) -> Option<&'a Waiver> {
        let all = self.settings.waive.iter().chain(self.waivers);
        all.filter(|waiver| waiver.directive == directive.id).max_by_key(|waiver| waiver.until)
    }

    /// Whether a directive is let off today.
    #[must_use]
    pub fn waives(&self, directive: &Directive) -> bool {
        self.waiver(directive).is_some_and(|waiver| waiver.until >= self.today)
    }
}
