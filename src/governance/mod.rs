//! Pure: the text of governance files in, directives and findings out. No model is involved, and nothing is guessed.
//!
//! - [`load`]: which files there are, what they import, and what of them stays unseen.
//! - [`document`]: Markdown into passages, sentences and clauses.
//! - [`grammar`]: a clause into what it asks for, one file a family.
//! - [`reading`]: all of that together: loaded files into directives.
//! - [`directive`]: one thing that a text asks for, with its place and its numbers.

pub mod directive;
pub mod document;
pub mod grammar;
mod identity;
mod language;
pub mod load;
pub mod reading;
