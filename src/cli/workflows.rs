//! `init --action`: the workflows that use the GitHub Action, as the examples show them.

use std::path::Path;

use crate::error::Error;
use crate::sources::files;

/// How the examples name the action.
const NAMED: &str = concat!("OWNER/deploy-rhythm@v", env!("CARGO_PKG_VERSION_MAJOR"));

/// Each with the name that it gets.
const ALL: [(&str, &str); 3] = [
    (".github/workflows/rhythm.yml", include_str!("../../examples/workflows/pull-request.yml")),
    (".github/workflows/deploy.yml", include_str!("../../examples/workflows/deploy.yml")),
    (".github/workflows/resume.yml", include_str!("../../examples/workflows/resume.yml")),
];

/// The largest workflow that is compared, in bytes.
const LIMIT: u64 = 1 << 20;

/// Reads where the action is.
pub(super) fn place(text: &str) -> Result<String, String> {
    let plain = |part: &str| {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        !part.is_empty() && part.chars().all(fits)
    };
    let whole = text.split_once('@').and_then(|(name, reference)| Some((name.split_once('/')?, reference)));
    match whole {
        Some(((owner, name), reference)) if plain(owner) && plain(name) && plain(reference) => Ok(text.to_owned()),
        _ => Err("write it as a workflow does, `OWNER/deploy-rhythm@v0`".to_owned()),
    }
}

/// Writes the workflows beside what is there; tells what was written, and what is left to do.
pub(super) fn write(top: &Path, action: &str) -> Result<String, Error> {
    let mut out = String::new();
    for (path, example) in ALL {
        let text = example.replace(NAMED, action);
        let said = match files::read_inside(top, path, LIMIT)? {
            Some(there) if there == text.as_bytes() => format!("{path} is there already"),
            Some(_) => format!("{path} is another's, and is left as it is: docs/action.md tells what to put there"),
            None => {
                files::create(&top.join(path), &text)?;
                format!("wrote {path}")
            }
        };
        out.push_str(&format!("{said}\n"));
    }
    out.push_str(
        "\nnext:\n  write the command that deploys into deploy.yml, where it says `make deploy`\n  deploy-rhythm ledger adopt --ledger git:origin --environment production --since TIME --because \"we deploy by the action now\"\n",
    );
    Ok(out)
}
