//! Terms of several words, and numbers in words.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::vocabulary::CODE;
use super::words::{self, Word};

/// Terms and the one word that stands for them, a line each.
const TERMS: &str = "\
    pull request=pr, pull requests=prs, merge request=mr, merge requests=mrs
    autocommit=auto-commit, autopush=auto-push, automerge=auto-merge, auto deploy=auto-deploy, force pushed=force-pushed
    force push=force-push, force pushes=force-pushes, force pushing=force-pushing, force pushed=force-pushed
    roll out=rollout, rolling out=deploying, going live=deploying, go live=go-live, roll back=rollback
    production change=deploy, production changes=deploys, prod change=deploy, prod changes=deploys
    api key=api-key, api keys=api-keys, private key=private-key, private keys=private-keys
    rapid fire=rapid-fire, back to back=back-to-back, in a row=in-a-row, too often=too-often, so often=too-often, too many=too-many
    in quick succession=in-a-row, in rapid succession=in-a-row, quick succession=in-a-row
    change log=changelog, release notes=release-notes, sign off=sign-off, signed off=signed-off, co author=co-author
    at least=at-least, at minimum=at-least, at a minimum=at-least, no fewer than=at-least, no less than=at-least, not less than=at-least
    at most=at-most, no more than=at-most, not more than=at-most, never more than=at-most
    fewer than=fewer-than, less than=fewer-than, more than=more-than, up to=up-to
    do not=don't, does not=doesn't, must not=mustn't, shall not=mustn't, may not=mustn't, should not=shouldn't, can not=can't
    will not=won't, is not=isn't, are not=aren't
    make sure=ensure, be sure=ensure, need to=must, needs to=must, has to=must, have to=must
    prior to=prior-to, by hand=by-hand, half an hour=half-hour, quarter of an hour=quarter-hour, quarter hour=quarter-hour, end of day=end-of-day, month end=month-end, end of the month=month-end, end of month=month-end, last day of the month=month-end, quarter end=quarter-end, end of the quarter=quarter-end, end of the day=end-of-day
    smoke test=smoke-test, smoke tests=smoke-tests, pre commit=pre-commit, pre push=pre-push, status checks=checks
    release age=release-age, release profile=release-profile, release mode=release-mode, release build=release-build
    release builds=release-builds, release binary=release-binary, release binaries=release-binaries, push back=push-back
    default branch=default-branch, protected branch=protected-branch, feature flag=feature-flag, feature flags=feature-flags";

/// The words after the first, and the word for all.
type Rest = (Vec<&'static str>, &'static str);

static BY_FIRST: LazyLock<FxHashMap<&'static str, Vec<Rest>>> = LazyLock::new(|| {
    let mut first: FxHashMap<&str, Vec<Rest>> = FxHashMap::default();
    for (term, joined) in TERMS.split([',', '\n']).filter_map(|line| line.trim().split_once('=')) {
        let mut parts = term.split(' ');
        if let Some(start) = parts.next() {
            first.entry(start).or_default().push((parts.collect(), joined));
        }
    }
    first
});

/// Puts one word for each term.
pub fn join(words: &[Word]) -> Vec<Word> {
    let mut joined = Vec::with_capacity(words.len());
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if let Some((rest, text)) = term(words, at, word) {
            joined.push(words::plain(text, word.start));
            at += 1 + rest.len();
        } else {
            joined.push(word.clone());
            at += 1;
        }
    }
    joined
}

/// The term that starts at a word.
fn term(words: &[Word], at: usize, word: &Word) -> Option<&'static Rest> {
    let terms = BY_FIRST.get(word.text.as_str()).filter(|_| !word.classes.any(CODE))?;
    let is = |index: usize, part: &str| words.get(at + 1 + index).is_some_and(|word| word.text == part);
    terms.iter().find(|(rest, _)| rest.iter().enumerate().all(|(index, part)| is(index, part)))
}

/// Numbers that people write as words.
const NUMBERS: &str = "zero 0 one 1 two 2 three 3 four 4 five 5 six 6 seven 7 eight 8 nine 9 ten 10 eleven 11 twelve 12 fifteen 15 \
    twenty 20 twenty-four 24 thirty 30 forty 40 forty-five 45 sixty 60 ninety 90 hundred 100 once 1 twice 2 thrice 3 single 1";

static BY_NAME: LazyLock<FxHashMap<&'static str, f64>> = LazyLock::new(|| {
    let words: Vec<&str> = NUMBERS.split_whitespace().collect();
    words.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, pair.last()?.parse().ok()?))).collect()
});

/// A number in digits or in words.
pub fn number(text: &str) -> Option<f64> {
    if !text.starts_with(|letter: char| letter.is_ascii_digit()) {
        return BY_NAME.get(text).copied();
    }
    let digits = text.trim_end_matches('x').replace(',', "");
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    digits.parse().ok().filter(|_| plain && digits.matches('.').count() < 2)
}
