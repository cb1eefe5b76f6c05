//! What the governance files say to one request: rules to adopt, and what is to be found against a change.

use std::path::Path;

use chrono::NaiveDate;

use super::Subject;
use crate::engine::decision::{Gate, Level};
use crate::engine::event::{CommitId, Instant};
use crate::engine::facts::{Facts, Known, Missing, OutsideFinding};
use crate::engine::policy::EnvironmentPolicy;
use crate::engine::policy::problem::FileProblems;
use crate::engine::rules::RuleId;
use crate::engine::rules::governance::Waiver;
use crate::engine::rules::storage_topology::Severity;
use crate::error::Error;
use crate::governance::directive::{Directive, Polarity};
use crate::governance::honour::{Certainty, Change, Depth, Obstacle, Request, Violation, honour};
use crate::governance::load::{Loaded, Reason, Tree, load};
use crate::governance::reading::{Reading, read};
use crate::governance::{Basis, Terms, absent, adopt, lock, terms, waivers};
use crate::report::PolicyKind;
use crate::sources::git::{Reach, Repo};
use crate::sources::policy::{self, Home, Wanted};
use crate::sources::working_tree::WorkingTree;

/// Where the lock of what was understood lies.
pub const LOCK: &str = ".github/deploy-rhythm.governance.lock";

/// The most directives of a tree that are looked at: each is compared with each other.
const MOST: usize = 1_000;

/// The governance files of one tree, read.
#[derive(Clone, Debug, Default)]
pub struct Governed {
    pub reading: Reading,
    pub waivers: Vec<Waiver>,
    /// Comments to this tool that it cannot read.
    pub problems: Vec<FileProblems>,
    /// Whether there are more directives than are looked at.
    pub too_many: bool,
}

impl Governed {
    /// Loads and reads the governance files of a tree, and those declared beside them.
    #[must_use]
    pub fn of(tree: &dyn Tree, declared: &[String]) -> Self {
        let loaded = load(tree, declared);
        let (waivers, problems) = let_off(&loaded);
        let mut reading = read(&loaded);
        let too_many = reading.directives.len() > MOST;
        reading.directives.truncate(MOST);
        Self { reading, waivers, problems, too_many }
    }

