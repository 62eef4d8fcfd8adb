//! A host of recordings behind signed addresses, as services keep them: whoever has the
//! address has the recording, until it expires.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// One recording at `/media/call`. Clones share it.
#[derive(Debug, Clone)]
pub struct Store(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    kind: &'static str,
    recording: Vec<u8>,
    signature: String,
}

impl Store {
    /// With this recording of this content type.
    #[must_use]
    pub fn new(kind: &'static str, recording: Vec<u8>) -> Self {
        let signature = "s1".to_owned();
        Self(Arc::new(Mutex::new(Inner { kind, recording, signature })))
    }

    /// Addresses are signed anew; those given out so far have expired.
    pub fn sign(&self, signature: &str) {
        signature.clone_into(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).signature);
    }

    /// The address at a server of this router, as signed now.
    #[must_use]
    pub fn address(&self, server: &str) -> String {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        format!("{server}/media/call?signature={}", inner.signature)
    }

    /// The host.
    pub fn router(&self) -> Router {
        Router::new().route("/media/call", get(recording)).with_state(self.clone())
    }
}

async fn recording(
    State(store): State<Store>,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let inner = store.0.lock().unwrap_or_else(PoisonError::into_inner);
    if query.get("signature") != Some(&inner.signature) {
        return (StatusCode::FORBIDDEN, "Request has expired").into_response();
    }
    ([(CONTENT_TYPE, inner.kind)], inner.recording.clone()).into_response()
}
