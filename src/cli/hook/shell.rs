//! The simple commands of a shell's text, each with the directory that it runs in. Nothing is expanded or run.

use std::path::{Component, Path, PathBuf};

use brush_parser::ast::{
    AssignmentValue, Command, CommandPrefixOrSuffixItem as Item, CompoundCommand, CompoundList,
    IoFileRedirectKind as Kind, IoFileRedirectTarget as Target, IoRedirect, Pipeline, SimpleCommand, Word as Raw,
};
use brush_parser::word::{WordPiece, WordPieceWithSource, parse};
use brush_parser::{Parser, ParserOptions};

use super::wrappers::{script, unwrap};

/// The longest text that is looked at, in bytes.
const LONGEST: usize = 64 * 1024;

/// How deep text may stand in text: `sh -c "sh -c …"`, `$( $( … ) )`.
const DEEPEST: usize = 8;

/// How many brackets may be open at once: what the parser tries grows by the power of those that nobody closes.
const MOST_OPEN: i32 = 16;

/// How deep braces and clauses may stand in one another, shared by text in text: each is a call of the parser.
const MOST_NESTED: usize = 512;

/// The variables that commands are asked for.
const WATCHED: [&str; 2] = ["DEPLOY_RHYTHM_LEDGER", "KAMAL_LOCK"];

fn open_at_once(text: &str) -> i32 {
    let steps = text.bytes().map(|byte| i32::from(byte == b'(') - i32::from(byte == b')'));
    let depths = steps.scan(0, |depth: &mut i32, step| {
        *depth = (*depth + step).max(0);
        Some(*depth)
    });
    depths.max().unwrap_or_default()
}

