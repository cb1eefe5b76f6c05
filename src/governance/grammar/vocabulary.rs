//! The words that the grammar knows, by class: one table, shared by all families.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

/// A set of word classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classes(pub u64);

impl Classes {
    /// Whether the two sets share a class.
    pub const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Both sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

macro_rules! classes {
    ($($constant:ident $name:literal $words:literal,)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "the variants are the constants' names")]
        enum Index { $($constant,)* }

        $(#[doc = $name] pub const $constant: Classes = Classes(1 << Index::$constant as u64);)*

        const TABLE: &[(&str, Classes, &str)] = &[$(($name, $constant, $words),)*];
    };
}

classes! {
    COMMIT "commit" "commit commits committing committed check-in check-ins",
    PUSH "push" "push pushes pushing pushed",
    PR "pr" "pr prs pr's mr mrs pull-request",
    MERGE "merge" "merge merges merging merged squash-merge land landing landed automerge auto-merge",
    DEPLOY "deploy" "deploy deploys deploying deployed deployment deployments redeploy redeploys redeploying redeployment redeployments rollout rollouts go-live ship ships shipping shipped promote promoting promotion deployment-changing",
    RELEASE "release" "release releases releasing released publish publishing published republish republishing pre-release prerelease publication",
    BRANCH "branch" "branch branches branching worktree worktrees",
    MAIN "main" "main master trunk mainline default-branch origin/main origin/master upstream/main protected-branch prod-branch",
    TRUNKISH "develop" "main master trunk mainline develop development dev staging next beta canary stable origin/main origin/master origin/develop upstream/main upstream/master default-branch integration",
    SECRET "secret" "secret secrets credential credentials password passwords passphrase passphrases token tokens api-key api-keys apikey keys keyfile private-key private-keys .env .envs .env.local pii dotenv keystore certificates cookies",
    GENERATED "generated" "generated generated-file generated-files artifacts artefacts binaries build-artifacts node_modules dist/ .env.local dist build/ datasets logs cache caches",
    MESSAGE "message" "message messages subject subjects title titles headline summary body description descriptions wording msg",
    CONVENTIONAL "conventional" "conventional conventional-commit conventional-commits conventional-style commitizen commitlint gitmoji semantic angular conventionalcommits",
    TRAILER "trailer" "co-authored-by co-author co-authors co-authored coauthor coauthored-by coauthored signed-off-by sign-off signoff signed-off trailer trailers assisted-by generated-by dco ai-attribution co-authorship --signoff",
    HOOK "hook" "hook hooks pre-commit pre-push commit-msg husky lefthook lint-staged",
    NOVERIFY "noverify" "--no-verify no-verify --no-gpg-sign core.hookspath husky=0 skip_hooks",
    FORCE "force" "force-push force-pushes force-pushing force-pushed --force --force-with-lease",
    AMEND "amend" "amend amends amending amended --amend rebase rebasing rebased rebases restack rewrite rewrites rewriting squash squashing squashed",
    CHECK "check" "lint-clean test tests testing tested lint lints linter linters linting build builds building typecheck typechecks typechecking type-check type-checks type-checking typecheck check checks checked checking ci suite pipeline pipelines formatter formatters format formatting formatted fmt prettier eslint ruff clippy pytest vitest jest compile compiles compiling verification validation validate validates validated validating qa smoke smoke-test smoke-tests coverage audit preflight e2e mypy biome tsc flint benchmark benchmarks green regression regressions static-analysis analyzer typos typings spotless checkstyle gofmt golangci-lint rubocop black isort shellcheck sanity typecheck",
    PASS "pass" "healthy pass passes passing passed green clean succeed succeeds succeeded succeeding fail fails failing failed red broken clear errors violations warnings",
    VERIFY "verify" "run runs running re-run rerun verify verifies verified verifying ensure confirm confirms confirming confirmed check checking validate validating test testing tested smoke-test monitor self-review double-check lint format build fix resolve review inspect execute perform watch scan audit compile rebuild regenerate update invoke typecheck exercise",
    APPROVE "approve" "approve approves approved approval approvals sign-off consent permission authorization authorisation authorized authorised instruction instructions ask asks asked asking request requested requests confirmation confirm confirms confirmed explicitly review reviewed reviewer reviewers approver go-ahead instructed told says greenlight acknowledgement acknowledgment acknowledges",
    PERSON "person" "user users user's human humans maintainer maintainers owner owners operator reviewer reviewers reviewed lead leads director team admin person people author me us codeowner codeowners approver approvers developer manager somebody someone teammate colleague",
    ENVIRONMENT "environment" "production prod staging stage preview live qa uat sandbox canary",
    MIGRATION "migration" "migration migrations migrate migrating migrated",
    SCHEMA "schema" "schema schemas ddl column columns table tables sql prisma alembic flyway liquibase knex drizzle db database databases index-creation",
    VERSION "version" "changelog.md version versions versioning semver tag tags tagging tagged changelog changelogs changeset changesets bump bumps bumping bumped release-notes version-bump newsfragment newsfragments",
    CHANGE "change" "change changes fix fixes bugfix bugfixes feature features update updates edit edits work commit commits task tasks tweak tweaks improvement improvements item items patch patches modification modifications component components sub-goal phrase refactor refactors migration migrations story stories piece pieces pr prs ticket tickets step steps iteration iterations file files typo typos doc docs hotfix hotfixes push pushes",
    BATCH "batch" "batch batches batching batched group groups grouping grouped bundle bundles bundling bundled accumulate accumulates accumulating accumulated combine combines combining combined consolidate consolidates consolidating consolidated collect collects fold folds aggregate gather",
    RAPID "rapid" "rapid-fire rapid rapidly frequent frequently repeated repeatedly back-to-back consecutive constant constantly successive continuous unnecessary spam spamming spammy hammer hammering thrash thrashing thrash-deploy burst bursts needless redundant too-often too-many excessive in-a-row",
    EACH "each" "each every individual single",
    FRESH "fresh" "another again next previous prior last consecutive successive new subsequent following other",
    UNIT "unit" "second seconds sec secs s minute minutes min mins m hour hours hr hrs h hourly day days d daily week weeks wk w weekly month months monthly morning afternoon evening night session sessions issue issues sprint sprints feature task shift",
    WAIT "wait" "wait waits waiting pause pauses leave leaves allow space spaced spacing cooldown cool-down cool-off soak soaks soaking bake bakes baking gap interval monitor observe delay hold separate stagger separated apart give minimum elapse elapsed stay stays let keep watch",
    FREEZE "freeze" "freeze freezes frozen freezing moratorium blackout embargo lockdown code-freeze deploy-freeze release-freeze no-deploy no-deploys",
    SMALL "small" "small smaller smallest focused minimal atomic tiny narrow bite-sized scoped bounded tight coherent self-contained concise single-purpose reviewable incremental granular",
    UNRELATED "unrelated" "unrelated mixed mixing mix unrelated-changes drive-by bundled opportunistic separate multiple",
    SIZE "size" "line lines loc file files commit commits change changes diff diffs",
    NEVER "never" "never don't no avoid not stop refrain can't mustn't shouldn't neither nor without skip nothing avoids avoiding cannot won't forbid forbidden prohibited disallowed banned ⛔ ❌ 🚫",
    MODAL "modal" "must should shall required requires require always need ensure mandatory required expected supposed ought only ✅",
    WEAK "weak" "should prefer prefers preferred preferably recommend recommended try consider ideally encouraged encourage suggested",
    PERMIT "permit" "may can could might optional optionally allowed permitted fine feel okay ok",
    BEFORE "before" "before prior-to pre until ahead prior previously",
    AFTER "after" "after once following post when upon since",
    DAY "day" "monday mondays mon tuesday tuesdays tue tues wednesday wednesdays wed thursday thursdays thu thur thurs friday fridays fri saturday saturdays sat sunday sundays sun weekend weekends weekday weekdays holiday holidays month-end",
    FUZZY "fuzzy" "afternoon afternoons evening evenings morning mornings night nights nighttime peak off-peak overnight holidays holiday business office working market trading incident incidents outage outages traffic busy event exam window windows hours maintenance late lunch release-week quarter-end month-end demo demos runs launch",
    DIRECT "direct" "direct directly straight",
    CISKIP "ciskip" "[skip [ci [no [skip-ci] [ci-skip] skip-ci [skip-deploy] [no-deploy] [deploy] [force-deploy] skip-checks skip-checks:true [build",
    ROLLBACK "rollback" "rollback rollbacks revert reverts roll-back rolled-back reverting backout",
    MANUAL "manual" "manual manually by-hand local locally laptop kubectl ssh rsync scp ftp console dashboard hand workflow workflows pipeline ci github-actions script scripts makefile",
    NAMING "naming" "name names named naming prefix prefixes prefixed suffix pattern format convention conventions",
    FINISH "finish" "finish finished finishes complete completes completed completing done completion finalize finalizing finishing submit submits submitting submitted submission opening open opened create creating created raise raising request requesting mark marking declare declaring propose proposing send sending handoff hand-off",
    ATTEMPT "attempt" "attempt attempts retry retries try tries retrying round rounds iteration iterations fix fixes hotfix hotfixes",
    ISSUE "issue" "issue issues ticket tickets jira issue-id",
    NEARBY "nearby" "fix fixes hotfixes trying repeatedly submit submitting git proceed attempts refactoring refactors unrelated patch minor review diff diffs scope repo repository gitignore .gitignore control untracked",
    AGENT "agent" "agent agents claude ai llm bot bots copilot codex assistant assistants gemini",
}

