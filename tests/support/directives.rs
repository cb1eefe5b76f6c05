//! Directives for tests, as the reader of governance files makes them.

#![allow(dead_code, reason = "each test uses some of it")]

use deploy_rhythm::governance::directive::{Directive, Kind, Object, Place, Polarity, Scope};
use serde_json::{Map, Value as Json};

/// A directive of line 7 of CLAUDE.md, about commits.
pub fn directive(kind: Kind, polarity: Polarity, params: Json) -> Directive {
    let params = match params {
        Json::Object(params) => params,
        _ => Map::new(),
    };
    Directive {
        id: format!("{kind}-{polarity}"),
        place: Place { file: "CLAUDE.md".to_owned(), line: 7, ..Place::default() },
        text: format!("{kind}"),
        kind,
        object: Object::Commit,
        polarity,
        scope: Scope::default(),
        bound: !params.is_empty(),
        params,
        exception: None,
        also: Vec::new(),
    }
}

/// One that asks for something.
pub fn must(kind: Kind, params: Json) -> Directive {
    directive(kind, Polarity::Must, params)
}

/// One that forbids something.
pub fn must_not(kind: Kind, params: Json) -> Directive {
    directive(kind, Polarity::MustNot, params)
}

/// The same about pull requests.
pub fn of_requests(directive: Directive) -> Directive {
    Directive { object: Object::PullRequest, ..directive }
}
