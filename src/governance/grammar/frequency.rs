//! How often: so many deploys or pushes in a time or in a unit of work, and "no rapid-fire pushes".

use super::clause::{Clause, Found, object_of, whole};
use super::pattern::patterns;
use super::quantity::{self, Period};
use super::vocabulary as v;
use crate::governance::directive::{Kind, Object, Polarity};

patterns! {
    RAPID = [
        "@never ..4 rapid-fire|rapid|frequent|repeated|back-to-back|consecutive|constant|successive|continuous|unnecessary|needless|excessive|too-many|burst|bursts ..3 @push|@deploy|@merge|@release|@pr|pushing|@commit",
        "@never ..2 rapid-fire|spam|hammer|thrash|rapidly|repeatedly|constantly|continuously ..5 @push|@deploy|@merge|@release|@pr",
        "@never ..3 @push|@deploy|@merge|@release ..4 too-often|in-a-row|rapidly|repeatedly|rapid-fire|back-to-back|constantly|frequently|continuously",
        "@never ..3 multiple|many|several ..2 @push|@deploy|@merge|@release ..4 in-a-row|quickly|short",
        "@never ..3 @push|@deploy ..3 multiple|several|many times",
        "prevent|limit|reduce|minimize|minimise|throttle ..2 rapid-fire|rapid|frequent|repeated|unnecessary|the? number? of? @deploy|@push",
        "^ minimize|minimise|reduce|limit|throttle ..2 production? @deploy|@push",
        "@deploy|@push|@release sparingly|infrequently|rarely", "as few @push|@deploy|@release", "@push|@deploy|@release as rarely",
        "@push|@deploy|@release|@merge ..2 less often|frequently", "@never ..3 @deploy|@push|@release after @deploy|@push|@release",
        "@never ..2 flood|bombard|overwhelm ..5 @deploy|@push|@release", "resist|avoid ..5 @push|@deploy ..2 constantly|repeatedly|often|frequently",
        "keep ..2 number|count|frequency of ..3 @deploy|@push|@release ..3 low|small|minimum|minimal|down", "^ keep ..2 @deploy|@push|@release ..2 infrequent|rare|low|minimal|down",
        "@deploy|@push|@release ..2 should|must|are|be rare|infrequent",
    ];
    ONE_AT_A_TIME = [
        "only|at-most # ..3 @deploy|@release|@merge ..2 at a|once|any time", "one @deploy|@release at a time", "only one|single ..3 @deploy ..3 at",
        "@never ..3 parallel|concurrent|simultaneous|overlapping ..2 @deploy|@release", "@never ..3 @deploy ..3 in parallel|simultaneously|concurrently",
        "@deploy|@release one service|app|environment|at at? a? time?",
        "@never ..2 two|multiple|several|concurrent|more-than ..3 @deploy|@release ..2 at the? same|once ..1",
    ];
    LIMIT = [
        "≤|<|<=|max|maximum|at-most|limit|limited|under|below|budget|exceed|cap|capped|more-than|up-to|fewer-than|throttle|throttled|quota|target|only|than",
        "# ..3 max|maximum|limit|tops|cap", "keep ..4 to #", "# ..5 max|maximum|tops|limit|cap $", "# ..5 max|maximum|tops ..1 $", "# ..7 is|are the? limit|maximum|cap|ceiling|most",
    ];
    SOFT_LIMIT = [
        "once|twice|thrice|single|one",
    ];
    SUB_QUOTA = ["morning|afternoon|evening|night : # @deploy|@push|@release"];
}

/// Reads what a clause says about how often.
pub fn read(clause: &Clause<'_>) -> Option<Found> {
    if !clause
        .has
        .with(clause.setting.label)
        .any(v::DEPLOY.with(v::PUSH).with(v::RELEASE).with(v::MERGE).with(v::PR).with(v::COMMIT))
    {
        return None;
    }
    if let Some(found) = counted(clause) {
        return Some(found);
    }
    let cadence = clause.fits(&RAPID) || clause.fits(&ONE_AT_A_TIME);
    if cadence && clause.may_ask() {
        return Some(clause.unbound(Kind::DeployFrequency, act(clause, 0)));
    }
    None
}

/// "at most 3 deploys per hour", "deploy no more than twice a day", "5 deploys/day max".
fn counted(clause: &Clause<'_>) -> Option<Found> {
    if clause.mood.form == super::mood::Form::Permission && !clause.fits(&LIMIT) {
        return None;
    }
    let states = clause.mood.form == super::mood::Form::Statement;
    let firm =
        !states || clause.says(&["at-most", "max", "maximum", "limited", "more-than", "capped", "limit", "ceiling"]);
    let limited = clause.fits(&LIMIT) && firm
        || clause.forbids()
        || (!states && clause.fits(&SOFT_LIMIT) && !clause.says(&["="]));
    let limited = limited
        || (clause.setting.label.any(v::DEPLOY.with(v::PUSH)) && clause.mood.form == super::mood::Form::Fragment);
    let limited = limited
        || (clause.setting.limits
            && clause.mood.form == super::mood::Form::Fragment
            && !clause.says(&["="])
            && clause.about(v::DEPLOY.with(v::PUSH)));
    let words = &clause.words;
    for (at, word) in words.iter().enumerate() {
        let Some(count) = word.number.filter(|_| limited) else { continue };
        // "More than 3 fix commits within an hour" is a chain of fixes.
        let fixes = (at + 1..at + 3)
            .filter_map(|place| words.get(place))
            .any(|word| matches!(word.text.as_str(), "fix" | "fixes" | "hotfixes" | "failed"));
        if fixes {
            continue;
        }
        // "3-5 deploys": the higher end is the limit.
        let range = words.get(at + 1).is_some_and(|word| matches!(word.text.as_str(), "-" | "–" | "to"));
        if range && words.get(at + 2).is_some_and(|word| word.number.is_some()) {
            continue;
        }
        if at == 0 && words.get(1).is_some_and(|word| word.text == ".") {
            continue;
        }
        let Some((period, place)) = period_near(clause, at) else { continue };
        // "Once a deploy has finished, wait an hour": no count.
        if word.text == "once" && place > at + 1 {
            continue;
        }
        if !counts_acts(clause, at, place) {
            continue;
        }
        return Some(budget(clause, at, count, &period));
    }
    let quota = clause.find(&SUB_QUOTA)?;
    let count = quota.numbers.first().and_then(|at| clause.number(*at))?;
    Some(budget(clause, quota.start, count, &Period::Work(words.get(quota.start)?.text.clone())))
}

