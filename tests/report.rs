//! The report by the real binary: each shape, what it must not carry, and where it is written.

mod support {
    pub mod binary;
    pub mod repo;
}

use serde_json::Value as Json;
use support::binary::{run, run_with};
use support::repo::{Fixture, minute};

/// Minutes from the beginning of the fixtures' time to 2026-02-04 00:00.
const DAY: i64 = 34 * 24 * 60;

const AT: &str = "2026-02-05T12:00:00Z";

const HOSTILE: &str = "Fix <script>alert(1)</script> @team #12 | `x` & \"y\" \u{1b}[31m\u{202e}https://example.org";

fn line(id: usize, commit: &str, state: &str, start: i64, minutes: i64, actor: &str) -> String {
    let (start, finish) = (minute(start).to_rfc3339(), minute(start + minutes).to_rfc3339());
    serde_json::json!({"id": id.to_string(), "environment": "production", "commit": commit, "state": state, "started_at": start, "finished_at": finish, "actor": actor}).to_string() + "\n"
}

/// A store: some quiet deploys, and the afternoon on which eleven overlapped.
fn store() -> (Fixture, String) {
    let fixture = Fixture::new();
    fixture.write(
        ".github/deploy-rhythm.yml",
        "version: 1\ntimezone: Europe/Paris\nenvironments:\n  production:\n    soft-mandatory:\n      - max-frequency: {deploys: 3, per: 1h}\n",
    );
    let mut log = String::new();
    let quiet =
        [(-60, "Begin", "success"), (-20, "Search", "success"), (-10, "Tax", "failure"), (-3, HOSTILE, "success")];
    for (id, (day, subject, state)) in quiet.into_iter().enumerate() {
        let at = DAY + day * 24 * 60 + 600;
        let commit = fixture.commit_file(at, subject, &format!("{id}.txt"));
        log += &line(id, commit.as_str(), state, at + 10, 4, "alice");
    }
    let starts = [840, 849, 861, 870, 883, 894, 905, 917, 929, 944, 958];
    for (id, start) in (10..).zip(starts) {
        let commit = fixture.commit_file(DAY + start, &format!("Fix the volume {id} {HOSTILE}"), &format!("{id}.txt"));
        let state = if id == 16 { "failure" } else { "success" };
        log += &line(id, commit.as_str(), state, DAY + start + 1, 15, "agent <b>&");
    }
    (fixture, log)
}

fn report(fixture: &Fixture, log: &str, words: &[&str]) -> String {
    let words = [&["report", "--deploys", "-", "--at", AT], words].concat();
    let (code, text, errors) = run_with(fixture, &words, log);
    assert_eq!((code, errors.as_str()), (0, ""), "{text}");
    text
}

#[test]
fn every_shape_is_written() {
    let (fixture, log) = store();
    for shape in ["terminal", "markdown", "json", "svg"] {
        insta::assert_snapshot!(format!("report-{shape}"), report(&fixture, &log, &["--format", shape]));
    }
}

