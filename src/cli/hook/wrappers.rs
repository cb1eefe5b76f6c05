//! Programs that run another command: what stands before it is taken away.

use super::shell::{Simple, Word, name_of};

/// Programs that run the command behind them: the letters of their options that take a word, and how many words of their
/// own stand before it.
const WRAPPERS: [(&str, &str, usize); 15] = [
    ("sudo", "ugpCDhrtURT", 0),
    ("doas", "uC", 0),
    ("env", "uC", 0),
    ("command", "", 0),
    ("exec", "a", 0),
    ("builtin", "", 0),
    ("nohup", "", 0),
    ("time", "fo", 0),
    ("nice", "n", 0),
    ("ionice", "cn", 0),
    ("setsid", "", 0),
    ("stdbuf", "ioe", 0),
    ("xargs", "nPLIdsEa", 0),
    ("timeout", "ks", 1),
    ("npx", "p", 0),
];

/// Programs that run what stands behind a word of theirs, and so many more.
const BEHIND: [(&str, &str, usize); 6] = [
    ("bundle", "exec", 0),
    ("mise", "--", 0),
    ("op", "--", 0),
    ("doppler", "--", 0),
    ("direnv", "exec", 1),
    ("poetry", "run", 0),
];

/// Long options of the wrappers that take a word of their own.
const LONG_WITH_VALUE: [&str; 13] = [
    "--user",
    "--group",
    "--prompt",
    "--host",
    "--chdir",
    "--unset",
    "--signal",
    "--kill-after",
    "--adjustment",
    "--max-procs",
    "--max-args",
    "--arg-file",
    "--delimiter",
];

/// Whether an option takes the word behind it: the last of its letters does.
fn takes_word(option: &str, letters: &str) -> bool {
    match option.strip_prefix('-') {
        Some(long) if long.starts_with('-') => LONG_WITH_VALUE.contains(&option),
        Some(short) => short.find(|letter| letters.contains(letter)).is_some_and(|at| at + 1 == short.len()),
        None => false,
    }
}

/// Takes away what stands before the command itself.
pub(super) fn unwrap(simple: &mut Simple) {
    while let Some(first) = simple.words.first() {
        let name = name_of(&first.text).to_owned();
        let own = WRAPPERS.iter().find(|(wrapper, ..)| *wrapper == name);
        let behind = BEHIND.iter().find(|(wrapper, ..)| *wrapper == name);
        let mut at = 1;
        if let Some((_, letters, own)) = own {
            let mut own = *own;
            while let Some(word) = simple.words.get(at) {
                let text = word.text.as_str();
                let sets = matches!(name.as_str(), "env" | "sudo");
                if let Some((key, value)) = text.split_once('=').filter(|(key, _)| sets && !key.starts_with('-')) {
                    simple.set.push((key.to_owned(), value.to_owned()));
                } else if text.starts_with('-') {
                    at += usize::from(takes_word(text, letters));
                } else if own > 0 {
                    own -= 1;
                } else {
                    break;
                }
                at += 1;
            }
        } else if let Some((place, more)) =
            behind.and_then(|(_, word, more)| Some((simple.words.iter().position(|one| one.text == *word)?, more)))
        {
            at = place + 1 + more;
        } else {
            return;
        }
        simple.words.drain(..at.min(simple.words.len()));
    }
}

/// The text that a shell is given to run.
pub(super) fn script(words: &[Word]) -> Option<String> {
    let name = name_of(&words.first()?.text);
    if name == "eval" {
        return Some(words[1..].iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "));
    }
    if !["sh", "bash", "dash", "zsh", "ksh", "su"].contains(&name) {
        return None;
    }
    let is_c = |word: &Word| word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains('c');
    let place = words.iter().position(is_c)?;
    // More options may stand before the text; `-o` takes a word.
    let mut rest = words[place..].iter();
    while let Some(word) = rest.next() {
        if !word.text.starts_with(['-', '+']) {
            return Some(word.text.clone());
        }
        if word.text.ends_with('o') {
            rest.next();
        }
    }
    None
}
