//! Waivers that stand in a governance file itself: `<!-- deploy-rhythm: waive ID because "…" until 2027-01-31 -->`.

use crate::engine::decision::Source;
use crate::engine::policy::problem::{Place, Problem};
use crate::engine::rules::governance::{Waiver, day};

/// The waivers of one file, and the comments that begin like one and are none.
#[derive(Clone, Debug, Default)]
pub struct Waivers {
    pub waivers: Vec<Waiver>,
    pub problems: Vec<Problem>,
}

/// How a comment to this tool begins.
const OPENING: &str = "<!-- deploy-rhythm:";

/// Reads the waivers of a file, outside its fenced code.
#[must_use]
pub fn waivers(file: &str, text: &str) -> Waivers {
    let mut found = Waivers::default();
    let mut fence: Option<&str> = None;
    for (index, line) in text.lines().enumerate() {
        let marker = ["```", "~~~"].into_iter().find(|marker| line.trim_start().starts_with(marker));
        match (fence, marker) {
            (None, Some(marker)) => fence = Some(marker),
            (Some(open), Some(marker)) if open == marker => fence = None,
            (None, None) => read_line(file, index + 1, line, &mut found),
            (Some(_), _) => {}
        }
    }
    found
}

fn read_line(file: &str, number: usize, line: &str, found: &mut Waivers) {
    let mut from = 0;
    while let Some(start) = line[from..].find(OPENING).map(|start| from + start) {
        let rest = &line[start + OPENING.len()..];
        let inside = rest.split_once("-->").map(|(inside, _)| inside.trim());
        if let Some(waiver) = inside.and_then(read) {
            let source = Some(Source { file: file.to_owned(), line: number });
            found.waivers.push(Waiver { source, ..waiver });
        } else {
            let place = Place { line: number, column: line[..start].chars().count() + 1 };
            let fix = "write `<!-- deploy-rhythm: waive ID because \"…\" until 2027-01-31 -->` on one line";
            found.problems.push(Problem::new(place, "this comment to deploy-rhythm is no waiver", fix));
        }
        from = start + OPENING.len();
    }
}

/// Reads `waive ID because "…" until DATE`.
fn read(text: &str) -> Option<Waiver> {
    let (directive, rest) = text.strip_prefix("waive ")?.trim_start().split_once(' ')?;
    let rest = rest.trim_start().strip_prefix("because")?.trim_start().strip_prefix('"')?;
    let (because, rest) = rest.rsplit_once('"')?;
    let until = day(rest.trim_start().strip_prefix("until")?.trim())?;
    let because = because.trim();
    (!because.is_empty()).then(|| Waiver {
        directive: directive.to_owned(),
        because: because.to_owned(),
        until,
        source: None,
    })
}

#[cfg(test)]
mod tests {
    use super::waivers;

    #[test]
    fn reads_a_reason_and_an_end() {
        let text = "# Deploys\n\n<!-- deploy-rhythm: waive deploy-frequency-1f because \"the \"big\" move\" until 2027-01-31 -->\n";
        let found = waivers("CLAUDE.md", text);
        assert!(found.problems.is_empty());
        let [waiver] = &found.waivers[..] else { panic!("{found:?}") };
        assert_eq!((waiver.directive.as_str(), waiver.because.as_str()), ("deploy-frequency-1f", "the \"big\" move"));
        assert_eq!(waiver.until.to_string(), "2027-01-31");
        assert_eq!(waiver.source.as_ref().map(|source| source.line), Some(3));
    }

    #[test]
    fn names_what_is_no_waiver_and_leaves_code_alone() {
        for bad in [
            "waive a1 until 2027-01-31",
            "waive a1 because \"\" until 2027-01-31",
            "waive a1 because \"x\"",
            "waive a1 because \"x\" until soon",
            "waive a1 because \"x\" until 2027-02-30",
            "waive because \"x\" until 2027-01-31",
            "wave a1",
        ] {
            let found = waivers("CLAUDE.md", &format!("é <!-- deploy-rhythm: {bad} -->"));
            assert!(found.waivers.is_empty(), "{bad}: {found:?}");
            assert_eq!(found.problems.len(), 1, "{bad}");
            assert_eq!(found.problems[0].place.column, 3);
        }
        let code = "```\n<!-- deploy-rhythm: waive a1 because \"x\" until 2027-01-31 -->\n```\n";
        assert!(waivers("CLAUDE.md", code).waivers.is_empty());
        assert_eq!(waivers("CLAUDE.md", "<!-- deploy-rhythm: waive").problems.len(), 1);
    }
}
