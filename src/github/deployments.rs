//! Deployments and their statuses: by GraphQL a hundred in one request, by REST one request more for each.

use serde::{Deserialize, Deserializer};
use serde_json::{Value as Json, json};

use super::Actor;
use super::ask::{Ask, Twice};
use super::client::GitHub;
use super::pages::Paged;
use super::trouble::Trouble;

const READ: &str = "deployments: read";
const WRITE: &str = "deployments: write";

/// A deployment, as GitHub has it.
#[derive(Clone, Debug, Deserialize)]
pub struct Deployment {
    /// GitHub's number of it; none where it is not told.
    #[serde(default)]
    pub id: Option<u64>,
    #[serde(default)]
    pub node_id: Option<String>,
    pub sha: String,
    #[serde(default)]
    pub environment: String,
    pub created_at: String,
    #[serde(default)]
    pub task: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub creator: Option<Actor>,
    /// Newest first or oldest first; none where they were not read.
    #[serde(skip)]
    pub statuses: Option<Vec<DeploymentStatus>>,
}

/// What became of a deployment at some time.
#[derive(Clone, Debug, Deserialize)]
pub struct DeploymentStatus {
    #[serde(default)]
    pub id: Option<u64>,
    /// In lower case: `in_progress`.
    #[serde(deserialize_with = "lower")]
    pub state: String,
    #[serde(alias = "createdAt")]
    pub created_at: String,
    #[serde(default, alias = "logUrl")]
    pub log_url: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
}

fn lower<'de, D: Deserializer<'de>>(json: D) -> Result<String, D::Error> {
    String::deserialize(json).map(|state| state.to_lowercase())
}

/// Deployments, newest first, and where the next page begins.
#[derive(Clone, Debug)]
pub struct DeploymentPage {
    pub deployments: Vec<Deployment>,
    pub next: Option<String>,
}

const QUERY: &str = "query($owner:String!,$name:String!,$environments:[String!],$after:String){repository(owner:$owner,name:$name){deployments(first:100,after:$after,environments:$environments,orderBy:{field:CREATED_AT,direction:DESC}){pageInfo{hasNextPage endCursor} nodes{id databaseId commitOid environment createdAt task description creator{__typename login} statuses(first:50){totalCount nodes{state createdAt logUrl description}}}}}}";

#[derive(Deserialize)]
struct Answered {
    repository: Option<Repositories>,
}

#[derive(Deserialize)]
struct Repositories {
    deployments: Connection,
}

#[derive(Deserialize)]
struct Connection {
    #[serde(rename = "pageInfo")]
    page: PageInfo,
    nodes: Vec<Option<Node>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: String,
    #[serde(default)]
    database_id: Option<u64>,
    commit_oid: String,
    #[serde(default)]
    environment: Option<String>,
    created_at: String,
    #[serde(default)]
    task: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    creator: Option<Creator>,
    #[serde(default)]
    statuses: Option<Statuses>,
}

#[derive(Deserialize)]
struct Creator {
    #[serde(rename = "__typename")]
    kind: String,
    login: String,
}

