//! Loaded files into directives, and into what could not be understood.

use std::collections::BTreeMap;

use serde::Serialize;

use super::directive::{Directive, Kind, Place, Polarity};
use super::document::{self, Passage, Sentence};
use super::grammar::{self, APPROVE, CORE, Clause, Form, Found, MAIN, NEARBY, PERSON, SMALL, Setting, WATCHED};
use super::identity;
use super::language;
use super::load::{File, Loaded, Reason, Unseen};

/// A file as read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadFile {
    pub path: String,
    pub via: Vec<String>,
    pub unseen: Vec<Unseen>,
}

/// A sentence that looks like governance and fits no production.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unrecognised {
    pub file: String,
    pub line: usize,
    pub text: String,
}

/// A directive that its readers never see.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unreachable {
    pub directive: Directive,
    pub reason: &'static str,
}

/// What the governance files of a repository say.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Reading {
    pub files: Vec<ReadFile>,
    pub directives: Vec<Directive>,
    pub unrecognised: Vec<Unrecognised>,
    pub unreachable: Vec<Unreachable>,
}

/// Reads the directives of loaded files.
#[must_use]
pub fn read(loaded: &Loaded) -> Reading {
    let mut reading = Reading::default();
    for file in &loaded.files {
        let mut unseen = file.unseen.clone();
        read_file(file, &mut reading, &mut unseen);
        reading.files.push(ReadFile { path: file.path.clone(), via: file.via.clone(), unseen });
    }
    for file in &loaded.beyond {
        hide(file, &file.text, 1, "beyond the depth of imports", &mut reading);
    }
    add_copies(&mut reading, loaded);
    identity::settle(&mut reading.directives);
    reading
}

fn read_file(file: &File, reading: &mut Reading, unseen: &mut Vec<Unseen>) {
    let (passages, comments) = document::read(&file.text);
    let is_foreign =
        if language::is_foreign_file(&file.text) { language::is_foreign_there } else { language::is_foreign };
    let foreign = read_passages(file, &passages, is_foreign, reading);
    if let Some((line, count)) = foreign {
        let what = format!("{count} of {} passages", passages.len());
        unseen.push(Unseen { line: Some(line), what, why: Reason::Language });
    }
    for comment in comments {
        hide(file, &comment.text, comment.line, "in a comment", reading);
    }
}

/// Reads a text that no reader sees: what it asks is unreachable.
fn hide(file: &File, text: &str, first: usize, reason: &'static str, reading: &mut Reading) {
    let hidden = File { path: file.path.clone(), via: file.via.clone(), ..File::default() };
    let mut inside = Reading::default();
    read_passages(&hidden, &document::read(text).0, language::is_foreign, &mut inside);
    reading.unreachable.extend(inside.directives.into_iter().map(|mut directive| {
        directive.place.line += first - 1;
        Unreachable { directive, reason }
    }));
}

/// Reads passages; the line of the first in another language, and how many there are.
fn read_passages(
    file: &File,
    passages: &[Passage],
    is_foreign: fn(&str) -> bool,
    reading: &mut Reading,
) -> Option<(usize, usize)> {
    let mut foreign: Option<(usize, usize)> = None;
    // Neighbours mostly stand below the same texts.
    let mut above: Option<(&Vec<String>, &Vec<String>, Setting)> = None;
    // A lead-in speaks for its list only where the list does not.
    let mut leads: Vec<(usize, usize)> = Vec::new();
    for passage in passages {
        if is_foreign(&passage.text) {
            let (line, count) = foreign.unwrap_or((passage.line(0), 0));
            foreign = Some((line, count + 1));
            continue;
        }
        let before = reading.directives.len();
        let known =
            above.take().filter(|(headings, leads, _)| **headings == passage.headings && **leads == passage.leads);
        let known = known
            .unwrap_or_else(|| (&passage.headings, &passage.leads, Setting::of(&passage.headings, &passage.leads)));
        read_passage(file, passage, &known.2, reading);
        if reading.directives.len() == before && language::is_mixed(&passage.text) {
            let (line, count) = foreign.unwrap_or((passage.line(0), 0));
            foreign = Some((line, count + 1));
        }
        above = Some(known);
        if passage.leads_in {
            leads.push((before, reading.directives.len()));
        }
    }
    drop_spoken_for(&mut reading.directives, &leads);
    foreign
}

