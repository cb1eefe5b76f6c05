//! What stands around a clause and gives it its sense: headings, lead-ins, labels.

use super::mood::{self, Form};
use super::pattern::{Match, Pattern, Summary, patterns};
use super::vocabulary::{self as v, Classes};
use super::words::{self, Word};
use crate::governance::directive::Polarity;

/// What a clause inherits.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about what stands above")]
pub struct Setting {
    /// The classes of the words of the innermost heading, the lead-in and the label.
    pub topic: Classes,
    /// The same of all headings.
    pub wide: Classes,
    /// The same of the nearest of them alone.
    pub nearest: Classes,
    /// The same of the label alone.
    pub label: Classes,
    /// Whether what stands above forbids.
    pub negated: bool,
    /// Whether what stands above asks: "Always:", "You must:".
    pub asks: bool,
    /// Whether what stands above says "before committing", "pre-push checks".
    pub before: bool,
    /// Whether what stands above says "after deploying".
    pub after: bool,
    /// Whether what stands above says that a person is asked first.
    pub approval: bool,
    /// Whether the label names a failure: what follows is its remedy.
    pub trouble: bool,
    /// Whether it is an item of a list.
    pub item: bool,
    /// Whether it is an item of a numbered list.
    pub step: bool,
    /// Whether what stands above is how a release is made.
    pub releasing: bool,
    /// Whether it is an item to tick off.
    pub task: bool,
    /// Whether what stands above is about the messages of commits, or about titles of pull requests.
    pub messages: bool,
    /// Whether what stands above is about the size of changes.
    pub sizes: bool,
    /// Whether the nearest text above names the wording of messages or titles, and nothing else.
    pub wording: bool,
    /// Whether the nearest text above names changelogs or changesets, and nothing else.
    pub changelog: bool,
    /// Whether what stands above is how a change is brought in, step by step.
    pub procedure: bool,
    /// Whether what stands above is about pull requests as such.
    pub requests: bool,
    /// Whether the clause describes what its label names: a file, a command.
    pub listing: bool,
    /// Whether what stands above shows samples, good or bad ones.
    pub samples: bool,
    /// Whether what stands above is about when deploys may happen.
    pub windows: bool,
    /// Whether what stands above is about limits: "Deploy limits", "Max per day".
    pub limits: bool,
    /// The label itself.
    pub name: String,
    /// The heading and lead-in that gave it its sense.
    pub because: Vec<String>,
}

