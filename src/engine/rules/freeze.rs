//! `freeze`: no deploys between two dates, at certain hours of the week, or as a calendar file says.

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde_json::{Value as Json, json};

use super::deployment_window::{DeploymentWindow, weekly, weekly_parameters, weekly_schema};
use super::{Check, Explanation, map_schema, not_known};
use crate::engine::calendar::{HORIZON, Weekly, end_of_day, next_second, second, start_of_day, utc};
use crate::engine::decision::{Evidence, Gate};
use crate::engine::event::{Instant, parse_instant};
use crate::engine::facts::{Facts, Known, Missing};
use crate::engine::policy::reader::Problems;
use crate::engine::policy::yaml::{Value, Yaml};
use crate::engine::week::{self, Clocks};

/// A time without deploys.
#[derive(Clone, Debug)]
pub struct Freeze {
    span: Span,
    zone: Option<Tz>,
}

#[derive(Clone, Debug)]
enum Span {
    Dated {
        from: Edge,
        to: Edge,
    },
    Weekly(Weekly),
    Calendar {
        path: String,
    },
    /// Until somebody ends it, in this way.
    Standing {
        from: Instant,
        end: String,
    },
    /// Whether anybody froze it is not known.
    Unknown(Missing),
}

/// One end of a dated freeze.
#[derive(Clone, Copy, Debug)]
enum Edge {
    Day(NaiveDate),
    Instant(Instant),
}

impl Edge {
    /// For people: to the second.
    fn said(self) -> String {
        match self {
            Self::Day(day) => day.to_string(),
            Self::Instant(instant) => second(instant),
        }
    }

    fn show(self) -> String {
        match self {
            Self::Day(day) => day.to_string(),
            Self::Instant(instant) => utc(instant),
        }
    }
}

impl Freeze {
    /// Reads `{from, to}` of dates or instants, `{days, from, to}` weekly, or `{ics: PATH}`.
    pub fn parse(yaml: &Yaml, problems: &mut Problems) -> Option<Self> {
        let fields = problems.fields(yaml, "freeze", &["from", "to", "days", "ics"])?;
        let is_time = |value: &Yaml| matches!(&value.value, Value::Text(text) if text.contains(':') && text.len() <= 8);
        let span = if let Some(path) = fields.get("ics") {
            for key in ["from", "to", "days"] {
                if let Some(value) = fields.get(key) {
                    problems.add(value.place, format!("`{key}` beside `ics`"), "write two freezes, one of each");
                }
            }
            let text = problems.text(path, "`ics` of freeze")?;
            problems.inside(path, &text, "name a calendar file of the repository");
            Span::Calendar { path: text }
        } else if fields.get("days").is_some() || fields.get("from").is_some_and(is_time) {
            Span::Weekly(weekly(yaml, "freeze", problems)?)
        } else {
            let mut edge = |key| fields.need(problems, key).and_then(|value| edge(value, key, problems));
            let (from, to) = (edge("from"), edge("to"));
            let (from, to) = (from?, to?);
            let backwards = match (from, to) {
                (Edge::Day(from), Edge::Day(to)) => to < from,
                (Edge::Instant(from), Edge::Instant(to)) => to <= from,
                (Edge::Day(from), Edge::Instant(to)) => to.date_naive() < from,
                (Edge::Instant(from), Edge::Day(to)) => to < from.date_naive(),
            };
            if backwards {
                problems.add(
                    fields.place,
                    format!("the freeze ends at {} before it starts at {}", to.show(), from.show()),
                    "swap `from` and `to`",
                );
                return None;
            }
            Span::Dated { from, to }
        };
        Some(Self { span, zone: None })
    }

    /// One between two instants, which stands in no policy.
    #[must_use]
    pub const fn between(from: Instant, to: Instant) -> Self {
        Self { span: Span::Dated { from: Edge::Instant(from), to: Edge::Instant(to) }, zone: None }
    }

    /// One that stands in no policy and that somebody has to end: `end` says how.
    #[must_use]
    pub const fn standing(from: Instant, end: String) -> Self {
        Self { span: Span::Standing { from, end }, zone: None }
    }