/// Parses a page or a picture as XML, which is stricter than any browser.
fn parsed(text: &str) -> roxmltree::Document<'_> {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    roxmltree::Document::parse_with_options(text, options).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_page_is_well_formed_and_loads_nothing() {
    let (fixture, log) = store();
    for shape in ["html", "svg"] {
        let text = report(&fixture, &log, &["--format", shape]);
        let document = parsed(&text);
        let mut ids: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
        for node in document.descendants().filter(roxmltree::Node::is_element) {
            let name = node.tag_name().name();
            assert!(
                !["script", "link", "img", "iframe", "object", "embed", "image", "use", "base", "form"].contains(&name),
                "{name}"
            );
            for attribute in node.attributes() {
                assert!(
                    !attribute.name().starts_with("on")
                        && !["src", "srcset", "style", "data"].contains(&attribute.name()),
                    "{attribute:?}"
                );
                if attribute.name() == "href" {
                    let inside = attribute.value().strip_prefix('#').is_some_and(|id| ids.contains(&id));
                    assert!(inside || attribute.value() == "https://dora.dev/guides/dora-metrics/", "{attribute:?}");
                }
            }
        }
        assert!(text.split("url(").skip(1).all(|rest| rest.starts_with('#')), "a style loads something");
        assert!(!text.contains("@import"));
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count, "an id stands twice");
        assert!(!text.chars().any(|letter| letter == '\u{1b}' || letter == '\u{202e}'), "{shape}");
        assert!(text.len() < 200_000, "{shape}: {} bytes", text.len());
    }
    let page = report(&fixture, &log, &["--format", "html"]);
    assert!(page.contains("default-src 'none'") && page.contains("Fix &lt;script&gt;alert(1)"));
    let document = parsed(&page);
    let headings: Vec<&str> =
        document.descendants().filter(|node| node.has_tag_name("h2")).filter_map(|node| node.text()).collect();
    assert_eq!(
        headings,
        [
            "At a glance",
            "Timeline",
            "The worst afternoons",
            "Hours and weekdays",
            "Budgets",
            "Batches",
            "DORA’s measures",
            "What the policy would have made of it",
            "Where this comes from"
        ]
    );
    for chart in document.descendants().filter(|node| node.attribute("class") == Some("chart")) {
        assert!(chart.attribute("aria-label").is_some_and(|label| label.len() > 20), "a chart says nothing");
        let section = chart.ancestors().find(|node| node.has_tag_name("section")).expect("a section");
        assert!(section.descendants().any(|node| node.has_tag_name("table")), "a chart has no table beside it");
    }
}

#[test]
fn text_from_outside_is_no_markup_in_markdown() {
    let (fixture, log) = store();
    let log = log.replace("\"environment\":\"production\"", "\"environment\":\"pro|@team<b>\"");
    fixture.write(
        "other.yml",
        "version: 1\nenvironments: {'pro|@team<b>': {advisory: [{max-frequency: {deploys: 3, per: 1h}}]}}\n",
    );
    let text = report(&fixture, &log, &["--format", "markdown", "--policy", "other.yml"]);
    assert!(!text.contains("@team") && !text.contains("<b>") && !text.contains('\u{1b}'), "{text}");
    let fences: Vec<&str> = text.split("```mermaid\n").skip(1).filter_map(|part| part.split("```").next()).collect();
    assert_eq!(fences.len(), 3);
    assert!(fences.iter().all(|fence| fence.len() < 20_000 && !fence.contains('<')));
    assert_eq!(fences[2].lines().filter(|line| line.contains(" :done, ") || line.contains(" :crit, ")).count(), 11);
}

