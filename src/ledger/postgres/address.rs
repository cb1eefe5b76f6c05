//! Where a ledger in PostgreSQL is: its address, and how far the server is to prove who it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::super::Trouble;
use crate::error::Error;
use crate::sources::files;

/// How long a server may take to answer, unless the address says.
const CONNECTING: Duration = Duration::from_secs(10);

/// The settings of each session: nobody waits for a lock for ever, and whoever is gone holds none.
const SETTINGS: &str = "-c lock_timeout=10s -c statement_timeout=20s -c idle_in_transaction_session_timeout=60s";

/// The most of a file of certificates that is read, in bytes.
const LIMIT: u64 = 1 << 20;

/// Whether the server has to prove who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Proof {
    /// Encrypted where it can be, to whomever: as `prefer` and `require` do.
    None,
    /// A certificate of this name from somebody whom this machine trusts.
    System,
    /// The same, from somebody in this file.
    File(PathBuf),
}

/// An address with its password, which nothing prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    pub(super) config: Config,
    proof: Proof,
}

impl Address {
    /// Reads `postgres://user@host/database?sslmode=…`.
    ///
    /// # Errors
    ///
    /// Fails where it is no address, or asks for what is not there. The text is not repeated: it may hold a password.
    pub fn read(url: &str) -> Result<Self, Error> {
        let (place, asked) = url.split_once('?').unwrap_or((url, ""));
        let (mut rest, mut proof, mut file) = (Vec::new(), None, None);
        for pair in asked.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", "verify-full")) => {
                    proof = Some(Proof::System);
                }
                Some(("sslmode", mode)) if !["disable", "prefer", "require"].contains(&mode) => {
                    return Err(Error::usage("the ledger's address has an `sslmode` that is not known here")
                        .hint("write `disable`, `prefer`, `require` or `verify-full`"));
                }
                Some(("sslrootcert", "system")) => {}
                Some(("sslrootcert", path)) => file = Some(PathBuf::from(path.replace("%2F", "/"))),
                _ => rest.push(pair),
            }
        }
        if let Some(file) = file {
            if proof.is_none() {
                return Err(Error::usage("`sslrootcert` is of use with `sslmode=verify-full` alone")
                    .hint("add `sslmode=verify-full` to the ledger's address"));
            }
            proof = Some(Proof::File(file));
        }
        let unread = || {
            Error::usage("the ledger's address cannot be read")
                .hint("write `postgres://user@host:5432/database?sslmode=verify-full`; `%40` stands for `@` in a name or a password")
        };
        let url = match rest.is_empty() {
            true => place.to_owned(),
            false => format!("{place}?{}", rest.join("&")),
        };
        let mut config: Config = url.parse().map_err(|_| unread())?;
        if proof.is_some() {
            // Whatever else the address says.
            config.ssl_mode(SslMode::Require);
        }
        if config.get_hosts().is_empty() {
            return Err(Error::usage("the ledger's address names no host")
                .hint("write `postgres://user@host/database`, or `?host=/var/run/postgresql` for a socket"));
        }
        let given = |key: &str| rest.iter().any(|pair| pair.starts_with(key));
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECTING);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(Duration::from_secs(15));
        }
        if !given("keepalives_idle=") {
            config.keepalives_idle(Duration::from_secs(30));
        }
        if config.get_application_name().is_none() {
            config.application_name("deploy-rhythm");
        }
        let options = config.get_options().map(|own| format!("{SETTINGS} {own}"));
        config.options(options.as_deref().unwrap_or(SETTINGS));
        Ok(Self { config, proof: proof.unwrap_or(Proof::None) })
    }

    /// Its name, for people: without the password.
    #[must_use]
    pub fn name(&self) -> String {
        let user = self.config.get_user().map(|user| format!("{user}@")).unwrap_or_default();
        let hosts: Vec<String> = self.config.get_hosts().iter().map(host).collect();
        let port = match self.config.get_ports() {
            [] | [5432] => String::new(),
            [port, ..] => format!(":{port}"),
        };
        let name = self.config.get_dbname().or_else(|| self.config.get_user()).unwrap_or_default();
        format!("postgres://{user}{}{port}/{name}", hosts.join(","))
    }

    /// What encrypts the connection.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect, Trouble> {
        let provider = Arc::new(ring::default_provider());
        let broken = |why: String| {
            Trouble::new(format!("TLS to {} cannot be set up: {why}", self.name()), "mend that, then ask again")
        };
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| broken(error.to_string()))?;
        let mut roots = RootCertStore::empty();
        match &self.proof {
            Proof::None => {
                let verifier = Arc::new(Anybody(provider));
                let config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
                return Ok(MakeRustlsConnect::new(config));
            }
            Proof::System => {
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                if roots.is_empty() {
                    return Err(broken("this machine trusts nobody (no root certificates)".to_owned()));
                }
            }
            Proof::File(path) => {
                for certificate in certificates(path).map_err(broken)? {
                    roots.add(certificate).map_err(|error| broken(format!("{}: {error}", path.display())))?;
                }
            }
        }
        Ok(MakeRustlsConnect::new(builder.with_root_certificates(roots).with_no_client_auth()))
    }

    /// Whether the connection may be encrypted at all.
    pub(super) fn is_plain(&self) -> bool {
        let sockets = self.config.get_hosts().iter().all(|host| !matches!(host, Host::Tcp(_)));
        self.config.get_ssl_mode() == SslMode::Disable || (sockets && self.config.get_ssl_mode() == SslMode::Prefer)
    }
}

fn host(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let bytes = files::read(path, LIMIT).map_err(|error| error.to_string())?;
    let bytes = bytes.ok_or_else(|| format!("there is no file {}", path.display()))?;
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        _ => Err(format!("{} holds no certificates (PEM)", path.display())),
    }
}

/// Takes any certificate: the connection is private, but nobody proves who the server is.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn nothing_shows_the_password() {
        let url = "postgresql://ada:s3cret%40x@db.example.org:6432/deploys?sslmode=verify-full&connect_timeout=3";
        let address = Address::read(url).expect("an address");
        assert_eq!(address.name(), "postgres://ada@db.example.org:6432/deploys");
        assert!(!format!("{address:?}").contains("s3cret"));
        for wrong in [
            "postgres://ada:s3cret@host:port/x",
            "postgres://ada:s3cret@host/x?sslmode=verify-ca",
            "postgres://ada:s3cret@host/x?sslrootcert=/ca.pem",
            "postgres://ada:s3cret@host/x?sslkey=/key",
            "postgres:ada:s3cret",
            "postgres://",
        ] {
            let error = Address::read(wrong).expect_err("no address");
            assert!(!format!("{error} {error:?}").contains("s3cret"), "{wrong}");
        }
    }

    #[test]
    fn a_socket_is_a_host() {
        let address = Address::read("postgres://ada@/deploys?host=/var/run/postgresql").expect("an address");
        assert_eq!(address.name(), "postgres://ada@/var/run/postgresql/deploys");
        assert!(address.is_plain());
    }
}
