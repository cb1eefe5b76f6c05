//! Several changes into one deploy, push, commit or pull request, or the opposite.

use super::clause::{Clause, Found, object_of, whole};
use super::mood::Form;
use super::pattern::patterns;
use super::quantity;
use super::vocabulary::{self as v, Classes};
use crate::engine::duration;
use crate::governance::directive::{Kind, Object, Polarity};

const ACTS: Classes = v::DEPLOY.with(v::PUSH).with(v::RELEASE).with(v::MERGE).with(v::COMMIT).with(v::PR);

patterns! {
    TOGETHER = [
        "batch|group|bundle|accumulate|combine|consolidate|collect|fold|aggregate|gather|batching|grouping|bundling|batched|bundled|grouped ..5 @change ..8 @deploy|@push|@release|@commit|@pr|@merge",
        "@batch ..3 related|small|multiple|several|similar ..2 @change", "batch ..1 your|all|the? @commit|@push|@change|@deploy|@pr|@release", "batch|fold|bundle ..2 into one|single|a ..2 @deploy|@push|@commit|@pr|@release",
        "in batches", "batch|group|bundle|combine|accumulate|collect|consolidate|fold|batching|grouping|bundling ..2 @push|@deploy|@release|@commit|@merge", "@deploy|@push|@release|@commit|@merge ..3 in? batches|batched|together|bulk",
        "save up ..4 @change|@deploy", "queue ..2 up ..3 @change", "@push|@deploy|@release|@commit ..5 coherent|logical batch|group|chunk",
        "single-line|one-line|trivial|tiny @deploy|@push|@release",
    ];
    /// "not after each fix".
    NOT_EACH = [
        "@never ..3 @deploy|@push|@commit|@release|@merge ..3 after|for|per|on ..2 @each ..3", "not|never|than|of|don't after|for|per|on @each ..2 @change|@commit|@push|@change|component",
        "@never ..3 @deploy|@push|@commit|@release @each|individual|single ..2 @change", "rather|instead ..3 after? @each ..2 @change", "rather|instead ..2 @push|@deploy|@commit|pushing|deploying ..1 per|after|for ..2 @commit|@change",
        "@never ..2 @push|@deploy ..1 one|single|individual ..1 @change ..1 at", "@never ..1 make|create|open ..1 one|single|separate ..1 @commit|@pr per|for ..2",
        "^ @never @push|@deploy|@release|@merge ..5 separately|individually|one-by-one",
        "@never ..3 @deploy|@push|@release|@commit @each ..3 @change ..3 own|separately|individually|alone",
        "@never ..3 trigger|start|make|do|run ..2 @deploy|@push|@release for|per|after @each",
    ];
    /// "deploy once at the end".
    ONCE = [
        "^ put|keep|include|add|update|combine|batch|squash|bundle|commit|fold|ship|land|group ..12 in|into|with the? same ..1 @commit|@pr|@push|@deploy|@release", "across multiple|several|separate @pr|@commit|@deploy",
        "@deploy|@push|@release|@commit once ..4 at|after|when|per|everything|all|the", "one|single ..3 @deploy|@push|@release|build|commit ..3 at the? end", "@push|@deploy|@commit once ..8 $",
        "in one|single ..1 @deploy|@push|@commit", "@deploy only at ..4 end|checkpoint|milestone|milestones", "squash ..5 @commit ..2 before ..2 @push|@merge", "one ..2 = one @deploy|@push|@release", "into one|fewer|single|a ..2 @deploy|@push|@release|@merge", "@deploy|@push|@release ..3 everything|all ..3 once|together",
        "only @deploy|@push|@commit when ..6 complete|completed|finished|done|ready|working", "one|single ..1 @deploy|@push|@release for ..3 all|whole|entire|everything|set", "@push|@deploy|@release ..5 in one go", "fewer larger? bigger? @deploy|@push|@release",
    ];
    /// The opposite.
    EACH = [
        "^ always? @push|@deploy|@commit|@release|auto-push ..3 after|for|on ..1 @each ..3", "^ always? @push|@deploy|@commit|@release each|every ..2 @change|@commit", "@push|@deploy|@commit ..2 after every|each",
        "@push|@deploy|@commit|@release ..1 early and often", "^ always? ..2 commit|push|deploy|release|ship|merge|land ..5 often|frequently|immediately|early !before", "ship|deploy|release|push|commit small ..1 ship|deploy|release|push|commit ..1 often|frequently",
        "^ always? @push|@deploy|@commit every turn|prompt|session|step|iteration|time", "^ make|use|create multiple|several|separate|individual @commit",
        "^ put|keep|place|make ..5 in|into a|an? another|separate|own|different @commit", "^ @commit ..3 separately",
        "^ always? @push|@deploy|@release|@commit|@merge @each ..3 own|separately|individually|alone|immediately", "^ @deploy|@push|@release|@commit ..2 as soon as ..5 done|ready|merged|green|passes|works|complete", "after @each ..3 , ..2 @push|@deploy|@commit", "@commit|@push ..3 incrementally", "^ after|when completing|finishing ..3 @each ..5 , ..2 @commit|@push",
        "^ @commit|@push as you go", "@each ..4 gets|get|has|have its|their own @commit|@push|@deploy|@pr",
        "always auto-push|@deploy|@push after ..2 @change", "frequent @commit|@push", "small , frequent @commit|@push|@deploy",
    ];
    NEVER_TOGETHER = ["@never ..2 @batch ..6 @commit|@push|@deploy|@pr|@release", "@never ..4 @commit|@push|@deploy|@release|@pr ..3 in batches"];
    AS_YOU_LIKE = ["as often|much|frequently as", "often ..2 like|want"];
    /// Counts of changes in one act.
    COUNT = [
        "batch ..1 size ..3 #",
        "min|minimum|at-least # -|–|to # ..4 per|in|into|each|every|a ..2 @deploy|@push|@release|@merge",
        "fewer-than # ..2 @commit|@change ..3 per|in|into|each|a ..2 @deploy|@push|@release|@merge",
        "@change ..1 per|in|each|every ..2 @deploy|@push|@release|@merge ..4 # -|–|to #", "@change ..1 per|in|each|every ..2 @deploy|@push|@release|@merge ..4 #",
        "^ hold|keep|delay|wait ..3 @deploy|@push|@release ..2 until|till ..3 # ..3 @change",
        "@deploy|@push|@release must|should|may|shall ..3 # ..1 # ..3 @change",
        "min|minimum|at-least|≥|>=|> # ..1 # ..4 @change ..5 per|in|into|before|each|every ..3 @deploy|@push|@release|@merge|deploying",
        "min|minimum|at-least|≥|>=|> # ..4 @change ..5 per|in|into|before|each|every ..3 @deploy|@push|@release|@merge|deploying",
        "@batch ..2 # ..1 # ..3 @change ..8 @deploy|@push|@release|@commit|@pr", "@batch ..2 ≥|>=|>|at-least? # ..3 @change ..8 @deploy|@push|@release",
        "@deploy|@push|@release ..4 at-least|min|minimum|only? # ..3 @change ..2 at|have|are|is|accumulated|ready|$",
        "max|maximum|at-most|up-to|≤|<=|more-than|exceed|limit ..3 # ..2 @commit|@change ..3 per|in|into|each|a ..2 @deploy|@push|@release|@merge",
        "# ..1 # ..3 @change|/ ..3 per|into|in|each ..2 @deploy|@push|@release", "# ..2 @change ..3 per ..1 @deploy|@push|@release",
        "@deploy|@push|@release|batch|batches ..6 max|maximum|at-most|more-than|exceed|up-to|limit ..3 # ..2 @commit|@change",
        "@deploy|@push|@release|batch|batches ..6 min|minimum|at-least|fewer-than ..2 # ..2 @commit|@change", "batch|batches ..2 of ..2 #",
        "wait ..4 at-least|until? # ..3 @change ..8",
    ];
    MOST = ["max|maximum|at-most|up-to|≤|<=|more-than|exceed|limit|cap"];
    LEAST = ["min|minimum|at-least|≥|>=|>|until|accumulate|collect|batch|fewer-than|wait|once|only"];
    MAX_WAIT = ["within|at-most|max|maximum|longer|later|latest|hold|held|wait|every|than ..4 #"];
}

