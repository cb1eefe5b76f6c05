//! `policy validate`: what is wrong with a policy, and what is odd about its windows and freezes.

use std::fmt::Write;

use clap::Args;

use super::policy::PolicyArgs;
use super::question::instant;
use super::{Edge, Outcome};
use crate::engine::agenda::{Agenda, around};
use crate::engine::event::Instant;
use crate::engine::policy::{EnvironmentPolicy, Pattern};
use crate::error::Error;
use crate::gather::agenda::Timetable;
use crate::render::{clean, harmless};
use crate::sources::git::Repo;
use crate::sources::policy::Found;

/// Check the file: every error with its line and its fix, and what is odd about its windows and freezes
#[derive(Debug, Args)]
#[command(
    after_help = "Warnings and notes are about the 400 days to come, and change no exit code.\nExits 0 where the policy is valid, 2 where it is not."
)]
pub(super) struct Validate {
    #[command(flatten)]
    policy: PolicyArgs,

    /// Look at the days after this instant instead of now, RFC 3339
    #[arg(long, value_name = "TIME", value_parser = instant)]
    at: Option<Instant>,
}

/// The most environments whose windows and freezes are looked at.
const MOST: usize = 100;

/// A remark, and the environments that it is about.
struct Told<'a> {
    place: String,
    weight: &'static str,
    rule: &'static str,
    text: String,
    environments: Vec<&'a str>,
}

impl Validate {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let (repo, found) = self.policy.find(edge)?;
        let at = self.at.unwrap_or(edge.now);
        let mut out = format!("{} is valid\n", clean(&found.description));
        let mut told: Vec<Told<'_>> = Vec::new();
        let names: Vec<&str> = found.policy.patterns().into_iter().map(Pattern::as_str).collect();
        for (index, name) in names.iter().copied().enumerate() {
            let Some(environment) = found.policy.environment(name) else { continue };
            let _ = writeln!(out, "  {}: {} rules", clean(name), environment.rules.len());
            if index >= MOST {
                continue;
            }
            for one in odd(repo.as_ref(), &found, environment, name, at) {
                // What several environments inherit is said once.
                let same = |other: &&mut Told<'_>| (&other.place, &other.text) == (&one.place, &one.text);
                match told.iter_mut().find(same) {
                    Some(known) => known.environments.push(name),
                    None => told.push(one),
                }
            }
        }
        for Told { place, weight, rule, text, environments } in told {
            let environments = environments.join(", ");
            let _ =
                writeln!(out, "{}: {weight}: {rule} ({}): {}", clean(&place), clean(&environments), harmless(&text));
        }
        if names.len() > MOST {
            let _ = writeln!(out, "note: the windows and freezes of the first {MOST} environments were looked at");
        }
        Ok(Outcome::done(out))
    }
}

/// What is odd about the windows and freezes of an environment.
fn odd<'a>(
    repo: Option<&Repo>,
    found: &Found,
    environment: EnvironmentPolicy,
    name: &'a str,
    at: Instant,
) -> Vec<Told<'a>> {
    let zone = environment.timezone.unwrap_or(chrono_tz::Tz::UTC);
    let timetable = Timetable::of(repo, &found.home, environment, at);
    let agenda = around(zone, at).map(|(from, to)| Agenda::of(&timetable.policy, &timetable.facts, from, to));
    let Some(Ok(agenda)) = agenda else {
        let (text, weight) =
            ("its windows and freezes are too many, or too far off, to be looked at".to_owned(), "note");
        return vec![Told {
            place: found.description.clone(),
            weight,
            rule: "calendar",
            text,
            environments: vec![name],
        }];
    };
    let remarks = agenda.remarks(&timetable.facts, at).into_iter().map(|one| {
        let source = agenda.source(one.rule);
        Told {
            place: format!("{}:{}", source.file, source.line),
            weight: one.weight.name(),
            rule: agenda.rules[one.rule].rule.id().name(),
            text: one.text,
            environments: vec![name],
        }
    });
    remarks.collect()
}
