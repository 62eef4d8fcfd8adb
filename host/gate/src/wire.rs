//! The network itself: one attempt at one request, to checked addresses only.

use std::fmt;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ureq::config::{AutoHeaderValue, Config};
use ureq::http::{self, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Connector, NextTimeout, RustlsConnector, TcpConnector};
use ureq::{Agent, Body, Error, Timeout};

use crate::address::{Lookup, Reach, reach};
use crate::kept::{KeepError, Kept};
use crate::message::{Request, Response};
use crate::policy::Grant;
use crate::shelf::Shelf;
use crate::target::Target;
use crate::{GateError, SendError};

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(10);
/// Connections to the server of a grant kept open between requests.
const IDLE: usize = 4;

/// Connections for the requests of one grant.
#[derive(Debug)]
pub(crate) struct Wire {
    agent: Agent,
    max_body: u64,
    /// The folder in which good answers are kept as files.
    pub(crate) keep: Option<Shelf>,
}

/// Why an attempt gave no answer.
#[derive(Debug)]
pub(crate) enum Broken {
    /// An address that may not answer; its kind.
    Address { kind: &'static str, by_name: bool },
    /// The request never left.
    NotSent(String),
    /// It may have arrived.
    Unknown(String),
    /// Trying again is no use.
    Final(SendError),
}

impl Wire {
    pub(crate) fn new(
        target: &Target,
        grant: &Grant,
        lookup: Arc<dyn Lookup>,
    ) -> Result<Self, GateError> {
        let mut tls = TlsConfig::builder();
        if let Some(file) = &grant.ca {
            tls = tls.root_certs(certificates(file)?);
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .tls_config(tls.build())
            .user_agent(concat!("rehearsal/", env!("CARGO_PKG_VERSION")))
            .accept_encoding(AutoHeaderValue::None)
            .timeout_connect(Some(CONNECT))
            .max_idle_connections_per_host(IDLE)
            .build();
        let host = target.origin.host.trim_start_matches('[').trim_end_matches(']');
        let by_name = host.parse::<std::net::IpAddr>().is_err();
        let resolver = Checked { lookup, allow_private: grant.allow_private, by_name };
        let connector = ().chain(TcpConnector::default()).chain(RustlsConnector::default());
        let agent = Agent::with_parts(config, connector, resolver);
        Ok(Self { agent, max_body: grant.max_body, keep: grant.keep.clone() })
    }

    /// Sends a request and reads the whole answer within `time`.
    pub(crate) fn send(
        &self,
        request: &Request,
        target: &Target,
        secret: Option<(&str, &str)>,
        time: Duration,
    ) -> Result<Response, Broken> {
        let mut builder =
            http::Request::builder().method(request.method.as_str()).uri(target.uri.clone());
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        if let Some((name, value)) = secret {
            let mut value = http::HeaderValue::from_str(value).map_err(|_| {
                Broken::Final(SendError::Permanent("the secret fits into no header".to_owned()))
            })?;
            value.set_sensitive(true);
            builder = builder.header(name, value);
        }
        let invalid = |error: http::Error| Broken::Final(SendError::Invalid(error.to_string()));
        let with_body = matches!(request.method.as_str(), "POST" | "PUT" | "PATCH");
        let answer = if with_body {
            let whole = builder.body(request.body.as_slice()).map_err(invalid)?;
            let whole = self.agent.configure_request(whole).timeout_global(Some(time)).build();
            self.agent.run(whole)
        } else {
            let whole = builder.body(()).map_err(invalid)?;
            let whole = self.agent.configure_request(whole).timeout_global(Some(time)).build();
            self.agent.run(whole)
        };
        answer.and_then(|answer| self.read(answer)).map_err(|error| self.broken(error))
    }

    /// Whether an answer would have room where it is kept.
    pub(crate) fn check_room(&self) -> Result<(), SendError> {
        let Some(shelf) = &self.keep else { return Ok(()) };
        match shelf.room() {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(full)) => Err(full.into()),
            Err(error) => {
                Err(SendError::Transient(format!("the answer could not be kept: {error}")))
            }
        }
    }

