//! A clause with all that gives it its sense.

use serde_json::{Map, Value as Json};

use super::mood::{self, Form, Mood};
use super::pattern::{Match, Pattern, Summary};
use super::setting::Setting;
use super::vocabulary::{self as v, Classes};
use super::words::{self, Word};
use crate::governance::directive::{Kind, Object, Polarity};

/// A clause as the families see it.
#[derive(Clone, Debug)]
pub struct Clause<'a> {
    pub text: &'a str,
    pub words: Vec<Word>,
    pub mood: Mood,
    /// Its words in a few bits.
    pub summary: Summary,
    /// The classes of all its words.
    pub has: Classes,
    pub setting: &'a Setting,
}

/// What a family found in a clause.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub kind: Kind,
    pub object: Object,
    pub polarity: Polarity,
    pub params: Map<String, Json>,
    pub bound: bool,
}

impl<'a> Clause<'a> {
    /// Reads the words and the mood of a clause.
    pub fn new(text: &'a str, setting: &'a Setting) -> Self {
        let words = words::split(text);
        let mut mood = mood::read(&words);
        let requires = words.get(mood.main).is_some_and(|word| word.text == "require");
        if requires && mood.main == 0 && setting.label != Classes::default() {
            // "External PRs: require approval" tells what happens.
            mood.form = Form::Statement;
        }
        let has = words.iter().fold(Classes::default(), |all, word| all.with(word.classes));
        let summary = Summary::of(&words);
        Self { text, words, mood, summary, has, setting }
    }

    /// Whether it has a word of one of the classes.
    pub fn has(&self, classes: Classes) -> bool {
        self.has.any(classes)
    }

    /// Whether it, or what leads in to it, has a word of one of the classes.
    pub fn about(&self, classes: Classes) -> bool {
        self.has.with(self.setting.topic).any(classes)
    }

    /// Whether it has one of the words.
    pub fn says(&self, texts: &[&str]) -> bool {
        self.words.iter().any(|word| texts.contains(&word.text.as_str()))
    }

    /// The first place where one of the patterns fits.
    pub fn find(&self, patterns: &[Pattern]) -> Option<Match> {
        patterns.iter().find_map(|pattern| pattern.find(&self.words, self.mood.main, self.summary))
    }

    /// Whether one of the patterns fits.
    pub fn fits(&self, patterns: &[Pattern]) -> bool {
        self.find(patterns).is_some()
    }

    /// Whether it asks for something, by itself or by what leads in to it.
    pub fn asks(&self) -> bool {
        self.mood.asks() || (self.mood.form == Form::Fragment && (self.setting.negated || self.setting.asks))
    }

    /// Whether it asks, or has no verb that says otherwise.
    pub fn may_ask(&self) -> bool {
        self.mood.asks() || self.mood.form == Form::Fragment
    }

    /// Its polarity after inheritance.
    pub fn polarity(&self) -> Polarity {
        match self.mood.polarity {
            Polarity::Must if self.setting.negated && self.mood.form != Form::Statement => Polarity::MustNot,
            polarity => polarity,
        }
    }

    /// Whether it forbids.
    pub fn forbids(&self) -> bool {
        self.polarity() == Polarity::MustNot
    }

    /// The number at a word.
    pub fn number(&self, at: usize) -> Option<f64> {
        self.words.get(at).and_then(|word| word.number)
    }

    /// What it governs: the first act named, among those that a family looks for.
    pub fn object(&self, otherwise: Object) -> Object {
        let own = self.words.iter().skip(self.mood.main).chain(&self.words).find_map(|word| object_of(word.classes));
        own.or_else(|| object_of(self.setting.topic)).unwrap_or(otherwise)
    }

    /// A finding without parameters, in the clause's own polarity.
    pub fn found(&self, kind: Kind, object: Object) -> Found {
        Found { kind, object, polarity: self.polarity(), params: Map::new(), bound: true }
    }

    /// A finding whose text leaves out what a rule would need.
    pub fn unbound(&self, kind: Kind, object: Object) -> Found {
        Found { bound: false, ..self.found(kind, object) }
    }
}

impl Found {
    /// Adds a parameter.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.params.insert(key.to_owned(), value.into());
        self
    }

    /// Sets the polarity.
    #[must_use]
    pub fn polarity(mut self, polarity: Polarity) -> Self {
        self.polarity = polarity;
        self
    }
}

/// The object that a word names.
pub fn object_of(classes: Classes) -> Option<Object> {
    let order = [
        (v::DEPLOY, Object::Deploy),
        (v::PR, Object::PullRequest),
        (v::PUSH.with(v::FORCE), Object::Push),
        (v::MERGE, Object::Merge),
        (v::RELEASE, Object::Release),
        (v::COMMIT, Object::Commit),
    ];
    order.into_iter().find(|(class, _)| classes.any(*class)).map(|(_, object)| object)
}

/// A whole number as JSON.
pub fn whole(number: f64) -> Json {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, clamped to what fits")]
    let whole = number.clamp(0.0, 1e9) as u64;
    Json::from(whole)
}
