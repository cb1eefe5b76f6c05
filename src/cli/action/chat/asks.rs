//! What is only asked: the same reports as at the command line.

use super::Desk;
use crate::bot::chat::{Answer, Mark, Page, Said};
use crate::cli::place::home;
use crate::cli::question::report;
use crate::cli::run::job::waits_for;
use crate::cli::status::Seen;
use crate::engine::event::CommitId;
use crate::error::Error;
use crate::gather::{Question, Subject};
use crate::render::{Colour, Detail, Format, Style, clean, render, when};
use crate::report::Report;
use crate::sources::github::bound::Place;

/// Columns of a page that is shown as it would stand at a terminal.
const WIDTH: usize = 100;

/// The longest page, in bytes.
const LONGEST: usize = 20_000;

impl Desk<'_> {
    fn asked(&self, environment: Option<&str>) -> Question {
        let environment = environment.map(str::to_owned).or_else(|| self.question.environment.clone());
        Question { environment, ..self.question.clone() }
    }

    pub(super) fn status(&self, said: &Said, environment: Option<&str>) -> Result<Answer, Error> {
        let question = self.asked(environment);
        if question.environment.is_none() {
            question.hub.look_everywhere();
        }
        let text = Seen::of(Subject::landed(&question)?, &question, self.context.given()?)?.text(WIDTH);
        Ok(Answer::new(&said.text, Mark::Told, "this is how it stands:").page(verbatim(&text)))
    }

    pub(super) fn check(&self, said: &Said, environment: Option<&str>, commit: Option<&str>) -> Result<Answer, Error> {
        let (report, note) = self.judge(environment, commit)?;
        let page = render(&report, Format::Markdown, &self.style(Detail::Brief));
        Ok(Answer::new(&said.text, Mark::Told, note).page(Page::ours(page)))
    }

    pub(super) fn why(&self, said: &Said, environment: Option<&str>, commit: Option<&str>) -> Result<Answer, Error> {
        let (report, note) = self.judge(environment, commit)?;
        let page = render(&report, Format::Terminal, &self.style(Detail::Full));
        Ok(Answer::new(&said.text, Mark::Told, note).page(verbatim(&page)))
    }

    fn style(&self, detail: Detail) -> Style {
        Style { colour: Colour::Never, width: WIDTH, zone: self.subject.found.policy.timezone(), detail }
    }

    /// Judges a commit: the one that is named, else what the pull request landed as, else the tip of the default branch.
    fn judge(&self, environment: Option<&str>, commit: Option<&str>) -> Result<(Report, String), Error> {
        let (subject, question) = (&self.subject, self.asked(environment));
        let policy = subject.environment(question.environment.as_deref())?;
        let tip = subject.repo.default_branch()?;
        let (commit, note) = match (commit, self.place) {
            (Some(id), _) => (subject.commit(Some(id))?, "of the commit that was named:".to_owned()),
            (None, Place::Pull(number)) => match self.merge(number)? {
                Some(merge) => (subject.commit(Some(&merge))?, "of this pull request as it landed:".to_owned()),
                None => (tip.tip, format!("of {}, since this pull request has not landed:", tip.name)),
            },
            (None, Place::Issue) => (tip.tip, format!("of {}:", tip.name)),
        };
        let records = subject.records(self.context.given()?, &question, &policy.environment)?;
        let gathered = subject.gather(policy, CommitId::new(commit.as_str()), question.lane, records)?;
        Ok((report(subject, gathered).0, note))
    }

    fn merge(&self, number: u64) -> Result<Option<String>, Error> {
        let pull = self.ask(|hub| hub.pull(number))?;
        Ok(pull.merge_commit_sha.filter(|_| pull.merged_at.is_some()))
    }

    pub(super) fn queue(&self, said: &Said, environment: Option<&str>) -> Result<Answer, Error> {
        let (edge, inputs) = (self.context.edge, &self.context.inputs);
        let policy = self.subject.environment(self.asked(environment).environment.as_deref())?;
        let name = clean(&policy.environment).into_owned();
        let home = home(&inputs.folder, Some(&inputs.ledger), edge)?;
        let account = self.subject.account(home.own, &policy.environment)?;
        let nothing = || Answer::new(&said.text, Mark::Told, format!("nothing waits for {name}"));
        let Some(mut ledger) = home.open_existing(edge.clock)? else { return Ok(nothing()) };
        let state = ledger.read()?;
        let waits = state.waiting.iter().filter(|one| waits_for(one, &account) && one.is_live(state.now));
        let zone = Some(self.subject.zone());
        let lines: Vec<String> = waits
            .map(|one| {
                let commit = CommitId::new(&one.commit);
                let since = one.since.with_timezone(&self.subject.zone()).format("%a %H:%M %Z");
                let next = one.next.map_or_else(|| "when somebody acts".to_owned(), |next| when(next, state.now, zone));
                let run = one.run.as_deref().map(|run| format!(", run {}", clean(run))).unwrap_or_default();
                format!("{} waits since {since}{run}; it goes {next}", commit.short())
            })
            .collect();
        let says = format!("{} waiting for {name}:", lines.len());
        let answer = Answer::new(&said.text, Mark::Told, says);
        Ok(if lines.is_empty() { nothing() } else { lines.into_iter().fold(answer, Answer::note) })
    }
}

/// A page as it would stand at a terminal: in a fence that nothing inside can end.
fn verbatim(text: &str) -> Page {
    let text = anstream::adapter::strip_str(text).to_string();
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let cut = if end < text.len() { "\n… cut here" } else { "" };
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    Page::ours(format!("{fence}text\n{}{cut}\n{fence}", text[..end].trim_end()))
}
