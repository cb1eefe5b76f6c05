//! Who calls. A caller without a terminal does not claim an exception unless the policy names it: a guard rail, which keeps
//! honest automation on the road, and stops nobody who means to leave it.

use super::Edge;
use crate::engine::policy::EnvironmentPolicy;
use crate::error::Error;

/// Who calls, and whether somebody sits there.
#[derive(Clone, Debug)]
pub struct Caller {
    /// What the environment says, which nobody has verified.
    pub name: Option<String>,
    pub terminal: bool,
}

impl Caller {
    /// Whoever started this process.
    #[must_use]
    pub fn of(edge: &Edge) -> Self {
        Self { name: edge.surroundings.user.clone(), terminal: edge.surroundings.terminal }
    }

    /// Whether it may claim an exception: it has a terminal, or the policy names it.
    #[must_use]
    pub fn may(&self, policy: &EnvironmentPolicy) -> bool {
        let named = |name: &String| name == "*" || self.name.as_ref() == Some(name);
        self.terminal || policy.unattended.iter().any(named)
    }

    /// Refuses a claim that it may not make.
    ///
    /// # Errors
    ///
    /// Says what would be needed.
    pub fn need(&self, policy: &EnvironmentPolicy, what: &str) -> Result<(), Error> {
        if self.may(policy) {
            return Ok(());
        }
        let name = self.name.as_deref().unwrap_or("a caller without a name");
        Err(Error::usage(format!("{what} needs a terminal, and {name} has none here")).hint(format!(
            "ask somebody at a terminal; a policy lets a caller do without: `unattended: [NAME]` of `{}`",
            policy.environment
        )))
    }
}
