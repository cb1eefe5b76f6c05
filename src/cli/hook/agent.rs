//! Before a tool call of Claude Code: what deploys is judged, ways round are answered, all else passes unheard.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;

use super::deployers::{Act, Push, acts, quoted};
use super::guarded::{Guard, Guarded};
use super::judge::{self, Refusal};
use super::shell::{Simple, commands};
use super::{push, say};
use crate::cli::{Edge, Outcome};
use crate::engine::lane::LaneRequest;
use crate::error::Error;
use crate::gather::push::Pushing;
use crate::gather::{Question, Subject};
use crate::render::refusal::{Refused, refusal};
use crate::sources::files;
use crate::sources::git::Repo;

/// The largest tool call that is read, in bytes.
const LIMIT: u64 = 16 << 20;

/// A tool call, as far as it is looked at.
#[derive(Debug, Deserialize)]
struct Call {
    hook_event_name: Option<String>,
    tool_name: String,
    cwd: PathBuf,
    tool_input: Input,
}

#[derive(Debug, Default, Deserialize)]
struct Input {
    command: Option<String>,
    file_path: Option<PathBuf>,
    content: Option<String>,
    old_string: Option<String>,
    new_string: Option<String>,
    #[serde(default)]
    edits: Vec<Edit>,
}

#[derive(Debug, Default, Deserialize)]
struct Edit {
    #[serde(default)]
    old_string: String,
    #[serde(default)]
    new_string: String,
}

