//! What must pass or be run before a commit, push, pull request, merge or deploy, and after a deploy.

use super::clause::{Clause, Found, object_of};
use super::mood::Form;
use super::pattern::patterns;
use super::vocabulary::{self as v, CODE, Classes, VERB};
use crate::governance::directive::{Kind, Object};

const ACTS: Classes = v::COMMIT.with(v::PUSH).with(v::PR).with(v::MERGE).with(v::DEPLOY).with(v::RELEASE);

patterns! {
    /// "before committing", "prior to opening a PR".
    BEFORE = [
        "before opening|submitting|pushing|committing $", "before ..2 requesting|asking|request ..2 review|reviewers", "recommended before ..3 @pr|@commit|@push|@merge",
        "before|prior-to|pre ..5 @commit|@push|@pr|@merge|@deploy|@release|--no-verify", "before ..3 submitting|submission|submit|review|finishing|handoff|completing|completion", "@before every|each|any ..1 @commit|@push|@pr|@merge|@deploy",
        "pre-commit|pre-push", "to pass ..2 before", "ahead of ..2 @pr|@merge|@deploy", "before you ..1 @commit|@push|@merge|@deploy", "every|each time ..2 before ..2 @commit|@push", "before ..2 final ..2 commit|push|answer",
        "and|then then? @deploy|@push|@commit $",
    ];
    /// "do not merge until CI is green", "never deploy with failing tests".
    GATED = [
        "@never ..4 @commit|@push|@merge|@deploy|@release|open|submit|create|@pr ..6 without|until|unless|if|when|while|with|on ..8 @check|@pass|red|tested|testing", "only @commit|@merge|@push|@deploy|@release ..3 when|if|after|once|with ..8 @check|@pass", "@never ..3 @commit|@push|@deploy|@merge ..2 broken|failing|untested|red",
        "@never ..3 @commit|@merge|@push|@deploy|@release|open|submit ..5 that|which ..2 fails|fail|breaks|break", "@pr|@commit|code|changes ..6 fail|fails|failing|without ..6 won't|rejected|closed|declined ..3", "code ..5 doesn't|don't ..1 pass ..4 won't ..1 merged|accepted", "@check ..5 must ..3 @pass", "must ..2 pass|be ..2 @check|green|clean", "@merge|@deploy|@push|@commit|@pr ..4 requires|require|needs ..3 @check|green|passing", "@never ..3 @commit|@push ..2 code ..6 @check|fails|compile", "@never ..4 @commit|@push|@merge|@deploy|@pr ..3 without ..2 running|run|executing|passing ..4", "@commit|@pr ..3 must|should ..3 lint-clean|clean|green|buildable|compile|compiles|pass|passing|build", "@commit|@merge|@push|@deploy|@pr ..4 only ..3 merged|pushed|deployed|committed ..2 when|if|after|once ..6 @check|@pass|green",
        "@pr|@commit|changes|change ..3 must|should ..3 pass ..5 @check|ci", "@check ..4 @pass ..4 @before|required|to", "@check ..6 green ..3 @before", "all ..4 @check ..2 @pass", "before|until ..4 @check|ci ..3 @pass|green",
        "ci ..2 must|should ..3 @pass|green", "required ..1 gate ..3 @pr|@merge|@commit|@deploy", "@deploy|@push|@merge|@commit|@release ..3 after ..3 @check", "^ test|verify|build|validate ..2 locally ..1 first", "^ ensure ..6 @check|@code ..6 @pass", "once|after|when ..3 @check ..2 @pass , ..2 @push|@commit|@merge|@deploy|open|create", "@pr|@commit|@merge ..4 only when|if|after|once ..8 @check|@pass", "@check ..2 is|are ..1 required|mandatory ..3 @pr|@commit|@merge|@push", "only proceed ..2 if|when|after|once ..4 @pass", "^ use|run ..6 on|for every|each @pr|@commit|@push", "@check|@code ..8 must ..2 @pass|green",
    ];
    /// "CI expects the tests to pass before a merge".
    EXPECTED = ["@pr ..1 is ..1 ready|mergeable|complete|done ..2 when|once|only ..8 @pass|@check", "expects|wants ..10 pass|passing ..2 before"];
    /// What is looked up rather than checked.
    LOOKS = ["check|verify|confirm|see|search whether|if|for|that|the ..4 already|existing|open|exists|board|status|assigned"];
    /// "after deploying, verify".
    AFTER = [
        "after|once|following ..4 @deploy|@push|@merge|@release ..8 verify|check|monitor|test|watch|confirm|validate|smoke-test|ensure|run|smoke", "verify|check|monitor|watch|confirm|validate|ensure|smoke-test|test ..10 after ..3 @deploy|@push|@merge|@release|@pr", "after|once ..2 @push|@deploy ..3 , ..2 @verify",
        "post-deploy|post-deployment ..4 @verify|@check", "verify ..4 @deploy|@deployment|@release ..4 succeeded|healthy|works|working|success",
    ];
    /// "Every PR must include tests".
    BRINGS = ["@pr|@commit ..3 must|should|need|needs|require|requires ..2 include|have|add|contain|come ..4 tests|coverage", "@pr|@commit ..3 must|should|need|needs ..6 regression|unit test", "@pr|@commit ..2 need|needs|require|requires ..2 tests|coverage", "must|should ..2 @pass ..3 on|in|for ..2 @pr|@commit|ci"];
    CHECKS = [
        "self-review|review ..4 diff|diffs|changes|code",         "run|re-run|rerun|execute|invoke ..8", "@verify ..6 @check|@pass|@code", "ensure|verify|confirm|check|make ..8 @pass|@check", "@check ..6 @pass", "test|lint|format|build|typecheck|validate|review|fix|resolve|scan|regenerate|compile ..8", "must|should ..3 pass|run|passing", "@pass", "@code",
        "@check", "@verify",
    ];
}

