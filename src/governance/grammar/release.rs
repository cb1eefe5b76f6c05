//! Versions, tags, changelogs and what couples them to changes.

use super::clause::{Clause, Found};
use super::mood::Form;
use super::pattern::patterns;
use super::vocabulary as v;
use crate::governance::directive::{Kind, Object};

patterns! {
    CHANGELOG = [
        "changelog|changelogs|changeset|changesets|release-notes|newsfragment|newsfragments|changelog.md", "changelog ..1 entry|entries|update|updates",
    ];
    VERSIONS = [
        "bump|bumping|bumps|increment|hand-edit|hand-editing|increase ..5 version|versions|package.json|version.txt", "update|edit|change|sync|touch|modify|keep|match ..2 version|versions !of", "version|versions ..6 must|should|match|bump|bumped|semver|consistent|sync", "semver|semantic versioning", "follow ..3 semver|versioning", "bumped together|lockstep", "version ..2 bump|bumps", "version ..1 number|numbers ..2 with|for|on ..2 every|each", "leave ..2 versioning|versions|tagging|changelog ..2 to", "version ..1 bumps ..2 belong|go|happen",
        "version ..3 places|files",
    ];
    TAGS = [
        "@never ..4 tag|tags|tagging ..4", "create|push|move|delete|retag|re-tag|cut ..3 tag|tags ..4", "^ tag ..6 @release|version|after|before|with|every|each|the", "tags ..3 must|should|immutable|follow|format|signed", "tag ..2 : ..2 @code", "only tag", "@never ..2 create|push|add|make ..2 tags ..2 manually|by-hand|yourself", "use ..2 tag|tags ..1 for ..1 version|versioning|releases",
        "@release ..4 tag|tags|tagged ..3",
    ];
    RELEASING = [
        "@never ..4 @release ..6", "@release ..4 only ..3 through|via|from|by|with|after|when|on", "@release ..3 from ..2 @main|tag|ci only", "only ..3 @release ..4", "^ always? ..2 publish ..4 package|packages|npm|release|crate|crates|only|via|through|from|after|to", "@release ..6 , ..1 follow|use|run ..8", "^ always? release ..4 from|via|through|with|by|after|only", "@release ..6 must|mustn't|should|never ..6", "follow ..8 @release ..3 process|flow|checklist|workflow|steps|skill|guide|flow", "use ..6 to ..1 @release|publish|cut",
        "on|for|with|at every|each @release", "cut|create|make|prepare|declare|draft ..4 @release ..6", "@never ..8 release branch|branches", "@release ..2 branch|branches ..6 must|should|only|from", "gh release create ..3", "use|follow ..4 @release|protected-release ..2 flow|process|script",
    ];
    OF_MEMORY = ["@release ..3 memory|lock|locks|resources|handle|handles|mutex|connection|event|events|message|messages"];
    /// Versions of what others made, and words of other trades.
    FOREIGN = [
        "pinned|pin|node|python|dependency|dependencies|catalog|library|upstream|package-manager ..3 version|versions", "version|versions ..6 catalog|volta|.nvmrc|pinned", "version|versions of ..3 dependency|dependencies|package|packages", "ecto ..1 @version", "changesets? for ..1 data", "struct|structs", "full|entire|whole changeset", "^ follow ..4 guide|guidelines ..2 for",
        "latest|last|previous|current ..2 @release|release-tag ..1 tag|boundary", "latest ..1 released", "@release tag creation", "@commit|@pr ..1 @message ..6", "tag|tags|tagging ..2 @person|contributors|committers|individual", "@never ..3 tag ..2 @person",
    ];
    /// That a changelog goes with a change.
    WITH_CHANGE = [
        "add|update|create|generate|include|write|need|needs|require|requires|accompanied|have|document|edit|put|record|run|commit|touch|modify|contain ..8 changelog|changelog.md|changelogs|changeset|changesets|newsfragment|newsfragments|release-notes",
        "changelog|changelog.md|changeset|changesets|newsfragment|newsfragments ..6 required|updated|added|created|mandatory|needed|edited|modified|touched",
    ];
    /// How a changelog is written.
    STYLE = ["tense|style|voice|format|heading|headings|wording|section|sections|describe|described|past|reference|mention|link|links|language|audience|generate"];
    /// "We follow semver" is what is asked.
    SEMVER = ["follow|follows|use|uses|adhere|adheres ..3 semver|versioning"];
    LEVELS = ["patch|minor|major for ..4 , ..2 patch|minor|major for", "@never ..2 reuse|skip ..2 version|versions|changelog", "use|default|select|choose|pick|prefer ..3 patch|minor|major ..2 for|unless|when", "document|mark|note|flag|announce ..2 breaking changes?"];
    BUMPS = ["bump|increment|raise|increase ..6 version|versions|package.json|patch|minor|major", "version|versions ..3 bump|bumped|incremented", "bump ..1 it"];
    HOMONYM = ["module version", "placeholder", "latest version", "@release age", "version ..2 of|control|number|compatibility ..3", "python|node|package|dependency|dependencies|api|schema|library ..2 version|versions", "html|xml|jsx|image|docker|container|git-ignored ..1 tag|tags"];
}

