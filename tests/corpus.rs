//! Measures the reader on a folder of single files; ignored by default, for the files are not part of the project.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a measure reads files and prints what it finds")]

use std::path::PathBuf;

use deploy_rhythm::governance::load::{Memory, load};
use deploy_rhythm::governance::reading::{self, Reading};

fn read(name: &str, bytes: Vec<u8>) -> Reading {
    let tree = Memory::default().file(name, bytes);
    reading::read(&load(&tree, &[name.to_owned()]))
}

/// Prints one JSON line a directive of every file in the folder that `CORPUS` names: `cargo test --release --test corpus
/// -- --ignored --nocapture`.
#[test]
#[ignore = "needs a folder of files: CORPUS=folder"]
fn prints_the_directives_of_a_folder() {
    let folder = PathBuf::from(std::env::var_os("CORPUS").expect("CORPUS names a folder"));
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths.into_iter().filter(|path| path.is_file()) {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let reading = read(&name, std::fs::read(&path).expect("a file"));
        for found in &reading.directives {
            let line = serde_json::json!({
                "file": name, "line": found.place.line, "kind": found.kind, "params": found.params, "polarity": found.polarity,
                "object": found.object, "bound": found.bound, "text": found.text, "exception": found.exception,
                "scope": found.scope, "id": found.id,
            });
            println!("{line}");
        }
        for other in &reading.unrecognised {
            println!("{}", serde_json::json!({"file": name, "line": other.line, "unrecognised": other.text}));
        }
    }
}

/// Measures how long a thousand lines with ten imports take.
#[test]
#[ignore = "a measure of time"]
fn measures_a_thousand_lines() {
    let mut tree = Memory::default();
    let mut text = String::new();
    for part in 0..10 {
        text.push_str(&format!("@part{part}.md\n\n"));
        tree = tree.file(&format!("part{part}.md"), "Never push to `main`. At most 3 deploys per hour.\n\n".repeat(10));
    }
    for line in 0..250 {
        text.push_str(&format!("## Part {line}\n\n- Run `npm test {line}` before you push, and never skip the hooks.\n- The worker reads its configuration from the folder that the server wrote.\n"));
    }
    let tree = tree.file("CLAUDE.md", text);
    for _ in 0..5 {
        let start = std::time::Instant::now();
        let reading = reading::read(&load(&tree, &[]));
        println!("{} directives in {:?}", reading.directives.len(), start.elapsed());
    }
}
