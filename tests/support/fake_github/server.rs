//! HTTP: tokens, limits, pages, entity tags, and the faults that a test asks for.

use std::convert::Infallible;
use std::io::Error;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::routes::{Answer, Ask, Body, find, lacks, missing, refused, shown, wrapped};
use super::state::{Exchange, State, named};
use super::{Hub, graphql};

/// What can go wrong on the way.
#[derive(Clone, Debug)]
pub enum Fault {
    /// An error page of that status.
    Status(u16),
    /// A status with a body of the test's own.
    Body(u16, Value),
    /// No requests are left until so many seconds from now.
    PrimaryLimit(i64),
    /// Too many at once; with or without `Retry-After`.
    SecondaryLimit(Option<u64>),
    /// The answer breaks off in its middle.
    Truncated,
    /// A page that is no JSON, as of a proxy.
    Html,
    /// The connection ends without an answer, and nothing has happened.
    Dropped,
    /// It has happened, and the answer is lost.
    Lost,
    /// No answer, for a long time.
    Hang,
    /// An answer after so many milliseconds.
    Slow(u64),
}

/// What goes over the wire.
struct Wire {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    after: Duration,
    arrives: Arrival,
}

/// How much of an answer arrives before the connection ends.
enum Arrival {
    Whole,
    Half,
    Nothing,
}

/// Answers on a thread of its own until it is told to stop.
pub fn serve(listener: TcpListener, hub: Hub, prefix: &'static str, stop: Arc<AtomicBool>) {
    listener.set_nonblocking(true).expect("a listener");
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            while let Ok((stream, _)) = listener.accept().await {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let hub = hub.clone();
                let service = service_fn(move |request| respond(hub.clone(), prefix, request));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
    });
}

/// A body that breaks off where it is told to.
type Sent = http_body_util::combinators::BoxBody<Bytes, Error>;

async fn respond(hub: Hub, prefix: &str, request: Request<Incoming>) -> Result<Response<Sent>, Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(Error::other)?.to_bytes();
    let method = parts.method.as_str().to_owned();
    let path = parts.uri.path().to_owned();
    let query = pairs(parts.uri.query().unwrap_or_default());
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = parts.headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let wire = {
        let mut state = hub.state();
        answer(&mut state, prefix, &Asked { method, path, query, headers, body: body.to_vec() })
    };
    tokio::time::sleep(wire.after).await;
    let mut response = Response::builder().status(wire.status);
    for (name, value) in &wire.headers {
        response = response.header(name.parse::<HeaderName>().expect("a name"), value);
    }
    let sent: Sent = match wire.arrives {
        Arrival::Whole => Full::new(Bytes::from(wire.body)).map_err(|never: Infallible| match never {}).boxed(),
        Arrival::Nothing => return Err(Error::other("dropped")),
        Arrival::Half => {
            response = response.header("content-length", wire.body.len());
            Broken(Some(Bytes::from(wire.body[..wire.body.len() / 2].to_vec()))).boxed()
        }
    };
    response.body(sent).map_err(Error::other)
}

/// Some bytes, and then the end of the connection.
struct Broken(Option<Bytes>);

impl hyper::body::Body for Broken {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Bytes>, Error>>> {
        std::task::Poll::Ready(Some(match self.0.take() {
            Some(bytes) => Ok(hyper::body::Frame::data(bytes)),
            None => Err(Error::other("truncated")),
        }))
    }
}

/// The pairs of a query.
fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |word: &str| percent_decode_str(&word.replace('+', " ")).decode_utf8_lossy().into_owned();
    let split =
        |pair: &str| pair.split_once('=').map_or((decode(pair), String::new()), |(n, v)| (decode(n), decode(v)));
    query.split('&').filter(|pair| !pair.is_empty()).map(split).collect()
}

