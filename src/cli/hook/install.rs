//! `init --hook`: writes the hooks, and takes them away again. What is not ours is never written over.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::{Value as Json, json};

use super::shell::name_of;
use crate::error::Error;
use crate::sources::files;
use crate::sources::git::Repo;

/// By what a file is known to hold a hook of this tool.
pub(super) const OURS: &str = "deploy-rhythm hook ";

/// The largest hook that is read, in bytes.
const LIMIT: u64 = 1 << 20;

/// Kamal's hooks, below the folder that it runs in.
const KAMAL: [&str; 2] = [".kamal/hooks/pre-deploy", ".kamal/hooks/post-deploy"];

const BEGIN: &str = "# >>> deploy-rhythm >>>\n";
const END: &str = "# <<< deploy-rhythm <<<\n";

/// What is hooked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Hook {
    /// `.kamal/hooks/pre-deploy` and `post-deploy`
    Kamal,
    /// git's `pre-push`
    PrePush,
    /// `.claude/settings.json`
    ClaudeCode,
    /// All three
    All,
}

/// A script of this tool: a file of its own, or a block in another's.
struct Script {
    /// The folder that it is written below, and its path there.
    top: PathBuf,
    inside: String,
    /// What it says about itself.
    about: &'static str,
    /// The line that calls this tool, as a file's last.
    call: &'static str,
    /// The same, before what else the file does.
    block: &'static str,
}

/// Writes or removes hooks; says of each what was done.
///
/// # Errors
///
/// Fails where something else stands in the way; what was done before stays.
pub(in crate::cli) fn hooks(repo: &Repo, folder: &Path, asked: &[Hook], remove: bool) -> Result<String, Error> {
    let top = repo.workdir().ok_or_else(|| Error::usage("a bare repository has no working tree to hook"))?;
    let is_asked = |hook: Hook| asked.contains(&hook) || asked.contains(&Hook::All);
    let mut done = Vec::new();
    if is_asked(Hook::Kamal) {
        for script in kamal(top, folder) {
            done.push(script.put(remove)?);
        }
    }
    if is_asked(Hook::PrePush) {
        done.push(pre_push(repo, top)?.put(remove)?);
    }
    if is_asked(Hook::ClaudeCode) {
        done.push(settings(top, remove)?);
    }
    Ok(done.join("\n") + "\n")
}

fn kamal(top: &Path, folder: &Path) -> [Script; 2] {
    // Kamal runs where its configuration lies, which need not be the top.
    let top = if folder.join("config/deploy.yml").is_file() { folder } else { top };
    let [before, after] = KAMAL;
    let script = |inside: &str, about, call, block| Script {
        top: top.to_owned(),
        inside: inside.to_owned(),
        about,
        call,
        block,
    };
    [
        script(
            before,
            "Inside Kamal's lock: may this be deployed now? Exit code 1 stops Kamal.",
            "exec deploy-rhythm hook kamal pre-deploy\n",
            "deploy-rhythm hook kamal pre-deploy || exit 1\n",
        ),
        script(
            after,
            "After Kamal's deploy: records its end.",
            "exec deploy-rhythm hook kamal post-deploy\n",
            "deploy-rhythm hook kamal post-deploy\n",
        ),
    ]
}

/// Where the push hook is kept. What husky keeps in its own folder it writes anew; what it calls lies above.
fn push_folder(repo: &Repo) -> PathBuf {
    let mut folder = repo.hooks_dir();
    if folder.ends_with(".husky/_") {
        folder.pop();
    }
    folder
}

/// Every place of a hook in a repository: git's, Kamal's in a folder and those above it, Claude Code's.
pub(super) fn places(repo: &Repo, folder: &Path) -> Vec<PathBuf> {
    let mut all = vec![push_folder(repo).join("pre-push")];
    if let Some(top) = repo.workdir() {
        let inside = folder.ancestors().take_while(|one| one.starts_with(top) && *one != top).chain([top]);
        all.extend(inside.flat_map(|folder| KAMAL.map(|name| folder.join(name))));
        all.extend(ALL_SETTINGS.map(|name| top.join(name)));
    }
    all
}

