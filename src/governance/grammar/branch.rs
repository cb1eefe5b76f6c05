//! Branches: no direct pushes, or direct ones; where pull requests go and where branches start, and their names.

use super::clause::{Clause, Found};
use super::mood::Form;
use super::pattern::patterns;
use super::vocabulary::{self as v, CODE};
use super::words::Word;
use crate::governance::directive::{Kind, Object, Polarity};

patterns! {
    DIRECT = [
        "@push|@commit ..4 @direct ..3 to|on|onto|into ..2 @main|@develop", "@direct ..2 @push|@commit", "@push|@commit|@merge ..2 @direct", "@never ..3 @push|@commit|@merge|work|develop|@force ..3 to|on|onto|into|in|against ..3 @main",
        "@never ..2 @push|@commit ..1 @main", "@direct ..1 to ..2 @main", "@push|@commit ..2 straight to", "@never ..3 changes|change|edits|work|develop ..2 on|in ..2 @main", "@never ..2 touch ..1 @main",
        "work|develop @direct? ..1 on ..2 @main", "@main ..3 protected|pull-request-only", "@never @push ..6 protected branch|branches", "@commit|@push ..2 @direct? to @main", "bypass ..3 branch protection|protections",
        "@push|@commit ..3 to|on @main", "^ stay|keep ..2 off ..2 @main",
    ];
    ON_A_BRANCH = [
        "^ work|develop|commit|always|create|use|make|start|open|do|cut|checkout|perform ..4 new|feature|separate|dedicated|topic|own|short-lived|fix|worktree|fresh ..2 @branch|worktree|branches", "always branch ..3", "^ branch ..1 off|before|first", "^ create|make ..2 branch first|before", "^ branch for every|each|all", "^ work|develop on|in a|your|own ..2 @branch|worktree", "^ use ..2 worktree|worktrees|branch for|per each|every",
        "@branch|branches for all|every|each|any ..3 @change|work", "feature|topic ..1 @branch ..1 only|required", "on a? ..2 feature|topic|separate|new|dedicated ..1 @branch", "never work ..2 on ..1 @main", "new branch ..2 for|per|before",
        "@branch ..2 before ..3 changes|editing|starting|coding|work|making|begin|beginning",
        "^ work|develop|operate|run|commit ..2 in|on|to ..2 separate|own|dedicated|isolated|feature|topic ..2 branch|worktree", "^ work|develop|commit ..1 on|to a? branch|branches", "^ use|create|make ..2 feature|topic|task|short-lived|separate|isolated ..1 branches|worktrees", "in|use|using ..1 its|their|your own ..2 worktree|branch", "^ create|make|start|open|use ..4 worktree for|before|per", "git worktree|worktrees for",
    ];
    /// A rule in few words: the plural says "always".
    STEPS = ["^ create|make|cut|checkout|start|open ..3 branch|branches|worktree", "^ create|open|submit|raise ..2 @pr"];
    BRANCHES = ["^ use|create ..2 feature|topic|task|short-lived|separate|isolated ..1 branches|worktrees", "^ work|commit ..1 on|to a? branch|branches", "^ always create|use|make a? ..1 branch|branches"];
    THROUGH_PR = [
        "all|every|any|no|@main ..2 changes|change|work|merges|code|commits|contributions|updates ..5 through|via|by|require|requires|need|needs|using ..3 @pr", "always|must ..3 open|use|create|submit|raise ..3 @pr",
        "changes|work|everything|contributions|merges|commits|code ..4 go|goes|land|lands|landed|happen|merged|made|submitted|come|require|requires|delivered ..3 through|via|by|a? ..3 @pr", "^ go through ..2 @pr", "^ @merge|work|land|contribute|submit|deliver|propose ..4 through|via|by ..2 @pr",
        "@pr ..1 for|required for ..1 all|every|any|significant ..3 @change|change|changes|merges|work", "@pr is|are ..1 required|mandatory", "@never ..2 merge|push|commit|land ..6 without ..3 @pr", "^ use a? pr|prs for|to",
        "fix|fixes|edit|edits ..4 need|needs|require|requires|go|goes through? ..1 @pr", "^ submit|contribute|deliver|propose|send ..5 as ..1 @pr", "^ only? through|via|by ..1 @pr", "only through|via|by ..1 @pr", "@change|contributions ..2 made|submitted|merged|delivered|welcome ..1 through|via|as|by ..1 @pr",
        "^ open|create|submit|raise|send|make|file ..3 @pr ..5 for|from|instead|with|rather ..2 @change|every|each|all|your|your|of|than|feature",
    ];
    NOT_A_BRANCH = ["@never ..3 create|make|open|use|start ..4 branch|branches", "@push|@commit|work ..3 @direct ..3 @main"];
    TARGET = [
        "@pr ..5 target|targets|targeting|targeted|against|into ..3 @code|@develop", "target|targets|targeting ..4 @code|@develop ..2 @branch?", "@pr|base|based ..2 base|based ..3 @code|@develop|branch", "base ..1 branch ..4 @code|@develop|is|:", "against ..2 @develop ..1 @branch?", "@merge|open|submit|create|@pr ..4 into|to|against ..2 @develop ..1 $",
        "@pr ..1 to|into|against @develop|@code", "^ base ..2 @pr ..2 on ..3 @code|@develop|branch", "@merge ..3 back? into|to ..2 @develop", "@never ..3 @pr ..3 to|against|into ..2 @develop", "target branch is|:|must|should", "use ..8 target branch", "@never ..2 target ..2 @develop",
    ];
    BASE_IS = ["^ the? target|base branch for ..4 is ..1 @code|@develop $", "^ the? base|target branch ..4 is ..1 @code|@develop $", "^ the? ..1 base|target branch is ..2 @code|@develop $", "^ the? @pr base|target is ..2 @code|@develop $"];
    /// What has happened.
    MERGED = ["has|have|is|are|was|been ..1 merged|landed"];
    START = [
        "branch|branches|branching|branched ..2 from|off ..3 @develop|@code|latest|upstream", "create|start|cut|make|checkout ..5 branch|branches ..4 from|off|based ..4 @develop|latest|@code|origin|base", "rebase ..5 on|onto|against|with ..3 @develop|upstream|latest|@main|base|target",
        "based on ..2 @main|@develop|latest", "before|prior-to ..4 , ..3 pull|sync|rebase|update|fetch ..4 @main|@develop|upstream|latest", "^ start|begin|work from ..4 @main|@develop", "^ @merge ..2 @main|@develop ..1 into ..2 branch", "starts|start from ..2 @main|@develop", "pull|sync|update|fetch ..4 @main|@develop|latest|upstream ..3 before|first", "branch ..4 up-to ..1 date", "branch ..3 up-to-date",
    ];
    NAME = [
        "@branch ..1 naming|name|names|prefix|prefixes", "name|prefix|naming|call ..3 branch|branches", "branch|branches ..4 named|naming|follow|prefix|prefixed|format|match|matches|called|as|like|follows", "branch|branches ..3 start|starts|begin|begins with", "branch|branches ..4 @code ..2 prefix", "use ..6 prefix|prefixes for ..2 branch|branches", "use ..14 @code branch|branches $",
        "use ..8 for ..2 branch|branches $", "use|follow ..6 branch ..1 structure|format|pattern|scheme|convention|name|names|naming|prefix", "use ..10 convention ..2 for ..2 new? branch|branches", "^ use @code ..8 branches $", "^ use ..3 kebab-case ..3 branch|branches",
        "feature|topic|fix ..1 branch|branches ..2 ( @code", "feature|topic|fix|release|hotfix|chore ..1 branch|branches ..1 :|= ..1 @code", "use ..4 @code prefix", "branch|branches : ..2 @code",
    ];
}

