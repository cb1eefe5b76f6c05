//! What a sentence makes an exception of, in its own words.

/// Words that begin an exception.
const OPENERS: [&str; 15] = [
    "unless ",
    "except ",
    "without explicit",
    "without an explicit",
    "without prior",
    "only when ",
    "only if ",
    "only after ",
    "only with ",
    "other than ",
    "excluding ",
    "apart from ",
    "save for ",
    "with the exception",
    "until ",
];

/// Finds the exception of a clause or of the sentence around it, to the end of its clause.
pub fn exception(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let starts = OPENERS.iter().filter_map(|opener| {
        let at = lower.find(opener)?;
        let word = at == 0 || lower.as_bytes().get(at - 1).is_some_and(|byte| !byte.is_ascii_alphanumeric());
        word.then_some(at)
    });
    let rest = text.get(starts.min()?..)?;
    let end = rest.find([';', '—']).or_else(|| rest.find(". ")).unwrap_or(rest.len());
    let words = rest.get(..end)?.trim().trim_end_matches(['.', ',', '!', ')']).replace('`', "");
    (words.split_whitespace().count() > 1).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::exception;

    #[test]
    fn exceptions_keep_their_words() {
        for (text, expected) in [
            ("No deploys on Fridays, except hotfixes.", Some("except hotfixes")),
            ("Never push without explicit approval; ask first", Some("without explicit approval")),
            ("Never deploy on Friday unless the site is down", Some("unless the site is down")),
            ("Never push", None),
        ] {
            assert_eq!(exception(text).as_deref(), expected, "{text}");
        }
    }
}
