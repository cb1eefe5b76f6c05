//! What must never be committed: secrets, keys, local and generated files.

use super::clause::{Clause, Found};
use super::mood::Form;
use super::pattern::patterns;
use super::vocabulary::{self as v, CODE};
use super::words::Word;
use crate::governance::directive::{Kind, Object, Polarity};

patterns! {
    COMMITS = [
        "@pr|@commit ..3 avoid|mustn't|shouldn't|never ..6 @generated", "@never ..4 @commit|@push|add|check|include|stage|hardcode|hard-code|put|expose|leak|share|store|embed|upload|paste|publish ..12 @secret|@generated|@code", "@never ..2 @secret ..6", "@never ..3 hardcoded|hard-coded|hardcode|sensitive|real|private|plaintext ..5",
        "@secret|@generated|file|files|data|artifacts ..6 mustn't|never|can't|shouldn't|don't ..3 @commit|committed|hardcoded|logged|checked|shared|included", "@secret|@code|files|data|information must|should|to ..2 stay|remain|live|be ..2 out|outside|ignored|excluded|gitignored|git-ignored", "keep|store|put|load|read|use ..4 @secret ..5 out|in|from|outside|manager|environment|env|@code", "scan|check ..6 @secret ..6", "rotate ..4 @secret", "@secret ..5 out of ..3",
        "@secret ..4 live|belong|go|stored|kept ..2 in|only|as|out", "use ..2 environment variables|variable ..2 for ..3 @secret", "treat ..4 @secret|@code as sensitive|secret", "@secret ..3 environment variables", "keep ..4 out of source|version control", "keep ..4 out of ..3 git|repo|repository|version|commits|@pr|@commit|history|community", "gitignore|.gitignore ..4 @secret|@generated", "exclude|omit|leave|strip|keep|stay|stays ..4 out of|from ..3 git|repo|repository|commits|@pr|@commit|history|notes|code|source", "@secret|@generated|@code ..6 in|to .gitignore|gitignore", "gitignore|.gitignore must|should ..2 exclude|ignore|include|cover ..3", "^ commit only ..3 source|code|files ..6", "@never ..2 stage|check|track|version ..4 @secret|@generated|@code",
        "keep ..4 outside ..2 repo|repository", "@never ..4 @commit|committing|add|@push ..8 file|files|artifacts|outputs|data|output",
        "@never ..4 include|share|expose|post|put|paste ..2 customer|sensitive|internal|private|personal ..3", "@never ..2 commit ..2 key ..3", "^ commit|committing|hardcode|hard-code|add|push ..4 @secret|@generated|@code", "@never ..4 sensitive ..3 information|data|files|configs ..6",
    ];
    THINGS = [
        "secret|secrets|credential|credentials|password|passwords|api-key|api-keys|private-key|private-keys|.env|.envs|pii|token|tokens|keys|passphrase|dotenv|certificates|cookies", "sensitive ..2 information|data|files|configs|values", "customer ..1 information|data", "customers|hostnames|urls|everything", "@generated",
        "key", "internal|private|personal ..1 information|data|files", "sensitive|personal|private|confidential ..1 artifacts|data", "content|contents|private|sensitive", "real|actual|live ..3 values|data|phone|tokens|keys|customer", "large ..2 files|datasets|data|binaries", "local ..2 files|config|configs|paths|settings|overrides", "@code ..3 $", "generated ..3 files|code|artifacts|edits|output|registry", "node_modules|dist|build", "file|files|artifacts|data|output|outputs|assets|screenshots|recordings|binaries|dumps|backups|caches", "vendored|compiled|third-party ..1 dependencies|code|libraries",
    ];
    /// What stays out of git, as one sentence says it whole.
    OUT = [
        "@code|everything|files|file|data|generated ..8 mustn't|never|shouldn't|not|don't|aren't|isn't ..3 committed|checked|tracked",
        "@never ..2 contain|include ..3 real|customer|sensitive|private|personal|confidential ..2 data|information|customer|names|values|addresses",
        "@never ..3 put|include|mention|paste|post ..3 internal|private|customer|confidential|sensitive|personal ..6 in|into ..2 @commit|@pr|git|history",
        "leave|keep ..4 untracked|gitignored|git-ignored", "leave|keep|exclude|omit ..4 out of|from ..1 git|version|source|commits|history control?",
        "@never ..1 commit changes to ..2 @code", "redact|scrub ..8 before ..1 committing|pushing|publishing", "rotate ..4 committed|leaked|exposed", "committed|leaked|exposed secret|credential|key|token ..4 rotate",
    ];
    SECRET_THING = [
        "secret|secrets|credential|credentials|password|passwords|api-key|api-keys|private-key|private-keys|.env|.envs|pii|passphrase|dotenv", "sensitive ..2 information|data|files|configs", "customer ..1 information|data", "keys|tokens|key",
    ];
    OF_LOGS = ["log|logs|logging|print|printed ..6 @secret", "@secret ..6 logs|log|logging|logged", "tests ..2 that"];
    TO_GIT = ["commit|commits|committed|committing|git|repo|repository|version|history|push|pushed|pr|prs|source|check|checked|hardcode|hardcoded|hard-coded|hard-code|hard-coding|hardcoding|real|codebase|staged|stage|track|.gitignore|gitignore"];
}