/// The relative luminance of a colour and the contrast of two, by WCAG 2.
fn contrast(one: &str, two: &str) -> f64 {
    let luminance = |colour: &str| {
        let part = |place: usize| {
            let value = f64::from(u8::from_str_radix(&colour[place..place + 2], 16).expect("a colour")) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    };
    let (one, two) = (luminance(one), luminance(two));
    (one.max(two) + 0.05) / (one.min(two) + 0.05)
}

#[test]
fn words_and_marks_stand_out_in_light_and_dark() {
    let (fixture, log) = store();
    let page = report(&fixture, &log, &["--format", "html"]);
    for theme in page.split("--ground:").skip(1).take(2) {
        let theme = format!("--ground:{theme}");
        let colour = |name: &str| {
            let (_, after) = theme.split_once(&format!("--{name}: ")).unwrap_or_else(|| panic!("no {name}"));
            after[..7].to_owned()
        };
        for (text, ground) in [
            ("ink", "ground"),
            ("ink", "soft"),
            ("quiet", "ground"),
            ("quiet", "soft"),
            ("link", "ground"),
            ("link", "soft"),
            ("t1", "h1"),
            ("t2", "h2"),
            ("t3", "h3"),
            ("t4", "h4"),
            ("band-line", "ground"),
        ] {
            let found = contrast(&colour(text), &colour(ground));
            assert!(found >= 4.5, "{text} on {ground}: {found:.2}");
        }
        for mark in ["good", "bad", "push", "run", "band-line"] {
            assert!(contrast(&colour(mark), &colour("ground")) >= 3.0, "{mark}");
        }
    }
}

#[test]
fn it_is_written_where_it_is_told_and_over_nothing() {
    let (fixture, log) = store();
    let write = |words: &[&str]| run_with(&fixture, &[&["report", "--deploys", "-", "--at", AT], words].concat(), &log);
    let read = |name: &str| {
        #[expect(clippy::disallowed_methods, reason = "a test reads what was written")]
        std::fs::read_to_string(fixture.path.join(name)).expect("a file")
    };
    for (name, begins) in [
        ("r.html", "<!DOCTYPE html>"),
        ("r.svg", "<svg "),
        ("r.md", "# The rhythm"),
        ("r.json", "{\n"),
        ("r.txt", "The rhythm"),
    ] {
        let (code, text, errors) = write(&["--output", name]);
        assert_eq!(code, 0, "{errors}");
        assert!(text.starts_with(&format!("wrote {name} (")), "{text}");
        assert!(read(name).starts_with(begins), "{name}");
    }
    fixture.write("r.html", "mine");
    let (code, _, errors) = write(&["--output", "r.html"]);
    assert_eq!(code, 2);
    assert!(errors.contains("r.html exists already, and is left as it is") && errors.contains("--force"), "{errors}");
    assert_eq!(read("r.html"), "mine");
    assert_eq!(write(&["--output", "r.html", "--force"]).0, 0);
    assert!(read("r.html").starts_with("<!DOCTYPE html>"));
    let (code, _, errors) = write(&["--output", "report"]);
    assert_eq!(code, 2);
    assert!(errors.contains("does not say which shape"), "{errors}");
    for (words, says) in [
        (&["--output", "x.svg", "--format", "html"][..], "say different shapes"),
        (&["--output", "nowhere/x.html"], "there is no folder nowhere"),
        (&["--output", "nowhere/x.html", "--force"], "there is no folder nowhere"),
    ] {
        let (code, _, errors) = write(words);
        assert_eq!(code, 2, "{words:?}");
        assert!(errors.contains(says), "{words:?}: {errors}");
    }
    assert!(!fixture.path.join("nowhere").is_dir() && !fixture.path.join("x.svg").is_file());
    #[cfg(unix)]
    {
        fixture.write("kept.html", "mine");
        std::os::unix::fs::symlink(fixture.path.join("kept.html"), fixture.path.join("link.html")).expect("a link");
        assert_eq!(write(&["--output", "link.html", "--force"]).0, 2);
        assert_eq!(read("kept.html"), "mine");
    }
}

#[test]
fn spans_are_read_or_refused() {
    let (fixture, log) = store();
    let json = |words: &[&str]| -> Json {
        serde_json::from_str(&report(&fixture, &log, &[&["--format", "json"], words].concat())).expect("JSON")
    };
    let whole = json(&[]);
    assert_eq!((&whole["span"]["from"], &whole["span"]["to"]), (&"2025-11-07T12:00:00Z".into(), &AT.into()));
    assert_eq!((&whole["rollouts"]["started"], &whole["pushes"]["count"]), (&15.into(), &15.into()));
    let docs = include_str!("../docs/report.md");
    for key in whole.as_object().expect("an object").keys() {
        assert!(
            docs.contains(&format!("`{key}`")) || docs.contains(&format!("\"{key}\"")),
            "docs/report.md lacks {key}"
        );
    }
    // Days are those of the policy's zone, and the last one is part of the span.
    let day = json(&["--since", "2026-02-04", "--until", "2026-02-04"]);
    assert_eq!(
        (&day["span"]["from"], &day["span"]["to"]),
        (&"2026-02-03T23:00:00Z".into(), &"2026-02-04T23:00:00Z".into())
    );
    assert_eq!((&day["rollouts"]["started"], &day["timeline"]["step"]), (&11.into(), &"hour".into()));
    assert_eq!(json(&["--since", "all"])["span"]["from"], "2025-12-06T10:00:00Z");
    // Nothing later than the end is seen: of the eleven, five had started, and two ran.
    let early = json(&["--since", "1d", "--until", "2026-02-04T14:45:00Z"]);
    assert_eq!((&early["rollouts"]["started"], &early["rollouts"]["running"]), (&5.into(), &2.into()));
    for (words, says) in [
        (["--since", "tomorrow"], "write a length such as 90d"),
        (["--since", "0s"], "write a length such as 90d"),
        (["--since", "2026-03-01"], "not before it ends"),
        (["--until", "9999-01-01"], "between 1971 and 9000"),
        (["--gap", "soon"], "is not a duration"),
        (["--force", "--format=json"], "--output"),
    ] {
        let (code, _, errors) =
            run_with(&fixture, &[&["report", "--deploys", "-", "--at", AT], &words[..]].concat(), &log);
        assert_eq!(code, 2, "{words:?}");
        assert!(errors.contains(says), "{words:?}: {errors}");
    }
}

#[test]
fn without_a_record_it_speaks_of_pushes_only() {
    let (fixture, _) = store();
    let say = |words: &[&str]| {
        let (code, text, _) = run(&fixture, &[&["report", "--at", AT], words].concat());
        assert_eq!(code, 0, "{text}");
        text
    };
    let text = say(&[]);
    assert!(text.contains("missing: the deployments") && text.contains("The densest burst of pushes"), "{text}");
    assert!(!text.contains("DORA"), "{text}");
    let page = say(&["--format", "html"]);
    assert!(page.contains("The densest bursts") && page.contains("none of the four is known"));
    parsed(&page);
    parsed(&say(&["--format", "svg"]));
    let json: Json = serde_json::from_str(&say(&["--format", "json"])).expect("JSON");
    assert!(json["rollouts"].is_null() && json["dora"].is_null());
    assert_eq!(json["missing"][0]["what"].as_str().map(|what| what.starts_with("the deployments")), Some(true));
    assert_eq!(json["pushes"]["count"], 15);
}

#[test]
fn nothing_at_all_is_told_as_such() {
    let fixture = Fixture::new();
    fixture.commit(1, "Begin");
    let (code, page, errors) =
        run_with(&fixture, &["report", "--deploys", "-", "--at", AT, "--since", "1d", "--format", "html"], "");
    assert_eq!(code, 0, "{errors}");
    parsed(&page);
    assert!(page.contains("<dd class=\"value\">not known</dd>"), "{page}");
    assert!(!page.contains("0.0 a week") && !page.contains("0.0%") && !page.contains("NaN"));
    let empty = Fixture::new();
    let (code, text, errors) = run_with(&empty, &["report", "--deploys", "-", "--at", AT], "");
    assert_eq!(code, 0, "{errors}");
    assert!(text.contains("missing:"), "{text}");
}

#[test]
fn a_shallow_clone_says_since_when_pushes_are_known() {
    let (fixture, log) = store();
    let clone = Fixture::clone_of(&fixture.path, &["--depth=3"]);
    let (code, text, _) = run_with(&clone, &["report", "--deploys", "-", "--at", AT], &log);
    assert_eq!(code, 0);
    assert!(text.contains("pushes are known since Wed 4 Feb 2026") && text.contains("git fetch --unshallow"), "{text}");
    let (_, json, _) = run_with(&clone, &["report", "--deploys", "-", "--at", AT, "--format", "json"], &log);
    let json: Json = serde_json::from_str(&json).expect("JSON");
    assert!(json["timeline"]["steps"][0]["pushes"].is_null(), "not known is not nought");
}

#[test]
fn an_environment_with_paths_has_its_own_pushes() {
    let (fixture, log) = store();
    fixture.write("paths.yml", "version: 1\nenvironments: {production: {paths: ['1?.txt']}}\n");
    let text = report(&fixture, &log, &["--policy", "paths.yml", "--format", "json"]);
    let json: Json = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&json["pushes"]["count"], &json["rollouts"]["started"]), (&10.into(), &15.into()));
}

