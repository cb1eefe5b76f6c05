//! How a request stands to the others that wait, and to what goes meanwhile.

use chrono::TimeDelta;

use crate::engine::event::Instant;
use crate::engine::lane::Lane;
use crate::ledger::Waiting;
use crate::ledger::entry::{Kept, Stage};

/// How soon a newer request must expect to go for an older one to let it pass.
const LETS_PASS: TimeDelta = TimeDelta::seconds(1);

/// How exactly the instant at which a request expects to go is kept while it is farther off than that.
const TO_THE_MINUTE: TimeDelta = TimeDelta::minutes(1);

/// The instant at which others may expect a request to go: exact where it is near; while it is far off, what is known already
/// does to the minute. Beside a reservation it moves with the clock, and on a git remote each change is a push.
pub(super) fn expected(known: Option<Instant>, next: Option<Instant>, now: Instant) -> Option<Instant> {
    let near = now + TO_THE_MINUTE;
    known
        .zip(next)
        .filter(|(known, next)| *known > near && *next > near && (*next - *known).abs() < TO_THE_MINUTE)
        .map(|(known, _)| known)
        .or(next)
}

/// Whether a rollout that started after a request began to wait ships what that asked for.
pub(super) fn took_place(kept: &Kept, waiting: &Waiting, contains: &impl Fn(&str) -> bool) -> bool {
    let later = kept.started_at.is_some_and(|start| start >= waiting.since);
    let ships = matches!(kept.stage, Stage::Running | Stage::Success) && kept.lane != Lane::Rollback;
    later && ships && kept.commit.as_deref().is_some_and(contains)
}

/// Whether a request lets another pass: one that came later, still waits, and expects to go now.
pub(super) fn lets_pass(own: &Waiting, other: &Waiting, now: Instant) -> bool {
    let same = other.repository == own.repository && other.environment == own.environment && other.id != own.id;
    let later = (other.since, &other.id) > (own.since, &own.id);
    same && later && other.next.is_some_and(|next| next <= now && now < next + LETS_PASS) && other.is_live(now)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::expected;
    use crate::engine::event::Instant;

    #[test]
    fn an_expected_instant_is_told_again_where_it_matters() {
        let now: Instant = "2026-02-04T14:00:00Z".parse().expect("an instant");
        let after = |seconds: i64| Some(now + TimeDelta::seconds(seconds));
        for (known, next, told, why) in [
            (None, after(900), after(900), "nobody knows"),
            (after(900), after(959), after(900), "it moved by less than a minute"),
            (after(900), after(841), after(900), "the same, to an earlier one"),
            (after(900), after(960), after(960), "it moved by a minute"),
            (after(900), after(840), after(840), "the same, to an earlier one"),
            (after(61), after(60), after(60), "it is near"),
            (after(59), after(90), after(90), "it was near"),
            (after(30), after(31), after(31), "it is near and moves"),
            (after(900), None, None, "no passing of time opens it"),
        ] {
            assert_eq!(expected(known, next, now), told, "{why}");
        }
        // Beside a reservation the instant moves with the clock: of 120 looks in ten minutes few are told.
        let mut known = None;
        let mut told = 0;
        for look in 0..120 {
            let now = now + TimeDelta::seconds(look * 5);
            let next = expected(known, Some(now + TimeDelta::hours(2)), now);
            told += usize::from(next != known);
            known = next;
        }
        assert_eq!(told, 10);
    }
}
