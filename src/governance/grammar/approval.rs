//! That a person must approve, review or be asked first.

use super::clause::{Clause, Found, object_of};
use super::mood::Form;
use super::pattern::patterns;
use super::vocabulary::{self as v, Classes};
use crate::governance::directive::{Kind, Object};

const ACTS: Classes = v::COMMIT
    .with(v::PUSH)
    .with(v::PR)
    .with(v::MERGE)
    .with(v::DEPLOY)
    .with(v::RELEASE)
    .with(v::FORCE)
    .with(v::MIGRATION);

patterns! {
    WITHOUT = [
        "@never ..6 @commit|@push|@pr|@merge|@deploy|@release|@force|migrate ..8 unless|without|until ..6 @approve|told|tell|says|instruction", "without ..3 @approve ..4 @person?", "unless ..6 @approve|told|tell|instructed|says", "until ..6 @approve|told|says|confirm|confirms|confirmed|reviewed|approves",
        "@never ..2 auto-merge|automerge|self-merge|self-approve|auto-commit|auto-push|auto-deploy|autonomously|automatically ..6", "@never ..3 automatically|autonomously|proactively|unprompted @commit|@push|@merge|@deploy|create|open", "@never ..3 @commit|@push|@merge|@deploy|@pr ..4 on your own", "@never ..3 @commit|@push|@merge|@deploy ..4 autonomously|automatically|proactively|yourself|unprompted",
        "@never ..2 @commit|@push|@deploy|@merge ..2 unless|until|without ..3 ask|asked|asks|told|requested|explicit|explicitly|instructed|i",
    ];
    ONLY_WHEN = [
        "only ..1 @commit|@push|@merge|@deploy|@release|open|create|amend ..6 when|if|after|with|once ..8 @approve|@person|says|asks|told", "@pr|ready ..4 only when|if ..3 @person ..2 says|decides|asks|tells|confirms", "@commit|@push|@merge|@deploy|@release|@pr ..6 only ..2 when|if|after|with|upon|on ..8 @approve", "only via|through|with|by ..3 @pr with ..2 @person ..1 @approve", "with ..1 human|maintainer|owner|peer|code review|approval|sign-off", "@commit|@push|@merge|@deploy|@release ..3 only ..3 request|approval|asked|instruction",
        "when|if ..2 explicitly ..1 asked|requested|told", "only on ..2 @person ..2 @approve", "only ..4 when|if|after|once ..3 @person ..3 asks|says|confirms|approves|requests|tells",
        "@commit|@push|@merge|@deploy|@release only ..6 requested|approved|authorized|confirmed by",
    ];
    ASK_FIRST = [
        "ask|consult|check ..2 @person? ..6 before ..6 @commit|@push|@pr|@merge|@deploy|@release|opening|creating|running", "ask ..4 before|first", "before ..8 , ..3 ask|wait|get|obtain|request|coordinate", "get|obtain|request|require|requires|seek|needs|need|secure ..4 approval|permission|confirmation|sign-off|consent|authorization|review ..4",
        "wait ..3 for ..5 @approve|@person ..6", "@approve ..1 required ..6", "@pr|@merge|change|changes|all|every|any|@deploy|@release|@commit ..6 requires|require|required|needs|need|must ..5 approval|approved|review|reviewed|reviewer|reviewers|sign-off|authorization ..6", "^ show|present|summarize|send ..1 @person ..6 before ..3 @commit|@push|@pr|@merge|@deploy|@release", "ask|consult|check ..3 @person ..6 before ..3 @force|@migration", "until ..3 @person ..2 looked|reviewed|approved|signed|checked|confirmed|seen|tested", "need|needs ..2 pair of eyes", "@merge|@release|@deploy|@commit|@push is|are ..1 done|made|performed|handled ..1 by ..1 @person only?", "requires|requiring ..4 approval|sign-off|permission ..4", "@pr|@merge|change|changes ..5 must ..4 reviewed|approved", "at-least # ..4 approval|approvals|review|reviews|reviewer|reviewers|approving",
        "human|maintainer|owner|user|operator ..3 must ..4 review|approve|confirm|authorize|understand", "stop and ask", "confirm ..6 with ..3 @person ..6 before", "@person ..2 approval|review|confirmation|consent ..4 before|required|for", "let ..1 @person ..3 review|approve|decide|confirm|test|check|commit|push|merge|deploy", "confirm with ..3 @person ..2 before", "@never ..2 merge|approve your own", "ask|asks ..2 @person ..2 to ..2 confirm|approve|review|acknowledge", "always ask|askuserquestion ..1 before", "coordinate ..6 before ..3 @pr", "leave ..6 to|for ..2 @person",
        "@never ..3 @commit|@push|@merge|@deploy ..6 the user ..3", "request ..2 review ..4", "self-approve|self-merge",
    ];
    REVIEW_SELF = ["review ..3 diff|diffs|changes|code|title"];
    /// Homonyms, and reviews by machines.
    OTHER = [
        "@push ..1 user|users|logic|data", "automated|automatic|automatically ..2 review|reviews|@pr", "that|which require|requires ..2 review|attention",
        "dco ..1 sign-off", "sign-off ..1 ( @code", "@release ..1 age|profile",
    ];
    SWITCHES = ["@never ..3 change|switch|create|delete|reset|rename|checkout|touch ..3 @branch"];
    UNREAD = ["@never ..2 submit|@commit|@push|open|@merge ..6 @person ..2 hasn't|haven't|not|didn't ..2 read|reviewed|approved|seen|tested"];
    /// Where somebody is asked for help, not for leave.
    HELP = ["stop and ask|request|notify", "ask ..4 to update|fix|provide|install|activate|add|rerun"];
    BARE = ["@never ..1 @merge|approve your|their|its own ..2 @pr|@change", "only ..2 @person ..1 may|can|should ..2 @merge|@push|@deploy|@release|approve", "@never ..4 @commit|@push|@merge|@deploy ..3 until i|we|they say|tell|confirm", "@never ..5 create|open|submit ..2 @pr ..3 under any", "@never ..3 run|execute|trigger ..5 @deploy|@push ..2 command|commands|automatically", "@deploy|@push ..3 must ..2 run ..2 by humans|people", "@never ..2 create|open|submit ..2 @pr ..1 $", "^ never|don't commit|push $", "^ never|don't run|use|execute @commit|@push $", "^ never|don't commit|push anything|automatically|yourself ..1 $", "@never ..2 @push ..3 on ..2 behalf"];
}

