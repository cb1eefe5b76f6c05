//! The past that a replay judges: the pushes of a span, and the rules as far as the past tells their facts.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::{Subject, calendars};
use crate::engine::calendar::utc;
use crate::engine::event::{Instant, Landing};
use crate::engine::facts::{Busy, Known, Missing};
use crate::engine::policy::EnvironmentPolicy;
use crate::engine::rhythm::Trunk;
use crate::engine::rules::{Rule, RuleId};
use crate::sources::git::{Clock, PathFilter, TrunkHistory};

/// What is said where pushes are left out by `paths`.
pub const ALL_COUNT: &str = "of the pushes that touch `paths`, all commits are counted";

/// The pushes of a span, oldest first, and how many commits each one brought.
#[derive(Clone, Debug, Default)]
pub struct Pushed {
    pub landings: Vec<Landing>,
    pub commits: Vec<u32>,
    /// The branch that they landed on.
    pub branch: String,
    pub notes: Vec<String>,
}

impl Pushed {
    /// Leaves out what fails a test.
    pub fn retain(&mut self, keep: impl FnMut(&Landing) -> bool) {
        let kept: Vec<bool> = self.landings.iter().map(keep).collect();
        let mut flags = kept.iter();
        self.landings.retain(|_| flags.next().copied().unwrap_or_default());
        let mut flags = kept.iter();
        self.commits.retain(|_| flags.next().copied().unwrap_or_default());
    }
}

impl Subject {
    /// Every landing on the default branch that is known at the instant judged.
    ///
    /// # Errors
    ///
    /// Names what is missing where they cannot be read.
    pub fn whole_trunk(&self, notes: &mut Vec<String>) -> Known<Trunk> {
        let branch = self.branch.as_ref().map_err(Clone::clone)?;
        let TrunkHistory { mut landings, mut batches, complete_since, .. } = self.repo.trunk_history(&branch.tip)?;
        let now = self.now.instant;
        let known = landings.partition_point(|landing| landing.at <= now);
        let later = landings.len() - known;
        match self.now.clock {
            Clock::Asked => {
                landings.truncate(known);
                batches.truncate(known);
            }
            Clock::Machine if later > 0 => {
                notes.push(format!("{later} landings are dated later than now, and count as landing now"));
                landings[known..].iter_mut().for_each(|landing| landing.at = now);
            }
            Clock::Machine => {}
        }
        Ok(Trunk { landings, commits: batches, complete_since })
    }

    /// The pushes to the default branch since an instant, up to the one judged.
    ///
    /// # Errors
    ///
    /// Names what is missing where they cannot be read.
    pub fn past(&self, since: Option<Instant>) -> Known<Pushed> {
        let mut notes = Vec::new();
        let Trunk { landings, commits, complete_since } = self.whole_trunk(&mut notes)?;
        let newest = landings.last().map(|landing| landing.at);
        let branch = self.branch.as_ref().map(|branch| branch.name.clone()).unwrap_or_default();
        let mut past = Pushed { landings, commits, branch, notes };
        past.retain(|landing| since.is_none_or(|since| landing.at >= since));
        if let Some(newest) = newest.filter(|_| past.landings.is_empty()) {
            past.notes.push(format!("the newest push is of {}", utc(newest)));
        }
        if let Some(cut) = complete_since.filter(|cut| since.is_none_or(|since| since < *cut)) {
            past.notes.push(format!(
                "pushes before {} are not here: the clone is shallow; run `git fetch --unshallow` (in a workflow: `fetch-depth: 0`)",
                utc(cut)
            ));
        }
        past.notes.extend(self.branch_note());
        Ok(past)
    }

    /// A policy with the rules that the governance file adds to it.
    pub fn with_adopted(&self, policy: EnvironmentPolicy, notes: &mut Vec<String>) -> EnvironmentPolicy {
        self.adopt(policy, notes).0
    }

    /// For each landing, whether it touches one of an environment's paths; all do where there are none.
    ///
    /// # Errors
    ///
    /// Names what is missing where a push cannot be compared with the one before.
    pub fn touching(&self, landings: &[Landing], paths: &[String], mut tick: impl FnMut(usize)) -> Known<Vec<bool>> {
        if paths.is_empty() {
            return Ok(vec![true; landings.len()]);
        }
        let filter = PathFilter::new(paths).map_err(|error| Missing::new(error.to_string(), "mend `paths`"))?;
        let touches = |(index, landing): (usize, &Landing)| {
            tick(index);
            let touches = self.repo.touches(&landing.commit, &filter);
            touches.map_err(|error| Missing::new(error.to_string(), "git fetch --refetch"))
        };
        landings.iter().enumerate().map(touches).collect()
    }

    /// Leaves out the pushes that touch none of an environment's paths.
    ///
    /// # Errors
    ///
    /// Names what is missing where a push cannot be compared with the one before.
    pub fn within_paths(&self, past: &mut Pushed, paths: &[String], tick: impl FnMut(usize)) -> Known<()> {
        if paths.is_empty() {
            return Ok(());
        }
        let mut touching = self.touching(&past.landings, paths, tick)?.into_iter();
        past.retain(|_| touching.next().unwrap_or_default());
        past.notes.push(ALL_COUNT.to_owned());
        Ok(())
    }

    /// Tells what rules about chains of fixes look at: the subjects, and the files of the fixes that may make a chain.
    ///
    /// # Errors
    ///
    /// Names what is missing where a commit cannot be read.
    pub fn tell_fixes(&self, past: &mut Pushed, policy: &EnvironmentPolicy, mut tick: impl FnMut(usize)) -> Known<()> {
        // What only advises holds nothing, and looks at nothing.
        let binding = || policy.rules.iter().filter(|entry| entry.level.is_mandatory());
        if !binding().any(|entry| entry.rule.id() == RuleId::FixChain) {
            return Ok(());
        }
        for (index, landing) in past.landings.iter_mut().enumerate() {
            landing.subject = self.repo.subject(&landing.commit).ok_or_else(|| {
                Missing::new(format!("the subject of {}", landing.commit.short()), "git fetch --refetch")
            })?;
            tick(index);
        }
        let chains = binding().filter_map(|entry| match &entry.rule {
            Rule::FixChain(chain) => Some((chain.fixes(), entry.rule.check().lookback().landings)),
            _ => None,
        });
        let fixlike: Vec<usize> =
            (0..past.landings.len()).filter(|index| past.landings[*index].is_fix_like()).collect();
        for (length, within) in chains {
            // Where fewer come together than make a chain, nobody asks what they touch.
            let mut near = vec![false; fixlike.len()];
            for last in length.saturating_sub(1)..fixlike.len() {
                let first = last + 1 - length;
                let apart = past.landings[fixlike[last]].at - past.landings[fixlike[first]].at;
                if apart <= within {
                    near[first..=last].fill(true);
                }
            }
            for (place, _) in fixlike.iter().zip(&near).filter(|(_, near)| **near) {
                let landing = &mut past.landings[*place];
                if landing.files.is_empty() {
                    let files = self.repo.files(&landing.commit);
                    landing.files = files.map_err(|error| Missing::new(error.to_string(), "git fetch --refetch"))?;
                }
            }
        }
        Ok(())
    }

    /// The calendars that a policy names, from the beginning of a span to as long after its end as judging looks.
    #[must_use]
    pub fn past_calendars(
        &self,
        policy: &EnvironmentPolicy,
        from: Instant,
        to: Instant,
    ) -> BTreeMap<String, Known<Busy>> {
        calendars::busy(&calendars::between(Some(&self.repo), &self.found.home, policy, from - TimeDelta::days(2), to))
    }
}
