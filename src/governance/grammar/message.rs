//! The messages of commits and the titles of pull requests.

use super::clause::{Clause, Found, whole};
use super::mood::Form;
use super::pattern::patterns;
use super::vocabulary::{self as v, CODE};
use crate::governance::directive::{Kind, Object, Polarity};

patterns! {
    CONVENTION = [
        "@conventional ..2 @commit|@pr|format|style|style.", "conventional-commit|conventional-commits|conventional-style|conventionalcommits|gitmoji|commitizen", "semantic @commit|@pr|@message", "@commit|@pr ..5 conventional|semantic",
        "@commit|@message|@pr ..3 follow ..3 convention|@conventional",
    ];
    MESSAGE_RULE = [
        "@commit ..1 @message|format|style|subject|convention|conventions|prefix|prefixes|types|scopes|titles|title|body|bodies", "@pr ..2 title|titles", "@message|@commit ..3 imperative|present-tense", "imperative ..2 mood|tense|voice|present|@commit|@message", "descriptive|concise|meaningful|present-tense ..2 @commit|message|messages|subject|subjects|title|titles",
        "subject ..1 line|lines", "first line ..6 @number|short|concise|under", "^ commits|commit : ..8", "prefix|start|begin ..3 @commit|titles|@pr ..1 @message? with", "prefix ..3 @commit|titles|@pr ..2 with", "@commit|@message ..4 in english|japanese|chinese|german", "git messages", "^ use|allowed|valid|available ..1 types|scopes|prefixes", "@never ..2 emoji|emojis ..4 in ..4 @commit|@pr|@message", "@commit ..3 english",
        "scope ..2 convention|optional", "write|craft|use|keep|make ..5 @commit ..1 @message|messages|descriptions|subjects|titles", "@commit ..4 start|begin|prefix|prefixed ..3 with", "@never ..3 vague|generic|meaningless|cryptic ..2 message|messages|titles", "^ wrap ..1 the? body at #", "^ wrap|keep|limit ..2 message|messages|subject|subjects|title|titles|body|line|lines ..8 #", "^ scope|type|body|subject|prefix is|are ..1 required|mandatory ..6",
    ];
    ISSUE_RULE = [
        "reference|references|link|links|mention|mentions|cite|include|includes ..4 issue|issues|ticket|tickets|jira ..8", "issue ..2 number|key|id ..4 @commit|@message|@pr|title", "@commit|@pr|@message ..4 reference|link|linked|mention|cite ..4 issue|issues|ticket|tickets", "link ..2 issues",
    ];
    /// What only the first line of a message has.
    SUBJECT = ["limit|keep ..2 subject|title|summary ..1 line|lines ..4 #", "first line ..3 # ..1 characters|chars"];
    IN_MESSAGES = [
        "explain|describe|state ..4 why|what|reason|intent", "imperative|lowercase|uppercase|capitalize|capitalise|present-tense|past-tense|tense|english|characters|chars|period|prefix|emoji|emojis|scope|type|types|body|subject|title|concise|descriptive|multi-line|single-line|wrap|labels",
    ];
    /// How a message is, as far as one word tells.
    FORMED = [
        "imperative|lowercase|uppercase|capitalized|present-tense|past-tense|tense|english|characters|chars|prefix|prefixed|emoji|concise|descriptive|single-line|multi-line|clear|meaningful|#",
    ];
    LENGTH = ["# ..1 characters|chars|character|char|columns", "# or less|fewer", "≤|<=|under|max|<|at-most|within #"];
    MUST_LINK = ["must|should ..2 reference|link|linked|mention|cite|close ..4 issue|issues|ticket|tickets"];
    CONSISTS = ["^ @commit @message is|are ..1 lowercase|uppercase|lower|imperative|short|prefixed|capitalized ..4", "^ ..2 @message is|are ..2 in english|japanese|chinese|german|french", "^ ..2 @message consist|consists|contain|contains|starts|start|look|looks|explain|explains|describe|describes|state|states|say|says ..6", "^ ..2 @message|@commit ..1 explain|describe|state ..6", "^ @commit @message is|are clear|descriptive|concise|meaningful ..4"];
    IN_THE_ISSUE = ["in|on the|that|your issue|ticket"];
    NOT_FORMAT = ["@never ..3 @conventional"];
}

