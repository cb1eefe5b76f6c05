//! YAML as a tree whose every node knows its place; the only file that names the YAML library.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;
use serde_saphyr::Spanned;

use super::problem::{Place, Problem};

/// The longest policy file that is read, in bytes.
pub const LIMIT: usize = 1024 * 1024;

/// The most values of a file that are read, aliases written out.
const MOST_NODES: usize = 1_000_000;

/// The deepest nesting that is read.
const DEEPEST: usize = 32;

/// A node and where it stands.
#[derive(Clone, Debug)]
pub struct Yaml {
    pub value: Value,
    pub place: Place,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Yaml>),
    Map(Vec<(Key, Yaml)>),
}

/// A key of a map and where it stands.
#[derive(Clone, Debug)]
pub struct Key {
    pub text: String,
    pub place: Place,
}

impl Value {
    /// What it is, in words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Null => "nothing".to_owned(),
            Self::Bool(value) => format!("`{value}`"),
            Self::Int(value) => format!("the number {value}"),
            Self::Float(value) => format!("the number {value}"),
            Self::Text(value) => format!("the text `{}`", value.chars().take(60).collect::<String>()),
            Self::List(_) => "a list".to_owned(),
            Self::Map(_) => "a map of keys".to_owned(),
        }
    }
}

impl Yaml {
    /// A node made of JSON, every part of it at one place.
    #[must_use]
    pub fn of(json: &Json, place: Place) -> Self {
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Value::Int(whole),
                (None, Some(value)) => Value::Float(value),
                (None, None) => Value::Text(number.to_string()),
            },
            Json::String(text) => Value::Text(text.clone()),
            Json::Array(items) => Value::List(items.iter().map(|item| Self::of(item, place)).collect()),
            Json::Object(entries) => {
                let key = |text: &String| Key { text: text.clone(), place };
                Value::Map(entries.iter().map(|(text, value)| (key(text), Self::of(value, place))).collect())
            }
        };
        Self { value, place }
    }

    /// The node as JSON, its places forgotten.
    #[must_use]
    pub fn json(&self) -> Json {
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => (*value).into(),
            Value::Int(value) => (*value).into(),
            Value::Float(value) => (*value).into(),
            Value::Text(value) => value.clone().into(),
            Value::List(items) => items.iter().map(Self::json).collect(),
            Value::Map(entries) => {
                Json::Object(entries.iter().map(|(key, value)| (key.text.clone(), value.json())).collect())
            }
        }
    }
}

/// Reads one document; an empty one is an empty map.
///
/// # Errors
///
/// Returns the first place at which the text is not YAML that this tool reads.
pub fn parse(bytes: &[u8]) -> Result<Yaml, Problem> {
    if bytes.len() > LIMIT {
        let message = format!("the file has {} bytes, more than the {LIMIT} that a policy may have", bytes.len());
        return Err(Problem::new(Place::START, message, "split it: `extends` takes other files of the repository"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
        Problem::new(Place { line, column }, "the text is not UTF-8", "save the file as UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let budget = serde_saphyr::budget! { max_depth: DEEPEST, flow_nesting_limit: DEEPEST, max_aliases: 100, max_nodes: MOST_NODES };
    // A key that stands twice is one problem among the others: `Problems::fields` names it.
    let options = serde_saphyr::options! {
        budget: budget,
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::PassThrough,
        strict_booleans: true,
        with_snippet: false
    };
    let node: Option<Spanned<Node>> =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| explain(&error))?;
    let empty = || Yaml { value: Value::Map(Vec::new()), place: Place::START };
    let yaml = node.map_or_else(empty, Yaml::from);
    Ok(if matches!(yaml.value, Value::Null) { empty() } else { yaml })
}

fn explain(error: &serde_saphyr::Error) -> Problem {
    let place = error.location().map_or(Place::START, place_of);
    let text = error.without_snippet().to_string();
    let text = text.lines().next().unwrap_or_default().trim();
    // The library speaks to programmers who call it; these are the cases that writers of a policy meet.
    let known: [(&[&str], &str, &str); 6] = [
        (
            &["Nodes {"],
            "the file holds too much",
            "split it with `extends`; aliases that repeat large parts count each time",
        ),
        (
            &["budget", "alias", "nesting"],
            "the nesting is too deep, or aliases are too many",
            "write the values out: a policy needs few aliases and little nesting",
        ),
        (&["recursive"], "an alias stands inside what it repeats", "write the value out"),
        (
            &["multiple YAML documents"],
            "a second document begins here",
            "keep one document: remove the `---` and what follows",
        ),
        (
            &["found a tab"],
            "there is a tab where YAML wants spaces, here or at the beginning of the next line",
            "indent with spaces",
        ),
        (&["null into string", "cannot deserialize"], "a key is not a text", "write keys as plain words"),
    ];
    let found = known.iter().find(|(signs, _, _)| signs.iter().any(|sign| text.contains(sign)));
    if let Some((_, message, fix)) = found {
        return Problem::new(place, *message, *fix);
    }
    let text = text.split(" at line ").next().unwrap_or(text);
    Problem::new(
        place,
        format!("this is not YAML: {text}"),
        "indentation is by spaces, lists begin with `- `, and a key is followed by a colon and a space",
    )
}

fn place_of(location: serde_saphyr::Location) -> Place {
    let number = |value: u64| usize::try_from(value).unwrap_or(1).max(1);
    Place { line: number(location.line()), column: number(location.column()) }
}

/// The shape that serde fills, before places are taken over.
enum Node {
    Scalar(Value),
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
}

impl From<Spanned<Node>> for Yaml {
    fn from(node: Spanned<Node>) -> Self {
        let value = match node.value {
            Node::Scalar(value) => value,
            Node::List(items) => Value::List(items.into_iter().map(Self::from).collect()),
            Node::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| (Key { text: key.value, place: place_of(key.referenced) }, Self::from(value)))
                    .collect(),
            ),
        };
        Self { value, place: place_of(node.referenced) }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a YAML value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Int(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(i64::try_from(value).map_or_else(|_| Value::Text(value.to_string()), Value::Int)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Text(value.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Node::Map(map))
    }
}