/// Reads what a clause says about what stays out of git.
pub fn read(clause: &Clause<'_>) -> Option<Found> {
    if let Some(read) = labelled(clause) {
        return Some(read);
    }
    if !clause.may_ask() || clause.setting.samples {
        return None;
    }
    let env = clause.words.iter().any(|word| {
        word.classes.any(CODE)
            && (word.text.starts_with(".env") || [".pem", ".key"].iter().any(|ending| word.text.ends_with(ending)))
    });
    if clause.mood.asks() && clause.fits(&OUT) && !clause.says(&["unless", "without", "until"]) {
        let read = clause.found(Kind::Secrets, Object::Commit).polarity(Polarity::MustNot);
        return Some(named(clause, read));
    }
    let secret = clause.fits(&SECRET_THING) || env;
    let git = clause.fits(&TO_GIT) || clause.about(v::COMMIT.with(v::PR));
    let fits = clause.fits(&COMMITS) && clause.fits(&THINGS);
    let forbids = clause.forbids() || clause.setting.negated;
    let keeps = clause.mood.asks()
        && clause.says(&[
            "keep",
            "store",
            "scan",
            "rotate",
            "belong",
            "stored",
            "kept",
            "environment",
            "treat",
            "exclude",
            "omit",
            "leave",
            "stay",
            "stays",
            "untracked",
            "remain",
            ".gitignore",
            "gitignore",
        ])
        && !clause.says(&["safe", "permissions", "job-level"])
        && (!clause.says(&["config"]) || clause.says(&["out"]));
    let speaks = clause.asks() || clause.mood.form == Form::Fragment && forbids;
    let keys = clause.says(&["key", "keys", "tokens"])
        && !clause.has(v::COMMIT.with(v::PUSH))
        && !clause.says(&[
            "api",
            "api-keys",
            "api-key",
            "expose",
            "share",
            "secrets",
            "credentials",
            "git",
            "repo",
            "personal",
            "sensitive",
        ]);
    let needless = keys
        || clause.says(&["receive"])
        || clause.says(&["required", "needed", "necessary"]) && clause.mood.form != Form::Modal;
    let generated_with = clause.words.windows(2).any(|pair| matches!(pair, [first, second] if first.text.contains("generated") && matches!(second.text.as_str(), "with" | "by")));
    let first = clause.words.first().map_or("", |word| word.text.as_str());
    // "…, not `.env`" opposes a place to another.
    let without = first == "without" || first == "not" && !clause.has(v::COMMIT.with(v::PUSH));
    if generated_with || without || needless || !fits || !speaks || !(forbids || keeps) {
        return None;
    }
    let about = if secret {
        git || clause.setting.topic.any(v::SECRET)
            || keeps
            || clause.words.first().is_some_and(|word| word.text == "no") && clause.words.len() < 12
            || clause.says(&["no", "expose", "leak", "share"])
            || clause.forbids()
                && clause.words.len() < 10
                && clause.says(&["include", "put", "paste", "store", "embed", "contain"])
    } else {
        let place = clause.says(&["git", "repo", "repository", "version"]) && clause.forbids();
        git && (place || clause.has(v::COMMIT.with(v::PUSH).with(v::PR))) && commits_files(clause) || git_place(clause)
    };
    if !about || !clause.has(v::COMMIT) && !clause.says(&["share", "commits"]) && clause.fits(&OF_LOGS) {
        return None;
    }
    let mut read = clause.found(Kind::Secrets, Object::Commit);
    if read.polarity == Polarity::Must && clause.says(&["out", "outside"]) {
        read.polarity = Polarity::MustNot;
    }
    Some(named(clause, read))
}

