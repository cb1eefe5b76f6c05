//! Candidates: the policies that are tried, in steps that a person would take, and their text.

use std::cmp::{Ordering, Reverse};
use std::fmt;

use chrono::TimeDelta;
use chrono_tz::Tz;
use serde_json::{Value as Json, json};

use crate::engine::duration;
use crate::engine::policy::{EnvironmentPolicy, Fetched, Origin, load};
use crate::engine::rules::RuleId;

/// The longest duration that is tried: what waits for longer than a week is no rhythm.
pub(super) const LONGEST: TimeDelta = TimeDelta::days(7);

/// The most deploys that a candidate counts, and the most commits that it gathers.
const MOST: usize = 1_000;

/// One rule of a candidate. Of one kind, the looser numbers come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    NoOverlap,
    /// `max-frequency` by the local day.
    Daily(usize),
    /// `max-frequency` in a sliding time.
    Within(usize, TimeDelta),
    SinceStart(TimeDelta),
    AfterFinish(TimeDelta),
    /// `batch-size`: so many commits, or so long.
    Gather(usize, TimeDelta),
}

impl Part {
    /// The rule and its parameters, as policies are written.
    #[must_use]
    pub fn rule(self) -> (RuleId, Json) {
        let show = duration::show;
        match self {
            Self::NoOverlap => (RuleId::NoOverlap, json!({})),
            Self::Daily(deploys) => (RuleId::MaxFrequency, json!({"deploys": deploys, "per": "day"})),
            Self::Within(deploys, per) => (RuleId::MaxFrequency, json!({"deploys": deploys, "per": show(per)})),
            Self::SinceStart(length) => (RuleId::MinInterval, json!({"since-start": show(length)})),
            Self::AfterFinish(length) => (RuleId::MinInterval, json!({"after-finish": show(length)})),
            Self::Gather(commits, wait) => (RuleId::BatchSize, json!({"min-commits": commits, "max-wait": show(wait)})),
        }
    }
}

impl Ord for Part {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |part: &Self| match *part {
            Self::NoOverlap => (0, Reverse(0), 0, TimeDelta::zero()),
            Self::Daily(deploys) => (1, Reverse(deploys), 0, TimeDelta::zero()),
            Self::Within(deploys, per) => (2, Reverse(deploys), 0, per),
            Self::SinceStart(length) => (3, Reverse(0), 0, length),
            Self::AfterFinish(length) => (4, Reverse(0), 0, length),
            Self::Gather(commits, wait) => (5, Reverse(0), commits, wait),
        };
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Part {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rule, parameters) = self.rule();
        let parameters = parameters.as_object().into_iter().flatten();
        let written: Vec<String> = parameters
            .map(|(key, value)| format!("{key}: {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            .collect();
        write!(out, "{}: {{{}}}", rule.name(), written.join(", "))
    }
}

/// How far one step reaches from a duration: people name round ones, and finer steps would fit one past too closely.
const fn step(seconds: i64) -> i64 {
    match seconds {
        ..60 => 10,
        60..600 => 60,
        600..3_600 => 300,
        3_600..14_400 => 900,
        14_400..86_400 => 3_600,
        _ => 21_600,
    }
}

/// The round duration so many steps longer, or shorter where negative.
fn moved(length: TimeDelta, steps: i32) -> Option<TimeDelta> {
    let mut seconds = length.num_seconds();
    for _ in 0..steps.unsigned_abs() {
        seconds = match steps > 0 {
            true => (seconds / step(seconds) + 1) * step(seconds),
            false => (seconds - 1) / step(seconds - 1) * step(seconds - 1),
        };
    }
    Some(TimeDelta::seconds(seconds)).filter(|length| *length > TimeDelta::zero() && *length <= LONGEST)
}

fn counted(count: usize, steps: i32, least: usize) -> Option<usize> {
    let steps = isize::try_from(steps).ok()?;
    count.checked_add_signed(steps).filter(|count| (least..=MOST).contains(count))
}

impl Part {
    /// The same rule with one parameter so many steps stricter, or looser where negative.
    pub(super) fn moved(self, steps: i32) -> Vec<Self> {
        let some = |part: Option<Self>| part.into_iter().collect();
        match self {
            Self::NoOverlap => Vec::new(),
            Self::Daily(deploys) => some(counted(deploys, -steps, 1).map(Self::Daily)),
            Self::Within(deploys, per) => {
                // One per so long is an interval.
                let fewer = counted(deploys, -steps, 2).map(|deploys| Self::Within(deploys, per));
                fewer.into_iter().chain(moved(per, steps).map(|per| Self::Within(deploys, per))).collect()
            }
            Self::SinceStart(length) => some(moved(length, steps).map(Self::SinceStart)),
            Self::AfterFinish(length) => some(moved(length, steps).map(Self::AfterFinish)),
            Self::Gather(commits, wait) => {
                let more = counted(commits, steps, 2).map(|commits| Self::Gather(commits, wait));
                more.into_iter().chain(moved(wait, steps).map(|wait| Self::Gather(commits, wait))).collect()
            }
        }
    }
}

/// What a policy stands on, whatever its rules.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    pub environment: &'a str,
    pub zone: Tz,
    pub paths: &'a [String],
}