patterns! {
    /// What makes a list one of checks before something.
    BEFORE_ACT = [
        "@before ..4 @commit|@push|@pr|@merge|@deploy|@release",
        "@before you? submitting|submit|finishing|opening|handing|finalizing|completion|completing|handoff|shipping|review ..2 $",
        "before submitting", "before submission",
        "pre-commit|pre-push|pre-pr|pre-merge|pre-deploy|pre-deployment|pre-submission|pre-release ..1 checklist|check|checks|steps|requirements|validation|verification|gate|gates|tests|workflow",
        "checklist before", "^ pre-commit|pre-push|pre-merge|pre-deploy|pre-pr $", "@verify ..4 before ..4 @commit|@push|@pr|@merge|@deploy",
    ];
    /// The same, of the nearest heading alone: the steps of a release below a checklist are no checks.
    CHECKLIST = [
        "@pr|@commit|@deploy|@deployment|@release|submission|merge ..1 checklist", "merge|@pr|quality|@release|@commit ..1 gates|gate",
        "definition of done", "^ @number? .? testing|test|quality checklist $",
    ];
    /// "Only commit when:", "Do not merge until:".
    GATE = [
        "only ..1 @commit|@push|@merge|@deploy|@release|open|submit ..4 when|if|after|once ..2 : $",
        "@never ..2 @commit|@push|@merge|@deploy|@release|open|submit ..4 until|unless ..3 : $",
        "@commit|@push|@merge|@deploy|@release|@pr ..3 only ..3 when|if|after|once ..2 : $",
    ];
    /// "Ask first:", "Requires approval:".
    ASKS_PEOPLE = [
        "^ ask ..2 first|before ..3", "^ ask ..3 before ..2 $", "^ require|requires|needs|need ..2 approval|confirmation|permission|sign-off ..2 $",
        "^ confirm ..2 before ..2 $", "^ only ..1 with|after ..2 approval|confirmation|permission ..2 $", "requires|requiring|needs ..3 approval|confirmation|permission : $", "^ approval|permission|confirmation required ..2 $",
    ];
    RELEASING = [
        "^ @number? .? ..1 @release ..1 process|steps|workflow|checklist|procedure|flow|contract|instructions", "^ releases ( ..4 $", "^ releasing ..3 $", "^ publishing ..3 $", "^ cutting|making|creating|preparing|publishing a? ..2 @release", "^ how to ..1 @release|publish", "^ to @release|publish ..4 : $",
    ];
    TROUBLE = ["failing|fails|failed|fail|failure|failures|error|errors|broken|conflict|conflicts|missing|stale|troubleshooting"];
    AFTER_ACT = [
        "after ..2 @deploy|@push|@merge|@release", "post-deploy|post-deployment|post-merge|post-release",
    ];
    FORBIDS = [
        "^ don't $", "^ don'ts $", "^ never $", "^ avoid $", "^ never|don't|avoid|mustn't ..2 do|these ..2 $", "what not to do", "things to avoid",
        "anti-patterns|antipatterns|anti-pattern", "^ forbidden|prohibited|disallowed|banned ..3 $",
        "mustn't $", "mustn't : $", "shouldn't $", "never do", "@agent ..3 mustn't|shouldn't|can't $", "^ not allowed", "common mistakes", "red lines",
        "^ never : $", "^ avoid : $", "^ don't : $", "^ never @verb $", "^ don't @verb $", "^ avoid these ..2 $", "^ ❌ ..2 $", "⛔|🚫 ..2 $", "^ stop ..1 $",
        "mustn't|never|don't|shouldn't ..4 : $", "do|did|does not : $",
    ];
    MESSAGES = [
        "@commit ..1 @message|format|style|convention|conventions|guidelines|standards|rules|prefixes|types|scopes",
        "@message ..1 format|style|convention|conventions", "@pr ..1 title|titles|naming", "git ..1 convention|conventions|format|style",
        "@conventional ..1 @commit", "writing ..1 @commit", "^ commits : ? $", "^ commits $", "^ commits ..1 @pr ..3 $", "^ commit $",
    ];
    WORDING = [
        "^ @number? .? ..1 @commit @message ..2 $", "^ @number? .? writing|write|good ..2 @commit @message? ..1 $", "^ @number? .? @pr title|titles ..2 $", "^ @number? .? @message ..2 of ..1 @commit|@pr $",
        "^ @number? .? @commit @message ..1 format|style|guidelines|rules|convention|conventions|standards $",
    ];
    CHANGELOGS = ["^ @number? .? changelog|changelogs|changeset|changesets|changelog.md|newsfragments ..2 $", "^ @number? .? update|updating|writing|adding|maintaining ..2 changelog|changelogs|changeset|changesets|changelog.md ..2 $", "^ release notes ..1 $"];
    SIZES = ["@pr|@commit|change|diff|patch size|sizes|sizing", "size of ..2 @pr|@commit|changes|diffs"];
    PROCEDURE = ["@pr|@merge|@commit|submission|contribution|contributing|git|branch|branching ..1 process|workflow|procedure|flow|steps", "never|don't ..6 @main ..1 . ..1 always : $"];
    REQUESTS = ["^ @pr ..3 $", "@pr ..1 description|descriptions|body|bodies|guidelines|rules|requirements|process|workflow|conventions|template|checklist|hygiene|content|contents", "@commit ..2 @pr ..2 $", "opening|creating|submitting|preparing|writing ..2 @pr", "@pr ..6 should|must ..2 include|contain|describe|explain ..3 : $"];
    SAMPLES = ["^ good ..1 $", "^ bad ..1 $", "^ example|examples ..2 $", "for example : $", "^ e.g ..2 $", "^ sample|samples ..2 $", "^ ✅ good ..2", "^ ❌ bad ..2", "like this : $", "^ good ..3 : $", "^ bad ..3 : $"];
}

impl Setting {
    /// Reads what stands above a clause: headings outermost first, then lead-ins.
    pub fn of(headings: &[String], leads: &[String]) -> Self {
        let mut setting = Self::default();
        let count = headings.len();
        for (index, heading) in headings.iter().enumerate() {
            setting.take(heading, index + 1 == count, index + 2 >= count, false);
        }
        for lead in leads {
            setting.take(lead, true, true, false);
        }
        setting
    }

    /// The same under a label.
    #[must_use]
    pub fn under(&self, label: Option<&str>) -> Self {
        let mut setting = self.clone();
        if let Some(label) = label {
            setting.take(label, true, true, true);
            label.clone_into(&mut setting.name);
            setting.label = classes(&words::split(label));
            setting.listing = names_a_thing(label);
        }
        setting
    }

