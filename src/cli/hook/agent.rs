//! Before a tool call of Claude Code: what deploys is judged, ways round are answered, all else passes unheard.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;

use super::deployers::{Act, Push, acts, quoted};
use super::guarded::{DISABLES, Gates, Guard, is_settings, written};
use super::judge::{self, Refusal};
use super::moves::Moved;
use super::shell::{Simple, Word, commands};
use super::{push, say};
use crate::cli::{Edge, Outcome};
use crate::engine::lane::LaneRequest;
use crate::error::Error;
use crate::gather::push::Pushing;
use crate::gather::{Question, Subject};
use crate::render::refusal::{Later, Refused, refusal};
use crate::sources::files;
use crate::sources::git::Repo;
use crate::sources::policy::{Wanted, find};

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
    notebook_path: Option<PathBuf>,
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
    match (call.tool_name.as_str(), &input.command) {
        ("Bash", Some(command)) => shell(edge, &call.cwd, command),
        ("Edit" | "Write" | "MultiEdit" | "NotebookEdit", ..) => {
            let Some(path) = input.file_path.as_ref().or(input.notebook_path.as_ref()) else { return Answer::Pass };
            let mut changes: Vec<(&str, &str)> =
                input.edits.iter().map(|edit| (edit.old_string.as_str(), edit.new_string.as_str())).collect();
            if let (Some(old), Some(new)) = (&input.old_string, &input.new_string) {
                changes.push((old, new));
            }
            let path = call.cwd.join(path);
            guarded(Gates::new(edge).edit(&path, &call.cwd, input.content.as_deref(), &changes))
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
    let mut named: HashMap<PathBuf, Vec<String>> = HashMap::new();
    let (mut before, mut gates) = (Moved::default(), Gates::new(edge));
    let disables = command.contains(DISABLES);
    for simple in commands(command, cwd) {
        let named = named.entry(simple.dir.clone()).or_insert_with_key(|dir| named_in(dir));
        for act in acts(&simple, named, 0) {
            if let stop @ Answer::Stop(_) = act_on(edge, &act, &mut before) {
                return stop;
            }
        }
        match writes(&mut gates, &simple, disables) {
            Answer::Pass => {}
            stop @ Answer::Stop(_) => return stop,
            said @ Answer::Remark(_) => remark = said,
        }
    }
    remark
}

/// The commands that deploy, as the policy of a folder's repository names them.
fn named_in(dir: &Path) -> Vec<String> {
    let found = Repo::open(dir).ok().and_then(|repo| find(Some(&repo), None, Wanted::InForce).ok());
    found.map(|found| found.policy.hooks().deploy_commands).unwrap_or_default()
}

/// What a command writes; `disables` tells that its text speaks of asking no hook.
fn writes(gates: &mut Gates<'_>, simple: &Simple, disables: bool) -> Answer {
    let written = written(simple);
    if disables && written.iter().any(|one| is_settings(&one.path)) {
        return guarded(Some(Guard::Hook));
    }
    guarded(written.iter().filter_map(|one| gates.written(one, &simple.dir)).max())
}

fn act_on(edge: &Edge, act: &Act, before: &mut Moved) -> Answer {
    let judged = match act {
        Act::WayRound(why) => return way_round(why),
        Act::Push(push) => return push_of(edge, push, before),
        Act::Move { switched } => {
            before.moved = true;
            before.switched = switched.clone().or_else(|| before.switched.take());
            return Answer::Pass;
        }
        Act::Merge { dir } => {
            let question = judge::question(edge, dir);
            let Some(subject) = opened(&question) else { return Answer::Pass };
            let pushing = Pushing { commit: None, is_new: false, deploys: false };
            return stop(judge::push(edge, &question, &subject, &pushing), "this merge", Later::Again);
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
    // What is not known of it nobody can say again.
    let command = words.iter().map(|word| word.known.then(|| quoted(&word.text))).collect::<Option<Vec<_>>>();
    let command = command.map(|words| words.join(" "));
    stop(judged, "this deploy", Later::Behind(command.as_deref()))
}

/// Opens a repository whose policy can be used; where it cannot, only a push mends it.
fn opened(question: &Question) -> Option<Subject> {
    Repo::open(&question.repo).ok()?;
    push::open(question).ok()?
}

fn push_of(edge: &Edge, push: &Push, before: &Moved) -> Answer {
    let question = judge::question(edge, &push.dir);
    let Some(subject) = opened(&question) else { return Answer::Pass };
    let repo = &subject.repo;
    let here = || repo.current_branch().map(|text| Word { text, known: true });
    let current = before.switched.clone().or_else(here);
    let current_name = current.as_ref().map(|word| word.text.as_str());
    let remote = push.remote.clone().unwrap_or_else(|| repo.push_remote(current_name));
    let url = repo.remote_url(&remote).unwrap_or_else(|| remote.clone());
    let deploys = push::is_platform(&remote, &url);
    let Some(branch) = push::target(&subject, &remote, &url) else { return Answer::Pass };
    let lands = |name: &str| lands(name, &branch) || (deploys && (lands(name, "main") || lands(name, "master")));
    // What a variable holds may be the branch.
    let current_lands = current.as_ref().is_some_and(|word| !word.known || lands(&word.text));
    let configured = || repo.push_refspecs(&remote).into_iter().map(|text| Word { text, known: true }).collect();
    let refs: Vec<Word> = if push.refs.is_empty() && !push.tags { configured() } else { push.refs.clone() };
    let mut source = None;
    if push.all || (push.refs.is_empty() && repo.is_mirror(&remote)) {
        source = Some(branch.clone());
    } else if refs.is_empty() && !push.tags {
        match repo.push_target(current_name) {
            None => source = Some(branch.clone()),
            Some(to) if lands(&to) || current.as_ref().is_some_and(|word| !word.known) => {
                source = Some("HEAD".to_owned());
            }
            Some(_) => {}
        }
    } else {
        for word in &refs {
            let text = word.text.trim_start_matches('+');
            let (from, to) = text.split_once(':').unwrap_or((text, text));
            let to_lands = if matches!(to, "HEAD" | "@") { current_lands } else { lands(to) };
            if !word.known {
                source = Some("HEAD".to_owned());
            } else if from.is_empty() && to.is_empty() || (to_lands && to.contains('*')) {
                source = Some(branch.clone());
            } else if to_lands && !from.is_empty() {
                source = Some(from.to_owned());
            }
        }
    }
    let Some(source) = source else { return Answer::Pass };
    if push.no_verify {
        return way_round("`--no-verify` and `core.hooksPath` pass the push hook by; push without them");
    }
    let commit = match subject.commit(Some(&source)) {
        // What will be pushed is not there yet.
        _ if before.moved => None,
        Ok(commit) => Some(commit),
        // What git itself will refuse needs no judgement.
        Err(_) => return Answer::Pass,
    };
    let tip = repo.remote_tip(&branch);
    if !deploys && commit.is_some() && tip == commit {
        return Answer::Pass;
    }
    let pushing = Pushing { commit, is_new: !deploys && tip.is_none(), deploys };
    stop(judge::push(edge, &question, &subject, &pushing), &format!("this push to {branch}"), Later::Again)
}

/// Whether the name that a refspec gives, or its pattern, is that of a branch.
fn lands(name: &str, branch: &str) -> bool {
    let short = name.strip_prefix("refs/").unwrap_or(name);
    let short = short.strip_prefix("heads/").unwrap_or(short);
    let whole = format!("refs/heads/{branch}");
    short == branch
        || name.split_once('*').is_some_and(|(start, end)| {
            whole.len() >= start.len() + end.len() && whole.starts_with(start) && whole.ends_with(end)
        })
}

fn stop(judged: Result<Option<Refusal>, Error>, what: &str, later: Later<'_>) -> Answer {
    match judged {
        Ok(None) => Answer::Pass,
        Ok(Some(Refusal { report, budget })) => Answer::Stop(refusal(&report, &Refused { what, later, budget })),
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
fn named_environment(edge: &Edge, dir: &Path, words: &[Word]) -> Option<String> {
    let subject = Subject::open(&judge::question(edge, dir)).ok()?;
    let names = subject.found.policy.exact_names();
    let value = |word: &str| word.rsplit('=').next().unwrap_or(word).to_owned();
    words.iter().skip(1).map(|word| value(&word.text)).find(|word| names.contains(&word.as_str()))
}
