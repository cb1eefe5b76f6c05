//! `--columns`: which column of a table holds what.

use chrono_tz::Tz;

/// What a row may tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Id,
    Environment,
    Commit,
    Revision,
    State,
    Started,
    Finished,
    Run,
    Actor,
    Url,
}

impl Key {
    /// Each with its name in `--columns`, and the name of a column that needs no saying.
    pub(super) const ALL: [(Self, &'static str, &'static str); 10] = [
        (Self::Id, "id", "id"),
        (Self::Environment, "environment", "environment"),
        (Self::Commit, "commit", "commit"),
        (Self::Revision, "revision", "revision"),
        (Self::State, "state", "state"),
        (Self::Started, "started", "started_at"),
        (Self::Finished, "finished", "finished_at"),
        (Self::Run, "run", "run"),
        (Self::Actor, "actor", "actor"),
        (Self::Url, "url", "url"),
    ];
}

/// Where a key's value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Column(String),
    /// The same for every row.
    Always(String),
}

/// Which column of a table holds what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    pub(super) origins: Vec<(Key, Origin)>,
    /// The zone of times that name none.
    pub(super) zone: Option<Tz>,
}

/// Reads `started=Deployed at,commit=SHA,state==success,timezone=Europe/Paris`.
///
/// # Errors
///
/// Says what is wrong in one sentence.
pub fn columns(text: &str) -> Result<Columns, String> {
    let mut columns = Columns::default();
    let mut parts: Vec<String> = Vec::new();
    for part in text.split(',') {
        // A column's name may hold a comma: only a key begins anew.
        match (key_of(part), parts.last_mut()) {
            (None, Some(last)) => *last = format!("{last},{part}"),
            _ => parts.push(part.to_owned()),
        }
    }
    for part in parts {
        let Some((name, value)) = key_of(&part) else {
            let known: Vec<&str> = Key::ALL.iter().map(|(_, name, _)| *name).collect();
            return Err(format!(
                "`{part}` is no KEY=COLUMN (KEY==TEXT says the same of every row): the keys are {}, timezone",
                known.join(", ")
            ));
        };
        if value.trim_start_matches('=').trim().is_empty() {
            return Err(format!("`{name}` names no column"));
        }
        let Some((key, ..)) = Key::ALL.into_iter().find(|(_, known, _)| *known == name) else {
            columns.zone = Some(value.parse().map_err(|_| format!("`{value}` is no time zone: write Europe/Paris"))?);
            continue;
        };
        if columns.origins.iter().any(|(known, _)| *known == key) {
            return Err(format!("`{name}` stands twice"));
        }
        let origin = match value.strip_prefix('=') {
            Some(always) => Origin::Always(always.trim().to_owned()),
            None => Origin::Column(value.trim().to_owned()),
        };
        columns.origins.push((key, origin));
    }
    Ok(columns)
}

/// The key with which a part begins, and what follows it.
fn key_of(part: &str) -> Option<(&str, &str)> {
    let (name, value) = part.split_once('=')?;
    let name = name.trim();
    (name == "timezone" || Key::ALL.iter().any(|(_, known, _)| *known == name)).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::{Key, Origin, columns};

    #[test]
    fn names_may_hold_commas_and_signs() {
        let read =
            columns("started=Deployed at, UTC,commit=SHA=1,state==success,timezone=Europe/Paris").expect("columns");
        let column = |name: &str| Origin::Column(name.to_owned());
        assert_eq!(
            read.origins,
            [
                (Key::Started, column("Deployed at, UTC")),
                (Key::Commit, column("SHA=1")),
                (Key::State, Origin::Always("success".to_owned())),
            ]
        );
        assert_eq!(read.zone, Some(chrono_tz::Tz::Europe__Paris));
        for bad in ["", "begin=x", "started=", "started==", "started=a,started=b", "timezone=Paris"] {
            assert!(columns(bad).is_err(), "{bad}");
        }
    }
}