fn pre_push(repo: &Repo, top: &Path) -> Result<Script, Error> {
    let folder = push_folder(repo);
    let home = [top, repo.shared_dir()].into_iter().find(|home| folder.starts_with(home)).ok_or_else(|| {
        Error::usage(format!("git's hooks lie outside of this repository (`core.hooksPath`): {}", folder.display()))
            .hint("add this line to its pre-push: deploy-rhythm hook pre-push \"$@\" || exit 1")
    })?;
    let inside = folder.strip_prefix(home).unwrap_or(&folder).join("pre-push");
    Ok(Script {
        top: home.to_owned(),
        inside: inside.display().to_string(),
        about: "Before a push: does the branch that deploys have room for it? Exit code 1 stops it.",
        call: "exec deploy-rhythm hook pre-push \"$@\"\n",
        // The refs are on standard input: both must read them.
        block: "refs=$(cat)\nprintf '%s\\n' \"$refs\" | deploy-rhythm hook pre-push \"$@\" || exit 1\nexec <<REFS\n$refs\nREFS\n",
    })
}

impl Script {
    fn whole(&self) -> String {
        format!("#!/bin/sh\n# deploy-rhythm (`init --hook`).\n# {}\n{}", self.about, self.call)
    }

    fn put(&self, remove: bool) -> Result<String, Error> {
        let path = self.top.join(&self.inside);
        let name = &self.inside;
        let there = files::read(&path, LIMIT)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let block = format!("{BEGIN}{}{END}", self.block);
        match (there, remove) {
            (None, true) => Ok(format!("nothing to remove: {name}")),
            (Some(text), true) if text == self.whole() => {
                std::fs::remove_file(&path).map_err(|error| unwritable(&path, &error))?;
                Ok(format!("removed {name}"))
            }
            (Some(text), true) => match text
                .split_once(BEGIN)
                .and_then(|(before, rest)| rest.split_once(END).map(|(_, after)| format!("{before}{after}")))
            {
                Some(rest) => {
                    files::replace(&self.top, name, &rest)?;
                    Ok(format!("removed the lines of deploy-rhythm from {name}"))
                }
                None if text.contains(OURS) => {
                    Err(self.by_hand("was changed by hand: take out what calls deploy-rhythm"))
                }
                None => Ok(format!("nothing to remove: {name} is not of deploy-rhythm")),
            },
            (None, false) => {
                files::replace(&self.top, name, &self.whole())?;
                make_executable(&path)?;
                Ok(format!("wrote {name}"))
            }
            (Some(text), false) if text.contains(OURS) && self.is_run(&path) => Ok(format!("there already: {name}")),
            (Some(text), false) if text.contains(OURS) => Err(self.by_hand(NEVER_RUN)),
            (Some(text), false) => {
                let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
                let is_shell = first.starts_with("#!")
                    && ["sh", "bash", "dash"].iter().any(|shell| {
                        first.trim_end().rsplit(['/', ' ']).find(|word| !word.starts_with('-')) == Some(shell)
                    });
                if !is_shell {
                    return Err(self.by_hand("exists already, is no plain shell script, and is left as it is"));
                }
                if !self.is_run(&path) {
                    return Err(self.by_hand(NEVER_RUN));
                }
                files::replace(&self.top, name, &format!("{first}\n{block}{rest}"))?;
                Ok(format!("added to {name}, before what it did already"))
            }
        }
    }

    /// Whether what is there is run as it is; husky gives its scripts to a shell.
    fn is_run(&self, path: &Path) -> bool {
        self.inside.starts_with(".husky/") || is_executable(path)
    }

    fn by_hand(&self, why: &str) -> Error {
        Error::usage(format!("{} {why}", self.inside)).hint(format!("what it needs to call: {}", self.call.trim_end()))
    }
}

/// A hook may be switched off so: whoever did it switches it on again.
const NEVER_RUN: &str = "is not executable, so git never runs it";

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.permissions().mode() & 0o111 != 0)
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<(), Error> {
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(path, permissions).map_err(|error| unwritable(path, &error))
}

/// On Windows every file is: git runs its hooks with a shell of its own.
#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
fn make_executable(_: &Path) -> Result<(), Error> {
    Ok(())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::failure(format!("cannot write {}: {error}", path.display()))
}