/// Reads what a clause says about checks.
pub fn read(clause: &Clause<'_>) -> Option<Found> {
    let governed = clause.about(ACTS)
        || clause.says(&["submitting", "submit", "submission", "ci", "proceed", "review"])
        || clause.setting.before
        || clause.setting.after
        || clause.setting.procedure
        || clause.setting.requests;
    if !governed || clause.mood.form == Form::Permission || clause.setting.samples {
        return None;
    }
    own(clause).or_else(|| inherited(clause)).or_else(|| stepped(clause))
}

/// A step of how a change is brought in that runs a check: "3. Run `make test`".
fn stepped(clause: &Clause<'_>) -> Option<Found> {
    let runs = clause.words.get(clause.mood.main).is_some_and(|verb| {
        matches!(
            verb.text.as_str(),
            "run" | "execute" | "ensure" | "verify" | "test" | "lint" | "format" | "validate" | "confirm" | "make"
        )
    });
    let checks =
        clause.has(v::CHECK) || clause.words.iter().any(|word| word.classes.any(CODE) && is_command(&word.text));
    let step = (clause.setting.procedure && clause.setting.step
        || clause.setting.requests && clause.setting.item && clause.has(v::PASS) && clause.words.len() < 12)
        && clause.mood.form == Form::Command;
    (step && runs && checks && !clause.forbids())
        .then(|| clause.found(Kind::ChecksBefore, object_of(clause.setting.topic).unwrap_or(Object::PullRequest)))
}

/// A clause that says itself before what.
fn own(clause: &Clause<'_>) -> Option<Found> {
    let checks = clause.has(v::CHECK.with(v::HOOK))
        || clause.setting.label.any(v::CHECK) && clause.says(&["required", "mandatory"])
        || clause.has(v::PASS)
        || clause.words.iter().any(|word| word.classes.any(CODE) && is_command(&word.text))
        || verb_is(clause, v::VERIFY);
    // "Before a release, update the changelog" checks nothing.
    let writes = clause
        .words
        .get(clause.mood.main)
        .is_some_and(|verb| matches!(verb.text.as_str(), "update" | "regenerate" | "rebuild" | "invoke"))
        && clause.has(v::VERSION);
    let other = is_other(clause) || writes;
    if !checks
        || clause.says(&["boxes", "checkbox", "checkboxes"])
        || clause.has(v::NOVERIFY.with(v::TRAILER))
        || clause.fits(&LOOKS)
    {
        return None;
    }
    let command = clause.words.iter().any(|word| word.classes.any(CODE) && is_command(&word.text));
    let gated = clause.fits(&BRINGS)
        || clause.fits(&GATED)
            && (clause.has(v::CHECK.with(v::PASS)) || command)
            && (clause.about(ACTS) || clause.says(&["ci", "proceed"]));
    let labelled = clause.setting.label.any(v::CHECK) && clause.says(&["required", "mandatory"]);
    let before = clause.fits(&BEFORE)
        && (clause.fits(&CHECKS) || labelled)
        && !other
        && (clause.has(ACTS)
            || clause.says(&[
                "submitting",
                "submit",
                "submission",
                "pre-commit",
                "pre-push",
                "review",
                "handoff",
                "finishing",
            ])
            || clause.says(&["opening", "pushing"]) && clause.setting.topic.any(ACTS));
    let after = clause.fits(&AFTER) && clause.has(ACTS);
    // "Wait for CI to pass" and "rebase and run the tests" check.
    let runs = clause.words.windows(2).any(|pair| {
        matches!(pair, [and, run] if matches!(and.text.as_str(), "and" | "then") && matches!(run.text.as_str(), "run" | "rerun" | "re-run" | "test"))
    });
    let waits = clause.has(v::CHECK) && (clause.has(v::PASS) || runs);
    let reading = clause.words.get(clause.mood.main).is_some_and(|word| READ.contains(&word.text.as_str())) && !waits;
    let expected = clause.fits(&EXPECTED) && clause.has(ACTS);
    let speaks = clause.asks()
        || expected
        || clause.mood.form == Form::Fragment && (clause.says(&["before"]) || gated && clause.setting.topic.any(ACTS));
    if !speaks || reading || !(gated || before || after) || bare_tool(clause) && !(gated || after) {
        return None;
    }
    Some(clause.found(Kind::ChecksBefore, object(clause)))
}

