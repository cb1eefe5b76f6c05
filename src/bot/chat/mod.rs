//! PURE. The commands that people write in comments: one grammar, its help, and the replies.
//!
//! A comment is heard line by line: only a line that starts with the command, outside quotes, code and HTML, counts. The
//! instant and the zone are given, so that a comment says the same whenever it is read again.

mod grammar;
mod help;
mod lines;
mod reply;
mod when;

pub use grammar::{Command, LONGEST_COMMENT, MOST_COMMANDS, Mistake, Said, listen};
pub use help::{EXAMPLES, help};
pub use reply::{Answer, Mark, Page, Reply, reply_marker};
pub use when::LONGEST_FREEZE;