/// Base forms that make a sentence a command.
const VERBS: &str = "abort accumulate add allow amend announce append apply approve archive ask assign assume attach audit back backup \
 batch begin block branch build bump bundle call cap cancel check checkout choose cite clean clear close collapse collect combine comment commit compare \
 complete confirm consolidate consult continue coordinate copy cover craft create cut declare default defer delete deploy describe develop \
 diagnose disclose discuss do document double-check draft drop edit elevate embed emit enable enforce ensure escalate execute exclude exercise explain expect export \
 fetch file finish fix fold follow force-push format gate gather generate get give go group halt handle hold ignore implement include increment indicate \
 inspect install invoke isolate iterate justify keep label land leave let limit link lint list log look maintain make mark match mention merge \
 migrate minimize monitor move name note notify number obtain observe open order pause perform pick plan pin post prefer prefix prepare present preserve prevent \
 promote propose provide publish pull push put read rebase rollout rebuild record redeploy reduce refer reference regenerate refuse release remove rename reorder \
 report request require reserve reset resolve respect restrict retry reuse revert review rewrite roll rollback rotate run save scan schedule scope send separate set ship show \
 sign simulate skip soak space split squash stage stagger start state stay stop store strip structure submit summarize summarise switch sync tag take target tell test treat try \
 refresh accept acknowledge address adhere adopt align await bring clarify comply configure convert decide define delegate deliver determine disable \
 discard discover emphasize evaluate examine expose extend extract favor favour fill honor honour identify improve incorporate inform insert \
 integrate investigate leverage manage modify narrow offer omit optimize organize parse prioritize produce prune raise reach reapply reconcile redact \
 refactor reject rely remind repeat replace reply reproduce restart retain rethink return sanitize seek select share simplify specify strive suggest \
 tackle think tidy touch trim trust undo unify utilize weigh withhold respond proceed sign-off signoff generalize typecheck type-check update upgrade upload use validate verify view wait watch work wrap write restore limit throttle rate-limit re-run rerun cherry-pick trigger create-pr smoke-test self-review stick backfill base";

