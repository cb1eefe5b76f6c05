//! What a report tells of the policy: the replay of its pushes.

use chrono::TimeDelta;

use super::progress::Progress;
use crate::engine::duration::glance;
use crate::engine::facts::Known;
use crate::engine::figures::{Figures, figures, unheld};
use crate::engine::pace::Pace;
use crate::engine::policy::EnvironmentPolicy;
use crate::engine::replay::{Past, Replay, judgeable, replay};
use crate::engine::rhythm::{self, Rhythm};
use crate::gather::Subject;
use crate::gather::past::Pushed;
use crate::render::report::Judged;

/// How long a rollout is taken to be where none tells.
const ROLLOUT: TimeDelta = TimeDelta::minutes(2);

/// Replays the pushes of a report's span by the policy; nothing where there are none.
pub(super) fn judged(
    subject: &Subject,
    policy: &EnvironmentPolicy,
    past: &rhythm::Past<'_>,
    rhythm: &Rhythm,
    progress: &Progress,
) -> Known<Option<Judged>> {
    let Ok(trunk) = &past.trunk else { return Ok(None) };
    let (landings, commits) = past.landed(trunk).map(|(landing, commits)| (landing.clone(), commits)).unzip();
    let mut pushed = Pushed { landings, commits, ..Pushed::default() };
    let (Some(first), Some(last)) = (pushed.landings.first(), pushed.landings.last()) else { return Ok(None) };
    let calendars = subject.past_calendars(policy, first.at, last.at);
    progress.stage("pushes looked at", Some(pushed.landings.len()));
    subject.tell_fixes(&mut pushed, policy, |_| progress.step())?;
    let (policy, left_out) = judgeable(policy.clone(), &calendars, true);
    let took = rhythm.deploys.as_ref().ok().and_then(|deploys| deploys.took);
    let (takes, recorded) = took.map_or((ROLLOUT, 0), |took| (took.median, took.cases));
    let span = Past { landings: &pushed.landings, commits: &pushed.commits };
    progress.stage("pushes replayed", Some(pushed.landings.len()));
    let mut replay = replay(&policy, &calendars, span, takes, |arrived| progress.at(arrived));
    let paced = figures(span, &mut replay);
    let about = match recorded {
        0 => format!("each rollout taken to last {}, since none is recorded", glance(takes)),
        count => format!("each rollout taken to last {}, the median of {count} recorded", glance(takes)),
    };
    let mut sentences = vec![format!(
        "Each of the {} pushes of this span asks to be rolled out; what the policy holds waits, and a newer push takes its place ({about}). `deploy-rhythm replay` tells more.",
        pushed.landings.len()
    )];
    if !left_out.is_empty() {
        let names: Vec<&str> = left_out.iter().map(|rule| rule.name()).collect();
        sentences.push(format!("Left out, since the past does not tell their facts: {}.", names.join(", ")));
    }
    if let Some(stuck) = replay.stuck {
        sentences.push(format!(
            "From {} on nothing goes: somebody would have had to act.",
            pushed.landings[stuck.first].commit.short()
        ));
    }
    let figures = table(&policy, &replay, &paced, &unheld(span, takes), pushed.landings.len());
    Ok(Some(Judged { sentences, figures }))
}

fn table(
    policy: &EnvironmentPolicy,
    replay: &Replay,
    paced: &Figures,
    unheld: &Figures,
    pushes: usize,
) -> Vec<(String, String)> {
    let pace = Pace::of(policy);
    let names: Vec<&str> = pace.rules().iter().map(|entry| entry.rule.id().name()).collect();
    let held = super::replay::held(&names, replay);
    let mut rows = vec![
        ("rollouts".to_owned(), format!("{}, instead of {}", replay.rollouts.len(), unheld.rollouts)),
        ("pushes held".to_owned(), format!("{} of {pushes}", replay.held_pushes)),
    ];
    if !held.is_empty() {
        let held: Vec<String> = held.into_iter().map(|(rule, count)| format!("{rule} {count}")).collect();
        rows.push(("held by (several may hold one)".to_owned(), held.join(", ")));
    }
    if let Some(waits) = paced.waits {
        let waits = [waits.median, waits.p90, waits.longest].map(glance);
        rows.push(("wait: median, 90th percentile, longest".to_owned(), waits.join(", ")));
    }
    let together = [paced, unheld].map(|figures| glance(figures.overlap.together));
    rows.push(("two or more together".to_owned(), format!("{}, instead of {}", together[0], together[1])));
    rows
}