/// Reads what a clause says about branches; it may say both.
pub fn read(clause: &Clause<'_>) -> Vec<Found> {
    let told = clause.may_ask() || clause.fits(&BASE_IS);
    if !clause.about(v::BRANCH.with(v::MAIN).with(v::PR).with(v::TRUNKISH).with(v::DIRECT)) || !told {
        return Vec::new();
    }
    let mut found = Vec::new();
    found.extend(direct(clause));
    found.extend(base(clause));
    found
}

fn direct(clause: &Clause<'_>) -> Option<Found> {
    let asks = clause.mood.asks()
        || clause.mood.form == Form::Fragment
            && (clause.has(v::DIRECT.with(v::PR)) || clause.asks() || clause.says(&["branch", "branches"]));
    let approval =
        clause.says(&["without", "unless"]) && clause.has(v::APPROVE.with(v::PERSON)) && !clause.has(v::DIRECT);
    let checks = clause.says(&["before", "until"]);
    let pushes = clause.fits(&DIRECT)
        && (clause.forbids()
            || clause.setting.negated
            || clause.says(&["protected", "pull-request-only"])
            || works_on_main(clause) && !checks);
    // "Create a branch" alone is a step, or what a tool can do.
    let firmly = (clause.mood.asks() || clause.says(&["only", "always", "new"]))
        && (clause.words.len() > 4
            || clause.fits(&BRANCHES)
            || clause.setting.procedure && clause.setting.step
            || clause.says(&["only", "always", "never", "must", "before", "every", "each", "for"]));
    let starts = clause.fits(&START) && !clause.has(v::NEVER);
    let branches = clause.fits(&ON_A_BRANCH) && !clause.forbids() && firmly && !starts && !clause.has(v::RELEASE);
    let requests = clause.has(v::PR)
        && clause.fits(&THROUGH_PR)
        && !checks
        && !clause.has(v::MESSAGE.with(v::SMALL))
        && !clause.says(&["template", "fork", "separate", "dedicated"]);
    let none = clause.fits(&NOT_A_BRANCH);
    let branches =
        branches || firmly && clause.setting.procedure && clause.setting.step && !starts && clause.fits(&STEPS);
    if !asks || approval || clause.has(v::FORCE) || !(pushes || branches || requests || none) {
        return None;
    }
    let object = match (clause.has(v::PUSH), clause.has(v::COMMIT)) {
        (true, _) => Object::Push,
        (_, true) => Object::Commit,
        _ if clause.has(v::MERGE) => Object::Merge,
        _ => Object::Push,
    };
    let read = clause.found(Kind::DirectPush, object);
    // "Go through a pull request" and "work on a branch" forbid the direct way; "create no branch" asks for it.
    let read = match read.polarity {
        _ if none && !pushes => read.polarity(Polarity::Must),
        Polarity::Must if requests || branches || clause.says(&["protected", "pull-request-only"]) => {
            read.polarity(Polarity::MustNot)
        }
        _ => read,
    };
    let main = clause
        .words
        .iter()
        .find(|word| word.classes.any(v::MAIN) && !matches!(word.text.as_str(), "default-branch" | "protected-branch"));
    Some(match main {
        Some(word) => read.with("branch", word.text.trim_start_matches("origin/").trim_start_matches("upstream/")),
        None => read,
    })
}

