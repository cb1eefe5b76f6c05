//! Whether the policy names somebody: as a person, or by the role that they have at this moment.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::engine::policy::OverridePolicy;
use crate::github::{Actor, GitHub, Trouble};

/// Those whom a policy names, as GitHub knows them now.
pub struct Named<'a> {
    hub: &'a GitHub,
    policy: &'a OverridePolicy,
    /// Roles that were asked for, by login.
    known: RefCell<BTreeMap<String, String>>,
}

impl<'a> Named<'a> {
    /// Nothing is asked yet; nothing where the policy names nobody whom GitHub could know.
    #[must_use]
    pub fn new(hub: &'a GitHub, policy: Option<&'a OverridePolicy>) -> Option<Self> {
        let policy = policy.filter(|policy| names_somebody(policy))?;
        Some(Self { hub, policy, known: RefCell::default() })
    }

    /// Whether it names them.
    ///
    /// # Errors
    ///
    /// Fails where their role is needed and GitHub does not tell it.
    pub fn may(&self, login: &str) -> Result<bool, Trouble> {
        if self.policy.people.iter().any(|name| name != "cli" && name.eq_ignore_ascii_case(login)) {
            return Ok(true);
        }
        // Nobody's role is asked for where no role is named.
        if !self.policy.roles.iter().any(|role| role != "cli") {
            return Ok(false);
        }
        let role = self.role(login)?;
        Ok(self.policy.roles.iter().any(|name| name != "cli" && name.eq_ignore_ascii_case(&role)))
    }

    fn role(&self, login: &str) -> Result<String, Trouble> {
        let login = login.to_lowercase();
        if let Some(role) = self.known.borrow().get(&login) {
            return Ok(role.clone());
        }
        let role = self.hub.permission(&login)?.role().to_owned();
        self.known.borrow_mut().insert(login, role.clone());
        Ok(role)
    }

    /// Whom it names, for people.
    #[must_use]
    pub fn words(&self) -> String {
        words(self.policy)
    }
}

/// Whether a policy names anybody whom GitHub could know.
#[must_use]
pub fn names_somebody(policy: &OverridePolicy) -> bool {
    policy.roles.iter().chain(&policy.people).any(|name| name != "cli")
}

/// Whom a policy names, for people.
#[must_use]
pub fn words(policy: &OverridePolicy) -> String {
    let list = |names: &[String]| names.iter().filter(|name| *name != "cli").cloned().collect::<Vec<_>>().join(", ");
    match (list(&policy.roles), list(&policy.people)) {
        (roles, people) if people.is_empty() => format!("the roles {roles}"),
        (roles, people) if roles.is_empty() => people,
        (roles, people) => format!("the roles {roles}, and {people}"),
    }
}

/// Whether it is a person: no bot, no organisation.
#[must_use]
pub fn is_person(actor: &Actor) -> bool {
    actor.kind.as_deref() == Some("User") && !actor.login.ends_with("[bot]")
}
