//! When: hours, days, dates and freezes.

use super::clause::{Clause, Found, object_of};
use super::pattern::patterns;
use super::times::{self, Span, Times, Zone};
use super::vocabulary::{self as v, Classes};
use crate::governance::directive::{Kind, Object, Polarity};

const ACTS: Classes = v::DEPLOY.with(v::PUSH).with(v::RELEASE).with(v::MERGE);

patterns! {
    ALLOWS = [
        "only", "@deploy|@push|@merge|@release|windows|window ..2 : ", "@deploy|@release|@push|@merge ..3 window|windows|hours",
        "allowed|permitted ..4", "^ @deploy|@push|@merge|@release", "window : ", "prefer ..2 @deploy", "outside", "must ..2 @deploy|land|happen|ship",
        "schedule ..3 @deploy|@release", "@deploy|@release ..2 between|during",
    ];
    OUTSIDE = ["outside", "other than", "except ..2 between|during|from|on"];
    /// Events and times that no clock knows.
    EVENT = [
        "@never ..5 @deploy|@push|@merge|@release ..6 during|amid", "@never ..4 @deploy|@release|@push|@merge ..4 late|overnight|outside",
        "@deploy|@release|@push|@merge ..3 only? during|outside ..6 hours|peak|off-peak|window|windows|traffic|maintenance|low-traffic",
        "@never ..3 @deploy|@push|@merge|@release ..4 before|over|on|near ..3 weekend|weekends|holiday|holidays|month-end|quarter-end|vacation",
        "@deploy|@release|@push|@merge ..2 off-peak|low-traffic", "@never ..3 @fuzzy @deploy|@release|@push", "@never|check ..3 @deploy|@release ..3 during",
        "@freeze ..4 @never @deploy|@push|@merge|@release", "@freeze ..4 @never ..4 @deploy|@push|@merge|@release", "@never ..3 @deploy|@push|@merge|@release ..5 @freeze", "^ @deploy|code|@release|@merge @freeze",
        "@freeze ..3 @deploy|@push|@merge|@release", "@never ..3 @deploy|@release ..4 at night|peak",
        "@never ..4 @deploy|@release|@push|@merge ..4 month-end|quarter-end|end-of-day", "@never ..4 @deploy|@release|@push|@merge ..1 while ..4 @fuzzy",
        "@never ..4 @deploy|@release|@push|@merge ..2 right|just|shortly before ..8", "^ prefer|schedule|plan ..2 @deploy|@release ..3 in|during ..2 @fuzzy",
        "respect|honor|honour|check|observe ..3 @freeze|windows|window", "@never ..4 @push|@deploy|@merge ..2 when ..4 @freeze",
    ];
}

/// Reads what a clause says about when; alternatives ("or on weekends") are findings of their own.
pub fn read(clause: &Clause<'_>) -> Vec<Found> {
    let acts = clause.has(ACTS.with(v::FREEZE)) || (clause.setting.label.any(ACTS.with(v::FREEZE)) && clause.may_ask());
    let heading =
        clause.setting.topic.any(v::DEPLOY.with(v::FREEZE)) && clause.mood.form != super::mood::Form::Statement;
    // "Deploys are allowed Monday to Thursday, 9 to 4" limits, "deploys are allowed on Fridays" does not.
    let opens = clause.mood.form == super::mood::Form::Permission && clause.fits(&ALLOWED) || clause.fits(&WINDOW_IS);
    if !(acts || heading) || !(clause.may_ask() || clause.fits(&FROZEN) || opens) {
        return Vec::new();
    }
    let times = times::read(&clause.words, clause.text);
    let whole = |span: &Span| span.days.contains(&true) && span.from.is_some() && span.to.is_some();
    if opens && !times.spans.iter().all(whole) {
        return Vec::new();
    }
    if times.spans.is_empty() {
        let event = acts
            && (clause.may_ask() || clause.has(v::FREEZE))
            && (clause.may_ask() && clause.fits(&EVENT)
                || ((clause.has(v::FREEZE) || forbids(clause)) && times::names_month(&clause.words)));
        let found = clause.unbound(Kind::DeployWindow, object(clause));
        let frozen = times::names_month(&clause.words) && forbids(clause);
        let found = if frozen { found.polarity(Polarity::MustNot) } else { found };
        return if event { vec![found] } else { Vec::new() };
    }
    if !about_acts(clause, acts) {
        return Vec::new();
    }
    let forbids = forbids(clause);
    let fuzzy = times.fuzzy && times.spans.iter().all(|span| span.from.is_none() && span.from_date.is_none());
    // Two windows of one sentence are one rule, which a directive cannot hold.
    let several = !forbids && times.spans.len() > 1;
    if fuzzy || times.loose || several {
        return vec![clause.unbound(Kind::DeployWindow, object(clause))];
    }
    times.spans.iter().map(|span| bind(clause, span, &times, forbids)).collect()
}

