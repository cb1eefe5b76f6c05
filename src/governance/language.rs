//! Whether a text is in a language that the grammar reads: English.

/// Common short words of languages in Latin letters that are no English words.
const FOREIGN: [&str; 66] = [
    "el", "los", "las", "una", "para", "por", "con", "del", "que", "como", "está", "pero", "não", "uma", "com", "dos",
    "das", "são", "você", "também", "le", "les", "des", "une", "est", "pour", "dans", "avec", "sur", "pas", "sont",
    "vous", "être", "der", "die", "das", "und", "ist", "nicht", "ein", "eine", "mit", "für", "auf", "wenn", "werden",
    "il", "lo", "gli", "che", "della", "sono", "nel", "het", "een", "niet", "voor", "zijn", "och", "att", "som",
    "inte", "nie", "jest", "się", "ve",
];

/// Common short words of English.
const ENGLISH: [&str; 34] = [
    "the", "a", "an", "of", "to", "and", "in", "is", "for", "with", "on", "that", "this", "be", "are", "or", "not",
    "use", "run", "all", "from", "before", "must", "should", "never", "always", "when", "if", "you", "it", "by", "do",
    "no", "only",
];

/// Short words of English that are no words of the languages above.
const ENGLISH_ALONE: [&str; 26] = [
    "the", "of", "to", "and", "with", "that", "this", "be", "are", "not", "use", "run", "from", "before", "must",
    "should", "never", "always", "when", "if", "you", "it", "by", "for", "only", "each",
];

/// More short words of the languages above, which tell of a whole text and not of a sentence.
const FOREIGN_TOO: [&str; 42] = [
    "de", "la", "en", "al", "su", "sin", "antes", "cada", "cuando", "os", "em", "ao", "na", "ne", "jamais", "avant",
    "chaque", "du", "au", "ou", "di", "prima", "ogni", "sul", "dal", "non", "vor", "nach", "nur", "jede", "jedem",
    "zu", "van", "op", "te", "przed", "dla", "bir", "her", "ile", "på", "ett",
];

/// How many words of a text are English alone, and how many are another language's.
fn telling(text: &str) -> (usize, usize) {
    let words: String = prose(text).collect();
    let mut counts = (0, 0);
    for word in words.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty()) {
        let lower = word.to_lowercase();
        let word = lower.as_str();
        let foreign = FOREIGN.contains(&word)
            || FOREIGN_TOO.contains(&word)
            || !word.is_ascii() && word.chars().all(|letter| u32::from(letter) < 0x1f00);
        counts.0 += usize::from(ENGLISH_ALONE.contains(&word));
        counts.1 += usize::from(foreign);
    }
    counts
}

/// Whether a whole file is in another language, so that its short passages are too.
pub fn is_foreign_file(text: &str) -> bool {
    let (english, foreign) = telling(text);
    foreign > 2 && foreign > english * 2
}

/// Whether a passage of such a file cannot be read: nothing says that it is English.
pub fn is_foreign_there(text: &str) -> bool {
    let (english, foreign) = telling(text);
    is_foreign(text) || english < 2 || english <= foreign
}

/// Whether a text has words in another script and nothing that is English alone: it may say what cannot be read.
pub fn is_mixed(text: &str) -> bool {
    prose(text).filter(|letter| letter.is_alphabetic() && u32::from(*letter) >= 0x250).count() > 1
        && telling(text).0 == 0
}

/// Whether a text cannot be read: most letters are not Latin, or its short words are another language's.
pub fn is_foreign(text: &str) -> bool {
    let (mut latin, mut other) = (0_usize, 0_usize);
    for letter in prose(text) {
        if letter.is_alphabetic() {
            if u32::from(letter) < 0x250 { latin += 1 } else { other += 1 }
        }
    }
    // A letter of Chinese or Japanese stands for several of ours.
    if other > 0 && other * 3 > latin {
        return true;
    }
    let (mut foreign, mut english) = (0_usize, 0_usize);
    for word in text.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty() && word.len() < 12) {
        let word = word.to_lowercase();
        foreign += usize::from(FOREIGN.contains(&word.as_str()));
        english += usize::from(ENGLISH.contains(&word.as_str()));
    }
    foreign >= 2 && foreign > english * 2
}

/// The letters outside code spans.
fn prose(text: &str) -> impl Iterator<Item = char> + '_ {
    text.split('`').step_by(2).flat_map(str::chars)
}

#[cfg(test)]
mod tests {
    use super::is_foreign;

    #[test]
    fn english_is_told_from_others() {
        for text in ["Never push to main.", "Run `npm test`", "Deploy naïvely, über-fast", "Commit"] {
            assert!(!is_foreign(text), "{text}");
        }
        for text in [
            "主分支禁止直接推送",
            "Nie direkt auf den Hauptzweig pushen, wenn die Tests nicht grün sind",
            "No más de tres despliegues por hora para los días de trabajo",
            "Не отправляйте напрямую в main",
        ] {
            assert!(is_foreign(text), "{text}");
        }
    }
}
