//! Database migrations and changes of schemas.

use super::clause::{Clause, Found};
use super::mood::Form;
use super::pattern::patterns;
use super::vocabulary as v;
use crate::governance::directive::{Kind, Object};

patterns! {
    DATABASE = [
        "database|db|sql|schema|schemas|alembic|prisma|flyway|django|rails|drizzle|ecto|ef|table|tables|column|columns|liquibase|knex|sqlite|postgres|supabase|dbmate",
        "migration ..1 file|files|script|scripts|history", "@migration ..6 append-only|immutable|idempotent|reversible|additive|backward|backwards|rollback|down|renumber|renumbered|applied|shipped|existing|old|numbered|sequential|merged|committed|deployed",
        "@never ..4 edit|modify|change|rewrite|delete|alter|renumber|rename|squash|touch ..5 @migration", "run|apply|create|add|generate|write|test|commit|include|review ..5 migration|migrations",
        "@code ..4 migration|migrations", "treat ..4 @migration|@schema ..6 as", "@change ..6 need|needs|require|requires ..2 migration|migrations", "^ each|every|all|new|any|long-running? ..1 migration|migrations must|should|need|needs|mustn't|shouldn't ..8", "^ index|column|table ..1 creation|changes|renames must|should ..6", "back|backup ..4 before ..4 @migration", "^ number|name|order|keep|make|treat|test|review|squash ..2 migrations|migration", "^ use|run ..4 to ..1 create|generate|write|apply ..1 migrations|migration", "^ use ..3 for ..2 migrations",
    ];
    SCHEMA_CHANGE = [
        "schema change|changes ..8", "@never ..3 rename|remove|delete ..2 column|columns|table|tables", "^ drop|rename|add|remove ..1 columns|tables ..3 only|as|nullable|in", "@never ..5 drop ..3 table|tables|column|columns|database|databases", "@never ..4 destructive ..3 database|db|schema|migration|migrations|sql", "@schema ..8 backward-compatible|backwards-compatible|backward|backwards|additive|nullable|reversible|compatible", "@never ..4 change|modify|edit|alter|touch ..3 @schema ..3 by-hand|manually|directly", "after|when|whenever|if ..6 schema|schema.prisma ..6 , ..2 run|generate|create|regenerate ..2 @code|migration", "run|generate|create|regenerate ..2 @code|migration ..5 after|when|whenever ..6 schema|schema.prisma ..3", "new|adding ..1 columns ..6", "@never ..2 breaking schema ..3",
        "@never ..4 alter|drop|truncate ..3 production|prod|tables|table|columns",
    ];
    /// What is there stays as it is.
    EDITS = [
        "edit|modify|change|rewrite|delete|alter|renumber|rename|squash|touch|remove|editing|modifying|changing|deleting|rewriting ..4 existing|applied|merged|old|committed|shipped|deployed|previous|past|prior|released|landed|published|historical|run ..3 migration|migrations",
        "edit|modify|change|rewrite|delete|alter|touch|remove|editing|modifying|changing ..3 migration|migrations ..3 that|already|once|after",
        "^ never|don't|avoid ..1 edit|modify|change|alter|touch|rewrite ..1 migration|migrations ..2 $", "existing|applied|merged|committed|shipped migration|migrations ..6 edited|modified|changed|touched|deleted|rewritten",
    ];
    /// Migrations of other trades.
    OTHER = ["graphql|json|zod|openapi|api|response|event|tool ..1 schema|schemas", "schema description|descriptions|validation|definition", "migration , ..2 compatibility|fallback|layers|shims", "compat|compatibility migration", "scripts|code|components|files ..6 should ..1 migrated", "migrating|migrate ..2 from ..2 @code to"];
    /// Both ways of a migration, below a heading of migrations.
    WAYS = ["include|write|provide|implement|have ..3 up and|/ down", "@never ..4 up and|/ down", "include|write|provide|support ..2 up|down ..2 method|methods|logic|migrations"];
    RESET = ["@never ..8"];
}

/// Reads what a clause says about migrations.
pub fn read(clause: &Clause<'_>) -> Option<Found> {
    let kept = clause.has(v::MIGRATION) && clause.says(&["append-only", "immutable"]);
    if kept {
        return Some(clause.found(Kind::Migration, Object::Deploy).with("append-only", true));
    }
    if !clause.may_ask() || clause.setting.samples {
        return None;
    }
    if clause.setting.wide.any(v::MIGRATION) && clause.asks() && clause.fits(&WAYS) {
        let read = clause.found(Kind::Migration, Object::Deploy);
        return Some(if clause.forbids() && clause.says(&["committed", "existing"]) {
            read.with("append-only", true)
        } else {
            read
        });
    }
    let words = clause.has(v::MIGRATION)
        && !clause.fits(&OTHER)
        && !clause.says(&["guide", "vue", "react", "typescript", "codemod", "plugin", "skill"]);
    let topic = clause.setting.topic.any(v::MIGRATION) && clause.setting.topic.any(v::MIGRATION.with(v::SCHEMA));
    let commanded = clause.words.iter().any(|word| word.classes.any(v::CODE) && word.classes.any(v::MIGRATION));
    // "Inspect the tables before you write migrations" is about something else.
    let before = clause.words.iter().position(|word| word.text == "before");
    let named = clause.words.iter().position(|word| word.classes.any(v::MIGRATION));
    let backs_up = clause.says(&["back", "backup"]);
    let later =
        !backs_up && before.zip(named).is_some_and(|(before, named)| before < named && before > clause.mood.main);
    let words = words && !(later && clause.mood.form == Form::Command && !clause.forbids());
    let checked = clause
        .words
        .get(clause.mood.main)
        .is_some_and(|word| matches!(word.text.as_str(), "check" | "verify" | "confirm"));
    let own = words
        && !checked
        && clause.fits(&DATABASE)
        && (clause.asks()
            || clause.mood.form == Form::Fragment && clause.says(&["append-only", "reversible", "idempotent", "only"]));
    let schema = clause.fits(&SCHEMA_CHANGE)
        && clause.has(v::SCHEMA)
        && !clause.fits(&OTHER)
        && clause.asks()
        && (clause.forbids()
            || clause.has(v::MIGRATION)
            || topic
            || clause.mood.form == Form::Modal
            || clause.says(&["after", "when", "whenever", "if", "ensure"]));
    let listed = topic
        && clause.mood.form == Form::Command
        && clause.has(v::MIGRATION.with(v::SCHEMA))
        && clause.fits(&DATABASE);
    let reset = commanded
        && clause.asks()
        && (clause.forbids() && clause.fits(&RESET)
            || clause.mood.form == Form::Command
                && clause.says(&["after", "before", "always", "schema", "when", "changes", "ensure"]));
    let firm = clause.forbids()
        || clause.mood.form == Form::Modal
        || clause
            .says(&["always", "every", "any", "when", "if", "before", "after", "only", "new", "all", "against", "as"])
        || (clause.words.len() > 3
            && clause.words.get(clause.mood.main).is_some_and(|word| {
                matches!(
                    word.text.as_str(),
                    "add" | "create" | "include" | "test" | "write" | "generate" | "support" | "make"
                )
            }));
    let mild = !firm
        || clause.mood.form == Form::Command
            && clause.polarity() == crate::governance::directive::Polarity::Should
            && !clause.has(v::SCHEMA);
    if mild || !(own || schema || listed || reset) {
        return None;
    }
    let read = clause.found(Kind::Migration, Object::Deploy);
    let keeps = clause.forbids() && clause.fits(&EDITS);
    Some(if keeps { read.with("append-only", true) } else { read })
}
