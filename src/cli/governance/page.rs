//! Everything that `governance` tells, before it is written.

use super::Where;
use crate::cli::Edge;
use crate::engine::duration;
use crate::engine::event::CommitId;
use crate::engine::policy::EnvironmentPolicy;
use crate::error::Error;
use crate::gather::governance::{Governed, drafted, governed_folder};
use crate::governance::directive::Directive;
use crate::governance::honour::{Change, Depth, Honoured, Request, honour};
use crate::governance::reading::{ReadFile, Unrecognised};
use crate::governance::{Basis, Coverage, Drift, Terms, adopt, drift, terms};
use crate::report::PolicyKind;
use crate::sources::git::{Clock, Now, Reach, Repo};
use crate::sources::policy::Found;

/// A directive, and how it stands to the policy.
pub(super) struct Row {
    pub directive: Directive,
    pub drift: Drift,
}

/// The whole page.
pub(super) struct Page {
    pub files: Vec<ReadFile>,
    pub rows: Vec<Row>,
    /// Those that no reader sees.
    pub unreachable: Vec<Row>,
    pub unrecognised: Vec<Unrecognised>,
    pub coverage: Coverage,
    /// What the commits looked at did not keep, and from where to where they go.
    pub honoured: Option<(String, Honoured)>,
    pub policy: String,
    pub notes: Vec<String>,
}

/// The repository, its governance files and the policy that they are compared with.
pub(super) struct Draft {
    pub repo: Option<Repo>,
    pub found: Found,
    pub governed: Governed,
    /// Those of the environments, the one judged first.
    pub policies: Vec<EnvironmentPolicy>,
}

impl Draft {
    pub(super) fn of(place: &Where) -> Result<Self, Error> {
        let repo = Repo::open(&place.repo).ok();
        let found = drafted(repo.as_ref(), place.policy.as_deref())?;
        let policy = &found.policy;
        let first = place.environment.clone().unwrap_or_else(|| policy.default_environment().to_string());
        let judged = policy
            .environment(&first)
            .ok_or_else(|| Error::usage(format!("{} names no environment `{first}`", found.description)))?;
        let others = policy.exact_names().into_iter().filter(|name| *name != first);
        let others: Vec<EnvironmentPolicy> = others.filter_map(|name| policy.environment(name)).collect();
        let declared = terms::settings(&judged).files.clone();
        let governed = governed(repo.as_ref(), place, &declared)?;
        Ok(Self { repo, policies: std::iter::once(judged).chain(others).collect(), governed, found })
    }

    /// The policies with what they adopt.
    fn adopting(&self, edge: &Edge) -> Vec<EnvironmentPolicy> {
        let basis = if self.found.kind == PolicyKind::Default { Basis::BuiltIn } else { Basis::Written };
        let directives = &self.governed.reading.directives;
        let adopted = |policy: &EnvironmentPolicy| {
            let judged = Terms::of(policy, &self.governed.waivers, edge.now.date_naive());
            adopt(directives, policy, &judged, basis)
        };
        self.policies.iter().map(adopted).collect()
    }
}

/// The working tree; where there is none, the tip of the default branch.
fn governed(repo: Option<&Repo>, place: &Where, declared: &[String]) -> Result<Governed, Error> {
    let Some(repo) = repo else { return governed_folder(None, &place.repo, declared) };
    if let Some(top) = repo.workdir().filter(|_| !repo.is_bare()) {
        return governed_folder(Some(repo), top, declared);
    }
    let failed = |what: String| Error::failure(what);
    let branch = repo.default_branch().map_err(|missing| failed(missing.what))?;
    let tree = repo.tree(&branch.tip, Reach::Whole).map_err(|error| failed(error.to_string()))?;
    Ok(Governed::of(&tree, declared))
}

impl Page {
    pub(super) fn of(place: &Where, since: Option<&str>, edge: &Edge) -> Result<Self, Error> {
        let draft = Draft::of(place)?;
        let policies = draft.adopting(edge);
        let mut notes = draft.found.notes.clone();
        notes.extend(draft.governed.problems.iter().map(ToString::to_string));
        if draft.governed.reading.files.is_empty() {
            notes.push(
                "there is no governance file: no CLAUDE.md, AGENTS.md, GEMINI.md or copilot-instructions.md".to_owned(),
            );
        }
        let honoured = honoured(&draft, since, edge, &mut notes)?;
        let Draft { found, governed, .. } = draft;
        let reading = governed.reading;
        let judged = Terms::of(&policies[0], &governed.waivers, edge.now.date_naive());
        let drifts = drift(&reading.directives, &policies, &judged);
        let coverage = Coverage::of(&drifts);
        let rows = reading.directives.into_iter().zip(drifts);
        let unreachable = reading.unreachable.into_iter();
        Ok(Self {
            files: reading.files,
            rows: rows.map(|(directive, drift)| Row { directive, drift }).collect(),
            unreachable: unreachable
                .map(|one| Row { drift: Drift::unreachable(one.reason), directive: one.directive })
                .collect(),
            unrecognised: reading.unrecognised,
            coverage,
            honoured,
            policy: found.description,
            notes,
        })
    }
}

/// What the commits did not keep: those that have not landed, or those since an instant or a revision.
fn honoured(
    draft: &Draft,
    since: Option<&str>,
    edge: &Edge,
    notes: &mut Vec<String>,
) -> Result<Option<(String, Honoured)>, Error> {
    let Some(repo) = &draft.repo else {
        return match since {
            Some(_) => Err(Error::usage("`--since` looks at commits, and this is no repository")),
            None => Ok(None),
        };
    };
    let Ok(head) = repo.head() else { return Ok(None) };
    let (span, start) = if let Some(since) = since {
        (format!("the commits since {since}"), start(repo, since, edge)?)
    } else {
        let tip = repo.default_branch().ok().map(|branch| branch.tip).filter(|tip| *tip != head);
        let Some(tip) = tip else { return Ok(None) };
        ("the commits that have not landed".to_owned(), Some(tip))
    };
    let directives = &draft.governed.reading.directives;
    let change = repo.change(start.as_ref(), &head, Request::default(), Depth::needed(directives));
    match change {
        Ok(change) => {
            notes.extend(cut(&change));
            Ok(Some((span, honour(directives, &change))))
        }
        Err(missing) => {
            notes.push(format!("{span} were not judged: {missing}"));
            Ok(None)
        }
    }
}

/// The commit after which `--since` begins; `None` is the beginning.
fn start(repo: &Repo, since: &str, edge: &Edge) -> Result<Option<CommitId>, Error> {
    let Ok(length) = duration::parse(since) else {
        let named = repo.resolve(since).map_err(|error| Error::usage(format!("`--since {since}`: {error}")))?;
        return Ok(Some(named));
    };
    let from = edge.now - length;
    let head = repo.head().map_err(|error| Error::usage(error.to_string()))?;
    let landings = repo.landings(&head, from, Now { instant: edge.now, clock: Clock::Machine })?;
    Ok(landings.landings.into_iter().rev().find(|landing| landing.at <= from).map(|landing| landing.commit))
}

fn cut(change: &Change) -> Option<String> {
    change.cut.as_ref().map(|cut| format!("not all commits were looked at: {cut}"))
}
