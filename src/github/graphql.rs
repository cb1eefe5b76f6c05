//! Questions to the GraphQL API: one carries a list and what hangs on its items.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::address::shown;
use super::ask::{Ask, Twice};
use super::client::GitHub;
use super::limits::reset;
use super::trouble::Trouble;

#[derive(Deserialize)]
struct Reply<T> {
    #[serde(default = "Option::default")]
    data: Option<T>,
    #[serde(default)]
    errors: Option<Vec<Fault>>,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default)]
    message: String,
    #[serde(default, rename = "type")]
    kind: Option<String>,
}

impl GitHub {
    /// Asks a question that changes nothing; part of an answer is none.
    pub(super) fn query<T: DeserializeOwned>(
        &self,
        query: &str,
        variables: &Json,
        what: &str,
        needs: &'static str,
    ) -> Result<T, Trouble> {
        if !self.has_token() {
            return Err(Trouble::NoToken { needs });
        }
        let body = json!({"query": query, "variables": variables});
        let ask = Ask { twice: Twice::Harmless, ..Ask::post(String::new(), body, what, needs) };
        let answer = self.ask_graphql(&ask)?;
        let reply: Reply<T> = answer.read(what)?;
        if let Some(fault) = reply.errors.unwrap_or_default().first() {
            let (what, said) = (what.to_owned(), shown(&fault.message));
            return Err(match fault.kind.as_deref() {
                Some("RATE_LIMITED") => Trouble::RateLimited { until: reset(&answer.headers), secondary: false },
                Some("NOT_FOUND") => Trouble::NotThere { what, needs, token: true },
                Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => Trouble::Forbidden { what, needs, said },
                _ => Trouble::Refused { what, status: 200, said },
            });
        }
        reply.data.ok_or_else(|| Trouble::NotUnderstood { what: what.to_owned(), why: "it holds no data".to_owned() })
    }
}
