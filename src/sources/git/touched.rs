//! Lists of touched files within bounds, with their lines where somebody asks.

use std::collections::HashMap;
use std::ops::ControlFlow;

use git2::Oid;

use super::change::lacking;
use super::compare::{Touched, Visitor};
use super::{Repo, text};
use crate::engine::facts::{Known, Missing};
use crate::governance::honour::{ChangedPath, Depth, Lines, Paths, Touch};

/// How many files of one commit are listed.
const FILES_OF_ONE: usize = 10_000;

/// What one change may cost: listed files, and files whose lines are compared.
pub(super) struct Budget {
    files: usize,
    compared: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { files: 200_000, compared: 20_000 }
    }
}

/// A touched file before its lines are known.
struct Found {
    path: String,
    touch: Touch,
    before: Option<Oid>,
    after: Option<Oid>,
}

impl Found {
    fn of(touched: &Touched<'_>) -> Self {
        let (before, after) = touched.contents();
        Self { path: text(touched.path), touch: touched.touch(), before, after }
    }
}

impl Repo {
    /// Lists what `walk` shows, as deep as is asked and as far as the budget goes.
    pub(super) fn touched_paths(
        &self,
        depth: Depth,
        budget: &mut Budget,
        walk: impl FnOnce(&mut Visitor<'_>) -> Known<()>,
    ) -> Known<Paths> {
        if depth < Depth::Paths {
            return Err(Missing::new("touched files were not read", "ask for them: a directive needs them"));
        }
        let most = FILES_OF_ONE.min(budget.files);
        let mut found = Vec::new();
        let mut cut = false;
        walk(&mut |touched| {
            if found.len() == most {
                cut = true;
                return ControlFlow::Break(());
            }
            found.push(Found::of(touched));
            ControlFlow::Continue(())
        })?;
        budget.files -= found.len();
        found.sort_unstable_by(|left, right| left.path.cmp(&right.path));
        let moved = moved(&found);
        let changed = found.into_iter().map(|file| {
            let lines = if depth < Depth::Lines { None } else { self.lines_of(&file, &moved, budget)? };
            Ok(ChangedPath { path: file.path, touch: file.touch, lines })
        });
        Ok(Paths { changed: changed.collect::<Known<_>>()?, cut })
    }

    fn lines_of(&self, file: &Found, moved: &HashMap<Oid, Moved>, budget: &mut Budget) -> Known<Option<Lines>> {
        let one_sided = file.before.xor(file.after).and_then(|id| moved.get(&id));
        if one_sided.is_some_and(|moved| moved.added && moved.deleted) {
            return Ok(Some(Lines::default()));
        }
        let Some(left) = budget.compared.checked_sub(1) else { return Ok(None) };
        budget.compared = left;
        self.lines(file.before, file.after).map_err(|error| lacking(&error))
    }
}

/// Where a content left and where it came.
#[derive(Default)]
struct Moved {
    added: bool,
    deleted: bool,
}

/// The contents that only changed their names have lost and won no line.
fn moved(found: &[Found]) -> HashMap<Oid, Moved> {
    let mut moved: HashMap<Oid, Moved> = HashMap::new();
    for file in found {
        match (file.before, file.after) {
            (Some(before), None) => moved.entry(before).or_default().deleted = true,
            (None, Some(after)) => moved.entry(after).or_default().added = true,
            _ => {}
        }
    }
    moved
}
