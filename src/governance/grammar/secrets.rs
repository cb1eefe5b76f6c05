//! What must never be committed: secrets, keys, local and generated files.

use super::clause::{Clause, Found};
use super::mood::Form;
use super::pattern::patterns;
use super::vocabulary::{self as v, CODE};
use crate::governance::directive::{Kind, Object};

patterns! {
    COMMITS = [
        "@pr|@commit ..3 avoid|mustn't|shouldn't|never ..6 @generated", "@never ..4 @commit|@push|add|check|include|stage|hardcode|hard-code|put|expose|leak|share|store|embed|upload|paste|publish ..12 @secret|@generated|@code", "@never ..2 @secret ..6", "@never ..3 hardcoded|hard-coded|hardcode|sensitive|real|private|plaintext ..5",
        "@secret|@generated ..6 mustn't|never|can't|shouldn't|don't ..3 @commit|committed|hardcoded|logged|checked|shared", "keep|store|put|load|read|use ..4 @secret ..5 out|in|from|outside|manager|environment|env|@code", "scan|check ..6 @secret ..6", "rotate ..4 @secret", "@secret ..5 out of ..3",
        "@secret ..4 live|belong|go|stored|kept ..2 in|only|as|out", "@secret ..3 environment variables", "keep ..4 out of ..3 git|repo|repository|version|commits|@pr|@commit|history|community", "gitignore|.gitignore ..4 @secret|@generated", "keep ..4 outside ..2 repo|repository", "@never ..4 @commit|committing|add|@push ..8 file|files|artifacts|outputs|data|output",
        "@never ..4 include|share|expose|post|put|paste ..2 customer|sensitive|internal|private|personal ..3", "@never ..2 commit ..2 key ..3", "@never ..4 sensitive ..3 information|data|files|configs ..6",
    ];
    THINGS = [
        "secret|secrets|credential|credentials|password|passwords|api-key|api-keys|private-key|private-keys|.env|.envs|pii|token|tokens|keys|passphrase|dotenv|certificates|cookies", "sensitive ..2 information|data|files|configs|values", "customer ..1 information|data", "@generated",
        "key", "internal|private|personal ..1 information|data|files", "real|actual|live ..3 data|phone|tokens|keys|customer", "large ..2 files|datasets|data|binaries", "local ..2 files|config|configs|paths|settings|overrides", "@code ..3 $", "generated ..3 files|code|artifacts|edits|output|registry", "node_modules|dist|build", "file|files|artifacts|data|output|outputs",
    ];
    SECRET_THING = [
        "secret|secrets|credential|credentials|password|passwords|api-key|api-keys|private-key|private-keys|.env|.envs|pii|passphrase|dotenv", "sensitive ..2 information|data|files|configs", "customer ..1 information|data", "keys|tokens|key",
    ];
    OF_LOGS = ["log|logs|logging|print|printed ..6 @secret", "@secret ..6 logs|log|logging"];
    TO_GIT = ["commit|commits|committed|committing|git|repo|repository|version|history|push|pushed|pr|prs|source|check|checked|hardcode|hardcoded|hard-coded|hard-code|hard-coding|hardcoding|real|codebase|staged"];
}

/// Reads what a clause says about what stays out of git.
pub fn read(clause: &Clause<'_>) -> Option<Found> {
    if !clause.may_ask() || clause.setting.samples {
        return None;
    }
    let env = clause.words.iter().any(|word| {
        word.classes.any(CODE)
            && (word.text.starts_with(".env") || [".pem", ".key"].iter().any(|ending| word.text.ends_with(ending)))
    });
    let secret = clause.fits(&SECRET_THING) || env;
    let git = clause.fits(&TO_GIT) || clause.about(v::COMMIT.with(v::PR));
    let fits = clause.fits(&COMMITS) && clause.fits(&THINGS);
    let forbids = clause.forbids() || clause.setting.negated;
    let keeps = clause.mood.asks()
        && clause.says(&["keep", "store", "scan", "rotate", "live", "stored", "kept"])
        && !clause.says(&["safe"]);
    let speaks = clause.asks() || clause.mood.form == Form::Fragment && forbids;
    let keys = clause.says(&["key", "keys", "tokens"])
        && !clause.has(v::COMMIT.with(v::PUSH))
        && !clause.says(&[
            "hardcoded",
            "hard-coded",
            "hardcode",
            "hard-code",
            "api",
            "api-keys",
            "api-key",
            "expose",
            "share",
            "secrets",
            "credentials",
            "git",
            "repo",
        ]);
    let needless = keys
        || clause.says(&["receive"])
        || clause.says(&["required", "needed", "necessary"]) && clause.mood.form != Form::Modal;
    let generated_with = clause.words.windows(2).any(|pair| matches!(pair, [first, second] if first.text.contains("generated") && matches!(second.text.as_str(), "with" | "by")));
    if generated_with || needless || !fits || !speaks || !(forbids || keeps) {
        return None;
    }
    let about = if secret {
        git || clause.setting.topic.any(v::SECRET)
            || keeps
            || clause.words.first().is_some_and(|word| word.text == "no") && clause.words.len() < 12
            || clause.says(&["no", "expose", "leak"])
    } else {
        git && clause.has(v::COMMIT.with(v::PUSH).with(v::PR)) && commits_files(clause) || git_place(clause)
    };
    (about && (clause.has(v::COMMIT) || !clause.fits(&OF_LOGS))).then(|| clause.found(Kind::Secrets, Object::Commit))
}

/// "Do not commit X", where X is a file and not a message.
fn commits_files(clause: &Clause<'_>) -> bool {
    let verb = clause.words.iter().position(|word| word.classes.any(v::COMMIT));
    let follows = verb.and_then(|at| clause.words.get(at + 1));
    let object = follows.is_some_and(|word| {
        word.classes.any(v::GENERATED.with(CODE).with(v::SECRET))
            || matches!(
                word.text.as_str(),
                "generated"
                    | "local"
                    | "large"
                    | "build"
                    | "any"
                    | "the"
                    | "real"
                    | "compiled"
                    | "temporary"
                    | "test"
                    | "these"
                    | "private"
                    | "raw"
                    | "cached"
                    | "files"
                    | "data"
            )
    });
    let things = clause.says(&[
        "file",
        "files",
        "artifacts",
        "data",
        "output",
        "outputs",
        "dist",
        "binaries",
        "logs",
        "generated",
        "datasets",
        "node_modules",
    ]) || clause.words.iter().any(|word| {
        word.classes.any(CODE)
            && (word.text.ends_with('/') || word.text.contains('.') || word.text.contains('*'))
            && !word.text.contains(' ')
    });
    let act = clause.words.get(..clause.words.len().min(clause.mood.main + 6)).is_some_and(|words| {
        words.iter().any(|word| {
            matches!(
                word.text.as_str(),
                "commit"
                    | "committing"
                    | "commits"
                    | "add"
                    | "push"
                    | "include"
                    | "stage"
                    | "committed"
                    | "avoid"
                    | "git add"
            )
        })
    });
    things
        && act
        && (object || clause.forbids())
        && !clause.says(&["without", "unless", "until", "before", "directly", "main", "if"])
}

fn git_place(clause: &Clause<'_>) -> bool {
    clause.says(&["out", "outside"]) && clause.says(&["repo", "repository", "git", "commits", "prs", "pr"])
}