/// A policy that is tried: its rules, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate(Vec<Part>);

impl Candidate {
    pub(super) fn new(parts: impl IntoIterator<Item = Part>) -> Self {
        let mut parts: Vec<Part> = parts.into_iter().collect();
        parts.sort_unstable();
        parts.dedup();
        Self(parts)
    }

    /// Its rules.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    pub(super) fn with(&self, part: Part) -> Self {
        Self::new(self.0.iter().copied().chain([part]))
    }

    fn without(&self, place: usize) -> impl Iterator<Item = Part> {
        let others = self.0.iter().enumerate().filter(move |(other, _)| *other != place);
        others.map(|(_, part)| *part)
    }

    /// Those of which one rule is so many steps stricter, or looser where negative.
    pub(super) fn moved(&self, steps: i32) -> Vec<Self> {
        let all = self.0.iter().enumerate().flat_map(|(place, part)| {
            part.moved(steps).into_iter().map(move |part| Self::new(self.without(place).chain([part])))
        });
        all.collect()
    }

    /// Those that lack one rule.
    pub(super) fn lacking_one(&self) -> impl Iterator<Item = Self> {
        (0..self.0.len()).map(|place| Self::new(self.without(place)))
    }

    /// Those one step looser: a rule dropped, or one parameter loosened.
    #[must_use]
    pub fn looser(&self) -> Vec<Self> {
        self.moved(-1).into_iter().chain(self.lacking_one()).collect()
    }

    /// Its text: what is judged is what is read from it.
    #[must_use]
    pub fn yaml(&self, ground: &Ground<'_>, because: impl Fn(Part) -> String) -> String {
        let mut out = String::from("version: 1\n");
        if self.0.iter().any(|part| matches!(part, Part::Daily(_))) {
            out.push_str(&format!("timezone: {}\n", ground.zone.name()));
        }
        out.push_str(&format!("environments:\n  {}:", plain(ground.environment)));
        if self.0.is_empty() && ground.paths.is_empty() {
            out.push_str(" {}");
        }
        out.push('\n');
        if !ground.paths.is_empty() {
            let paths: Vec<String> = ground.paths.iter().map(|path| quoted(path)).collect();
            out.push_str(&format!("    paths: [{}]\n", paths.join(", ")));
        }
        // What runs at once cannot be undone by leave; how often may be.
        let (hard, soft): (Vec<Part>, Vec<Part>) = self.0.iter().partition(|part| **part == Part::NoOverlap);
        for (level, parts) in [("hard-mandatory", hard), ("soft-mandatory", soft)] {
            if !parts.is_empty() {
                out.push_str(&format!("    {level}:\n"));
            }
            for part in parts {
                out.push_str(&format!("      - {part}\n        because: {}\n", quoted(&because(part))));
            }
        }
        out
    }

    /// What the reader of policies makes of its text.
    pub(super) fn policy(&self, ground: &Ground<'_>) -> Result<EnvironmentPolicy, String> {
        let bytes = self.yaml(ground, |_| String::from("suggested")).into_bytes();
        let top = Fetched { name: "the suggestion".to_owned(), origin: Origin::File, bytes };
        let read = load(top, &mut |name| Err(format!("nothing is called {name} here")));
        let policy = read.map_err(|error| error.to_string())?;
        let unnamed = || format!("no policy can name the environment `{}`", ground.environment);
        policy.environment(ground.environment).ok_or_else(unnamed)
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return out.write_str("no rule");
        }
        let parts: Vec<String> = self.0.iter().map(|part| part.to_string().replace(": {}", "")).collect();
        out.write_str(&parts.join(", "))
    }
}

