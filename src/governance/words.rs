//! Numbers in words: what a rule asks, and how two sets of parameters differ.

use serde_json::{Map, Value as Json};

/// How the parameters of one rule became another's: "deploys per hour 3 -> 10".
#[must_use]
pub fn change(base: &Map<String, Json>, head: &Map<String, Json>) -> String {
    let same_span = base.get("per") == head.get("per");
    let mut keys: Vec<&String> = base.keys().collect();
    keys.extend(head.keys().filter(|key| !base.contains_key(*key)));
    let differing = keys.into_iter().filter(|key| base.get(*key) != head.get(*key));
    let parts: Vec<String> = differing
        .map(|key| format!("{} {} -> {}", label(key, base, same_span), show(base.get(key)), show(head.get(key))))
        .collect();
    parts.join(", ")
}

/// What a key counts.
fn label(key: &str, params: &Map<String, Json>, same_span: bool) -> String {
    let plain = match key {
        "deploys" | "pushes" if same_span => return format!("{key} per {}", span(params.get("per"))),
        "per" => "counted per",
        "since-start" => "time since the last start",
        "after-finish" => "time after the last finish",
        "min-commits" => "commits at least",
        "max-commits" => "commits at most",
        "max-wait" => "longest wait",
        "fixes" => "fixes of the same files",
        "max-lines" => "lines at most",
        "max-files" => "files at most",
        "max-subject" => "letters of a subject at most",
        other => other,
    };
    plain.to_owned()
}

/// A span that things are counted per: "hour" for "1h".
fn span(per: Option<&Json>) -> String {
    match per.and_then(Json::as_str) {
        Some("1h") => "hour".to_owned(),
        Some("1m") => "minute".to_owned(),
        Some(other) => other.to_owned(),
        None => "?".to_owned(),
    }
}

/// A value without its JSON.
fn show(value: Option<&Json>) -> String {
    match value {
        None | Some(Json::Null) => "none".to_owned(),
        Some(Json::String(text)) => text.clone(),
        Some(Json::Array(items)) => items.iter().map(|item| show(Some(item))).collect::<Vec<_>>().join(", "),
        Some(other) => other.to_string(),
    }
}

/// A text for one line of a message: white space joined, the rest cut off.
#[must_use]
pub fn quoted(text: &str) -> String {
    const MOST: usize = 120;
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = joined.chars().take(MOST).collect();
    let more = if cut.len() < joined.len() { "…" } else { "" };
    format!("\u{201c}{cut}{more}\u{201d}")
}

#[cfg(test)]
mod tests {
    use super::{change, quoted};
    use serde_json::{Map, Value as Json, json};

    fn map(json: &Json) -> Map<String, Json> {
        json.as_object().cloned().expect("a map")
    }

    #[test]
    fn a_change_names_both_numbers() {
        let cases = [
            (json!({"deploys": 3, "per": "1h"}), json!({"deploys": 10, "per": "1h"}), "deploys per hour 3 -> 10"),
            (json!({"pushes": 2, "per": "30m"}), json!({"pushes": 4, "per": "30m"}), "pushes per 30m 2 -> 4"),
            (
                json!({"deploys": 3, "per": "1h"}),
                json!({"deploys": 4, "per": "day"}),
                "deploys 3 -> 4, counted per 1h -> day",
            ),
            (json!({"min-commits": 3}), json!({"min-commits": 3, "max-wait": "2h"}), "longest wait none -> 2h"),
            (json!({"forbid": ["a", "b"]}), json!({"forbid": ["a"]}), "forbid a, b -> a"),
        ];
        for (base, head, expected) in cases {
            assert_eq!(change(&map(&base), &map(&head)), expected);
        }
    }

    #[test]
    fn a_quotation_stays_on_its_line() {
        assert_eq!(quoted("one\n  two"), "“one two”");
        assert!(quoted(&"long ".repeat(100)).ends_with("…”"));
    }
}
