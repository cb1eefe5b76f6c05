//! Skipping hooks and checks, and the markers that make CI skip a commit.

use super::clause::{Clause, Found};
use super::mood::Form;
use super::pattern::patterns;
use super::vocabulary as v;
use crate::governance::directive::{Kind, Object, Polarity};

patterns! {
    BYPASS = [
        "bypass|skip|disable|circumvent|ignore|remove|skipping|bypassing|disabling|bypassed ..5 @hook", "@never ..2 delete|comment|skip|disable|remove ..4 failing ..1 test|tests|check|checks", "bypass|skip|disable|circumvent|disabling|skipping|bypassing|ignore ..4 checks|ci|tests|lint|linting|linters|verification|gates|gate|pipeline|signing|validation",
        "@noverify", "@hook ..3 mustn't|never ..3 bypassed|skipped|disabled", "work around ..2 @hook|checks|ci", "@never ..2 weaken|disable|remove|delete ..6 workflow|workflows|guard|guards|guardrails|protections",
    ];
    POINTS_BACK = ["@hook|@check ..14 @never ..1 bypass|skip|disable it|them|these"];
    SKIPS = ["@ciskip", "skip|skips|skipping ..1 ci ..2 marker|tag|label|in|for", "@never ..2 skip ci", "add|use|put|include ..2 [skip"];
}

/// Reads what a clause says about skipping.
pub fn read(clause: &Clause<'_>) -> Option<Found> {
    let markers = clause.words.iter().any(|word| {
        let text = word.text.as_str();
        ["[skip ", "[ci skip", "[no ci", "[skip-", "[deploy]", "[no-deploy", "[force-deploy", "skip-checks"]
            .iter()
            .any(|marker| text.contains(marker))
    });
    let permits = clause.mood.form == Form::Permission;
    if (markers || (clause.has(v::CISKIP) && clause.fits(&SKIPS))) && clause.mood.form != Form::Statement && !permits {
        return Some(
            clause
                .found(Kind::CiSkip, Object::Commit)
                .with(if clause.forbids() { "forbid" } else { "use" }, marker(clause)),
        );
    }
    if clause.fits(&POINTS_BACK) && clause.about(v::HOOK) {
        return Some(clause.found(Kind::HooksBypass, Object::Commit).polarity(Polarity::MustNot));
    }
    if !clause.fits(&BYPASS) || permits || clause.mood.form == Form::Statement && !clause.setting.negated {
        return None;
    }
    let forbids =
        (clause.forbids() || clause.setting.negated) && clause.words.first().is_none_or(|word| word.text != "not");
    let config = clause
        .words
        .iter()
        .any(|word| word.text.contains("disableallhooks") || word.text.contains("hookspath") && !clause.forbids());
    let governed = clause
        .about(v::COMMIT.with(v::PUSH).with(v::PR).with(v::MERGE).with(v::DEPLOY).with(v::HOOK).with(v::NOVERIFY))
        || clause.says(&["ci", "failing"]);
    if config || !governed || !(clause.asks() || forbids) {
        return None;
    }
    // A command to skip something that is no hook is no governance: "skip the tests for docs".
    let polarity = if forbids { Polarity::MustNot } else { clause.polarity() };
    (forbids || clause.has(v::NOVERIFY.with(v::HOOK))).then(|| {
        clause
            .found(Kind::HooksBypass, if clause.has(v::PUSH) { Object::Push } else { Object::Commit })
            .polarity(polarity)
    })
}

fn marker(clause: &Clause<'_>) -> &'static str {
    let says = |part: &str| clause.words.iter().any(|word| word.text.contains(part));
    match () {
        () if says("force-deploy") => "[force-deploy]",
        () if says("deploy]") && !says("skip") && !says("no-deploy") => "[deploy]",
        () if says("deploy") && (says("skip-deploy") || says("no-deploy")) => "[skip-deploy]",
        () => "[skip ci]",
    }
}
