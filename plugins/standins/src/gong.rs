//! Gong's API: `POST /v2/calls/extensive`, `POST /v2/calls/transcript`.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use data_encoding::BASE64;
use serde_json::{Value, json};

/// An account with its calls: what `extensive` and what `transcript` says of each. Clones
/// share them.
#[derive(Debug, Clone)]
pub struct Account(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    authorization: String,
    calls: Mutex<Vec<(Value, Value)>>,
}

/// Calls of one page.
const PAGE: usize = 10;

impl Account {
    /// Whose `key:secret` this is, with these calls.
    #[must_use]
    pub fn new(key: &str, calls: Vec<(Value, Value)>) -> Self {
        let authorization = format!("Basic {}", BASE64.encode(key.as_bytes()));
        Self(Arc::new(Inner { authorization, calls: Mutex::new(calls) }))
    }

    /// Changes the calls.
    pub fn change(&self, change: impl FnOnce(&mut Vec<(Value, Value)>)) {
        change(&mut self.0.calls.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The API.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/v2/calls/extensive", post(extensive))
            .route("/v2/calls/transcript", post(transcript))
            .with_state(self.clone())
    }

    /// The page of either half that a body asks for.
    fn page(
        &self,
        headers: &HeaderMap,
        body: &Value,
        half: fn(&(Value, Value)) -> &Value,
        name: &str,
    ) -> Response {
        let given = headers.get("authorization").and_then(|value| value.to_str().ok());
        if given != Some(&self.0.authorization) {
            return refuse(StatusCode::UNAUTHORIZED, "Failed to authenticate");
        }
        let calls = self.0.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let ids = body["filter"]["callIds"].as_array();
        let found: Vec<&Value> = calls
            .iter()
            .filter(|call| ids.is_none_or(|ids| ids.contains(&call.0["metaData"]["id"])))
            .map(half)
            .collect();
        if found.is_empty() {
            return refuse(
                StatusCode::NOT_FOUND,
                "No calls found corresponding to the provided filters",
            );
        }
        let start = match body["cursor"].as_str().map(str::parse::<usize>) {
            None => 0,
            Some(Ok(start)) if start < found.len() => start,
            Some(_) => return refuse(StatusCode::BAD_REQUEST, "cursor has expired"),
        };
        let page: Vec<&Value> = found.iter().skip(start).take(PAGE).copied().collect();
        let end = start + page.len();
        let mut records = json!({
            "totalRecords": found.len(), "currentPageSize": page.len(), "currentPageNumber": start / PAGE,
        });
        if end < found.len() {
            records["cursor"] = end.to_string().into();
        }
        Json(json!({ "requestId": "standin", "records": records, name: page })).into_response()
    }
}

fn refuse(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "requestId": "standin", "errors": [error] }))).into_response()
}

async fn extensive(
    State(account): State<Account>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    account.page(&headers, &body, |call| &call.0, "calls")
}

async fn transcript(
    State(account): State<Account>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    account.page(&headers, &body, |call| &call.1, "callTranscripts")
}

/// Calls in the form that is documented; every third one has its times in seconds.
#[must_use]
pub fn invented(count: usize) -> Vec<(Value, Value)> {
    (0..count).map(call).collect()
}

fn call(number: usize) -> (Value, Value) {
    let id = format!("{}", 7_000_000_000_000_000_000 + number);
    let unit = if number % 3 == 2 { 1.0 } else { 1000.0 };
    let said = |speaker: &str, start: f64, texts: &[&str]| {
        let sentences: Vec<Value> = texts
            .iter()
            .enumerate()
            .map(|(index, text)| {
                let start = start + index as f64 * 4.0;
                json!({ "start": start * unit, "end": (start + 3.5) * unit, "text": text })
            })
            .collect();
        json!({ "speakerId": speaker, "topic": "Intro", "sentences": sentences })
    };
    let about = json!({
        "metaData": {
            "id": id, "url": format!("https://app.gong.io/call?id={id}"), "title": format!("Acme {number}"),
            "started": "2026-03-01T16:00:00Z", "duration": 600, "direction": "Conference",
            "media": "Video", "scope": "External", "language": "eng",
        },
        "parties": [
            { "id": "p1", "emailAddress": "al@us.test", "name": "Al", "speakerId": "9", "affiliation": "Internal" },
            { "id": "p2", "emailAddress": "bo@cust.test", "name": "Bo", "speakerId": "10", "affiliation": "External" },
        ],
    });
    let transcript = json!({ "callId": id, "transcript": [
        said("9", 5.0, &["Hi Bo.", "What made you look into this now?"]),
        said("10", 20.0, &["The spreadsheets.", "They take all of Friday."]),
        said("9", 40.0, &["And what does that do to your week?"]),
        said("10", 560.0, &["It is gone, most weeks."]),
    ] });
    (about, transcript)
}