/// Third-person and past forms that make a sentence a statement.
const STATEMENTS: &str = "is are was were has have had does did runs triggers uses will fails creates contains provides handles means lives exists \
 enforces ensures checks validates verifies supports returns takes makes needs gets goes comes works applies becomes happens starts stops \
 generates produces includes keeps allows requires rejects blocks catches covers calls sends reads writes owns manages performs executes \
 auto-fixes installs loads shows sets adds removes opens closes builds-on i'm it's there's that's we're they're isn't aren't wasn't doesn't \
 didn't would should've been being gives exposes defines wraps fires emits maps depends expects matches lets causes breaks stays tracks \
 automates wastes costs reruns burns deploys-on publishes merges-into posts watches reruns appears lands listens understands renders reports \
 skips leads prevents helps reviews saves moves leaves passes sits drives tells waits wants says auto-deploys hosts currently get got made found broke caused happened took went go asks ships strips haven't hasn't still";

/// Words that may stand before the verb of a command.
const LEADING: &str = "please also then and but so or instead important note critical warning yes remember additionally finally first firstly \
 second next lastly likewise therefore thus however otherwise always you carefully explicitly strictly simply just immediately afterwards \
 ideally preferably generally typically usually manually locally periodically agents claude to absolutely never-ever rule todo tip caution mandatory required";

static WORDS: LazyLock<FxHashMap<&'static str, Classes>> = LazyLock::new(|| {
    let mut words: FxHashMap<&str, Classes> = FxHashMap::default();
    for (_, class, list) in TABLE {
        for word in list.split(' ') {
            let known = words.entry(word).or_default();
            *known = known.with(*class);
        }
    }
    for (list, class) in [(VERBS, VERB), (STATEMENTS, STATEMENT), (LEADING, LEAD)] {
        for word in list.split_whitespace() {
            let known = words.entry(word).or_default();
            *known = known.with(class);
        }
    }
    words
});

/// A base form that can open a command.
pub const VERB: Classes = Classes(1 << 63);
/// A form that states.
pub const STATEMENT: Classes = Classes(1 << 62);
/// A word that may stand before the verb of a command.
pub const LEAD: Classes = Classes(1 << 61);
/// A code span.
pub const CODE: Classes = Classes(1 << 60);
/// A number, in digits or words.
pub const NUMBER: Classes = Classes(1 << 59);
/// Punctuation.
pub const PUNCTUATION: Classes = Classes(1 << 58);

/// The classes of a lower-case word.
pub fn classes(word: &str) -> Classes {
    WORDS.get(word).copied().unwrap_or_default()
}

/// A class by its name in patterns.
pub fn named(name: &str) -> Option<Classes> {
    match name {
        "verb" => Some(VERB),
        "code" => Some(CODE),
        "number" => Some(NUMBER),
        "punctuation" => Some(PUNCTUATION),
        _ => TABLE.iter().find(|(known, ..)| *known == name).map(|(_, class, _)| *class),
    }
}
