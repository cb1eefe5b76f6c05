//! How long to wait: between deploys or pushes, before or after one.

use chrono::TimeDelta;

use super::clause::{Clause, Found, object_of};
use super::pattern::patterns;
use super::quantity;
use super::vocabulary::{self as v, Classes};
use crate::engine::duration;
use crate::governance::directive::{Kind, Object};

const ACTS: Classes = v::DEPLOY.with(v::PUSH).with(v::RELEASE).with(v::MERGE);

patterns! {
    /// Where time passes between one act and the next.
    BETWEEN = [
        "between ..3 @deploy|@push|@release|@merge", "@deploy|@push|@release|@merge ..8 apart", "apart", "@deploy|@push|@release ..3 every|each",
        "before|until ..2 @fresh|second|new ..2 @deploy|@push|@release|@merge", "before @deploy|@push|@merge|@release ..3 again", "before ..4 @fresh one",
        "since|of|after ..2 last|previous|prior|another|preceding ..2 @deploy|@push|@release|@merge|one",
        "@deploy|@push|@release|@merge ..2 interval|gap|spacing|cooldown", "interval|gap|spacing ..3 @deploy|@push|@release|@merge",
        "more often|frequently than", "at-most every", "@deploy|@push|@release|@merge ..4 spaced|spread|staggered|separated", "space|spread|stagger|separate ..5 @deploy|@push|@release|@merge",
    ];
    /// Where time passes after one is over.
    AFTER = [
        "after ..4 @deploy|@push|@release|@merge", "@deploy|@push|@release|@merge ..3 finish|finishes|finished|completes|complete|completed|succeeds|ends",
        "post-deploy|post-deployment|post-merge|post-release", "cooldown|cool-down|cool-off|quiet", "following ..3 @deploy|@push|@release|@merge",
        "once ..4 @deploy|@push|@release|@merge",
    ];
    FINISHED = ["finish|finishes|finished|completes|complete|completed|ends|ended|succeeds|succeeded|done|over|cooldown|cool-down|cool-off"];
    UNIT_FIRST = ["@unit between ..3 @deploy|@push|@release|@merge ..1 : #"];
    COOLDOWN_BETWEEN = ["cooldown|cool-down|cool-off ..4 between"];
    SOAK = [
        "soak|soaks|bake|bakes ..8 before ..4 production|prod",
        "staging|stage|canary|preview|qa|uat|beta ..6 before ..4 @deploy|production|prod|promoting", "soak|soaks|bake|bakes ..6 staging|stage|canary|preview|qa|uat",
        "staging|stage|canary|qa|uat ..6 soak|bake|minimum|at-least",
    ];
    WAITS = [
        "@wait", "at-least|minimum|min", "@never ..8 within|until|for|before", "^ no ..3 @deploy|@push|@merge ..2 within|for|in", "must ..3 apart",
        "at-most|only every", "@never ..8 fewer-than|sooner|earlier", "interval|gap|spacing ..4 between", "@unit between ..5 : #",
        "more often|frequently than", "no sooner|earlier", "within ..6 of ..3 @fresh",
    ];
    /// Waiting for the one that runs, without a number.
    FOR_THE_LAST = [
        "wait ..4 @deploy|@release|@push ..5 finish|finishes|complete|completes|completed|succeed|succeeds|healthy|ready|verified|green|live|done ..3 before|$",
        "wait ..8 before ..3 @fresh|next ..2 @deploy|@push|@merge|@release", "wait ..6 between ..2 @deploy|@push|@merge|@release",
        "@never ..3 @deploy|@push|@merge ..3 while ..3 @deploy ..3 running|progress|active|flight|pending",
        "@never ..3 start ..3 @deploy ..3 while|until|before", "one clean? @deploy|@push and wait", "@deploy|@push ..3 and? wait $",
        "space|stagger|spread ..3 @deploy|@push|@release|@merge ..2 out|apart|$", "space|spread|stagger out ..3 @deploy|@push|@release|@merge", "let|give|allow ..3 @deploy|@release ..4 settle|finish|complete|soak|bake|stabilise|stabilize", "leave|allow ..3 time|gap|pause ..3 between ..2 @deploy|@push|@merge|@release",
        "after ..5 @deploy|@merge|@push ..4 wait for", "wait ..4 previous|last|running|current|ongoing ..2 @deploy|@release", "let ..3 @deploy ..2 settle|finish|complete|soak|bake",
        "stagger ..6 @push|@deploy|@force", "stagger them",
    ];
}

