//! What the commands are, for whoever asks.

use std::fmt::Write;

use super::reply::Page;

/// Each form with what it does; what is in brackets may be left out.
const FORMS: [(&str, &str); 8] = [
    ("status [ENV]", "budgets left, the next opening, what runs"),
    ("check [ENV] [SHA]", "may this be deployed now?"),
    ("why [ENV] [SHA]", "the same, with each rule's reasoning"),
    ("queue [ENV]", "what waits for its turn"),
    ("override ENV [SHA] REASON", "one rollout of this commit may pass soft-mandatory rules"),
    ("freeze ENV until TIME REASON", "nothing goes until then"),
    ("thaw ENV [REASON]", "ends the freeze"),
    ("help", "this"),
];

/// Lines that work as they stand.
pub const EXAMPLES: [&str; 8] = [
    "/rhythm status",
    "/rhythm check production",
    "/rhythm why production 1f3a9c27",
    "/rhythm queue production",
    "/rhythm override production the checkout is down",
    "/rhythm freeze production until tomorrow 09:00 the database moves",
    "/rhythm freeze production for 2h the database moves",
    "/rhythm thaw production",
];

/// The page that help shows. No line of it is a command: each stands inside a table or a list.
#[must_use]
pub fn help() -> Page {
    let mut page = String::from("| Write | and |\n| --- | --- |\n");
    for (form, says) in FORMS {
        let _ = writeln!(page, "| `/rhythm {form}` | {says} |");
    }
    page.push_str("\nFor example:\n\n");
    for example in EXAMPLES {
        let _ = writeln!(page, "- `{example}`");
    }
    page.push_str(
        "\nA time is one of the policy's zone: `17:00`, `tomorrow 09:00`, `monday 09:00`, `in 2h`, `2026-12-24`, or RFC 3339. \
         A command begins its line, in a new comment, outside quotes and code; an edited comment is not heard.\n",
    );
    Page::ours(page)
}

#[cfg(test)]
mod tests {
    use super::{EXAMPLES, FORMS};
    use crate::bot::chat::{Command, listen};
    use chrono_tz::Tz;

    #[test]
    fn every_command_is_listed_and_every_example_is_heard() {
        let listed: Vec<&str> = FORMS.iter().filter_map(|(form, _)| form.split(' ').next()).collect();
        assert_eq!(listed, Command::VERBS);
        let at = "2026-11-25T12:00:00Z".parse().expect("instant");
        for example in EXAMPLES {
            let said = listen(example, at, Tz::UTC).expect("short");
            let command = said.first().expect("heard").command.as_ref().expect(example);
            assert!(example.contains(command.verb()), "{example}");
        }
    }
}