impl Creator {
    /// As REST has it: GraphQL leaves the end of a bot's name out.
    fn actor(self) -> Actor {
        let end = if self.kind == "Bot" && !self.login.ends_with("[bot]") { "[bot]" } else { "" };
        Actor { login: self.login + end, kind: Some(self.kind) }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statuses {
    total_count: usize,
    nodes: Vec<Option<DeploymentStatus>>,
}

/// A status to be written.
#[derive(Clone, Debug, Default)]
pub struct NewStatus {
    /// `queued`, `in_progress`, `success`, `failure`, `error`, `inactive`.
    pub state: String,
    /// At most 140 characters are kept.
    pub description: String,
    pub log_url: Option<String>,
    pub environment_url: Option<String>,
}

impl GitHub {
    /// A page of up to 100 deployments with their statuses, newest first; of these environments, or of all.
    ///
    /// # Errors
    ///
    /// Fails where there is no whole page.
    pub fn deployments_page(
        &self,
        environments: Option<&[String]>,
        after: Option<&str>,
    ) -> Result<DeploymentPage, Trouble> {
        let (owner, name) = (&self.repository().owner, &self.repository().name);
        let variables = json!({"owner": owner, "name": name, "environments": environments, "after": after});
        let what = "deployments";
        let answered: Answered = self.query(QUERY, &variables, what, READ)?;
        let absent = || Trouble::NotThere { what: self.repository().to_string(), needs: READ, token: true };
        let Connection { page, nodes } = answered.repository.ok_or_else(absent)?.deployments;
        let hidden =
            |which: &str| Trouble::NotUnderstood { what: what.to_owned(), why: format!("{which} is left out") };
        let mut deployments = Vec::with_capacity(nodes.len());
        for node in nodes {
            let node = node.ok_or_else(|| hidden("one of them"))?;
            let statuses = match node.statuses {
                None => None,
                // The rest is asked for where it matters.
                Some(Statuses { total_count, nodes }) if total_count > nodes.len() => None,
                Some(Statuses { nodes, .. }) => Some(
                    nodes
                        .into_iter()
                        .map(|one| one.ok_or_else(|| hidden("a status")))
                        .collect::<Result<Vec<_>, _>>()?,
                ),
            };
            deployments.push(Deployment {
                id: node.database_id,
                node_id: Some(node.id),
                sha: node.commit_oid,
                environment: node.environment.unwrap_or_default(),
                created_at: node.created_at,
                task: node.task,
                description: node.description,
                creator: node.creator.map(Creator::actor),
                statuses,
            });
        }
        let next = match (page.has_next_page, page.end_cursor) {
            (false, _) => None,
            (true, Some(cursor)) => Some(cursor),
            (true, None) => return Err(hidden("where the next page begins")),
        };
        Ok(DeploymentPage { deployments, next })
    }

    /// Deployments by REST, newest first, without their statuses.
    ///
    /// # Errors
    ///
    /// Fails where not even a first page comes.
    pub fn deployments(
        &self,
        environment: Option<&str>,
        enough: impl FnMut(&[Deployment]) -> bool,
    ) -> Result<Paged<Deployment>, Trouble> {
        let mut ask = Ask::get(self.below("/deployments"), "deployments", READ);
        if let Some(environment) = environment {
            ask = ask.with(&[("environment", environment)]);
        }
        self.pages(ask, |page: Vec<Deployment>| page, enough)
    }

    /// The statuses of a deployment, newest first.
    ///
    /// # Errors
    ///
    /// Fails where they do not come whole.
    pub fn deployment_statuses(&self, id: u64) -> Result<Vec<DeploymentStatus>, Trouble> {
        let ask =
            Ask::get(self.below(&format!("/deployments/{id}/statuses")), format!("statuses of deployment {id}"), READ);
        self.list(ask, |page: Vec<DeploymentStatus>| page)
    }

    /// Creates a deployment, which waits for no check and merges nothing; its id.
    ///
    /// # Errors
    ///
    /// Fails where GitHub refuses it, or where nobody knows whether it was created.
    pub fn create_deployment(
        &self,
        commit: &str,
        environment: &str,
        description: &str,
        payload: &Json,
    ) -> Result<u64, Trouble> {
        #[derive(Deserialize)]
        struct Created {
            id: u64,
        }
        let body = json!({
            "ref": commit, "environment": environment, "description": cut(description), "payload": payload,
            "auto_merge": false, "required_contexts": [],
        });
        let what = "a new deployment";
        let created: Created = self.ask(&Ask::post(self.below("/deployments"), body, what, WRITE))?.read(what)?;
        Ok(created.id)
    }

    /// Adds a status to a deployment.
    ///
    /// # Errors
    ///
    /// Fails where GitHub refuses it. A status that stands twice says the same twice, so it is sent until it arrives.
    pub fn create_deployment_status(&self, id: u64, status: &NewStatus) -> Result<(), Trouble> {
        let mut body = json!({"state": status.state, "description": cut(&status.description)});
        for (key, value) in [("log_url", &status.log_url), ("environment_url", &status.environment_url)] {
            if let Some(value) = value {
                body[key] = value.as_str().into();
            }
        }
        let path = self.below(&format!("/deployments/{id}/statuses"));
        let ask =
            Ask { twice: Twice::Harmless, ..Ask::post(path, body, format!("a status of deployment {id}"), WRITE) };
        self.ask(&ask).map(drop)
    }
}

/// A description, as long as GitHub keeps it.
fn cut(text: &str) -> String {
    text.chars().take(140).collect()
}