/// What a label forbids to commit: "Never commit: `dist/`, `tmp/`".
fn labelled(clause: &Clause<'_>) -> Option<Found> {
    let label = clause.setting.label;
    let forbidden = clause.setting.negated && label.any(v::NEVER) && label.any(v::COMMIT);
    let things = clause.has(v::SECRET.with(v::GENERATED)) || !paths(clause).is_empty();
    let bare = clause.mood.form == Form::Fragment && !clause.has(v::COMMIT.with(v::PUSH).with(v::PR).with(v::MERGE));
    (forbidden && things && bare)
        .then(|| named(clause, clause.found(Kind::Secrets, Object::Commit).polarity(Polarity::MustNot)))
}

fn named(clause: &Clause<'_>, read: Found) -> Found {
    let paths = paths(clause);
    if paths.is_empty() { read } else { read.with("paths", paths) }
}

/// The files and folders that a clause names as what it is about, as they are written.
fn paths(clause: &Clause<'_>) -> Vec<String> {
    let other = |word: &&Word| {
        matches!(
            word.text.as_str(),
            "use"
                | "instead"
                | "except"
                | "via"
                | "through"
                | "from"
                | "in"
                | "unless"
                | "like"
                | "see"
                | "run"
                | "with"
        )
    };
    let keeps = clause.says(&["keep", "store", "stored", "kept", "put"]);
    let words = clause.words.iter().take_while(|word| keeps || !other(word));
    let written = words.filter_map(|word| {
        let rest = clause.text.get(word.start..)?;
        if word.classes.any(CODE) {
            return rest.get(1..)?.split('`').next();
        }
        rest.starts_with(".env").then(|| rest.split(|letter: char| !is_of_path(letter)).next()).flatten()
    });
    let mut paths: Vec<String> = Vec::new();
    for text in written.map(|text| text.trim().trim_end_matches('.')) {
        let named = text.starts_with('.') || text.contains(['/', '.', '*']) || text == "node_modules";
        if named && text.chars().all(is_of_path) && !text.starts_with("--") && !paths.iter().any(|path| path == text) {
            paths.push(text.to_owned());
        }
    }
    paths
}

fn is_of_path(letter: char) -> bool {
    letter.is_alphanumeric() || "._-*/{}@".contains(letter)
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
        "assets",
        "screenshots",
        "recordings",
        "dumps",
        "backups",
        "dependencies",
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
        && !clause.says(&["without", "unless", "until", "before", "directly", "main", "if", "per"])
}

fn git_place(clause: &Clause<'_>) -> bool {
    clause.says(&["out", "outside", "exclude", "omit", ".gitignore", "gitignore"])
        && clause.says(&["repo", "repository", "git", "commits", "prs", "pr", ".gitignore", "gitignore"])
}