/// Whether what is commanded is no check, nor anything joined to it: "put the test into a commit before the fix".
fn is_other(clause: &Clause<'_>) -> bool {
    let checks = v::VERIFY.with(v::CHECK).with(v::PASS);
    let other = clause.words.get(clause.mood.main).is_some_and(|verb| {
        verb.classes.any(VERB) && !verb.classes.any(checks.with(ACTS).with(CODE)) && !DOES.contains(&verb.text.as_str())
    });
    let until = clause.words.iter().position(|word| word.classes.any(v::BEFORE)).unwrap_or(clause.words.len());
    let joined = clause.words.windows(2).enumerate().any(|(at, pair)| {
        let [first, second] = pair else { return false };
        let joins = matches!(first.text.as_str(), "and" | "," | "then" | "(" | "or");
        joins && (second.classes.any(checks) && second.classes.any(VERB) || second.text == "wait")
            || at < until && second.classes.any(v::VERIFY) && second.text.ends_with("ing")
    });
    clause.mood.form == Form::Command && !clause.forbids() && other && !joined
}

/// What is ticked off before something, whatever it is.
pub fn task(clause: &Clause<'_>) -> Option<Found> {
    let asks = matches!(clause.mood.form, Form::Fragment | Form::Statement) || verb_is(clause, v::VERIFY);
    let ticks = clause.setting.task
        && !clause.setting.releasing
        && (clause.setting.before || clause.setting.after)
        && !clause.setting.negated;
    (ticks && asks && clause.words.len() < 20)
        .then(|| clause.found(Kind::ChecksBefore, object_of(clause.setting.topic).unwrap_or(Object::Commit)))
}

/// Verbs that say nothing about what is done: "use the linter", "make the tests pass".
const DOES: [&str; 12] =
    ["use", "make", "do", "always", "keep", "have", "treat", "clear", "address", "wait", "exercise", "ensure"];

const READ: [&str; 15] = [
    "let", "read", "tell", "remind", "inform", "search", "ask", "notify", "announce", "discuss", "contact", "wait",
    "get", "obtain", "rebase",
];

/// "pre-commit run": the name of the tool alone says nothing about when.
fn bare_tool(clause: &Clause<'_>) -> bool {
    let named = clause.says(&["pre-commit", "pre-push"]);
    named
        && !clause.says(&["before", "prior-to", "until"])
        && !(clause.has(v::CHECK) && clause.mood.form == Form::Command)
}

