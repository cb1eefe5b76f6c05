//! The words of comments: which lines count, what they mean, and what a reply can never hold.

use chrono_tz::Tz;
use deploy_rhythm::bot::chat::{Answer, Command, LONGEST_COMMENT, MOST_COMMANDS, Mark, Reply, help, listen};
use deploy_rhythm::engine::calendar::utc;
use deploy_rhythm::engine::event::Instant;
use proptest::prelude::*;

/// A Wednesday, 13:00 in Paris.
fn at() -> Instant {
    "2026-11-25T12:00:00Z".parse().expect("instant")
}

fn commands(comment: &str) -> Vec<Command> {
    let said = listen(comment, at(), Tz::Europe__Paris).expect("short");
    said.into_iter().map(|said| said.command.unwrap_or_else(|mistake| panic!("{comment}: {mistake}"))).collect()
}

fn mistake(line: &str) -> String {
    let said = listen(line, at(), Tz::Europe__Paris).expect("short");
    said.into_iter().next().expect("heard").command.expect_err(line).to_string()
}

/// Until when a freeze is asked for, and why.
fn freeze(rest: &str) -> (String, String) {
    match commands(&format!("/rhythm freeze production {rest}")).remove(0) {
        Command::Freeze { until, reason, .. } => (utc(until), reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_command_is_read() {
    let environment = || "production".to_owned();
    let sha = "1f3a9c27b1f3a9c27b1f3a9c27b1f3a9c27b1f3a";
    let cases = [
        ("/rhythm", Command::Help),
        ("/rhythm help me", Command::Help),
        ("/rhythm status", Command::Status { environment: None }),
        ("/Rhythm Status", Command::Status { environment: None }),
        ("   /rhythm queue production", Command::Queue { environment: Some(environment()) }),
        ("/rhythm check", Command::Check { environment: None, commit: None }),
        (
            "/rhythm why production 1F3A9C2",
            Command::Why { environment: Some(environment()), commit: Some("1f3a9c2".into()) },
        ),
        ("/rhythm thaw \"eu west\"", Command::Thaw { environment: "eu west".into(), reason: None }),
        (
            "/rhythm override production the checkout is *down*\r",
            Command::Override { environment: environment(), commit: None, reason: "the checkout is *down*".into() },
        ),
        (
            &format!("/rhythm override `production` {sha} it burns"),
            Command::Override { environment: environment(), commit: Some(sha.into()), reason: "it burns".into() },
        ),
    ];
    for (line, command) in cases {
        assert_eq!(commands(line), [command], "{line}");
    }
}

#[test]
fn only_lines_that_begin_with_the_command_in_plain_text_are_heard() {
    for comment in [
        "say /rhythm status",
        "/rhythms status",
        "> /rhythm status",
        "> said\n/rhythm status",
        "```\n/rhythm status\n```",
        "~~~sh\n/rhythm status",
        "    /rhythm status",
        "`code\n/rhythm status\nmore`",
        "- /rhythm status",
        "1. x\n   /rhythm status",
        "| /rhythm status |\n| --- |\n| /rhythm status |",
        "<!--\n/rhythm status\n-->",
        "text <!-- \n/rhythm status\n-->",
        "<details>\n\n/rhythm status\n\n</details>",
        "<blockquote>\n\n/rhythm status",
        "<pre>\n/rhythm status\n\n/rhythm status\n</pre>",
        "~~gone\n/rhythm status\ngone~~",
        "**bold\n/rhythm status\nbold**",
        "[link\n/rhythm status](https://example.org)",
        "# /rhythm status",
        "$$\n/rhythm status\n$$",
        "[^1]: note\n/rhythm status",
        "text[^1]\n\n[^1]:\n    /rhythm status",
        "\u{a0}/rhythm status",
        "\\/rhythm status",
        "",
    ] {
        assert_eq!(listen(comment, at(), Tz::UTC).expect("short"), [], "{comment:?}");
    }
}

#[test]
fn a_command_may_stand_among_other_lines() {
    let comment = "Hello\n/rhythm status\nand\r\n/rhythm check production\r\n\n> quoted\n\n/rhythm help\n-- \nAlice";
    let said = listen(comment, at(), Tz::UTC).expect("short");
    let lines: Vec<usize> = said.iter().map(|said| said.line).collect();
    assert_eq!(lines, [2, 4, 8]);
    assert_eq!(commands("<br>\n\n/rhythm status"), [Command::Status { environment: None }]);
    assert_eq!(commands("<b>x</b>\n\n/rhythm status"), [Command::Status { environment: None }]);
}

#[test]
fn times_are_those_of_the_zone() {
    let cases = [
        ("until 2026-11-25T18:00:00+02:00 why not", "2026-11-25T16:00:00Z"),
        ("until 17:00 why not", "2026-11-25T16:00:00Z"),
        ("UNTIL Tomorrow 09:00 why not", "2026-11-26T08:00:00Z"),
        ("until today 24:00 why not", "2026-11-25T23:00:00Z"),
        ("until in 2h why not", "2026-11-25T14:00:00Z"),
        ("until in 1h 30m why not", "2026-11-25T13:30:00Z"),
        ("for 1h30m why not", "2026-11-25T13:30:00Z"),
        ("until monday 09:00 why not", "2026-11-30T08:00:00Z"),
        ("until Wed 12:30 why not", "2026-12-02T11:30:00Z"),
        ("until wednesday 13:30 why not", "2026-11-25T12:30:00Z"),
        ("until 2026-12-24 why not", "2026-12-24T23:00:00Z"),
        ("until 2026-12-24 18:00 why not", "2026-12-24T17:00:00Z"),
        // The hour that comes twice ends with its second coming; the one that is skipped, where it is skipped.
        ("until 2027-03-28 02:30 why not", "2027-03-28T01:00:00Z"),
        ("until 2027-10-31 02:30 why not", "2027-10-31T01:30:00Z"),
    ];
    for (rest, until) in cases {
        assert_eq!(freeze(rest), (until.to_owned(), "why not".to_owned()), "{rest}");
    }
}

#[test]
fn a_mistake_says_what_is_wrong_and_what_to_write() {
    for (line, what) in [
        ("/rhythm overide production x", "there is no command `overide`; did you mean `override`?"),
        ("/rhythm sing", "the commands are status, check"),
        ("/rhythm status production now", "`now` is too much behind `status`"),
        ("/rhythm override", "`override` needs an environment; write `/rhythm override production …`"),
        ("/rhythm override production", "an override needs its reason"),
        ("/rhythm override production 1f3a9c27", "an override needs its reason"),
        ("/rhythm override production defaced page", "`defaced` may be a word or a commit"),
        ("/rhythm freeze production", "a freeze needs its end"),
        ("/rhythm freeze production until", "say until when"),
        ("/rhythm freeze production until soon x", "`soon` is no time"),
        ("/rhythm freeze production until tomorrow x", "say the time too: `tomorrow 09:00`"),
        ("/rhythm freeze production until 12:00 x", "12:00 is over today: write `tomorrow 12:00`"),
        ("/rhythm freeze production until 2020-01-01 x", "is over already"),
        ("/rhythm freeze production until 9999-12-31 x", "at most 365d"),
        ("/rhythm freeze production until 2026-12-24", "a freeze needs its reason"),
        ("/rhythm freeze production for 0s x", "is over already"),
        ("/rhythm freeze production for ever x", "`ever` is not a duration"),
        ("/rhythm freeze production for 3000d x", "at most 365d"),
        ("/rhythm thaw", "`thaw` needs an environment"),
        ("/rhythm thaw production a\u{1b}b", "control characters"),
    ] {
        let told = mistake(line);
        assert!(told.contains(what), "{line}: {told}");
    }
    let long = format!("/rhythm override production {}", "x".repeat(501));
    assert!(mistake(&long).contains("more than 500 bytes"));
    assert!(mistake(&format!("/rhythm status {}", "x".repeat(256))).contains("more than 255 bytes"));
}

#[test]
fn what_is_too_much_is_not_followed_at_all() {
    let many = "/rhythm status\n".repeat(MOST_COMMANDS + 1);
    let told = listen(&many, at(), Tz::UTC).expect_err("too many").to_string();
    assert!(told.contains("6 commands, and none was followed"), "{told}");
    let long = format!("/rhythm status\n{}", "ü".repeat(LONGEST_COMMENT));
    assert!(listen(&long, at(), Tz::UTC).is_err());
    let just = format!("/rhythm status\n{}", "ü".repeat(LONGEST_COMMENT - 15));
    assert_eq!(commands(&just).len(), 1);
}

/// Pieces of which hostile texts are made.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\n"),
        Just("\r\n"),
        Just("\n\n"),
        Just("/rhythm status"),
        Just("/rhythm override production now"),
        Just("@alice"),
        Just("@acme/team"),
        Just("#12"),
        Just("GH-12"),
        Just("gh-3"),
        Just("https://example.org"),
        Just("www.example.org"),
        Just("```"),
        Just("`"),
        Just("~~~"),
        Just("> "),
        Just("<!--"),
        Just("-->"),
        Just("<details>"),
        Just("<b>"),
        Just("</b>"),
        Just("- "),
        Just("1. "),
        Just("    "),
        Just("\\"),
        Just("|"),
        Just("---"),
        Just("**"),
        Just("$$"),
        Just("[a](b)"),
        Just("![a](b)"),
        Just("&lt;"),
        Just("\u{202e}"),
        Just("\u{0}"),
        Just(" "),
        Just("word"),
        Just(":tada:"),
    ];
    let text = prop::collection::vec(prop_oneof![piece.prop_map(str::to_owned), ".{0,6}"], 0..14);
    text.prop_map(|pieces| pieces.concat())
}

/// The events of a page as a reader of Markdown sees them, without those that the page itself may hold.
fn marks_up(markdown: &str) -> Vec<String> {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_GFM | Options::ENABLE_MATH;
    let events = Parser::new_ext(markdown, options).skip_while(|event| !matches!(event, Event::Start(Tag::Paragraph)));
    let mut lists = 0;
    let hostile = events.filter(|event| match event {
        Event::Start(Tag::List(_)) => {
            lists += 1;
            lists > 1
        }
        Event::Start(tag) => !matches!(tag, Tag::Paragraph | Tag::Item),
        Event::Code(_) | Event::Html(_) | Event::InlineHtml(_) | Event::Rule | Event::InlineMath(_) => true,
        _ => false,
    });
    hostile.map(|event| format!("{event:?}")).collect()
}

proptest! {
    #[test]
    fn any_comment_is_read_without_a_panic(text in hostile(), other in "\\PC{0,200}") {
        let _ = listen(&text, at(), Tz::America__Santiago);
        let _ = listen(&other, at(), Tz::UTC);
        let _ = listen(&format!("/rhythm {other}"), at(), Tz::UTC);
        let _ = listen(&format!("/rhythm freeze production until {other}"), at(), Tz::Pacific__Apia);
    }

    #[test]
    fn what_is_quoted_fenced_or_indented_never_counts(lines in prop::collection::vec("\\PC{0,30}|/rhythm status", 1..6)) {
        let quoted: String = lines.iter().flat_map(|line| ["> ", line, "\n"]).collect();
        prop_assert_eq!(listen(&quoted, at(), Tz::UTC).expect("short"), vec![]);
        let indented: String = lines.iter().flat_map(|line| ["    ", line, "\n"]).collect();
        prop_assert_eq!(listen(&indented, at(), Tz::UTC).expect("short"), vec![]);
        let fenced = format!("``````\n{}\n``````", lines.join("\n"));
        prop_assume!(!lines.iter().any(|line| line.contains("``````")));
        prop_assert_eq!(listen(&fenced, at(), Tz::UTC).expect("short"), vec![]);
    }

    #[test]
    fn a_command_is_read_whatever_follows_on_other_lines(text in hostile()) {
        let said = listen(&format!("/rhythm thaw production\n\n{text}"), at(), Tz::UTC);
        let thaw = Command::Thaw { environment: "production".into(), reason: None };
        prop_assert!(said.is_err() || said.expect("heard")[0].command == Ok(thaw));
    }

    #[test]
    fn a_reply_holds_no_command_no_mention_and_no_markup_of_others(said in hostile(), says in hostile(), note in hostile()) {
        let one = Answer::new(&said, Mark::Refused, says).note(note);
        let alone = Reply { comment: 7, is_last: true, answers: vec![one.clone()] }.markdown();
        let both = Reply { comment: 7, is_last: false, answers: vec![one.page(help()), Answer::new("help", Mark::Told, "")] }.markdown();
        prop_assert_eq!(listen(&alone, at(), Tz::UTC).expect("short"), vec![]);
        prop_assert_eq!(listen(&both, at(), Tz::UTC).expect("short"), vec![]);
        prop_assert_eq!(marks_up(&alone), Vec::<String>::new());
        let shown = alone.replace("<!-- deploy-rhythm: reply to comment 7 -->", "");
        for mark in ["@a", "#1", "H-1", "h-3", "s://", "w.e", ":t"] {
            prop_assert!(!shown.contains(mark), "{} in {}", mark, shown);
        }
        prop_assert!(!alone.lines().any(|line| line.trim_start().starts_with("/rhythm")));
    }
}