/// How many braces and clauses are open at once, counting also what may be none.
fn nested(text: &str) -> usize {
    let (mut depth, mut most, mut may_begin) = (0_usize, 0, true);
    for line in text.split_inclusive([';', '|', '&', '(', ')', '{', '}', '[', ']', '\n']) {
        for word in line.split_ascii_whitespace() {
            let word = word.trim_end_matches([';', '|', '&', '(', ')', '{', '}', '[', ']']);
            match word {
                "if" | "while" | "until" | "for" | "select" | "case" | "coproc" | "!" if may_begin => depth += 1,
                "fi" | "done" | "esac" if may_begin => depth = depth.saturating_sub(1),
                _ => {}
            }
            may_begin &= word.is_empty();
            may_begin |= ["if", "elif", "then", "else", "while", "until", "do", "time", "coproc", "!"].contains(&word);
        }
        match line.as_bytes().last() {
            Some(b'{' | b'[') => depth += 1,
            Some(b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
        may_begin |= line.ends_with([';', '|', '&', '(', ')', '{', '}', '\n']);
    }
    most
}

/// A word, as far as it is known before the shell expands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub text: String,
    /// Whether the text is all of it: no variable, no output of a command.
    pub known: bool,
}

/// A simple command.
#[derive(Clone, Debug, Default)]
pub(super) struct Simple {
    pub dir: PathBuf,
    /// The variables that are set for it.
    pub set: Vec<(String, String)>,
    pub words: Vec<Word>,
    /// The files that its redirections write.
    pub writes: Vec<Word>,
}

/// The simple commands of a text; none where it cannot be read.
pub(super) fn commands(text: &str, dir: &Path) -> Vec<Simple> {
    let mut walk = Walk::default();
    walk.text(text, &mut dir.to_owned());
    walk.found
}

#[derive(Default)]
struct Walk {
    found: Vec<Simple>,
    depth: usize,
    /// What was exported before.
    exported: Vec<(String, String)>,
    /// Where the last `cd` left from.
    left: Option<PathBuf>,
}

impl Walk {
    fn text(&mut self, text: &str, dir: &mut PathBuf) {
        let is_deep = || open_at_once(text) > MOST_OPEN || nested(text) > MOST_NESTED / (self.depth + 1);
        if text.len() > LONGEST || self.depth >= DEEPEST || is_deep() {
            return;
        }
        let mut parser = Parser::new(std::io::Cursor::new(text.as_bytes()), &ParserOptions::default());
        let Ok(program) = parser.parse_program() else { return };
        self.depth += 1;
        program.complete_commands.iter().for_each(|list| self.list(list, dir));
        self.depth -= 1;
    }

    fn list(&mut self, list: &CompoundList, dir: &mut PathBuf) {
        for item in &list.0 {
            for (_, pipeline) in &item.0 {
                self.pipeline(pipeline, dir);
            }
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline, dir: &mut PathBuf) {
        match &pipeline.seq[..] {
            [one] => self.command(one, dir),
            // Each part runs in a shell of its own.
            several => several.iter().for_each(|command| self.command(command, &mut dir.clone())),
        }
    }

    fn command(&mut self, command: &Command, dir: &mut PathBuf) {
        match command {
            Command::Simple(simple) => self.simple(simple, dir),
            Command::Compound(compound, redirects) => {
                let redirects = redirects.iter().flat_map(|list| &list.0);
                let mut writes = Simple { dir: dir.clone(), ..Simple::default() };
                redirects.for_each(|redirect| self.redirect(redirect, &mut writes));
                self.keep(writes);
                self.compound(compound, dir);
            }
            // What is defined may be called.
            Command::Function(function) => self.compound(&function.body.0, &mut dir.clone()),
            Command::ExtendedTest(..) => {}
        }
    }

    fn compound(&mut self, compound: &CompoundCommand, dir: &mut PathBuf) {
        match compound {
            CompoundCommand::Arithmetic(_) => {}
            CompoundCommand::ArithmeticForClause(clause) => self.list(&clause.body.list, dir),
            CompoundCommand::BraceGroup(group) => self.list(&group.list, dir),
            CompoundCommand::Subshell(shell) => self.list(&shell.list, &mut dir.clone()),
            CompoundCommand::ForClause(clause) => {
                clause.values.iter().flatten().for_each(|word| drop(self.word(&word.value, dir)));
                self.list(&clause.body.list, dir);
            }
            CompoundCommand::CaseClause(clause) => {
                clause.cases.iter().filter_map(|case| case.cmd.as_ref()).for_each(|list| self.list(list, dir));
            }
            CompoundCommand::IfClause(clause) => {
                self.list(&clause.condition, dir);
                self.list(&clause.then, dir);
                for other in clause.elses.iter().flatten() {
                    other.condition.iter().for_each(|list| self.list(list, dir));
                    self.list(&other.body, dir);
                }
            }
            CompoundCommand::WhileClause(clause) | CompoundCommand::UntilClause(clause) => {
                self.list(&clause.0, dir);
                self.list(&clause.1.list, dir);
            }
            CompoundCommand::Coprocess(process) => self.command(&process.body, &mut dir.clone()),
        }
    }

    fn simple(&mut self, command: &SimpleCommand, dir: &mut PathBuf) {
        let mut simple = Simple { dir: dir.clone(), set: self.exported.clone(), ..Simple::default() };
        let before = command.prefix.iter().flat_map(|prefix| &prefix.0);
        let after = command.suffix.iter().flat_map(|suffix| &suffix.0);
        for item in before {
            self.item(item, &mut simple);
        }
        if let Some(Raw { value, .. }) = &command.word_or_name {
            let word = self.word(value, dir);
            simple.words.push(word);
        }
        for item in after {
            self.item(item, &mut simple);
        }
        unwrap(&mut simple);
        self.change_folder(&simple.words, dir);
        self.export(&simple);
        if let Some(script) = script(&simple.words) {
            self.text(&script, &mut simple.dir.clone());
        }
        self.keep(simple);
    }

    /// What `cd` does, where it can: its folder is there, or a command before it may have made it.
    fn change_folder(&mut self, words: &[Word], dir: &mut PathBuf) {
        let Some((cd, rest)) = words.split_first() else { return };
        let to = match cd.text.as_str() {
            "cd" | "pushd" => rest.iter().find(|word| word.text == "-" || !word.text.starts_with('-')),
            "popd" => None,
            _ => return,
        };
        let new = match to {
            Some(to) if to.text != "-" => {
                let new = without_dots(&dir.join(&to.text));
                let name = new.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                let may_be_made =
                    || self.found.iter().any(|one| one.words.iter().any(|word| word.text.contains(&name)));
                (to.known && (new.is_dir() || may_be_made())).then_some(new)
            }
            _ => self.left.clone(),
        };
        if let Some(new) = new {
            self.left = Some(std::mem::replace(dir, new));
        }
    }

    /// What is set for all that follows. A variable that is only assigned may have been exported before.
    fn export(&mut self, simple: &Simple) {
        let said = match simple.words.split_first() {
            None => simple.set.clone(),
            Some((first, rest)) if matches!(first.text.as_str(), "export" | "declare" | "typeset") => {
                let pairs = rest.iter().filter_map(|word| word.text.split_once('='));
                pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
            }
            Some(_) => return,
        };
        for (key, value) in said.into_iter().filter(|(key, _)| WATCHED.contains(&key.as_str())) {
            self.exported.retain(|(name, _)| *name != key);
            self.exported.push((key, value));
        }
    }

    fn keep(&mut self, simple: Simple) {
        if !simple.words.is_empty() || !simple.writes.is_empty() {
            self.found.push(simple);
        }
    }

    fn item(&mut self, item: &Item, simple: &mut Simple) {
        let dir = simple.dir.clone();
        match item {
            Item::Word(word) => {
                let word = self.word(&word.value, &dir);
                simple.words.push(word);
            }
            Item::AssignmentWord(assignment, raw) => {
                if let AssignmentValue::Scalar(value) = &assignment.value {
                    let value = self.word(&value.value, &dir);
                    simple.set.push((assignment.name.to_string(), value.text));
                }
                // `export X=1`, `env X=1`: a word to the command.
                if !simple.words.is_empty() {
                    let word = self.word(&raw.value, &dir);
                    simple.words.push(word);
                }
            }
            Item::IoRedirect(redirect) => self.redirect(redirect, simple),
            Item::ProcessSubstitution(_, shell) => self.list(&shell.list, &mut dir.clone()),
        }
    }

    fn redirect(&mut self, redirect: &IoRedirect, simple: &mut Simple) {
        let dir = simple.dir.clone();
        let (IoRedirect::OutputAndError(file, _)
        | IoRedirect::File(
            _,
            Kind::Write | Kind::Append | Kind::Clobber | Kind::ReadAndWrite,
            Target::Filename(file),
        )) = redirect
        else {
            return;
        };
        let file = self.word(&file.value, &dir);
        simple.writes.push(file);
    }

    fn word(&mut self, raw: &str, dir: &Path) -> Word {
        let mut word = Word { text: String::new(), known: true };
        match parse(raw, &ParserOptions::default()) {
            Ok(pieces) => self.pieces(&pieces, &mut word, dir),
            Err(_) => word = Word { text: raw.to_owned(), known: false },
        }
        word
    }

    fn pieces(&mut self, pieces: &[WordPieceWithSource], word: &mut Word, dir: &Path) {
        for WordPieceWithSource { piece, .. } in pieces {
            match piece {
                WordPiece::Text(text) | WordPiece::SingleQuotedText(text) | WordPiece::AnsiCQuotedText(text) => {
                    word.text.push_str(text);
                }
                WordPiece::EscapeSequence(text) => word.text.push_str(text.strip_prefix('\\').unwrap_or(text)),
                WordPiece::DoubleQuotedSequence(inner) | WordPiece::GettextDoubleQuotedSequence(inner) => {
                    self.pieces(inner, word, dir);
                }
                WordPiece::CommandSubstitution(text) | WordPiece::BackquotedCommandSubstitution(text) => {
                    self.text(text, &mut dir.to_owned());
                    word.known = false;
                }
                WordPiece::TildeExpansion(_)
                | WordPiece::ParameterExpansion(_)
                | WordPiece::ArithmeticExpression(_) => {
                    word.known = false;
                }
            }
        }
    }
}

/// A path without `.` and `..`, as `cd` takes them.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

/// The name of a program, without its folder.
pub(super) fn name_of(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or(text)
}