#[test]
fn what_landed_before_the_span_is_measured_by_paths_too() {
    let fixture = Fixture::new();
    fixture.write("paths.yml", "version: 1\nenvironments: {production: {paths: ['api.txt']}}\n");
    let begin = fixture.commit_file(DAY - 9000, "Begin", "api.txt");
    for index in 0..5 {
        fixture.commit_file(DAY - 8000 + index, &format!("Docs {index}"), &format!("{index}.md"));
    }
    let last = fixture.commit_file(DAY - 100, "Serve", "api.txt");
    let log = line(1, begin.as_str(), "success", DAY - 8900, 4, "alice")
        + &line(2, last.as_str(), "success", DAY, 4, "alice");
    let told = |since: &str| -> Json {
        let words = ["--policy", "paths.yml", "--format", "json", "--since", since];
        serde_json::from_str(&report(&fixture, &log, &words)).expect("JSON")
    };
    for since in ["3d", "all"] {
        let json = told(since);
        assert_eq!(json["rollouts"]["batches"]["largest"]["commits"], 1, "{since}");
        assert_eq!(json["dora"]["change_lead_time"]["times"]["cases"], 1, "{since}");
    }
    // What waits may have landed before the span as well.
    for index in 5..9 {
        fixture.commit_file(DAY + 10 + index, &format!("Docs {index}"), &format!("{index}.md"));
    }
    fixture.commit_file(DAY + 20, "Serve more", "api.txt");
    assert_eq!(told("1h")["dora"]["change_lead_time"]["waiting"], 1);
}