/// Reads what a clause says about asking people.
pub fn read(clause: &Clause<'_>) -> Option<Found> {
    if !clause.has(v::APPROVE.with(v::PERSON))
        && !clause.says(&["tell"])
        && !clause.fits(&WITHOUT)
        && !clause.fits(&BARE)
    {
        return None;
    }
    let own = clause.has(ACTS)
        || clause.words.iter().any(|word| word.text.starts_with("auto-"))
        || clause.says(&["production", "prod"]) && clause.says(&["needs", "need", "requires", "require"])
        || clause.says(&["submitted", "submitting", "submission", "contributions"])
        || clause.says(&["git"]) && !clause.says(&["destructive"])
        || clause.mood.condition.0 == clause.mood.condition.1
            && clause.has(v::CHANGE)
            && clause.says(&["require", "requires", "need", "needs"])
        || clause.fits(&UNREAD);
    // "If unsure, ask": what it is about is not named, and the topic is not meant.
    let elsewhere = clause.mood.condition.0 < clause.mood.condition.1 && !own;
    let proceeds = clause.says(&["proceed", "continue"]) && clause.setting.wide.any(ACTS);
    let own = own || proceeds;
    let governed = own || clause.setting.topic.any(ACTS.with(v::VERSION)) && clause.mood.asks() && !elsewhere;
    let switches = clause.fits(&SWITCHES) && clause.fits(&WITHOUT) && clause.forbids();
    let permits = clause.mood.form == Form::Permission && !clause.says(&["only"]);
    if !(governed || switches)
        || permits
        || clause.setting.samples
        || clause.mood.form == Form::Statement
        || clause.fits(&OTHER)
        || clause.has(v::TRAILER)
            && (!clause.has(v::PERSON.with(v::BEFORE)) && !clause.says(&["needs", "need", "requires"])
                || clause.says(&["certificate", "dco"]))
        || clause.fits(&HELP) && fails(clause)
    {
        return None;
    }
    let without = clause.fits(&WITHOUT)
        && (clause.has(v::APPROVE.with(v::PERSON)) || clause.says(&["tell"]))
        && (own || switches || clause.setting.negated)
        && speaks_of_people(clause);
    // "Delete it unless asked" asks nobody.
    let without = without && (clause.forbids() || clause.mood.form == Form::Fragment && !clause.says(&["unless"]));
    let only = clause.fits(&ONLY_WHEN) && speaks_of_people(clause);
    let first =
        clause.fits(&ASK_FIRST) && speaks_of_people(clause) && (clause.has(v::PERSON) || !clause.fits(&REVIEW_SELF));
    let auto = clause.fits(&WITHOUT)
        && (clause.forbids() || clause.setting.negated)
        && clause.words.iter().any(|word| {
            word.text.starts_with("auto")
                || word.text.starts_with("proactiv")
                || word.text.starts_with("self-")
                || clause.has(ACTS) && (word.text == "own" && clause.says(&["on"]) || word.text == "yourself")
        });
    let plain = clause.words.len() < 16 && !clause.has(v::PASS) && !clause.says(&["if", "when", "that"]);
    let unread = clause.fits(&UNREAD);
    let bare = unread || clause.fits(&BARE) && clause.mood.asks() && plain;
    let otherwise = clause.says(&["otherwise"]) && !clause.forbids();
    let speaks = clause.asks()
        || clause.mood.form == Form::Fragment
            && (clause.says(&["without", "required", "only"]) || clause.forbids() || clause.setting.topic.any(ACTS));
    (speaks && !otherwise && (without || only || first || auto || bare))
        .then(|| clause.found(Kind::ApprovalBefore, object(clause)))
}

