//! The plainest of clients, for tests of servers.

#![allow(dead_code, reason = "each test uses some of it")]

use std::time::Duration;

use serde_json::Value;
use ureq::http::Request;
use ureq::{Agent, Error};

use super::fake_github::{FakeGitHub, TOKEN};

#[derive(Clone)]
pub struct Asking {
    base: String,
    token: Option<String>,
    agent: Agent,
    headers: Vec<(String, String)>,
}

/// What came back; a body that is no JSON is its text.
pub struct Said {
    pub status: u16,
    pub body: Value,
    headers: Vec<(String, String)>,
}

impl Said {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The address of another page.
    pub fn link(&self, relation: &str) -> Option<&str> {
        let end = format!("; rel=\"{relation}\"");
        self.header("link")?.split(", ").find_map(|link| link.strip_suffix(&end)).map(|link| &link[1..link.len() - 1])
    }
}

impl Asking {
    pub fn of(hub: &FakeGitHub) -> Self {
        Self::at(hub.url(), TOKEN)
    }

    pub fn at(base: String, token: &str) -> Self {
        let patience = Some(Duration::from_secs(10));
        let agent = Agent::config_builder().http_status_as_error(false).timeout_global(patience).build().into();
        Self { base, token: Some(token.to_owned()), agent, headers: Vec::new() }
    }

    pub fn with(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    pub fn anonymous(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    pub fn saying(&self, name: &str, value: &str) -> Self {
        let mut same = self.clone();
        same.headers.push((name.to_owned(), value.to_owned()));
        same
    }

    pub fn waiting(&self, patience: Duration) -> Self {
        let agent = Agent::config_builder().http_status_as_error(false).timeout_global(Some(patience)).build().into();
        Self { agent, ..self.clone() }
    }

    pub fn get(&self, path: &str) -> Said {
        self.ask("GET", path, None).expect("an answer")
    }

    pub fn post(&self, path: &str, body: &Value) -> Said {
        self.ask("POST", path, Some(body)).expect("an answer")
    }

    pub fn patch(&self, path: &str, body: &Value) -> Said {
        self.ask("PATCH", path, Some(body)).expect("an answer")
    }

    pub fn delete(&self, path: &str) -> Said {
        self.ask("DELETE", path, None).expect("an answer")
    }

    /// A path, or a whole address.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Said, Error> {
        let address = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let mut request = Request::builder().method(method).uri(address).header("user-agent", "deploy-rhythm-tests");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut response = self.agent.run(request.body(body).expect("a request"))?;
        let text = response.body_mut().read_to_string()?;
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        Ok(Said {
            status: response.status().as_u16(),
            headers: headers.collect(),
            body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
        })
    }
}