    /// One of which nobody knows whether it holds.
    #[must_use]
    pub const fn unknown(missing: Missing) -> Self {
        Self { span: Span::Unknown(missing), zone: None }
    }

    /// The JSON Schema of its parameters.
    #[must_use]
    pub fn schema() -> Json {
        let edge = |description: &str| json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}", "description": description});
        let because = json!({"type": "string"});
        let dated = json!({"from": edge("a date (its first instant, local) or an RFC 3339 instant"), "to": edge("a date (to the end of that day, local) or an instant"), "because": because});
        json!({"oneOf": [
            map_schema(&["from", "to"], &dated),
            weekly_schema(&json!({"because": because})),
            map_schema(&["ics"], &json!({"ics": {"type": "string", "description": "a calendar file of the repository"}, "because": because})),
        ]})
    }

    pub(super) const fn zone(&mut self) -> Option<&mut Option<Tz>> {
        match &self.span {
            Span::Dated { from: Edge::Instant(_), to: Edge::Instant(_) } => None,
            _ => Some(&mut self.zone),
        }
    }

    /// The calendar file that it reads, and in which zone, where it reads one.
    #[must_use]
    pub fn calendar(&self) -> Option<(&str, Tz)> {
        match &self.span {
            Span::Calendar { path } => Some((path, self.zone_or_utc())),
            _ => None,
        }
    }

    /// Whether it shuts certain dates rather than hours of every week.
    #[must_use]
    pub const fn is_dated(&self) -> bool {
        !matches!(self.span, Span::Weekly(_))
    }

    /// Whether all that it lets go, the other lets go too.
    pub(super) fn at_least_as_strict(&self, other: &Self) -> bool {
        let same_zone = self.zone_or_utc() == other.zone_or_utc();
        match (&self.span, &other.span) {
            (Span::Weekly(one), Span::Weekly(two)) => same_zone && week::covers(&[*one], &[*two]),
            (Span::Calendar { path: one }, Span::Calendar { path: two }) => same_zone && one == two,
            (Span::Dated { .. }, Span::Dated { .. }) => {
                let (one, two) = (self.dates(), other.dates());
                one.zip(two).is_some_and(|((from, to), (start, end))| from <= start && end <= to)
            }
            _ => false,
        }
    }

    /// Whether it lets go all that windows let go: none of them opens in it.
    pub(super) fn allows_all_within(&self, window: &DeploymentWindow) -> bool {
        let (windows, zone) = window.windows();
        let clocks = if zone == Tz::UTC { Clocks::Steady } else { Clocks::TurnedBack };
        self.weekly().is_some_and(|(frozen, own)| own == zone && week::apart(windows, &[frozen], clocks))
    }

    /// Whether every window lies in it.
    pub(super) fn hides(&self, window: &DeploymentWindow) -> bool {
        let (windows, zone) = window.windows();
        self.weekly().is_some_and(|(frozen, own)| own == zone && week::covers(&[frozen], windows))
    }

    /// Its weekly span and the zone of that, where it has one.
    pub(in crate::engine) fn weekly(&self) -> Option<(Weekly, Tz)> {
        match &self.span {
            Span::Weekly(weekly) => Some((*weekly, self.zone_or_utc())),
            _ => None,
        }
    }

    /// Its parameters, as they are read.
    pub(super) fn parameters(&self) -> Json {
        match &self.span {
            Span::Dated { from, to } => json!({"from": from.show(), "to": to.show()}),
            Span::Weekly(weekly) => weekly_parameters(weekly),
            Span::Calendar { path } => json!({"ics": path}),
            Span::Standing { from, .. } => json!({"from": utc(*from)}),
            Span::Unknown(missing) => json!({"unknown": missing.what}),
        }
    }

    /// The instants between which it holds, where it has dates.
    pub(in crate::engine) fn dates(&self) -> Option<(Instant, Instant)> {
        let Span::Dated { from, to } = &self.span else { return None };
        let zone = self.zone_or_utc();
        let from = match *from {
            Edge::Day(day) => start_of_day(zone, day),
            Edge::Instant(instant) => Some(instant),
        };
        let to = match *to {
            Edge::Day(day) => end_of_day(zone, day),
            Edge::Instant(instant) => Some(instant),
        };
        from.zip(to)
    }

    fn zone_or_utc(&self) -> Tz {
        self.zone.unwrap_or(Tz::UTC)
    }

    /// The frozen span that an instant lies in.
    fn around(&self, facts: &Facts, at: Instant) -> Known<Option<(Instant, Instant)>> {
        let zone = self.zone_or_utc();
        let span = match &self.span {
            Span::Dated { .. } => self.dates(),
            Span::Weekly(weekly) => weekly.from_instant(zone, at).next(),
            Span::Calendar { path } => match facts.calendars.get(path) {
                Some(Ok(busy)) => busy.get(busy.partition_point(|(_, to)| *to <= at)).copied(),
                Some(Err(missing)) => return Err(missing.clone()),
                None => return Err(Missing::new(format!("the calendar {path}"), "add the file to the repository")),
            },
            Span::Standing { from, .. } => Some((*from, Instant::MAX_UTC)),
            Span::Unknown(missing) => return Err(missing.clone()),
        };
        Ok(span.filter(|(from, to)| *from <= at && at < *to))
    }

    /// When the span around an instant and all that follow without a gap are over; `None` where that does not end.
    fn thaw(&self, facts: &Facts, at: Instant) -> Known<Option<Instant>> {
        let mut end = at;
        while let Some((_, to)) = self.around(facts, end)? {
            // A dated freeze has one end; those that come back may never leave a gap.
            if end > at + HORIZON || to == Instant::MAX_UTC {
                return Ok(None);
            }
            end = to;
        }
        Ok(Some(end))
    }
}

