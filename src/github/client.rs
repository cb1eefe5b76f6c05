//! The connection to GitHub, and the patience with it. The only file that names octocrab.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method, StatusCode, Uri, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioExecutor;
use octocrab::{AuthState, Octocrab, OctocrabBuilder};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::{Builder, Runtime};

use super::address::{Address, Repository, Settings};
use super::answer::Answer;
use super::ask::{Ask, Twice};
use super::limits::{Limits, TRIES, Verdict, backoff, judge};
use super::trouble::Trouble;

/// How long connecting may take.
const CONNECTING: Duration = Duration::from_secs(10);

/// How long a connection may be idle and still be used.
const IDLE: Duration = Duration::from_secs(15);

/// How often an answer may say that what is asked for lies elsewhere.
const MOVES: usize = 3;

/// GitHub, as one process asks it about one repository; each call waits for its answer.
pub struct GitHub {
    runtime: Runtime,
    octocrab: Octocrab,
    address: Address,
    repository: Repository,
    /// What proves who asks; marked as secret.
    proof: Option<HeaderValue>,
    limits: Limits,
    /// Answers that GitHub may say are still true, by their addresses.
    known: RefCell<HashMap<String, (HeaderValue, Answer)>>,
    waited: Cell<Duration>,
    sent: Cell<usize>,
}

impl GitHub {
    /// Makes ready to ask; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// Fails where an address or the token cannot be used.
    pub fn new(settings: &Settings, repository: Repository) -> Result<Self, Trouble> {
        let address = settings.address()?;
        let proof = match &settings.token {
            None => None,
            Some(token) => {
                let proof = HeaderValue::from_str(&format!("Bearer {}", token.secret()));
                let mut proof = proof.map_err(|_| Trouble::BadToken)?;
                proof.set_sensitive(true);
                Some(proof)
            }
        };
        let runtime = Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = runtime.map_err(|error| unready(&error.to_string()))?;
        // What octocrab spawns, it spawns here.
        let octocrab = {
            let _here = runtime.enter();
            connected(settings, &address)?
        };
        let (limits, known) = (settings.limits, RefCell::default());
        let (waited, sent) = (Cell::default(), Cell::default());
        Ok(Self { runtime, octocrab, address, repository, proof, limits, known, waited, sent })
    }

    /// The repository that is asked about.
    #[must_use]
    pub const fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Whether a token proves who asks.
    #[must_use]
    pub const fn has_token(&self) -> bool {
        self.proof.is_some()
    }

    /// How many requests were sent, those asked again among them.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.sent.get()
    }

    /// A path below the repository.
    pub(super) fn below(&self, rest: &str) -> String {
        format!("/repos/{}/{}{rest}", self.repository.owner, self.repository.name)
    }

    /// Asks for something of the REST API.
    pub(super) fn ask(&self, ask: &Ask) -> Result<Answer, Trouble> {
        let uri = match ask.path.starts_with('/') {
            true => format!("{}{}", self.address.api, ask.path),
            false => ask.path.clone(),
        };
        self.ask_at(uri, ask)
    }

    /// Asks the GraphQL API, which answers with 200 whatever it says.
    pub(super) fn ask_graphql(&self, ask: &Ask) -> Result<Answer, Trouble> {
        self.ask_at(self.address.graphql.clone(), ask)
    }

    fn ask_at(&self, mut uri: String, ask: &Ask) -> Result<Answer, Trouble> {
        for _ in 0..=MOVES {
            let answer = self.patiently(&uri, ask)?;
            if !answer.status.is_redirection() || answer.status == StatusCode::NOT_MODIFIED {
                return match answer.status.is_success() {
                    true => Ok(answer),
                    false => Err(answer.trouble(ask, self.has_token())),
                };
            }
            let place = answer.headers.get(header::LOCATION).and_then(|place| place.to_str().ok());
            let place = place.filter(|_| ask.method == Method::GET);
            uri = place.map(str::to_owned).ok_or_else(|| answer.trouble(ask, self.has_token()))?;
        }
        Err(Trouble::NotUnderstood { what: ask.what.clone(), why: "it sends from one address to the next".to_owned() })
    }

    /// Asks until there is an answer, or no use in asking.
    fn patiently(&self, uri: &str, ask: &Ask) -> Result<Answer, Trouble> {
        let mut tried = 0;
        loop {
            tried += 1;
            let (after, untouched, trouble) = match self.once(uri, ask) {
                Ok(answer) if answer.status.is_success() || answer.status.is_redirection() => return Ok(answer),
                Ok(answer) => match judge(answer.status, &answer.headers, &answer.message(), tried, &self.limits) {
                    None => return Ok(answer),
                    Some(Verdict::Never(trouble)) => return Err(trouble),
                    Some(Verdict::Limited { after, trouble }) => (after, true, trouble),
                    Some(Verdict::Again { after }) => (after, false, answer.trouble(ask, self.has_token())),
                },
                Err(Broken { trouble, untouched, hopeless }) => {
                    if hopeless {
                        return Err(trouble);
                    }
                    (backoff(tried, &self.limits), untouched, trouble)
                }
            };
            let harmless = untouched || ask.twice == Twice::Harmless;
            let waited = self.waited.get() + after;
            if tried >= TRIES || !harmless || waited > self.limits.patience {
                return Err(trouble);
            }
            self.waited.set(waited);
            self.runtime.block_on(async { tokio::time::sleep(after).await });
        }
    }

    /// Asks once.
    fn once(&self, uri: &str, ask: &Ask) -> Result<Answer, Broken> {
        let hopeless = |trouble| Broken { trouble, untouched: true, hopeless: true };
        let unreadable = || {
            hopeless(Trouble::NotUnderstood { what: ask.what.clone(), why: "it names an address elsewhere".to_owned() })
        };
        let parsed: Uri = uri.parse().map_err(|_| unreadable())?;
        // The token goes to the addresses that were given, and to no other that an answer names.
        if ![&self.address.api, &self.address.graphql].into_iter().any(|own| is_at(own, &parsed)) {
            return Err(unreadable());
        }
        let mut request = http::request::Builder::new()
            .method(ask.method.clone())
            .uri(parsed)
            .header(header::ACCEPT, "application/vnd.github+json")
            .header(header::USER_AGENT, concat!("deploy-rhythm/", env!("CARGO_PKG_VERSION")));
        if let Some(proof) = &self.proof {
            request = request.header(header::AUTHORIZATION, proof);
        }
        let known = self.known.borrow().get(uri).filter(|_| ask.method == Method::GET).cloned();
        if let Some((tag, _)) = &known {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        // octocrab adds the version of the API, and the type and length of the body.
        let request = self.octocrab.build_request(request, ask.body.as_ref());
        let request = request.map_err(|error| hopeless(unready(&error.to_string())))?;
        self.sent.set(self.sent.get() + 1);
        let answered = async {
            let (parts, body) =
                self.octocrab.execute(request).await.map_err(|error| unreachable(&error, ask))?.into_parts();
            let body = Limited::new(body, self.limits.bytes).collect().await.map_err(|error| {
                let too_large = error.downcast_ref::<LengthLimitError>().is_some();
                let trouble = match too_large {
                    true => Trouble::TooLarge { what: ask.what.clone() },
                    false => Trouble::Unreachable { what: ask.what.clone(), why: "the answer breaks off".to_owned() },
                };
                Broken { trouble, untouched: false, hopeless: too_large }
            })?;
            Ok(Answer { status: parts.status, headers: parts.headers, body: body.to_bytes().to_vec() })
        };
        let silent =
            || Broken { trouble: Trouble::Silent { what: ask.what.clone() }, untouched: false, hopeless: false };
        let answer = self.runtime.block_on(async { tokio::time::timeout(self.limits.answer, answered).await });
        let answer = answer.unwrap_or_else(|_| Err(silent()))?;
        if let (StatusCode::NOT_MODIFIED, Some((_, known))) = (answer.status, known) {
            return Ok(known);
        }
        if ask.method == Method::GET
            && answer.status == StatusCode::OK
            && let Some(tag) = answer.headers.get(header::ETAG)
        {
            self.known.borrow_mut().insert(uri.to_owned(), (tag.clone(), answer.clone()));
        }
        Ok(answer)
    }
}