/// Reads what a clause says about messages.
pub fn read(clause: &Clause<'_>) -> Option<Found> {
    let stated = matches!(clause.mood.form, Form::Statement);
    let shape = clause.words.iter().any(|word| word.classes.any(CODE) && is_shape(&word.text));
    let lower = if clause.text.contains('#') { clause.text.to_ascii_lowercase() } else { String::new() };
    let shows = clause.text.contains('#') || clause.text.contains("loses:");
    let closes = shows
        && ["closes #", "fixes #", "refs #", "close #", "closes:"].iter().any(|start| {
            clause.words.iter().any(|word| word.classes.any(CODE) && word.text.starts_with(start))
                || lower.contains(&format!("\"{start}"))
        });
    let typed = clause.words.iter().any(|word| word.classes.any(CODE) && is_typed(&word.text));
    let about = closes
        || typed
        || clause.about(v::COMMIT.with(v::PR).with(v::MESSAGE).with(v::CONVENTIONAL))
        || clause.setting.messages;
    let sized = clause.fits(&LENGTH)
        && clause.says(&["first", "subject", "title"])
        && clause.setting.wide.any(v::COMMIT.with(v::PR));
    let sized = sized || clause.fits(&SUBJECT);
    let branches = clause.says(&["branch", "branches"]) && !clause.has(v::COMMIT.with(v::MESSAGE));
    if branches || !(about || sized) || clause.mood.form == Form::Permission || clause.has(v::TRAILER) {
        return None;
    }
    let named = clause.fits(&CONVENTION) || clause.words.iter().any(|word| word.text.contains("conventionalcommits"));
    let git = clause.has(v::COMMIT.with(v::PR))
        || clause.setting.messages
        || clause.setting.label.any(v::COMMIT.with(v::CONVENTIONAL));
    let convention = named && (git || clause.fits(&CONVENTION))
        || (shape && (git || clause.says(&["format", "style", "prefix", "prefixes", "types"]))
            || shape && clause.mood.form == Form::Command && clause.says(&["for", "prefix"]))
        || (clause.setting.messages && clause.has(v::CONVENTIONAL));
    let rule = clause.fits(&MESSAGE_RULE)
        && (sized || git || clause.setting.wide.with(clause.setting.topic).any(v::COMMIT.with(v::PR)))
        && (sized || clause.mood.asks() || clause.asks() || clause.mood.form == Form::Fragment && describes(clause));
    let linked = closes || clause.fits(&ISSUE_RULE) && (git || clause.setting.topic.any(v::COMMIT.with(v::PR)));
    let links = clause.words.iter().skip(clause.mood.main).take(5).any(|word| {
        matches!(word.text.as_str(), "reference" | "references" | "link" | "mention" | "cite" | "include" | "close")
    });
    let modal = clause.mood.form == Form::Modal && clause.has(v::COMMIT.with(v::PR)) && clause.fits(&MUST_LINK);
    let every = clause.mood.form == Form::Modal && clause.words.first().is_some_and(|word| word.classes.any(v::EACH));
    let commanded = (links || closes) && (clause.mood.form == Form::Command || every);
    let linked = linked && !clause.fits(&IN_THE_ISSUE);
    let issue = linked && (commanded || modal) && !clause.has(v::VERSION);
    let inside = clause.setting.messages
        && (clause.fits(&IN_MESSAGES) || writes(clause) && clause.says(&["message", "messages"]))
        && (clause.mood.asks() || clause.mood.form == Form::Fragment && clause.words.len() > 2);
    // "Title: short, imperative" below a heading about commits or pull requests.
    let labelled = clause.setting.label.any(v::MESSAGE)
        && clause.setting.topic.any(v::COMMIT.with(v::PR))
        && clause.mood.form == Form::Fragment
        && clause.fits(&FORMED);
    // "Commit format: `[part] what`" shows it.
    let named_as = |classes: v::Classes| classes.any(v::COMMIT.with(v::PR)) && classes.any(v::MESSAGE.with(v::NAMING));
    let only_code = clause.words.len() < 3
        && clause.words.first().is_some_and(|word| {
            word.classes.any(CODE) && word.text.contains([':', '[', '<']) && word.text.contains(' ')
        });
    let labelled = labelled
        || only_code
            && (named_as(clause.setting.label)
                || clause.setting.nearest.any(v::MESSAGE) && named_as(clause.setting.nearest));
    let inside = inside || labelled;
    let consists = clause.has(v::COMMIT.with(v::PR)) && clause.fits(&CONSISTS);
    let follows = consists
        || stated
            && (convention && clause.says(&["follow", "follows", "is", "are", "uses", "use"]) && clause.has(v::COMMIT));
    let other = looks_up(clause);
    let lead = clause.text.ends_with(':') && clause.mood.form == Form::Fragment && !convention && !consists;
    if other
        || lead
        || !(convention && !stated || follows || rule && !stated || issue || inside)
        || clause.setting.samples
        || checks(clause)
    {
        return None;
    }
    let object = if clause.has(v::PR) && !clause.has(v::COMMIT) { Object::PullRequest } else { Object::Commit };
    let mut read = clause.found(Kind::CommitFormat, object);
    if named && (clause.fits(&NOT_FORMAT) || clause.forbids()) {
        read = read.polarity(Polarity::MustNot).with("convention", "conventional");
    } else if convention {
        read = read.with("convention", "conventional");
    }
    if let Some(most) =
        clause.find(&LENGTH).and_then(|found| found.numbers.first().copied()).and_then(|at| clause.number(at))
        && (20.0..=200.0).contains(&most)
    {
        read = read.with("max-subject", whole(most));
    }
    if issue {
        read = read.with("issue", issue_pattern(clause));
    }
    if clause.says(&["imperative"]) {
        read = read.with("mood", "imperative");
    }
    Some(read)
}