fn edge(yaml: &Yaml, key: &str, problems: &mut Problems) -> Option<Edge> {
    let text = match &yaml.value {
        Value::Text(text) => text.as_str(),
        _ => "",
    };
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        && text.len() == 10
        && (1970..=9990).contains(&chrono::Datelike::year(&day))
    {
        return Some(Edge::Day(day));
    }
    if let Some(instant) = parse_instant(text) {
        return Some(Edge::Instant(instant));
    }
    let fix = "write a date such as 2026-12-24, an instant such as 2026-12-24T18:00:00Z, or a time of day in quotes for a weekly freeze";
    problems.add(
        yaml.place,
        format!("`{key}` of freeze is {}, neither a date nor an instant", yaml.value.describe()),
        fix,
    );
    None
}

impl Check for Freeze {
    fn gate(&self, facts: &Facts, at: Instant) -> Gate {
        match self.thaw(facts, at) {
            Err(_) => Gate::Unknown(None),
            Ok(Some(end)) if end == at => Gate::Open,
            Ok(Some(end)) => Gate::Until(end),
            Ok(None) => Gate::Shut,
        }
    }

    fn explain(&self, facts: &Facts, at: Instant, gate: Gate) -> Explanation {
        let span = match self.around(facts, at) {
            Ok(span) => span,
            Err(missing) => return not_known(&missing),
        };
        let Some((from, to)) = span else {
            return Explanation { message: "no freeze at this time".to_owned(), ..Explanation::default() };
        };
        let wait = gate.until().map(|until| format!("wait until {}", next_second(until)));
        let (remedy, evidence) = match &self.span {
            Span::Standing { end, .. } => (end.clone(), Vec::new()),
            _ => (
                wait.unwrap_or_else(|| "the freeze has no end within 400 days: change it in the policy".to_owned()),
                vec![Evidence::Span { name: self.asks(), from, to }],
            ),
        };
        Explanation { message: format!("frozen since {}", second(from)), remedy: Some(remedy), evidence }
    }

    fn asks(&self) -> String {
        match &self.span {
            Span::Dated { from, to } => format!("no deploys from {} to {}", from.said(), to.said()),
            Span::Weekly(weekly) => format!("no deploys {weekly} ({})", self.zone_or_utc()),
            Span::Calendar { path } => format!("no deploys while {path} says so ({})", self.zone_or_utc()),
            Span::Standing { from, .. } => format!("no deploys from {} until somebody ends it", second(*from)),
            Span::Unknown(_) => "no deploys while somebody's freeze lasts".to_owned(),
        }
    }
}
