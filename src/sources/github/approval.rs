//! Whether somebody whom the policy names approved exactly this commit.

use std::collections::BTreeMap;

use crate::engine::policy::OverridePolicy;
use crate::github::{GitHub, Pull, Review, Trouble};
use crate::render::clean;

use super::people::{Named, is_person};

/// Looks for an approving review of exactly this head whom one of these names, as a person or by their role now; answers
/// with who it was and where. Nobody who opened a pull request of this head counts, and none that a bot opened: whose
/// commits those are, nobody can tell.
///
/// # Errors
///
/// Fails where GitHub cannot be asked.
pub fn find(hub: &GitHub, commit: &str, policies: &[OverridePolicy]) -> Result<Option<String>, Trouble> {
    let named: Vec<Named> = policies.iter().filter_map(|one| Named::new(hub, Some(one))).collect();
    let mut pulls = hub.pulls_of(commit)?;
    pulls.retain(|pull| pull.head.sha.eq_ignore_ascii_case(commit));
    if !pulls.iter().all(|pull| pull.user.as_ref().is_some_and(is_person)) {
        return Ok(None);
    }
    let opened: Vec<String> = pulls.iter().filter_map(opener).collect();
    for pull in &pulls {
        for login in approvers(pull, &hub.reviews(pull.number)?, commit) {
            if opened.contains(&login) {
                continue;
            }
            let mut may = false;
            for one in &named {
                may = may || one.may(&login)?;
            }
            if may {
                return Ok(Some(format!("{} in #{}", clean(&login), pull.number)));
            }
        }
    }
    Ok(None)
}

fn opener(pull: &Pull) -> Option<String> {
    pull.user.as_ref().map(|user| user.login.to_lowercase())
}

/// Those whose last word on a pull request approves this very commit, its author left out.
fn approvers(pull: &Pull, reviews: &[Review], commit: &str) -> Vec<String> {
    // Without an author, nobody can be told to be somebody else.
    let Some(author) = opener(pull) else { return Vec::new() };
    let mut last: BTreeMap<String, &Review> = BTreeMap::new();
    for review in reviews {
        let Some(user) = &review.user else { continue };
        // A remark takes nothing back.
        if review.state != "COMMENTED" && review.state != "PENDING" {
            last.insert(user.login.to_lowercase(), review);
        }
    }
    let approves = |review: &Review| {
        let same = review.commit_id.as_deref().is_some_and(|head| head.eq_ignore_ascii_case(commit));
        review.state == "APPROVED" && same
    };
    let all = last.into_iter().filter(|(login, review)| *login != author && approves(review));
    all.map(|(login, _)| login).collect()
}

#[cfg(test)]
mod tests {
    use super::{Pull, Review, approvers};

    const HEAD: &str = "1111111111111111111111111111111111111111";

    fn reviews(json: &str) -> Vec<String> {
        let pull: Pull = serde_json::from_str(&format!(
            r#"{{"number":7,"state":"open","user":{{"login":"Ada"}},"head":{{"sha":"{HEAD}","ref":"x"}},"base":{{"sha":"2","ref":"main"}}}}"#
        ))
        .expect("a pull request");
        let reviews: Vec<Review> = serde_json::from_str(&json.replace("HEAD", HEAD)).expect("reviews");
        approvers(&pull, &reviews, HEAD)
    }

    #[test]
    fn the_last_word_of_somebody_else_about_this_very_commit_counts() {
        let one = |login: &str, state: &str, head: &str| {
            format!(r#"{{"user":{{"login":"{login}"}},"state":"{state}","commit_id":"{head}"}}"#)
        };
        for (all, who) in [
            (vec![one("bob", "APPROVED", "HEAD")], vec!["bob"]),
            (vec![one("ada", "APPROVED", "HEAD")], vec![]),
            (vec![one("bob", "APPROVED", "3333")], vec![]),
            (vec![one("bob", "APPROVED", "HEAD"), one("bob", "COMMENTED", "HEAD")], vec!["bob"]),
            (vec![one("bob", "APPROVED", "HEAD"), one("Bob", "CHANGES_REQUESTED", "HEAD")], vec![]),
            (vec![one("bob", "DISMISSED", "HEAD"), one("eve", "APPROVED", "HEAD")], vec!["eve"]),
            (vec![r#"{"user":null,"state":"APPROVED","commit_id":"HEAD"}"#.to_owned()], vec![]),
        ] {
            assert_eq!(reviews(&format!("[{}]", all.join(","))), who, "{all:?}");
        }
    }
}
