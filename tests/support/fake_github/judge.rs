//! GitHub's own OpenAPI document and GraphQL schema as the judge of our requests and of the fake's answers.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, Once, PoisonError};

use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use super::state::Exchange;
use crate::support::brought;

/// The document, where it has been brought.
static DOCUMENT: LazyLock<Option<Value>> =
    LazyLock::new(|| brought::json("@octokit/openapi", "generated/api.github.com.json"));

/// GitHub's GraphQL schema, where it has been brought.
pub static SCHEMA: LazyLock<Option<Valid<Schema>>> = LazyLock::new(|| {
    let text = brought::text("@octokit/graphql-schema", "schema.graphql")?;
    // It names some fields twice, which does no harm.
    Some(Valid::assume_valid(Schema::parse(text, "schema.graphql").unwrap_or_else(|errors| {
        assert!(errors.errors.iter().all(|error| error.to_string().contains("duplicate")), "{}", errors.errors);
        errors.partial
    })))
});

/// Compiled schemas, by what they are for.
static COMPILED: LazyLock<Mutex<BTreeMap<String, &'static Validator>>> = LazyLock::new(Mutex::default);

/// What GitHub does although its document does not say so.
const KNOWN: &[(&str, &str)] = &[
    // Deployments that wait for a rule say so, as webhooks and GraphQL document.
    ("deployments", "\"waiting\" is not one of"),
    // Closing and reopening are not in the list of an issue's events.
    ("/events", "is not valid under any of the schemas"),
    // The search syntax for dates, which the description of the parameter refers to.
    ("/runs", "query: created = "),
];

/// Whether the document is there; where it is not, it is said, once.
pub fn present() -> bool {
    static SAID: Once = Once::new();
    if DOCUMENT.is_none() {
        SAID.call_once(|| brought::skipped("holding the fake GitHub against GitHub's own documents"));
    }
    DOCUMENT.is_some()
}

/// Everything that differs from what GitHub documents.
pub fn complaints(record: &[Exchange]) -> Vec<String> {
    present();
    let mut found = Vec::new();
    for exchange in record {
        let place = format!("{} {}", exchange.method, exchange.path);
        let Some(template) = exchange.template else {
            found.push(format!("{place}: the fake has no such route"));
            continue;
        };
        let mut said = Vec::new();
        if template == "/graphql" {
            query(&exchange.body, &mut said);
        } else if let Some(document) = DOCUMENT.as_ref() {
            let operation = &document["paths"][template][exchange.method.to_lowercase()];
            if operation.is_null() {
                said.push("GitHub documents no such operation".to_owned());
            } else {
                request(document, operation, exchange, &mut said);
                response(document, operation, exchange, &mut said);
            }
        }
        said.retain(|text| !KNOWN.iter().any(|(route, part)| template.contains(route) && text.contains(part)));
        found.extend(said.into_iter().map(|text| format!("{place}: {text}")));
    }
    found
}

/// Holds a query and its variables against GitHub's GraphQL schema.
fn query(body: &Value, said: &mut Vec<String>) {
    let Some(schema) = SCHEMA.as_ref() else { return };
    let text = body["query"].as_str().unwrap_or_default();
    let document = match ExecutableDocument::parse_and_validate(schema, text, "query") {
        Ok(document) => document,
        Err(errors) => return said.push(format!("query: {}", errors.errors)),
    };
    let variables: JsonMap = serde_json::from_value(body["variables"].clone()).unwrap_or_default();
    for operation in document.operations.iter() {
        if let Err(error) = apollo_compiler::request::coerce_variable_values(schema, operation, &variables) {
            said.push(format!("variables: {}", error.message()));
        }
    }
}

/// What a reference of the document stands for.
fn followed<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(reference) => document.pointer(&reference[1..]).unwrap_or(&Value::Null),
        None => value,
    }
}

fn request(document: &Value, operation: &Value, exchange: &Exchange, said: &mut Vec<String>) {
    let parameters: Vec<&Value> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|parameter| followed(document, parameter))
        .collect();
    for (name, value) in &exchange.query {
        let Some(known) = parameters.iter().find(|known| known["in"] == "query" && known["name"] == *name) else {
            said.push(format!("query: GitHub documents no parameter {name:?}"));
            continue;
        };
        let typed = value.parse::<i64>().map(Value::from).or_else(|_| value.parse::<bool>().map(Value::from));
        let candidates = [Some(json!(value)), typed.ok()];
        let key = format!("query {} {name}", operation["operationId"]);
        let validator = compiled(document, &key, &known["schema"]);
        if !candidates.iter().flatten().any(|candidate| validator.is_valid(candidate)) {
            said.push(format!("query: {name} = {value:?} is not what GitHub documents"));
        }
    }
    let content = &followed(document, &operation["requestBody"])["content"]["application/json"]["schema"];
    if content.is_null() {
        if !exchange.body.is_null() && exchange.body != json!({}) {
            said.push("body: GitHub documents none".to_owned());
        }
        return;
    }
    if exchange.body.is_null() && operation["requestBody"]["required"] != true {
        return;
    }
    let key = format!("request {}", operation["operationId"]);
    validate("body", compiled(document, &key, content), &exchange.body, said);
    let mut known = Vec::new();
    names(document, content, &mut known);
    for name in exchange.body.as_object().into_iter().flatten().map(|(name, _)| name) {
        if !known.is_empty() && !known.contains(&name.as_str()) {
            said.push(format!("body: GitHub documents no field {name:?}"));
        }
    }
}

