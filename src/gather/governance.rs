//! What the governance files say to one request: rules to adopt, and what is to be found against a change.

use std::path::Path;

use chrono::NaiveDate;

use super::Subject;
use crate::engine::decision::Level;
use crate::engine::event::{CommitId, Precision};
use crate::engine::facts::{Facts, Known, Missing, OutsideFinding};
use crate::engine::policy::EnvironmentPolicy;
use crate::engine::policy::problem::FileProblems;
use crate::engine::rules::RuleId;
use crate::engine::rules::governance::{Governance, OnWeakening, Waiver};
use crate::engine::rules::storage_topology::Severity;
use crate::error::Error;
use crate::governance::directive::{Directive, Polarity};
use crate::governance::honour::{Certainty, Change, Depth, Obstacle, Request, Violation, honour};
use crate::governance::load::{Loaded, Tree, load};
use crate::governance::reading::{Reading, read};
use crate::governance::{Basis, Terms, Weakening, absent, adopt, lock, policy_weakenings, terms, waivers, weakenings};
use crate::report::PolicyKind;
use crate::sources::git::{Reach, Repo};
use crate::sources::policy::{self, Home, Wanted};
use crate::sources::working_tree::WorkingTree;

/// Where the lock of what was understood lies.
pub const LOCK: &str = ".github/deploy-rhythm.governance.lock";

/// The governance files of one tree, read.
#[derive(Clone, Debug, Default)]
pub struct Governed {
    pub reading: Reading,
    pub waivers: Vec<Waiver>,
    /// Comments to this tool that it cannot read.
    pub problems: Vec<FileProblems>,
}

impl Governed {
    /// Loads and reads the governance files of a tree, and those declared beside them.
    #[must_use]
    pub fn of(tree: &dyn Tree, declared: &[String]) -> Self {
        let loaded = load(tree, declared);
        let (waivers, problems) = let_off(&loaded);
        Self { reading: read(&loaded), waivers, problems }
    }

    /// Whether there is any governance file with something in it.
    #[must_use]
    pub fn is_there(&self) -> bool {
        !self.reading.directives.is_empty() || !self.reading.unrecognised.is_empty()
    }
}

fn let_off(loaded: &Loaded) -> (Vec<Waiver>, Vec<FileProblems>) {
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    for file in loaded.files.iter().filter(|file| file.copy_of.is_none()) {
        let found = waivers(&file.path, &file.text);
        all.extend(found.waivers);
        if !found.problems.is_empty() {
            problems.push(FileProblems::new(&file.path, file.text.as_bytes(), found.problems));
        }
    }
    (all, problems)
}

impl Subject {
    /// The governance files in force: those at the tip of the default branch; where that has none, of the working tree.
    pub fn governed(&self, reach: Reach, declared: &[String]) -> (Governed, Option<String>) {
        let tip = self.branch.as_ref().ok();
        let at_tip = tip.and_then(|branch| self.governed_at(&branch.tip, reach, declared).ok()).unwrap_or_default();
        if at_tip.is_there() || !at_tip.reading.files.is_empty() {
            return (at_tip, None);
        }
        let Some(top) = self.repo.workdir().filter(|_| !matches!(self.found.home, Home::Tip { .. })) else {
            return (at_tip, None);
        };
        let here = Governed::of(&WorkingTree::new(top, Some(&self.repo)), declared);
        let note = here.is_there().then(|| {
            "the default branch has no governance file: that of the working tree is read, and is in force once it lands"
                .to_owned()
        });
        (here, note)
    }

    /// The governance files at a commit.
    ///
    /// # Errors
    ///
    /// Names what is missing.
    pub fn governed_at(&self, commit: &CommitId, reach: Reach, declared: &[String]) -> Known<Governed> {
        let tree = self.repo.tree(commit, reach).map_err(|error| Missing::new(error.to_string(), "git fetch"))?;
        Ok(Governed::of(&tree, declared))
    }

