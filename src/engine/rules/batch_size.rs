//! `batch-size`: enough commits to be worth a rollout, few enough to be understood.

use chrono::TimeDelta;
use serde_json::{Value as Json, json};

use super::{Check, Explanation, count_schema, counted, duration_schema, map_schema, not_known};
use crate::engine::calendar::next_second;
use crate::engine::decision::{Evidence, Gate};
use crate::engine::duration;
use crate::engine::event::{Instant, Precision};
use crate::engine::facts::{Batch, Facts};
use crate::engine::policy::reader::Problems;
use crate::engine::policy::yaml::Yaml;

/// The bounds of a batch.
#[derive(Clone, Debug)]
pub struct BatchSize {
    least: Option<usize>,
    most: Option<usize>,
    max_wait: Option<TimeDelta>,
}

impl BatchSize {
    /// Reads `{min-commits: A, max-commits: B, max-wait: W}`, at least one bound.
    pub fn parse(yaml: &Yaml, problems: &mut Problems) -> Option<Self> {
        let before = problems.0.len();
        let fields = problems.fields(yaml, "batch-size", &["min-commits", "max-commits", "max-wait"])?;
        let mut optional = |key| fields.get(key).and_then(|_| fields.count(problems, key));
        let (least, most) = (optional("min-commits"), optional("max-commits"));
        let max_wait = fields.get("max-wait").and_then(|_| fields.duration(problems, "max-wait"));
        match (least, most, max_wait) {
            (Some(least), Some(most), None) if least > most => {
                problems.add(
                    fields.place,
                    format!("`min-commits` {least} is above `max-commits` {most}"),
                    "no batch could pass: swap them, or add `max-wait`",
                );
            }
            (None, _, Some(_)) => {
                problems.add(fields.place, "`max-wait` without `min-commits` has no meaning", "add `min-commits`");
            }
            (None, None, None) => {
                problems.add(fields.place, "batch-size bounds nothing", "add `min-commits` or `max-commits`");
            }
            _ => {}
        }
        (problems.0.len() == before).then_some(Self { least, most, max_wait })
    }

    /// The JSON Schema of its parameters.
    #[must_use]
    pub fn schema() -> Json {
        let properties = json!({
            "min-commits": count_schema("hold until the batch has so many"),
            "max-commits": count_schema("reject a batch with more"),
            "max-wait": duration_schema("let a small batch go when its oldest commit is that old"),
        });
        let mut schema = map_schema(&[], &properties);
        schema["anyOf"] = json!([{"required": ["min-commits"]}, {"required": ["max-commits"]}]);
        schema
    }

    /// Whether all that it lets go, the other lets go too.
    pub(super) fn at_least_as_strict(&self, other: &Self) -> bool {
        let waits = match (self.max_wait, other.max_wait) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(one), Some(two)) => one >= two,
        };
        let below = match other.least {
            // A batch that is asked about holds a commit: a floor of one holds nothing.
            None | Some(1) => true,
            Some(floor) => self.least.is_some_and(|least| least >= floor) && waits,
        };
        let above = other.most.is_none_or(|ceiling| self.most.is_some_and(|most| most <= ceiling));
        below && above
    }

    /// Whether it asks for more commits than the other allows, however long they wait.
    pub(super) fn excludes(&self, other: &Self) -> bool {
        self.max_wait.is_none() && self.least.zip(other.most).is_some_and(|(least, most)| least > most)
    }

    /// Its parameters, as they are read.
    pub(super) fn parameters(&self) -> Json {
        let bounds = [
            ("min-commits", self.least.map(Json::from)),
            ("max-commits", self.most.map(Json::from)),
            ("max-wait", self.max_wait.map(|wait| duration::show(wait).into())),
        ];
        Json::Object(bounds.into_iter().filter_map(|(key, bound)| bound.map(|bound| (key.to_owned(), bound))).collect())
    }

    /// The most commits that may go together.
    pub(crate) const fn most(&self) -> Option<usize> {
        self.most
    }

    fn judge(&self, batch: &Batch, at: Instant) -> Gate {
        let size = batch.size();
        if size == 0 || batch.base.is_none() {
            return Gate::Open;
        }
        if self.most.is_some_and(|most| size > most) {
            return Gate::Reject;
        }
        if self.least.is_none_or(|least| size >= least) {
            return Gate::Open;
        }
        let due = self.max_wait.zip(batch.oldest()).map(|(wait, oldest)| oldest.at + wait);
        match due {
            None => Gate::Shut,
            Some(due) if due <= at => Gate::Open,
            Some(due) => Gate::Until(due),
        }
    }
}

impl Check for BatchSize {
    fn gate(&self, facts: &Facts, at: Instant) -> Gate {
        facts.batch.as_ref().map_or(Gate::Unknown(None), |batch| self.judge(batch, at))
    }

    fn explain(&self, facts: &Facts, at: Instant, gate: Gate) -> Explanation {
        let batch = match &facts.batch {
            Ok(batch) => batch,
            Err(missing) => return not_known(missing),
        };
        let size = batch.size();
        let Some(base) = &batch.base else {
            return Explanation {
                message: "nothing was shipped before, so there is no batch to measure".to_owned(),
                ..Explanation::default()
            };
        };
        let wanted = match gate {
            Gate::Reject => self.most.map(|most| format!(", and at most {most} may go together")),
            Gate::Until(_) | Gate::Shut => self.least.map(|least| format!(", and {least} are wanted")),
            Gate::Open | Gate::Unknown(_) => None,
        };
        let wanted = wanted.unwrap_or_default();
        let mut message = format!("{} since {}, the last success{wanted}", counted(size, "commit"), base.short());
        if let Some(oldest) = batch.oldest() {
            let about = if oldest.precision == Precision::Guessed { " by its commit date" } else { "" };
            message.push_str(&format!("; the oldest landed {} ago{about}", duration::show(at - oldest.at)));
        }
        let remedy = match gate {
            Gate::Reject => Some(match batch.newest_within(self.most.unwrap_or(usize::MAX)) {
                Some(fitting) => format!(
                    "deploy {} first, the newest commit whose batch fits: `--commit {}`",
                    fitting.commit.short(),
                    fitting.commit
                ),
                None => "its first landing alone is over the limit: ask those named in the policy for an override"
                    .to_owned(),
            }),
            Gate::Until(until) => Some(format!("wait for more to land, or until {}", next_second(until))),
            Gate::Shut => Some(format!("wait until {} have gathered", counted(self.least.unwrap_or(1), "commit"))),
            Gate::Open | Gate::Unknown(_) => None,
        };
        let newest = batch.landings.iter().rev().filter(|landing| landing.commits > 0).take(super::MOST_EVIDENCE);
        Explanation {
            message,
            remedy,
            evidence: newest.map(|landing| Evidence::Landing(landing.landing.clone())).collect(),
        }
    }

    fn asks(&self) -> String {
        let least = self.least.map(|least| match self.max_wait {
            Some(wait) => format!("at least {}, or {} of waiting", counted(least, "commit"), duration::show(wait)),
            None => format!("at least {}", counted(least, "commit")),
        });
        let most = self.most.map(|most| format!("at most {}", counted(most, "commit")));
        format!("a batch of {}", [least, most].into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}
