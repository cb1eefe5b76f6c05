//! `governance lock` and `governance init`: what is written, from the prose and for it.

use clap::Args;

use super::Where;
use super::page::Draft;
use crate::cli::{Edge, Outcome};
use crate::error::Error;
use crate::gather::governance::LOCK;
use crate::governance::{lock as locks, prose};
use crate::sources::files;

/// Writes down what was understood.
pub(super) fn lock(place: &Where, _edge: &Edge) -> Result<Outcome, Error> {
    let draft = Draft::of(place)?;
    let top =
        draft.repo.as_ref().and_then(|repo| repo.workdir()).ok_or_else(|| {
            Error::usage("there is no working tree to write to").hint("run `governance lock` in a clone")
        })?;
    let directives = &draft.governed.reading.directives;
    let before =
        files::read_inside(top, LOCK, files::LOCK_LIMIT)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let mut out = String::new();
    if let Some(before) = &before {
        match locks::differences(before, directives) {
            Ok(differences) => {
                for one in differences {
                    out.push_str(&format!("{}: {}\n", crate::render::clean(&one.id), crate::render::clean(&one.words)));
                }
            }
            Err(why) => out.push_str(&format!("{}\n", crate::render::clean(&why))),
        }
    }
    files::replace(top, LOCK, &locks::lock(directives))?;
    out.push_str(&format!("wrote {LOCK}: {} directives\n", directives.len()));
    Ok(Outcome::done(out))
}

/// Print a section for CLAUDE.md that says what the policy asks, in words that are read back
#[derive(Debug, Args)]
pub(super) struct Init {
    #[command(flatten)]
    place: Where,

    /// Add it to the end of CLAUDE.md, unless it is there
    #[arg(long)]
    write: bool,
}

impl Init {
    pub(super) fn run(&self, _edge: &Edge) -> Result<Outcome, Error> {
        let draft = Draft::of(&self.place)?;
        let sections: Vec<String> = draft.policies.iter().map(prose).filter(|section| !section.is_empty()).collect();
        if sections.is_empty() {
            return Err(Error::usage("the policy asks for nothing that has a sentence")
                .hint("frequency, interval, push, batch, chain, window and freeze have one"));
        }
        let section = sections.join("\n");
        if !self.write {
            return Ok(Outcome::done(section));
        }
        let repo = draft.repo.as_ref().and_then(|repo| repo.workdir());
        let top = repo.unwrap_or(&self.place.repo);
        let before = files::read_inside(top, "CLAUDE.md", files::LOCK_LIMIT)?.unwrap_or_default();
        let before = String::from_utf8(before).map_err(|_| Error::usage("CLAUDE.md is not UTF-8"))?;
        let heading = section.lines().next().unwrap_or_default();
        if before.lines().any(|line| line.trim() == heading) {
            return Err(Error::usage(format!("CLAUDE.md has a section `{heading}` already, and is left as it is"))
                .hint("`deploy-rhythm governance init` without `--write` prints what it would say"));
        }
        let gap = if before.is_empty() || before.ends_with("\n\n") {
            ""
        } else if before.ends_with('\n') {
            "\n"
        } else {
            "\n\n"
        };
        files::replace(top, "CLAUDE.md", &format!("{before}{gap}{section}"))?;
        Ok(Outcome::done(format!("added to CLAUDE.md:\n\n{section}")))
    }
}
