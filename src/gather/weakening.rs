//! What a change takes away from what governs it: directives, waivers, the policy of every environment.

use std::collections::BTreeSet;

use super::Subject;
use super::governance::{Governed, found};
use crate::engine::decision::Source;
use crate::engine::event::CommitId;
use crate::engine::facts::OutsideFinding;
use crate::engine::policy::{EnvironmentPolicy, Policy};
use crate::engine::rules::Rule;
use crate::engine::rules::governance::{Governance, OnWeakening, Waiver};
use crate::engine::rules::storage_topology::Severity;
use crate::governance::contradiction::contradictions;
use crate::governance::directive::Directive;
use crate::governance::map::source;
use crate::governance::{Loss, Weakening, policy_weakenings, weakenings};
use crate::sources::policy::{self, Home};

/// What a change needs that takes something away.
const NEEDS: &str =
    "it needs an approving review of exactly this commit by somebody whom the policy of the default branch names";

impl Subject {
    /// What a change takes away from the governance file and from the policy.
    pub(super) fn weakened(
        &self,
        base: &Governed,
        head: &Governed,
        commit: &CommitId,
        settings: &Governance,
    ) -> Vec<OutsideFinding> {
        let mut losses: Vec<Weakening> = weakenings(&base.reading.directives, &head.reading.directives);
        losses.extend(newly_contradicted(&base.reading.directives, &head.reading.directives));
        losses.extend(newly_waived(&base.waivers, &head.waivers));
        match policy::at(&self.repo, commit, &mut |other| self.hub.fetch(other)) {
            Ok(Some(changed)) => losses.extend(self.policy_losses(&changed, commit)),
            Ok(None) if matches!(self.found.home, Home::Tip { .. }) => losses.push(gone("the policy file")),
            Ok(None) => {}
            Err(error) => return vec![found(Severity::High, &error.message, None)],
        }
        let level = match settings.on_weakening {
            OnWeakening::Advise => Severity::Low,
            OnWeakening::Hold => Severity::Medium,
            OnWeakening::Reject => Severity::High,
        };
        if losses.is_empty() {
            return Vec::new();
        }
        let (level, way) = match self.approval(commit) {
            Some(Ok(Some(who))) => (Severity::Low, format!("{who} approved exactly this commit")),
            Some(Ok(None)) => (level, format!("{NEEDS}, other than its author, and there is none")),
            Some(Err(trouble)) => (level, format!("{NEEDS}; {trouble}")),
            None => (level, format!("{NEEDS}; the host is not asked here: `--deploys github` asks it")),
        };
        let told = |loss: Weakening| {
            let place = format!("{}:{}", loss.source.file, loss.source.line);
            found(
                level,
                &format!("the change takes away from what governs it: {}: {}; {way}", loss.subject, loss.words),
                Some(place),
            )
        };
        losses.into_iter().map(told).collect()
    }

    /// What a changed policy takes away, in any environment that the base names.
    fn policy_losses(&self, changed: &Policy, commit: &CommitId) -> Vec<Weakening> {
        let base = &self.found.policy;
        let mut losses = Vec::new();
        let mut calendars: BTreeSet<&str> = BTreeSet::new();
        let environments: Vec<EnvironmentPolicy> =
            base.patterns().into_iter().filter_map(|pattern| base.environment(pattern.as_str())).collect();
        for old in &environments {
            match changed.environment(&old.environment) {
                Some(new) => {
                    losses.extend(policy_weakenings(old, &new));
                    if old.counting != new.counting {
                        losses.push(altered("deployments", "what counts as a deployment is changed"));
                    }
                }
                None => losses.push(gone(&old.environment)),
            }
            calendars.extend(old.rules.iter().filter_map(|entry| match &entry.rule {
                Rule::Freeze(freeze) => freeze.calendar().map(|(path, _)| path),
                _ => None,
            }));
        }
        if base.history() != changed.history() {
            losses.push(altered("history", "where deployments are recorded is changed"));
        }
        let (hooks, changed_hooks) = (base.hooks(), changed.hooks());
        if !hooks.deploy_commands.iter().all(|command| changed_hooks.deploy_commands.contains(command)) {
            losses.push(altered("hooks", "a command is no longer named as one that deploys"));
        }
        if !changed_hooks.without_terminal.iter().all(|caller| hooks.without_terminal.contains(caller)) {
            losses.push(altered("hooks", "another caller may act without a terminal"));
        }
        if base.chat().is_some() && base.chat() != changed.chat() {
            losses.push(altered("chat", "where words on GitHub are heard is changed"));
        }
        if base.repository() != changed.repository() {
            losses.push(altered("repository", "the name of the repository is changed"));
        }
        for path in calendars {
            let of = |commit: &CommitId| self.repo.read_at(commit, path, 4 << 20).ok().flatten();
            if self.branch.as_ref().is_ok_and(|branch| of(&branch.tip) != of(commit)) {
                losses.push(altered(path, "a calendar that a freeze reads is changed"));
            }
        }
        losses
    }
}

fn gone(what: &str) -> Weakening {
    Weakening { loss: Loss::Removed, ..altered(what, "removed") }
}

fn altered(what: &str, words: &str) -> Weakening {
    let source = Source { file: policy::PATHS[0].to_owned(), line: 1 };
    Weakening { loss: Loss::Weakened, subject: what.to_owned(), source, words: words.to_owned() }
}

/// Directives of the base that a change sets the opposite against.
fn newly_contradicted(base: &[Directive], head: &[Directive]) -> Vec<Weakening> {
    let before = contradictions(base);
    let was = |id: &str| base.iter().zip(&before).any(|(one, against)| one.id == id && against.is_some());
    let now = contradictions(head);
    let lost = head.iter().zip(&now).filter_map(|(directive, against)| {
        let other = head.get((*against)?)?;
        let known = base.iter().any(|one| one.id == directive.id) && !was(&directive.id);
        known.then(|| Weakening {
            loss: Loss::Weakened,
            subject: directive.id.clone(),
            source: source(directive),
            words: format!("{}:{} now asks the opposite", other.place.file, other.place.line),
        })
    });
    lost.collect()
}

/// Waivers that a change adds or prolongs.
fn newly_waived(base: &[Waiver], head: &[Waiver]) -> Vec<Weakening> {
    let until = |directive: &str| base.iter().filter(|one| one.directive == directive).map(|one| one.until).max();
    let longer = head.iter().filter(|one| until(&one.directive).is_none_or(|known| one.until > known));
    let told = longer.map(|one| Weakening {
        loss: Loss::Weakened,
        subject: one.directive.clone(),
        source: one.source.clone().unwrap_or(Source { file: policy::PATHS[0].to_owned(), line: 1 }),
        words: format!("waived until {}", one.until),
    });
    told.collect()
}
