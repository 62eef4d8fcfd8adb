//! A component by its `https://` address.

use std::time::Duration;

use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

use crate::{Error, Settings, read};

/// How long a server may take to answer at all.
const CONNECT: Duration = Duration::from_secs(10);
/// How long it may be silent in between.
const SILENCE: Duration = Duration::from_secs(30);
/// How long all of it may take.
const WHOLE: Duration = Duration::from_secs(600);
/// Release pages send one or two addresses further.
const REDIRECTS: u32 = 5;
/// Largest file of certificates.
const CERTIFICATES: u64 = 4 << 20;

pub(crate) fn get(address: &str, settings: &Settings) -> Result<Vec<u8>, Error> {
    let failed = |problem: String| Error::Network {
        action: "fetch",
        reference: address.to_owned(),
        problem,
    };
    let mut tls = TlsConfig::builder();
    if let Some(ca) = &settings.ca {
        let certificates = parse_pem(&read(ca, CERTIFICATES)?)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect::<Vec<_>>();
        if certificates.is_empty() {
            return Err(failed(format!("{} holds no certificate in PEM", ca.display())));
        }
        tls = tls.root_certs(RootCerts::from(certificates));
    }
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .https_only(true)
        .max_redirects(REDIRECTS)
        .tls_config(tls.build())
        .user_agent(concat!("rehearsal/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(CONNECT))
        .timeout_per_read(Some(SILENCE))
        .timeout_global(Some(WHOLE))
        .build()
        .into();
    let answer = agent.get(address).call().map_err(|error| match error {
        ureq::Error::StatusCode(status) => failed(format!("the server answers {status}")),
        other => failed(other.to_string()),
    })?;
    let too_large = || Error::TooLarge { reference: address.to_owned(), limit: settings.max_bytes };
    // What says that it is too large is not read.
    if answer.body().content_length().is_some_and(|length| length > settings.max_bytes) {
        return Err(too_large());
    }
    let body = answer.into_body().into_with_config().limit(settings.max_bytes);
    body.read_to_vec().map_err(|error| match error {
        ureq::Error::BodyExceedsLimit(_) => too_large(),
        other => failed(other.to_string()),
    })
}