/// No answer at all.
struct Broken {
    trouble: Trouble,
    /// Surely nothing was done.
    untouched: bool,
    hopeless: bool,
}

/// Whether an address lies below one of ours.
fn is_at(own: &str, uri: &Uri) -> bool {
    let own: Option<Uri> = own.parse().ok();
    own.is_some_and(|own| own.scheme() == uri.scheme() && own.authority() == uri.authority())
}

fn unready(why: &str) -> Trouble {
    Trouble::Unreachable { what: "anything".to_owned(), why: why.to_owned() }
}

fn unreachable(error: &octocrab::Error, ask: &Ask) -> Broken {
    let mut why = String::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    let mut untouched = false;
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<hyper_util::client::legacy::Error>() {
            untouched |= error.is_connect();
        }
        why = error.to_string();
        cause = error.source();
    }
    Broken { trouble: Trouble::Unreachable { what: ask.what.clone(), why }, untouched, hopeless: false }
}

/// What carries requests: over TLS, and through a proxy where one is named.
fn connected(settings: &Settings, address: &Address) -> Result<Octocrab, Trouble> {
    let mut plain = HttpConnector::new();
    plain.enforce_http(false);
    plain.set_connect_timeout(Some(CONNECTING));
    let tls = tls(address.api.starts_with("https") || address.graphql.starts_with("https"))?;
    let uri: Uri = address.api.parse().map_err(|_| unready("its address is none"))?;
    let matcher = Matcher::builder()
        .https(settings.proxy.clone().unwrap_or_default())
        .no(settings.no_proxy.clone().unwrap_or_default())
        .build();
    match matcher.intercept(&uri) {
        None => Ok(built(
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(plain),
        )),
        Some(proxy) if proxy.uri().scheme_str() == Some("http") => {
            let mut tunnel = Tunnel::new(proxy.uri().clone(), plain);
            if let Some(auth) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(auth.clone());
            }
            Ok(built(
                HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tunnel),
            ))
        }
        Some(_) => {
            Err(Trouble::BadAddress { what: "HTTPS_PROXY names a proxy that is not reached by http".to_owned() })
        }
    }
}

fn built<C>(connector: C) -> Octocrab
where
    C: Connect + Clone + Send + Sync + 'static,
{
    // One that the other side may have closed meanwhile is no way for what must not be sent twice.
    let service = Client::builder(TokioExecutor::new()).pool_idle_timeout(IDLE).build(connector);
    let Ok(octocrab) = OctocrabBuilder::new_empty().with_service(service).with_auth(AuthState::None).build();
    octocrab
}

/// TLS by the roots that this machine trusts.
fn tls(wanted: bool) -> Result<ClientConfig, Trouble> {
    let mut roots = RootCertStore::empty();
    if wanted {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(unready("this machine trusts nobody (no root certificates)"));
        }
    }
    let builder =
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| unready(&error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