/// The fields that a body may have, in any of its forms.
fn names<'a>(document: &'a Value, schema: &'a Value, known: &mut Vec<&'a str>) {
    let schema = followed(document, schema);
    known.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str()));
    for form in ["oneOf", "anyOf", "allOf"] {
        for part in schema[form].as_array().into_iter().flatten() {
            names(document, part, known);
        }
    }
}

fn response(document: &Value, operation: &Value, exchange: &Exchange, said: &mut Vec<String>) {
    if exchange.faulty || exchange.status == 304 {
        return;
    }
    let status = exchange.status.to_string();
    let known = operation["responses"].get(&status).or_else(|| {
        // Any operation may be refused; only answers that give something are listed one by one.
        (exchange.status >= 400).then_some(&document["components"]["responses"]["not_found"])
    });
    let Some(known) = known else {
        said.push(format!("answer: GitHub documents no status {status}"));
        return;
    };
    let content = followed(document, known)["content"].as_object();
    let Some(schema) = content.and_then(|content| content.get("application/json")).map(|json| &json["schema"]) else {
        if !exchange.answer.is_null() && content.is_none_or(Map::is_empty) {
            said.push(format!("answer {status}: GitHub documents no body"));
        }
        return;
    };
    // Bytes of a file are no JSON.
    if exchange.answer.is_null() && exchange.header("accept").is_some_and(|accept| accept.contains("raw")) {
        return;
    }
    let key = format!("response {} {status}", operation["operationId"]);
    validate(&format!("answer {status}"), compiled(document, &key, schema), &exchange.answer, said);
}

fn validate(what: &str, validator: &Validator, value: &Value, said: &mut Vec<String>) {
    for error in validator.iter_errors(value).take(5) {
        let text: String = error.to_string().chars().take(300).collect();
        said.push(format!("{what} at {}: {text}", error.instance_path()));
    }
}

/// A validator of a schema of the document, compiled once.
fn compiled(document: &Value, key: &str, schema: &Value) -> &'static Validator {
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    compiled.entry(key.to_owned()).or_insert_with(|| {
        let mut whole = json!({ "allOf": [plain(schema)], "components": {} });
        gather(document, schema, &mut whole);
        let options = jsonschema::options().with_draft(Draft::Draft7).should_validate_formats(true);
        Box::leak(Box::new(options.build(&whole).unwrap_or_else(|error| panic!("{key}: {error}"))))
    })
}

/// Copies what a schema refers to, directly or not, and nothing else.
fn gather(document: &Value, value: &Value, whole: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                let words: Vec<&str> = reference.trim_start_matches("#/").split('/').collect();
                let [_, kind, name] = words[..] else { panic!("an unusual reference: {reference}") };
                if whole["components"][kind][name].is_null() {
                    let found = &document["components"][kind][name];
                    whole["components"][kind][name] = plain(found);
                    gather(document, found, whole);
                }
            }
            fields.values().for_each(|value| gather(document, value, whole));
        }
        Value::Array(items) => items.iter().for_each(|value| gather(document, value, whole)),
        _ => {}
    }
}

/// A schema of OpenAPI 3.0 as one of JSON Schema: what may be null says so in its type.
fn plain(schema: &Value) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(fields) => {
            let skipped =
                ["nullable", "example", "examples", "description", "discriminator", "readOnly", "externalDocs"];
            // A field may be called like one of these words; then it holds a schema of its own.
            let kept = |name: &str, value: &Value| {
                value.is_object() && name != "discriminator" && name != "example" || !skipped.contains(&name)
            };
            let map: Map<String, Value> = fields
                .iter()
                .filter(|(name, value)| kept(name, value))
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect();
            let mut map = map;
            // An address that is not there is an empty text, and a bot's is none that a standard knows.
            if fields.get("default") == Some(&json!("")) || fields.get("format") == Some(&json!("email")) {
                map.remove("format");
            }
            if fields.get("nullable") == Some(&Value::Bool(true)) {
                json!({ "anyOf": [map, { "type": "null" }] })
            } else {
                Value::Object(map)
            }
        }
        other => other.clone(),
    }
}