    fn read(&self, answer: http::Response<Body>) -> Result<Response, Error> {
        let (parts, body) = answer.into_parts();
        let text =
            |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers =
            parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let mut answer = Response { status: parts.status.as_u16(), headers, ..Response::default() };
        let announced = body.content_length();
        // One byte more than is allowed tells a full answer from a cut one.
        let body = body.into_with_config().limit(self.max_body.saturating_add(1));
        match &self.keep {
            Some(shelf) if parts.status.is_success() && !answer.is_compressed() => {
                let kept = Kept::keep(shelf, body.reader(), announced, self.max_body);
                answer.kept = Some(kept.map_err(|error| match error {
                    KeepError::TooLarge(most) => Error::BodyExceedsLimit(most),
                    KeepError::Read(error) => Error::from(error),
                    error @ (KeepError::Write(_) | KeepError::Full(_)) => {
                        Error::Other(Box::new(error))
                    }
                })?);
            }
            _ => answer.body = body.read_to_vec()?,
        }
        if answer.body.len() as u64 > self.max_body {
            return Err(Error::BodyExceedsLimit(self.max_body));
        }
        Ok(answer)
    }

    fn broken(&self, error: Error) -> Broken {
        if let Error::Other(other) = &error
            && let Some(forbidden) = other.downcast_ref::<Forbidden>()
        {
            return Broken::Address { kind: forbidden.kind, by_name: forbidden.by_name };
        }
        if let Error::Other(other) = &error
            && let Some(unkept) = other.downcast_ref::<KeepError>()
        {
            return Broken::Final(match unkept {
                KeepError::Full(full) => full.clone().into(),
                _ => SendError::Transient(format!("the answer cannot be kept: {unkept}")),
            });
        }
        let last = |text: String| Broken::Final(SendError::Permanent(text));
        match error {
            Error::BodyExceedsLimit(_) => last(format!(
                "the answer has more than {} bytes; `max_body` of the grant allows no more",
                self.max_body
            )),
            Error::LargeResponseHeader(..) => last("the answer's headers are too large".to_owned()),
            Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) => {
                last(format!("no trusted connection: {error}"))
            }
            // A certificate that nobody vouches for arrives in this guise.
            Error::Io(ref io) if io.kind() == io::ErrorKind::InvalidData => {
                last(format!("no trusted connection: {io}"))
            }
            Error::Http(_) | Error::BadUri(_) => {
                Broken::Final(SendError::Invalid(error.to_string()))
            }
            Error::HostNotFound => Broken::NotSent("there is no such host".to_owned()),
            Error::ConnectionFailed | Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                Broken::NotSent(error.to_string())
            }
            Error::Io(ref io) if io.kind() == io::ErrorKind::ConnectionRefused => {
                Broken::NotSent("nobody answers there".to_owned())
            }
            other => Broken::Unknown(other.to_string()),
        }
    }
}

fn certificates(file: &Path) -> Result<RootCerts, GateError> {
    let error = |problem| GateError::Certificates { file: file.to_owned(), problem };
    let pem = fs::read(file).map_err(|io| error(io.to_string()))?;
    let mut found: Vec<Certificate<'static>> = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|bad| error(bad.to_string()))? {
            found.push(certificate);
        }
    }
    if found.is_empty() {
        return Err(error("there is none in it".to_owned()));
    }
    Ok(found.into())
}

/// Resolves names and lets only permitted addresses through.
#[derive(Debug)]
struct Checked {
    lookup: Arc<dyn Lookup>,
    allow_private: bool,
    by_name: bool,
}

/// An address that may not answer.
#[derive(Debug)]
struct Forbidden {
    kind: &'static str,
    by_name: bool,
}

impl std::error::Error for Forbidden {}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind)
    }
}

impl Checked {
    /// One forbidden address among others is enough: which one answers is chance.
    fn check(&self, address: &SocketAddr) -> Result<(), Forbidden> {
        let forbidden = |kind| Err(Forbidden { kind, by_name: self.by_name });
        match reach(address.ip()) {
            Reach::Public => Ok(()),
            Reach::Private(_) if self.allow_private => Ok(()),
            Reach::Special(_) if self.allow_private && !self.by_name => Ok(()),
            Reach::Private(kind) | Reach::Special(kind) => forbidden(kind),
        }
    }
}

impl Resolver for Checked {
    fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.host().ok_or(Error::HostNotFound)?;
        let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let port = uri.port_u16().unwrap_or(usual);
        let found = self.lookup.addresses(host, port).map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => Error::Timeout(Timeout::Resolve),
            _ => Error::HostNotFound,
        })?;
        let mut checked = self.empty();
        for address in &found {
            self.check(address).map_err(|forbidden| Error::Other(Box::new(forbidden)))?;
        }
        // As many as ureq has room for; a host that has more has the first of them.
        for address in found.into_iter().take(16) {
            checked.push(address);
        }
        if checked.is_empty() { Err(Error::HostNotFound) } else { Ok(checked) }
    }
}
