//! How deploys may be made: through CI, not by hand, staging first, with a way back.

use super::clause::{Clause, Found};
use super::mood::Form;
use super::pattern::patterns;
use super::vocabulary as v;
use crate::governance::directive::{Kind, Object};

patterns! {
    WAY = [
        "@never ..3 @deploy|kubectl ..5 manually|by-hand|locally|directly|laptop|local|ssh|scp|rsync|machine|straight|from ..3", "@deploy ..5 only ..3 through|via|by|from|with|using", "only ..2 @deploy ..4 through|via|by|from|with|using|to", "@deploy ..4 through|via ..4 ci|pipeline|workflow|actions|script|github|argocd|gitops|kamal|make",
        "^ always|only? @deploy ..2 via|through|using ..4", "^ always|only use ..5 to|for ..1 @deploy", "manual @deploy|deployments|changes ..3 @never?|forbidden|prohibited", "@never ..1 manual|ad-hoc|local|direct ..1 @deploy",
        "@deploy ..4 staging|stage|preview|canary ..4 first|before|then", "@deploy ..3 through|via ..2 staging|preview|canary", "@deploy ..2 behind ..3 flag|flags|feature-flag|feature-flags", "only ..2 @deploy ..2 tagged|tags|released|signed|green", "^ always ..2 @deploy ..2 to staging|stage|preview", "staging|preview|canary ..3 before|then|first ..3 production|prod|@deploy", "@never ..3 @deploy ..3 @direct ..2 to ..2 production|prod", "@never ..3 @deploy ..2 to? ..1 production|prod ..3 without|before|until ..3 staging|rollback|backup|plan|testing",
        "have|prepare|document|keep|write|include|need|needs|every|each ..4 rollback ..2 plan|path|strategy|procedure|steps", "test|verify|validate|check ..3 on|in staging|preview ..3 before", "^ rollback ..4 if|when", "have|prepare|document|keep|include|ensure ..6 rollback", "rollback ..3 if|when|immediately", "if ..6 , ..2 rollback|revert", "blue-green|canary ..3 @deploy|rollout", "@deploy ..5 before ..3 code|app|frontend|backend|worker|web|api", "@deploy ..6 in ..2 order|sequence|stages|phases",
        "@never ..3 @deploy ..5 from ..3 branch|main|laptop|local|feature|dirty|uncommitted|worktree", "@deploy only ..1 from ..2 @main|main|clean|tag|tagged", "@never ..2 @code ..3 on|against|in|to ..2 production|prod", "@never ..3 run|use|execute ..3 @code ..3 @deploy|production|prod", "@never ..3 ssh ..4", "@never ..2 edit|modify|change|touch ..4 on|in ..2 production|prod ..2 server|servers|directly|environment|host|vm",
        "@never ..3 @deploy ..2 without ..3 rollback|backup|backups|plan", "@deploy ..3 from ..3 @main|tag|tags only", "@deploy ..3 must|should|always|only ..3 from ..3 @main|tag|tags|ci|pipeline|clean", "@deploy ..4 by ..4 workflow|pipeline|ci|actions only", "^ use ..3 @deploy script|command|workflow|pipeline|target|skill ..3",
        "back|backup ..4 before ..2 @deploy", "feature-flag|feature-flags ..6 @deploy|@release|production", "@deploy ..2 one ..1 at a time", "@never ..2 manually|directly @deploy|ssh|edit|change|touch ..6",
    ];
    /// What speaks of production without a word of deploying.
    PRODUCTION = [
        "@never ..2 change|touch|edit|modify|patch ..2 production|prod ..3 by-hand|manually|directly",
        "@never ..2 edit|modify|change|touch|patch|hotfix ..5 on|in ..2 production|prod ..2 server|servers|directly|environment|host|hosts|machine|vm", "test|verify|validate|try|check ..4 staging|preview ..3 before ..3 production|prod", "@never ..3 @direct ..3 in|on|to ..2 production|prod",
    ];
    FIRST = ["@deploy ..8 before ..2 @deploy|deploying|code|frontend|backend|api", "@deploy ..4 first"];
}

/// Reads what a clause says about the way to production.
pub fn read(clause: &Clause<'_>) -> Option<Found> {
    let governed = clause.has(v::DEPLOY.with(v::ROLLBACK))
        || clause.setting.topic.any(v::DEPLOY) && clause.has(v::ENVIRONMENT.with(v::MANUAL).with(v::CODE))
        || clause.says(&["production", "prod"]) && clause.has(v::MANUAL.with(v::CODE))
        || clause.fits(&PRODUCTION);
    if !governed || !(clause.asks() || clause.mood.form == Form::Fragment && clause.forbids()) || clause.setting.samples
    {
        return None;
    }
    // "deploy" of other trades, and settings of names.
    let homonym = clause.words.windows(2).any(|pair| matches!(pair, [first, second] if matches!(first.text.as_str(), "production" | "prod") && matches!(second.text.as_str(), "code" | "build" | "builds" | "mode" | "output" | "source" | "bundle" | "reality" | "paths" | "files" | "ready" | "logic" | "deps" | "dependencies")));
    let called = clause.words.iter().any(|word| word.text.contains("()"));
    if homonym
        || called
        || clause.has(v::PR.with(v::MESSAGE))
        || clause.says(&["model", "smart", "contract", "contracts", "docs"]) && !clause.has(v::ENVIRONMENT)
    {
        return None;
    }
    let rollback = clause.has(v::ROLLBACK)
        && (clause.about(v::DEPLOY.with(v::RELEASE).with(v::ENVIRONMENT))
            || clause.mood.form == Form::Command && clause.says(&["rollback"]));
    let about = clause.about(v::DEPLOY) || clause.has(v::ENVIRONMENT);
    let fits = clause.fits(&WAY)
        && (about && (clause.has(v::DEPLOY) || clause.says(&["production", "prod", "staging"])) || rollback);
    (fits || clause.fits(&FIRST) || clause.fits(&PRODUCTION)).then(|| clause.found(Kind::DeployPath, Object::Deploy))
}
