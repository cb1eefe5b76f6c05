//! Limits on repeated attempts at one fix.

use super::clause::{Clause, Found, whole};
use super::pattern::patterns;
use super::quantity;
use super::vocabulary as v;
use crate::engine::duration;
use crate::governance::directive::{Kind, Object};

patterns! {
    COUNTED = [
        "at-most|max|maximum|more-than|limit|limited|up-to|exceed|fewer-than ..2 # ..3 fix|fixes|fix-up|fixup|hotfix|hotfixes|bugfix|attempt|attempts|retries|retry|tries|rounds ..5",
        "after ..1 # ..3 failed|unsuccessful|consecutive|fix|fixes|attempts|tries|retries|hotfixes ..6", "# ..2 fix|fixes|hotfixes|failed ..2 attempts|commits|deploys|pushes? ..3 in|within|for",
        "# fixes|hotfixes ..4 in|within #", "more-than # ..2 for ..2 same bug|issue|problem|error", "stop ..3 after # -|–|or|to # ..3 fix|fixes|attempts|failed|failures|retries|tries", "stop ..3 after # ..3 fix|fixes|attempts|failed|failures|retries|tries",
    ];
    MOST = ["at-most|max|maximum|more-than|limit|limited|up-to|exceed ..2 #"];
    STOP = ["stop ..1 after # ..2 attempts|tries|retries"];
    FIXES = ["fix|fixes|fix-up|fixup|hotfix|hotfixes|deploy|deploys|push|pushes|commit|commits|ci|build|bug|red|same|failed"];
    /// So many times until it works.
    RETRIES = ["fix ..8 up-to|at-most|max|maximum # ..1 times|attempts|iterations|rounds", "retry|try ..5 fix ..5 up-to|at-most # ..1 times"];
    STUCK = [
        "@never keep ..1 trying|retrying ..2 same", "same ..1 error|failure|fix ..4 repeatedly|again|twice|times ..2 stop", "@never ..2 retry ..3 same ..1 fix|approach",
        "if|when ..3 fix ..3 fails|failed ..2 twice|again|times ..6",
    ];
    OPEN = [
        "@never ..3 fix-on-fix|whack-a-mole|trial-and-error", "@never ..3 @push|keep|chain|stack|pile ..2 fix|fixes|hotfix|hotfixes ..6",
        "@never ..3 iterate|iterating|debug|debugging ..3 on|in|via|by|through|with ..2 production|prod|@deploy|@push|live",
        "@never ..4 guess|guesses|speculative ..3 @push|@deploy|@commit", "stop ..3 pushing|deploying fixes", "@never ..2 pile|stack|push|ship|deploy ..1 fix ..1 upon|after|on|onto fix", "fix ..3 fails|failed ..5 revert|rollback|stop",
    ];
}

/// Reads what a clause says about chains of fixes.
pub fn read(clause: &Clause<'_>) -> Option<Found> {
    if !clause.may_ask() {
        return None;
    }
    if let Some(found) = clause.find(&RETRIES) {
        let read = clause.unbound(Kind::FixChain, Object::Commit);
        let count = found.numbers.first().and_then(|at| clause.number(*at));
        return Some(count.map_or(read.clone(), |count| read.with("fixes", whole(count + 1.0))));
    }
    if clause.fits(&STUCK) {
        return Some(clause.unbound(Kind::FixChain, Object::Commit));
    }
    let governed =
        clause.about(v::PUSH.with(v::DEPLOY).with(v::COMMIT).with(v::MERGE).with(v::RELEASE).with(v::ENVIRONMENT));
    if let Some(found) = clause.find(&COUNTED).filter(|_| clause.fits(&FIXES) || clause.fits(&STOP)) {
        let at = found.numbers.first().copied()?;
        // The rule refuses a chain of so many: "no more than 3" lets the third through.
        let more = if clause.fits(&MOST) { 1.0 } else { 0.0 };
        let read = clause.unbound(Kind::FixChain, Object::Commit).with("fixes", whole(clause.number(at)? + more));
        let span = quantity::duration_from(&clause.words, at + 1);
        return Some(match span {
            Some((span, ..)) => Found { bound: true, ..read.with("within", duration::show(span)) },
            None if governed || clause.says(&["fix", "fixes", "hotfixes", "stop"]) => read,
            None => return None,
        });
    }
    (governed && clause.fits(&OPEN)).then(|| clause.unbound(Kind::FixChain, Object::Push))
}
