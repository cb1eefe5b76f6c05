//! Kinds that commits do not judge, and who does.

use super::finding::Obstacle;
use super::hearing::Hearing;
use crate::governance::directive::Kind;

/// Says who judges a directive that commits do not.
pub(super) fn name(hearing: &mut Hearing<'_>) {
    let (obstacle, why) = match hearing.directive.kind {
        Kind::DeployFrequency | Kind::DeployInterval | Kind::DeployWindow | Kind::Batching | Kind::FixChain => {
            (Obstacle::Rule, "a rule of the policy judges it, from pushes and deployments")
        }
        Kind::ForcePush => {
            (Obstacle::Host, "a clone does not show what was there before a forced push; the host's activity does")
        }
        Kind::HooksBypass => {
            (Obstacle::NoTrace, "a commit does not show that its hooks were skipped; run them again in CI")
        }
        Kind::ChecksBefore => {
            (Obstacle::Host, "whether checks passed is the host's; what ran on a desk leaves no trace")
        }
        Kind::ApprovalBefore => {
            (Obstacle::Host, "reviews and approvals are the host's; what was said in a chat leaves no trace")
        }
        Kind::DeployPath => (Obstacle::Host, "how a deploy was made is the host's or the deployer's record"),
        _ => (Obstacle::NoTrace, "commits do not tell"),
    };
    hearing.unjudged(obstacle, why);
}
