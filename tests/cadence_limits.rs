//! How people write limits into CLAUDE.md: how often, how far apart, how much at once.

mod support {
    pub mod cases;
}

use support::cases::hold;

#[test]
fn how_often() {
    hold(&[
        ("- Cap production deploys at 4 per day.", &["deploy-frequency deploy must deploys=4 per=day"]),
        ("We deploy no more than five times a week.", &["deploy-frequency deploy must deploys=5 per=week"]),
        ("Never ship more than two releases in one day.", &["deploy-frequency release must-not deploys=2 per=day"]),
        ("Do not deploy more often than 3 times per hour.", &["deploy-frequency deploy must-not deploys=3 per=1h"]),
        ("Up to 6 deploys per day are fine, never more.", &["deploy-frequency deploy must deploys=6 per=day"]),
        ("Limit yourself to two deploys per session.", &["deploy-frequency deploy must deploys=2 per=session ?"]),
        ("Limit production deployments to 3 a day.", &["deploy-frequency deploy must deploys=3 per=day"]),
        ("- **Deploy rate**: max 2 per hour", &["deploy-frequency deploy must deploys=2 per=1h"]),
        (
            "- **Rate limit:** no more than 10 deploys in a 24-hour period",
            &["deploy-frequency deploy must deploys=10 per=1d"],
        ),
        ("Deploys to production: once a day, tops.", &["deploy-frequency deploy must deploys=1 per=day"]),
        ("You may deploy at most twice per day.", &["deploy-frequency deploy must deploys=2 per=day"]),
        ("Agents may trigger a maximum of 3 deploys per hour.", &["deploy-frequency deploy must deploys=3 per=1h"]),
        ("Deployments must not exceed 8 per day.", &["deploy-frequency deploy must-not deploys=8 per=day"]),
        (
            "Do not exceed four production deploys an hour, because each restart drops sockets.",
            &["deploy-frequency deploy must-not deploys=4 per=1h"],
        ),
        (
            "Because every deploy restarts the workers, keep it to three deploys a day.",
            &["deploy-frequency deploy must deploys=3 per=day"],
        ),
        ("One production deploy per day is the limit.", &["deploy-frequency deploy must deploys=1 per=day"]),
        ("A maximum of one deploy every two hours.", &["deploy-frequency deploy must deploys=1 per=2h"]),
        ("Deploy once every 4 hours at most.", &["deploy-frequency deploy must deploys=1 per=4h"]),
        ("Deploy at most every 30 minutes.", &["deploy-interval deploy must since-start=30m"]),
        ("Don't push to `main` more than three times per hour.", &["deploy-frequency push must-not pushes=3 per=1h"]),
        ("Max five pushes to main per day.", &["deploy-frequency push must pushes=5 per=1d"]),
        ("No more than 2 pushes in any 15 minute window.", &["deploy-frequency push must pushes=2 per=15m"]),
        ("Limit merges into main to 6 per day.", &["deploy-frequency merge must pushes=6 per=1d"]),
        ("Open at most two PRs per day.", &["deploy-frequency pull-request must pull-requests=2 per=1d ?"]),
        ("Prefer at most 3 deploys per day.", &["deploy-frequency deploy should deploys=3 per=day"]),
        ("We should deploy no more than twice a day.", &["deploy-frequency deploy should deploys=2 per=day"]),
        ("Ideally keep deploys below 5 per week.", &["deploy-frequency deploy should deploys=4 per=week"]),
        (
            "| Rule | Limit |\n|---|---|\n| Production deploys | 4 per day |\n| Hotfix | none |",
            &["deploy-frequency deploy must deploys=4 per=day"],
        ),
        (
            "| What | How often |\n|---|---|\n| Deploys | max. 2 per hour |",
            &["deploy-frequency deploy must deploys=2 per=1h"],
        ),
        (
            "## Deploy limits\n\n- 3 deploys per hour\n- 10 deploys per day",
            &["deploy-frequency deploy must deploys=3 per=1h", "deploy-frequency deploy must deploys=10 per=day"],
        ),
        ("## Do NOT\n\n- deploy more than twice an hour", &["deploy-frequency deploy must-not deploys=2 per=1h"]),
        (
            "Do NOT:\n\n- push more than 4 times per hour\n- bypass review",
            &["deploy-frequency push must-not pushes=4 per=1h"],
        ),
        (
            "| Rule | Value |\n|---|---|\n| Max deploys per hour | 2 |",
            &["deploy-frequency deploy must deploys=2 per=1h"],
        ),
        ("- Daily limit: 5 production deploys", &["deploy-frequency deploy must deploys=5 per=day"]),
        ("Two deploys within ten minutes are not allowed.", &["deploy-frequency deploy must-not deploys=1 per=10m"]),
        ("Never deploy twice in one hour.", &["deploy-frequency deploy must-not deploys=1 per=1h"]),
        ("Rollouts: ≤ 2/day.", &["deploy-frequency deploy must deploys=2 per=day"]),
        ("Deploy max 1x/day.", &["deploy-frequency deploy must deploys=1 per=day"]),
        ("Deploy budget: 5 deploys per day and not one more.", &["deploy-frequency deploy must deploys=5 per=day"]),
        ("Never rapid-fire deploys.", &["deploy-frequency deploy must-not ?"]),
        ("No rapid fire pushing to main!", &["deploy-frequency push must-not ?"]),
        ("Avoid deploying in rapid succession.", &["deploy-frequency deploy must-not ?"]),
        ("Please don't push several times in a row.", &["deploy-frequency push must-not ?"]),
        ("Don't fire off deploy after deploy.", &["deploy-frequency deploy must-not ?"]),
        ("Avoid back-to-back deployments.", &["deploy-frequency deploy must-not ?"]),
        ("Do not flood production with deploys.", &["deploy-frequency deploy must-not ?"]),
        ("Resist the urge to push constantly.", &["deploy-frequency push must ?"]),
        ("Keep the number of production deploys low.", &["deploy-frequency deploy must ?"]),
        ("Deploy sparingly.", &["deploy-frequency deploy must ?"]),
        ("Never run two deploys at the same time.", &["deploy-frequency deploy must-not ?"]),
        ("The dashboard shows 3 deploys per hour on average.", &[]),
        ("The API allows 100 requests per minute.", &[]),
        ("Our CI deploys previews 20 times a day.", &[]),
    ]);
}