const SETTINGS: &str = ".claude/settings.json";

/// The settings of Claude Code, which hold more than this tool's hook.
pub(super) const ALL_SETTINGS: [&str; 2] = [SETTINGS, ".claude/settings.local.json"];

/// How much of this tool's entry is in settings, the most last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum There {
    No,
    /// Under other conditions, or in another command.
    Changed,
    /// Asked before each of the tools, and heard.
    Whole,
}

/// Whether this tool's entry is in settings.
pub(super) fn there(settings: &Json) -> There {
    let entries = settings["hooks"]["PreToolUse"].as_array().into_iter().flatten();
    let commands = entries.flat_map(|entry| {
        let commands = entry["hooks"].as_array().into_iter().flatten();
        commands.filter(|command| is_ours(command)).map(move |command| match is_whole(entry, command) {
            true => There::Whole,
            false => There::Changed,
        })
    });
    commands.max().unwrap_or(There::No)
}

fn is_ours(command: &Json) -> bool {
    command["command"].as_str().is_some_and(|command| command.contains(OURS))
}

fn is_whole(entry: &Json, command: &Json) -> bool {
    let matcher = entry["matcher"].as_str().unwrap_or_default();
    let asked: Vec<&str> = matcher.split('|').map(str::trim).collect();
    let words: Vec<&str> = command["command"].as_str().unwrap_or_default().split_whitespace().collect();
    let is_called = matches!(words[..], [program, "hook", "claude-code"] if name_of(program) == "deploy-rhythm");
    is_called
        && (matches!(matcher, "" | "*" | ".*") || TOOLS.split('|').all(|tool| asked.contains(&tool)))
        && command["type"] == "command"
        && command["async"] != true
        && command.get("if").is_none()
}

/// Puts the hook into Claude Code's settings, beside whatever is there.
fn settings(top: &Path, remove: bool) -> Result<String, Error> {
    let bytes = files::read_inside(top, SETTINGS, LIMIT)?;
    let by_hand = |why: &str| {
        Error::usage(format!("{SETTINGS} {why}, and is left as it is"))
            .hint(format!("add to its `hooks.PreToolUse`: {}", entry()))
    };
    let mut all: Json = match &bytes {
        Some(bytes) => serde_json::from_slice(bytes).map_err(|error| by_hand(&format!("is no JSON ({error})")))?,
        None if remove => return Ok(format!("nothing to remove: {SETTINGS}")),
        None => json!({}),
    };
    let is_there = there(&all) != There::No;
    let root = all.as_object_mut().ok_or_else(|| by_hand("is no object"))?;
    let hooks = root.entry("hooks").or_insert_with(|| json!({}));
    let hooks = hooks.as_object_mut().ok_or_else(|| by_hand("has `hooks` that are no object"))?;
    let before = hooks.entry("PreToolUse").or_insert_with(|| json!([]));
    let before = before.as_array_mut().ok_or_else(|| by_hand("has `PreToolUse` that is no list"))?;
    match (is_there, remove) {
        (true, false) => return Ok(format!("there already: {SETTINGS}")),
        (false, true) => return Ok(format!("nothing to remove: {SETTINGS}")),
        (false, false) => before.push(entry()),
        (true, true) => {
            for entry in before.iter_mut() {
                if let Some(commands) = entry["hooks"].as_array_mut() {
                    commands.retain(|command| !is_ours(command));
                }
            }
            before.retain(|entry| entry["hooks"].as_array().is_none_or(|commands| !commands.is_empty()));
            if before.is_empty() {
                hooks.remove("PreToolUse");
            }
            if hooks.is_empty() {
                root.shift_remove("hooks");
            }
        }
    }
    files::replace(top, SETTINGS, &format!("{all:#}\n"))?;
    Ok(format!("{} {SETTINGS}", if remove { "removed the hook from" } else { "wrote the hook into" }))
}

/// The tools that are asked about.
const TOOLS: &str = "Bash|Edit|MultiEdit|Write|NotebookEdit";

fn entry() -> Json {
    let command = json!({"type": "command", "command": format!("{OURS}claude-code"), "timeout": 30});
    json!({"matcher": TOOLS, "hooks": [command]})
}