/// "Commit directly to main", "work on main": the opposite rule.
fn works_on_main(clause: &Clause<'_>) -> bool {
    let verb = clause
        .words
        .get(clause.mood.main)
        .is_some_and(|word| matches!(word.text.as_str(), "work" | "commit" | "push" | "only"));
    let asked = clause.says(&["only", "when", "if"]) && clause.has(v::APPROVE);
    verb && clause.mood.form == Form::Command && clause.has(v::MAIN) && !clause.has(v::PR) && !asked
}

fn base(clause: &Clause<'_>) -> Option<Found> {
    let target = (clause.fits(&TARGET) || clause.fits(&BASE_IS)) && clause.about(v::PR.with(v::MERGE).with(v::BRANCH));
    let start = clause.fits(&START) && clause.about(v::BRANCH.with(v::AMEND).with(v::MAIN));
    let labelled = clause.setting.label.any(v::BRANCH) && clause.setting.label.any(v::NAMING) && clause.has(CODE);
    // "Feature branches: `feature/…`" shows the name.
    let shown = clause.setting.label.any(v::BRANCH)
        && clause.mood.form == Form::Fragment
        && clause
            .words
            .first()
            .is_some_and(|word| word.classes.any(CODE) && word.text.contains('/') && !word.text.contains(' '));
    let name = labelled || shown || clause.fits(&NAME) && !looks(clause);
    // "After a merge to main" is a time, and a diff against it no target.
    let dated =
        clause.mood.form == Form::Fragment && clause.words.first().is_some_and(|word| word.classes.any(v::AFTER));
    if dated || clause.says(&["diff", "diffs", "compare", "changed"]) && !clause.has(v::PR) {
        return None;
    }
    if clause.mood.form == Form::Fragment && !(target || name || start) || clause.has(v::CHECK) && !target && !name {
        return None;
    }
    let told = clause.says(&["sha", "hardcode", "hard-code", "cron", "daily"])
        || clause.mood.form == Form::Fragment && clause.words.first().is_some_and(|word| word.text == "on");
    let lands = target && clause.forbids() && clause.has(v::MERGE) && !clause.has(v::PR);
    if told || lands || target && !name && clause.fits(&MERGED) {
        return None;
    }
    let made = clause.words.iter().find_map(made_by);
    let creates = clause.mood.form == Form::Command && clause.has(v::BRANCH);
    if let Some(name) = made.filter(|_| creates && !(target || start)) {
        return Some(clause.found(Kind::BaseBranch, Object::Commit).with("name", name));
    }
    let bare = clause.words.len() < 4 && !clause.has(CODE.with(v::TRUNKISH));
    if bare || !(target || start || name) {
        return None;
    }
    let object = if target { Object::PullRequest } else { Object::Commit };
    let read = clause.found(Kind::BaseBranch, object);
    if name && !target && !start {
        let name = clause.words.iter().find(|word| word.classes.any(CODE) && !word.text.contains(' '));
        return Some(match name {
            Some(word) => read.with("name", word.text.as_str()),
            None => read,
        });
    }
    Some(match branch_after(&clause.words) {
        Some(branch) => read.with("base", branch),
        None => read,
    })
}