#[test]
fn how_far_apart() {
    hold(&[
        ("Wait 15 minutes between deploys.", &["deploy-interval deploy must since-start=15m"]),
        ("- Leave at least 20 minutes between two deploys.", &["deploy-interval deploy must since-start=20m"]),
        ("Space deploys out by at least 30 minutes.", &["deploy-interval deploy must since-start=30m"]),
        ("Space out production deploys by an hour.", &["deploy-interval deploy must since-start=1h"]),
        ("Deploys must be at least an hour apart.", &["deploy-interval deploy must since-start=1h"]),
        ("Keep deploys 45 minutes apart.", &["deploy-interval deploy must since-start=45m"]),
        ("Two deploys need to be no less than 2 hours apart.", &["deploy-interval deploy must since-start=2h"]),
        ("Minimum gap between production deploys: 20 minutes.", &["deploy-interval deploy must since-start=20m"]),
        ("- **Deploy spacing**: at least 1 hour between deploys", &["deploy-interval deploy must since-start=1h"]),
        ("- **Cooldown:** 10 minutes after every deploy", &["deploy-interval deploy must after-finish=10m"]),
        ("There must be at least 5 minutes between pushes to main.", &["deploy-interval push must since-start=5m"]),
        ("Don't push again within 10 minutes of the last push.", &["deploy-interval push must-not since-start=10m"]),
        (
            "Never start a deploy less than 15 minutes after the previous one.",
            &["deploy-interval deploy must-not since-start=15m"],
        ),
        (
            "Do not deploy more often than once every 30 minutes.",
            &["deploy-frequency deploy must-not deploys=1 per=30m"],
        ),
        (
            "After a deploy completes, wait 10 minutes before you start another.",
            &["deploy-interval deploy must after-finish=10m"],
        ),
        (
            "Once a deploy has finished, wait a quarter of an hour before the next.",
            &["deploy-interval deploy must after-finish=15m"],
        ),
        ("Wait at least ten minutes after each production deploy.", &["deploy-interval deploy must after-finish=10m"]),
        (
            "Watch the graphs for 30 minutes after deploying before you deploy again.",
            &["deploy-interval deploy must after-finish=30m"],
        ),
        (
            "Let each release bake for at least two hours before shipping the next one.",
            &["deploy-interval deploy must since-start=2h"],
        ),
        (
            "Let it bake in staging for 24 hours before promoting to production.",
            &["deploy-interval deploy must in=staging for=1d"],
        ),
        (
            "Changes soak on staging for at least a day before they ship to production.",
            &["deploy-interval deploy must in=staging for=1d"],
        ),
        (
            "Every release must soak in canary for 4 hours before production.",
            &["deploy-interval deploy must in=canary for=4h"],
        ),
        (
            "Soak time on staging: minimum 12 hours before deploying to prod.",
            &["deploy-interval deploy must in=staging for=12h"],
        ),
        ("Prefer to wait an hour between deploys.", &["deploy-interval deploy should since-start=1h"]),
        ("Allow half an hour between merges to main.", &["deploy-interval merge must since-start=30m"]),
        (
            "| Rule | Value |\n|---|---|\n| Time between deploys | at least 30 min |",
            &["deploy-interval deploy must since-start=30m"],
        ),
        (
            "| Rule | Value |\n|---|---|\n| Minimum interval between deploys | 20 minutes |",
            &["deploy-interval deploy must since-start=20m"],
        ),
        (
            "| Rule | Value |\n|---|---|\n| Min minutes between deploys | 15 |",
            &["deploy-interval deploy must since-start=15m"],
        ),
        ("After deploying, wait 15 minutes before deploying again.", &["deploy-interval deploy must after-finish=15m"]),
        ("Wait ≥ 30 min between releases.", &["deploy-interval release must since-start=30m"]),
        ("Respect a 10-minute cooldown between deploys.", &["deploy-interval deploy must since-start=10m"]),
        (
            "Pause for 5 minutes after a push to let things settle before pushing again.",
            &["deploy-interval push must after-finish=5m"],
        ),
        (
            "Deploys should be spaced at least 15 minutes apart because the cache needs to warm up.",
            &["deploy-interval deploy should since-start=15m"],
        ),
        ("Wait for the running deploy to finish before starting a new one.", &["deploy-interval deploy must ?"]),
        ("Never start a deploy while another one is still running.", &["deploy-interval deploy must-not ?"]),
        ("Give each deploy time to settle before the next one.", &["deploy-interval deploy must ?"]),
        ("Space out your deploys.", &["deploy-interval deploy must ?"]),
        ("The deploy job times out after 30 minutes.", &[]),
        ("A deployment usually takes 5 minutes to finish.", &[]),
        ("Health checks wait 30 seconds after a deploy.", &[]),
    ]);
}