/// Reads what a clause says about waiting.
pub fn read(clause: &Clause<'_>) -> Option<Found> {
    if !clause.about(ACTS.with(v::FORCE)) || !clause.may_ask() {
        return None;
    }
    timed(clause).or_else(|| {
        let waits = clause.fits(&FOR_THE_LAST) && clause.has(ACTS.with(v::FORCE));
        waits.then(|| clause.unbound(Kind::DeployInterval, object(clause)))
    })
}

/// A wait that names its length.
fn timed(clause: &Clause<'_>) -> Option<Found> {
    let (span, at, end) = quantity::duration_from(&clause.words, 0).or_else(|| unit_first(clause))?;
    if span <= TimeDelta::zero() || !(clause.fits(&WAITS) || clause.setting.label.any(v::WAIT)) {
        return None;
    }
    // "3 deploys in 10 minutes" counts, and "max 10 minutes" limits.
    let before = at.checked_sub(1).and_then(|before| clause.words.get(before)).map_or("", |word| word.text.as_str());
    let most = matches!(before, "at-most" | "max" | "maximum" | "≤" | "<" | "<=" | "/" | "per");
    if (most && !clause.says(&["apart", "between"])) || times_out(clause, end) {
        return None;
    }
    let length = duration::show(span);
    if clause.fits(&SOAK) && clause.about(v::DEPLOY.with(v::RELEASE)) {
        let environment = clause.words.iter().find(|word| {
            word.classes.any(v::ENVIRONMENT) && !matches!(word.text.as_str(), "production" | "prod" | "live")
        });
        let environment =
            environment.map_or("staging", |word| if word.text == "stage" { "staging" } else { word.text.as_str() });
        return Some(clause.found(Kind::DeployInterval, Object::Deploy).with("in", environment).with("for", length));
    }
    let spaced = clause.fits(&BETWEEN) && (!clause.fits(&FINISHED) || clause.fits(&COOLDOWN_BETWEEN));
    let text = |at: usize| clause.words.get(at).map_or("", |word| word.text.as_str());
    let last = (end + 1..end + 4).any(|at| matches!(text(at), "last" | "previous" | "prior" | "preceding" | "another"));
    let opens =
        clause.mood.condition.1 > 0 && text(0) == "after" && !(1..4).any(|at| matches!(text(at), "last" | "previous"));
    let directly_after = text(end) == "after" && !last || opens;
    let key = if spaced && !directly_after {
        "since-start"
    } else if clause.fits(&AFTER) || clause.fits(&BETWEEN) {
        "after-finish"
    } else {
        return None;
    };
    clause.has(ACTS).then(|| clause.found(Kind::DeployInterval, object(clause)).with(key, length))
}

/// "Minutes between deploys: 15".
fn unit_first(clause: &Clause<'_>) -> Option<(TimeDelta, usize, usize)> {
    let found = clause.find(&UNIT_FIRST)?;
    let at = *found.numbers.first()?;
    let seconds = quantity::unit(&clause.words.get(found.start)?.text)?;
    #[expect(clippy::cast_possible_truncation, reason = "clamped to what fits")]
    let count = clause.number(at)?.clamp(0.0, 1e5) as i64;
    Some((TimeDelta::seconds(seconds * count), at, at + 1))
}

/// Whether the duration belongs to something else: a time-out, a reminder.
fn times_out(clause: &Clause<'_>, end: usize) -> bool {
    clause.words.get(end).is_some_and(|word| matches!(word.text.as_str(), "timeout" | "old" | "ago" | "long"))
        || clause.says(&["timeout", "timeouts"])
}

/// What is paced: the act that waits.
fn object(clause: &Clause<'_>) -> Object {
    let named = |classes: Classes| {
        clause.words.iter().find(|word| word.classes.any(classes)).and_then(|word| object_of(word.classes))
    };
    named(v::DEPLOY).or_else(|| named(ACTS)).or_else(|| named(v::FORCE)).unwrap_or(Object::Deploy)
}
