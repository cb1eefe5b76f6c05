//! What a governance file asks for: directives, each with its place, its strength and its numbers.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value as Json};

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum $name {
            $(#[serde(rename = $text)] $variant,)*
        }

        impl $name {
            /// Every one by its name.
            pub const ALL: &'static [(&'static str, Self)] = &[$(($text, Self::$variant),)*];

            /// Its name in policies, in JSON and for people.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// Finds one by its name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, found)| *found)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.pad(self.name())
            }
        }
    };
}

names! {
    /// What a directive is about; one grammar file each, or a few together.
    Kind {
        DeployFrequency = "deploy-frequency",
        DeployInterval = "deploy-interval",
        DeployWindow = "deploy-window",
        Batching = "batching",
        FixChain = "fix-chain",
        DirectPush = "direct-push",
        BaseBranch = "base-branch",
        ForcePush = "force-push",
        CommitFormat = "commit-format",
        Trailers = "trailers",
        HooksBypass = "hooks-bypass",
        CiSkip = "ci-skip",
        ChangeSize = "change-size",
        ChecksBefore = "checks-before",
        ApprovalBefore = "approval-before",
        DeployPath = "deploy-path",
        Migration = "migration",
        Secrets = "secrets",
        Release = "release",
    }
}

names! {
    /// What a directive governs: the same word ("batch") has opposite signs for a commit and for a deploy.
    Object {
        Commit = "commit",
        Push = "push",
        PullRequest = "pull-request",
        Merge = "merge",
        Deploy = "deploy",
        Release = "release",
    }
}

names! {
    /// Whether it asks for something, forbids it, or prefers it; after inherited negation and double negation.
    Polarity {
        Must = "must",
        MustNot = "must-not",
        Should = "should",
    }
}

/// Where a directive stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Relative to the repository.
    pub file: String,
    /// 1-based, where the directive's text starts.
    pub line: usize,
    /// The headings above it, outermost first, and the lead-in, where one gives it its sense.
    pub heading: Vec<String>,
    /// The files that import it, outermost first.
    pub via: Vec<String>,
}

/// To what a directive is limited; empty where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Scope {
    pub environment: Option<String>,
    pub branch: Option<String>,
    pub service: Option<String>,
    pub path: Option<String>,
    pub actor: Option<String>,
    /// The condition in its own words: "if the build is red".
    pub condition: Option<String>,
}

/// One thing that a governance file asks people or agents to do, or not to do.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Directive {
    /// Made of kind, object, polarity, scope and normalised text without the numbers: moving a line leaves it, and so does
    /// changing a number.
    pub id: String,
    pub place: Place,
    /// The clause itself, markup removed.
    pub text: String,
    pub kind: Kind,
    pub object: Object,
    pub polarity: Polarity,
    pub scope: Scope,
    /// The keys of the rule that the kind maps to: `{"deploys": 3, "per": "1h"}`.
    pub params: Map<String, Json>,
    /// Whether the text says enough to be judged: a cadence without a number is not bound, and no default is invented.
    pub bound: bool,
    /// What it makes an exception of, in its own words: "unless the site is down".
    pub exception: Option<String>,
    /// Where else it stands: copies of its file.
    pub also: Vec<Place>,
}