/// Drops the lead-ins of checks whose items are the checks.
fn drop_spoken_for(directives: &mut Vec<Directive>, leads: &[(usize, usize)]) {
    let mut dropped = Vec::new();
    for (start, end) in leads {
        for index in *start..*end {
            let Some(lead) = directives.get(index) else { continue };
            let spoken = directives.get(*end..).unwrap_or_default().iter().take(3).any(|item| {
                item.kind == Kind::ChecksBefore
                    && item.kind == lead.kind
                    && item
                        .place
                        .heading
                        .last()
                        .is_some_and(|above| lead.text.len() > 3 && above.contains(lead.text.trim_end_matches(':')))
            });
            if spoken {
                dropped.push(index);
            }
        }
    }
    let mut index = 0;
    directives.retain(|_| {
        index += 1;
        !dropped.contains(&(index - 1))
    });
}

fn read_passage(file: &File, passage: &Passage, above: &Setting, reading: &mut Reading) {
    let mut label_kinds: Vec<Kind> = Vec::new();
    let mut silent: Option<Sentence<'_>> = None;
    for sentence in document::sentences(passage) {
        if quotes_somebody(sentence.text) || sentence.text.ends_with('?') {
            continue;
        }
        let label = sentence.label.or(passage.row.as_deref());
        let setting = Setting {
            task: passage.task,
            step: passage.step,
            item: passage.place == document::Place::Item,
            ..above.under(label)
        };
        let before = reading.directives.len();
        let looked = read_sentence(file, passage, &sentence, &setting, reading);
        if reading.directives.len() == before
            && let Some(first) = silent.take()
        {
            read_across(file, passage, (&first, &sentence), &setting, reading);
        }
        let found = reading.directives.len() - before;
        silent = (found == 0).then_some(sentence);
        if sentence.is_label {
            label_kinds = reading.directives.iter().skip(before).map(|directive| directive.kind).collect();
        } else if !label_kinds.is_empty() {
            // The label is the rule, what follows it its gloss.
            let mut index = 0;
            reading.directives.retain(|directive| {
                index += 1;
                index <= before || !label_kinds.contains(&directive.kind)
            });
        }
        if found == 0 && looked && !sentence.is_label {
            reading.unrecognised.push(Unrecognised {
                file: file.path.clone(),
                line: passage.line(sentence.start),
                text: plain(sentence.text),
            });
        }
    }
}

/// Reads a limit that two sentences say together.
fn read_across(
    file: &File,
    passage: &Passage,
    (first, second): (&Sentence<'_>, &Sentence<'_>),
    setting: &Setting,
    reading: &mut Reading,
) {
    let Some(joined) = grammar::across(first.text, second.text) else { return };
    let named = setting.under(Some(first.text));
    let clause = Clause::new(&joined.text, if joined.first { setting } else { &named });
    let sentence = if joined.first { first } else { second };
    let limits = grammar::read(&clause).into_iter().filter(|found| is_cadence(found.kind) && found.bound);
    for found in limits {
        let line = passage.line(sentence.start);
        let directive = directive(file, passage, sentence, &clause, found, line);
        reading.directives.push(Directive { text: plain(sentence.text), ..directive });
    }
}

/// Reads one sentence; whether it looked like governance.
fn read_sentence(
    file: &File,
    passage: &Passage,
    sentence: &Sentence<'_>,
    setting: &Setting,
    reading: &mut Reading,
) -> bool {
    let mut looked = false;
    let heading = passage.place == document::Place::Heading;
    for part in document::clauses(sentence.text) {
        let clause = Clause::new(part.text, setting);
        let governs = clause.about(WATCHED)
            || (clause.has(APPROVE) && clause.has(PERSON))
            || (setting.wide.any(WATCHED) && clause.says(&["characters", "chars"]))
            || setting.before
            || setting.after
            || setting.task
            || setting.releasing
            || setting.sizes
            || clause.has(SMALL) && clause.says(&["change", "changes"])
            || clause.text.contains('#')
            || clause.has(NEARBY)
            || clause.words.iter().any(|word| word.text.starts_with("git "))
            || clause.has(MAIN) && clause.mood.asks();
        if !governs || (heading && !(rules(&clause) && part.start == 0)) {
            continue;
        }
        // What a file or a command is for is no rule, unless it says so; its numbers are.
        let described = (setting.listing
            || passage.refers()
            || passage.place == document::Place::Cell
            || after_code(sentence.text, part.start))
            && describes(&clause);
        looked |= clause.mood.asks() && clause.has(CORE) && !heading && !described;
        for found in read_clause(&clause) {
            // "Never commit: …" says what by its gloss.
            let open = is_cadence(found.kind) && !found.bound && clause.words.len() < 4
                || found.kind == Kind::ApprovalBefore && clause.words.len() < 3;
            let named = sentence.is_label && open;
            // "`make check`: run it before a push" says when.
            let timed =
                found.kind == Kind::ChecksBefore && clause.mood.form == Form::Command && clause.says(&["before"]);
            if named || described && !is_cadence(found.kind) && !timed {
                continue;
            }
            let line = passage.line(sentence.start + part.start);
            let directive = directive(file, passage, sentence, &clause, found, line);
            let known = reading.directives.iter().rev().take_while(|known| known.place.line == line).any(|known| {
                known.text == directive.text && known.kind == directive.kind && known.params == directive.params
            });
            if !known {
                reading.directives.push(directive);
            }
        }
    }
    looked
}

