//! `fix-chain`: no fix of a fix of a fix.

use std::cmp::Reverse;

use chrono::TimeDelta;
use rustc_hash::FxHashMap;
use serde_json::{Value as Json, json};

use super::{Check, Explanation, Lookback, count_schema, counted, duration_schema, map_schema, not_known};
use crate::engine::calendar::utc;
use crate::engine::decision::{Evidence, Gate};
use crate::engine::duration;
use crate::engine::event::{Instant, Landing};
use crate::engine::facts::{Batch, Facts, Missing};
use crate::engine::policy::reader::Problems;
use crate::engine::policy::yaml::Yaml;

/// Fewer than so many fixes of one thing in so long.
#[derive(Clone, Debug)]
pub struct FixChain {
    fixes: usize,
    within: TimeDelta,
}

/// The most fixes that one chain is looked for among.
const MOST_FIXES: usize = 1_000;

impl FixChain {
    /// Reads `{fixes: N, within: D}`.
    pub fn parse(yaml: &Yaml, problems: &mut Problems) -> Option<Self> {
        let fields = problems.fields(yaml, "fix-chain", &["fixes", "within"])?;
        let (fixes, within) = (fields.count(problems, "fixes"), fields.duration(problems, "within"));
        Some(Self { fixes: fixes?, within: within? })
    }

    /// The JSON Schema of its parameters.
    #[must_use]
    pub fn schema() -> Json {
        let properties = json!({"fixes": count_schema("a chain of so many is refused"), "within": duration_schema("how far back a chain is followed")});
        map_schema(&["fixes", "within"], &properties)
    }

    /// Whether all that it lets go, the other lets go too: a chain followed further back is no shorter.
    pub(super) fn at_least_as_strict(&self, other: &Self) -> bool {
        self.fixes <= other.fixes && self.within >= other.within
    }

    /// Its parameters, as they are read.
    pub(super) fn parameters(&self) -> Json {
        json!({"fixes": self.fixes, "within": duration::show(self.within)})
    }

    /// How many fixes make a chain that is refused.
    pub(crate) const fn fixes(&self) -> usize {
        self.fixes
    }

    /// Whether there are fixes enough to make a chain: to link them takes far longer than to count them.
    fn may_chain(&self, batch: &Batch, newest: &Landing) -> bool {
        let brought = batch.landings.iter().filter(|landing| landing.commits > 0).map(|landing| &landing.landing);
        let near = batch.shipped.iter().chain(brought).filter(|landing| landing.at >= newest.at - self.within);
        near.filter(|landing| landing.is_fix_like()).take(self.fixes).count() >= self.fixes
    }

    /// The longest chain of fixes that ends at the batch's newest fix, newest first.
    fn chain<'a>(&self, batch: &'a Batch) -> Vec<&'a Landing> {
        let Some(newest) = newest_fix(batch) else { return Vec::new() };
        let brought = batch.landings.iter().filter(|landing| landing.commits > 0).map(|landing| &landing.landing);
        let landings = batch.shipped.iter().chain(brought);
        let fixes: Vec<&Landing> = landings
            .rev()
            .skip_while(|landing| landing.commit != newest.commit)
            .filter(|landing| landing.is_fix_like() && landing.at >= newest.at - self.within)
            .take(MOST_FIXES)
            .collect();
        // The longest run of links down to each fix, and where it comes from; unrelated fixes in between hide nothing. A fix
        // follows the longest run that any of its files has seen: no pair of fixes has to be compared.
        let mut best: Vec<Option<(usize, usize)>> = vec![None; fixes.len()];
        let mut runs: FxHashMap<&str, (usize, Reverse<usize>)> = FxHashMap::default();
        for (index, fix) in fixes.iter().enumerate() {
            let linked = fix.files.iter().filter_map(|file| runs.get(&**file)).max();
            let linked = linked.map(|(length, Reverse(newer))| (length + 1, *newer));
            best[index] = if index == 0 { Some((1, 0)) } else { linked };
            let Some((length, _)) = best[index] else { continue };
            for file in &fix.files {
                let run = (length, Reverse(index));
                runs.entry(file).and_modify(|known| *known = run.max(*known)).or_insert(run);
            }
        }
        let end = (0..fixes.len()).max_by_key(|index| (best[*index].map_or(0, |(length, _)| length), Reverse(*index)));
        let mut chain = Vec::new();
        let mut next = end;
        while let Some(index) = next {
            chain.push(fixes[index]);
            next = best[index].filter(|(length, _)| *length > 1).map(|(_, newer)| newer);
        }
        chain.reverse();
        chain
    }
}

/// The newest fix-like landing of a batch.
#[must_use]
pub fn newest_fix(batch: &Batch) -> Option<&Landing> {
    let brought = batch.landings.iter().rev().filter(|landing| landing.commits > 0);
    brought.map(|landing| &landing.landing).find(|landing| landing.is_fix_like())
}

impl Check for FixChain {
    fn gate(&self, facts: &Facts, _at: Instant) -> Gate {
        let Ok(batch) = &facts.batch else { return Gate::Unknown(None) };
        let Some(newest) = newest_fix(batch) else { return Gate::Open };
        if self.may_chain(batch, newest) && self.chain(batch).len() >= self.fixes {
            return Gate::Reject;
        }
        match batch.complete_since {
            Some(since) if since > newest.at - self.within => Gate::Unknown(None),
            _ => Gate::Open,
        }
    }

    fn explain(&self, facts: &Facts, _at: Instant, gate: Gate) -> Explanation {
        let batch = match &facts.batch {
            Ok(batch) => batch,
            Err(missing) => return not_known(missing),
        };
        if matches!(gate, Gate::Unknown(_)) {
            let since = batch.complete_since.map(utc).unwrap_or_default();
            let what = format!("the landings before {since}: a chain may reach back {}", duration::show(self.within));
            return not_known(&Missing::new(what, "run `git fetch --unshallow` (in a workflow: `fetch-depth: 0`)"));
        }
        let chain = self.chain(batch);
        let message = match chain.len() {
            0 => "the batch holds no fix".to_owned(),
            length => format!(
                "a chain of {} on the same files within {}; fewer than {} may be",
                counted(length, "fixlike commit").replace("fixlike", "fix-like"),
                duration::show(self.within),
                self.fixes
            ),
        };
        let remedy = (gate == Gate::Reject).then(|| {
            "stop and find the cause before the next attempt: one tested fix, then an override by those named in the policy, or `--lane hotfix` if it cannot wait".to_owned()
        });
        Explanation { message, remedy, evidence: chain.into_iter().rev().cloned().map(Evidence::Landing).collect() }
    }

    fn asks(&self) -> String {
        format!("fewer than {} fixes of the same files within {}", self.fixes, duration::show(self.within))
    }

    fn lookback(&self) -> Lookback {
        Lookback { landings: self.within, ..Lookback::default() }
    }
}