    /// What of the files is there and was not read, or is declared and not there.
    pub fn hidden(&self, declared: &[String]) -> Option<String> {
        if self.too_many {
            return Some(format!("it has more than {MOST} directives, and only the first are looked at"));
        }
        let hides = |path: &str, why: &Reason| match why {
            Reason::Unreadable(_) | Reason::Binary | Reason::TooLarge | Reason::LinkLoop => true,
            Reason::Missing => declared.iter().any(|one| one.trim_start_matches("./") == path),
            _ => false,
        };
        let mut all = self.reading.files.iter().flat_map(|file| file.unseen.iter().map(move |one| (file, one)));
        all.find(|(file, one)| hides(&file.path, &one.why)).map(|(file, one)| format!("{}: {one}", file.path))
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
    ///
    /// # Errors
    ///
    /// Names what is missing.
    pub fn governed(&self, reach: Reach, declared: &[String]) -> Known<(Governed, Option<String>)> {
        let at_tip = match &self.branch {
            Ok(branch) => self.governed_at(&branch.tip, reach, declared)?,
            Err(_) => Governed::default(),
        };
        if at_tip.is_there() || !at_tip.reading.files.is_empty() {
            return Ok((at_tip, None));
        }
        // Where the default branch or a named file has the policy, the change's own governance file has no say.
        let undecided = matches!(self.found.home, Home::WorkingTree { .. } | Home::BuiltIn);
        let Some(top) = self.repo.workdir().filter(|_| undecided) else { return Ok((at_tip, None)) };
        let here = Governed::of(&WorkingTree::new(top, Some(&self.repo)), declared);
        let note = here.is_there().then(|| {
            "the default branch has no governance file: that of the working tree is read, and is in force once it lands"
                .to_owned()
        });
        Ok((here, note))
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
    pub(crate) fn adopt(
        &self,
        policy: EnvironmentPolicy,
        notes: &mut Vec<String>,
    ) -> (EnvironmentPolicy, Known<Governed>) {
        let basis = if self.found.kind == PolicyKind::Default { Basis::BuiltIn } else { Basis::Written };
        if basis == Basis::Written && !policy.has(RuleId::Governance) {
            return (policy, Err(Missing::new("the governance file: no rule asks for it", "add `governance: {}`")));
        }
        let reach = if basis == Basis::Written { Reach::Whole } else { Reach::Top };
        let (governed, note) = match self.governed(reach, &terms::settings(&policy).files) {
            Ok(read) => read,
            Err(missing) => {
                notes.push(format!("the governance file was not read: {missing}"));
                return (policy, Err(missing));
            }
        };
        notes.extend(note);
        notes.extend(governed.hidden(&[]).map(|hidden| format!("not read of the governance file: {hidden}")));
        let judged = Terms::of(&policy, &governed.waivers, self.today());
        let adopting = adopt(&governed.reading.directives, &policy, &judged, basis);
        let own: Vec<String> = adopting.rules[..]
            .iter()
            .filter(|entry| !policy.rules.iter().any(|other| other.source == entry.source))
            .map(|entry| format!("{} ({}:{})", entry.rule.id().name(), entry.source.file, entry.source.line))
            .collect();
        if !own.is_empty() {
            notes.push(format!("the governance file asks for rules, and they are judged: {}", own.join(", ")));
        }
        (adopting, Ok(governed))
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
        governed: &Known<Governed>,
    ) -> Known<Vec<OutsideFinding>> {
        let governed = governed.as_ref().map_err(Clone::clone)?;
        if !policy.has(RuleId::Governance) {
            return Err(Missing::new("the governance file: no rule asks for it", "add `governance: {}`"));
        }
        if let Some(hidden) = governed.hidden(&terms::settings(policy).files) {
            return Err(Missing::new(
                format!("the governance file whole: {hidden}"),
                "mend the file or what imports it, on the default branch; declared files must be there",
            ));
        }
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
            findings.extend(self.weakened(governed, &head, commit, judged.settings));
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

    /// How the lock differs from the governance file in force, in words; nothing where there is no lock.
    pub(super) fn lock_note(&self) -> Option<String> {
        let tip = &self.branch.as_ref().ok()?.tip;
        let text = self.repo.read_at(tip, LOCK, 4 << 20).ok()??;
        let text = String::from_utf8_lossy(&text).into_owned();
        let declared = self.found.policy.environment(&self.found.policy.default_environment());
        let declared = declared.map(|policy| terms::settings(&policy).files.clone()).unwrap_or_default();
        // The lock is written from every folder, and is compared with as much.
        let whole = self.governed_at(tip, Reach::Whole, &declared).ok()?;
        let said = match lock::differences(&text, &whole.reading.directives) {
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

/// Makes rules that only guessed instants shut advice: without a policy file a guess never blocks.
pub(super) fn never_block_on_guesses(policy: &mut EnvironmentPolicy, facts: &Facts, at: Instant) -> Option<String> {
    let told = facts.without_guesses();
    let mut softened = Vec::new();
    for entry in policy.rules.iter_mut().filter(|entry| entry.level.is_mandatory()) {
        let gate = entry.rule.check().gate(facts, at);
        // How many commits a batch has is counted, whenever they landed.
        let counted = entry.rule.id() == RuleId::BatchSize && gate == Gate::Reject;
        if gate != Gate::Open && !counted && entry.rule.check().gate(&told, at) == Gate::Open {
            entry.level = Level::Advisory;
            softened.push(entry.rule.id().name());
        }
    }
    (!softened.is_empty()).then(|| {
        format!("{} only advise: without a policy file, instants that are guessed never block", softened.join(", "))
    })
}

pub(super) fn found(level: Severity, message: &str, place: Option<String>) -> OutsideFinding {
    OutsideFinding { level, message: message.to_owned(), place }
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
