//! Force pushes and the rewriting of what is published.

use super::clause::{Clause, Found};
use super::mood::Form;
use super::pattern::patterns;
use super::vocabulary as v;
use crate::governance::directive::{Kind, Object};

patterns! {
    REWRITES = [
        "@never ..8 @force", "@force ..4 @never|forbidden|only|requires|is|are|to", "use ..3 @force", "^ ..1 @force", "@force $", "@never ..4 @amend", "amend|amends|amending ..4 @commit|published|pushed", "rewrite|rewriting|rewrites ..4 history", "@never ..4 rewrite|alter|erase|rewriting ..4 history", "history rewrite|rewrites|rewriting",
        "@never ..4 destructive git", "reset --hard", "new commit|commits ..6 instead|rather|follow-up|not|amending", "new commit ..3 for|on", "^ add|create|make|push|prefer ..2 commits ..2 rather|instead|over", "history ..4 never ..1 rewritten|changed",
        "@never ..3 reset|rebase|squash ..6 pushed|published|shared|public|main", "only rebase|restack|force-push", "restack|rebase ..1 only", "linear history",
    ];
    OF_HISTORY = ["@force", "amend|amends|amending|amended|--amend|@force", "history", "rebase|rebasing|restack|squash|reset", "destructive git", "new commit|commits", "amending|amend"];
    OWN = ["@never ..1 rewrite|rewriting ..1 history $"];
    MERGE_STYLE = ["squash ..2 merge|and", "squash-merge", "rebase-merge", "@never ..2 squash ..2 merge|merging"];
}

/// Reads what a clause says about rewriting history.
pub fn read(clause: &Clause<'_>) -> Option<Found> {
    let code_reset = clause.words.iter().any(|word| {
        word.classes.any(v::CODE)
            && (word.text.contains("reset --hard") || word.text.contains("push -f") || word.text.contains("--amend"))
    });
    if !(clause.has(v::FORCE.with(v::AMEND)) || code_reset || clause.says(&["history", "destructive", "new"])) {
        return None;
    }
    let code_amend = clause
        .words
        .iter()
        .any(|word| word.classes.any(v::CODE) && word.text.starts_with("git") && word.classes.any(v::AMEND));
    let fits = code_reset && (clause.forbids() || clause.setting.negated)
        || (clause.fits(&REWRITES) && (clause.fits(&OF_HISTORY) || code_amend));
    let published = clause.about(v::COMMIT.with(v::PUSH).with(v::BRANCH).with(v::PR).with(v::FORCE).with(v::MAIN))
        || clause.fits(&OWN)
        || clause.says(&["git", "published", "shared", "pushed"])
        || code_amend
        || code_reset;
    if !fits || !published || clause.fits(&MERGE_STYLE) {
        return None;
    }
    let asks = clause.asks() || (clause.mood.form == Form::Fragment && clause.has(v::FORCE));
    let checks = clause
        .words
        .get(clause.mood.main)
        .is_some_and(|word| matches!(word.text.as_str(), "check" | "verify" | "suggest"));
    let asked = clause.says(&["only"]) && clause.has(v::PERSON) && !clause.has(v::FORCE);
    let plainly = clause.mood.form == Form::Command
        && !clause.forbids()
        && clause.words.get(clause.mood.main).is_some_and(|word| word.text == "amend")
        && !clause.says(&["only", "never", "don't", "published", "pushed"]);
    (asks && !checks && !asked && !plainly).then(|| {
        clause.found(Kind::ForcePush, if clause.has(v::FORCE.with(v::PUSH)) { Object::Push } else { Object::Commit })
    })
}
