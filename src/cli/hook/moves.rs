//! What earlier commands of the same text do to the repository: a push behind them is not of what is here now.

use std::path::Path;

use super::shell::Word;
use crate::sources::git::Repo;

/// The subcommands of git that move a branch, or what is checked out.
pub(super) const MOVING: [&str; 11] =
    ["commit", "merge", "pull", "rebase", "cherry-pick", "revert", "am", "reset", "checkout", "switch", "update-ref"];

/// What the commands before one have done.
#[derive(Clone, Debug, Default)]
pub(super) struct Moved {
    /// Whether a branch may be elsewhere than it is now.
    pub moved: bool,
    /// The branch that is checked out by then, where another than now.
    pub switched: Option<Word>,
}

/// The branch that a `checkout` or `switch` goes to; none where it stays.
pub(super) fn switched(dir: &Path, sub: &str, rest: &[&Word]) -> Option<Word> {
    if !matches!(sub, "checkout" | "switch") {
        return None;
    }
    let creates = ["-b", "-B", "-c", "-C", "--create", "--force-create", "--orphan"];
    if let Some(place) = rest.iter().position(|word| creates.contains(&word.text.as_str())) {
        return rest.get(place + 1).map(|word| (*word).clone());
    }
    let plain: Vec<&Word> =
        rest.iter().copied().filter(|word| !word.known || !word.text.starts_with('-') || word.text == "-").collect();
    let word = *plain.last()?;
    if sub == "checkout" {
        let is_branch = || Repo::open(dir).is_ok_and(|repo| repo.has_branch(&word.text));
        let is_file = || word.known && dir.join(&word.text).exists() && !is_branch();
        if plain.len() > 1 || rest.iter().any(|word| word.text == "--") || is_file() {
            return None;
        }
    }
    // `-` is the branch before, whichever that is; with `-t` a copy here of another's.
    let tracks = rest.iter().any(|word| matches!(word.text.as_str(), "-t" | "--track" | "--track=direct"));
    let name = word.text.split_once('/').filter(|_| tracks).map_or(word.text.as_str(), |(_, name)| name);
    Some(Word { known: word.known && name != "-", text: name.to_owned() })
}
