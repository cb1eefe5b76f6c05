//! Co-authors, sign-offs and lines that say what generated a commit.

use super::clause::{Clause, Found};
use super::pattern::patterns;
use super::vocabulary as v;
use crate::governance::directive::{Kind, Object, Polarity};

patterns! {
    GENERATED = [
        "ai-generated|agent-generated ..1 footer|footers|line|lines|tag|tags",
        "generated with|by", "@agent ..2 attribution|signature|signatures|footer|footers|credit|credits|branding", "@never ..2 attribute|credit ..3 @commit|@pr|work ..1 to ..2 @agent", "attribution ..2 footer|line|lines|trailer", "mention|reference|references|credit|attribute ..3 @agent ..6 @commit|@pr|@message",
        "@commit|@pr ..4 mention ..2 @agent", "disclose|disclosure|disclosed ..8 @agent", "@agent ..1 assistance|assisted|ai-assisted ..4 @commit|@pr", "label|mark|tag|note|flag|add|include|trailer|disclosed ..8 ai-assisted|ai-generated", "ai-assisted|ai-generated ..3 must|should ..2 labeled|labelled|marked|tagged|disclosed|noted", "credit|advertise|attribute ..8 @agent ..10 @commit|@pr|@message", "@never ..3 author ..4 @agent", "@agent ..4 as ..2 author",
    ];
    SIGNED = ["sign|sign-off ..2 @commit|off", "signed ..1 @commit", "git commit -s", "@commit ..3 signed", "gpg-sign|gpg-signed", "dco"];
}

/// Reads what a clause says about trailers.
pub fn read(clause: &Clause<'_>) -> Option<Found> {
    let generated = clause.fits(&GENERATED) && clause.about(v::COMMIT.with(v::PR).with(v::MESSAGE));
    let signed = clause.fits(&SIGNED) && clause.about(v::COMMIT);
    let flagged = clause.words.iter().any(|word| {
        word.text == "git commit -s" || word.text == "-s" && clause.has(v::COMMIT) || word.text == "commit -s"
    });
    if !(clause.has(v::TRAILER) || generated || signed || flagged) || !clause.may_ask() || clause.has(v::NOVERIFY) {
        return None;
    }
    let about = clause.about(v::COMMIT.with(v::PR).with(v::MESSAGE).with(v::TRAILER));
    if !about
        || clause.mood.form == super::mood::Form::Fragment
            && !(clause.forbids() || clause.asks() || clause.setting.messages)
    {
        return None;
    }
    // A sign-off is one of a commit, or of the DCO.
    let signs =
        clause.says(&["sign-off", "signoff"]) && !clause.says(&["dco", "certificate"]) && !clause.about(v::COMMIT);
    if signs {
        return None;
    }
    // "sign-off" by a person is an approval.
    if clause.says(&["sign-off"]) && clause.has(v::PERSON) && !clause.has(v::COMMIT) {
        return None;
    }
    let reads = clause.words.get(clause.mood.main).is_some_and(|word| {
        matches!(word.text.as_str(), "get" | "read" | "find" | "extract" | "check" | "look" | "see" | "parse")
    });
    if reads {
        return None;
    }
    let mut read = clause.found(Kind::Trailers, Object::Commit);
    let drops = clause
        .words
        .get(clause.mood.main)
        .is_some_and(|verb| matches!(verb.text.as_str(), "omit" | "strip" | "remove" | "drop" | "delete"));
    if drops && read.polarity == Polarity::Must {
        read.polarity = Polarity::MustNot;
    }
    let key = if read.polarity == Polarity::MustNot { "forbid" } else { "require" };
    Some(read.with(key, name(clause, signed || flagged)))
}

/// The trailer that a clause means.
fn name(clause: &Clause<'_>, signed: bool) -> &'static str {
    let says = |start: &str| clause.words.iter().any(|word| word.text.contains(start));
    if says("co-author") || says("coauthor") {
        "Co-authored-by"
    } else if signed || says("signed-off") || says("signoff") || says("sign-off") || says("dco") {
        "Signed-off-by"
    } else if says("assisted-by") {
        "Assisted-by"
    } else {
        "Generated-by"
    }
}
