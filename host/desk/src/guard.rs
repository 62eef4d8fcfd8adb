//! Who may ask: the checks that stand before everything.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::{DeskError, Shared};

/// The header that carries the page's key.
const KEY: &str = "x-rehearsal-key";
/// The cookie that lets `<audio>` load, which can send no header. It opens recordings
/// only, and is sent to their path only: cookies do not keep ports apart.
const COOKIE: &str = "rehearsal-audio";

/// Nothing runs, loads or frames but what this program serves.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Secrets of this start.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) page: String,
    pub(crate) audio: String,
}

impl Keys {
    pub(crate) fn new() -> Result<Self, DeskError> {
        Ok(Self { page: random()?, audio: random()? })
    }
}

fn random() -> Result<String, DeskError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| DeskError::Key(error.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// `Host`, `Origin` and `Sec-Fetch-Site`, then the headers that every answer has.
pub(crate) async fn guard(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = match stranger(&shared, request.headers()) {
        Some(why) => (StatusCode::FORBIDDEN, why).into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    response
}

fn stranger(shared: &Shared, headers: &HeaderMap) -> Option<&'static str> {
    let port = shared.address.port();
    let own = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let text =
        |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    if !text(header::HOST).is_some_and(|host| own.iter().any(|own| own == host)) {
        return Some("this page answers on 127.0.0.1 only");
    }
    let from = |origin: &str| own.iter().any(|own| origin.strip_prefix("http://") == Some(own));
    if text(header::ORIGIN).is_some_and(|origin| !from(origin)) {
        return Some("another site may not ask");
    }
    let site = headers.get("sec-fetch-site").map(|value| value.to_str().unwrap_or(""));
    // `none`: somebody typed the address or followed the link in the terminal.
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return Some("another site may not ask");
    }
    None
}

/// What tells or takes anything of calls wants the key.
pub(crate) async fn keyed(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let given = request.headers().get(KEY).map(HeaderValue::as_bytes).unwrap_or_default();
    if alike(given, shared.keys.page.as_bytes()) {
        next.run(request).await
    } else {
        let why = "the key is missing or of an earlier start: open the link that `rehearsal \
                   review serve` printed";
        (StatusCode::UNAUTHORIZED, why).into_response()
    }
}

/// The cookie for recordings.
pub(crate) fn cookie(keys: &Keys) -> String {
    format!("{COOKIE}={}; Path=/audio/; HttpOnly; SameSite=Strict", keys.audio)
}

/// Whether a request may hear recordings.
pub(crate) fn may_hear(keys: &Keys, headers: &HeaderMap) -> bool {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .any(|(name, value)| name == COOKIE && alike(value.as_bytes(), keys.audio.as_bytes()))
}

/// Takes as long for any text of the same length.
fn alike(given: &[u8], wanted: &[u8]) -> bool {
    given.len() == wanted.len()
        && given.iter().zip(wanted).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}