struct Asked {
    method: String,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Answers, and writes down what was asked and said.
fn answer(state: &mut State, prefix: &str, asked: &Asked) -> Wire {
    let graphql = asked.path == format!("{}/graphql", prefix.trim_end_matches("/v3"));
    let path = if graphql { "/graphql" } else { asked.path.strip_prefix(prefix).unwrap_or("/outside") }.to_owned();
    let route = if graphql { None } else { find(&asked.method, &path) };
    let template = if graphql { Some("/graphql") } else { route.as_ref().map(|(route, _)| route.template) };
    let body: Option<Value> =
        if asked.body.is_empty() { Some(Value::Null) } else { serde_json::from_slice(&asked.body).ok() };
    let fault = planned(state, &asked.method, template.unwrap_or(&path));
    let header = |name: &str| asked.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let token = header("authorization").and_then(|value| value.split_once(' ').map(|(_, token)| token.to_owned()));
    let mut exchange = Exchange {
        method: asked.method.clone(),
        path: path.clone(),
        template,
        query: asked.query.clone(),
        headers: asked.headers.clone(),
        body: body.clone().unwrap_or_default(),
        status: 0,
        answer: Value::Null,
        faulty: fault.is_some(),
    };
    let said = if let Some(answer) = fault.as_ref().and_then(|fault| instead(state, fault, token.as_deref())) {
        answer
    } else if header("user-agent").is_none() {
        refused(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.",
        )
    } else if let Some(answer) = unknown_token(state, token.as_deref()) {
        answer
    } else if body.is_none() {
        refused(400, "Problems parsing JSON")
    } else if let Some(answer) = spent(state, token.as_deref(), graphql) {
        answer
    } else if graphql {
        graphql::answer(state, token.as_deref(), &exchange.body)
    } else if let Some((route, parameters)) = route {
        let login = token.as_deref().and_then(|token| state.tokens.get(token)).map(|token| token.login.clone());
        let ask = Ask {
            parameters,
            query: asked.query.clone(),
            headers: asked.headers.clone(),
            body: body.unwrap_or_default(),
            login,
        };
        let hidden = state.repos.get(&ask.repo()).is_none_or(|repo| repo.private && ask.login.is_none());
        if route.template.starts_with("/repos/") && hidden {
            missing()
        } else if token.is_none() && asked.method != "GET" {
            refused(401, "Requires authentication")
        } else if let Some(answer) = lacks(state, token.as_deref(), route.permission) {
            answer
        } else {
            (route.handler)(state, &ask).unwrap_or_else(|refusal| refusal)
        }
    } else {
        missing()
    };
    let mut wire = paged(state, &path, &asked.query, said);
    if wire.status == 200 && asked.method == "GET" {
        let digest = STANDARD.encode(Sha256::digest(&wire.body));
        let tag = format!("W/\"{digest}\"");
        if header("if-none-match").is_some_and(|known| known.contains(tag.trim_start_matches("W/"))) {
            (wire.status, wire.body) = (304, Vec::new());
            wire.headers.retain(|(name, _)| name != "content-type");
        }
        wire.headers.push(("etag".to_owned(), tag));
    }
    common(state, token.as_deref(), graphql, &mut wire);
    exchange.status = wire.status;
    exchange.answer = serde_json::from_slice(&wire.body).unwrap_or_default();
    state.record.push(exchange);
    match fault {
        Some(Fault::Truncated) => wire.arrives = Arrival::Half,
        Some(Fault::Dropped | Fault::Lost) => wire.arrives = Arrival::Nothing,
        Some(Fault::Hang) => (wire.after, wire.arrives) = (Duration::from_secs(600), Arrival::Nothing),
        Some(Fault::Slow(milliseconds)) => wire.after = Duration::from_millis(milliseconds),
        _ => {}
    }
    wire
}

/// The fault that this request meets, if any.
fn planned(state: &mut State, method: &str, template: &str) -> Option<Fault> {
    for planned in &mut state.faults {
        if !named(&planned.route, method, template) || planned.times == 0 {
            continue;
        }
        if planned.passes > 0 {
            planned.passes -= 1;
            continue;
        }
        planned.times -= 1;
        return Some(planned.fault.clone());
    }
    None
}

/// What a fault says instead of the answer.
fn instead(state: &mut State, fault: &Fault, token: Option<&str>) -> Option<Answer> {
    let now = state.clock().timestamp();
    match fault {
        Fault::Status(status) => Some(refused(*status, "Server Error")),
        Fault::Body(status, body) => Some(shown(*status, body.clone())),
        Fault::PrimaryLimit(seconds) => {
            if let Some(token) = token.and_then(|token| state.tokens.get_mut(token)) {
                (token.remaining, token.reset) = (0, now + seconds);
            }
            Some(refused(403, "API rate limit exceeded for installation ID 1."))
        }
        Fault::SecondaryLimit(seconds) => {
            let text = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
            let mut answer = refused(403, text);
            answer.headers.extend(seconds.map(|seconds| ("retry-after", seconds.to_string())));
            Some(answer)
        }
        Fault::Html => {
            let page = b"<html><body><h1>Unicorn!</h1></body></html>".to_vec();
            Some(Answer { status: 200, body: Body::Raw("text/html; charset=utf-8", page), headers: Vec::new() })
        }
        Fault::Dropped | Fault::Hang => Some(missing()),
        Fault::Truncated | Fault::Lost | Fault::Slow(_) => None,
    }
}

fn unknown_token(state: &State, token: Option<&str>) -> Option<Answer> {
    let known = state.tokens.get(token?);
    known.is_none_or(|token| token.expired).then(|| refused(401, "Bad credentials"))
}

/// Takes one request from what the token has left.
fn spent(state: &mut State, token: Option<&str>, graphql: bool) -> Option<Answer> {
    let now = state.clock().timestamp();
    let token = state.tokens.get_mut(token?)?;
    if token.remaining == 0 && now >= token.reset {
        (token.remaining, token.reset) = (token.limit, now + 3600);
    }
    if token.remaining > 0 {
        token.remaining -= 1;
        return None;
    }
    let message = "API rate limit exceeded for installation ID 1.";
    Some(if graphql {
        shown(200, json!({ "errors": [{ "type": "RATE_LIMITED", "message": message }] }))
    } else {
        refused(403, message)
    })
}

/// The headers of every answer.
fn common(state: &mut State, token: Option<&str>, graphql: bool, wire: &mut Wire) {
    let id = state.id();
    let mut add = |name: &str, value: String| wire.headers.push((name.to_owned(), value));
    add("x-github-request-id", format!("F00D:{id:X}:1:2:3"));
    add("x-github-media-type", "github.v3; format=json".to_owned());
    if let Some(token) = token.and_then(|token| state.tokens.get(token)) {
        add("x-ratelimit-limit", token.limit.to_string());
        add("x-ratelimit-remaining", token.remaining.to_string());
        add("x-ratelimit-used", token.limit.saturating_sub(token.remaining).to_string());
        add("x-ratelimit-reset", token.reset.to_string());
        add("x-ratelimit-resource", if graphql { "graphql" } else { "core" }.to_owned());
    }
}

/// Cuts the page that was asked for out of a list, and links the others.
fn paged(state: &State, path: &str, query: &[(String, String)], said: Answer) -> Wire {
    let asked = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let number = |name: &str, default: usize| asked(name).and_then(|value| value.parse().ok()).unwrap_or(default);
    let size = number("per_page", 30).clamp(1, 100);
    let link = |changes: &[(&str, String)], relation: &str| {
        let kept = query.iter().filter(|(name, _)| !["page", "before", "after"].contains(&name.as_str()));
        let mut words: Vec<String> = kept.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        words.extend(changes.iter().map(|(name, value)| format!("{name}={value}")));
        format!("<{}{path}?{}>; rel=\"{relation}\"", state.api, words.join("&"))
    };
    let mut links = Vec::new();
    let mut headers: Vec<(String, String)> =
        said.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let json = match said.body {
        Body::Json(value) => Some(value),
        Body::List(field, items) => {
            let (page, total) = (number("page", 1).max(1), items.len());
            let last = total.div_ceil(size).max(1);
            if page > 1 {
                links.push(link(&[("page", (page - 1).min(last).to_string())], "prev"));
            }
            if page < last {
                links.push(link(&[("page", (page + 1).to_string())], "next"));
                links.push(link(&[("page", last.to_string())], "last"));
            }
            if page > 1 {
                links.push(link(&[("page", "1".to_owned())], "first"));
            }
            let shown: Vec<Value> = items.into_iter().skip((page - 1) * size).take(size).collect();
            Some(field.map_or_else(|| json!(shown), |field| wrapped(field, total, &shown)))
        }
        Body::Cursor(items) => {
            let begin = asked("after")
                .and_then(|after| items.iter().position(|item| item["id"].as_u64() == after.parse().ok()))
                .map_or(0, |at| at + 1);
            let shown: Vec<Value> = items.iter().skip(begin).take(size).cloned().collect();
            if begin + size < items.len() {
                links.push(link(&[("after", shown[shown.len() - 1]["id"].to_string())], "next"));
            }
            Some(json!(shown))
        }
        Body::Raw(kind, bytes) => {
            headers.push(("content-type".to_owned(), kind.to_owned()));
            return Wire { status: said.status, headers, body: bytes, after: Duration::ZERO, arrives: Arrival::Whole };
        }
        Body::Nothing => None,
    };
    if !links.is_empty() {
        headers.push(("link".to_owned(), links.join(", ")));
    }
    if json.is_some() {
        headers.push(("content-type".to_owned(), "application/json; charset=utf-8".to_owned()));
    }
    let body = json.map_or_else(Vec::new, |json| json.to_string().into_bytes());
    Wire { status: said.status, headers, body, after: Duration::ZERO, arrives: Arrival::Whole }
}

pub fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
