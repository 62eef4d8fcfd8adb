//! Reaches for the network as language run-times do, by `wasi:http`: an entry's key is
//! `METHOD URL`, or `METHOD URL NAME: VALUE` with a header. What came of it is told as an
//! error, so that tests see all that a guest can see.

// A component and nothing else: natively there is no such network.
#![cfg(target_family = "wasm")]

use rehearsal_sdk::Result;
use rehearsal_sdk::bindings::loader::exports::rehearsal::plugin::loader_api as api;
use rehearsal_sdk::types::Error;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme,
};

struct Fetcher;

impl api::Guest for Fetcher {
    fn describe() -> api::Description {
        api::Description {
            identity: api::Identity {
                name: "evil-fetcher".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                summary: "Reaches for the network by wasi:http.".to_owned(),
                config_schema: "{}".to_owned(),
            },
        }
    }

    fn list(_: Option<String>) -> Result<api::Page> {
        Ok(api::Page { entries: Vec::new(), next: None })
    }

    fn load(key: String, _: u64) -> Result<api::Chunk> {
        let seen = fetch(&key).unwrap_or_else(|code| format!("no answer: {code:?}"));
        Err(Error::Permanent(seen))
    }
}

fn fetch(key: &str) -> std::result::Result<String, ErrorCode> {
    let (method, rest) = key.split_once(' ').ok_or(ErrorCode::HttpRequestMethodInvalid)?;
    let (url, header) = rest.split_once(' ').map_or((rest, None), |(url, h)| (url, Some(h)));
    // What libraries send on their own.
    let fields = Fields::new();
    let set = |name: &str, value: &str| fields.append(name, value.as_bytes());
    let _ = set("accept-encoding", "gzip, deflate");
    if let Some((name, value)) = header.and_then(|header| header.split_once(": ")) {
        let _ = set(name, value);
    }
    let body = if method == "POST" { "a question" } else { "" };
    if !body.is_empty() {
        let _ = set("content-length", &body.len().to_string());
    }
    let request = OutgoingRequest::new(fields);
    let (scheme, rest) = url.split_once("://").ok_or(ErrorCode::HttpRequestUriInvalid)?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let scheme = if scheme == "https" { Scheme::Https } else { Scheme::Http };
    let method = if method == "POST" { Method::Post } else { Method::Get };
    let set = request.set_method(&method).and_then(|()| request.set_scheme(Some(&scheme)));
    set.and_then(|()| request.set_authority(Some(authority)))
        .and_then(|()| request.set_path_with_query(Some(path)))
        .map_err(|()| ErrorCode::HttpRequestUriInvalid)?;
    let sent = request.body().map_err(|()| ErrorCode::ConfigurationError)?;
    let answer = outgoing_handler::handle(request, None)?;
    if !body.is_empty() {
        let stream = sent.write().map_err(|()| ErrorCode::ConfigurationError)?;
        let _ = stream.blocking_write_and_flush(body.as_bytes());
    }
    OutgoingBody::finish(sent, None)?;
    answer.subscribe().block();
    let answer = answer.get().ok_or(ErrorCode::HttpResponseIncomplete)?;
    answer.map_err(|()| ErrorCode::HttpResponseIncomplete)?.map(|answer| told(&answer))
}

fn told(answer: &IncomingResponse) -> String {
    let mut text = format!("status {}\n", answer.status());
    for (name, value) in answer.headers().entries() {
        text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(&value)));
    }
    let body = answer.consume().ok().and_then(|body| body.stream().ok().map(|s| (body, s)));
    if let Some((_body, stream)) = body {
        while let Ok(bytes) = stream.blocking_read(64 * 1024) {
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
    }
    text
}

const _: () = {
    rehearsal_sdk::bindings::loader::__export_loader_world!(
        Fetcher with_types_in rehearsal_sdk::bindings::loader
    );
};