#[test]
fn a_chart_begins_where_the_record_does() {
    let (fixture, log) = store();
    let clone = Fixture::clone_of(&fixture.path, &["--depth=3"]);
    let (code, text, _) =
        run_with(&clone, &["report", "--deploys", "-", "--at", AT, "--since", "20d", "--format", "markdown"], &log);
    assert_eq!(code, 0);
    let (_, pushes) = text.split_once("Pushes per day").unwrap_or_else(|| panic!("{text}"));
    // Of 21 days, the last two.
    assert!(pushes.contains("x-axis \"day\" 20 --> 21") && pushes.contains("    bar [3, 0]"), "{pushes}");
}

#[test]
fn captions_and_instants_say_what_is_shown() {
    let (fixture, log) = store();
    let text = report(&fixture, &log, &["--format", "markdown"]);
    assert!(text.contains("One bar for 2 days, 91 days."), "{text}");
    let day = ["--since", "2026-02-04", "--until", "2026-02-04"];
    let page = report(&fixture, &log, &[&day[..], &["--format", "html"]].concat());
    assert!(page.contains("One bar an hour, 24 hours."), "{page}");
    // By the clock of the machine, in whole seconds, and with nothing after now.
    let words = ["report", "--deploys", "-", "--until", "8999-01-01", "--format", "json"];
    let (code, text, errors) = run_with(&fixture, &words, &log);
    assert_eq!(code, 0, "{errors}");
    let json: Json = serde_json::from_str(&text).expect("JSON");
    let to = json["span"]["to"].as_str().expect("an instant");
    assert_eq!(to.len(), "2026-02-04T15:00:00Z".len(), "{to}");
    assert!(json["notes"].to_string().contains("8999-01-01T23:00:00Z lies ahead: the span ends at"), "{text}");
}

#[test]
fn ten_years_fit_into_a_page() {
    let fixture = Fixture::new();
    let commits: Vec<_> = (0..30).map(|index| fixture.commit(index * 60, &format!("Change {index}"))).collect();
    let mut log = String::new();
    for index in 0..40_000_i64 {
        let commit = &commits[usize::try_from(index % 30).expect("small")];
        let state = if index % 17 == 0 { "failure" } else { "success" };
        log += &line(
            usize::try_from(index).expect("few"),
            commit.as_str(),
            state,
            3_000 - index * 131,
            5 + index % 40 * 6,
            "alice",
        );
    }
    for (shape, most) in [("html", 1_000_000), ("svg", 500_000), ("json", 1_000_000), ("markdown", 60_000)] {
        let (code, text, errors) =
            run_with(&fixture, &["report", "--deploys", "-", "--at", AT, "--since", "all", "--format", shape], &log);
        assert_eq!(code, 0, "{errors}");
        assert!(text.len() < most, "{shape}: {} bytes", text.len());
    }
}
