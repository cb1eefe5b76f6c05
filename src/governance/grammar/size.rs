//! How large commits and pull requests may be, and that each has one concern.

use super::clause::{Clause, Found, whole};
use super::mood::Form;
use super::pattern::patterns;
use super::vocabulary as v;
use crate::governance::directive::{Kind, Object, Polarity};

patterns! {
    ONE = [
        "one|single ..5 per|/|each ..1 @commit|@pr", "one ..2 concern|change|thing|feature|fix|topic in a|each|one ..1 @commit|@pr", "@commit|@pr ..2 = one", "@commit|@pr ..5 one|single ..2 thing|concern|purpose|change|topic|logical|responsibility|issue|feature|item|fix|idea|task", "@commit|@pr ..1 per ..2 exchange|concern|feature|change|fix|task|issue|item|project|topic|lesson|crate|package|locale|rule|logical",
        "each|every ..1 @commit|@pr ..4 one|single|self-contained|atomic|focused|independent|logical|small", "split|keep|put|use|create|make|move|open|commit|land ..9 separate ..2 @commit|@pr", "^ separate @commit|@pr", "get|gets|deserve|deserves|belong|belongs|go|goes ..2 its|their own ..1 @commit|@pr", "in ..1 its|their|own own? ..1 @commit|@pr $", "one logical ..2 @commit|@pr", "@commit|@pr ..2 # ..1 thing|concern|purpose",
    ];
    SMALL = [
        "keep|make|create|submit|limit|open ..3 @commit|@pr|diffs|change|changes|changesets|scope ..3 small|smaller|focused|limited|minimal|atomic|narrow|tightly|tight|scoped|bite-sized|reviewable|bounded|granular|tiny|self-contained", "@commit|@pr|diffs ..2 should|must|: ..3 small|smaller|focused|minimal|atomic|narrow|scoped|bite-sized|granular|single-purpose|self-contained",
        "small|smaller|focused|minimal|atomic|narrow|bite-sized|granular|bounded ,? ..1 @commit|@pr|diffs|changesets",
        "@never ..3 mix|bundle|combine|mixing|unrelated|drive-by|batch|group ..6 @commit|@pr|change|changes|refactor|refactors", "@never ..3 large|huge|giant|mega|massive|one-off ..2 @commit|@pr", "split ..8 @commit|@pr|separate", "break ..4 up|down|into|large|big ..6 @commit|@pr|separate|smaller", "small|focused|narrow|minimal|tight|limited ..1 scope|diff|diffs|changes", "unrelated ..4 separate|own|different ..2 @commit|@pr", "keep ..3 unrelated ..3 out",
        "@commit ..4 in small ..3 chunks|steps|pieces|increments", "^ commit only ..2 files|changes ..1 relevant|related", "^ single-purpose|atomic|small|focused @pr|@commit", "bisect ..1 @commit", "@never ..4 drive-by", "keep ..3 diffs|diff|stacks ..2 small|focused|shallow|minimal|tight", "@never ..3 unrelated ..4",
        "keep ..2 diff|diffs|change|changes|patch|patches|edits ..3 small|minimal|focused|surgical|scoped|targeted", "minimize|minimise|limit ..2 diff|diffs $", "smallest ..2 diff|change|changes|patch", "^ separate ..4 refactor|refactors|refactoring|refactorings|cleanup|formatting from", "keep ..2 out-of-scope ..3", "^ stick ..2 to ..2 scope of ..2 @pr|@commit", "@never ..4 out-of-scope|unrelated", "each|every ..3 self-contained ..2",
        "@pr|@commit|diff|diffs must|should|: ..3 brief|short|concise|limited|narrowly", "as small|brief|short as possible", "@pr|@commit ..6 , ..2 split ..2 it|them", "^ stay|keep ..2 within ..2 scope of ..3 @pr|issue|ticket|task", "@pr|@commit|diffs should|must ..2 reviewable|easy", "^ make|prefer|create ..1 incremental|small|atomic|focused @commit", "split ..4 into ..3 stages|parts|pieces|steps", "smallest coherent ..3",
    ];
    IS_SMALL = ["^ a? ..1 @pr|@commit is|are one|single|a ..1 logical|focused|single ..1 change|unit", "change|@commit|@pr ..3 single logical unit", "^ @pr|@commit is|are ..1 atomic|focused|small|single-purpose|self-contained"];
    /// What is not done together, wherever, and changes that stay small.
    MIXES = [
        "^ keep ..2 diff|diffs ..4 small|minimal|focused|surgical|scoped", "^ minimize|minimise ..2 diff|diffs $", "^ keep ..1 changes ..1 minimal|focused|small|scoped|surgical|targeted|tightly ..3", "^ separate ..4 refactor|refactors|refactoring|refactorings from",
        "@never ..3 mix|mixing|combine ..5 refactor|refactors|refactoring|formatting|cleanup ..6", "^ avoid|don't|no include|make|add|bundle|introduce? unrelated change|changes|refactors|edits|refactoring"];
    /// What is kept apart, whatever its concern: the opposite of batching.
    APART = [
        "separate|own|another|different|multiple ..1 @commit|@pr", "one|single @commit|@pr per|for ..1 @verb|@change|directory|file|package|locale|module|lesson",
    ];
    CONCERN = ["formatting|format|style|renames|rename|moves|cosmetic|mechanical|refactoring|unrelated|concern|logical|logically|concerns|purpose|thing|related|refactor|refactors|cleanup|exchange|unit|atomic|issue|feature|fix"];
    COUNT = [
        "@pr|@commit|diff|diffs|change|changes|changeset ..8 # ..2 lines|loc|files|commits|file", "# ..2 lines|loc|files|commits|file ..6 per|in|a|each ..2 @pr|@commit|change", "under|below|at-most|max|maximum|more-than|exceed|≤|<|<=|fewer-than|up-to|exceeds|over ..2 # ..2 lines|loc|files ..1",
    ];
    LIMITS = ["under|below|at-most|max|maximum|more-than|exceed|exceeds|exceeding|≤|<|<=|limit|limited|fewer-than|up-to|over|larger|smaller|above|>|within"];
    UNITS = ["# ..2 lines|loc", "# ..2 files|file", "# ..1 commits|commit"];
}