/// Reads what a clause says about how much goes at once.
pub fn read(clause: &Clause<'_>) -> Option<Found> {
    if !clause.has(ACTS.with(v::BATCH)) {
        return None;
    }
    let states = !clause.may_ask();
    if let Some(found) = counted(clause).filter(|_| !states) {
        return Some(found);
    }
    if clause.fits(&NOT_EACH) && (!states || clause.forbids()) {
        let polarity = if clause.says(&["rather", "instead"]) { Polarity::Must } else { Polarity::MustNot };
        let found = clause.unbound(Kind::Batching, object(clause)).polarity(polarity);
        return Some(if polarity == Polarity::MustNot { found.with("per", "change") } else { found });
    }
    if states || clause.setting.messages && !clause.has(v::BATCH) && !acts(clause) {
        return None;
    }
    let related = clause.says(&["related"])
        && !clause.says(&[
            "operations",
            "operation",
            "calls",
            "tool",
            "requests",
            "queries",
            "reads",
            "directories",
            "directory",
            "folder",
            "folders",
            "files",
            "modules",
            "domain",
            "tests",
            "imports",
            "components",
            "functionality",
        ])
        && clause.words.get(clause.mood.main).is_some_and(|word| word.classes.any(v::BATCH));
    let governed = related || clause.has(ACTS) || clause.setting.topic.any(ACTS);
    // Commits of other trades.
    let other = clause.says(&["offsets", "transaction", "transactions", "cursor"]);
    if other || !governed || clause.fits(&AS_YOU_LIKE) {
        return None;
    }
    if clause.fits(&EACH) && !clause.fits(&NEVER_TOGETHER) {
        return Some(clause.unbound(Kind::Batching, object(clause)).with("per", "change"));
    }
    if clause.fits(&NEVER_TOGETHER) || clause.fits(&TOGETHER) || clause.fits(&ONCE) && !clause.forbids() {
        return Some(clause.unbound(Kind::Batching, object(clause)));
    }
    None
}

