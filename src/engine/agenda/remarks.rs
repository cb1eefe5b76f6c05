//! What is odd about the windows and freezes of a policy: what never opens, what is over, what daylight saving changes.

use super::{Agenda, Span};
use crate::engine::calendar::{HORIZON, days_of, utc};
use crate::engine::decision::Gate;
use crate::engine::event::Instant;
use crate::engine::facts::Facts;
use crate::engine::rules::Rule;

/// How much a remark weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Nothing is ever deployed, or a part of the policy does nothing.
    Warning,
    Note,
}

impl Weight {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Something odd about a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub weight: Weight,
    /// An index of [`Agenda::rules`].
    pub rule: usize,
    pub text: String,
    /// Whether it is about a day on which the clocks change.
    pub irregular: bool,
}

impl Agenda<'_> {
    /// What is odd about the 400 days after an instant; calendars are known for as long again, to tell whether they end.
    #[must_use]
    pub fn remarks(&self, facts: &Facts, at: Instant) -> Vec<Remark> {
        let end = self.to.min(at + HORIZON);
        let mut remarks = Vec::new();
        let unknown: Vec<usize> = (0..self.rules.len())
            .filter(|rule| matches!(self.rules[*rule].rule.check().gate(facts, at), Gate::Unknown(_)))
            .collect();
        for (rule, entry) in self.rules.iter().enumerate() {
            let mut say = |weight, text| remarks.push(Remark { weight, rule, text, irregular: false });
            let Rule::Freeze(freeze) = &entry.rule else { continue };
            if let Some((_, over)) = freeze.dates().filter(|(_, to)| *to <= at) {
                say(Weight::Note, format!("it is over since {}: remove it, or give it new dates", utc(over)));
            }
            let Some((path, _)) = freeze.calendar() else { continue };
            match facts.calendars.get(path) {
                Some(Ok(busy)) => match busy.last().map(|(_, to)| *to) {
                    Some(last) if last > end => {}
                    Some(last) if last > at => {
                        let text = format!("{path} names nothing after {}: add what comes later", utc(last));
                        say(Weight::Note, text);
                    }
                    _ => say(Weight::Note, format!("{path} freezes nothing in the next 400 days: add what is to come")),
                },
                Some(Err(missing)) => {
                    say(Weight::Warning, format!("not known, and shut until it is: {missing}"));
                }
                None => {}
            }
        }
        // Where a calendar cannot be read, nothing is said about what it may leave open.
        if unknown.is_empty() {
            match self.between(at, end).iter().any(Span::is_open) {
                true => remarks.extend(self.useless(at, end)),
                false => remarks.extend(self.never(at, end)),
            }
        }
        for one in self.irregular(at, end).into_iter().filter(|one| self.is_window(one.rule)) {
            let text = format!("{}: {}", one.day.format("%a %Y-%m-%d"), one.words());
            remarks.push(Remark { weight: Weight::Note, rule: one.rule, text, irregular: true });
        }
        remarks.sort_by_key(|one| one.rule);
        remarks
    }

    fn is_window(&self, rule: usize) -> bool {
        matches!(self.rules[rule].rule, Rule::DeploymentWindow(_))
    }

    /// A rule as others name it: `freeze (policy.yml:12)`.
    fn name(&self, rule: usize) -> String {
        let (entry, source) = (self.rules[rule], self.source(rule));
        format!("{} ({}:{})", entry.rule.id().name(), source.file, source.line)
    }

    /// Who keeps everything shut.
    fn never(&self, at: Instant, end: Instant) -> Vec<Remark> {
        let warn = |rule, text| Remark { weight: Weight::Warning, rule, text, irregular: false };
        let spans = self.between(at, end);
        let in_window: Vec<_> = spans.iter().filter(|span| !span.by.iter().any(|rule| self.is_window(*rule))).collect();
        let covers = |rule: &usize| in_window.iter().all(|span| span.by.contains(rule));
        let freezes: Vec<usize> = (0..self.rules.len()).filter(|rule| !self.is_window(*rule)).filter(covers).collect();
        if !in_window.is_empty() && !freezes.is_empty() {
            let text = "it covers every opening of the next 400 days: nothing can be deployed";
            return freezes.into_iter().map(|rule| warn(rule, text.to_owned())).collect();
        }
        if let Some(rule) = (0..self.rules.len()).find(|rule| spans.iter().all(|span| span.by.contains(rule))) {
            return vec![warn(rule, "it opens at no time of the next 400 days: nothing can be deployed".to_owned())];
        }
        let mut shutting: Vec<usize> = spans.iter().flat_map(|span| span.by.iter().copied()).collect();
        shutting.sort_unstable();
        shutting.dedup();
        let Some((last, others)) = shutting.split_last() else { return Vec::new() };
        let others: Vec<String> = others.iter().take(5).map(|rule| self.name(*rule)).collect();
        let text = format!(
            "together with {} it leaves no opening in the next 400 days: nothing can be deployed (windows in one list are alternatives; two rules must both be open)",
            others.join(", ")
        );
        vec![warn(*last, text)]
    }

    /// The windows that never let anything go, though others do.
    fn useless(&self, at: Instant, end: Instant) -> Vec<Remark> {
        let mut remarks = Vec::new();
        for (rule, entry) in self.rules.iter().enumerate() {
            let Rule::DeploymentWindow(window) = &entry.rule else { continue };
            let (windows, zone) = window.windows();
            for one in windows {
                let within = |(from, to): (Instant, Instant)| self.between(from.max(at), to.min(end));
                let spans: Vec<_> =
                    days_of(zone, at, end).filter_map(|day| one.on(zone, day)).flat_map(within).collect();
                if spans.iter().any(Span::is_open) {
                    continue;
                }
                let always = |other: &usize| *other != rule && spans.iter().all(|span| span.by.contains(other));
                let by = (0..self.rules.len()).find(always).filter(|_| !spans.is_empty());
                let by = by.map_or_else(String::new, |other| format!(": {} is shut then", self.name(other)));
                let text = format!("the window `{one}` never opens in the next 400 days{by}");
                remarks.push(Remark { weight: Weight::Warning, rule, text, irregular: false });
            }
        }
        remarks
    }
}