#[test]
fn how_much_at_once() {
    hold(&[
        ("Batch related changes into a single deploy.", &["batching deploy must ?"]),
        ("Group related fixes and push them together.", &["batching push must ?"]),
        ("Bundle small changes into one deploy.", &["batching deploy must ?"]),
        ("Combine related commits before you push.", &["batching push must ?"]),
        ("Squash related commits before pushing.", &["batching push must ?"]),
        ("Collect fixes and ship them in one go.", &["batching deploy must ?"]),
        ("Prefer to batch small fixes into one deploy.", &["batching deploy should ?"]),
        ("Push once, when everything is done.", &["batching push must ?"]),
        ("One deploy per feature, not per commit.", &["deploy-frequency deploy must deploys=1 per=feature ?"]),
        ("Make a single deploy for the whole set of changes.", &["batching deploy must ?"]),
        ("Don't push after every commit.", &["batching push must-not per=change ?"]),
        ("Do not trigger a deploy for each fix.", &["batching deploy must-not per=change ?"]),
        ("Don't deploy every single change on its own.", &["batching deploy must-not per=change ?"]),
        ("Never ship one-line fixes separately.", &["batching deploy must-not per=change ?"]),
        ("Commit locally as often as you like, but push in batches.", &["batching push must ?"]),
        ("Commit after each change.", &["batching commit must per=change ?"]),
        ("Push immediately after every commit.", &["batching push must per=change ?"]),
        ("Deploy after every merge to main.", &["batching deploy must per=change ?"]),
        ("Ship small, ship often.", &["batching deploy must per=change ?"]),
        ("Commit early and often.", &["batching commit must per=change ?"]),
        ("Deploy each change on its own.", &["batching deploy must per=change ?"]),
        ("Never batch several features into one deploy.", &["batching deploy must-not ?"]),
        ("Do not bundle unrelated changes into one release.", &["batching release must-not ?"]),
        ("Batch at least 5 commits per deploy.", &["batching deploy must min-commits=5"]),
        ("Minimum 3-5 per deploy.", &["batching deploy must min-commits=3 max-commits=5"]),
        ("Minimum 3–5 fixes per deploy", &["batching deploy must min-commits=3 max-commits=5"]),
        ("- **Batch size**: 4 to 8 commits per deploy", &["batching deploy must min-commits=4 max-commits=8"]),
        (
            "Batch 2 to 6 commits into one deploy, or wait at most 3 hours.",
            &["batching deploy must min-commits=2 max-commits=6 max-wait=3h"],
        ),
        ("At most 1 commit in one deploy.", &["batching deploy must max-commits=1"]),
        ("A deploy must contain at least three commits.", &["batching deploy must min-commits=3"]),
        ("A deploy should carry no more than 12 commits.", &["batching deploy should max-commits=12"]),
        ("Never put more than ten changes into a deploy.", &["batching deploy must-not max-commits=10"]),
        ("Max 15 commits per release", &["batching release must max-commits=15"]),
        ("Hold deploys until at least four fixes have piled up.", &["batching deploy must min-commits=4"]),
        (
            "Wait for 3 or more changes before deploying, but no longer than a day.",
            &["batching deploy must min-commits=3 max-wait=1d"],
        ),
        ("| Rule | Limit |\n|---|---|\n| Commits per deploy | max 10 |", &["batching deploy must max-commits=10"]),
        ("| Rule | Limit |\n|---|---|\n| Commits per deploy | at least 3 |", &["batching deploy must min-commits=3"]),
        (
            "| Rule | Limit |\n|---|---|\n| Batch size | 3-5 commits per deploy |",
            &["batching deploy must min-commits=3 max-commits=5"],
        ),
        ("## Do NOT\n\n- deploy after each commit", &["batching deploy must-not per=change ?"]),
        ("The bundler groups modules into chunks.", &[]),
        ("Batch your database reads.", &[]),
        ("Commits are grouped by author in the report.", &[]),
    ]);
}

