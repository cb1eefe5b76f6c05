//! Wishes and what became of them, in words.

use super::Shown;
use crate::engine::calendar::utc;
use crate::engine::duration::{glance, show};
use crate::engine::suggest::{Bound, Contradiction, Judged, Measures, Part, Wish};

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

pub(super) fn pushes(count: usize) -> String {
    if count == 1 { "1 push".to_owned() } else { format!("{count} pushes") }
}

/// What is wished.
fn wish(wish: Wish) -> String {
    match wish {
        Wish::LongestWait(wait) => format!("no push waits longer than {}", show(wait)),
        Wish::P90Wait(wait) => format!("nine of ten pushes wait no longer than {}", show(wait)),
        Wish::NoOverlap => "no two rollouts at once".to_owned(),
        Wish::PerDay(most) => format!("at most {} a day", counted(most, "rollout")),
        Wish::PerHour(most) => format!("at most {} in any 60 minutes", counted(most, "rollout")),
    }
}

pub(super) fn wishes(wishes: &[Wish]) -> String {
    wishes.iter().map(|one| wish(*one)).collect::<Vec<_>>().join("; ")
}

/// The reason that a rule of a suggestion gives.
pub(super) fn because(part: Part, wished: &[Wish]) -> String {
    let own = wished.iter().find(|wish| wish.rule() == Some(part));
    if let Some(own) = own {
        return format!("wished: {}", wish(*own));
    }
    // What has a rule of its own gives its reason there.
    let unruled: Vec<Wish> = wished.iter().filter(|wish| wish.rule().is_none()).copied().collect();
    format!("fitted to past pushes; wished: {}", wishes(if unruled.is_empty() { wished } else { &unruled }))
}

/// What was measured of a wish.
fn measured(wish: Wish, measures: &Measures) -> String {
    match wish {
        Wish::LongestWait(_) => format!("the longest wait is {}", glance(measures.waits.longest)),
        Wish::P90Wait(_) => format!("nine of ten wait no longer than {}", glance(measures.waits.p90)),
        Wish::NoOverlap if measures.overlaps == 0 => "no rollouts overlap".to_owned(),
        Wish::NoOverlap => {
            format!("{} of rollouts overlap, {} in all", counted(measures.overlaps, "pair"), glance(measures.together))
        }
        Wish::PerDay(_) => format!("{} on the busiest day", counted(measures.per_day, "rollout")),
        Wish::PerHour(_) => format!("{} in the busiest 60 minutes", counted(measures.per_hour, "rollout")),
    }
}

fn all_measured(wishes: &[Wish], measures: &Measures) -> String {
    wishes.iter().map(|wish| measured(*wish, measures)).collect::<Vec<_>>().join(", ")
}

/// Why a candidate is no answer.
pub(super) fn fails(judged: &Judged, wished: &[Wish]) -> Option<String> {
    let failed = judged.fails(wished);
    let names: Vec<&str> = failed.iter().map(|wish| wish.name()).collect();
    (!failed.is_empty()).then(|| format!("fails {}: {}", names.join(", "), all_measured(&failed, &judged.measures)))
}

/// Why this is suggested.
pub(super) fn why(shown: &Shown, chosen: &Judged) -> String {
    let measures = &chosen.measures;
    let all = pushes(shown.past.landings.len());
    let kept = all_measured(&shown.wishes, measures);
    match (chosen.candidate.parts().is_empty(), measures.held) {
        (true, _) => format!("No rule is needed: of {all}, each goes when it comes, and {kept}."),
        (false, 0) => format!("It would have held none of {all}; {kept}."),
        (false, held) => format!("It would have held {held} of {all}; {kept}."),
    }
}

/// What a suggestion promises, and what the past cannot tell.
pub(super) fn future(shown: &Shown, chosen: &Judged) -> String {
    let (promised, hoped): (Vec<Wish>, Vec<Wish>) =
        shown.wishes.iter().partition(|wish| chosen.promised.contains(wish));
    let mut text = String::new();
    if !promised.is_empty() {
        // No lane and no leave passes by `no-overlap`; they do what counts.
        let unless = match promised == [Wish::NoOverlap] {
            true => "",
            false => "; hotfixes, rollbacks and overrides pass `max-frequency` by",
        };
        text.push_str(&format!("Whatever comes, its rules keep: {}{unless}. ", wishes(&promised)));
    }
    if !hoped.is_empty() {
        text.push_str(&format!(
            "Only the past tells, and no rule promises: {}. Pushes that come otherwise may break it. ",
            wishes(&hoped)
        ));
    }
    text.push_str(&format!("Each rollout is taken to last {} and to succeed.", show(shown.rollout_time)));
    text
}

/// Why nothing could be suggested.
pub(super) fn impossible(shown: &Shown, bound: &Bound) -> String {
    let wait = shown.wishes.iter().find_map(|wish| match wish {
        Wish::LongestWait(wait) => Some(show(*wait)),
        _ => None,
    });
    let wait = wait.unwrap_or_default();
    let apart = format!("came more than {wait} after one another, so that each needs a rollout of its own");
    let reason = match bound.contradiction {
        Contradiction::Day { day, needed } => format!("on {day}, {} {apart} that day", pushes(needed)),
        Contradiction::Hour { from, needed } => {
            format!("from {} on, {} {apart} within 60 minutes", utc(from), pushes(needed))
        }
        Contradiction::Overlap { push } => {
            format!("the push of {} needs a rollout within {wait}, and the one before it still runs then", utc(push))
        }
    };
    format!(
        "No policy whatever can do it: {reason}. With the other wishes, the longest wait is {} or more.",
        show(bound.at_least)
    )
}

/// What one would have to accept for all other wishes.
pub(super) fn trade_off(given_up: Wish, judged: &Judged) -> String {
    let instead = match given_up {
        Wish::LongestWait(wait) | Wish::P90Wait(wait) => format!(" instead of {}", show(wait)),
        Wish::NoOverlap => String::new(),
        Wish::PerDay(most) | Wish::PerHour(most) => format!(" instead of {most}"),
    };
    format!(
        "nearest to {}: {}{instead}, with {}",
        given_up.name(),
        measured(given_up, &judged.measures),
        judged.candidate
    )
}
