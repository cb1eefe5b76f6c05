//! What answers people on GitHub: the words of comments, and the replies to them.

pub mod chat;