    /// Takes one text: only the near ones give topics, only the nearest headings negate.
    fn take(&mut self, text: &str, near: bool, sense: bool, label: bool) {
        let words = words::split(text);
        let mood = mood::read(&words);
        let summary = Summary::of(&words);
        let find = |patterns: &[Pattern]| patterns.iter().find_map(|pattern| pattern.find(&words, mood.main, summary));
        let fits = |patterns: &[Pattern]| find(patterns).is_some();
        self.wide = self.wide.with(classes(&words));
        if near {
            self.topic = self.topic.with(classes(&words));
            self.nearest = if label { self.nearest } else { classes(&words) };
        }
        if !sense {
            return;
        }
        let before = (self.before, self.negated, self.asks);
        // A label names a time as a whole: "Before a push", not "Runs the pre-push checks".
        let whole = |found: Match| !label || found.start <= 1 || found.end == words.len() && words.len() < 7;
        let gates = fits(&GATE);
        self.before |= gates || find(&BEFORE_ACT).is_some_and(whole) || near && find(&CHECKLIST).is_some_and(whole);
        self.after |= fits(&AFTER_ACT);
        self.negated |= fits(&FORBIDS) && !gates;
        self.releasing |= near && fits(&RELEASING);
        self.approval |= fits(&ASKS_PEOPLE);
        self.trouble |=
            (label || text.trim_end().ends_with(':') && !gates && mood.form == Form::Fragment) && fits(&TROUBLE);
        // "Code and commit standards" is about more than messages.
        self.messages |= fits(&MESSAGES)
            && !words
                .iter()
                .any(|word| matches!(word.text.as_str(), "code" | "coding" | "documentation" | "development"));
        self.requests |= fits(&REQUESTS);
        if near && !label {
            self.wording =
                fits(&WORDING) && mood.form == Form::Fragment || self.wording && text.trim_end().ends_with(':');
            self.changelog = fits(&CHANGELOGS) || self.changelog && text.trim_end().ends_with(':');
        }
        self.sizes |= near && fits(&SIZES);
        self.procedure |= near && fits(&PROCEDURE);
        self.windows |= words.iter().any(|word| {
            matches!(word.text.as_str(), "window" | "windows" | "hours" | "schedule" | "when" | "freeze" | "freezes")
        });
        self.limits |= words.iter().any(|word| {
            matches!(
                word.text.as_str(),
                "limit"
                    | "limits"
                    | "budget"
                    | "quota"
                    | "cap"
                    | "max"
                    | "maximum"
                    | "throttle"
                    | "frequency"
                    | "cadence"
                    | "often"
            )
        });
        self.samples = fits(&SAMPLES);
        let leads_in = text.trim_end().ends_with(':');
        let asks = mood.asks() && mood.polarity != Polarity::MustNot && mood.form != Form::Fragment;
        self.asks |= leads_in && asks;
        if before != (self.before, self.negated, self.asks) {
            self.because.push(text.to_owned());
        }
    }
}

/// Whether a label names a file, a command or a tool rather than a subject.
fn names_a_thing(label: &str) -> bool {
    let label = label.trim();
    let code = label.starts_with('`') && label.ends_with('`') && !label.trim_matches('`').contains('`');
    let file = !label.contains(' ')
        && (label.contains('/') && !label.starts_with(char::is_uppercase)
            || label.contains('_')
            || label.trim_end_matches('.').contains('.'));
    code || file || label.starts_with('/')
}

fn classes(words: &[Word]) -> Classes {
    words.iter().fold(Classes::default(), |all, word| all.with(word.classes))
}

/// The classes that make a sentence one about governance at all.
const GOVERNANCE: Classes = v::COMMIT
    .with(v::PUSH)
    .with(v::PR)
    .with(v::MERGE)
    .with(v::DEPLOY)
    .with(v::RELEASE)
    .with(v::BRANCH)
    .with(v::FORCE)
    .with(v::AMEND)
    .with(v::NOVERIFY)
    .with(v::MIGRATION)
    .with(v::SECRET)
    .with(v::TRAILER)
    .with(v::FREEZE)
    .with(v::CISKIP)
    .with(v::HOOK)
    .with(v::CONVENTIONAL)
    .with(v::VERSION)
    .with(v::ROLLBACK)
    .with(v::SCHEMA)
    .with(v::MESSAGE);

/// The classes of what a sentence has to speak of to be listed as not understood.
pub const CORE: Classes = v::COMMIT
    .with(v::PUSH)
    .with(v::PR)
    .with(v::MERGE)
    .with(v::DEPLOY)
    .with(v::FORCE)
    .with(v::NOVERIFY)
    .with(v::FREEZE)
    .with(v::CISKIP);

/// The classes of sentences that are read: those of environments too.
pub const WATCHED: Classes = GOVERNANCE.with(v::ENVIRONMENT).with(v::CHECK).with(v::BATCH);