/// The period that follows a count within a few words, or that stands right before it ("per day max 3").
fn period_near(clause: &Clause<'_>, at: usize) -> Option<(Period, usize)> {
    // Not past the next count: "100 deploys were too many, 5 deploys per day".
    let joins = [
        "per", "/", "every", "each", "in", "within", "any", "a", "than", "rolling", "every", "over", "last", "(", "-",
        "–", "to", "or",
    ];
    let other = (at + 1..clause.words.len()).find(|place| {
        let before = clause.words.get(place - 1).map_or("", |word| word.text.as_str());
        *place > at + 1 && clause.number(*place).is_some() && !joins.contains(&before)
    });
    let end = clause.words.len().min(at + 11).min(other.map_or(usize::MAX, |place| {
        place
            + usize::from(
                clause.words.get(place).is_some_and(|word| matches!(word.text.as_str(), "once" | "one" | "single")),
            )
    }));
    let after = (at + 1..end).find_map(|place| {
        let period = quantity::period_at(&clause.words, place)?;
        Some((period, place))
    });
    after.or_else(|| {
        let before = (at.saturating_sub(6)..at).find(|place| {
            clause.words.get(*place).is_some_and(|word| {
                matches!(word.text.as_str(), "per" | "each" | "every" | "daily" | "weekly" | "hourly")
            })
        })?;
        Some((quantity::period_at(&clause.words, before)?, before))
    })
}

/// Whether the count is one of acts: the act stands between count and period, or is the verb before them.
fn counts_acts(clause: &Clause<'_>, at: usize, place: usize) -> bool {
    let acts = v::DEPLOY.with(v::PUSH).with(v::RELEASE).with(v::MERGE).with(v::PR);
    let (low, high) = (at.min(place), at.max(place));
    let between = clause.words.get(low + 1..high).unwrap_or_default();
    let act_between = between.iter().any(|word| word.classes.any(acts));
    // "3 commits per deploy", "10 minutes": something else is counted.
    let other =
        clause.words.get(at + 1).is_some_and(|word| word.classes.any(v::UNIT) || quantity::unit(&word.text).is_some());
    let times = between.is_empty() || between.iter().any(|word| matches!(word.text.as_str(), "time" | "times" | "@"));
    let verb_before = clause.setting.label.any(acts)
        || clause.words.get(..low).unwrap_or_default().iter().any(|word| word.classes.any(acts));
    // "Max deploys per hour: 2", "Daily limit: 5 deploys".
    let after_colon = place < at && clause.words.get(at - 1).is_some_and(|word| word.text == ":");
    let act_follows = (at + 1..at + 4).filter_map(|at| clause.words.get(at)).any(|word| word.classes.any(acts));
    let tabled = after_colon && (act_follows || (at + 1 >= clause.words.len() && verb_before));
    !other && (act_between || (times && verb_before) || tabled)
}

/// What is counted: the act nearest to the count.
fn act(clause: &Clause<'_>, at: usize) -> Object {
    let acts = v::DEPLOY.with(v::PUSH).with(v::RELEASE).with(v::MERGE).with(v::PR);
    let near = |word: &super::words::Word| word.classes.any(acts).then(|| object_of(word.classes)).flatten();
    let after = clause.words.get(at..).unwrap_or_default().iter().find_map(near);
    let named = after.or_else(|| clause.words.iter().find_map(near));
    named.or_else(|| object_of(clause.setting.label)).unwrap_or(Object::Deploy)
}

fn budget(clause: &Clause<'_>, at: usize, count: f64, period: &Period) -> Found {
    let object = act(clause, at);
    let fewer = clause.find(&FEWER).is_some_and(|found| found.numbers == [at]);
    // "Two deploys within ten minutes are not allowed" allows one.
    let refused = clause.forbids() && count >= 2.0 && !clause.fits(&LIMIT);
    let count = if fewer || refused { count - 1.0 } else { count };
    let (key, per) = match object {
        Object::Push | Object::Merge | Object::Commit => ("pushes", period.rolling()),
        Object::PullRequest => ("pull-requests", period.rolling()),
        Object::Deploy | Object::Release => ("deploys", period.calendar()),
    };
    let mut found = clause.found(Kind::DeployFrequency, object).with(key, whole(count)).with("per", per);
    found.bound = period.is_time() && object != Object::PullRequest;
    // A limit asks, whether it says "at most" or "no more than".
    if found.polarity == Polarity::MustNot && !clause.forbids() {
        found.polarity = Polarity::Must;
    }
    found
}

patterns! {
    FEWER = ["fewer-than|under|below|< #"];
}
