//! The JSON Schema of a policy file, made from the rules themselves, so that editors complete and check it.

use serde_json::{Map, Value as Json, json};

use crate::engine::rules::RuleId;

/// Makes the schema.
#[must_use]
pub fn schema() -> Json {
    let texts = json!({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]});
    let rule_name = json!({"enum": RuleId::NAMES});
    let rule_names = json!({"oneOf": [rule_name, {"type": "array", "items": rule_name}]});
    let lane = json!({"type": "object", "additionalProperties": false, "required": ["skip"], "properties": {"skip": rule_names}});
    let rules = json!({"oneOf": [{"type": "null"}, {"type": "array", "items": {"$ref": "#/$defs/rule"}}]});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "deploy-rhythm policy",
        "type": "object",
        "additionalProperties": false,
        "required": ["version"],
        "properties": {
            "version": {"const": 1},
            "timezone": {"type": "string", "description": "an IANA name; required where a rule speaks of local time", "examples": ["Europe/Paris"]},
            "repository": {"type": "string", "description": "host and path, where origin does not tell"},
            "extends": {"description": "built-in policies by name, files of the repository, files of others as OWNER/REPO/PATH@COMMIT", "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
            "history": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "source": {"enum": ["auto", "log", "kamal", "tags", "github", "none"]},
                    "tags": {"type": "string", "description": "pattern of deploy tags", "default": "deploy/{environment}/*"},
                    "log": {"type": "string", "description": "a deploy log in JSON Lines"},
                    "kamal": {"type": "string", "description": "Kamal's audit log"},
                    "pushes": {"const": "github", "description": "GitHub tells when what landed"},
                },
            },
            "hooks": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "deploy-commands": texts,
                    "without-terminal": texts,
                },
            },
            "chat": {
                "description": "comments and issues on GitHub are heard: overrides, freezes",
                "oneOf": [{"type": "null"}, {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {"issue": {"type": "integer", "minimum": 1, "description": "its comments may hold overrides, too"}},
                }],
            },
            "environments": {"oneOf": [{"type": "null"}, {"type": "object", "additionalProperties": {"oneOf": [{"type": "null"}, {"$ref": "#/$defs/environment"}]}}]},
        },
        "$defs": {
            "environment": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "hard-mandatory": rules,
                    "soft-mandatory": rules,
                    "advisory": rules,
                    "without": rule_names,
                    "lanes": {"type": "object", "additionalProperties": false, "properties": {"hotfix": lane, "rollback": lane}},
                    "override": {
                        "type": "object",
                        "additionalProperties": false,
                        "properties": {
                            "roles": texts,
                            "people": texts,
                            "expires": {"type": "string"},
                            "per-month": {"type": "integer", "minimum": 1},
                        },
                    },
                    "target": {"type": "string", "description": "environments that name the same target share their rollouts"},
                    "trigger": {"const": "push"},
                    "paths": texts,
                    "deployments": {
                        "type": "object",
                        "additionalProperties": false,
                        "description": "which of GitHub's records count",
                        "properties": {
                            "workflow": {"type": "string", "description": "the runs of this workflow are the rollouts", "examples": ["deploy.yml"]},
                            "task": {"type": "string", "description": "deployments of another task do not count", "examples": ["deploy"]},
                            "ignore": {
                                "type": "object",
                                "additionalProperties": false,
                                "properties": {"task": texts, "creator": texts, "description": texts},
                            },
                        },
                    },
                    "break-glass": {"type": "boolean", "description": "whether somebody may deploy whatever the verdict", "default": true},
                },
            },
            "rule": {"oneOf": RuleId::ALL.map(rule)},
        },
    })
}

/// The schema of one list item that holds a rule.
fn rule(id: RuleId) -> Json {
    let mut parameters = id.schema();
    allow_beside(&mut parameters);
    let mut properties = Map::from_iter([(id.name().to_owned(), parameters)]);
    for (key, schema) in beside() {
        properties.insert(key.to_owned(), schema);
    }
    let map =
        json!({"type": "object", "additionalProperties": false, "required": [id.name()], "properties": properties});
    json!({"anyOf": [map, {"const": id.name()}]})
}

fn beside() -> [(&'static str, Json); 3] {
    [
        ("because", json!({"type": "string", "description": "the reason; findings print it"})),
        ("owner", json!({"type": "string"})),
        ("review-by", json!({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})),
    ]
}

/// Lets the keys that may stand beside a rule stand among its parameters too.
fn allow_beside(schema: &mut Json) {
    match schema {
        Json::Object(map) => {
            if let Some(Json::Object(properties)) = map.get_mut("properties") {
                for (key, schema) in beside() {
                    properties.entry(key).or_insert(schema);
                }
            }
            for key in ["oneOf"] {
                if let Some(branches) = map.get_mut(key) {
                    allow_beside(branches);
                }
            }
        }
        Json::Array(branches) => branches.iter_mut().for_each(allow_beside),
        _ => {}
    }
}
