//! The one comment on a pull request: found by a mark that nobody sees, written anew in its place, and only where this token
//! wrote it.

use super::context::Context;
use crate::engine::event::CommitId;
use crate::github::Trouble;
use crate::ledger::chain::digest;

/// What begins the comment; each environment that is asked about by name has its own.
fn mark(environment: Option<&str>) -> String {
    let of = environment.map(|name| format!(" {}", &digest(name.as_bytes())[..12])).unwrap_or_default();
    format!("<!-- deploy-rhythm pull-request{of} -->\n")
}

/// Writes the comment, or writes it anew.
pub(super) fn put(context: &Context<'_>, number: u64, head: &CommitId, text: &str) -> Result<(), Trouble> {
    let hub = context.github()?;
    // A run that was slow has nothing to say about a head that is no longer.
    if hub.pull(number)?.head.sha != head.as_str() {
        return Ok(());
    }
    let mark = mark(context.inputs.environment.as_deref());
    let body = format!("{mark}{text}");
    let own = hub.viewer()?;
    let comments = hub.comments(number)?;
    let mine = comments.iter().find(|comment| {
        let is_own = comment.user.as_ref().is_some_and(|user| user.login == own);
        is_own && comment.body.as_deref().is_some_and(|body| body.starts_with(&mark))
    });
    match mine {
        Some(comment) if comment.body.as_deref() == Some(&body) => Ok(()),
        Some(comment) => hub.update_comment(comment.id, &body).map(drop),
        None => hub.create_comment(number, &body).map(drop),
    }
}
