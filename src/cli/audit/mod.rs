//! `audit`: every deployment of a span with the decision that let it go; those without one first.

mod csv;
mod json;
mod page;
mod pairs;

use std::io::Write as _;
use std::path::PathBuf;

use chrono::SubsecRound;
use chrono_tz::Tz;
use clap::{Args, ValueEnum};

use super::ledger::{Verified, verified};
use super::question::QuestionArgs;
use super::span::{Moment, Since, moment, since};
use super::{Edge, Outcome};
use crate::engine::calendar::{second, utc};
use crate::engine::event::Instant;
use crate::error::Error;
use crate::gather::{Question, Subject};
use crate::ledger::home::Home;
use crate::render::{clean, harmless};
use crate::sources::deployments::Records;
use crate::sources::foreign::{Columns, columns};
use pairs::{Ledger, Pairing, Row, pair};

/// Every deployment with its decision, those without one first: what an auditor asks for
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  deploy-rhythm audit --since 2026-01-01 --until 2026-03-31 --format csv > audit.csv\n  \
    deploy-rhythm audit --since 90d --deploys deployments.json --format markdown"
)]
pub struct Audit {
    /// Where it begins: a length of time before its end, a date, an instant, or `all`
    #[arg(long, value_name = "SPAN", value_parser = since)]
    since: Since,

    /// Where it ends, a date (its end) or an instant [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Moment>,

    /// Only this environment [default: all]
    #[arg(long, short, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    environment: Option<String>,

    /// What was deployed, whoever asked: as `check --deploys` [default: what is found beside the ledger]
    #[arg(long, value_name = "FILE|-|github")]
    deploys: Option<PathBuf>,

    /// Of CSV, which column holds what: as `check --columns`
    #[arg(long, value_name = "KEY=COLUMN,…", requires = "deploys", value_parser = columns)]
    columns: Option<Columns>,

    /// The repository: any directory in it
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,

    /// Read this policy instead of the one on the default branch: its time zone, its name of the repository, its sources
    #[arg(long, value_name = "FILE|NAME")]
    policy: Option<PathBuf>,

    /// The ledger [default: `DEPLOY_RHYTHM_LEDGER`, else a file in the git directory]
    #[arg(long, value_name = "PATH")]
    ledger: Option<String>,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
}

/// The formats of an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people at a terminal
    Terminal,
    /// For spreadsheets
    Csv,
    /// For programs; the schema is docs/audit.schema.json
    Json,
    /// For comments and job summaries
    Markdown,
}

/// What is printed.
struct Sheet {
    from: Option<Instant>,
    until: Instant,
    /// The unpaired first, each group by its starts.
    rows: Vec<Row>,
    sources: Vec<String>,
    notes: Vec<String>,
    complete_since: Option<Instant>,
    /// Whether `ledger verify` finds nothing; none where there is no ledger.
    whole: Option<bool>,
}

impl Sheet {
    fn count(&self, pairing: Pairing) -> usize {
        self.rows.iter().filter(|row| row.pairing == pairing).count()
    }
}