/// What a clause says; below "Never:" it says it as a whole sentence would.
fn read_clause(clause: &Clause<'_>) -> Vec<Found> {
    let bare = matches!(clause.mood.form, Form::Command | Form::Fragment) && clause.mood.polarity == Polarity::Must;
    let found = grammar::read(clause);
    if found.is_empty() && clause.setting.negated && bare && !clause.says(&["always", "only", "instead", "use"]) {
        return grammar::read(&Clause::new(&format!("never {}", clause.text), clause.setting));
    }
    found
}

/// Whether a heading is a rule of its own: it forbids, limits, or says when.
fn rules(clause: &Clause<'_>) -> bool {
    let strong =
        clause.says(&["never", "don't", "always", "must", "only", "no", "avoid", "before", "at-most", "max", "first"]);
    let names = clause.says(&["checklist", "steps", "requirements", "guide", "workflow", "checks", "rules", "policy"]);
    strong && !names && clause.mood.form != Form::Statement && clause.words.len() > 2
}

/// Whether a clause only tells what the file or command does that its label names.
/// Whether a kind is about rhythm: what a table says of it counts, however it is written.
fn is_cadence(kind: Kind) -> bool {
    matches!(kind, Kind::DeployFrequency | Kind::DeployInterval | Kind::DeployWindow | Kind::Batching | Kind::FixChain)
}

/// Whether a part of a sentence explains the code span that the sentence begins with.
fn after_code(sentence: &str, start: usize) -> bool {
    let before = sentence.get(..start).unwrap_or_default();
    let code = before.trim_end().trim_end_matches([':', '-', '—', '–', ' ', '(', ')']);
    start > 0 && is_run(code) && code.starts_with('`') && code.ends_with('`') && code.matches('`').count() == 2
}

/// Whether a code span is more than a name: a command or a path.
fn is_run(code: &str) -> bool {
    !grammar::names_a_branch(code.trim_matches('`'))
}

fn describes(clause: &Clause<'_>) -> bool {
    let strong = clause.says(&["must", "always", "never", "required", "don't", "should", "mustn't"]);
    !strong && !clause.setting.before && !clause.forbids()
}

fn directive(
    file: &File,
    passage: &Passage,
    sentence: &Sentence<'_>,
    clause: &Clause<'_>,
    found: Found,
    line: usize,
) -> Directive {
    let mut heading: Vec<String> = passage.headings.iter().map(|text| plain(text)).collect();
    heading.extend(passage.leads.last().map(|lead| plain(lead)));
    let place = Place { file: file.path.clone(), line, heading, via: file.via.clone() };
    let mut scope = grammar::scope(clause, found.kind);
    if !file.paths.is_empty() && scope.path.is_none() {
        scope.path = Some(file.paths.join(", "));
    }
    Directive {
        id: String::new(),
        place,
        text: plain(clause.text),
        kind: found.kind,
        object: found.object,
        polarity: found.polarity,
        scope,
        params: found.params,
        bound: found.bound,
        exception: grammar::exception(clause.text)
            .or_else(|| grammar::exception(sentence.text).filter(|_| found.polarity != Polarity::Should)),
        also: Vec::new(),
    }
}

/// A directive of a file stands in its copies too.
fn add_copies(reading: &mut Reading, loaded: &Loaded) {
    let mut copies: BTreeMap<&str, Vec<&File>> = BTreeMap::new();
    for file in &loaded.files {
        if let Some(original) = &file.copy_of {
            copies.entry(original.as_str()).or_default().push(file);
        }
    }
    for directive in &mut reading.directives {
        let places = copies.get(directive.place.file.as_str()).into_iter().flatten();
        let also = places
            .map(|file| Place { file: file.path.clone(), via: file.via.clone(), ..directive.place.clone() })
            .collect();
        directive.also = also;
    }
}

/// A text without the marks of code.
fn plain(text: &str) -> String {
    text.replace('`', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What somebody is reported to have said is no rule of the file.
fn quotes_somebody(text: &str) -> bool {
    text.starts_with(['"', '“']) && text.ends_with(['"', '”'])
}