/// Whether the condition of a clause is that something failed.
fn fails(clause: &Clause<'_>) -> bool {
    let (from, to) = clause.mood.condition;
    let condition = clause.words.get(from..to).unwrap_or_default();
    condition.iter().any(|word| matches!(word.text.as_str(), "fails" | "fail" | "failed" | "error" | "broken"))
}

/// What stands below "Ask first:".
pub fn asked(clause: &Clause<'_>) -> Option<Found> {
    let mut outside = clause.words.iter().take_while(|word| !word.text.starts_with('('));
    let acts = outside.any(|word| word.classes.any(ACTS) && !word.classes.any(v::MIGRATION));
    let names = acts && clause.mood.form != Form::Permission && !clause.setting.samples;
    names.then(|| clause.found(Kind::ApprovalBefore, object(clause)))
}

/// Whether an approval is one by people: "passing review", not "requested output".
fn speaks_of_people(clause: &Clause<'_>) -> bool {
    clause.has(v::PERSON)
        || explicitly(clause)
        || clause.says(&[
            "approval",
            "approvals",
            "approved",
            "permission",
            "consent",
            "confirmation",
            "asked",
            "asking",
            "ask",
            "authorization",
            "authorized",
            "sign-off",
            "instruction",
            "instructions",
            "reviewed",
            "review",
            "reviews",
            "told",
            "tell",
            "go-ahead",
            "confirm",
            "confirmed",
            "approve",
            "instructed",
            "authorisation",
            "acknowledgement",
            "acknowledgment",
            "acknowledges",
        ])
}

/// "unless explicitly requested".
fn explicitly(clause: &Clause<'_>) -> bool {
    clause.words.windows(2).any(|pair| matches!(pair, [how, what] if how.text.starts_with("explicit") && matches!(what.text.as_str(), "requested" | "asked" | "told" | "request" | "ask" | "go" | "instruction" | "instructed" | "say" | "says")))
}

fn object(clause: &Clause<'_>) -> Object {
    let main = clause.words.get(clause.mood.main..).unwrap_or_default();
    let named = main
        .iter()
        .chain(&clause.words)
        .find_map(|word| word.classes.any(ACTS).then(|| object_of(word.classes)).flatten());
    named.or_else(|| object_of(clause.setting.topic)).unwrap_or(Object::Push)
}
