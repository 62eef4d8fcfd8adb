//! What was granted, and whether a request is part of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::message::Request;
use crate::meter::{Budget, Meter, Price};
use crate::secret::{Secret, SecretGrant};
use crate::shelf::Shelf;
use crate::target::{Origin, Target};
use crate::wire::Wire;
use crate::{Denial, GateError, Lookup, SendError};

/// Requests that an operator allows.
#[derive(Debug, Clone)]
pub struct Grant {
    /// `https://host[:port]/path`, where the path may end in `*`.
    pub url: String,
    /// In capitals.
    pub methods: Vec<String>,
    /// What is added to each request.
    pub secret: Option<SecretGrant>,
    /// Whether loopback and private addresses may answer.
    pub allow_private: bool,
    /// All of them hold.
    pub rates: Vec<Rate>,
    /// A PEM file of the only certificates that vouch for the server; none for the
    /// public authorities.
    pub ca: Option<PathBuf>,
    /// The largest answer in bytes.
    pub max_body: u64,
    /// The folder in which good answers are kept as files instead of in memory. Such a
    /// grant has no secret: nobody looks for it in files.
    pub keep: Option<Shelf>,
    /// The most that it may cost in one run.
    pub budget: Budget,
    /// What tokens cost.
    pub price: Price,
    /// Its line: `pipeline.toml:12`.
    pub place: String,
}

/// At most so many requests in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In how long.
    pub per: Duration,
}

/// Whom grants are given to, for messages.
#[derive(Debug, Clone)]
pub struct Grantee {
    /// Id of the stage.
    pub stage: String,
    /// Where grants for it would be written: `pipeline.toml:9`.
    pub place: String,
}

/// A grant, ready to be compared with.
#[derive(Debug)]
pub(crate) struct Rule {
    origin: Origin,
    path: Path,
    methods: Vec<String>,
    allow_private: bool,
    pub(crate) rates: Vec<Rate>,
    pub(crate) secret: Option<Arc<Secret>>,
    pub(crate) wire: Wire,
    pub(crate) meter: Meter,
    place: String,
}

#[derive(Debug)]
enum Path {
    Exactly(String),
    Under(String),
}

impl Path {
    fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exactly(whole) => path == whole,
            Self::Under(start) => path.starts_with(start.as_str()),
        }
    }
}

/// Headers that are the host's: they say where a request goes, how long it is and how it
/// travels; or, as the last two, would let a secret come back unseen.
const HOST_HEADERS: &[&str] = &[
    "connection",
    "content-length",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "accept-encoding",
    "range",
];

impl Rule {
    pub(crate) fn new(grant: Grant, lookup: &Arc<dyn Lookup>) -> Result<Self, GateError> {
        let (stem, path): (_, fn(String) -> Path) = match grant.url.strip_suffix('*') {
            Some(stem) => (stem, Path::Under),
            None => (grant.url.as_str(), Path::Exactly),
        };
        let problem = |problem| GateError::Url { url: grant.url.clone(), problem };
        let target = Target::parse(stem).map_err(problem)?;
        // A secret travels in clear only where the operator knows the way.
        if grant.secret.is_some() && !target.origin.tls && !grant.allow_private {
            let problem = "a secret would travel unencrypted; use `https://`".to_owned();
            return Err(GateError::Url { url: grant.url, problem });
        }
        if grant.secret.is_some() && grant.keep.is_some() {
            let problem = "what is kept as a file is not searched for a secret, so it takes none";
            return Err(GateError::Url { url: grant.url, problem: problem.to_owned() });
        }
        let wire = Wire::new(&target, &grant, Arc::clone(lookup))?;
        Ok(Self {
            path: path(target.path),
            origin: target.origin,
            methods: grant.methods,
            allow_private: grant.allow_private,
            rates: grant.rates,
            secret: grant.secret.map(|secret| Arc::new(Secret::new(secret))),
            wire,
            meter: Meter::new(grant.budget, grant.price),
            place: grant.place,
        })
    }

    /// That the budget does not hold another request; why.
    pub(crate) fn spent(&self, why: &str) -> SendError {
        let text = format!(
            "the budget of the grant at {} does not hold another request: {why}; another run \
             starts with a new one",
            self.place
        );
        SendError::Spent(text)
    }

    fn covers(&self, target: &Target) -> bool {
        self.origin == target.origin && self.path.matches(&target.path)
    }

    /// What a plugin may not say itself.
    pub(crate) fn check_headers(&self, request: &Request) -> Result<(), SendError> {
        for (name, _) in &request.headers {
            let name = name.to_ascii_lowercase();
            if HOST_HEADERS.contains(&name.as_str()) {
                let what = format!("the header `{name}` is the host's to set");
                let remedy = "the plugin must leave it out: no grant covers it".to_owned();
                return Err(Denial { what, remedy }.into());
            }
            let secret = self.secret.as_ref().map(|secret| secret.header());
            if secret.is_some_and(|header| header.eq_ignore_ascii_case(&name)) {
                let what = format!("the header `{name}` carries the operator's secret");
                let remedy = format!("remove `secret` from the grant at {}", self.place);
                return Err(Denial { what, remedy }.into());
            }
        }
        Ok(())
    }

    /// That an address of the granted host may not answer.
    pub(crate) fn address_denied(&self, kind: &str, by_name: bool) -> Denial {
        let what = format!("`{}` is {kind}", self.origin.host);
        let remedy = if self.allow_private && by_name {
            "grant the address itself instead of a name".to_owned()
        } else {
            format!("add `allow_private = true` to the grant at {}", self.place)
        };
        Denial { what, remedy }
    }
}

/// The rule that covers a request, or what would.
pub(crate) fn decide<'r>(
    grantee: &Grantee,
    rules: &'r [Rule],
    method: &str,
    target: &Target,
) -> Result<&'r Rule, Denial> {
    let covering = || rules.iter().filter(|rule| rule.covers(target));
    let granted = covering().find(|rule| rule.methods.iter().any(|granted| granted == method));
    if let Some(rule) = granted {
        return Ok(rule);
    }
    let name = target.name();
    let what = format!("{method} {name} is not granted to `{}`", grantee.stage);
    let remedy = match covering().next() {
        Some(rule) => {
            let methods: Vec<_> = rule.methods.iter().map(String::as_str).chain([method]).collect();
            format!("write `methods = {methods:?}` into the grant at {}", rule.place)
        }
        None => format!(
            "add to `grant.http` of `{}` ({}):\n{{ url = {name:?}, methods = [{method:?}] }}",
            grantee.stage, grantee.place
        ),
    };
    Err(Denial { what, remedy })
}
