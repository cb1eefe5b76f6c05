//! Many processes at one ledger, some killed at any point: never more than the policy allows, nothing lost.
//!
//! `tests/stress-ledger 10000` asks more often.

mod support {
    pub mod ledger;
    pub mod repo;
    pub mod stress;
}

use support::ledger::Limits;
use support::stress::{crowd, requests};

#[test]
fn no_kill_and_no_crowd_gets_more_than_the_policy_allows() {
    let limits = Limits { deploys: 6, per: 1, drain: 0, stale_after: 1 };
    crowd(&limits.repository(), limits, requests(240), &[]);
}
