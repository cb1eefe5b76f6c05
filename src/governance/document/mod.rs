//! Markdown into passages, sentences and clauses, each with its line and what gives it its sense.

mod blocks;
mod clauses;
mod mask;
mod sentences;

pub use blocks::{Comment, Passage, Place, read};
pub use clauses::split as clauses;
pub use mask::Mask;
pub use sentences::{Sentence, split as sentences};
