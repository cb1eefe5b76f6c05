//! Paths inside a tree: joining, and following symbolic links part by part.

use super::tree::Tree;
use super::unseen::Reason;

/// How many symbolic links one path may lead through.
const LINKS: usize = 8;

/// The folder of a file; empty at the root.
pub fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last part of a path.
pub fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Joins a path as written in a file of `folder`; refuses to leave the tree.
pub fn join(folder: &str, written: &str) -> Result<String, Reason> {
    let bytes = written.as_bytes();
    let drive = matches!((bytes.first(), bytes.get(1)), (Some(letter), Some(b':')) if letter.is_ascii_alphabetic());
    if written.starts_with(['/', '~', '\\']) || drive {
        return Err(Reason::OutsideRepository);
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in written.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or(Reason::OutsideRepository)?;
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// The path that a path stands for, after the symbolic links of each of its parts.
pub fn resolve(tree: &dyn Tree, path: &str) -> Result<String, Reason> {
    let mut path = path.to_owned();
    for _ in 0..=LINKS {
        let Some((start, target)) = first_link(tree, &path) else { return Ok(path) };
        let (before, after) = path.split_at(start);
        path = join(&join(folder(before), &target)?, after.trim_start_matches('/'))?;
    }
    Err(Reason::LinkLoop)
}

/// The end of the shortest leading part that is a link, and the link's target.
fn first_link(tree: &dyn Tree, path: &str) -> Option<(usize, String)> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.into_iter().find_map(|end| Some((end, tree.link(path.get(..end)?)?)))
}

#[cfg(test)]
mod tests {
    use super::super::tree::Memory;
    use super::{Reason, join, resolve};

    #[test]
    fn a_path_never_leaves_the_tree() {
        assert_eq!(join("docs", "../a.md"), Ok("a.md".into()));
        assert_eq!(join("docs", "./b c.md"), Ok("docs/b c.md".into()));
        for outside in ["../../a.md", "/etc/a.md", "~/a.md", "C:\\a.md", "C:/a.md"] {
            assert_eq!(join("docs", outside), Err(Reason::OutsideRepository), "{outside}");
        }
    }

    #[test]
    fn links_are_followed_in_every_part() {
        let tree =
            Memory::default().link("a", "b").link("b", "real").link("x", "y").link("y", "x").link("up", "../../e");
        assert_eq!(resolve(&tree, "a/c.md"), Ok("real/c.md".into()));
        assert_eq!(resolve(&tree, "x"), Err(Reason::LinkLoop));
        assert_eq!(resolve(&tree, "up"), Err(Reason::OutsideRepository));
    }
}
