//! For batches or against them: which sentences about rhythm contradict each other.

use deploy_rhythm::governance::contradiction::contradictions;
use deploy_rhythm::governance::directive::Kind;
use deploy_rhythm::governance::load::{Memory, load};
use deploy_rhythm::governance::reading;

/// How many directives about batches a text has, and how many of them contradict another.
fn contradicted(text: &str) -> (usize, usize) {
    let read = reading::read(&load(&Memory::default().file("CLAUDE.md", text), &[])).directives;
    let against = contradictions(&read);
    let of = |held: bool| {
        let about = read.iter().zip(&against).filter(|(found, _)| found.kind == Kind::Batching);
        about.filter(|(_, against)| !held || against.is_some()).count()
    };
    (of(false), of(true))
}

#[test]
fn a_batch_agrees_with_not_after_each_and_contradicts_after_each() {
    for (text, expected) in [
        ("- Batch your fixes into one deploy.\n- Do not deploy after each fix.\n", (2, 0)),
        ("- Batch your commits into one push.\n- Push after every commit.\n", (2, 2)),
        ("- Push after every commit.\n- Do not push after each small change.\n", (2, 2)),
        ("- Never batch several features into one deploy.\n- Deploy after every merge.\n", (2, 0)),
    ] {
        assert_eq!(contradicted(text), expected, "{text}");
    }
}
