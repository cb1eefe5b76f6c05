//! `deployment-window`: the local hours in which deploys may start.

use chrono_tz::Tz;
use serde_json::{Value as Json, json};

use super::freeze::Freeze;
use super::{Check, Explanation, days_schema, map_schema, time_schema};
use crate::engine::calendar::{DaySet, HORIZON, Weekly, utc};
use crate::engine::decision::{Evidence, Gate};
use crate::engine::event::Instant;
use crate::engine::facts::Facts;
use crate::engine::policy::reader::Problems;
use crate::engine::policy::yaml::{Value, Yaml};
use crate::engine::week::{self, Clocks};

/// One or several weekly windows.
#[derive(Clone, Debug)]
pub struct DeploymentWindow {
    windows: Vec<Weekly>,
    pub(super) zone: Option<Tz>,
}

impl DeploymentWindow {
    /// Reads `{days, from, to}` or a list of them.
    pub fn parse(yaml: &Yaml, problems: &mut Problems) -> Option<Self> {
        let windows = match &yaml.value {
            Value::List(items) if items.is_empty() => {
                problems.add(
                    yaml.place,
                    "deployment-window lists no window",
                    "add `{days: mon-fri, from: \"09:00\", to: \"17:00\"}`",
                );
                return None;
            }
            Value::List(items) => {
                items.iter().map(|item| weekly(item, "a deployment-window", problems)).collect::<Option<_>>()?
            }
            _ => vec![weekly(yaml, "deployment-window", problems)?],
        };
        Some(Self { windows, zone: None })
    }

    /// The JSON Schema of its parameters.
    #[must_use]
    pub fn schema() -> Json {
        let window = weekly_schema(&json!({}));
        json!({"oneOf": [window, {"type": "array", "minItems": 1, "items": window}]})
    }

    /// Whether all that it lets go, the other lets go too.
    pub(super) fn at_least_as_strict(&self, other: &Self) -> bool {
        let inside = self.zone_or_utc() == other.zone_or_utc() && week::covers(&other.windows, &self.windows);
        inside || week::covers_week(&other.windows)
    }

    /// Whether it lets go all that a freeze lets go: the two leave no gap in the week.
    pub(super) fn allows_all_outside(&self, freeze: &Freeze) -> bool {
        freeze.weekly().is_some_and(|(frozen, zone)| {
            let all: Vec<Weekly> = self.windows.iter().copied().chain([frozen]).collect();
            zone == self.zone_or_utc() && week::covers_week(&all)
        })
    }

    /// Whether no window of one opens in a window of the other.
    pub(super) fn excludes(&self, other: &Self) -> bool {
        self.zone_or_utc() == other.zone_or_utc() && week::apart(&self.windows, &other.windows, Clocks::Steady)
    }

    /// Its windows and their zone.
    pub(in crate::engine) fn windows(&self) -> (&[Weekly], Tz) {
        (&self.windows, self.zone_or_utc())
    }

    /// Its parameters, as they are read.
    pub(super) fn parameters(&self) -> Json {
        match &self.windows[..] {
            [only] => weekly_parameters(only),
            several => several.iter().map(weekly_parameters).collect(),
        }
    }

    fn zone_or_utc(&self) -> Tz {
        self.zone.unwrap_or(Tz::UTC)
    }

    /// The window that is open at an instant, or the next to open.
    fn nearest(&self, at: Instant) -> Option<(&Weekly, Instant, Instant)> {
        let first = |window: &'_ Weekly| window.from_instant(self.zone_or_utc(), at).next();
        let coming = self.windows.iter().filter_map(|window| first(window).map(|(from, to)| (window, from, to)));
        coming.min_by_key(|(_, from, _)| (*from).max(at)).filter(|(_, from, _)| *from <= at + HORIZON)
    }
}

/// Reads `{days, from, to}`.
pub(super) fn weekly(yaml: &Yaml, of: &str, problems: &mut Problems) -> Option<Weekly> {
    let fields = problems.fields(yaml, of, &["days", "from", "to", "because"])?;
    let days = match fields.get("days") {
        Some(value) => problems.days(value, &fields.name("days")),
        None => Some(DaySet::ALL),
    };
    let mut time = |key| fields.need(problems, key).and_then(|value| problems.time_of_day(value, &fields.name(key)));
    let (from, to) = (time("from"), time("to"));
    let (days, from, to) = (days?, from?, to?);
    if from == to {
        problems.add(
            fields.place,
            format!("{of} ends when it starts, at {from}"),
            "for the whole day write `from: \"00:00\", to: \"24:00\"`",
        );
        return None;
    }
    if from.is_midnight_after() {
        problems.add(
            fields.place,
            format!("{of} starts at 24:00"),
            "24:00 is allowed as `to` only: start at \"00:00\" of the next day",
        );
        return None;
    }
    Some(Weekly { days, from, to })
}

/// The keys of a weekly span.
pub(super) fn weekly_parameters(weekly: &Weekly) -> Json {
    let mut keys = json!({"from": weekly.from.to_string(), "to": weekly.to.to_string()});
    if weekly.days != DaySet::ALL {
        let days = weekly.days.to_string();
        keys["days"] = match days.split_once(", ") {
            None => days.into(),
            Some(_) => days.split(", ").collect(),
        };
    }
    keys
}

/// The JSON Schema of a weekly span, with more properties where a rule has them.
pub(super) fn weekly_schema(more: &Json) -> Json {
    let mut properties = json!({"days": days_schema(), "from": time_schema("local time of day"), "to": time_schema("before `from`: the next day"), "because": {"type": "string"}});
    if let (Json::Object(properties), Json::Object(more)) = (&mut properties, more) {
        properties.extend(more.clone());
    }
    map_schema(&["from", "to"], &properties)
}

impl Check for DeploymentWindow {
    fn gate(&self, _facts: &Facts, at: Instant) -> Gate {
        match self.nearest(at) {
            Some((_, from, _)) if from <= at => Gate::Open,
            Some((_, from, _)) => Gate::Until(from),
            None => Gate::Shut,
        }
    }

    fn explain(&self, _facts: &Facts, at: Instant, gate: Gate) -> Explanation {
        let zone = self.zone_or_utc();
        let local = at.with_timezone(&zone).format("%a %H:%M");
        let nearest = self.nearest(at);
        let evidence = nearest.iter().map(|(window, from, to)| Evidence::Span {
            name: format!("window {window} ({zone})"),
            from: *from,
            to: *to,
        });
        let (message, remedy) = match (gate, nearest) {
            (Gate::Open, Some((window, _, to))) => {
                (format!("{local} in {zone} lies in {window}, open until {}", utc(to)), None)
            }
            (_, Some((window, from, _))) => (
                format!("{local} in {zone} lies in no window; next is {window}"),
                Some(format!("wait until {}", utc(from))),
            ),
            (_, None) => {
                ("no window opens in the next 400 days".to_owned(), Some("change the windows in the policy".to_owned()))
            }
        };
        Explanation { message, remedy, evidence: evidence.collect() }
    }

    fn asks(&self) -> String {
        let windows = self.windows.iter().map(Weekly::to_string).collect::<Vec<_>>().join("; ");
        format!("only {windows} ({})", self.zone_or_utc())
    }
}