/// Whether a clause looks something up: "confirm the branch name".
fn looks(clause: &Clause<'_>) -> bool {
    clause.words.get(clause.mood.main).is_some_and(|verb| {
        matches!(
            verb.text.as_str(),
            "confirm"
                | "capture"
                | "identify"
                | "pass"
                | "check"
                | "find"
                | "get"
                | "list"
                | "show"
                | "discover"
                | "read"
                | "extract"
                | "record"
                | "report"
                | "verify"
        )
    })
}

/// The branch that a command makes: `git checkout -b fix/<name>`.
fn made_by(word: &Word) -> Option<&str> {
    let rest = ["checkout -b ", "switch -c ", "switch --create "].iter().find_map(|verb| word.text.split_once(verb))?.1;
    rest.split_whitespace().next()
}

/// The branch named after "target", "into", "from" and the like.
fn branch_after(words: &[Word]) -> Option<String> {
    let joins = [
        "target",
        "targets",
        "targeting",
        "against",
        "into",
        "to",
        "from",
        "off",
        "on",
        "onto",
        "of",
        "is",
        ":",
        "base",
        "branch",
    ];
    let at = words.iter().position(|word| joins.contains(&word.text.as_str()) && !word.classes.any(v::PR))?;
    let named = |word: &&Word| {
        word.classes.any(v::TRUNKISH) || (word.classes.any(CODE) && !word.text.contains([' ', '<', '.']))
    };
    let word = words.get(at + 1..)?.iter().find(named).or_else(|| words.iter().find(named))?;
    Some(word.text.trim_start_matches("origin/").trim_start_matches("upstream/").to_owned())
}