/// Reads what a clause says about releases.
pub fn read(clause: &Clause<'_>) -> Option<Found> {
    let coded = clause.words.iter().any(|word| {
        word.classes.any(v::CODE)
            && (word.text.ends_with("changelog.md")
                || word.text.contains("changeset") && word.text != "changeset" && !word.text.contains(['_', '('])
                || word.text.contains("changes/")
                || word.text.contains("newsfragments/")
                || word.text.ends_with("version.py")
                || word.text.ends_with("version.txt")
                || word.text.starts_with("gh release")
                || word.text.contains("npm publish")
                || word.text.contains("npm version"))
    });
    let topic = clause.setting.topic.any(v::RELEASE) || clause.setting.topic.any(v::VERSION);
    if !(clause.has(v::VERSION.with(v::RELEASE))
        || clause.fits(&LEVELS)
        || clause.setting.label.any(v::VERSION)
        || coded)
        || clause.fits(&OF_MEMORY)
        || clause.words.first().is_some_and(|word| word.text == "not") && !clause.has(v::CODE)
        || clause.setting.samples
    {
        return None;
    }
    if clause.fits(&FOREIGN) && !clause.says(&["changelog", "changelog.md", "release-notes"]) {
        return None;
    }
    let changelog = clause.fits(&CHANGELOG) || coded && !clause.says(&["pre-commit"]);
    let versions = clause.fits(&VERSIONS) && (!clause.fits(&HOMONYM) || topic) && !clause.has(v::SCHEMA);
    let tags = clause.fits(&TAGS)
        && !clause.fits(&HOMONYM)
        && (clause.about(v::RELEASE.with(v::PUSH).with(v::MAIN))
            || clause.says(&["tags", "tag"]) && clause.says(&["manually", "by-hand", "yourself", "move", "retag"])
            || clause.says(&["version", "versions", "git", "tag"]) && topic);
    let releasing =
        clause.has(v::RELEASE) && clause.fits(&RELEASING) && !clause.says(&["released", "model"]) && (clause.asks());
    let described = clause.words.first().is_some_and(|word| word.text == "uses");
    let versions = versions || clause.fits(&SEMVER) && !described || clause.fits(&LEVELS) && clause.mood.asks();
    let speaks = clause.mood.asks()
        || clause.fits(&SEMVER) && !described
        || clause.setting.negated
        || clause.mood.form == Form::Fragment
            && (changelog && clause.forbids()
                || versions && (clause.says(&["must", "match"]) || topic) && clause.words.len() > 4);
    let labelled = clause.setting.label.any(v::VERSION)
        && clause.mood.asks()
        && clause.says(&["notes", "note", "entry", "entries"]);
    let needs = !clause.says(&["read", "see", "check"])
        || clause.says(&["update", "bump", "add", "verify", "changeset", "changelog"]);
    let step = clause.text.ends_with(':')
        && clause.mood.form == Form::Command
        && !clause.forbids()
        && !clause.says(&["must", "always"])
        && clause.mood.condition.0 == clause.mood.condition.1
        && (!clause.fits(&WITH_CHANGE) || clause.says(&["generate"]));
    (speaks && needs && !step && (changelog || versions || tags || releasing || labelled))
        .then(|| coupled(clause, clause.found(Kind::Release, Object::Release)))
}

/// What is done to an entry of a changelog.
const WRITES: [&str; 22] = [
    "add", "write", "describe", "use", "include", "keep", "mention", "create", "document", "update", "put", "explain",
    "list", "group", "start", "lead", "avoid", "don't", "never", "follow", "place", "name",
];

/// A step of how a release is made, or what is asked of an entry of a changelog, whatever it is.
pub fn step(clause: &Clause<'_>) -> Option<Found> {
    let commands = clause.mood.form == Form::Command
        && clause.words.len() > 1
        && clause.words.first().is_none_or(|word| word.text != "so")
        && !clause.setting.samples
        && !clause.text.ends_with(':');
    let writes = clause.words.get(clause.mood.main).is_some_and(|verb| WRITES.contains(&verb.text.as_str()));
    let entry = clause.setting.changelog && clause.mood.form == Form::Command && writes && clause.words.len() > 2;
    let step = clause.setting.releasing && clause.setting.item && (commands || clause.setting.task)
        || entry && !clause.setting.samples;
    step.then(|| clause.found(Kind::Release, Object::Release))
}

/// What goes with each change; the steps of a release are done with a release alone.
fn coupled(clause: &Clause<'_>, read: Found) -> Found {
    if clause.about(v::RELEASE) {
        return read;
    }
    let changelog = clause.fits(&WITH_CHANGE) && !clause.fits(&STYLE);
    let version = clause.fits(&BUMPS) && !clause.forbids() && !clause.says(&["match", "sync"]);
    let read = if changelog { read.with("changelog", true) } else { read };
    if version { read.with("version", true) } else { read }
}