/// What is answered to a tool call.
enum Answer {
    Pass,
    /// It passes, and the agent is told something.
    Remark(&'static str),
    Stop(String),
}

/// Answers; what cannot be read is not this hook's, and passes.
pub(super) fn run(edge: &Edge) -> Outcome {
    let call = files::bounded(std::io::stdin().lock(), 0, "standard input", LIMIT);
    let call = call.ok().and_then(|bytes| serde_json::from_slice::<Call>(&bytes).ok());
    let answer = match call {
        Some(call) if call.hook_event_name.as_deref().is_none_or(|name| name == "PreToolUse") => answer(edge, &call),
        _ => Answer::Pass,
    };
    match answer {
        Answer::Pass => Outcome::done(String::new()),
        Answer::Remark(text) => {
            let value = json!({"hookSpecificOutput": {"hookEventName": "PreToolUse", "additionalContext": text}});
            Outcome::done(format!("{value}\n"))
        }
        Answer::Stop(text) => {
            say(&text);
            Outcome { text: String::new(), code: 2 }
        }
    }
}

fn answer(edge: &Edge, call: &Call) -> Answer {
    let input = &call.tool_input;
    match (call.tool_name.as_str(), &input.command, &input.file_path) {
        ("Bash", Some(command), _) => shell(edge, &call.cwd, command),
        ("Edit" | "Write" | "MultiEdit" | "NotebookEdit", _, Some(path)) => {
            let Ok(repo) = Repo::open(&call.cwd) else { return Answer::Pass };
            let mut changes: Vec<(&str, &str)> =
                input.edits.iter().map(|edit| (edit.old_string.as_str(), edit.new_string.as_str())).collect();
            if let (Some(old), Some(new)) = (&input.old_string, &input.new_string) {
                changes.push((old, new));
            }
            let found = Guarded::of(&repo, edge).edit(&call.cwd.join(path), input.content.as_deref(), &changes);
            guarded(found)
        }
        _ => Answer::Pass,
    }
}

fn guarded(found: Option<Guard>) -> Answer {
    match found {
        None => Answer::Pass,
        Some(Guard::Policy) => Answer::Remark(
            "This is the policy of deploys. It is in force as it stands on the default branch; a change that takes away from it is found and named by `deploy-rhythm check`.",
        ),
        Some(Guard::Hook) => way_round("the gate's hooks are changed by whoever keeps the policy"),
        Some(Guard::Ledger) => {
            way_round("the ledger is written by deploy-rhythm alone; `deploy-rhythm record` tells it what happened")
        }
    }
}

fn way_round(why: &str) -> Answer {
    Answer::Stop(format!(
        "deploy-rhythm: REJECT: {why}.\nMeanwhile: commits, branches and pull requests; nothing here holds them.\nAsk: whoever keeps the policy."
    ))
}

fn shell(edge: &Edge, cwd: &Path, command: &str) -> Answer {
    let mut remark = Answer::Pass;
    let named = Repo::open(cwd).ok().and_then(|repo| {
        use crate::sources::policy::{Wanted, find};
        find(Some(&repo), None, Wanted::InForce).ok().map(|found| found.policy.hooks().deploy_commands)
    });
    let named = named.unwrap_or_default();
    for simple in commands(command, cwd) {
        for act in acts(&simple, &named, 0) {
            if let stop @ Answer::Stop(_) = act_on(edge, &act) {
                return stop;
            }
        }
        match writes(edge, &simple) {
            Answer::Pass => {}
            stop @ Answer::Stop(_) => return stop,
            said @ Answer::Remark(_) => remark = said,
        }
    }
    remark
}

fn writes(edge: &Edge, simple: &Simple) -> Answer {
    let written = super::guarded::written(simple);
    if written.is_empty() {
        return Answer::Pass;
    }
    let Ok(repo) = Repo::open(&simple.dir) else { return Answer::Pass };
    let all = Guarded::of(&repo, edge);
    guarded(written.iter().filter_map(|path| all.written(path)).max())
}

fn act_on(edge: &Edge, act: &Act) -> Answer {
    let judged = match act {
        Act::WayRound(why) => return way_round(why),
        Act::Push(push) => return push_of(edge, push),
        Act::Merge { dir } => {
            let question = judge::question(edge, dir);
            let Some(subject) = opened(&question) else { return Answer::Pass };
            let pushing = Pushing { commit: None, is_new: false, deploys: false };
            return stop(judge::push(edge, &question, &subject, &pushing), "this merge", None);
        }
        Act::Deploy { dir, destination, commit, lane, words } => {
            if Repo::open(dir).is_err() {
                return Answer::Pass;
            }
            let environment = destination.clone().or_else(|| named_environment(edge, dir, words));
            let lane = lane.map_or(LaneRequest::Found, LaneRequest::Asked);
            judge::deploy(edge, dir, environment.as_deref(), commit.as_deref(), lane)
        }
    };
    let Act::Deploy { words, .. } = act else { return Answer::Pass };
    let command = words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    stop(judged, "this deploy", Some(&command))
}

/// Opens a repository whose policy can be used; where it cannot, only a push mends it.
fn opened(question: &Question) -> Option<Subject> {
    Repo::open(&question.repo).ok()?;
    push::open(question).ok()?
}

fn push_of(edge: &Edge, push: &Push) -> Answer {
    let question = judge::question(edge, &push.dir);
    let Some(subject) = opened(&question) else { return Answer::Pass };
    let repo = &subject.repo;
    let remote = push.remote.clone().unwrap_or_else(|| repo.push_remote());
    let url = repo.remote_url(&remote).unwrap_or_else(|| remote.clone());
    let deploys = push::is_platform(&remote, &url);
    let Some(branch) = push::target(&subject, &remote, &url) else { return Answer::Pass };
    let current = repo.current_branch();
    let lands = |name: &str| {
        let name = name.strip_prefix("refs/heads/").unwrap_or(name);
        name == branch || (deploys && matches!(name, "main" | "master"))
    };
    let mut source = None;
    if push.all {
        source = Some(branch.clone());
    } else if push.refs.is_empty() {
        let to = repo.push_target();
        if !push.tags && to.as_deref().is_none_or(lands) {
            source = Some("HEAD".to_owned());
        }
    } else {
        for word in &push.refs {
            let text = word.text.trim_start_matches('+');
            let (from, to) = text.split_once(':').unwrap_or((text, text));
            let to = if matches!(to, "HEAD" | "@") { current.as_deref().unwrap_or_default() } else { to };
            // What a variable holds may be the branch.
            if !word.known || (lands(to) && !from.is_empty()) {
                source = Some(if word.known { from.to_owned() } else { "HEAD".to_owned() });
            }
        }
    }
    let Some(source) = source else { return Answer::Pass };
    if push.no_verify {
        return way_round("`--no-verify` and `core.hooksPath` pass the push hook by; push without them");
    }
    // What git itself will refuse needs no judgement.
    let Ok(commit) = subject.commit(Some(&source)) else { return Answer::Pass };
    if !deploys && repo.remote_tip(&branch).as_ref() == Some(&commit) {
        return Answer::Pass;
    }
    let is_new = !deploys && repo.remote_tip(&branch).is_none();
    let pushing = Pushing { commit: Some(commit), is_new, deploys };
    stop(judge::push(edge, &question, &subject, &pushing), &format!("this push to {branch}"), None)
}

fn stop(judged: Result<Option<Refusal>, Error>, what: &str, command: Option<&str>) -> Answer {
    match judged {
        Ok(None) => Answer::Pass,
        Ok(Some(Refusal { report, budget })) => Answer::Stop(refusal(&report, &Refused { what, command, budget })),
        // What cannot be known lets nothing go.
        Err(error) => {
            let why: String = error.to_string().chars().take(400).collect();
            Answer::Stop(format!(
                "deploy-rhythm: HOLD: {what} cannot be judged.\n{why}\nAsk: whoever keeps the policy."
            ))
        }
    }
}

/// The environment that a command names among its words.
fn named_environment(edge: &Edge, dir: &Path, words: &[String]) -> Option<String> {
    let subject = Subject::open(&judge::question(edge, dir)).ok()?;
    let names = subject.found.policy.exact_names();
    let value = |word: &str| word.rsplit('=').next().unwrap_or(word).to_owned();
    words.iter().skip(1).map(|word| value(word)).find(|word| names.contains(&word.as_str()))
}