#[test]
fn how_many_fixes() {
    hold(&[
        ("No more than 3 fix commits within 10 minutes.", &["fix-chain commit must fixes=4 within=10m"]),
        ("Fewer than 3 fixes of the same files within 2 hours.", &["fix-chain commit must fixes=3 within=2h"]),
        ("Prefer fewer than 2 fixes of the same files within 1 hour.", &["fix-chain commit should fixes=2 within=1h"]),
        ("At most two hotfixes to the same file in an hour.", &["fix-chain commit must fixes=3 within=1h"]),
        (
            "Never push more than 2 fixes for the same bug within 30 minutes.",
            &["fix-chain commit must-not fixes=3 within=30m"],
        ),
        (
            "After three failed fix commits in an hour, stop and roll back.",
            &["fix-chain commit must-not fixes=3 within=1h"],
        ),
        ("If more than 3 fix commits land within an hour, stop.", &["fix-chain commit must-not fixes=4 within=1h"]),
        ("Stop after two failed attempts to fix a deploy.", &["fix-chain commit must-not fixes=2 ?"]),
        ("Do not pile fix upon fix onto production.", &["fix-chain push must-not ?"]),
        ("Don't push fix after fix; reproduce the bug locally.", &["fix-chain push must-not ?"]),
    ]);
}
