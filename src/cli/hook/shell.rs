//! The simple commands of a shell's text, each with the directory that it runs in. Nothing is expanded or run.

use std::path::{Path, PathBuf};

use brush_parser::ast::{
    AssignmentValue, Command, CommandPrefixOrSuffixItem as Item, CompoundCommand, CompoundList,
    IoFileRedirectKind as Kind, IoFileRedirectTarget as Target, IoRedirect, Pipeline, SimpleCommand, Word as Raw,
};
use brush_parser::word::{WordPiece, WordPieceWithSource, parse};
use brush_parser::{Parser, ParserOptions};

/// The longest text that is looked at, in bytes.
const LONGEST: usize = 64 * 1024;

/// How deep text may stand in text: `sh -c "sh -c …"`, `$( $( … ) )`.
const DEEPEST: usize = 8;

/// How many brackets may be open at once: what the parser tries grows by the power of those that nobody closes.
const MOST_OPEN: i32 = 16;

fn open_at_once(text: &str) -> i32 {
    let steps = text.bytes().map(|byte| i32::from(byte == b'(') - i32::from(byte == b')'));
    let depths = steps.scan(0, |depth: &mut i32, step| {
        *depth = (*depth + step).max(0);
        Some(*depth)
    });
    depths.max().unwrap_or_default()
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
    let mut walk = Walk { found: Vec::new(), depth: 0 };
    walk.text(text, &mut dir.to_owned());
    walk.found
}

struct Walk {
    found: Vec<Simple>,
    depth: usize,
}

impl Walk {
    fn text(&mut self, text: &str, dir: &mut PathBuf) {
        if text.len() > LONGEST || self.depth >= DEEPEST || open_at_once(text) > MOST_OPEN {
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
        let mut simple = Simple { dir: dir.clone(), ..Simple::default() };
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
        if let [cd, to, ..] = &simple.words[..]
            && matches!(cd.text.as_str(), "cd" | "pushd")
            && to.known
            && to.text != "-"
        {
            *dir = dir.join(&to.text);
        }
        if let Some(script) = script(&simple.words) {
            self.text(&script, &mut simple.dir.clone());
        }
        self.keep(simple);
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

/// Programs that run the command behind them, with how many words of their own stand before it, options left out.
const WRAPPERS: [(&str, usize); 15] = [
    ("sudo", 0),
    ("doas", 0),
    ("env", 0),
    ("command", 0),
    ("exec", 0),
    ("builtin", 0),
    ("nohup", 0),
    ("time", 0),
    ("nice", 0),
    ("ionice", 0),
    ("setsid", 0),
    ("stdbuf", 0),
    ("xargs", 0),
    ("timeout", 1),
    ("npx", 0),
];

/// Programs that run what stands behind a word of theirs.
const BEHIND: [(&str, &str); 6] =
    [("bundle", "exec"), ("mise", "--"), ("op", "--"), ("doppler", "--"), ("direnv", "exec"), ("poetry", "run")];

/// Options of the wrappers that take a word of their own.
const WITH_VALUE: [&str; 8] = ["-u", "-g", "-n", "-I", "-k", "-s", "-C", "-S"];

/// Takes away what stands before the command itself.
fn unwrap(simple: &mut Simple) {
    while let Some(first) = simple.words.first() {
        let name = name_of(&first.text).to_owned();
        let own = WRAPPERS.iter().find(|(wrapper, _)| *wrapper == name).map(|(_, own)| *own);
        let behind = BEHIND.iter().find(|(wrapper, _)| *wrapper == name).map(|(_, word)| *word);
        let mut at = 1;
        if let Some(mut own) = own {
            while let Some(word) = simple.words.get(at) {
                let text = word.text.as_str();
                if let Some((key, value)) =
                    text.split_once('=').filter(|(key, _)| name == "env" && !key.starts_with('-'))
                {
                    simple.set.push((key.to_owned(), value.to_owned()));
                } else if text.starts_with('-') {
                    at += usize::from(WITH_VALUE.contains(&text));
                } else if own > 0 {
                    own -= 1;
                } else {
                    break;
                }
                at += 1;
            }
        } else if let Some(place) = behind.and_then(|word| simple.words.iter().position(|one| one.text == word)) {
            at = place + 1;
        } else {
            return;
        }
        simple.words.drain(..at.min(simple.words.len()));
    }
}

/// The text that a shell is given to run.
fn script(words: &[Word]) -> Option<String> {
    let name = name_of(&words.first()?.text);
    if name == "eval" {
        return Some(words[1..].iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "));
    }
    if !["sh", "bash", "dash", "zsh", "ksh", "su"].contains(&name) {
        return None;
    }
    let is_c = |word: &Word| word.text.starts_with('-') && !word.text.starts_with("--") && word.text.ends_with('c');
    let place = words.iter().position(is_c)?;
    words.get(place + 1).map(|word| word.text.clone())
}

/// The name of a program, without its folder.
pub(super) fn name_of(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or(text)
}