/// Whether a clause reads messages rather than writes them.
fn looks_up(clause: &Clause<'_>) -> bool {
    clause.words.get(clause.mood.main).is_some_and(|word| {
        matches!(
            word.text.as_str(),
            "review"
                | "rely"
                | "extract"
                | "look"
                | "inspect"
                | "identify"
                | "confirm"
                | "verify"
                | "compare"
                | "rewrite"
                | "check"
                | "read"
                | "see"
                | "generate"
                | "skip"
                | "prepare"
                | "run"
        )
    })
}

/// A list of the types that a message may begin with.
pub fn types(clause: &Clause<'_>) -> Option<Found> {
    let is_type = |text: &str| TYPES.contains(&text.split(['(', ':', '!']).next().unwrap_or_default().trim());
    let named = clause.words.iter().filter(|word| is_type(&word.text)).count();
    let about =
        clause.setting.messages || clause.about(v::CONVENTIONAL) || clause.setting.nearest.any(v::COMMIT.with(v::PR));
    let lists = named > 3 && named * 3 > clause.words.len();
    (about && lists && !clause.setting.samples).then(|| clause.found(Kind::CommitFormat, Object::Commit))
}

/// A command below a heading about messages, whatever it asks of them.
pub fn under(clause: &Clause<'_>) -> Option<Found> {
    let asks = clause.mood.asks() && clause.words.len() > 2 && !clause.setting.samples && !clause.text.ends_with(':');
    let other = clause.words.get(clause.mood.main).is_some_and(|verb| verb.classes.any(v::COMMIT))
        || clause.words.first().is_some_and(|word| matches!(word.text.as_str(), "so" | "then"))
        || clause.has(v::CHECK.with(v::HOOK).with(v::TRAILER).with(v::PUSH).with(v::BRANCH).with(v::DEPLOY));
    (clause.setting.wording && asks && !other && !looks_up(clause)).then(|| {
        let object = if clause.about(v::PR) { Object::PullRequest } else { Object::Commit };
        clause.found(Kind::CommitFormat, object)
    })
}

/// Whether a clause commands to write something.
fn writes(clause: &Clause<'_>) -> bool {
    clause.words.get(clause.mood.main).is_some_and(|verb| {
        matches!(
            verb.text.as_str(),
            "include" | "write" | "mention" | "explain" | "describe" | "put" | "add" | "update" | "use"
        )
    })
}

/// Tests of messages and hooks that check them are other subjects.
fn checks(clause: &Clause<'_>) -> bool {
    clause.has(v::HOOK) && !clause.says(&["follow", "conventional"])
        || clause.says(&["error", "log", "logs", "toast", "exception"]) && !clause.has(v::COMMIT)
}

/// "Commits: short, imperative": a fragment that describes what is asked.
fn describes(clause: &Clause<'_>) -> bool {
    clause.fits(&FORMED)
        || clause.has(v::CONVENTIONAL.with(v::SMALL))
        || clause.words.iter().any(|word| word.classes.any(CODE)) && clause.has(v::COMMIT)
}

/// The types of conventional subjects, and what stands for them.
const TYPES: [&str; 14] = [
    "feat", "fix", "chore", "docs", "refactor", "test", "perf", "ci", "build", "style", "type", "<type>", "label",
    "revert",
];

/// Whether a code span is a conventional subject without a doubt: `feat: …`, `<type>(<scope>): …`.
fn is_typed(text: &str) -> bool {
    let sure =
        ["feat", "fix", "chore", "docs", "refactor", "<type>", "type"].iter().find_map(|name| text.strip_prefix(name));
    sure.is_some_and(|rest| rest.starts_with('(') && rest.contains("):"))
        || text.starts_with("feat:")
        || text.starts_with("fix:")
        || text.starts_with("<type>")
}

/// Whether a code span has the shape of a conventional subject: `type(scope): text`, `feat: …`.
fn is_shape(text: &str) -> bool {
    let open = ["[type]", "<type>", "{type}", "type(", "(scope)", "<scope>"].iter().any(|part| text.contains(part));
    if open && text.contains(':') {
        return true;
    }
    let name = text.split(['(', ':', '[', '!']).next().unwrap_or_default().trim();
    text.contains(':') && TYPES.contains(&name)
}

/// The pattern of issue keys that a clause shows, or that there is one.
fn issue_pattern(clause: &Clause<'_>) -> String {
    let shown = clause.words.iter().find(|word| {
        word.text.contains('#') || (word.text.contains('-') && word.text.bytes().any(|byte| byte.is_ascii_digit()))
    });
    match shown {
        Some(word) if word.text.contains('#') => "#123".to_owned(),
        Some(word) => word.text.to_uppercase(),
        None => "any".to_owned(),
    }
}
