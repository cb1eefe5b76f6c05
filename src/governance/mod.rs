//! Pure: the text of governance files in, directives and findings out. No model is involved, and what is guessed says so.
//!
//! - [`directive`]: one thing that a text asks for, with its place and its numbers.
//! - [`honour`]: directives against what commits really did.

pub mod directive;
pub mod honour;