/// An item of a list that is done before something.
fn inherited(clause: &Clause<'_>) -> Option<Found> {
    let passes = clause.has(v::CHECK) && clause.has(v::PASS) && clause.words.len() < 9;
    if !(clause.setting.before || clause.setting.after)
        || clause.mood.form == Form::Statement && !passes
        || clause.setting.negated
        || clause.setting.trouble
    {
        return None;
    }
    // Below "Before committing:" a command alone is one to run.
    let alone = clause.words.first().is_some_and(|word| word.classes.any(CODE) && runs(&word.text));
    let command = alone || clause.words.iter().any(|word| word.classes.any(CODE) && is_command(&word.text));
    let vague = clause
        .words
        .get(clause.mood.main)
        .is_some_and(|word| matches!(word.text.as_str(), "confirm" | "keep" | "update" | "fix"));
    // "Run it again" says nothing of what is run.
    let named = clause.says(&["commands", "command", "suite", "everything"])
        || clause.words.iter().any(|word| word.classes.any(CODE) && word.text.contains(' '));
    let unnamed = clause.words.get(clause.mood.main + 1).is_none_or(|word| {
        matches!(
            word.text.as_str(),
            "the" | "after" | "when" | "it" | "them" | "this" | "these" | "all" | "in" | "with" | "from"
        )
    });
    let again = !named
        && clause.words.get(clause.mood.main).is_some_and(|word| {
            matches!(word.text.as_str(), "run" if unnamed)
                || matches!(
                    word.text.as_str(),
                    "re-run" | "rerun" | "resolve" | "inspect" | "execute" | "invoke" | "watch"
                )
        });
    let verb = clause.mood.form == Form::Command
        && (verb_is(clause, v::VERIFY) && !vague && (!again || clause.has(v::PASS)) || clause.has(v::CHECK));
    let sure = clause.says(&["ensure"]) && clause.mood.condition.0 < clause.mood.condition.1;
    let verb = verb && !clause.says(&["boxes"]) && !sure;
    let optional = clause.says(&["when", "if"]) && clause.says(&["use"])
        || clause.text.ends_with(':') && clause.mood.form != Form::Command;
    let purpose = clause.mood.condition.0 < clause.mood.condition.1
        && clause.words.get(clause.mood.condition.0).is_some_and(|word| word.text == "to");
    if optional || purpose {
        return None;
    }
    let state = (clause.has(v::CHECK) || command) && clause.has(v::PASS);
    let other = clause.mood.form == Form::Command
        && verb_is(clause, VERB)
        && !verb_is(clause, v::VERIFY)
        && !clause.has(v::CHECK);
    let done = clause.has(v::PASS)
        || clause.words.iter().any(|word| {
            word.classes.any(v::CHECK) && word.text.ends_with("ed")
                || matches!(word.text.as_str(), "run" | "successfully")
        });
    let fragment = clause.mood.form != Form::Command && clause.has(v::CHECK) && done && clause.words.len() < 14;
    // "Update the counts with `make counts`" is a step of another kind.
    let command = command && !(clause.mood.form == Form::Command && (vague || !verb_is(clause, v::VERIFY)));
    ((command || verb || state || fragment) && (command || !other) && !clause.forbids()).then(|| {
        let object = object_of(clause.setting.topic).unwrap_or(Object::Commit);
        clause.found(Kind::ChecksBefore, object)
    })
}

/// Whether the verb of the command is of a class.
fn verb_is(clause: &Clause<'_>, class: Classes) -> bool {
    clause.words.get(clause.mood.main).is_some_and(|word| word.classes.any(class))
        || clause
            .words
            .iter()
            .skip(clause.mood.main)
            .take(6)
            .any(|word| word.classes.any(class) && word.classes.any(VERB))
}

/// Whether a code span runs a check.
fn is_command(text: &str) -> bool {
    const TOOLS: [&str; 34] = [
        "npm",
        "pnpm",
        "yarn",
        "bun",
        "npx",
        "make",
        "cargo",
        "go",
        "pytest",
        "uv",
        "poetry",
        "tox",
        "ruff",
        "mypy",
        "black",
        "eslint",
        "prettier",
        "gradle",
        "./gradlew",
        "mvn",
        "dotnet",
        "bundle",
        "rake",
        "rspec",
        "just",
        "task",
        "pre-commit",
        "python",
        "tsc",
        "turbo",
        "nx",
        "bin/ci",
        "mix",
        "flutter",
    ];
    let first = text.split_whitespace().next().unwrap_or_default();
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    let checks = |word: &str| v::classes(word).any(v::CHECK);
    (TOOLS.contains(&first) || first.starts_with("./") || first.starts_with("script"))
        && (text.contains(' ') || checks(first) || first.starts_with("./") && words.clone().any(checks))
        || words.clone().filter(|word| !word.is_empty()).count() < 9
            && text.contains(' ')
            && words.into_iter().any(checks)
}

/// Whether a code span reads as a command that is no step of git's.
fn runs(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    let other = ["git", "gh", "cd", "cp", "mv", "rm", "mkdir", "export", "curl", "ssh", "docker", "source"];
    text.contains(' ')
        && first.chars().all(|letter| letter.is_ascii_lowercase() || "./-_".contains(letter))
        && !other.contains(&first)
        && !text.contains(['=', ':', '{', '<'])
}

/// Before what: the act named after "before", else the first.
fn object(clause: &Clause<'_>) -> Object {
    let before = clause
        .words
        .iter()
        .position(|word| word.classes.any(v::BEFORE) || matches!(word.text.as_str(), "after" | "until"));
    let named = |from: usize| {
        clause
            .words
            .get(from..)
            .unwrap_or_default()
            .iter()
            .find_map(|word| word.classes.any(ACTS).then(|| object_of(word.classes)).flatten())
    };
    before
        .and_then(named)
        .or_else(|| named(0))
        .or_else(|| object_of(clause.setting.topic))
        .unwrap_or(Object::PullRequest)
}