patterns! {
    ALLOWED = ["is|are allowed|permitted"];
    NO_ACTS = ["no ..2 @deploy|@push|@release|@merge", "no-deploy|no-deploys"];
    WINDOW_IS = ["@deploy|@release|@merge ..1 window|windows is|are"];
    RATHER_NOT = ["^ prefer|try|consider ..1 not|no|never|avoid|don't"];
    FROZEN = ["code|deploy|release|merge @freeze", "@freeze ..2 from|between|:|,|starts|start|begins|after|until", "is|are frozen", "is|are ..2 no-deploy", "frozen ..2 from|between|on|after|until"];
}

/// Whether the times limit an act rather than date a fact: it forbids, allows, or names a freeze.
fn about_acts(clause: &Clause<'_>, acts: bool) -> bool {
    let bare = clause.mood.form == super::mood::Form::Fragment
        && (clause.setting.topic.any(v::FREEZE)
            || clause.setting.label.any(v::DEPLOY.with(v::RELEASE))
            || clause.setting.negated
            || heading_of_windows(clause));
    clause.forbids()
        || clause.fits(&RATHER_NOT)
        || (clause.has(v::FREEZE) && clause.mood.form != super::mood::Form::Statement || clause.fits(&FROZEN))
        || clause.setting.label.any(v::FREEZE)
        || bare
        || clause.fits(&NO_ACTS)
        || (acts && clause.fits(&ALLOWS) && !clause.says(&["need", "needs", "require", "requires", "approval", "ask"]))
}

fn heading_of_windows(clause: &Clause<'_>) -> bool {
    clause.setting.topic.any(v::DEPLOY) && clause.setting.windows
}

/// Whether the times are those at which nothing goes.
fn forbids(clause: &Clause<'_>) -> bool {
    if clause.fits(&OUTSIDE) && !clause.has(v::FREEZE) {
        return false;
    }
    let only = clause.says(&["only"]) && !clause.says(&["don't", "never", "no"]);
    let frozen =
        clause.has(v::FREEZE) || clause.setting.label.any(v::FREEZE) || (clause.setting.topic.any(v::FREEZE) && !only);
    frozen || ((clause.forbids() || clause.fits(&RATHER_NOT) || clause.fits(&NO_ACTS)) && !only)
}

/// Whether it only wishes: "ideally, no deploys".
fn wishes(clause: &Clause<'_>) -> bool {
    let leading = clause.words.get(..clause.mood.main).unwrap_or_default();
    clause.fits(&RATHER_NOT) || leading.iter().any(|word| matches!(word.text.as_str(), "ideally" | "preferably"))
}

/// A finding with the parameters of a window, or of a freeze.
fn bind(clause: &Clause<'_>, span: &Span, times: &Times, forbids: bool) -> Found {
    let mut found = clause.found(Kind::DeployWindow, object(clause));
    found.polarity = match (forbids, found.polarity) {
        (true, _) if wishes(clause) => Polarity::Should,
        (true, _) => Polarity::MustNot,
        (false, Polarity::Should) => Polarity::Should,
        (false, _) => Polarity::Must,
    };
    if forbids {
        found = found.with("freeze", true);
    }
    if span.from_date.is_some() || span.to_date.is_some() {
        found.bound = forbids && span.from_date.is_some() && span.to_date.is_some();
        for (key, date) in [("from", &span.from_date), ("to", &span.to_date)] {
            if let Some(date) = date {
                found = found.with(key, date.as_str());
            }
        }
    } else {
        if let Some(days) = times::show_days(span.days) {
            let list: Vec<&str> = days.split(',').collect();
            found = if list.len() > 1 { found.with("days", list) } else { found.with("days", days) };
        }
        let midnight = |time: &str| if time == "24:00" { "00:00".to_owned() } else { time.to_owned() };
        found = found.with("from", span.from.as_deref().map_or_else(|| "00:00".to_owned(), midnight));
        found = found.with("to", span.to.clone().unwrap_or_else(|| "24:00".to_owned()));
    }
    match &times.zone {
        Some(Zone::Known(name)) => found.with("timezone", *name),
        Some(Zone::Ambiguous(name)) => {
            found.bound = false;
            found.with("timezone", name.as_str())
        }
        None => found,
    }
}

fn object(clause: &Clause<'_>) -> Object {
    let named = |classes: Classes| {
        clause.words.iter().find(|word| word.classes.any(classes)).and_then(|word| object_of(word.classes))
    };
    named(ACTS).unwrap_or(Object::Deploy)
}
