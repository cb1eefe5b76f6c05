//! Where GitHub is, who asks, and about which repository.

use std::fmt;

use http::Uri;

use super::limits::Limits;
use super::trouble::Trouble;

/// What the environment says of GitHub.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `GITHUB_API_URL`: the REST API; `https://api.github.com` where it is not set.
    pub api: Option<String>,
    /// `GITHUB_GRAPHQL_URL`; made of the REST API's address where it is not set.
    pub graphql: Option<String>,
    /// `GITHUB_TOKEN`, else `GH_TOKEN`.
    pub token: Option<Token>,
    /// `GITHUB_REPOSITORY`: owner and name.
    pub repository: Option<String>,
    /// `HTTPS_PROXY`, else `https_proxy`.
    pub proxy: Option<String>,
    /// `NO_PROXY`, else `no_proxy`.
    pub no_proxy: Option<String>,
    pub limits: Limits,
}

/// A token; nothing prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Wraps a token.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    pub(super) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token(…)")
    }
}

/// A repository, as GitHub names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    pub owner: String,
    pub name: String,
}

impl Repository {
    /// Reads `OWNER/NAME`.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Trouble> {
        let legal = |part: &str| {
            let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
            (1..=100).contains(&part.len()) && part.chars().all(fits) && part != "." && part != ".."
        };
        match text.split_once('/') {
            Some((owner, name)) if legal(owner) && legal(name) => {
                Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
            }
            _ => Err(Trouble::BadAddress { what: format!("`{}` is no OWNER/NAME", shown(text)) }),
        }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.owner, self.name)
    }
}

/// The two addresses of one GitHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub api: String,
    pub graphql: String,
}

impl Settings {
    /// The addresses, checked: a token goes there, and nowhere in the clear but to this machine.
    pub(super) fn address(&self) -> Result<Address, Trouble> {
        let api = self.api.as_deref().unwrap_or("https://api.github.com").trim_end_matches('/').to_owned();
        checked(&api, "GITHUB_API_URL")?;
        let graphql = match &self.graphql {
            Some(graphql) => graphql.trim_end_matches('/').to_owned(),
            // GitHub Enterprise Server: `/api/v3` and `/api/graphql`.
            None => format!("{}/graphql", api.strip_suffix("/v3").unwrap_or(&api)),
        };
        checked(&graphql, "GITHUB_GRAPHQL_URL")?;
        Ok(Address { api, graphql })
    }

    /// The host whose repositories the API knows: `github.com`, or that of an enterprise.
    #[must_use]
    pub fn host(&self) -> String {
        let api = self.api.as_deref().unwrap_or("https://api.github.com");
        let uri: Option<Uri> = api.parse().ok();
        let host = uri.as_ref().and_then(Uri::host).unwrap_or_default().to_lowercase();
        // `api.github.com`, `api.acme.ghe.com`; an enterprise server has its API beside its pages.
        host.strip_prefix("api.").map_or(host.clone(), str::to_owned)
    }

    /// The repository that is meant: the one given, else `GITHUB_REPOSITORY`, else what the repository here is called.
    ///
    /// # Errors
    ///
    /// Fails where nothing names one that lies at this GitHub.
    pub fn repository(&self, given: Option<&str>, called: Option<&str>) -> Result<Repository, Trouble> {
        if let Some(given) = given.or(self.repository.as_deref()) {
            return Repository::parse(given);
        }
        let host = self.host();
        match called.and_then(|name| name.split_once('/')) {
            Some((at, path)) if at == host || at.strip_prefix("ssh.") == Some(&host) => Repository::parse(path),
            Some((at, _)) => Err(Trouble::BadAddress {
                what: format!("origin lies at {}, and the API asked is that of {host}", shown(at)),
            }),
            None => Err(Trouble::BadAddress {
                what: "nothing names the repository at GitHub: there is no remote `origin`".to_owned(),
            }),
        }
    }
}

fn checked(address: &str, name: &str) -> Result<(), Trouble> {
    let bad = |why: &str| Trouble::BadAddress { what: format!("{name} {why}") };
    let uri: Uri = address.parse().map_err(|_| bad("is no address"))?;
    let host = uri.host().unwrap_or_default();
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(bad("holds a name or a password: give the token as GITHUB_TOKEN"));
    }
    let here = matches!(host, "127.0.0.1" | "localhost" | "[::1]");
    match uri.scheme_str() {
        Some("https") if !host.is_empty() && uri.query().is_none() => Ok(()),
        Some("http") if here => Ok(()),
        Some("http") => Err(bad("begins with http: a token is sent over https alone")),
        _ => Err(bad("is no https address")),
    }
}

/// The beginning of a text that somebody else wrote.
pub(super) fn shown(text: &str) -> String {
    crate::render::clean(&text.chars().take(100).collect::<String>()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{Repository, Settings, Token};

    fn at(api: Option<&str>) -> Settings {
        Settings { api: api.map(str::to_owned), ..Settings::default() }
    }

    #[test]
    fn each_github_has_two_addresses() {
        for (api, graphql, host) in [
            (None, "https://api.github.com/graphql", "github.com"),
            (Some("https://git.example.org/api/v3"), "https://git.example.org/api/graphql", "git.example.org"),
            (Some("https://api.acme.ghe.com/"), "https://api.acme.ghe.com/graphql", "acme.ghe.com"),
            (Some("http://127.0.0.1:80/api/v3"), "http://127.0.0.1:80/api/graphql", "127.0.0.1"),
        ] {
            let settings = at(api);
            assert_eq!(settings.address().expect("an address").graphql, graphql);
            assert_eq!(settings.host(), host);
        }
        for bad in ["http://git.example.org/api/v3", "ftp://x", "https://me:secret@x.org", "nonsense", ""] {
            let said = at(Some(bad)).address().expect_err(bad).to_string();
            assert!(said.contains("GITHUB_API_URL") && !said.contains("secret"), "{said}");
        }
    }

    #[test]
    fn the_repository_is_the_one_named_nearest() {
        let mut settings = at(None);
        let of = |settings: &Settings, given, called| settings.repository(given, called).map(|one| one.to_string());
        assert_eq!(of(&settings, None, Some("github.com/shop/app")), Ok("shop/app".to_owned()));
        assert!(of(&settings, None, Some("git.example.org/shop/app")).is_err());
        assert!(of(&settings, None, None).is_err());
        settings.repository = Some("acme/site".to_owned());
        assert_eq!(of(&settings, None, Some("github.com/shop/app")), Ok("acme/site".to_owned()));
        assert_eq!(of(&settings, Some("a/b"), None), Ok("a/b".to_owned()));
        for bad in ["a", "a/b/c", "../x", "a/..", "/", "a b/c", "a/b?x"] {
            assert!(Repository::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_shows_a_token() {
        let settings = Settings { token: Some(Token::new("ghs_s3cret")), ..Settings::default() };
        assert!(!format!("{settings:?}").contains("s3cret"));
    }
}