/// "at least 3 fixes per deploy", "3-5 features per deploy", "max 10 commits per push".
fn counted(clause: &Clause<'_>) -> Option<Found> {
    let found = clause.find(&COUNT)?;
    let one = |at: &usize| clause.number(*at) == Some(1.0);
    if found.numbers.first().is_some_and(one) && !clause.fits(&MOST) {
        return None;
    }
    let mut numbers = found.numbers.iter().filter_map(|at| Some((*at, clause.number(*at)?)));
    let (at, first) = numbers.next()?;
    let second = numbers.next().or_else(|| range_end(clause, at));
    let object = match object(clause) {
        Object::Commit => Object::Deploy,
        object => object,
    };
    if object == Object::PullRequest
        || clause.words.get(at + 1).is_some_and(|word| quantity::unit(&word.text).is_some() && word.text != "d")
    {
        return None;
    }
    let mut read = clause.found(Kind::Batching, object);
    let (least, most) = (clause.fits(&LEAST), clause.fits(&MOST));
    match second {
        Some((_, highest)) => {
            read = read.with("min-commits", whole(first)).with("max-commits", whole(highest));
        }
        _ if most && !least => read = read.with("max-commits", whole(first)),
        _ if most
            && clause.says(&["more-than", "exceed", "max", "maximum", "at-most"])
            && !clause.says(&["min", "minimum", "at-least"]) =>
        {
            read = read.with("max-commits", whole(first));
        }
        _ => read = read.with("min-commits", whole(first)),
    }
    if clause.fits(&MAX_WAIT)
        && let Some((span, ..)) = quantity::duration_from(&clause.words, at + 1)
    {
        read = read.with("max-wait", duration::show(span));
    }
    Some(read)
}

/// Whether a clause commands to commit or push: below a heading about messages it is about rhythm.
fn acts(clause: &Clause<'_>) -> bool {
    clause.mood.form == Form::Command
        && clause.words.get(clause.mood.main).is_some_and(|verb| matches!(verb.text.as_str(), "commit" | "push"))
}

/// The other end of "3-5".
fn range_end(clause: &Clause<'_>, at: usize) -> Option<(usize, f64)> {
    let dash = clause.words.get(at + 1)?;
    matches!(dash.text.as_str(), "-" | "–" | "to").then_some(())?;
    Some((at + 2, clause.number(at + 2)?))
}

/// What the changes go into: deploys before pushes before commits, whatever is named last.
fn object(clause: &Clause<'_>) -> Object {
    let order = [v::DEPLOY, v::RELEASE, v::PUSH, v::PR, v::MERGE, v::COMMIT];
    // "Group changes into a single commit before a push": into what counts.
    let into = clause.words.windows(5).find_map(|words| {
        let [first, rest @ ..] = words else { return None };
        let into = matches!(first.text.as_str(), "into" | "in");
        into.then(|| rest.iter().find_map(|word| object_of(word.classes))).flatten()
    });
    if into.is_some() {
        return into.unwrap_or(Object::Push);
    }
    let named = order.into_iter().find_map(|class| clause.words.iter().find(|word| word.classes.any(class)));
    named.and_then(|word| object_of(word.classes)).or_else(|| object_of(clause.setting.topic)).unwrap_or(Object::Push)
}