/// A key as it may stand, in quotes where it must.
fn plain(text: &str) -> String {
    let is_plain = text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-' || letter == '_')
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text);
    if is_plain { text.to_owned() } else { quoted(text) }
}

/// A text in double quotes: JSON's are YAML's.
fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::{Candidate, Ground, LONGEST, Part, moved};
    use chrono::TimeDelta;
    use chrono_tz::Tz;

    const GROUND: Ground<'_> = Ground { environment: "a \"b\": *", zone: Tz::Europe__Paris, paths: &[] };

    #[test]
    fn steps_are_round_and_lead_back() {
        let mut length = TimeDelta::seconds(10);
        while let Some(longer) = moved(length, 1) {
            assert!(longer > length);
            assert_eq!(moved(longer, -1), Some(length));
            length = longer;
        }
        assert_eq!(length, LONGEST);
        assert_eq!(moved(TimeDelta::minutes(37), 1), Some(TimeDelta::minutes(40)));
        assert_eq!(moved(TimeDelta::minutes(37), -1), Some(TimeDelta::minutes(35)));
        assert_eq!(moved(TimeDelta::seconds(10), -1), None);
    }

    #[test]
    fn one_step_looser_lets_go_all_that_the_rule_lets_go() {
        let (hour, minute) = (TimeDelta::hours(1), TimeDelta::minutes(1));
        let parts = [
            Part::Daily(3),
            Part::Within(2, hour),
            Part::SinceStart(hour),
            Part::AfterFinish(minute),
            Part::Gather(3, hour),
        ];
        for part in parts {
            let rule = |part: Part| Candidate::new([part]).policy(&GROUND).expect("valid").rules.remove(0).rule;
            let looser = part.moved(-1);
            assert!(!looser.is_empty(), "{part}");
            for other in looser {
                assert!(rule(part).at_least_as_strict(&rule(other)), "{part} and {other}");
                assert!(!rule(other).at_least_as_strict(&rule(part)), "{part} and {other}");
                assert!(other.moved(1).contains(&part) && other < part, "{part} and {other}");
            }
        }
    }

    #[test]
    fn its_text_is_read_back_as_it_was_meant() {
        let paths = ["api/**".to_owned()];
        let ground = Ground { paths: &paths, ..GROUND };
        let all = Candidate::new([Part::Daily(3), Part::NoOverlap, Part::Gather(2, TimeDelta::minutes(5))]);
        let policy = all.policy(&ground).expect("valid");
        assert_eq!((policy.rules.len(), policy.paths.len()), (3, 1));
        assert_eq!(policy.timezone, Some(Tz::Europe__Paris));
        assert!(Candidate::default().policy(&ground).expect("valid").rules.is_empty());
        assert!(Candidate::default().policy(&GROUND).expect("valid").rules.is_empty());
    }
}
