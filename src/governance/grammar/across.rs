//! A limit that two sentences say together: "You get five deploys per day. Do not go over that."

use super::pattern::{Summary, patterns};
use super::vocabulary::NUMBER;
use super::words::{self, Word};

/// What two sentences say together, as one would.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Across {
    pub text: String,
    /// Whether the number stands in the first of the two.
    pub first: bool,
}

patterns! {
    /// "Do not exceed that": of the number before.
    POINTS_BACK = [
        "@never ..3 exceed|over|beyond|past|above|more-than that|it|this|these|them", "@never exceed ..2 limit|quota|budget|cap $",
        "^ that|this|it|these is|are ..3 limit|maximum|cap|ceiling|max|most $",
    ];
    /// "It is 3 per hour": of what was named before.
    TELLS = ["^ it|that|this|which is|are|stands|lies ..2 #"];
    LIMITS = ["limit|limits|limited|cap|maximum|quota|budget|ceiling"];
}

/// Joins two sentences where the second speaks of the first.
pub fn across(first: &str, second: &str) -> Option<Across> {
    let (before, after) = (words::split(first), words::split(second));
    if after.len() > 14 || before.len() > 40 {
        return None;
    }
    let fits = |patterns: &[super::pattern::Pattern], words: &[Word]| {
        let summary = Summary::of(words);
        patterns.iter().any(|pattern| pattern.find(words, 0, summary).is_some())
    };
    let from_number = |words: &[Word], text: &str| {
        let number = words.iter().find(|word| word.classes.any(NUMBER) && word.number.is_some())?;
        text.get(number.start..).map(|rest| format!("At most {}", rest.trim_end_matches(['.', '!'])))
    };
    if fits(&POINTS_BACK, &after) && !after.iter().any(|word| word.number.is_some()) {
        return Some(Across { text: from_number(&before, first)?, first: true });
    }
    if fits(&TELLS, &after) && fits(&LIMITS, &before) && !before.iter().any(|word| word.number.is_some()) {
        return Some(Across { text: from_number(&after, second)?, first: false });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::across;

    #[test]
    fn a_second_sentence_limits_the_first() {
        let joined = |first, second| across(first, second).map(|joined| (joined.text, joined.first));
        assert_eq!(
            joined("You get 5 deploys per day.", "Do not go over that."),
            Some(("At most 5 deploys per day".to_owned(), true))
        );
        assert_eq!(
            joined("Deploys have a limit.", "It is 3 per hour."),
            Some(("At most 3 per hour".to_owned(), false))
        );
        assert_eq!(joined("You get 5 deploys per day.", "Use them well."), None);
        assert_eq!(joined("The server has a limit.", "Ask for more."), None);
    }
}