/// The word that programs know a value by.
fn word(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

impl Audit {
    pub(super) fn run(self, edge: &Edge) -> Result<Outcome, Error> {
        let asked = QuestionArgs {
            repo: self.repo.clone(),
            policy: self.policy.clone(),
            deploys: self.deploys.clone(),
            columns: self.columns.clone(),
            environment: self.environment.clone(),
            ledger: self.ledger.clone(),
            ..QuestionArgs::default()
        };
        let question = asked.question(edge);
        let subject = Subject::open(&question)?;
        let zone = subject.found.policy.timezone().unwrap_or(Tz::UTC);
        let asked_end = self.until.map(|until| until.end(zone)).transpose()?;
        let until = asked_end.unwrap_or_else(|| edge.now.trunc_subsecs(0));
        let from = self.since.start(until, zone)?;
        if from.is_some_and(|from| from > until) {
            return Err(Error::usage("the span ends before it begins").hint("check `--since` and `--until`"));
        }
        let given = asked.given()?.map(|given| subject.settle(given, &question));
        let mut sheet = Sheet {
            from,
            until,
            rows: Vec::new(),
            sources: Vec::new(),
            notes: Vec::new(),
            complete_since: None,
            whole: None,
        };
        let ledger = ledger(&subject, &asked, edge, &mut sheet)?;
        let others = others(&subject, given, &question, &mut sheet)?;
        // Where nobody says when it ends, what a clock that is ahead has dated later belongs to it, too.
        let within = |at: Instant| from.is_none_or(|from| at >= from) && asked_end.is_none_or(|end| at < end);
        sheet.rows = pair(&ledger, others);
        sheet.rows.retain(|row| within(row.start));
        if let Some(name) = &self.environment {
            sheet.rows.retain(|row| row.environment == *name);
        }
        let code = u8::from(sheet.whole == Some(false));
        let text = match self.format {
            Format::Csv => csv::text(&sheet)?,
            Format::Json => json::text(&sheet),
            Format::Markdown => page::markdown(&sheet),
            Format::Terminal => page::terminal(&sheet, edge.width),
        };
        if self.format == Format::Csv {
            // A table has no room for what is to be said of it.
            for note in &sheet.notes {
                let _ = writeln!(anstream::stderr(), "note: {}", harmless(note));
            }
        }
        Ok(Outcome { text, code })
    }
}

/// What the ledger holds of this repository.
fn ledger(subject: &Subject, asked: &QuestionArgs, edge: &Edge, sheet: &mut Sheet) -> Result<Ledger, Error> {
    let named = super::question::named_ledger(asked.ledger.as_ref(), edge);
    let home = Home::find(named.as_deref(), subject.repo.shared_dir())?;
    let Some(mut ledger) = home.open_existing(edge.clock)? else {
        if named.is_some() {
            return Err(Error::usage("there is no such ledger, or it is empty").hint("check `--ledger`"));
        }
        sheet.notes.push(
            "there is no ledger: nothing has a decision; `deploy-rhythm run` keeps one, and so does `record`"
                .to_owned(),
        );
        return Ok(Ledger::default());
    };
    let repository = match home.own {
        true => None,
        false => Some(subject.required_name()?),
    };
    let Verified { entries, walk, born } = verified(ledger.as_mut());
    sheet.whole = Some(walk.breaks.is_empty());
    sheet.sources.push(format!("ledger {}", clean(&ledger.name())));
    if let Some(first) = walk.breaks.first() {
        sheet.notes.push(format!(
            "the ledger was changed by something other than deploy-rhythm, or is damaged: {} places, which `deploy-rhythm ledger verify` names; the first: {first}",
            walk.breaks.len()
        ));
    }
    sheet.notes.extend(born.map(|born| format!("the ledger was begun {}", second(born))));
    Ok(Ledger::of(&entries, walk.rollouts, repository.as_deref(), born))
}

/// What others recorded: what is given, else what is found beside the ledger.
fn others(
    subject: &Subject,
    given: Option<Records>,
    question: &Question,
    sheet: &mut Sheet,
) -> Result<Vec<crate::engine::event::Deployment>, Error> {
    let name = subject.found.policy.default_environment();
    let environment = question.environment.as_deref().unwrap_or(&name);
    question.hub.reach(sheet.from.unwrap_or(Instant::UNIX_EPOCH));
    let found = match given {
        Some(given) => Ok(given),
        None => subject.others(None, question, environment)?,
    };
    let records = match found {
        Ok(records) => records,
        Err(missing) => {
            sheet.notes.push(format!("what was deployed past the ledger is not seen: {missing}"));
            return Ok(Vec::new());
        }
    };
    sheet.sources.extend(records.sources);
    sheet.notes.extend(records.notes);
    sheet.complete_since = records.complete_since;
    if let Some(since) = records.complete_since.filter(|since| sheet.from.is_none_or(|from| *since > from)) {
        sheet.notes.push(format!(
            "what others recorded is complete since {} only: earlier deployments may be missing",
            utc(since)
        ));
    }
    Ok(records.deployments)
}
