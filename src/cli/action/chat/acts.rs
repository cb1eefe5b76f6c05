//! What changes what may be deployed: overrides, freezes, and their end.

use super::Desk;
use crate::bot::chat::{Answer, Mark, Said};
use crate::engine::event::Instant;
use crate::engine::policy::{EnvironmentPolicy, OverridePolicy};
use crate::error::Error;
use crate::gather::Told;
use crate::ledger::word::What;
use crate::render::{clean, escape, when};
use crate::sources::github::bound::{Place, bound};
use crate::sources::github::freezes::{self, Frost};
use crate::sources::github::overrides;
use crate::sources::github::people::{self, Named};

impl Desk<'_> {
    /// What the policy says of an environment whose gate somebody wants to change, if they may.
    ///
    /// # Errors
    ///
    /// A wrong call, where they may not or where the policy hears no words on GitHub.
    fn allowed(&self, environment: &str, what: &str) -> Result<EnvironmentPolicy, Error> {
        let policy = self.subject.environment(Some(environment))?;
        if self.subject.found.policy.chat().is_none() {
            return Err(Error::usage(format!("words on GitHub {what} nothing here: the policy does not hear them"))
                .hint("write `chat:` into the policy of the default branch"));
        }
        let name = clean(environment);
        let named = policy.overrides.as_ref().filter(|overrides| people::names_somebody(overrides));
        let Some(named) = named else {
            return Err(Error::usage(format!("the policy lets nobody {what} {name} by a comment"))
                .hint("it names those who may under `override`: `override: {roles: [maintain, admin], expires: 1h}`"));
        };
        match self.may(named)? {
            true => Ok(policy),
            false => Err(Error::usage(format!("{} may not {what} {name}", clean(&self.by)))
                .hint(format!("the policy names {}", people::words(named)))),
        }
    }

    fn may(&self, named: &OverridePolicy) -> Result<bool, Error> {
        let may = self.ask(|hub| Named::new(hub, Some(named)).map_or(Ok(false), |named| named.may(&self.by)));
        Ok(may?)
    }

    /// An instant as it is told to people.
    fn when(&self, instant: Instant) -> String {
        when(instant, self.question.now.instant, Some(self.subject.zone()))
    }

    pub(super) fn give(
        &self,
        said: &Said,
        environment: &str,
        commit: Option<&str>,
        reason: &str,
    ) -> Result<Answer, Error> {
        let policy = self.allowed(environment, "override")?;
        let refused = |why: String| Answer::new(&said.text, Mark::Refused, why);
        let chat = self.subject.found.policy.chat().unwrap_or_default();
        if self.place == Place::Issue && chat.issue != Some(self.number) {
            let there = chat.issue.map(|issue| format!(", or in issue {issue}")).unwrap_or_default();
            return Ok(refused(format!("an override stands on a pull request of the batch{there}: not here")));
        }
        let bound = match self.ask(|hub| bound(hub, self.place, commit, self.at))? {
            Ok(bound) => bound,
            Err(why) => return Ok(refused(format!("this overrides nothing: {why}"))),
        };
        let told = self.told(&policy)?;
        let heard = self.ask(|hub| overrides::read(hub, &self.subject.listening(&policy)))?;
        let spending = policy.overrides.clone().unwrap_or_default();
        let (counted, spent, notes) = heard.counted(&spending, told.spent);
        let Some(own) = counted.iter().find(|one| one.comment == self.id) else {
            let own = format!("comment {} ", self.id);
            let why = heard.notes.iter().chain(&notes).find(|note| note.contains(&own)).cloned();
            return Ok(refused(why.unwrap_or_else(|| "GitHub does not show this comment yet".to_owned())));
        };
        let short = |id: &str| id.chars().take(8).collect::<String>();
        let landed = bound.landed.as_deref().map(|id| format!(", which landed as {}", short(id))).unwrap_or_default();
        let (by, name, until) = (clean(&self.by), clean(environment), self.when(own.until));
        let commit = short(&bound.commit);
        let says = format!(
            "{by} lets one rollout of {commit}{landed} to {name} pass soft-mandatory rules until {until}: {reason}"
        );
        let answer = Answer::new(&said.text, Mark::Done, says).note(
            "it counts while the comment stands unedited and its author has the role; the first rollout of that commit uses it up",
        );
        let left = spending.per_month.map(|limit| limit.saturating_sub(spent));
        Ok(match left {
            Some(left) => answer.note(format!("{left} left this month")),
            None => answer,
        })
    }

    /// What the ledger tells of an environment; one that cannot be read holds whatever is said here.
    fn told(&self, policy: &EnvironmentPolicy) -> Result<Told, Error> {
        drop(self.subject.records(None, &self.question, &policy.environment)?);
        Ok(self.subject.told())
    }

    fn frost(&self, policy: &EnvironmentPolicy) -> Result<Frost, Error> {
        Ok(self.ask(|hub| freezes::read(hub, &self.subject.listening(policy)))?)
    }

    pub(super) fn freeze(&self, said: &Said, environment: &str, until: Instant, reason: &str) -> Result<Answer, Error> {
        self.allowed(environment, "freeze")?;
        let (by, name, shown) = (clean(&self.by), clean(environment), self.when(until));
        let (title, marker) = (freezes::title(environment, until), freezes::marker(self.id));
        // The same comment, looked at again, freezes once.
        let open = self.ask(|hub| hub.open_issues(freezes::LABEL))?;
        let same = |issue: &&crate::github::Issue| {
            freezes::comment_of(issue) == Some(self.id) && issue.title.as_ref() == Some(&title)
        };
        let issue = if let Some(issue) = open.iter().find(same) {
            issue.number
        } else {
            let body = format!(
                "{marker}\n\nNothing is deployed to **{}** until **{}**, as {} asked: {}\n\nClosing this issue ends the freeze.\n",
                escape(environment),
                escape(&shown),
                escape(&self.by),
                escape(reason)
            );
            let made = self.ask(|hub| hub.create_issue(&title, &body, freezes::LABEL))?;
            // GitHub drops labels without a word where the token may not set them.
            if !made.has(freezes::LABEL) {
                let says = format!("nothing is frozen: issue {} has no label {}", made.number, freezes::LABEL);
                return Ok(Answer::new(&said.text, Mark::Refused, says)
                    .note("label it by hand, or give the job `issues: write`"));
            }
            made.number
        };
        Ok(Answer::new(&said.text, Mark::Done, format!("{by} froze {name} until {shown}: {reason}"))
            .note(format!("issue {issue} is the freeze: it ends then, or when that is closed")))
    }

    pub(super) fn thaw(&self, said: &Said, environment: &str) -> Result<Answer, Error> {
        let policy = self.allowed(environment, "thaw")?;
        let frost = self.frost(&policy)?;
        let (alone, wide): (Vec<_>, Vec<_>) = frost.freezes.into_iter().partition(|one| one.alone);
        for one in &alone {
            self.ask(|hub| hub.close_issue(one.issue))?;
        }
        let (by, name) = (clean(&self.by), clean(environment));
        let numbers: Vec<String> = alone.iter().map(|one| one.issue.to_string()).collect();
        let mut answer = if alone.is_empty() {
            Answer::new(&said.text, Mark::Refused, format!("no issue freezes {name} alone"))
        } else {
            let says = format!("{by} thawed {name}: closed issue {}", numbers.join(", "));
            Answer::new(&said.text, Mark::Done, says)
        };
        for one in wide {
            answer = answer.note(format!("issue {} freezes every environment: close it to end that", one.issue));
        }
        for (issue, missing) in frost.unclear {
            answer = answer.note(format!("issue {issue} holds too: {}", missing.what));
        }
        let now = self.question.now.instant;
        for word in self.told(&policy)?.words.iter().filter(|word| word.is_live(now)) {
            if matches!(word.what, What::Freeze { .. }) {
                answer = answer.note(format!("{} of the ledger holds too: `deploy-rhythm thaw` ends it", word.id));
            }
        }
        Ok(answer)
    }
}