    /// Adds what the governance files ask for to a policy that adopts it, or to the built-in default.
    pub(super) fn adopt(
        &self,
        policy: EnvironmentPolicy,
        notes: &mut Vec<String>,
    ) -> (EnvironmentPolicy, Option<Governed>) {
        let basis = if self.found.kind == PolicyKind::Default { Basis::BuiltIn } else { Basis::Written };
        if basis == Basis::Written && !policy.has(RuleId::Governance) {
            return (policy, None);
        }
        let reach = if basis == Basis::Written { Reach::Whole } else { Reach::Top };
        let (governed, note) = self.governed(reach, &terms::settings(&policy).files);
        let judged = Terms::of(&policy, &governed.waivers, self.today());
        let adopting = adopt(&governed.reading.directives, &policy, &judged, basis);
        let own: Vec<String> = adopting.rules[..]
            .iter()
            .filter(|entry| !policy.rules.iter().any(|other| other.source == entry.source))
            .map(|entry| format!("{} ({}:{})", entry.rule.id().name(), entry.source.file, entry.source.line))
            .collect();
        if !own.is_empty() {
            notes.extend(note);
            notes.push(format!("the governance file asks for rules, and they are judged: {}", own.join(", ")));
        }
        (adopting, Some(governed))
    }

    fn today(&self) -> NaiveDate {
        self.now.instant.date_naive()
    }

    /// What the `governance` rule of a policy is told about a change.
    pub(super) fn governance_facts(
        &self,
        policy: &EnvironmentPolicy,
        commit: &CommitId,
        landed: bool,
        shipped: Option<&CommitId>,
        governed: Option<&Governed>,
    ) -> Known<Vec<OutsideFinding>> {
        let (true, Some(governed)) = (policy.has(RuleId::Governance), governed) else {
            return Err(Missing::new("the governance file: no rule asks for it", "add `governance: {}`"));
        };
        let judged = Terms::of(policy, &governed.waivers, self.today());
        let base = &governed.reading.directives;
        let mut findings = Vec::new();
        if !governed.is_there() {
            findings.push(found(
                Severity::High,
                "the default branch has no governance file that asks for anything",
                None,
            ));
        }
        for name in absent(&judged.settings.require, base) {
            findings.push(found(
                Severity::High,
                &format!("no directive is or has the kind `{name}`, which the policy requires"),
                None,
            ));
        }
        for problem in &governed.problems {
            findings.push(found(Severity::High, &problem.to_string(), Some(problem.file.clone())));
        }
        if !landed {
            let head = self.governed_at(commit, Reach::Whole, &judged.settings.files)?;
            findings.extend(self.weakened(base, &head.reading.directives, policy, commit, judged.settings));
        }
        let kept: Vec<Directive> = base.iter().filter(|directive| !judged.waives(directive)).cloned().collect();
        let start = if landed { shipped } else { self.branch.as_ref().ok().map(|branch| &branch.tip) };
        let change = self.change(start, commit, &kept)?;
        let honoured = honour(&kept, &change);
        for unjudged in &honoured.unjudged {
            if let Obstacle::Missing(missing) = &unjudged.obstacle {
                return Err(missing.clone());
            }
        }
        findings.extend(honoured.violations.iter().map(|violation| broken(violation, &kept)));
        Ok(findings)
    }

    /// What a change did: the commits after a start, or what one landing brought.
    ///
    /// # Errors
    ///
    /// Names what is missing.
    pub fn change(&self, start: Option<&CommitId>, commit: &CommitId, directives: &[Directive]) -> Known<Change> {
        let depth = Depth::needed(directives);
        match start.filter(|start| *start != commit) {
            Some(start) => self.repo.change(Some(start), commit, Request::default(), depth),
            None => self.repo.landed(commit, depth),
        }
    }

    /// What a change takes away from the governance file and from the policy.
    fn weakened(
        &self,
        base: &[Directive],
        head: &[Directive],
        policy: &EnvironmentPolicy,
        commit: &CommitId,
        settings: &Governance,
    ) -> Vec<OutsideFinding> {
        let mut losses: Vec<Weakening> = weakenings(base, head);
        match policy::at(&self.repo, commit) {
            Ok(Some(changed)) => match changed.environment(&policy.environment) {
                Some(changed) => {
                    let base = self.found.policy.environment(&policy.environment);
                    losses.extend(base.iter().flat_map(|base| policy_weakenings(base, &changed)));
                }
                None => losses.push(gone(&policy.environment)),
            },
            Ok(None) if matches!(self.found.home, Home::Tip { .. }) => losses.push(gone("the policy file")),
            Ok(None) => {}
            Err(error) => return vec![found(Severity::High, &error.message, None)],
        }
        let level = match settings.on_weakening {
            OnWeakening::Advise => Severity::Low,
            OnWeakening::Hold => Severity::Medium,
            OnWeakening::Reject => Severity::High,
        };
        let told = |loss: Weakening| {
            let place = format!("{}:{}", loss.source.file, loss.source.line);
            let way = "it needs an approving review of exactly this commit by somebody whom the policy of the default branch names; the host is not asked here";
            found(
                level,
                &format!("the change takes away from what governs it: {}: {}; {way}", loss.subject, loss.words),
                Some(place),
            )
        };
        losses.into_iter().map(told).collect()
    }