/// Reads what a clause says about size.
pub fn read(clause: &Clause<'_>) -> Option<Found> {
    let governed = clause.about(v::COMMIT.with(v::PR))
        || clause.says(&["diff", "diffs", "stacks", "drive-by"])
        || clause.setting.sizes
        || clause.fits(&MIXES);
    let long = clause.words.len() > if clause.mood.form == Form::Fragment { 24 } else { 45 };
    if !governed
        || long
        || !(clause.may_ask() || clause.fits(&IS_SMALL))
        || clause.has(v::DEPLOY) && !clause.has(v::COMMIT.with(v::PR))
    {
        return None;
    }
    let own = clause.setting.sizes || clause.has(v::COMMIT.with(v::PR)) || clause.says(&["diff", "diffs", "stacks"]);
    if clause.fits(&COUNT)
        && clause.fits(&LIMITS)
        && (clause.about(v::PR.with(v::COMMIT)) || clause.setting.sizes)
        && !clause.has(v::MESSAGE)
    {
        let sized = limits(clause, clause.found(Kind::ChangeSize, object(clause)));
        if !sized.params.is_empty() {
            return Some(sized);
        }
    }
    // A message that is small is another subject, and so is one test per change.
    if clause.has(v::MESSAGE) && !clause.says(&["focused", "separate"])
        || clause.setting.messages && clause.words.len() < 4
        || clause.has(v::TRAILER)
    {
        return None;
    }
    let one = clause.fits(&ONE) && own;
    let small = clause.fits(&SMALL)
        && (own
            || clause.says(&["drive-by"])
            || clause.fits(&MIXES)
            || clause.setting.topic.any(v::PR.with(v::COMMIT)));
    let is_small = clause.fits(&IS_SMALL) && clause.words.len() < 14;
    if is_small && clause.mood.form == Form::Statement {
        return Some(clause.found(Kind::ChangeSize, object(clause)));
    }
    let fragment = clause.mood.form == Form::Fragment && !clause.asks();
    if !(one || small) || fragment && !(one || clause.has(v::SMALL)) || clause.has(v::VERSION) && !clause.has(v::PR) {
        return None;
    }
    if clause.fits(&APART) && !clause.fits(&CONCERN) {
        return Some(clause.unbound(Kind::Batching, object(clause)).polarity(Polarity::MustNot));
    }
    let read = clause.found(Kind::ChangeSize, object(clause));
    Some(if one { read.with("one", "concern") } else { read })
}

fn limits(clause: &Clause<'_>, mut read: Found) -> Found {
    for (pattern, key) in UNITS.iter().zip(["max-lines", "max-files", "max-commits"]) {
        let number =
            clause.find(std::slice::from_ref(pattern)).and_then(|found| clause.number(*found.numbers.first()?));
        if let Some(number) = number.filter(|number| *number > 0.0) {
            read = read.with(key, whole(number));
        }
    }
    read
}

fn object(clause: &Clause<'_>) -> Object {
    if clause.has(v::PR) || !clause.has(v::COMMIT) && clause.setting.topic.any(v::PR) {
        Object::PullRequest
    } else {
        Object::Commit
    }
}
