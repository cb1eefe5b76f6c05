//! What the description of a pull request tells.

use super::clause::{Clause, Found};
use super::mood::Form;
use super::pattern::patterns;
use super::vocabulary as v;
use crate::governance::directive::{Kind, Object};

patterns! {
    /// "PRs should include …", "the description must explain …".
    OWES = [
        "@pr ..5 must|should|shall|need|needs|require|requires|required|always ..3 include|contain|describe|explain|state|have|provide|list|mention|document|summarize|summarise|outline|note|specify|disclose|carry|fill|follow",
        "@pr ..1 description|descriptions|body|bodies|summary|summaries ..3 must|should|need|needs|required|mandatory|includes|include|explain|explains|describe|describes",
    ];
    /// "Describe … in the PR".
    TOLD_IN = [
        "^ open|create|submit|send ..3 @pr ..2 with ..4 title|description|summary ..6",
        "^ include|provide|add|attach|describe|explain|put|list|mention|summarize|summarise|document|note|state|report|record|disclose|paste|give|write|call|link|show ..12 in|to|on|into|for ..2 @pr",
        "^ include|provide|add|attach|describe|explain|put|list|mention|summarize|summarise|document|note|state|report|record|disclose|paste|give|write|fill ..12 description|@pr ..1 body|description",
        "^ when ..2 @pr ..4 , include|provide|describe|attach|explain|list|summarize|summarise",
    ];
    TELLS = ["^ include|provide|attach|describe|explain|list|mention|summarize|summarise|document|note|state|report|disclose|give|outline|call|show ..8"];
    TEMPLATE = ["use|follow|fill|complete|keep|respect|honor|adhere|apply|match|preserve ..5 template"];
    PARTS = [
        "description|descriptions|summary|summaries|screenshot|screenshots|recording|recordings|gif|gifs|video|rationale|motivation|purpose|repro|reproduction|why|reasoning|context|impact|risk|risks|notes|before/after|before-and-after|intent|trade-offs|tradeoffs|disclosure",
        "problem|solution", "test|testing plan|steps|notes|evidence|results", "what|how ..3 changed|tested|verified", "linked|related|relevant issue|issues",
    ];
}

/// Reads what a clause says about descriptions of pull requests.
pub fn read(clause: &Clause<'_>) -> Option<Found> {
    if !clause.about(v::PR)
        || matches!(clause.mood.form, Form::Statement | Form::Permission)
        || clause.setting.samples
        || clause.forbids()
        || clause.says(&["discussing", "their", "suggest"])
        || clause.has(v::HOOK.with(v::MIGRATION).with(v::SECRET).with(v::VERSION))
    {
        return None;
    }
    let labelled = clause.setting.label.any(v::PR) && clause.mood.form == Form::Fragment;
    let parts = clause.fits(&PARTS);
    let counted = clause.words.iter().filter(|word| word.text == ",").count();
    let listed = labelled && parts && counted > 0;
    let owes = clause.fits(&OWES)
        && (parts || clause.says(&["template"]) || clause.text.ends_with(':') || clause.words.len() < 5);
    let told = clause.mood.form == Form::Command && clause.fits(&TOLD_IN) && parts;
    let under = clause.mood.form == Form::Command && clause.setting.requests && clause.fits(&TELLS) && parts;
    let template = clause.fits(&TEMPLATE) && clause.asks();
    (listed || owes || told || under || template).then(|| clause.found(Kind::CommitFormat, Object::PullRequest))
}