    /// How the lock differs from the governance file in force, in words; nothing where there is no lock.
    pub(super) fn lock_note(&self, governed: &Governed) -> Option<String> {
        let text = self.found.home.read(Some(&self.repo), LOCK).ok()??;
        let text = String::from_utf8_lossy(&text).into_owned();
        let said = match lock::differences(&text, &governed.reading.directives) {
            Ok(differences) if differences.is_empty() => return None,
            Ok(differences) => differences
                .into_iter()
                .take(3)
                .map(|one| format!("{}: {}", one.id, one.words))
                .collect::<Vec<_>>()
                .join("; "),
            Err(why) => why,
        };
        Some(format!("{LOCK} and the governance file differ ({said}): read both, then `deploy-rhythm governance lock`"))
    }
}

/// Makes rules that rest on guessed instants advice: without a policy file a guess never blocks.
pub(super) fn never_block_on_guesses(policy: &mut EnvironmentPolicy, facts: &Facts) -> Option<String> {
    let landings = facts.pushes.iter().flat_map(|pushes| &pushes.landings);
    let batch = facts.batch.iter().flat_map(|batch| batch.landings.iter().map(|landing| &landing.landing));
    let guessed_landings = landings.chain(batch).any(|landing| landing.precision == Precision::Guessed);
    let mut rollouts = facts.rollouts.iter().flat_map(|rollouts| rollouts.all());
    let guessed_rollouts = rollouts.any(|rollout| rollout.precision == Precision::Guessed);
    let mut softened = Vec::new();
    for entry in policy.rules.iter_mut().filter(|entry| entry.level.is_mandatory()) {
        let guessed = match entry.rule.id() {
            RuleId::PushFrequency | RuleId::BatchSize | RuleId::FixChain => guessed_landings,
            RuleId::MaxFrequency | RuleId::MinInterval | RuleId::NoOverlap | RuleId::FailureCooldown => {
                guessed_rollouts
            }
            _ => false,
        };
        if guessed {
            entry.level = Level::Advisory;
            softened.push(entry.rule.id().name());
        }
    }
    (!softened.is_empty()).then(|| {
        format!("{} only advise: without a policy file, instants that are guessed never block", softened.join(", "))
    })
}

fn found(level: Severity, message: &str, place: Option<String>) -> OutsideFinding {
    OutsideFinding { level, message: message.to_owned(), place }
}

fn gone(what: &str) -> Weakening {
    Weakening {
        loss: crate::governance::Loss::Removed,
        subject: what.to_owned(),
        source: crate::engine::decision::Source { file: policy::PATHS[0].to_owned(), line: 1 },
        words: "removed".to_owned(),
    }
}

/// A violation as a finding: what has landed cannot be mended without rewriting the branch, and a guess or a preference
/// is no ground to refuse; all these advise.
fn broken(violation: &Violation, directives: &[Directive]) -> OutsideFinding {
    let directive = directives.iter().find(|directive| directive.id == violation.directive);
    let prefers = directive.is_some_and(|directive| directive.polarity == Polarity::Should);
    let advises = violation.landed || prefers || violation.certainty == Certainty::Guessed;
    let commit = violation.commit.as_ref().map(|commit| format!("{}: ", commit.short())).unwrap_or_default();
    let place = Some(format!("{}:{}", violation.place.file, violation.place.line));
    let landed = if violation.landed { " (landed already)" } else { "" };
    let level = if advises { Severity::Low } else { Severity::High };
    OutsideFinding { level, message: format!("{commit}{}{landed}", violation.message), place }
}

/// The governance files of a folder, in a repository or not.
///
/// # Errors
///
/// Fails where there is no such folder.
pub fn governed_folder(repo: Option<&Repo>, folder: &Path, declared: &[String]) -> Result<Governed, Error> {
    if !folder.is_dir() {
        return Err(Error::usage(format!("there is no folder {}", folder.display())));
    }
    Ok(Governed::of(&WorkingTree::new(folder, repo), declared))
}

/// The policy that `governance` compares with: that of the working tree, or the file named.
///
/// # Errors
///
/// Fails where the policy is not valid.
pub fn drafted(repo: Option<&Repo>, named: Option<&Path>) -> Result<policy::Found, Error> {
    policy::find(repo, named, Wanted::Draft)
}
